#ifndef WORLD_HOLE_H
#define WORLD_HOLE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A port that swallows: with a packet filter on its listening socket new connections are neither taken nor
 * refused, as behind a firewall that drops. Connections that stand are not touched. Internal.
 */

/*
 * Makes a hole of the port on which this process listens, or lets it listen again. False when it does not
 * listen there.
 */
bool world_hole(uint16_t port, bool on);

#endif
