#include "cli/talk.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "cli/speak.h"
#include "cli/status.h"

enum { REPLY_MOST = 256 << 20, NEWS_MS = 5000 };

/* Set once in main(). */
static int patience_ms = TALK_PATIENCE_MS;

void talk_set_patience(int ms)
{
	patience_ms = ms;
}

/* A daemon that is stopped or hangs takes neither connections nor bytes for ever. */
static void bound_sending(int fd)
{
	struct timeval most = {.tv_sec = patience_ms / 1000, .tv_usec = patience_ms % 1000 * 1000};

	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &most, sizeof(most));
}

static int say_silent(void)
{
	speak_error(
		N_("crierd has not answered for %d s; it may be busy or stuck: systemctl status crierd, journalctl -u crierd"),
		patience_ms / 1000);
	return EXIT_LATER;
}

struct talk {
	int fd;
	struct buf in;
	const char *hidden;
};

int talk_open(const struct place_of_daemon *place, struct talk **talk)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (strlen(place->socket) >= sizeof(address.sun_path)) {
		speak_error(N_("the path of the control socket is too long: %s"), place->socket);
		close(fd);
		return EXIT_FAILED;
	}
	memcpy(address.sun_path, place->socket, strlen(place->socket) + 1);
	if (fd >= 0)
		bound_sending(fd);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
		int error = errno;
		if (fd >= 0)
			close(fd);
		if (error == EACCES || error == EPERM) {
			speak_error(N_("you may not use %s; ask to be added to group crier"), place->socket);
			return EXIT_DENIED;
		}
		if (error == EAGAIN)
			return say_silent();
		speak_error(N_("crierd is not running (%s: %s); start it with: systemctl start crierd"), place->socket,
			speak_errno(error));
		return EXIT_NOT_RUNNING;
	}
	*talk = mem_zalloc(sizeof(**talk));
	(*talk)->fd = fd;
	buf_init(&(*talk)->in, REPLY_MOST);
	return 0;
}

void talk_close(struct talk **talk)
{
	if (*talk == NULL)
		return;
	close((*talk)->fd);
	buf_fini(&(*talk)->in);
	free(*talk);
	*talk = NULL;
}

void talk_hide(struct talk *talk, const char *prefix)
{
	talk->hidden = prefix;
}

/* The descriptor travels with the first byte. */
static ssize_t send_some(int fd, const char *bytes, size_t size, int descriptor)
{
	struct iovec part = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = size};
	union {
		char room[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = {0};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

	if (descriptor >= 0) {
		message.msg_control = control.room;
		message.msg_controllen = sizeof(control.room);
		struct cmsghdr *header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(header), &descriptor, sizeof(int));
	}
	return sendmsg(fd, &message, MSG_NOSIGNAL);
}

int talk_ask(struct talk *talk, const char *command, json_t *args, int descriptor)
{
	json_t *request = json_pack("{s:s, s:o}", "command", command, "args", args);
	char *text = json_dumps(request, JSON_COMPACT);
	char *line = mem_printf("%s\n", text);
	size_t size = strlen(line), sent = 0;

	errno = 0;
	while (sent < size) {
		ssize_t some = send_some(talk->fd, line + sent, size - sent, sent == 0 ? descriptor : -1);
		if (some < 0 && errno == EINTR)
			continue;
		if (some <= 0)
			break;
		sent += (size_t)some;
	}
	bool silent = errno == EAGAIN;
	free(text);
	free(line);
	json_decref(request);
	if (sent == size)
		return 0;
	if (silent)
		return say_silent();
	speak_error(N_("the daemon hung up"));
	return EXIT_NOT_RUNNING;
}

/* Waits until there is something to read. False when nothing came for as long as we are patient. */
static bool await_bytes(const struct talk *talk)
{
	struct pollfd watched = {.fd = talk->fd, .events = POLLIN};
	int first = patience_ms < NEWS_MS ? patience_ms : NEWS_MS, got;

	while ((got = poll(&watched, 1, first)) < 0 && errno == EINTR)
		;
	if (got != 0 || patience_ms <= NEWS_MS)
		return got != 0;
	speak_error(N_("waiting for crierd to answer …"));
	while ((got = poll(&watched, 1, patience_ms - NEWS_MS)) < 0 && errno == EINTR)
		;
	return got != 0;
}

/* The next whole line, without its newline, to be freed; NULL when the daemon hung up or (*silent) says nothing. */
static char *next_line(struct talk *talk, bool *silent)
{
	char chunk[65536];

	*silent = false;
	for (;;) {
		char *end = talk->in.size > 0 ? memchr(talk->in.data, '\n', talk->in.size) : NULL;
		if (end != NULL) {
			size_t length = (size_t)(end - talk->in.data);
			char *line = mem_strndup(talk->in.data, length);
			buf_drop(&talk->in, length + 1);
			return line;
		}
		*silent = !await_bytes(talk);
		if (*silent)
			return NULL;
		ssize_t got = recv(talk->fd, chunk, sizeof(chunk), 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0 || !buf_add(&talk->in, chunk, (size_t)got))
			return NULL;
	}
}

static void take_out(char *text, const char *part)
{
	size_t size = strlen(part);

	while (size > 0 && (text = strstr(text, part)) != NULL)
		memmove(text, text + size, strlen(text + size) + 1);
}

static int say_refusal(const struct talk *talk, const json_t *error)
{
	const char *text = json_string_value(json_object_get(error, speak_lang() == LANG_ZH ? "zh" : "en"));
	int status = (int)json_integer_value(json_object_get(error, "exit"));
	char *words = mem_strdup(text != NULL ? text : "");
	size_t length = strlen(words);

	while (length > 0 && words[length - 1] == '\n')
		length--;
	words[length] = '\0';
	if (talk->hidden != NULL)
		take_out(words, talk->hidden);
	speak_clean(words, '?', true);
	fprintf(stderr, "crier: %s\n", words);
	free(words);
	return status > 0 ? status : EXIT_FAILED;
}

int talk_await(struct talk *talk, int (*progress)(void *arg, const json_t *value), void *arg, json_t **result)
{
	*result = NULL;
	for (;;) {
		bool silent;
		char *line = next_line(talk, &silent);
		if (silent)
			return say_silent();
		if (line == NULL) {
			speak_error(N_("the daemon hung up"));
			return EXIT_NOT_RUNNING;
		}
		json_t *value = json_loads(line, 0, NULL);
		free(line);
		if (value == NULL) {
			speak_error(N_("the daemon's answer cannot be read; are crier and crierd of one version?"));
			return EXIT_FAILED;
		}
		json_t *error = json_object_get(value, "error"), *told = json_object_get(value, "progress");
		int status = -1;
		if (error != NULL)
			status = say_refusal(talk, error);
		else if (told == NULL)
			status = 0;
		else if (progress != NULL && progress(arg, told) != 0)
			status = 0;
		if (status == 0 && told == NULL)
			*result = json_incref(json_object_get(value, "result"));
		json_decref(value);
		if (status >= 0)
			return status;
	}
}
