#include "channel/onbon_codec.h"

#include <string.h>

#include "base/gbk.h"

#define HEAD_SIZE   5
#define UPDATE_HEAD 9 /* up to and with the block's length */
#define AREA_HEAD   27 /* of a silent area, up to its text */
#define SPEECH_HEAD 7 /* voice, volume, speed, length */

static void add_head(struct buf *out, enum onbon_command command)
{
	buf_add_byte(out, (unsigned char)(command >> 8));
	buf_add_byte(out, command & 0xff);
	buf_add_byte(out, 1); /* a reply is wanted */
}

void onbon_request_add(struct buf *out, enum onbon_command command)
{
	add_head(out, command);
	buf_add(out, "\0", 2);
}

static unsigned char bcd(int value)
{
	return (unsigned char)(value / 10 % 10 << 4 | value % 10);
}

void onbon_clock_add(struct buf *out, const struct tm *when)
{
	int year = when->tm_year + 1900;
	unsigned char fields[] = {bcd(year % 100), bcd(year / 100), bcd(when->tm_mon + 1), bcd(when->tm_mday),
		bcd(when->tm_hour), bcd(when->tm_min), bcd(when->tm_sec), bcd(when->tm_wday == 0 ? 7 : when->tm_wday)};

	onbon_request_add(out, ONBON_CLOCK);
	buf_add(out, fields, sizeof(fields));
}

static void add_speech(struct buf *out, const struct onbon_area *area)
{
	if (area->speech == NULL) {
		buf_add_byte(out, 0);
		return;
	}
	buf_add_byte(out, 2); /* speaks what follows, not what is shown */
	buf_add_byte(out, (unsigned char)(area->repeat << 4 | area->voice));
	buf_add_byte(out, area->volume);
	buf_add_byte(out, area->voice_speed);
	onbon_add_u32(out, (uint32_t)area->speech_size);
	buf_add(out, area->speech, area->speech_size);
}

static uint16_t across(const struct onbon_area *area, uint16_t pixels)
{
	return area->by_eight ? pixels / 8 : pixels | 0x8000;
}

void onbon_area_add(struct buf *out, const struct onbon_area *area)
{
	buf_add_byte(out, 0);
	onbon_add_u16(out, across(area, area->x));
	onbon_add_u16(out, area->y);
	onbon_add_u16(out, across(area, area->width));
	onbon_add_u16(out, area->height);
	buf_add_byte(out, area->id);
	buf_add_byte(out, 0); /* line spacing */
	buf_add_byte(out, area->run_mode);
	onbon_add_u16(out, area->timeout_s);
	add_speech(out, area);
	buf_add_byte(out, 0); /* no further parameters */
	buf_add_byte(out, area->alignment);
	buf_add_byte(out, area->many_lines ? 2 : 1);
	buf_add_byte(out, 1); /* lines break where the text says so */
	buf_add_byte(out, area->display_mode);
	buf_add_byte(out, 0); /* no exit effect */
	buf_add_byte(out, area->speed);
	buf_add_byte(out, area->stay);
	onbon_add_u32(out, (uint32_t)area->text_size);
	buf_add(out, area->text, area->text_size);
}

void onbon_area_update_add(struct buf *out, const struct onbon_area *area)
{
	struct buf block;

	buf_init(&block, out->most);
	onbon_area_add(&block, area);
	add_head(out, ONBON_AREAS);
	/* no clearing, reserved, nothing deleted, one area */
	buf_add(out, (uint8_t[]){0, 0, 0, 1}, 4);
	onbon_add_u16(out, (uint16_t)block.size);
	buf_add(out, block.data, block.size);
	if (block.full)
		out->full = true;
	buf_fini(&block);
}

void onbon_area_delete_add(struct buf *out, uint8_t id)
{
	add_head(out, ONBON_AREAS);
	buf_add(out, (uint8_t[]){0, 0, 1, id, 0}, 5);
}

size_t onbon_text_room(size_t most, size_t speech)
{
	size_t head = UPDATE_HEAD + AREA_HEAD + (speech > 0 ? SPEECH_HEAD + speech : 0);

	return most > head ? most - head : 0;
}

/* The character in place of one that the card would read as a command, or NULL. */
static const char *replacement(char c, bool speech)
{
	if ((unsigned char)c < ' ' || c == 0x7f)
		return " ";
	if (c == '\\')
		return "＼";
	if (speech && c == '[')
		return "［";
	if (speech && c == ']')
		return "］";
	return NULL;
}

/* A second byte of 5C would begin an escape in the middle of a character. */
static const char *find_trail(const struct buf *out, size_t from, const char *text)
{
	for (size_t i = from; i < out->size; text++) {
		if ((*text & 0xc0) == 0x80)
			continue; /* only a character's first byte counts it */
		bool wide = (unsigned char)out->data[i] >= 0x80;
		if (wide && out->data[i + 1] == '\\')
			return text;
		i += wide ? 2 : 1;
	}
	return NULL;
}

bool onbon_text_add(struct buf *out, const char *text, bool gbk, bool speech, const char **bad)
{
	for (const char *p = text; *p != '\0';) {
		size_t run = 0;
		while (p[run] != '\0' && replacement(p[run], speech) == NULL)
			run++;
		char piece[256];
		if (run > sizeof(piece) - 4)
			run = sizeof(piece) - 4;
		while (run > 0 && (p[run] & 0xc0) == 0x80)
			run--; /* between characters */
		memcpy(piece, p, run);
		piece[run] = '\0';
		size_t before = out->size;
		const char *at;
		if (!gbk_add(out, piece, !gbk, &at)) {
			*bad = at != NULL ? p + (at - piece) : NULL;
			return false;
		}
		at = gbk ? find_trail(out, before, piece) : NULL;
		if (at != NULL) {
			*bad = p + (at - piece);
			return false;
		}
		p += run;
		const char *instead = *p != '\0' ? replacement(*p, speech) : NULL;
		if (instead != NULL) {
			gbk_add(out, instead, true, NULL);
			p++;
		}
	}
	*bad = NULL;
	return !out->full;
}

void onbon_style_add(struct buf *out, unsigned int font, unsigned int color)
{
	unsigned int step = font / 8 - 2; /* 16, 24, 32 dots are fonts 0, 1, 2 */

	buf_printf(out, "\\FO%03u", step);
	/* Heights must not mix in one area; 16 is what a card takes for ASCII when it is told nothing. */
	if (step > 0)
		buf_printf(out, "\\FE%03u", step);
	buf_printf(out, "\\C%u", color);
}

uint32_t onbon_text_width(size_t gbk_bytes, unsigned int font)
{
	return (uint32_t)gbk_bytes * font / 2;
}
