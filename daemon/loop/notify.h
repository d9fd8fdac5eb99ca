#ifndef LOOP_NOTIFY_H
#define LOOP_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Words to the service manager, by its datagram protocol (sd_notify(3)): READY=1, STOPPING=1, RELOADING=1, STATUS=…,
 * WATCHDOG=1. Without a manager (no NOTIFY_SOCKET) everything here does nothing.
 */
struct notify;

/*
 * Reads NOTIFY_SOCKET (a path, or '@' and an abstract name), WATCHDOG_USEC and WATCHDOG_PID from the environment and
 * removes them from it, so that no child speaks for us. Never NULL. Free with notify_free().
 */
struct notify *notify_new(void);
void notify_free(struct notify **notify);

/* The start is complete: the configuration is read, the ledger replayed, the first scan of the spool done. */
void notify_ready(const struct notify *notify);

/* A reload began; notify_ready() ends it. */
void notify_reloading(const struct notify *notify);

void notify_stopping(const struct notify *notify);

/* One line for `systemctl status`; newlines become blanks. */
void notify_status(const struct notify *notify, const char *text);

/* Alive. Send it every notify_watchdog_ms() / 2. */
void notify_alive(const struct notify *notify);

/* The manager's patience in ms, 0 when it set none for this process. */
uint64_t notify_watchdog_ms(const struct notify *notify);

#endif
