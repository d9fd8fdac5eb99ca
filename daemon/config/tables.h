#ifndef CONFIG_TABLES_H
#define CONFIG_TABLES_H

#include "config/setting.h"

/*
 * The rows of everything that is not a kind's own. Offsets count from the struct named beside each.
 */

/* A group of which there is one; offsets from struct config. */
struct section {
	const char *key;
	const struct setting *rows;
};

/* site, paths, listen …; ends in a row without key. */
extern const struct section tables_sections[];

/* The keys of which there are many: areas[] (struct config_area), audiences.* (struct config_audience, its name aside),
 * channels[] (struct channel_config), schedules[] (struct config_schedule). */
extern const struct setting tables_area[];
extern const struct setting tables_audience[];
extern const struct setting tables_channel[];
extern const struct setting tables_schedule[];

#endif
