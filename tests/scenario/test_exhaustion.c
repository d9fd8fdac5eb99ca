/*
 * Everything at its end: no descriptors left, more files, connections and ways out than anybody needs, clients that do not
 * read or send a byte a second. What cannot be done now is done later; nobody is refused for it, nothing spins, and
 * whoever asks is heard. CRIER_EXHAUSTION_FILES says how many files are dropped at once (2000).
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <uv.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "stage.h"
#include "testing/chance.h"
#include "testing/clock.h"
#include "testing/turns.h"

enum { PEOPLE = 500, POOL = 200, FULL_AT = 900, TURNS = 3000, CROWD = 1000, ROBOTS = 4200, SLOW = 600 };

static struct stage stage;
static rlim_t most_files;

static int set_up(void **state)
{
	struct rlimit limit;

	/* The test's own clients need descriptors too. */
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max < 8192 ? limit.rlim_max : 8192;
	setrlimit(RLIMIT_NOFILE, &limit);
	most_files = limit.rlim_max;
	stage_open(&stage, "2026-11-23T10:00:00");
	stage_roster(&stage, PEOPLE);
	return 0;
}

static int tear_down(void **state)
{
	stage_close(&stage);
	return 0;
}

static long long people(const char *id, const char *state)
{
	return stage_residents(&stage, id, state);
}

static bool all_delivered(struct stage *s)
{
	return people("A1", "delivered") == POOL;
}

/* ---- descriptors ---- */

static int taken[FULL_AT];
static unsigned int taken_count;

/* Until the system says that there are no more. */
static void take_all(void)
{
	int fd;

	while (taken_count < FULL_AT && (fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0)) >= 0)
		taken[taken_count++] = fd;
	assert_int_equal(fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0), -1);
}

static void give_back(unsigned int count)
{
	while (count-- > 0 && taken_count > 0)
		close(taken[--taken_count]);
}

/* With the clock standing still everything there is to do is done in some turns; else it would go on for ever. */
static void does_not_spin(void)
{
	for (unsigned int i = 0; i < TURNS; i++) {
		struct pollfd p = {.fd = uv_backend_fd(loop_uv(stage.loop)), .events = POLLIN};
		loop_step(stage.loop);
		if (uv_backend_timeout(loop_uv(stage.loop)) == 0)
			continue;
		while (poll(&p, 1, 2) == 0)
			if (loop_work_pending() == 0)
				return;
	}
	fail_msg("after %d turns it is still busy", TURNS);
}

static void pass(unsigned int seconds)
{
	for (unsigned int i = 0; i < seconds * 2; i++) {
		if (taken_count > 0)
			take_all(); /* what was closed meanwhile */
		does_not_spin();
		fake_clock_pass(500);
	}
	does_not_spin();
}

static int client_local(void)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	snprintf(to.sun_path, sizeof(to.sun_path), "%s", folder_at(&stage.folder, "control.sock"));
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0)
		fail_msg("a client cannot connect");
	return fd;
}

static int client_http(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(20580)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	inet_pton(AF_INET, stage.address, &to.sin_addr);
	if (fd < 0)
		fail_msg("no socket for a client");
	connect(fd, (struct sockaddr *)&to, sizeof(to));
	return fd;
}

static void tell(int fd, const char *words)
{
	if (send(fd, words, strlen(words), MSG_NOSIGNAL) != (ssize_t)strlen(words))
		fail_msg("a client cannot send");
}

static bool hears(int fd, const char *words)
{
	char bytes[4096];
	ssize_t got = recv(fd, bytes, sizeof(bytes) - 1, 0);

	bytes[got > 0 ? got : 0] = '\0';
	return strstr(bytes, words) != NULL;
}

static const char status[] = "{\"command\": \"status\"}\n";
static const char health[] = "GET /health HTTP/1.1\r\nHost: here\r\n\r\n";

/* The stage's log is a file, and would need a descriptor. */
static void on_log(void *arg, int level, const char *line)
{
	if (getenv("STAGE_LOG") != NULL)
		fprintf(stderr, "<%d>%s\n", level, line);
}

static void without_descriptors_everything_waits_and_nothing_spins(void **state)
{
	stage_config(&stage, "rate = \"20/s\"; window = 2; batch = 10; timeout = \"10s\"; connect_timeout = \"2s\";",
		"");
	stage_start(&stage);
	stage_drop(&stage, "a.cfg", "A1", "immediate", "");
	stage_pass(&stage, 1500);
	stage_drop(&stage, "b.cfg", "A2", "immediate",
		"text: { sms = \"新的手法：先让您下载会议软件。\"; };"); /* found with nothing left */
	int control = client_local(), http = client_http();
	tell(control, status);
	tell(http, health);
	log_set_sink(on_log, NULL);
	setrlimit(RLIMIT_NOFILE, &(struct rlimit){FULL_AT, most_files});
	take_all();
	pass(60);
	give_back(FULL_AT);
	pass(3);
	/* Whoever got hold of a descriptor that somebody else let go was heard before. */
	assert_true(hears(control, "result"));
	assert_true(hears(http, "200"));
	close(control);
	close(http);
	stage_until(&stage, all_delivered, "everybody has a receipt");
	stage_pass(&stage, 60000);
	assert_int_equal(stage_adds_up(&stage, "A1"), POOL);
	assert_int_equal(people("A1", "refused") + people("A1", "failed"), 0);
	assert_int_equal(people("A2", "delivered"), POOL);
	assert_int_equal(stage_count(&stage, "A1", "groups", "posted"), 1);
	stage_nobody_twice(&stage, PEOPLE);
}

/* While there were none somebody was inside; when he goes, whoever waits at the door is let in. */
static void the_last_to_leave_after_it_lets_the_next_one_in(void **state)
{
	stage_config(&stage, "", "");
	stage_start(&stage);
	int inside = client_http();
	tell(inside, health);
	pass(1);
	assert_true(hears(inside, "200"));
	int waits = client_http();
	tell(waits, health);
	log_set_sink(on_log, NULL);
	setrlimit(RLIMIT_NOFILE, &(struct rlimit){FULL_AT, most_files});
	take_all();
	pass(3);
	give_back(FULL_AT);
	pass(1);
	assert_false(hears(waits, "200"));
	close(inside);
	pass(2);
	assert_true(hears(waits, "200"));
	close(waits);
}

/* The web server's library tries on for ever where it has nobody to wait for. */
static void a_first_request_without_descriptors_does_not_spin(void **state)
{
	stage_config(&stage, "batch = 100;", "");
	stage_start(&stage);
	int http = client_http();
	log_set_sink(on_log, NULL);
	setrlimit(RLIMIT_NOFILE, &(struct rlimit){FULL_AT, most_files});
	take_all();
	does_not_spin();
	tell(http, health);
	pass(10);
	give_back(FULL_AT);
	pass(1);
	assert_true(hears(http, "200"));
	close(http);
}

/* ---- clients ---- */

static void a_thousand_silent_connections_lock_nobody_out(void **state)
{
	int crowd[CROWD];

	stage_config(&stage, "batch = 100;", "");
	stage_start(&stage);
	for (unsigned int i = 0; i < CROWD; i++) {
		crowd[i] = client_local();
		if (i % 32 == 0)
			does_not_spin();
	}
	does_not_spin();
	json_decref(stage_ask(&stage, "status", NULL, NULL));
	stage_drop(&stage, "a.cfg", "A1", "immediate", "");
	stage_until(&stage, all_delivered, "everybody has a receipt");
	for (unsigned int i = 0; i < CROWD; i++)
		close(crowd[i]);
	does_not_spin();
	json_decref(stage_ask(&stage, "status", NULL, NULL));
}

/* Sends as much as the daemon takes and reads nothing of it. */
static size_t pour(int fd)
{
	size_t poured = 0;

	for (unsigned int i = 0; i < 5000; i++) {
		ssize_t put = send(fd, status, sizeof(status) - 1, MSG_NOSIGNAL);
		if (put < 0)
			does_not_spin();
		poured += put > 0 ? (size_t)put : 0;
	}
	return poured;
}

static void who_does_not_read_or_sends_a_byte_a_second_holds_nobody_up(void **state)
{
	stage_config(&stage, "batch = 100;", "");
	stage_start(&stage);
	int deaf = client_local(), slow = client_local();
	assert_in_range(pour(deaf), 1000, 8 << 20);
	does_not_spin();
	for (const char *byte = status; *byte != '\0'; byte++) {
		assert_int_equal(send(slow, byte, 1, MSG_NOSIGNAL), 1);
		stage_pass(&stage, 1000);
		if (byte == &status[5])
			stage_drop(&stage, "a.cfg", "A1", "immediate", "");
	}
	assert_true(hears(slow, "result"));
	stage_until(&stage, all_delivered, "everybody has a receipt");
	json_decref(stage_ask(&stage, "status", NULL, NULL));
	close(deaf);
	close(slow);
}

/* As many as are served at once and more, each with a request that never becomes whole. */
static void a_crowd_of_slow_requests_keeps_no_receipt_away(void **state)
{
	static int crowd[SLOW];

	stage_config(&stage, "batch = 100;", "");
	stage_start(&stage);
	for (unsigned int i = 0; i < SLOW; i++) {
		crowd[i] = client_http();
		if (i % 32 == 0)
			does_not_spin();
	}
	for (unsigned int i = 0; i < SLOW; i++)
		send(crowd[i], "GET /health HTTP/1.1\r\nX: ", 24, MSG_NOSIGNAL);
	/* The first of them have their time, and so has who comes in their place; those outside never give up. */
	for (unsigned int second = 0; second < 100; second++) {
		if (second == 70)
			stage_drop(&stage, "a.cfg", "A1", "immediate", "");
		for (unsigned int i = 0; i < SLOW; i++)
			send(crowd[i], "x", 1, MSG_NOSIGNAL);
		pass(1);
	}
	assert_int_equal(people("A1", "delivered"), POOL);
	for (unsigned int i = 0; i < SLOW; i++)
		close(crowd[i]);
	does_not_spin();
}

/* ---- files and ways out ---- */

static bool all_judged(struct stage *s)
{
	return folder_count(&s->folder, "spool/new") == 0 && folder_count(&s->folder, "spool/work") == 0;
}

static void a_flood_of_files_is_judged_to_the_last_while_other_work_goes_on(void **state)
{
	unsigned int files = (unsigned int)chance_wish("CRIER_EXHAUSTION_FILES", 2000);

	stage_config(&stage, "rate = \"20/s\"; window = 2; batch = 10;", "");
	stage_start(&stage);
	stage_drop(&stage, "a.cfg", "A1", "immediate", "");
	stage_pass(&stage, 1000);
	for (unsigned int i = 0; i < files; i++) {
		char tmp[64], new[64];
		snprintf(tmp, sizeof(tmp), "spool/tmp/f%u.cfg", i);
		snprintf(new, sizeof(new), "spool/new/f%u.cfg", i);
		folder_write_text(&stage.folder, tmp, "schema = \"fraud-alert/1\";\n");
		folder_rename(&stage.folder, tmp, new);
		if (i % 1000 == 999)
			stage_turns(&stage, 4);
	}
	long long before = people("A1", "waiting"); /* it answers */
	stage_until(&stage, all_delivered, "everybody has a receipt");
	assert_true(before > 0);
	stage_until(&stage, all_judged, "every file has its verdict");
	assert_int_equal(folder_count(&stage.folder, "spool/failed"), 2 * files); /* each with its reason */
	stage_nobody_twice(&stage, PEOPLE);
}

static void write_robots(const char *name, unsigned int from, unsigned int until)
{
	struct buf text;
	char url[256];

	snprintf(url, sizeof(url), "%s", world_peer_url(world_peer_find(stage.world, "group")));
	url[strcspn(url, "?")] = '\0';
	buf_init(&text, 1 << 20);
	buf_add_text(&text, "channels: (");
	for (unsigned int i = from; i < until; i++)
		buf_printf(&text, "%s{name=\"g%u\";kind=\"wecom-robot\";url=\"%s\";key_file=\"key\";}\n",
			i > from ? "," : "", i, url);
	buf_add_text(&text, ");\n");
	folder_write_text(&stage.folder, name, buf_text(&text));
	buf_fini(&text);
}

static bool one_refused(struct stage *s)
{
	return folder_count(&s->folder, "spool/failed") == 2;
}

static void an_alert_of_too_many_ways_is_refused_and_a_large_one_is_taken(void **state)
{
	stage_config(&stage, "batch = 100;", "");
	folder_make_in(&stage.folder, "crierd.conf.d");
	for (unsigned int i = 0; i < ROBOTS; i += 1400) {
		char name[64];
		snprintf(name, sizeof(name), "crierd.conf.d/%u.conf", i);
		write_robots(name, i, i + 1400 < ROBOTS ? i + 1400 : ROBOTS);
	}
	stage_start(&stage);
	json_decref(stage_ask(&stage, "stop", NULL, NULL));
	stage_drop(&stage, "a.cfg", "A1", "immediate", "");
	stage_until(&stage, one_refused, "it is refused");
	char *reason = folder_find(&stage.folder, "spool/failed", ".reason");
	assert_non_null(reason);
	size_t size;
	char path[512];
	snprintf(path, sizeof(path), "spool/failed/%s",
		strrchr(reason, '/') != NULL ? strrchr(reason, '/') + 1 : reason);
	char *words = folder_read(&stage.folder, path, &size);
	assert_non_null(strstr(words, "4096"));
	free(words);
	free(reason);
	assert_int_equal(people("A1", "total"), -1);
	/* Everything that there is at once, as long as a file may be: the words are refused where they are too long, not the daemon. */
	char *more = mem_zalloc(300 << 10);
	strcat(more, "channels = [ \"sms\", \"led\" ];\n");
	memset(more + strlen(more), '\n', (256 << 10) - 1000);
	snprintf(path, sizeof(path), "spool/tmp/b.cfg");
	char *text =
		mem_printf("schema = \"fraud-alert/1\"; id = \"A2\"; sender = \"fzzx@ks.example.cn\";\n"
			   "fraud_type = \"order-brushing\"; summary = \"一居民做点赞任务被骗。\";\n"
			   "audiences = [ \"student\", \"elderly\", \"all\" ]; areas = [ \"320583\", \"320583100\" ];"
			   " urgency = \"immediate\";\n%s",
			more);
	folder_write_text(&stage.folder, path, text);
	folder_rename(&stage.folder, path, "spool/new/b.cfg");
	free(text);
	free(more);
	stage_pass(&stage, 5000);
	assert_int_equal(people("A2", "total"), PEOPLE);
	assert_int_equal(stage_adds_up(&stage, "A2"), PEOPLE);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(without_descriptors_everything_waits_and_nothing_spins),
		CASE(the_last_to_leave_after_it_lets_the_next_one_in),
		CASE(a_first_request_without_descriptors_does_not_spin),
		CASE(a_thousand_silent_connections_lock_nobody_out),
		CASE(who_does_not_read_or_sends_a_byte_a_second_holds_nobody_up),
		CASE(a_crowd_of_slow_requests_keeps_no_receipt_away),
		CASE(a_flood_of_files_is_judged_to_the_last_while_other_work_goes_on),
		CASE(an_alert_of_too_many_ways_is_refused_and_a_large_one_is_taken),
	};

	return cmocka_run_group_tests_name("exhaustion", tests, NULL, NULL);
}
