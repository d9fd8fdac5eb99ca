#include "text/template_lint.h"

#include <stdbool.h>
#include <string.h>

#include "base/nearest.h"
#include "text/fields.h"
#include "text/lint.h"

struct names {
	const struct templates *templates;
	const struct template *template;
	struct problems *problems;
};

static bool is_field(const char *name)
{
	for (size_t i = 0; i < FIELD_COUNT; i++)
		if (strcmp(name, field_names[i]) == 0)
			return true;
	return strcmp(name, ".") == 0;
}

static void check_field(struct names *names, const char *name, unsigned int line)
{
	struct place at = {names->template->path, line};

	if (is_field(name))
		return;
	const char *nearest = nearest_name(name, field_names);
	struct problem *problem = problem_add(names->problems, PROBLEM_ERROR, &at, NULL, N_("there is no field \"%s\""),
		name);
	if (nearest != NULL)
		problem_remedy(problem, N_("did you mean \"%s\"?"), nearest);
	else
		problem_remedy(problem, N_("crier-templates(7) lists the fields"));
}

static void check_piece(struct names *names, const char *name, unsigned int line)
{
	struct place at = {names->template->path, line};
	struct template_scope scope = {.templates = names->templates, .template = names->template, .audience = "all"};
	struct mustache_partials partials = templates_partials(&scope);

	if (partials.find(partials.arg, name) != NULL)
		return;
	problem_remedy(problem_add(names->problems, PROBLEM_ERROR, &at, NULL, N_("there is no piece \"%s\""), name),
		N_("{{>_name}} needs a folder of that name beside this one, with a file all.mustache"));
}

static void check_name(void *arg, enum mustache_use use, const char *name, unsigned int line)
{
	if (use == MUSTACHE_PARTIAL)
		check_piece(arg, name, line);
	else
		check_field(arg, name, line);
}

/* An alert such as comes often: amounts and place of usual length. */
static struct alert sample_alert(const struct template *template)
{
	static char *no_lines[] = {NULL};

	return (struct alert){.id = (char *)"sample",
		.fraud_type = (char *)template->type,
		.summary = (char *)"近日有居民被骗。",
		.method = (char *)"先给小利再要求垫付",
		.cases = 1,
		.keywords = no_lines,
		.supersedes = no_lines,
		.audiences = no_lines,
		.areas = no_lines,
		.advice = no_lines,
		.urgency = URGENCY_TODAY};
}

/* True when the text ends by saying whom to call. */
static bool ends_in_action(const char *text)
{
	size_t size = strlen(text), tail = size > 60 ? 60 : size;

	return strstr(text + size - tail, "110") != NULL;
}

static void lint_sample(const struct templates *templates, const struct template *template, struct problems *problems)
{
	static char *lines[] = {(char *)"有疑问先打96110", NULL};
	struct alert alert = sample_alert(template);
	struct text_request request = {.alert = &alert,
		.type_name = "刷单返利",
		.audience = template->audience,
		.audience_label = strcmp(template->audience, "all") == 0 ? NULL : "财务人员",
		.language = template->language,
		.signature = "玉山反诈",
		.site = "玉山镇反诈中心",
		.region = "我市",
		.loss = "12.8万元",
		.advice = lines,
		.slogans = lines,
		.format = FORMAT_MARKDOWN};
	struct message *message = NULL;
	struct place at = {template->path, 0};
	bool chinese = strcmp(template->language, "zh") == 0;

	medium_find(template->medium, &request.medium);
	if (request.medium == MEDIUM_SMS)
		request.rule = chinese ? SEGMENT_MAINLAND : SEGMENT_INTERNATIONAL;
	struct problems refused;
	problems_init(&refused);
	enum result result = text_compose_by(templates, template, &request, &message, &refused);
	if (result != RESULT_OK) {
		problems_move(problems, &refused);
		return;
	}
	problems_fini(&refused);
	if (chinese || message->medium == MEDIUM_LED)
		text_lint(message, "96110", &at, NULL, problems);
	if (message->medium != MEDIUM_LED && !ends_in_action(message->text))
		problem_remedy(problem_add(problems, PROBLEM_WARNING, &at, NULL,
				       N_("the text does not end by saying whom to call")),
			N_("end with {{hotline}} to ask or 110 when money has gone"));
	message_free(&message);
}

void template_lint(const struct templates *templates, const struct template *template, struct problems *problems)
{
	struct names names = {templates, template, problems};
	size_t errors = problems->errors;

	mustache_walk(template->mustache, check_name, &names);
	if (template->type[0] != '_' && problems->errors == errors)
		lint_sample(templates, template, problems);
}
