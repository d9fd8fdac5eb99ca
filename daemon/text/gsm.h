#ifndef TEXT_GSM_H
#define TEXT_GSM_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The GSM 7-bit default alphabet and its extension table, character by character (3GPP TS 23.038, 6.2.1). Texts as a
 * whole are for text/segment.h.
 */
enum { GSM_ESCAPE = 0x1b };

/* How many septets the character takes: 1, 2 in the extension table, 0 when it has none. */
unsigned int gsm_septets(uint32_t code);

/* Writes them and returns how many. */
unsigned int gsm_put(uint32_t code, uint8_t out[2]);

/* The character of a septet (at most 7F), read from the extension table when `escaped`, or where that has none, basic. */
uint32_t gsm_code(uint8_t septet, bool escaped);

#endif
