/* The operator's door: answers of any size, hasty and mistaken callers, arguments of the wrong kind. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "control/control.h"
#include "loop/loop.h"
#include "loop/sock.h"
#include "testing/folder.h"
#include "testing/turns.h"

enum { BIG = 5 << 20, MANY = 200, CROWD = 200 };

struct fixture {
	struct loop *loop;
	struct folder folder;
	struct control *control;
	struct sock *client;
	struct buf got;
	unsigned int lines, echoes, wanted;
	bool closed, hung_up;
};

static void order_big(void *arg, struct control_call *call, const json_t *args)
{
	char *text = mem_zalloc(BIG + 1);

	memset(text, 'x', BIG);
	control_result(call, json_pack("{s:s}", "text", text));
	free(text);
}

static void order_echo(void *arg, struct control_call *call, const json_t *args)
{
	struct fixture *fixture = arg;

	fixture->echoes++;
	control_result(call,
		json_pack("{s:s*, s:I, s:b}", "why", control_text(args, "why"), "most",
			(json_int_t)control_number(args, "most", -1), "dry_run", control_flag(args, "dry_run")));
}

static void order_fail(void *arg, struct control_call *call, const json_t *args)
{
	/* Three bytes a character: the room for a message ends within one. */
	char words[1201];

	for (size_t i = 0; i < sizeof(words) - 1; i += 3)
		memcpy(words + i, "警", 3);
	words[sizeof(words) - 1] = '\0';
	control_error(call, CONTROL_FAILED, "%s", words);
}

static const struct control_command commands[] = {
	{"big", "", "", order_big},
	{"echo", "[why] [most] [dry_run]", "", order_echo},
	{"fail", "", "", order_fail},
	CONTROL_END,
};

static void on_received(void *arg, const char *bytes, size_t size)
{
	struct fixture *fixture = arg;

	buf_add(&fixture->got, bytes, size);
	for (size_t i = 0; i < size; i++)
		fixture->lines += bytes[i] == '\n';
}

static void on_hung_up(void *arg, int error)
{
	((struct fixture *)arg)->hung_up = true;
}

static const struct sock_events events = {.received = on_received, .closed = on_hung_up};

static int setup(void **state)
{
	struct fixture *fixture = mem_zalloc(sizeof(*fixture));
	struct problems problems;

	problems_init(&problems);
	folder_make(&fixture->folder);
	buf_init(&fixture->got, 64u << 20);
	fixture->loop = loop_new();
	assert_int_equal(control_open(fixture->loop, folder_at(&fixture->folder, "control.sock"), (gid_t)-1, commands,
				 fixture, &fixture->control, &problems),
		RESULT_OK);
	problems_fini(&problems);
	fixture->client = sock_connect_local(fixture->loop, folder_at(&fixture->folder, "control.sock"), &events,
		fixture);
	assert_non_null(fixture->client);
	*state = fixture;
	return 0;
}

static void on_control_closed(void *arg)
{
	((struct fixture *)arg)->closed = true;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	if (!fixture->hung_up)
		sock_close(fixture->client, false);
	control_close(fixture->control, on_control_closed, fixture);
	assert_true(turns_until_set(fixture->loop, &fixture->closed));
	turns_end(&fixture->loop);
	buf_fini(&fixture->got);
	folder_remove(&fixture->folder);
	free(fixture);
	return 0;
}

static bool has_answers(void *arg)
{
	const struct fixture *fixture = arg;

	return fixture->lines >= fixture->wanted || fixture->hung_up;
}

/* Sends `text` and waits until `lines` lines have come back. */
static void ask(struct fixture *fixture, const char *text, unsigned int lines)
{
	buf_clear(&fixture->got);
	fixture->lines = 0;
	fixture->wanted = lines;
	assert_true(sock_send(fixture->client, text, strlen(text)));
	assert_true(turns_until(fixture->loop, has_answers, fixture));
	assert_false(fixture->hung_up);
	assert_int_equal(fixture->lines, lines);
}

static void an_answer_larger_than_the_sockets_room_arrives_whole(void **state)
{
	struct fixture *fixture = *state;

	ask(fixture, "{\"command\": \"big\"}\n", 1);
	json_t *answer = json_loadb(fixture->got.data, fixture->got.size, 0, NULL);
	assert_int_equal(json_string_length(json_object_get(json_object_get(answer, "result"), "text")), BIG);
	json_decref(answer);
}

static void requests_behind_a_large_answer_wait_and_are_answered(void **state)
{
	struct fixture *fixture = *state;

	ask(fixture, "{\"command\": \"big\"}\n{\"command\": \"echo\"}\n{\"command\": \"big\"}\n", 3);
	assert_int_equal(fixture->echoes, 1);
}

static void many_requests_at_once_are_all_answered(void **state)
{
	struct fixture *fixture = *state;
	struct buf text;

	buf_init(&text, 1 << 20);
	for (int i = 0; i < MANY; i++)
		buf_add_text(&text, "{\"command\": \"echo\"}\n");
	ask(fixture, buf_text(&text), MANY);
	assert_int_equal(fixture->echoes, MANY);
	buf_fini(&text);
}

static void values_of_the_wrong_kind_never_reach_a_command(void **state)
{
	static const char *const refused[] = {"\"why\": null", "\"why\": 1", "\"why\": [\"x\"]", "\"why\": \"a\\nb\"",
		"\"why\": \"\\u001b[31m\"", "\"most\": \"5\"", "\"most\": 0", "\"most\": -1", "\"most\": 4294967296",
		"\"most\": 1.5", "\"most\": null", "\"dry_run\": 1", "\"dry_run\": \"true\"", "\"dry_run\": null",
		"\"other\": 1"};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		char *line = mem_printf("{\"command\": \"echo\", \"args\": {%s}}\n", refused[i]);
		ask(fixture, line, 1);
		if (strstr(buf_text(&fixture->got), "\"exit\":2") == NULL)
			fail_msg("%s: %s", line, buf_text(&fixture->got));
		free(line);
	}
	assert_int_equal(fixture->echoes, 0);
}

static void values_that_fit_reach_it(void **state)
{
	struct fixture *fixture = *state;

	ask(fixture, "{\"command\": \"echo\", \"args\": {\"why\": \"停电\", \"most\": 7, \"dry_run\": true}}\n", 1);
	assert_string_equal(buf_text(&fixture->got), "{\"result\":{\"why\":\"停电\",\"most\":7,\"dry_run\":true}}\n");
}

/* More silent ones than are let in: whoever asks is heard all the same, and who is at work is not thrown out. */
static void the_silent_make_room_for_who_asks(void **state)
{
	struct fixture *fixture = *state, others[CROWD];
	struct sock *socks[CROWD];

	memset(others, 0, sizeof(others));
	for (unsigned int i = 0; i < CROWD; i++) {
		buf_init(&others[i].got, 4096);
		socks[i] = sock_connect_local(fixture->loop, folder_at(&fixture->folder, "control.sock"), &events,
			&others[i]);
		if (i % 20 == 0)
			ask(fixture, "{\"command\": \"echo\"}\n", 1);
	}
	turns_settle(fixture->loop);
	assert_false(fixture->hung_up);
	unsigned int in = 0;
	for (unsigned int i = 0; i < CROWD; i++) {
		in += !others[i].hung_up;
		if (!others[i].hung_up)
			sock_close(socks[i], false);
	}
	assert_in_range(in, 60, 64);
	turns_settle(fixture->loop);
	for (unsigned int i = 0; i < CROWD; i++)
		buf_fini(&others[i].got);
}

static void a_reason_too_long_is_cut_between_characters(void **state)
{
	struct fixture *fixture = *state;

	ask(fixture, "{\"command\": \"fail\"}\n", 1);
	assert_non_null(strstr(buf_text(&fixture->got), "警警"));
}

static void what_is_no_request_is_answered_in_words(void **state)
{
	static const char *const lines[] = {"\n", "[]\n", "null\n", "{\"command\": 1}\n", "{\"command\": \"nosuch\"}\n",
		"{\"command\": \"echo\", \"args\": []}\n", "\xff\xfe\n",
		"{\"command\": \"echo\", \"command\": \"big\"}\n"};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		ask(fixture, lines[i], 1);
		assert_non_null(strstr(buf_text(&fixture->got), "\"exit\":2"));
	}
	assert_int_equal(fixture->echoes, 0);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(an_answer_larger_than_the_sockets_room_arrives_whole),
		CASE(requests_behind_a_large_answer_wait_and_are_answered),
		CASE(many_requests_at_once_are_all_answered),
		CASE(values_of_the_wrong_kind_never_reach_a_command),
		CASE(values_that_fit_reach_it),
		CASE(the_silent_make_room_for_who_asks),
		CASE(a_reason_too_long_is_cut_between_characters),
		CASE(what_is_no_request_is_answered_in_words),
	};

	return cmocka_run_group_tests_name("control", tests, NULL, NULL);
}
