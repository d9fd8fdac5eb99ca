#include "text/compose.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/require.h"
#include "base/utf8.h"
#include "text/fields.h"
#include "text/gb2312.h"
#include "text/lint.h"
#include "text/sign.h"
#include "text/wording.h"

enum { MOST_TEXT = 64 * 1024 };

/* Where the text comes from, for problems. */
struct origin {
	const char *file; /* the template, or NULL */
	const char *field; /* "text.sms" when the alert brings its own */
};

static struct problem *complain(struct problems *problems, const struct origin *origin, const char *reason)
{
	struct place at = {origin->file, 0};

	/* The reasons are ours and hold no conversion. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
	return problem_add(problems, PROBLEM_ERROR, origin->file != NULL ? &at : NULL, origin->field, reason);
#pragma GCC diagnostic pop
}

static bool is_set(const char *text)
{
	return text != NULL && *text != '\0';
}

const char *text_region(const char *area_name)
{
	static const char *const names[][2] = {{"县", "我县"}, {"自治旗", "我旗"}, {"旗", "我旗"}, {"区", "我区"},
		{"市", "我市"}};

	if (area_name == NULL)
		return NULL;
	size_t size = strlen(area_name);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t end = strlen(names[i][0]);
		if (size > end && strcmp(area_name + size - end, names[i][0]) == 0)
			return names[i][1];
	}
	return NULL;
}

/* A drill says so wherever it is read, even in a screenshot that somebody passes on. */
static const char *drill_mark(const struct text_request *request)
{
	bool english = request->language != NULL && strncmp(request->language, "en", 2) == 0;

	switch (request->alert->status) {
	case STATUS_EXERCISE:
		return english ? "(Exercise) " : "（演练）";
	case STATUS_TEST:
		return english ? "(Test) " : "（测试）";
	case STATUS_ACTUAL:
	case STATUS_DRAFT:
		break;
	}
	return "";
}

/* Takes our own 【signature】 off the front of a ready text, so that it does not stand there twice. */
static const char *skip_signature(const struct text_request *request, const char *text)
{
	size_t size;

	if (request->medium != MEDIUM_SMS || !is_set(request->signature) || strncmp(text, "【", 3) != 0)
		return text;
	size = strlen(request->signature);
	if (strncmp(text + 3, request->signature, size) != 0 || strncmp(text + 3 + size, "】", 3) != 0)
		return text;
	return request->platform_signs ? text : text + 3 + size + 3;
}

static void add_own(const struct text_request *request, const char *text, struct buf *body)
{
	text = skip_signature(request, text);
	while (*text == ' ' || *text == '\n' || *text == '\t' || *text == '\r')
		text++;
	if (request->medium == MEDIUM_LED) {
		sign_normalise(text, body);
		return;
	}
	for (; *text != '\0'; text++)
		if (*text != '\r')
			buf_add_byte(body, (unsigned char)*text);
	while (body->size > 0 && strchr(" \n\t", body->data[body->size - 1]) != NULL)
		body->data[--body->size] = '\0';
}

static void refuse_length(const struct text_request *request, const struct origin *origin, unsigned int units,
	struct problems *problems)
{
	struct place at = {origin->file, 0};
	const char *reason = request->medium == MEDIUM_SMS
		? N_("the text counts %u characters; the platforms take at most %u")
		: N_("the text takes %u bytes; this channel carries at most %u");

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	struct problem *problem = problem_add(problems, PROBLEM_ERROR, origin->file != NULL ? &at : NULL, origin->field,
		reason, units, wording_most(request));
#pragma GCC diagnostic pop
	problem_remedy(problem,
		origin->field != NULL ? N_("shorten it") : N_("shorten the summary and the advice of the alert"));
}

static void check_sms(const struct text_request *request, const struct origin *origin, const char *body,
	struct problems *problems)
{
	bool brackets = strstr(body, "【") != NULL || strstr(body, "】") != NULL;

	if (brackets && (request->platform_signs || is_set(request->signature)))
		problem_remedy(complain(problems, origin, N_("the text holds 【 or 】, which mark the signature")),
			N_("leave them out: the signature is put in front by itself"));
	if (lint_has_link(body) && !is_set(request->alert->web))
		problem_remedy(complain(problems, origin,
				       N_("the text holds a link, but the alert names no web address")),
			N_("remove the link, or give an allowed address as \"web\""));
}

static void check_sign(const struct origin *origin, const char *body, struct problems *problems)
{
	struct place at = {origin->file, 0};
	uint32_t code;
	char bytes[5] = "";

	if (gb2312_has(body, GB_2312, &code, NULL))
		return;
	bytes[utf8_put(code, bytes)] = '\0';
	struct problem *problem = problem_add(problems, PROBLEM_ERROR, origin->file != NULL ? &at : NULL, origin->field,
		N_("the sign has no character \"%s\" (U+%04X)"), bytes, code);
	problem_remedy(problem, N_("use a common simplified character in its place"));
}

static void check(const struct text_request *request, const struct origin *origin, const char *body,
	unsigned int before, struct problems *problems)
{
	unsigned int units = wording_measure(request, body) + before;

	if (*body == '\0') {
		problem_remedy(complain(problems, origin, N_("the text is empty")),
			N_("write what people should know"));
		return;
	}
	if (request->medium == MEDIUM_SMS)
		check_sms(request, origin, body, problems);
	if (request->medium == MEDIUM_LED)
		check_sign(origin, body, problems);
	if (units > wording_most(request))
		refuse_length(request, origin, units, problems);
}

/* The signature as it stands in front; it counts whoever writes it. */
static void make_signature(const struct text_request *request, struct buf *out)
{
	if (request->medium == MEDIUM_SMS && is_set(request->signature))
		buf_printf(out, "【%s】", request->signature);
}

static char *join(const char *a, const char *b, const char *c)
{
	size_t sizes[3] = {strlen(a), strlen(b), strlen(c)};
	char *all = mem_zalloc(sizes[0] + sizes[1] + sizes[2] + 1);

	memcpy(all, a, sizes[0]);
	memcpy(all + sizes[0], b, sizes[1]);
	memcpy(all + sizes[0] + sizes[1], c, sizes[2]);
	return all;
}

static struct message *finish(const struct text_request *request, const char *signature, const char *mark,
	const char *body)
{
	struct message *message = mem_zalloc(sizeof(*message));

	message->medium = request->medium;
	message->format = request->medium == MEDIUM_WECOM ? request->format : FORMAT_PLAIN;
	char *whole = join(signature, mark, body);
	message->units = wording_measure(request, whole);
	message->parts = 1;
	if (request->medium == MEDIUM_SMS)
		message->parts = segment_count(whole, strlen(whole), request->rule).parts;
	message->text = whole;
	if (request->platform_signs) {
		message->text = join("", mark, body);
		free(whole);
	}
	return message;
}

/* Puts the body together from the alert's own text or from a wording. False with a problem when there is none. */
static bool make_body(const struct templates *templates, const struct template *template,
	const struct text_request *request, unsigned int before, struct origin *origin, struct buf *body,
	struct problems *problems)
{
	static const char *const fields[MEDIUM_COUNT] = {"text.sms", "text.wecom", "text.led"};
	const char *own = request->alert->text[request->medium];
	const char *medium = medium_name(request->medium);

	if (own != NULL && template == NULL) {
		origin->field = fields[request->medium];
		add_own(request, own, body);
		return true;
	}
	struct wording wording = {templates, template, request, before};
	if (template == NULL)
		wording.template = templates_find(templates, request->language != NULL ? request->language : "zh",
			medium, request->alert->fraud_type, request->audience);
	if (wording.template == NULL) {
		problem_remedy(problem_add(problems, PROBLEM_ERROR, NULL, NULL,
				       N_("there is no wording for \"%s\" by %s"), request->alert->fraud_type, medium),
			N_("add a template, or write the text into the alert as \"text\""));
		return false;
	}
	origin->file = wording.template->path;
	if (wording_fill(&wording, body) == RESULT_INVALID) {
		problem_remedy(complain(problems, origin, N_("the template never comes to an end")),
			N_("look for a piece that contains itself"));
		return false;
	}
	return true;
}

enum result text_compose_by(const struct templates *templates, const struct template *template,
	const struct text_request *request, struct message **message, struct problems *problems)
{
	struct origin origin = {0};
	struct buf signature, body;
	size_t errors = problems->errors;
	const char *mark = drill_mark(request);

	REQUIRE(*message == NULL && request->alert != NULL && request->audience != NULL);
	buf_init(&signature, 1024);
	buf_init(&body, MOST_TEXT);
	make_signature(request, &signature);
	unsigned int before = wording_measure(request, buf_text(&signature)) + wording_measure(request, mark);
	if (make_body(templates, template, request, before, &origin, &body, problems))
		check(request, &origin, buf_text(&body), before, problems);
	if (problems->errors == errors)
		*message = finish(request, buf_text(&signature), mark, buf_text(&body));
	buf_fini(&signature);
	buf_fini(&body);
	return problems->errors == errors ? RESULT_OK : RESULT_INVALID;
}

enum result text_compose(const struct templates *templates, const struct text_request *request,
	struct message **message, struct problems *problems)
{
	return text_compose_by(templates, NULL, request, message, problems);
}
