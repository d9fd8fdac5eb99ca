/*
 * What a personalised SMS costs: rendered, counted and encoded to UCS-2. Beside it the ceiling: a hand loop that copies
 * the same fixed pieces and two fields, encodes and counts them. Prints ns for each and the ratio (ceiling / ours).
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/problem.h"
#include "text/mustache.h"
#include "text/segment.h"

enum { ROUNDS = 7, MESSAGES = 400000 };

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

int main(void)
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
		return 1;
	for (int i = 0; i < ROUNDS; i++) { /* in alternation; the best of each is the least disturbed */
		double a = by_hand(), b = by_crier(mustache);
		hand = a < hand ? a : hand;
		ours = b < ours ? b : ours;
	}
	printf("personalised message, rendered + counted + UCS-2: %.0f ns\n", ours);
	printf("ceiling, hand loop for one fixed text:            %.0f ns\n", hand);
	printf("ratio: %.2f of the ceiling\n", hand / ours);
	mustache_free(&mustache);
	problems_fini(&problems);
	return 0;
}
