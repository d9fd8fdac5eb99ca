#include "channel/sign_pending.h"

#include <stdlib.h>

#include "base/mem.h"

struct waiting {
	struct link in_list;
	const struct batch *batch;
	bool checked;
	bool carried; /* in the request under way */
};

void sign_pending_init(struct sign_pending *pending, struct channel *channel, struct board *board)
{
	*pending = (struct sign_pending){.channel = channel, .board = board};
	list_init(&pending->list);
}

bool sign_pending_empty(const struct sign_pending *pending)
{
	return list_empty(&pending->list);
}

void sign_pending_add(struct sign_pending *pending, const struct batch *batch, bool checked)
{
	struct waiting *waiting = mem_zalloc(sizeof(*waiting));

	waiting->batch = batch;
	waiting->checked = checked;
	list_push_back(&pending->list, &waiting->in_list);
}

void sign_pending_carry(struct sign_pending *pending)
{
	for (struct link *link = list_first(&pending->list); link != NULL; link = list_next(&pending->list, link))
		list_object(link, struct waiting, in_list)->carried = true;
}

static void settle(struct sign_pending *pending, struct waiting *waiting, const struct outcome *outcome)
{
	const struct batch *batch = waiting->batch;

	if (outcome->verdict != VERDICT_ACCEPTED && batch->action == BATCH_SHOW)
		board_forget(pending->board, batch->name);
	if (outcome->verdict == VERDICT_REFUSED && batch->action == BATCH_PLAYLIST)
		board_playlist(pending->board, (char *[]){NULL}, NULL);
	list_remove(&waiting->in_list);
	free(waiting);
	channel_settle(pending->channel, batch, outcome);
}

void sign_pending_settle(struct sign_pending *pending, bool only_carried, const struct outcome *outcome)
{
	for (struct link *link = list_first(&pending->list), *next; link != NULL; link = next) {
		struct waiting *waiting = list_object(link, struct waiting, in_list);
		next = list_next(&pending->list, link);
		if (!only_carried || waiting->carried)
			settle(pending, waiting, outcome);
	}
}

void sign_pending_check(struct sign_pending *pending,
	bool (*judge)(void *arg, const struct batch *batch, struct outcome *outcome), void *arg)
{
	for (struct link *link = list_first(&pending->list), *next; link != NULL; link = next) {
		struct waiting *waiting = list_object(link, struct waiting, in_list);
		struct outcome outcome;
		next = list_next(&pending->list, link);
		if (waiting->checked)
			continue;
		waiting->checked = true;
		if (!judge(arg, waiting->batch, &outcome))
			settle(pending, waiting, &outcome);
	}
}
