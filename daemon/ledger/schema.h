#ifndef LEDGER_SCHEMA_H
#define LEDGER_SCHEMA_H

/*
 * The tables of ledger.db, for us and for anybody with the sqlite3 command: names and words are the ones of the reports,
 * times are wall milliseconds, and the views (v_alert, v_lane, v_batch, v_unknown, v_channel, v_event) show local time.
 *
 *  alert      one accepted document; `fate` is what a later one did to it
 *  document   its bytes
 *  lane       one wording on one channel; id = alert × 65536 + lane
 *  lane_set   its recipients, a bitmap of room `audience`
 *  final      the states of a closed alert's lane: counts as JSON, states as in pack.h
 *  batch      intent (until intent_ms) and then outcome of each send; `verdict` NULL: in doubt after a crash
 *  receipts   blocks of later facts as in pack.h; id = alert × 2^32 + n
 *  lane_end   "who still waits from here on is …"
 *  channel, red_switch, tombstone, event
 *
 * Nothing is indexed by gateways' ids: random keys cost ten times the rest together. The next version of the schema raises
 * SCHEMA_VERSION and brings a step from this one.
 */
#define SCHEMA_VERSION 1

/* "crie" in the file's header: tells a ledger from other SQLite files. */
#define SCHEMA_APPLICATION 0x63726965

/* Statements that make an empty ledger. */
extern const char schema_create[];

#endif
