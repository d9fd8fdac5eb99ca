#include "cli/place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/problem.h"
#include "cli/speak.h"
#include "cli/status.h"
#include "document/document.h"

enum { CONFIG_MOST = 256 << 10 };

static char *read_file(const char *path, size_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *bytes;
	ssize_t got = 0;

	if (fd < 0)
		return NULL;
	bytes = mem_zalloc(CONFIG_MOST + 1);
	*size = 0;
	while (*size < CONFIG_MOST && (got = read(fd, bytes + *size, CONFIG_MOST - *size)) > 0)
		*size += (size_t)got;
	int error = errno;
	close(fd);
	errno = error;
	if (got >= 0)
		return bytes;
	free(bytes);
	return NULL;
}

/* Times are shown as the site's, wherever the operator's terminal thinks it is. */
static void take_zone(const struct node *root)
{
	const struct node *site = node_find(root, "site");
	const struct node *zone = site != NULL ? node_find(site, "timezone") : NULL;

	if (zone != NULL && zone->kind == NODE_STRING)
		setenv("TZ", zone->text, 1);
}

/* Takes `key` of group `paths` out of a parsed file, made absolute against the configuration's folder. */
static void take(const struct node *root, const char *config, const char *key, char **out)
{
	const struct node *paths = node_find(root, "paths");
	const struct node *node = paths != NULL ? node_find(paths, key) : NULL;
	const char *slash = strrchr(config, '/');

	if (node == NULL || node->kind != NODE_STRING)
		return;
	free(*out);
	if (node->text[0] == '/' || slash == NULL)
		*out = mem_strdup(node->text);
	else
		*out = mem_printf("%.*s/%s", (int)(slash - config), config, node->text);
}

static int read_one(const char *path, struct place_of_daemon *place)
{
	struct problems problems;
	struct node *root = NULL;
	size_t size;
	char *bytes = read_file(path, &size);
	int status = 0;

	if (bytes == NULL) {
		speak_error(N_("the configuration %s cannot be read: %s"), path, speak_errno(errno));
		return EXIT_CONFIGURATION;
	}
	problems_init(&problems);
	if (document_read_cfg(bytes, size, path, &root, &problems) == RESULT_OK) {
		take(root, place->config, "control", &place->socket);
		take(root, place->config, "spool", &place->spool);
		take_zone(root);
	} else {
		speak_problems(&problems);
		status = EXIT_CONFIGURATION;
	}
	document_free(&root);
	problems_fini(&problems);
	free(bytes);
	return status;
}

/* Further files of the configuration may hold the paths instead. */
static int read_folder(struct place_of_daemon *place)
{
	char *folder = mem_printf("%s.d", place->config);
	DIR *dir = opendir(folder);
	struct dirent *entry;
	int status = 0;

	while (dir != NULL && status == 0 && (entry = readdir(dir)) != NULL) {
		size_t length = strlen(entry->d_name);
		if (entry->d_name[0] == '.' || length < 6 || strcmp(entry->d_name + length - 5, ".conf") != 0)
			continue;
		char *path = mem_printf("%s/%s", folder, entry->d_name);
		status = read_one(path, place);
		free(path);
	}
	if (dir != NULL)
		closedir(dir);
	free(folder);
	return status;
}

int place_find(const char *config, struct place_of_daemon *place)
{
	const char *chosen = config != NULL ? config : getenv("CRIER_CONF");

	*place = (struct place_of_daemon){
		.config = mem_strdup(chosen != NULL && *chosen != '\0' ? chosen : CRIER_SYSCONFDIR "/crierd.conf"),
		.socket = mem_strdup("/run/crier/control.sock"),
		.spool = mem_strdup("/var/spool/crier"),
	};
	setenv("TZ", "Asia/Shanghai", 1); /* site.timezone's own default */
	int status = read_one(place->config, place);
	if (status == 0)
		status = read_folder(place);
	tzset();
	return status;
}

void place_fini(struct place_of_daemon *place)
{
	free(place->config);
	free(place->socket);
	free(place->spool);
	*place = (struct place_of_daemon){0};
}
