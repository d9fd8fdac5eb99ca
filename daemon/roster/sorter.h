#ifndef ROSTER_SORTER_H
#define ROSTER_SORTER_H

#include <stddef.h>
#include <stdint.h>

#include "base/result.h"

/*
 * Puts records into the order of their phones in bounded memory: pieces are sorted in memory and laid down in unlinked
 * files of the roster's folder, then merged. Records of one phone stay in the order in which they were added.
 */
struct record {
	uint64_t phone;
	uint32_t area, roles; /* numbers of the import's own names, 0: none */
	uint16_t year; /* 0: none */
	uint8_t language; /* the same, 0: none */
	uint8_t opt_out;
	uint8_t absent; /* its line was not taken: nothing of it counts but the opt-out */
};

struct sorter;

/* `folder` is a descriptor of the roster's folder; `piece` is how many records are held in memory at once. */
struct sorter *sorter_new(int folder, size_t piece);
void sorter_free(struct sorter **sorter);

enum result sorter_add(struct sorter *sorter, const struct record *record);

/* Ends adding. Afterwards sorter_next gives the records. */
enum result sorter_end(struct sorter *sorter);

/* RESULT_NOT_FOUND at the end. */
enum result sorter_next(struct sorter *sorter, struct record *record);

#endif
