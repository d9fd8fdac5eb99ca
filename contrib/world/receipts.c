#include "world/receipts.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/require.h"
#include "world/client.h"
#include "world/peer.h"

#define TRIES    5u
#define PAUSE_MS 2000u

/* What the receipts of one request have in common. */
struct line {
	unsigned int refs;
	struct world_peer *peer;
	char *url, *from, *group, *reply;
	int64_t taken_ms;
	uint64_t id;
};

struct group {
	uint64_t due_ms, order;
	struct line *line;
	unsigned int type; /* 0: a resident's reply */
	unsigned int tries;
	uint32_t count, at;
	uint64_t phones[];
};

/* One on the wire. */
struct flight {
	struct world_receipts *receipts;
	struct line *line;
	uint64_t phone;
	unsigned int type, tries, age;
};

struct world_receipts {
	struct world *world;
	struct world_client *client;
	struct timer timer;
	struct deferred pump;
	struct group **heap;
	size_t count, room;
	uint64_t orders, waiting;
	unsigned int age; /* counts clears: what flew before is not counted */
	bool closing;
};

static void pump(void *arg);

/* ---- the heap ---- */

static bool before(const struct group *a, const struct group *b)
{
	return a->due_ms != b->due_ms ? a->due_ms < b->due_ms : a->order < b->order;
}

static void push(struct world_receipts *receipts, struct group *group)
{
	if (receipts->count == receipts->room) {
		receipts->room = receipts->room == 0 ? 64 : receipts->room * 2;
		receipts->heap = mem_resize(receipts->heap, receipts->room, sizeof(struct group *));
	}
	size_t at = receipts->count++;
	while (at > 0 && before(group, receipts->heap[(at - 1) / 2])) {
		receipts->heap[at] = receipts->heap[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	receipts->heap[at] = group;
}

static void pop(struct world_receipts *receipts)
{
	struct group *last = receipts->heap[--receipts->count];
	size_t at = 0;

	for (;;) {
		size_t child = at * 2 + 1;
		if (child >= receipts->count)
			break;
		if (child + 1 < receipts->count && before(receipts->heap[child + 1], receipts->heap[child]))
			child++;
		if (!before(receipts->heap[child], last))
			break;
		receipts->heap[at] = receipts->heap[child];
		at = child;
	}
	if (receipts->count > 0)
		receipts->heap[at] = last;
}

/* ---- lines and groups ---- */

static void release_line(struct line *line)
{
	if (--line->refs > 0)
		return;
	free(line->url);
	free(line->from);
	free(line->group);
	free(line->reply);
	free(line);
}

static struct group *new_group(struct line *line, unsigned int type, uint32_t room)
{
	struct group *group = mem_zalloc(sizeof(*group) + (size_t)room * sizeof(uint64_t));

	group->line = line;
	group->type = type;
	line->refs++;
	return group;
}

static void free_group(struct group *group)
{
	release_line(group->line);
	free(group);
}

static void put(struct world_receipts *receipts, struct group *group, uint64_t delay_ms)
{
	if (group->count == 0) {
		free_group(group);
		return;
	}
	group->due_ms = clock_mono_ms() + delay_ms;
	group->order = receipts->orders++;
	receipts->waiting += group->count;
	push(receipts, group);
	loop_defer(receipts->world->loop, &receipts->pump, pump, receipts);
}

/* Adds one receipt as the faults of receipts want it. */
static void add_phone(struct world_peer *peer, struct group *group, uint64_t phone)
{
	struct world_chance *chance = &peer->chance;

	if (world_chance_fires(chance, WORLD_FAULT_RECEIPT_MISSING)) {
		peer->totals.receipts_lost++;
		return;
	}
	if (world_chance_fires(chance, WORLD_FAULT_RECEIPT_WRONG))
		phone = phone % 100000000u + 19900000000u;
	group->phones[group->count++] = phone;
	if (world_chance_fires(chance, WORLD_FAULT_RECEIPT_DOUBLE))
		group->phones[group->count++] = phone;
}

static void reverse(struct group *group)
{
	for (uint32_t i = 0; i < group->count / 2; i++) {
		uint64_t phone = group->phones[i];
		group->phones[i] = group->phones[group->count - 1 - i];
		group->phones[group->count - 1 - i] = phone;
	}
}

static void swap_text(char **a, char **b)
{
	char *text = *a;

	*a = *b;
	*b = text;
}

/* Puts the names of the request before on this one's receipts. Either way the names are remembered. */
static void name_line(struct world_peer *peer, struct line *line)
{
	char *url = mem_strdup(line->url), *group = mem_strdup(line->group);

	if (peer->last_group != NULL && world_chance_fires(&peer->chance, WORLD_FAULT_RECEIPT_FOREIGN)) {
		swap_text(&line->url, &peer->last_url);
		swap_text(&line->group, &peer->last_group);
	}
	free(peer->last_url);
	free(peer->last_group);
	peer->last_url = url;
	peer->last_group = group;
}

static struct line *new_line(struct world_peer *peer, const char *url, const char *from, const char *group)
{
	struct line *line = mem_zalloc(sizeof(*line));

	line->refs = 1;
	line->peer = peer;
	line->url = mem_strdup(url);
	line->from = mem_strdup(from);
	line->group = mem_strdup(group);
	line->taken_ms = clock_wall_ms();
	line->id = ++peer->world->ids;
	return line;
}

/* Decides every recipient's fate and fills the groups of the final receipts that were asked for. */
static void decide(struct world_peer *peer, const struct world_order *order, struct group *good, struct group *bad)
{
	for (uint32_t i = 0; i < order->count; i++) {
		bool gone = world_chance_fires(&peer->chance, WORLD_FAULT_UNDELIVERED);
		unsigned int bit = gone ? 2 : 1;
		peer->totals.undelivered += gone;
		peer->totals.delivered += !gone;
		if ((order->mask & bit) == 0)
			continue;
		peer->totals.receipts_due++;
		add_phone(peer, gone ? bad : good, order->phones[i]);
	}
}

void world_receipts_order(struct world_receipts *receipts, struct world_peer *peer, const struct world_order *order)
{
	struct line *line = new_line(peer, order->url, order->from, order->group);
	struct group *ack = new_group(line, 8, order->count * 2);
	struct group *good = new_group(line, 1, order->count * 2), *bad = new_group(line, 2, order->count * 2);
	uint64_t late = peer->chance.switches[WORLD_FAULT_RECEIPT_LATE].next;
	uint64_t ack_ms = peer->options.ack_ms + late, final_ms = peer->options.delivery_ms + late;

	if ((order->mask & 8) != 0) {
		peer->totals.receipts_due += order->count;
		for (uint32_t i = 0; i < order->count; i++)
			add_phone(peer, ack, order->phones[i]);
	}
	name_line(peer, line);
	decide(peer, order, good, bad);
	if (order->mask != 0 && world_chance_fires(&peer->chance, WORLD_FAULT_RECEIPT_EARLY)) {
		ack_ms = final_ms = 1;
		peer->answers_late = true;
	}
	if (order->mask != 0 && world_chance_fires(&peer->chance, WORLD_FAULT_RECEIPT_REORDER)) {
		uint64_t swap = ack_ms;
		ack_ms = final_ms;
		final_ms = swap;
		reverse(good);
		reverse(bad);
	}
	put(receipts, ack, ack_ms);
	put(receipts, good, final_ms);
	put(receipts, bad, final_ms);
	release_line(line);
}

void world_receipts_reply(struct world_receipts *receipts, struct world_peer *peer, uint64_t phone, const char *text)
{
	struct line *line = new_line(peer, peer->options.reply_url, NULL, "");
	struct group *group = new_group(line, 0, 1);

	line->reply = mem_strdup(text);
	group->phones[group->count++] = phone;
	put(receipts, group, 1);
	release_line(line);
}

/* ---- handing over ---- */

static void try_later(struct world_receipts *receipts, const struct flight *flight)
{
	if (flight->tries >= TRIES) {
		flight->line->peer->totals.receipts_lost++;
		return;
	}
	struct group *group = new_group(flight->line, flight->type, 1);
	group->tries = flight->tries;
	group->phones[group->count++] = flight->phone;
	put(receipts, group, PAUSE_MS);
}

static void on_done(void *arg, int status)
{
	struct flight *flight = arg;
	struct world_receipts *receipts = flight->receipts;

	if (flight->age == receipts->age && !receipts->closing) {
		if (status >= 200 && status < 300)
			flight->line->peer->totals.receipts_sent += flight->type != 0;
		else
			try_later(receipts, flight);
		world_peer_touch(flight->line->peer);
	}
	release_line(flight->line);
	free(flight);
	if (!receipts->closing)
		loop_defer(receipts->world->loop, &receipts->pump, pump, receipts);
}

/* Codes that no book lists; for Kannel they stand where a number should. */
static const char *strange_code(struct world_peer *peer)
{
	static const char *const codes[] = {"0", "3", "-1", "64", "4294967297", "99999999999999999999", "DELIVRD", "",
		"8x", "XQ:0042"};

	if (!world_chance_fires(&peer->chance, WORLD_FAULT_RECEIPT_STRANGE))
		return NULL;
	return codes[peer->chance.odd++ % (sizeof(codes) / sizeof(codes[0]))];
}

static void describe(const struct flight *flight, struct world_receipt *receipt)
{
	const struct line *line = flight->line;

	*receipt = (struct world_receipt){.url = line->url,
		.from = line->from,
		.group = line->group,
		.phone = flight->phone,
		.type = flight->type,
		.taken_ms = line->taken_ms,
		.id = line->id * 1000003u ^ flight->phone,
		.strange = strange_code(line->peer)};
}

/* Writes the URL, and the body where there is one. */
static void write_flight(const struct flight *flight, struct buf *url, struct buf *body)
{
	const struct world_peer *peer = flight->line->peer;
	struct world_receipt receipt;

	describe(flight, &receipt);
	if (peer->options.kind == WORLD_KANNEL) {
		if (flight->type == 0)
			world_kannel_reply(peer, flight->phone, flight->line->reply, url);
		else
			world_kannel_receipt(peer, &receipt, url);
		return;
	}
	buf_add_text(url, flight->line->url);
	if (flight->type == 0)
		world_yunmas_reply(peer, flight->phone, flight->line->reply, body);
	else
		world_yunmas_receipt(peer, &receipt, false, body);
}

static void fly(struct world_receipts *receipts, const struct group *group, uint64_t phone)
{
	struct flight *flight = mem_zalloc(sizeof(*flight));
	struct buf url, body;

	*flight = (struct flight){receipts, group->line, phone, group->type, group->tries + 1, receipts->age};
	group->line->refs++;
	buf_init(&url, 16384);
	buf_init(&body, 16384);
	write_flight(flight, &url, &body);
	if (!world_client_send(receipts->client, buf_text(&url), body.size > 0 ? body.data : NULL, body.size, on_done,
		    flight))
		on_done(flight, 0);
	buf_fini(&url);
	buf_fini(&body);
}

static void keep_to_pull(const struct group *group, uint64_t phone)
{
	struct flight flight = {.line = group->line, .phone = phone, .type = group->type};
	struct world_pull *pull = mem_zalloc(sizeof(*pull));
	struct world_receipt receipt;
	struct buf body;

	describe(&flight, &receipt);
	buf_init(&body, 4096);
	world_yunmas_receipt(group->line->peer, &receipt, true, &body);
	pull->json = buf_take(&body);
	list_push_back(&group->line->peer->reports, &pull->on_list);
}

static void pump(void *arg)
{
	struct world_receipts *receipts = arg;
	uint64_t now = clock_mono_ms();

	while (!receipts->closing && receipts->count > 0 && receipts->heap[0]->due_ms <= now) {
		struct group *group = receipts->heap[0];
		bool pushes = group->line->url != NULL;
		if (pushes && !world_client_free_place(receipts->client))
			return; /* on_done() comes back here */
		uint64_t phone = group->phones[group->at++];
		receipts->waiting--;
		if (group->at == group->count)
			pop(receipts);
		if (pushes)
			fly(receipts, group, phone);
		else
			keep_to_pull(group, phone);
		if (group->at == group->count)
			free_group(group);
	}
	if (!receipts->closing && receipts->count > 0 && receipts->heap[0]->due_ms > now)
		timer_arm(&receipts->timer, receipts->heap[0]->due_ms - now);
}

/* ---- birth and end ---- */

struct world_receipts *world_receipts_new(struct world *world)
{
	struct world_receipts *receipts = mem_zalloc(sizeof(*receipts));

	receipts->world = world;
	receipts->client = world_client_new(world->loop);
	timer_init(&receipts->timer, world->loop, pump, receipts);
	return receipts;
}

uint64_t world_receipts_waiting(const struct world_receipts *receipts)
{
	return receipts->waiting;
}

void world_receipts_clear(struct world_receipts *receipts)
{
	for (size_t i = 0; i < receipts->count; i++)
		free_group(receipts->heap[i]);
	receipts->count = 0;
	receipts->waiting = 0;
	receipts->age++;
	timer_disarm(&receipts->timer);
}

struct ending {
	struct world_receipts *receipts;
	void (*closed)(void *arg);
	void *arg;
};

static void on_client_closed(void *arg)
{
	struct ending *ending = arg;
	void (*closed)(void *) = ending->closed;
	void *closed_arg = ending->arg;

	free(ending->receipts->heap);
	free(ending->receipts);
	free(ending);
	closed(closed_arg);
}

void world_receipts_close(struct world_receipts *receipts, void (*closed)(void *arg), void *arg)
{
	struct ending *ending = mem_zalloc(sizeof(*ending));

	world_receipts_clear(receipts);
	receipts->closing = true;
	loop_defer_cancel(receipts->world->loop, &receipts->pump);
	*ending = (struct ending){receipts, closed, arg};
	world_client_close(receipts->client, on_client_closed, ending);
}
