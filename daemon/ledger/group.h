#ifndef LEDGER_GROUP_H
#define LEDGER_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ledger/append.h"
#include "ledger/pack.h"

/*
 * Records that are committed together, in the order they were appended, with whom to tell afterwards. Filled on the
 * loop, then read, by the job, as often as it takes. All copies lie in the group's own memory and go with it.
 */
enum record_kind {
	RECORD_ACCEPT,
	RECORD_MARK,
	RECORD_INTENT,
	RECORD_OUTCOME,
	RECORD_RELEASE,
	RECORD_RESOLVE,
	RECORD_RECEIPT,
	RECORD_END,
	RECORD_CLOSE,
	RECORD_CHANNEL,
	RECORD_SWITCH,
	RECORD_EVENT,
	RECORD_PRUNE,
	RECORD_COUNT,
};

/* "accept", "mark" …: the steps of ledger_set_step_hook. */
const char *record_name(enum record_kind kind);

struct packed {
	const void *bytes; /* NULL: empty */
	size_t size;
};

struct record_accept {
	struct ledger_acceptance content;
	char *supersedes; /* ids, a line each */
	struct record_accept *before; /* the acceptance before this one in the group */
};

struct record_receipts {
	uint32_t alert;
	struct pack_receipts block;
};

struct record_close {
	uint32_t alert;
	int64_t at_ms;
	uint16_t lane_count;
	const char **counts; /* by lane: JSON */
	struct packed *states;
};

struct record {
	struct record *next;
	enum record_kind kind;
	union {
		struct record_accept *accept;
		struct {
			uint32_t alert;
			enum ledger_fate fate;
			int64_t at_ms;
		} mark;
		struct {
			struct ledger_intent content; /* without lists */
			struct packed excluded;
		} intent;
		struct {
			struct ledger_outcome content;
			struct packed refused;
		} outcome;
		struct {
			uint32_t alert;
			uint16_t lane;
		} release;
		struct {
			struct batch_name name;
			enum ledger_resolution resolution;
			int64_t at_ms;
			const char *who;
			struct packed positions;
		} resolve;
		struct record_receipts *receipts;
		struct ledger_end end;
		struct record_close close;
		struct ledger_channel channel;
		struct {
			bool stopped;
			const char *by;
			int64_t at_ms;
		} red_switch;
		struct ledger_event event;
		struct {
			int64_t before_ms, now_ms;
			bool more; /* set by the job: there is more to drop */
			ledger_durable *durable; /* told after the last step */
			void *arg;
		} prune;
	} as;
};

/* Where a lane's channel stood after the last of its intents. */
struct group_tat {
	uint32_t alert;
	uint16_t lane;
	int64_t tat_ms;
	uint64_t order;
};

struct group_waiter {
	ledger_durable *durable;
	void *arg;
};

struct group_chunk;

struct group {
	struct group *next;
	struct record *first, **last;
	struct record_accept *accepts; /* the newest acceptance */
	struct record_receipts *blocks[16]; /* those being filled, by the alert's number */
	size_t bytes, records;
	uint32_t kinds; /* bits by enum record_kind */
	uint64_t receipt_count;
	uint64_t oldest_us; /* monotonic, of the first record */
	struct group_waiter *waiters;
	size_t waiter_count, waiter_room;
	struct group_tat *tats;
	size_t tat_count, tat_room;
	uint64_t tat_order;
	uint32_t tat_seen[256]; /* place in `tats` plus 1, by a hash of the lane */
	struct group_chunk *chunks;
};

struct group *group_new(void);
void group_free(struct group **group);

/* A new record at the end, zeroed. */
struct record *group_add(struct group *group, enum record_kind kind);

/* Copies that live as long as the group. NULL gives NULL. */
char *group_text(struct group *group, const char *text);
void *group_copy(struct group *group, const void *bytes, size_t size);

/* `size` bytes of the group's memory, zeroed, aligned for anything. */
void *group_alloc(struct group *group, size_t size);

void group_wait(struct group *group, ledger_durable *durable, void *arg);
void group_note_tat(struct group *group, struct batch_name name, int64_t tat_ms);

/* Puts the notes in the order in which they were made last. */
void group_sort_tats(struct group *group);

/* Large enough: the next record begins another group, so that one commit does not keep the next waiting. */
bool group_full(const struct group *group);

#endif
