#include "control/control.h"

#include <errno.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "control/request.h"
#include "loop/sock.h"

enum {
	LINE_MOST = 1 << 20,
	PEERS_MOST = 64,
	ANSWER_MOST = 256 << 20, /* a year's report is some megabytes; crier takes as much */
	PIECE = 256 << 10,
};

struct control {
	struct loop *loop;
	struct sock_server *server;
	const struct control_command *commands;
	void *arg;
	struct list peers;
	unsigned int peer_count;
	bool server_open, closing;
	struct deferred done;
	void (*closed)(void *arg);
	void *closed_arg;
};

struct peer {
	struct link in_control;
	struct control *control;
	struct sock *sock;
	struct buf line;
	struct buf out; /* what the socket has no room for yet; no further request is run until it is empty */
	struct list calls;
	bool leaving; /* closed for somebody else */
	char who[80];
};

struct control_call {
	struct link in_peer;
	struct peer *peer; /* NULL once it went away */
	int descriptor;
	char who[80];
};

static void finish(void *arg)
{
	struct control *control = arg;
	void (*closed)(void *) = control->closed;
	void *closed_arg = control->closed_arg;

	free(control);
	if (closed != NULL)
		closed(closed_arg);
}

static void finish_if_empty(struct control *control)
{
	if (control->closing && !control->server_open && list_empty(&control->peers))
		loop_defer(control->loop, &control->done, finish, control);
}

/* Hands the socket as much as it takes; it tells when it has room again. */
static void push_out(struct peer *peer)
{
	size_t taken = 0;

	while (taken < peer->out.size && sock_unsent(peer->sock) < SOCK_UNSENT_MOST - PIECE) {
		size_t piece = peer->out.size - taken < PIECE ? peer->out.size - taken : PIECE;
		if (!sock_send(peer->sock, peer->out.data + taken, piece))
			break;
		taken += piece;
	}
	if (taken < peer->out.size)
		buf_drop(&peer->out, taken);
	else
		buf_fini(&peer->out);
}

static void send_line(struct control_call *call, const char *key, json_t *value)
{
	struct peer *peer = call->peer;

	if (peer == NULL) {
		json_decref(value);
		return;
	}
	json_t *line = json_pack("{s:o}", key, value);
	char *text = json_dumps(line, JSON_COMPACT);
	json_decref(line);
	if (text == NULL || !buf_add_text(&peer->out, text) || !buf_add_text(&peer->out, "\n")) {
		/* An answer this long, or a value that is no JSON: the peer learns of it by the end of the line. */
		log_event(LOG_WARNING, "control-dropped", "peer=%s", log_quote(peer->who));
		sock_close(peer->sock, false);
	} else {
		push_out(peer);
	}
	free(text);
}

static void end_call(struct control_call *call)
{
	list_remove(&call->in_peer);
	if (call->descriptor >= 0)
		close(call->descriptor);
	free(call);
}

void control_progress(struct control_call *call, json_t *value)
{
	/* Who does not read needs no news. */
	if (call->peer != NULL && call->peer->out.size > 0)
		json_decref(value);
	else
		send_line(call, "progress", value);
}

void control_result(struct control_call *call, json_t *value)
{
	send_line(call, "result", value);
	end_call(call);
}

static void send_error(struct control_call *call, enum control_exit exit, const char *zh, const char *en,
	json_t *problems)
{
	send_line(call, "error",
		json_pack("{s:i, s:s, s:s, s:o*}", "exit", (int)exit, "zh", zh, "en", en, "problems", problems));
	end_call(call);
}

void control_error(struct control_call *call, enum control_exit exit, const char *message, ...)
{
	char text[2][1024];
	size_t bad;

	for (int lang = LANG_ZH; lang <= LANG_EN; lang++) {
		va_list args;
		va_start(args, message);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		vsnprintf(text[lang], sizeof(text[lang]), say((enum lang)lang, message), args);
#pragma GCC diagnostic pop
		va_end(args);
		/* It may have been cut within a character, and JSON takes none such. */
		if (!utf8_valid(text[lang], strlen(text[lang]), &bad))
			text[lang][bad] = '\0';
	}
	send_error(call, exit, text[LANG_ZH], text[LANG_EN], NULL);
}

json_t *control_problems(const struct problems *problems)
{
	json_t *list = json_array();

	for (size_t i = 0; i < problems->count; i++) {
		const struct problem *p = &problems->list[i];
		json_array_append_new(list,
			json_pack("{s:s, s:s*, s:i, s:s*, s:s, s:s, s:s*, s:s*}", "kind",
				p->kind == PROBLEM_ERROR ? "error" : "warning", "file", p->file, "line", (int)p->line,
				"field", p->field, "zh", p->reason[LANG_ZH], "en", p->reason[LANG_EN], "remedy_zh",
				p->remedy[LANG_ZH], "remedy_en", p->remedy[LANG_EN]));
	}
	return list;
}

void control_refuse(struct control_call *call, enum control_exit exit, const struct problems *problems)
{
	struct buf zh, en;

	buf_init(&zh, 64 * 1024);
	buf_init(&en, 64 * 1024);
	problems_text(problems, LANG_ZH, &zh);
	problems_text(problems, LANG_EN, &en);
	send_error(call, exit, buf_text(&zh), buf_text(&en), control_problems(problems));
	buf_fini(&zh);
	buf_fini(&en);
}

bool control_wanted(const struct control_call *call)
{
	return call->peer != NULL;
}

int control_descriptor(struct control_call *call)
{
	int descriptor = call->descriptor;

	call->descriptor = -1;
	return descriptor;
}

const char *control_who(const struct control_call *call)
{
	return call->who;
}

const char *control_text(const json_t *args, const char *name)
{
	return json_string_value(json_object_get(args, name));
}

int64_t control_number(const json_t *args, const char *name, int64_t fallback)
{
	const json_t *value = json_object_get(args, name);

	return json_is_integer(value) ? json_integer_value(value) : fallback;
}

bool control_flag(const json_t *args, const char *name)
{
	return json_is_true(json_object_get(args, name));
}

static void run_line(struct peer *peer, const char *line, size_t size)
{
	struct control_call *call = mem_zalloc(sizeof(*call));
	struct control_request request;
	struct problems problems;

	problems_init(&problems);
	call->peer = peer;
	call->descriptor = sock_take_descriptor(peer->sock);
	snprintf(call->who, sizeof(call->who), "%s", peer->who);
	list_push_back(&peer->calls, &call->in_peer);
	if (control_request_read(peer->control->commands, line, size, &request, &problems))
		request.command->run(peer->control->arg, call, request.args);
	else
		send_error(call, CONTROL_USAGE, problems.list[0].reason[LANG_ZH], problems.list[0].reason[LANG_EN],
			NULL);
	control_request_fini(&request);
	problems_fini(&problems);
}

/* A peer that asks faster than it reads waits for itself: its answers never pile up here. */
static void run_lines(struct peer *peer)
{
	char *end;

	while (peer->out.size == 0 && peer->line.size > 0 &&
		(end = memchr(peer->line.data, '\n', peer->line.size)) != NULL) {
		size_t length = (size_t)(end - peer->line.data);
		char *line = mem_strndup(peer->line.data, length);
		buf_drop(&peer->line, length + 1);
		run_line(peer, line, length);
		free(line);
	}
}

static void on_received(void *arg, const char *bytes, size_t size)
{
	struct peer *peer = arg;

	/* Who says something goes behind those that are silent, and is the last to make room. */
	list_remove(&peer->in_control);
	list_push_back(&peer->control->peers, &peer->in_control);
	if (buf_add(&peer->line, bytes, size))
		run_lines(peer);
	else
		sock_close(peer->sock, false);
}

static void on_writable(void *arg)
{
	struct peer *peer = arg;

	push_out(peer);
	run_lines(peer);
}

static void on_closed(void *arg, int error)
{
	struct peer *peer = arg;
	struct control *control = peer->control;
	struct link *link;

	while ((link = list_first(&peer->calls)) != NULL) {
		list_remove(link);
		list_object(link, struct control_call, in_peer)->peer = NULL;
	}
	list_remove(&peer->in_control);
	control->peer_count--;
	buf_fini(&peer->line);
	buf_fini(&peer->out);
	free(peer);
	finish_if_empty(control);
}

static void name_peer(struct peer *peer)
{
	uid_t uid;
	gid_t gid;
	pid_t pid;
	struct passwd entry, *found = NULL;
	char room[1024];

	if (!sock_peer(peer->sock, &uid, &gid, &pid)) {
		snprintf(peer->who, sizeof(peer->who), "uid=?");
		return;
	}
	getpwuid_r(uid, &entry, room, sizeof(room), &found);
	snprintf(peer->who, sizeof(peer->who), "uid=%u(%s)", (unsigned int)uid, found != NULL ? found->pw_name : "?");
}

/* Somebody new is let in for the one who has been silent longest, other than those that wait for an answer. */
static void make_room(struct control *control, const struct peer *newcomer)
{
	struct peer *oldest = NULL;

	for (struct link *link = list_first(&control->peers); link != NULL && oldest == NULL;
		link = list_next(&control->peers, link)) {
		struct peer *peer = list_object(link, struct peer, in_control);
		if (!peer->leaving && (list_empty(&peer->calls) || peer == newcomer))
			oldest = peer;
	}
	if (oldest == NULL)
		return;
	oldest->leaving = true;
	log_event(LOG_WARNING, "control-crowded", "peer=%s", log_quote(oldest->who));
	sock_close(oldest->sock, false);
}

static const struct sock_events peer_events = {.received = on_received, .writable = on_writable, .closed = on_closed};

static void on_accepted(void *arg, struct sock *sock)
{
	struct control *control = arg;
	struct peer *peer = mem_zalloc(sizeof(*peer));

	peer->control = control;
	peer->sock = sock;
	buf_init(&peer->line, LINE_MOST);
	buf_init(&peer->out, ANSWER_MOST);
	list_init(&peer->calls);
	list_push_back(&control->peers, &peer->in_control);
	control->peer_count++;
	sock_adopt(sock, &peer_events, peer);
	name_peer(peer);
	if (control->closing)
		sock_close(sock, false);
	else if (control->peer_count > PEERS_MOST)
		make_room(control, peer);
}

enum result control_open(struct loop *loop, const char *path, gid_t group, const struct control_command *commands,
	void *arg, struct control **control, struct problems *problems)
{
	struct control *made = mem_zalloc(sizeof(*made));

	made->loop = loop;
	made->commands = commands;
	made->arg = arg;
	list_init(&made->peers);
	made->server = sock_listen_local(loop, path, 0660, group, on_accepted, made);
	if (made->server == NULL) {
		int error = errno;
		struct place at = {.file = path};
		struct problem *problem = problem_add(problems, PROBLEM_ERROR, &at, "paths.control",
			N_("the control socket cannot be opened"));
		problem_remedy(problem_cause(problem, error),
			error == EADDRINUSE
				? N_("another crierd serves this socket; stop it, or give this one a path of its own")
				: N_("check the folder and its rights"));
		free(made);
		return result_of_errno(error);
	}
	made->server_open = true;
	*control = made;
	return RESULT_OK;
}

static void on_server_closed(void *arg)
{
	struct control *control = arg;

	control->server_open = false;
	finish_if_empty(control);
}

void control_close(struct control *control, void (*closed)(void *arg), void *arg)
{
	if (control->closing)
		return;
	control->closing = true;
	control->closed = closed;
	control->closed_arg = arg;
	sock_server_close(control->server, on_server_closed, control);
	for (struct link *link = list_first(&control->peers); link != NULL; link = list_next(&control->peers, link))
		sock_close(list_object(link, struct peer, in_control)->sock, true);
}
