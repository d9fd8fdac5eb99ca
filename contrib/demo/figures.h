#ifndef DEMO_FIGURES_H
#define DEMO_FIGURES_H

#include <jansson.h>

#include "cli/place.h"

/*
 * How all alerts stand at one moment, as crierd tells it (`crier alert show`), added up by kind of channel.
 */
enum figure_kind { FIGURE_YUNMAS, FIGURE_KANNEL, FIGURE_WECOM, FIGURE_LED, FIGURE_KINDS };

struct figure {
	long long total; /* recipients that are not excluded */
	long long left; /* of them not sent to yet: waiting or in flight */
	long long pending; /* sent, and the receipt or the read-back is still to come, or in doubt */
};

struct figures {
	struct figure kinds[FIGURE_KINDS];
	struct figure all;
	json_t *alerts; /* id → answer of "alert show"; what is over is not asked for again */
	json_t *channels; /* name → kind */
};

/* Reads everything anew. Returns 0 or an exit status, after the reason was said. *figures begins as zero. */
int figures_read(const struct place_of_daemon *place, struct figures *figures);
void figures_fini(struct figures *figures);

/* What one alert still has to do. */
struct figure figures_of(const struct figures *figures, const json_t *alert);

/* One answer of crierd, `args` taken over; NULL after the reason was said. `descriptor` as in talk_ask(). */
json_t *figures_ask(const struct place_of_daemon *place, const char *command, json_t *args, int descriptor);

#endif
