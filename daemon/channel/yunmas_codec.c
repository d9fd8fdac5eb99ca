#include "channel/yunmas_codec.h"

#include <jansson.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/digest.h"
#include "base/mem.h"
#include "base/utf8.h"

#define SECOND     1000
#define REPLY_MOST 1000

char *yunmas_mac(const struct yunmas_account *account, const char *mobiles, const char *middle, char out[33])
{
	struct buf all;

	buf_init(&all, 1 << 20);
	buf_add_text(&all, account->ec_name);
	buf_add_text(&all, account->ap_id);
	buf_add_text(&all, account->secret);
	if (account->template_id != NULL)
		buf_add_text(&all, account->template_id);
	buf_add_text(&all, mobiles);
	buf_add_text(&all, middle);
	buf_add_text(&all, account->sign_code);
	buf_add_text(&all, account->add_serial);
	digest_md5(all.data, all.size, out);
	buf_fini(&all);
	return out;
}

/* Appends compact JSON as Base64, and lets go of the document. */
static bool add_encoded(struct buf *out, json_t *document, bool quoted)
{
	char *text = json_dumps(document, JSON_COMPACT);

	json_decref(document);
	if (text == NULL)
		return false;
	size_t size = strlen(text);
	unsigned char *encoded = mem_zalloc(size / 3 * 4 + 8);
	int length = EVP_EncodeBlock(encoded, (const unsigned char *)text, (int)size);
	if (quoted)
		buf_add_byte(out, '"');
	buf_add(out, encoded, (size_t)length);
	if (quoted)
		buf_add_byte(out, '"');
	free(encoded);
	free(text);
	return !out->full;
}

static void add_mobiles(struct buf *out, const phone_t *phones, size_t count)
{
	char digits[12];

	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buf_add_byte(out, ',');
		buf_add_text(out, phone_text(phones[i], digits));
	}
}

/* The variables of a template as the text of a JSON array; a template without any takes one empty string. */
static char *params_text(const struct yunmas_account *account, const char *text)
{
	json_t *array = json_array();

	for (char *const *param = account->params; param != NULL && *param != NULL; param++)
		json_array_append_new(array, json_string(strcmp(*param, "{text}") == 0 ? text : *param));
	if (json_array_size(array) == 0)
		json_array_append_new(array, json_string(""));
	char *dumped = json_dumps(array, JSON_COMPACT);
	json_decref(array);
	return dumped;
}

static json_t *begin_document(const struct yunmas_account *account)
{
	json_t *document = json_object();

	json_object_set_new(document, "ecName", json_string(account->ec_name));
	json_object_set_new(document, "apId", json_string(account->ap_id));
	return document;
}

bool yunmas_submit_add(struct buf *out, const struct yunmas_account *account, const phone_t *phones, size_t count,
	const char *text)
{
	bool templated = account->template_id != NULL;
	char *params = templated ? params_text(account, text) : NULL;
	json_t *document = begin_document(account);
	struct buf mobiles;
	char mac[33];

	buf_init(&mobiles, YUNMAS_MOBILES_MOST * 12);
	add_mobiles(&mobiles, phones, count);
	if (account->send_secret)
		json_object_set_new(document, "secretKey", json_string(account->secret));
	if (templated)
		json_object_set_new(document, "templateId", json_string(account->template_id));
	json_object_set_new(document, "mobiles", json_string(buf_text(&mobiles)));
	json_object_set_new(document, templated ? "params" : "content", json_string(templated ? params : text));
	json_object_set_new(document, "sign", json_string(account->sign_code));
	json_object_set_new(document, "addSerial", json_string(account->add_serial));
	yunmas_mac(account, buf_text(&mobiles), templated ? params : text, mac);
	json_object_set_new(document, "mac", json_string(mac));
	bool whole = !mobiles.full;
	buf_fini(&mobiles);
	free(params);
	return add_encoded(out, document, account->quoted) && whole;
}

bool yunmas_pull_add(struct buf *out, const struct yunmas_account *account)
{
	json_t *document = begin_document(account);

	json_object_set_new(document, "secretKey", json_string(account->secret));
	return add_encoded(out, document, account->quoted);
}

/* operators.md 2.1. The waits are ours: the platform names none. */
static const struct code {
	const char *name;
	enum outcome_class class;
	uint32_t wait_ms;
	bool split;
	const char *words;
} codes[] = {
	{"success", CLASS_OK, 0, false, ""},
	{"IllegalMac", CLASS_PERM_CHANNEL, 0, false, "secret, ec_name or ap_id is wrong"},
	{"InvalidUsrOrPwd", CLASS_PERM_CHANNEL, 0, false, "ap_id or secret is wrong"},
	{"IllegalSignId", CLASS_PERM_CHANNEL, 0, false, "sign_code is wrong"},
	{"NoSignId", CLASS_PERM_CHANNEL, 0, false, "sign_code is missing"},
	{"IllegalIpAddress", CLASS_PERM_CHANNEL, 0, false, "the account is tied to another address"},
	{"NotLoadedSign", CLASS_PERM_CHANNEL, 0, false, "registration of the signature is pending"},
	{"InvalidMessage", CLASS_PERM_MSG, 0, false, "malformed request"},
	{"IllegalMsgfmt", CLASS_PERM_MSG, 0, false, "malformed request"},
	{"IllegalProtocol", CLASS_PERM_MSG, 0, false, "malformed request"},
	{"TooManyMobiles", CLASS_PERM_MSG, 0, true, "too many numbers"},
	{"InvalidMobile", CLASS_PERM_MSG, 0, true, "a number is not accepted"},
	{"IllegalUseTemplate", CLASS_PERM_MSG, 0, false, "template not approved or not matching"},
	{"SystemBusy", CLASS_THROTTLE, 2 * SECOND, false, "busy"},
	{"QueueOverLimit", CLASS_THROTTLE, 5 * SECOND, false, "queue full"},
	{"FlowOverLimit", CLASS_THROTTLE, 1 * SECOND, false, "too fast"},
	{"RequestTooOften", CLASS_THROTTLE, 1 * SECOND, false, "too fast"},
	{"OverDailyMax", CLASS_DEFER, 0, false, "quota of the day is used up"},
	{"InternalError", CLASS_RETRY, 0, false, "platform error"},
	{"FastChNotFound", CLASS_RETRY, 0, false, "platform error"},
	{"IllegalState", CLASS_RETRY, 0, false, "platform error"},
	{"RequestTimeout", CLASS_AMBIGUOUS, 0, false, "unclear whether taken"},
	{"TransportError", CLASS_AMBIGUOUS, 0, false, "unclear whether taken"},
};

static const struct code *find_code(const char *name)
{
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (strcmp(codes[i].name, name) == 0)
			return &codes[i];
	return NULL;
}

static struct outcome judge_code(const char *name, const json_t *success)
{
	const struct code *code = find_code(name);
	char shown[40];

	phone_mask_text(name, strnlen(name, sizeof(shown) - 1), shown, sizeof(shown));
	/* The two statements contradict each other: neither can be believed. */
	if (code != NULL && json_is_boolean(success) && (code->class == CLASS_OK) != json_is_true(success) &&
		code->class != CLASS_AMBIGUOUS)
		return outcome_make(CLASS_AMBIGUOUS, 0, "%s, yet success is %s", shown,
			json_is_true(success) ? "true" : "false");
	if (code != NULL) {
		struct outcome outcome = outcome_make(code->class, code->wait_ms, "%s%s%s", shown,
			code->words[0] != '\0' ? ": " : "", code->words);
		outcome.split = code->split;
		return outcome;
	}
	/*
	 * A word that we do not know, but a clear no: the platform may mend it. Without the no it may have
	 * been taken.
	 */
	if (json_is_false(success))
		return outcome_make(CLASS_RETRY, 0, "%s: refused for a reason we do not know", shown);
	return outcome_make(CLASS_AMBIGUOUS, 0, "%s: an answer we do not know", shown);
}

bool yunmas_judge(const char *body, size_t size, struct outcome *outcome)
{
	json_t *document = json_loadb(body, size, JSON_REJECT_DUPLICATES, NULL);
	const char *name = json_string_value(json_object_get(document, "rspcod"));
	const char *group = json_string_value(json_object_get(document, "msgGroup"));

	if (name == NULL) {
		json_decref(document);
		return false;
	}
	*outcome = judge_code(name, json_object_get(document, "success"));
	if (group != NULL && strlen(group) < sizeof(outcome->provider_id))
		snprintf(outcome->provider_id, sizeof(outcome->provider_id), "%s", group);
	json_decref(document);
	return true;
}

/* "yyyyMMddHHmmss" in the process's zone, or `otherwise` where it is none. */
static int64_t read_time(const char *text, int64_t otherwise)
{
	struct tm tm = {.tm_isdst = -1};
	int used = 0;

	if (text == NULL || strlen(text) != 14 || strspn(text, "0123456789") != 14)
		return otherwise;
	if (sscanf(text, "%4d%2d%2d%2d%2d%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min,
		    &tm.tm_sec, &used) != 6 ||
		used != 14)
		return otherwise;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	time_t at = mktime(&tm);
	return at > 0 ? (int64_t)at * 1000 : otherwise;
}

/* Only what can stand in a log: a provider's word is not ours to trust. */
static void copy_word(char *to, size_t room, const char *from)
{
	size_t used = 0;

	for (; from != NULL && *from > ' ' && *from < 0x7f && used + 1 < room; from++)
		to[used++] = *from;
	to[used] = '\0';
}

struct report_reader {
	int64_t now_ms;
	void (*each)(void *arg, const struct receipt *receipt);
	void *arg;
};

static bool read_number(const json_t *value, phone_t *phone)
{
	const char *text = json_string_value(value);

	return text != NULL && phone_parse(text, json_string_length(value), phone);
}

/* Of the way of a text, not of its end: a later report tells that (carriers.md 2.8, 3.5). */
static bool is_on_its_way(const char *status)
{
	return strcmp(status, "ACCEPTD") == 0 || strcmp(status, "ENROUTE") == 0;
}

static bool read_report(const json_t *object, void *arg)
{
	const struct report_reader *reader = arg;
	const char *status = json_string_value(json_object_get(object, "reportStatus"));
	const char *group = json_string_value(json_object_get(object, "msgGroup"));
	const char *code = json_string_value(json_object_get(object, "errorCode"));
	const char *when = json_string_value(json_object_get(object, "receiveDate"));
	const char *submitted = json_string_value(json_object_get(object, "submitDate"));
	const json_t *mobile = json_object_get(object, "mobile");
	struct receipt receipt = {.kind = RECEIPT_FAILED};

	if (status == NULL || group == NULL || group[0] == '\0' || strlen(group) >= sizeof(receipt.provider_id))
		return false;
	if (is_on_its_way(status))
		return true;
	if (strcmp(status, "DELIVRD") == 0)
		receipt.kind = RECEIPT_DELIVERED;
	receipt.at_ms = read_time(when != NULL ? when : submitted, reader->now_ms);
	receipt.sent_ms = read_time(submitted, 0);
	copy_word(receipt.code, sizeof(receipt.code), code != NULL && code[0] != '\0' ? code : status);
	snprintf(receipt.provider_id, sizeof(receipt.provider_id), "%s", group);

	bool all = true;
	size_t count = json_is_array(mobile) ? json_array_size(mobile) : 1;
	for (size_t i = 0; i < count; i++) {
		if (read_number(json_is_array(mobile) ? json_array_get(mobile, i) : mobile, &receipt.phone))
			reader->each(reader->arg, &receipt);
		else
			all = false;
	}
	return all;
}

/* Hands each object of a body that is one object or an array of them to `read`. */
static enum result walk(const char *body, size_t size, bool (*read)(const json_t *object, void *arg), void *arg)
{
	json_t *document = json_loadb(body, size, 0, NULL);
	bool all = true;

	if (document == NULL)
		return RESULT_INVALID;
	if (json_is_array(document)) {
		for (size_t i = 0; i < json_array_size(document); i++)
			all &= read(json_array_get(document, i), arg);
	} else {
		all = read(document, arg);
	}
	json_decref(document);
	return all ? RESULT_OK : RESULT_NOT_FOUND;
}

enum result yunmas_reports(const char *body, size_t size, int64_t now_ms,
	void (*each)(void *arg, const struct receipt *receipt), void *arg)
{
	struct report_reader reader = {now_ms, each, arg};

	return walk(body, size, read_report, &reader);
}

struct text_reader {
	void (*each)(void *arg, phone_t phone, const char *text);
	void *arg;
};

static bool read_text(const json_t *object, void *arg)
{
	const struct text_reader *reader = arg;
	const char *text = json_string_value(json_object_get(object, "smsContent"));
	phone_t phone;

	if (text == NULL || !read_number(json_object_get(object, "mobile"), &phone))
		return false;
	char *cut = mem_strndup(text, utf8_cut(text, REPLY_MOST));
	reader->each(reader->arg, phone, cut);
	free(cut);
	return true;
}

enum result yunmas_replies(const char *body, size_t size, void (*each)(void *arg, phone_t phone, const char *text),
	void *arg)
{
	struct text_reader reader = {each, arg};

	return walk(body, size, read_text, &reader);
}
