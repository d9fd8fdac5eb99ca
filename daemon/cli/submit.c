#include "cli/submit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/mem.h"
#include "cli/name.h"
#include "cli/show.h"
#include "cli/speak.h"
#include "cli/status.h"
#include "cli/talk.h"

enum { FILE_MOST = 256 << 10 };

struct handover {
	const char *spool; /* for words */
	int tmp, new; /* the two folders in it */
	char *name;
};

static int complain(const char *path)
{
	int error = errno;

	speak_error(N_("%s: %s"), path, speak_errno(error));
	return error == EACCES || error == EPERM ? EXIT_DENIED : EXIT_LATER;
}

/* The officer's own file: that it may not be read says nothing about group crier. */
static int not_read(const char *path)
{
	speak_error(N_("%s: %s"), path, speak_errno(errno));
	return EXIT_NO_FILE;
}

static int read_file(const char *path, char **bytes, size_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = 0;

	if (fd < 0)
		return not_read(path);
	*bytes = mem_zalloc(FILE_MOST + 1);
	*size = 0;
	while (*size <= FILE_MOST && (got = read(fd, *bytes + *size, FILE_MOST + 1 - *size)) > 0)
		*size += (size_t)got;
	int status = got < 0 ? not_read(path) : 0;
	close(fd);
	if (status == 0 && *size > FILE_MOST) {
		speak_error(N_("%s: larger than an alert may be (256 KiB)"), path);
		status = EXIT_REFUSED;
	}
	return status;
}

static int open_folders(const struct place_of_daemon *place, struct handover *handover)
{
	char *tmp = mem_printf("%s/tmp", place->spool), *new = mem_printf("%s/new", place->spool);
	int status = 0;

	handover->tmp = open(tmp, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (handover->tmp < 0)
		status = complain(tmp);
	handover->new = status == 0 ? open(new, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (status == 0 && handover->new < 0)
		status = complain(new);
	free(tmp);
	free(new);
	return status;
}

/* The whole file in tmp/, synced. Group crier may read it, others not. */
static int write_tmp(const struct handover *handover, const char *bytes, size_t size)
{
	int fd = openat(handover->tmp, handover->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	size_t done = 0;

	if (fd < 0)
		return -1;
	while (done < size) {
		ssize_t some = write(fd, bytes + done, size - done);
		if (some < 0 && errno != EINTR)
			break;
		done += some > 0 ? (size_t)some : 0;
	}
	bool fine = done == size && fchmod(fd, 0640) == 0 && fsync(fd) == 0;
	int error = errno;
	if (close(fd) == 0 && fine)
		return 0;
	unlinkat(handover->tmp, handover->name, 0);
	errno = error;
	return -1;
}

/* The daemon listens for the verdict: now the file may appear. */
static int on_ready(void *arg, const json_t *value)
{
	return json_is_true(json_object_get(value, "ready"));
}

static int await_verdict(struct talk *talk, const char *path, bool json)
{
	json_t *result = NULL;
	int status = talk_await(talk, NULL, NULL, &result);

	if (status == 0 && json) {
		json_dumpf(result, stdout, JSON_INDENT(2));
		putchar('\n');
	} else if (status == 0) {
		show_submitted(path, result);
	}
	json_decref(result);
	return status;
}

static int hand_over(struct talk *talk, struct handover *handover, const char *path, const char *bytes, size_t size,
	bool json)
{
	json_t *none;

	if (write_tmp(handover, bytes, size) != 0)
		return complain(handover->spool); /* it is that disk that is full */
	int status = talk_ask(talk, "submit", json_pack("{s:s}", "name", handover->name), -1);
	if (status == 0)
		status = talk_await(talk, on_ready, NULL, &none);
	if (status != 0) {
		unlinkat(handover->tmp, handover->name, 0);
		return status == EXIT_NOT_RUNNING ? EXIT_LATER : status;
	}
	if (renameat(handover->tmp, handover->name, handover->new, handover->name) != 0) {
		status = complain(handover->spool);
		unlinkat(handover->tmp, handover->name, 0);
		return status;
	}
	if (fsync(handover->new) != 0 || fsync(handover->tmp) != 0)
		return complain(handover->spool);
	status = await_verdict(talk, path, json);
	if (status == EXIT_NOT_RUNNING || status == EXIT_LATER)
		speak_error(
			N_("%s stands in the folder and will be judged; its verdict: crier alert list, or a .reason file in failed/"),
			path);
	return status == EXIT_NOT_RUNNING ? EXIT_LATER : status;
}

int submit_file(const struct place_of_daemon *place, const char *path, bool json)
{
	struct handover handover = {place->spool, -1, -1, NULL};
	struct talk *talk = NULL;
	char word[18], *bytes = NULL, *name = name_for_daemon(path);
	size_t size;

	int status = read_file(path, &bytes, &size);
	if (status == 0) {
		status = talk_open(place, &talk);
		if (status == EXIT_NOT_RUNNING) {
			speak_error(N_("%s was not handed over; submit it again when crierd runs"), path);
			status = EXIT_LATER;
		}
	}
	if (status == 0)
		status = open_folders(place, &handover);
	if (status == 0) {
		/* No other file in the folder is called so. */
		digest_random_hex(word, 8);
		memcpy(word + 16, "-", 2);
		talk_hide(talk, word);
		handover.name = mem_printf("%s%s", word, name);
		status = hand_over(talk, &handover, path, bytes, size, json);
	}
	free(handover.name);
	free(name);
	free(bytes);
	if (handover.tmp >= 0)
		close(handover.tmp);
	if (handover.new >= 0)
		close(handover.new);
	talk_close(&talk);
	return status;
}
