#ifndef LEDGER_COMMIT_H
#define LEDGER_COMMIT_H

#include "ledger/inside.h"

/*
 * The one job of the ledger, in the other thread: commits a group, moves the log into the file, makes a new reserve, closes.
 * It touches ledger->job, ->writer, ->reserve and what never changes.
 */
void commit_work(void *ledger);

/* Pages in the log from which it is moved into the file when nothing waits; and at all, between two commits. */
#define COMMIT_IDLE_PAGES 1000
#define COMMIT_MOST_PAGES 8192

#endif
