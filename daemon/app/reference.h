#ifndef APP_REFERENCE_H
#define APP_REFERENCE_H

#include "alert/read.h"
#include "alert/taxonomy.h"
#include "base/problem.h"
#include "base/result.h"
#include "config/config.h"
#include "text/templates.h"

/*
 * What is looked up while an alert is judged: names of kinds of fraud, areas and audiences, slogan packs, wordings. They are
 * compiled in; single files of paths.data and paths.templates take the place of those with the same name.
 */

/* Loads both. On failure both stay NULL and `problems` names file and line. */
enum result reference_load(const struct config *config, struct taxonomy **taxonomy, struct templates **templates,
	struct problems *problems);

/*
 * Checks what the configuration says about reference data: rules, packs of schedules. Adds problems. A rule that is over is
 * an error, but for the `starting` daemon, which goes on without it.
 */
void reference_check(const struct config *config, const struct taxonomy *taxonomy, int64_t now_ms, bool starting,
	struct problems *problems);

/*
 * Fills what alert_read must know. `audiences` has room for config->audience_count. Everything is borrowed from the
 * configuration and the taxonomy.
 */
struct alert_context reference_context(const struct config *config, const struct taxonomy *taxonomy,
	struct alert_audience *audiences, int64_t now_ms);

#endif
