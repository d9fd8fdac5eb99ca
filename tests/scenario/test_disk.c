/*
 * A disk in trouble under a whole daemon: full, failing at writing, syncing or reading, read-only, slow. Intake stops
 * first and says why; what is accepted goes on as far as it can be recorded; when the disk is well again everything goes
 * on by itself, nothing is lost and no phone rings twice.
 *
 * CRIER_CRASH_KILLS: a twentieth of it is at how many moments each trouble begins (default 6). CRIER_CRASH_SEED: the first.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "asking.h"
#include "base/mem.h"
#include "testing/chance.h"
#include "testing/clock.h"
#include "testing/disk.h"
#include "testing/turns.h"

enum { PEOPLE = 1000, POOL = 400, WINDOW = 4, BATCH = 10, RESERVE = 8 << 20 };

#define GATEWAY "rate = \"100/s\"; window = 4; batch = 10; timeout = \"10s\";"

enum kind {
	WELL,
	FULL,
	CRAMMED,
	WRITES_FAIL,
	SYNCS_FAIL,
	READS_FAIL,
	READ_ONLY,
	SLOW,
	LEDGER_FAILS,
	LEDGER_UNREAD,
	KINDS
};

static const char *const kind_names[KINDS] = {"well", "full", "full without a reserve", "writes fail", "syncs fail",
	"reads fail", "read-only", "slow", "the ledger fails"};

static struct {
	_Atomic(enum kind) kind;
	atomic_llong room; /* FULL, CRAMMED: bytes */
	atomic_uint refused, changes;
	atomic_uint begin; /* becomes `next` at this many changes */
	_Atomic(enum kind) next;
	pthread_t loop;
	atomic_uint on_loop; /* syncs that held up the loop */
	pthread_mutex_t lock;
	pthread_cond_t released;
	unsigned int waiting;
} trouble = {.lock = PTHREAD_MUTEX_INITIALIZER, .released = PTHREAD_COND_INITIALIZER};

static struct stage stage;

static long long size_of(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 ? (long long)st.st_size : 0;
}

/* Names take a block, bytes what they are long; what is removed gives it back, unless the room is gone for others. */
static int use_room(const struct disk_call *call)
{
	long long needed = 0;

	if (call->act == DISK_CREATE || call->act == DISK_MKDIR)
		needed = 4096;
	else if (call->act == DISK_WRITE)
		needed = (long long)(call->at + call->size) - size_of(call->path);
	else if ((call->act == DISK_UNLINK || call->act == DISK_TRUNCATE) && trouble.kind == FULL)
		needed = (long long)call->size - size_of(call->path);
	if (needed > 0 && atomic_load(&trouble.room) < needed)
		return ENOSPC;
	if (needed > 0 || trouble.kind == FULL)
		atomic_fetch_sub(&trouble.room, needed);
	return 0;
}

static void wait_for_release(void)
{
	pthread_mutex_lock(&trouble.lock);
	trouble.waiting++;
	while (trouble.kind == SLOW)
		pthread_cond_wait(&trouble.released, &trouble.lock);
	trouble.waiting--;
	pthread_mutex_unlock(&trouble.lock);
}

static bool changes(enum disk_act act)
{
	return act != DISK_OPEN && act != DISK_READ;
}

static int refuses(const struct disk_call *call)
{
	switch (atomic_load(&trouble.kind)) {
	case FULL:
	case CRAMMED:
		return use_room(call);
	case WRITES_FAIL:
		return changes(call->act) && call->act != DISK_SYNC ? EIO : 0;
	case SYNCS_FAIL:
		return call->act == DISK_SYNC ? EIO : 0;
	case READS_FAIL:
		return call->act == DISK_READ ? EIO : 0;
	case READ_ONLY:
		return changes(call->act) && call->act != DISK_SYNC ? EROFS : 0;
	case LEDGER_FAILS:
		return call->act == DISK_WRITE && strstr(call->path, "/ledger.db") != NULL ? EIO : 0;
	case LEDGER_UNREAD:
		return call->act == DISK_READ && strstr(call->path, "/ledger.db") != NULL ? EIO : 0;
	case SLOW:
		if (call->act == DISK_SYNC && pthread_equal(pthread_self(), trouble.loop) == 0)
			wait_for_release();
		return 0;
	default:
		return 0;
	}
}

static int judge(void *arg, const struct disk_call *call)
{
	if (changes(call->act) && atomic_fetch_add(&trouble.changes, 1) + 1 == trouble.begin)
		trouble.kind = trouble.next;
	if (call->act == DISK_SYNC && pthread_equal(pthread_self(), trouble.loop) != 0)
		atomic_fetch_add(&trouble.on_loop, 1);
	int error = refuses(call);

	trouble.refused += error != 0;
	return error;
}

static void get_into(enum kind kind)
{
	trouble.room = 0;
	trouble.kind = kind;
}

static void get_well(void)
{
	pthread_mutex_lock(&trouble.lock);
	trouble.begin = 0;
	trouble.kind = WELL;
	pthread_cond_broadcast(&trouble.released);
	pthread_mutex_unlock(&trouble.lock);
}

static int set_up(void **state)
{
	get_well();
	trouble.refused = trouble.changes = trouble.on_loop = 0;
	trouble.loop = pthread_self();
	stage_open(&stage, "2026-11-23T10:00:00");
	stage_roster(&stage, PEOPLE);
	stage_config(&stage, GATEWAY, "");
	folder_make_in(&stage.folder, "spool");
	char *folder = mem_strdup(folder_at(&stage.folder, "state"));
	disk_install((const char *[]){folder, folder_at(&stage.folder, "spool"), NULL},
		&(struct disk_events){.judge = judge});
	free(folder);
	return 0;
}

static int tear_down(void **state)
{
	get_well();
	stage_close(&stage);
	disk_remove();
	return 0;
}

/* What people see. */

static bool status(const char *name)
{
	json_t *answer = stage_ask(&stage, "status", NULL, NULL);
	bool value = json_is_true(json_object_get(answer, name));

	json_decref(answer);
	return value;
}

/* `crier submit` asks first; what it prints is in both languages. */
static void submit_is_refused_with_the_reason(const char *part)
{
	int exit;
	json_t *answer = stage_ask(&stage, "submit", json_pack("{s:s}", "name", "b.cfg"), &exit);

	assert_null(answer);
	assert_int_equal(exit, 75);
	answer = stage_ask(&stage, "status", NULL, NULL);
	const char *why = json_string_value(json_object_get(answer, "intake_reason"));
	if (why == NULL || strstr(why, part) == NULL)
		fail_msg("the reason is: %s", why != NULL ? why : "none");
	json_decref(answer);
}

static long long people(const char *id, const char *state)
{
	return stage_residents(&stage, id, state);
}

static uint64_t phones(void)
{
	struct world_reach reach;

	world_reached(stage.world, NULL, &reach);
	return reach.phones;
}

static uint64_t texts(void)
{
	struct world_reach reach;

	world_reached(stage.world, NULL, &reach);
	return reach.texts;
}

static bool delivered(const char *id)
{
	return people(id, "delivered") == POOL;
}

static bool a1_delivered(struct stage *s)
{
	return delivered("A1");
}

static bool a2_delivered(struct stage *s)
{
	return delivered("A2");
}

static bool some_sent(struct stage *s)
{
	return phones() >= 4 * BATCH;
}

static bool intake_closed(struct stage *s)
{
	return !status("intake_open");
}

static bool intake_open(struct stage *s)
{
	return status("intake_open");
}

#define SECOND "text: { sms = \"第二条：陌生来电要您共享屏幕的都是诈骗。\"; };"

/* Everything that was accepted or dropped ends well. */
static void all_ends_well(void)
{
	stage_until(&stage, intake_open, "intake is open again");
	stage_until(&stage, a1_delivered, "the first reached everybody");
	stage_until(&stage, a2_delivered, "the second reached everybody");
	stage_pass(&stage, 35000);
	assert_int_equal(stage_adds_up(&stage, "A1"), POOL);
	assert_int_equal(stage_adds_up(&stage, "A2"), POOL);
	assert_int_equal(texts(), 2 * POOL);
	stage_nobody_twice(&stage, PEOPLE);
	assert_int_equal(folder_count(&stage.folder, "spool/new"), 0);
	assert_int_equal(folder_count(&stage.folder, "spool/work"), 0);
	assert_int_equal(folder_count(&stage.folder, "spool/failed"), 0);
	json_decref(stage_ask(&stage, "audit verify", NULL, NULL));
	/* And the disk knows it too. */
	stage_kill(&stage);
	stage_start(&stage);
	assert_int_equal(people("A1", "delivered"), POOL);
	assert_int_equal(people("A2", "delivered"), POOL);
}

static void a_full_disk_stops_intake_first_and_sending_goes_on(void **state)
{
	stage_start(&stage);
	stage_drop(&stage, "a.cfg", "A1", "immediate", "");
	stage_until(&stage, some_sent, "some were sent");
	get_into(FULL);
	stage_until(&stage, intake_closed, "intake is closed");
	assert_false(folder_has(&stage.folder, "state/ledger.reserve"));
	submit_is_refused_with_the_reason("disk is full");
	stage_drop(&stage, "b.cfg", "A2", "immediate", SECOND);
	stage_until(&stage, a1_delivered, "the first reached everybody");
	stage_pass(&stage, 60000);
	assert_true(folder_has(&stage.folder, "spool/new/b.cfg"));
	assert_int_equal(people("A2", "waiting"), -1);
	get_well();
	all_ends_well();
	assert_true(folder_has(&stage.folder, "state/ledger.reserve"));
}

static void without_a_reserve_no_more_is_sent_than_can_be_recorded(void **state)
{
	stage_start(&stage);
	stage_drop(&stage, "a.cfg", "A1", "immediate", "");
	stage_until(&stage, some_sent, "some were sent");
	get_into(CRAMMED);
	stage_until(&stage, intake_closed, "intake is closed");
	submit_is_refused_with_the_reason("disk is full");
	stage_drop(&stage, "b.cfg", "A2", "immediate", SECOND);
	stage_pass(&stage, 2000);
	uint64_t before = phones();
	stage_pass(&stage, 60000);
	assert_int_equal(phones(), before);
	assert_true(before < POOL);
	assert_true(folder_has(&stage.folder, "spool/new/b.cfg"));
	get_well();
	all_ends_well();
}

static bool on_the_way(void *asking)
{
	return asking_ready(asking);
}

/* Who has handed over a file and waits is not left waiting: it stays in the folder, and is sent when the disk is well. */
static void who_waits_for_a_verdict_is_told(void **state)
{
	static const enum kind kinds[] = {WRITES_FAIL, SYNCS_FAIL, READS_FAIL, LEDGER_FAILS, CRAMMED};
	int exit;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		stage_start(&stage);
		struct asking *asking = asking_begin(&stage, "submit", json_pack("{s:s}", "name", "a.cfg"), -1);
		assert_true(turns_until(stage.loop, on_the_way, asking));
		get_into(kinds[i]);
		stage_drop(&stage, "a.cfg", "A1", "immediate", "channels = [ \"sms\" ];");
		stage_pass(&stage, 4000);
		if (!asking_over(asking))
			fail_msg("%s: left waiting", kind_names[kinds[i]]);
		json_t *result = asking_end(&asking, &exit);
		assert_null(result);
		assert_int_equal(exit, 75);
		get_well();
		stage_until(&stage, a1_delivered, "it reached everybody");
		assert_int_equal(texts(), POOL);
		tear_down(NULL);
		set_up(NULL);
	}
}

/* With the disk failing somewhere in the middle of whatever goes on, and for a while. */
static void suffer(enum kind kind, unsigned int begin)
{
	print_message("%s from change %u\n", kind_names[kind], begin);
	stage_start(&stage);
	trouble.room = 0;
	trouble.next = kind;
	trouble.begin = trouble.changes + begin;
	stage_drop(&stage, "a.cfg", "A1", "immediate", "");
	stage_pass(&stage, 1500);
	stage_drop(&stage, "b.cfg", "A2", "immediate", SECOND);
	stage_pass(&stage, 15000);
	get_into(kind); /* if so many changes never came */
	stage_pass(&stage, 15000);
	get_well();
	assert_true(trouble.refused > 0 || kind == READS_FAIL); /* nothing may need to be read */
	all_ends_well();
}

static void whatever_the_trouble_and_whenever_it_begins_all_ends_well(void **state)
{
	static const enum kind kinds[] = {FULL, CRAMMED, WRITES_FAIL, SYNCS_FAIL, READS_FAIL, READ_ONLY};
	unsigned int lives = ((unsigned int)chance_wish("CRIER_CRASH_KILLS", 120) + 19) / 20;
	unsigned int first = (unsigned int)(chance_wish("CRIER_CRASH_SEED", 1) % 1000000);

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		for (unsigned int life = 0; life < lives; life++) {
			/* The first changes are the claim and the acceptance. */
			unsigned int begin = life == 0 ? 1 : 1 + (first + life) * 7919 % 400;
			suffer(kinds[i], begin);
			tear_down(NULL);
			set_up(NULL);
		}
	}
}

/* It starts or says why not, as often as it is tried; and when it has started it is like any other. */
static void start_in(enum kind kind, unsigned int begin)
{
	struct problems problems;

	print_message("%s from change %u of a start\n", kind_names[kind], begin);
	trouble.room = 0;
	trouble.next = kind;
	trouble.begin = trouble.changes + begin;
	for (int i = 0; i < 2; i++) {
		problems_init(&problems);
		bool started = stage_try(&stage, &problems);
		assert_true(started || problems.errors > 0);
		if (started)
			stage_pass(&stage, 1000);
		if (started)
			stage_kill(&stage);
		problems_fini(&problems);
	}
	get_well();
	stage_start(&stage);
	stage_drop(&stage, "a.cfg", "A1", "immediate", "channels = [ \"sms\" ];");
	stage_until(&stage, a1_delivered, "the first reached everybody");
}

static void a_start_on_a_disk_in_trouble_fails_with_words_or_works(void **state)
{
	unsigned int lives = ((unsigned int)chance_wish("CRIER_CRASH_KILLS", 120) + 19) / 20;
	unsigned int first = (unsigned int)(chance_wish("CRIER_CRASH_SEED", 1) % 1000000);

	for (enum kind kind = FULL; kind < SLOW; kind++) {
		for (unsigned int life = 0; life < lives; life++) {
			start_in(kind, life == 0 ? 1 : 1 + (first + life) * 97 % 240);
			tear_down(NULL);
			set_up(NULL);
		}
	}
}

/* Whether an alert was cancelled, or sent already, stands in the ledger: what cannot be read there is not guessed. */
static void while_the_ledger_cannot_be_read_nothing_is_judged(void **state)
{
	stage_start(&stage);
	stage_drop(&stage, "c.cfg", "C1", "immediate", "action = \"cancel\"; supersedes = [ \"A1\" ];");
	stage_pass(&stage, 10000);
	unsigned int before = (unsigned int)folder_count(&stage.folder, "spool/done");
	get_into(LEDGER_UNREAD);
	stage_drop(&stage, "a.cfg", "A1", "immediate", "");
	stage_pass(&stage, 60000);
	assert_true(trouble.refused > 0);
	assert_int_equal(folder_count(&stage.folder, "spool/done"), before);
	assert_int_equal(folder_count(&stage.folder, "spool/failed"), 0);
	get_well();
	stage_pass(&stage, 60000);
	assert_int_equal(folder_count(&stage.folder, "spool/new") + folder_count(&stage.folder, "spool/work"), 0);
	assert_int_equal(phones(), 0);
}

/* "Never written to", "nothing in doubt" or a report of zeros would be believed. */
static void what_the_ledger_cannot_tell_no_order_answers(void **state)
{
	static const char *const orders[][2] = {
		{"alert list", "{}"},
		{"alert show", "{\"id\": \"A1\"}"},
		{"report", "{}"},
		{"unknown list", "{}"},
		{"unknown drop", "{\"batch\": \"1-0-1\"}"},
		{"audit list", "{}"},
		{"audit verify", "{}"},
		{"roster find", "{\"phone\": \"13800000001\", \"history\": true}"},
	};

	stage_start(&stage);
	stage_drop(&stage, "a.cfg", "A1", "immediate", "");
	stage_pass(&stage, 10000);
	get_into(LEDGER_UNREAD);
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		int exit = 0;
		json_t *answer = stage_ask(&stage, orders[i][0], json_loads(orders[i][1], 0, NULL), &exit);
		if (answer != NULL || exit != 75)
			fail_msg("%s: exit %d", orders[i][0], exit);
	}
	get_well();
}

static void a_slow_disk_holds_up_only_what_waits_for_it(void **state)
{
	stage_start(&stage);
	unsigned int before = trouble.on_loop;
	get_into(SLOW);
	stage_drop(&stage, "a.cfg", "A1", "immediate", "channels = [ \"sms\" ];");
	stage_turns(&stage, 300);
	assert_true(trouble.waiting > 0);
	assert_true(status("ready")); /* it answers */
	assert_int_equal(phones(), 0);
	assert_int_equal(folder_count(&stage.folder, "spool/done"), 0);
	get_well();
	stage_until(&stage, some_sent, "some were sent");
	get_into(SLOW);
	uint64_t sent = phones();
	stage_turns(&stage, 300);
	assert_true(status("ready"));
	assert_in_range(phones(), sent, sent + WINDOW * BATCH);
	get_well();
	stage_until(&stage, a1_delivered, "the first reached everybody");
	assert_int_equal(texts(), POOL);
	assert_int_equal(trouble.on_loop, before);
}

/* Whatever was planned while one commit took ten seconds does not leave at once when it is done. */
static void after_a_slow_commit_the_limit_holds(void **state)
{
	stage_config(&stage, "rate = \"10/s\"; window = 20; batch = 5; timeout = \"30s\";", "");
	stage_start(&stage);
	stage_drop(&stage, "a.cfg", "A1", "immediate", "channels = [ \"sms\" ];");
	stage_until(&stage, some_sent, "some were sent");
	for (unsigned int stalls = 0; stalls < 3; stalls++) {
		get_into(SLOW);
		for (unsigned int i = 0; i < 100; i++) {
			fake_clock_pass(100);
			stage_turns(&stage, 3);
		}
		get_well();
		stage_pass(&stage, 4000);
	}
	stage_until(&stage, a1_delivered, "the first reached everybody");
	/* Ten in a second, and the burst of one batch. */
	assert_in_range(world_most_in(world_peer_find(stage.world, "sms"), 1000), 5, 15);
	assert_in_range(world_most_in(world_peer_find(stage.world, "sms"), 5000), 5, 55);
}

static long long window_of(const char *name)
{
	json_t *list = stage_ask(&stage, "channel list", NULL, NULL);
	const json_t *channels = json_object_get(list, "channels");
	long long window = -1;

	for (size_t i = 0; i < json_array_size(channels); i++) {
		const json_t *channel = json_array_get(channels, i);
		if (strcmp(json_string_value(json_object_get(channel, "name")), name) == 0)
			window = json_integer_value(json_object_get(channel, "window"));
	}
	json_decref(list);
	return window;
}

/* What the red switch caught between its intent and its bytes tells nothing of the channel: it is as quick as before. */
static void what_the_switch_keeps_back_makes_no_channel_slower(void **state)
{
	int exit;

	stage_start(&stage);
	stage_drop(&stage, "a.cfg", "A1", "immediate", "channels = [ \"sms\" ];");
	stage_until(&stage, some_sent, "some were sent");
	for (unsigned int i = 0; i < 3; i++) {
		get_into(SLOW);
		stage_turns(&stage, 300);
		struct asking *asking = asking_begin(&stage, "stop", json_object(), -1);
		stage_turns(&stage, 100);
		assert_int_equal(trouble.waiting, 1); /* an intent is not durable yet, and the switch is thrown */
		get_well();
		assert_true(turns_until(stage.loop, asking_over, asking));
		json_decref(asking_end(&asking, &exit));
		uint64_t sent = phones();
		stage_pass(&stage, 1000);
		assert_int_equal(phones(), sent);
		assert_int_equal(window_of("sms"), WINDOW);
		json_decref(stage_ask(&stage, "start", NULL, NULL));
		stage_pass(&stage, 300);
	}
	stage_until(&stage, a1_delivered, "it reached everybody");
	assert_int_equal(texts(), POOL);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		CASE(a_full_disk_stops_intake_first_and_sending_goes_on),
		CASE(without_a_reserve_no_more_is_sent_than_can_be_recorded),
		CASE(who_waits_for_a_verdict_is_told),
		CASE(whatever_the_trouble_and_whenever_it_begins_all_ends_well),
		CASE(a_start_on_a_disk_in_trouble_fails_with_words_or_works),
		CASE(while_the_ledger_cannot_be_read_nothing_is_judged),
		CASE(what_the_ledger_cannot_tell_no_order_answers),
		CASE(after_a_slow_commit_the_limit_holds),
		CASE(a_slow_disk_holds_up_only_what_waits_for_it),
		CASE(what_the_switch_keeps_back_makes_no_channel_slower),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
