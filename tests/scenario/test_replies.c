/* What residents answer: whoever asks to be left alone is, whatever the disk says; and no number of anybody goes further. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sqlite3.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/digest.h"
#include "stage.h"
#include "testing/turns.h"

enum { PEOPLE = 200 };

static struct stage stage;
static struct world_peer *mas;

static int set_up(void **state)
{
	char channels[1024];

	stage_open(&stage, "2026-11-23T10:00:00");
	stage_roster(&stage, PEOPLE);
	folder_write_text(&stage.folder, "state/listen.token", "word");
	mas = world_peer_add(stage.world,
		&(struct world_peer_options){.kind = WORLD_YUNMAS, .name = "mas", .user = "crier", .secret = "s3cret"});
	const char *url = world_peer_url(mas);
	int base = (int)(strstr(url, "/sms/") != NULL ? (size_t)(strstr(url, "/sms/") - url) : strlen(url));
	snprintf(channels, sizeof(channels),
		" { name = \"sms\"; kind = \"sms-kannel\"; url = \"%s\"; user = \"crier\"; password_file = \"password\"; },\n"
		" { name = \"mas\"; kind = \"sms-yunmas\"; url = \"%.*s/sms/norsubmit\"; ec_name = \"ec\"; ap_id = \"crier\";"
		" secret_file = \"password\"; sign_code = \"S1\"; signature_by = \"platform\";"
		" deliver_url = \"%.*s/sms/deliver\"; pull_every = \"10s\"; }",
		world_peer_url(world_peer_find(stage.world, "sms")), base, url, base, url);
	stage_config_of(&stage, channels, "");
	stage_start(&stage);
	return 0;
}

static int tear_down(void **state)
{
	stage_close(&stage);
	return 0;
}

struct told {
	int fd;
	char answer[1024];
	size_t size;
};

static bool answered(void *arg)
{
	struct told *told = arg;
	ssize_t got = recv(told->fd, told->answer + told->size, sizeof(told->answer) - 1 - told->size, MSG_DONTWAIT);

	told->size += got > 0 ? (size_t)got : 0;
	return strstr(told->answer, "\r\n\r\n") != NULL;
}

/* As the gateway "sms" tells of a resident's text, percent-encoded; returns the status that it is answered. */
static int gateway_says(const char *phone, const char *text)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(20580)};
	struct told told = {.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
	char sum[65], request[512];
	int status = 0;

	digest_sha256("word/sms", strlen("word/sms"), sum);
	inet_pton(AF_INET, stage.address, &to.sin_addr);
	connect(told.fd, (struct sockaddr *)&to, sizeof(to));
	int size = snprintf(request, sizeof(request), "GET /r/%.32s/reply?p=%s&a=%s HTTP/1.1\r\nHost: x\r\n\r\n", sum,
		phone, text);
	while (send(told.fd, request, (size_t)size, MSG_NOSIGNAL) != size)
		stage_turns(&stage, 1);
	if (!turns_until(stage.loop, answered, &told))
		fail_msg("the gateway gets no answer");
	sscanf(told.answer, "HTTP/1.1 %d", &status);
	close(told.fd);
	return status;
}

static bool opted_out(const char *phone)
{
	json_t *person = stage_ask(&stage, "roster find", json_pack("{s:s}", "phone", phone), NULL);
	bool out = json_is_true(json_object_get(person, "opted_out"));

	json_decref(person);
	return out;
}

static long long written_down(void)
{
	json_t *stats = stage_ask(&stage, "roster stats", NULL, NULL);
	long long count = json_integer_value(json_object_get(stats, "optouts"));

	json_decref(stats);
	return count;
}

/* As an import that is writing its opt-outs. */
static sqlite3 *occupy(void)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(folder_at(&stage.folder, "state/optouts.db"), &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	return db;
}

static void an_opt_out_is_answered_when_it_is_durable(void **state)
{
	assert_int_equal(gateway_says("13800000000", "TD"), 200);
	assert_int_equal(written_down(), 1);
	assert_true(opted_out("13800000000"));
}

/* People end a word as they end a sentence. */
static void an_opt_out_may_end_in_any_marks(void **state)
{
	static const char *const texts[] = {"TD", "%E9%80%80%E8%AE%A2%E3%80%82%E3%80%82", "%E9%80%80%E8%AE%A2%EF%BC%8C",
		"%E9%80%80%E8%AE%A2%EF%BC%81%E3%80%82", "td%EF%BD%9E", "%E3%80%80T%E2%80%A6%E2%80%A6"};
	static const char *const others[] = {"TDD", "%E4%B8%8D%E9%80%80%E8%AE%A2", "%E3%80%82", ""};
	char phone[12];

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		snprintf(phone, sizeof(phone), "1380000000%zu", i);
		assert_int_equal(gateway_says(phone, texts[i]), 200);
		if (!opted_out(phone))
			fail_msg("%s does not count", texts[i]);
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		assert_int_equal(gateway_says("13800000009", others[i]), 200);
		if (opted_out("13800000009"))
			fail_msg("%s counts", others[i]);
	}
}

static void an_opt_out_that_cannot_be_written_is_in_force_and_not_lost(void **state)
{
	sqlite3 *db = occupy();

	assert_int_equal(gateway_says("13800000000", "TD"), 503);
	assert_true(opted_out("13800000000"));
	assert_int_equal(gateway_says("13800000000", "TD"), 503);
	assert_int_equal(gateway_says("13800000001", "TD"), 503);
	assert_int_equal(gateway_says("13800000002", "thanks"), 200);
	assert_int_equal(written_down(), 0);
	sqlite3_close(db);
	/* The gateway need not come again. */
	stage_pass(&stage, 5000);
	assert_int_equal(written_down(), 2);
	assert_int_equal(gateway_says("13800000000", "TD"), 200);
	stage_kill(&stage);
	stage_start(&stage);
	assert_true(opted_out("13800000000"));
	assert_true(opted_out("13800000001"));
	assert_false(opted_out("13800000002"));
}

static void an_opt_out_that_was_pulled_is_not_lost_either(void **state)
{
	sqlite3 *db = occupy();

	world_reply(mas, 13800000003, "退订");
	stage_pass(&stage, 15000);
	assert_true(opted_out("13800000003"));
	assert_int_equal(written_down(), 0);
	sqlite3_close(db);
	stage_stop(&stage);
	stage_start(&stage);
	assert_true(opted_out("13800000003"));
	assert_int_equal(written_down(), 1);
}

static void an_opt_out_not_written_yet_can_be_taken_back(void **state)
{
	sqlite3 *db = occupy();

	assert_int_equal(gateway_says("13800000000", "TD"), 503);
	sqlite3_close(db);
	json_decref(stage_ask(&stage, "optout remove", json_pack("{s:s}", "phone", "13800000000"), NULL));
	stage_pass(&stage, 5000);
	assert_false(opted_out("13800000000"));
	assert_int_equal(written_down(), 0);
}

static void numbers_that_residents_write_are_masked_in_the_audit_trail(void **state)
{
	assert_int_equal(gateway_says("13800000000", "call+my+son+13912345678+please"), 200);
	assert_int_equal(gateway_says("13800000000", "TD"), 200);
	stage_pass(&stage, 1000);
	json_t *audit = stage_ask(&stage, "audit list", NULL, NULL);
	char *text = json_dumps(audit, 0);
	assert_non_null(strstr(text, "call my son 139****5678 please"));
	assert_non_null(strstr(text, "138****0000"));
	assert_null(strstr(text, "13912345678"));
	assert_null(strstr(text, "13800000000"));
	free(text);
	json_decref(audit);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(an_opt_out_is_answered_when_it_is_durable),
		CASE(an_opt_out_may_end_in_any_marks),
		CASE(an_opt_out_that_cannot_be_written_is_in_force_and_not_lost),
		CASE(an_opt_out_that_was_pulled_is_not_lost_either),
		CASE(an_opt_out_not_written_yet_can_be_taken_back),
		CASE(numbers_that_residents_write_are_masked_in_the_audit_trail),
	};

	return cmocka_run_group_tests_name("replies", tests, NULL, NULL);
}
