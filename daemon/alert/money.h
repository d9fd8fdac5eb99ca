#ifndef ALERT_MONEY_H
#define ALERT_MONEY_H

#include <stdbool.h>

/*
 * Sums of money as people write them: "12.8万元", "12万8千", "128,000", "1.2亿", "约８６０００元". Decimal arithmetic on
 * integers, so that nothing is ever rounded.
 */
#define MONEY_TEXT 24 /* bytes of any result */

/*
 * Writes yuan as digits with two decimals where there are cents: "128000", "99.50". Returns false when it is
 * no sum, is not positive, exceeds 10^12 yuan, or has parts of a cent.
 */
bool money_parse(const char *text, char out[MONEY_TEXT]);

#endif
