/*
 * Which servers are spoken to: openssl's own server with a certificate that nobody but the test trusts. It is another program,
 * so the clock runs: a stopped one would leap to the time limit while that server is thinking.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "http/http.h"
#include "testing/folder.h"
#include "testing/turns.h"

struct answer {
	unsigned int count;
	enum http_end end;
	long status;
};

struct fixture {
	struct loop *loop;
	struct http *http;
	struct folder folder;
	pid_t server; /* 0: there is no openssl */
	int words;
	uint16_t port;
	char cert[300];
	struct http_route trusting, wary;
	bool closed;
};

/* A key and a certificate for localhost. */
static bool make_certificate(const struct folder *folder)
{
	int status = -1;
	pid_t child = fork();

	if (child == 0) {
		close(2);
		execlp("openssl", "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
			"/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", folder_at(folder, "key"),
			"-out", folder_at(folder, "cert"), (char *)NULL);
		_exit(127);
	}
	waitpid(child, &status, 0);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* It says "ACCEPT [::]:43233" when it listens, with a port of its own choosing: one that we chose could be gone by then. */
static uint16_t port_said(int words)
{
	char word[256] = "";
	const char *said = NULL;

	for (size_t have = 0; (said == NULL || strchr(said, '\n') == NULL) && have < sizeof(word) - 1; have++) {
		if (read(words, word + have, 1) != 1)
			return 0;
		said = strstr(word, "ACCEPT");
	}
	const char *colon = said == NULL ? NULL : strrchr(said, ':');
	return colon == NULL ? 0 : (uint16_t)strtoul(colon + 1, NULL, 10);
}

static void start_server(struct fixture *f)
{
	int said[2];

	assert_int_equal(pipe(said), 0);
	f->server = fork();
	if (f->server == 0) {
		dup2(said[1], 1);
		dup2(said[1], 2);
		close(said[0]);
		execlp("openssl", "openssl", "s_server", "-accept", "0", "-www", "-key", folder_at(&f->folder, "key"),
			"-cert", f->cert, (char *)NULL);
		_exit(127);
	}
	close(said[1]);
	f->words = said[0];
	f->port = port_said(said[0]);
	assert_int_not_equal(f->port, 0);
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	folder_make(&f->folder);
	snprintf(f->cert, sizeof(f->cert), "%s", folder_at(&f->folder, "cert"));
	f->trusting.ca_file = f->cert;
	if (make_certificate(&f->folder))
		start_server(f);
	f->loop = loop_new();
	f->http = http_new(f->loop, 4, 0);
	*state = f;
	return 0;
}

static void on_closed(void *arg)
{
	*(bool *)arg = true;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	http_close(f->http, on_closed, &f->closed);
	turns_until_set(f->loop, &f->closed);
	bool closed = f->closed;
	turns_end(&f->loop);
	if (f->server != 0) {
		kill(f->server, SIGKILL);
		waitpid(f->server, NULL, 0);
		close(f->words);
	}
	folder_remove(&f->folder);
	free(f);
	return closed ? 0 : -1;
}

static void on_done(void *arg, const struct http_reply *reply)
{
	struct answer *answer = arg;

	answer->count++;
	answer->end = reply->end;
	answer->status = reply->status;
}

/* What becomes of a request to that host by that route. */
static struct answer ask(struct fixture *f, const char *host, const struct http_route *route)
{
	struct answer answer = {0};
	char url[64];

	snprintf(url, sizeof(url), "https://%s:%u/", host, f->port);
	struct http_request request = {.route = route, .url = url, .method = "GET"};
	http_send(f->http, &request, on_done, &answer);
	assert_true(turns_until_count(f->loop, &answer.count, 1));
	return answer;
}

static void only_a_server_whose_certificate_is_trusted_is_spoken_to(void **state)
{
	struct fixture *f = *state;

	if (f->server == 0)
		skip();
	assert_int_equal(ask(f, "localhost", &f->wary).end, HTTP_NOT_SENT);
	struct answer answer = ask(f, "localhost", &f->trusting);
	assert_int_equal(answer.end, HTTP_REPLIED);
	assert_int_equal(answer.status, 200);
	/* The trusted connection is kept, but not for a route that does not trust it. */
	assert_int_equal(ask(f, "localhost", &f->wary).end, HTTP_NOT_SENT);
}

static void a_certificate_of_another_name_is_not_trusted(void **state)
{
	struct fixture *f = *state;

	if (f->server == 0)
		skip();
	assert_int_equal(ask(f, "127.0.0.1", &f->trusting).end, HTTP_NOT_SENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(only_a_server_whose_certificate_is_trusted_is_spoken_to, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(a_certificate_of_another_name_is_not_trusted, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
