/*
 * A process that appends is killed (SIGKILL) just before or after a commit, or anywhere. Whatever was reported as durable
 * is there afterwards, nothing is there out of order, and what is there is whole.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "ledger/ledger.h"
#include "model.h"
#include "testing/folder.h"
#include "testing/turns.h"

/* More than any child lives to make. */
#define STEPS 4000

struct child {
	int report; /* pipe: the time of every operation that was reported as durable */
	unsigned int steps_left;
	const char *when; /* kind of step to count, or NULL: any */
};

struct told {
	struct child *child;
	int64_t at_ms;
};

static void on_durable(void *arg, enum result result)
{
	struct told *told = arg;

	if (result == RESULT_OK && write(told->child->report, &told->at_ms, sizeof(told->at_ms)) < 0)
		_exit(1);
}

static void on_step(const char *step, void *arg)
{
	struct child *child = arg;

	if (child->when != NULL && strstr(step, child->when) == NULL)
		return;
	if (child->steps_left-- == 0)
		raise(SIGKILL);
}

/* Never returns: dies at the step, or leaves with 2 when it never came. */
static void live(const char *dir, uint64_t seed, struct child *child)
{
	struct loop *loop = loop_new();
	struct model *model = model_new(seed);
	struct told *told = mem_calloc(STEPS, sizeof(*told));
	struct problems problems;
	struct ledger *ledger;

	problems_init(&problems);
	if (ledger_open(loop, dir, &ledger, &problems) != RESULT_OK)
		_exit(3);
	ledger_set_step_hook(ledger, on_step, child);
	for (unsigned int i = 0; i < STEPS; i++) {
		told[i] = (struct told){child, model->at_ms + 1};
		model_step(model, ledger, on_durable, &told[i]);
		if (i % 5 == 0)
			turns_settle(loop);
	}
	turns_settle(loop);
	_exit(2);
}

/* The last operation that was reported, 0 when there was none; *died is whether it was killed. */
static int64_t run_child(const char *dir, uint64_t seed, const char *when, unsigned int steps, bool *died)
{
	int ends[2], status;
	int64_t last = 0, at_ms;

	assert_int_equal(pipe(ends), 0);
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		struct child child = {ends[1], steps, when};

		close(ends[0]);
		live(dir, seed, &child);
	}
	close(ends[1]);
	while (read(ends[0], &at_ms, sizeof(at_ms)) == sizeof(at_ms)) {
		assert_true(at_ms > last);
		last = at_ms;
	}
	close(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	*died = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
	assert_true(*died || (WIFEXITED(status) && WEXITSTATUS(status) == 2));
	return last;
}

static void replay(const char *dir, struct buf *found)
{
	struct loop *loop = loop_new();
	struct ledger *ledger;
	struct problems problems;

	problems_init(&problems);
	assert_int_equal(ledger_open(loop, dir, &ledger, &problems), RESULT_OK);
	assert_int_equal(model_replay(ledger, found, &problems), RESULT_OK);
	ledger_close(ledger, NULL, NULL);
	turns_end(&loop);
	problems_fini(&problems);
}

/* True when what was found is what stands after some operation from `last` on. */
static bool stands_after(uint64_t seed, int64_t last, const struct buf *found)
{
	struct model *model = model_new(seed);
	struct buf expected;
	bool same = false;

	buf_init(&expected, 64 << 20);
	for (unsigned int i = 0; i <= STEPS && !same; i++) {
		if (model->at_ms >= last || last == 0) {
			buf_clear(&expected);
			model_dump(model, &expected);
			same = strcmp(buf_text(&expected), buf_text(found)) == 0;
		}
		model_step(model, NULL, NULL, NULL);
	}
	buf_fini(&expected);
	model_free(model);
	return same;
}

static void kill_at(uint64_t seed, const char *when, unsigned int steps)
{
	struct folder folder;
	struct buf found;
	bool died;

	folder_make(&folder);
	buf_init(&found, 64 << 20);
	int64_t last = run_child(folder.path, seed, when, steps, &died);

	replay(folder.path, &found);
	if (!died || !stands_after(seed, last, &found)) {
		print_error("seed %llu killed at %u of \"%s\": died %d, told until %lld\n", (unsigned long long)seed,
			steps, when == NULL ? "any" : when, died, (long long)last);
		fail();
	}
	buf_fini(&found);
	folder_remove(&folder);
}

static void killed_around_each_kind_of_record(void **state)
{
	static const char *const whens[] = {"before accept", "after accept", "before intent", "after intent",
		"before outcome", "after outcome", "before receipt", "after receipt", "before resolve", "after resolve",
		"before end", "after end", "before close", "after close", "before channel", "after channel",
		"before switch", "after switch", "before event", "after event", "told"};

	(void)state;
	for (size_t i = 0; i < sizeof(whens) / sizeof(whens[0]); i++)
		kill_at(100 + i, whens[i], (unsigned int)(i % 4));
}

static void killed_anywhere(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 12; seed++)
		kill_at(seed, NULL, (unsigned int)(seed * 37 % 300));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(killed_around_each_kind_of_record),
		cmocka_unit_test(killed_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
