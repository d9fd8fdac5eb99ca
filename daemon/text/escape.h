#ifndef TEXT_ESCAPE_H
#define TEXT_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "text/mustache.h"

/* Appends what a field holds, guarded for the medium (enum escape says how). False when `out` is full. */
bool escape_add(enum escape escape, const char *text, size_t size, struct buf *out);

#endif
