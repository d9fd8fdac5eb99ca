/*
 * crier-demo: shows the texts of an alert, watches until all alerts are through, and checks the report against the world.
 * Used by contrib/demo.sh.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bars.h"
#include "base/clock.h"
#include "check.h"
#include "cli/json.h"
#include "words.h"

enum { USAGE = 2, TEXTS_MOST = 8 };

/* ---- texts ---- */

static bool seen(const char *names[TEXTS_MOST], size_t *count, const char *name)
{
	for (size_t i = 0; i < *count; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	if (*count < TEXTS_MOST)
		names[(*count)++] = name;
	return false;
}

static void print_text(const char *head, const char *words)
{
	printf("  %s\n", head);
	while (*words != '\0') {
		size_t length = strcspn(words, "\n");
		if (length > 0)
			printf("    | %.*s\n", (int)length, words);
		words += length + (words[length] == '\n');
	}
}

/* The configuration is ours (configure.sh), and so are the names of its audiences. */
static const char *audience_label(const char *audience)
{
	if (strcmp(audience, "student") == 0)
		return WORDS("在校学生", "students");
	if (strcmp(audience, "parent") == 0)
		return WORDS("家长", "parents");
	if (strcmp(audience, "jobless") == 0)
		return WORDS("待业人员", "people out of work");
	return audience;
}

/* One text for each audience of the phones, where we sign it ourselves; then one of a sign. */
static void print_texts(const json_t *lanes)
{
	const char *names[TEXTS_MOST], *sign = NULL;
	size_t i, count = 0;
	json_t *lane;

	json_array_foreach(lanes, i, lane)
	{
		const char *words = text(lane, "text");
		if (strcmp(text(lane, "medium"), "led") == 0 && sign == NULL)
			sign = words;
		if (strcmp(text(lane, "medium"), "sms") != 0 || strncmp(words, "【", strlen("【")) != 0 ||
			seen(names, &count, text(lane, "audience")))
			continue;
		print_text(audience_label(text(lane, "audience")), words);
	}
	if (sign != NULL)
		print_text(WORDS("LED 屏", "LED sign"), sign);
}

static int show_texts(const struct place_of_daemon *place, const char *path)
{
	const char *slash = strrchr(path, '/');
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		perror(path);
		return 1;
	}
	json_t *answer = figures_ask(place, "preview", json_pack("{s:s}", "name", slash != NULL ? slash + 1 : path),
		fd);
	close(fd);
	print_texts(json_object_get(answer, "lanes"));
	bool fine = json_array_size(json_object_get(answer, "lanes")) > 0;
	json_decref(answer);
	return fine ? 0 : 1;
}

/* ---- watch ---- */

/* Alerts whose last text has left since the last look. `told` remembers them. */
static void tell_finished(struct bars *bars, const struct figures *figures, json_t *told)
{
	const char *id;
	json_t *alert;

	json_object_foreach(figures->alerts, id, alert)
	{
		if (figures_of(figures, alert).left > 0 || json_object_get(told, id) != NULL ||
			*text(alert, "schedule") != '\0')
			continue;
		json_object_set_new(told, id, json_true());
		bars_say(bars, WORDS("  %3llu 秒  全部发出：%s", "  %3llu s  all sent: %s"),
			(unsigned long long)(clock_mono_ms() - bars->began_ms) / 1000, text(alert, "title"));
	}
}

static bool over(const struct figures *figures)
{
	return figures->all.left + figures->all.pending == 0;
}

/* Until nobody waits or `within` seconds have passed; what comes then is for the check to say. */
static int watch(const struct place_of_daemon *place, struct figures *figures, long within)
{
	const struct timespec second = {.tv_sec = 1};
	json_t *told = json_object();
	struct bars bars;
	int status;

	bars_begin(&bars);
	uint64_t deadline = bars.began_ms + (uint64_t)within * 1000;
	while ((status = figures_read(place, figures)) == 0) {
		bool last = over(figures) || clock_mono_ms() >= deadline;
		tell_finished(&bars, figures, told);
		bars_draw(&bars, figures, last);
		if (last)
			break;
		nanosleep(&second, NULL);
	}
	json_decref(told);
	if (status == 0 && !over(figures))
		printf(WORDS("%ld 秒内没有完成\n", "not done within %ld seconds\n"), within);
	return status;
}

static int watch_and_check(const struct place_of_daemon *place, const char *page, long within)
{
	struct figures figures = {0};
	int status = watch(place, &figures, within);

	if (status == 0) {
		puts(WORDS("\n核对（报表、名册、外面实际收到的）：",
			"\nThe sums (report, roster, what really arrived):"));
		status = check_all(place, &figures, page);
	}
	figures_fini(&figures);
	return status;
}

int main(int argc, char **argv)
{
	struct place_of_daemon place;
	long within = argc == 4 ? strtol(argv[3], NULL, 10) : 0;
	bool texts = argc == 3 && strcmp(argv[1], "texts") == 0;

	speak_set_lang(say_locale());
	if (!texts && (argc != 4 || strcmp(argv[1], "watch") != 0 || within <= 0)) {
		fputs("usage: CRIER_CONF=FILE crier-demo texts ALERT | watch PAGE SECONDS\n", stderr);
		return USAGE;
	}
	int status = place_find(NULL, &place);
	if (status == 0)
		status = texts ? show_texts(&place, argv[2]) : watch_and_check(&place, argv[2], within);
	place_fini(&place);
	return status;
}
