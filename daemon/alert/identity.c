#include "alert/identity.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "alert/moment.h"
#include "alert/wording.h"
#include "alert/words.h"
#include "base/mem.h"

#define SCHEMA          "fraud-alert/1"
#define ID_MOST         64
#define SENDER_MOST     64
#define SUPERSEDES_MOST 50
#define DAY_MS          (24LL * 3600 * 1000)

static bool good_name(const char *text, const char *more, size_t most)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	size_t length = strlen(text);

	if (length == 0 || length > most || strchr(letters, text[0]) == NULL)
		return false;
	for (size_t i = 0; i < length; i++)
		if (strchr(letters, text[i]) == NULL && strchr(more, text[i]) == NULL)
			return false;
	return true;
}

static void read_schema(struct reading *reading)
{
	const struct node *node;
	char *schema = reading_text(reading, FIELD_SCHEMA, &node);

	if (schema != NULL && strcmp(schema, SCHEMA) != 0) {
		struct problem *problem = READING_ERROR(reading, node, FIELD_SCHEMA, N_("this form is not known"));
		problem_remedy(problem, N_("write \"%s\", or leave the line out"), SCHEMA);
	}
	free(schema);
}

static void bad_id(struct reading *reading, const struct node *node, enum field field)
{
	struct problem *problem = READING_ERROR(reading, node, field, N_("is no good id"));

	problem_remedy(problem,
		N_("use letters, digits, . _ and -, at most %d, beginning with a letter or digit, such as %s"), ID_MOST,
		"320583-20261121-001");
}

static void read_id(struct reading *reading)
{
	const struct node *node;
	char *id = reading_text(reading, FIELD_ID, &node);

	if (id != NULL && !good_name(id, "._-", ID_MOST))
		bad_id(reading, node, FIELD_ID);
	reading->alert->id = id;
}

/* Without a list only the site itself may send. */
static bool sender_allowed(const struct alert_context *context, const char *sender)
{
	if (mem_strings_count(context->senders) > 0)
		return mem_strings_has(context->senders, sender);
	return context->sender != NULL && strcmp(context->sender, sender) == 0;
}

static void read_sender(struct reading *reading)
{
	const struct node *node;
	char *sender = reading_text(reading, FIELD_SENDER, &node);
	struct problem *problem;

	if (sender == NULL)
		sender = mem_strdup(reading->context->sender != NULL ? reading->context->sender : "site");
	else if (!good_name(sender, "._-@", SENDER_MOST)) {
		problem = READING_ERROR(reading, node, FIELD_SENDER, N_("is no good name of a sender"));
		problem_remedy(problem, N_("use letters, digits, . _ - and @, at most %d"), SENDER_MOST);
	} else if (!sender_allowed(reading->context, sender)) {
		problem = READING_ERROR(reading, node, FIELD_SENDER, N_("\"%s\" may not send alerts here"),
			reading_quote(reading, sender));
		problem_remedy(problem,
			N_("leave the line out, or have the sender added to intake.senders in crierd.conf"));
	}
	reading->alert->sender = sender;
}

static void read_issued(struct reading *reading)
{
	const struct node *node;
	char *issued = reading_text(reading, FIELD_ISSUED, &node);
	struct alert *alert = reading->alert;

	alert->issued_ms = reading->context->now_ms;
	if (issued != NULL && !moment_parse(issued, MOMENT_START, &alert->issued_ms)) {
		struct problem *problem = READING_ERROR(reading, node, FIELD_ISSUED, N_("is no date and time"));
		problem_remedy(problem, N_("write it like %s"), "2026-11-28 18:00");
	} else if (alert->issued_ms > reading->context->now_ms + DAY_MS) {
		struct problem *problem = READING_WARNING(reading, node, FIELD_ISSUED,
			N_("lies more than a day in the future"));
		problem_remedy(problem, N_("check the date and this machine's clock"));
	}
	free(issued);
}

static void read_status(struct reading *reading)
{
	const struct node *node;
	char *status = reading_text(reading, FIELD_STATUS, &node);

	if (status != NULL && !words_status(status, &reading->alert->status)) {
		struct problem *problem = READING_ERROR(reading, node, FIELD_STATUS, N_("\"%s\" is not known"),
			reading_quote(reading, status));
		problem_remedy(problem, N_("write one of %s"), "actual 正式, test 测试, exercise 演练, draft 草稿");
	}
	free(status);
}

/* Ids named in a list field, each checked and once. */
static void read_ids(struct reading *reading, enum field field)
{
	struct items items;

	reading_items(reading, field, true, SUPERSEDES_MOST, &items);
	for (size_t i = 0; i < items.count; i++) {
		if (!good_name(items.list[i].text, "._-", ID_MOST))
			bad_id(reading, items.list[i].node, field);
		else if (!mem_strings_has(reading->alert->supersedes, items.list[i].text))
			mem_strings_add(&reading->alert->supersedes, items.list[i].text);
	}
	items_fini(&items);
}

/* "撤回：编号" and "更新：编号" say the action too, and may not contradict it. */
static void read_short_form(struct reading *reading, enum field field, enum alert_action action, bool written)
{
	const struct node *node = reading_find(reading, field);

	if (node == NULL)
		return;
	if (written && reading->alert->action != action) {
		struct problem *problem = READING_ERROR(reading, node, field,
			N_("contradicts another line that says what to do"));
		problem_remedy(problem, N_("keep one of them"));
	}
	reading->alert->action = action;
	read_ids(reading, field);
}

static void read_action(struct reading *reading)
{
	struct alert *alert = reading->alert;
	const struct node *node;
	char *action = reading_text(reading, FIELD_ACTION, &node);
	struct problem *problem;

	if (action != NULL && !words_action(action, &alert->action)) {
		problem = READING_ERROR(reading, node, FIELD_ACTION, N_("\"%s\" is not known"),
			reading_quote(reading, action));
		problem_remedy(problem, N_("write one of %s"), "alert 预警, update 更新, cancel 撤回");
	}
	read_ids(reading, FIELD_SUPERSEDES);
	read_short_form(reading, FIELD_WITHDRAW, ACTION_CANCEL, action != NULL);
	read_short_form(reading, FIELD_REPLACE, ACTION_UPDATE,
		action != NULL || reading_find(reading, FIELD_WITHDRAW) != NULL);
	free(action);
	bool named = mem_strings_count(alert->supersedes) > 0;
	const struct node *supersedes = reading_find(reading, FIELD_SUPERSEDES);
	if (alert->action != ACTION_ALERT && !named && supersedes == NULL) {
		problem = READING_ERROR(reading, NULL, FIELD_SUPERSEDES,
			N_("is missing, so it is not known which alert is meant"));
		problem_remedy(problem, N_("write the id of the earlier alert, as \"crier alert list\" shows it"));
	} else if (alert->action == ACTION_ALERT && named) {
		problem = READING_ERROR(reading, supersedes, FIELD_SUPERSEDES,
			N_("names an earlier alert, but this is neither an update nor a cancellation"));
		problem_remedy(problem,
			N_("add action \"update\" or \"cancel\" (动作：更新 or 撤回), or leave the line out"));
	}
}

void identity_read(struct reading *reading)
{
	struct alert *alert = reading->alert;

	read_schema(reading);
	read_id(reading);
	read_sender(reading);
	alert->sender_name = wording_field(reading, FIELD_SENDER_NAME);
	read_issued(reading);
	read_status(reading);
	read_action(reading);
	alert->note = wording_field(reading, FIELD_NOTE);
	alert->author = wording_field(reading, FIELD_AUTHOR);
}

void identity_assign(struct reading *reading)
{
	struct alert *alert = reading->alert;
	time_t seconds = (time_t)(alert->issued_ms / 1000);
	struct tm tm;

	if (alert->id != NULL)
		return;
	localtime_r(&seconds, &tm);
	alert->id = mem_printf("%.6s-%04d%02d%02d-%.8s", alert->areas[0], tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
		alert->digest);
}
