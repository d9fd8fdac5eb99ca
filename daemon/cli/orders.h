#ifndef CLI_ORDERS_H
#define CLI_ORDERS_H

#include <jansson.h>
#include <stdbool.h>

/*
 * What can be ordered, as a table: the words, the arguments, a line of help, and how the answer is shown. The daemon's own
 * table (room app) is what counts; a test holds the two against each other.
 */
enum order_kind {
	ORDER_TEXT,
	ORDER_NEEDED, /* text without which the order means nothing */
	ORDER_CHOICE, /* one of the words in `value`, "open|closed" */
	ORDER_NUMBER,
	ORDER_FLAG,
	ORDER_DATE, /* "2026-11-21" or "2026-11-21 16:30", as wall milliseconds */
	ORDER_DATE_END, /* the same, but a day alone means its end */
};

struct order_option {
	const char *name; /* without "--"; NULL ends the list */
	enum order_kind kind;
	const char *arg; /* the name that the daemon knows */
	const char *value; /* in the help: "DATE" */
};

struct order {
	const char *words; /* "alert list"; NULL ends the table */
	const char *command; /* the daemon's name for it; NULL: the same */
	const char *positional; /* blank-separated daemon arguments; in [brackets] where optional */
	bool file; /* the first positional is a file: opened here, sent as a descriptor and "name" */
	struct order_option options[7];
	const char *help; /* English, marked */
	void (*show)(const json_t *result);
};

extern const struct order orders[];

/* The order that the words of argv begin with, the longest first; *used is how many words it took. NULL: none. */
const struct order *order_find(int argc, char *const *argv, int *used);

/* Fills `args` from the rest of argv. Returns 0, or 2 after having said what is wrong. *file is the file named, or NULL. */
int order_parse(const struct order *order, int argc, char *const *argv, json_t *args, const char **file);

/* The list of orders, or one of them, on stdout. */
void order_help(const struct order *order);

/* Those that begin with `word` ("roster"), on stdout. False when there are none. */
bool order_help_group(const char *word);

#endif
