#include "ledger/health.h"

#include "base/log.h"
#include "base/say.h"

static const char *trouble_reason(enum result result)
{
	switch (result) {
	case RESULT_NO_SPACE:
		return N_("the disk is full: nothing can be recorded, so nothing is sent; make room on the disk");
	case RESULT_BUSY:
		return N_("another program holds the ledger locked; close it (an open sqlite3?)");
	case RESULT_NOT_FOUND:
		return N_("ledger.db was moved or deleted while crier runs; put it back or restart crier");
	case RESULT_CORRUPT:
		return N_("the ledger is damaged; stop crier and bring it back from a backup");
	case RESULT_DENIED:
		return N_("crier may not write the ledger any more; look at the folder's owner and mode");
	default:
		return N_("the disk does not take what is written; look at the system's log for disk errors");
	}
}

enum ledger_health ledger_health(const struct ledger *ledger, const char **reason, enum result *result)
{
	const char *text = NULL;
	enum ledger_health health = LEDGER_WELL;

	if (ledger->trouble != RESULT_OK) {
		health = LEDGER_FAILING;
		text = trouble_reason(ledger->trouble);
	} else if (ledger->low) {
		health = LEDGER_RESERVE;
		text = N_(
			"the disk is full: alerts already taken are still sent and recorded, nothing new is taken; make room on the disk");
	}
	if (reason != NULL)
		*reason = text;
	if (result != NULL)
		*result = ledger->trouble != RESULT_OK ? ledger->trouble : ledger->low ? RESULT_NO_SPACE : RESULT_OK;
	return health;
}

bool ledger_healthy(const struct ledger *ledger, const char **reason)
{
	return ledger_health(ledger, reason, NULL) == LEDGER_WELL;
}

void ledger_on_health(struct ledger *ledger, void (*changed)(void *arg), void *arg)
{
	ledger->health = changed;
	ledger->health_arg = arg;
}

void health_tell(struct ledger *ledger)
{
	enum ledger_health health = ledger_health(ledger, NULL, NULL);

	if (health == ledger->told)
		return;
	ledger->told = health;
	if (health == LEDGER_RESERVE && !timer_armed(&ledger->restock))
		timer_arm(&ledger->restock, HEALTH_RESTOCK_MS);
	if (health == LEDGER_WELL)
		log_event(LOG_NOTICE, "ledger-well", "failures=%u", ledger->failures);
	else if (health == LEDGER_RESERVE)
		log_event(LOG_ERR, "ledger-reserve", "reason=%s", log_quote("disk full, reserve given up"));
	if (ledger->health != NULL && !ledger->abandoned)
		ledger->health(ledger->health_arg);
}
