#include "world/window.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define MOST ((size_t)4 << 20)

void world_window_init(struct world_window *window)
{
	memset(window, 0, sizeof(*window));
}

void world_window_fini(struct world_window *window)
{
	free(window->list);
	memset(window, 0, sizeof(*window));
}

/* Lets go of what left the window that ends now. */
static void slide(struct world_window *window, uint64_t now_ms, uint32_t length_ms)
{
	while (window->tail < window->count && window->list[window->tail].ms + length_ms <= now_ms)
		window->sum -= window->list[window->tail++].units;
}

uint64_t world_window_would(struct world_window *window, uint64_t now_ms, uint32_t length_ms, uint32_t units)
{
	slide(window, now_ms, length_ms);
	return window->sum + units;
}

static void forget_half(struct world_window *window)
{
	size_t gone = window->tail < window->count / 2 ? window->tail : window->count / 2;

	memmove(window->list, window->list + gone, (window->count - gone) * sizeof(*window->list));
	window->count -= gone;
	window->tail -= gone;
}

void world_window_add(struct world_window *window, uint64_t now_ms, uint32_t length_ms, uint32_t units)
{
	slide(window, now_ms, length_ms);
	window->sum += units;
	window->largest = units > window->largest ? units : window->largest;
	if (window->count > 0 && window->list[window->count - 1].ms >= now_ms && window->tail < window->count) {
		window->list[window->count - 1].units += units;
		return;
	}
	if (window->count >= MOST)
		forget_half(window);
	if (window->count == window->room) {
		window->room = window->room == 0 ? 64 : window->room * 2;
		window->list = mem_resize(window->list, window->room, sizeof(*window->list));
	}
	window->list[window->count++] = (struct world_arrival){now_ms, units};
}

uint64_t world_window_most(const struct world_window *window, uint32_t length_ms)
{
	uint64_t sum = 0, most = 0;
	size_t tail = 0;

	for (size_t i = 0; i < window->count; i++) {
		sum += window->list[i].units;
		while (window->list[tail].ms + length_ms <= window->list[i].ms)
			sum -= window->list[tail++].units;
		most = sum > most ? sum : most;
	}
	return most;
}
