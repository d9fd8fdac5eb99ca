#include "check.h"

#include <curl/curl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "cli/json.h"
#include "words.h"

enum { REPORT_MOST = 16 << 20, REPORT_SECONDS = 30 };

enum crowd { RESIDENTS, GROUPS, SIGNS, CROWDS };

static const char *const crowds[CROWDS] = {"residents", "groups", "signs"};

struct check {
	const struct figures *figures;
	json_t *world, *roster;
	long long totals[CROWDS]; /* recipients of all alerts */
	long long sent, delivered, failed, posted, shown;
	long long largest; /* residents of the largest alert */
	long long to_residents; /* alerts that had residents */
	int wrong;
};

static void say_line(struct check *check, bool fine, const char *format, ...) __attribute__((format(printf, 3, 4)));

static void say_line(struct check *check, bool fine, const char *format, ...)
{
	va_list args;

	if (!fine)
		check->wrong = 1;
	fputs(fine ? "  ✓ " : WORDS("  ✗ 不符：", "  ✗ WRONG: "), stdout);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

static size_t on_bytes(char *bytes, size_t size, size_t count, void *arg)
{
	return buf_add(arg, bytes, size * count) ? size * count : 0;
}

/* What the world took, as JSON; NULL after having said why. */
static json_t *ask_world(const char *page)
{
	char *url = mem_printf("%sreport", page);
	CURL *curl = curl_easy_init();
	json_t *report = NULL;
	struct buf body;

	buf_init(&body, REPORT_MOST);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)REPORT_SECONDS);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_bytes);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
	CURLcode code = curl_easy_perform(curl);
	if (code == CURLE_OK)
		report = json_loadb(buf_text(&body), body.size, 0, NULL);
	if (report == NULL)
		fprintf(stderr, "crier-demo: %s: %s\n", url, curl_easy_strerror(code));
	curl_easy_cleanup(curl);
	buf_fini(&body);
	free(url);
	return report;
}

/* One alert's sum over one crowd; says so when it is wrong. */
static void add_crowd(struct check *check, json_t *alert, enum crowd crowd)
{
	static const char *const sums[] = {"total", "excluded"};
	static const char *const taken[] = {"accepted", "held", "delivered", "failed"};
	json_t *counts = json_object_get(json_object_get(alert, "sums"), crowds[crowd]);
	long long sum = 0, total = number(counts, "total");
	const char *state;
	json_t *count;

	json_object_foreach(counts, state, count) if (strcmp(state, sums[0]) != 0 && strcmp(state, sums[1]) != 0)
		sum += (long long)json_integer_value(count);
	if (sum != total)
		say_line(check, false, "%s, %s: %lld / %lld", text(alert, "id"), crowds[crowd], sum, total);
	check->totals[crowd] += total;
	check->posted += number(counts, "posted");
	check->shown += number(counts, "shown");
	if (crowd != RESIDENTS || total == 0)
		return;
	for (int i = 0; i < 4; i++)
		check->sent += number(counts, taken[i]);
	check->delivered += number(counts, "delivered");
	check->failed += number(counts, "failed");
	check->largest = total > check->largest ? total : check->largest;
	check->to_residents++;
}

static void check_sums(struct check *check)
{
	const char *id;
	json_t *alert;

	json_object_foreach(check->figures->alerts, id, alert) for (int crowd = 0; crowd < CROWDS; crowd++)
		add_crowd(check, alert, (enum crowd)crowd);
	if (check->wrong == 0)
		say_line(check, true,
			WORDS("%zu 条预警和提醒：居民 %lld 人次、群 %lld 个次、屏 %lld 块次，各状态之和都等于总数",
				"%zu alerts and reminders: %lld residents, %lld groups, %lld signs; the states add up to each total"),
			json_object_size(check->figures->alerts), check->totals[RESIDENTS], check->totals[GROUPS],
			check->totals[SIGNS]);
	say_line(check, check->figures->all.left + check->figures->all.pending == 0,
		WORDS("没有人还在等候、在途或下落不明（%lld）", "nobody waits, is under way or in doubt (%lld)"),
		check->figures->all.left + check->figures->all.pending);
}

static void check_roster(struct check *check)
{
	const json_t *reach = json_object_get(check->world, "reach");
	long long present = number(check->roster, "present"), out = number(check->roster, "opted_out");

	say_line(check, check->largest == present,
		WORDS("发给所有人的预警：收件人 %lld = 名册 %lld",
			"the alert to everybody: %lld recipients = %lld in the roster"),
		check->largest, present);
	say_line(check, number(reach, "phones") == present - out,
		WORDS("响过的手机 %lld 部 = 名册 %lld − 退订 %lld",
			"phones that rang: %lld = roster %lld − opted out %lld"),
		number(reach, "phones"), present, out);
}

static void check_world(struct check *check)
{
	const json_t *reach = json_object_get(check->world, "reach");
	long long taken[3] = {0}, bad = 0, good = 0, violations;
	size_t i;
	json_t *peer;

	json_array_foreach(json_object_get(check->world, "peers"), i, peer)
	{
		const json_t *totals = json_object_get(peer, "totals");
		bool group = strcmp(text(peer, "kind"), "wecom") == 0, sign = json_object_get(peer, "sign") != NULL;
		taken[group ? GROUPS : sign ? SIGNS : RESIDENTS] += number(totals, "taken");
		bad += number(totals, "undelivered");
		good += group || sign ? 0 : number(totals, "delivered");
	}
	violations = number(json_object_get(check->world, "totals"), "violations");
	say_line(check, taken[RESIDENTS] == check->sent && number(reach, "texts") == check->sent,
		WORDS("网关收下短信 %lld 条 = 报表 %lld 条 = 各手机名下合计 %lld 条",
			"texts taken by gateways: %lld = report %lld = summed over phones %lld"),
		taken[RESIDENTS], check->sent, number(reach, "texts"));
	say_line(check, bad == check->failed && good == check->delivered,
		WORDS("回执：送达 %lld = %lld，未送达 %lld = %lld",
			"receipts: delivered %lld = %lld, not delivered %lld = %lld"),
		good, check->delivered, bad, check->failed);
	say_line(check, number(reach, "most") <= check->to_residents,
		WORDS("一部手机最多收到 %lld 条，不多于发给居民的 %lld 条预警",
			"at most %lld texts to one phone, of %lld alerts"),
		number(reach, "most"), check->to_residents);
	say_line(check, taken[GROUPS] == check->posted,
		WORDS("群里的消息 %lld 条 = 报表 %lld 条", "messages in groups: %lld = report %lld"), taken[GROUPS],
		check->posted);
	say_line(check, check->shown == check->totals[SIGNS],
		WORDS("回读确认的屏 %lld 块次 = %lld", "signs read back: %lld = %lld"), check->shown,
		check->totals[SIGNS]);
	say_line(check, violations == 0, WORDS("违反对方限制 %lld 次", "limits of others broken: %lld"), violations);
}

int check_all(const struct place_of_daemon *place, const struct figures *figures, const char *page)
{
	struct check check = {.figures = figures};

	check.world = ask_world(page);
	check.roster = figures_ask(place, "roster stats", json_object(), -1);
	check.wrong = check.world == NULL || check.roster == NULL;
	if (check.wrong == 0) {
		check_sums(&check);
		check_roster(&check);
		check_world(&check);
	}
	json_decref(check.world);
	json_decref(check.roster);
	return check.wrong;
}
