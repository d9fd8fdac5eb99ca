#include "text/fields.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "text/amount.h"

const char *const field_names[FIELD_COUNT + 1] = {
	[FIELD_PLACE] = "place",
	[FIELD_LOSS] = "loss",
	[FIELD_YUAN] = "yuan",
	[FIELD_CASES] = "cases",
	[FIELD_AUDIENCE] = "audience",
	[FIELD_TYPE] = "type",
	[FIELD_HOTLINE] = "hotline",
	[FIELD_SITE] = "site",
	[FIELD_HEADLINE] = "headline",
	[FIELD_SUMMARY] = "summary",
	[FIELD_METHOD] = "method",
	[FIELD_OCCURRED] = "occurred",
	[FIELD_ADVICE] = "advice",
	[FIELD_SLOGANS] = "slogans",
	[FIELD_WEB] = "web",
	[FIELD_URGENT] = "urgent",
	[FIELD_ROOMY] = "roomy",
};

const char *const field_help[FIELD_COUNT + 1] = {
	[FIELD_PLACE] = N_("where, no finer than the county; \"近日\" where that is not known: always filled"),
	[FIELD_LOSS] = N_("the loss as spoken, such as 12.8万元; empty without one"),
	[FIELD_YUAN] = N_("the loss in yuan as digits, for other languages"),
	[FIELD_CASES] = N_("the number of cases when there is more than one"),
	[FIELD_AUDIENCE] = N_("what the audience is called; empty for everybody"),
	[FIELD_TYPE] = N_("the fraud type in words"),
	[FIELD_HOTLINE] = N_("the number to ask, normally 96110"),
	[FIELD_SITE] = N_("who warns"),
	[FIELD_HEADLINE] = N_("the alert's headline; empty without one"),
	[FIELD_SUMMARY] = N_("what happened"),
	[FIELD_METHOD] = N_("the trick in one line; empty without one"),
	[FIELD_OCCURRED] = N_("when it happened, as the officer wrote it; empty without"),
	[FIELD_ADVICE] = N_("list: the lines of advice"),
	[FIELD_SLOGANS] = N_("list: the lines of the slogan pack"),
	[FIELD_WEB] = N_("the alert's web address; empty without one"),
	[FIELD_URGENT] = N_("true for an immediate alert"),
	[FIELD_ROOMY] = N_("true while there is room: what stands inside is dropped first"),
};

static bool ends_with(const char *text, const char *end)
{
	size_t size = strlen(text), end_size = strlen(end);

	return size >= end_size && strcmp(text + size - end_size, end) == 0;
}

bool fields_place_is_coarse(const char *place)
{
	static const char *const fine[] = {"社区", "小区", "校区", "园区", "厂区", "片区", "街区", "景区", "发区",
		"新区", "集市", "超市", "门市", "夜市", "地州"};
	static const char *const coarse[] = {"省", "市", "县", "区", "旗", "州", "盟", "全国", "国内", "境外", "本地"};

	for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++)
		if (ends_with(place, fine[i]))
			return false;
	for (size_t i = 0; i < sizeof(coarse) / sizeof(coarse[0]); i++)
		if (ends_with(place, coarse[i]))
			return true;
	return false;
}

static bool is_set(const char *text)
{
	return text != NULL && *text != '\0';
}

static const char *choose_place(const struct text_request *request, bool cut)
{
	const char *own = request->alert->place;

	if (!cut && is_set(request->place))
		return request->place;
	if (!cut && is_set(own) && fields_place_is_coarse(own))
		return own;
	return is_set(request->region) ? request->region : "近日";
}

static const char *choose_loss(struct fields *fields, const struct text_request *request)
{
	if (is_set(request->loss))
		return request->loss;
	if (request->alert->loss != NULL && amount_spoken(request->alert->loss, fields->loss, sizeof(fields->loss)))
		return fields->loss;
	return NULL;
}

const char *fields_hotline(const struct text_request *request)
{
	if (is_set(request->alert->hotline))
		return request->alert->hotline;
	return is_set(request->hotline) ? request->hotline : "96110";
}

static size_t fill_lines(struct value lines[FIELD_MOST_LINES], char *const *texts)
{
	size_t count = 0;

	for (; texts != NULL && texts[count] != NULL && count < FIELD_MOST_LINES; count++)
		lines[count] = value_text(texts[count]);
	return count;
}

/* Bytes of the sentence's end that stands at `at`; 0: none does. */
static size_t sentence_end(const char *at)
{
	static const char *const ends[] = {"。", "！", "？", "；"};
	unsigned char first = (unsigned char)*at;

	/* Most characters of a text begin with another byte than all of these. */
	if (first != 0xe3 && first != 0xef)
		return first == '\n';
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (strncmp(at, ends[i], 3) == 0)
			return 3;
	return 0;
}

/* Where the last `cut` sentences of the text begin; the first always stays. Of very many, the last is all the rest. */
static size_t cut_sentences(const char *text, size_t cut, size_t *sentences)
{
	enum { SENTENCES_MOST = 64 };
	size_t bounds[SENTENCES_MOST], count = 0;

	for (const char *at = text; *at != '\0' && count < SENTENCES_MOST - 1;) {
		size_t end = sentence_end(at);
		if (end > 0)
			bounds[count++] = (size_t)(at - text) + end;
		at += end > 0 ? end : 1;
	}
	size_t size = strlen(text);
	if (count == 0 || bounds[count - 1] < size)
		bounds[count++] = size;
	*sentences = count;
	return cut >= count ? bounds[0] : bounds[count - 1 - cut];
}

static void fill_lists(struct fields *fields, const struct text_request *request, const struct fields_cut *cut)
{
	char *const *own = request->alert->advice;
	bool has_own = own != NULL && own[0] != NULL;

	fields->advice_count = fill_lines(fields->advice, has_own ? own : request->advice);
	fields->slogan_count = fill_lines(fields->slogans, request->slogans);
	size_t advice = cut->advice < fields->advice_count ? fields->advice_count - cut->advice : 0;
	size_t slogans = cut->slogans < fields->slogan_count ? fields->slogan_count - cut->slogans : 0;
	fields->list[FIELD_ADVICE].value = value_list(fields->advice, advice);
	fields->list[FIELD_SLOGANS].value = value_list(fields->slogans, slogans);
}

void fields_fill(struct fields *fields, const struct text_request *request, const struct fields_cut *cut)
{
	const struct alert *alert = request->alert;
	struct field *list = fields->list;
	bool named = is_set(request->audience_label) && strcmp(request->audience, "all") != 0 && !cut->audience;
	const char *summary = alert->summary != NULL ? alert->summary : "";

	fields->cases[0] = '\0';
	if (alert->cases > 1)
		snprintf(fields->cases, sizeof(fields->cases), "%d", alert->cases);
	for (size_t i = 0; i < FIELD_COUNT; i++)
		list[i] = field_make(field_names[i], value_null());
	list[FIELD_PLACE].value = value_text(choose_place(request, cut->place));
	list[FIELD_LOSS].value = value_text(cut->loss ? NULL : choose_loss(fields, request));
	list[FIELD_YUAN].value = value_text(cut->loss ? NULL : alert->loss);
	list[FIELD_CASES].value = value_text(fields->cases);
	list[FIELD_AUDIENCE].value = value_text(named ? request->audience_label : NULL);
	list[FIELD_TYPE].value = value_text(request->type_name);
	list[FIELD_HOTLINE].value = value_text(fields_hotline(request));
	list[FIELD_SITE].value = value_text(is_set(alert->sender_name) ? alert->sender_name : request->site);
	list[FIELD_HEADLINE].value = value_text(alert->headline);
	size_t size = cut_sentences(summary, cut->sentences, &fields->sentence_count);
	list[FIELD_SUMMARY].value = value_text_sized(summary, size);
	list[FIELD_METHOD].value = value_text(cut->method ? NULL : alert->method);
	list[FIELD_OCCURRED].value = value_text(alert->occurred);
	list[FIELD_WEB].value = value_text(alert->web);
	list[FIELD_URGENT].value = value_bool(alert->urgency == URGENCY_IMMEDIATE);
	list[FIELD_ROOMY].value = value_bool(!cut->roomy);
	fill_lists(fields, request, cut);
}

struct value fields_value(const struct fields *fields)
{
	return value_object(fields->list, FIELD_COUNT);
}
