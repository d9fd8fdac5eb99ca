#include "ledger/audit.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/digest.h"
#include "ledger/read.h"
#include "ledger/store.h"

#define COLUMNS "seq, at_ms, who, kind, what, seal"

/* Lengths in front of the fields: no two events give the same bytes. */
static void add_field(struct buf *out, const char *text)
{
	buf_printf(out, "%zu:", text == NULL ? (size_t)0 : strlen(text));
	buf_add_text(out, text == NULL ? "" : text);
}

char *audit_seal(const char *before, const struct ledger_event *event, char out[65])
{
	struct buf bytes;

	buf_init(&bytes, (size_t)64 << 20);
	add_field(&bytes, before);
	buf_printf(&bytes, "%llu;%lld;", (unsigned long long)event->seq, (long long)event->at_ms);
	add_field(&bytes, event->who);
	add_field(&bytes, event->kind);
	add_field(&bytes, event->what);
	digest_sha256(bytes.data, bytes.size, out);
	buf_fini(&bytes);
	return out;
}

static struct ledger_event read_event(sqlite3_stmt *row)
{
	return (struct ledger_event){.seq = (uint64_t)sqlite3_column_int64(row, 0),
		.at_ms = sqlite3_column_int64(row, 1),
		.who = store_text(row, 2),
		.kind = store_text(row, 3),
		.what = store_text(row, 4)};
}

struct listing {
	ledger_visit_event *visit;
	void *arg;
};

static int on_event(void *arg, sqlite3_stmt *row)
{
	struct listing *listing = arg;
	struct ledger_event event = read_event(row);

	return listing->visit(listing->arg, &event) ? READ_ON : READ_STOP;
}

static enum result list(struct ledger *ledger, const char *sql, uint64_t after, unsigned int most,
	ledger_visit_event *visit, void *arg)
{
	struct listing listing = {visit, arg};
	sqlite3_stmt *statement = store_prepare(ledger->reader, sql);

	if (statement == NULL)
		return store_result(ledger->reader);
	sqlite3_bind_int64(statement, 1, (int64_t)after);
	sqlite3_bind_int64(statement, 2, most);
	enum result result = read_rows(statement, on_event, &listing);

	sqlite3_finalize(statement);
	return result;
}

enum result ledger_list_events(struct ledger *ledger, uint64_t after, unsigned int most, ledger_visit_event *visit,
	void *arg)
{
	return list(ledger, "SELECT " COLUMNS " FROM event WHERE seq > ?1 ORDER BY seq LIMIT ?2", after, most, visit,
		arg);
}

enum result ledger_list_last_events(struct ledger *ledger, unsigned int most, ledger_visit_event *visit, void *arg)
{
	return list(ledger, "SELECT " COLUMNS " FROM event WHERE seq > ?1 ORDER BY seq DESC LIMIT ?2", 0, most, visit,
		arg);
}

struct auditing {
	uint64_t whole, bad;
	char seal[65];
};

static int on_sealed(void *arg, sqlite3_stmt *row)
{
	struct auditing *auditing = arg;
	struct ledger_event event = read_event(row);
	char seal[65];

	audit_seal(auditing->seal, &event, seal);
	if (event.seq != auditing->whole + 1 || strcmp(seal, store_text(row, 5)) != 0) {
		auditing->bad = auditing->whole + 1;
		return READ_BAD;
	}
	auditing->whole++;
	memcpy(auditing->seal, seal, sizeof(seal));
	return READ_ON;
}

enum result ledger_audit(struct ledger *ledger, uint64_t *checked, uint64_t *seq, char last_seal[65])
{
	struct auditing auditing = {0};
	enum result result = read_sql(ledger, "SELECT " COLUMNS " FROM event ORDER BY seq", on_sealed, &auditing);

	*checked = auditing.whole;
	*seq = auditing.bad;
	if (last_seal != NULL)
		memcpy(last_seal, auditing.seal, sizeof(auditing.seal));
	return result;
}
