#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "world/sign.h"

/* The commands of led-signs.md 3.4. What is not here is answered with NACK 2, unknown command. */

enum card_error {
	CARD_FINE = 0,
	CARD_UNKNOWN_GROUP = 1,
	CARD_UNKNOWN_COMMAND = 2,
	CARD_NO_MEMORY = 4,
	CARD_NO_FILE = 6,
	CARD_BAD_TIME = 14,
};

#define HEAD 5

void world_command_reply(struct world_card_reply *reply, uint8_t group, uint8_t command, uint8_t error)
{
	*reply = (struct world_card_reply){.data = {group, command, error, 0, 0}, .size = HEAD};
}

static void put(struct world_card_reply *reply, uint8_t byte)
{
	if (reply->size < sizeof(reply->data))
		reply->data[reply->size++] = byte;
}

static void put_word(struct world_card_reply *reply, uint16_t word)
{
	put(reply, word & 255);
	put(reply, word >> 8);
}

static void put_zeros(struct world_card_reply *reply, unsigned int count)
{
	while (count-- > 0)
		put(reply, 0);
}

static uint8_t to_bcd(int number)
{
	return (uint8_t)(number / 10 << 4 | number % 10);
}

/* -1 where it is no BCD. */
static int of_bcd(uint8_t byte)
{
	return (byte >> 4) > 9 || (byte & 15) > 9 ? -1 : (byte >> 4) * 10 + (byte & 15);
}

static void answer_status(const struct world_card *card, struct world_card_reply *reply)
{
	time_t now = (time_t)((clock_wall_ms() + card->clock_offset_ms) / 1000);
	struct tm tm;
	uint8_t count = 0;

	localtime_r(&now, &tm);
	world_command_reply(reply, 0xa1, 0x02, 0);
	put(reply, card->on ? 1 : 2);
	put(reply, card->brightness);
	const uint8_t clock[8] = {to_bcd(tm.tm_year % 100), 0x20, to_bcd(tm.tm_mon + 1), to_bcd(tm.tm_mday),
		to_bcd(tm.tm_wday == 0 ? 7 : tm.tm_wday), to_bcd(tm.tm_hour), to_bcd(tm.tm_min), to_bcd(tm.tm_sec)};
	for (unsigned int i = 0; i < sizeof(clock); i++)
		put(reply, clock[i]);
	put(reply, 1);
	for (unsigned int i = 0; i < 4; i++)
		put(reply, (uint8_t) "P000"[i]);
	if (card->device != 0x51)
		put_zeros(reply, 2);
	for (unsigned int i = 0; i < WORLD_AREAS; i++)
		count = (uint8_t)(count + card->areas[i].used);
	put(reply, count);
	for (unsigned int i = 0; i < WORLD_AREAS; i++)
		if (card->areas[i].used)
			put(reply, (uint8_t)i);
	put_zeros(reply, 16 + 12);
}

static void answer_parameters(struct world_peer *peer, const struct world_card *card, struct world_card_reply *reply)
{
	bool lie = world_chance_fires(&peer->chance, WORLD_FAULT_WRONG_SIZE);

	peer->totals.faulted += lie;
	world_command_reply(reply, 0xa2, 0x0a, 0);
	put_word(reply, 1); /* address */
	put(reply, card->device);
	put(reply, 2); /* 57600 baud */
	put_word(reply, lie ? card->width / 2 : card->width);
	put_word(reply, lie ? card->height / 2 : card->height);
	put(reply, 1);
	put_zeros(reply, 16); /* panel data, which nobody documents */
}

/* 16, 24 and 32 pixels, Chinese and English. */
static void answer_fonts(struct world_card_reply *reply)
{
	world_command_reply(reply, 0xa2, 0x09, 0);
	put(reply, 6);
	for (uint8_t height = 16; height <= 32; height = (uint8_t)(height + 8)) {
		put(reply, 1);
		put(reply, height);
		put(reply, height);
		put(reply, 0);
		put(reply, height / 2);
		put(reply, height);
	}
}

static void answer_fonts_extended(struct world_card_reply *reply)
{
	world_command_reply(reply, 0xa2, 0x11, 0);
	put(reply, 6);
	for (uint8_t i = 0; i < 6; i++) {
		uint8_t height = (uint8_t)(16 + i / 2 * 8);
		bool chinese = i % 2 == 0;
		put(reply, 7); /* name, width, height, encoding */
		put(reply, chinese ? 'O' : 'E');
		put(reply, '0');
		put(reply, '0');
		put(reply, (uint8_t)('0' + i / 2));
		put(reply, chinese ? height : height / 2);
		put(reply, height);
		put(reply, chinese ? 1 : 0);
	}
}

static enum card_error set_clock(struct world_card *card, const uint8_t *at, size_t size)
{
	int part[8];

	if (size != 8)
		return CARD_BAD_TIME;
	for (unsigned int i = 0; i < 8; i++)
		part[i] = of_bcd(at[i]);
	struct tm tm = {.tm_year = part[1] * 100 + part[0] - 1900,
		.tm_mon = part[2] - 1,
		.tm_mday = part[3],
		.tm_hour = part[4],
		.tm_min = part[5],
		.tm_sec = part[6],
		.tm_isdst = -1};
	if (part[0] < 0 || part[1] != 20 || part[2] < 1 || part[2] > 12 || part[3] < 1 || part[3] > 31 || part[4] < 0 ||
		part[4] > 23 || part[5] < 0 || part[5] > 59 || part[6] < 0 || part[6] > 59 || part[7] < 1 ||
		part[7] > 7)
		return CARD_BAD_TIME;
	card->clock_offset_ms = (int64_t)mktime(&tm) * 1000 - clock_wall_ms();
	return CARD_FINE;
}

/* ---- A3 06 ---- */

static void check_area(struct world_peer *peer, const struct world_card *card, const struct world_area *area)
{
	if (area->x + area->width > card->width || area->y + area->height > card->height)
		world_violate(peer, "area %u at %u,%u of %u×%u does not fit on %u×%u", area->id, area->x, area->y,
			area->width, area->height, card->width, card->height);
	if (area->mixed_fonts)
		world_violate(peer, "area %u mixes font heights", area->id);
	if (area->strange > 0)
		world_violate(peer, "area %u holds %u bytes that the card cannot show", area->id, area->strange);
	if (area->text[0] == '\0')
		world_violate(peer, "area %u is empty", area->id);
}

/* One area block; the first error ends the command. */
static enum card_error put_area(struct world_peer *peer, struct world_card *card, const uint8_t *block, size_t size,
	bool taken)
{
	struct world_area area;

	if (!world_area_read(&area, block, size)) {
		world_violate(peer, "an area block of %zu bytes whose lengths do not fit", size);
		return CARD_NO_MEMORY;
	}
	if (area.id >= world_card_area_limit(card) || size > world_card_area_bytes(card)) {
		world_violate(peer, "area %u of %zu bytes: this card has %u areas of %zu bytes", area.id, size,
			world_card_area_limit(card), world_card_area_bytes(card));
		free(area.text);
		return CARD_NO_MEMORY;
	}
	check_area(peer, card, &area);
	if (taken && world_chance_fires(&peer->chance, WORLD_FAULT_SHOWS_OTHER)) {
		free(area.text);
		area.text = mem_strdup("招租 13900000000");
		peer->totals.faulted++;
	}
	if (taken) {
		world_card_put(card, &area);
	} else {
		free(area.text);
	}
	return CARD_FINE;
}

static enum card_error delete_areas(struct world_card *card, const uint8_t **at, const uint8_t *end, bool taken)
{
	uint8_t count = *(*at)++;

	if (count == 0xff) {
		if (taken)
			world_card_delete_all(card);
		return CARD_FINE;
	}
	if (end - *at < count)
		return CARD_NO_MEMORY;
	for (; count > 0; count--, (*at)++)
		if (taken)
			world_card_delete(card, **at);
	return CARD_FINE;
}

static enum card_error update_areas(struct world_peer *peer, struct world_card *card, const struct world_frame *frame,
	bool taken)
{
	const uint8_t *at = frame->data + HEAD, *end = frame->data + frame->size;

	if (at >= end)
		return CARD_NO_MEMORY;
	enum card_error error = delete_areas(card, &at, end, taken);
	if (error != CARD_FINE || at >= end)
		return CARD_NO_MEMORY;
	uint8_t count = *at++;
	/* Set first, so that no moment shows the programme between two texts. */
	if (taken && count > 0)
		card->display_mode = frame->display;
	for (; count > 0 && error == CARD_FINE; count--) {
		size_t size = end - at < 2 ? SIZE_MAX : (size_t)(at[0] | at[1] << 8);
		if (end - at < 2 || size > (size_t)(end - at - 2))
			return CARD_NO_MEMORY;
		error = put_area(peer, card, at + 2, size, taken);
		at += 2 + size;
	}
	if (error == CARD_FINE && at != end)
		world_violate(peer, "%zu bytes stand behind the last area", (size_t)(end - at));
	if (taken && error == CARD_FINE) {
		peer->totals.taken++;
		peer->totals.parts++;
		peer->totals.delivered++;
	}
	return error;
}

/* ---- the rest ---- */

static enum card_error set_brightness(struct world_card *card, const uint8_t *at, size_t size)
{
	time_t now = (time_t)(clock_wall_ms() / 1000);
	struct tm tm;

	localtime_r(&now, &tm);
	if (size == 2 && at[0] == 1 && at[1] <= 15)
		card->brightness = at[1];
	else if (size == 50 && at[0] == 2)
		card->brightness = at[2 + tm.tm_hour * 2 + tm.tm_min / 30] & 15;
	else
		return CARD_UNKNOWN_COMMAND;
	return CARD_FINE;
}

static enum card_error turn(struct world_card *card, const uint8_t *at, size_t size)
{
	if (size != 1 || at[0] < 1 || at[0] > 2)
		return CARD_UNKNOWN_COMMAND;
	world_card_switch(card, at[0] == 1);
	return CARD_FINE;
}

/* Formatting and resetting cost a real card its fonts: no sender may ever ask for them. */
static enum card_error destroy(struct world_peer *peer, struct world_card *card, uint16_t command)
{
	world_violate(peer, "command %04X destroys what the card holds", command);
	world_card_delete_all(card);
	return CARD_FINE;
}

static enum card_error set(struct world_peer *peer, struct world_card *card, const struct world_frame *frame,
	bool taken)
{
	const uint8_t *at = frame->data + HEAD;
	size_t size = frame->size - HEAD;
	uint16_t command = (uint16_t)(frame->data[0] << 8 | frame->data[1]);

	if (command == 0xa306)
		return update_areas(peer, card, frame, taken);
	if (!taken || command == 0xa200)
		return CARD_FINE;
	switch (command) {
	case 0xa203:
		return set_clock(card, at, size);
	case 0xa300:
		return turn(card, at, size);
	case 0xa302:
		return set_brightness(card, at, size);
	case 0xa310:
		world_card_delete_all(card);
		return CARD_FINE;
	case 0xa304:
		return size == 6 && memcmp(at + 2, "P000", 4) == 0 ? CARD_FINE : CARD_NO_FILE;
	case 0xa100:
	case 0xa201:
		return destroy(peer, card, command);
	default:
		return frame->data[0] < 0xa1 || frame->data[0] > 0xa4 ? CARD_UNKNOWN_GROUP : CARD_UNKNOWN_COMMAND;
	}
}

bool world_command_run(struct world_peer *peer, struct world_card *card, const struct world_frame *frame, bool taken,
	struct world_card_reply *reply)
{
	if (frame->size < HEAD) {
		peer->totals.malformed++;
		return false;
	}
	if (frame->device != 0xfe && frame->device != card->device) {
		world_violate(peer, "a frame for device type %02X, this is %02X", frame->device, card->device);
		return false;
	}
	bool wanted = frame->data[2] == 1 && frame->to != 0xffff;
	/* The card's receive buffer holds one data field. */
	if (frame->size > world_card_area_bytes(card)) {
		world_violate(peer, "a data field of %u bytes, the card's buffer holds %zu", frame->size,
			world_card_area_bytes(card));
		world_command_reply(reply, 0xa0, 0x01, CARD_NO_MEMORY);
		return wanted;
	}
	uint16_t command = (uint16_t)(frame->data[0] << 8 | frame->data[1]);
	if (command == 0xa102) {
		answer_status(card, reply);
	} else if (command == 0xa20a) {
		answer_parameters(peer, card, reply);
	} else if (command == 0xa209) {
		answer_fonts(reply);
	} else if (command == 0xa211) {
		answer_fonts_extended(reply);
	} else {
		enum card_error error = set(peer, card, frame, taken);
		world_command_reply(reply, 0xa0, error == CARD_FINE ? 0 : 1, (uint8_t)error);
	}
	return wanted;
}
