#ifndef CONFIG_CHECK_H
#define CONFIG_CHECK_H

#include "config/config.h"
#include "document/node.h"

/*
 * What one value alone cannot show: names used twice, names that lead nowhere, settings that contradict each other. Each
 * adds problems, at the line of the setting, and changes nothing. Values that a row refused may be missing (NULL) and are
 * passed over.
 */

/* Everything but channels and schedules. `root` is the whole tree. */
void check_site(const struct config *config, const struct node *root, struct problems *problems);

/* Channel `number`, read from `group`; earlier ones are compared with it. `kind` is NULL where it is not known. */
void check_channel(const struct config *config, size_t number, const struct config_kind *kind, const struct node *group,
	struct problems *problems);

/* Schedule `number`, read from `group`. */
void check_schedule(const struct config *config, size_t number, const struct node *group, struct problems *problems);

#endif
