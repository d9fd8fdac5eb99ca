#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "world/page.h"
#include "world/peer.h"
#include "world/sign.h"
#include "world/sms.h"

/* The world as JSON: whole for reports, what changed for the page. */

static void set_number(json_t *object, const char *key, uint64_t value)
{
	json_object_set_new(object, key, json_integer((json_int_t)value));
}

static json_t *json_totals(const struct world_totals *totals)
{
	json_t *json = json_object();

	set_number(json, "requests", totals->requests);
	set_number(json, "malformed", totals->malformed);
	set_number(json, "strangers", totals->strangers);
	set_number(json, "throttled", totals->throttled);
	set_number(json, "faulted", totals->faulted);
	set_number(json, "units", totals->units);
	set_number(json, "taken", totals->taken);
	set_number(json, "parts", totals->parts);
	set_number(json, "answered_ok", totals->answered_ok);
	set_number(json, "receipts_due", totals->receipts_due);
	set_number(json, "receipts_sent", totals->receipts_sent);
	set_number(json, "receipts_lost", totals->receipts_lost);
	set_number(json, "delivered", totals->delivered);
	set_number(json, "undelivered", totals->undelivered);
	set_number(json, "violations", totals->violations);
	return json;
}

static json_t *json_faults(const struct world_peer *peer)
{
	json_t *json = json_object();

	for (unsigned int i = 0; i < WORLD_FAULTS; i++) {
		const struct world_switch *on = &peer->chance.switches[i];
		if (on->next == 0 && on->permille == 0)
			continue;
		json_t *fault = json_object();
		json_object_set_new(fault, "next", json_integer(on->next == WORLD_ALWAYS ? -1 : (json_int_t)on->next));
		set_number(fault, "permille", on->permille);
		json_object_set_new(json, world_fault_name((enum world_fault)i), fault);
	}
	return json;
}

static json_t *json_area(const struct world_area *area)
{
	return json_pack("{s:i, s:s, s:s#, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i}", "id", area->id, "text", area->text,
		"colour", &area->colour, 1, "effect", area->effect, "speed", area->speed, "x", area->x, "y", area->y,
		"width", area->width, "height", area->height, "font", area->font, "lease_s", area->lease_s);
}

static json_t *json_sign(const struct world_peer *peer)
{
	const struct world_card *card = world_sign_card(peer->sign);
	json_t *areas = json_array();

	for (unsigned int i = 0; i < WORLD_AREAS; i++)
		if (card->areas[i].used)
			json_array_append_new(areas, json_area(&card->areas[i].area));
	return json_pack("{s:b, s:b, s:i, s:i, s:i, s:i, s:s, s:s, s:o}", "mains", card->mains, "on", card->on,
		"brightness", card->brightness, "mode", card->display_mode, "width", card->width, "height",
		card->height, "program", card->program, "showing", card->showing, "areas", areas);
}

static json_t *json_message(const struct world_peer *robot)
{
	if (robot->message_count == 0)
		return json_null();
	const struct world_message *last = &robot->messages[robot->message_count - 1];
	return json_pack("{s:I, s:s, s:s, s:s}", "ms", (json_int_t)last->wall_ms, "type", last->type, "text",
		last->text, "mentions", last->mentions);
}

static json_t *json_peer(const struct world_peer *peer)
{
	json_t *json = json_pack("{s:s, s:s, s:o, s:o, s:b}", "name", peer->options.name, "kind",
		world_kind_name(peer->options.kind), "totals", json_totals(&peer->totals), "faults", json_faults(peer),
		"door", world_peer_has_door(peer));

	if (peer->options.kind == WORLD_WECOM)
		json_object_set_new(json, "message", json_message(peer));
	if (peer->sign != NULL)
		json_object_set_new(json, "sign", json_sign(peer));
	return json;
}

static json_t *json_violations(const struct world *world, size_t most)
{
	json_t *list = json_array();
	size_t first = world->violation_count > most ? world->violation_count - most : 0;

	for (size_t i = first; i < world->violation_count; i++)
		json_array_append_new(list, json_string(world->violations[i]));
	return list;
}

static json_t *json_recent(const struct world *world, uint64_t after)
{
	json_t *list = json_array();
	uint64_t oldest = world->recent_count > WORLD_RECENT ? world->recent_count - WORLD_RECENT : 0;

	for (uint64_t i = after > oldest ? after : oldest; i < world->recent_count; i++) {
		const struct world_recent *recent = &world->recent[i % WORLD_RECENT];
		char phone[16];
		world_sms_mask(recent->phone, phone);
		json_array_append_new(list,
			json_pack("{s:s, s:s, s:s, s:I}", "phone", phone, "text",
				world_texts_row(world->texts, recent->text)->text, "peer", recent->peer->options.name,
				"ms", (json_int_t)recent->wall_ms));
	}
	return list;
}

static json_t *json_kinds(enum world_fault fault)
{
	json_t *list = json_array();

	for (enum world_kind kind = WORLD_KANNEL; kind <= WORLD_ONBON; kind++)
		if (world_fault_suits(fault, kind))
			json_array_append_new(list, json_string(world_kind_name(kind)));
	return list;
}

/* The names of all switches, once for a new reader. */
static json_t *json_switches(void)
{
	json_t *list = json_array();

	for (unsigned int i = 0; i < WORLD_FAULTS; i++) {
		enum world_fault fault = (enum world_fault)i;
		json_array_append_new(list,
			json_pack("{s:s, s:s, s:b, s:b, s:b, s:o}", "name", world_fault_name(fault), "words",
				world_fault_words(fault), "amount", world_fault_is_amount(fault), "receipt",
				world_fault_is_receipt(fault), "door", world_fault_is_door(fault), "kinds",
				json_kinds(fault)));
	}
	return list;
}

static void write_json(json_t *json, struct buf *out, size_t flags)
{
	char *text = json_dumps(json, flags);

	if (text != NULL)
		buf_add_text(out, text);
	free(text);
	json_decref(json);
}

void world_view(const struct world *world, uint64_t since, uint64_t recent, struct buf *out)
{
	struct world_totals totals;
	json_t *json = json_object(), *peers = json_array();

	world_totals(world, NULL, &totals);
	json_object_set_new(json, "totals", json_totals(&totals));
	set_number(json, "phones", world_phones_size(world->phones));
	set_number(json, "waiting", world_receipts_waiting(world->receipts));
	set_number(json, "texts", world_texts_count(world->texts));
	for (size_t i = 0; i < world->peer_count; i++)
		if (world->peers[i]->changed > since)
			json_array_append_new(peers, json_peer(world->peers[i]));
	json_object_set_new(json, "peers", peers);
	/* After a reset the numbers begin again. */
	json_object_set_new(json, "recent", json_recent(world, recent <= world->recent_count ? recent : 0));
	json_object_set_new(json, "violations", json_violations(world, 5));
	if (since == 0)
		json_object_set_new(json, "switches", json_switches());
	write_json(json, out, JSON_COMPACT);
}

void world_report(const struct world *world, struct buf *out)
{
	struct world_totals totals;
	struct world_reach reach;
	json_t *json = json_object(), *peers = json_array();

	world_totals(world, NULL, &totals);
	world_reached(world, NULL, &reach);
	json_object_set_new(json, "totals", json_totals(&totals));
	json_object_set_new(json, "reach",
		json_pack("{s:I, s:I, s:I, s:I, s:I}", "phones", (json_int_t)reach.phones, "once",
			(json_int_t)reach.once, "more", (json_int_t)reach.more, "texts", (json_int_t)reach.texts,
			"most", (json_int_t)reach.most));
	set_number(json, "receipts_waiting", world_receipts_waiting(world->receipts));
	for (size_t i = 0; i < world->peer_count; i++)
		json_array_append_new(peers, json_peer(world->peers[i]));
	json_object_set_new(json, "peers", peers);
	json_object_set_new(json, "violations", json_violations(world, WORLD_VIOLATIONS));
	write_json(json, out, JSON_INDENT(2));
}
