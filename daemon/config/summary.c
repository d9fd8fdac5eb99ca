#include "config/summary.h"

#include <string.h>

#include "config/address.h"

static void add_list(struct buf *buf, enum lang lang, char *const *list, const char *none)
{
	if (list[0] == NULL)
		buf_add_text(buf, none);
	for (size_t i = 0; list[i] != NULL; i++)
		buf_printf(buf, "%s%s", i > 0 ? (lang == LANG_ZH ? "、" : ", ") : "", list[i]);
	buf_add_byte(buf, '\n');
}

static void add_site(const struct config *config, enum lang lang, struct buf *buf)
{
	buf_printf(buf, say(lang, N_("site: %s, hotline %s, time zone %s\n")), config->site.name, config->site.hotline,
		config->site.timezone);
	buf_printf(buf, say(lang, N_("alerts are dropped into %s/new, facts are kept in %s\n")), config->paths.spool,
		config->paths.state);
	buf_printf(buf, say(lang, N_("the command crier reaches the daemon by %s\n")), config->paths.control);
	if (config->listen.port < 0)
		buf_add_text(buf, say(lang, N_("nothing is served over HTTP: no receipts by push, no metrics\n")));
	else
		buf_printf(buf, say(lang, N_("receipts, metrics and pages are served on %s port %lld\n")),
			config->listen.address, (long long)config->listen.port);
	buf_add_text(buf, say(lang, N_("alerts are taken from: ")));
	if (config->intake.senders[0] != NULL || config->site.sender == NULL)
		add_list(buf, lang, config->intake.senders, say(lang, N_("nobody")));
	else
		buf_printf(buf, "%s\n", config->site.sender);
}

static void add_audiences(const struct config *config, enum lang lang, struct buf *buf)
{
	buf_printf(buf, say(lang, N_("audiences: %zu\n")), config->audience_count);
	for (size_t i = 0; i < config->audience_count; i++)
		buf_printf(buf, "  %s %s\n", config->audiences[i].name, config->audiences[i].label);
}

static void add_limits(const struct config *config, enum lang lang, struct buf *buf)
{
	char rate[32];

	if (config->limits.recipient.count == 0)
		buf_add_text(buf, say(lang, N_("texts per person: no limit\n")));
	else
		buf_printf(buf, say(lang, N_("texts per person: at most %s, immediate alerts aside\n")),
			setting_rate_text(config->limits.recipient, rate));
	if (config->quiet.from < 0)
		buf_add_text(buf, say(lang, N_("quiet hours: none\n")));
	else
		buf_printf(buf, say(lang, N_("quiet hours: %02d:%02d to %02d:%02d, immediate alerts aside\n")),
			config->quiet.from / 60, config->quiet.from % 60, config->quiet.until / 60,
			config->quiet.until % 60);
}

/* The first setting of a channel whose address sends in the clear over the network, or NULL. */
static const char *plain_setting(const struct channel_config *channel)
{
	struct url url;

	for (const struct setting *row = channel->settings; row != NULL && row->key != NULL; row++) {
		const char *text = row->type == SETTING_URL ? *(char **)((char *)channel->options + row->offset) : NULL;
		if (text != NULL && url_parse(text, &url) && url_has_scheme(&url, "http") && !url_is_loopback(&url))
			return row->key;
	}
	return NULL;
}

static void add_warnings(const struct channel_config *channel, enum lang lang, struct buf *buf)
{
	const char *plain = plain_setting(channel);

	/* null, null-group, null-sign: residents whom such a channel serves are counted and never warned. */
	if (strncmp(channel->kind, "null", 4) == 0)
		buf_add_text(buf, say(lang, N_("    !!! practice only: nothing is really sent here\n")));
	if (plain != NULL)
		buf_printf(buf, say(lang, N_("    !!! PLAIN HTTP (%s): texts and passwords travel unprotected\n")),
			plain);
	else if (channel->allow_plain_http)
		buf_add_text(buf, say(lang, N_("    !!! plain http is allowed here (allow_plain_http = true)\n")));
	if (channel->signature_state == SIGNATURE_PENDING)
		buf_add_text(buf, say(lang, N_("    !!! signature not registered yet: nothing is sent\n")));
	if (channel->test)
		buf_add_text(buf, say(lang, N_("    test channel: takes test and exercise alerts too\n")));
}

static void add_channel(const struct channel_config *channel, enum lang lang, struct buf *buf)
{
	char rate[32];

	buf_printf(buf, say(lang, N_("  %s: %s (%s), %s, at most %lld batches of %lld at once\n")), channel->name,
		channel->kind, medium_name(channel->medium), setting_rate_text(channel->rate, rate),
		(long long)channel->window, (long long)channel->batch);
	buf_add_text(buf, say(lang, N_("    areas: ")));
	add_list(buf, lang, channel->areas, say(lang, N_("everywhere")));
	buf_add_text(buf, say(lang, N_("    audiences: ")));
	add_list(buf, lang, channel->audiences, say(lang, N_("all")));
	if (channel->medium == MEDIUM_SMS && channel->signature != NULL)
		buf_printf(buf,
			channel->signature_by == SIGNATURE_BY_US
				? say(lang, N_("    signature: %s, added by us\n"))
				: say(lang, N_("    signature: %s, added by the platform\n")),
			channel->signature);
	if (channel->reach == REACH_STAFF)
		buf_add_text(buf, say(lang, N_("    read by staff, who pass it on\n")));
	if (channel->owner != NULL)
		buf_printf(buf, say(lang, N_("    answerable: %s\n")), channel->owner);
	add_warnings(channel, lang, buf);
}

static void add_schedule(const struct config_schedule *schedule, enum lang lang, struct buf *buf)
{
	char gap[32];

	if (schedule->rule != NULL)
		buf_printf(buf, say(lang, N_("  %s: %s, texts of \"%s\", on ")), schedule->name, schedule->rule,
			schedule->pack);
	else
		buf_printf(buf,
			say(lang, N_("  %s: daily %02d:%02d to %02d:%02d, pause at most %s, texts of \"%s\", on ")),
			schedule->name, schedule->from / 60, schedule->from % 60, schedule->until / 60,
			schedule->until % 60, setting_duration_text(schedule->max_gap_ms, gap), schedule->pack);
	add_list(buf, lang, schedule->channels, "-");
}

void config_summary(const struct config *config, enum lang lang, struct buf *buf)
{
	add_site(config, lang, buf);
	add_audiences(config, lang, buf);
	add_limits(config, lang, buf);
	buf_printf(buf, say(lang, N_("channels: %zu\n")), config->channel_count);
	for (size_t i = 0; i < config->channel_count; i++)
		add_channel(&config->channels[i], lang, buf);
	buf_printf(buf, say(lang, N_("schedules: %zu\n")), config->schedule_count);
	for (size_t i = 0; i < config->schedule_count; i++)
		add_schedule(&config->schedules[i], lang, buf);
}
