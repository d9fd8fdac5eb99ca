#include "stage.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/log.h"
#include "ledger/ledger.h"
#include "loop/sock.h"
#include "testing/chance.h"
#include "testing/clock.h"
#include "testing/people.h"
#include "testing/turns.h"

enum { HOUR_MS = 3600 * 1000 };

/* Lines go to a file of the stage, shown when a test fails and somebody wants to know. */
static void on_log(void *arg, int level, const char *line)
{
	struct stage *stage = arg;
	char row[2100];

	snprintf(row, sizeof(row), "%lld <%d>%s\n", (long long)clock_wall_ms(), level, line);
	folder_append(&stage->folder, "log", row);
}

void stage_open(struct stage *stage, const char *wall)
{
	stage_open_seeded(stage, wall, 1);
}

void stage_open_seeded(struct stage *stage, const char *wall, uint64_t seed)
{
	struct tm tm = {.tm_isdst = -1};

	memset(stage, 0, sizeof(*stage));
	atomic_init(&stage->steps, 0);
	setenv("TZ", "Asia/Shanghai", 1);
	tzset();
	folder_make_fast(&stage->folder);
	folder_write_text(&stage->folder, "log", "");
	log_set_sink(on_log, stage);
	/* Port numbers need not be kept apart: the address is nobody else's, so a daemon comes back where it was. */
	snprintf(stage->address, sizeof(stage->address), "127.%d.%d.%d", 64 + getpid() / 65536 % 64,
		getpid() / 256 % 256, 1 + getpid() % 254);
	fake_clock_stop();
	if (strptime(wall, "%Y-%m-%dT%H:%M:%S", &tm) == NULL)
		fail_msg("bad time %s", wall);
	fake_clock_set_wall((int64_t)mktime(&tm) * 1000);
	stage->loop = loop_new();
	stage->world = world_new(stage->loop, &(struct world_options){.seed = seed, .no_page = true});
	if (stage->world == NULL)
		fail_msg("the world cannot be opened");
	world_peer_add(stage->world,
		&(struct world_peer_options){.kind = WORLD_KANNEL, .name = "sms", .user = "crier", .secret = "s3cret"});
	world_peer_add(stage->world,
		&(struct world_peer_options){.kind = WORLD_WECOM, .name = "group", .secret = "key-1"});
	world_peer_add(stage->world, &(struct world_peer_options){.kind = WORLD_ONBON, .name = "sign"});
}

void stage_close(struct stage *stage)
{
	if (stage->loop == NULL)
		return;
	if (stage->app != NULL)
		stage_stop(stage);
	world_free(&stage->world);
	turns_end(&stage->loop);
	if (getenv("STAGE_LOG") != NULL) {
		size_t size;
		char *log = folder_read(&stage->folder, "log", &size);
		fputs(log, stderr);
		free(log);
	}
	folder_remove(&stage->folder);
	log_set_sink(NULL, NULL);
	fake_clock_go();
}

void stage_config_of(struct stage *stage, const char *channels, const char *more)
{
	char text[8192];

	snprintf(text, sizeof(text),
		"site: { name = \"测试反诈中心\"; signature = \"玉山反诈\"; sender = \"fzzx@ks.example.cn\"; area = \"320583\"; };\n"
		"paths: { spool = \"spool\"; state = \"state\"; control = \"control.sock\"; };\n"
		"listen: { address = \"%s\"; port = 20580; };\n"
		"areas: ( { code = \"320583100\"; name = \"玉山镇\"; } );\n"
		"audiences: { elderly = { label = \"老年人\"; min_age = 60; };\n"
		"  student = { label = \"在校学生\"; roles = [ \"student\" ]; }; };\n"
		"channels: (\n%s );\n%s",
		stage->address, channels, more);
	folder_write_text(&stage->folder, "crierd.conf", text);
	folder_write_text(&stage->folder, "password", "s3cret\n");
	folder_write_text(&stage->folder, "key", "key-1\n");
	chmod(folder_at(&stage->folder, "password"), 0600);
	chmod(folder_at(&stage->folder, "key"), 0600);
}

void stage_config(struct stage *stage, const char *sms_extra, const char *more)
{
	char text[4096];

	snprintf(text, sizeof(text),
		" { name = \"sms\"; kind = \"sms-kannel\"; url = \"%s\"; user = \"crier\"; password_file = \"password\"; %s },\n"
		" { name = \"group\"; kind = \"wecom-robot\"; url = \"%s\"; key_file = \"key\"; },\n"
		" { name = \"sign\"; kind = \"led-onbon\"; address = \"%s\"; width = 128; height = 32; }",
		world_peer_url(world_peer_find(stage->world, "sms")), sms_extra,
		world_peer_url(world_peer_find(stage->world, "group")),
		world_peer_url(world_peer_find(stage->world, "sign")));
	char *query = strstr(text, "?key=");
	/* The robot's address in the world may carry its key; ours stands in a file. */
	if (query != NULL)
		memmove(query, query + strcspn(query, "\""), strlen(query + strcspn(query, "\"")) + 1);
	stage_config_of(stage, text, more);
}

void stage_roster(struct stage *stage, unsigned int count)
{
	FILE *file = fopen(folder_at(&stage->folder, "people.csv"), "w");

	fputs("phone,birth_year,roles,area\n", file);
	for (unsigned int i = 0; i < count; i++)
		fprintf(file, "138%08u,%u,%s,320583100\n", i, i % 5 == 0 ? 1950 : 1990, i % 4 == 1 ? "student" : "");
	fclose(file);
	folder_make_in(&stage->folder, "state");
	people_import(folder_at(&stage->folder, "state"), folder_at(&stage->folder, "people.csv"));
}

void stage_config_without_sign(struct stage *stage, const char *sms_extra, const char *more)
{
	char text[2048], group[256];

	snprintf(group, sizeof(group), "%s", world_peer_url(world_peer_find(stage->world, "group")));
	group[strcspn(group, "?")] = '\0';
	snprintf(text, sizeof(text),
		" { name = \"sms\"; kind = \"sms-kannel\"; url = \"%s\"; user = \"crier\"; password_file = \"password\"; %s },\n"
		" { name = \"group\"; kind = \"wecom-robot\"; url = \"%s\"; key_file = \"key\"; }",
		world_peer_url(world_peer_find(stage->world, "sms")), sms_extra, group);
	stage_config_of(stage, text, more);
}

static void on_ready(void *arg)
{
	((struct stage *)arg)->ready = true;
}

static void on_closed(void *arg)
{
	((struct stage *)arg)->closed = true;
}

/* In the thread of the ledger's job. */
static void on_step(const char *step, void *arg)
{
	struct stage *stage = arg;

	if (stage != NULL && atomic_load(&stage->steps) > 0 && strstr(step, stage->step) != NULL)
		atomic_fetch_sub(&stage->steps, 1);
}

bool stage_try(struct stage *stage, struct problems *problems)
{
	stage->ready = stage->closed = false;
	snprintf(stage->config, sizeof(stage->config), "%s", folder_at(&stage->folder, "crierd.conf"));
	stage->options = (struct app_options){.config = stage->config,
		.seed = chance_wish("CRIER_CRASH_SEED", 1),
		.ready = on_ready,
		.arg = stage,
		.drain_ms = 5000};
	if (app_open(stage->loop, &stage->options, &stage->app, problems) != RESULT_OK) {
		stage->app = NULL;
		turns_pass(stage->loop, 5000); /* its leavings close, also what waits for a peer */
		return false;
	}
	ledger_set_step_hook(app_ledger(stage->app), on_step, stage);
	if (!turns_until_set(stage->loop, &stage->ready))
		fail_msg("the daemon does not get ready");
	return true;
}

void stage_start(struct stage *stage)
{
	struct problems problems;
	struct buf words;

	problems_init(&problems);
	if (!stage_try(stage, &problems)) {
		buf_init(&words, 65536);
		problems_text(&problems, LANG_EN, &words);
		fail_msg("the daemon does not start: %s", buf_text(&words));
	}
	problems_fini(&problems);
}

void stage_stop(struct stage *stage)
{
	app_close(stage->app, on_closed, stage);
	stage->app = NULL;
	if (!turns_until_set(stage->loop, &stage->closed))
		fail_msg("the daemon does not stop");
}

void stage_kill(struct stage *stage)
{
	app_abandon(stage->app, on_closed, stage);
	stage->app = NULL;
	if (!turns_until_set(stage->loop, &stage->closed))
		fail_msg("the killed daemon does not go away");
}

void stage_drop_from(struct stage *stage, const char *sender, const char *name, const char *id, const char *urgency,
	const char *more)
{
	char text[4096], tmp[128], new[128];

	snprintf(text, sizeof(text),
		"schema = \"fraud-alert/1\"; id = \"%s\"; sender = \"%s\";\n"
		"fraud_type = \"order-brushing\"; summary = \"一居民做点赞任务被骗。\"; loss = \"128000\";\n"
		"audiences = [ \"student\", \"elderly\" ]; areas = [ \"320583\" ]; urgency = \"%s\";\n%s\n",
		id, sender, urgency, more);
	snprintf(tmp, sizeof(tmp), "spool/tmp/%s", name);
	snprintf(new, sizeof(new), "spool/new/%s", name);
	folder_write_text(&stage->folder, tmp, text);
	folder_rename(&stage->folder, tmp, new);
}

void stage_drop(struct stage *stage, const char *name, const char *id, const char *urgency, const char *more)
{
	stage_drop_from(stage, "fzzx@ks.example.cn", name, id, urgency, more);
}

void stage_pass(struct stage *stage, uint64_t ms)
{
	turns_pass(stage->loop, ms);
}

void stage_until(struct stage *stage, bool (*holds)(struct stage *stage), const char *what)
{
	uint64_t began = clock_mono_ms(), step = 10;

	while (!holds(stage)) {
		if (clock_mono_ms() - began > HOUR_MS)
			fail_msg("within an hour it never came true that %s", what);
		turns_pass(stage->loop, step);
		step = step < 1000 ? step * 2 : 1000;
	}
}

struct left {
	unsigned int turns;
};

static bool none_left(void *arg)
{
	struct left *left = arg;

	return left->turns-- == 0;
}

void stage_turns(struct stage *stage, unsigned int turns)
{
	struct left left = {turns * 2}; /* asked before and after each */

	turns_until(stage->loop, none_left, &left);
}

static bool steps_over(void *arg)
{
	return atomic_load(&((struct stage *)arg)->steps) == 0;
}

bool stage_steps(struct stage *stage, const char *step, unsigned int steps)
{
	stage->step = step;
	atomic_store(&stage->steps, steps);
	return turns_until(stage->loop, steps_over, stage);
}

struct asking {
	struct buf in;
	bool whole, over;
};

static void on_answer(void *arg, const char *bytes, size_t size)
{
	struct asking *asking = arg;

	buf_add(&asking->in, bytes, size);
	/* A long answer comes in pieces. */
	asking->whole = bytes[size - 1] == '\n' &&
		(strstr(buf_text(&asking->in), "\"result\":") != NULL ||
			strstr(buf_text(&asking->in), "\"error\":") != NULL);
}

static void on_asked(void *arg)
{
}

static void on_over(void *arg, int error)
{
	((struct asking *)arg)->over = true;
}

json_t *stage_ask(struct stage *stage, const char *command, json_t *args, int *exit)
{
	static const struct sock_events events = {.connected = on_asked, .received = on_answer, .closed = on_over};
	struct asking asking = {0};

	buf_init(&asking.in, 16 << 20);
	struct sock *sock = sock_connect_local(stage->loop, folder_at(&stage->folder, "control.sock"), &events,
		&asking);
	json_t *request = json_pack("{s:s, s:o}", "command", command, "args", args != NULL ? args : json_object());
	char *text = json_dumps(request, JSON_COMPACT);
	sock_send(sock, text, strlen(text));
	sock_send(sock, "\n", 1);
	free(text);
	json_decref(request);
	if (!turns_until_set(stage->loop, &asking.whole))
		fail_msg("no answer to \"%s\"", command);
	char *last = asking.in.data;
	for (char *line = strchr(last, '\n'); line != NULL && line[1] != '\0'; line = strchr(last, '\n'))
		last = line + 1;
	json_t *answer = json_loads(last, JSON_DISABLE_EOF_CHECK, NULL);
	json_t *result = json_incref(json_object_get(answer, "result"));
	if (exit != NULL)
		*exit = (int)json_integer_value(json_object_get(json_object_get(answer, "error"), "exit"));
	else if (result == NULL)
		fail_msg("\"%s\" was refused: %s", command, last);
	json_decref(answer);
	sock_close(sock, false);
	turns_until_set(stage->loop, &asking.over);
	buf_fini(&asking.in);
	return result;
}

static json_t *sums_of(struct stage *stage, const char *id)
{
	int exit;
	json_t *alert = stage_ask(stage, "alert show", json_pack("{s:s}", "id", id), &exit);
	json_t *sums = json_incref(json_object_get(alert, "sums"));

	json_decref(alert);
	return sums;
}

long long stage_count(struct stage *stage, const char *id, const char *crowd, const char *state)
{
	json_t *sums = sums_of(stage, id);
	long long count = sums != NULL ? json_integer_value(json_object_get(json_object_get(sums, crowd), state)) : -1;

	json_decref(sums);
	return count;
}

long long stage_residents(struct stage *stage, const char *id, const char *state)
{
	return stage_count(stage, id, "residents", state);
}

char *stage_sums(struct stage *stage, const char *id)
{
	json_t *sums = sums_of(stage, id);
	char *text = sums != NULL ? json_dumps(sums, JSON_SORT_KEYS | JSON_INDENT(1)) : NULL;

	json_decref(sums);
	return text;
}

struct reached {
	struct stage *stage;
	unsigned int people;
};

static bool check_phone(void *arg, uint64_t phone, uint32_t count)
{
	const struct reached *reached = arg;
	uint64_t i = phone - 13800000000;
	const char *text;

	if (phone < 13800000000 || i >= reached->people || (i % 5 != 0 && i % 4 != 1))
		fail_msg("%llu was reached, whom nobody asked for", (unsigned long long)phone);
	for (size_t k = 0; count > 1 && (text = world_text(reached->stage->world, k, NULL, NULL)) != NULL; k++)
		if (world_phone_count_text(reached->stage->world, phone, text) > 1)
			fail_msg("%llu was told %u times: %s", (unsigned long long)phone,
				world_phone_count_text(reached->stage->world, phone, text), text);
	return true;
}

void stage_nobody_twice(struct stage *stage, unsigned int people)
{
	struct reached reached = {stage, people};

	world_phones(stage->world, check_phone, &reached);
}

long long stage_adds_up(struct stage *stage, const char *id)
{
	json_t *sums = sums_of(stage, id), *crowd, *count;
	const char *crowd_name, *state;
	long long residents = 0;

	json_object_foreach(sums, crowd_name, crowd)
	{
		long long total = json_integer_value(json_object_get(crowd, "total")), sum = 0;
		json_object_foreach(crowd, state, count) if (strcmp(state, "total") != 0 &&
			strcmp(state, "excluded") != 0) sum += json_integer_value(count);
		if (sum != total)
			fail_msg("%s of %s: %lld do not add up to %lld", crowd_name, id, sum, total);
		if (strcmp(crowd_name, "residents") == 0)
			residents = total;
	}
	json_decref(sums);
	return residents;
}
