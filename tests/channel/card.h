#ifndef TESTS_CHANNEL_CARD_H
#define TESTS_CHANNEL_CARD_H

/*
 * A pretend BX-K card on 127.0.0.1, written from led-signs.md section 3 and sharing no code with the driver.
 * It keeps areas in RAM, forgets them when its power is cut and when a lease runs out, and misbehaves when
 * told to.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/clock.h"
#include "loop/sock.h"
#include "testing/turns.h"

enum card_manner { CARD_GOOD, CARD_SILENT, CARD_CUT, CARD_NONSENSE, CARD_HUGE, CARD_HANGS_UP };

struct card {
	struct loop *loop;
	struct sock_server *server;
	uint16_t port;
	struct sock *sock; /* the one visitor */
	enum card_manner manner;
	enum card_manner updates; /* how area updates alone are met */
	uint8_t nack; /* answers area updates with this error */
	uint8_t device;
	uint16_t width, height;
	bool no_font, gbk, wrong_clock, off;
	uint8_t frame[4096]; /* as it comes, without lead */
	size_t size;
	bool inside, escape_open;
	uint8_t escape;
	/* what it has and had */
	bool area[8];
	uint8_t text[2048];
	size_t text_size;
	uint8_t display_mode, run_mode, sound, effect, alignment;
	uint16_t timeout_s, x, area_width;
	uint64_t area_until_ms; /* 0: no lease */
	uint64_t updated_ms, least_spacing_ms;
	unsigned int updates_seen, deletes, looks, questions, clocks, visits;
	unsigned int wrong; /* frames that a real card would not have understood */
	bool closed;
};

static inline uint16_t card_crc(const uint8_t *at, size_t size)
{
	unsigned int crc = 0;

	for (size_t i = 0; i < size; i++) {
		crc ^= at[i];
		for (int k = 0; k < 8; k++)
			crc = crc & 1 ? (crc >> 1) ^ 0xA001 : crc >> 1;
	}
	return (uint16_t)crc;
}

static inline void card_say(struct card *card, const uint8_t *data, size_t size)
{
	uint8_t plain[1024] = {0x00, 0x80, 0xfe, 0xff, 0, 0, 0, 0, 0, 0, 0xfe, 2, (uint8_t)size, (uint8_t)(size >> 8)};
	uint8_t wire[2200];
	size_t used = 0;

	memcpy(plain + 14, data, size);
	uint16_t crc = card_crc(plain, 14 + size);
	plain[14 + size] = (uint8_t)crc;
	plain[15 + size] = (uint8_t)(crc >> 8);
	memset(wire, 0xa5, 8);
	used = 8;
	for (size_t i = 0; i < size + 16; i++) {
		switch (plain[i]) {
		case 0xa5:
		case 0xa6:
			wire[used++] = 0xa6;
			wire[used++] = plain[i] == 0xa5 ? 2 : 1;
			break;
		case 0x5a:
		case 0x5b:
			wire[used++] = 0x5b;
			wire[used++] = plain[i] == 0x5a ? 2 : 1;
			break;
		default:
			wire[used++] = plain[i];
		}
	}
	wire[used++] = 0x5a;
	sock_send(card->sock, wire, used);
}

static inline void card_ack(struct card *card, uint8_t error)
{
	uint8_t data[] = {0xa0, error != 0, error, 0, 0};

	card_say(card, data, sizeof(data));
}

static inline uint8_t card_bcd(int value)
{
	return (uint8_t)(value / 10 * 16 + value % 10);
}

static inline void card_expire(struct card *card)
{
	if (card->area_until_ms > 0 && clock_mono_ms() >= card->area_until_ms) {
		memset(card->area, 0, sizeof(card->area));
		card->area_until_ms = 0;
	}
}

static inline void card_status(struct card *card)
{
	uint8_t data[80] = {0xa1, 0x02, 0, 0, 0, card->off ? 2 : 1, 15};
	time_t now = (time_t)(clock_wall_ms() / 1000) - (card->wrong_clock ? 3600 : 0);
	struct tm tm;
	size_t at = 7;

	card->looks++;
	card_expire(card);
	localtime_r(&now, &tm);
	uint8_t when[] = {card_bcd(tm.tm_year % 100), 0x20, card_bcd(tm.tm_mon + 1), card_bcd(tm.tm_mday),
		tm.tm_wday == 0 ? 7 : (uint8_t)tm.tm_wday, card_bcd(tm.tm_hour), card_bcd(tm.tm_min),
		card_bcd(tm.tm_sec)};
	memcpy(data + at, when, 8);
	at += 8;
	memcpy(data + at, "\1P000", 5);
	at += 5;
	if (card->device != 0x51)
		at += 2;
	uint8_t *count = &data[at++];
	for (uint8_t i = 0; i < 8; i++) {
		if (card->area[i]) {
			data[at++] = i;
			(*count)++;
		}
	}
	card_say(card, data, at + 28);
}

/* Takes an A3 06: ids deleted, then areas. */
static inline void card_update(struct card *card, const uint8_t *data, size_t size, uint8_t display_mode)
{
	uint64_t now = clock_mono_ms();
	size_t at = 6u + (data[5] == 0xff ? 0 : data[5]);

	if (card->updated_ms > 0 && now - card->updated_ms < card->least_spacing_ms)
		card->least_spacing_ms = now - card->updated_ms;
	card->updated_ms = now;
	if (at >= size) {
		card->wrong++;
		return;
	}
	for (size_t i = 6; i < at; i++) {
		card->area[data[i]] = false;
		card->deletes++;
	}
	if (data[at++] == 0)
		return;
	const uint8_t *block = data + at + 2;
	if (data[at] + data[at + 1] * 256u != size - at - 2 || size > 1024)
		card->wrong++;
	size_t skip = block[14] == 0 ? 0 : 3 + (block[14] == 2 ? 4u + block[18] + block[19] * 256u : 0);
	card->updates_seen++;
	card->x = (uint16_t)(block[1] + block[2] * 256);
	card->area_width = (uint16_t)(block[5] + block[6] * 256);
	card->area[block[9]] = true;
	card->run_mode = block[11];
	card->timeout_s = (uint16_t)(block[12] + block[13] * 256);
	card->area_until_ms = card->run_mode == 2 ? now + card->timeout_s * 1000u : 0;
	card->sound = block[14];
	card->alignment = block[16 + skip];
	card->effect = block[19 + skip];
	card->display_mode = display_mode;
	card->text_size = block[23 + skip] + block[24 + skip] * 256u;
	if (card->text_size >= sizeof(card->text)) {
		card->wrong++;
		return;
	}
	memcpy(card->text, block + 27 + skip, card->text_size);
	card->text[card->text_size] = 0;
}

static inline void card_misbehave(struct card *card, enum card_manner manner)
{
	static const char half[] = "\xa5\xa5\xa5\xa5\x00\x80\xfe\xff";
	static const char junk[] = "HTTP/1.1 400 Bad Request\r\n\xa5hello\x5a";

	if (manner == CARD_CUT) {
		sock_send(card->sock, half, sizeof(half) - 1);
		sock_close(card->sock, true);
	} else if (manner == CARD_NONSENSE) {
		sock_send(card->sock, junk, sizeof(junk) - 1);
	} else if (manner == CARD_HUGE) {
		char *much = malloc(100000);
		memset(much, 0x11, 100000);
		much[0] = (char)0xa5;
		sock_send(card->sock, much, 100000);
		free(much);
	} else if (manner == CARD_HANGS_UP) {
		sock_close(card->sock, false);
	}
}

static inline void card_parameters(struct card *card)
{
	uint8_t data[] = {0xa2, 0x0a, 0, 0, 0, 1, 0, card->device, 2, (uint8_t)card->width, (uint8_t)(card->width >> 8),
		(uint8_t)card->height, (uint8_t)(card->height >> 8), 1, 0, 0};

	card_say(card, data, sizeof(data));
}

static inline void card_fonts(struct card *card)
{
	uint8_t data[] = {0xa2, 0x09, 0, 0, 0, 2, 0, 8, 16, card->no_font ? 0 : 1, 16, 16};

	card_say(card, data, sizeof(data));
}

static inline void card_more_fonts(struct card *card)
{
	uint8_t data[] = {0xa2, 0x11, 0, 0, 0, 1, 8, 'O', '0', '0', '0', 16, 16, 0, 2};

	if (card->gbk)
		card_say(card, data, sizeof(data));
	else
		card_ack(card, 2);
}

static inline void card_command(struct card *card)
{
	const uint8_t *data = card->frame + 14;
	size_t size = card->frame[12] + card->frame[13] * 256u;

	/* a wrong frame gets no answer */
	if (card->size < 16 || size != card->size - 16 ||
		card_crc(card->frame, card->size - 2) !=
			card->frame[card->size - 2] + card->frame[card->size - 1] * 256) {
		card->wrong++;
		return;
	}
	enum card_manner manner = card->manner;
	bool update = data[0] == 0xa3 && data[1] == 0x06;
	if (update && manner == CARD_GOOD)
		manner = card->updates;
	if (manner != CARD_GOOD) {
		card_misbehave(card, manner);
		return;
	}
	card->questions++;
	switch (data[0] * 256 + data[1]) {
	case 0xa102:
		card_status(card);
		break;
	case 0xa20a:
		card_parameters(card);
		break;
	case 0xa209:
		card_fonts(card);
		break;
	case 0xa211:
		card_more_fonts(card);
		break;
	case 0xa203:
		card->clocks++;
		card->wrong_clock = false;
		card_ack(card, 0);
		break;
	case 0xa306:
		if (card->nack == 0)
			card_update(card, data, size, card->frame[9]);
		card_ack(card, card->nack);
		break;
	default:
		card_ack(card, 2);
	}
}

static inline void card_received(void *arg, const char *bytes, size_t size)
{
	struct card *card = arg;

	for (size_t i = 0; i < size; i++) {
		uint8_t byte = (uint8_t)bytes[i];
		if (byte == 0xa5) {
			card->size = 0;
			card->inside = true;
		} else if (card->inside && byte == 0x5a) {
			card->inside = false;
			card_command(card);
		} else if (card->inside && card->escape_open) {
			card->escape_open = false;
			card->frame[card->size++] = (uint8_t)(byte == 2 ? card->escape - 1 : card->escape);
		} else if (card->inside && (byte == 0xa6 || byte == 0x5b)) {
			card->escape_open = true;
			card->escape = byte;
		} else if (card->inside && card->size < sizeof(card->frame)) {
			card->frame[card->size++] = byte;
		}
	}
}

static inline void card_hung_up(void *arg, int error)
{
	struct card *card = arg;

	card->sock = NULL;
}

static inline void card_accepted(void *arg, struct sock *sock)
{
	static const struct sock_events events = {.received = card_received, .closed = card_hung_up};
	struct card *card = arg;

	card->visits++;
	card->sock = sock;
	card->inside = card->escape_open = false;
	sock_adopt(sock, &events, card);
}

static inline void card_listen(struct card *card)
{
	card->closed = false;
	card->server = sock_listen(card->loop, "127.0.0.1", card->port, card_accepted, card);
	assert_non_null(card->server);
	card->port = sock_server_port(card->server);
}

static inline void card_open(struct card *card, struct loop *loop)
{
	*card = (struct card){.loop = loop, .device = 0x61, .width = 128, .height = 32, .least_spacing_ms = UINT64_MAX};
	card_listen(card);
}

static inline void card_on_closed(void *arg)
{
	struct card *card = arg;

	card->closed = true;
	card->server = NULL;
}

static inline bool card_is_alone(void *arg)
{
	const struct card *card = arg;

	return card->closed && card->sock == NULL;
}

/* Power off: the line is cut, RAM is lost, nobody listens. */
static inline void card_power_off(struct card *card)
{
	memset(card->area, 0, sizeof(card->area));
	card->area_until_ms = 0;
	if (card->server != NULL)
		sock_server_close(card->server, card_on_closed, card);
	if (card->sock != NULL)
		sock_close(card->sock, false);
	assert_true(turns_until(card->loop, card_is_alone, card));
}

#endif
