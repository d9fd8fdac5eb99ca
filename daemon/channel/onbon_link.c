#include "channel/onbon_link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/require.h"
#include "loop/sock.h"

#define PAUSE_FIRST_MS 1000
#define PAUSE_MOST_MS  60000

struct onbon_link {
	struct loop *loop;
	char *host;
	uint16_t port;
	uint32_t connect_ms, reply_ms;
	const struct onbon_link_events *events;
	void *arg;
	struct sock *sock; /* until its `closed` */
	bool up, ending, wanted, closing;
	bool resting; /* ended because it was not wanted: no news for the owner */
	bool waiting; /* for a reply */
	enum onbon_command asked;
	char words[96]; /* why we ended it */
	struct timer patience, pause;
	struct deferred gone;
	uint32_t pause_ms;
	struct onbon_decoder decoder;
};

static void connect_now(struct onbon_link *link);

static void on_patience(void *arg)
{
	struct onbon_link *link = arg;

	snprintf(link->words, sizeof(link->words), "no answer within %u ms", link->reply_ms);
	link->ending = true;
	sock_close(link->sock, false);
}

static void on_pause(void *arg)
{
	connect_now(arg);
}

/* "10.0.0.8:5005", "[fe80::1]:5005". */
static void split_address(struct onbon_link *link, const char *address)
{
	const char *colon = strrchr(address, ':');
	size_t size = colon != NULL ? (size_t)(colon - address) : strlen(address);

	if (size >= 2 && address[0] == '[' && address[size - 1] == ']') {
		address++;
		size -= 2;
	}
	link->host = mem_strndup(address, size);
	link->port = colon != NULL ? (uint16_t)strtoul(colon + 1, NULL, 10) : 0;
}

struct onbon_link *onbon_link_new(struct loop *loop, const char *address, uint32_t connect_ms, uint32_t reply_ms,
	const struct onbon_link_events *events, void *arg)
{
	struct onbon_link *link = mem_zalloc(sizeof(*link));

	link->loop = loop;
	split_address(link, address);
	link->connect_ms = connect_ms;
	link->reply_ms = reply_ms;
	link->events = events;
	link->arg = arg;
	link->pause_ms = PAUSE_FIRST_MS;
	timer_init(&link->patience, loop, on_patience, link);
	timer_init(&link->pause, loop, on_pause, link);
	onbon_decoder_init(&link->decoder);
	return link;
}

static void on_gone(void *arg)
{
	struct onbon_link *link = arg;
	void (*closed)(void *) = link->events->closed;
	void *owner = link->arg;

	onbon_decoder_fini(&link->decoder);
	free(link->host);
	free(link);
	closed(owner);
}

static void on_connected(void *arg)
{
	struct onbon_link *link = arg;

	if (link->ending)
		return;
	link->up = true;
	link->events->up(link->arg);
}

static void break_off(struct onbon_link *link, const char *words)
{
	snprintf(link->words, sizeof(link->words), "%s", words);
	link->ending = true;
	timer_disarm(&link->patience);
	sock_close(link->sock, false);
}

static void take_frame(struct onbon_link *link, const struct onbon_frame *frame)
{
	struct onbon_reply reply;

	if (!onbon_reply_read(frame, &reply)) {
		break_off(link, "an answer too short");
		return;
	}
	/* Late or unasked; the card should not speak first. */
	if (!link->waiting)
		return;
	if (reply.command != ONBON_ACK && reply.command != ONBON_NACK && reply.command != link->asked) {
		break_off(link, "an answer to something else");
		return;
	}
	link->waiting = false;
	link->pause_ms = PAUSE_FIRST_MS;
	timer_disarm(&link->patience);
	link->events->reply(link->arg, &reply);
}

static void on_received(void *arg, const char *bytes, size_t size)
{
	struct onbon_link *link = arg;

	for (size_t i = 0; i < size && !link->ending; i++) {
		struct onbon_frame frame;
		switch (onbon_decoder_feed(&link->decoder, (uint8_t)bytes[i], &frame)) {
		case ONBON_MORE:
			break;
		case ONBON_FRAME:
			take_frame(link, &frame);
			break;
		case ONBON_BAD:
			break_off(link, "a damaged answer");
			break;
		}
	}
}

static void on_closed(void *arg, int error)
{
	struct onbon_link *link = arg;
	char words[96];

	link->sock = NULL;
	link->up = link->ending = link->waiting = false;
	timer_disarm(&link->patience);
	if (link->closing) {
		loop_defer(link->loop, &link->gone, on_gone, link);
		return;
	}
	if (link->words[0] != '\0')
		snprintf(words, sizeof(words), "%s", link->words);
	else
		snprintf(words, sizeof(words), "%s", error != 0 ? strerror(error) : "the sign hung up");
	link->words[0] = '\0';
	bool rested = link->resting;
	link->resting = false;
	if (!link->wanted)
		return;
	if (rested) {
		connect_now(link);
		return;
	}
	timer_arm(&link->pause, link->pause_ms);
	link->pause_ms = link->pause_ms * 2 > PAUSE_MOST_MS ? PAUSE_MOST_MS : link->pause_ms * 2;
	link->events->down(link->arg, words);
}

static void connect_now(struct onbon_link *link)
{
	static const struct sock_events events = {
		.connected = on_connected,
		.received = on_received,
		.closed = on_closed,
	};

	timer_disarm(&link->pause);
	onbon_decoder_fini(&link->decoder);
	onbon_decoder_init(&link->decoder);
	link->sock = sock_connect(link->loop, link->host, link->port, link->connect_ms, &events, link);
}

void onbon_link_want(struct onbon_link *link, bool now)
{
	bool first = !link->wanted;

	if (link->closing)
		return;
	link->wanted = true;
	/* While an old connection ends, its end brings the new one, by way of `down` and the pause. */
	if (link->sock == NULL && (now || first || !timer_armed(&link->pause)))
		connect_now(link);
}

void onbon_link_rest(struct onbon_link *link)
{
	link->wanted = false;
	timer_disarm(&link->pause);
	timer_disarm(&link->patience);
	link->pause_ms = PAUSE_FIRST_MS;
	link->up = link->waiting = false;
	if (link->sock != NULL && !link->ending) {
		link->ending = link->resting = true;
		sock_close(link->sock, true);
	}
}

bool onbon_link_is_up(const struct onbon_link *link)
{
	return link->up && !link->ending;
}

bool onbon_link_free(const struct onbon_link *link)
{
	return onbon_link_is_up(link) && !link->waiting;
}

void onbon_link_ask(struct onbon_link *link, struct onbon_head head, const struct buf *data)
{
	struct buf frame;

	REQUIRE(onbon_link_free(link) && data->size >= 2);
	buf_init(&frame, 3 * ONBON_FRAME_MOST);
	link->asked = (enum onbon_command)((uint8_t)data->data[0] << 8 | (uint8_t)data->data[1]);
	link->waiting = true;
	timer_arm(&link->patience, link->reply_ms);
	if (!onbon_frame_add(&frame, head, data->data, data->size) || !sock_send(link->sock, frame.data, frame.size))
		break_off(link, "could not send");
	buf_fini(&frame);
}

void onbon_link_drop(struct onbon_link *link, const char *words)
{
	if (link->sock != NULL && !link->ending)
		break_off(link, words);
}

void onbon_link_close(struct onbon_link *link)
{
	if (link->closing)
		return;
	link->closing = true;
	onbon_link_rest(link);
	if (link->sock == NULL)
		loop_defer(link->loop, &link->gone, on_gone, link);
}
