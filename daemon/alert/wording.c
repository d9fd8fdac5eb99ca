#include "alert/wording.h"

#include <stdlib.h>
#include <string.h>

#include "alert/privacy.h"
#include "alert/words.h"
#include "base/mem.h"
#include "base/phone.h"
#include "base/utf8.h"

enum { KEYWORDS_MOST = 20, ADVICE_MOST = 10, CHANNELS_MOST = 10, HOTLINE_LEAST = 3, HOTLINE_MOST = 12, WEB_MOST = 200 };

/* What a text must be. Fields without a row have no text. */
static const struct text_rule {
	size_t most; /* characters */
	bool for_sms; /* may end in a text message: no link, no 【】 */
	bool lines; /* keeps its line breaks */
} text_rules[FIELD_COUNT] = {
	[FIELD_SENDER_NAME] = {20, true, false},
	[FIELD_METHOD] = {60, true, false},
	[FIELD_KEYWORDS] = {20, true, false},
	[FIELD_SUMMARY] = {500, true, false},
	[FIELD_OCCURRED] = {40, true, false},
	[FIELD_PLACE] = {40, true, false},
	[FIELD_HEADLINE] = {30, true, false},
	[FIELD_ADVICE] = {100, true, false},
	[FIELD_TEXT_SMS] = {300, true, false},
	[FIELD_TEXT_WECOM] = {1000, false, true},
	[FIELD_TEXT_LED] = {200, false, false},
	[FIELD_NOTE] = {1000, false, true},
	[FIELD_AUTHOR] = {40, false, false},
};

/*
 * A line break inside a one-line text came from how the file was typed: between Chinese it disappears,
 * elsewhere it is a blank. `text` only gets shorter.
 */
static void join_lines(char *text)
{
	char *out = text;

	for (const char *at = text; *at != '\0';) {
		size_t gap = strspn(at, " \t\r\n");
		bool breaks = gap > 0 && strcspn(at, "\t\r\n") < gap;
		if (!breaks) {
			/* The whole gap: looked at again from each of its blanks, many would take minutes. */
			size_t kept = gap > 0 ? gap : 1;
			memmove(out, at, kept);
			out += kept;
			at += kept;
			continue;
		}
		at += gap;
		if (out > text && (unsigned char)out[-1] < 0x80 && (unsigned char)*at < 0x80)
			*out++ = ' ';
	}
	*out = '\0';
}

/* Invisible characters that turn text around or hide in it, beside the control characters proper. */
static bool is_control(uint32_t code, bool lines)
{
	if (code == '\n' || code == '\t' || code == '\r')
		return !lines;
	return code < 0x20 || (code >= 0x7f && code <= 0x9f) || (code >= 0x200b && code <= 0x200f) ||
		(code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x206f) || code == 0xfeff ||
		code == 0xad || code == 0xfffd || (code >= 0xfff9 && code <= 0xfffb) || (code & 0xfffe) == 0xfffe;
}

static bool check_controls(struct reading *reading, const struct node *node, enum field field, const char *text)
{
	const char *at = text, *end = text + strlen(text);
	uint32_t code;

	while (utf8_next(&at, end, &code)) {
		if (!is_control(code, text_rules[field].lines))
			continue;
		struct problem *problem = READING_ERROR(reading, node, field,
			N_("holds an invisible character (U+%04X)"), (unsigned int)code);
		problem_remedy(problem, N_("type this line again instead of pasting it"));
		return false;
	}
	return true;
}

static bool check_numbers(struct reading *reading, const struct node *node, enum field field, const char *text)
{
	char masked[PRIVACY_MASK];
	struct problem *problem;

	switch (privacy_numbers(text, reading->context->phones, masked)) {
	case PRIVACY_NOTHING:
		return true;
	case PRIVACY_IDENTITY:
		problem = READING_ERROR(reading, node, field, N_("holds an identity number (%s)"), masked);
		problem_remedy(problem, N_("remove it; nothing in an alert may identify a person"));
		return false;
	case PRIVACY_CARD:
		problem = READING_ERROR(reading, node, field, N_("holds a bank card number (%s)"), masked);
		problem_remedy(problem, N_("remove it; nothing in an alert may identify a person"));
		return false;
	case PRIVACY_MOBILE:
		problem = READING_ERROR(reading, node, field, N_("holds a mobile number (%s)"), masked);
		problem_remedy(problem,
			N_("remove it; a number that residents may call is added to intake.phones in crierd.conf"));
		return false;
	}
	return true;
}

/* The host of an https address that was already checked, as a string to free(). */
static char *web_host(const char *web)
{
	const char *host = web + strlen("https://");

	return mem_strndup(host, strcspn(host, "/?#"));
}

static bool check_links(struct reading *reading, const struct node *node, enum field field, const char *text)
{
	char found[LINK_TEXT];
	char *host = reading->alert->web != NULL ? web_host(reading->alert->web) : NULL;
	enum link_find find = privacy_links(text, host, found);
	struct problem *problem;

	free(host);
	if (find == LINK_NOTHING)
		return true;
	if (find == LINK_ADDRESS) {
		problem = READING_ERROR(reading, node, field, N_("holds a web address (%s)"),
			reading_quote(reading, found));
		problem_remedy(problem,
			N_("remove it: residents are told not to open links; an official page goes into \"%s\""),
			reading_label(reading, FIELD_WEB));
	} else {
		problem = READING_ERROR(reading, node, field, N_("holds an account to add (%s)"),
			reading_quote(reading, found));
		problem_remedy(problem, N_("remove it: residents are told not to add strangers"));
	}
	return false;
}

static bool check_length(struct reading *reading, const struct node *node, enum field field, const char *text)
{
	size_t length = utf8_length(text);

	if (length <= text_rules[field].most)
		return true;
	struct problem *problem = READING_ERROR(reading, node, field, N_("has %zu characters; at most %zu are allowed"),
		length, text_rules[field].most);
	problem_remedy(problem, N_("shorten it"));
	return false;
}

static bool check_brackets(struct reading *reading, const struct node *node, enum field field, const char *text)
{
	if (strstr(text, "【") == NULL && strstr(text, "】") == NULL)
		return true;
	struct problem *problem = READING_ERROR(reading, node, field, N_("holds 【】, which only the signature may"));
	problem_remedy(problem, N_("remove the brackets; the signature is added by itself"));
	return false;
}

/* Takes `text` over; returns it cleaned, or frees it and returns NULL with a problem. */
static char *wording_check(struct reading *reading, const struct node *node, enum field field, char *text)
{
	const struct text_rule *rule = &text_rules[field];

	if (!rule->lines)
		join_lines(text);
	/* Nothing else is looked for in a text that is too long: it may be as long as a file. */
	if (!check_length(reading, node, field, text)) {
		free(text);
		return NULL;
	}
	bool good = check_controls(reading, node, field, text);
	good = check_numbers(reading, node, field, text) && good;
	if (rule->for_sms) {
		good = check_links(reading, node, field, text) && good;
		good = check_brackets(reading, node, field, text) && good;
	}
	if (good)
		return text;
	free(text);
	return NULL;
}

char *wording_field(struct reading *reading, enum field field)
{
	const struct node *node;
	char *text = reading_text(reading, field, &node);

	return text != NULL ? wording_check(reading, node, field, text) : NULL;
}

static void wording_list(struct reading *reading, enum field field, bool split, size_t most, char ***list)
{
	struct items items;

	reading_items(reading, field, split, most, &items);
	for (size_t i = 0; i < items.count; i++) {
		char *text = wording_check(reading, items.list[i].node, field, mem_strdup(items.list[i].text));
		if (text != NULL && !mem_strings_has(*list, text))
			mem_strings_add(list, text);
		free(text);
	}
	items_fini(&items);
}

/* "https://host/path" in printable ASCII; no user, no port. */
static bool web_formed(const char *web)
{
	static const char scheme[] = "https://";

	if (strlen(web) > WEB_MOST || strncmp(web, scheme, sizeof(scheme) - 1) != 0)
		return false;
	for (const char *at = web; *at != '\0'; at++)
		if (*at <= ' ' || *at > '~' || strchr("\"<>\\^`{|}@", *at) != NULL)
			return false;
	char *host = web_host(web);
	size_t plain = strspn(host, "abcdefghijklmnopqrstuvwxyz0123456789-.");
	bool good = strchr(host, '.') != NULL && host[plain] == '\0' && host[0] != '.' && host[0] != '-';
	free(host);
	return good;
}

/* A host of the list, or one under it. */
static bool host_listed(char *const *hosts, const char *host)
{
	for (; hosts != NULL && *hosts != NULL; hosts++) {
		size_t size = strlen(*hosts), length = strlen(host);
		if (strcmp(*hosts, host) == 0)
			return true;
		if (length > size && host[length - size - 1] == '.' && strcmp(host + length - size, *hosts) == 0)
			return true;
	}
	return false;
}

static void read_web(struct reading *reading)
{
	const struct node *node;
	char *web = reading_text(reading, FIELD_WEB, &node);
	struct problem *problem;

	if (web == NULL)
		return;
	if (!web_formed(web)) {
		problem = READING_ERROR(reading, node, FIELD_WEB, N_("is no address that begins with https://"));
		problem_remedy(problem, N_("write it like %s"), "https://www.example.gov.cn/fanzha");
		free(web);
		return;
	}
	char *host = web_host(web);
	if (!host_listed(reading->context->web_hosts, host)) {
		problem = READING_ERROR(reading, node, FIELD_WEB, N_("the host \"%s\" is not on the list"),
			reading_quote(reading, host));
		problem_remedy(problem,
			N_("leave the line out, or have the host added to intake.web_hosts in crierd.conf"));
	}
	free(host);
	reading->alert->web = web;
}

/* Blanks and hyphens are how people write numbers. */
static void keep_digits(char *text)
{
	char *narrow = utf8_narrow(text), *out = text;

	for (const char *at = narrow; *at != '\0'; at++)
		if (*at != ' ' && *at != '-')
			*out++ = *at;
	*out = '\0';
	free(narrow);
}

static bool same_number(const char *written, const char *hotline)
{
	char *known = mem_strdup(written);

	keep_digits(known);
	bool same = strcmp(known, hotline) == 0;
	free(known);
	return same;
}

static bool hotline_known(const struct alert_context *context, const char *site, const char *hotline)
{
	if (same_number("96110", hotline) || same_number("110", hotline) || same_number(site, hotline))
		return true;
	for (char *const *phone = context->phones; phone != NULL && *phone != NULL; phone++)
		if (same_number(*phone, hotline))
			return true;
	return false;
}

static void read_hotline(struct reading *reading)
{
	const char *site = reading->context->hotline != NULL ? reading->context->hotline : "96110";
	const struct node *node;
	char *hotline = reading_text(reading, FIELD_HOTLINE, &node);
	struct problem *problem;

	if (hotline == NULL)
		hotline = mem_strdup(site);
	keep_digits(hotline);
	reading->alert->hotline = hotline;
	size_t length = strspn(hotline, "0123456789");
	if (hotline[length] != '\0' || length < HOTLINE_LEAST || length > HOTLINE_MOST) {
		problem = READING_ERROR(reading, node, FIELD_HOTLINE, N_("is no telephone number"));
		problem_remedy(problem, N_("write digits only, such as %s"), "96110");
	} else if (!hotline_known(reading->context, site, hotline)) {
		problem = READING_ERROR(reading, node, FIELD_HOTLINE,
			N_("is not a number that residents may be told to call"));
		problem_remedy(problem, N_("write %s, or have the number added to intake.phones in crierd.conf"), site);
	}
}

static void read_slogan(struct reading *reading)
{
	const struct taxonomy *taxonomy = reading->context->taxonomy;
	const struct node *node;
	char *slogan = reading_text(reading, FIELD_SLOGAN, &node);

	if (slogan == NULL)
		return;
	const struct slogan_pack *pack = taxonomy_find_pack(taxonomy, slogan);
	if (pack == NULL) {
		const char *nearest = taxonomy_nearest_pack(taxonomy, slogan);
		struct problem *problem = READING_ERROR(reading, node, FIELD_SLOGAN,
			N_("there is no slogan pack \"%s\""), reading_quote(reading, slogan));
		if (nearest != NULL)
			problem_remedy(problem, N_("did you mean \"%s\"?"), nearest);
		else
			problem_remedy(problem, N_("leave the line out: the kind of fraud has its own slogans"));
	}
	free(slogan);
	reading->alert->slogan = pack != NULL ? mem_strdup(pack->slug) : NULL;
}

static void read_channels(struct reading *reading)
{
	struct alert *alert = reading->alert;
	struct items items;
	enum medium medium;

	reading_items(reading, FIELD_CHANNELS, true, CHANNELS_MOST, &items);
	for (medium = 0; medium < MEDIUM_COUNT; medium++)
		alert->media[medium] = items.count == 0;
	for (size_t i = 0; i < items.count; i++) {
		if (words_medium(items.list[i].text, &medium)) {
			alert->media[medium] = true;
			continue;
		}
		struct problem *problem = READING_ERROR(reading, items.list[i].node, FIELD_CHANNELS,
			N_("\"%s\" is not known"), reading_quote(reading, items.list[i].text));
		problem_remedy(problem, N_("write one of %s"), "sms 短信, wecom 群, led 屏");
	}
	items_fini(&items);
}

/* The pack of the kind of fraud speaks when the officer gave no advice. */
static void default_advice(struct reading *reading)
{
	const struct taxonomy *taxonomy = reading->context->taxonomy;
	struct alert *alert = reading->alert;
	const struct fraud_type *type = taxonomy_type(taxonomy, alert->fraud_type);

	if (type == NULL || mem_strings_count(alert->advice) > 0 || alert->action == ACTION_CANCEL)
		return;
	const struct slogan_pack *pack = taxonomy_pack(taxonomy, type->pack);
	mem_strings_free(alert->advice);
	alert->advice = mem_strings_dup(pack->lines);
}

void wording_read(struct reading *reading)
{
	struct alert *alert = reading->alert;

	read_web(reading);
	read_hotline(reading);
	read_slogan(reading);
	read_channels(reading);
	alert->method = wording_field(reading, FIELD_METHOD);
	wording_list(reading, FIELD_KEYWORDS, true, KEYWORDS_MOST, &alert->keywords);
	alert->summary = wording_field(reading, FIELD_SUMMARY);
	alert->occurred = wording_field(reading, FIELD_OCCURRED);
	alert->place = wording_field(reading, FIELD_PLACE);
	alert->headline = wording_field(reading, FIELD_HEADLINE);
	wording_list(reading, FIELD_ADVICE, false, ADVICE_MOST, &alert->advice);
	alert->text[MEDIUM_SMS] = wording_field(reading, FIELD_TEXT_SMS);
	alert->text[MEDIUM_WECOM] = wording_field(reading, FIELD_TEXT_WECOM);
	alert->text[MEDIUM_LED] = wording_field(reading, FIELD_TEXT_LED);
	default_advice(reading);
	if (alert->summary != NULL)
		return;
	if (alert->action == ACTION_CANCEL && reading_find(reading, FIELD_SUMMARY) == NULL) {
		alert->summary = mem_strdup("");
	} else if (reading_find(reading, FIELD_SUMMARY) == NULL) {
		struct problem *problem = READING_ERROR(reading, NULL, FIELD_SUMMARY, N_("is missing"));
		problem_remedy(problem, N_("say in one or two sentences what happened"));
	}
}
