#include "world/sign.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "loop/sock.h"

#define LINES_MOST 8
#define DRIP_MS    1000u
#define LEAD_IN    8u
#define HUGE_SIZE  (256u << 10)

/* An answer on its way: a slow card answers late, in order. */
enum ending {
	GOES_ON,
	HANGS_UP, /* afterwards */
	DRIPS, /* a byte a second */
};

struct answer {
	struct link on_list;
	struct line *line;
	struct timer later;
	char *bytes;
	size_t size, sent;
	enum ending ending;
};

/* One connection. */
struct line {
	struct link on_list;
	struct world_sign *sign;
	struct sock *sock;
	struct world_frame_reader reader;
	struct list answers;
	uint64_t latest_ms; /* no answer overtakes the one before */
	bool ended;
};

struct world_sign {
	struct world_peer *peer;
	struct world_card card;
	struct sock_server *server;
	uint16_t port;
	struct list lines;
	unsigned int open; /* lines and servers that are still closing or open */
	bool closing;
	bool shut; /* the network does not reach it */
	struct deferred gone;
	void (*closed)(void *arg);
	void *closed_arg;
};

static void be_gone(void *arg)
{
	struct world_sign *sign = arg;
	void (*closed)(void *) = sign->closed;
	void *closed_arg = sign->closed_arg;

	world_card_fini(&sign->card);
	free(sign);
	closed(closed_arg);
}

static void let_go(struct world_sign *sign)
{
	sign->open--;
	if (sign->closing && sign->open == 0)
		loop_defer(sign->peer->world->loop, &sign->gone, be_gone, sign);
}

/* ---- answers ---- */

static void free_answer(struct answer *answer)
{
	list_remove(&answer->on_list);
	timer_disarm(&answer->later);
	free(answer->bytes);
	free(answer);
}

static void end_line(struct line *line, bool drain)
{
	struct link *at;

	if (line->ended)
		return;
	line->ended = true;
	while ((at = list_first(&line->answers)) != NULL)
		free_answer(list_object(at, struct answer, on_list));
	sock_close(line->sock, drain);
}

static void send_answer(void *arg)
{
	struct answer *answer = arg;
	struct line *line = answer->line;
	enum ending ending = answer->ending;

	if (ending == DRIPS && answer->sent + 1 < answer->size) {
		sock_send(line->sock, answer->bytes + answer->sent++, 1);
		timer_arm(&answer->later, DRIP_MS);
		return;
	}
	sock_send(line->sock, answer->bytes + answer->sent, answer->size - answer->sent);
	free_answer(answer);
	if (ending == HANGS_UP)
		end_line(line, true);
}

static void queue_answer(struct line *line, struct buf *bytes, enum ending ending)
{
	struct answer *answer = mem_zalloc(sizeof(*answer));
	uint32_t delay = world_chance_latency(&line->sign->peer->chance);

	answer->line = line;
	answer->size = bytes->size;
	answer->bytes = buf_take(bytes);
	answer->ending = ending;
	timer_init(&answer->later, line->sign->peer->world->loop, send_answer, answer);
	bool waits = !list_empty(&line->answers);
	list_push_back(&line->answers, &answer->on_list);
	if (delay == 0 && !waits) {
		send_answer(answer);
		return;
	}
	/* Timers that are due together fire in the order in which they were armed. */
	uint64_t due = clock_mono_ms() + (delay == 0 ? 1 : delay);
	line->latest_ms = due > line->latest_ms ? due : line->latest_ms + 1;
	timer_arm(&answer->later, line->latest_ms - clock_mono_ms());
}

static enum ending ending_of(enum world_fault fault)
{
	switch (fault) {
	case WORLD_FAULT_CUT:
	case WORLD_FAULT_RESET_MIDDLE:
	case WORLD_FAULT_HEADERS_ONLY:
	case WORLD_FAULT_HANG_UP:
		return HANGS_UP;
	case WORLD_FAULT_DRIP:
		return DRIPS;
	default:
		return GOES_ON;
	}
}

/* Writes the answer as the fault wants it. */
static void say(struct line *line, const struct world_frame *frame, enum world_fault fault,
	const struct world_card_reply *reply)
{
	struct buf out;

	buf_init(&out, 1u << 20);
	world_frame_write(&out, frame, reply->data, reply->size, fault == WORLD_FAULT_GARBAGE);
	switch (fault) {
	case WORLD_FAULT_CUT:
	case WORLD_FAULT_RESET_MIDDLE:
	case WORLD_FAULT_STALL:
		out.size /= 2;
		break;
	case WORLD_FAULT_HEADERS_ONLY:
		out.size = out.size < LEAD_IN ? out.size : LEAD_IN;
		break;
	case WORLD_FAULT_HUGE:
		out.size /= 2;
		for (unsigned int i = 0; i < HUGE_SIZE; i++)
			buf_add_byte(&out, '1');
		break;
	case WORLD_FAULT_TOO_LONG:
		world_frame_write(&out, frame, reply->data, reply->size, false);
		buf_add_text(&out, "\xa5\xa5stray");
		break;
	default:
		break;
	}
	queue_answer(line, &out, ending_of(fault));
	buf_fini(&out);
}

static uint8_t refusal_of(enum world_fault fault)
{
	switch (fault) {
	case WORLD_FAULT_THROTTLE:
		return 3;
	case WORLD_FAULT_ERROR:
	case WORLD_FAULT_ERROR_TAKEN:
		return 7;
	case WORLD_FAULT_LIE_ERROR:
		return 12;
	case WORLD_FAULT_AUTH:
		return 13;
	case WORLD_FAULT_UNKNOWN_CODE:
		return 200;
	default:
		return 0;
	}
}

/* A whole answer that says that it was done leaves, in time or not. */
static bool says_done(enum world_fault fault)
{
	return fault == WORLD_FAULTS || fault == WORLD_FAULT_DROP || fault == WORLD_FAULT_TOO_LONG ||
		fault == WORLD_FAULT_HANG_UP || fault == WORLD_FAULT_DRIP;
}

static bool is_update(const struct world_frame *frame)
{
	return frame->size > 2 && frame->data[0] == 0xa3 && frame->data[1] == 0x06;
}

static void on_frame(struct line *line, const struct world_frame *frame)
{
	struct world_sign *sign = line->sign;
	struct world_peer *peer = sign->peer;
	struct world_card_reply reply;
	bool taken, over = false;

	if (is_update(frame))
		over = world_peer_arrived(peer, 1) && peer->options.enforce;
	if (world_chance_fires(&peer->chance, WORLD_FAULT_RESET_BEFORE)) {
		peer->totals.faulted++;
		end_line(line, false);
		return;
	}
	enum world_fault fault = world_peer_judge(peer, over, &taken);
	bool speaks = world_command_run(peer, &sign->card, frame, taken, &reply);
	if (refusal_of(fault) != 0)
		world_command_reply(&reply, 0xa0, 0x01, refusal_of(fault));
	if (fault == WORLD_FAULT_WRONG_JSON)
		world_command_reply(&reply, 0xa1, 0x8a, 0);
	if (fault == WORLD_FAULT_EMPTY)
		reply.size = 0;
	if (fault == WORLD_FAULT_RESET_AFTER)
		end_line(line, false);
	else if (speaks && fault != WORLD_FAULT_HANG && fault != WORLD_FAULT_HANG_BEFORE)
		say(line, frame, fault, &reply);
	if (is_update(frame) && speaks && says_done(fault))
		peer->totals.answered_ok += reply.data[1] == 0;
}

/* ---- connections ---- */

static void on_received(void *arg, const char *bytes, size_t size)
{
	struct line *line = arg;
	struct world_peer *peer = line->sign->peer;

	for (size_t i = 0; i < size && !line->ended; i++) {
		struct world_frame frame;
		struct world_card_reply reply;
		enum world_frame_state state = world_frame_byte(&line->reader, (uint8_t)bytes[i], &frame);
		if (state == WORLD_FRAME_MORE)
			continue;
		peer->totals.requests++;
		world_peer_touch(peer);
		if (state == WORLD_FRAME_WHOLE) {
			on_frame(line, &frame);
			continue;
		}
		peer->totals.malformed++;
		if (state == WORLD_FRAME_BAD_SUM) {
			world_command_reply(&reply, 0xa0, 0x01, 5);
			say(line, &frame, WORLD_FAULTS, &reply);
		}
	}
}

static void on_writable(void *arg)
{
}

static void on_closed(void *arg, int error)
{
	struct line *line = arg;
	struct world_sign *sign = line->sign;
	struct link *at;

	while ((at = list_first(&line->answers)) != NULL)
		free_answer(list_object(at, struct answer, on_list));
	list_remove(&line->on_list);
	free(line);
	let_go(sign);
}

static const struct sock_events events = {.received = on_received, .writable = on_writable, .closed = on_closed};

static void on_accepted(void *arg, struct sock *sock)
{
	struct world_sign *sign = arg;
	struct line *line = mem_zalloc(sizeof(*line));

	line->sign = sign;
	line->sock = sock;
	list_init(&line->answers);
	list_push_back(&sign->lines, &line->on_list);
	sign->open++;
	sock_adopt(sock, &events, line);
	unsigned int count = 0;
	for (struct link *at = list_first(&sign->lines); at != NULL; at = list_next(&sign->lines, at))
		count++;
	if (count > LINES_MOST || sign->closing)
		end_line(line, false);
}

static void on_server_closed(void *arg)
{
	let_go(arg);
}

static bool open_server(struct world_sign *sign)
{
	const struct world *world = sign->peer->world;

	sign->server = sock_listen(world->loop, world->address, sign->port, on_accepted, sign);
	if (sign->server == NULL)
		return false;
	sign->port = sock_server_port(sign->server);
	sign->open++;
	return true;
}

static void shut(struct world_sign *sign)
{
	struct link *next;

	for (struct link *at = list_first(&sign->lines); at != NULL; at = next) {
		next = list_next(&sign->lines, at);
		end_line(list_object(at, struct line, on_list), false);
	}
	if (sign->server != NULL)
		sock_server_close(sign->server, on_server_closed, sign);
	sign->server = NULL;
}

/* It listens while it has power and the network reaches it. */
static void mind_server(struct world_sign *sign)
{
	bool listens = sign->card.mains && !sign->shut && !sign->closing;

	if (!listens)
		shut(sign);
	else if (sign->server == NULL && !open_server(sign))
		world_violate(sign->peer, "port %u was taken while the sign was off", sign->port);
}

void world_sign_set_mains(struct world_sign *sign, bool on)
{
	if (on == sign->card.mains || sign->closing)
		return;
	world_card_mains(&sign->card, on);
	mind_server(sign);
}

void world_sign_set_door(struct world_sign *sign, bool open)
{
	sign->shut = !open;
	mind_server(sign);
}

/* ---- birth and end ---- */

static void on_card_changed(void *arg)
{
	struct world_sign *sign = arg;

	world_peer_touch(sign->peer);
}

struct world_sign *world_sign_new(struct world_peer *peer)
{
	struct world_sign *sign = mem_zalloc(sizeof(*sign));

	sign->peer = peer;
	sign->port = peer->options.port;
	list_init(&sign->lines);
	if (!open_server(sign)) {
		free(sign);
		return NULL;
	}
	world_card_init(&sign->card, peer->world->loop, &peer->options, on_card_changed, sign);
	return sign;
}

uint16_t world_sign_port(const struct world_sign *sign)
{
	return sign->port;
}

struct world_card *world_sign_card(struct world_sign *sign)
{
	return &sign->card;
}

void world_sign_close(struct world_sign *sign, void (*closed)(void *arg), void *arg)
{
	sign->closing = true;
	sign->closed = closed;
	sign->closed_arg = arg;
	sign->open++;
	shut(sign);
	let_go(sign);
}
