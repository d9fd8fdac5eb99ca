#ifndef ROSTER_REJECT_H
#define ROSTER_REJECT_H

#include <stdint.h>

#include "base/buf.h"
#include "base/result.h"
#include "roster/line.h"

/*
 * The file that tells which lines were not taken: line number, field, reason in Chinese and English, masked number; never
 * the line itself. CSV in UTF-8 with BOM and CRLF, for office software.
 */
struct reject_file {
	int fd; /* -1: nowhere */
	struct buf bytes;
	enum result result; /* the first failure of writing */
};

/* Afterwards the column names are on their way. */
void reject_begin(struct reject_file *reject, int fd);
void reject_add(struct reject_file *reject, uint64_t line, const struct line_result *result);

/* Writes what is left. Returns how it all went. */
enum result reject_end(struct reject_file *reject);

#endif
