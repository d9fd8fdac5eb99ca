#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Bytes that grow up to a maximum fixed at birth. Past the maximum nothing more is added and `full` stays set until
 * the buffer is cleared: check it once after building. `data` always ends in a zero that `size` leaves out.
 */
struct buf {
	char *data; /* NULL until the first byte; use buf_text() where a string is needed */
	size_t size;
	size_t room;
	size_t most;
	bool full;
};

/* Afterwards: empty, no memory held, at most `most` bytes. */
void buf_init(struct buf *buf, size_t most);

/* Gives the memory back; the buffer may be used again. */
void buf_fini(struct buf *buf);

/* Empties it and keeps the memory. */
void buf_clear(struct buf *buf);

/* Each adds, or sets `full` and adds nothing. Returns false when full. */
bool buf_add(struct buf *buf, const void *bytes, size_t size);
bool buf_add_text(struct buf *buf, const char *text);
bool buf_add_byte(struct buf *buf, unsigned char byte);
bool buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Makes room for `size` bytes more at once, where that many may come: a hint. */
void buf_reserve(struct buf *buf, size_t size);

/* Removes the first `count` bytes. Requires: count ≤ size. */
void buf_drop(struct buf *buf, size_t count);

/* The content as a string, "" when empty. Valid until the next change. */
const char *buf_text(const struct buf *buf);

/* Hands the memory over as a string to free(); afterwards the buffer is empty. */
char *buf_take(struct buf *buf);

#endif
