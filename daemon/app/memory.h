#ifndef APP_MEMORY_H
#define APP_MEMORY_H

/*
 * The rule for memory (base/mem.h) for libraries as well: where one of them gets none the process ends there and then.
 * Otherwise each would answer in its own way, and "no memory" could be taken for a fact: a document that does not parse,
 * an alert that nobody knows yet, an answer that cannot be read.
 *
 * libuv, libcurl, SQLite and jansson can be told. The others (libmicrohttpd, libical, libconfig, CRoaring) take malloc()'s word.
 */

/* Before anything else is called of these libraries. Twice does no harm. */
void memory_rule(void);

#endif
