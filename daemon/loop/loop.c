#include "loop/loop.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/require.h"
#include "loop/state.h"

static void must(int status, const char *what)
{
	if (status == 0)
		return;
	fprintf(stderr, "<0>event=broken call=%s error=\"%s\"\n", what, uv_strerror(status));
	abort();
}

struct loop *loop_new(void)
{
	struct loop *loop = mem_zalloc(sizeof(*loop));

	must(uv_loop_init(&loop->uv), "uv_loop_init");
	loop->uv.data = loop;
	must(uv_idle_init(&loop->uv, &loop->idle), "uv_idle_init");
	loop->idle.data = loop;
	loop->last = &loop->first;
	loop_timers_init(loop);
	return loop;
}

/* Names one handle that somebody forgot; our own two are closed by now. */
static void name_open(uv_handle_t *handle, void *arg)
{
	unsigned int *open = arg;

	(*open)++;
	fprintf(stderr, "<0>event=left-open handle=%s active=%d closing=%d\n", uv_handle_type_name(handle->type),
		uv_is_active(handle), uv_is_closing(handle));
}

/* What is still promised to somebody would be called with memory that is gone: that is as bad as an open handle. */
static unsigned int name_promised(const struct loop *loop)
{
	unsigned int promised = 0;

	for (unsigned int i = 0; i < loop->timers; i++, promised++)
		fprintf(stderr, "<0>event=left-open timer=%p\n", (void *)loop->heap[i]);
	for (const struct deferred *d = loop->first; d != NULL; d = d->next, promised++)
		fprintf(stderr, "<0>event=left-open deferred=%p\n", (const void *)d);
	if (loop->jobs > 0) {
		fprintf(stderr, "<0>event=left-open jobs=%u\n", loop->jobs);
		promised += loop->jobs;
	}
	return promised;
}

void loop_free(struct loop **at)
{
	struct loop *loop = *at;

	if (loop == NULL)
		return;
	unsigned int open = name_promised(loop);
	loop_timers_fini(loop);
	uv_close((uv_handle_t *)&loop->idle, NULL);
	/* What is being closed gets its callback, ours included; such a callback may close something further. */
	for (int turns = 0; turns < 8 && uv_loop_alive(&loop->uv) != 0; turns++)
		uv_run(&loop->uv, UV_RUN_NOWAIT);
	uv_walk(&loop->uv, name_open, &open);
	int status = uv_loop_close(&loop->uv);
	if (open > 0 || status != 0) {
		fprintf(stderr, "<0>event=broken call=loop_free open=%u error=\"%s\"\n", open,
			status != 0 ? uv_strerror(status) : "none");
		abort();
	}
	free(loop->heap);
	free(loop);
	*at = NULL;
}

void loop_run(struct loop *loop)
{
	uv_run(&loop->uv, UV_RUN_DEFAULT);
}

void loop_stop(struct loop *loop)
{
	uv_stop(&loop->uv);
}

bool loop_step(struct loop *loop)
{
	return uv_run(&loop->uv, UV_RUN_NOWAIT) != 0;
}

bool loop_turn(struct loop *loop)
{
	return uv_run(&loop->uv, UV_RUN_ONCE) != 0;
}

struct uv_loop_s *loop_uv(struct loop *loop)
{
	return &loop->uv;
}

/* Calls what was put off before this turn; what these calls put off waits for the next one, so nobody starves. */
static void on_idle(uv_idle_t *idle)
{
	struct loop *loop = idle->data;
	struct deferred *deferred;

	loop->now = loop->first;
	loop->first = NULL;
	loop->last = &loop->first;
	while ((deferred = loop->now) != NULL) {
		loop->now = deferred->next;
		deferred->next = NULL;
		deferred->pending = false;
		deferred->call(deferred->arg);
	}
	if (loop->first == NULL)
		uv_idle_stop(idle);
}

void loop_defer(struct loop *loop, struct deferred *deferred, void (*call)(void *arg), void *arg)
{
	if (deferred->pending)
		return;
	deferred->call = call;
	deferred->arg = arg;
	deferred->next = NULL;
	deferred->pending = true;
	*loop->last = deferred;
	loop->last = &deferred->next;
	uv_idle_start(&loop->idle, on_idle);
}

static bool take_out(struct deferred **list, struct deferred ***last, struct deferred *deferred)
{
	for (struct deferred **at = list; *at != NULL; at = &(*at)->next) {
		if (*at != deferred)
			continue;
		*at = deferred->next;
		if (last != NULL && *last == &deferred->next)
			*last = at;
		return true;
	}
	return false;
}

void loop_defer_cancel(struct loop *loop, struct deferred *deferred)
{
	if (!deferred->pending)
		return;
	bool found = take_out(&loop->now, NULL, deferred) || take_out(&loop->first, &loop->last, deferred);
	REQUIRE(found);
	deferred->next = NULL;
	deferred->pending = false;
	if (loop->first == NULL && loop->now == NULL)
		uv_idle_stop(&loop->idle);
}
