#include "gateways.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "testing/chance.h"

static struct world_peer *add_sms(struct stage *stage, enum world_kind kind, const char *name)
{
	return world_peer_add(stage->world,
		&(struct world_peer_options){.kind = kind,
			.name = name,
			.user = name,
			.secret = "s3cret",
			.own_port = true,
			.limit = GATEWAYS_RATE + GATEWAYS_BATCH * GATEWAYS_PARTS_MOST,
			.limit_ms = 1000});
}

static int write_channels(struct stage *stage, char *text, size_t room)
{
	const char *sms = world_peer_url(add_sms(stage, WORLD_KANNEL, "kannel"));
	const char *mas = world_peer_url(add_sms(stage, WORLD_YUNMAS, "yunmas"));
	const char *robot = world_peer_url(world_peer_add(stage->world,
		&(struct world_peer_options){.kind = WORLD_WECOM,
			.name = "robot",
			.secret = "s3cret",
			.own_port = true}));
	int base = (int)(strstr(mas, "/sms/") - mas);

	return snprintf(text, room,
		" { name = \"kannel\"; kind = \"sms-kannel\"; url = \"%s\"; user = \"kannel\"; password_file = \"password\";"
		" audiences = [ \"student\" ]; " GATEWAYS_SENDING " },\n"
		" { name = \"yunmas\"; kind = \"sms-yunmas\"; url = \"%.*s/sms/norsubmit\"; ec_name = \"ec\"; ap_id = \"yunmas\";"
		" secret_file = \"password\"; sign_code = \"sc\"; signature_by = \"platform\";"
		" report_url = \"%.*s/sms/report\"; pull_every = \"20s\"; " GATEWAYS_SENDING " },\n"
		" { name = \"robot\"; kind = \"wecom-robot\"; url = \"%.*s\"; key_file = \"password\"; timeout = \"10s\"; }",
		sms, base, mas, base, mas, (int)strcspn(robot, "?"), robot);
}

void gateways_open(struct stage *stage, bool with_sign)
{
	char channels[4096];

	stage_open_seeded(stage, "2026-11-23T10:00:00", chance_wish("CRIER_CRASH_SEED", 1));
	stage_roster(stage, GATEWAYS_PEOPLE);
	int size = write_channels(stage, channels, sizeof(channels));
	if (with_sign)
		snprintf(channels + size, sizeof(channels) - (size_t)size,
			",\n { name = \"sign\"; kind = \"led-onbon\"; address = \"%s\"; width = 128; height = 32; }",
			world_peer_url(gateways_peer(stage, "sign")));
	stage_config_of(stage, channels, GATEWAYS_PATIENT);
	stage_start(stage);
}

void gateways_drop(struct stage *stage, const char *id, const char *urgency, const char *more)
{
	char name[32], text[512];

	snprintf(name, sizeof(name), "%s.cfg", id);
	snprintf(text, sizeof(text),
		"text: { sms = \"预警%s：要你先垫钱的都是诈骗。\"; led = \"预警%s\"; wecom = \"预警%s\"; };\n%s", id,
		id, id, more);
	stage_drop(stage, name, id, urgency, text);
}

struct world_peer *gateways_peer(struct stage *stage, const char *name)
{
	return world_peer_find(stage->world, name);
}

struct world_totals gateways_totals(struct stage *stage, const char *name)
{
	struct world_totals all;

	world_totals(stage->world, gateways_peer(stage, name), &all);
	return all;
}

static json_t *row_of(struct stage *stage, const char *name)
{
	json_t *answer = stage_ask(stage, "channel list", NULL, NULL), *row, *found = NULL;
	size_t i;

	json_array_foreach(json_object_get(answer, "channels"), i,
		row) if (strcmp(json_string_value(json_object_get(row, "name")), name) == 0) found = json_incref(row);
	json_decref(answer);
	if (found == NULL)
		fail_msg("no channel %s", name);
	return found;
}

long long gateways_number(struct stage *stage, const char *name, const char *key)
{
	json_t *row = row_of(stage, name);
	long long number = json_integer_value(json_object_get(row, key));

	json_decref(row);
	return number;
}

bool gateways_suspended(struct stage *stage, const char *name)
{
	json_t *row = row_of(stage, name);
	bool suspended = json_is_true(json_object_get(row, "suspended"));

	json_decref(row);
	return suspended;
}

bool gateways_suspended_itself(struct stage *stage, const char *name)
{
	json_t *row = row_of(stage, name);
	const char *by = json_string_value(json_object_get(row, "suspended_by"));
	bool itself = json_is_true(json_object_get(row, "suspended")) && by != NULL && strcmp(by, "crier") == 0;

	json_decref(row);
	return itself;
}

void gateways_resume(struct stage *stage, const char *name)
{
	json_decref(stage_ask(stage, "channel resume", json_pack("{s:s}", "name", name), NULL));
}

static void marker_of(char marker[32], const char *id)
{
	snprintf(marker, 32, "预警%s", id);
}

struct world_reach gateways_reach(struct stage *stage, const char *id)
{
	struct world_reach reach;
	char marker[32];

	marker_of(marker, id);
	world_reached(stage->world, marker, &reach);
	return reach;
}

long long gateways_posts(struct stage *stage, const char *id)
{
	const struct world_message *message;
	char marker[32];
	long long count = 0;

	marker_of(marker, id);
	for (size_t i = 0; (message = world_message(gateways_peer(stage, "robot"), i)) != NULL; i++)
		count += strstr(message->text, marker) != NULL;
	return count;
}
