#include "world/peer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

/* How long an answer waits that its own receipts overtake. */
#define EARLY_MS 2000u

void world_peer_touch(struct world_peer *peer)
{
	peer->changed = ++peer->world->changes;
}

void world_violate(struct world_peer *peer, const char *format, ...)
{
	struct world *world = peer->world;
	char words[512], when[32];
	va_list args;

	peer->totals.violations++;
	world_peer_touch(peer);
	if (world->violation_count == WORLD_VIOLATIONS)
		return;
	va_start(args, format);
	vsnprintf(words, sizeof(words), format, args);
	va_end(args);
	world->violations[world->violation_count++] = mem_printf("%s %s: %s", clock_text(clock_wall_ms(), when),
		peer->options.name, words);
}

bool world_peer_arrived(struct world_peer *peer, uint32_t units)
{
	uint32_t length = peer->options.limit_ms == 0 ? 1000 : peer->options.limit_ms;

	peer->totals.units += units;
	world_peer_touch(peer);
	world_window_add(&peer->window, clock_mono_ms(), length, units);
	if (peer->options.limit == 0 || peer->window.sum <= peer->options.limit)
		return false;
	world_violate(peer, "%llu units within %u ms, %u are permitted", (unsigned long long)peer->window.sum, length,
		peer->options.limit);
	return true;
}

static void remember_recent(struct world_peer *peer, uint64_t phone, uint32_t text)
{
	struct world *world = peer->world;
	struct world_recent *recent = &world->recent[world->recent_count % WORLD_RECENT];

	*recent = (struct world_recent){++world->recent_count, phone, text, peer, clock_wall_ms()};
}

void world_peer_took(struct world_peer *peer, const struct world_order *order, const char *text, uint32_t parts)
{
	struct world *world = peer->world;
	uint32_t row = world_texts_put(world->texts, text, parts);
	int64_t now = clock_wall_ms();

	world_texts_row(world->texts, row)->recipients += order->count;
	for (uint32_t i = 0; i < order->count; i++)
		world_phones_add(world->phones, order->phones[i], row, now);
	/* The page shows samples: three phones of a batch are plenty. */
	for (uint32_t i = 0; i < order->count && i < 3; i++)
		remember_recent(peer, order->phones[i], row);
	peer->totals.taken += order->count;
	peer->totals.parts += (uint64_t)parts * order->count;
	world_receipts_order(world->receipts, peer, order);
	world_peer_touch(peer);
}

static bool is_taken(enum world_fault fault)
{
	switch (fault) {
	case WORLD_FAULT_ERROR_TAKEN:
	case WORLD_FAULT_GARBAGE:
	case WORLD_FAULT_WRONG_JSON:
	case WORLD_FAULT_HANG:
	case WORLD_FAULT_RESET_AFTER:
	case WORLD_FAULT_RESET_MIDDLE:
	case WORLD_FAULT_CUT:
	case WORLD_FAULT_UNKNOWN_CODE:
	case WORLD_FAULT_EMPTY:
	case WORLD_FAULT_HUGE:
	case WORLD_FAULT_TOO_LONG:
	case WORLD_FAULT_DRIP:
	case WORLD_FAULT_HANG_UP:
	case WORLD_FAULT_HEADERS_ONLY:
	case WORLD_FAULT_STALL:
	case WORLD_FAULTS:
		return true;
	default:
		return false;
	}
}

enum world_fault world_peer_judge(struct world_peer *peer, bool over, bool *taken)
{
	enum world_fault fault = world_chance_request(&peer->chance);

	peer->totals.faulted += fault != WORLD_FAULTS;
	if (fault == WORLD_FAULTS && over)
		fault = WORLD_FAULT_THROTTLE;
	peer->totals.throttled += fault == WORLD_FAULT_THROTTLE || fault == WORLD_FAULT_THROTTLE_ODD;
	*taken = is_taken(fault);
	/* A robot's code says no, whichever it is. */
	if (fault == WORLD_FAULT_UNKNOWN_CODE && peer->options.kind == WORLD_WECOM)
		*taken = false;
	return fault;
}

bool world_peer_refuses_some(struct world_peer *peer, const uint64_t *phones, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (phones[i] % 10 != 7)
			continue;
		bool refused = world_chance_fires(&peer->chance, WORLD_FAULT_REFUSE_SOME);
		peer->totals.faulted += refused;
		return refused;
	}
	return false;
}

static const struct world_say *choose(const struct world_says *says, enum world_fault fault)
{
	switch (fault) {
	case WORLD_FAULT_AUTH:
		return &says->auth;
	case WORLD_FAULT_THROTTLE:
	case WORLD_FAULT_THROTTLE_ODD:
		return &says->throttle;
	case WORLD_FAULT_UNKNOWN_CODE:
		return &says->unknown;
	case WORLD_FAULT_ERROR:
	case WORLD_FAULT_ERROR_TAKEN:
		return &says->error;
	case WORLD_FAULT_LIE_ERROR:
		return &says->lie;
	case WORLD_FAULT_REFUSE_TEXT:
		return &says->refused;
	case WORLD_FAULT_GARBAGE:
		return &says->garbage;
	case WORLD_FAULT_WRONG_JSON:
		return &says->wrong;
	default:
		return &says->ok;
	}
}

static enum world_ending choose_ending(enum world_fault fault)
{
	switch (fault) {
	case WORLD_FAULT_HANG:
	case WORLD_FAULT_HANG_BEFORE:
		return WORLD_HANG;
	case WORLD_FAULT_RESET_AFTER:
		return WORLD_RESET;
	case WORLD_FAULT_RESET_MIDDLE:
		return WORLD_RESET_MIDDLE;
	case WORLD_FAULT_CUT:
		return WORLD_CUT;
	case WORLD_FAULT_HUGE:
		return WORLD_HUGE;
	case WORLD_FAULT_TOO_LONG:
		return WORLD_TOO_LONG;
	case WORLD_FAULT_DRIP:
		return WORLD_DRIP;
	case WORLD_FAULT_HANG_UP:
		return WORLD_HANG_UP;
	case WORLD_FAULT_HEADERS_ONLY:
		return WORLD_HEADERS;
	case WORLD_FAULT_STALL:
		return WORLD_STALL;
	default:
		return WORLD_WHOLE;
	}
}

/* What a client must not believe: waits of nothing, of ten years, of more than a number holds, of the past. */
static const char *odd_wait(struct world_peer *peer)
{
	static const char *const waits[] = {"0", "315360000", "-1", "99999999999999999999", "soon",
		"Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "1e9"};

	return waits[peer->chance.odd++ % (sizeof(waits) / sizeof(waits[0]))];
}

/* The few faults that are written in the head of an answer. */
static void spoil_head(struct world_peer *peer, enum world_fault fault, struct world_answer *answer)
{
	if (fault == WORLD_FAULT_THROTTLE_ODD) {
		answer->status = 429;
		answer->header = "Retry-After";
		answer->value = odd_wait(peer);
	} else if (fault == WORLD_FAULT_REDIRECT) {
		answer->status = 302;
		answer->header = "Location";
		answer->value = "/elsewhere";
		answer->size = 0;
	} else if (fault == WORLD_FAULT_EMPTY) {
		answer->size = 0;
	}
}

/* Whether a whole answer with the word of success leaves. */
static bool says_ok(enum world_fault fault, const struct world_answer *answer)
{
	bool good = fault == WORLD_FAULTS || fault == WORLD_FAULT_DROP || fault == WORLD_FAULT_DRIP ||
		fault == WORLD_FAULT_HANG_UP || fault == WORLD_FAULT_HUGE;

	return good && answer->size > 0;
}

void world_peer_answer(struct world_peer *peer, struct world_call *call, enum world_fault fault,
	const struct world_says *says, uint32_t recipients)
{
	const struct world_say *say = choose(says, fault);
	struct world_answer answer = {.status = say->status,
		.type = say->type,
		.server = says->server,
		.body = say->body,
		.size = strlen(say->body),
		.ending = choose_ending(fault)};

	uint32_t late = world_chance_latency(&peer->chance) + (peer->answers_late ? EARLY_MS : 0);

	peer->answers_late = false;
	spoil_head(peer, fault, &answer);
	if (says_ok(fault, &answer))
		peer->totals.answered_ok += recipients;
	world_call_answer(call, &answer, late);
}

void world_say(struct world_peer *peer, struct world_call *call, const struct world_say *say, const char *server)
{
	struct world_answer answer = {.status = say->status,
		.type = say->type,
		.server = server,
		.body = say->body,
		.size = strlen(say->body),
		.ending = WORLD_WHOLE};

	world_call_answer(call, &answer, peer == NULL ? 0 : world_chance_latency(&peer->chance));
}

static void forget_pulls(struct list *list)
{
	struct link *at;

	while ((at = list_first(list)) != NULL) {
		struct world_pull *pull = list_object(at, struct world_pull, on_list);
		list_remove(at);
		free(pull->json);
		free(pull);
	}
}

void world_peer_forget(struct world_peer *peer)
{
	for (size_t i = 0; i < peer->message_count; i++) {
		free((char *)(uintptr_t)peer->messages[i].text);
		free((char *)(uintptr_t)peer->messages[i].mentions);
	}
	peer->message_count = 0;
	forget_pulls(&peer->reports);
	forget_pulls(&peer->replies);
	world_window_fini(&peer->window);
	world_window_fini(&peer->taken);
	memset(&peer->totals, 0, sizeof(peer->totals));
	world_peer_touch(peer);
}

void world_peer_free(struct world_peer *peer)
{
	const struct world_peer_options *options = &peer->options;
	const char *const strings[] = {options->name, options->user, options->secret, options->ec_name,
		options->sign_code, options->signature, options->report_url, options->reply_url, options->program};

	world_peer_forget(peer);
	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
		free((char *)(uintptr_t)strings[i]);
	free(peer->messages);
	free(peer->url);
	free(peer->last_url);
	free(peer->last_group);
	free(peer);
}
