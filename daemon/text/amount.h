#ifndef TEXT_AMOUNT_H
#define TEXT_AMOUNT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Money as people say it. "128000" is 12.8万元, "46000" 4.6万元, "800" 800元, "150000000" 1.5亿元: exact, never rounded.
 * Amounts below one 万, and such as would need more than four decimals, stay in 元.
 */

/*
 * `yuan` is digits with at most two decimals (alert.h). Returns false, leaving `out` empty, for zero and for what is no
 * amount. `out` holds `room` bytes.
 */
bool amount_spoken(const char *yuan, char *out, size_t room);

#endif
