#include "text/gsm.h"

#include <stddef.h>

/* The basic table in the standard's order; 1B is the escape and stands here as itself. */
static const uint16_t basic[128] = {
	'@', 0xa3, '$', 0xa5, 0xe8, 0xe9, 0xf9, 0xec, 0xf2, 0xc7, '\n', 0xd8, 0xf8, '\r', 0xc5, 0xe5, /* 00 */
	0x394, '_', 0x3a6, 0x393, 0x39b, 0x3a9, 0x3a0, 0x3a8, 0x3a3, 0x398, 0x39e, 0x1b, 0xc6, 0xe6, 0xdf,
	0xc9, /* 10 */
	' ', '!', '"', '#', 0xa4, '%', '&', '\'', '(', ')', '*', '+', ',', '-', '.', '/', /* 20 */
	'0', '1', '2', '3', '4', '5', '6', '7', '8', '9', ':', ';', '<', '=', '>', '?', /* 30 */
	0xa1, 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O', /* 40 */
	'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', 0xc4, 0xd6, 0xd1, 0xdc, 0xa7, /* 50 */
	0xbf, 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', /* 60 */
	'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z', 0xe4, 0xf6, 0xf1, 0xfc, 0xe0, /* 70 */
};

static const struct {
	uint16_t code;
	uint8_t septet;
} extension[] = {
	{'\f', 0x0a},
	{'^', 0x14},
	{'{', 0x28},
	{'}', 0x29},
	{'\\', 0x2f},
	{'[', 0x3c},
	{'~', 0x3d},
	{']', 0x3e},
	{'|', 0x40},
	{0x20ac, 0x65},
};

enum { EXTENSIONS = sizeof(extension) / sizeof(extension[0]) };

static bool is_same(uint32_t code)
{
	return (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z') ||
		(code >= ' ' && code <= '?' && code != '$');
}

unsigned int gsm_put(uint32_t code, uint8_t out[2])
{
	if (is_same(code)) {
		out[0] = (uint8_t)code;
		return 1;
	}
	if (code > 0x20ac || code == GSM_ESCAPE)
		return 0;
	for (size_t i = 0; i < 128; i++) {
		if (basic[i] == code) {
			out[0] = (uint8_t)i;
			return 1;
		}
	}
	for (size_t i = 0; i < EXTENSIONS; i++) {
		if (extension[i].code == code) {
			out[0] = GSM_ESCAPE;
			out[1] = extension[i].septet;
			return 2;
		}
	}
	return 0;
}

unsigned int gsm_septets(uint32_t code)
{
	uint8_t unused[2];

	return gsm_put(code, unused);
}

uint32_t gsm_code(uint8_t septet, bool escaped)
{
	if (escaped) {
		for (size_t i = 0; i < EXTENSIONS; i++)
			if (extension[i].septet == septet)
				return extension[i].code;
	}
	return septet == GSM_ESCAPE ? ' ' : basic[septet & 0x7f];
}
