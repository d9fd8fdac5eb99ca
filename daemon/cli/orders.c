#include "cli/orders.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "base/nearest.h"
#include "base/say.h"
#include "cli/name.h"
#include "cli/show.h"
#include "cli/speak.h"
#include "cli/status.h"

enum { MOST_ROWS = 1000000 };

/* Rows of one line each, which the formatter would spread over four. */
/* clang-format off */
#define DRY {"dry-run", ORDER_FLAG, "dry_run", NULL}
#define MOST {"most", ORDER_NUMBER, "most", "N"}
#define FROM {"from", ORDER_DATE, "from_ms", "DATE"}
#define TO {"to", ORDER_DATE_END, "to_ms", "DATE"}
/* clang-format on */

const struct order orders[] = {
	{"status", NULL, "", false, {{0}}, N_("how the daemon is, in one page"), show_status},
	{"submit", NULL, "FILE…", true, {{0}}, N_("check files, hand them over durably, print the alerts' ids"), NULL},
	{"preview", NULL, "name", true, {{0}}, N_("every text of an alert as it would leave, without sending it"),
		show_preview},
	{"alert list", NULL, "", false, {{"state", ORDER_CHOICE, "state", "open|closed|stored"}, MOST, FROM, TO},
		N_("alerts, newest first"), show_alerts},
	{"alert show", NULL, "id", false, {{0}}, N_("one alert: its texts, and how its recipients stand"), show_alert},
	{"alert cancel", NULL, "id", false, {DRY}, N_("stop what has not been sent, and take it off the signs"),
		show_cancel},
	{"report", NULL, "[id]", false, {FROM, TO, {"csv", ORDER_FLAG, NULL, NULL}},
		N_("who was reached, in sums that add up"), show_report},
	{"queue list", NULL, "", false, {{0}}, N_("what still waits, by alert and channel"), show_queue},
	{"queue release", NULL, "id channel", false, {{0}}, N_("send on although the provider refused the text"),
		show_released},
	{"channel list", NULL, "", false, {{0}}, N_("channels and how they are"), show_channels},
	{"channel suspend", NULL, "name [why]", false, {{0}}, N_("send nothing new there"), show_channel},
	{"channel resume", NULL, "name", false, {{0}}, N_("send there again"), show_channel},
	{"sign list", NULL, "", false, {{0}}, N_("what each sign shows"), show_signs},
	{"unknown list", NULL, "", false, {MOST}, N_("sends whose answer was lost"), show_unknown},
	{"unknown resend", NULL, "batch", false, {DRY}, N_("send to those in doubt once more"), show_resolved},
	{"unknown drop", NULL, "batch", false, {DRY}, N_("count those in doubt as failed"), show_resolved},
	{"roster import", NULL, "name", true,
		{{"list", ORDER_NEEDED, "list", "NAME"}, {"source", ORDER_NEEDED, "source", "UNIT"},
			{"basis", ORDER_NEEDED, "basis", "TEXT"}, {"until", ORDER_TEXT, "until", "DATE"},
			{"discard-extra", ORDER_FLAG, "discard_extra", NULL}, DRY},
		N_("replace one list of residents by a CSV file"), show_import},
	{"roster lists", NULL, "", false, {{0}}, N_("the lists and where they come from"), show_lists},
	{"roster stats", NULL, "", false, {{0}}, N_("how many residents, by list, area, role and age"), show_stats},
	{"roster find", NULL, "phone", false, {{"history", ORDER_FLAG, "history", NULL}},
		N_("one number: where it comes from, and what it was sent"), show_person},
	{"optout add", NULL, "phone", false, {{"source", ORDER_TEXT, "source", "TEXT"}}, N_("text this number no more"),
		show_optout},
	{"optout remove", NULL, "phone", false, {{0}}, N_("the resident wants warnings again"), show_optout},
	{"optout list", NULL, "", false, {MOST}, N_("who asked not to be texted"), show_optouts},
	{"schedule list", NULL, "", false, {{0}}, N_("reminders and slogans"), show_schedules},
	{"schedule next", NULL, "", false, {MOST}, N_("what comes next, in order of time"), show_next},
	{"schedule run", NULL, "name", false, {{0}}, N_("send a reminder now"), show_ran},
	{"audit list", NULL, "", false, {MOST}, N_("what operators did, newest first"), show_audit},
	{"audit verify", NULL, "", false, {{0}}, N_("check that nobody changed the audit trail"), show_audited},
	{"stop", NULL, "", false, {{0}}, N_("the red switch: stop all sending now, lose nothing"), show_switch},
	{"start", NULL, "", false, {{0}}, N_("go on sending"), show_switch},
	{"reload", NULL, "", false, {{0}}, N_("read the configuration again; a faulty one changes nothing"),
		show_reloaded},
	{0},
};

/* How many leading words of argv are the order's; 0 when they differ. */
static int matches(const struct order *order, int argc, char *const *argv)
{
	const char *words = order->words;
	int count = 0;

	while (*words != '\0') {
		size_t length = strcspn(words, " ");
		if (count >= argc || strlen(argv[count]) != length || strncmp(argv[count], words, length) != 0)
			return 0;
		count++;
		words += length + (words[length] == ' ');
	}
	return count;
}

const struct order *order_find(int argc, char *const *argv, int *used)
{
	const struct order *found = NULL;

	*used = 0;
	for (const struct order *order = orders; order->words != NULL; order++) {
		int count = matches(order, argc, argv);
		if (count > *used) {
			*used = count;
			found = order;
		}
	}
	return found;
}

/* mktime would make 2026-03-02 of 2026-02-30: a day that is not in the calendar is a slip of the pen. */
static bool parse_date(const char *text, bool day_end, json_int_t *ms)
{
	static const char day_alone[] = "%Y-%m-%d";
	static const char *const forms[] = {"%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", day_alone};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct tm tm = {.tm_isdst = -1};
		const char *end = strptime(text, forms[i], &tm);
		if (end == NULL || *end != '\0')
			continue;
		int day = tm.tm_mday, year = tm.tm_year;
		time_t seconds = mktime(&tm);
		bool exists = tm.tm_mday == day && year >= 70 && year < 8000;
		if (day_end && forms[i] == day_alone) {
			tm.tm_mday++;
			tm.tm_isdst = -1;
			seconds = mktime(&tm);
		}
		*ms = (json_int_t)seconds * 1000;
		return exists;
	}
	return false;
}

/* `value` is one of `choices`, "open|closed|stored". */
static bool is_choice(const char *choices, const char *value)
{
	size_t length = strlen(value);

	for (const char *at = choices; length > 0; at += strcspn(at, "|") + 1) {
		if (strncmp(at, value, length) == 0 && (at[length] == '|' || at[length] == '\0'))
			return true;
		if (at[strcspn(at, "|")] == '\0')
			return false;
	}
	return false;
}

static int bad_value(const char *option, const char *value)
{
	speak_error(N_("--%s does not take \"%s\""), option, value);
	return EXIT_MISUSED;
}

static int take_option(const struct order_option *option, const char *value, json_t *args)
{
	char *end;
	json_int_t number;

	switch (option->kind) {
	case ORDER_FLAG:
		if (option->arg != NULL)
			json_object_set_new(args, option->arg, json_true());
		return 0;
	case ORDER_CHOICE:
		if (!is_choice(option->value, value)) {
			speak_error(N_("--%s does not take \"%s\"; possible: %s"), option->name, value, option->value);
			return EXIT_MISUSED;
		}
		json_object_set_new(args, option->arg, json_string(value));
		return 0;
	case ORDER_TEXT:
	case ORDER_NEEDED:
		json_object_set_new(args, option->arg, json_string(value));
		return json_object_get(args, option->arg) != NULL ? 0 : bad_value(option->name, value);
	case ORDER_NUMBER:
		errno = 0;
		number = strtoll(value, &end, 10);
		if (*value == '\0' || *end != '\0' || errno != 0 || number < 1 || number > MOST_ROWS)
			return bad_value(option->name, value);
		json_object_set_new(args, option->arg, json_integer(number));
		return 0;
	case ORDER_DATE:
	case ORDER_DATE_END:
		if (!parse_date(value, option->kind == ORDER_DATE_END, &number))
			return bad_value(option->name, value);
		json_object_set_new(args, option->arg, json_integer(number));
		return 0;
	}
	return EXIT_MISUSED;
}

static const struct order_option *find_option(const struct order *order, const char *name, size_t length)
{
	for (const struct order_option *option = order->options; option->name != NULL; option++)
		if (strlen(option->name) == length && strncmp(option->name, name, length) == 0)
			return option;
	return NULL;
}

static int no_option(const struct order *order, const char *word)
{
	const char *names[sizeof(order->options) / sizeof(order->options[0]) + 1] = {0};

	for (size_t i = 0; i + 1 < sizeof(names) / sizeof(names[0]) && order->options[i].name != NULL; i++)
		names[i] = order->options[i].name;
	const char *near = nearest_name(word + 2, names);
	if (near != NULL)
		speak_error(N_("\"%s\" has no option %s; did you mean --%s?"), order->words, word, near);
	else
		speak_error(N_("\"%s\" has no option %s; see: crier help %s"), order->words, word, order->words);
	return EXIT_MISUSED;
}

/* The n-th positional of the order; false past the last. */
static bool positional(const struct order *order, int n, char name[32], bool *optional)
{
	const char *at = order->positional;

	for (;; n--) {
		at += strspn(at, " ");
		size_t length = strcspn(at, " ");
		if (length == 0)
			return false;
		if (n == 0) {
			*optional = at[0] == '[';
			snprintf(name, 32, "%.*s", (int)(*optional ? length - 2 : length), at + *optional);
			return true;
		}
		at += length;
	}
}

static int take_word(const struct order *order, const char *word, int place, json_t *args, const char **file)
{
	char name[32];
	bool optional;

	if (!positional(order, place, name, &optional)) {
		speak_error(N_("\"%s\" takes no further argument \"%s\""), order->words, word);
		return EXIT_MISUSED;
	}
	if (order->file && place == 0) {
		char *plain = name_for_daemon(word);
		*file = word;
		json_object_set_new(args, name, json_string(plain));
		free(plain);
		return 0;
	}
	json_object_set_new(args, name, json_string(word));
	if (json_object_get(args, name) != NULL)
		return 0;
	speak_error(N_("an argument is not UTF-8"));
	return EXIT_MISUSED;
}

/* A file is sent under its name; whoever types the order types a file. */
static const char *shown(const struct order *order, const char *name)
{
	return order->file && strcmp(name, "name") == 0 ? "FILE" : name;
}

/* `place` words stand there: the next one, and every option that must be there. */
static int check_needed(const struct order *order, int place, const json_t *args)
{
	char name[32];
	bool optional;

	if (positional(order, place, name, &optional) && !optional) {
		speak_error(N_("\"%s\" needs %s; see: crier help %s"), order->words, shown(order, name), order->words);
		return EXIT_MISUSED;
	}
	for (const struct order_option *option = order->options; option->name != NULL; option++) {
		if (option->kind != ORDER_NEEDED || json_object_get(args, option->arg) != NULL)
			continue;
		speak_error(N_("\"%s\" needs --%s %s; see: crier help %s"), order->words, option->name, option->value,
			order->words);
		return EXIT_MISUSED;
	}
	return 0;
}

static int check_dates(const json_t *args)
{
	const json_t *from = json_object_get(args, "from_ms"), *to = json_object_get(args, "to_ms");

	if (from == NULL || to == NULL || json_integer_value(from) <= json_integer_value(to))
		return 0;
	speak_error(N_("--from is later than --to: nothing lies between"));
	return EXIT_MISUSED;
}

int order_parse(const struct order *order, int argc, char *const *argv, json_t *args, const char **file)
{
	int place = 0, status = 0;
	bool plain = false;

	*file = NULL;
	for (int i = 0; i < argc && status == 0; i++) {
		if (plain || strncmp(argv[i], "--", 2) != 0) {
			status = take_word(order, argv[i], place++, args, file);
			continue;
		}
		if (argv[i][2] == '\0') {
			plain = true;
			continue;
		}
		size_t length = strcspn(argv[i] + 2, "=");
		const struct order_option *option = find_option(order, argv[i] + 2, length);
		const char *value = argv[i][2 + length] == '=' ? argv[i] + 3 + length : NULL;
		if (option == NULL)
			return no_option(order, argv[i]);
		if (option->kind != ORDER_FLAG && value == NULL && i + 1 < argc)
			value = argv[++i];
		if (option->kind != ORDER_FLAG && value == NULL)
			return bad_value(option->name, "");
		status = take_option(option, value, args);
	}
	if (status == 0)
		status = check_needed(order, place, args);
	return status == 0 ? check_dates(args) : status;
}

static void print_usage(const struct order *order)
{
	char words[256];
	int used = snprintf(words, sizeof(words), "%s", order->words);

	if (order->positional[0] != '\0')
		used += snprintf(words + used, sizeof(words) - (size_t)used, " %s", shown(order, order->positional));
	for (const struct order_option *option = order->options; option->name != NULL && used < 200; option++)
		used += snprintf(words + used, sizeof(words) - (size_t)used,
			option->kind == ORDER_NEEDED ? " --%s%s%s" : " [--%s%s%s]", option->name,
			option->value != NULL ? " " : "", option->value != NULL ? option->value : "");
	printf("  %s\n        %s\n", words, tr(order->help));
}

bool order_help_group(const char *word)
{
	size_t length = strlen(word);
	bool found = false;

	for (const struct order *order = orders; order->words != NULL && length > 0; order++) {
		if (strncmp(order->words, word, length) != 0 || order->words[length] != ' ')
			continue;
		print_usage(order);
		found = true;
	}
	return found;
}

void order_help(const struct order *order)
{
	if (order != NULL) {
		print_usage(order);
		return;
	}
	puts(tr(N_("usage: crier [-c FILE] [--json] [--timeout SECONDS] ORDER …")));
	for (order = orders; order->words != NULL; order++)
		print_usage(order);
	puts(tr(N_(
		"exit status: 0 done, 1 failed, 2 usage, 65 file refused, 66 no such file, 69 daemon not running, 75 try later, 77 not permitted, 78 configuration")));
}
