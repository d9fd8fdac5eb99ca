#ifndef ALERT_READING_H
#define ALERT_READING_H

#include <stdbool.h>
#include <stddef.h>

#include "alert/read.h"
#include "document/node.h"

/*
 * One document being read: which fields it has, in whichever form and language it names them, and where each
 * stands, for problems. Used by the files of this room only. The parts that understand the fields are
 * identity, target, window and wording; read.c calls them in order.
 */
enum form { FORM_CFG, FORM_JSON, FORM_TXT };

/* In the order of alerts.md section 8.1. */
enum field {
	FIELD_SCHEMA,
	FIELD_ID,
	FIELD_SENDER,
	FIELD_SENDER_NAME,
	FIELD_ISSUED,
	FIELD_STATUS,
	FIELD_ACTION,
	FIELD_SUPERSEDES,
	FIELD_FRAUD_TYPE,
	FIELD_METHOD,
	FIELD_KEYWORDS,
	FIELD_SUMMARY,
	FIELD_LOSS,
	FIELD_CASES,
	FIELD_OCCURRED,
	FIELD_PLACE,
	FIELD_AUDIENCES,
	FIELD_AREAS,
	FIELD_URGENCY,
	FIELD_LEVEL,
	FIELD_FROM,
	FIELD_UNTIL,
	FIELD_QUIET_HOURS,
	FIELD_HEADLINE,
	FIELD_ADVICE,
	FIELD_SLOGAN,
	FIELD_HOTLINE,
	FIELD_WEB,
	FIELD_CHANNELS,
	FIELD_TEXT_SMS,
	FIELD_TEXT_WECOM,
	FIELD_TEXT_LED,
	FIELD_NOTE,
	FIELD_AUTHOR,
	FIELD_WITHDRAW, /* .txt only: "撤回：编号" says action and supersedes in one line */
	FIELD_REPLACE, /* .txt only: "更新：编号" likewise */
	FIELD_COUNT,
};

/* No alert has more fields; the Notepad form repeats some. */
#define READING_ENTRIES 400

/* Bytes of what somebody wrote, as a problem repeats it. */
#define READING_QUOTE 72

struct reading_entry {
	const struct node *node;
	enum field field;
};

struct reading {
	const struct alert_context *context;
	const char *file; /* for problems */
	enum form form;
	const struct node *root;
	struct alert *alert; /* being filled */
	struct problems *problems;
	struct reading_entry *entries; /* the fields there are, in the document's order */
	size_t entry_count;
	size_t visited; /* nodes looked at, unknown ones too */
	struct place place; /* of the problem being written */
	char path[NODE_PATH];
	char quoted[READING_QUOTE];
};

/*
 * Finds out which fields the document has, and reports those that do not exist and those given twice. Call
 * once, first; reading_close gives the memory back, not the document.
 */
void reading_open(struct reading *reading);
void reading_close(struct reading *reading);

/*
 * Where `node` stands and what it is called, for problem_add; with `node` NULL the file and the name of
 * `field`. Valid until the next call.
 */
const struct place *reading_place(struct reading *reading, const struct node *node);
const char *reading_path(struct reading *reading, const struct node *node, enum field field);

/* An error at a field. `node` NULL: the field is missing. */
#define READING_ERROR(reading, node, field, ...) \
	problem_add((reading)->problems, PROBLEM_ERROR, reading_place(reading, node), \
		reading_path(reading, node, field), __VA_ARGS__)
#define READING_WARNING(reading, node, field, ...) \
	problem_add((reading)->problems, PROBLEM_WARNING, reading_place(reading, node), \
		reading_path(reading, node, field), __VA_ARGS__)

/* What somebody wrote, cut to a readable length, with any number of a person masked. Valid until the next call. */
const char *reading_quote(struct reading *reading, const char *text);

/* The name of a field as this form's writer knows it: "audiences", "对象". */
const char *reading_label(const struct reading *reading, enum field field);

/* The first node of a field, or NULL. An empty text counts as not there: forms are handed out with empty lines. */
const struct node *reading_find(const struct reading *reading, enum field field);

/* Its text, trimmed, to free(); NULL when it is not there, or of another kind (an error then). */
char *reading_text(struct reading *reading, enum field field, const struct node **node);

/* One entry of a list, and where it stands. */
struct item {
	const struct node *node;
	char *text;
};

struct items {
	struct item *list;
	size_t count;
	size_t most; /* allowed */
	size_t seen; /* those not kept too */
};

/*
 * The entries of a list field: an array, or a single text, which is cut at 、 ， ； , ; when `split`. The
 * Notepad form may repeat the line. Empty entries are left out; more than `most` is an error. Free with
 * items_fini.
 */
void reading_items(struct reading *reading, enum field field, bool split, size_t most, struct items *items);
void items_fini(struct items *items);

#endif
