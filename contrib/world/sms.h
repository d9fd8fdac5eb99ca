#ifndef WORLD_SMS_H
#define WORLD_SMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What a handset would show of bytes that a gateway was given, and how many parts are billed. The world's own
 * tables: the GSM 7-bit default alphabet (3GPP TS 23.038 6.2.1, carriers.md 7.2), 70/67 for Chinese
 * (http-apis.md 14). Internal.
 */

/*
 * `bytes` in `charset` (an iconv name) as UTF-8 to free(); NULL when they are not of that charset or it is
 * unknown.
 */
char *world_sms_decode(const char *bytes, size_t size, const char *charset);

/* UTF-8 as `charset` in new bytes to free(); NULL when it cannot be said in it. */
char *world_sms_encode(const char *text, const char *charset, size_t *size);

/*
 * Replaces in place what the GSM alphabet lacks by "?", as a gateway does that was told coding 0. Returns how
 * many.
 */
unsigned int world_sms_squeeze(char *text);

/* Billed parts of a UTF-8 text: counted in septets for coding 0, octets for 1, UTF-16 units otherwise. */
uint32_t world_sms_parts(const char *text, size_t size, int coding);

/* The 11 digits of a mainland number written as 138…, 86138… or +86138…; 0 when it is none. */
uint64_t world_sms_phone(const char *text, size_t size);

/* A phone as the page shows it: 138****0001. */
void world_sms_mask(uint64_t phone, char out[16]);

#endif
