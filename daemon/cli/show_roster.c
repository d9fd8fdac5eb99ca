/* Answers about residents. */
#include <stdio.h>
#include <string.h>

#include "cli/json.h"
#include "cli/show.h"
#include "cli/speak.h"
#include "cli/table.h"

void show_import(const json_t *result)
{
	size_t i;
	json_t *item;

	if (truth(result, "dry_run"))
		speak_line(N_("dry run: nothing was changed"));
	speak_line(N_("list %s: %lld lines, taken %lld, not taken %lld"), text(result, "list"), number(result, "lines"),
		number(result, "taken"), number(result, "rejected"));
	speak_line(N_("  people on the list now: %lld; new: %lld; no longer on it: %lld; ask for no texts: %lld"),
		number(result, "people"), number(result, "fresh"), number(result, "left"), number(result, "opt_outs"));
	if (number(result, "repeated") > 0)
		speak_line(N_("  lines with a number that stood there before: %lld"), number(result, "repeated"));
	if (number(result, "without_area") + number(result, "without_year") > 0)
		speak_line(N_("  without area: %lld; without birth year (in no audience by age): %lld"),
			number(result, "without_area"), number(result, "without_year"));
	json_array_foreach(json_object_get(result, "discarded"), i, item)
		speak_line(N_("  column passed over and not stored: %s"), json_string_value(item));
	json_array_foreach(json_object_get(result, "reasons"), i, item)
		printf("  %lld  %s\n", number(item, "count"), text(item, speak_lang() == LANG_ZH ? "zh" : "en"));
	if (*text(result, "reject_file") != '\0')
		speak_line(N_("  the lines that were not taken, with reasons: %s"), text(result, "reject_file"));
	show_problems(result);
}

void show_lists(const json_t *result)
{
	static const char *const names[] = {N_("list"), N_("people"), N_("from unit"), N_("basis"), N_("imported"),
		N_("until"), NULL};
	struct table table;
	size_t i;
	json_t *list;

	table_begin(&table, names);
	json_array_foreach(json_object_get(result, "lists"), i, list)
	{
		char when[32];
		table_cell(&table, "%s", text(list, "name"));
		table_cell(&table, "%lld", number(list, "members"));
		table_cell(&table, "%s", text(list, "source"));
		table_cell(&table, "%s", text(list, "basis"));
		table_cell(&table, "%s", speak_time(number(list, "imported_ms"), when));
		table_cell(&table, "%s%s", text(list, "until"), truth(list, "ended") ? tr(N_(" (ended)")) : "");
	}
	table_end(&table, N_("no list was imported yet"));
}

static void print_table(const json_t *result, const char *key, const char *title)
{
	size_t i;
	json_t *row;

	if (json_array_size(json_object_get(result, key)) == 0)
		return;
	puts(tr(title));
	json_array_foreach(json_object_get(result, key), i, row)
		printf("    %s %s  %lld\n", *text(row, "key") != '\0' ? text(row, "key") : tr(N_("not known")),
			text(row, "name"), number(row, "count"));
}

void show_stats(const json_t *result)
{
	speak_line(N_("residents on a list: %lld; known but gone: %lld; opted out: %lld"), number(result, "present"),
		number(result, "gone"), number(result, "opted_out"));
	print_table(result, "lists", N_("by list"));
	print_table(result, "roles", N_("by role"));
	print_table(result, "ages", N_("by age"));
	print_table(result, "languages", N_("by language"));
	print_table(result, "areas", N_("by area"));
}

static void print_history(const json_t *history, bool whole)
{
	size_t i;
	json_t *entry;

	json_array_foreach(history, i, entry)
	{
		char accepted[32], sent[32], receipt[32];
		printf("%s  %s  %s\n", text(entry, "alert"), text(entry, "title"), show_word(text(entry, "state")));
		speak_line(N_("    accepted %s, sent %s over %s, receipt %s %s"),
			speak_time(number(entry, "accepted_ms"), accepted), speak_time(number(entry, "sent_ms"), sent),
			*text(entry, "channel") != '\0' ? text(entry, "channel") : "-",
			speak_time(number(entry, "receipt_ms"), receipt), text(entry, "code"));
		if (*text(entry, "text") != '\0')
			printf("    | %s\n", text(entry, "text"));
	}
	if (!whole)
		puts(tr(N_("older alerts were not looked through: there are too many")));
	else if (i == 0)
		puts(tr(N_("this number was never written to")));
}

void show_person(const json_t *result)
{
	size_t i;
	json_t *item;
	char when[32], year[24];

	snprintf(year, sizeof(year), "%lld", number(result, "birth_year"));
	if (!truth(result, "known"))
		speak_line(N_("%s was never on a list"), text(result, "phone"));
	else
		speak_line(N_("%s: year of birth %s, area %s %s%s"), text(result, "phone"),
			number(result, "birth_year") == 0 ? tr(N_("not known")) : year,
			*text(result, "area") != '\0' ? text(result, "area") : tr(N_("not known")),
			text(result, "area_name"),
			truth(result, "gone") ? tr(N_("; on no list any more, gets nothing")) : "");
	json_array_foreach(json_object_get(result, "roles"), i, item) printf("    %s\n", json_string_value(item));
	json_array_foreach(json_object_get(result, "lists"), i, item)
		speak_line(N_("    on list %s from %s, basis: %s, since %s"), text(item, "name"), text(item, "source"),
			text(item, "basis"), speak_time(number(item, "added_ms"), when));
	if (truth(result, "opted_out"))
		speak_line(N_("OPTED OUT: %s, %s"), text(result, "opt_out_source"),
			speak_time(number(result, "opt_out_ms"), when));
	if (json_object_get(result, "history") != NULL)
		print_history(json_object_get(result, "history"), truth(result, "history_whole"));
}

void show_optout(const json_t *result)
{
	if (json_object_get(result, "already") == NULL)
		speak_line(N_("%s gets warnings again"), text(result, "phone"));
	else if (truth(result, "already"))
		speak_line(N_("%s had opted out before"), text(result, "phone"));
	else
		speak_line(N_("%s is texted no more, from this moment"), text(result, "phone"));
}

void show_optouts(const json_t *result)
{
	static const char *const names[] = {N_("number"), N_("since"), N_("how"), NULL};
	struct table table;
	size_t i;
	json_t *optout;

	table_begin(&table, names);
	json_array_foreach(json_object_get(result, "optouts"), i, optout)
	{
		char when[32];
		table_cell(&table, "%s", text(optout, "phone"));
		table_cell(&table, "%s", speak_time(number(optout, "at_ms"), when));
		table_cell(&table, "%s", text(optout, "source"));
	}
	table_end(&table, N_("nobody has opted out"));
	show_cut(result, "optouts", N_("--most N shows more"));
}
