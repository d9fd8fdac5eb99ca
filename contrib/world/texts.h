#ifndef WORLD_TEXTS_H
#define WORLD_TEXTS_H

#include <stddef.h>
#include <stdint.h>

/*
 * Every different text once, with a row number by which phones remember it. At most 65 536 are kept; past
 * that all share the last row, so that counts stay right while memory stays bounded. Internal.
 */
struct world_texts;

struct world_text_row {
	char *text;
	uint32_t parts;
	uint64_t recipients;
	uint64_t hash;
	uint32_t next;
};

struct world_texts *world_texts_new(void);
void world_texts_free(struct world_texts *texts);
void world_texts_clear(struct world_texts *texts);

/* The row of this text, added when it is new. */
uint32_t world_texts_put(struct world_texts *texts, const char *text, uint32_t parts);

/* The row of this text, or UINT32_MAX. */
uint32_t world_texts_find(const struct world_texts *texts, const char *text);

/* NULL past the end; valid until the next put. */
struct world_text_row *world_texts_row(const struct world_texts *texts, size_t row);
size_t world_texts_count(const struct world_texts *texts);

/* 64 bits of a string (FNV-1a, then mixed). */
uint64_t world_text_hash(const char *text);

#endif
