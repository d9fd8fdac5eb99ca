#include "world/area.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "world/sms.h"

/* Before the sound data, and from the length of further parameters to the length of the text. */
#define FRONT 15
#define BACK  12

struct text_reader {
	const uint8_t *at, *end;
	struct buf out;
	bool font_known, colour_known;
};

static uint16_t word(const uint8_t *at)
{
	return (uint16_t)(at[0] | at[1] << 8);
}

static uint32_t quad(const uint8_t *at)
{
	return (uint32_t)word(at) | (uint32_t)word(at + 2) << 16;
}

/* Bit 15 means pixels, else units of eight. */
static uint16_t pixels(const uint8_t *at)
{
	uint16_t value = word(at);

	return (value & 0x8000) != 0 ? value & 0x7fff : (uint16_t)(value * 8);
}

static void set_font(struct world_area *area, struct text_reader *reader, uint8_t digit)
{
	uint8_t font = (uint8_t)(digit - '0');

	area->mixed_fonts |= reader->font_known && area->font != font;
	area->font = font;
	reader->font_known = true;
}

/* Bytes that the escape at `at` takes, backslash included; 0: none that is known. */
static size_t read_escape(struct world_area *area, struct text_reader *reader)
{
	const uint8_t *at = reader->at;
	size_t left = (size_t)(reader->end - at);

	if (left >= 6 && at[1] == 'F' && (at[2] == 'O' || at[2] == 'E' || at[2] == 'K') && at[3] == '0' &&
		at[4] == '0' && at[5] >= '0' && at[5] <= '2') {
		set_font(area, reader, at[5]);
		return 6;
	}
	if (left >= 3 && at[1] == 'C' && at[2] >= '1' && at[2] <= '7') {
		if (!reader->colour_known)
			area->colour = (char)at[2];
		reader->colour_known = true;
		return 3;
	}
	if (left >= 2 && at[1] == 'n') {
		buf_add_byte(&reader->out, '\n');
		return 2;
	}
	/* Clock and temperature stay as they are written: what they show changes by itself. */
	size_t size = left >= 3 && at[1] == 'D' && strchr("YLDHMSW", at[2]) != NULL && at[2] != 0 ? 3
		: left >= 5 && memcmp(at + 1, "WC01", 4) == 0                                     ? 5
												  : 0;
	buf_add(&reader->out, at, size);
	return size;
}

static void add_pair(struct world_area *area, struct text_reader *reader)
{
	char *text = world_sms_decode((const char *)reader->at, 2, "GBK");

	if (text == NULL)
		area->strange++;
	buf_add_text(&reader->out, text == NULL ? "□" : text);
	free(text);
	reader->at += 2;
}

static void read_one(struct world_area *area, struct text_reader *reader)
{
	const uint8_t *at = reader->at;

	if (at[0] == '\\') {
		size_t size = read_escape(area, reader);
		if (size > 0) {
			reader->at += size;
			return;
		}
	} else if (at[0] >= ' ' && at[0] < 127) {
		buf_add_byte(&reader->out, at[0]);
		reader->at++;
		return;
	} else if (reader->end - at >= 2 && at[0] >= 0xa1 && at[0] <= 0xf7 && at[1] >= 0xa1 && at[1] <= 0xfe) {
		add_pair(area, reader);
		return;
	}
	area->strange++;
	buf_add_text(&reader->out, "□");
	reader->at++;
}

static void read_text(struct world_area *area, const uint8_t *bytes, size_t size)
{
	struct text_reader reader = {.at = bytes, .end = bytes + size};

	buf_init(&reader.out, size * 4 + 1);
	area->colour = '1';
	while (reader.at < reader.end)
		read_one(area, &reader);
	area->text = buf_take(&reader.out);
}

/* Bytes of sound fields behind the sound mode; false when they run over the end. */
static bool skip_sound(const uint8_t *block, size_t size, size_t *at)
{
	uint8_t mode = block[FRONT - 1];

	if (mode == 0)
		return true;
	*at += 3;
	if (mode != 2)
		return *at <= size;
	if (*at + 4 > size)
		return false;
	uint32_t length = quad(block + *at);
	*at += 4;
	if (length > size - *at)
		return false;
	*at += length;
	return true;
}

bool world_area_read(struct world_area *area, const uint8_t *block, size_t size)
{
	size_t at = FRONT;

	memset(area, 0, sizeof(*area));
	if (size < FRONT + BACK || !skip_sound(block, size, &at) || at >= size)
		return false;
	size_t extra = block[at];
	if (size < at + extra + BACK)
		return false;
	const uint8_t *back = block + at + extra;
	uint32_t length = quad(back + 8);
	if (length != size - (at + extra + BACK))
		return false;
	*area = (struct world_area){.id = block[9],
		.run_mode = block[11],
		.x = pixels(block + 1),
		.y = word(block + 3),
		.width = pixels(block + 5),
		.height = word(block + 7),
		.sound = block[14],
		.single_line = back[2],
		.effect = back[4],
		.speed = back[6],
		.stay = back[7]};
	area->lease_s = area->run_mode == 2 ? word(block + 12) : 0;
	read_text(area, back + BACK, length);
	return true;
}
