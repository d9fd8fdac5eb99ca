#include "text/wording.h"

#include <stdint.h>
#include <string.h>

#include "text/gb2312.h"
#include "text/markdown.h"
#include "text/sign.h"

enum { MOST_OUTPUT = 64 * 1024 };

unsigned int wording_measure(const struct text_request *request, const char *text)
{
	if (request->medium == MEDIUM_SMS)
		return segment_count(text, strlen(text), request->rule).units;
	return (unsigned int)(request->medium == MEDIUM_LED ? gb2312_size(text) : strlen(text));
}

unsigned int wording_most(const struct text_request *request)
{
	unsigned int own = TEXT_SMS_MOST;

	if (request->medium == MEDIUM_LED)
		own = TEXT_LED_MOST;
	else if (request->medium == MEDIUM_WECOM)
		own = request->format == FORMAT_MARKDOWN ? TEXT_WECOM_MARKDOWN_MOST : TEXT_WECOM_PLAIN_MOST;
	return request->most > 0 && request->most < own ? (unsigned int)request->most : own;
}

/* The next thing to leave out, in the order that compose.h promises. False when nothing is left. */
static bool cut_more(const struct text_request *request, const struct fields *fields, struct fields_cut *cut)
{
	bool *flags[4] = {&cut->roomy, NULL, NULL, NULL};

	if (request->medium == MEDIUM_SMS)
		flags[1] = &cut->place, flags[2] = &cut->loss;
	else if (request->medium == MEDIUM_LED)
		flags[1] = &cut->audience;
	for (size_t i = 0; request->medium != MEDIUM_WECOM && flags[i] != NULL; i++) {
		if (!*flags[i]) {
			*flags[i] = true;
			return true;
		}
	}
	if (request->medium != MEDIUM_WECOM)
		return false;
	if (cut->slogans < fields->slogan_count)
		return cut->slogans++, true;
	if (cut->advice + 1 < fields->advice_count)
		return cut->advice++, true;
	if (!cut->method)
		return cut->method = true;
	if (cut->sentences + 1 < fields->sentence_count)
		return cut->sentences++, true;
	return false;
}

/* Blanks at both ends are the wording's, not the text's; Windows line ends become plain ones. */
static void tidy(struct buf *text)
{
	size_t from = 0, to = 0;

	while (from < text->size && strchr(" \r\n\t", text->data[from]) != NULL)
		from++;
	if (from > 0 || (text->size > 0 && memchr(text->data, '\r', text->size) != NULL)) {
		for (; from < text->size; from++)
			if (text->data[from] != '\r')
				text->data[to++] = text->data[from];
	} else {
		to = text->size;
	}
	while (to > 0 && strchr(" \n\t", text->data[to - 1]) != NULL)
		to--;
	text->size = to;
	if (text->data != NULL)
		text->data[to] = '\0';
}

static enum result render(const struct wording *wording, const struct fields *fields, struct buf *out)
{
	static const enum escape escapes[MEDIUM_COUNT] =
		{[MEDIUM_SMS] = ESCAPE_NONE, [MEDIUM_WECOM] = ESCAPE_MARKDOWN, [MEDIUM_LED] = ESCAPE_SIGN};
	const struct text_request *request = wording->request;
	struct template_scope scope = {.templates = wording->templates,
		.template = wording->template,
		.audience = request->audience};
	struct mustache_partials partials = templates_partials(&scope);
	struct value data = fields_value(fields);
	struct buf raw;

	buf_init(&raw, MOST_OUTPUT);
	buf_clear(out);
	enum result result = mustache_render(wording->template->mustache, &data, escapes[request->medium], &partials,
		&raw);
	tidy(&raw);
	if (request->medium == MEDIUM_LED)
		sign_normalise(buf_text(&raw), out);
	else if (request->medium == MEDIUM_WECOM && request->format == FORMAT_PLAIN)
		markdown_strip(buf_text(&raw), out);
	else
		buf_add(out, buf_text(&raw), raw.size);
	buf_fini(&raw);
	return result == RESULT_OK && !out->full ? RESULT_OK : RESULT_INVALID;
}

/* What is still too much: parts for SMS (fewer are worth cutting for), else bytes over the most. */
static unsigned int rank(const struct wording *wording, const char *text)
{
	const struct text_request *request = wording->request;
	unsigned int size, most = wording_most(request);

	if (request->medium != MEDIUM_SMS) {
		size = wording_measure(request, text) + wording->before;
		return size > most ? size - most : 0;
	}
	struct segment_count count = segment_count(text, strlen(text), request->rule);
	return segment_parts(count.units + wording->before, count.coding);
}

enum result wording_fill(const struct wording *wording, struct buf *out)
{
	const struct text_request *request = wording->request;
	unsigned int good = request->medium == MEDIUM_SMS ? 1 : 0, best = UINT32_MAX;
	struct fields_cut cut = {0}, chosen = {0};
	struct fields fields;
	enum result result;
	bool stands;

	do {
		fields_fill(&fields, request, &cut);
		result = render(wording, &fields, out);
		if (result != RESULT_OK)
			return result;
		unsigned int now = rank(wording, buf_text(out));
		stands = now < best;
		if (stands) {
			best = now;
			chosen = cut;
		}
	} while (best > good && cut_more(request, &fields, &cut));
	/* Where cutting gained nothing, what was cut stands again. */
	if (!stands) {
		fields_fill(&fields, request, &chosen);
		render(wording, &fields, out);
	}
	return wording_measure(request, buf_text(out)) + wording->before > wording_most(request) ? RESULT_TOO_BIG
												 : RESULT_OK;
}
