/*
 * An import that is killed at each durable step in turn: the list is then the old one or the new one, whole, with the
 * opt-outs that belong to it, and everybody keeps their number. Large enough that rows go in by a thread of their own.
 */
#include "desk.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "testing/steps.h"

enum { PEOPLE = 20000, STEPS_MOST = 200 };

/* Phones from `first` on, each in the role; every hundredth opts out where `opt_outs`. */
static char *list_of(uint32_t first, const char *role, bool opt_outs, size_t *size)
{
	char *text = malloc(PEOPLE * 48);

	assert_non_null(text);
	*size = (size_t)sprintf(text, "phone,roles,opt_out\n");
	for (uint32_t i = first; i < first + PEOPLE; i++)
		*size += (size_t)sprintf(text + *size, "139%08u,%s,%d\n", i, role, opt_outs && i % 100 == 0);
	return text;
}

static void import_child(struct desk *desk, const char *text, size_t size, unsigned int nth)
{
	/* Opened files are the parent's too; the roster itself is opened by nobody. */
	folder_write(&desk->folder, "b.csv", text, size);
	desk->order.fd = open(folder_at(&desk->folder, "b.csv"), O_RDONLY);
	steps_begin_any(nth, STEPS_KILL);
	enum result result = roster_import(&desk->order, &desk->totals, &desk->problems);
	_exit(result == RESULT_OK ? 0 : 1);
}

/* Returns true when the child was killed, false when it came to the end. */
static bool import_until(struct desk *desk, const char *text, size_t size, unsigned int nth)
{
	int status = 0;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0)
		import_child(desk, text, size, nth);
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFEXITED(status))
		assert_int_equal(WEXITSTATUS(status), 0);
	else
		assert_int_equal(WTERMSIG(status), SIGKILL);
	return WIFSIGNALED(status);
}

/* The first list: numbers 0 … PEOPLE - 1; the second: the upper half of them and as many new ones. */
static void check_whole(struct desk *desk, bool *fresh)
{
	const struct people *people = roster_people(desk->roster);
	struct roster_list *lists;
	size_t count;

	*fresh = people_top(people) > PEOPLE;
	assert_int_equal(people_top(people), *fresh ? PEOPLE * 3 / 2 : PEOPLE);
	const struct set *present = people_under(people, PEOPLE_MARK, PEOPLE_PRESENT);
	const struct set *role = people_under(people, PEOPLE_ROLE, *fresh ? "parent" : "student");
	assert_int_equal(set_count(present), PEOPLE);
	assert_true(set_equal(present, role));
	assert_int_equal(set_count(roster_gone(desk->roster)), *fresh ? PEOPLE / 2 : 0);
	assert_int_equal(set_count(roster_optouts(desk->roster)), *fresh ? PEOPLE / 100 : 0);
	for (uint32_t i = 0; i < people_top(people); i += 97)
		assert_int_equal(desk_id(desk, 13900000000 + i), i + 1);
	set_release(&present);
	set_release(&role);
	assert_int_equal(roster_lists(desk->roster, NOW_MS, &lists, &count), RESULT_OK);
	assert_int_equal(count, 1);
	assert_int_equal(lists[0].members, PEOPLE);
	roster_lists_free(&lists, count);
}

static void start_with(struct desk *desk, const char *text, size_t size)
{
	static const char *const names[] = {"roster.db", "roster.db-wal", "roster.db-shm", "optouts.db",
		"optouts.db-wal", "optouts.db-shm", "roster.snapshot", "roster.snapshot.tmp"};

	roster_close(&desk->roster);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(folder_at(&desk->folder, names[i]));
	desk_open_roster(desk, NOW_MS);
	assert_int_equal(desk_import_bytes(desk, text, size), RESULT_OK);
	roster_close(&desk->roster);
}

static void a_list_is_replaced_whole_or_not_at_all(void **state)
{
	struct desk *desk = *state;
	size_t first_size, second_size;
	char *first = list_of(0, "student", false, &first_size);
	char *second = list_of(PEOPLE / 2, "parent", true, &second_size);
	unsigned int nth = 1, old = 0, new = 0;
	bool killed = true, fresh;

	start_with(desk, first, first_size);
	for (; killed && nth < STEPS_MOST; nth++) {
		desk->order.reject_fd = -1;
		killed = import_until(desk, second, second_size, nth);
		desk_open_roster(desk, NOW_MS);
		check_whole(desk, &fresh);
		old += !fresh;
		new += fresh;
		if (fresh && killed)
			start_with(desk, first, first_size);
		else
			roster_close(&desk->roster);
	}
	assert_false(killed);
	assert_true(fresh);
	assert_true(old > 3);
	assert_true(new > 3);
	free(first);
	free(second);
}

/* The names of steps are those of files in a folder "state". */
static int setup(void **state)
{
	static const char below[] = "/state";
	struct desk *desk;

	desk_setup(state);
	desk = *state;
	roster_close(&desk->roster);
	size_t size = strlen(desk->folder.path);
	assert_true(size + sizeof(below) <= sizeof(desk->folder.path));
	memcpy(desk->folder.path + size, below, sizeof(below));
	return mkdir(desk->folder.path, 0700);
}

static int teardown(void **state)
{
	struct desk *desk = *state;

	*strrchr(desk->folder.path, '/') = '\0';
	return desk_teardown(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_list_is_replaced_whole_or_not_at_all, setup, teardown),
	};

	steps_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
