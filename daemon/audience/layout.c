#include "audience/layout.h"

#include <string.h>

#include "audience/bytes.h"
#include "base/require.h"

const uint8_t layout_mark[LAYOUT_MARK] = "crier roster snapshot 2\n";

static const uint64_t ODD = 0x9e3779b97f4a7c15;

void layout_sum_init(struct layout_sum *sum)
{
	for (uint64_t i = 0; i < 4; i++)
		sum->lane[i] = ODD * (i + 1);
	sum->size = 0;
}

/* Every step can be undone, so a difference in one word always reaches the end. */
static uint64_t mix(uint64_t lane, uint64_t word)
{
	lane = (lane ^ word) * ODD;
	return lane ^ lane >> 29;
}

static void add_block(struct layout_sum *sum, const uint8_t *block)
{
	for (int i = 0; i < 4; i++)
		sum->lane[i] = mix(sum->lane[i], bytes_get64(block + 8 * i));
}

void layout_sum_add(struct layout_sum *sum, const uint8_t *bytes, size_t size)
{
	uint8_t last[LAYOUT_ALIGN] = {0};

	sum->size += size;
	for (; size >= LAYOUT_ALIGN; size -= LAYOUT_ALIGN, bytes += LAYOUT_ALIGN)
		add_block(sum, bytes);
	if (size > 0) {
		memcpy(last, bytes, size);
		add_block(sum, last);
	}
}

uint64_t layout_sum_end(const struct layout_sum *sum)
{
	uint64_t end = mix(ODD, sum->size);

	for (int i = 0; i < 4; i++)
		end = mix(end, sum->lane[i]);
	return end;
}

static uint64_t sum_of(const uint8_t *bytes, size_t size)
{
	struct layout_sum sum;

	layout_sum_init(&sum);
	layout_sum_add(&sum, bytes, size);
	return layout_sum_end(&sum);
}

enum { FIELDS = 10 }; /* and the mark and the footer's own sum */

void layout_footer_put(const struct layout_footer *footer, uint8_t out[LAYOUT_FOOTER])
{
	const uint64_t fields[FIELDS] = {footer->generation, footer->lineage, (uint64_t)footer->made_day,
		(uint64_t)footer->good_until_day, footer->top, footer->index_at, footer->phones_at,
		footer->directory_at, footer->directory_rows, footer->body_sum};

	memcpy(out, layout_mark, 8);
	for (int i = 0; i < FIELDS; i++)
		bytes_put64(out + 8 + 8 * i, fields[i]);
	bytes_put64(out + LAYOUT_FOOTER - 8, sum_of(out, LAYOUT_FOOTER - 8));
}

bool layout_footer_get(const uint8_t bytes[LAYOUT_FOOTER], struct layout_footer *footer)
{
	uint64_t fields[FIELDS];

	if (memcmp(bytes, layout_mark, 8) != 0 ||
		bytes_get64(bytes + LAYOUT_FOOTER - 8) != sum_of(bytes, LAYOUT_FOOTER - 8))
		return false;
	for (int i = 0; i < FIELDS; i++)
		fields[i] = bytes_get64(bytes + 8 + 8 * i);
	*footer = (struct layout_footer){fields[0], fields[1], (int64_t)fields[2], (int64_t)fields[3], fields[4],
		fields[5], fields[6], fields[7], fields[8], fields[9]};
	return true;
}

void layout_row_put(const struct layout_row *row, uint8_t out[LAYOUT_ROW])
{
	size_t size = strlen(row->key);

	REQUIRE(size < LAYOUT_KEY);
	memset(out, 0, LAYOUT_ROW);
	bytes_put64(out, row->at);
	bytes_put32(out + 8, row->axis);
	bytes_put32(out + 12, row->size);
	bytes_put32(out + 16, row->count);
	memcpy(out + 24, row->key, size);
}

bool layout_row_get(const uint8_t bytes[LAYOUT_ROW], struct layout_row *row)
{
	*row = (struct layout_row){
		.axis = bytes_get32(bytes + 8),
		.size = bytes_get32(bytes + 12),
		.count = bytes_get32(bytes + 16),
		.at = bytes_get64(bytes),
		.key = (const char *)bytes + 24,
	};
	return memchr(row->key, '\0', LAYOUT_KEY) != NULL;
}

uint64_t layout_phone_get(const uint8_t *at)
{
	return (uint64_t)bytes_get32(at) | (uint64_t)at[4] << 32;
}

void layout_phone_put(uint8_t *at, uint64_t phone)
{
	for (int i = 0; i < LAYOUT_PHONE; i++)
		at[i] = (uint8_t)(phone >> 8 * i);
}
