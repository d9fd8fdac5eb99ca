#include "channel/onbon_texts.h"

#include <stddef.h>

#include "base/mem.h"

/* The character at `bad`, as a word for people. */
static struct outcome cannot_show(const char *bad)
{
	int size = 1;

	if (bad == NULL)
		return outcome_make(CLASS_PERM_MSG, 0, "text too long for this sign");
	while ((bad[size] & 0xc0) == 0x80)
		size++;
	return outcome_make(CLASS_PERM_MSG, 0, "the sign has no character %.*s", size, bad);
}

bool onbon_texts_fit(void *card, const struct batch *batch, struct outcome *outcome)
{
	const char *bad = NULL;
	bool all = true;
	size_t size;

	if (batch->action == BATCH_SHOW)
		all = onbon_card_fits(card, batch->message->text, &size, &bad);
	if (batch->action == BATCH_PLAYLIST)
		for (char *const *slogan = batch->slogans; all && slogan != NULL && *slogan != NULL; slogan++)
			all = onbon_card_fits(card, *slogan, &size, &bad);
	if (!all)
		*outcome = cannot_show(bad);
	return all;
}

static enum result take_playlist(struct board *board, const struct onbon_card *card, char *const *slogans)
{
	size_t sizes[BOARD_SLOGANS_MOST];
	const char *bad;

	if (mem_strings_count(slogans) > BOARD_SLOGANS_MOST)
		return RESULT_TOO_BIG;
	for (size_t i = 0; slogans != NULL && slogans[i] != NULL; i++)
		onbon_card_fits(card, slogans[i], &sizes[i], &bad);
	return board_playlist(board, slogans != NULL ? slogans : (char *[]){NULL}, sizes);
}

struct outcome onbon_texts_take(struct board *board, const struct onbon_card *card, const struct batch *batch)
{
	enum result result = RESULT_OK;
	struct outcome outcome;
	const char *bad;
	size_t size;

	if (!onbon_texts_fit((void *)(uintptr_t)card, batch, &outcome))
		return outcome;
	switch (batch->action) {
	case BATCH_SEND:
		return outcome_make(CLASS_PERM_MSG, 0, "a sign shows texts, it takes no messages");
	case BATCH_SHOW:
		onbon_card_fits(card, batch->message->text, &size, &bad);
		result = board_show(board, batch, batch->message->text, size);
		break;
	case BATCH_CLEAR:
		board_clear(board, batch->name.alert);
		break;
	case BATCH_PLAYLIST:
		result = take_playlist(board, card, batch->slogans);
		break;
	}
	if (result == RESULT_TOO_BIG)
		return outcome_make(CLASS_PERM_MSG, 0, "too much text for this sign, %zu bytes at most in one",
			board->room);
	if (result == RESULT_BUSY)
		return outcome_make(CLASS_RETRY, 0, "%d alerts on this sign already", BOARD_ALERTS_MOST);
	return outcome_make(CLASS_OK, 0, "taken");
}
