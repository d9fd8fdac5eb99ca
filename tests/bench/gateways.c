#include "gateways.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "stand.h"

#define IN_MOST  65536
#define OUT_MOST 65536

/* The receipts of one request: its dlr-url as it stands before and behind the number. */
struct texts {
	struct texts *next;
	char *head, *tail;
	size_t head_size, tail_size;
	uint32_t count, at;
	uint64_t phones[];
};

enum kind { LISTENER, GATEWAY, CLIENT };

struct connection {
	enum kind kind;
	int fd;
	struct texts *texts; /* CLIENT: whose receipts it sends */
	bool waiting; /* CLIENT: for an answer */
	struct connection *next_idle;
	size_t in_size;
	char *in;
};

struct sink {
	int epoll;
	struct gateways_seen *seen;
	uint64_t first_phone;
	uint32_t people;
	uint8_t *texted; /* a bit for each */
	unsigned int want_clients, clients;
	uint16_t receipt_port;
	struct connection *idle;
	struct texts *first, **last;
	char *out;
	uint64_t stop_at; /* receipts; 0: never */
};

static void add(uint64_t by, _Atomic uint64_t *to)
{
	atomic_store_explicit(to, atomic_load_explicit(to, memory_order_relaxed) + by, memory_order_relaxed);
}

static struct connection *watch(struct sink *sink, enum kind kind, int fd)
{
	struct connection *connection = mem_zalloc(sizeof(*connection));
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
	int on = 1;

	connection->kind = kind;
	connection->fd = fd;
	connection->in = mem_zalloc(kind == GATEWAY ? IN_MOST : 4096);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (epoll_ctl(sink->epoll, EPOLL_CTL_ADD, fd, &event) != 0)
		stand_die("epoll_ctl");
	return connection;
}

static void drop(struct connection *connection)
{
	close(connection->fd);
	free(connection->in);
	free(connection);
}

static void free_texts(struct texts *texts)
{
	free(texts->head);
	free(texts->tail);
	free(texts);
}

/* ---- receipts ---- */

/* Sends the next receipt, of its own batch or of the next that waits; without any it is idle. */
static void send_receipt(struct sink *sink, struct connection *client)
{
	if (client->texts == NULL) {
		client->texts = sink->first;
		if (client->texts == NULL) {
			client->next_idle = sink->idle;
			sink->idle = client;
			return;
		}
		sink->first = client->texts->next;
		if (sink->first == NULL)
			sink->last = &sink->first;
	}
	struct texts *texts = client->texts;
	char *at = mempcpy(sink->out, texts->head, texts->head_size);
	at += snprintf(at, 16, "%" PRIu64, texts->phones[texts->at++]);
	at = mempcpy(at, texts->tail, texts->tail_size);
	if (send(client->fd, sink->out, (size_t)(at - sink->out), MSG_NOSIGNAL) != at - sink->out)
		add(1, &sink->seen->broken);
	client->waiting = true;
	if (texts->at < texts->count)
		return;
	free_texts(texts);
	client->texts = NULL;
}

static void queue_texts(struct sink *sink, struct texts *texts)
{
	*sink->last = texts;
	sink->last = &texts->next;
	for (struct connection *client; (client = sink->idle) != NULL && sink->first != NULL;) {
		sink->idle = client->next_idle;
		send_receipt(sink, client);
	}
}

static void connect_clients(struct sink *sink, uint16_t port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	for (; sink->clients < sink->want_clients; sink->clients++) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0)
			stand_die("the receipt port");
		struct connection *client = watch(sink, CLIENT, fd);
		client->next_idle = sink->idle;
		sink->idle = client;
	}
	sink->receipt_port = port;
}

static void on_answer(struct sink *sink, struct connection *client)
{
	ssize_t got = recv(client->fd, client->in + client->in_size, 4095 - client->in_size, 0);

	if (got <= 0) {
		if (client->waiting)
			add(1, &sink->seen->broken);
		epoll_ctl(sink->epoll, EPOLL_CTL_DEL, client->fd, NULL);
		return;
	}
	client->in_size += (size_t)got;
	client->in[client->in_size] = '\0';
	if (strstr(client->in, "\r\n\r\n") == NULL)
		return;
	if (strncmp(client->in, "HTTP/1.1 200", 12) != 0 || strcasestr(client->in, "\r\nContent-Length: 0\r\n") == NULL)
		add(1, &sink->seen->strange);
	client->in_size = 0;
	client->waiting = false;
	add(1, &sink->seen->receipts);
	atomic_store_explicit(&sink->seen->last_receipt_us, clock_mono_us(), memory_order_relaxed);
	send_receipt(sink, client);
}

/* ---- requests ---- */

static unsigned int hex(char digit)
{
	return digit >= 'a'    ? (unsigned int)(digit - 'a' + 10)
		: digit >= 'A' ? (unsigned int)(digit - 'A' + 10)
			       : (unsigned int)(digit - '0');
}

/* The value of a parameter, decoded. Returns its length. */
static size_t value_of(const char *line, const char *end, const char *name, char *out)
{
	size_t size = 0, length = strlen(name);

	for (const char *at = line; at < end && (at = memmem(at, (size_t)(end - at), name, length)) != NULL; at++) {
		if (at == line || (at[-1] != '&' && at[-1] != '?'))
			continue;
		for (at += length; at < end && *at != '&' && *at != ' '; at++) {
			if (*at == '%' && end - at > 2) {
				out[size++] = (char)(hex(at[1]) << 4 | hex(at[2]));
				at += 2;
			} else {
				out[size++] = *at == '+' ? ' ' : *at;
			}
		}
		break;
	}
	out[size] = '\0';
	return size;
}

/* What Kannel makes of a dlr-url: its escapes are filled in; the number, the only one that differs, is left out. */
static void read_receipt_url(struct sink *sink, struct texts *texts, const char *url)
{
	char out[4096], *at = out;
	unsigned int port = 0;
	const char *path = strncmp(url, "http://", 7) == 0 ? strchr(url + 7, '/') : NULL;
	const char *colon = strchr(url + 5, ':');

	if (path == NULL || colon == NULL || sscanf(colon, ":%u", &port) != 1)
		stand_die("a dlr-url that cannot be read");
	at += snprintf(at, 64, "GET ");
	for (const char *p = path; *p != '\0' && at < out + 2048; p++) {
		if (*p != '%') {
			*at++ = *p;
			continue;
		}
		switch (*++p) {
		case 'd':
			*at++ = '1';
			break;
		case 'A':
			at = stpcpy(at, "DELIVRD");
			break;
		case 't':
			at = stpcpy(at, "2026-11-21+02%3A00%3A00");
			break;
		case 'p':
			texts->head_size = (size_t)(at - out);
			texts->head = mem_zalloc(texts->head_size + 1);
			memcpy(texts->head, out, texts->head_size);
			at = out;
			break;
		default:
			*at++ = *p;
		}
	}
	at += snprintf(at, 256,
		" HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nConnection: keep-alive\r\nUser-Agent: Kannel/1.4.5\r\n\r\n", port);
	texts->tail_size = (size_t)(at - out);
	texts->tail = mem_zalloc(texts->tail_size + 1);
	memcpy(texts->tail, out, texts->tail_size);
	if (texts->head == NULL)
		stand_die("a dlr-url without the number");
	if (sink->clients == 0)
		connect_clients(sink, (uint16_t)port);
}

static void note_phone(struct sink *sink, uint64_t phone)
{
	uint64_t n = phone - sink->first_phone;

	if (n >= sink->people) {
		add(1, &sink->seen->strange);
		return;
	}
	if ((sink->texted[n / 8] & 1u << n % 8) != 0)
		add(1, &sink->seen->repeated);
	sink->texted[n / 8] |= (uint8_t)(1u << n % 8);
}

static void take_request(struct sink *sink, const char *line, const char *end)
{
	static char to[IN_MOST], url[IN_MOST];
	uint64_t phones[1024];
	uint32_t count = 0;
	char *rest = to;

	value_of(line, end, "to=", to);
	while (*rest != '\0' && count < 1024) {
		uint64_t phone = strtoull(rest + strcspn(rest, "0123456789"), &rest, 10);
		if (phone == 0)
			break;
		note_phone(sink, phone);
		phones[count++] = phone;
	}
	if (count == 0)
		add(1, &sink->seen->strange);
	uint64_t now_us = clock_mono_us();
	if (atomic_load(&sink->seen->first_us) == 0)
		atomic_store(&sink->seen->first_us, now_us);
	atomic_store_explicit(&sink->seen->last_us, now_us, memory_order_relaxed);
	add(1, &sink->seen->requests);
	add(count, &sink->seen->texts);
	if (sink->want_clients == 0 || value_of(line, end, "dlr-url=", url) == 0)
		return;
	struct texts *texts = mem_zalloc(sizeof(*texts) + count * sizeof(phones[0]));
	texts->count = count;
	memcpy(texts->phones, phones, count * sizeof(phones[0]));
	read_receipt_url(sink, texts, url);
	queue_texts(sink, texts);
}

static void on_request(struct sink *sink, struct connection *gateway)
{
	static const char answer[] = "HTTP/1.1 202 Accepted\r\nContent-Type: text/html\r\nContent-Length: 26\r\n\r\n"
				     "0: Accepted for delivery\r\n";
	ssize_t got = recv(gateway->fd, gateway->in + gateway->in_size, IN_MOST - 1 - gateway->in_size, 0);
	size_t out = 0;

	if (got <= 0) {
		drop(gateway);
		return;
	}
	gateway->in_size += (size_t)got;
	char *from = gateway->in, *end;
	while ((end = memmem(from, gateway->in_size - (size_t)(from - gateway->in), "\r\n\r\n", 4)) != NULL) {
		take_request(sink, from, memchr(from, '\r', (size_t)(end - from) + 1));
		from = end + 4;
		memcpy(sink->out + out, answer, sizeof(answer) - 1);
		out += sizeof(answer) - 1;
	}
	gateway->in_size -= (size_t)(from - gateway->in);
	memmove(gateway->in, from, gateway->in_size);
	if (out > 0 && send(gateway->fd, sink->out, out, MSG_NOSIGNAL) != (ssize_t)out)
		add(1, &sink->seen->strange);
}

/* ---- the loop ---- */

static void sink_init(struct sink *sink, struct gateways_seen *seen)
{
	*sink = (struct sink){.epoll = epoll_create1(EPOLL_CLOEXEC), .seen = seen, .out = mem_zalloc(OUT_MOST)};
	sink->last = &sink->first;
}

static void sink_run(struct sink *sink)
{
	struct epoll_event events[256];

	while (sink->stop_at == 0 || atomic_load(&sink->seen->receipts) < sink->stop_at) {
		int count = epoll_wait(sink->epoll, events, 256, 10000);
		if (count == 0 && sink->stop_at != 0)
			stand_die("no answer to a receipt for ten seconds");
		for (int i = 0; i < count; i++) {
			struct connection *connection = events[i].data.ptr;
			if (connection->kind == CLIENT)
				on_answer(sink, connection);
			else if (connection->kind == GATEWAY)
				on_request(sink, connection);
			else
				watch(sink, GATEWAY, accept(connection->fd, NULL, NULL));
		}
	}
}

static int open_port(uint16_t *port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0 || listen(fd, SOMAXCONN) != 0)
		stand_die("a gateway's port");
	getsockname(fd, (struct sockaddr *)&at, &size);
	*port = ntohs(at.sin_port);
	return fd;
}

static struct gateways_seen *share(void)
{
	struct gateways_seen *seen = mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		0);

	if (seen == MAP_FAILED)
		stand_die("mmap");
	return seen;
}

void gateways_start(struct gateways *gateways)
{
	int listeners[16];

	gateways->seen = share();
	for (unsigned int i = 0; i < gateways->count; i++)
		listeners[i] = open_port(&gateways->ports[i]);
	fflush(NULL);
	gateways->process = fork();
	if (gateways->process < 0)
		stand_die("fork");
	if (gateways->process > 0) {
		for (unsigned int i = 0; i < gateways->count; i++)
			close(listeners[i]);
		return;
	}
	struct sink sink;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sink_init(&sink, gateways->seen);
	sink.first_phone = gateways->first_phone;
	sink.people = gateways->people;
	sink.texted = mem_zalloc(gateways->people / 8 + 1);
	sink.want_clients = gateways->connections;
	for (unsigned int i = 0; i < gateways->count; i++)
		watch(&sink, LISTENER, listeners[i]);
	sink_run(&sink);
	_exit(0);
}

void gateways_stop(struct gateways *gateways)
{
	if (gateways->process > 0) {
		kill(gateways->process, SIGKILL);
		waitpid(gateways->process, NULL, 0);
	}
	munmap(gateways->seen, sizeof(*gateways->seen));
	gateways->process = 0;
}

double gateways_receipts_rate(uint16_t port, const char *path, uint32_t count, unsigned int connections)
{
	struct sink sink;
	char url[512];
	struct gateways_seen *seen = share();
	pid_t child = fork();
	int status;

	/* In a process of its own as well: what it holds ends with it. */
	if (child != 0) {
		uint64_t began = clock_mono_us();
		if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
			stand_die("the receipts were not all answered");
		double rate = (double)count * 1e6 / (double)(atomic_load(&seen->last_receipt_us) - began);
		munmap(seen, sizeof(*seen));
		return rate;
	}
	sink_init(&sink, seen);
	sink.want_clients = connections;
	sink.stop_at = count;
	for (uint32_t done = 0, number = 1; done < count; number++) {
		uint32_t size = count - done < 100 ? count - done : 100;
		struct texts *texts = mem_zalloc(sizeof(*texts) + size * sizeof(uint64_t));
		texts->count = size;
		for (uint32_t i = 0; i < size; i++)
			texts->phones[i] = STAND_FIRST_PHONE + done++;
		snprintf(url, sizeof(url), "http://127.0.0.1:%u%s/dlr?b=1-%u-%u&d=%%d&p=%%p&a=%%A&t=%%t", port, path,
			number % 8, number);
		read_receipt_url(&sink, texts, url);
		queue_texts(&sink, texts);
	}
	sink_run(&sink);
	_exit(atomic_load(&seen->strange) + atomic_load(&seen->broken) == 0 ? 0 : 1);
}
