/*
 * Any bytes as an SMS, as UCS-2, as septets and as a sign's text. What is well formed must come back unchanged, and the
 * parts must cover the text without a gap.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/require.h"
#include "base/utf8.h"
#include "text/gb2312.h"
#include "text/markdown.h"
#include "text/segment.h"
#include "text/sign.h"

static void check_parts(const char *text, size_t size, enum segment_rule rule)
{
	struct segment_count count = segment_count(text, size, rule);
	struct segment_walk walk;
	struct segment segment;
	unsigned int parts = 0, units = 0;
	size_t offset = 0;

	segment_begin(&walk, text, size, rule);
	for (; segment_next(&walk, &segment); parts++) {
		REQUIRE(segment.offset == offset);
		offset += segment.size;
		units += segment.units;
	}
	REQUIRE(offset == size && parts == count.parts && units == count.units);
}

static void check_codings(const char *text, size_t size)
{
	uint8_t *bytes = mem_zalloc(2 * size + 1), *packed = mem_zalloc(2 * size + 8),
		*septets = mem_zalloc(2 * size + 1);
	struct buf back;

	buf_init(&back, 4 * size + 4);
	size_t used = segment_to_ucs2(text, size, bytes, 2 * size);
	REQUIRE(used <= 2 * size && segment_from_ucs2(bytes, used, &back));
	REQUIRE(back.size == size && (size == 0 || memcmp(back.data, text, size) == 0));
	used = segment_to_gsm(text, size, bytes, 2 * size);
	REQUIRE((used != SIZE_MAX) == segment_is_gsm(text, size));
	if (used != SIZE_MAX) {
		size_t packed_size = segment_pack(bytes, used, 1, packed);
		segment_unpack(packed, packed_size, 1, septets, used);
		buf_clear(&back);
		REQUIRE(memcmp(septets, bytes, used) == 0 && segment_from_gsm(septets, used, &back));
		REQUIRE(back.size == size && (size == 0 || memcmp(back.data, text, size) == 0));
	}
	buf_fini(&back);
	free(bytes);
	free(packed);
	free(septets);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf out;

	if (size > 4096)
		return 0;
	buf_init(&out, 16 * 1024);
	segment_from_ucs2(data, size, &out);
	buf_clear(&out);
	segment_from_gsm(data, size, &out);
	if (utf8_valid((const char *)data, size, NULL)) {
		char *text = mem_strndup((const char *)data, size);
		check_parts(text, size, SEGMENT_MAINLAND);
		check_parts(text, size, SEGMENT_INTERNATIONAL);
		check_codings(text, size);
		buf_clear(&out);
		REQUIRE(sign_normalise(text, &out) && utf8_valid(buf_text(&out), out.size, NULL));
		bool in_font = gb2312_has(buf_text(&out), GB_2312, NULL, NULL);
		struct buf font;
		buf_init(&font, 16 * 1024);
		REQUIRE((gb2312_encode(buf_text(&out), GB_2312, &font) == RESULT_OK) == in_font);
		REQUIRE(!in_font || font.size == gb2312_size(buf_text(&out)));
		buf_fini(&font);
		buf_clear(&out);
		REQUIRE(markdown_strip(text, &out) && out.size <= size);
		free(text);
	} else {
		/* Against the rule of the header; it need not make sense, only end. */
		segment_count((const char *)data, size, SEGMENT_INTERNATIONAL);
	}
	buf_fini(&out);
	return 0;
}
