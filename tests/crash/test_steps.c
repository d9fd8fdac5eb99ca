/*
 * Real processes, ended by SIGKILL at every durable step (testing/steps.h): life after life, each in a fresh folder, ends at
 * the n-th step of whatever name, until one comes to the end of what it did. A broadcast: the next life ends shortly later,
 * the third brings it to its end; then the sums are right, nobody was told twice, and the file lies where it belongs. An
 * import: it is there whole or not at all, and the operator, who got no answer, does it again. Most of the time is spent
 * waiting for receipts that come a second time, so a few processes share the steps.
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
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "app/app.h"
#include "base/clock.h"
#include "ledger/ledger.h"
#include "loop/loop.h"
#include "testing/chance.h"
#include "testing/people.h"
#include "scene.h"
#include "testing/steps.h"

enum {
	PEOPLE = 6,
	BATCH = 2,
	WINDOW = 2,
	STEPS_MOST = 400,
	WORKERS = 6,
	LIFE_MS = 12000,
	LOOK_MS = 20,
	PATIENCE_MS = 60000
};

static struct scene scene;
static unsigned int first_step = 1;

/* ---- the daemon: this program once more, with a bomb in its ledger ---- */

/* In the thread of the job before and after a commit, on the loop when it was told. */
static void on_step(const char *step, void *arg)
{
	atomic_bool *closed = arg;

	steps_ledger(step, NULL);
	if (strcmp(step, "after close") == 0)
		atomic_store(closed, true);
	/* The alert has run to its end: nothing is left that could be killed in. */
	if (atomic_load(closed) && strcmp(step, "told") == 0)
		_exit(0);
}

static int be_daemon(const char *config, const char *steps)
{
	struct app_options options = {.config = config, .seed = chance_wish("CRIER_CRASH_SEED", 1)};
	struct loop *loop = loop_new();
	struct problems problems;
	struct app *app = NULL;
	atomic_bool closed;
	struct buf words;

	atomic_init(&closed, false);
	problems_init(&problems);
	steps_install();
	if (app_open(loop, &options, &app, &problems) != RESULT_OK) {
		buf_init(&words, 65536);
		problems_text(&problems, LANG_EN, &words);
		fputs(buf_text(&words), stderr);
		return 78;
	}
	unsigned int nth = (unsigned int)strtoul(steps, NULL, 10);
	if (nth > 0) {
		steps_begin_any(nth, STEPS_KILL);
		ledger_set_step_hook(app_ledger(app), on_step, &closed);
	}
	loop_run(loop);
	return 1;
}

/* ---- the test ---- */

static void import_people(const char *name, const char *csv)
{
	char state[128];

	snprintf(state, sizeof(state), "%sstate", name);
	folder_make_in(&scene.folder, state);
	people_import(folder_at(&scene.folder, state), csv);
}

/* A folder with a roster, a configuration, and a file that was dropped a minute ago. */
static void prepare(const char *name, const char *csv)
{
	struct timespec old[2] = {{.tv_sec = time(NULL) - 60}, {.tv_sec = time(NULL) - 60}};
	char path[128];

	folder_make_in(&scene.folder, name);
	scene_config(&scene, name, "rate = \"1000/s\"; window = 2; batch = 2;");
	import_people(name, csv);
	snprintf(path, sizeof(path), "%sspool", name);
	folder_make_in(&scene.folder, path);
	snprintf(path, sizeof(path), "%sspool/new", name);
	folder_make_in(&scene.folder, path);
	snprintf(path, sizeof(path), "%sspool/new/a.cfg", name);
	folder_write_text(&scene.folder, path,
		"schema = \"fraud-alert/1\"; id = \"A1\"; sender = \"fzzx@ks.example.cn\"; fraud_type = \"order-brushing\";\n"
		"summary = \"一居民做点赞任务被骗。\"; audiences = [ \"all\" ]; areas = [ \"320583\" ]; urgency = \"immediate\";\n");
	utimensat(AT_FDCWD, folder_at(&scene.folder, path), old, 0);
}

static void start_daemon(const char *name, unsigned int steps)
{
	char config[256], count[16];

	snprintf(config, sizeof(config), "%s/%scrierd.conf", scene.folder.path, name);
	snprintf(count, sizeof(count), "%u", steps);
	const char *const argv[] = {"/proc/self/exe", "--daemon", config, count, NULL};
	scene_start(&scene, argv);
}

/*
 * One life that ends at its n-th step, or, where nothing more happens that could be one, after a while. False: it came to
 * the end of the broadcast before.
 */
static bool live(const char *name, unsigned int steps)
{
	start_daemon(name, steps);
	int status = scene_wait(&scene, LIFE_MS);
	if (status == -1) {
		scene_kill(&scene);
		return true;
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return false;
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
		fail_msg("life %s ended with status %x", name, (unsigned int)status);
	return true;
}

/* The last life runs until nothing waits and no receipt is under way, then it is killed as well. */
static json_t *live_on(const char *name)
{
	char config[256];
	json_t *sums = NULL;

	snprintf(config, sizeof(config), "%s/%scrierd.conf", scene.folder.path, name);
	const char *const argv[] = {"/proc/self/exe", "--daemon", config, "0", NULL};
	scene_start(&scene, argv);
	for (unsigned int waited = 0; waited < PATIENCE_MS; waited += LOOK_MS) {
		if (!scene_lives(&scene))
			fail_msg("%s: the daemon has died by itself", name);
		/* First the world: what it handed over by then is in the sums. */
		bool quiet = scene_receipts_over(&scene);
		json_t *alert = scene_ask(&scene, name, "report", json_pack("{s:s}", "id", "A1"));
		sums = json_incref(json_object_get(json_object_get(alert, "sums"), "residents"));
		json_decref(alert);
		if (quiet && sums != NULL && scene_number(sums, "waiting") + scene_number(sums, "in-flight") == 0)
			return sums;
		json_decref(sums);
		scene_pause(LOOK_MS);
	}
	fail_msg("%s does not come to its end", name);
	return NULL;
}

static void check(const char *name, const json_t *sums, unsigned int kills)
{
	json_t *world = scene_world(&scene), *reach = json_object_get(world, "reach");
	/* A receipt that was taken and not yet written down when the daemon died leaves its resident at "accepted". */
	long long told = scene_number(sums, "delivered") + scene_number(sums, "accepted"),
		  doubt = scene_number(sums, "unknown");
	char path[128];

	if (scene_number(sums, "total") != PEOPLE || told + doubt != PEOPLE)
		fail_msg("%s: %lld told and %lld in doubt of %lld", name, told, doubt, scene_number(sums, "total"));
	if (scene_number(reach, "more") > 0 || scene_number(reach, "phones") < told)
		fail_msg("%s: %lld rang, %lld of them twice, and %lld are said to be told", name,
			scene_number(reach, "phones"), scene_number(reach, "more"), told);
	assert_in_range(doubt, 0, (long long)kills * WINDOW * BATCH);
	snprintf(path, sizeof(path), "%sspool/work", name);
	assert_int_equal(folder_count(&scene.folder, path), 0);
	snprintf(path, sizeof(path), "%sspool/new", name);
	assert_int_equal(folder_count(&scene.folder, path), 0);
	snprintf(path, sizeof(path), "%sspool/failed", name);
	assert_int_equal(folder_count(&scene.folder, path), 0);
	json_t *list = scene_ask(&scene, name, "alert list", NULL);
	assert_int_equal(json_array_size(json_object_get(list, "alerts")), 1);
	json_decref(list);
	json_decref(world);
}

static void a_broadcast_survives_a_kill_at_every_step(void **state)
{
	unsigned int step = first_step, kills = 0;
	bool died = true;

	scene_open(&scene, (const char *const[]){NULL});
	char *csv = strdup(scene_people(&scene, PEOPLE));
	for (; died && step < STEPS_MOST; step += WORKERS) {
		char name[32];
		snprintf(name, sizeof(name), "run-%u/", step);
		prepare(name, csv);
		died = live(name, step);
		bool again = died && live(name, 1 + step % 5);
		json_t *sums = live_on(name);
		check(name, sums, died + again);
		kills += died + again;
		json_decref(sums);
		scene_kill(&scene);
		scene_world_forget(&scene);
	}
	free(csv);
	print_message("%u kills, the last at step %u\n", kills, step - 2 * WORKERS);
	/* Accepting, three batches with their outcomes, receipts and the end are more than these. */
	assert_in_range(step, 12, STEPS_MOST - 1);
}

/* ---- an import ---- */

/* Half of the old list is gone, the other half stays, and as many are new; one line is wrong. */
static void write_new_list(void)
{
	FILE *file = fopen(folder_at(&scene.folder, "new.csv"), "w");

	assert_non_null(file);
	fputs("phone,birth_year,roles,area,opt_out\n12345,1980,,320583100,\n", file);
	for (unsigned int i = PEOPLE / 2; i < PEOPLE + PEOPLE / 2; i++)
		fprintf(file, "138%08u,1980,,320583100,%s\n", i, i == PEOPLE ? "1" : "");
	fclose(file);
}

static int import_new_list(const char *name)
{
	return scene_crier(&scene, name,
		(const char *const[]){"roster", "import", folder_at(&scene.folder, "new.csv"), "--list", "all",
			"--source", "test", "--basis", "test", NULL});
}

/* How many are known, and how many of them are on the list; once the daemon answers. False: it died first. */
static bool ask_stats(const char *name, long long *known, long long *present)
{
	for (unsigned int waited = 0; waited < PATIENCE_MS; waited += LOOK_MS) {
		json_t *stats = scene_ask(&scene, name, "roster stats", NULL);
		*known = scene_number(stats, "known");
		*present = scene_number(stats, "present");
		json_decref(stats);
		if (stats != NULL)
			return true;
		if (!scene_lives(&scene))
			return false;
		scene_pause(LOOK_MS);
	}
	fail_msg("%s: the daemon does not answer", name);
	return false;
}

static void check_stats(const char *name, bool done)
{
	long long known = 0, present = 0;

	assert_true(ask_stats(name, &known, &present));
	bool old = known == PEOPLE && present == PEOPLE, new = known == PEOPLE + PEOPLE / 2 && present == PEOPLE;
	if (!new && (done || !old))
		fail_msg("%s: %lld are known, %lld of them on the list", name, known, present);
}

static void an_import_survives_a_kill_at_every_step(void **state)
{
	unsigned int step = first_step, kills = 0;
	bool died = true;

	scene_open(&scene, (const char *const[]){NULL});
	char *csv = strdup(scene_people(&scene, PEOPLE));
	write_new_list();
	for (; died && step < STEPS_MOST; step += WORKERS) {
		char name[32];
		long long known, present;
		snprintf(name, sizeof(name), "import-%u/", step);
		folder_make_in(&scene.folder, name);
		scene_config(&scene, name, "");
		import_people(name, csv);
		start_daemon(name, step);
		bool told = ask_stats(name, &known, &present) && import_new_list(name) == 0;
		/* What comes after the answer is not the import's. */
		died = !told;
		kills += died;
		scene_kill(&scene);
		start_daemon(name, 0);
		check_stats(name, told);
		assert_int_equal(import_new_list(name), 0);
		check_stats(name, true);
		scene_kill(&scene);
	}
	free(csv);
	print_message("%u kills, the last import at step %u\n", kills, step - 2 * WORKERS);
	/* The note, rows, view and opt-outs are more than these. */
	assert_in_range(step, 12, STEPS_MOST - 1);
}

static int tear_down(void **state)
{
	scene_close(&scene);
	return 0;
}

/* Each worker is this program once more, and ends with us. */
static int share(void)
{
	pid_t workers[WORKERS];
	int failed = 0, status;

	for (unsigned int i = 0; i < WORKERS; i++) {
		pid_t parent = getpid();
		char step[16];
		snprintf(step, sizeof(step), "%u", i + 1);
		workers[i] = fork();
		if (workers[i] == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			if (getppid() == parent)
				execl("/proc/self/exe", "test_steps", "--from", step, (char *)NULL);
			_exit(127);
		}
	}
	for (unsigned int i = 0; i < WORKERS; i++)
		if (workers[i] < 0 || waitpid(workers[i], &status, 0) < 0 || status != 0)
			failed++;
	return failed;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_broadcast_survives_a_kill_at_every_step, tear_down),
		cmocka_unit_test_teardown(an_import_survives_a_kill_at_every_step, tear_down),
	};

	if (argc == 4 && strcmp(argv[1], "--daemon") == 0)
		return be_daemon(argv[2], argv[3]);
	if (argc != 3 || strcmp(argv[1], "--from") != 0)
		return share();
	first_step = (unsigned int)strtoul(argv[2], NULL, 10);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
