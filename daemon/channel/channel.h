#ifndef CHANNEL_CHANNEL_H
#define CHANNEL_CHANNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/problem.h"
#include "config/config.h"
#include "flow/batch.h"
#include "flow/outcome.h"
#include "http/http.h"
#include "loop/loop.h"

/*
 * Carries one batch to one gateway, group or sign, and settles it once. One file per kind (null.c,
 * sms_kannel.c …), one line per kind in kinds.c; where a family shares a session it has a file of its own
 * (sign.c).
 *
 * Words: a *kind* is a protocol; a *channel* is one configured account, robot or sign of a kind; *settle* is
 * the one answer to a batch; a *receipt* is a fact that comes later; a *push* is an HTTP request that the
 * provider makes to us.
 *
 * The contract of a kind:
 *  1. `send` returns at once. The batch stays valid until it is settled.
 *  2. Every batch sent is settled exactly once, also when the channel is closing.
 *  3. channel_settle() may be called at any moment, even inside `send`; the core hands it on in the next turn.
 *  4. A kind never retries, never delays, never counts its rate: that is the plan's work. It settles as
 *     *later*, with the provider's own hint where there was one.
 *  5. If it cannot know whether the provider took the batch, it says *unknown*. It does not guess.
 *  6. Partial refusal is one outcome with the list of refused recipients.
 *  7. `close` lets work in flight finish, settles as *unknown* (or *later* where nothing had left) what remains
 *     at the deadline, releases everything, then calls channel_closed(). No callback after that.
 *  8. Secrets and full phone numbers never reach a log line or an outcome's text.
 *  9. Kinds whose sends set absolute state (signs) say so; for them alone a resend after doubt is safe.
 *
 * To add a kind: write <kind>.c with its options struct, its settings rows and its functions; add its line in
 * kinds.c; add its cases to tests/channel. Nothing else needs to know it.
 */
struct channel;

/*
 * A request that a provider makes to our listener under this channel's own secret path. Valid during the
 * call.
 */
struct push {
	const char *path; /* what follows the channel's path, "" or "report" … */
	const char *(*query)(void *arg, const char *name); /* decoded query value, or NULL */
	void *arg;
	const char *body;
	size_t body_size;
	/*
	 * The answer, preset to 200 and "" of type text/plain. `reply` must be static or live in the channel.
	 */
	int status;
	const char *reply;
	const char *reply_type;
};

struct channel_kind {
	const char *name; /* as written in the configuration */
	enum medium medium;
	const struct setting *settings; /* rows of `options`; ends in a row whose key is NULL */
	size_t options_size;
	unsigned int batch_limit; /* recipients that one send can carry */
	const char *rate; /* defaults, as a configuration would write them */
	unsigned int window;
	unsigned int batch;
	bool receipts; /* an accepted recipient gets a receipt later, where `receipted` does not say otherwise */
	bool absolute; /* sends set absolute state: repeating one is safe */

	/*
	 * Checks its options against each other and opens nothing; NULL where rows say it all. Used by
	 * --check.
	 */
	void (*check)(const struct channel_config *config, struct problems *problems);
	/* Sets self->state. Opens what can be opened without waiting; a peer that is away is no error. */
	enum result (*open)(struct channel *self, struct problems *problems);
	void (*send)(struct channel *self, const struct batch *batch);
	void (*pushed)(struct channel *self, struct push *push); /* NULL: the kind takes no pushes */
	void (*close)(struct channel *self, uint64_t deadline_ms);
	/* What the sign shows, for `crier sign list`: one line to *out. NULL except for signs. */
	void (*showing)(struct channel *self, struct buf *out);
	/*
	 * Whether this channel as it is set gets receipts (no listener, receipts switched off). NULL: as
	 * `receipts` says.
	 */
	bool (*receipted)(const struct channel *self);
	/* How its texts are worded, where that is a setting. NULL: plain. */
	enum message_format (*format)(const struct channel_config *config);
	/* The longest text that it takes, in its medium's measure, where settings make that less. NULL: the medium's own. */
	unsigned int (*text_most)(const struct channel_config *config);
};

/* What the owner of channels is told. Each comes from the loop, never from inside a call into the channel. */
struct channel_host {
	void (*settled)(void *arg, struct channel *channel, const struct batch *batch, const struct outcome *outcome);
	void (*receipts)(void *arg, struct channel *channel, const struct receipt *receipts, unsigned int count);
	/* A text that a resident sent back (上行). */
	void (*replied)(void *arg, struct channel *channel, phone_t phone, const char *text);
	/*
	 * The peer came or went, or an account fault cleared: for `crier channel list`. `words` is English,
	 * short.
	 */
	void (*noted)(void *arg, struct channel *channel, bool well, const char *words);
	void (*closed)(void *arg, struct channel *channel);
	/* What the site wants of its signs (signs.poll, signs.lease); 0: 20 s and 90 s. */
	uint32_t sign_poll_ms, sign_lease_ms;
};

struct channel {
	const struct channel_kind *kind;
	const struct channel_config *config; /* common settings and `options` */
	struct loop *loop;
	struct http *http;
	/* This channel's own address at our listener, without closing slash; NULL: none. */
	const char *receipt_url;
	void *state; /* the kind's */
	bool closing;
	/* the core's own */
	const struct channel_host *host;
	void *host_arg;
	struct channel_core *core;
};

/* The kind with this name, or NULL; and all of them, NULL-ended. */
const struct channel_kind *channel_kind_find(const char *name);
const struct channel_kind *const *channel_kinds(void);

/*
 * Opens a channel. `config` and `receipt_url` stay valid until `closed`. NULL, with problems, when its
 * settings cannot work (a secret that cannot be read).
 */
struct channel *channel_open(const struct channel_config *config, struct loop *loop, struct http *http,
	const char *receipt_url, const struct channel_host *host, void *host_arg, struct problems *problems);

/* Hands a batch over. Requires: not closing; no batch of this name is unsettled; count ≤ the kind's limit. */
void channel_send(struct channel *channel, const struct batch *batch);

/* Hands a provider's request over; answers 404 where the kind takes none. */
void channel_push(struct channel *channel, struct push *push);

/*
 * Begins to close; host->closed follows, after which the channel is gone. Doing it twice does nothing.
 * `deadline_ms` is a moment of clock_mono_ms(), not a duration: work in flight has until then, and a deadline
 * gone by ends it at once.
 */
void channel_close(struct channel *channel, uint64_t deadline_ms);

/*
 * True when an accepted recipient of this channel will get a receipt; otherwise accepted is its last state.
 */
bool channel_receipted(const struct channel *channel);

/* How texts for this channel are to be worded. Requires: a kind that there is. */
enum message_format channel_format(const struct channel_config *config);

/* The longest text for this channel; 0: its medium's own. Requires: a kind that there is. */
unsigned int channel_text_most(const struct channel_config *config);

/* One line on what a sign shows to *out; nothing for other kinds. */
void channel_showing(struct channel *channel, struct buf *out);

/* Batches sent and not yet settled. */
unsigned int channel_in_flight(const struct channel *channel);

/*
 * For kinds. The outcome is copied, the list of refused too. A second settle of a batch is a broken kind:
 * REQUIRE.
 */
void channel_settle(struct channel *self, const struct batch *batch, const struct outcome *outcome);
void channel_receipts(struct channel *self, const struct receipt *receipts, unsigned int count);
void channel_replied(struct channel *self, phone_t phone, const char *text);
void channel_noted(struct channel *self, bool well, const char *words);
void channel_closed(struct channel *self);

#endif
