/*
 * The power fails under a whole daemon (design.md, promises 1 and 2): on a disk that loses what was not synced
 * (testing/power.h), at every kind of durable step and at any other moment, while alerts come by every way, are updated
 * and cancelled, residents are imported and opt out, operators say their words and a reminder falls due.
 *
 * An officer does here what officers do: what was not confirmed is asked for again. Whatever was confirmed, or stands in
 * done/, is there after the next start; everybody is in one state; no phone rings twice.
 *
 * CRIER_CRASH_KILLS: how many times it fails at random moments (default 16; two in a life). CRIER_CRASH_STEPS=all: every
 * kind of call at every step of a life, twice, before and after. CRIER_CRASH_SEED: the first seed; a failure names its own.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "asking.h"
#include "base/clock.h"
#include "base/mem.h"
#include "officer.h"
#include "testing/chance.h"
#include "testing/clock.h"
#include "testing/power.h"
#include "testing/turns.h"

enum { PEOPLE = 200, POOL = 80, MORE = 40, WINDOW = 2, BATCH = 10 }; /* 40 elderly, 50 students, 10 of them both */
enum { FAILED = 1, LATER = 75 }; /* exits of an order that is to be given again */

#define GATEWAY "rate = \"100/s\"; window = 2; batch = 10; timeout = \"10s\";"
#define REMINDER \
	"schedules: ( { name = \"weekly\"; rule = \"FREQ=WEEKLY;BYDAY=MO;BYHOUR=10;BYMINUTE=1;BYSECOND=0\";" \
	" channels = [ \"group\" ]; pack = \"weekly\"; } );"

/* What was confirmed to somebody. */
struct life {
	struct stage stage;
	uint64_t seed;
	struct chance chance; /* of that seed */
	unsigned int cuts;
	unsigned int waits; /* times that somebody was asked to come back */
	unsigned int step; /* the next thing that somebody wants */
	bool told[16]; /* by step */
	bool dropped[16]; /* lies in the folder, synced */
	int64_t out_ms; /* when the opt-out was confirmed */
	struct {
		bool set;
		unsigned int step, nth;
		enum disk_act act;
		const char *part;
		bool after;
	} trap; /* armed when this step begins */
};

static struct life life;

/* Asking. */

static bool answered(void *asking)
{
	return asking_over(asking) || power_gone();
}

static bool ready(void *asking)
{
	return asking_ready(asking) || power_gone();
}

/* Whether it was confirmed; false: the power went first, or the disk failed: it is asked for again. */
static bool confirmed(struct asking *asking)
{
	int exit;
	json_t *result = asking_end(&asking, &exit);
	bool told = result != NULL;

	json_decref(result);
	if (!told && exit != 0 && exit != LATER && exit != FAILED && !power_gone())
		fail_msg("seed %llu, step %u: refused", (unsigned long long)life.seed, life.step);
	return told;
}

static bool asked(const char *command, json_t *args, int fd)
{
	struct asking *asking = asking_begin(&life.stage, command, args, fd);

	turns_until(life.stage.loop, answered, asking);
	return confirmed(asking);
}

/* Officers. */

/* Submits and waits for the verdict. */
static bool submitted(const char *name, char *text)
{
	struct asking *asking = asking_begin(&life.stage, "submit", json_pack("{s:s}", "name", name), -1);

	if (turns_until(life.stage.loop, ready, asking) && !power_gone() &&
		officer_hands_over(&life.stage, name, text, true)) {
		life.dropped[life.step] = true;
		turns_until(life.stage.loop, answered, asking);
	}
	free(text);
	return confirmed(asking);
}

static bool found_in(const char *folder, const char *part)
{
	char *name = folder_has(&life.stage.folder, folder) ? folder_find(&life.stage.folder, folder, part) : NULL;

	free(name);
	return name != NULL;
}

static bool stands_in_done(void *arg)
{
	return found_in("spool/done", arg) || power_gone();
}

static void pass(uint64_t ms)
{
	for (uint64_t step; ms > 0 && !power_gone(); ms -= step) {
		step = ms < 500 ? ms : 500;
		turns_pass(life.stage.loop, step);
	}
}

/* Drops it into the folder, unless it is there from before a power loss, and looks whether it comes to done/. */
static bool dropped(const char *name, char *text, bool synced)
{
	pass(life.cuts + life.waits > 0 ? 5000 : 0);
	if (!found_in("spool/done", name) && officer_hands_over(&life.stage, name, text, synced)) {
		life.dropped[life.step] = life.dropped[life.step] || synced;
		turns_until(life.stage.loop, stands_in_done, (void *)(uintptr_t)name);
	}
	free(text);
	return found_in("spool/done", name);
}

static bool imported(void)
{
	int fd = open(folder_at(&life.stage.folder, "more.csv"), O_RDONLY | O_CLOEXEC);
	bool told = asked("roster import",
		json_pack("{s:s, s:s, s:s, s:s}", "name", "more.csv", "list", "more", "source", "school", "basis",
			"consent"),
		fd);

	close(fd);
	return told;
}

enum step {
	SUBMIT,
	OPT_OUT,
	COPY,
	SUSPEND,
	DROP,
	IMPORT,
	UPDATE,
	RESUME,
	WITHDRAWN,
	CANCEL,
	SWITCH_OFF,
	REMIND,
	SWITCH_ON,
	STEPS,
};

static bool take_step(enum step step)
{
	switch (step) {
	case SUBMIT:
		return submitted("a1.cfg", officer_alert("A1", "immediate", ""));
	case OPT_OUT:
		return asked("optout add", json_pack("{s:s}", "phone", "13800000005"), -1);
	case COPY:
		return dropped("notes.txt", officer_notes(), false);
	case SUSPEND:
		return asked("channel suspend", json_pack("{s:s}", "name", "group"), -1);
	case DROP:
		return dropped("a2.cfg", officer_alert("A2", "today", ""), true);
	case IMPORT:
		return imported();
	case UPDATE:
		return submitted("a3.cfg",
			officer_alert("A3", "immediate", "action = \"update\"; supersedes = [ \"A2\" ];"));
	case RESUME:
		return asked("channel resume", json_pack("{s:s}", "name", "group"), -1);
	case WITHDRAWN:
		return submitted("a4.cfg", officer_alert("A4", "routine", "channels = [ \"sms\" ];"));
	case CANCEL:
		/* Perhaps it was recorded, though nobody could be told any more, or all is sent. */
		return stage_residents(&life.stage, "A4", "waiting") == 0 ||
			asked("alert cancel", json_pack("{s:s}", "id", "A4"), -1);
	case SWITCH_OFF:
		return asked("stop", json_object(), -1);
	case REMIND:
		pass(60000);
		return !power_gone();
	case SWITCH_ON:
		return asked("start", json_object(), -1);
	default:
		return true;
	}
}

/* What must hold after a start, whatever came before. */

static const char *const ids[STEPS] = {[SUBMIT] = "A1", [DROP] = "A2", [UPDATE] = "A3", [WITHDRAWN] = "A4"};
static const char *const names[STEPS] =
	{[SUBMIT] = "a1.cfg", [DROP] = "a2.cfg", [UPDATE] = "a3.cfg", [WITHDRAWN] = "a4.cfg"};

#define HOLDS(condition, ...) \
	do { \
		if (!(condition)) { \
			print_error("seed %llu, cut %u, step %u: ", (unsigned long long)life.seed, life.cuts, \
				life.step); \
			fail_msg(__VA_ARGS__); \
		} \
	} while (0)

static json_t *alerts(void)
{
	json_t *answer = stage_ask(&life.stage, "alert list", NULL, NULL);
	json_t *list = json_incref(json_object_get(answer, "alerts"));

	json_decref(answer);
	return list;
}

/* The number of alerts whose id contains `part`. */
static unsigned int known(const char *part)
{
	json_t *list = alerts(), *item;
	unsigned int count = 0;
	size_t i;

	json_array_foreach(list, i, item) count += strstr(json_string_value(json_object_get(item, "id")), part) != NULL;
	json_decref(list);
	return count;
}

static bool flag(const char *order, json_t *args, const char *name)
{
	json_t *answer = stage_ask(&life.stage, order, args, NULL);
	bool value = json_is_true(json_object_get(answer, name));

	json_decref(answer);
	return value;
}

static bool group_suspended(void)
{
	json_t *answer = stage_ask(&life.stage, "channel list", NULL, NULL), *item;
	bool suspended = false;
	size_t i;

	json_array_foreach(json_object_get(answer, "channels"), i,
		item) if (strcmp(json_string_value(json_object_get(item, "name")), "group") == 0)
		suspended = json_is_true(json_object_get(item, "suspended"));
	json_decref(answer);
	return suspended;
}

static void check_words(void)
{
	if (life.told[OPT_OUT])
		HOLDS(flag("roster find", json_pack("{s:s}", "phone", "13800000005"), "opted_out"),
			"an opt-out was forgotten");
	if (life.told[SUSPEND] && life.step < RESUME)
		HOLDS(group_suspended(), "a suspension was forgotten");
	if (life.told[RESUME])
		HOLDS(!group_suspended(), "a resumption was forgotten");
	if (life.told[SWITCH_OFF] && life.step < SWITCH_ON)
		HOLDS(flag("status", NULL, "stopped"), "the red switch was forgotten");
	if (life.told[IMPORT])
		HOLDS(flag("roster find", json_pack("{s:s}", "phone", "13900000001"), "known"),
			"an import was forgotten");
	if (life.told[CANCEL])
		HOLDS(stage_residents(&life.stage, "A4", "waiting") == 0, "a cancellation was forgotten");
}

static void check_files(void)
{
	for (unsigned int i = 0; i < STEPS; i++) {
		if (ids[i] == NULL)
			continue;
		bool there = known(ids[i]) == 1;
		if (life.told[i])
			HOLDS(there, "%s was accepted and is gone", ids[i]);
		if (life.dropped[i])
			HOLDS(there || found_in("spool/new", names[i]) || found_in("spool/work", names[i]),
				"the file of %s is gone", ids[i]);
		HOLDS(known(ids[i]) <= 1, "%s was accepted twice", ids[i]);
		if (there)
			stage_adds_up(&life.stage, ids[i]);
	}
	HOLDS(known("-2026") <= 1, "the alert without an id was accepted twice");
	if (life.told[COPY])
		HOLDS(known("-2026") == 1, "the alert without an id is gone");
}

static void check_reasons(const char *folder)
{
	char *name = folder_find(&life.stage.folder, folder, ".reason");
	size_t size;

	if (name == NULL)
		return;
	char *path = mem_printf("%s/%s", folder, name), *text = folder_read(&life.stage.folder, path, &size);
	HOLDS(size > 3 && strlen(text) == size && strncmp(text, "\xef\xbb\xbf", 3) == 0 &&
			strcmp(text + size - 2, "\r\n") == 0,
		"%s is torn", path);
	free(text);
	free(path);
	free(name);
}

/* A life. */

/* The service manager starts it again if it does not start on a disk that fails. */
static bool start(void)
{
	struct problems problems;
	bool started = false;

	for (unsigned int tries = 0; !started && tries < 3 && !power_gone(); tries++) {
		problems_init(&problems);
		started = stage_try(&life.stage, &problems);
		HOLDS(started || problems.errors > 0, "it does not start, without words");
		problems_fini(&problems);
	}
	HOLDS(started || power_gone(), "it does not start");
	return started;
}

static uint32_t draw(uint32_t most)
{
	return chance_draw(&life.chance, most);
}

static void make_more_people(void)
{
	FILE *out = fopen(folder_at(&life.stage.folder, "more.csv"), "we");

	fputs("phone,birth_year,roles,area\n", out);
	for (unsigned int i = 0; i < MORE; i++)
		fprintf(out, "139%08u,1990,shop,320583100\n", i);
	fclose(out);
}

static void begin_life(uint64_t seed)
{
	life = (struct life){.seed = seed};
	chance_begin(&life.chance, seed);
	stage_open(&life.stage, "2026-11-23T10:00:00");
	stage_roster(&life.stage, PEOPLE);
	stage_config(&life.stage, GATEWAY, REMINDER);
	make_more_people();
	folder_make_in(&life.stage.folder, "spool");
	char *state = mem_strdup(folder_at(&life.stage.folder, "state"));
	power_on((const char *[]){state, folder_at(&life.stage.folder, "spool"), NULL});
	free(state);
}

/* Until the power goes or everybody has what he wanted. */
static void live(void)
{
	while (life.step < STEPS && !power_gone()) {
		if (life.trap.set && life.trap.step == life.step)
			power_fail_at(life.trap.act, life.trap.part, life.trap.nth, life.trap.after);
		bool told = take_step((enum step)life.step);
		if (told && life.step == OPT_OUT && life.out_ms == 0)
			life.out_ms = clock_wall_ms();
		life.told[life.step] = life.told[life.step] || told;
		if (power_gone())
			break;
		if (!told) {
			HOLDS(life.waits++ < 3, "nobody confirmed it");
			pass(35000);
			continue;
		}
		life.step++;
		pass(draw(3) * 100);
	}
}

/* The power goes if it has not, and comes back. */
static void cut(enum power_luck luck)
{
	power_fail();
	if (life.stage.app != NULL)
		stage_kill(&life.stage);
	life.cuts++;
	power_restore(luck, life.seed * 31 + life.cuts);
	/* Somebody switches it on again at once, or tomorrow. */
	fake_clock_pass((uint64_t)draw(2) * 24 * 3600 * 1000);
}

static bool all_settled(struct stage *stage)
{
	for (unsigned int i = 0; i < STEPS; i++)
		if (ids[i] != NULL &&
			(stage_residents(stage, ids[i], "waiting") != 0 ||
				stage_residents(stage, ids[i], "in-flight") != 0))
			return false;
	return true;
}

static void check_groups(void)
{
	struct world_peer *group = world_peer_find(life.stage.world, "group");
	const struct world_message *one, *other;

	for (size_t i = 0; (one = world_message(group, i)) != NULL; i++)
		for (size_t k = 0; k < i && (other = world_message(group, k)) != NULL; k++)
			HOLDS(strcmp(one->text, other->text) != 0, "a group was told twice: %s", one->text);
}

static void check_end(void)
{
	long long doubt = 0;

	for (unsigned int i = 0; i < STEPS; i++) {
		if (ids[i] == NULL)
			continue;
		HOLDS(known(ids[i]) == 1, "%s is gone", ids[i]);
		doubt += stage_residents(&life.stage, ids[i], "unknown");
		HOLDS(stage_adds_up(&life.stage, ids[i]) == POOL, "not everybody is in %s", ids[i]);
	}
	HOLDS(known("-2026") == 1, "the alert without an id is gone");
	HOLDS(doubt <= (long long)life.cuts * WINDOW * BATCH, "%lld in doubt after %u cuts", doubt, life.cuts);
	HOLDS(world_phone_last_ms(life.stage.world, 13800000005) <= life.out_ms + 2000, "told after he opted out");
	HOLDS(folder_count(&life.stage.folder, "spool/new") == 0, "something is left in new/");
	HOLDS(folder_count(&life.stage.folder, "spool/work") == 0, "something is left in work/");
	stage_nobody_twice(&life.stage, PEOPLE);
	check_groups();
	json_decref(stage_ask(&life.stage, "audit verify", NULL, NULL));
}

static void begin_again(void)
{
	bool refused = found_in("spool/failed", "notes.txt");
	while (!start())
		cut(POWER_SOMETHING);
	bool accepted = known("-2026") > 0;
	pass(100);
	if (accepted && !refused)
		HOLDS(!found_in("spool/failed", "notes.txt"), "what was accepted is called refused");
	check_words();
	check_files();
	check_reasons("spool/done");
	check_reasons("spool/failed");
}

static void end_life(void)
{
	live();
	HOLDS(life.step == STEPS, "not everything was done");
	for (unsigned int i = 0; i < 120 && !all_settled(&life.stage); i++)
		pass(5000);
	if (!all_settled(&life.stage)) {
		json_t *list = alerts();
		json_dumpf(list, stderr, JSON_INDENT(1));
		json_decref(list);
	}
	HOLDS(all_settled(&life.stage), "not everything is sent");
	pass(2000);
	check_end();
	stage_close(&life.stage);
	power_off();
}

/* Moments. */

static void a_life_without_a_cut(void **state)
{
	begin_life(0);
	begin_again();
	end_life();
}

/* One life that ends first at the nth call of this kind on such a path, before or after it has effect. */
static void cut_at(enum disk_act act, const char *part, unsigned int nth, bool after, enum power_luck luck)
{
	power_fail_at(act, part, nth, after);
	if (start())
		live();
	cut(luck);
}

/* Which kind of call, from when somebody begins to want something. */
static const struct {
	enum disk_act act;
	const char *part;
	unsigned int steps; /* 1 << step: those that are tried unless everything is */
} kinds[] = {
	{DISK_SYNC, "state/ledger.db-wal", (1u << STEPS) - 1},
	{DISK_SYNC, "state/roster.db-wal", 1u << IMPORT},
	{DISK_SYNC, "state/optouts.db-wal", 1u << OPT_OUT},
	{DISK_SYNC, "state/roster.snapshot.tmp", 1u << IMPORT},
	{DISK_RENAME, "state/roster.snapshot", 1u << IMPORT},
	{DISK_SYNC, "spool/new", 1u << SUBMIT | 1u << COPY | 1u << DROP},
	{DISK_SYNC, "spool/work", 1u << SUBMIT | 1u << COPY | 1u << DROP},
	{DISK_SYNC, "spool/done", 1u << SUBMIT | 1u << COPY},
	{DISK_RENAME, "spool/work", 1u << COPY | 1u << DROP},
	{DISK_RENAME, "spool/done", 1u << SUBMIT | 1u << DROP},
};

static unsigned int live_with_trap(unsigned int kind, unsigned int step, unsigned int nth, bool after)
{
	begin_life(1000 + ((kind * STEPS + step) * 2 + nth) * 2 + after);
	life.trap.set = true;
	life.trap.step = step;
	life.trap.act = kinds[kind].act;
	life.trap.part = kinds[kind].part;
	life.trap.nth = nth;
	life.trap.after = after;
	if (start())
		live();
	life.trap.set = false;
	power_spare();
	if (power_gone()) {
		cut(POWER_SOMETHING);
		begin_again();
	}
	unsigned int cuts = life.cuts;
	end_life();
	return cuts;
}

/* The ledger's, which hold every promise, before and after each; of the others one of both. */
static void the_power_fails_at_every_kind_of_step(void **state)
{
	bool everything = getenv("CRIER_CRASH_STEPS") != NULL;
	unsigned int cuts = 0;

	for (unsigned int kind = 0; kind < sizeof(kinds) / sizeof(kinds[0]); kind++)
		for (unsigned int step = 0; step < STEPS; step++)
			for (unsigned int i = 0; i < 4; i++) {
				bool wanted = (kinds[kind].steps & 1u << step) != 0 &&
					(i == step % 2 || (kind == 0 && i < 2));
				if (wanted || everything)
					cuts += live_with_trap(kind, step, 1 + i / 2, i % 2 != 0);
			}
	print_message("%u kills\n", cuts);
}

static void the_power_fails_at_any_moment(void **state)
{
	uint64_t lives = (chance_wish("CRIER_CRASH_KILLS", 16) + 1) / 2, first = chance_wish("CRIER_CRASH_SEED", 1);

	for (uint64_t i = 0; i < lives; i++) {
		begin_life(first + i);
		cut_at(DISK_ACTS, "", 1 + draw(1500), draw(2) == 0, (enum power_luck)draw(3));
		power_fail_at(DISK_ACTS, "", 1 + draw(1500), draw(2) == 0);
		/* And somewhere before that the disk cannot write something. */
		if (draw(2) == 0)
			power_sync_fails_at(draw(3) > 0 ? "state/" : "spool/work/", 1 + draw(30));
		begin_again();
		live();
		cut((enum power_luck)draw(3));
		begin_again();
		end_life();
	}
	print_message("%u kills\n", 2 * (unsigned int)lives);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_life_without_a_cut),
		cmocka_unit_test(the_power_fails_at_every_kind_of_step),
		cmocka_unit_test(the_power_fails_at_any_moment),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
