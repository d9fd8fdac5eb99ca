#include "loop/notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

struct notify {
	int fd; /* -1: nobody listens */
	struct sockaddr_un to;
	socklen_t to_size;
	uint64_t watchdog_ms;
};

/* sd_notify(3): a path from the root, or '@' for the zero byte that begins an abstract name. */
static bool read_address(struct notify *notify, const char *text)
{
	size_t size = strlen(text);

	if (size < 2 || size >= sizeof(notify->to.sun_path) || (*text != '/' && *text != '@'))
		return false;
	notify->to.sun_family = AF_UNIX;
	memcpy(notify->to.sun_path, text, size + 1);
	if (*text == '@')
		notify->to.sun_path[0] = '\0';
	notify->to_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size + (*text == '/'));
	return true;
}

/* sd_watchdog_enabled(3): meant for us only when WATCHDOG_PID, if set, is our own. */
static uint64_t read_watchdog(void)
{
	const char *usec = getenv("WATCHDOG_USEC");
	const char *pid = getenv("WATCHDOG_PID");
	char *end;

	if (usec == NULL || (pid != NULL && strtol(pid, NULL, 10) != (long)getpid()))
		return 0;
	errno = 0;
	unsigned long long us = strtoull(usec, &end, 10);
	if (errno != 0 || end == usec || *end != '\0')
		return 0;
	return us / 1000;
}

struct notify *notify_new(void)
{
	struct notify *notify = mem_zalloc(sizeof(*notify));
	const char *address = getenv("NOTIFY_SOCKET");

	notify->fd = -1;
	if (address != NULL && read_address(notify, address))
		notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	notify->watchdog_ms = notify->fd >= 0 ? read_watchdog() : 0;
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	return notify;
}

void notify_free(struct notify **at)
{
	if (*at == NULL)
		return;
	if ((*at)->fd >= 0)
		close((*at)->fd);
	free(*at);
	*at = NULL;
}

/* A manager that does not read is its own trouble: nothing here waits or fails. */
static void say_to_manager(const struct notify *notify, const char *text)
{
	if (notify->fd < 0)
		return;
	(void)!sendto(notify->fd, text, strlen(text), MSG_NOSIGNAL, (const struct sockaddr *)&notify->to,
		notify->to_size);
}

void notify_ready(const struct notify *notify)
{
	say_to_manager(notify, "READY=1");
}

void notify_reloading(const struct notify *notify)
{
	char text[80];

	/* Newer managers want the time of it as well. */
	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%llu", (unsigned long long)clock_mono_us());
	say_to_manager(notify, text);
}

void notify_stopping(const struct notify *notify)
{
	say_to_manager(notify, "STOPPING=1");
}

void notify_status(const struct notify *notify, const char *text)
{
	char *line = mem_printf("STATUS=%s", text);

	for (char *c = line; *c != '\0'; c++)
		if (*c == '\n')
			*c = ' ';
	say_to_manager(notify, line);
	free(line);
}

void notify_alive(const struct notify *notify)
{
	say_to_manager(notify, "WATCHDOG=1");
}

uint64_t notify_watchdog_ms(const struct notify *notify)
{
	return notify->watchdog_ms;
}
