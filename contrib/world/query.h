#ifndef WORLD_QUERY_H
#define WORLD_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/*
 * The world's own reading and writing of URLs: query fields with percent escapes and "+" for a space, of
 * which %00 is an ordinary byte (UTF-16 text has many). Internal; shares nothing with the daemon.
 */
#define WORLD_FIELDS 32

struct world_field {
	char *name;
	char *value; /* a zero follows the last byte */
	size_t size;
};

struct world_query {
	struct world_field list[WORLD_FIELDS]; /* further ones are dropped */
	size_t count;
};

/*
 * Splits and decodes `text` ("a=1&b=%41"). A "%" without two hex digits stays as it is, as Kannel leaves it.
 */
void world_query_read(struct world_query *query, const char *text);
void world_query_fini(struct world_query *query);

/* The first field of this name, or NULL. */
const struct world_field *world_query_field(const struct world_query *query, const char *name);

/* Its value, or `otherwise`. */
const char *world_query_text(const struct world_query *query, const char *name, const char *otherwise);

/* Adds bytes escaped by RFC 3986: all but letters, digits and "-_.~". */
void world_query_escape(struct buf *out, const char *bytes, size_t size);

/*
 * The parts of "http://host:port/path?query". False for anything else. `host` is numeric; "localhost" becomes
 * so.
 */
struct world_url {
	char host[64];
	uint16_t port;
	const char *path; /* inside `text`, "/" if none */
};
bool world_url_read(struct world_url *url, const char *text);

#endif
