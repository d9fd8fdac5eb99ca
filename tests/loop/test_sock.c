/* Stream sockets, TCP and local, both ends on one real loop. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "loop/loop.h"
#include "loop/sock.h"
#include "testing/clock.h"
#include "testing/folder.h"
#include "testing/turns.h"

struct end {
	struct sock *sock;
	char got[256];
	size_t received;
	unsigned int calls;
	unsigned int connected;
	unsigned int writable;
	unsigned int closed;
	int error;
	bool echo;
	bool close_on_data;
	bool drain;
};

struct fixture {
	struct loop *loop;
	struct folder folder;
	struct sock_server *server;
	struct end client;
	struct end peers[4];
	unsigned int accepted;
	bool server_closed;
	bool ignore;
};

static void on_connected(void *arg)
{
	struct end *end = arg;

	end->connected++;
}

static void on_received(void *arg, const char *bytes, size_t size)
{
	struct end *end = arg;

	for (size_t i = 0; i < size && end->received + i < sizeof(end->got) - 1; i++)
		end->got[end->received + i] = bytes[i];
	end->received += size;
	end->calls++;
	if (end->echo)
		sock_send(end->sock, bytes, size);
	if (end->close_on_data)
		sock_close(end->sock, end->drain);
}

static void on_writable(void *arg)
{
	struct end *end = arg;

	end->writable++;
}

static void on_closed(void *arg, int error)
{
	struct end *end = arg;

	end->closed++;
	end->error = error;
	end->sock = NULL;
}

static const struct sock_events events = {on_connected, on_received, on_writable, on_closed};

static void on_accepted(void *arg, struct sock *sock)
{
	struct fixture *f = arg;

	if (f->ignore) {
		f->accepted++;
		return;
	}
	struct end *peer = &f->peers[f->accepted++ % 4];
	peer->sock = sock;
	sock_adopt(sock, &events, peer);
}

static void on_server_closed(void *arg)
{
	*(bool *)arg = true;
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	fake_clock_stop();
	f->loop = loop_new();
	folder_make(&f->folder);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	if (f->client.sock != NULL)
		sock_close(f->client.sock, false);
	for (int i = 0; i < 4; i++)
		if (f->peers[i].sock != NULL)
			sock_close(f->peers[i].sock, false);
	if (f->server != NULL)
		sock_server_close(f->server, on_server_closed, &f->server_closed);
	turns_end(&f->loop);
	folder_remove(&f->folder);
	fake_clock_go();
	free(f);
	return 0;
}

static void connect_tcp(struct fixture *f)
{
	f->server = sock_listen(f->loop, "127.0.0.1", 0, on_accepted, f);
	assert_non_null(f->server);
	f->client.sock = sock_connect(f->loop, "127.0.0.1", sock_server_port(f->server), 1000, &events, &f->client);
	assert_int_equal(f->client.connected, 0);
	turns_settle(f->loop);
	assert_int_equal(f->client.connected, 1);
	assert_int_equal(f->accepted, 1);
}

static void connect_local(struct fixture *f)
{
	const char *path = folder_at(&f->folder, "s.sock");

	f->server = sock_listen_local(f->loop, path, 0660, (gid_t)-1, on_accepted, f);
	assert_non_null(f->server);
	f->client.sock = sock_connect_local(f->loop, path, &events, &f->client);
	turns_settle(f->loop);
	assert_int_equal(f->client.connected, 1);
	assert_int_equal(f->accepted, 1);
}

static void bytes_travel_both_ways(void **state)
{
	struct fixture *f = *state;

	connect_tcp(f);
	f->peers[0].echo = true;
	assert_true(sock_send(f->client.sock, "hel", 3));
	assert_true(sock_send(f->client.sock, "lo", 2));
	assert_int_equal(sock_unsent(f->client.sock), 5);
	turns_settle(f->loop);
	assert_string_equal(f->peers[0].got, "hello");
	assert_int_equal(f->peers[0].calls, 1); /* what one turn gave left together */
	assert_string_equal(f->client.got, "hello");
	assert_int_equal(sock_unsent(f->client.sock), 0);
}

static void bytes_given_before_the_connection_stands_are_sent(void **state)
{
	struct fixture *f = *state;

	f->server = sock_listen(f->loop, "::1", 0, on_accepted, f);
	if (f->server == NULL)
		f->server = sock_listen(f->loop, "127.0.0.1", 0, on_accepted, f);
	f->client.sock = sock_connect(f->loop, "::1", sock_server_port(f->server), 1000, &events, &f->client);
	assert_true(sock_send(f->client.sock, "early", 5));
	turns_settle(f->loop);
	if (f->client.closed == 0)
		assert_string_equal(f->peers[0].got, "early");
}

static void a_refused_connection_says_so_later_and_once(void **state)
{
	struct fixture *f = *state;

	f->server = sock_listen(f->loop, "127.0.0.1", 0, on_accepted, f);
	uint16_t port = sock_server_port(f->server);
	sock_server_close(f->server, on_server_closed, &f->server_closed);
	f->server = NULL;
	turns_settle(f->loop);
	assert_true(f->server_closed);
	f->client.sock = sock_connect(f->loop, "127.0.0.1", port, 1000, &events, &f->client);
	assert_int_equal(f->client.closed, 0);
	turns_settle(f->loop);
	assert_int_equal(f->client.closed, 1);
	assert_int_equal(f->client.error, ECONNREFUSED);
	assert_int_equal(f->client.connected, 0);
}

static void a_name_is_not_an_address(void **state)
{
	struct fixture *f = *state;

	f->client.sock = sock_connect(f->loop, "localhost", 1, 1000, &events, &f->client);
	turns_settle(f->loop);
	assert_int_equal(f->client.closed, 1);
	assert_int_equal(f->client.error, EINVAL);
	assert_null(sock_listen(f->loop, "no.such.place", 0, on_accepted, f));
	assert_int_equal(errno, EINVAL);
}

/* A listener whose queue is full lets further callers wait without an answer. */
static int full_listener(uint16_t *port, int fillers[3])
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 0), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
	for (int i = 0; i < 3; i++) {
		fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		if (connect(fillers[i], (struct sockaddr *)&at, sizeof(at)) != 0)
			assert_int_equal(errno, EINPROGRESS);
	}
	*port = ntohs(at.sin_port);
	return fd;
}

static void connecting_ends_with_the_callers_patience(void **state)
{
	struct fixture *f = *state;
	uint16_t port;
	int fillers[3];
	int fd = full_listener(&port, fillers);

	f->client.sock = sock_connect(f->loop, "127.0.0.1", port, 5000, &events, &f->client);
	turns_pass(f->loop, 4999);
	assert_int_equal(f->client.closed, 0);
	turns_pass(f->loop, 1);
	assert_int_equal(f->client.closed, 1);
	assert_int_equal(f->client.error, ETIMEDOUT);
	close(fd);
	for (int i = 0; i < 3; i++)
		close(fillers[i]);
}

static void a_peer_that_leaves_ends_it_with_zero(void **state)
{
	struct fixture *f = *state;

	connect_tcp(f);
	sock_close(f->peers[0].sock, false);
	sock_close(f->peers[0].sock, false);
	turns_settle(f->loop);
	assert_int_equal(f->peers[0].closed, 1);
	assert_int_equal(f->client.closed, 1);
	assert_int_equal(f->client.error, 0);
}

static void a_reset_is_an_error_and_what_came_before_it_is_read(void **state)
{
	struct fixture *f = *state;

	f->server = sock_listen(f->loop, "127.0.0.1", 0, on_accepted, f);
	struct sockaddr_in at = {.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons(sock_server_port(f->server))};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	turns_settle(f->loop);
	struct linger hard = {.l_onoff = 1, .l_linger = 0};
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	assert_int_equal(write(fd, "last", 4), 4);
	close(fd);
	turns_settle(f->loop);
	assert_int_equal(f->peers[0].closed, 1);
	assert_int_equal(f->peers[0].error, ECONNRESET);
	assert_string_equal(f->peers[0].got, "last");
}

static void closing_with_drain_sends_everything_first(void **state)
{
	struct fixture *f = *state;
	char *bytes = calloc(1, 600000);

	connect_tcp(f);
	assert_true(sock_send(f->client.sock, bytes, 600000));
	sock_close(f->client.sock, true);
	assert_false(sock_send(f->client.sock, "x", 1));
	turns_settle(f->loop);
	assert_int_equal(f->peers[0].received, 600000);
	assert_int_equal(f->peers[0].closed, 1);
	assert_int_equal(f->client.closed, 1);
	assert_int_equal(f->client.error, 0);
	free(bytes);
}

static void draining_into_a_deaf_peer_ends_after_a_while(void **state)
{
	struct fixture *f = *state;
	char *bytes = calloc(1, SOCK_UNSENT_MOST);
	uint16_t port;
	int fillers[3];
	int fd = full_listener(&port, fillers);

	/* The first filler is connected and never reads: use a sock of our own on an accepted descriptor's other end. */
	f->client.sock = sock_connect(f->loop, "127.0.0.1", port, 0, &events, &f->client);
	assert_true(sock_send(f->client.sock, bytes, SOCK_UNSENT_MOST));
	sock_close(f->client.sock, true);
	turns_pass(f->loop, SOCK_DRAIN_MS - 1);
	assert_int_equal(f->client.closed, 0);
	turns_pass(f->loop, 1);
	assert_int_equal(f->client.closed, 1);
	assert_int_equal(f->client.error, ETIMEDOUT);
	close(fd);
	for (int i = 0; i < 3; i++)
		close(fillers[i]);
	free(bytes);
}

static void too_much_unsent_is_refused_and_room_is_announced(void **state)
{
	struct fixture *f = *state;
	char *bytes = calloc(1, SOCK_UNSENT_MOST);

	connect_tcp(f);
	assert_true(sock_send(f->client.sock, bytes, SOCK_UNSENT_MOST));
	assert_false(sock_send(f->client.sock, "x", 1));
	assert_int_equal(f->client.writable, 0);
	turns_settle(f->loop);
	assert_int_equal(f->client.writable, 1);
	assert_int_equal(f->peers[0].received, SOCK_UNSENT_MOST);
	assert_true(sock_send(f->client.sock, "x", 1));
	turns_settle(f->loop);
	assert_int_equal(f->client.writable, 1);
	free(bytes);
}

static void a_client_that_only_stopped_sending_still_gets_its_answer(void **state)
{
	struct fixture *f = *state;
	char answer[16] = "";

	f->server = sock_listen_local(f->loop, folder_at(&f->folder, "s"), 0600, (gid_t)-1, on_accepted, f);
	f->peers[0].echo = true;
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	snprintf(at.sun_path, sizeof(at.sun_path), "%s/s", f->folder.path);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(write(fd, "ping", 4), 4);
	shutdown(fd, SHUT_WR);
	turns_settle(f->loop);
	assert_int_equal(read(fd, answer, sizeof(answer)), 4);
	assert_int_equal(f->peers[0].closed, 1);
	close(fd);
}

static void closing_inside_received_is_safe(void **state)
{
	struct fixture *f = *state;

	connect_local(f);
	f->peers[0].close_on_data = true;
	sock_send(f->client.sock, "bye", 3);
	turns_settle(f->loop);
	assert_int_equal(f->peers[0].closed, 1);
	assert_int_equal(f->client.closed, 1);
}

static void a_local_peer_is_known_and_a_tcp_peer_is_not(void **state)
{
	struct fixture *f = *state;
	uid_t uid = 0;
	gid_t gid = 0;
	pid_t pid = 0;

	connect_local(f);
	assert_true(sock_peer(f->peers[0].sock, &uid, &gid, &pid));
	assert_int_equal(uid, getuid());
	assert_int_equal(gid, getgid());
	assert_int_equal(pid, getpid());
	sock_server_close(f->server, on_server_closed, &f->server_closed);
	sock_close(f->client.sock, false);
	turns_settle(f->loop);
	f->client.connected = 0;
	f->accepted = 0;
	connect_tcp(f);
	assert_false(sock_peer(f->peers[0].sock, &uid, &gid, &pid));
}

static void send_with_descriptors(int fd, const char *text, const int *descriptors, size_t count)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(4 * sizeof(int))];
	} control = {0};
	struct iovec part = {.iov_base = (void *)(uintptr_t)text, .iov_len = strlen(text)};
	struct msghdr message = {.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = CMSG_SPACE(count * sizeof(int))};
	struct cmsghdr *c = CMSG_FIRSTHDR(&message);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(count * sizeof(int));
	memcpy(CMSG_DATA(c), descriptors, count * sizeof(int));
	assert_int_equal(sendmsg(fd, &message, 0), (ssize_t)strlen(text));
}

static unsigned int open_descriptors(void)
{
	unsigned int count = 0;

	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static void one_descriptor_travels_and_further_ones_are_closed(void **state)
{
	struct fixture *f = *state;
	char text[8] = "";

	f->server = sock_listen_local(f->loop, folder_at(&f->folder, "s"), 0600, (gid_t)-1, on_accepted, f);
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	snprintf(at.sun_path, sizeof(at.sun_path), "%s/s", f->folder.path);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	turns_settle(f->loop);
	folder_write_text(&f->folder, "file", "inside");
	int opened = open(folder_at(&f->folder, "file"), O_RDONLY);
	int three[3] = {opened, opened, opened};
	unsigned int before = open_descriptors();
	send_with_descriptors(fd, "take", three, 3);
	turns_settle(f->loop);
	assert_int_equal(open_descriptors(), before + 1);
	int got = sock_take_descriptor(f->peers[0].sock);
	assert_true(got >= 0);
	assert_int_equal(sock_take_descriptor(f->peers[0].sock), -1);
	assert_int_equal(read(got, text, sizeof(text)), 6);
	assert_string_equal(text, "inside");
	assert_true((fcntl(got, F_GETFD) & FD_CLOEXEC) != 0);
	close(got);
	send_with_descriptors(fd, "again", three, 1);
	turns_settle(f->loop);
	close(fd);
	turns_settle(f->loop); /* one that nobody took goes with the sock */
	assert_int_equal(open_descriptors(), before - 2);
	close(opened);
}

static void a_local_socket_has_its_mode_and_goes_with_its_server(void **state)
{
	struct fixture *f = *state;
	struct stat st;

	f->server = sock_listen_local(f->loop, folder_at(&f->folder, "s"), 0660, getgid(), on_accepted, f);
	assert_int_equal(stat(folder_at(&f->folder, "s"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
	assert_null(sock_listen_local(f->loop, folder_at(&f->folder, "s"), 0660, (gid_t)-1, on_accepted, f));
	assert_int_equal(errno, EADDRINUSE);
	sock_server_close(f->server, on_server_closed, &f->server_closed);
	f->server = NULL;
	turns_settle(f->loop);
	assert_true(f->server_closed);
	assert_false(folder_has(&f->folder, "s"));
}

static void a_dead_daemons_socket_is_replaced_and_a_plain_file_is_not(void **state)
{
	struct fixture *f = *state;
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	char longer[200];

	snprintf(at.sun_path, sizeof(at.sun_path), "%s/s", f->folder.path);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	close(fd);
	f->server = sock_listen_local(f->loop, at.sun_path, 0660, (gid_t)-1, on_accepted, f);
	assert_non_null(f->server);
	folder_write_text(&f->folder, "plain", "mine");
	assert_null(sock_listen_local(f->loop, folder_at(&f->folder, "plain"), 0660, (gid_t)-1, on_accepted, f));
	assert_int_equal(errno, EEXIST);
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_null(sock_listen_local(f->loop, longer, 0660, (gid_t)-1, on_accepted, f));
	assert_int_equal(errno, ENAMETOOLONG);
}

static void a_caller_whom_nobody_adopts_is_hung_up_on(void **state)
{
	struct fixture *f = *state;

	f->ignore = true;
	f->server = sock_listen(f->loop, "127.0.0.1", 0, on_accepted, f);
	f->client.sock = sock_connect(f->loop, "127.0.0.1", sock_server_port(f->server), 1000, &events, &f->client);
	turns_settle(f->loop);
	assert_int_equal(f->accepted, 1);
	assert_int_equal(f->client.closed, 1);
}

static void no_local_socket_there_is_an_error_later(void **state)
{
	struct fixture *f = *state;

	f->client.sock = sock_connect_local(f->loop, folder_at(&f->folder, "none"), &events, &f->client);
	assert_int_equal(f->client.closed, 0);
	turns_settle(f->loop);
	assert_int_equal(f->client.closed, 1);
	assert_int_equal(f->client.error, ENOENT);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(bytes_travel_both_ways),
		CASE(bytes_given_before_the_connection_stands_are_sent),
		CASE(a_refused_connection_says_so_later_and_once),
		CASE(a_name_is_not_an_address),
		CASE(connecting_ends_with_the_callers_patience),
		CASE(a_peer_that_leaves_ends_it_with_zero),
		CASE(a_reset_is_an_error_and_what_came_before_it_is_read),
		CASE(closing_with_drain_sends_everything_first),
		CASE(draining_into_a_deaf_peer_ends_after_a_while),
		CASE(too_much_unsent_is_refused_and_room_is_announced),
		CASE(a_client_that_only_stopped_sending_still_gets_its_answer),
		CASE(closing_inside_received_is_safe),
		CASE(a_local_peer_is_known_and_a_tcp_peer_is_not),
		CASE(one_descriptor_travels_and_further_ones_are_closed),
		CASE(a_local_socket_has_its_mode_and_goes_with_its_server),
		CASE(a_dead_daemons_socket_is_replaced_and_a_plain_file_is_not),
		CASE(a_caller_whom_nobody_adopts_is_hung_up_on),
		CASE(no_local_socket_there_is_an_error_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
