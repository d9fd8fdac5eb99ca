#ifndef LEDGER_HEALTH_H
#define LEDGER_HEALTH_H

#include "ledger/inside.h"

/* How the ledger is, and telling the host when that changed. ledger_health() and its kin are here too. */

/* Calls the host if the answer of ledger_health() is another than the one told last. */
void health_tell(struct ledger *ledger);

/* How often a new reserve is tried. */
#define HEALTH_RESTOCK_MS 30000

#endif
