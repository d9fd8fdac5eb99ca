#include "channel/web.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"

struct web_call {
	struct link in_calls;
	struct web *web;
	struct http_call *http;
	const struct batch *batch;
	web_done *done;
};

static void on_deadline(void *arg)
{
	struct web *web = arg;

	for (struct link *link = list_first(&web->calls); link != NULL; link = list_next(&web->calls, link))
		http_cancel(list_object(link, struct web_call, in_calls)->http);
}

static uint32_t patience(int64_t ms)
{
	return ms <= 0 ? 0 : ms > UINT32_MAX ? UINT32_MAX : (uint32_t)ms;
}

void web_init(struct web *web, struct channel *channel, void (*released)(struct channel *channel))
{
	const struct channel_config *config = channel->config;

	*web = (struct web){.channel = channel, .released = released};
	web->route = (struct http_route){
		.proxy = config->proxy,
		.source_address = config->source_address,
		.ca_file = config->ca_file,
		.allow_plain_http = config->allow_plain_http,
		.connect_ms = patience(config->connect_timeout_ms),
		.total_ms = patience(config->timeout_ms),
	};
	list_init(&web->calls);
	timer_init(&web->deadline, channel->loop, on_deadline, web);
}

static void finish_closing(struct web *web)
{
	if (!web->closing || !list_empty(&web->calls))
		return;
	timer_disarm(&web->deadline);
	web->released(web->channel);
}

static void on_reply(void *arg, const struct http_reply *reply)
{
	struct web_call *call = arg;
	struct web *web = call->web;

	list_remove(&call->in_calls);
	call->done(web->channel, call->batch, reply);
	free(call);
	finish_closing(web);
}

void web_send(struct web *web, struct http_request request, const struct batch *batch, web_done *done)
{
	struct web_call *call = mem_resize(NULL, 1, sizeof(*call));

	call->web = web;
	call->batch = batch;
	call->done = done;
	list_push_back(&web->calls, &call->in_calls);
	request.route = &web->route;
	call->http = http_send(web->channel->http, &request, on_reply, call);
}

void web_post(struct web *web, const char *url, const char *content_type, const struct buf *body,
	const struct batch *batch, web_done *done)
{
	struct http_request request = {
		.url = url,
		.method = "POST",
		.content_type = content_type,
		.body = buf_text(body),
		.body_size = body->size,
	};

	web_send(web, request, batch, done);
}

void web_settle(struct web *web, const struct batch *batch, const struct outcome *outcome)
{
	bool unwell = outcome->class == CLASS_RETRY || outcome->class == CLASS_PERM_CHANNEL ||
		outcome->class == CLASS_AMBIGUOUS;

	channel_settle(web->channel, batch, outcome);
	if (unwell != web->unwell)
		channel_noted(web->channel, !unwell, outcome->peer);
	web->unwell = unwell;
}

void web_close(struct web *web, uint64_t deadline_ms)
{
	uint64_t now = clock_mono_ms();

	web->closing = true;
	if (list_empty(&web->calls))
		finish_closing(web);
	else
		timer_arm(&web->deadline, deadline_ms > now ? deadline_ms - now : 1);
}

bool web_replied(const struct http_reply *reply)
{
	return reply->end == HTTP_REPLIED;
}

/*
 * The wait that a provider asks for. Quotas are by the day; who asks for longer has its clock or its sums wrong, and a
 * channel must not stand still for years because of it.
 */
static uint32_t wait_of(const struct http_reply *reply)
{
	enum { DAY_MS = 86400000, NOT_BELIEVED_MS = 60000, NONE_NAMED_MS = 1000 };

	if (reply->retry_after_ms == 0)
		return NONE_NAMED_MS;
	return reply->retry_after_ms <= DAY_MS ? reply->retry_after_ms : NOT_BELIEVED_MS;
}

static struct outcome judge_status(const struct http_reply *reply)
{
	long status = reply->status;

	if (status == 429 || (status == 503 && reply->retry_after_ms > 0))
		return outcome_make(CLASS_THROTTLE, wait_of(reply), "HTTP %ld, asked to slow down", status);
	if (status >= 300 && status < 400)
		return outcome_make(CLASS_PERM_CHANNEL, 0, "HTTP %ld, sent elsewhere; check the url", status);
	if (status == 401 || status == 403 || status == 404 || status == 405 || status == 407)
		return outcome_make(CLASS_PERM_CHANNEL, 0, "HTTP %ld, check url, account and proxy", status);
	if (status == 413 || status == 414 || status == 431) {
		struct outcome outcome = outcome_make(CLASS_PERM_MSG, 0, "HTTP %ld, request too long", status);
		outcome.split = true;
		return outcome;
	}
	if (status >= 400 && status < 500 && status != 408)
		return outcome_make(CLASS_PERM_MSG, 0, "HTTP %ld", status);
	return outcome_make(CLASS_AMBIGUOUS, 0, "HTTP %ld, answer of %zu bytes not understood", status,
		reply->body_size);
}

struct outcome web_judge(const struct http_reply *reply)
{
	const char *reason = reply->reason != NULL ? reply->reason : "";

	switch (reply->end) {
	case HTTP_REPLIED:
		return judge_status(reply);
	case HTTP_NOT_SENT:
		return outcome_make(CLASS_RETRY, 0, "not sent: %s", reason);
	case HTTP_REFUSED:
		return outcome_make(CLASS_PERM_CHANNEL, 0, "not sent: %s", reason);
	case HTTP_TOO_BIG:
		return outcome_make(CLASS_AMBIGUOUS, 0, "answer too long");
	case HTTP_IN_DOUBT:
		break;
	}
	return outcome_make(CLASS_AMBIGUOUS, 0, "no whole answer: %s", reason);
}
