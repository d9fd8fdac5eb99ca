#ifndef CLI_STATUS_H
#define CLI_STATUS_H

/* What the command ends with (crier(1), section EXIT STATUS): the numbers of sysexits.h where it has one that fits. */
enum {
	EXIT_FAILED = 1,
	EXIT_MISUSED = 2,
	EXIT_REFUSED = 65, /* the file */
	EXIT_NO_FILE = 66,
	EXIT_NOT_RUNNING = 69, /* the daemon */
	EXIT_LATER = 75,
	EXIT_DENIED = 77,
	EXIT_CONFIGURATION = 78
};

#endif
