#include "channel/onbon_frame.h"

#define LEAD          0xa5
#define END           0x5a
#define LEAD_ESCAPE   0xa6
#define END_ESCAPE    0x5b
#define LEAD_COUNT    8
#define HEADER_SIZE   14
#define BAR_CODE_SIZE 16
#define CRC_SIZE      2

/* led-signs.md 3.3, DeviceType. */
static const uint8_t cards_5k[] = {0x51, 0x53, 0x54, 0x58, 0x5c};
static const uint8_t cards_6k[] = {0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69};

static bool among(const uint8_t *list, size_t count, uint8_t device)
{
	for (size_t i = 0; i < count; i++)
		if (list[i] == device)
			return true;
	return false;
}

bool onbon_device_5k(uint8_t device, bool *known)
{
	bool is_5k = among(cards_5k, sizeof(cards_5k), device);

	*known = is_5k || among(cards_6k, sizeof(cards_6k), device);
	return is_5k;
}

uint16_t onbon_crc(const void *bytes, size_t size)
{
	const uint8_t *at = bytes;
	uint16_t crc = 0;

	for (size_t i = 0; i < size; i++) {
		crc ^= at[i];
		for (int bit = 0; bit < 8; bit++)
			crc = (crc & 1) != 0 ? (uint16_t)(crc >> 1 ^ 0xa001) : (uint16_t)(crc >> 1);
	}
	return crc;
}

bool onbon_add_u16(struct buf *out, uint16_t value)
{
	return buf_add_byte(out, value & 0xff) && buf_add_byte(out, (unsigned char)(value >> 8));
}

bool onbon_add_u32(struct buf *out, uint32_t value)
{
	return onbon_add_u16(out, value & 0xffff) && onbon_add_u16(out, (uint16_t)(value >> 16));
}

uint16_t onbon_u16(const uint8_t *at)
{
	return (uint16_t)(at[0] | at[1] << 8);
}

static bool add_escaped(struct buf *out, const struct buf *plain)
{
	for (size_t i = 0; i < plain->size; i++) {
		uint8_t byte = (uint8_t)plain->data[i];

		if (byte == LEAD || byte == LEAD_ESCAPE)
			buf_add(out, (uint8_t[]){LEAD_ESCAPE, byte == LEAD ? 2 : 1}, 2);
		else if (byte == END || byte == END_ESCAPE)
			buf_add(out, (uint8_t[]){END_ESCAPE, byte == END ? 2 : 1}, 2);
		else
			buf_add_byte(out, byte);
	}
	return !out->full;
}

bool onbon_frame_add(struct buf *out, struct onbon_head head, const void *data, size_t size)
{
	struct buf plain;

	if (size > ONBON_FRAME_MOST - HEADER_SIZE - CRC_SIZE)
		return false;
	buf_init(&plain, ONBON_FRAME_MOST);
	onbon_add_u16(&plain, 0xfffe);
	onbon_add_u16(&plain, 0x8000);
	/* three reserved bytes, no bar code, checksum is a CRC */
	buf_add(&plain, (uint8_t[5]){0}, 5);
	buf_add_byte(&plain, head.display_mode);
	buf_add_byte(&plain, head.device);
	buf_add_byte(&plain, 2);
	onbon_add_u16(&plain, (uint16_t)size);
	buf_add(&plain, data, size);
	onbon_add_u16(&plain, onbon_crc(plain.data, plain.size));

	for (int i = 0; i < LEAD_COUNT; i++)
		buf_add_byte(out, LEAD);
	bool added = add_escaped(out, &plain) && buf_add_byte(out, END);
	buf_fini(&plain);
	return added;
}

void onbon_decoder_init(struct onbon_decoder *decoder)
{
	*decoder = (struct onbon_decoder){.state = ONBON_OUTSIDE};
	buf_init(&decoder->bytes, ONBON_FRAME_MOST);
}

void onbon_decoder_fini(struct onbon_decoder *decoder)
{
	buf_fini(&decoder->bytes);
}

/* What is behind the data must agree with CheckMode: 0 a CRC, 1 a sum, 2 nothing that is looked at. */
static bool check_agrees(const uint8_t *bytes, size_t body, size_t left)
{
	if (bytes[8] == 2)
		return left == 0 || left == CRC_SIZE;
	if (left != CRC_SIZE)
		return false;
	uint16_t told = onbon_u16(bytes + body);
	if (bytes[8] == 0)
		return told == onbon_crc(bytes, body);
	uint16_t sum = 0;
	for (size_t i = 0; i < body; i++)
		sum = (uint16_t)(sum + bytes[i]);
	return bytes[8] == 1 && told == sum;
}

static enum onbon_feed take_frame(struct onbon_decoder *decoder, struct onbon_frame *frame)
{
	const uint8_t *bytes = (const uint8_t *)decoder->bytes.data;
	size_t size = decoder->bytes.size;
	size_t header = HEADER_SIZE;

	if (decoder->bytes.full || decoder->escape != 0 || size < HEADER_SIZE)
		return ONBON_BAD;
	size_t length = onbon_u16(bytes + 12);
	if ((bytes[7] & 1) != 0)
		header += BAR_CODE_SIZE;
	if (size < header + length || !check_agrees(bytes, header + length, size - header - length))
		return ONBON_BAD;
	*frame = (struct onbon_frame){
		.to = onbon_u16(bytes),
		.from = onbon_u16(bytes + 2),
		.display_mode = bytes[9],
		.device = bytes[10],
		.data = bytes + header,
		.size = length,
	};
	return ONBON_FRAME;
}

static void begin(struct onbon_decoder *decoder)
{
	buf_clear(&decoder->bytes);
	decoder->escape = 0;
	decoder->state = ONBON_INSIDE;
}

static enum onbon_feed give_up(struct onbon_decoder *decoder)
{
	decoder->state = ONBON_OUTSIDE;
	return ONBON_BAD;
}

static enum onbon_feed feed_inside(struct onbon_decoder *decoder, uint8_t byte, struct onbon_frame *frame)
{
	if (decoder->escape != 0) {
		if (byte != 1 && byte != 2)
			return give_up(decoder);
		/* A6 01 and 5B 01 stand for themselves; 02 for the byte below: A5, 5A. */
		buf_add_byte(&decoder->bytes, (uint8_t)(decoder->escape - (byte == 2 ? 1 : 0)));
		decoder->escape = 0;
		return decoder->bytes.full ? give_up(decoder) : ONBON_MORE;
	}
	if (byte == LEAD_ESCAPE || byte == END_ESCAPE) {
		decoder->escape = byte;
		return ONBON_MORE;
	}
	if (byte == END) {
		decoder->state = ONBON_OUTSIDE;
		return take_frame(decoder, frame);
	}
	buf_add_byte(&decoder->bytes, byte);
	return decoder->bytes.full ? give_up(decoder) : ONBON_MORE;
}

enum onbon_feed onbon_decoder_feed(struct onbon_decoder *decoder, uint8_t byte, struct onbon_frame *frame)
{
	if (byte == LEAD) {
		/* Never inside a frame: what was begun is cut off, and a new one comes. */
		bool cut = decoder->state == ONBON_INSIDE;
		decoder->state = ONBON_LEAD;
		return cut ? ONBON_BAD : ONBON_MORE;
	}
	if (decoder->state == ONBON_OUTSIDE)
		return ONBON_MORE;
	if (decoder->state == ONBON_LEAD)
		begin(decoder);
	return feed_inside(decoder, byte, frame);
}
