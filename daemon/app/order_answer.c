#include "app/order_answer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/phone.h"

enum { WORDS_MOST = 512 };

/* An answer, from its order until that is durable. */
struct order_answer {
	struct link in_app;
	struct app *app;
	struct control_call *call; /* NULL: answered already, because the ledger could not be written */
	json_t *result;
};

static void tell_unwritten(struct order_answer *answer)
{
	if (answer->call != NULL)
		control_error(answer->call, CONTROL_LATER,
			N_("this is in force now, but the ledger cannot be written, so it is not recorded: should crierd end before that is mended, give the order again; \"crier status\" shows the reason"));
	answer->call = NULL;
}

void *order_owe(struct app *app, struct control_call *call, json_t *result)
{
	struct order_answer *answer = mem_zalloc(sizeof(*answer));

	*answer = (struct order_answer){.app = app, .call = call, .result = result};
	list_push_back(&app->order_answers, &answer->in_app);
	if (ledger_health(app->ledger, NULL, NULL) == LEDGER_FAILING)
		tell_unwritten(answer);
	return answer;
}

static void answer_free(struct order_answer *answer)
{
	list_remove(&answer->in_app);
	json_decref(answer->result);
	free(answer);
}

void order_durable(void *arg, enum result result)
{
	struct order_answer *answer = arg;

	if (result != RESULT_OK)
		tell_unwritten(answer);
	else if (answer->call != NULL)
		control_result(answer->call, json_incref(answer->result));
	answer_free(answer);
}

static void note(struct app *app, const char *who, const char *kind, char *words, ledger_durable *durable, void *arg)
{
	phone_mask_within(words); /* the names of files and lists are anybody's */
	log_event(LOG_NOTICE, "order", "who=%s kind=%s what=%s", log_quote(who), kind, log_quote(words));
	ledger_event(app->ledger,
		&(struct ledger_event){.at_ms = clock_wall_ms(), .who = who, .kind = kind, .what = words}, durable,
		arg);
}

void order_note(struct app *app, const struct control_call *call, const char *kind, const char *what, ...)
{
	char words[WORDS_MOST];
	va_list args;

	va_start(args, what);
	vsnprintf(words, sizeof(words), what, args);
	va_end(args);
	note(app, control_who(call), kind, words, NULL, NULL);
}

void order_done(struct app *app, struct control_call *call, json_t *result, const char *kind, const char *what, ...)
{
	char words[WORDS_MOST];
	char *who = mem_strdup(control_who(call)); /* the call may be answered, and gone, before it is written */
	va_list args;

	va_start(args, what);
	vsnprintf(words, sizeof(words), what, args);
	va_end(args);
	note(app, who, kind, words, order_durable, order_owe(app, call, result));
	free(who);
}

bool order_read(struct control_call *call, enum result result)
{
	bool read = result == RESULT_OK || result == RESULT_NOT_FOUND;

	if (!read)
		control_error(call, CONTROL_LATER, N_("the ledger cannot be read"));
	return read;
}

void order_health(struct app *app)
{
	if (ledger_health(app->ledger, NULL, NULL) != LEDGER_FAILING)
		return;
	for (struct link *link = list_first(&app->order_answers); link != NULL;
		link = list_next(&app->order_answers, link))
		tell_unwritten(list_object(link, struct order_answer, in_app));
}

void order_drop(struct app *app)
{
	struct link *link;

	while ((link = list_first(&app->order_answers)) != NULL) {
		struct order_answer *answer = list_object(link, struct order_answer, in_app);
		tell_unwritten(answer);
		answer_free(answer);
	}
}
