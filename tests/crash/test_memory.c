/*
 * No memory: life after life the daemon, this program once more, gets none at some call of our own or of a library that
 * follows memory_rule(), at the start or in the middle of a broadcast. It must end there and then, by abort, like in any
 * other crash; after the last life the sums are right, nobody is lost and nobody was told twice.
 * CRIER_CRASH_MEMORY says how many lives (30), CRIER_CRASH_SEED at which calls they end.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* Calls left until there is no memory; 0: there always is. */
static atomic_ulong calls_left;

static int is_out(void)
{
	return atomic_load(&calls_left) > 0 && atomic_fetch_sub(&calls_left, 1) == 1;
}

static void *scarce_malloc(size_t size)
{
	return is_out() ? NULL : malloc(size);
}

static void *scarce_calloc(size_t count, size_t size)
{
	return is_out() ? NULL : calloc(count, size);
}

static void *scarce_realloc(void *old, size_t size)
{
	return is_out() ? NULL : realloc(old, size);
}

static void *scarce_reallocarray(void *old, size_t count, size_t size)
{
	return is_out() ? NULL : reallocarray(old, count, size);
}

static char *scarce_strdup(const char *text)
{
	return is_out() ? NULL : strdup(text);
}

/* The room's own file, with another source of memory: what is linked here takes the place of the library's. */
#define malloc(size)                   scarce_malloc(size)
#define calloc(count, size)            scarce_calloc(count, size)
#define realloc(old, size)             scarce_realloc(old, size)
#define reallocarray(old, count, size) scarce_reallocarray(old, count, size)
#undef strdup
#define strdup(text) scarce_strdup(text)
#include "base/mem.c" /* NOLINT */
#undef malloc
#undef calloc
#undef realloc
#undef reallocarray
#undef strdup

#include <cmocka.h>

#include "app/app.h"
#include "app/memory.h"
#include "base/clock.h"
#include "loop/loop.h"
#include "testing/chance.h"
#include "testing/people.h"
#include "scene.h"

enum { PEOPLE = 400, BATCH = 5, WINDOW = 2, LIFE_MS = 1200, LOOK_MS = 50, PATIENCE_MS = 120000 };

static struct scene scene;
static struct chance chance;

static void on_ready(void *arg)
{
	atomic_store(&calls_left, *(const unsigned long *)arg);
}

/* `calls` are counted from the start, or, where `when` is "ready", from the moment when it is up. */
static int be_daemon(const char *config, const char *when, const char *calls)
{
	unsigned long count = strtoul(calls, NULL, 10);
	struct app_options options = {.config = config,
		.seed = chance_wish("CRIER_CRASH_SEED", 1),
		.ready = on_ready,
		.arg = &count};
	struct problems problems;
	struct app *app = NULL;
	struct buf words;

	setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
	memory_rule();
	struct loop *loop = loop_new();
	if (strcmp(when, "ready") != 0) {
		options.ready = NULL;
		atomic_store(&calls_left, count);
	}
	problems_init(&problems);
	if (app_open(loop, &options, &app, &problems) != RESULT_OK) {
		buf_init(&words, 65536);
		problems_text(&problems, LANG_EN, &words);
		fputs(buf_text(&words), stderr);
		return 78;
	}
	loop_run(loop);
	return 1;
}

static void drop(void)
{
	folder_make_in(&scene.folder, "spool");
	folder_make_in(&scene.folder, "spool/new");
	folder_write_text(&scene.folder, "spool/new/a.cfg",
		"schema = \"fraud-alert/1\"; id = \"A1\"; sender = \"fzzx@ks.example.cn\"; fraud_type = \"order-brushing\";\n"
		"summary = \"一居民做点赞任务被骗。\"; audiences = [ \"all\" ]; areas = [ \"320583\" ]; urgency = \"immediate\";\n");
}

static void start(const char *when, unsigned long calls)
{
	char config[256], count[24];

	snprintf(config, sizeof(config), "%s/crierd.conf", scene.folder.path);
	snprintf(count, sizeof(count), "%lu", calls);
	const char *const argv[] = {"/proc/self/exe", "--daemon", config, when, count, NULL};
	scene_start(&scene, argv);
}

/* Between the first calls and those of a whole broadcast, as many of each size. Returns whether memory ran out. */
static bool live_and_die(bool at_start)
{
	unsigned long calls = 1 + chance_draw(&chance, 1u << (2 + chance_draw(&chance, at_start ? 13 : 14)));

	start(at_start ? "start" : "ready", calls);
	int status = scene_wait(&scene, LIFE_MS);
	if (status == -1) {
		scene_kill(&scene);
		return false;
	}
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT)
		fail_msg("without memory at call %lu the daemon ended with status %x", calls, (unsigned int)status);
	return true;
}

static json_t *settle(void)
{
	for (unsigned int waited = 0; waited < PATIENCE_MS; waited += LOOK_MS) {
		if (!scene_lives(&scene))
			fail_msg("the daemon has died by itself");
		bool over = scene_receipts_over(&scene);
		json_t *alert = scene_ask(&scene, "", "report", json_pack("{s:s}", "id", "A1"));
		json_t *sums = json_incref(json_object_get(json_object_get(alert, "sums"), "residents"));
		json_decref(alert);
		if (over && sums != NULL && scene_number(sums, "waiting") + scene_number(sums, "in-flight") == 0)
			return sums;
		json_decref(sums);
		scene_pause(LOOK_MS);
	}
	fail_msg("the broadcast does not come to its end");
	return NULL;
}

static void check(const json_t *sums, unsigned int deaths)
{
	json_t *world = scene_world(&scene), *reach = json_object_get(world, "reach");
	long long told = scene_number(sums, "delivered") + scene_number(sums, "accepted");
	long long doubt = scene_number(sums, "unknown");

	assert_int_equal(scene_number(sums, "total"), PEOPLE);
	assert_int_equal(told + doubt, PEOPLE);
	assert_int_equal(scene_number(reach, "more"), 0);
	assert_in_range(scene_number(reach, "phones"), told, told + doubt);
	assert_in_range(doubt, 0, (long long)deaths * WINDOW * BATCH);
	assert_int_equal(folder_count(&scene.folder, "spool/work"), 0);
	assert_int_equal(folder_count(&scene.folder, "spool/failed"), 0);
	assert_int_equal(folder_count(&scene.folder, "spool/new"), 0);
	json_decref(world);
}

static void a_broadcast_survives_that_there_is_no_memory(void **state)
{
	unsigned long lives = chance_wish("CRIER_CRASH_MEMORY", 30), out = 0;

	chance_begin(&chance, chance_wish("CRIER_CRASH_SEED", 20261121));
	scene_open(&scene, (const char *const[]){NULL});
	scene_config(&scene, "", "rate = \"150/s\"; window = 2; batch = 5;");
	char *csv = strdup(scene_people(&scene, PEOPLE));
	folder_make_in(&scene.folder, "state");
	people_import(folder_at(&scene.folder, "state"), csv);
	free(csv);
	drop();
	for (unsigned long i = 0; i < lives; i++)
		out += live_and_die(i % 2 == 0);
	start("start", 0);
	json_t *sums = settle();
	print_message("%lu lives, %lu of them out of memory; %lld delivered, %lld in doubt\n", lives, out,
		scene_number(sums, "delivered"), scene_number(sums, "unknown"));
	check(sums, (unsigned int)lives);
	assert_true(out >= lives / 2);
	json_decref(sums);
}

static int tear_down(void **state)
{
	scene_close(&scene);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_broadcast_survives_that_there_is_no_memory, tear_down),
	};

	if (argc == 5 && strcmp(argv[1], "--daemon") == 0)
		return be_daemon(argv[2], argv[3], argv[4]);
	return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
