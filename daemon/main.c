/*
 * crierd: the daemon. Arguments, signals and the service manager; everything else is room app.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "app/app.h"
#include "app/memory.h"
#include "base/log.h"
#include "base/say.h"
#include "config/summary.h"
#include "http/http.h"
#include "loop/notify.h"
#include "loop/signal.h"

enum { EXIT_USAGE = 2, EXIT_CONFIG = 78 };

struct daemon {
	struct loop *loop;
	struct app *app;
	struct notify *notify;
	struct signals *signals;
	struct timer watchdog;
	bool stopping;
};

static void usage(FILE *out)
{
	fprintf(out,
		"usage: crierd -c FILE [--check] [--settings] [--version]\n"
		"用法：crierd -c 配置文件 [--check 只检查不发送]\n");
}

static void print_problems(const struct problems *problems)
{
	struct buf out;

	buf_init(&out, 1 << 20);
	problems_text(problems, LANG_ZH, &out);
	if (problems->count > 0)
		buf_add_byte(&out, '\n');
	problems_text(problems, LANG_EN, &out);
	fputs(buf_text(&out), stderr);
	buf_fini(&out);
}

static int check(const char *path)
{
	struct problems problems;
	struct config *config = NULL;
	struct buf out;

	problems_init(&problems);
	enum result result = app_check(path, &config, &problems);
	print_problems(&problems);
	if (result == RESULT_OK) {
		buf_init(&out, 1 << 20);
		config_summary(config, LANG_ZH, &out);
		buf_add_byte(&out, '\n');
		config_summary(config, LANG_EN, &out);
		fputs(buf_text(&out), stdout);
		buf_fini(&out);
	}
	config_free(&config);
	problems_fini(&problems);
	return result == RESULT_OK ? EXIT_SUCCESS : EXIT_CONFIG;
}

static void print_setting(void *arg, const char *group, const struct setting *setting)
{
	printf("%s\t%s\t%s\t%s\n", group, setting->key, setting->fallback != NULL ? setting->fallback : "-",
		setting->help != NULL ? setting->help : "");
}

static void on_ready(void *arg)
{
	notify_ready(((struct daemon *)arg)->notify);
}

static void on_closed(void *arg)
{
	struct daemon *daemon = arg;

	daemon->app = NULL;
	timer_disarm(&daemon->watchdog);
	signals_close(daemon->signals, NULL, NULL);
}

static void on_stop(void *arg, int number)
{
	struct daemon *daemon = arg;

	if (daemon->stopping || daemon->app == NULL)
		return;
	daemon->stopping = true;
	notify_stopping(daemon->notify);
	app_close(daemon->app, on_closed, daemon);
}

static void on_reload(void *arg)
{
	struct daemon *daemon = arg;
	struct problems problems;

	if (daemon->stopping || daemon->app == NULL)
		return;
	problems_init(&problems);
	notify_reloading(daemon->notify);
	app_reload(daemon->app, &problems);
	print_problems(&problems);
	notify_ready(daemon->notify);
	problems_fini(&problems);
}

/* From the loop itself, so that a stuck loop is seen. */
static void on_watchdog(void *arg)
{
	struct daemon *daemon = arg;

	notify_alive(daemon->notify);
	timer_arm(&daemon->watchdog, notify_watchdog_ms(daemon->notify) / 2);
}

static int run(const char *path)
{
	static const struct signals_events signals_events = {.stop = on_stop, .reload = on_reload};
	struct daemon daemon = {.loop = loop_new(), .notify = notify_new()};
	struct app_options options = {.config = path, .couriers = http_couriers(), .ready = on_ready, .arg = &daemon};
	struct problems problems;

	problems_init(&problems);
	timer_init(&daemon.watchdog, daemon.loop, on_watchdog, &daemon);
	daemon.signals = signals_open(daemon.loop, &signals_events, &daemon);
	enum result result = app_open(daemon.loop, &options, &daemon.app, &problems);
	print_problems(&problems);
	if (result != RESULT_OK)
		signals_close(daemon.signals, NULL, NULL);
	else if (notify_watchdog_ms(daemon.notify) > 0)
		on_watchdog(&daemon);
	loop_run(daemon.loop);
	loop_free(&daemon.loop);
	notify_free(&daemon.notify);
	problems_fini(&problems);
	return result == RESULT_OK ? EXIT_SUCCESS : EXIT_CONFIG;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'},
		{"check", no_argument, NULL, 'k'},
		{"settings", no_argument, NULL, 's'},
		{"verbose", no_argument, NULL, 'v'},
		{"version", no_argument, NULL, 'V'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	const char *path = CRIER_SYSCONFDIR "/crierd.conf";
	bool only_check = false;
	int option;

	while ((option = getopt_long(argc, argv, "c:hv", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			path = optarg;
			break;
		case 'k':
			only_check = true;
			break;
		case 's':
			config_walk_settings(app_kinds(), print_setting, NULL);
			return EXIT_SUCCESS;
		case 'v':
			log_set_level(LOG_DEBUG);
			break;
		case 'V':
			puts("crierd " CRIER_VERSION);
			return EXIT_SUCCESS;
		case 'h':
			usage(stdout);
			return EXIT_SUCCESS;
		default:
			usage(stderr);
			return EXIT_USAGE;
		}
	}
	if (optind < argc) {
		usage(stderr);
		return EXIT_USAGE;
	}
	memory_rule();
	umask(027); /* the state holds what is nobody else's business, whoever starts us */
	return only_check ? check(path) : run(path);
}
