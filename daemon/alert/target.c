#include "alert/target.h"

#include <stdlib.h>
#include <string.h>

#include "alert/fold.h"
#include "alert/money.h"
#include "alert/words.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "base/utf8.h"
#include "flow/area.h"

enum { AREAS_MOST = 200, AUDIENCES_MOST = 40, CASES_MOST = 1000000 };

static const char all[] = "all";

static void read_type(struct reading *reading)
{
	const struct taxonomy *taxonomy = reading->context->taxonomy;
	const struct node *node;
	char *text = reading_text(reading, FIELD_FRAUD_TYPE, &node);
	struct problem *problem;

	if (text == NULL && node == NULL && reading->alert->action == ACTION_CANCEL) {
		reading->alert->fraud_type = mem_strdup("other");
		return;
	}
	if (text == NULL && node == NULL) {
		problem = READING_ERROR(reading, NULL, FIELD_FRAUD_TYPE, N_("is missing"));
		problem_remedy(problem, N_("name the kind of fraud, such as %s"), "order-brushing 刷单返利");
	}
	if (text == NULL)
		return;
	const struct fraud_type *type = taxonomy_find_type(taxonomy, text);
	if (type != NULL) {
		reading->alert->fraud_type = mem_strdup(type->slug);
	} else {
		problem = READING_ERROR(reading, node, FIELD_FRAUD_TYPE, N_("there is no kind of fraud \"%s\""),
			reading_quote(reading, text));
		const char *nearest = taxonomy_nearest_type(taxonomy, text);
		if (nearest != NULL)
			problem_remedy(problem, N_("did you mean \"%s\"?"), nearest);
		else
			problem_remedy(problem, N_("write one of the kinds of crier-alert(5), or %s"), "other 其他");
	}
	free(text);
}

static void read_loss(struct reading *reading)
{
	const struct node *node = reading_find(reading, FIELD_LOSS);
	char loss[MONEY_TEXT];

	if (node == NULL)
		return;
	/* A whole number cannot be misread; only what libconfig or a program rounded could. */
	char *text = node->kind == NODE_INTEGER ? mem_printf("%lld", (long long)node->integer)
						: reading_text(reading, FIELD_LOSS, &node);
	if (text != NULL && words_nothing(text)) {
		free(text);
		return;
	}
	if (text != NULL && money_parse(text, loss)) {
		reading->alert->loss = mem_strdup(loss);
	} else if (text != NULL) {
		struct problem *problem = READING_ERROR(reading, node, FIELD_LOSS, N_("is no sum of money"));
		problem_remedy(problem, N_("write it like %s"), "\"12.8万元\", \"128000\"");
	}
	free(text);
}

static void read_cases(struct reading *reading)
{
	const struct node *node = reading_find(reading, FIELD_CASES);
	int64_t cases = 0;

	if (node == NULL)
		return;
	if (node->kind == NODE_INTEGER) {
		cases = node->integer;
	} else if (node->kind == NODE_STRING && reading->form == FORM_TXT) {
		char *narrow = utf8_narrow(node->text);
		size_t size = strspn(narrow, "0123456789");
		const char *rest = narrow + size;
		if (size <= 7 && (*rest == '\0' || strcmp(rest, "起") == 0 || strcmp(rest, "件") == 0))
			cases = strtol(narrow, NULL, 10);
		free(narrow);
	}
	if (cases >= 1 && cases <= CASES_MOST) {
		reading->alert->cases = (int)cases;
		return;
	}
	struct problem *problem = READING_ERROR(reading, node, FIELD_CASES, N_("must be a whole number from 1 to %d"),
		CASES_MOST);
	problem_remedy(problem, N_("write it like %s"), "3");
}

static void bad_area(struct reading *reading, const struct node *node, const char *text, enum result result)
{
	const char *shown = reading_quote(reading, text);
	struct problem *problem;

	if (result == RESULT_INVALID) {
		problem = READING_ERROR(reading, node, FIELD_AREAS, N_("\"%s\" is no area code"), shown);
		problem_remedy(problem, N_("codes have 6, 9 or 12 digits, such as %s; or write the name"), "320583");
		return;
	}
	if (result == RESULT_EXISTS) {
		problem = READING_ERROR(reading, node, FIELD_AREAS, N_("several areas are called \"%s\""), shown);
		problem_remedy(problem, N_("write the name of the city before it, or the code"));
		return;
	}
	problem = READING_ERROR(reading, node, FIELD_AREAS, N_("there is no area \"%s\""), shown);
	const char *nearest = taxonomy_nearest_area(reading->context->taxonomy, text);
	if (nearest != NULL)
		problem_remedy(problem,
			N_("did you mean \"%s\"? Otherwise write the code, or add the name to \"areas\" in crierd.conf"),
			nearest);
	else
		problem_remedy(problem, N_("write the code, or add the name to \"areas\" in crierd.conf"));
}

static enum result find_area(const struct alert_context *context, const char *text, char code[AREA_CODE])
{
	if (context->area != NULL && area_code(context->area, code) && words_whole_area(text, code))
		return RESULT_OK;
	return taxonomy_find_area(context->taxonomy, text, context->area, code);
}

static void read_area(struct reading *reading, const struct item *item)
{
	const char *site = reading->context->area;
	char code[AREA_CODE];
	enum result result = find_area(reading->context, item->text, code);

	if (result != RESULT_OK) {
		bad_area(reading, item->node, item->text, result);
		return;
	}
	if (site != NULL && !area_touches(code, site)) {
		struct problem *problem = READING_WARNING(reading, item->node, FIELD_AREAS,
			N_("\"%s\" lies outside this site's area"), reading_quote(reading, item->text));
		problem_remedy(problem, N_("nobody may be there to be told; check it"));
	}
	if (!mem_strings_has(reading->alert->areas, code))
		mem_strings_add(&reading->alert->areas, code);
}

static void read_areas(struct reading *reading)
{
	const char *site = reading->context->area;
	char code[AREA_CODE];
	struct items items;

	reading_items(reading, FIELD_AREAS, true, AREAS_MOST, &items);
	for (size_t i = 0; i < items.count; i++)
		read_area(reading, &items.list[i]);
	if (items.count == 0 && site != NULL && area_code(site, code)) {
		mem_strings_add(&reading->alert->areas, code);
	} else if (items.count == 0) {
		struct problem *problem = READING_ERROR(reading, NULL, FIELD_AREAS, N_("is missing"));
		problem_remedy(problem, N_("write a code or a name, such as %s"), "320583 昆山市");
	}
	items_fini(&items);
}

static const struct alert_audience *audience_by_slug(const struct alert_context *context, const char *slug)
{
	for (size_t i = 0; i < context->audience_count; i++)
		if (strcmp(context->audiences[i].slug, slug) == 0)
			return &context->audiences[i];
	return NULL;
}

static bool audience_there(const struct alert_context *context, const char *slug)
{
	return strcmp(slug, all) == 0 || audience_by_slug(context, slug) != NULL;
}

/*
 * The slug meant: the site's own names come first, then the shipped ones. *known is the shipped slug even
 * where the site has not configured it. NULL when it is no audience of this site.
 */
static const char *audience_slug(const struct alert_context *context, const char *text, const char **known)
{
	char *folded = fold_name(text);
	const char *slug = NULL;

	for (size_t i = 0; i < context->audience_count && slug == NULL; i++) {
		const struct alert_audience *audience = &context->audiences[i];
		if (fold_matches(audience->slug, folded) ||
			(audience->label != NULL && fold_matches(audience->label, folded)))
			slug = audience->slug;
	}
	if (slug == NULL && strcmp(folded, all) == 0)
		slug = all;
	free(folded);
	*known = slug != NULL ? slug : taxonomy_find_audience(context->taxonomy, text);
	if (slug == NULL && *known != NULL && audience_there(context, *known))
		slug = *known;
	return slug;
}

static const char *nearest_audience(const struct alert_context *context, const char *text)
{
	const char **names = mem_calloc(2 * context->audience_count + 3, sizeof(*names));
	size_t count = 0;

	for (size_t i = 0; i < context->audience_count; i++) {
		names[count++] = context->audiences[i].slug;
		if (context->audiences[i].label != NULL)
			names[count++] = context->audiences[i].label;
	}
	names[count++] = all;
	names[count++] = "全体";
	const char *nearest = nearest_name(text, names);
	free(names);
	return nearest;
}

/* "elderly 老年人, student 学生, …", cut at a sensible length. */
static void audience_names(const struct alert_context *context, struct buf *out)
{
	buf_add_text(out, "all 全体");
	for (size_t i = 0; i < context->audience_count && out->size < 200; i++)
		buf_printf(out, ", %s%s%s", context->audiences[i].slug, context->audiences[i].label != NULL ? " " : "",
			context->audiences[i].label != NULL ? context->audiences[i].label : "");
}

static void bad_audience(struct reading *reading, const struct item *item)
{
	struct problem *problem = READING_ERROR(reading, item->node, FIELD_AUDIENCES,
		N_("the audience \"%s\" is not configured here"), reading_quote(reading, item->text));
	const char *nearest = nearest_audience(reading->context, item->text);

	if (nearest != NULL) {
		problem_remedy(problem, N_("did you mean \"%s\"?"), nearest);
		return;
	}
	struct buf names;
	buf_init(&names, 512);
	audience_names(reading->context, &names);
	problem_remedy(problem, N_("write one of %s"), buf_text(&names));
	buf_fini(&names);
}

/* Those of the kind of fraud, as far as the site has them. */
static void default_audiences(struct reading *reading)
{
	struct alert *alert = reading->alert;
	const struct fraud_type *type = taxonomy_type(reading->context->taxonomy, alert->fraud_type);
	struct problem *problem;

	if (alert->action == ACTION_CANCEL && reading_find(reading, FIELD_FRAUD_TYPE) == NULL) {
		mem_strings_add(&alert->audiences, all);
		return;
	}
	/* Without a kind there are no defaults, and its absence was already told. */
	for (size_t i = 0; type != NULL && type->audiences[i] != NULL; i++) {
		const char *slug = type->audiences[i];
		if (audience_there(reading->context, slug)) {
			mem_strings_add(&alert->audiences, slug);
			continue;
		}
		problem = READING_WARNING(reading, NULL, FIELD_AUDIENCES,
			N_("\"%s\" would be told of \"%s\" too, but this audience is not configured here"), slug,
			type->name);
		problem_remedy(problem,
			N_("add it to \"audiences\" in crierd.conf, or name the audiences in the alert"));
	}
	if (type == NULL || alert->audiences[0] != NULL)
		return;
	problem = READING_ERROR(reading, NULL, FIELD_AUDIENCES,
		N_("nobody is named, and none of the audiences that \"%s\" is usually for is configured here"),
		type->name);
	problem_remedy(problem, N_("name the audiences in the alert"));
}

static void read_audiences(struct reading *reading)
{
	struct alert *alert = reading->alert;
	struct items items;
	const char *known;

	reading_items(reading, FIELD_AUDIENCES, true, AUDIENCES_MOST, &items);
	for (size_t i = 0; i < items.count; i++) {
		const char *slug = audience_slug(reading->context, items.list[i].text, &known);
		if (slug == NULL)
			bad_audience(reading, &items.list[i]);
		else if (!mem_strings_has(alert->audiences, slug))
			mem_strings_add(&alert->audiences, slug);
	}
	if (items.count == 0)
		default_audiences(reading);
	items_fini(&items);
}

void target_read(struct reading *reading)
{
	reading->alert->cases = 1;
	read_type(reading);
	read_loss(reading);
	read_cases(reading);
	read_areas(reading);
	read_audiences(reading);
}
