/* Answers about the daemon as a whole, traffic and the calendar; words shared by all. */
#include "cli/show.h"

#include <stdio.h>
#include <string.h>

#include "cli/json.h"
#include "cli/speak.h"
#include "cli/table.h"

const char *show_word(const char *english)
{
	static const char *const words[] = {N_("waiting"), N_("in-flight"), N_("accepted"), N_("held"), N_("delivered"),
		N_("posted"), N_("shown"), N_("failed"), N_("refused"), N_("unknown"), N_("expired"), N_("cancelled"),
		N_("opted-out"), N_("capped"), N_("no-channel"), N_("gone"), N_("residents"), N_("groups"), N_("signs"),
		N_("immediate"), N_("today"), N_("routine"), N_("open"), N_("closed"), N_("stored"), N_("updated"),
		N_("actual"), N_("test"), N_("exercise"), N_("draft"), N_("total"), N_("excluded"), N_("reminder"),
		N_("slogans"), N_("slogans-begin"), N_("slogans-end"), NULL};

	for (size_t i = 0; words[i] != NULL; i++)
		if (strcmp(words[i], english) == 0)
			return tr(words[i]);
	return english;
}

static const char *yes(const json_t *result, const char *key)
{
	return truth(result, key) ? tr(N_("yes")) : tr(N_("no"));
}

void show_problems(const json_t *result)
{
	size_t i;
	json_t *item;

	json_array_foreach(json_object_get(result, "problems"), i, item)
	{
		const char *remedy = text(item, speak_lang() == LANG_ZH ? "remedy_zh" : "remedy_en");
		fprintf(stderr, "crier: %s%s%s%s%s%s\n", tr(N_("please note: ")), text(item, "field"),
			*text(item, "field") != '\0' ? tr(N_(": ")) : "",
			text(item, speak_lang() == LANG_ZH ? "zh" : "en"), *remedy != '\0' ? tr(N_("; ")) : "", remedy);
	}
}

void show_cut(const json_t *result, const char *key, const char *remedy)
{
	long long most = number(result, "most");

	if (most > 0 && json_array_size(json_object_get(result, key)) >= (size_t)most)
		speak_error(N_("only the first %lld are told, there may be more: %s"), most, tr(remedy));
}

void show_status(const json_t *result)
{
	char span[48];

	/* A span of nothing is said as "at once", which is no time to have been running. */
	long long uptime = number(result, "uptime_ms");
	speak_line(N_("%s, crierd %s, running for %s"), text(result, "site"), text(result, "version"),
		speak_span(uptime < 1000 ? 1000 : uptime, span));
	if (truth(result, "stopped"))
		speak_line(N_("SENDING IS STOPPED (by %s); \"crier start\" goes on"), text(result, "stopped_by"));
	speak_line(N_("quiet hours now: %s"), yes(result, "quiet_hours"));
	speak_line(N_("ledger: %s"),
		truth(result, "ledger_healthy") ? tr(N_("well")) : tr(text(result, "ledger_reason")));
	speak_line(N_("taking new alerts: %s"),
		truth(result, "intake_open") ? tr(N_("yes")) : tr(text(result, "intake_reason")));
	speak_line(N_("alerts being sent: %lld; batches in flight: %lld; files waiting: %lld"),
		number(result, "alerts_sending"), number(result, "batches_in_flight"), number(result, "files_waiting"));
	speak_line(N_("channels: %lld, of them in trouble: %lld"), number(result, "channels"),
		number(result, "channels_troubled"));
	speak_line(N_("residents known: %lld; opted out: %lld"), number(result, "residents"),
		number(result, "opted_out"));
	speak_line(N_("drop alerts into %s/new, or use \"crier submit FILE\""), text(result, "spool"));
}

void show_queue(const json_t *result)
{
	static const char *const names[] = {N_("alert"), N_("channel"), N_("audience"), N_("urgency"), N_("waiting"),
		N_("in-flight"), N_("unknown"), N_("done in"), N_("remark"), NULL};
	struct table table;
	size_t i;
	json_t *lane;

	table_begin(&table, names);
	json_array_foreach(json_object_get(result, "lanes"), i, lane)
	{
		char span[48];
		table_cell(&table, "%s", text(lane, "alert"));
		table_cell(&table, "%s", text(lane, "channel"));
		table_cell(&table, "%s", text(lane, "audience"));
		table_cell(&table, "%s", show_word(text(lane, "urgency")));
		table_cell(&table, "%lld", number(lane, "waiting"));
		table_cell(&table, "%lld", number(lane, "in_flight"));
		table_cell(&table, "%lld", number(lane, "unknown"));
		table_cell(&table, "%s", speak_span(number(lane, "last_ms"), span));
		table_cell(&table, "%s",
			truth(lane, "held")             ? tr(N_("held: the provider refused the text"))
				: !truth(lane, "begun") ? tr(N_("begins later"))
							: "");
	}
	table_end(&table, N_("nothing waits"));
	if (truth(result, "stopped"))
		speak_line(N_("sending is stopped; \"crier start\" goes on"));
	if (truth(result, "quiet_hours"))
		speak_line(N_("quiet hours: routine and today wait"));
}

void show_released(const json_t *result)
{
	speak_line(N_("%lld texts are sent on"), number(result, "released"));
}

static const char *condition(const json_t *channel)
{
	if (truth(channel, "suspended"))
		return tr(N_("SUSPENDED"));
	if (json_object_get(channel, "obstacle") != NULL)
		return tr(N_("NOT SENDING"));
	if (!truth(channel, "well"))
		return tr(N_("IN TROUBLE"));
	return truth(channel, "probing") ? tr(N_("probing")) : tr(N_("well"));
}

static const char *remark(const json_t *channel)
{
	if (truth(channel, "suspended"))
		return text(channel, "suspended_why");
	if (json_object_get(channel, "obstacle") != NULL)
		return tr(text(channel, "obstacle"));
	return truth(channel, "well") ? "" : text(channel, "words"); /* what is well needs no remark */
}

void show_channels(const json_t *result)
{
	static const char *const names[] = {N_("channel"), N_("kind"), N_("condition"), N_("rate"), N_("waiting"),
		N_("in-flight"), N_("accepted"), N_("refused"), N_("unknown"), N_("remark"), NULL};
	struct table table;
	size_t i;
	json_t *channel;

	table_begin(&table, names);
	json_array_foreach(json_object_get(result, "channels"), i, channel)
	{
		table_cell(&table, "%s", text(channel, "name"));
		table_cell(&table, "%s", text(channel, "kind"));
		table_cell(&table, "%s", condition(channel));
		table_cell(&table, "%s", text(channel, "rate"));
		table_cell(&table, "%lld", number(channel, "waiting"));
		table_cell(&table, "%lld", number(channel, "in_flight"));
		table_cell(&table, "%lld", number(channel, "accepted"));
		table_cell(&table, "%lld", number(channel, "refused"));
		table_cell(&table, "%lld", number(channel, "unknown"));
		table_cell(&table, "%s", remark(channel));
	}
	table_end(&table, N_("no channel is configured"));
}

void show_channel(const json_t *result)
{
	speak_line(N_("channel %s: %s"), text(result, "name"), condition(result));
}

void show_signs(const json_t *result)
{
	size_t i, k;
	json_t *sign, *item;

	json_array_foreach(json_object_get(result, "signs"), i, sign)
	{
		printf("%s  %s\n", text(sign, "name"), truth(sign, "well") ? tr(N_("well")) : text(sign, "words"));
		if (*text(sign, "showing") != '\0')
			printf("    %s\n", text(sign, "showing"));
		json_array_foreach(json_object_get(sign, "alerts"), k, item)
			printf("    %s %s\n", tr(N_("alert:")), json_string_value(item));
		json_array_foreach(json_object_get(sign, "slogans"), k, item)
			printf("    %s %s\n", tr(N_("slogan:")), json_string_value(item));
	}
	if (i == 0)
		puts(tr(N_("no sign is configured")));
}

void show_unknown(const json_t *result)
{
	static const char *const names[] = {N_("batch"), N_("alert"), N_("channel"), N_("recipients"), N_("sent"),
		N_("what was heard"), NULL};
	struct table table;
	size_t i;
	json_t *batch;
	const char *name;

	table_begin(&table, names);
	json_array_foreach(json_object_get(result, "batches"), i, batch)
	{
		char when[32];
		table_cell(&table, "%s", text(batch, "batch"));
		table_cell(&table, "%s", text(batch, "alert"));
		table_cell(&table, "%s", text(batch, "channel"));
		table_cell(&table, "%lld", number(batch, "recipients"));
		table_cell(&table, "%s", speak_time(number(batch, "sent_ms"), when));
		table_cell(&table, "%s", text(batch, "peer"));
	}
	table_end(&table, N_("nothing is in doubt"));
	show_cut(result, "batches", N_("--most N shows more"));
	if (i > 0)
		speak_line(N_(
			"They may or may not have got the text. \"crier unknown resend BATCH\" sends it again (some may get it twice); \"crier unknown drop BATCH\" gives it up."));
	json_object_foreach(json_object_get(result, "bounds"), name, batch)
		speak_line(N_("channel %s: at most %lld recipients can be in doubt after a crash"), name,
			(long long)json_integer_value(batch));
}

void show_resolved(const json_t *result)
{
	if (truth(result, "dry_run"))
		speak_line(N_("%lld recipients would be settled so; nothing was done"), number(result, "recipients"));
	else
		speak_line(N_("%lld recipients settled"), number(result, "recipients"));
}

static void print_names(const json_t *list, char *out, size_t room)
{
	size_t i, used = 0;
	json_t *item;

	out[0] = '\0';
	json_array_foreach(list, i, item) if (used + 1 < room)
		used += (size_t)snprintf(out + used, room - used, "%s%s", i > 0 ? "、" : "", json_string_value(item));
}

void show_schedules(const json_t *result)
{
	static const char *const names[] = {N_("schedule"), N_("type"), N_("channels"), N_("pack"), N_("rule or hours"),
		N_("next"), NULL};
	struct table table;
	size_t i;
	json_t *schedule;

	table_begin(&table, names);
	json_array_foreach(json_object_get(result, "schedules"), i, schedule)
	{
		char channels[200], when[32], hours[96];
		print_names(json_object_get(schedule, "channels"), channels, sizeof(channels));
		snprintf(hours, sizeof(hours), "%02lld:%02lld-%02lld:%02lld", number(schedule, "from") / 60,
			number(schedule, "from") % 60, number(schedule, "until") / 60, number(schedule, "until") % 60);
		table_cell(&table, "%s", text(schedule, "name"));
		table_cell(&table, "%s", show_word(text(schedule, "type")));
		table_cell(&table, "%s", channels);
		table_cell(&table, "%s", text(schedule, "pack"));
		table_cell(&table, "%s", *text(schedule, "rule") != '\0' ? text(schedule, "rule") : hours);
		table_cell(&table, "%s", speak_time(number(schedule, "next_ms"), when));
	}
	table_end(&table, N_("no schedule is configured"));
}

void show_next(const json_t *result)
{
	static const char *const names[] = {N_("time"), N_("schedule"), N_("what"), N_("channels"), NULL};
	struct table table;
	size_t i;
	json_t *next;

	table_begin(&table, names);
	json_array_foreach(json_object_get(result, "next"), i, next)
	{
		char channels[200], when[32];
		print_names(json_object_get(next, "channels"), channels, sizeof(channels));
		table_cell(&table, "%s", speak_time(number(next, "at_ms"), when));
		table_cell(&table, "%s", text(next, "name"));
		table_cell(&table, "%s", show_word(text(next, "what")));
		table_cell(&table, "%s", channels);
	}
	table_end(&table, N_("nothing comes"));
}

void show_ran(const json_t *result)
{
	speak_line(N_("sent as %s"), text(result, "id"));
	if (truth(result, "waits_for_quiet_hours"))
		speak_line(N_("quiet hours: it leaves when they are over"));
}

void show_audit(const json_t *result)
{
	static const char *const names[] = {N_("time"), N_("who"), N_("order"), N_("what"), NULL};
	struct table table;
	size_t i;
	json_t *event;

	table_begin(&table, names);
	json_array_foreach(json_object_get(result, "events"), i, event)
	{
		char when[32];
		table_cell(&table, "%s", speak_time(number(event, "at_ms"), when));
		table_cell(&table, "%s", text(event, "who"));
		table_cell(&table, "%s", text(event, "kind"));
		table_cell(&table, "%s", text(event, "what"));
	}
	table_end(&table, N_("nothing was ordered yet"));
	show_cut(result, "events", N_("--most N shows more"));
}

void show_audited(const json_t *result)
{
	speak_line(N_("%lld events, none changed; the last seal is %s"), number(result, "checked"),
		text(result, "seal"));
}

void show_switch(const json_t *result)
{
	if (truth(result, "stopped"))
		speak_line(N_("Sending is stopped. %lld recipients wait; nothing is lost. Batches on their way: %lld."),
			number(result, "waiting"), number(result, "batches_in_flight"));
	else
		speak_line(N_("Sending goes on. %lld recipients wait."), number(result, "waiting"));
}

void show_reloaded(const json_t *result)
{
	show_problems(result);
	speak_line(N_("the configuration is taken over: %lld channels, %lld schedules"), number(result, "channels"),
		number(result, "schedules"));
}
