#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "channel/kannel_codec.h"
#include "channel/kinds.h"
#include "channel/web.h"

/*
 * An account at a Kannel gateway. One answer covers all numbers of a request, so a refused number shows
 * itself only in its receipt; and the answer carries no id, so what was sent is found again by the batch's
 * name in our dlr-url.
 */
struct kannel_options {
	char *url, *user, *password, *from, *smsc;
	bool dlr;
	int64_t validity_ms;
};

struct kannel {
	struct web web;
	struct kannel_url parts;
	struct buf url; /* of the batch that is being sent; kept */
	unsigned int unroutable; /* answers in a row */
};

/* So many numbers in a row that no link carries are no chance: it is the links. */
#define UNROUTABLE_MOST 5

#define URL_MOST (64 * 1024)

static const struct setting settings[] = {
	{"url", SETTING_URL, offsetof(struct kannel_options, url), .required = true,
		.help = N_("sendsms address of the gateway, as http://host:13013/cgi-bin/sendsms")},
	{"user", SETTING_STRING, offsetof(struct kannel_options, user), .required = true, .least = 1, .most = 64,
		.help = N_("user name of the sendsms account")},
	{"password_file", SETTING_SECRET, offsetof(struct kannel_options, password), .required = true,
		.help = N_("file that holds the password")},
	{"from", SETTING_STRING, offsetof(struct kannel_options, from), .most = 32,
		.help = N_("sender's number; without it the gateway's own")},
	{"smsc", SETTING_STRING, offsetof(struct kannel_options, smsc), .most = 64,
		.help = N_("link of the gateway that is to carry the texts; without it the gateway chooses")},
	{"dlr", SETTING_BOOL, offsetof(struct kannel_options, dlr), "true", .help = N_("ask for delivery reports")},
	{"validity", SETTING_DURATION, offsetof(struct kannel_options, validity_ms), "0s", .most = 7ll * 86400 * 1000,
		.help = N_("how long the network tries to reach a phone, full minutes; 0s: as the gateway does")},
	SETTING_END,
};

static bool kannel_receipted(const struct channel *self)
{
	const struct kannel_options *options = self->config->options;

	return options->dlr && self->receipt_url != NULL;
}

static void on_released(struct channel *channel)
{
	struct kannel *kannel = channel->state;

	kannel_url_fini(&kannel->parts);
	buf_fini(&kannel->url);
	free(kannel);
	channel->state = NULL;
	channel_closed(channel);
}

static enum result kannel_open(struct channel *self, struct problems *problems)
{
	const struct kannel_options *options = self->config->options;
	struct kannel *kannel = mem_zalloc(sizeof(*kannel));

	const struct kannel_account account = {
		.url = options->url,
		.user = options->user,
		.password = options->password,
		.from = options->from,
		.smsc = options->smsc,
		.validity_min = (options->validity_ms + 59999) / 60000,
		.receipt_url = kannel_receipted(self) ? self->receipt_url : NULL,
	};
	kannel_url_init(&kannel->parts, &account);
	buf_init(&kannel->url, URL_MOST);
	web_init(&kannel->web, self, on_released);
	self->state = kannel;
	return RESULT_OK;
}

/*
 * One number that the gateway has no link for is refused, as it stands; when it is one after the other the gateway or `smsc` is
 * set wrong, and nobody is to be refused for that. Doubt over several stays doubt: the probe that follows it comes here.
 */
static void heed_routes(struct kannel *kannel, struct outcome *outcome)
{
	static const uint32_t the_one = 0;

	kannel->unroutable++;
	if (outcome->class != CLASS_PERM_RCPT)
		return;
	if (kannel->unroutable >= UNROUTABLE_MOST) {
		*outcome = outcome_make(CLASS_PERM_CHANNEL, 0,
			"403: not routable, check `smsc` and the gateway's links");
		return;
	}
	outcome->refused = &the_one;
	outcome->refused_count = 1;
}

static void on_answer(struct channel *self, const struct batch *batch, const struct http_reply *reply)
{
	struct kannel *kannel = self->state;
	struct outcome outcome;

	if (!web_replied(reply) || !kannel_judge(reply->status, reply->body, reply->body_size, batch->count, &outcome))
		outcome = web_judge(reply);
	else if (kannel_unroutable(reply->status, reply->body, reply->body_size))
		heed_routes(kannel, &outcome);
	else if (outcome.class == CLASS_OK)
		kannel->unroutable = 0;
	web_settle(&kannel->web, batch, &outcome);
}

static void kannel_send(struct channel *self, const struct batch *batch)
{
	struct kannel *kannel = self->state;

	buf_clear(&kannel->url);
	if (kannel_url_add(&kannel->url, &kannel->parts, batch)) {
		struct http_request request = {.url = buf_text(&kannel->url), .method = "GET"};
		web_send(&kannel->web, request, batch, on_answer);
	} else {
		struct outcome outcome = outcome_make(CLASS_PERM_MSG, 0, "request too long");
		outcome.split = true;
		channel_settle(self, batch, &outcome);
	}
}

static void take_receipt(struct channel *self, struct push *push)
{
	struct receipt receipt;
	bool final;

	if (!kannel_receipt(push->query, push->arg, clock_wall_ms(), &receipt, &final)) {
		log_event(LOG_WARNING, "receipt-unreadable", "channel=%s", self->config->name);
		push->status = 400;
		return;
	}
	if (final)
		channel_receipts(self, &receipt, 1);
}

/* A get-url of the gateway for texts of residents: …/reply?p=%p&a=%a, charset UTF-8. */
static void take_reply(struct channel *self, struct push *push)
{
	const char *number = push->query(push->arg, "p");
	const char *text = push->query(push->arg, "a");
	phone_t phone;

	if (number == NULL || text == NULL || !phone_parse(number, strlen(number), &phone) ||
		!utf8_valid(text, strlen(text), NULL)) {
		push->status = 400;
		return;
	}
	channel_replied(self, phone, text);
}

static void kannel_pushed(struct channel *self, struct push *push)
{
	if (strcmp(push->path, "dlr") == 0)
		take_receipt(self, push);
	else if (strcmp(push->path, "reply") == 0)
		take_reply(self, push);
	else
		push->status = 404;
}

static void kannel_close(struct channel *self, uint64_t deadline_ms)
{
	struct kannel *kannel = self->state;

	web_close(&kannel->web, deadline_ms);
}

const struct channel_kind sms_kannel_kind = {
	.name = "sms-kannel",
	.medium = MEDIUM_SMS,
	.settings = settings,
	.options_size = sizeof(struct kannel_options),
	.batch_limit = 1000,
	.rate = "100/s",
	.window = 8,
	.batch = 20,
	.receipts = true,
	.open = kannel_open,
	.send = kannel_send,
	.pushed = kannel_pushed,
	.close = kannel_close,
	.receipted = kannel_receipted,
};
