#include "channel/kannel_codec.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "http/http.h"

/*
 * Reports that are asked for: 1 delivered, 2 undelivered, 16 rejected by the SMSC. 4 and 8 say that a text is
 * on its way, which changes nothing here, and would double the requests that come back: each number costs
 * one, not two or three.
 */
#define DLR_MASK        19
#define DLR_DELIVERED   1
#define DLR_UNDELIVERED 2
#define DLR_BUFFERED    4
#define DLR_ACCEPTED    8
#define DLR_REJECTED    16

/* A request line of that length is more than any gateway reads. */
#define URL_PART_MOST (64u << 10)

static void add_escaped(struct buf *out, const char *value)
{
	char *escaped = http_escape(value, strlen(value));

	buf_add_text(out, escaped);
	free(escaped);
}

static void add_parameter(struct buf *out, char separator, const char *name, const char *value)
{
	buf_add_byte(out, (unsigned char)separator);
	buf_add_text(out, name);
	buf_add_byte(out, '=');
	add_escaped(out, value);
}

/*
 * Kannel decodes the parameter once and then fills in its own %-escapes, so a percent sign that is part of
 * the address is doubled for it, and its escapes are left as they are; the whole is then escaped once as any
 * value. The batch's name needs no escaping.
 */
static void init_report(struct kannel_url *url, const char *receipt_url)
{
	struct buf inner;

	buf_init(&inner, URL_PART_MOST);
	for (const char *p = receipt_url; *p != '\0'; p++) {
		buf_add_byte(&inner, (unsigned char)*p);
		if (*p == '%')
			buf_add_byte(&inner, '%');
	}
	buf_add_text(&inner, "/dlr?b=");
	buf_printf(&url->report, "&dlr-mask=%d", DLR_MASK);
	add_parameter(&url->report, '&', "dlr-url", buf_text(&inner));
	if (inner.full)
		url->report.full = true;
	add_escaped(&url->report_end, "&d=%d&p=%p&a=%A&t=%t");
	buf_fini(&inner);
}

void kannel_url_init(struct kannel_url *url, const struct kannel_account *account)
{
	struct buf *out = &url->account;

	buf_init(out, URL_PART_MOST);
	buf_init(&url->report, URL_PART_MOST);
	buf_init(&url->report_end, URL_PART_MOST);
	buf_init(&url->text, URL_PART_MOST);
	buf_init(&url->escaped, URL_PART_MOST * 4);
	buf_add_text(out, account->url);
	add_parameter(out, strchr(account->url, '?') != NULL ? '&' : '?', "username", account->user);
	add_parameter(out, '&', "password", account->password);
	if (account->from != NULL && account->from[0] != '\0')
		add_parameter(out, '&', "from", account->from);
	if (account->smsc != NULL && account->smsc[0] != '\0')
		add_parameter(out, '&', "smsc", account->smsc);
	if (account->validity_min > 0)
		buf_printf(out, "&validity=%" PRId64, account->validity_min);
	if (account->receipt_url != NULL)
		init_report(url, account->receipt_url);
}

void kannel_url_fini(struct kannel_url *url)
{
	buf_fini(&url->account);
	buf_fini(&url->report);
	buf_fini(&url->report_end);
	buf_fini(&url->text);
	buf_fini(&url->escaped);
}

static void set_text(struct kannel_url *url, const char *text)
{
	if (strcmp(buf_text(&url->text), text) == 0 && url->escaped.size > 0)
		return;
	buf_clear(&url->text);
	buf_clear(&url->escaped);
	buf_add_text(&url->text, text);
	/* UCS-2 on the air, UTF-8 on this link. */
	buf_add_text(&url->escaped, "&coding=2&charset=UTF-8");
	add_parameter(&url->escaped, '&', "text", text);
	if (url->text.full)
		url->escaped.full = true;
}

static void add_numbers(struct buf *out, const struct batch *batch)
{
	char digits[12];

	buf_add_text(out, "&to=");
	for (uint32_t i = 0; i < batch->count; i++) {
		if (i > 0)
			buf_add_byte(out, '+');
		buf_add_text(out, phone_text(batch->phones[i], digits));
	}
}

bool kannel_url_add(struct buf *out, struct kannel_url *url, const struct batch *batch)
{
	char name[32];

	set_text(url, batch->message->text);
	buf_add(out, buf_text(&url->account), url->account.size);
	add_numbers(out, batch);
	buf_add(out, buf_text(&url->escaped), url->escaped.size);
	if (url->report.size > 0) {
		buf_add(out, buf_text(&url->report), url->report.size);
		buf_add_text(out, batch_text(batch->name, name));
		buf_add(out, buf_text(&url->report_end), url->report_end.size);
	}
	return !out->full && !url->account.full && !url->escaped.full && !url->report.full;
}

static bool begins(const char *body, size_t size, const char *with)
{
	return size >= strlen(with) && memcmp(body, with, strlen(with)) == 0;
}

/* A 400 names what is wrong in words: the account, one of the numbers, or else the request. */
static struct outcome judge_bad_request(const char *body, size_t size)
{
	if (begins(body, size, "Sender missing"))
		return outcome_make(CLASS_PERM_CHANNEL, 0, "400: sender missing, set `from`");
	struct outcome outcome = outcome_make(CLASS_PERM_MSG, 0, "400: request refused");
	if (begins(body, size, "Number(s)") || begins(body, size, "Missing receiver"))
		outcome.split = true;
	return outcome;
}

bool kannel_unroutable(long status, const char *body, size_t size)
{
	return status == 403 && begins(body, size, "Not routable");
}

/*
 * The gateway takes a request apart into a text a number, hands them to its links one by one, and answers as soon as it knows
 * of the first one. Of several, others may be on their way: sent again, they would come twice.
 */
static struct outcome judge_first(enum outcome_class class, const char *words, uint32_t count)
{
	if (count > 1)
		return outcome_make(CLASS_AMBIGUOUS, 0, "%s, said of the first of %" PRIu32 " numbers", words, count);
	return outcome_make(class, 0, "%s", words);
}

bool kannel_judge(long status, const char *body, size_t size, uint32_t count, struct outcome *outcome)
{
	switch (status) {
	case 202:
		if (begins(body, size, "0:"))
			*outcome = outcome_make(CLASS_OK, 0, "202: accepted");
		else if (begins(body, size, "3:"))
			*outcome = outcome_make(CLASS_OK, 0, "202: queued");
		else
			return false;
		return true;
	case 400:
		*outcome = judge_bad_request(body, size);
		return true;
	case 403:
		*outcome = kannel_unroutable(status, body, size)
			? judge_first(CLASS_PERM_RCPT, "403: not routable", count)
			: outcome_make(CLASS_PERM_CHANNEL, 0, "403: user or password refused");
		return true;
	case 503:
		/* A proxy's 503 has other words, and may have come after the gateway took it. */
		if (!begins(body, size, "Temporal failure"))
			return false;
		*outcome = judge_first(CLASS_RETRY, "503: temporal failure", count);
		return true;
	default:
		return false;
	}
}

/* "YYYY-MM-DD HH:MM:SS" in UTC, as %t fills it in. */
static int64_t read_time(const char *text, int64_t now_ms)
{
	struct tm tm = {0};

	if (text == NULL ||
		sscanf(text, "%4d-%2d-%2d%*[ +]%2d:%2d:%2d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
			&tm.tm_min, &tm.tm_sec) != 6)
		return now_ms;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	time_t at = timegm(&tm);
	return at > 0 ? (int64_t)at * 1000 : now_ms;
}

/*
 * The SMSC's words, where they can stand in a log: a full number has no place there, whatever a gateway
 * writes.
 */
static void copy_answer(char *to, size_t room, const char *answer, int type)
{
	char plain[64];
	size_t used = 0;

	for (; answer != NULL && *answer != '\0' && used < sizeof(plain); answer++)
		plain[used++] = *answer >= ' ' && *answer < 0x7f ? *answer : '?';
	if (used > 0)
		phone_mask_text(plain, used, to, room);
	else
		snprintf(to, room, "dlr %d", type);
}

bool kannel_receipt(const char *(*query)(void *arg, const char *name), void *arg, int64_t now_ms,
	struct receipt *receipt, bool *final)
{
	const char *name = query(arg, "b");
	const char *type_text = query(arg, "d");
	const char *number = query(arg, "p");

	*receipt = (struct receipt){.at_ms = now_ms};
	if (name == NULL || type_text == NULL || number == NULL || !batch_parse(name, &receipt->batch) ||
		!phone_parse(number, strlen(number), &receipt->phone))
		return false;
	char *end;
	long type = strtol(type_text, &end, 10);
	if (end == type_text || *end != '\0')
		return false;
	*final = type == DLR_DELIVERED || type == DLR_UNDELIVERED || type == DLR_REJECTED;
	receipt->kind = type == DLR_DELIVERED ? RECEIPT_DELIVERED : RECEIPT_FAILED;
	receipt->at_ms = read_time(query(arg, "t"), now_ms);
	copy_answer(receipt->code, sizeof(receipt->code), query(arg, "a"), (int)type);
	return *final || type == DLR_BUFFERED || type == DLR_ACCEPTED;
}
