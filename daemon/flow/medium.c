#include "flow/medium.h"

#include <string.h>

static const struct {
	const char *name;
	enum crowd crowd;
} media[MEDIUM_COUNT] = {
	[MEDIUM_SMS] = {"sms", CROWD_RESIDENTS},
	[MEDIUM_WECOM] = {"wecom", CROWD_GROUPS},
	[MEDIUM_LED] = {"led", CROWD_SIGNS},
};

const char *medium_name(enum medium medium)
{
	return media[medium].name;
}

bool medium_find(const char *name, enum medium *medium)
{
	for (int i = 0; i < MEDIUM_COUNT; i++) {
		if (strcmp(media[i].name, name) == 0) {
			*medium = (enum medium)i;
			return true;
		}
	}
	return false;
}

enum crowd medium_crowd(enum medium medium)
{
	return media[medium].crowd;
}

const char *crowd_name(enum crowd crowd)
{
	static const char *const names[CROWD_COUNT] = {"residents", "groups", "signs"};

	return names[crowd];
}
