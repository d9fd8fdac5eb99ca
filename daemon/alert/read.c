#include "alert/read.h"

#include <string.h>
#include <strings.h>

#include "alert/identity.h"
#include "alert/reading.h"
#include "alert/target.h"
#include "alert/window.h"
#include "alert/wording.h"
#include "base/digest.h"
#include "base/mem.h"
#include "document/document.h"

static const struct form_row {
	const char *ending;
	enum result (
		*read)(const void *bytes, size_t size, const char *name, struct node **root, struct problems *problems);
} form_rows[] = {
	[FORM_CFG] = {".cfg", document_read_cfg},
	[FORM_JSON] = {".json", document_read_json},
	[FORM_TXT] = {".txt", document_read_txt},
};

#define FORM_COUNT (sizeof(form_rows) / sizeof(form_rows[0]))

/* FORM_COUNT when the ending is none of ours. */
static size_t form_of(const char *name)
{
	const char *slash = strrchr(name, '/');
	const char *dot = strrchr(slash != NULL ? slash : name, '.');
	size_t form = 0;

	while (form < FORM_COUNT && (dot == NULL || strcasecmp(dot, form_rows[form].ending) != 0))
		form++;
	return form;
}

bool alert_name_known(const char *name)
{
	return form_of(name) < FORM_COUNT;
}

/* Documents of an office program, which are no text whatever they are renamed to. */
static bool is_office(const char *name)
{
	static const char *const endings[] = {".docx", ".doc", ".wps", ".rtf", ".odt", ".pdf", ".xlsx", ".xls", ".et"};
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot != NULL && i < sizeof(endings) / sizeof(endings[0]); i++)
		if (strcasecmp(dot, endings[i]) == 0)
			return true;
	return false;
}

static bool has_hidden_ending(const char *name)
{
	for (size_t i = 0; i < FORM_COUNT; i++) {
		const char *found = strcasestr(name, form_rows[i].ending);
		if (found != NULL && found[strlen(form_rows[i].ending)] == '.')
			return true;
	}
	return false;
}

static void bad_ending(const char *name, struct problems *problems)
{
	struct place at = {.file = name};
	struct problem *problem = problem_add(problems, PROBLEM_ERROR, &at, NULL,
		N_("only files that end in .txt, .cfg or .json are read as alerts"));

	if (is_office(name))
		problem_remedy(problem,
			N_("open it, copy the text into Notepad and save that as .txt (or .cfg, .json)"));
	else if (has_hidden_ending(name))
		problem_remedy(problem, N_("rename it so that nothing follows .txt, .cfg or .json"));
	else
		problem_remedy(problem, N_("write the alert with Notepad and save it as .txt (or .cfg, .json)"));
}

static struct alert *alert_new(const void *bytes, size_t size)
{
	struct alert *alert = mem_zalloc(sizeof(*alert));
	char ***lists[] = {&alert->supersedes, &alert->keywords, &alert->audiences, &alert->areas, &alert->advice};

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		*lists[i] = mem_calloc(1, sizeof(**lists[i]));
	digest_sha256(bytes, size, alert->digest);
	return alert;
}

static void read_fields(struct reading *reading)
{
	/*
	 * The order matters: what is to be done decides what else must be there, and the site's page what
	 * texts may name.
	 */
	reading_open(reading);
	identity_read(reading);
	target_read(reading);
	window_read(reading);
	wording_read(reading);
	reading_close(reading);
}

enum result alert_read(const struct alert_context *context, const char *name, const void *bytes, size_t size,
	struct alert **alert, struct problems *problems)
{
	size_t form = form_of(name), errors = problems->errors;
	struct node *root = NULL;

	if (form >= FORM_COUNT) {
		bad_ending(name, problems);
		return RESULT_INVALID;
	}
	if (form_rows[form].read(bytes, size, name, &root, problems) != RESULT_OK)
		return RESULT_INVALID;
	struct reading reading = {
		.context = context,
		.file = name,
		.form = (enum form)form,
		.root = root,
		.alert = alert_new(bytes, size),
		.problems = problems,
	};
	read_fields(&reading);
	document_free(&root);
	if (problems->errors > errors) {
		alert_free(&reading.alert);
		return RESULT_INVALID;
	}
	identity_assign(&reading);
	*alert = reading.alert;
	return RESULT_OK;
}
