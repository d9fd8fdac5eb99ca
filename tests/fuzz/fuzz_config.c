/*
 * A whole configuration read from a file, with a small table of kinds and a part in the folder beside it: the input up to
 * the first line "====" is the file, what follows is the part. What is accepted must be summed up and freed.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/require.h"
#include "config/config.h"
#include "config/summary.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct options {
	char *url, *secret, *address, **words;
	int64_t number, duration;
	int choice;
};

static const char *const choices[] = {"red", "green", NULL};
static const char *const ports[] = {"5005", NULL};

static const struct setting rows[] = {
	{"url", SETTING_URL, offsetof(struct options, url), .required = true},
	{"secret_file", SETTING_SECRET, offsetof(struct options, secret), .help = "secret"},
	{"address", SETTING_ADDRESS, offsetof(struct options, address), .choices = ports},
	{"words", SETTING_STRINGS, offsetof(struct options, words), "a b", .help = "words"},
	{"number", SETTING_INTEGER, offsetof(struct options, number), "5", .least = 1, .most = 9},
	{"duration", SETTING_DURATION, offsetof(struct options, duration), "5s", .help = "duration"},
	{"choice", SETTING_CHOICE, offsetof(struct options, choice), "green", .choices = choices},
	SETTING_END,
};

static const struct config_kind kinds[] = {
	{"null", MEDIUM_SMS, NULL, 0, "1/s", 1, 1, 10, NULL},
	{"group", MEDIUM_WECOM, NULL, 0, "1/s", 1, 1, 1, NULL},
	{"full", MEDIUM_LED, rows, sizeof(struct options), "1/s", 1, 1, 1, NULL},
	{NULL, MEDIUM_SMS, NULL, 0, NULL, 0, 0, 0, NULL},
};

static char folder[] = "/tmp/fuzz-config-XXXXXX";
static char conf[64], part_folder[80], part[96];

static void clean(void)
{
	unlink(part);
	rmdir(part_folder);
	unlink(conf);
	rmdir(folder);
}

static void make_folder(void)
{
	REQUIRE(mkdtemp(folder) != NULL);
	snprintf(conf, sizeof(conf), "%s/crierd.conf", folder);
	snprintf(part_folder, sizeof(part_folder), "%s.d", conf);
	snprintf(part, sizeof(part), "%s/a.conf", part_folder);
	REQUIRE(mkdir(part_folder, 0700) == 0);
	atexit(clean);
}

static void put(const char *path, const uint8_t *data, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	REQUIRE(fd >= 0);
	REQUIRE(write(fd, data, size) == (ssize_t)size);
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *cut = size > 0 ? memmem(data, size, "\n====\n", 6) : NULL;
	size_t first = cut != NULL ? (size_t)(cut - data) : size;
	struct config *config = NULL;
	struct problems problems;
	struct buf words;

	if (conf[0] == '\0')
		make_folder();
	put(conf, data, first);
	put(part, cut != NULL ? cut + 6 : data, cut != NULL ? size - first - 6 : 0);
	problems_init(&problems);
	enum result result = config_read(conf, kinds, true, &config, &problems);
	REQUIRE((result == RESULT_OK) == (config != NULL));
	REQUIRE((result == RESULT_OK) == (problems.errors == 0));
	buf_init(&words, 1 << 22);
	problems_text(&problems, LANG_ZH, &words);
	if (config != NULL)
		config_summary(config, LANG_ZH, &words);
	buf_fini(&words);
	config_free(&config);
	problems_fini(&problems);
	return 0;
}
