/* A watched folder, signals, and words to the service manager. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "loop/notify.h"
#include "loop/signal.h"
#include "loop/watch.h"
#include "testing/folder.h"
#include "testing/turns.h"

struct fixture {
	struct loop *loop;
	struct folder folder;
	struct watch *watch;
	struct signals *signals;
	bool closed;
	char log[1024];
	unsigned int lost;
	unsigned int stops;
	unsigned int reloads;
	int number;
};

static void add(struct fixture *f, const char *what, const char *name)
{
	size_t used = strlen(f->log);

	snprintf(f->log + used, sizeof(f->log) - used, "%s:%s ", what, name);
}

static void on_moved_in(void *arg, const char *name)
{
	add(arg, "in", name);
}

static void on_written(void *arg, const char *name)
{
	add(arg, "written", name);
}

static void on_lost(void *arg)
{
	struct fixture *f = arg;

	f->lost++;
}

static void on_closed(void *arg)
{
	*(bool *)arg = true;
}

static void on_stop(void *arg, int number)
{
	struct fixture *f = arg;

	f->stops++;
	f->number = number;
}

static void on_reload(void *arg)
{
	struct fixture *f = arg;

	f->reloads++;
}

static const struct watch_events watching = {on_moved_in, on_written, on_lost};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->loop = loop_new();
	folder_make(&f->folder);
	folder_make_in(&f->folder, "in");
	f->watch = watch_open(f->loop, folder_at(&f->folder, "in"), &watching, f);
	*state = f;
	return f->watch != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	if (f->watch != NULL)
		watch_close(f->watch, on_closed, &f->closed);
	if (f->signals != NULL)
		signals_close(f->signals, NULL, NULL);
	turns_end(&f->loop);
	folder_remove(&f->folder);
	free(f);
	return 0;
}

static void what_is_moved_in_and_what_is_written_are_told_apart(void **state)
{
	struct fixture *f = *state;

	folder_write_text(&f->folder, "a", "x");
	folder_rename(&f->folder, "a", "in/a");
	turns_settle(f->loop);
	assert_string_equal(f->log, "in:a ");
	folder_write_text(&f->folder, "in/b", "x");
	turns_settle(f->loop);
	assert_string_equal(f->log, "in:a written:b written:b "); /* made, then closed */
	assert_int_equal(link(folder_at(&f->folder, "in/b"), folder_at(&f->folder, "in/c")), 0);
	turns_settle(f->loop);
	assert_non_null(strstr(f->log, "written:c"));
	assert_int_equal(f->lost, 0);
	folder_make_in(&f->folder, "in/folder");
	turns_settle(f->loop);
	assert_int_equal(f->lost, 1);
}

static void a_folder_that_goes_is_noticed(void **state)
{
	struct fixture *f = *state;

	assert_true(watch_stands(f->watch));
	folder_rename(&f->folder, "in", "elsewhere");
	turns_settle(f->loop);
	assert_true(f->lost > 0);
	assert_false(watch_stands(f->watch));
	folder_make_in(&f->folder, "in");
	assert_false(watch_stands(f->watch));
}

static void a_deleted_folder_is_noticed(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(rmdir(folder_at(&f->folder, "in")), 0);
	turns_settle(f->loop);
	assert_true(f->lost > 0);
	assert_false(watch_stands(f->watch));
}

static void nothing_comes_after_closing(void **state)
{
	struct fixture *f = *state;

	folder_write_text(&f->folder, "a", "x");
	folder_rename(&f->folder, "a", "in/a");
	watch_close(f->watch, on_closed, &f->closed);
	watch_close(f->watch, on_closed, &f->closed);
	f->watch = NULL;
	turns_settle(f->loop);
	assert_true(f->closed);
	assert_string_equal(f->log, "");
}

static void no_folder_no_watch(void **state)
{
	struct fixture *f = *state;

	assert_null(watch_open(f->loop, folder_at(&f->folder, "none"), &watching, f));
	assert_int_equal(errno, ENOENT);
	folder_write_text(&f->folder, "plain", "x");
	assert_null(watch_open(f->loop, folder_at(&f->folder, "plain"), &watching, f));
	assert_int_equal(errno, ENOTDIR);
}

static void signals_arrive_on_the_loop(void **state)
{
	static const struct signals_events events = {on_stop, on_reload};
	struct fixture *f = *state;

	f->signals = signals_open(f->loop, &events, f);
	assert_non_null(f->signals);
	kill(getpid(), SIGHUP);
	assert_int_equal(f->reloads, 0);
	assert_true(turns_until_count(f->loop, &f->reloads, 1));
	kill(getpid(), SIGTERM);
	assert_true(turns_until_count(f->loop, &f->stops, 1));
	assert_int_equal(f->number, SIGTERM);
	kill(getpid(), SIGINT);
	assert_true(turns_until_count(f->loop, &f->stops, 2));
	assert_int_equal(f->number, SIGINT);
}

static int manager(struct sockaddr_un *at, socklen_t size)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)at, size), 0);
	return fd;
}

static void expect_word(int fd, const char *word)
{
	char got[256] = "";

	assert_true(read(fd, got, sizeof(got) - 1) > 0);
	assert_int_equal(strncmp(got, word, strlen(word)), 0);
}

static void the_manager_hears_every_word(void **state)
{
	struct fixture *f = *state;
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	char pid[16];

	snprintf(at.sun_path, sizeof(at.sun_path), "%s/n", f->folder.path);
	int fd = manager(&at, sizeof(at));
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("NOTIFY_SOCKET", at.sun_path, 1);
	setenv("WATCHDOG_USEC", "20000000", 1);
	setenv("WATCHDOG_PID", pid, 1);
	struct notify *notify = notify_new();
	assert_null(getenv("NOTIFY_SOCKET"));
	assert_null(getenv("WATCHDOG_USEC"));
	assert_int_equal(notify_watchdog_ms(notify), 20000);
	notify_ready(notify);
	expect_word(fd, "READY=1");
	notify_status(notify, "two\nlines");
	expect_word(fd, "STATUS=two lines");
	notify_alive(notify);
	expect_word(fd, "WATCHDOG=1");
	notify_reloading(notify);
	expect_word(fd, "RELOADING=1\nMONOTONIC_USEC=");
	notify_stopping(notify);
	expect_word(fd, "STOPPING=1");
	notify_free(&notify);
	assert_null(notify);
	close(fd);
}

static void an_abstract_socket_works_and_a_foreign_watchdog_does_not_count(void **state)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	char name[64];

	snprintf(name, sizeof(name), "@crier-test-%d", (int)getpid());
	memcpy(at.sun_path, name, strlen(name));
	at.sun_path[0] = '\0';
	int fd = manager(&at, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name)));
	setenv("NOTIFY_SOCKET", name, 1);
	setenv("WATCHDOG_USEC", "20000000", 1);
	setenv("WATCHDOG_PID", "1", 1);
	struct notify *notify = notify_new();
	assert_int_equal(notify_watchdog_ms(notify), 0);
	notify_ready(notify);
	expect_word(fd, "READY=1");
	notify_free(&notify);
	close(fd);
}

static void without_a_manager_nothing_happens(void **state)
{
	static const char *const addresses[] = {"", "relative", "@", "/no/such/socket"};

	for (size_t i = 0; i < 5; i++) {
		if (i < 4)
			setenv("NOTIFY_SOCKET", addresses[i], 1);
		struct notify *notify = notify_new();
		notify_ready(notify);
		notify_alive(notify);
		assert_int_equal(notify_watchdog_ms(notify), 0);
		notify_free(&notify);
	}
}

/* What loop_free() says and does about something left open, seen from outside. */
static void freeing_a_loop_with_something_open_names_it_and_aborts(void **state)
{
	int pipes[2], status = 0;
	char said[512] = "";

	assert_int_equal(pipe(pipes), 0);
	pid_t child = fork();
	if (child == 0) {
		struct fixture *f = *state;
		struct loop *loop = loop_new();
		dup2(pipes[1], 2);
		signal(SIGABRT, SIG_DFL);
		watch_open(loop, f->folder.path, &watching, f);
		loop_free(&loop);
		_exit(0);
	}
	close(pipes[1]);
	assert_true(read(pipes[0], said, sizeof(said) - 1) > 0);
	close(pipes[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_non_null(strstr(said, "event=left-open handle=poll"));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(what_is_moved_in_and_what_is_written_are_told_apart),
		CASE(a_folder_that_goes_is_noticed),
		CASE(a_deleted_folder_is_noticed),
		CASE(nothing_comes_after_closing),
		CASE(no_folder_no_watch),
		CASE(signals_arrive_on_the_loop),
		CASE(the_manager_hears_every_word),
		CASE(an_abstract_socket_works_and_a_foreign_watchdog_does_not_count),
		CASE(without_a_manager_nothing_happens),
		CASE(freeing_a_loop_with_something_open_names_it_and_aborts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
