/* Answers about alerts: previews, lists, one alert, reports. */
#include <stdio.h>
#include <string.h>

#include "cli/json.h"
#include "cli/show.h"
#include "cli/speak.h"
#include "cli/table.h"

static const char *const crowds[] = {"residents", "groups", "signs"};
static const char *const states[] = {"waiting", "in-flight", "accepted", "held", "delivered", "posted", "shown",
	"failed", "refused", "unknown", "expired", "cancelled", "opted-out", "capped", "no-channel", "gone"};

enum { CROWDS = 3, STATES = sizeof(states) / sizeof(states[0]) };

static void print_forecast(const json_t *forecast)
{
	for (int i = 0; i < CROWDS; i++) {
		const json_t *crowd = json_object_get(forecast, crowds[i]);
		char first[48], last[48];
		if (number(crowd, "recipients") + number(crowd, "excluded") == 0)
			continue;
		speak_line(N_("  %s: %lld (left out: %lld); the first leaves: %s, the last: %s"), show_word(crowds[i]),
			number(crowd, "recipients"), number(crowd, "excluded"),
			speak_span(number(crowd, "first_ms"), first), speak_span(number(crowd, "last_ms"), last));
	}
}

void show_submitted(const char *file, const json_t *result)
{
	show_problems(result);
	if (truth(result, "duplicate")) {
		speak_line(N_("%s: already accepted as %s; nothing is sent again"), file, text(result, "id"));
		return;
	}
	speak_line(truth(result, "stored") ? N_("%s: accepted as %s; nothing is sent for it")
					   : N_("%s: accepted as %s"),
		file, text(result, "id"));
	print_forecast(json_object_get(result, "forecast"));
	if (truth(result, "quiet_now"))
		speak_line(N_("  quiet hours: texts and posts leave when they are over"));
}

/* A text as it leaves, set off at the left. */
static void print_text(const char *at)
{
	while (*at != '\0') {
		size_t length = strcspn(at, "\n");
		printf("    | %.*s\n", (int)length, at);
		at += length + (at[length] == '\n');
	}
}

static void print_lane(const json_t *lane)
{
	char first[48], last[48];

	if (json_object_get(lane, "excluded") != NULL) {
		speak_line(N_("left out, %s: %lld"), show_word(text(lane, "excluded")), number(lane, "recipients"));
		return;
	}
	speak_line(N_("%s, audience %s: %lld recipients, %lld characters or bytes, %lld part(s), billed %lld"),
		text(lane, "channel"), text(lane, "audience"), number(lane, "recipients"), number(lane, "units"),
		number(lane, "parts"), number(lane, "billed"));
	speak_line(N_("    the first leaves: %s, the last: %s"), speak_span(number(lane, "first_ms"), first),
		speak_span(number(lane, "last_ms"), last));
	if (json_object_get(lane, "obstacle") != NULL)
		speak_line(N_("    NOT SENDING: %s"), tr(text(lane, "obstacle")));
	else if (truth(lane, "suspended"))
		speak_line(N_("    NOT SENDING: the channel is suspended"));
	print_text(text(lane, "text"));
}

void show_preview(const json_t *result)
{
	char from[32], until[32];
	size_t i;
	json_t *item;

	speak_line(N_("%s, %s, from %s until %s"), text(result, "id"), show_word(text(result, "urgency")),
		speak_time(number(result, "from_ms"), from), speak_time(number(result, "until_ms"), until));
	if (strcmp(text(result, "status"), "actual") != 0)
		speak_line(N_("a drill (%s): only test channels get it"), show_word(text(result, "status")));
	if (truth(result, "waits_for_quiet_hours"))
		speak_line(N_("quiet hours: texts and posts would wait until they are over"));
	speak_line(N_("residents: %lld; groups: %lld; signs: %lld"), number(result, "residents"),
		number(result, "groups"), number(result, "signs"));
	json_array_foreach(json_object_get(result, "audiences"), i, item)
		speak_line(N_("  audience %s: %lld residents"), text(item, "audience"), number(item, "residents"));
	json_array_foreach(json_object_get(result, "lanes"), i, item) print_lane(item);
	show_problems(result);
	if (truth(result, "refused"))
		speak_line(N_("AS IT STANDS THIS ALERT WOULD BE REFUSED."));
	else
		speak_line(N_("Nothing was sent."));
}

static long long sum_of(const json_t *crowd, const char *const *names)
{
	long long sum = 0;

	for (; *names != NULL; names++)
		sum += number(crowd, *names);
	return sum;
}

/* Reached or thought so; on its way; ended badly; left out: four words that say how it stands. */
static void add_crowd_cells(struct table *table, const json_t *sums)
{
	static const char *const good[] = {"accepted", "held", "delivered", "posted", "shown", NULL};
	static const char *const open[] = {"waiting", "in-flight", NULL};
	static const char *const bad[] = {"failed", "refused", "unknown", "expired", "cancelled", NULL};

	for (int i = 0; i < CROWDS; i++) {
		const json_t *crowd = json_object_get(sums, crowds[i]);
		table_cell(table, "%lld/%lld/%lld/%lld", sum_of(crowd, good), sum_of(crowd, open), sum_of(crowd, bad),
			number(crowd, "excluded"));
	}
}

static void print_alerts(const json_t *result)
{
	static const char *const names[] = {N_("alert"), N_("accepted at"), N_("urgency"), N_("state"), N_("title"),
		N_("residents"), N_("groups"), N_("signs"), NULL};
	struct table table;
	size_t i;
	json_t *alert;

	table_begin(&table, names);
	json_array_foreach(json_object_get(result, "alerts"), i, alert)
	{
		char when[32];
		table_cell(&table, "%s", text(alert, "id"));
		table_cell(&table, "%s", speak_time(number(alert, "accepted_ms"), when));
		table_cell(&table, "%s", show_word(text(alert, "urgency")));
		table_cell(&table, "%s", show_word(text(alert, "state")));
		table_cell(&table, "%s", text(alert, "title"));
		add_crowd_cells(&table, json_object_get(alert, "sums"));
	}
	table_end(&table, N_("no alert"));
	if (i > 0)
		speak_line(N_("figures: taken or reached / on the way / not reached / left out"));
}

void show_alerts(const json_t *result)
{
	print_alerts(result);
	show_cut(result, "alerts", N_("--most N shows more"));
}

static const char shorter_span[] = N_("name a shorter span with --from and --to");

/* The three sums, each state on its line, and whether they add up. */
static int print_sums(const json_t *sums)
{
	int wrong = 0;

	for (int i = 0; i < CROWDS; i++) {
		const json_t *crowd = json_object_get(sums, crowds[i]);
		long long total = number(crowd, "total"), sum = 0;
		if (total == 0)
			continue;
		speak_line(N_("%s: %lld"), show_word(crowds[i]), total);
		for (int k = 0; k < STATES; k++) {
			long long count = number(crowd, states[k]);
			sum += count;
			if (count > 0)
				printf("    %s  %lld\n", show_word(states[k]), count);
		}
		if (sum != total) {
			speak_line(N_("    THESE DO NOT ADD UP: %lld"), sum);
			wrong = 1;
		}
	}
	return wrong;
}

void show_alert(const json_t *result)
{
	char accepted[32], until[32];
	size_t i;
	json_t *lane, *count;
	const char *state;

	printf("%s  %s  %s  %s\n", text(result, "id"), text(result, "title"), show_word(text(result, "urgency")),
		show_word(text(result, "state")));
	speak_line(N_("accepted %s, ends %s, from %s"), speak_time(number(result, "accepted_ms"), accepted),
		speak_time(number(result, "until_ms"), until), text(result, "sender"));
	print_sums(json_object_get(result, "sums"));
	json_array_foreach(json_object_get(result, "lanes"), i, lane)
	{
		if (*text(lane, "channel") == '\0')
			continue;
		printf("%s, %s:", text(lane, "channel"), text(lane, "audience"));
		json_object_foreach(json_object_get(lane, "states"), state, count)
			printf(" %s %lld", show_word(state), (long long)json_integer_value(count));
		puts(truth(lane, "held") ? tr(N_(" (held: the provider refused the text)")) : "");
		print_text(text(lane, "text"));
	}
}

void show_cancel(const json_t *result)
{
	if (truth(result, "dry_run"))
		speak_line(N_("%s: would stop %lld that have not been sent; nothing was done"), text(result, "id"),
			number(result, "stopped"));
	else
		speak_line(N_("%s: stopped; %lld were not sent"), text(result, "id"), number(result, "stopped"));
	if (truth(result, "some_were_sent"))
		speak_line(N_("some have it already: consider a correction"));
}

void show_report(const json_t *result)
{
	if (json_object_get(result, "lanes") != NULL) {
		show_alert(result);
		return;
	}
	print_alerts(result);
	print_sums(json_object_get(result, "totals"));
	show_cut(result, "alerts", shorter_span);
}

static void csv_cell(const char *value, const char *end)
{
	putchar('"');
	for (; *value != '\0'; value++) {
		if (*value == '"')
			putchar('"');
		putchar(*value);
	}
	printf("\"%s", end);
}

static void csv_row(const json_t *alert)
{
	const json_t *sums = json_object_get(alert, "sums");
	char when[32];

	for (int i = 0; i < CROWDS; i++) {
		const json_t *crowd = json_object_get(sums, crowds[i]);
		if (number(crowd, "total") == 0)
			continue;
		csv_cell(text(alert, "id"), ",");
		csv_cell(text(alert, "title"), ",");
		csv_cell(speak_time(number(alert, "accepted_ms"), when), ",");
		csv_cell(show_word(crowds[i]), ",");
		printf("%lld", number(crowd, "total"));
		for (int k = 0; k < STATES; k++)
			printf(",%lld", number(crowd, states[k]));
		fputs("\r\n", stdout);
	}
}

void show_report_csv(const json_t *result)
{
	size_t i;
	json_t *alert;

	/* Excel and WPS read UTF-8 only behind a mark. */
	fputs("\xef\xbb\xbf", stdout);
	csv_cell(tr(N_("alert")), ",");
	csv_cell(tr(N_("title")), ",");
	csv_cell(tr(N_("accepted at")), ",");
	csv_cell(tr(N_("recipients")), ",");
	csv_cell(show_word("total"), "");
	for (int k = 0; k < STATES; k++) {
		putchar(',');
		csv_cell(show_word(states[k]), "");
	}
	fputs("\r\n", stdout);
	if (json_object_get(result, "alerts") == NULL)
		csv_row(result);
	json_array_foreach(json_object_get(result, "alerts"), i, alert) csv_row(alert);
	show_cut(result, "alerts", shorter_span);
}
