#ifndef WORLD_WORLD_H
#define WORLD_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "loop/loop.h"
#include "world/fault.h"

/*
 * A pretend outside world on loopback: SMS gateways, group robots and LED signs that answer as the real ones
 * were seen to answer, count exactly what reached whom, and misbehave when told to. It decodes every protocol
 * with its own code.
 *
 * One *peer* is one gateway account, one robot or one sign. What a peer *took* is the truth (the phone rings,
 * the group sees it, the sign shows it); what it *answered* may be a lie. Both are counted, so a test can
 * compare a sender's report with the truth. Everything runs on the caller's loop and on base/clock.h: no
 * thread, no sleep, no global.
 *
 *	struct world *world = world_new(loop, &(struct world_options){ .seed = 1 });
 *	struct world_peer *city = world_peer_add(world, &(struct world_peer_options){
 *		.kind = WORLD_KANNEL, .name = "city-sms", .user = "crier", .secret = "s3cret" });
 *	world_fault_set(city, WORLD_FAULT_THROTTLE, 3, 0);
 *	... the daemon sends to world_peer_url(city, &url) ...
 *	world_phone_count(world, 13800000001);
 *	world_free(&world);
 */
struct world;
struct world_peer;

enum world_kind {
	WORLD_KANNEL, /* GET /cgi-bin/sendsms (http-apis.md 9) */
	WORLD_YUNMAS, /* POST /sms/norsubmit and its fellows (operators.md 2.1) */
	WORLD_WECOM, /* POST /cgi-bin/webhook/send?key= (http-apis.md 1) */
	WORLD_ONBON, /* BX-K frames on a port of its own (led-signs.md 3) */
};

struct world_options {
	const char *address; /* NULL: 127.0.0.1 */
	uint16_t http_port; /* all gateways and robots; 0: a free one */
	uint16_t page_port; /* the page and POST /control; 0: a free one */
	bool no_page; /* no page at all */
	uint64_t seed; /* of every pretended chance */
};

/* Zero means the default said. Strings are copied. */
struct world_peer_options {
	enum world_kind kind;
	const char *name; /* unique */
	const char *user; /* Kannel username, 云MAS apId; NULL: "crier" */
	const char *secret; /* Kannel password, 云MAS secretKey, robot key; NULL: "secret" (robots: the name) */
	const char *ec_name; /* 云MAS ecName; NULL: any is taken */
	const char *sign_code; /* 云MAS signature code; NULL: any is taken */
	const char *signature; /* words that the platform puts in front as 【words】; NULL: none */
	const char *report_url; /* 云MAS pushes its reports here; NULL: they wait to be pulled */
	const char *reply_url; /* replies of residents are pushed here (Kannel: a get-url with %p %P %a %t) */
	uint32_t ack_ms; /* taken → receipt of type 8; 0: 20 */
	uint32_t delivery_ms; /* taken → final receipt; 0: 200 */
	/*
	 * At most `limit` units in any window of `limit_ms`; more is a violation. 0: none (robots: 20 in a minute).
	 */
	uint32_t limit, limit_ms;
	bool enforce; /* over the limit the peer also answers its throttle code (robots always do) */
	bool own_port; /* gateways and robots: a port of their own, so that faults of the door are theirs alone */
	uint16_t port; /* signs and those with a port of their own; 0: a free one */
	/* signs */
	uint16_t width, height; /* 0: 128 × 32 */
	uint8_t device; /* BX-K device type; 0: 0x61 (6K1) */
	const char *program; /* what the owner's own programme shows; NULL: 欢迎光临 */
};

/*
 * Opens the ports and is ready at once. NULL with errno when an address or port is refused. `loop` must
 * outlive it.
 */
struct world *world_new(struct loop *loop, const struct world_options *options);

/* Begins to close everything; `closed` is called on a later turn, after which the world is gone. */
void world_close(struct world *world, void (*closed)(void *arg), void *arg);

/* Closes and turns the loop until it is gone. Not from inside a callback of the loop. *world may be NULL. */
void world_free(struct world **world);

uint16_t world_http_port(const struct world *world);
uint16_t world_page_port(const struct world *world);

/* Adds a peer; NULL with errno when a sign's port is refused, or EEXIST for a name that is taken. */
struct world_peer *world_peer_add(struct world *world, const struct world_peer_options *options);
struct world_peer *world_peer_find(struct world *world, const char *name);

/* Peers in the order they were added; NULL past the end. */
struct world_peer *world_peer_at(struct world *world, size_t index);
const char *world_peer_name(const struct world_peer *peer);
enum world_kind world_peer_kind(const struct world_peer *peer);
const char *world_kind_name(enum world_kind kind);

/*
 * What a channel is configured with: "http://127.0.0.1:41234/cgi-bin/sendsms", for a sign "127.0.0.1:41235".
 */
const char *world_peer_url(const struct world_peer *peer);
uint16_t world_peer_port(const struct world_peer *peer);

/*
 * Forgets every count, text, receipt under way, violation and history. Peers, faults and what signs show
 * stay.
 */
void world_reset(struct world *world);

/* ---- faults: see world/fault.h for what each does ---- */

/*
 * Switches a fault on for the next `next` requests (WORLD_ALWAYS: until switched off) or with a chance of
 * `permille`, drawn from the seed. For faults that are amounts (latency …) `next` is the amount; those of the door are
 * on while it is not 0. Both 0: off.
 */
#define WORLD_ALWAYS UINT32_MAX
void world_fault_set(struct world_peer *peer, enum world_fault fault, uint32_t next, uint32_t permille);
void world_fault_clear(struct world_peer *peer);

/* Whether this kind of peer can have this fault at all; and whether this peer has a door of its own for those of doors. */
bool world_fault_suits(enum world_fault fault, enum world_kind kind);
bool world_peer_has_door(const struct world_peer *peer);

/* Takes a sign's mains away (connections end, none is accepted, RAM areas are lost) or gives it back. */
void world_sign_mains(struct world_peer *sign, bool on);

/* A resident answers: pushed to the peer's reply_url, or kept to be pulled from 云MAS. */
void world_reply(struct world_peer *peer, uint64_t phone, const char *text);

/* ---- counts ---- */

struct world_totals {
	uint64_t requests; /* requests or frames that came, whole and well formed or not */
	uint64_t malformed; /* that no real peer would have understood */
	uint64_t strangers; /* wrong user, password, mac or key */
	uint64_t throttled; /* answered with the throttle code */
	uint64_t faulted; /* on which a fault was played */
	uint64_t units; /* as the limit counts them: parts × recipients; messages; frames; taken or not */
	uint64_t taken; /* recipients (SMS), messages (robots), area updates (signs): the truth */
	uint64_t parts; /* billed: parts × recipients, of what was taken */
	uint64_t answered_ok; /* the same as its answers claimed them, of those that left whole */
	uint64_t receipts_due; /* receipts that belong to what was taken, by the mask asked for */
	uint64_t receipts_sent; /* handed over and answered with 2xx, or pulled */
	uint64_t receipts_lost; /* given up after several tries, or dropped by a fault */
	uint64_t delivered, undelivered; /* taken recipients by their final fate */
	uint64_t violations;
};

/* Of one peer, or of all where `peer` is NULL. */
void world_totals(const struct world *world, const struct world_peer *peer, struct world_totals *totals);

/*
 * Texts that reached a phone, and those of exactly this text. Times are wall milliseconds to 10 ms, 0: never.
 */
uint32_t world_phone_count(const struct world *world, uint64_t phone);
uint32_t world_phone_count_text(const struct world *world, uint64_t phone, const char *text);
int64_t world_phone_first_ms(const struct world *world, uint64_t phone);
int64_t world_phone_last_ms(const struct world *world, uint64_t phone);

/* How phones were reached by texts that contain `marker` (NULL: by any text). */
struct world_reach {
	uint64_t phones; /* at least once */
	uint64_t once;
	uint64_t more; /* more than once */
	uint64_t texts; /* in all */
	uint32_t most; /* by one phone */
};
void world_reached(const struct world *world, const char *marker, struct world_reach *reach);

/* Calls `each` for every phone reached, in no order, until it returns false. */
void world_phones(const struct world *world, bool (*each)(void *arg, uint64_t phone, uint32_t count), void *arg);

/*
 * Different texts seen by phones; text by index in order of first arrival (NULL past the end) and how many
 * got it.
 */
size_t world_texts(const struct world *world);
const char *world_text(const struct world *world, size_t index, uint64_t *recipients, uint32_t *parts);

/*
 * Messages a robot's group saw: all are counted, the last 1000 kept; index 0 is the oldest kept, NULL past
 * the end.
 */
struct world_message {
	int64_t wall_ms;
	uint64_t mono_ms;
	const char *type; /* "text", "markdown", "markdown_v2" */
	const char *text;
	const char *mentions; /* "@all 13800000001 zhang", "" none; <@userid> in the text included */
};
const struct world_message *world_message(const struct world_peer *robot, size_t index);

/* ---- limits ---- */

/* The most units that came in any window of this length, and in any one request. */
uint64_t world_most_in(const struct world_peer *peer, uint32_t window_ms);
uint32_t world_largest_request(const struct world_peer *peer);

/*
 * Breaches of what a peer permits (its limit, sizes, batch), oldest first; NULL past the end. The first 1000
 * are kept.
 */
const char *world_violation(const struct world *world, size_t index);

/* ---- signs ---- */

/* What passers-by see now: "" when dark, else the visible texts joined by " | ". */
const char *world_sign_showing(const struct world_peer *sign);
bool world_sign_lit(const struct world_peer *sign);

/* Dynamic areas in RAM now, and brightness 0–15. */
unsigned int world_sign_areas(const struct world_peer *sign);
unsigned int world_sign_brightness(const struct world_peer *sign);

/* Every change of what was seen; index 0 is the oldest of the last 10 000 kept, NULL past the end. */
struct world_shown {
	int64_t wall_ms;
	uint64_t mono_ms;
	const char *text; /* as world_sign_showing() */
};
const struct world_shown *world_shown(const struct world_peer *sign, size_t index);

/*
 * The longest stretch between two monotonic times in which nothing visible contained `marker` (NULL: the sign
 * was dark or showed only its owner's programme).
 */
uint64_t world_sign_gap_ms(const struct world_peer *sign, const char *marker, uint64_t from_ms, uint64_t until_ms);

/* Everything as one JSON object: totals per peer, reach, violations. */
void world_report(const struct world *world, struct buf *out);

#endif
