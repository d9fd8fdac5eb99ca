#ifndef BASE_REQUIRE_H
#define BASE_REQUIRE_H

/*
 * REQUIRE states a caller's duty. It is always on, ends the process with the place, and is never used on anything that
 * came from a file or a socket: those are refused with a problem (base/problem.h).
 */
#define REQUIRE(condition) ((condition) ? (void)0 : require_failed(#condition, __FILE__, __LINE__))

/* Prints what did not hold and aborts; the ledger makes that safe and systemd restarts us. */
_Noreturn void require_failed(const char *condition, const char *file, int line);

#endif
