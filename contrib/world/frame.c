#include "world/frame.h"

#define HEADER   14
#define BAR_CODE 16

uint16_t world_frame_crc(const uint8_t *bytes, size_t size)
{
	uint16_t crc = 0;

	for (size_t i = 0; i < size; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = (uint16_t)((crc & 1) != 0 ? crc >> 1 ^ 0xa001 : crc >> 1);
	}
	return crc;
}

static uint16_t word(const uint8_t *at)
{
	return (uint16_t)(at[0] | at[1] << 8);
}

static bool sum_fits(const struct world_frame_reader *reader, uint8_t check)
{
	size_t size = reader->count - 2;
	uint16_t given = word(reader->bytes + size), sum = 0;

	if (check == 2)
		return true;
	if (check == 0)
		return given == world_frame_crc(reader->bytes, size);
	for (size_t i = 0; i < size; i++)
		sum = (uint16_t)(sum + reader->bytes[i]);
	return check == 1 && given == sum;
}

static enum world_frame_state end_frame(struct world_frame_reader *reader, struct world_frame *frame)
{
	const uint8_t *at = reader->bytes;

	if (reader->broken || reader->escape != 0 || reader->count < HEADER + 2)
		return WORLD_FRAME_BAD;
	size_t header = HEADER + ((at[7] & 1) != 0 ? BAR_CODE : 0);
	if (reader->count < header + 2)
		return WORLD_FRAME_BAD;
	/* The fields behind a bar code move with it. */
	const uint8_t *tail = at + header - 6;
	*frame = (struct world_frame){.to = word(at),
		.from = word(at + 2),
		.check = tail[0],
		.display = tail[1],
		.device = tail[2],
		.version = tail[3],
		.size = word(tail + 4),
		.data = at + header};
	if (frame->size != reader->count - header - 2)
		return WORLD_FRAME_BAD;
	return sum_fits(reader, frame->check) ? WORLD_FRAME_WHOLE : WORLD_FRAME_BAD_SUM;
}

static void add_byte(struct world_frame_reader *reader, uint8_t byte)
{
	if (reader->escape != 0) {
		bool right = byte == 1 || byte == 2;
		reader->broken |= !right;
		/* A6 02 is A5, A6 01 is A6; 5B 02 is 5A, 5B 01 is 5B. */
		byte = (uint8_t)(byte == 2 ? reader->escape - 1 : reader->escape);
		reader->escape = 0;
	} else if (byte == 0xa6 || byte == 0x5b) {
		reader->escape = byte;
		return;
	}
	if (reader->count == sizeof(reader->bytes))
		reader->broken = true;
	else
		reader->bytes[reader->count++] = byte;
}

enum world_frame_state world_frame_byte(struct world_frame_reader *reader, uint8_t byte, struct world_frame *frame)
{
	if (byte == 0xa5) {
		/* Never inside a frame: whatever was being read is over and a new lead-in begins. */
		bool cut = reader->where == WORLD_FRAME_INSIDE;
		reader->where = WORLD_FRAME_LEAD;
		return cut ? WORLD_FRAME_BAD : WORLD_FRAME_MORE;
	}
	if (reader->where == WORLD_FRAME_OUTSIDE)
		return WORLD_FRAME_MORE;
	if (reader->where == WORLD_FRAME_LEAD) {
		reader->where = WORLD_FRAME_INSIDE;
		reader->count = 0;
		reader->escape = 0;
		reader->broken = false;
	}
	if (byte == 0x5a) {
		reader->where = WORLD_FRAME_OUTSIDE;
		return end_frame(reader, frame);
	}
	add_byte(reader, byte);
	return WORLD_FRAME_MORE;
}

static void put_escaped(struct buf *out, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		uint8_t byte = bytes[i];
		if (byte == 0xa5 || byte == 0xa6) {
			buf_add_byte(out, 0xa6);
			byte = byte == 0xa5 ? 2 : 1;
		} else if (byte == 0x5a || byte == 0x5b) {
			buf_add_byte(out, 0x5b);
			byte = byte == 0x5a ? 2 : 1;
		}
		buf_add_byte(out, byte);
	}
}

void world_frame_write(struct buf *out, const struct world_frame *asked, const uint8_t *data, size_t size, bool spoil)
{
	struct buf plain;

	buf_init(&plain, WORLD_FRAME_MOST);
	const uint8_t header[HEADER] = {asked->from & 255, asked->from >> 8, asked->to & 255, asked->to >> 8, 0, 0, 0,
		0, 0, 0, asked->device, 2, size & 255, size >> 8 & 255};
	buf_add(&plain, header, sizeof(header));
	buf_add(&plain, data, size);
	uint16_t crc = world_frame_crc((const uint8_t *)plain.data, plain.size);
	if (spoil)
		crc ^= 0x1111;
	buf_add_byte(&plain, crc & 255);
	buf_add_byte(&plain, crc >> 8);
	for (int i = 0; i < 8; i++)
		buf_add_byte(out, 0xa5);
	put_escaped(out, (const uint8_t *)plain.data, plain.size);
	buf_add_byte(out, 0x5a);
	buf_fini(&plain);
}
