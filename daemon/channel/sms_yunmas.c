#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "channel/kinds.h"
#include "channel/web.h"
#include "channel/yunmas_codec.h"

/*
 * An interface account at China Mobile's 云MAS. Success means no more than that the request was well formed;
 * what became of it comes in reports, pushed to us or pulled by us, under the platform's msgGroup. It takes
 * no id of ours, so a lost answer stays in doubt.
 */
struct yunmas_options {
	char *url, *ec_name, *ap_id, *secret, *sign_code, *add_serial;
	bool send_secret, quoted;
	char *template_id;
	char **params;
	char *report_url, *deliver_url;
	int64_t pull_every_ms;
};

struct yunmas {
	struct web web;
	struct yunmas_account account;
	struct timer pull;
	unsigned int pulls; /* under way */
};

#define BODY_MOST (256 * 1024)
#define PULL_MOST (4 * 1024 * 1024)

static const struct setting settings[] = {
	{"url", SETTING_URL, offsetof(struct yunmas_options, url), .required = true,
		.help = N_(
			"address for sending, ends in /sms/norsubmit, /sms/submit or, with a template, /sms/tmpsubmit")},
	{"ec_name", SETTING_STRING, offsetof(struct yunmas_options, ec_name), .required = true, .least = 1, .most = 100,
		.help = N_("name of the group customer, as in the contract")},
	{"ap_id", SETTING_STRING, offsetof(struct yunmas_options, ap_id), .required = true, .least = 1, .most = 100,
		.help = N_("user name of the interface account")},
	{"secret_file", SETTING_SECRET, offsetof(struct yunmas_options, secret), .required = true,
		.help = N_("file that holds the password of the interface account")},
	{"sign_code", SETTING_STRING, offsetof(struct yunmas_options, sign_code), .required = true, .least = 1,
		.most = 100, .help = N_("code of the signature, not its words")},
	{"add_serial", SETTING_STRING, offsetof(struct yunmas_options, add_serial), "", .most = 20,
		.help = N_("extension of the service code; empty unless it was opened for prefix match")},
	{"send_secret", SETTING_BOOL, offsetof(struct yunmas_options, send_secret), "false",
		.help = N_("send the password itself too, for platforms that ask for it")},
	{"quoted", SETTING_BOOL, offsetof(struct yunmas_options, quoted), "false",
		.help = N_("put the body between quotation marks, for platforms that ask for it")},
	{"template_id", SETTING_STRING, offsetof(struct yunmas_options, template_id), .most = 100,
		.help = N_("registered template to send by; without it texts are sent as they are")},
	{"params", SETTING_STRINGS, offsetof(struct yunmas_options, params), "{text}",
		.help = N_("variables of the template in order; {text} stands for the text")},
	{"report_url", SETTING_URL, offsetof(struct yunmas_options, report_url),
		.help = N_("address for pulling reports, ends in /sms/report")},
	{"deliver_url", SETTING_URL, offsetof(struct yunmas_options, deliver_url),
		.help = N_("address for pulling texts of residents, ends in /sms/deliver")},
	{"pull_every", SETTING_DURATION, offsetof(struct yunmas_options, pull_every_ms), "0s", .most = 3600000,
		.help = N_("how often reports and texts are pulled; 0s: never, they are pushed to us")},
	SETTING_END,
};

static void yunmas_check(const struct channel_config *config, struct problems *problems)
{
	const struct yunmas_options *options = config->options;
	struct place at = {config->file, config->line};

	if (config->signature_by != SIGNATURE_BY_PLATFORM)
		problem_remedy(
			problem_add(problems, PROBLEM_WARNING, &at, "signature_by",
				N_("this platform puts the signature in front itself, texts would carry it twice")),
			N_("write signature_by = \"platform\""));
	if (options->pull_every_ms > 0 && options->report_url == NULL && options->deliver_url == NULL)
		problem_remedy(problem_add(problems, PROBLEM_ERROR, &at, "pull_every",
				       N_("there is no address to pull from")),
			N_("write report_url, or take pull_every out"));
	if (options->pull_every_ms > 0 && options->pull_every_ms < 1000)
		problem_remedy(problem_add(problems, PROBLEM_ERROR, &at, "pull_every", N_("less than a second")),
			N_("10s is often enough"));
}

static bool pulls(const struct yunmas_options *options)
{
	return options->pull_every_ms > 0 && options->report_url != NULL;
}

static bool yunmas_receipted(const struct channel *self)
{
	return self->receipt_url != NULL || pulls(self->config->options);
}

static void on_released(struct channel *channel)
{
	free(channel->state);
	channel->state = NULL;
	channel_closed(channel);
}

/* Gathers receipts, so that a body of thousands is one call. */
struct gathered {
	struct receipt *list;
	unsigned int count, room;
};

static void gather(void *arg, const struct receipt *receipt)
{
	struct gathered *gathered = arg;

	if (gathered->count == gathered->room) {
		gathered->room = gathered->room > 0 ? gathered->room * 2 : 8;
		gathered->list = mem_resize(gathered->list, gathered->room, sizeof(*gathered->list));
	}
	gathered->list[gathered->count++] = *receipt;
}

static enum result take_reports(struct channel *self, const char *body, size_t size)
{
	struct gathered gathered = {0};
	enum result result = yunmas_reports(body, size, clock_wall_ms(), gather, &gathered);

	channel_receipts(self, gathered.list, gathered.count);
	free(gathered.list);
	return result;
}

static void take_text(void *arg, phone_t phone, const char *text)
{
	channel_replied(arg, phone, text);
}

static void on_pulled(struct channel *self, const struct http_reply *reply, const char *what,
	enum result (*take)(struct channel *self, const char *body, size_t size))
{
	struct yunmas *yunmas = self->state;

	yunmas->pulls--;
	/*
	 * Nothing is lost by a pull that failed: the platform keeps what it could not hand over, and the next
	 * one comes.
	 */
	if (reply->end != HTTP_REPLIED || reply->status != 200)
		log_event(LOG_WARNING, "pull-failed", "channel=%s what=%s status=%ld", self->config->name, what,
			reply->end == HTTP_REPLIED ? reply->status : 0);
	else if (reply->body_size > 0 && take(self, reply->body, reply->body_size) != RESULT_OK)
		log_event(LOG_WARNING, "pull-unreadable", "channel=%s what=%s bytes=%zu", self->config->name, what,
			reply->body_size);
}

static void on_reports_pulled(struct channel *self, const struct batch *batch, const struct http_reply *reply)
{
	on_pulled(self, reply, "reports", take_reports);
}

static enum result take_texts(struct channel *self, const char *body, size_t size)
{
	return yunmas_replies(body, size, take_text, self);
}

static void on_texts_pulled(struct channel *self, const struct batch *batch, const struct http_reply *reply)
{
	on_pulled(self, reply, "texts", take_texts);
}

static void pull_one(struct yunmas *yunmas, const char *url, web_done *done)
{
	struct buf body;

	if (url == NULL)
		return;
	buf_init(&body, BODY_MOST);
	yunmas_pull_add(&body, &yunmas->account);
	struct http_request request = {
		.url = url,
		.method = "POST",
		.content_type = "application/json",
		.body = buf_text(&body),
		.body_size = body.size,
		.reply_most = PULL_MOST,
	};
	yunmas->pulls++;
	web_send(&yunmas->web, request, NULL, done);
	buf_fini(&body);
}

static void on_pull(void *arg)
{
	struct channel *self = arg;
	const struct yunmas_options *options = self->config->options;
	struct yunmas *yunmas = self->state;

	if (yunmas->pulls == 0) {
		pull_one(yunmas, options->report_url, on_reports_pulled);
		pull_one(yunmas, options->deliver_url, on_texts_pulled);
	}
	timer_arm(&yunmas->pull, (uint64_t)options->pull_every_ms);
}

static enum result yunmas_open(struct channel *self, struct problems *problems)
{
	const struct yunmas_options *options = self->config->options;
	struct yunmas *yunmas = mem_zalloc(sizeof(*yunmas));

	yunmas->account = (struct yunmas_account){
		.ec_name = options->ec_name,
		.ap_id = options->ap_id,
		.secret = options->secret,
		.sign_code = options->sign_code,
		.add_serial = options->add_serial != NULL ? options->add_serial : "",
		.template_id = options->template_id,
		.params = options->params,
		.send_secret = options->send_secret,
		.quoted = options->quoted,
	};
	web_init(&yunmas->web, self, on_released);
	timer_init(&yunmas->pull, self->loop, on_pull, self);
	self->state = yunmas;
	if (options->pull_every_ms > 0)
		timer_arm(&yunmas->pull, (uint64_t)options->pull_every_ms);
	return RESULT_OK;
}

/*
 * The daily quota is given anew at midnight, by the platform's clock, which may be behind ours: what it refuses in the first half hour
 * of our day may still be yesterday's.
 */
static uint32_t until_tomorrow_ms(void)
{
	enum { EARLY_MIN = 30, EARLY_WAIT_MS = 300000, OTHERWISE_MS = 3600000 };
	int64_t now_ms = clock_wall_ms();
	time_t now = (time_t)(now_ms / 1000);
	struct tm tm;

	localtime_r(&now, &tm);
	if (tm.tm_hour == 0 && tm.tm_min < EARLY_MIN)
		return EARLY_WAIT_MS;
	tm.tm_mday++;
	tm.tm_hour = tm.tm_sec = 0;
	tm.tm_min = 1;
	tm.tm_isdst = -1;
	int64_t wait = (int64_t)mktime(&tm) * 1000 - now_ms;
	return wait > 0 && wait <= 2 * 86400000 ? (uint32_t)wait : OTHERWISE_MS;
}

static void on_answer(struct channel *self, const struct batch *batch, const struct http_reply *reply)
{
	struct yunmas *yunmas = self->state;
	struct outcome outcome;

	if (!web_replied(reply) || !yunmas_judge(reply->body, reply->body_size, &outcome))
		outcome = web_judge(reply);
	else if (outcome.class == CLASS_OK && (reply->status < 200 || reply->status > 299))
		outcome = outcome_make(CLASS_AMBIGUOUS, 0, "HTTP %ld, yet success", reply->status);
	if (outcome.class == CLASS_DEFER)
		outcome.wait_ms = until_tomorrow_ms();
	web_settle(&yunmas->web, batch, &outcome);
}

static void yunmas_send(struct channel *self, const struct batch *batch)
{
	const struct yunmas_options *options = self->config->options;
	struct yunmas *yunmas = self->state;
	struct buf body;

	buf_init(&body, BODY_MOST);
	if (yunmas_submit_add(&body, &yunmas->account, batch->phones, batch->count, batch->message->text)) {
		web_post(&yunmas->web, options->url, "application/json", &body, batch, on_answer);
	} else {
		struct outcome outcome = outcome_make(CLASS_PERM_MSG, 0, "request too long");
		channel_settle(self, batch, &outcome);
	}
	buf_fini(&body);
}

static void yunmas_pushed(struct channel *self, struct push *push)
{
	enum result result;

	if (strcmp(push->path, "report") == 0) {
		result = take_reports(self, push->body, push->body_size);
	} else if (strcmp(push->path, "reply") == 0) {
		result = take_texts(self, push->body, push->body_size);
	} else {
		push->status = 404;
		return;
	}
	if (result != RESULT_OK)
		log_event(LOG_WARNING, "push-unreadable", "channel=%s path=%s bytes=%zu", self->config->name,
			push->path, push->body_size);
	/* Cut on the way, it may come whole the next time; a line that we do not understand never will. */
	if (result == RESULT_INVALID)
		push->status = 400;
}

static void yunmas_close(struct channel *self, uint64_t deadline_ms)
{
	struct yunmas *yunmas = self->state;

	timer_disarm(&yunmas->pull);
	web_close(&yunmas->web, deadline_ms);
}

const struct channel_kind sms_yunmas_kind = {
	.name = "sms-yunmas",
	.medium = MEDIUM_SMS,
	.settings = settings,
	.options_size = sizeof(struct yunmas_options),
	.batch_limit = YUNMAS_MOBILES_MOST,
	.rate = "100/s",
	.window = 2,
	.batch = 500,
	.receipts = true,
	.check = yunmas_check,
	.open = yunmas_open,
	.send = yunmas_send,
	.pushed = yunmas_pushed,
	.close = yunmas_close,
	.receipted = yunmas_receipted,
};
