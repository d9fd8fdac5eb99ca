#include <jansson.h>
#include <string.h>

#include "world/page.h"
#include "world/peer.h"
#include "world/sms.h"

/*
 * The fault switches by HTTP. Everything optional; what is not understood is refused as a whole, nothing is
 * guessed.
 */

static uint32_t amount(const json_t *json, const char *key)
{
	json_int_t value = json_integer_value(json_object_get(json, key));

	return value < 0 ? 0 : value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
}

static const char *set_fault(struct world_peer *peer, const json_t *json, const char *name)
{
	if (strcmp(name, "none") == 0) {
		world_fault_clear(peer);
		return NULL;
	}
	enum world_fault fault = world_fault_find(name);
	if (fault == WORLD_FAULTS)
		return "no fault of this name";
	if (!world_fault_suits(fault, peer->options.kind))
		return "a peer of this kind cannot have this fault";
	if (world_fault_is_door(fault) && !world_peer_has_door(peer))
		return "this peer shares its port with others: start crier-world with --own-ports";
	bool on = json_is_true(json_object_get(json, "on"));
	bool off = json_is_false(json_object_get(json, "on"));
	if (world_fault_is_amount(fault))
		world_fault_set(peer, fault, off ? 0 : amount(json, "value"), 0);
	else if (on || off)
		world_fault_set(peer, fault, on ? WORLD_ALWAYS : 0, 0);
	else
		world_fault_set(peer, fault, amount(json, "next"), amount(json, "permille"));
	return NULL;
}

static const char *set_mains(struct world_peer *peer, const json_t *json)
{
	const json_t *mains = json_object_get(json, "mains");

	if (mains == NULL)
		return NULL;
	if (peer->sign == NULL)
		return "only signs have mains";
	world_sign_mains(peer, json_is_true(mains));
	return NULL;
}

static const char *reply(struct world_peer *peer, const json_t *json)
{
	const json_t *words = json_object_get(json, "reply");
	const json_t *text = json_object_get(words, "text"), *phone = json_object_get(words, "phone");

	if (words == NULL)
		return NULL;
	uint64_t number = json_is_string(phone) ? world_sms_phone(json_string_value(phone), json_string_length(phone))
						: 0;
	if (number == 0 || !json_is_string(text))
		return "a reply needs phone and text";
	world_reply(peer, number, json_string_value(text));
	return NULL;
}

static const char *control_peer(struct world *world, const json_t *json, const char *name)
{
	struct world_peer *peer = world_peer_find(world, name);
	const char *fault = json_string_value(json_object_get(json, "fault"));
	const char *wrong = NULL;

	if (peer == NULL)
		return "no peer of this name";
	if (fault != NULL)
		wrong = set_fault(peer, json, fault);
	if (wrong == NULL)
		wrong = set_mains(peer, json);
	return wrong == NULL ? reply(peer, json) : wrong;
}

const char *world_control(struct world *world, const char *text, size_t size)
{
	json_t *json = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
	const char *name = json_string_value(json_object_get(json, "peer"));
	const char *wrong = NULL;

	if (!json_is_object(json))
		wrong = "not a JSON object";
	else if (json_is_true(json_object_get(json, "reset")))
		world_reset(world);
	else if (name != NULL)
		wrong = control_peer(world, json, name);
	else
		wrong = "name a peer, or say reset";
	json_decref(json);
	return wrong;
}
