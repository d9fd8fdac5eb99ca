#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "world/peer.h"
#include "world/secret.h"
#include "world/sms.h"

/* China Mobile 云MAS over HTTP: operators.md 2.1. */

#define NUMBERS_MOST 5000
#define PULL_AT_ONCE 500

#define JSON_TYPE "application/json;charset=UTF-8"
#define REFUSAL(code) \
	{ \
		200, JSON_TYPE, "{\"msgGroup\":\"\",\"rspcod\":\"" code "\",\"success\":false}" \
	}

static const struct world_says template = {
	.auth = REFUSAL("InvalidUsrOrPwd"),
	.throttle = REFUSAL("FlowOverLimit"),
	.error = {503, "text/html", "<html><body>503 Service Temporarily Unavailable</body></html>"},
	.lie = REFUSAL("InternalError"),
	.refused = REFUSAL("InvalidMessage"),
	.garbage = {200, JSON_TYPE, "\xef\xbb\xbf<xml>success</xml>\x02"},
	.wrong = {200, JSON_TYPE, "[\"success\",{\"rspcod\":[true]}]"},
	.unknown = {200, JSON_TYPE, "{\"msgGroup\":\"\",\"rspcod\":\"Perhaps\",\"success\":null}"},
};
static const struct world_say illegal_mac = REFUSAL("IllegalMac");
static const struct world_say wrong_user = REFUSAL("InvalidUsrOrPwd");
static const struct world_say bad_sign = REFUSAL("IllegalSignId");
static const struct world_say bad_message = REFUSAL("InvalidMessage");
static const struct world_say bad_mobile = REFUSAL("InvalidMobile");
static const struct world_say too_many = REFUSAL("TooManyMobiles");
static const struct world_say not_found = {404, "text/plain", "no such service"};

struct asked {
	json_t *json;
	char *params; /* as JSON text */
	bool templated;
	uint64_t *phones;
	uint32_t count;
	char *text;
	uint32_t parts;
	const struct world_say *refusal;
};

static const char *field(const struct asked *asked, const char *name)
{
	const char *text = json_string_value(json_object_get(asked->json, name));

	return text == NULL ? "" : text;
}

static struct world_peer *find(struct world *world, const char *user)
{
	for (size_t i = 0; i < world->peer_count; i++)
		if (world->peers[i]->options.kind == WORLD_YUNMAS && strcmp(world->peers[i]->options.user, user) == 0)
			return world->peers[i];
	return NULL;
}

/*
 * The body is Base64 of JSON; two of the clients seen in public wrap it in JSON quotes, which the platform
 * takes.
 */
static json_t *read_body(const struct world_call *call)
{
	const char *body = world_call_body(call);
	size_t size = world_call_body_size(call), made;

	if (size >= 2 && body[0] == '"' && body[size - 1] == '"') {
		body++;
		size -= 2;
	}
	char *bytes = world_base64_read(body, size, &made);
	if (bytes == NULL)
		return NULL;
	json_t *json = json_loadb(bytes, made, JSON_REJECT_DUPLICATES, NULL);
	free(bytes);
	return json;
}

/* Clients send the template's variables as JSON text in a string, or as the array itself. */
static char *read_params(const json_t *json)
{
	const json_t *params = json_object_get(json, "params");
	char *text = json_is_array(params) ? json_dumps(params, JSON_COMPACT) : NULL;

	if (text != NULL)
		return text;
	return mem_strdup(json_is_string(params) ? json_string_value(params) : "");
}

static bool mac_fits(const struct world_peer *peer, const struct asked *asked)
{
	char mac[33];
	char *whole = asked->templated
		? mem_printf("%s%s%s%s%s%s%s%s", field(asked, "ecName"), field(asked, "apId"), peer->options.secret,
			  field(asked, "templateId"), field(asked, "mobiles"), asked->params, field(asked, "sign"),
			  field(asked, "addSerial"))
		: mem_printf("%s%s%s%s%s%s%s", field(asked, "ecName"), field(asked, "apId"), peer->options.secret,
			  field(asked, "mobiles"), field(asked, "content"), field(asked, "sign"),
			  field(asked, "addSerial"));

	world_md5(whole, strlen(whole), mac);
	free(whole);
	return strcmp(mac, field(asked, "mac")) == 0;
}

static void read_numbers(struct asked *asked)
{
	const char *at = field(asked, "mobiles");

	asked->phones = mem_calloc(NUMBERS_MOST, sizeof(uint64_t));
	if (*at == '\0')
		asked->refusal = &bad_mobile;
	while (*at != '\0' && asked->refusal == NULL) {
		size_t length = strcspn(at, ",");
		uint64_t phone = world_sms_phone(at, length);
		if (phone == 0)
			asked->refusal = &bad_mobile;
		else if (asked->count == NUMBERS_MOST)
			asked->refusal = &too_many;
		else
			asked->phones[asked->count++] = phone;
		at += length + (at[length] == ',');
	}
}

/* What the phone shows: the platform's signature, then the text or the template's variables. */
static void read_text(const struct world_peer *peer, struct asked *asked)
{
	const char *words = peer->options.signature;
	const char *text = asked->templated ? asked->params : field(asked, "content");

	if (*text == '\0' || (asked->templated && *field(asked, "templateId") == '\0'))
		asked->refusal = &bad_message;
	asked->text = mem_printf("%s%s%s%s%s%s", words == NULL ? "" : "【", words == NULL ? "" : words,
		words == NULL ? "" : "】", asked->templated ? field(asked, "templateId") : "",
		asked->templated ? ":" : "", text);
	asked->parts = world_sms_parts(asked->text, strlen(asked->text), 2);
}

static void check_peer(const struct world_peer *peer, struct asked *asked)
{
	const struct world_peer_options *options = &peer->options;

	if (options->ec_name != NULL && strcmp(options->ec_name, field(asked, "ecName")) != 0)
		asked->refusal = &wrong_user;
	else if (!mac_fits(peer, asked))
		asked->refusal = &illegal_mac;
	else if (options->sign_code != NULL && strcmp(options->sign_code, field(asked, "sign")) != 0)
		asked->refusal = &bad_sign;
}

static void submit(struct world_peer *peer, struct world_call *call, struct asked *asked)
{
	struct world_says says = template;
	char group[32], reply[128];
	bool taken;

	snprintf(group, sizeof(group), "0927%018llu", (unsigned long long)++peer->world->ids);
	snprintf(reply, sizeof(reply), "{\"msgGroup\":\"%s\",\"rspcod\":\"success\",\"success\":true}", group);
	says.ok = (struct world_say){200, JSON_TYPE, reply};
	if (!asked->templated && peer->options.signature != NULL && strstr(field(asked, "content"), "【") != NULL)
		world_violate(peer, "the text carries a signature of its own beside the platform's");
	bool over = world_peer_arrived(peer, asked->count * asked->parts) && peer->options.enforce;
	if (world_peer_refuses_some(peer, asked->phones, asked->count)) {
		world_say(peer, call, &bad_mobile, NULL);
		return;
	}
	enum world_fault fault = world_peer_judge(peer, over, &taken);
	if (taken) {
		struct world_order order = {.phones = asked->phones,
			.count = asked->count,
			.url = peer->options.report_url,
			.group = group,
			.mask = 1 | 2};
		world_peer_took(peer, &order, asked->text, asked->parts);
	}
	world_peer_answer(peer, call, fault, &says, asked->count);
}

static void on_submit(struct world_peer *peer, struct world_call *call, struct asked *asked)
{
	check_peer(peer, asked);
	if (asked->refusal != NULL) {
		peer->totals.strangers++;
		world_say(peer, call, asked->refusal, NULL);
		return;
	}
	read_numbers(asked);
	read_text(peer, asked);
	if (asked->refusal == NULL) {
		submit(peer, call, asked);
		return;
	}
	if (asked->refusal == &too_many)
		world_violate(peer, "more than %d numbers in one request", NUMBERS_MOST);
	peer->totals.malformed++;
	world_say(peer, call, asked->refusal, NULL);
}

/* Reports and replies that are pulled: given once. */
static void on_pull(struct world_peer *peer, struct world_call *call, struct list *waiting, const struct asked *asked)
{
	struct buf body;
	struct link *at;
	unsigned int count = 0;

	if (strcmp(field(asked, "secretKey"), peer->options.secret) != 0) {
		peer->totals.strangers++;
		world_say(peer, call, &wrong_user, NULL);
		return;
	}
	buf_init(&body, 1u << 20);
	buf_add_byte(&body, '[');
	while (count < PULL_AT_ONCE && (at = list_first(waiting)) != NULL) {
		struct world_pull *pull = list_object(at, struct world_pull, on_list);
		buf_printf(&body, "%s%s", count++ == 0 ? "" : ",", pull->json);
		list_remove(at);
		free(pull->json);
		free(pull);
		peer->totals.receipts_sent += waiting == &peer->reports;
	}
	buf_add_byte(&body, ']');
	struct world_say say = {200, JSON_TYPE, buf_text(&body)};
	world_say(peer, call, &say, NULL);
	world_peer_touch(peer);
	buf_fini(&body);
}

static void serve(struct world_peer *peer, struct world_call *call, struct asked *asked)
{
	const char *path = world_call_path(call);

	asked->templated = strcmp(path, "/sms/tmpsubmit") == 0;
	if (asked->templated || strcmp(path, "/sms/norsubmit") == 0 || strcmp(path, "/sms/submit") == 0)
		on_submit(peer, call, asked);
	else if (strcmp(path, "/sms/report") == 0)
		on_pull(peer, call, &peer->reports, asked);
	else if (strcmp(path, "/sms/deliver") == 0)
		on_pull(peer, call, &peer->replies, asked);
	else
		world_say(peer, call, &not_found, NULL);
}

void world_yunmas_asked(struct world *world, struct world_call *call)
{
	struct asked asked = {.json = read_body(call)};

	asked.params = read_params(asked.json);
	struct world_peer *peer = find(world, field(&asked, "apId"));

	if (peer == NULL) {
		world->strangers++;
		world_say(NULL, call, asked.json == NULL ? &bad_message : &wrong_user, NULL);
	} else {
		peer->totals.requests++;
		world_peer_touch(peer);
		serve(peer, call, &asked);
	}
	json_decref(asked.json);
	free(asked.params);
	free(asked.phones);
	free(asked.text);
}

/* ---- what the platform sends to us ---- */

static struct tm local_time(int64_t wall_ms)
{
	time_t seconds = (time_t)(wall_ms / 1000);
	struct tm tm;

	localtime_r(&seconds, &tm);
	return tm;
}

/* "20261121163005". */
static void stamp(int64_t wall_ms, char out[32])
{
	struct tm tm = local_time(wall_ms);

	strftime(out, 32, "%Y%m%d%H%M%S", &tm);
}

static void add_json(struct buf *out, json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT);

	if (text != NULL)
		buf_add_text(out, text);
	free(text);
	json_decref(json);
}

void world_yunmas_receipt(const struct world_peer *peer, const struct world_receipt *receipt, bool pulled,
	struct buf *body)
{
	bool good = receipt->type == 1;
	char taken[32], now[32], phone[16];

	stamp(receipt->taken_ms, taken);
	stamp(clock_wall_ms(), now);
	snprintf(phone, sizeof(phone), "%llu", (unsigned long long)receipt->phone);
	const char *status = good ? "DELIVRD" : "UNDELIV", *code = good ? "DELIVRD" : "DB:0140";
	json_t *mobile = json_string(phone);
	if (receipt->strange != NULL)
		status = code = receipt->strange;
	/* In the only client that pulls, the number is an array. */
	if (pulled) {
		json_t *list = json_array();
		json_array_append_new(list, mobile);
		mobile = list;
	}
	add_json(body,
		json_pack("{s:s, s:o, s:s, s:s, s:s, s:s}", "reportStatus", status, "mobile", mobile, "submitDate",
			taken, "receiveDate", now, "errorCode", code, "msgGroup", receipt->group));
}

void world_yunmas_reply(const struct world_peer *peer, uint64_t phone, const char *text, struct buf *body)
{
	struct tm tm = local_time(clock_wall_ms());
	char now[32], number[16];

	strftime(now, sizeof(now), "%Y-%m-%d %H:%M:%S", &tm);
	snprintf(number, sizeof(number), "%llu", (unsigned long long)phone);
	add_json(body,
		json_pack("{s:s, s:s, s:s, s:s}", "mobile", number, "smsContent", text, "sendTime", now, "addSerial",
			"10657012345678"));
}
