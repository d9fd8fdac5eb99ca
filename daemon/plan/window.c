#include "plan/window.h"

enum {
	FIRST_SIZE = 4,
	PATIENCE = 3, /* failures in a row before the window closes */
	THROTTLE_DEFAULT_MS = 1000, /* a provider that names no wait */
	CLOSED_MOST_MS = 60 * 1000
};

void window_init(struct window *window, unsigned int most)
{
	*window = (struct window){.most = most, .size = most < FIRST_SIZE ? most : FIRST_SIZE};
}

void window_reset(struct window *window)
{
	window_init(window, window->most);
}

uint64_t window_backoff_ms(unsigned int attempt, uint32_t jitter, uint64_t base_ms, uint64_t most_ms)
{
	uint64_t ceiling = base_ms;

	while (--attempt > 0 && ceiling < most_ms)
		ceiling *= 2;
	if (ceiling > most_ms)
		ceiling = most_ms;
	return 1 + (uint64_t)jitter * ceiling / UINT32_MAX;
}

static void close_for(struct window *window, uint64_t now_ms, uint64_t ms)
{
	if (now_ms + ms > window->closed_until_ms)
		window->closed_until_ms = now_ms + ms;
}

static void shrink(struct window *window)
{
	window->size = window->size > 1 ? window->size / 2 : 1;
}

void window_settled(struct window *window, uint64_t now_ms, const struct outcome *outcome, uint32_t jitter,
	uint64_t base_ms, uint64_t most_ms)
{
	if (most_ms > CLOSED_MOST_MS)
		most_ms = CLOSED_MOST_MS;
	switch (outcome->class) {
	case CLASS_OK:
	case CLASS_PERM_RCPT:
	case CLASS_PERM_MSG:
		/* The provider answered and works; what it thinks of a text says nothing about room. */
		window->failures = 0;
		window->probing = false;
		if (window->size < window->most)
			window->size++;
		break;
	case CLASS_THROTTLE:
	case CLASS_DEFER:
		shrink(window);
		close_for(window, now_ms, outcome->wait_ms > 0 ? outcome->wait_ms : THROTTLE_DEFAULT_MS);
		break;
	case CLASS_RETRY:
		shrink(window);
		if (outcome->wait_ms > 0)
			close_for(window, now_ms, outcome->wait_ms);
		if (++window->failures >= PATIENCE)
			close_for(window, now_ms,
				window_backoff_ms(window->failures - PATIENCE + 1, jitter, base_ms, most_ms));
		break;
	case CLASS_AMBIGUOUS:
		window->size = 1;
		window->probing = true;
		window->failures++;
		close_for(window, now_ms, window_backoff_ms(window->failures, jitter, base_ms * 4, most_ms));
		break;
	case CLASS_PERM_CHANNEL:
		window->size = 1;
		break;
	}
}
