/*
 * BX-K frames: any bytes through the decoder and every reader of replies; and what we frame ourselves must
 * come back as it was. As text the same bytes go through the conversion for the card.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/require.h"
#include "base/utf8.h"
#include "channel/onbon_reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_all(const struct onbon_frame *frame)
{
	struct onbon_parameters parameters;
	struct onbon_fonts fonts = {0};
	struct onbon_status status;
	struct onbon_reply reply;
	const char *words;

	if (!onbon_reply_read(frame, &reply))
		return;
	onbon_error_class(reply.error, &words);
	onbon_parameters_read(&reply, &parameters);
	onbon_fonts_read(&reply, &fonts);
	for (int is_5k1 = 0; is_5k1 < 2; is_5k1++)
		if (onbon_status_read(&reply, is_5k1 == 1, &status))
			onbon_status_clock_off(&status, 0);
}

static unsigned int decode(const uint8_t *bytes, size_t size, struct onbon_decoder *decoder, struct onbon_frame *frame)
{
	unsigned int frames = 0;

	for (size_t i = 0; i < size; i++) {
		struct onbon_frame found;
		if (onbon_decoder_feed(decoder, bytes[i], &found) != ONBON_FRAME)
			continue;
		read_all(&found);
		*frame = found;
		frames++;
	}
	return frames;
}

static void return_trip(const uint8_t *data, size_t size)
{
	struct onbon_decoder decoder;
	struct onbon_frame frame;
	struct buf wire;

	buf_init(&wire, 1 << 20);
	if (onbon_frame_add(&wire, (struct onbon_head){1, 0x61}, data, size)) {
		onbon_decoder_init(&decoder);
		REQUIRE(decode((const uint8_t *)wire.data, wire.size, &decoder, &frame) == 1);
		REQUIRE(frame.size == size && (size == 0 || memcmp(frame.data, data, size) == 0));
		onbon_decoder_fini(&decoder);
	}
	buf_fini(&wire);
}

static void convert(const uint8_t *data, size_t size)
{
	char *text = mem_strndup((const char *)data, size);

	for (int way = 0; way < 4 && utf8_valid((const char *)data, size, NULL); way++) {
		struct buf out;
		const char *bad;
		buf_init(&out, 2000);
		if (onbon_text_add(&out, text, (way & 1) != 0, (way & 2) != 0, &bad))
			REQUIRE(out.size == 0 || memchr(out.data, '\\', out.size) == NULL);
		else
			REQUIRE(bad == NULL || (bad >= text && bad < text + size));
		buf_fini(&out);
	}
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct onbon_decoder decoder;
	struct onbon_frame frame;

	onbon_decoder_init(&decoder);
	decode(data, size, &decoder, &frame);
	onbon_decoder_fini(&decoder);
	/*
	 * The bytes as the data of a checked frame reach the readers, which random checksums hardly ever
	 * would.
	 */
	read_all(&(struct onbon_frame){.data = data, .size = size});
	return_trip(data, size);
	convert(data, size);
	return 0;
}
