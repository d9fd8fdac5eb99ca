#include "base/problem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cause.h"
#include "base/mem.h"

void problems_init(struct problems *problems)
{
	*problems = (struct problems){0};
}

static void problem_fini(struct problem *problem)
{
	free(problem->file);
	free(problem->field);
	for (int lang = LANG_ZH; lang <= LANG_EN; lang++) {
		free(problem->reason[lang]);
		free(problem->remedy[lang]);
	}
}

void problems_fini(struct problems *problems)
{
	for (size_t i = 0; i < problems->count; i++)
		problem_fini(&problems->list[i]);
	free(problems->list);
	problems_init(problems);
}

static void fill(char *out[2], const char *format, va_list args)
{
	for (int lang = LANG_ZH; lang <= LANG_EN; lang++) {
		va_list again;
		free(out[lang]);
		out[lang] = NULL;
		va_copy(again, args);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		/* The translation carries the same conversions: msgfmt --check-format in the tests sees to it. */
		if (vasprintf(&out[lang], say((enum lang)lang, format), again) < 0)
			out[lang] = mem_strdup(format);
#pragma GCC diagnostic pop
		va_end(again);
	}
}

struct problem *problem_add(struct problems *problems, enum problem_kind kind, const struct place *at,
	const char *field, const char *reason, ...)
{
	va_list args;

	if (kind == PROBLEM_ERROR)
		problems->errors++;
	if (problems->count >= PROBLEM_MOST) {
		problems->dropped++;
		return NULL;
	}
	problems->list = mem_resize(problems->list, problems->count + 1, sizeof(*problems->list));
	struct problem *problem = &problems->list[problems->count++];
	*problem = (struct problem){.kind = kind};
	if (at != NULL) {
		problem->file = mem_strdup(at->file);
		problem->line = at->line;
	}
	problem->field = mem_strdup(field);
	va_start(args, reason);
	fill(problem->reason, reason, args);
	va_end(args);
	return problem;
}

void problem_remedy(struct problem *problem, const char *remedy, ...)
{
	va_list args;

	if (problem == NULL)
		return;
	va_start(args, remedy);
	fill(problem->remedy, remedy, args);
	va_end(args);
}

struct problem *problem_cause(struct problem *problem, int error)
{
	const char *cause = cause_text(error);

	if (problem == NULL)
		return NULL;
	for (int lang = LANG_ZH; lang <= LANG_EN; lang++) {
		char *reason = problem->reason[lang];
		problem->reason[lang] = lang == LANG_ZH ? mem_printf("%s（%s）", reason, say(LANG_ZH, cause))
							: mem_printf("%s: %s", reason, cause);
		free(reason);
	}
	return problem;
}

void problems_move(struct problems *to, struct problems *from)
{
	for (size_t i = 0; i < from->count; i++) {
		if (to->count >= PROBLEM_MOST) {
			to->dropped++;
			problem_fini(&from->list[i]);
			continue;
		}
		to->list = mem_resize(to->list, to->count + 1, sizeof(*to->list));
		to->list[to->count++] = from->list[i];
	}
	to->dropped += from->dropped;
	to->errors += from->errors;
	free(from->list);
	problems_init(from);
}

void problem_text(const struct problem *problem, enum lang lang, struct buf *out)
{
	const char *colon = lang == LANG_ZH ? "：" : ": ";

	if (problem->kind == PROBLEM_WARNING)
		buf_printf(out, "%s%s", lang == LANG_ZH ? "提醒" : "warning", colon);
	if (problem->file != NULL && problem->line > 0)
		buf_printf(out, lang == LANG_ZH ? "%s 第 %u 行" : "%s line %u", problem->file, problem->line);
	else if (problem->file != NULL)
		buf_add_text(out, problem->file);
	else if (problem->line > 0)
		buf_printf(out, lang == LANG_ZH ? "第 %u 行" : "line %u", problem->line);
	if (problem->field != NULL)
		buf_printf(out, "%s%s", problem->file != NULL || problem->line > 0 ? " " : "", problem->field);
	if (problem->file != NULL || problem->line > 0 || problem->field != NULL)
		buf_add_text(out, colon);
	buf_add_text(out, problem->reason[lang]);
	if (problem->remedy[lang] != NULL)
		buf_printf(out, "%s%s", lang == LANG_ZH ? "；" : "; ", problem->remedy[lang]);
}

void problems_text(const struct problems *problems, enum lang lang, struct buf *out)
{
	for (size_t i = 0; i < problems->count; i++) {
		problem_text(&problems->list[i], lang, out);
		buf_add_byte(out, '\n');
	}
	if (problems->dropped > 0)
		buf_printf(out, lang == LANG_ZH ? "另有 %zu 处未列出\n" : "and %zu more\n", problems->dropped);
}
