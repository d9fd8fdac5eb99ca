#include "channel/sign.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

#define POLL_MS  20000
#define LEASE_MS 90000

void sign_init(struct sign *sign, uint32_t poll_ms, uint32_t lease_ms)
{
	*sign = (struct sign){
		.poll_ms = poll_ms > 0 ? poll_ms : POLL_MS,
		.lease_ms = lease_ms > 0 ? lease_ms : LEASE_MS,
	};
	board_init(&sign->board, SIZE_MAX, 0, 0);
}

void sign_fini(struct sign *sign)
{
	board_fini(&sign->board);
	free(sign->told_text);
	sign->told_text = NULL;
}

/* The next whole multiple of a period: the same moment for all signs of the process. */
static uint64_t next_tick(uint64_t now_ms, uint64_t period_ms)
{
	return (now_ms / period_ms + 1) * period_ms;
}

static uint64_t renewal(const struct sign *sign)
{
	return sign->lease_ms >= 3 ? sign->lease_ms / 3 : 1;
}

static bool is_told(const struct sign *sign, const struct board_face *face)
{
	/* The same words again for another batch must be acknowledged for that batch too. */
	for (size_t i = 0; i < sign->board.alert_count; i++)
		if ((face->alerts >> i & 1) != 0 && !sign->board.alerts[i].told)
			return false;
	return !sign->stale && sign->told_text != NULL && sign->told_mode == face->mode &&
		strcmp(sign->told_text, face->text) == 0;
}

static uint64_t wait_for(const struct sign *sign, const struct board_face *face, struct sign_now now)
{
	uint64_t due = sign->poll_due_ms;

	if (face->mode == BOARD_TAKEOVER && sign->renew_ms < due)
		due = sign->renew_ms;
	uint64_t wait = due > now.mono_ms ? due - now.mono_ms : 1;
	if (face->holds_until_ms == INT64_MAX)
		return wait;
	uint64_t holds = face->holds_until_ms > now.wall_ms ? (uint64_t)(face->holds_until_ms - now.wall_ms) : 1;
	return holds < wait ? holds : wait;
}

enum sign_step sign_next(struct sign *sign, struct sign_now now, struct board_face *face, uint64_t *wait_ms)
{
	*wait_ms = UINT64_MAX;
	board_expire(&sign->board, now.wall_ms);
	board_face(&sign->board, now.wall_ms, face);
	if (!sign->known)
		return SIGN_LOOK;
	if (face->mode == BOARD_NOTHING)
		return sign->maybe ? SIGN_ERASE : SIGN_WAIT;
	if (!is_told(sign, face))
		return SIGN_WRITE;
	if (face->mode == BOARD_TAKEOVER && now.mono_ms >= sign->renew_ms)
		return SIGN_WRITE;
	if (sign->look_soon || now.mono_ms >= sign->poll_due_ms)
		return SIGN_LOOK;
	*wait_ms = wait_for(sign, face, now);
	return SIGN_WAIT;
}

uint16_t sign_lease_s(const struct sign *sign, const struct board_face *face, int64_t wall_ms)
{
	int64_t rest = face->takeover_end_ms - wall_ms;
	int64_t lease = rest < (int64_t)sign->lease_ms ? rest : (int64_t)sign->lease_ms;

	lease = (lease + 999) / 1000;
	return lease < 1 ? 1 : lease > UINT16_MAX ? UINT16_MAX : (uint16_t)lease;
}

void sign_sending(struct sign *sign, const struct board_face *face)
{
	if (face->mode != BOARD_NOTHING)
		sign->maybe = true;
	for (size_t i = 0; i < sign->board.alert_count; i++)
		sign->board.alerts[i].sending = (face->alerts >> i & 1) != 0;
}

/* It shows now what it should. Returns the time that it did not. */
static uint64_t confirm(struct sign *sign, struct sign_now now)
{
	uint64_t gap = 0;

	if (sign->off)
		return 0;
	if (!sign->lit && !sign->was_off && sign->seen.mono_ms > 0)
		gap = now.mono_ms - sign->seen.mono_ms;
	if (gap > sign->longest_gap_ms)
		sign->longest_gap_ms = gap;
	sign->lit = true;
	sign->was_off = false;
	sign->seen = now;
	return gap;
}

static void forget_told(struct sign *sign)
{
	free(sign->told_text);
	sign->told_text = NULL;
	sign->told_mode = BOARD_NOTHING;
	sign->lit = false;
	for (size_t i = 0; i < sign->board.alert_count; i++)
		sign->board.alerts[i].told = false;
}

uint64_t sign_told(struct sign *sign, const struct board_face *face, struct sign_now now)
{
	bool same = face->mode != BOARD_NOTHING && sign->told_text != NULL && sign->told_mode == face->mode &&
		strcmp(sign->told_text, face->text) == 0;

	sign->stale = false;
	if (face->mode == BOARD_NOTHING) {
		forget_told(sign);
		sign->maybe = false;
		sign->seen = (struct sign_now){0, 0};
		return 0;
	}
	uint64_t gap = confirm(sign, now);
	sign->renew_ms = next_tick(now.mono_ms, renewal(sign));
	for (size_t i = 0; i < sign->board.alert_count; i++) {
		struct board_alert *alert = &sign->board.alerts[i];
		alert->told = alert->sending;
		alert->sending = false;
		/* The receipt should not wait for the next poll, unless the sign is one that forgets. */
		if (alert->told && !alert->shown && sign->misses == 0)
			sign->look_soon = true;
	}
	if (same)
		return gap;
	free(sign->told_text);
	sign->told_text = mem_strdup(face->text);
	sign->told_mode = face->mode;
	sign->since = now;
	return gap;
}

unsigned int sign_seen(struct sign *sign, bool present, struct sign_now now, struct batch_name shown[BOARD_ALERTS_MOST],
	uint64_t *gap_ms)
{
	unsigned int count = 0;

	*gap_ms = 0;
	sign->known = true;
	sign->look_soon = false;
	sign->poll_due_ms = next_tick(now.mono_ms, sign->poll_ms);
	if (!present) {
		if (sign->told_text != NULL)
			sign->misses++;
		forget_told(sign);
		sign->maybe = false;
		return 0;
	}
	sign->maybe = true;
	if (sign->told_text == NULL)
		return 0; /* somebody else's, or from before a restart */
	sign->misses = 0;
	*gap_ms = confirm(sign, now);
	for (size_t i = 0; i < sign->board.alert_count && !sign->stale && !sign->off; i++) {
		struct board_alert *alert = &sign->board.alerts[i];
		if (!alert->told || alert->shown)
			continue;
		alert->shown = true;
		shown[count++] = alert->batch;
	}
	return count;
}

bool sign_switched(struct sign *sign, bool off)
{
	bool changed = sign->off != off;

	sign->off = off;
	if (off) {
		sign->lit = false;
		sign->was_off = true;
	}
	return changed;
}

void sign_lost(struct sign *sign)
{
	sign->known = false;
	sign->stale = sign->told_text != NULL;
	sign->look_soon = false;
	for (size_t i = 0; i < sign->board.alert_count; i++)
		sign->board.alerts[i].sending = false;
}

bool sign_wants(const struct sign *sign, int64_t wall_ms)
{
	struct board_face face;

	board_face(&sign->board, wall_ms, &face);
	bool wants = face.mode != BOARD_NOTHING || sign->maybe;
	board_face_fini(&face);
	return wants;
}

/* What it was told, and what we know of whether people see it. */
static const char *doubt_of(const struct sign *sign)
{
	if (sign->known && sign->off)
		return " off=yes";
	return sign->known && sign->lit ? "" : " away=yes";
}

void sign_text(const struct sign *sign, const char *basis, struct buf *out)
{
	char since[16], seen[16] = "never";

	if (sign->told_text == NULL) {
		buf_printf(out, "mode=nothing longest_gap=%" PRIu64 "s", sign->longest_gap_ms / 1000);
		return;
	}
	if (sign->seen.mono_ms > 0)
		clock_short(sign->seen.wall_ms, seen);
	buf_printf(out, "mode=%s since=\"%s\" confirmed=\"%s\"%s basis=%s longest_gap=%" PRIu64 "s text=\"%s\"",
		board_mode_name(sign->told_mode), clock_short(sign->since.wall_ms, since), seen, doubt_of(sign), basis,
		sign->longest_gap_ms / 1000, sign->told_text);
}
