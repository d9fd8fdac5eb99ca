#ifndef PLAN_RING_H
#define PLAN_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Alerts taking turns. A ring is a circle of alerts, each with its lanes in the order in which they came; only an alert's
 * first lane stands in the circle, the others hang behind it. Which alert has a turn already is known through one hash table
 * for all rings, so that a lane is added in the same time however many alerts there are; a node is all that this costs.
 */
struct ring_node {
	struct ring_node *next, *prev; /* in the circle; NULL: stands in none */
	struct ring_node *behind; /* the same alert's next lane */
	struct ring_node *chain; /* in the table */
	uint32_t ring, alert;
};

struct rings {
	struct ring_node **first; /* by number of the ring: whose turn it is, or NULL */
	size_t ring_count;
	struct ring_node **table;
	size_t room, used; /* of the table; room is a power of two, or 0 */
};

void rings_init(struct rings *rings);

/* Nodes still inside are forgotten. */
void rings_fini(struct rings *rings);

/* Adds `count` empty rings; the first of them has the number that is returned. */
uint32_t rings_add(struct rings *rings, unsigned int count);

/* Puts the node last among its alert's; an alert new to the ring is the last to have its turn. Requires: in no ring. */
void ring_put(struct rings *rings, struct ring_node *node);

/* Takes it out of its ring. Requires: it is in one. */
void ring_take(struct rings *rings, struct ring_node *node);

/* The first lane of the alert whose turn it is, or NULL. */
struct ring_node *ring_first(const struct rings *rings, uint32_t ring);

/* The next alert's turn has come. Requires: the ring is not empty. */
void ring_turn(struct rings *rings, uint32_t ring);

#endif
