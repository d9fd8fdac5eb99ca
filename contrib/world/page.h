#ifndef WORLD_PAGE_H
#define WORLD_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/*
 * The page on a port of its own: its files, its event stream (at most five batches a second, none while
 * nothing changes), GET /report and POST /control. Internal.
 */
struct world;
struct world_page;

/* NULL with errno when the port is refused. */
struct world_page *world_page_new(struct world *world, uint16_t port);
uint16_t world_page_own_port(const struct world_page *page);
void world_page_close(struct world_page *page, void (*closed)(void *arg), void *arg);

/* What changed since `since` as one JSON object; texts newer than number `recent`. Defined in view.c. */
void world_view(const struct world *world, uint64_t since, uint64_t recent, struct buf *out);

/*
 * Does what a JSON command says: see contrib/world/README.md. Returns NULL, or what is wrong with it. Defined
 * in control.c.
 */
const char *world_control(struct world *world, const char *json, size_t size);

#endif
