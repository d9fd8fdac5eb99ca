#ifndef DOCUMENT_LINES_H
#define DOCUMENT_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/problem.h"
#include "base/result.h"

/*
 * What all readers ask first of the bytes of a document, before anything is parsed: not too large, text at all, valid
 * UTF-8, no byte order mark left in front.
 */
struct lines {
	const char *text; /* behind the mark */
	size_t size;
	const char *name; /* for problems */
	struct problems *problems;
};

/* How many lines end in these bytes. */
unsigned int lines_within(const char *text, size_t size);

/* The line, from 1, in which offset `at` of the text lies: counted from its beginning, so not for many places. */
unsigned int lines_of(const struct lines *lines, size_t at);

/* Adds an error at a line by problem_add's rules; gives it for problem_remedy. */
#define lines_refuse(lines, number, field, ...) \
	problem_add((lines)->problems, PROBLEM_ERROR, &(struct place){.file = (lines)->name, .line = (number)}, \
		(field), __VA_ARGS__)

/* Refuses what is larger than DOCUMENT_SIZE_MOST. */
enum result lines_check_size(const struct lines *lines);

/* Refuses zero bytes, with the line of the first. */
enum result lines_check_zero(const struct lines *lines);

/* Drops UTF-8's mark and refuses UTF-16, zero bytes and invalid UTF-8, with the line and how to save the file instead. */
enum result lines_check_text(struct lines *lines);

/*
 * Full-width or curly punctuation that people type in place of the ASCII sign, such as “ for ". Returns the ASCII sign or
 * 0, and how many bytes the character has at *size (1 when there is no such character).
 */
char lines_lookalike(const char *at, const char *end, size_t *size);

/* Refuses the lookalike of `size` bytes that was found where syntax is expected, with what to type instead. */
void lines_refuse_lookalike(const struct lines *lines, unsigned int line, const char *at, size_t size, char ascii);

#endif
