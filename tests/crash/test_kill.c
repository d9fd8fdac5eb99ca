/*
 * kill -9 at any moment of a broadcast, any number of times: after the restart the sums are right, nobody is lost, and
 * nobody is doubled. CRIER_CRASH_PEOPLE says how many people (20000), CRIER_CRASH_KILLS how many deaths (30),
 * CRIER_CRASH_SEED at which moments.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "scene.h"
#include "testing/chance.h"

enum { WINDOW = 8, BATCH = 100, LIFE_MS = 700, PATIENCE_MS = 240000, LOOK_MS = 200 };

static struct scene scene;
static struct chance chance;

static void start(void)
{
	char program[512], config[256];

	snprintf(program, sizeof(program), "%s/daemon/crierd", getenv("CRIER_BUILD"));
	snprintf(config, sizeof(config), "%s/crierd.conf", scene.folder.path);
	const char *const argv[] = {program, "-c", config, NULL};
	scene_start(&scene, argv);
}

static void crier(const char *const *args)
{
	int code = scene_crier(&scene, "", args);
	size_t size;

	if (code != 0) {
		char *log = folder_read(&scene.folder, "crier.log", &size);
		fail_msg("crier %s %s: exit %d: %s", args[0], args[1], code, log != NULL ? log : "");
	}
}

static void await_control(void)
{
	for (unsigned int waited = 0; waited < PATIENCE_MS; waited += LOOK_MS) {
		json_t *status = scene_ask(&scene, "", "status", NULL);
		json_decref(status);
		if (status != NULL)
			return;
		scene_pause(LOOK_MS);
	}
	fail_msg("the daemon does not come up");
}

/* Every third life ends before the daemon is ready, the others somewhere in its work. */
static unsigned int live_and_die(unsigned int kills)
{
	for (unsigned int i = 0; i < kills; i++) {
		unsigned int life = i % 3 == 2 ? chance_draw(&chance, 60) : chance_draw(&chance, LIFE_MS);
		if (i % 3 != 2)
			json_decref(scene_sums(&scene, "", "A1"));
		scene_pause(life);
		scene_kill(&scene);
		start();
	}
	return kills;
}

/* Waits until nobody waits and every receipt has come that will come. */
static json_t *settle(void)
{
	for (unsigned int waited = 0; waited < PATIENCE_MS; waited += LOOK_MS) {
		/* First the world: what it handed over by then is in the sums. */
		bool over = scene_receipts_over(&scene);
		json_t *sums = scene_sums(&scene, "", "A1");
		if (over && scene_number(sums, "waiting") + scene_number(sums, "in-flight") == 0)
			return sums;
		json_decref(sums);
		scene_pause(LOOK_MS);
	}
	fail_msg("the broadcast does not come to its end");
	return NULL;
}

static void check(const json_t *sums, long long people, unsigned int kills)
{
	json_t *world = scene_world(&scene), *reach = json_object_get(world, "reach"), *number;
	long long told = scene_number(sums, "delivered") + scene_number(sums, "accepted");
	long long doubt = scene_number(sums, "unknown"), sum = 0;
	const char *state;

	json_object_foreach((json_t *)(uintptr_t)sums, state, number) if (strcmp(state, "total") != 0 &&
		strcmp(state, "excluded") != 0) sum += json_integer_value(number);
	print_message(
		"%lld people, %u kills: %lld delivered, %lld accepted, %lld in doubt; %lld phones rang, %lld twice\n",
		people, kills, scene_number(sums, "delivered"), scene_number(sums, "accepted"), doubt,
		scene_number(reach, "phones"), scene_number(reach, "more"));
	assert_int_equal(scene_number(sums, "total"), people);
	assert_int_equal(sum, people);
	assert_int_equal(told + doubt, people);
	assert_int_equal(scene_number(reach, "more"), 0);
	assert_in_range(scene_number(reach, "phones"), told, told + doubt);
	assert_in_range(doubt, 0, (long long)kills * WINDOW * BATCH);
	assert_int_equal(json_array_size(json_object_get(world, "violations")), 0);
	json_decref(world);
}

static void check_doubts_are_listed(const json_t *sums)
{
	json_t *list = scene_ask(&scene, "", "unknown list", NULL);

	assert_non_null(list);
	assert_int_equal(scene_number(list, "recipients"), scene_number(sums, "unknown"));
	json_decref(list);
}

static void a_broadcast_survives_kill_9_at_any_moment(void **state)
{
	unsigned int people = (unsigned int)chance_wish("CRIER_CRASH_PEOPLE", 20000);
	unsigned int kills = (unsigned int)chance_wish("CRIER_CRASH_KILLS", 30);
	char settings[128];

	uint64_t seed = chance_wish("CRIER_CRASH_SEED", (uint64_t)time(NULL) * 2654435761u + (uint64_t)getpid());
	print_message("CRIER_CRASH_SEED=%llu\n", (unsigned long long)seed);
	chance_begin(&chance, seed);
	/* Slow enough that every death finds batches on their way; some receipts never come, so doubts stay. */
	snprintf(settings, sizeof(settings), "rate = \"%u/s\"; window = 8; batch = 100;",
		people * 2 / (kills + 1) + 100);
	scene_open(&scene,
		(const char *const[]){"--fault", "city-sms:latency=40", "--fault", "city-sms:receipt-missing=10%",
			NULL});
	scene_config(&scene, "", settings);
	scene_people(&scene, people);
	start();
	await_control();
	crier((const char *const[]){"roster", "import", folder_at(&scene.folder, "people.csv"), "--list", "all",
		"--source", "test", "--basis", "test", NULL});
	folder_write_text(&scene.folder, "a.cfg",
		"schema = \"fraud-alert/1\"; id = \"A1\"; sender = \"fzzx@ks.example.cn\"; fraud_type = \"order-brushing\";\n"
		"summary = \"一居民做点赞任务被骗。\"; audiences = [ \"all\" ]; areas = [ \"320583\" ]; urgency = \"immediate\";\n");
	crier((const char *const[]){"submit", folder_at(&scene.folder, "a.cfg"), NULL});
	kills = live_and_die(kills);
	json_t *sums = settle();
	check(sums, people, kills);
	check_doubts_are_listed(sums);
	/* Once more, with nothing under way: nothing changes. */
	scene_kill(&scene);
	start();
	json_t *again = scene_sums(&scene, "", "A1");
	assert_true(json_equal(sums, again));
	crier((const char *const[]){"audit", "verify", NULL});
	crier((const char *const[]){"report", "A1", "--json", NULL});
	json_decref(again);
	json_decref(sums);
}

static int tear_down(void **state)
{
	scene_close(&scene);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_broadcast_survives_kill_9_at_any_moment, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
