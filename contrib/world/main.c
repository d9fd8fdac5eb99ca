#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "loop/loop.h"
#include "loop/signal.h"
#include "world/world.h"

/* crier-world: the pretend outside world as a program. Prints name=address lines, runs until SIGTERM. */

#define MOST    1000
#define LINE_MS 5000u

struct args {
	struct world_options world;
	const char *password, *mas_secret, *report_url, *reply_url, *signature;
	const char *groups, *signs;
	unsigned long sign_port;
	const char *faults[64];
	unsigned int fault_count;
	const char *limits[64];
	unsigned int limit_count;
	bool quiet, json, own_ports;
};

struct run {
	struct loop *loop;
	struct world *world;
	struct signals *signals;
	struct timer line;
	uint64_t seen;
	unsigned int open;
	bool stopping;
};

static const char usage[] =
	"用法：crier-world [选项]\n"
	"在本机回环地址上假扮短信网关、群机器人和 LED 屏，供演示、测试和压测使用。\n"
	"A pretend outside world on loopback: SMS gateways, group robots, LED signs.\n\n"
	"  --port N            网页与 /control 的端口 port of the page (0: free)\n"
	"  --http-port N       网关与机器人的端口 port of gateways and robots (0: free)\n"
	"  --address A         监听地址 address to listen on (127.0.0.1)\n"
	"  --password TEXT     city-sms（Kannel，用户 crier）的密码\n"
	"  --mas-secret TEXT   mas（云MAS，apId crier）的 secretKey\n"
	"  --signature TEXT    mas 平台代加的签名 words that the platform puts in front\n"
	"  --report-url URL    mas 把状态报告推到这里；不写则等待拉取 push reports here, else they wait\n"
	"  --reply-url URL     居民回复推到这里 push residents' replies here\n"
	"  --groups N|A,B,…    群机器人个数或名字（名字就是 key）robots; the name is the key\n"
	"  --signs N|A,B,…     LED 屏个数或名字 signs\n"
	"  --sign-port N       第一块屏的端口，其余依次加一 port of the first sign, then counting up\n"
	"  --own-ports         每个网关、机器人各用一个端口（connect-hang、connect-refused 要用）\n"
	"                      a port for each gateway and robot, as the faults of the door need\n"
	"  --seed N            伪随机的种子 seed of pretended chance\n"
	"  --fault P:F=V       故障，如 city-sms:throttle=5（接下来5次）、:drop=10%、:latency=200、:hang=on\n"
	"  --limit P=U/MS      对端允许的上限，如 city-sms=500/1000\n"
	"  --quiet             只打印地址 print addresses only\n"
	"  --json              结束时打印全部计数 print all counts at the end\n";

enum {
	OPT_PORT = 256,
	OPT_HTTP_PORT,
	OPT_ADDRESS,
	OPT_PASSWORD,
	OPT_MAS_SECRET,
	OPT_SIGNATURE,
	OPT_REPORT_URL,
	OPT_REPLY_URL,
	OPT_GROUPS,
	OPT_SIGNS,
	OPT_SIGN_PORT,
	OPT_OWN_PORTS,
	OPT_SEED,
	OPT_FAULT,
	OPT_LIMIT,
	OPT_QUIET,
	OPT_JSON,
};

static const struct option options[] = {
	{"port", required_argument, NULL, OPT_PORT},
	{"http-port", required_argument, NULL, OPT_HTTP_PORT},
	{"address", required_argument, NULL, OPT_ADDRESS},
	{"password", required_argument, NULL, OPT_PASSWORD},
	{"mas-secret", required_argument, NULL, OPT_MAS_SECRET},
	{"signature", required_argument, NULL, OPT_SIGNATURE},
	{"report-url", required_argument, NULL, OPT_REPORT_URL},
	{"reply-url", required_argument, NULL, OPT_REPLY_URL},
	{"groups", required_argument, NULL, OPT_GROUPS},
	{"signs", required_argument, NULL, OPT_SIGNS},
	{"sign-port", required_argument, NULL, OPT_SIGN_PORT},
	{"own-ports", no_argument, NULL, OPT_OWN_PORTS},
	{"seed", required_argument, NULL, OPT_SEED},
	{"fault", required_argument, NULL, OPT_FAULT},
	{"limit", required_argument, NULL, OPT_LIMIT},
	{"quiet", no_argument, NULL, OPT_QUIET},
	{"json", no_argument, NULL, OPT_JSON},
	{NULL, 0, NULL, 0},
};

static bool number(const char *text, unsigned long most, unsigned long *value)
{
	char *end;

	errno = 0;
	*value = strtoul(text, &end, 10);
	return end != text && *end == '\0' && errno == 0 && *value <= most;
}

static bool port(const char *text, uint16_t *value)
{
	unsigned long wide;
	bool fine = number(text, 65535, &wide);

	*value = (uint16_t)wide;
	return fine;
}

static bool add(const char **list, unsigned int *count, const char *text)
{
	if (*count == 64)
		return false;
	list[(*count)++] = text;
	return true;
}

static bool take(struct args *args, int option, const char *text)
{
	unsigned long wide;

	switch (option) {
	case OPT_PORT:
		return port(text, &args->world.page_port);
	case OPT_HTTP_PORT:
		return port(text, &args->world.http_port);
	case OPT_ADDRESS:
		args->world.address = text;
		return true;
	case OPT_PASSWORD:
		args->password = text;
		return true;
	case OPT_MAS_SECRET:
		args->mas_secret = text;
		return true;
	case OPT_SIGNATURE:
		args->signature = text;
		return true;
	case OPT_REPORT_URL:
		args->report_url = text;
		return true;
	case OPT_REPLY_URL:
		args->reply_url = text;
		return true;
	case OPT_GROUPS:
		args->groups = text;
		return true;
	case OPT_SIGNS:
		args->signs = text;
		return true;
	case OPT_SIGN_PORT:
		return number(text, 65535, &args->sign_port);
	case OPT_SEED:
		if (!number(text, ULONG_MAX, &wide))
			return false;
		args->world.seed = wide;
		return true;
	case OPT_FAULT:
		return add(args->faults, &args->fault_count, text);
	case OPT_LIMIT:
		return add(args->limits, &args->limit_count, text);
	case OPT_OWN_PORTS:
		return args->own_ports = true;
	case OPT_QUIET:
		return args->quiet = true;
	case OPT_JSON:
		return args->json = true;
	default:
		return false;
	}
}

/* ---- peers ---- */

/* The units and window of a --limit that names this peer. */
static void apply_limit(const struct args *args, struct world_peer_options *peer)
{
	size_t length = strlen(peer->name);

	for (unsigned int i = 0; i < args->limit_count; i++) {
		const char *text = args->limits[i];
		if (strncmp(text, peer->name, length) != 0 || text[length] != '=')
			continue;
		char *end;
		peer->limit = (uint32_t)strtoul(text + length + 1, &end, 10);
		peer->limit_ms = *end == '/' ? (uint32_t)strtoul(end + 1, NULL, 10) : 1000;
	}
}

static bool add_peer(const struct args *args, struct run *run, struct world_peer_options *peer)
{
	apply_limit(args, peer);
	peer->own_port = args->own_ports && peer->kind != WORLD_ONBON;
	if (world_peer_add(run->world, peer) != NULL)
		return true;
	fprintf(stderr, "crier-world: %s: %s\n", peer->name, strerror(errno));
	return false;
}

/* One name of "a,b,c" or the n-th of a count; NULL when there is none. To free(). */
static char *nth_name(const char *list, const char *word, unsigned int n)
{
	unsigned long count;

	if (list == NULL)
		return NULL;
	if (number(list, MOST, &count))
		return n < count ? mem_printf("%s-%u", word, n + 1) : NULL;
	for (; n > 0; n--) {
		list = strchr(list, ',');
		if (list == NULL)
			return NULL;
		list++;
	}
	return mem_strndup(list, strcspn(list, ","));
}

static bool add_many(const struct args *args, struct run *run, enum world_kind kind, const char *list, const char *word)
{
	char *name;

	for (unsigned int i = 0; i < MOST && (name = nth_name(list, word, i)) != NULL; i++) {
		struct world_peer_options peer = {.kind = kind, .name = name};
		if (kind == WORLD_ONBON && args->sign_port != 0)
			peer.port = (uint16_t)(args->sign_port + i);
		bool fine = add_peer(args, run, &peer);
		free(name);
		if (!fine)
			return false;
	}
	return true;
}

static bool add_peers(const struct args *args, struct run *run)
{
	struct world_peer_options city = {.kind = WORLD_KANNEL,
		.name = "city-sms",
		.secret = args->password,
		.reply_url = args->reply_url};
	struct world_peer_options mas = {.kind = WORLD_YUNMAS,
		.name = "mas",
		.secret = args->mas_secret,
		.signature = args->signature,
		.report_url = args->report_url,
		.reply_url = args->reply_url};

	return add_peer(args, run, &city) && add_peer(args, run, &mas) &&
		add_many(args, run, WORLD_WECOM, args->groups, "group") &&
		add_many(args, run, WORLD_ONBON, args->signs, "sign");
}

/* "city-sms:throttle=5", "…:drop=10%", "…:hang=on". */
static bool apply_fault(struct world *world, const char *text)
{
	const char *colon = strchr(text, ':'), *equals = strchr(text, '=');
	char *end;

	if (colon == NULL || equals == NULL || equals < colon)
		return false;
	char *name = mem_strndup(text, (size_t)(colon - text));
	char *fault_name = mem_strndup(colon + 1, (size_t)(equals - colon - 1));
	struct world_peer *peer = world_peer_find(world, name);
	enum world_fault fault = world_fault_find(fault_name);
	free(name);
	free(fault_name);
	if (peer == NULL || fault == WORLD_FAULTS || !world_fault_suits(fault, world_peer_kind(peer)) ||
		(world_fault_is_door(fault) && !world_peer_has_door(peer)))
		return false;
	if (strcmp(equals + 1, "on") == 0) {
		world_fault_set(peer, fault, WORLD_ALWAYS, 0);
		return true;
	}
	double value = strtod(equals + 1, &end);
	if (end == equals + 1 || value < 0 || value > 1e9)
		return false;
	if (*end == '%')
		world_fault_set(peer, fault, 0, (uint32_t)(value * 10));
	else
		world_fault_set(peer, fault, (uint32_t)value, 0);
	return true;
}

/* ---- running ---- */

static void print_addresses(const struct run *run, const char *address)
{
	struct world_peer *peer;

	printf("page=http://%s:%u/\n", address, world_page_port(run->world));
	printf("http=%s:%u\n", address, world_http_port(run->world));
	for (size_t i = 0; (peer = world_peer_at(run->world, i)) != NULL; i++)
		printf("%s=%s\n", world_peer_name(peer), world_peer_url(peer));
	printf("ready=1\n");
	fflush(stdout);
}

/* One line whenever something happened, every five seconds. */
static void on_line(void *arg)
{
	struct run *run = arg;
	struct world_totals totals;
	char when[16];

	world_totals(run->world, NULL, &totals);
	if (totals.requests != run->seen) {
		printf("%s requests=%llu taken=%llu receipts=%llu violations=%llu\n",
			clock_short(clock_wall_ms(), when), (unsigned long long)totals.requests,
			(unsigned long long)totals.taken, (unsigned long long)totals.receipts_sent,
			(unsigned long long)totals.violations);
		fflush(stdout);
	}
	run->seen = totals.requests;
	timer_arm(&run->line, LINE_MS);
}

static void on_closed(void *arg)
{
	struct run *run = arg;

	if (--run->open == 0)
		loop_stop(run->loop);
}

static void print_report(const struct run *run)
{
	struct buf out;

	buf_init(&out, 16u << 20);
	world_report(run->world, &out);
	printf("%s\n", buf_text(&out));
	buf_fini(&out);
}

static void on_stop(void *arg, int signal_number)
{
	struct run *run = arg;

	if (run->stopping)
		return;
	run->stopping = true;
	timer_disarm(&run->line);
	loop_stop(run->loop);
}

static void on_reload(void *arg)
{
}

static void close_all(struct run *run)
{
	run->open = 1;
	if (run->signals != NULL) {
		signals_close(run->signals, on_closed, run);
		run->open++;
	}
	world_close(run->world, on_closed, run);
	loop_run(run->loop);
	while (loop_step(run->loop))
		;
	loop_free(&run->loop);
}

static int serve(struct run *run, const struct args *args)
{
	static const struct signals_events events = {.stop = on_stop, .reload = on_reload};

	if (!add_peers(args, run))
		return 69;
	for (unsigned int i = 0; i < args->fault_count; i++)
		if (!apply_fault(run->world, args->faults[i])) {
			fprintf(stderr, "crier-world: --fault %s: 看不懂 not understood\n", args->faults[i]);
			return 2;
		}
	run->signals = signals_open(run->loop, &events, run);
	print_addresses(run, args->world.address == NULL ? "127.0.0.1" : args->world.address);
	timer_init(&run->line, run->loop, on_line, run);
	if (!args->quiet)
		timer_arm(&run->line, LINE_MS);
	loop_run(run->loop);
	if (args->json)
		print_report(run);
	return 0;
}

int main(int argc, char **argv)
{
	struct args args = {0};
	struct run run = {0};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (!take(&args, option, optarg)) {
			fputs(usage, stderr);
			return 2;
		}
	run.loop = loop_new();
	run.world = world_new(run.loop, &args.world);
	if (run.world == NULL) {
		fprintf(stderr, "crier-world: 端口打不开 cannot listen: %s\n", strerror(errno));
		loop_free(&run.loop);
		return 69;
	}
	int status = serve(&run, &args);
	close_all(&run);
	return status;
}
