#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "channel/kinds.h"
#include "channel/web.h"
#include "channel/wecom_codec.h"

/*
 * A WeChat Work group robot. It reaches the staff of an internal group; posted is not reached. The key in the
 * URL is its only secret. Nothing comes back but the answer, and a post whose answer is lost stays in doubt.
 */
struct wecom_options {
	char *url, *key;
	int format; /* enum message_format */
	char **mentions, **mention_mobiles;
};

struct wecom {
	struct web web;
	char *url; /* with the key */
	uint64_t often_until_ms; /* a further "too often" before this moment is a repeated one */
};

#define HOUR_MS   3600000
#define BODY_MOST (32 * 1024)

static const char *const formats[] = {[FORMAT_PLAIN] = "text", [FORMAT_MARKDOWN] = "markdown", NULL};

static const struct setting settings[] = {
	{"url", SETTING_URL, offsetof(struct wecom_options, url), "https://qyapi.weixin.qq.com/cgi-bin/webhook/send",
		.help = N_("address of the robot, without its key")},
	{"key_file", SETTING_SECRET, offsetof(struct wecom_options, key), .required = true,
		.help = N_("file that holds the key, the part of the robot's address behind key=")},
	{"format", SETTING_CHOICE, offsetof(struct wecom_options, format), "markdown", .choices = formats,
		.help = N_("how posts are worded: text, or markdown with headings and colours")},
	{"mentions", SETTING_STRINGS, offsetof(struct wecom_options, mentions), "",
		.help = N_("user ids that every post mentions; @all is everybody, in plain posts only")},
	{"mention_mobiles", SETTING_STRINGS, offsetof(struct wecom_options, mention_mobiles), "",
		.help = N_("mobile numbers of members whom every plain post mentions")},
	SETTING_END,
};

static enum message_format wecom_format(const struct channel_config *config)
{
	const struct wecom_options *options = config->options;

	return (enum message_format)options->format;
}

/* In markdown the mentions stand in the content: a text is worded for what room they leave. */
static unsigned int wecom_text_most(const struct channel_config *config)
{
	const struct wecom_options *options = config->options;

	if (options->format != FORMAT_MARKDOWN)
		return WECOM_TEXT_MOST;
	size_t marks = wecom_marks_size(options->mentions);
	return marks < WECOM_MARKDOWN_MOST ? (unsigned int)(WECOM_MARKDOWN_MOST - marks) : 1;
}

/* Where people paste the whole address, a key in it; or the end of the string. */
static size_t length_without_key(const char *url)
{
	const char *query = strchr(url, '?');

	return query != NULL && strstr(query, "key=") != NULL ? (size_t)(query - url) : strlen(url);
}

static void wecom_check(const struct channel_config *config, struct problems *problems)
{
	const struct wecom_options *options = config->options;
	struct place at = {config->file, config->line};

	if (options->url[length_without_key(options->url)] != '\0')
		problem_remedy(
			problem_add(problems, PROBLEM_WARNING, &at, "url",
				N_("the robot's key stands in the configuration, where too many can read it; it is ignored here")),
			N_("take ?key= and what follows out, and write the key into the file of key_file"));
}

static void on_released(struct channel *channel)
{
	struct wecom *wecom = channel->state;

	free(wecom->url);
	free(wecom);
	channel->state = NULL;
	channel_closed(channel);
}

static enum result wecom_open(struct channel *self, struct problems *problems)
{
	const struct wecom_options *options = self->config->options;
	struct wecom *wecom = mem_zalloc(sizeof(*wecom));
	char *key = http_escape(options->key, strlen(options->key));

	char *url = mem_strndup(options->url, length_without_key(options->url));
	wecom->url = mem_printf("%s%ckey=%s", url, strchr(url, '?') != NULL ? '&' : '?', key);
	free(url);
	free(key);
	web_init(&wecom->web, self, on_released);
	self->state = wecom;
	return RESULT_OK;
}

/*
 * A minute's pause is enough once; a robot that is over its limit again right after it is blocked for an
 * hour.
 */
static void lengthen_wait(struct wecom *wecom, struct outcome *outcome)
{
	uint64_t now = clock_mono_ms();

	if (now < wecom->often_until_ms)
		outcome->wait_ms = HOUR_MS;
	wecom->often_until_ms = now + HOUR_MS;
}

static void on_answer(struct channel *self, const struct batch *batch, const struct http_reply *reply)
{
	struct wecom *wecom = self->state;
	uint32_t whole_group = 0;
	struct outcome outcome;
	long code = 0;

	if (!web_replied(reply) || !wecom_judge(reply->body, reply->body_size, &outcome, &code))
		outcome = web_judge(reply);
	else if (outcome.class == CLASS_OK && reply->status != 200)
		outcome = outcome_make(CLASS_AMBIGUOUS, 0, "HTTP %ld, yet errcode 0", reply->status);
	if (outcome.class == CLASS_OK)
		wecom->often_until_ms = 0;
	if (code == WECOM_TOO_OFTEN)
		lengthen_wait(wecom, &outcome);
	if (outcome.class == CLASS_PERM_RCPT) {
		outcome.refused = &whole_group;
		outcome.refused_count = 1;
	}
	web_settle(&wecom->web, batch, &outcome);
}

static void wecom_send(struct channel *self, const struct batch *batch)
{
	const struct wecom_options *options = self->config->options;
	struct wecom_mentions mentions = {options->mentions, options->mention_mobiles};
	struct wecom *wecom = self->state;
	struct buf body;

	buf_init(&body, BODY_MOST);
	if (wecom_body_add(&body, batch->message, &mentions) == RESULT_OK) {
		web_post(&wecom->web, wecom->url, "application/json", &body, batch, on_answer);
	} else {
		struct outcome outcome = outcome_make(CLASS_PERM_MSG, 0, "text longer than %d bytes",
			batch->message->format == FORMAT_MARKDOWN ? WECOM_MARKDOWN_MOST : WECOM_TEXT_MOST);
		channel_settle(self, batch, &outcome);
	}
	buf_fini(&body);
}

static void wecom_close(struct channel *self, uint64_t deadline_ms)
{
	struct wecom *wecom = self->state;

	web_close(&wecom->web, deadline_ms);
}

const struct channel_kind wecom_robot_kind = {
	.name = "wecom-robot",
	.medium = MEDIUM_WECOM,
	.settings = settings,
	.options_size = sizeof(struct wecom_options),
	.batch_limit = 1,
	.rate = "18/min",
	.window = 1,
	.batch = 1,
	.check = wecom_check,
	.open = wecom_open,
	.send = wecom_send,
	.close = wecom_close,
	.format = wecom_format,
	.text_most = wecom_text_most,
};
