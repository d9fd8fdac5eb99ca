#include "points.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/log.h"
#include "ledger/ledger.h"
#include "ledger/reserve.h"
#include "testing/chance.h"
#include "testing/turns.h"

enum { PEOPLE = 60, ANSWER_MOST = 1 << 20, LEAVE_MS = 6000 /* what a start that failed leaves open closes */ };

/* ---- an operator's orders ---- */

/* Connecting succeeds as long as somebody listens: the daemon takes it up when it is turned. */
static int connect_control(const struct points *points)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(at.sun_path, sizeof(at.sun_path), "%s", folder_at(&points->stage.folder, "control.sock"));
	if (connect(fd, (struct sockaddr *)&at, sizeof(at)) != 0)
		fail_msg("nobody listens at %s: %s", at.sun_path, strerror(errno));
	return fd;
}

static void send_with(int socket, const char *text, int descriptor)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct iovec bytes = {(void *)(uintptr_t)text, strlen(text)};
	struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1};

	if (descriptor >= 0) {
		message.msg_control = control.room;
		message.msg_controllen = sizeof(control.room);
		struct cmsghdr *header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(header), &descriptor, sizeof(int));
	}
	if (sendmsg(socket, &message, MSG_NOSIGNAL) != (ssize_t)bytes.iov_len)
		fail_msg("the order cannot be sent: %s", strerror(errno));
}

static void send_order(const struct points *points, struct points_said *said)
{
	json_t *request = json_pack("{s:s, s:O}", "command", said->command, "args", said->args);
	char *text = json_dumps(request, JSON_COMPACT);
	char *line = NULL;
	int descriptor = -1;

	if (said->file != NULL)
		descriptor = open(folder_at(&points->stage.folder, said->file), O_RDONLY | O_CLOEXEC);
	if (asprintf(&line, "%s\n", text) < 0)
		fail_msg("no memory");
	said->socket = connect_control(points);
	buf_init(&said->in, ANSWER_MOST);
	said->answered = false;
	send_with(said->socket, line, descriptor);
	if (descriptor >= 0)
		close(descriptor);
	free(line);
	free(text);
	json_decref(request);
}

void points_say(struct points *points, const char *command, json_t *args, const char *file)
{
	struct points_said *said = &points->said[points->said_count++];

	assert_in_range(points->said_count, 1, POINTS_SAID_MOST);
	*said = (struct points_said){.command = command,
		.args = args != NULL ? args : json_object(),
		.file = file,
		.socket = -1};
	send_order(points, said);
}

/* The daemon listens for the verdict: now the file may appear, as `crier submit` has it. */
static void hand_over(const struct points *points, const struct points_said *said)
{
	const char *name = json_string_value(json_object_get(said->args, "name"));
	char from[128], to[128];

	snprintf(from, sizeof(from), "spool/tmp/%s", name);
	snprintf(to, sizeof(to), "spool/new/%s", name);
	if (folder_has(&points->stage.folder, from))
		folder_rename(&points->stage.folder, from, to);
}

static void take_line(const struct points *points, struct points_said *said, const json_t *line)
{
	if (json_object_get(line, "progress") != NULL) {
		if (strcmp(said->command, "submit") == 0)
			hand_over(points, said);
		return;
	}
	said->answered = true;
	said->result = json_incref(json_object_get(line, "result"));
}

static void collect(struct points *points, struct points_said *said)
{
	char chunk[4096], *end;
	ssize_t got;

	if (said->socket < 0 || said->answered)
		return;
	while ((got = recv(said->socket, chunk, sizeof(chunk), MSG_DONTWAIT)) > 0)
		buf_add(&said->in, chunk, (size_t)got);
	while (!said->answered && said->in.size > 0 && (end = memchr(said->in.data, '\n', said->in.size)) != NULL) {
		size_t size = (size_t)(end - said->in.data) + 1;
		json_t *line = json_loadb(said->in.data, size, 0, NULL);
		take_line(points, said, line);
		json_decref(line);
		buf_drop(&said->in, size);
	}
}

static void hang_up(struct points_said *said)
{
	if (said->socket >= 0)
		close(said->socket);
	said->socket = -1;
	buf_fini(&said->in);
}

static bool is_answered(void *arg)
{
	struct points *points = arg;
	struct points_said *said = &points->said[points->said_count - 1];

	collect(points, said);
	return said->answered;
}

json_t *points_ask(struct points *points, const char *command, json_t *args)
{
	return stage_ask(&points->stage, command, args, &(int){0});
}

bool points_told(const struct points *points, unsigned int nth)
{
	return nth < points->said_count && points->said[nth].answered && points->said[nth].result != NULL;
}

/* Who got no answer asks again, and may hear that it was done already. Who got one trusts it. */
static void say_again(struct points *points)
{
	unsigned int count = points->said_count;

	for (unsigned int i = 0; i < count; i++) {
		struct points_said *said = &points->said[i];
		bool answered = said->answered;
		hang_up(said);
		if (answered || said->once)
			continue;
		points->said_count = i + 1; /* the one that is waited for */
		send_order(points, said);
		if (!turns_until(points->stage.loop, is_answered, points))
			fail_msg("\"%s\" is not answered after the restart", said->command);
		hang_up(said);
		/* It was not told before the death: the check must not think so. */
		json_decref(said->result);
		said->result = NULL;
		said->answered = false;
	}
	points->said_count = count;
}

static void forget_said(struct points *points)
{
	for (unsigned int i = 0; i < points->said_count; i++) {
		hang_up(&points->said[i]);
		json_decref(points->said[i].args);
		json_decref(points->said[i].result);
	}
	points->said_count = 0;
}

/* ---- the daemon's life ---- */

struct watching {
	struct points *points;
	struct timer timer;
	bool over;
	unsigned int turns; /* to die after; 0: never */
};

static void on_time(void *arg)
{
	((struct watching *)arg)->over = true;
}

static bool died_or_over(void *arg)
{
	struct watching *watching = arg;
	struct points *points = watching->points;

	for (unsigned int i = 0; i < points->said_count; i++)
		collect(points, &points->said[i]);
	if (watching->turns != 0 && points->turns >= watching->turns)
		return true;
	points->turns++;
	return watching->over || steps_died();
}

static void pass(struct points *points, uint32_t ms, unsigned int turns)
{
	struct watching watching = {.points = points, .turns = turns};

	timer_init(&watching.timer, points->stage.loop, on_time, &watching);
	timer_arm(&watching.timer, ms);
	if (!turns_until(points->stage.loop, died_or_over, &watching))
		fail_msg("%s: time does not pass", points->job->name);
	timer_disarm(&watching.timer);
}

void points_pass(struct points *points, uint32_t ms)
{
	pass(points, ms, 0);
}

static void on_flag(void *arg)
{
	*(bool *)arg = true;
}

static bool ready_or_died(void *arg)
{
	struct points *points = arg;

	return points->stage.ready || steps_died();
}

/* As stage_start(), but it may die on the way. */
static void start_watched(struct points *points)
{
	struct stage *stage = &points->stage;
	struct problems problems;

	problems_init(&problems);
	stage->ready = stage->closed = false;
	stage->options = (struct app_options){.config = folder_at(&stage->folder, "crierd.conf"),
		.seed = chance_wish("CRIER_CRASH_SEED", 1),
		.ready = on_flag,
		.arg = &stage->ready,
		.drain_ms = 5000};
	enum result result = app_open(stage->loop, &stage->options, &stage->app, &problems);
	if (result != RESULT_OK && !steps_died())
		fail_msg("%s: the daemon does not start: %s", points->job->name,
			problems.count > 0 ? problems.list[0].reason[LANG_EN] : "?");
	problems_fini(&problems);
	if (result != RESULT_OK) {
		stage->app = NULL;
		return;
	}
	ledger_set_step_hook(app_ledger(stage->app), steps_ledger, NULL);
	if (!turns_until(stage->loop, ready_or_died, points))
		fail_msg("%s: the daemon does not get ready", points->job->name);
}

static void start(struct points *points)
{
	stage_start(&points->stage);
	ledger_set_step_hook(app_ledger(points->stage.app), steps_ledger, NULL);
}

static void stop_watched(struct points *points)
{
	struct stage *stage = &points->stage;

	if (stage->app == NULL || steps_died())
		return;
	stage->closed = false;
	app_close(stage->app, on_flag, &stage->closed);
	stage->app = NULL;
	/* Once it is closing nobody can take it down any faster: it goes on closing, on a frozen disk. */
	if (!turns_until_set(stage->loop, &stage->closed))
		fail_msg("%s: the daemon does not stop", points->job->name);
}

static void live(struct points *points, const struct points_death *death)
{
	const struct points_job *job = points->job;

	if (!job->start) {
		start(points);
		if (job->prepare != NULL)
			job->prepare(points);
	}
	steps_begin(death->name, death->when, death->nth, STEPS_FREEZE);
	if (job->start)
		start_watched(points);
	if (job->act != NULL && !steps_died())
		job->act(points);
	points->turns = 0;
	if (!steps_died())
		pass(points, job->watched_ms, death->turns);
	bool cut = death->turns != 0 && points->turns >= death->turns;
	if (job->stop && !cut)
		stop_watched(points);
	points->died = steps_died() || cut;
	points->kills += points->died;
	if (points->stage.app != NULL)
		stage_kill(&points->stage);
	else
		turns_pass(points->stage.loop, LEAVE_MS);
	steps_end();
}

static void live_on(struct points *points)
{
	char *before, *after;

	start(points);
	say_again(points);
	points_pass(points, points->job->after_ms);
	points->job->check(points);
	before = stage_sums(&points->stage, "A1");
	/* Once more, with nothing under way: nothing changes. */
	stage_kill(&points->stage);
	start(points);
	after = stage_sums(&points->stage, "A1");
	if ((before == NULL) != (after == NULL) || (before != NULL && strcmp(before, after) != 0))
		fail_msg("before %s\nafter a restart %s", before, after);
	json_decref(stage_ask(&points->stage, "audit verify", NULL, NULL));
	free(before);
	free(after);
}

/* Hundreds of starts: they read only the words that are used here, and need not fill a reserve each. */
static void write_words(struct points *points)
{
	const struct folder *folder = &points->stage.folder;

	folder_make_in(folder, "data");
	folder_write_text(folder, "data/areas.cfg", "areas = [ \"320000 江苏省\", \"320583 昆山市\" ];\n");
	folder_write_text(folder, "data/fraud-types.cfg",
		"types = ( { slug = \"order-brushing\"; name = \"刷单返利\"; pack = \"order-brushing\"; aliases = [ \"刷单\" ];"
		" audiences = [ \"student\" ]; },\n"
		"{ slug = \"other\"; name = \"其他\"; pack = \"other\"; aliases = [ \"其它\" ]; audiences = [ \"all\" ]; } );\n");
	folder_make_in(folder, "crierd.conf.d");
	folder_write_text(folder, "crierd.conf.d/words.conf", "paths: { data = \"data\"; };\n");
	if (points->job->start)
		return;
	folder_write_text(folder, "state/ledger.db", ""); /* a reserve without a ledger is refused */
	folder_write_text(folder, "state/ledger.reserve", "");
	assert_int_equal(truncate(folder_at(folder, "state/ledger.reserve"), RESERVE_BYTES), 0);
}

void points_run(struct points *points, const struct points_job *job, const struct points_death *death)
{
	memset(points, 0, sizeof(*points));
	points->job = job;
	stage_open(&points->stage, job->wall != NULL ? job->wall : "2026-11-23T10:00:00");
	if (!job->start)
		stage_roster(&points->stage, PEOPLE);
	stage_config(&points->stage, job->sms, job->more);
	write_words(points);
	live(points, death);
	live_on(points);
	forget_said(points);
	stage_close(&points->stage);
}
