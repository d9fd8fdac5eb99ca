#ifndef LEDGER_MEMORY_H
#define LEDGER_MEMORY_H

/*
 * SQLite takes its memory from base/mem.h: there always is some, or the process ends. Before anything else is called of it.
 */
void ledger_memory_rule(void);

#endif
