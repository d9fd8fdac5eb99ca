#ifndef BASE_RESULT_H
#define BASE_RESULT_H

/*
 * How a call that can fail ended. Data comes back through pointers, never in the same integer. What a person must
 * read travels beside it in a `struct problems` (base/problem.h).
 */
enum result {
	RESULT_OK = 0,
	RESULT_INVALID, /* the input is wrong; trying again is useless */
	RESULT_NOT_FOUND, /* there is no such thing */
	RESULT_EXISTS, /* there is one already */
	RESULT_TOO_BIG, /* over a stated maximum */
	RESULT_DENIED, /* permission */
	RESULT_NO_SPACE, /* disk full or quota */
	RESULT_NO_FILES, /* out of descriptors */
	RESULT_BUSY, /* later, perhaps */
	RESULT_CLOSED, /* the other side or this object is closing */
	RESULT_IO, /* the machine failed: read, write, sync, socket */
	RESULT_CORRUPT, /* a file of ours does not read as we wrote it */
};

/* A short lower-case word for a log line. */
const char *result_text(enum result result);

/* The result that an errno stands for. */
enum result result_of_errno(int error);

#endif
