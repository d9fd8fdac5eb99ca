#ifndef WORLD_AREA_H
#define WORLD_AREA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * One dynamic area of a BX-K card as it stands in an A3 06 command: led-signs.md 3.5. Internal.
 */
struct world_area {
	uint8_t id, run_mode, effect, single_line, speed, stay;
	uint16_t x, y, width, height; /* pixels */
	uint16_t lease_s; /* 0: for ever; RunMode 2 only */
	uint8_t sound;
	char *text; /* UTF-8, escapes taken out; "\n" for a new line */
	char colour; /* '1'–'7', the first that is set; '1' without any */
	uint8_t font; /* 0, 1, 2: 16, 24, 32 pixels */
	/* what a careful sender avoids */
	bool mixed_fonts;
	unsigned int strange; /* bytes that are neither ASCII, GB 2312 nor a known escape */
};

/*
 * Reads one area block of `size` bytes. False when lengths do not fit. Afterwards area->text is the caller's
 * to free().
 */
bool world_area_read(struct world_area *area, const uint8_t *block, size_t size);

#endif
