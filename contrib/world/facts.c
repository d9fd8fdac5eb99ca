#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "world/peer.h"
#include "world/sign.h"

/* What tests ask of the world: the reading half of world/world.h, and its switches. */

void world_reset(struct world *world)
{
	for (size_t i = 0; i < world->peer_count; i++) {
		world_peer_forget(world->peers[i]);
		if (world->peers[i]->sign != NULL && !world->closing)
			world_card_forget(world_sign_card(world->peers[i]->sign));
	}
	for (size_t i = 0; i < world->violation_count; i++)
		free(world->violations[i]);
	world->violation_count = 0;
	world->strangers = 0;
	world->recent_count = 0;
	world_phones_clear(world->phones);
	world_texts_clear(world->texts);
	if (world->receipts != NULL)
		world_receipts_clear(world->receipts);
	world->changes++;
}

struct world_peer *world_peer_at(struct world *world, size_t index)
{
	return index < world->peer_count ? world->peers[index] : NULL;
}

const char *world_peer_name(const struct world_peer *peer)
{
	return peer->options.name;
}

enum world_kind world_peer_kind(const struct world_peer *peer)
{
	return peer->options.kind;
}

const char *world_peer_url(const struct world_peer *peer)
{
	return peer->url;
}

uint16_t world_peer_port(const struct world_peer *peer)
{
	return peer->port;
}

/* ---- switches ---- */

void world_fault_set(struct world_peer *peer, enum world_fault fault, uint32_t next, uint32_t permille)
{
	if (!world_fault_suits(fault, peer->options.kind) || (world_fault_is_door(fault) && !world_peer_has_door(peer)))
		return;
	peer->chance.switches[fault] = (struct world_switch){next, permille};
	if (world_fault_is_door(fault))
		world_peer_mind_door(peer);
	world_peer_touch(peer);
}

bool world_peer_has_door(const struct world_peer *peer)
{
	return peer->sign != NULL || peer->options.own_port;
}

void world_fault_clear(struct world_peer *peer)
{
	memset(peer->chance.switches, 0, sizeof(peer->chance.switches));
	if (world_peer_has_door(peer))
		world_peer_mind_door(peer);
	world_peer_touch(peer);
}

void world_sign_mains(struct world_peer *sign, bool on)
{
	world_sign_set_mains(sign->sign, on);
}

void world_reply(struct world_peer *peer, uint64_t phone, const char *text)
{
	if (peer->options.reply_url != NULL) {
		world_receipts_reply(peer->world->receipts, peer, phone, text);
		return;
	}
	if (peer->options.kind != WORLD_YUNMAS)
		return;
	struct world_pull *pull = mem_zalloc(sizeof(*pull));
	struct buf body;
	buf_init(&body, 16384);
	world_yunmas_reply(peer, phone, text, &body);
	pull->json = buf_take(&body);
	list_push_back(&peer->replies, &pull->on_list);
	world_peer_touch(peer);
}

/* ---- counts ---- */

static void add_totals(struct world_totals *to, const struct world_totals *from)
{
	/* The struct holds nothing but uint64_t. */
	const uint64_t *in = (const void *)from;
	uint64_t *out = (void *)to;

	for (size_t i = 0; i < sizeof(*to) / sizeof(uint64_t); i++)
		out[i] += in[i];
}

void world_totals(const struct world *world, const struct world_peer *peer, struct world_totals *totals)
{
	memset(totals, 0, sizeof(*totals));
	if (peer != NULL) {
		*totals = peer->totals;
		return;
	}
	for (size_t i = 0; i < world->peer_count; i++)
		add_totals(totals, &world->peers[i]->totals);
	totals->requests += world->strangers;
	totals->strangers += world->strangers;
}

uint32_t world_phone_count(const struct world *world, uint64_t phone)
{
	return world_phones_count(world->phones, phone);
}

uint32_t world_phone_count_text(const struct world *world, uint64_t phone, const char *text)
{
	uint32_t row = world_texts_find(world->texts, text);

	return row == UINT32_MAX ? 0 : world_phones_count_text(world->phones, phone, row);
}

int64_t world_phone_first_ms(const struct world *world, uint64_t phone)
{
	int64_t first, last;

	world_phones_times(world->phones, phone, &first, &last);
	return first;
}

int64_t world_phone_last_ms(const struct world *world, uint64_t phone)
{
	int64_t first, last;

	world_phones_times(world->phones, phone, &first, &last);
	return last;
}

void world_reached(const struct world *world, const char *marker, struct world_reach *reach)
{
	size_t rows = world_texts_count(world->texts);
	bool *wanted = NULL;

	if (marker != NULL) {
		wanted = mem_calloc(rows, sizeof(*wanted));
		for (size_t i = 0; i < rows; i++)
			wanted[i] = strstr(world_texts_row(world->texts, i)->text, marker) != NULL;
	}
	world_phones_reach(world->phones, wanted, rows, reach);
	free(wanted);
}

void world_phones(const struct world *world, bool (*each)(void *arg, uint64_t phone, uint32_t count), void *arg)
{
	world_phones_each(world->phones, each, arg);
}

size_t world_texts(const struct world *world)
{
	return world_texts_count(world->texts);
}

const char *world_text(const struct world *world, size_t index, uint64_t *recipients, uint32_t *parts)
{
	const struct world_text_row *row = world_texts_row(world->texts, index);

	if (row == NULL)
		return NULL;
	if (recipients != NULL)
		*recipients = row->recipients;
	if (parts != NULL)
		*parts = row->parts;
	return row->text;
}

const struct world_message *world_message(const struct world_peer *robot, size_t index)
{
	return index < robot->message_count ? &robot->messages[index] : NULL;
}

/* ---- limits ---- */

uint64_t world_most_in(const struct world_peer *peer, uint32_t window_ms)
{
	return world_window_most(&peer->window, window_ms);
}

uint32_t world_largest_request(const struct world_peer *peer)
{
	return peer->window.largest;
}

const char *world_violation(const struct world *world, size_t index)
{
	return index < world->violation_count ? world->violations[index] : NULL;
}

/* ---- signs ---- */

static const struct world_card *card_of(const struct world_peer *sign)
{
	return world_sign_card(sign->sign);
}

const char *world_sign_showing(const struct world_peer *sign)
{
	return card_of(sign)->showing;
}

bool world_sign_lit(const struct world_peer *sign)
{
	return card_of(sign)->mains && card_of(sign)->on;
}

unsigned int world_sign_areas(const struct world_peer *sign)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < WORLD_AREAS; i++)
		count += card_of(sign)->areas[i].used;
	return count;
}

unsigned int world_sign_brightness(const struct world_peer *sign)
{
	return card_of(sign)->brightness;
}

const struct world_shown *world_shown(const struct world_peer *sign, size_t index)
{
	const struct world_card *card = card_of(sign);

	return index < card->history_count ? &card->history[index].shown : NULL;
}

uint64_t world_sign_gap_ms(const struct world_peer *sign, const char *marker, uint64_t from_ms, uint64_t until_ms)
{
	return world_card_gap_ms(card_of(sign), marker, from_ms, until_ms);
}
