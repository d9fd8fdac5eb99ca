#ifndef CHANNEL_YUNMAS_CODEC_H
#define CHANNEL_YUNMAS_CODEC_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/phone.h"
#include "base/result.h"
#include "flow/outcome.h"

/*
 * China Mobile 云MAS over HTTP as bytes (operators.md 2.1): request bodies with their mac, the answer's code,
 * reports and replies of residents. No loop, no socket; times are read in the process's time zone.
 */
#define YUNMAS_MOBILES_MOST 5000

/* As the account was opened. Strings are UTF-8, never NULL unless said. */
struct yunmas_account {
	const char *ec_name, *ap_id, *secret, *sign_code, *add_serial;
	const char *template_id; /* NULL: plain text */
	char *const *params; /* with a template: its variables, NULL-ended; "{text}" stands for the text */
	bool send_secret; /* the key in the body too, for the servers that ask for it */
	bool quoted; /* the Base64 between JSON quotes */
};

/*
 * The mac over a message: lower-case hex MD5 of the fields one behind the other. `middle` is content, or
 * params.
 */
char *yunmas_mac(const struct yunmas_account *account, const char *mobiles, const char *middle, char out[33]);

/* Appends the whole request body for `count` numbers. False when *out is full. */
bool yunmas_submit_add(struct buf *out, const struct yunmas_account *account, const phone_t *phones, size_t count,
	const char *text);

/* Appends the body with which reports and replies are pulled. */
bool yunmas_pull_add(struct buf *out, const struct yunmas_account *account);

/*
 * Reads the answer to a submit. False when it is not in this dialect. A daily quota gives CLASS_DEFER with no
 * wait: the caller knows what time it is.
 */
bool yunmas_judge(const char *body, size_t size, struct outcome *outcome);

/*
 * Reads reports: one object or an array of them. Calls `each` for every number. RESULT_INVALID: no JSON,
 * perhaps cut on the way; RESULT_NOT_FOUND: not all of it was understood, what was has been given.
 */
enum result yunmas_reports(const char *body, size_t size, int64_t now_ms,
	void (*each)(void *arg, const struct receipt *receipt), void *arg);

/* Reads texts that residents sent, as above. `text` is valid UTF-8 of at most 1000 bytes. */
enum result yunmas_replies(const char *body, size_t size, void (*each)(void *arg, phone_t phone, const char *text),
	void *arg);

#endif
