/*
 * The way out over HTTP: how many requests a second a whole daemon sends, its ledger durable and its log at the default
 * level, to a sink that answers at once. Beside each round, in alternation, bare libcurl sends the same request to the same
 * sink (bare.h). The daemon carries requests in threads of their own (http/courier.h) and does all else on its loop; bare libcurl
 * stays one thread on one core, as what is asked is how much of it a program gets that also plans, cuts, writes down and
 * logs. A daemon with idle cores may thus come out above its ceiling. Three ways out:
 *
 *	sms-kannel, one number a request      a town gets one alert
 *	sms-kannel, twenty numbers a request  seven towns get one alert
 *	wecom-robot                           a thousand robots get twenty alerts that begin at the same moment
 *
 * Rates are unlimited, which no gateway allows, to see what the daemon could do.
 *
 * Usage: bench_out [residents of a town] [window] [rounds] [way 0 to 2]     (25000 128 5, all)
 */
#include <curl/curl.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bare.h"
#include "base/clock.h"
#include "base/mem.h"
#include "stand.h"
#include "table.h"

enum {
	TOWNS = 8,
	PEOPLE = 25000,
	WINDOW = 128,
	ROBOTS = 1000,
	ROBOTS_A_FILE = 250,
	ALERTS = 20,
	ROUNDS = 5,
	BATCH = 20
};

struct bench {
	struct stand stand;
	struct sink sink;
	uint32_t people; /* of a town */
	unsigned int window, rounds;
	unsigned int dropped; /* alerts so far */
};

struct way {
	const char *stage;
	const char *areas; /* of its alerts */
	bool robots;
	uint32_t (*requests)(const struct bench *bench); /* in a round */
};

static uint32_t requests_single(const struct bench *bench)
{
	return bench->people;
}

static uint32_t requests_batched(const struct bench *bench)
{
	return (bench->people * (TOWNS - 1) + BATCH - 1) / BATCH;
}

/* As many as make a round as long as the others. */
static unsigned int robot_alerts(const struct bench *bench)
{
	uint32_t alerts = bench->people / ROBOTS;

	return alerts < ALERTS ? alerts : ALERTS;
}

static uint32_t requests_robots(const struct bench *bench)
{
	return ROBOTS * robot_alerts(bench);
}

#define SEVEN_TOWNS \
	"\"320583101\", \"320583102\", \"320583103\", \"320583104\", \"320583105\", \"320583106\", \"320583107\""

static const struct way ways[] = {
	{"HTTP out, sms-kannel", "\"320583100\"", false, requests_single},
	{"HTTP out, sms-kannel, 20 numbers a request", SEVEN_TOWNS, false, requests_batched},
	{"HTTP out, wecom-robot", "\"320583200\"", true, requests_robots},
};

static void write_gateways(const struct bench *bench)
{
	char *text = mem_printf(
		"site: { name = \"b\"; signature = \"玉山反诈\"; sender = \"a@b.cn\"; area = \"320583\"; };\n"
		"paths: { spool = \"spool\"; state = \"state\"; control = \"c.sock\"; };\n"
		"intake: { open_alerts = 1000; };\n"
		"channels: (\n"
		"  { name = \"one\"; kind = \"sms-kannel\"; url = \"http://127.0.0.1:%u/cgi-bin/sendsms\"; user = \"u\";\n"
		"    password_file = \"password\"; dlr = false; areas = [ \"320583100\" ]; rate = \"unlimited\";\n"
		"    window = %u; batch = 1; },\n"
		"  { name = \"twenty\"; kind = \"sms-kannel\"; url = \"http://127.0.0.1:%u/cgi-bin/sendsms\"; user = \"u\";\n"
		"    password_file = \"password\"; dlr = false; areas = [ " SEVEN_TOWNS " ]; rate = \"unlimited\";\n"
		"    window = %u; batch = %d; }\n"
		");\n",
		bench->sink.port, bench->window, bench->sink.port, bench->window, BATCH);

	stand_write(&bench->stand, "crierd.conf", text);
	stand_write(&bench->stand, "password", "x\n");
	free(text);
}

static void write_robots(const struct bench *bench, unsigned int first)
{
	char *text = mem_strdup("channels: (\n"), *longer, name[64];

	for (unsigned int i = first; i < first + ROBOTS_A_FILE; i++) {
		longer = mem_printf(
			"%s  { name = \"robot-%u\"; kind = \"wecom-robot\"; key_file = \"key\"; rate = \"unlimited\";"
			" areas = [ \"320583200\" ]; url = \"http://127.0.0.1:%u/cgi-bin/webhook/send\"; }%s\n",
			text, i, bench->sink.port, i + 1 < first + ROBOTS_A_FILE ? "," : "");
		free(text);
		text = longer;
	}
	longer = mem_printf("%s);\n", text);
	snprintf(name, sizeof(name), "crierd.conf.d/%u.conf", first);
	stand_write(&bench->stand, name, longer);
	free(text);
	free(longer);
}

static void write_config(const struct bench *bench)
{
	write_gateways(bench);
	stand_folder(&bench->stand, "crierd.conf.d");
	for (unsigned int i = 0; i < ROBOTS; i += ROBOTS_A_FILE)
		write_robots(bench, i);
	stand_write(&bench->stand, "key", "693axxx6-7aoc-4bc4-97a0-0ec2sifa5aaa\n");
}

static void rest_ms(unsigned int ms)
{
	nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000l}, NULL);
}

/* Several alerts are taken first and begin together, as taking one in for a thousand robots is not what is measured. */
static void drop_alerts(struct bench *bench, const struct way *way)
{
	char from[64] = "", when[32], name[32];
	unsigned int alerts = way->robots ? robot_alerts(bench) : 1;

	if (alerts > 1)
		snprintf(from, sizeof(from), "from = \"%s\"; ", clock_text(clock_wall_ms() + 4000, when));
	for (unsigned int i = 0; i < alerts; i++) {
		unsigned int nth = bench->dropped++;
		char *text = mem_printf(
			"schema = \"fraud-alert/1\"; id = \"B-%u\"; sender = \"a@b.cn\"; fraud_type = \"fake-police\"; %s\n"
			"summary = \"第%u次。\"; audiences = [ \"all\" ]; areas = [ %s ]; urgency = \"immediate\";\n",
			nth, from, nth, way->areas);
		snprintf(name, sizeof(name), "%u.cfg", nth);
		stand_drop(&bench->stand, name, text);
		free(text);
	}
}

struct round {
	double rate, main_us, others_us;
};

static struct round run_daemon_once(struct bench *bench, const struct way *way)
{
	double main_s, others_s, main_before, others_before;
	uint32_t count = way->requests(bench);

	sink_reset(&bench->sink);
	drop_alerts(bench, way);
	sink_wait(&bench->sink, 1);
	stand_cpu_s(bench->stand.daemon, &main_before, &others_before);
	sink_wait(&bench->sink, count);
	stand_cpu_s(bench->stand.daemon, &main_s, &others_s);
	rest_ms(300); /* outcomes, the alert's end, and the ledger's tidying up */
	if (bench->sink.seen->requests != count)
		stand_die("the sink saw too many requests");
	return (struct round){sink_rate(&bench->sink), (main_s - main_before) * 1e6 / count,
		(others_s - others_before) * 1e6 / count};
}

static void measure(struct bench *bench, const struct way *way)
{
	double *rates = mem_calloc(bench->rounds, sizeof(double)), *bares = mem_calloc(bench->rounds, sizeof(double)),
	       *mains = mem_calloc(bench->rounds, sizeof(double)), *others = mem_calloc(bench->rounds, sizeof(double)),
	       *cpus = mem_calloc(bench->rounds, sizeof(double));
	struct bare_request *request = mem_zalloc(sizeof(*request));

	run_daemon_once(bench, way);
	bare_request_of(&bench->sink, request);
	unsigned int at_once = bare_best(&bench->sink, request, way->requests(bench) / 8);
	for (unsigned int i = 0; i < bench->rounds; i++) {
		struct bare_figure bare = bare_run(&bench->sink, request, at_once, way->requests(bench));
		struct round ours = run_daemon_once(bench, way);
		rates[i] = ours.rate;
		mains[i] = ours.main_us;
		others[i] = ours.others_us;
		bares[i] = bare.rate;
		cpus[i] = bare.cpu_us;
	}
	printf("%s: %.1f us CPU a request on the loop, %.1f in other threads; bare libcurl, %u at once: %.1f; request of"
	       " %zu bytes, median of %u rounds\n",
		way->stage, bench_median(mains, bench->rounds), bench_median(others, bench->rounds), at_once,
		bench_median(cpus, bench->rounds), strlen(request->target) + request->body_size, bench->rounds);
	size_t round = bench_median_round(rates, bares, bench->rounds);
	row_ceiling(way->stage, rates[round], bares[round], MORE_IS_BETTER, 0.85, "requests/s");
	free(rates);
	free(bares);
	free(mains);
	free(others);
	free(cpus);
	free(request);
}

/* A batch waits for a write to the disk, so the window bounds the rate where the disk is slow: then this says so. */
static void print_disk(const struct bench *bench)
{
	enum { WRITES = 50, SIZE = 16384 };
	static const char bytes[SIZE];
	char path[512];
	double took_ms[WRITES];

	snprintf(path, sizeof(path), "%s/sync", bench->stand.folder);
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	for (int i = 0; i < WRITES; i++) {
		uint64_t began = clock_mono_us();
		if (write(fd, bytes, SIZE) != SIZE || fdatasync(fd) != 0)
			stand_die(path);
		took_ms[i] = bench_seconds(began) * 1000;
	}
	close(fd);
	unlink(path);
	double median = bench_median(took_ms, WRITES);
	printf("a window of %u; the disk takes %.2f ms to write 16 KiB durably (median), %.2f ms at its 90th percentile\n",
		bench->window, median, bench_share(took_ms, WRITES, 0.9));
}

static unsigned int number(int argc, char **argv, int at, unsigned int otherwise)
{
	return argc > at ? (unsigned int)strtoul(argv[at], NULL, 10) : otherwise;
}

int main(int argc, char **argv)
{
	struct bench bench = {.people = number(argc, argv, 1, PEOPLE),
		.window = number(argc, argv, 2, WINDOW),
		.rounds = number(argc, argv, 3, ROUNDS)};
	unsigned int only = number(argc, argv, 4, 99);

	if (bench.people < 1000 || bench.rounds < 1)
		stand_die("at least 1000 residents and one round");
	stand_init(&bench.stand);
	sink_start(&bench.sink);
	write_config(&bench);
	stand_people(&bench.stand, bench.people * TOWNS, TOWNS);
	bench.stand.log = "log";
	stand_start(&bench.stand);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	print_disk(&bench);
	for (unsigned int i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (only == 99 || only == i)
			measure(&bench, &ways[i]);
	stand_fini(&bench.stand);
	sink_stop(&bench.sink);
	curl_global_cleanup();
	return 0;
}
