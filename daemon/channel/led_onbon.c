#include "channel/kinds.h"
#include "channel/onbon_strip.h"

/* Onbon BX-5K and BX-6K font cards, by TCP: the kind, its settings and their sense. */

static const char *const colors[] = {"red", "green", "yellow", "blue", "cyan", "magenta", "white", NULL};
static const char *const fonts[] = {"16", "24", "32", NULL};
static const char *const devices[] = {"6k", "5k", NULL};
static const char *const ports[] = {"5005", NULL};

static const struct setting settings[] = {
	{"address", SETTING_ADDRESS, offsetof(struct onbon_options, address), .required = true, .choices = ports,
		.help = N_("address of the card, port 5005 unless given")},
	{"width", SETTING_INTEGER, offsetof(struct onbon_options, width), .required = true, .least = 8, .most = 8192,
		.help = N_("width of our area in pixels")},
	{"height", SETTING_INTEGER, offsetof(struct onbon_options, height), .required = true, .least = 16, .most = 2048,
		.help = N_("height of our area in pixels")},
	{"area_x", SETTING_INTEGER, offsetof(struct onbon_options, area_x), "0", .most = 8192,
		.help = N_("left edge of our area on the sign, in pixels")},
	{"area_y", SETTING_INTEGER, offsetof(struct onbon_options, area_y), "0", .most = 2048,
		.help = N_("upper edge of our area on the sign, in pixels")},
	{"area_id", SETTING_INTEGER, offsetof(struct onbon_options, area_id), "0", .most = 7,
		.help = N_("number of our dynamic area; nobody else may use it")},
	{"color", SETTING_CHOICE, offsetof(struct onbon_options, color), "red", .choices = colors,
		.help = N_("colour of the text")},
	{"font", SETTING_CHOICE, offsetof(struct onbon_options, font), "16", .choices = fonts,
		.help = N_("height of the characters in dots")},
	{"speed", SETTING_INTEGER, offsetof(struct onbon_options, speed), "4", .most = 24,
		.help = N_("scrolling speed, 0 fastest, 24 slowest")},
	{"device", SETTING_CHOICE, offsetof(struct onbon_options, device), "6k", .choices = devices,
		.help = N_("family of the card")},
	{"ms_per_pixel", SETTING_INTEGER, offsetof(struct onbon_options, ms_per_pixel), "0", .most = 1000,
		.help = N_("milliseconds per pixel as measured at this speed; 0: not measured, times are estimates")},
	{"voice", SETTING_BOOL, offsetof(struct onbon_options, voice), "false",
		.help = N_("a card with a voice speaks an urgent alert when it begins")},
	SETTING_END,
};

static void onbon_check(const struct channel_config *config, struct problems *problems)
{
	const struct onbon_options *options = config->options;
	struct place at = {config->file, config->line};
	unsigned int font = onbon_font_height(options);
	bool is_5k = options->device == 1;

	if (options->height < font)
		problem_remedy(problem_add(problems, PROBLEM_ERROR, &at, "height",
				       N_("characters of %u dots do not fit into %u pixels"), font,
				       (unsigned int)options->height),
			N_("choose a smaller font or a higher area"));
	if (!is_5k && options->area_id > 4)
		problem_remedy(problem_add(problems, PROBLEM_ERROR, &at, "area_id", N_("a 6K card has areas 0 to 4")),
			N_("choose one of them"));
	if (is_5k && (options->area_x % 8 != 0 || options->width % 8 != 0))
		problem_remedy(problem_add(problems, PROBLEM_ERROR, &at, "width",
				       N_("a 5K card counts across in steps of 8 pixels")),
			N_("make area_x and width multiples of 8"));
}

static void on_released(struct channel *channel)
{
	channel->state = NULL;
	channel_closed(channel);
}

static enum result onbon_open(struct channel *self, struct problems *problems)
{
	self->state = onbon_strip_new(self, self->config->options, on_released);
	return RESULT_OK;
}

static void onbon_send(struct channel *self, const struct batch *batch)
{
	onbon_strip_take(self->state, batch);
}

static void onbon_close(struct channel *self, uint64_t deadline_ms)
{
	onbon_strip_close(self->state, deadline_ms);
}

static void onbon_showing(struct channel *self, struct buf *out)
{
	if (self->state != NULL)
		onbon_strip_text(self->state, out);
}

const struct channel_kind led_onbon_kind = {
	.name = "led-onbon",
	.medium = MEDIUM_LED,
	.settings = settings,
	.options_size = sizeof(struct onbon_options),
	.batch_limit = 1,
	.rate = "1/s",
	.window = 1,
	.batch = 1,
	.receipts = true,
	.absolute = true,
	.check = onbon_check,
	.open = onbon_open,
	.send = onbon_send,
	.close = onbon_close,
	.showing = onbon_showing,
};
