#include "figures.h"

#include <string.h>

#include "cli/json.h"
#include "cli/talk.h"

json_t *figures_ask(const struct place_of_daemon *place, const char *command, json_t *args, int descriptor)
{
	struct talk *talk = NULL;
	json_t *result = NULL;

	if (talk_open(place, &talk) != 0) {
		json_decref(args);
		return NULL;
	}
	if (talk_ask(talk, command, args, descriptor) == 0)
		talk_await(talk, NULL, NULL, &result);
	talk_close(&talk);
	return result;
}

static int read_channels(const struct place_of_daemon *place, struct figures *figures)
{
	json_t *answer = figures_ask(place, "channel list", json_object(), -1), *channel;
	size_t i;

	if (answer == NULL)
		return 1;
	figures->channels = json_object();
	json_array_foreach(json_object_get(answer, "channels"), i, channel)
		json_object_set(figures->channels, text(channel, "name"), json_object_get(channel, "kind"));
	json_decref(answer);
	return 0;
}

static enum figure_kind kind_of(const struct figures *figures, const json_t *lane)
{
	static const char *const names[FIGURE_KINDS] = {"sms-yunmas", "sms-kannel", "wecom-robot", "led-onbon"};
	const char *kind = text(figures->channels, text(lane, "channel"));
	int at = 0;

	while (at < FIGURE_KINDS && strcmp(kind, names[at]) != 0)
		at++;
	return (enum figure_kind)at;
}

static struct figure lane_figure(const json_t *lane)
{
	const json_t *states = json_object_get(lane, "states");

	return (struct figure){
		.total = number(lane, "size"),
		.left = number(states, "waiting") + number(states, "in-flight"),
		.pending = number(states, "accepted") + number(states, "held") + number(states, "unknown"),
	};
}

static void add(struct figure *sum, struct figure more)
{
	sum->total += more.total;
	sum->left += more.left;
	sum->pending += more.pending;
}

struct figure figures_of(const struct figures *figures, const json_t *alert)
{
	struct figure sum = {0};
	size_t i;
	json_t *lane;

	json_array_foreach(json_object_get(alert, "lanes"), i, lane) if (kind_of(figures, lane) != FIGURE_KINDS)
		add(&sum, lane_figure(lane));
	return sum;
}

static int read_alert(const struct place_of_daemon *place, struct figures *figures, const char *id)
{
	const json_t *known = json_object_get(figures->alerts, id);

	if (known != NULL) {
		struct figure figure = figures_of(figures, known);
		if (figure.left + figure.pending == 0)
			return 0;
	}
	json_t *alert = figures_ask(place, "alert show", json_pack("{s:s}", "id", id), -1);
	if (alert == NULL)
		return 1;
	json_object_set_new(figures->alerts, id, alert);
	return 0;
}

static void add_up(struct figures *figures)
{
	const char *id;
	json_t *alert, *lane;
	size_t i;

	memset(figures->kinds, 0, sizeof(figures->kinds));
	figures->all = (struct figure){0};
	json_object_foreach(figures->alerts, id, alert) json_array_foreach(json_object_get(alert, "lanes"), i, lane)
	{
		enum figure_kind kind = kind_of(figures, lane);
		if (kind == FIGURE_KINDS)
			continue;
		add(&figures->kinds[kind], lane_figure(lane));
		add(&figures->all, lane_figure(lane));
	}
}

int figures_read(const struct place_of_daemon *place, struct figures *figures)
{
	json_t *alert;
	size_t i;
	int status = 0;

	if (figures->alerts == NULL)
		figures->alerts = json_object();
	if (figures->channels == NULL && read_channels(place, figures) != 0)
		return 1;
	json_t *list = figures_ask(place, "alert list", json_pack("{s:i}", "most", 1000), -1);
	if (list == NULL)
		return 1;
	json_array_foreach(json_object_get(list, "alerts"), i, alert) if (status == 0)
		status = read_alert(place, figures, text(alert, "id"));
	json_decref(list);
	add_up(figures);
	return status;
}

void figures_fini(struct figures *figures)
{
	json_decref(figures->alerts);
	json_decref(figures->channels);
}
