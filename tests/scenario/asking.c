#include "asking.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/mem.h"

struct asking {
	int fd;
	char text[1 << 16];
	size_t size;
	bool over;
};

static void send_request(const struct asking *asking, const char *command, json_t *args, int fd)
{
	json_t *request = json_pack("{s:s, s:o}", "command", command, "args", args);
	char *text = json_dumps(request, JSON_COMPACT), *line = mem_printf("%s\n", text);
	struct iovec part = {line, strlen(line)};
	char room[CMSG_SPACE(sizeof(int))] = {0};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

	if (fd >= 0) {
		message.msg_control = room;
		message.msg_controllen = sizeof(room);
		struct cmsghdr *header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(header), &fd, sizeof(int));
	}
	assert_int_equal(sendmsg(asking->fd, &message, MSG_NOSIGNAL), (ssize_t)part.iov_len);
	json_decref(request);
	free(text);
	free(line);
}

struct asking *asking_begin(struct stage *stage, const char *command, json_t *args, int fd)
{
	struct asking *asking = mem_zalloc(sizeof(*asking));
	struct sockaddr_un at = {.sun_family = AF_UNIX};

	asking->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	snprintf(at.sun_path, sizeof(at.sun_path), "%s", folder_at(&stage->folder, "control.sock"));
	assert_int_equal(connect(asking->fd, (struct sockaddr *)&at, sizeof(at)), 0);
	fcntl(asking->fd, F_SETFL, O_NONBLOCK);
	send_request(asking, command, args, fd);
	return asking;
}

bool asking_over(void *arg)
{
	struct asking *asking = arg;
	ssize_t got;

	while (!asking->over &&
		(got = read(asking->fd, asking->text + asking->size, sizeof(asking->text) - 1 - asking->size)) >= 0) {
		asking->size += (size_t)got;
		asking->text[asking->size] = '\0';
		asking->over = got == 0 || strstr(asking->text, "\"result\":") != NULL ||
			strstr(asking->text, "\"error\":") != NULL;
	}
	return asking->over;
}

bool asking_ready(void *arg)
{
	struct asking *asking = arg;

	return asking_over(asking) || strstr(asking->text, "\"ready\":") != NULL;
}

const char *asking_words(const struct asking *asking)
{
	return asking->text;
}

json_t *asking_end(struct asking **ended, int *exit)
{
	struct asking *asking = *ended;

	asking_over(asking); /* what was said was said */
	char *last = asking->text;
	for (char *line = strchr(last, '\n'); line != NULL && line[1] != '\0'; line = strchr(last, '\n'))
		last = line + 1;
	json_t *answer = json_loads(last, JSON_DISABLE_EOF_CHECK, NULL);
	json_t *result = json_incref(json_object_get(answer, "result"));
	*exit = (int)json_integer_value(json_object_get(json_object_get(answer, "error"), "exit"));
	json_decref(answer);
	close(asking->fd);
	free(asking);
	*ended = NULL;
	return result;
}
