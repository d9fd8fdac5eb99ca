/*
 * What texts cost. "personalised": one SMS rendered, counted and encoded to UCS-2 for each recipient, beside a hand loop that
 * copies the same fixed pieces and two fields, encodes and counts them.
 *
 * "one alert x 7 audiences x 3 channels": the alert's SMS for seven audiences on three accounts with a signature each, by the
 * shipped wordings with their pieces: rendered, counted and encoded. Beside it a hand loop that puts the same 21 texts
 * together from what stands fixed in them and the fields, counts and encodes them.
 *
 * "composed": the texts of one alert for seven audiences by SMS, in groups and on signs, by text_compose(), which besides
 * chooses the wording, fills the fields from the alert, sees whether it must be shortened, strips and normalises, and looks
 * through the text for links, brackets and characters that a sign lacks. No hand loop does the same: a text is composed once,
 * however many recipients it has, and what matters is that they take nothing of the second in which the first must leave.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/problem.h"
#include "table.h"
#include "text/compose.h"
#include "text/fields.h"
#include "text/mustache.h"
#include "text/segment.h"

enum { MESSAGES = 400000, AUDIENCES = 7, TEXTS = AUDIENCES * MEDIUM_COUNT, ALERTS = 2000, VALUES = 4 };

static const char before[] = "同学们：";
static const char between[] = "有人进群点赞做任务，先得小利，后被骗垫付";
static const char after[] = "。要你先垫钱的兼职都是诈骗。已转账请马上打110。";
static const char template_text[] =
	"同学们：{{place}}有人进群点赞做任务，先得小利，后被骗垫付{{loss}}。要你先垫钱的兼职都是诈骗。已转账请马上打110。";

static char places[64][16], losses[64][24];
static volatile unsigned int sink;

static double now_ns(void)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	return (double)at.tv_sec * 1e9 + (double)at.tv_nsec;
}

static char *copy(char *to, const char *from, size_t size)
{
	memcpy(to, from, size);
	return to + size;
}

/* Validating, three bytes first: what baseline.md 7 measured. */
static size_t hand_encode(const char *text, size_t size, uint8_t *out)
{
	const uint8_t *p = (const uint8_t *)text, *end = p + size;
	uint8_t *to = out;

	while (p < end) {
		uint32_t unit;
		if (p[0] < 0x80) {
			unit = *p++;
		} else if ((p[0] & 0xf0) == 0xe0 && end - p >= 3 && (p[1] & 0xc0) == 0x80 && (p[2] & 0xc0) == 0x80) {
			unit = (uint32_t)(p[0] & 15) << 12 | (uint32_t)(p[1] & 63) << 6 | (p[2] & 63);
			if (unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff))
				return 0;
			p += 3;
		} else {
			return 0;
		}
		*to++ = (uint8_t)(unit >> 8);
		*to++ = (uint8_t)unit;
	}
	return (size_t)(to - out);
}

static double by_hand(void)
{
	char text[512];
	uint8_t ucs2[1024];
	double start = now_ns();

	for (unsigned int i = 0; i < MESSAGES; i++) {
		const char *place = places[i % 64], *loss = losses[i % 61];
		char *at = copy(text, before, sizeof(before) - 1);
		at = copy(at, place, strlen(place));
		at = copy(at, between, sizeof(between) - 1);
		at = copy(at, loss, strlen(loss));
		at = copy(at, after, sizeof(after) - 1);
		size_t size = hand_encode(text, (size_t)(at - text), ucs2);
		size_t units = size / 2, parts = units <= 70 ? 1 : (units + 66) / 67;
		sink += (unsigned int)(parts + ucs2[size - 1]);
	}
	return (now_ns() - start) / MESSAGES;
}

static double by_crier(const struct mustache *mustache)
{
	struct field fields[6] = {field_text("audience", "在校学生"), field_text("type", "刷单返利"),
		field_text("hotline", "96110"), field_bool("roomy", true), field_text("place", ""),
		field_text("loss", "")};
	struct value data = value_object(fields, 6);
	uint8_t ucs2[1024];
	struct buf out;

	buf_init(&out, 4096);
	double start = now_ns();
	for (unsigned int i = 0; i < MESSAGES; i++) {
		fields[4].value = value_text(places[i % 64]);
		fields[5].value = value_text(losses[i % 61]);
		buf_clear(&out);
		if (mustache_render(mustache, &data, ESCAPE_NONE, NULL, &out) != RESULT_OK)
			abort();
		struct segment_count count = segment_count(out.data, out.size, SEGMENT_MAINLAND);
		size_t size = segment_to_ucs2(out.data, out.size, ucs2, sizeof(ucs2));
		sink += count.parts + ucs2[size - 1];
	}
	double spent = (now_ns() - start) / MESSAGES;
	buf_fini(&out);
	return spent;
}

static const struct {
	const char *slug, *label;
} audiences[AUDIENCES] = {{"elderly", "老年人"}, {"student", "在校学生"}, {"parent", "家长"}, {"finance", "财务人员"},
	{"merchant", "商户"}, {"jobless", "待业人员"}, {"minor", "未成年人"}};

static char *const no_lines[] = {NULL};
static char *const advice[] = {(char *)"凡是要求垫付资金做任务的兼职刷单，都是诈骗", (char *)"如有疑问请拨打96110",
	NULL};

static struct text_request make_request(const struct alert *alert, unsigned int nth)
{
	return (struct text_request){.alert = alert,
		.type_name = "刷单返利",
		.audience = audiences[nth % AUDIENCES].slug,
		.audience_label = audiences[nth % AUDIENCES].label,
		.medium = (enum medium)(nth / AUDIENCES),
		.format = FORMAT_MARKDOWN,
		.language = "zh",
		.signature = "玉山反诈",
		.region = "我市",
		.site = "玉山镇反诈中心"};
}

static struct alert make_alert(void)
{
	return (struct alert){.id = (char *)"a",
		.fraud_type = (char *)"order-brushing",
		.place = (char *)"玉山镇",
		.loss = (char *)"128000",
		.summary = (char *)"我市一居民在刷单群里垫付后被骗。",
		.method = (char *)"拉群点赞返利",
		.advice = (char **)(uintptr_t)advice,
		.keywords = (char **)(uintptr_t)no_lines,
		.areas = (char **)(uintptr_t)no_lines,
		.audiences = (char **)(uintptr_t)no_lines,
		.supersedes = (char **)(uintptr_t)no_lines,
		.hotline = (char *)"96110",
		.cases = 1};
}

/* Nanoseconds an alert. */
static double alert_composed(const struct templates *templates, const struct alert *alert)
{
	struct problems problems;

	problems_init(&problems);
	double start = now_ns();
	for (unsigned int i = 0; i < ALERTS; i++) {
		for (unsigned int nth = 0; nth < TEXTS; nth++) {
			const struct text_request request = make_request(alert, nth);
			struct message *message = NULL;
			if (text_compose(templates, &request, &message, &problems) != RESULT_OK)
				exit(1);
			sink += message->parts;
			message_free(&message);
		}
	}
	double spent = (now_ns() - start) / ALERTS;
	problems_fini(&problems);
	return spent;
}

/* A wording, ready to be rendered; and as a program for this one text would have it. */
struct wording {
	struct template_scope scope;
	struct fields fields;
	const char *signature;
	char *piece[VALUES + 1];
	size_t piece_size[VALUES + 1]; /* fixed as the pieces are: nobody would count them for every text */
	const char *value[VALUES];
	unsigned int values;
};

static void render(struct wording *wording, struct buf *out)
{
	struct mustache_partials partials = templates_partials(&wording->scope);
	struct value data = fields_value(&wording->fields);

	buf_clear(out);
	buf_add_text(out, wording->signature);
	if (mustache_render(wording->scope.template->mustache, &data, ESCAPE_NONE, &partials, out) != RESULT_OK)
		abort();
}

/* Cuts the text at the fields that stand in it. */
static void cut_text(struct wording *wording, const char *text)
{
	static const char *const values[VALUES] = {"我市一居民在刷单群里垫付后被骗。", "12.8万元", "拉群点赞返利",
		"96110"};

	for (size_t i = 0; i < VALUES; i++) {
		const char *at = strstr(text, values[i]);
		if (at == NULL)
			continue;
		wording->piece[wording->values] = mem_strndup(text, (size_t)(at - text));
		wording->piece_size[wording->values] = (size_t)(at - text);
		wording->value[wording->values++] = values[i];
		text = at + strlen(values[i]);
	}
	wording->piece[wording->values] = mem_strdup(text);
	wording->piece_size[wording->values] = strlen(text);
}

static void make_wordings(const struct templates *templates, const struct alert *alert, struct wording wordings[TEXTS])
{
	static const char *const signatures[MEDIUM_COUNT] = {"【玉山反诈】", "【昆山公安】", "【反诈中心】"};
	static const struct fields_cut nothing;
	struct buf out;

	buf_init(&out, 65536);
	for (unsigned int nth = 0; nth < TEXTS; nth++) {
		const struct text_request request = make_request(alert, nth % AUDIENCES);
		struct wording *wording = &wordings[nth];

		*wording = (struct wording){.signature = signatures[nth / AUDIENCES]};
		wording->scope = (struct template_scope){.templates = templates,
			.template = templates_find(templates, "zh", "sms", alert->fraud_type, request.audience),
			.audience = request.audience};
		fields_fill(&wording->fields, &request, &nothing);
		render(wording, &out);
		cut_text(wording, buf_text(&out));
	}
	buf_fini(&out);
}

static double alert_rendered(struct wording wordings[TEXTS])
{
	uint8_t ucs2[4096];
	struct buf out;

	buf_init(&out, 65536);
	double start = now_ns();
	for (unsigned int i = 0; i < ALERTS; i++) {
		for (unsigned int nth = 0; nth < TEXTS; nth++) {
			render(&wordings[nth], &out);
			sink += segment_count(out.data, out.size, SEGMENT_MAINLAND).parts;
			sink += ucs2[segment_to_ucs2(out.data, out.size, ucs2, sizeof(ucs2)) - 1];
		}
	}
	double spent = (now_ns() - start) / ALERTS;
	buf_fini(&out);
	return spent;
}

static double alert_by_hand(const struct wording wordings[TEXTS])
{
	uint8_t ucs2[4096];
	char text[2048];
	double start = now_ns();

	for (unsigned int i = 0; i < ALERTS; i++) {
		for (unsigned int nth = 0; nth < TEXTS; nth++) {
			const struct wording *wording = &wordings[nth];
			char *at = text;
			for (unsigned int k = 0; k < wording->values; k++) {
				at = copy(at, wording->piece[k], wording->piece_size[k]);
				at = copy(at, wording->value[k], strlen(wording->value[k]));
			}
			at = copy(at, wording->piece[wording->values], wording->piece_size[wording->values]);
			size_t size = hand_encode(text, (size_t)(at - text), ucs2);
			size_t units = size / 2, parts = units <= 70 ? 1 : (units + 66) / 67;
			sink += (unsigned int)(parts + ucs2[size - 1]);
		}
	}
	return (now_ns() - start) / ALERTS;
}

static void measure_alert(unsigned int rounds)
{
	static struct wording wordings[TEXTS];
	struct templates *templates = NULL;
	struct alert alert = make_alert();
	struct problems problems;
	double hand = 1e12, rendered = 1e12, composed = 1e12;

	problems_init(&problems);
	if (templates_load_shipped(NULL, 0, &templates, &problems) != RESULT_OK)
		exit(1);
	make_wordings(templates, &alert, wordings);
	for (unsigned int i = 0; i < rounds; i++) {
		double a = alert_by_hand(wordings), b = alert_rendered(wordings), c = alert_composed(templates, &alert);
		hand = a < hand ? a : hand;
		rendered = b < rendered ? b : rendered;
		composed = c < composed ? c : composed;
	}
	row_ceiling("text, one alert x 7 audiences x 3 channels", rendered / 1e3, hand / 1e3, LESS_IS_BETTER, 0.5,
		"us");
	row_target("text, one alert's 21 texts composed", composed / 1e6, 1, "ms");
	for (unsigned int nth = 0; nth < TEXTS; nth++)
		for (unsigned int i = 0; i <= wordings[nth].values; i++)
			free(wordings[nth].piece[i]);
	templates_free(&templates);
	problems_fini(&problems);
}

static void measure_personalised(unsigned int rounds)
{
	struct mustache *mustache = NULL;
	struct problems problems;
	double hand = 1e9, ours = 1e9;

	problems_init(&problems);
	for (unsigned int i = 0; i < 64; i++) {
		snprintf(places[i], sizeof(places[i]), "%s", i % 2 == 0 ? "我市" : "我县");
		snprintf(losses[i], sizeof(losses[i]), "%u.%u万元", i + 1, i % 9 + 1);
	}
	if (mustache_compile(template_text, sizeof(template_text) - 1, NULL, &mustache, &problems) != RESULT_OK)
		exit(1);
	for (unsigned int i = 0; i < rounds; i++) { /* in alternation; the best of each is the least disturbed */
		double a = by_hand(), b = by_crier(mustache);
		hand = a < hand ? a : hand;
		ours = b < ours ? b : ours;
	}
	printf("a personalised message: rendered, counted, encoded %.0f ns; the hand loop %.0f ns\n", ours, hand);
	row_ceiling("text, personalised", 1e3 / ours, 1e3 / hand, MORE_IS_BETTER, 0.5, "million/s");
	mustache_free(&mustache);
	problems_fini(&problems);
}

int main(int argc, char **argv)
{
	unsigned int rounds = argc > 1 ? (unsigned int)strtoul(argv[1], NULL, 10) : 7;

	measure_personalised(rounds);
	measure_alert(rounds);
	return 0;
}
