#include "channel/onbon_card.h"

#include <stdio.h>

static const enum onbon_command questions[] = {ONBON_PARAMETERS, ONBON_FONTS, ONBON_FONTS_MORE};

#define DATA_MOST_6K 1024
#define DATA_MOST_5K 512
#define STYLE_MOST   16 /* font and colour in front of the text */
#define ALIGN_CENTRE 2
#define ALIGN_MIDDLE 8
#define STAY         4 /* two seconds, for what does not scroll */
#define VOLUME       10
#define VOICE_SPEED  5

unsigned int onbon_font_height(const struct onbon_options *options)
{
	return 16 + 8 * (unsigned int)options->font;
}

static bool is_5k(const struct onbon_options *options)
{
	return options->device == 1;
}

void onbon_card_init(struct onbon_card *card, const struct onbon_options *options)
{
	*card = (struct onbon_card){.options = options, .device = ONBON_DEVICE_ANY};
}

void onbon_card_begin(struct onbon_card *card)
{
	card->asked = 0;
}

bool onbon_card_question(const struct onbon_card *card, enum onbon_command *command)
{
	if (card->asked >= sizeof(questions) / sizeof(questions[0]))
		return false;
	*command = questions[card->asked];
	return true;
}

static bool take_parameters(struct onbon_card *card, const struct onbon_reply *reply, char *words, size_t room)
{
	const struct onbon_options *options = card->options;
	struct onbon_parameters found;
	bool known;

	if (!onbon_parameters_read(reply, &found)) {
		snprintf(words, room, "does not tell its parameters");
		return false;
	}
	bool found_5k = onbon_device_5k(found.device, &known);
	if (!known) {
		snprintf(words, room, "is no BX-K font card (device type %02x)", found.device);
		return false;
	}
	if (found_5k != is_5k(options)) {
		snprintf(words, room, "is a %s card, set device", found_5k ? "5K" : "6K");
		return false;
	}
	if (options->area_x + options->width > found.width || options->area_y + options->height > found.height) {
		snprintf(words, room, "has %ux%u pixels, our area does not fit", found.width, found.height);
		return false;
	}
	card->device = found.device;
	card->fonts = (struct onbon_fonts){0};
	card->fonts_known = false;
	return true;
}

/*
 * Either list may be refused. A card that lists nothing is believed: it refuses a missing font when that is
 * used.
 */
static bool take_fonts(struct onbon_card *card, const struct onbon_reply *reply, bool last, char *words, size_t room)
{
	unsigned int height = onbon_font_height(card->options);

	if (onbon_fonts_read(reply, &card->fonts))
		card->fonts_known = true;
	if (!last)
		return true;
	if (card->fonts_known && (card->fonts.chinese & onbon_font_bit(height)) == 0) {
		snprintf(words, room, "has no Chinese font of %u dots", height);
		return false;
	}
	card->met = true;
	return true;
}

bool onbon_card_answer(struct onbon_card *card, const struct onbon_reply *reply, char *words, size_t room)
{
	enum onbon_command question = questions[card->asked++];

	if (question == ONBON_PARAMETERS)
		return take_parameters(card, reply, words, room);
	return take_fonts(card, reply, question == ONBON_FONTS_MORE, words, room);
}

size_t onbon_card_room(const struct onbon_options *options)
{
	return onbon_text_room(is_5k(options) ? DATA_MOST_5K : DATA_MOST_6K, 0) - STYLE_MOST;
}

bool onbon_card_fits(const struct onbon_card *card, const char *text, size_t *size, const char **bad)
{
	struct buf converted;

	buf_init(&converted, 64 * 1024);
	bool fits = onbon_text_add(&converted, text, !card->met || card->fonts.gbk, card->options->voice, bad);
	*size = converted.size;
	buf_fini(&converted);
	return fits;
}

static void place_area(struct onbon_area *area, const struct onbon_card *card, size_t text_size)
{
	const struct onbon_options *options = card->options;
	unsigned int font = onbon_font_height(options);
	bool still = onbon_text_width(text_size, font) <= options->width;

	area->x = (uint16_t)options->area_x;
	area->y = (uint16_t)options->area_y;
	area->width = (uint16_t)options->width;
	area->height = (uint16_t)options->height;
	area->by_eight = is_5k(options);
	area->id = (uint8_t)options->area_id;
	area->alignment = options->height > font ? ALIGN_MIDDLE : 0;
	area->display_mode = still ? ONBON_DISPLAY_STATIC : ONBON_DISPLAY_LEFT;
	area->speed = (uint8_t)options->speed;
	if (still) {
		area->alignment |= ALIGN_CENTRE;
		area->stay = STAY;
	}
}

static void add_speech(struct onbon_area *area, const struct onbon_card *card, const struct buf *words)
{
	size_t most = is_5k(card->options) ? DATA_MOST_5K : DATA_MOST_6K;

	if (area->text_size > onbon_text_room(most, words->size))
		return;
	area->speech = words->data;
	area->speech_size = words->size;
	area->volume = VOLUME;
	area->voice_speed = VOICE_SPEED;
}

bool onbon_card_face_add(struct buf *out, struct onbon_head *head, const struct onbon_card *card,
	const struct board_face *face, uint16_t lease_s, bool speak)
{
	const struct onbon_options *options = card->options;
	bool takeover = face->mode == BOARD_TAKEOVER;
	struct onbon_area area = {.run_mode = takeover ? ONBON_RUN_LEASE : ONBON_RUN_LOOP};
	struct buf text, words;
	const char *bad;

	*head = (struct onbon_head){
		.display_mode = takeover ? 1 : 0,
		.device = is_5k(options) ? card->device : ONBON_DEVICE_ANY,
	};
	if (face->mode == BOARD_NOTHING) {
		onbon_area_delete_add(out, (uint8_t)options->area_id);
		return true;
	}
	buf_init(&words, DATA_MOST_6K);
	buf_init(&text, DATA_MOST_6K);
	bool made = onbon_text_add(&words, face->text, card->fonts.gbk, options->voice, &bad);
	onbon_style_add(&text, onbon_font_height(options), (unsigned int)options->color + 1);
	buf_add(&text, words.data, words.size);
	made = made && !text.full;
	if (made) {
		area.timeout_s = takeover ? lease_s : 0;
		area.text = text.data;
		area.text_size = text.size;
		place_area(&area, card, words.size);
		if (speak && takeover && options->voice)
			add_speech(&area, card, &words);
		onbon_area_update_add(out, &area);
	}
	buf_fini(&text);
	buf_fini(&words);
	return made && !out->full;
}
