#ifndef BASE_HEAP_H
#define BASE_HEAP_H

#include <stddef.h>
#include <stdint.h>

/*
 * A binary heap of nodes that sit inside their objects, smallest key first. Adding, removing from anywhere and re-keying
 * cost O(log n); looking at the first costs nothing.
 */
struct heap_node {
	uint64_t key;
	size_t place; /* 0: in no heap; else index + 1 */
};

struct heap {
	struct heap_node **nodes;
	size_t count, room;
};

void heap_init(struct heap *heap);

/* Requires nothing; nodes still inside are forgotten. */
void heap_fini(struct heap *heap);

/* Puts the node in, or gives it another key when it is in already. */
void heap_put(struct heap *heap, struct heap_node *node, uint64_t key);

/* Takes the node out; does nothing when it is in no heap. */
void heap_remove(struct heap *heap, struct heap_node *node);

/* The node with the smallest key, or NULL. */
struct heap_node *heap_first(const struct heap *heap);

#endif
