#include "config/value.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/nearest.h"
#include "base/phone.h"
#include "base/require.h"
#include "base/utf8.h"
#include "config/address.h"
#include "config/secret.h"

/* One value on its way into one place. */
struct spot {
	const struct reader *reader;
	const struct setting *row;
	const struct node *node;
	void *at;
};

/* Adds an error about the value by problem_add's rules; gives it for problem_remedy. */
#define refuse(spot, ...) \
	problem_add((spot)->reader->problems, PROBLEM_ERROR, \
		&(struct place){node_place((spot)->node).file, (spot)->node->line}, \
		node_path((spot)->node, (char[NODE_PATH]){0}), __VA_ARGS__)

enum { SHOWN = 64 };

/* What somebody wrote, for a message: cut, and without whole phone numbers. */
static const char *shown(const char *text, char out[SHOWN])
{
	phone_mask_text(text, utf8_cut(text, SHOWN - 1), out, SHOWN);
	return out;
}

static bool within(const struct setting *row, int64_t value)
{
	return (row->least == 0 && row->most == 0) || (value >= row->least && value <= row->most);
}

static void refuse_kind(const struct spot *spot)
{
	switch (spot->row->type) {
	case SETTING_STRINGS:
		problem_remedy(refuse(spot, N_("must be a list of texts")),
			N_("write [ \"one\", \"two\" ], also around a single one"));
		break;
	case SETTING_BOOL:
		problem_remedy(refuse(spot, N_("must be true or false")),
			N_("write true or false, without quotation marks"));
		break;
	case SETTING_INTEGER:
		problem_remedy(refuse(spot, N_("must be a whole number")),
			N_("write digits only, without quotation marks"));
		break;
	case SETTING_DURATION:
		problem_remedy(refuse(spot, N_("must be a length of time in quotation marks")),
			N_("write \"300ms\", \"20s\", \"10min\", \"2h\", \"3d\" or \"1week\""));
		break;
	case SETTING_RATE:
		problem_remedy(refuse(spot, N_("must be a rate in quotation marks")),
			N_("write \"500/s\", \"18/min\", \"100/h\", \"1000/day\", \"2/week\" or \"unlimited\""));
		break;
	default:
		problem_remedy(refuse(spot, N_("must be a text in quotation marks")),
			N_("put the value between two \" signs"));
	}
}

static enum node_kind wanted_kind(enum setting_type type)
{
	switch (type) {
	case SETTING_STRINGS:
		return NODE_LIST;
	case SETTING_BOOL:
		return NODE_BOOL;
	case SETTING_INTEGER:
		return NODE_INTEGER;
	default:
		return NODE_STRING;
	}
}

static bool check_length(const struct spot *spot, const char *text)
{
	int64_t length = (int64_t)utf8_length(text);

	if (within(spot->row, length))
		return true;
	if (length == 0) {
		problem_remedy(refuse(spot, N_("is empty")), N_("write a value, or remove the line"));
		return false;
	}
	problem_remedy(refuse(spot, N_("has %lld characters"), (long long)length), N_("write %lld to %lld characters"),
		(long long)spot->row->least, (long long)spot->row->most);
	return false;
}

static void replace(const struct spot *spot, char *text)
{
	char **at = spot->at;

	free(*at);
	*at = text;
}

static void take_string(const struct spot *spot)
{
	if (check_length(spot, spot->node->text))
		replace(spot, mem_strdup(spot->node->text));
}

static void take_strings(const struct spot *spot)
{
	char ***list = spot->at;

	for (const struct node *item = spot->node->first; item != NULL; item = item->next) {
		const struct spot one = {.reader = spot->reader, .row = spot->row, .node = item};
		if (item->kind != NODE_STRING)
			problem_remedy(refuse(&one, N_("must be a text in quotation marks")),
				N_("put the value between two \" signs"));
		else if (check_length(&one, item->text))
			mem_strings_add(list, item->text);
	}
}

static void take_integer(const struct spot *spot)
{
	if (within(spot->row, spot->node->integer)) {
		*(int64_t *)spot->at = spot->node->integer;
		return;
	}
	problem_remedy(refuse(spot, N_("%lld is out of bounds"), (long long)spot->node->integer),
		N_("write a number from %lld to %lld"), (long long)spot->row->least, (long long)spot->row->most);
}

static int find_choice(const struct setting *row, const char *text)
{
	for (int i = 0; row->choices[i] != NULL; i++) {
		if (strcmp(row->choices[i], text) == 0)
			return i;
	}
	return -1;
}

static void refuse_choice(const struct spot *spot)
{
	const char *near = nearest_name(spot->node->text, spot->row->choices);
	char word[SHOWN];
	struct buf all;
	struct problem *problem = refuse(spot, N_("\"%s\" is not one of the choices"), shown(spot->node->text, word));

	buf_init(&all, 1000);
	for (size_t i = 0; spot->row->choices[i] != NULL; i++)
		buf_printf(&all, "%s%s", i > 0 ? ", " : "", spot->row->choices[i]);
	if (near != NULL)
		problem_remedy(problem, N_("did you mean \"%s\"? possible are: %s"), near, buf_text(&all));
	else
		problem_remedy(problem, N_("possible are: %s"), buf_text(&all));
	buf_fini(&all);
}

static void take_choice(const struct spot *spot)
{
	int choice = find_choice(spot->row, spot->node->text);

	if (choice >= 0)
		*(int *)spot->at = choice;
	else
		refuse_choice(spot);
}

static void take_duration(const struct spot *spot)
{
	char least[32], most[32], word[SHOWN];
	int64_t ms;

	if (!setting_parse_duration(spot->node->text, &ms))
		problem_remedy(refuse(spot, N_("\"%s\" is not a length of time"), shown(spot->node->text, word)),
			N_("write \"300ms\", \"20s\", \"10min\", \"2h\", \"3d\" or \"1week\""));
	else if (!within(spot->row, ms))
		problem_remedy(refuse(spot, N_("\"%s\" is out of bounds"), shown(spot->node->text, word)),
			N_("write a length of time from %s to %s"), setting_duration_text(spot->row->least, least),
			setting_duration_text(spot->row->most, most));
	else
		*(int64_t *)spot->at = ms;
}

static void take_rate(const struct spot *spot)
{
	char word[SHOWN];

	if (!setting_parse_rate(spot->node->text, spot->at))
		problem_remedy(refuse(spot, N_("\"%s\" is not a rate"), shown(spot->node->text, word)),
			N_("write \"500/s\", \"18/min\", \"100/h\", \"1000/day\", \"2/week\" or \"unlimited\""));
}

static void take_time(const struct spot *spot)
{
	char word[SHOWN];

	if (!setting_parse_time(spot->node->text, spot->at))
		problem_remedy(refuse(spot, N_("\"%s\" is not a time of day"), shown(spot->node->text, word)),
			N_("write it like \"08:00\" or \"20:30\"; midnight at the end of the day is \"24:00\""));
}

static void take_path(const struct spot *spot)
{
	if (check_length(spot, spot->node->text))
		replace(spot, secret_path(spot->reader->folder, spot->node->text));
}

static void take_secret(const struct spot *spot)
{
	char *secret = secret_read(spot->reader, spot->node);

	if (secret != NULL)
		replace(spot, secret);
}

static void take_address(const struct spot *spot)
{
	const char *port = spot->row->choices != NULL ? spot->row->choices[0] : NULL;
	char *normal = address_normal(spot->node->text, port), word[SHOWN];

	if (normal != NULL)
		replace(spot, normal);
	else if (port != NULL)
		problem_remedy(refuse(spot, N_("\"%s\" is not a numeric address"), shown(spot->node->text, word)),
			N_("write it like \"192.168.1.20\", or with a port like \"192.168.1.20:%s\""), port);
	else
		problem_remedy(refuse(spot, N_("\"%s\" is not a numeric address with a port"),
				       shown(spot->node->text, word)),
			N_("write it like \"192.168.1.20:5005\""));
}

/* The URL itself may carry a key and is not repeated. */
static void take_url(const struct spot *spot)
{
	struct url url;

	if (url_parse(spot->node->text, &url) && (url_has_scheme(&url, "http") || url_has_scheme(&url, "https"))) {
		replace(spot, mem_strdup(spot->node->text));
		return;
	}
	problem_remedy(refuse(spot, N_("is not a usable web address")),
		N_("write a whole address such as "
		   "\"https://host:port/path\", without blanks, Chinese characters or a user name"));
}

static void take_bool(const struct spot *spot)
{
	*(bool *)spot->at = spot->node->flag;
}

static void (*const takers[])(const struct spot *spot) = {
	[SETTING_STRING] = take_string,
	[SETTING_STRINGS] = take_strings,
	[SETTING_BOOL] = take_bool,
	[SETTING_INTEGER] = take_integer,
	[SETTING_CHOICE] = take_choice,
	[SETTING_DURATION] = take_duration,
	[SETTING_RATE] = take_rate,
	[SETTING_TIME] = take_time,
	[SETTING_PATH] = take_path,
	[SETTING_SECRET] = take_secret,
	[SETTING_ADDRESS] = take_address,
	[SETTING_URL] = take_url,
};

void value_take(const struct reader *reader, const struct setting *row, const struct node *node, void *into)
{
	const struct spot spot = {.reader = reader, .row = row, .node = node, .at = (char *)into + row->offset};

	if (node->kind != wanted_kind(row->type)) {
		refuse_kind(&spot);
		return;
	}
	if (row->type == SETTING_STRINGS) {
		mem_strings_free(*(char ***)spot.at);
		*(char ***)spot.at = mem_zalloc(sizeof(char *));
	}
	takers[row->type](&spot);
}

/* Items joined by blanks. */
static char **split(const char *text)
{
	char **list = mem_zalloc(sizeof(*list));

	while (text != NULL && *text != '\0') {
		size_t size = strcspn(text, " ");
		char *item = mem_strndup(text, size);
		if (size > 0)
			mem_strings_add(&list, item);
		free(item);
		text += size + (text[size] == ' ');
	}
	return list;
}

void value_default(const struct setting *row, void *into)
{
	const char *text = row->fallback;
	void *at = (char *)into + row->offset;

	switch (row->type) {
	case SETTING_STRINGS:
		*(char ***)at = split(text);
		break;
	case SETTING_BOOL:
		*(bool *)at = text != NULL && strcmp(text, "true") == 0;
		break;
	case SETTING_INTEGER:
		*(int64_t *)at = text != NULL ? strtoll(text, NULL, 10) : 0;
		break;
	case SETTING_CHOICE:
		*(int *)at = text != NULL ? find_choice(row, text) : 0;
		REQUIRE(*(int *)at >= 0);
		break;
	case SETTING_DURATION:
		REQUIRE(text == NULL || setting_parse_duration(text, at));
		break;
	case SETTING_RATE:
		REQUIRE(text == NULL || setting_parse_rate(text, at));
		break;
	case SETTING_TIME:
		*(int *)at = -1;
		REQUIRE(text == NULL || setting_parse_time(text, at));
		break;
	default:
		*(char **)at = mem_strdup(text);
	}
}
