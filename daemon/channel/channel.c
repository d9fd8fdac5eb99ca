#include "channel/channel.h"

#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/mem.h"
#include "base/require.h"

#define BUCKETS 64

/*
 * Something that the owner is told in the next turn. One queue, so that facts arrive in the order they were
 * found.
 */
struct note {
	struct link in_queue;
	void (*tell)(struct channel *channel, struct note *note);
	struct receipt *receipts;
	unsigned int count;
	phone_t phone;
	bool well;
	char *text;
};

/* A batch from channel_send() until the owner has been told how it ended. */
struct sent {
	struct link in_bucket;
	struct note note; /* how it ended */
	const struct batch *batch;
	bool settled;
	struct outcome outcome;
	uint32_t *refused;
};

struct channel_core {
	struct list buckets[BUCKETS];
	struct list notes;
	struct deferred telling;
	unsigned int in_flight;
	bool closed;
};

static bool same_name(struct batch_name a, struct batch_name b)
{
	return a.alert == b.alert && a.lane == b.lane && a.number == b.number;
}

static struct list *bucket(struct channel *channel, struct batch_name name)
{
	return &channel->core->buckets[(name.number + name.alert * 31 + name.lane * 7u) % BUCKETS];
}

static struct sent *find_sent(struct channel *channel, struct batch_name name)
{
	struct list *list = bucket(channel, name);

	for (struct link *link = list_first(list); link != NULL; link = list_next(list, link)) {
		struct sent *sent = list_object(link, struct sent, in_bucket);
		if (same_name(sent->batch->name, name))
			return sent;
	}
	return NULL;
}

static void free_note(struct note *note)
{
	free(note->receipts);
	free(note->text);
	free(note);
}

/* Memory that was just freed is at hand; a record kept for each of a thousand robots would not be. */
static struct sent *take_sent(const struct batch *batch)
{
	struct sent *sent = mem_resize(NULL, 1, sizeof(*sent));

	sent->batch = batch;
	sent->settled = false;
	sent->refused = NULL;
	return sent;
}

static void free_channel(struct channel *channel)
{
	REQUIRE(list_empty(&channel->core->notes));
	free(channel->core);
	free(channel);
}

/*
 * Tells what had been queued when the turn began. What the owner's answers add waits for the next turn, so
 * that no callback ever comes from inside a call into the channel.
 */
static void on_tell(void *arg)
{
	struct channel *channel = arg;
	struct channel_core *core = channel->core;
	struct link *last = list_empty(&core->notes) ? NULL : core->notes.head.prev;

	for (bool done = last == NULL; !done;) {
		struct link *link = list_first(&core->notes);
		struct note *note = list_object(link, struct note, in_queue);
		void (*tell)(struct channel *, struct note *) = note->tell;

		done = link == last;
		list_remove(link);
		tell(channel, note); /* the last may be the closing word, and the channel goes with it */
	}
}

static void queue(struct channel *channel, struct note *note, void (*tell)(struct channel *, struct note *))
{
	REQUIRE(!channel->core->closed);
	note->tell = tell;
	list_push_back(&channel->core->notes, &note->in_queue);
	loop_defer(channel->loop, &channel->core->telling, on_tell, channel);
}

struct channel *channel_open(const struct channel_config *config, struct loop *loop, struct http *http,
	const char *receipt_url, const struct channel_host *host, void *host_arg, struct problems *problems)
{
	const struct channel_kind *kind = channel_kind_find(config->kind);

	REQUIRE(kind != NULL);
	struct channel *channel = mem_zalloc(sizeof(*channel));
	channel->kind = kind;
	channel->config = config;
	channel->loop = loop;
	channel->http = http;
	channel->receipt_url = receipt_url;
	channel->host = host;
	channel->host_arg = host_arg;
	channel->core = mem_zalloc(sizeof(*channel->core));
	for (size_t i = 0; i < BUCKETS; i++)
		list_init(&channel->core->buckets[i]);
	list_init(&channel->core->notes);
	if (kind->open(channel, problems) != RESULT_OK) {
		free_channel(channel);
		return NULL;
	}
	return channel;
}

void channel_send(struct channel *channel, const struct batch *batch)
{
	REQUIRE(!channel->closing);
	REQUIRE(batch->count >= 1 && batch->count <= channel->kind->batch_limit);
	REQUIRE(find_sent(channel, batch->name) == NULL);
	struct sent *sent = take_sent(batch);
	list_push_back(bucket(channel, batch->name), &sent->in_bucket);
	channel->core->in_flight++;
	channel->kind->send(channel, batch);
}

void channel_push(struct channel *channel, struct push *push)
{
	if (channel->kind->pushed == NULL) {
		push->status = 404;
		return;
	}
	/* The provider keeps what it could not hand over and comes again. */
	if (channel->closing) {
		push->status = 503;
		return;
	}
	channel->kind->pushed(channel, push);
}

void channel_close(struct channel *channel, uint64_t deadline_ms)
{
	if (channel->closing)
		return;
	channel->closing = true;
	channel->kind->close(channel, deadline_ms);
}

unsigned int channel_in_flight(const struct channel *channel)
{
	return channel->core->in_flight;
}

bool channel_receipted(const struct channel *channel)
{
	if (!channel->kind->receipts)
		return false;
	return channel->kind->receipted == NULL || channel->kind->receipted(channel);
}

enum message_format channel_format(const struct channel_config *config)
{
	const struct channel_kind *kind = channel_kind_find(config->kind);

	REQUIRE(kind != NULL);
	return kind->format != NULL ? kind->format(config) : FORMAT_PLAIN;
}

unsigned int channel_text_most(const struct channel_config *config)
{
	const struct channel_kind *kind = channel_kind_find(config->kind);

	REQUIRE(kind != NULL);
	return kind->text_most != NULL ? kind->text_most(config) : 0;
}

void channel_showing(struct channel *channel, struct buf *out)
{
	if (channel->kind->showing != NULL)
		channel->kind->showing(channel, out);
}

static void tell_settled(struct channel *channel, struct note *note)
{
	struct sent *sent = list_object(note, struct sent, note);

	list_remove(&sent->in_bucket);
	channel->core->in_flight--;
	channel->host->settled(channel->host_arg, channel, sent->batch, &sent->outcome);
	free(sent->refused);
	free(sent);
}

/* Positions must be ascending and in the batch: the plan walks them beside its own order. */
static void check_refused(const struct batch *batch, const struct outcome *outcome)
{
	for (uint32_t i = 0; i < outcome->refused_count; i++) {
		REQUIRE(outcome->refused[i] < batch->count);
		REQUIRE(i == 0 || outcome->refused[i] > outcome->refused[i - 1]);
	}
}

void channel_settle(struct channel *self, const struct batch *batch, const struct outcome *outcome)
{
	struct sent *sent = find_sent(self, batch->name);

	REQUIRE(sent != NULL && !sent->settled);
	check_refused(batch, outcome);
	sent->settled = true;
	sent->outcome = *outcome;
	sent->outcome.refused = NULL;
	if (outcome->refused_count > 0) {
		sent->refused = mem_calloc(outcome->refused_count, sizeof(*sent->refused));
		memcpy(sent->refused, outcome->refused, outcome->refused_count * sizeof(*sent->refused));
		sent->outcome.refused = sent->refused;
	}
	queue(self, &sent->note, tell_settled);
}

static void tell_receipts(struct channel *channel, struct note *note)
{
	if (channel->host->receipts != NULL)
		channel->host->receipts(channel->host_arg, channel, note->receipts, note->count);
	free_note(note);
}

void channel_receipts(struct channel *self, const struct receipt *receipts, unsigned int count)
{
	if (count == 0)
		return;
	struct note *note = mem_zalloc(sizeof(*note));
	note->receipts = mem_calloc(count, sizeof(*receipts));
	memcpy(note->receipts, receipts, count * sizeof(*receipts));
	note->count = count;
	queue(self, note, tell_receipts);
}

static void tell_replied(struct channel *channel, struct note *note)
{
	if (channel->host->replied != NULL)
		channel->host->replied(channel->host_arg, channel, note->phone, note->text);
	free_note(note);
}

void channel_replied(struct channel *self, phone_t phone, const char *text)
{
	struct note *note = mem_zalloc(sizeof(*note));

	note->phone = phone;
	note->text = mem_strdup(text);
	queue(self, note, tell_replied);
}

static void tell_noted(struct channel *channel, struct note *note)
{
	if (channel->host->noted != NULL)
		channel->host->noted(channel->host_arg, channel, note->well, note->text);
	free_note(note);
}

void channel_noted(struct channel *self, bool well, const char *words)
{
	struct note *note = mem_zalloc(sizeof(*note));

	note->well = well;
	note->text = mem_strdup(words);
	queue(self, note, tell_noted);
}

/*
 * The owner may free what `config` points to inside closed(); nothing of the channel is touched that hangs on
 * it.
 */
static void tell_closed(struct channel *channel, struct note *note)
{
	free_note(note);
	channel->host->closed(channel->host_arg, channel);
	free_channel(channel);
}

void channel_closed(struct channel *self)
{
	REQUIRE(self->closing);
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct link *link = list_first(&self->core->buckets[i]); link != NULL;
			link = list_next(&self->core->buckets[i], link))
			REQUIRE(list_object(link, struct sent, in_bucket)->settled);
	queue(self, mem_zalloc(sizeof(struct note)), tell_closed);
	self->core->closed = true;
}
