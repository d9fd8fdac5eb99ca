#include "http/courier.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/require.h"
#include "http/wire.h"

/* What is kept for the next requests when fewer are under way. */
#define IDLE_EASY_MOST 64u

/*
 * What a courier in a thread of its own shares with whoever gives it work. Both sides take the whole of a list at once, and
 * ring only when it was empty: under load a bell rings for many transfers, not for each.
 */
struct counter {
	pthread_mutex_t lock;
	struct list in, out;
	bool give_up; /* some transfer has its mark */
	bool ending, ended;
	struct bell *to_courier, *to_caller;
};

struct courier {
	struct loop *loop; /* where the work is done */
	struct wire *wire;
	const struct easy_trust *trust;
	struct list active; /* in the multi */
	struct list finished; /* to be told */
	struct deferred tell;
	struct list idle_easies;
	unsigned int idle_easy_count;
	bool closing;

	void (*done)(void *arg, struct transfer *transfer);
	void *arg;
	void (*closed)(void *arg);
	void *closed_arg;

	bool apart;
	struct counter counter;
	pthread_t thread;
};

static struct easy *easy_take(struct courier *courier)
{
	struct link *link = list_first(&courier->idle_easies);

	if (link == NULL)
		return easy_new(courier->wire, courier->trust);
	list_remove(link);
	courier->idle_easy_count--;
	return list_object(link, struct easy, link);
}

static void easy_give(struct courier *courier, struct easy *easy)
{
	easy->owner = NULL;
	if (courier->idle_easy_count == IDLE_EASY_MOST) {
		easy_free(easy);
		return;
	}
	courier->idle_easy_count++;
	/* The last used is the next: its memory is at hand. */
	list_insert_after(&courier->idle_easies.head, &easy->link);
}

static void start(struct courier *courier, struct transfer *transfer)
{
	struct easy *easy = easy_take(courier);

	transfer->easy = easy;
	easy->owner = transfer;
	easy_set(easy, &transfer->request, buf_text(&transfer->lines), courier->trust);
	transfer->began_ms = clock_mono_ms();
	list_push_back(&courier->active, &transfer->link);
	REQUIRE(curl_multi_add_handle(wire_multi(courier->wire), easy->curl) == CURLM_OK);
}

/* ---- from the end of a transfer to its caller ---- */

static void tell(struct courier *courier, struct list *ended)
{
	struct link *link;

	while ((link = list_first(ended)) != NULL) {
		list_remove(link);
		courier->done(courier->arg, list_object(link, struct transfer, link));
	}
}

/* Over the counter. */
static void hand_back(struct courier *courier)
{
	struct counter *counter = &courier->counter;

	pthread_mutex_lock(&counter->lock);
	bool first = list_empty(&counter->out);
	list_move(&counter->out, &courier->finished);
	pthread_mutex_unlock(&counter->lock);
	if (first)
		bell_ring(counter->to_caller);
}

static void on_tell(void *arg)
{
	struct courier *courier = arg;

	if (courier->apart)
		hand_back(courier);
	else
		tell(courier, &courier->finished);
}

/* Requires: what libcurl knew of it was read out. */
static void finish(struct courier *courier, struct transfer *transfer, enum http_end end)
{
	struct easy *easy = transfer->easy;
	struct buf reply = transfer->reply;

	transfer->end = end;
	transfer->took_ms = (uint32_t)(clock_mono_ms() - transfer->began_ms);
	transfer->reply = easy->reply;
	easy->reply = reply;
	curl_multi_remove_handle(wire_multi(courier->wire), easy->curl);
	transfer->easy = NULL;
	easy_give(courier, easy);
	list_remove(&transfer->link);
	list_push_back(&courier->finished, &transfer->link);
	loop_defer(courier->loop, &courier->tell, on_tell, courier);
}

static enum http_end end_without_reply(const struct easy *easy)
{
	if (easy->too_big)
		return HTTP_TOO_BIG;
	return easy_left(easy) ? HTTP_IN_DOUBT : HTTP_NOT_SENT;
}

static const char *reason_of(struct transfer *transfer, CURLcode code)
{
	const struct easy *easy = transfer->easy;

	if (easy->again || (code == CURLE_OK && !easy->head_whole))
		return "the connection ended without a reply";
	if (easy->too_big)
		return "the reply is longer than allowed";
	if (easy->words[0] == '\0')
		return curl_easy_strerror(code);
	memcpy(transfer->words, easy->words, sizeof(transfer->words));
	return transfer->words;
}

static void complete(struct courier *courier, struct transfer *transfer, CURLcode code)
{
	const struct easy *easy = transfer->easy;
	curl_off_t wait_s = 0;
	enum http_end end = HTTP_REPLIED;

	curl_easy_getinfo(easy->curl, CURLINFO_RESPONSE_CODE, &transfer->status);
	curl_easy_getinfo(easy->curl, CURLINFO_RETRY_AFTER, &wait_s);
	if (wait_s > 0)
		transfer->retry_after_ms = wait_s < 4000000 ? (uint32_t)wait_s * 1000 : 4000000000u;
	if (!easy->begun && (code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL))
		end = HTTP_REFUSED;
	else if (code != CURLE_OK || !easy->head_whole)
		end = end_without_reply(easy);
	if (end != HTTP_REPLIED)
		transfer->reason = reason_of(transfer, code);
	finish(courier, transfer, end);
}

/* libcurl has worked: takes every finished transfer out, also when nothing is running any more. */
static void on_turned(void *arg)
{
	struct courier *courier = arg;
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(wire_multi(courier->wire), &left)) != NULL) {
		struct easy *easy = NULL;
		if (message->msg != CURLMSG_DONE)
			continue;
		CURLcode code = message->data.result;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&easy);
		complete(courier, easy->owner, code);
	}
	/* We come from the loop, not from a caller: who is on the same loop need not wait for its next turn. */
	if (!courier->apart && !list_empty(&courier->finished)) {
		loop_defer_cancel(courier->loop, &courier->tell);
		tell(courier, &courier->finished);
	}
}

static void give_up(struct courier *courier, struct transfer *transfer)
{
	transfer->reason = "given up";
	finish(courier, transfer, end_without_reply(transfer->easy));
}

/* ---- the end of a courier ---- */

static void on_wire_closed(void *arg);

static void close_wire(struct courier *courier)
{
	struct link *link;

	courier->closing = true;
	while ((link = list_first(&courier->idle_easies)) != NULL) {
		list_remove(link);
		easy_free(list_object(link, struct easy, link));
	}
	loop_defer_cancel(courier->loop, &courier->tell);
	wire_close(courier->wire, on_wire_closed, courier);
}

static void gone(void *arg)
{
	struct courier *courier = arg;
	void (*closed)(void *arg) = courier->closed;
	void *closed_arg = courier->closed_arg;

	pthread_mutex_destroy(&courier->counter.lock);
	free(courier);
	closed(closed_arg);
}

static void on_wire_closed(void *arg)
{
	struct courier *courier = arg;

	if (courier->apart)
		bell_close(courier->counter.to_courier, NULL, NULL); /* the last thing on its loop */
	else
		gone(courier);
}

/* ---- a thread of its own ---- */

static void take_in(struct courier *courier)
{
	struct counter *counter = &courier->counter;
	struct list in;
	struct link *link;

	list_init(&in);
	pthread_mutex_lock(&counter->lock);
	list_move(&in, &counter->in);
	bool ending = counter->ending;
	pthread_mutex_unlock(&counter->lock);
	while ((link = list_first(&in)) != NULL) {
		list_remove(link);
		start(courier, list_object(link, struct transfer, link));
	}
	if (ending && !courier->closing)
		close_wire(courier);
}

/* The marks are the other side's and are read under its lock; what carries one is found here, where it cannot be gone. */
static void take_back(struct courier *courier)
{
	struct counter *counter = &courier->counter;
	struct list given_up;
	struct link *link, *next;

	list_init(&given_up);
	pthread_mutex_lock(&counter->lock);
	for (link = counter->give_up ? list_first(&courier->active) : NULL; link != NULL; link = next) {
		next = list_next(&courier->active, link);
		if (!list_object(link, struct transfer, link)->given_up)
			continue;
		list_remove(link);
		list_push_back(&given_up, link);
	}
	counter->give_up = !list_empty(&counter->in); /* a mark may be on what came meanwhile */
	pthread_mutex_unlock(&counter->lock);
	while ((link = list_first(&given_up)) != NULL)
		give_up(courier, list_object(link, struct transfer, link));
}

static void on_work(void *arg)
{
	take_in(arg);
	take_back(arg);
}

static void *run(void *arg)
{
	struct courier *courier = arg;
	struct counter *counter = &courier->counter;

	loop_run(courier->loop);
	pthread_mutex_lock(&counter->lock);
	counter->ended = true;
	bell_ring(counter->to_caller); /* within the lock: who sees `ended` may end the bell */
	pthread_mutex_unlock(&counter->lock);
	return NULL;
}

/* On the caller's side. */
static void on_handed_back(void *arg)
{
	struct courier *courier = arg;
	struct counter *counter = &courier->counter;
	struct list out;

	list_init(&out);
	pthread_mutex_lock(&counter->lock);
	list_move(&out, &counter->out);
	bool ended = counter->ended;
	pthread_mutex_unlock(&counter->lock);
	tell(courier, &out);
	if (!ended)
		return;
	pthread_join(courier->thread, NULL);
	loop_free(&courier->loop);
	bell_close(counter->to_caller, gone, courier);
}

/* Signals are the business of the thread that the process began with. */
static void start_thread(struct courier *courier)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	REQUIRE(pthread_create(&courier->thread, NULL, run, courier) == 0);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_setname_np(courier->thread, "http");
}

/* ---- what the caller does ---- */

struct courier *courier_new(struct loop *loop, bool apart, const struct easy_trust *trust,
	void (*done)(void *arg, struct transfer *transfer), void *arg)
{
	struct courier *courier = mem_zalloc(sizeof(*courier));
	struct counter *counter = &courier->counter;

	*courier = (struct courier){.loop = apart ? loop_new() : loop,
		.apart = apart,
		.trust = trust,
		.done = done,
		.arg = arg};
	list_init(&courier->active);
	list_init(&courier->finished);
	list_init(&courier->idle_easies);
	list_init(&counter->in);
	list_init(&counter->out);
	pthread_mutex_init(&counter->lock, NULL);
	courier->wire = wire_new(courier->loop, on_turned, courier);
	if (!apart)
		return courier;
	counter->to_courier = bell_new(courier->loop, on_work, courier);
	counter->to_caller = bell_new(loop, on_handed_back, courier);
	start_thread(courier);
	return courier;
}

void courier_send(struct courier *courier, struct transfer *transfer)
{
	struct counter *counter = &courier->counter;

	transfer->given_up = false;
	transfer->status = 0;
	transfer->retry_after_ms = 0;
	transfer->reason = NULL;
	if (!courier->apart) {
		start(courier, transfer);
		return;
	}
	pthread_mutex_lock(&counter->lock);
	bool first = list_empty(&counter->in);
	list_push_back(&counter->in, &transfer->link);
	pthread_mutex_unlock(&counter->lock);
	if (first)
		bell_ring(counter->to_courier);
}

void courier_give_up(struct courier *courier, struct transfer *transfer)
{
	struct counter *counter = &courier->counter;

	if (!courier->apart) {
		if (transfer->easy != NULL)
			give_up(courier, transfer);
		return;
	}
	pthread_mutex_lock(&counter->lock);
	transfer->given_up = true;
	counter->give_up = true;
	pthread_mutex_unlock(&counter->lock);
	bell_ring(counter->to_courier);
}

void courier_close(struct courier *courier, void (*closed)(void *arg), void *arg)
{
	struct counter *counter = &courier->counter;

	courier->closed = closed;
	courier->closed_arg = arg;
	if (!courier->apart) {
		close_wire(courier);
		return;
	}
	pthread_mutex_lock(&counter->lock);
	counter->ending = true;
	bell_ring(counter->to_courier); /* within the lock: who sees `ending` ends the bell */
	pthread_mutex_unlock(&counter->lock);
}
