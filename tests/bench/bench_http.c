/*
 * Requests a second through http/ alone to a sink in another process, against bare libcurl on libuv in the same run: POST of
 * 300 bytes of JSON on kept connections, as many at once as the bare client likes best.
 *
 * http/ sends in threads of its own where it is given any; here it has the loop alone, as bare libcurl has: both on one core.
 *
 * Usage: bench_http [requests] [at once]     (30000, what bare libcurl likes best)
 */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bare.h"
#include "http/http.h"
#include "table.h"

enum { BODY = 300, ROUNDS = 7, REQUESTS = 30000 };

struct run {
	struct http *http;
	struct http_request request;
	struct http_route route;
	unsigned long left, failed;
};

static void on_done(void *arg, const struct http_reply *reply)
{
	struct run *run = arg;

	run->failed += reply->end != HTTP_REPLIED || reply->status != 200;
	if (run->left > 0) {
		run->left--;
		http_send(run->http, &run->request, on_done, run);
	} else if (http_pending(run->http) == 0) {
		http_close(run->http, NULL, NULL);
	}
}

static struct bare_figure run_http(struct sink *sink, const struct bare_request *request, unsigned int at_once,
	unsigned long count)
{
	struct loop *loop = loop_new();
	struct run run = {.http = http_new(loop, at_once, 0), .left = count};
	double cpu = bench_cpu_s();

	char url[sizeof(request->server) + sizeof(request->target) + 32];

	sink_reset(sink);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", sink->port, request->target);
	run.request = (struct http_request){.route = &run.route,
		.url = url,
		.method = "POST",
		.content_type = request->type,
		.body = request->body,
		.body_size = request->body_size};
	for (unsigned int i = 0; i < at_once && run.left > 0; i++, run.left--)
		http_send(run.http, &run.request, on_done, &run);
	loop_run(loop);
	struct bare_figure figure = {sink_rate(sink), (bench_cpu_s() - cpu) * 1e6 / (double)count};
	if (run.failed > 0 || sink->seen->requests != count) {
		fprintf(stderr, "%lu of %lu requests failed\n", run.failed, count);
		exit(1);
	}
	loop_free(&loop);
	return figure;
}

int main(int argc, char **argv)
{
	unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : REQUESTS;
	unsigned int at_once = argc > 2 ? (unsigned int)strtoul(argv[2], NULL, 10) : 0;
	double rates[2][ROUNDS], cpus[2][ROUNDS];
	struct bare_request request = {.type = "application/json", .agent = "crier/" CRIER_VERSION, .body_size = BODY};
	struct sink sink;

	sink_start(&sink);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	snprintf(request.server, sizeof(request.server), "http://127.0.0.1:%u/", sink.port);
	snprintf(request.target, sizeof(request.target), "/send");
	memset(request.body, 'x', BODY);
	if (at_once == 0)
		at_once = bare_best(&sink, &request, count / 8);
	for (int i = 0; i < ROUNDS; i++) {
		struct bare_figure ours = run_http(&sink, &request, at_once, count);
		struct bare_figure bare = bare_run(&sink, &request, at_once, count);
		rates[0][i] = ours.rate;
		rates[1][i] = bare.rate;
		cpus[0][i] = ours.cpu_us;
		cpus[1][i] = bare.cpu_us;
	}
	printf("http/ %.1f us CPU a request, bare libcurl %.1f, %u at once, median of %d rounds\n",
		bench_median(cpus[0], ROUNDS), bench_median(cpus[1], ROUNDS), at_once, ROUNDS);
	size_t round = bench_median_round(rates[0], rates[1], ROUNDS);
	row_ceiling("http room alone", rates[0][round], rates[1][round], MORE_IS_BETTER, 0.85, "requests/s");
	curl_global_cleanup();
	sink_stop(&sink);
	return 0;
}
