#ifndef CONFIG_SUMMARY_H
#define CONFIG_SUMMARY_H

#include "base/buf.h"
#include "base/say.h"
#include "config/config.h"

/*
 * What will run with this configuration, for a person who checks it: site, folders, channels with their limits, schedules,
 * and loudly what weakens protection. Secrets and addresses of providers are not in it.
 */

/* Appends the summary, lines ending in newlines. */
void config_summary(const struct config *config, enum lang lang, struct buf *buf);

#endif
