/*
 * crier: the operator's command. Finds the daemon, asks it one thing, shows the answer.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/nearest.h"
#include "cli/bar.h"
#include "cli/json.h"
#include "cli/orders.h"
#include "cli/show.h"
#include "cli/speak.h"
#include "cli/status.h"
#include "cli/submit.h"
#include "cli/talk.h"

struct options {
	const char *config;
	bool json, csv, help;
};

static int on_progress(void *arg, const json_t *value)
{
	struct bar *bar = arg;
	char words[160];

	snprintf(words, sizeof(words), tr(N_("%lld lines, not taken %lld, stored %lld")), number(value, "lines"),
		number(value, "rejected"), number(value, "written"));
	bar_draw(bar, (uint64_t)number(value, "bytes"), (uint64_t)number(value, "bytes_total"), words);
	return 0;
}

/* For people only: --json hands on what came. Texts keep their lines. */
static void clean(json_t *value)
{
	const char *key;
	json_t *item;
	size_t i;

	if (json_is_string(value)) {
		char *text = mem_strdup(json_string_value(value));
		speak_clean(text, '?', true);
		json_string_set(value, text);
		free(text);
	}
	json_object_foreach(value, key, item) clean(item);
	json_array_foreach(value, i, item) clean(item);
}

static void show(const struct order *order, const struct options *options, json_t *result)
{
	if (!options->json)
		clean(result);
	if (options->json) {
		json_dumpf(result, stdout, JSON_INDENT(2));
		putchar('\n');
	} else if (options->csv) {
		show_report_csv(result);
	} else if (order->show != NULL) {
		order->show(result);
	}
}

/* Asks the daemon and shows its answer. `file` is opened with the operator's own rights. */
static int ask(const struct order *order, const struct options *options, const struct place_of_daemon *place,
	json_t *args, const char *file)
{
	struct talk *talk = NULL;
	json_t *result = NULL;
	struct bar bar;
	int fd = -1;

	if (file != NULL && (fd = open(file, O_RDONLY | O_CLOEXEC)) < 0) {
		speak_error(N_("%s: %s"), file, speak_errno(errno));
		json_decref(args);
		return EXIT_NO_FILE;
	}
	int status = talk_open(place, &talk);
	if (status == 0)
		status = talk_ask(talk, order->command != NULL ? order->command : order->words, args, fd);
	else
		json_decref(args);
	bar_begin(&bar);
	if (status == 0)
		status = talk_await(talk, on_progress, &bar, &result);
	bar_end(&bar);
	if (status == 0)
		show(order, options, result);
	json_decref(result);
	if (fd >= 0)
		close(fd);
	talk_close(&talk);
	return status;
}

static int submit_all(const struct place_of_daemon *place, int count, char *const *files, bool json)
{
	int worst = 0;

	if (count > 0 && strncmp(files[0], "--", 2) == 0) {
		if (files[0][2] != '\0') {
			speak_error(N_("\"%s\" has no option %s; see: crier help %s"), "submit", files[0], "submit");
			return EXIT_MISUSED;
		}
		files++;
		count--;
	}
	if (count == 0) {
		speak_error(N_("submit needs at least one file"));
		return EXIT_MISUSED;
	}
	/* One bad file never stops the others. */
	for (int i = 0; i < count; i++) {
		int status = submit_file(place, files[i], json);
		if (status != 0)
			worst = status;
	}
	return worst;
}

static bool take_timeout(const char *text)
{
	char *end;
	long seconds = strtol(text, &end, 10);

	if (end == text || *end != '\0' || seconds < 1 || seconds > 86400)
		return false;
	talk_set_patience((int)seconds * 1000);
	return true;
}

/* Takes the options that go with every order out of argv, wherever they stand. Returns how many words are left, or -1. */
static int take_common(int argc, char **argv, struct options *options)
{
	int kept = 0;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0) {
			options->json = true;
		} else if (strcmp(argv[i], "--csv") == 0) {
			options->csv = true;
		} else if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			options->help = true;
		} else if (strcmp(argv[i], "--timeout") == 0) {
			if (++i >= argc || !take_timeout(argv[i])) {
				speak_error(N_("--timeout needs a number of seconds, 1 to 86400"));
				return -1;
			}
		} else if (strcmp(argv[i], "-c") == 0 || strcmp(argv[i], "--config") == 0) {
			if (++i >= argc) {
				speak_error(N_("-c needs a file"));
				return -1;
			}
			options->config = argv[i];
		} else {
			argv[kept++] = argv[i];
		}
	}
	return kept;
}

static int no_such_order(int argc, char *const *argv)
{
	const char *names[64] = {0};
	char *words = argc > 1 ? mem_printf("%s %s", argv[0], argv[1]) : mem_strdup(argv[0]);

	for (size_t i = 0; i < 63 && orders[i].words != NULL; i++)
		names[i] = orders[i].words;
	const char *near = nearest_name(words, names);
	if (near != NULL)
		speak_error(N_("there is no order \"%s\"; did you mean \"%s\"?"), words, near);
	else
		speak_error(N_("there is no order \"%s\"; \"crier help\" lists them"), words);
	free(words);
	return EXIT_MISUSED;
}

static int help(int argc, char *const *argv)
{
	int used;
	const struct order *order = order_find(argc, argv, &used);

	if (argc == 1 && order == NULL && order_help_group(argv[0]))
		return 0;
	if (argc > 0 && order == NULL)
		return no_such_order(argc, argv);
	order_help(order);
	return 0;
}

static int run(const struct order *order, const struct options *options, int argc, char *const *argv)
{
	struct place_of_daemon place;
	json_t *args = json_object();
	const char *file = NULL;
	bool submit = strcmp(order->words, "submit") == 0;

	if (options->csv && strcmp(order->words, "report") != 0) {
		speak_error(N_("\"%s\" has no option --csv; only \"report\" has"), order->words);
		json_decref(args);
		return EXIT_MISUSED;
	}

	/* Dates among the arguments are the site's, so the configuration comes first. */
	int status = place_find(options->config, &place);
	if (status == 0 && !submit)
		status = order_parse(order, argc, argv, args, &file);
	if (status == 0 && submit) {
		status = submit_all(&place, argc, argv, options->json);
		json_decref(args);
	} else if (status == 0) {
		status = ask(order, options, &place, args, file);
	} else {
		json_decref(args);
	}
	place_fini(&place);
	return status;
}

int main(int argc, char **argv)
{
	struct options options = {0};
	int used;

	speak_set_lang(say_locale());
	argc = take_common(argc, argv, &options);
	if (argc < 0)
		return EXIT_MISUSED;
	if (argc > 0 && strcmp(argv[0], "--version") == 0) {
		puts("crier " CRIER_VERSION);
		return 0;
	}
	if (argc > 0 && strcmp(argv[0], "help") == 0)
		return help(argc - 1, argv + 1);
	if (options.help)
		return help(argc, argv);
	const struct order *order = order_find(argc, argv, &used);
	if (order != NULL)
		return run(order, &options, argc - used, argv + used);
	if (argc == 0)
		order_help(NULL);
	else if (argc > 1 || !order_help_group(argv[0]))
		no_such_order(argc, argv);
	return EXIT_MISUSED;
}
