#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "world/peer.h"
#include "world/query.h"

/* The group robot of WeChat Work: http-apis.md section 1. HTTP 200 always; the truth is errcode. */

#define MESSAGES_MOST 1000
#define JSON_TYPE     "application/json; charset=UTF-8"
#define ERR(code, words) \
	{ \
		200, JSON_TYPE, \
			"{\"errcode\":" #code ",\"errmsg\":\"" words ", hint: [1785555555333], from ip: 127.0.0.1\"}" \
	}

static const struct world_says says = {
	.ok = {200, JSON_TYPE, "{\"errcode\":0,\"errmsg\":\"ok\"}"},
	.auth = ERR(93004, "robot is disabled"),
	.throttle = ERR(45009, "api freq out of limit"),
	.error = {503, "text/html", "<html><body>503 Service Temporarily Unavailable</body></html>"},
	.lie = ERR(-1, "system busy"),
	.refused = ERR(40033, "invalid charset"),
	.garbage = {200, JSON_TYPE, "<!-- \xff\xfe -->errcode=0"},
	.wrong = {200, JSON_TYPE, "{\"errcode\":{\"value\":0},\"errmsg\":[]}"},
	.unknown = ERR(98765, "perhaps"),
};
static const struct world_say unknown_key = ERR(93000, "invalid webhook url");
static const struct world_say bad_type = ERR(40008, "invalid message type");
static const struct world_say bad_json = ERR(47001, "data format error");
static const struct world_say empty = ERR(44004, "empty content");
static const struct world_say too_long = ERR(45002, "content exceed max length");

static const struct kind {
	const char *type;
	size_t most;
} kinds[] = {{"text", 2048}, {"markdown", 4096}, {"markdown_v2", 4096}};

struct world_peer *world_wecom_peer(struct world *world, const struct world_call *call)
{
	struct world_query query;
	struct world_peer *peer = NULL;

	world_query_read(&query, world_call_query(call));
	const char *key = world_query_text(&query, "key", "");
	for (size_t i = 0; i < world->peer_count && peer == NULL; i++)
		if (world->peers[i]->options.kind == WORLD_WECOM && strcmp(world->peers[i]->options.secret, key) == 0)
			peer = world->peers[i];
	world_query_fini(&query);
	return peer;
}

static void add_mention(struct buf *out, const char *who, size_t size)
{
	if (out->size > 0)
		buf_add_byte(out, ' ');
	buf_add(out, who, size);
}

static void add_list(struct buf *out, const json_t *list)
{
	json_t *who;
	size_t i;

	json_array_foreach(list, i, who) if (json_is_string(who))
		add_mention(out, json_string_value(who), json_string_length(who));
}

/* Mentions of the two lists, and <@userid> inside the words. */
static char *find_mentions(const json_t *object, const char *content)
{
	struct buf out;

	buf_init(&out, 4096);
	add_list(&out, json_object_get(object, "mentioned_list"));
	add_list(&out, json_object_get(object, "mentioned_mobile_list"));
	for (const char *at = strstr(content, "<@"); at != NULL; at = strstr(at + 2, "<@")) {
		size_t size = strcspn(at + 2, ">");
		if (at[2 + size] == '>')
			add_mention(&out, at + 2, size);
	}
	char *mentions = mem_strdup(buf_text(&out));
	buf_fini(&out);
	return mentions;
}

static void keep(struct world_peer *robot, const char *type, const json_t *object, const char *content)
{
	if (robot->messages == NULL)
		robot->messages = mem_calloc(MESSAGES_MOST, sizeof(*robot->messages));
	if (robot->message_count == MESSAGES_MOST) {
		free((char *)(uintptr_t)robot->messages[0].text);
		free((char *)(uintptr_t)robot->messages[0].mentions);
		memmove(robot->messages, robot->messages + 1, --robot->message_count * sizeof(*robot->messages));
	}
	robot->messages[robot->message_count++] = (struct world_message){clock_wall_ms(), clock_mono_ms(), type,
		mem_strdup(content), find_mentions(object, content)};
	robot->totals.taken++;
	robot->totals.parts++;
	robot->totals.delivered++;
}

/* What is wrong with the message itself, or NULL. */
static const struct world_say *judge(const json_t *json, const struct kind **kind, const json_t **object)
{
	const char *type = json_string_value(json_object_get(json, "msgtype"));

	*kind = NULL;
	if (json == NULL)
		return &bad_json;
	for (size_t i = 0; type != NULL && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].type, type) == 0)
			*kind = &kinds[i];
	if (*kind == NULL)
		return &bad_type;
	*object = json_object_get(json, type);
	const json_t *content = json_object_get(*object, "content");
	if (!json_is_string(content) || json_string_length(content) == 0)
		return &empty;
	return json_string_length(content) > (*kind)->most ? &too_long : NULL;
}

static void post(struct world_peer *robot, struct world_call *call, const json_t *json)
{
	const struct kind *kind;
	const json_t *object;
	const struct world_say *refusal = judge(json, &kind, &object);
	bool taken;

	world_peer_arrived(robot, 1);
	/* What the robot refuses by its minute counts what it took in the last 60 s, as senders see it. */
	bool over = world_window_would(&robot->taken, clock_mono_ms(), robot->options.limit_ms, 1) >
		robot->options.limit;
	enum world_fault fault = world_peer_judge(robot, over, &taken);
	if (refusal != NULL && taken) {
		robot->totals.malformed++;
		if (refusal == &too_long)
			world_violate(robot, "a %s of more than %zu bytes", kind->type, kind->most);
		world_say(robot, call, refusal, NULL);
		return;
	}
	if (taken) {
		world_window_add(&robot->taken, clock_mono_ms(), robot->options.limit_ms, 1);
		keep(robot, kind->type, object, json_string_value(json_object_get(object, "content")));
	}
	world_peer_answer(robot, call, fault, &says, 1);
}

void world_wecom_asked(struct world *world, struct world_call *call)
{
	struct world_peer *robot = world_wecom_peer(world, call);

	if (robot == NULL) {
		world->strangers++;
		world_say(NULL, call, &unknown_key, NULL);
		return;
	}
	json_t *json = json_loadb(world_call_body(call), world_call_body_size(call), JSON_REJECT_DUPLICATES, NULL);
	robot->totals.requests++;
	world_peer_touch(robot);
	post(robot, call, json);
	json_decref(json);
}
