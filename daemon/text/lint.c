#include "text/lint.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "text/gb2312.h"

/* True when `word` (lower case) stands at `at`, in whatever case. */
static bool stands(const char *at, const char *word)
{
	return strncasecmp(at, word, strlen(word)) == 0;
}

bool lint_has_link(const char *text)
{
	/* Every sign of a link has one of these two in it, and few texts have either. */
	for (const char *at = strpbrk(text, ".:"); at != NULL; at = strpbrk(at + 1, ".:")) {
		size_t before = (size_t)(at - text);
		if (*at == ':') {
			if ((before >= 4 && stands(at - 4, "http://")) || (before >= 5 && stands(at - 5, "https://")))
				return true;
		} else if ((before >= 3 && stands(at - 3, "www.")) || stands(at, ".com") || stands(at, ".cn/") ||
			stands(at, ".net")) {
			return true;
		}
	}
	return false;
}

static bool is_exclamation(uint32_t code)
{
	return code == '!' || code == 0xff01;
}

/* Says by `row` and `wide` whether two exclamation marks stand together and whether a full-width digit is there. */
static void look_at_marks(const char *text, bool *row, bool *wide)
{
	const char *end = text + strlen(text);
	uint32_t code, before = 0;

	*row = *wide = false;
	while (text < end && utf8_next(&text, end, &code)) {
		*row |= is_exclamation(code) && is_exclamation(before);
		*wide |= code >= 0xff10 && code <= 0xff19;
		before = code;
	}
}

static bool is_known(const char *digits, size_t size, const char *hotline)
{
	const char *const known[] = {"110", "96110", "12381", hotline};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i] != NULL && strlen(known[i]) == size && memcmp(known[i], digits, size) == 0)
			return true;
	return false;
}

/* The first number that a reader could take for one to call, or NULL; *size is its length. */
static const char *strange_number(const char *text, const char *hotline, size_t *size)
{
	while (*text != '\0') {
		*size = strspn(text, "0123456789-");
		if (*size == 0) {
			text++;
			continue;
		}
		bool amount = strncmp(text + *size, "元", 3) == 0 || strncmp(text + *size, "万", 3) == 0;
		if (*size >= 5 && !amount && !is_known(text, *size, hotline))
			return text;
		text += *size;
	}
	return NULL;
}

static void lint_length(const struct message *message, const struct place *at, const char *field,
	struct problems *problems)
{
	if (message->parts <= 1)
		return;
	struct problem *problem = problem_add(problems, PROBLEM_WARNING, at, field,
		N_("the text counts %u characters with its signature and is billed as %u parts"), message->units,
		message->parts);
	problem_remedy(problem, N_("70 characters fit in one part: shorten it where that is possible"));
}

static void lint_characters(const struct message *message, const struct place *at, const char *field,
	struct problems *problems)
{
	uint32_t code;
	char bytes[5] = "";

	if (gb2312_has(message->text, GB_2312, &code, NULL))
		return;
	bytes[utf8_put(code, bytes)] = '\0';
	struct problem *problem = problem_add(problems, PROBLEM_WARNING, at, field,
		N_("the character \"%s\" (U+%04X) is not in GB 2312; some phones and signs cannot show it"), bytes,
		code);
	problem_remedy(problem, N_("use a common character in its place; leave emoji and special signs out"));
}

static void lint_numbers(const struct message *message, const char *hotline, const struct place *at, const char *field,
	struct problems *problems)
{
	size_t size;
	const char *number = strange_number(message->text, hotline, &size);

	if (number == NULL)
		return;
	struct problem *problem = problem_add(problems, PROBLEM_WARNING, at, field,
		N_("the text holds a number of %u digits that is neither 110 nor the hotline"), (unsigned int)size);
	problem_remedy(problem, N_("name no other number: people cannot tell whose it is"));
}

void text_lint(const struct message *message, const char *hotline, const struct place *at, const char *field,
	struct problems *problems)
{
	bool row, wide;

	lint_length(message, at, field, problems);
	if (message->medium == MEDIUM_SMS)
		lint_characters(message, at, field, problems);
	lint_numbers(message, hotline, at, field, problems);
	look_at_marks(message->text, &row, &wide);
	if (row)
		problem_remedy(problem_add(problems, PROBLEM_WARNING, at, field,
				       N_("exclamation marks stand in a row")),
			N_("a calm text is believed; use at most one"));
	if (wide)
		problem_remedy(problem_add(problems, PROBLEM_WARNING, at, field,
				       N_("the text holds full-width digits")),
			N_("write 0 to 9 half-width, so that phones recognise 96110 and 110"));
	if (message->medium == MEDIUM_SMS && lint_has_link(message->text))
		problem_remedy(problem_add(problems, PROBLEM_WARNING, at, field, N_("the text holds a link")),
			N_("a warning that tells people to open no links should have none"));
}
