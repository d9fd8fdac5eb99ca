#include "channel/onbon_strip.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "channel/onbon_card.h"
#include "channel/onbon_link.h"
#include "channel/onbon_texts.h"
#include "channel/sign.h"
#include "channel/sign_pending.h"

#define REPLY_MS       3000
#define SPACING_MS     1000 /* between two area updates */
#define UNFIT_PAUSE_MS 60000 /* before a card that cannot carry our strip is asked again */
#define CLOCK_EVERY_MS 3600000
#define MS_PER_PIXEL   25 /* until somebody has measured it */

struct onbon_strip {
	struct channel *channel;
	const struct onbon_options *options;
	struct onbon_link *link;
	struct onbon_card card;
	struct sign sign;
	struct sign_pending pending;
	struct board_face face; /* in the request under way */
	enum onbon_command doing; /* 0: nothing is under way */
	enum { NEVER_MET, WELL, UNWELL } health;
	bool spoken;
	unsigned int nacks; /* in a row */
	uint64_t write_after_ms, connect_after_ms, clock_after_ms;
	bool clock_due;
	struct timer wake, deadline;
	void (*released)(struct channel *channel);
};

static void pump(struct onbon_strip *strip);

static struct sign_now now_both(void)
{
	return (struct sign_now){clock_wall_ms(), clock_mono_ms()};
}

static void note(struct onbon_strip *strip, bool well, const char *words)
{
	if (strip->health != (well ? WELL : UNWELL))
		channel_noted(strip->channel, well, words);
	strip->health = well ? WELL : UNWELL;
}

static void note_gap(struct onbon_strip *strip, uint64_t gap_ms)
{
	char words[80];

	if (gap_ms == 0)
		return;
	snprintf(words, sizeof(words), "was without our text for up to %" PRIu64 " s", (gap_ms + 999) / 1000);
	log_event(LOG_WARNING, "sign-gap", "channel=%s gap_ms=%" PRIu64, strip->channel->config->name, gap_ms);
	channel_noted(strip->channel, true, words);
}

/* Sends a request whose data field is in *data, which is then freed. */
static void ask(struct onbon_strip *strip, enum onbon_command what, struct onbon_head head, struct buf *data)
{
	strip->doing = what;
	onbon_link_ask(strip->link, head, data);
	buf_fini(data);
}

static void ask_plain(struct onbon_strip *strip, enum onbon_command what)
{
	struct buf data;

	buf_init(&data, 64);
	onbon_request_add(&data, what);
	ask(strip, what, (struct onbon_head){0, ONBON_DEVICE_ANY}, &data);
}

static void set_clock(struct onbon_strip *strip)
{
	time_t now = (time_t)(clock_wall_ms() / 1000);
	struct buf data;
	struct tm local;

	strip->clock_due = false;
	strip->clock_after_ms = clock_mono_ms() + CLOCK_EVERY_MS;
	localtime_r(&now, &local);
	buf_init(&data, 64);
	onbon_clock_add(&data, &local);
	ask(strip, ONBON_CLOCK, (struct onbon_head){0, ONBON_DEVICE_ANY}, &data);
}

/* Writes or erases, when the card's pause between area updates is over. */
static void write_face(struct onbon_strip *strip, struct board_face *face, struct sign_now now)
{
	struct onbon_head head;
	struct buf data;

	if (now.mono_ms < strip->write_after_ms) {
		timer_arm(&strip->wake, strip->write_after_ms - now.mono_ms);
		board_face_fini(face);
		return;
	}
	bool speak = face->mode == BOARD_TAKEOVER && !strip->spoken;
	buf_init(&data, ONBON_FRAME_MOST);
	if (!onbon_card_face_add(&data, &head, &strip->card, face, sign_lease_s(&strip->sign, face, now.wall_ms),
		    speak)) {
		/* A remembered text, and another card in its place. */
		struct outcome outcome = outcome_make(CLASS_PERM_MSG, 0, "the sign cannot show the texts that it has");
		buf_fini(&data);
		board_face_fini(face);
		note(strip, false, outcome.peer);
		sign_pending_settle(&strip->pending, false, &outcome);
		strip->write_after_ms = now.mono_ms + strip->sign.poll_ms;
		timer_arm(&strip->wake, strip->sign.poll_ms);
		return;
	}
	sign_pending_carry(&strip->pending);
	strip->spoken = face->mode == BOARD_TAKEOVER;
	strip->write_after_ms = now.mono_ms + SPACING_MS;
	strip->face = *face;
	sign_sending(&strip->sign, face);
	ask(strip, ONBON_AREAS, head, &data);
}

static void step(struct onbon_strip *strip)
{
	struct outcome unchanged = outcome_make(CLASS_OK, 0, "nothing to change now");
	struct sign_now now = now_both();
	struct board_face face;
	uint64_t wait_ms;

	switch (sign_next(&strip->sign, now, &face, &wait_ms)) {
	case SIGN_LOOK:
		ask_plain(strip, ONBON_STATUS);
		break;
	case SIGN_WRITE:
	case SIGN_ERASE:
		write_face(strip, &face, now);
		return;
	case SIGN_WAIT:
		/*
		 * What was handed over changes nothing now: the sign is taken over by another alert, or the
		 * same text again.
		 */
		sign_pending_settle(&strip->pending, false, &unchanged);
		if (wait_ms != UINT64_MAX)
			timer_arm(&strip->wake, wait_ms);
		else
			onbon_link_rest(strip->link);
		break;
	}
	board_face_fini(&face);
}

/* A link is wanted while something should show; a card that does not fit is left alone for a while. */
static void reach(struct onbon_strip *strip)
{
	uint64_t now = clock_mono_ms();
	bool asked = !sign_pending_empty(&strip->pending);

	if (!asked && !sign_wants(&strip->sign, clock_wall_ms())) {
		onbon_link_rest(strip->link);
		return;
	}
	if (!asked && now < strip->connect_after_ms) {
		timer_arm(&strip->wake, strip->connect_after_ms - now);
		return;
	}
	onbon_link_want(strip->link, asked);
}

/* Does the one next thing, whatever has just happened. */
static void pump(struct onbon_strip *strip)
{
	enum onbon_command question;

	timer_disarm(&strip->wake);
	if (strip->channel->closing && sign_pending_empty(&strip->pending)) {
		onbon_link_close(strip->link);
		return;
	}
	if (!onbon_link_is_up(strip->link)) {
		reach(strip);
		return;
	}
	if (!onbon_link_free(strip->link))
		return;
	if (onbon_card_question(&strip->card, &question)) {
		ask_plain(strip, question);
		return;
	}
	sign_pending_check(&strip->pending, onbon_texts_fit, &strip->card);
	if (strip->clock_due)
		set_clock(strip);
	else
		step(strip);
}

static void on_wake(void *arg)
{
	pump(arg);
}

static void on_up(void *arg)
{
	struct onbon_strip *strip = arg;

	onbon_card_begin(&strip->card);
	pump(strip);
}

static void on_down(void *arg, const char *words)
{
	struct onbon_strip *strip = arg;
	struct outcome outcome = outcome_make(CLASS_RETRY, 0, "%s", words);

	strip->doing = 0;
	board_face_fini(&strip->face);
	sign_lost(&strip->sign);
	note(strip, false, words);
	sign_pending_settle(&strip->pending, false, &outcome);
	pump(strip);
}

/* The card is there and is not what the configuration says. */
static void unfit(struct onbon_strip *strip, const char *words)
{
	struct outcome outcome = outcome_make(CLASS_PERM_CHANNEL, 0, "the sign %s", words);

	strip->connect_after_ms = clock_mono_ms() + UNFIT_PAUSE_MS;
	sign_lost(&strip->sign);
	note(strip, false, outcome.peer);
	sign_pending_settle(&strip->pending, false, &outcome);
	onbon_link_rest(strip->link);
}

static void take_answer(struct onbon_strip *strip, const struct onbon_reply *reply)
{
	char words[96];
	const char *error;

	if (reply->command == ONBON_NACK && onbon_error_class(reply->error, &error) == CLASS_RETRY) {
		onbon_link_drop(strip->link, error);
		return;
	}
	if (!onbon_card_answer(&strip->card, reply, words, sizeof(words)))
		unfit(strip, words);
}

static void take_status(struct onbon_strip *strip, const struct onbon_reply *reply)
{
	struct batch_name shown[BOARD_ALERTS_MOST];
	struct receipt receipts[BOARD_ALERTS_MOST];
	struct onbon_status status;
	uint64_t gap_ms;

	if (!onbon_status_read(reply, strip->card.device == 0x51, &status)) {
		onbon_link_drop(strip->link, "a status that cannot be read");
		return;
	}
	bool switched = sign_switched(&strip->sign, status.off);
	bool present = onbon_status_has(&status, (uint8_t)strip->options->area_id);
	unsigned int count = sign_seen(&strip->sign, present, now_both(), shown, &gap_ms);
	for (unsigned int i = 0; i < count; i++)
		receipts[i] = (struct receipt){.batch = shown[i], .kind = RECEIPT_SHOWN, .at_ms = clock_wall_ms()};
	channel_receipts(strip->channel, receipts, count);
	note_gap(strip, gap_ms);
	if (onbon_status_clock_off(&status, clock_wall_ms()) && clock_mono_ms() >= strip->clock_after_ms)
		strip->clock_due = true;
	note(strip, true, "answers");
	if (switched)
		channel_noted(strip->channel, true, status.off ? "is switched off" : "is switched on again");
}

static void take_nack(struct onbon_strip *strip, uint8_t error)
{
	const char *words;
	enum outcome_class class = onbon_error_class(error, &words);
	struct outcome outcome = outcome_make(class == CLASS_OK ? CLASS_RETRY : class, 0, "error %u: %s", error, words);
	uint64_t pause = SPACING_MS;

	for (unsigned int i = 0; i < strip->nacks && pause < strip->sign.poll_ms; i++)
		pause *= 2;
	strip->nacks++;
	strip->spoken = false;
	strip->write_after_ms = clock_mono_ms() + pause;
	note(strip, false, outcome.peer);
	sign_pending_settle(&strip->pending, true, &outcome);
}

static void take_update(struct onbon_strip *strip, const struct onbon_reply *reply)
{
	struct outcome outcome = outcome_make(CLASS_OK, 0, "acknowledged");

	if (reply->command == ONBON_ACK) {
		strip->nacks = 0;
		note_gap(strip, sign_told(&strip->sign, &strip->face, now_both()));
		note(strip, true, "takes texts");
		sign_pending_settle(&strip->pending, true, &outcome);
	} else {
		take_nack(strip, reply->error);
	}
	board_face_fini(&strip->face);
}

static void on_reply(void *arg, const struct onbon_reply *reply)
{
	struct onbon_strip *strip = arg;
	enum onbon_command done = strip->doing;

	strip->doing = 0;
	if (done == ONBON_STATUS)
		take_status(strip, reply);
	else if (done == ONBON_AREAS)
		take_update(strip, reply);
	else if (done != ONBON_CLOCK)
		take_answer(strip, reply);
	pump(strip);
}

static void on_link_closed(void *arg)
{
	struct onbon_strip *strip = arg;
	struct channel *channel = strip->channel;
	void (*released)(struct channel *) = strip->released;

	timer_disarm(&strip->wake);
	timer_disarm(&strip->deadline);
	board_face_fini(&strip->face);
	sign_fini(&strip->sign);
	free(strip);
	released(channel);
}

static void on_deadline(void *arg)
{
	struct onbon_strip *strip = arg;
	struct outcome doubt = outcome_make(CLASS_AMBIGUOUS, 0, "closed before the sign answered");
	struct outcome later = outcome_make(CLASS_RETRY, 0, "closed before it left");

	sign_pending_settle(&strip->pending, true, &doubt);
	sign_pending_settle(&strip->pending, false, &later);
	pump(strip);
}

static uint32_t patience(int64_t ms, uint32_t otherwise)
{
	return ms > 0 && ms < otherwise ? (uint32_t)ms : otherwise;
}

struct onbon_strip *onbon_strip_new(struct channel *channel, const struct onbon_options *options,
	void (*released)(struct channel *channel))
{
	static const struct onbon_link_events events = {
		.up = on_up,
		.down = on_down,
		.reply = on_reply,
		.closed = on_link_closed,
	};
	const struct channel_config *config = channel->config;
	struct onbon_strip *strip = mem_zalloc(sizeof(*strip));
	uint32_t pixel_ms = options->ms_per_pixel > 0 ? (uint32_t)options->ms_per_pixel : MS_PER_PIXEL;

	strip->channel = channel;
	strip->options = options;
	strip->released = released;
	sign_pending_init(&strip->pending, channel, &strip->sign.board);
	sign_init(&strip->sign, channel->host->sign_poll_ms, channel->host->sign_lease_ms);
	strip->sign.board.room = onbon_card_room(options);
	strip->sign.board.pass_base_ms = (uint32_t)options->width * pixel_ms;
	strip->sign.board.pass_byte_ms = onbon_font_height(options) / 2 * pixel_ms;
	onbon_card_init(&strip->card, options);
	timer_init(&strip->wake, channel->loop, on_wake, strip);
	timer_init(&strip->deadline, channel->loop, on_deadline, strip);
	strip->link = onbon_link_new(channel->loop, options->address, patience(config->connect_timeout_ms, REPLY_MS),
		patience(config->timeout_ms, REPLY_MS), &events, strip);
	return strip;
}

void onbon_strip_take(struct onbon_strip *strip, const struct batch *batch)
{
	struct outcome outcome = onbon_texts_take(&strip->sign.board, &strip->card, batch);

	if (outcome.class != CLASS_OK) {
		channel_settle(strip->channel, batch, &outcome);
		return;
	}
	sign_pending_add(&strip->pending, batch, strip->card.met);
	pump(strip);
}

void onbon_strip_close(struct onbon_strip *strip, uint64_t deadline_ms)
{
	uint64_t now = clock_mono_ms();

	timer_arm(&strip->deadline, deadline_ms > now ? deadline_ms - now : 1);
	pump(strip);
}

void onbon_strip_text(const struct onbon_strip *strip, struct buf *out)
{
	sign_text(&strip->sign, strip->options->ms_per_pixel > 0 ? "acked" : "estimated", out);
}
