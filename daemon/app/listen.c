#include "app/listen.h"

#include <stdlib.h>
#include <string.h>

#include "app/figures.h"
#include "base/buf.h"
#include "base/mem.h"

enum { METRICS_MOST = 4 << 20 };

static void reply_text(struct serve_reply *reply, unsigned int status, const char *text)
{
	reply->status = status;
	reply->body = text;
	reply->body_size = strlen(text);
	reply->body_kind = SERVE_COPY;
}

static void reply_metrics(struct app *app, struct serve_reply *reply)
{
	struct buf out;

	buf_init(&out, METRICS_MOST);
	figures_render(app, &out);
	reply->type = "text/plain; version=0.0.4; charset=utf-8";
	reply->body_size = out.size;
	reply->body = buf_take(&out);
	reply->body_kind = SERVE_TAKE;
}

/* 200 while the daemon can do its work, 503 with the reason while it cannot. */
static void reply_health(struct app *app, struct serve_reply *reply)
{
	const char *why = NULL;

	if (!app->ready)
		reply_text(reply, 503, "starting\n");
	else if (!wallclock_believed(app, &why) || !ledger_healthy(app->ledger, &why))
		reply_text(reply, 503, why != NULL ? why : "ledger\n");
	else
		reply_text(reply, 200, app->stopped ? "ok (sending is stopped)\n" : "ok\n");
}

static const char *push_query(void *arg, const char *name)
{
	return serve_query(arg, name);
}

static struct outlet *outlet_by_token(struct app *app, const char *path, const char **rest)
{
	for (unsigned int i = 0; i < app->outlet_count; i++) {
		struct outlet *outlet = app->outlets[i];
		size_t length = strlen(outlet->token);
		if (length == 0 || outlet->channel == NULL || strncmp(path, outlet->token, length) != 0)
			continue;
		if (path[length] == '/' || path[length] == '\0') {
			*rest = path[length] == '/' ? path + length + 1 : "";
			return outlet;
		}
	}
	return NULL;
}

/* An answer to a provider, from its request until what it told us is durable. They are given in the order of asking. */
struct owed_answer {
	struct link in_app;
	struct app *app;
	struct deferred written;
	uint64_t request;
	uint64_t receipt; /* the newest that it may have brought */
	uint64_t undurable; /* opt-outs before it that the store did not take */
	bool counted;
	unsigned int status;
	const char *text, *type;
};

/* Used ones are kept for the next: there are as many as connections at most, and they come and go a million times. */
static struct owed_answer *new_owed(struct app *app)
{
	struct link *link = list_first(&app->spare_answers);

	if (link == NULL)
		return mem_zalloc(sizeof(struct owed_answer));
	struct owed_answer *owed = list_object(link, struct owed_answer, in_app);
	list_remove(link);
	*owed = (struct owed_answer){0};
	return owed;
}

static void free_owed(struct owed_answer *owed)
{
	loop_defer_cancel(owed->app->loop, &owed->written);
	list_remove(&owed->in_app);
	list_insert_after(&owed->app->spare_answers.head, &owed->in_app);
}

void listen_drop(struct app *app)
{
	struct link *link;

	while ((link = list_first(&app->owed_answers)) != NULL)
		free_owed(list_object(link, struct owed_answer, in_app));
	while ((link = list_first(&app->spare_answers)) != NULL) {
		list_remove(link);
		free(list_object(link, struct owed_answer, in_app));
	}
}

void listen_answer_owed(struct app *app)
{
	struct link *link;

	while ((link = list_first(&app->owed_answers)) != NULL) {
		struct owed_answer *owed = list_object(link, struct owed_answer, in_app);
		struct serve_reply reply = {.type = owed->type};
		if (!owed->counted || owed->receipt > app->receipts_durable)
			return;
		reply_text(&reply, owed->status, owed->text);
		if (app->serve != NULL)
			serve_answer(app->serve, owed->request, &reply);
		free_owed(owed);
	}
}

/* The channel hands its receipts on in the turn after the push, before this: now they are counted. */
static void on_written(void *arg)
{
	struct owed_answer *owed = arg;

	owed->receipt = owed->app->receipts_written;
	owed->counted = true;
	/* The opt-out is in force and tried again, but only in memory: whoever tells us once more makes it safe. */
	if (owed->undurable != owed->app->opt_outs_undurable) {
		owed->status = 503;
		owed->text = "";
	}
	listen_answer_owed(owed->app);
}

static enum serve_verdict take_push(struct app *app, const struct serve_request *request, struct serve_reply *reply)
{
	const char *rest;
	struct outlet *outlet = outlet_by_token(app, serve_path(request) + strlen("/r/"), &rest);
	struct push push = {.query = push_query,
		.arg = (void *)(uintptr_t)request,
		.status = 200,
		.reply = "",
		.reply_type = "text/plain; charset=utf-8"};

	if (outlet == NULL) {
		reply_text(reply, 404, "");
		return SERVE_ANSWER;
	}
	push.path = rest;
	push.body = serve_body(request, &push.body_size);
	channel_push(outlet->channel, &push);
	struct owed_answer *owed = new_owed(app);
	owed->app = app;
	owed->undurable = app->opt_outs_undurable;
	owed->request = serve_id(request);
	owed->status = (unsigned int)push.status;
	owed->text = push.reply;
	owed->type = push.reply_type;
	list_push_back(&app->owed_answers, &owed->in_app);
	loop_defer(app->loop, &owed->written, on_written, owed);
	return SERVE_LATER;
}

static enum serve_verdict on_request(void *arg, const struct serve_request *request, struct serve_reply *reply)
{
	struct app *app = arg;
	const char *path = serve_path(request);

	if (strncmp(path, "/r/", 3) == 0)
		return take_push(app, request, reply);
	if (strcmp(path, "/metrics") == 0)
		reply_metrics(app, reply);
	else if (strcmp(path, "/health") == 0)
		reply_health(app, reply);
	else
		reply_text(reply, 404, "");
	return SERVE_ANSWER;
}

enum result listen_open(struct app *app, struct problems *problems)
{
	return serve_open(app->loop, app->config->listen.address, (uint16_t)app->config->listen.port, on_request, app,
		&app->serve, problems);
}
