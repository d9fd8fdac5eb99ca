#include "world/page.h"

#include <stdlib.h>
#include <string.h>

#include "base/embed.h"
#include "base/list.h"
#include "base/mem.h"
#include "world/peer.h"

#define BATCH_MS      200u
#define QUIET_BATCHES 75 /* 15 s without news: a comment, so that a reader who left is noticed */
#define FRAME_MOST    (512u << 10)

extern const struct embed_file embed_world_page[];

struct reader {
	struct link on_list;
	struct world_page *page;
	struct world_stream *stream;
	uint64_t since, recent;
	unsigned int quiet;
};

struct world_page {
	struct world *world;
	struct world_httpd *httpd;
	struct list readers;
	struct timer batch;
	bool closing;
	void (*closed)(void *arg);
	void *closed_arg;
};

/* ---- the event stream ---- */

static void tell(struct reader *reader)
{
	const struct world *world = reader->page->world;
	struct buf frame;

	if (world->changes == reader->since && reader->since != 0) {
		if (++reader->quiet < QUIET_BATCHES)
			return;
		reader->quiet = 0;
		world_stream_send(reader->stream, ":\n\n", 3);
		return;
	}
	reader->quiet = 0;
	buf_init(&frame, FRAME_MOST);
	buf_add_text(&frame, "data: ");
	world_view(world, reader->since, reader->recent, &frame);
	buf_add_text(&frame, "\n\n");
	/*
	 * Who cannot keep up misses a batch; the next one holds everything that is newer than what was last
	 * sent.
	 */
	if (!frame.full && world_stream_send(reader->stream, frame.data, frame.size)) {
		reader->since = world->changes;
		reader->recent = world->recent_count;
	}
	buf_fini(&frame);
}

static void on_batch(void *arg)
{
	struct world_page *page = arg;

	if (page->closing || list_empty(&page->readers))
		return;
	for (struct link *at = list_first(&page->readers); at != NULL; at = list_next(&page->readers, at))
		tell(list_object(at, struct reader, on_list));
	timer_arm(&page->batch, BATCH_MS);
}

static void on_ended(void *arg, struct world_stream *stream)
{
	struct reader *reader = arg;

	list_remove(&reader->on_list);
	free(reader);
}

static void open_stream(struct world_page *page, struct world_call *call)
{
	struct reader *reader = mem_zalloc(sizeof(*reader));

	reader->page = page;
	reader->stream = world_call_stream(call, on_ended, reader);
	list_push_back(&page->readers, &reader->on_list);
	tell(reader);
	if (!timer_armed(&page->batch))
		timer_arm(&page->batch, BATCH_MS);
}

/* ---- files and commands ---- */

static void answer(struct world_call *call, int status, const char *type, const void *body, size_t size)
{
	struct world_answer whole = {.status = status, .type = type, .body = body, .size = size};

	world_call_answer(call, &whole, 0);
}

static const char *type_of(const char *path)
{
	const char *dot = strrchr(path, '.');

	if (dot != NULL && strcmp(dot, ".css") == 0)
		return "text/css; charset=utf-8";
	if (dot != NULL && strcmp(dot, ".js") == 0)
		return "text/javascript; charset=utf-8";
	return "text/html; charset=utf-8";
}

static void send_file(struct world_call *call, const char *path)
{
	const char *name = strcmp(path, "/") == 0 ? "/index.html" : path;

	for (const struct embed_file *file = embed_world_page; file->path != NULL; file++) {
		const char *base = strrchr(file->path, '/');
		if (strcmp(base, name) == 0) {
			answer(call, 200, type_of(name), file->data, file->size);
			return;
		}
	}
	answer(call, 404, "text/plain", "not here\n", 9);
}

static void send_report(struct world_page *page, struct world_call *call)
{
	struct buf out;

	buf_init(&out, 4u << 20);
	world_report(page->world, &out);
	answer(call, 200, "application/json; charset=utf-8", buf_text(&out), out.size);
	buf_fini(&out);
}

static void command(struct world_page *page, struct world_call *call)
{
	const char *wrong = world_control(page->world, world_call_body(call), world_call_body_size(call));

	if (wrong == NULL)
		answer(call, 200, "application/json", "{\"ok\":true}", 11);
	else
		answer(call, 400, "text/plain; charset=utf-8", wrong, strlen(wrong));
}

static void on_asked(void *arg, struct world_call *call)
{
	struct world_page *page = arg;
	const char *path = world_call_path(call);
	bool post = strcmp(world_call_method(call), "POST") == 0;

	if (strcmp(path, "/events") == 0 && !post)
		open_stream(page, call);
	else if (strcmp(path, "/report") == 0 && !post)
		send_report(page, call);
	else if (strcmp(path, "/control") == 0 && post)
		command(page, call);
	else
		send_file(call, path);
}

static const struct world_httpd_events events = {.asked = on_asked};

/* ---- birth and end ---- */

struct world_page *world_page_new(struct world *world, uint16_t port)
{
	struct world_page *page = mem_zalloc(sizeof(*page));

	page->world = world;
	list_init(&page->readers);
	timer_init(&page->batch, world->loop, on_batch, page);
	page->httpd = world_httpd_new(world->loop, world->address, port, &events, page);
	if (page->httpd == NULL) {
		free(page);
		return NULL;
	}
	return page;
}

uint16_t world_page_own_port(const struct world_page *page)
{
	return world_httpd_port(page->httpd);
}

static void on_httpd_closed(void *arg)
{
	struct world_page *page = arg;
	void (*closed)(void *) = page->closed;
	void *closed_arg = page->closed_arg;

	free(page);
	closed(closed_arg);
}

void world_page_close(struct world_page *page, void (*closed)(void *arg), void *arg)
{
	page->closing = true;
	page->closed = closed;
	page->closed_arg = arg;
	timer_disarm(&page->batch);
	world_httpd_close(page->httpd, on_httpd_closed, page);
}
