#include "base/heap.h"

#include <stdlib.h>

#include "base/mem.h"

void heap_init(struct heap *heap)
{
	*heap = (struct heap){0};
}

void heap_fini(struct heap *heap)
{
	for (size_t i = 0; i < heap->count; i++)
		heap->nodes[i]->place = 0;
	free(heap->nodes);
	heap_init(heap);
}

static void set(struct heap *heap, size_t at, struct heap_node *node)
{
	heap->nodes[at] = node;
	node->place = at + 1;
}

static void sift_up(struct heap *heap, size_t at, struct heap_node *node)
{
	while (at > 0) {
		size_t parent = (at - 1) / 2;
		if (heap->nodes[parent]->key <= node->key)
			break;
		set(heap, at, heap->nodes[parent]);
		at = parent;
	}
	set(heap, at, node);
}

static void sift_down(struct heap *heap, size_t at, struct heap_node *node)
{
	for (;;) {
		size_t child = 2 * at + 1;
		if (child >= heap->count)
			break;
		if (child + 1 < heap->count && heap->nodes[child + 1]->key < heap->nodes[child]->key)
			child++;
		if (heap->nodes[child]->key >= node->key)
			break;
		set(heap, at, heap->nodes[child]);
		at = child;
	}
	set(heap, at, node);
}

/* Finds the place of a node whose key changed or that fills a gap at `at`. */
static void settle(struct heap *heap, size_t at, struct heap_node *node)
{
	if (at > 0 && heap->nodes[(at - 1) / 2]->key > node->key)
		sift_up(heap, at, node);
	else
		sift_down(heap, at, node);
}

void heap_put(struct heap *heap, struct heap_node *node, uint64_t key)
{
	node->key = key;
	if (node->place > 0) {
		settle(heap, node->place - 1, node);
		return;
	}
	if (heap->count == heap->room) {
		heap->room = heap->room > 0 ? heap->room * 2 : 16;
		heap->nodes = mem_resize(heap->nodes, heap->room, sizeof(*heap->nodes));
	}
	sift_up(heap, heap->count++, node);
}

void heap_remove(struct heap *heap, struct heap_node *node)
{
	if (node->place == 0)
		return;
	size_t at = node->place - 1;
	node->place = 0;
	struct heap_node *last = heap->nodes[--heap->count];
	if (last != node)
		settle(heap, at, last);
}

struct heap_node *heap_first(const struct heap *heap)
{
	return heap->count > 0 ? heap->nodes[0] : NULL;
}
