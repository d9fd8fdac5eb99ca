#include "channel/kinds.h"

#include <string.h>

/* One line per kind: here, and nowhere else, a kind becomes known. */
static const struct channel_kind *const kinds[] = {
	&sms_yunmas_kind,
	&sms_kannel_kind,
	&wecom_robot_kind,
	&led_onbon_kind,
	&null_sms_kind,
	&null_group_kind,
	&null_sign_kind,
	NULL,
};

const struct channel_kind *channel_kind_find(const char *name)
{
	for (size_t i = 0; kinds[i] != NULL; i++)
		if (strcmp(kinds[i]->name, name) == 0)
			return kinds[i];
	return NULL;
}

const struct channel_kind *const *channel_kinds(void)
{
	return kinds;
}
