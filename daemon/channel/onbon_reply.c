#include "channel/onbon_reply.h"

#include <string.h>

#define HEAD_SIZE   5
#define CLOCK_OFF_S 30
#define BARE_HEAD   3 /* some replies leave the two reserved bytes out */

bool onbon_reply_read(const struct onbon_frame *frame, struct onbon_reply *reply)
{
	if (frame->size < BARE_HEAD)
		return false;
	*reply = (struct onbon_reply){
		.command = (enum onbon_command)(frame->data[0] << 8 | frame->data[1]),
		.error = frame->data[2],
		.payload = frame->data + (frame->size < HEAD_SIZE ? frame->size : HEAD_SIZE),
		.size = frame->size < HEAD_SIZE ? 0 : frame->size - HEAD_SIZE,
		.bare = frame->data + BARE_HEAD,
		.bare_size = frame->size - BARE_HEAD,
	};
	return true;
}

enum outcome_class onbon_error_class(uint8_t error, const char **words)
{
	static const struct {
		enum outcome_class class;
		const char *words;
	} errors[] = {
		{CLASS_OK, "ok"},
		{CLASS_PERM_MSG, "unknown command group"},
		{CLASS_PERM_MSG, "unknown command"},
		{CLASS_RETRY, "busy"},
		{CLASS_PERM_MSG, "out of memory"},
		{CLASS_RETRY, "checksum"},
		{CLASS_PERM_MSG, "no such file"},
		{CLASS_RETRY, "flash error"},
		{CLASS_RETRY, "download error"},
		{CLASS_PERM_MSG, "file name"},
		{CLASS_PERM_MSG, "file type"},
		{CLASS_RETRY, "file checksum"},
		{CLASS_PERM_MSG, "font missing"},
		{CLASS_PERM_MSG, "wrong firmware"},
		{CLASS_PERM_MSG, "date or time"},
		{CLASS_PERM_MSG, "file exists"},
		{CLASS_RETRY, "block number"},
	};

	if (error >= sizeof(errors) / sizeof(errors[0])) {
		*words = "unknown error";
		return CLASS_RETRY;
	}
	*words = errors[error].words;
	return errors[error].class;
}

bool onbon_parameters_read(const struct onbon_reply *reply, struct onbon_parameters *parameters)
{
	/* address u16, device, baud, width u16, height u16 */
	if (reply->command != ONBON_PARAMETERS || reply->size < 8)
		return false;
	parameters->device = reply->payload[2];
	parameters->width = onbon_u16(reply->payload + 4);
	parameters->height = onbon_u16(reply->payload + 6);
	return true;
}

unsigned int onbon_font_bit(unsigned int height)
{
	return height == 16 ? 1 : height == 24 ? 2 : height == 32 ? 4 : 0;
}

/* A2 09: a count and that many triples of type, width and height. */
static bool read_triples(const uint8_t *at, size_t size, struct onbon_fonts *fonts)
{
	if (size < 1 || size != 1 + (size_t)at[0] * 3)
		return false;
	for (const uint8_t *font = at + 1; font < at + size; font += 3)
		if (font[0] == 1)
			fonts->chinese |= onbon_font_bit(font[2]);
	return true;
}

/* A2 11: a count and that many records, each with its length in front: name[4], width, height … encoding. */
static bool read_records(const uint8_t *at, size_t size, struct onbon_fonts *fonts)
{
	struct onbon_fonts found = *fonts;
	size_t used = 1;

	if (size < 1)
		return false;
	for (unsigned int i = 0; i < at[0]; i++) {
		size_t length = used < size ? at[used] : 0;
		const uint8_t *font = at + used + 1;
		if (length < 7 || length > size - used - 1)
			return false;
		if (font[0] == 'O') {
			found.chinese |= onbon_font_bit(font[5]);
			found.gbk |= font[length - 1] == 2;
		}
		used += 1 + length;
	}
	if (used != size)
		return false;
	*fonts = found;
	return true;
}

bool onbon_fonts_read(const struct onbon_reply *reply, struct onbon_fonts *fonts)
{
	bool (*read)(const uint8_t *, size_t, struct onbon_fonts *);

	if (reply->command == ONBON_FONTS)
		read = read_triples;
	else if (reply->command == ONBON_FONTS_MORE)
		read = read_records;
	else
		return false;
	return read(reply->payload, reply->size, fonts) || read(reply->bare, reply->bare_size, fonts);
}

/* The value of a packed decimal byte, or -1. */
static int plain(uint8_t byte)
{
	return (byte & 15) > 9 || byte >> 4 > 9 ? -1 : (byte >> 4) * 10 + (byte & 15);
}

/* Year in two bytes of either order, month, day, weekday, hour, minute, second. */
static bool read_clock(const uint8_t at[8], struct tm *clock)
{
	int year = plain(at[1]) == 20 ? plain(at[0]) : plain(at[0]) == 20 ? plain(at[1]) : -1;

	*clock = (struct tm){
		.tm_year = year + 100,
		.tm_mon = plain(at[2]) - 1,
		.tm_mday = plain(at[3]),
		.tm_hour = plain(at[5]),
		.tm_min = plain(at[6]),
		.tm_sec = plain(at[7]),
		.tm_isdst = -1,
	};
	return year >= 0 && clock->tm_mon >= 0 && clock->tm_mon < 12 && clock->tm_mday >= 1 && clock->tm_mday <= 31 &&
		clock->tm_hour >= 0 && clock->tm_hour < 24 && clock->tm_min >= 0 && clock->tm_min < 60 &&
		clock->tm_sec >= 0 && clock->tm_sec <= 60;
}

bool onbon_status_read(const struct onbon_reply *reply, bool is_5k1, struct onbon_status *status)
{
	/* on, brightness, time, number of programs, name of the one that plays */
	size_t fixed = 1 + 1 + 8 + 1 + 4 + (is_5k1 ? 0 : 2);

	if (reply->command != ONBON_STATUS || reply->size < fixed + 1)
		return false;
	size_t count = reply->payload[fixed];
	if (count > sizeof(status->areas) || reply->size < fixed + 1 + count)
		return false;
	status->off = reply->payload[0] == 2;
	status->clock_valid = read_clock(reply->payload + 2, &status->clock);
	status->area_count = count;
	memcpy(status->areas, reply->payload + fixed + 1, count);
	return true;
}

bool onbon_status_clock_off(const struct onbon_status *status, int64_t wall_ms)
{
	struct tm clock = status->clock;

	if (!status->clock_valid)
		return true;
	int64_t off = (int64_t)mktime(&clock) - wall_ms / 1000;
	return off > CLOCK_OFF_S || off < -CLOCK_OFF_S;
}

bool onbon_status_has(const struct onbon_status *status, uint8_t area)
{
	return memchr(status->areas, area, status->area_count) != NULL;
}
