#ifndef TESTS_CONFIG_KINDS_H
#define TESTS_CONFIG_KINDS_H

/*
 * A table of kinds for config's tests, which know no room channel: the rows are like the real ones, and the check refuses
 * one thing, to see that it is asked.
 */
#include <string.h>

#include "config/config.h"

struct kind_options {
	char *url, *user, *secret, *address, *ec_name, *ap_id, *sign_code;
	int64_t width, height;
	int color;
	int64_t pull_ms;
};

#define OF(member) offsetof(struct kind_options, member)

static const char *const kind_colors[] = {"red", "green", "amber", NULL};
static const char *const kind_ports[] = {"5005", NULL};

static const struct setting yunmas_rows[] = {
	{"url", SETTING_URL, OF(url), .required = true, .help = "address"},
	{"ec_name", SETTING_STRING, OF(ec_name), .required = true, .least = 1, .most = 100, .help = "customer"},
	{"ap_id", SETTING_STRING, OF(ap_id), .required = true, .least = 1, .most = 100, .help = "user"},
	{"secret_file", SETTING_SECRET, OF(secret), .required = true, .help = "password"},
	{"sign_code", SETTING_STRING, OF(sign_code), .required = true, .least = 1, .most = 100, .help = "code"},
	SETTING_END,
};

static const struct setting kannel_rows[] = {
	{"url", SETTING_URL, OF(url), .required = true, .help = "address"},
	{"user", SETTING_STRING, OF(user), .required = true, .least = 1, .most = 64, .help = "user"},
	{"password_file", SETTING_SECRET, OF(secret), .required = true, .help = "password"},
	{"pull", SETTING_DURATION, OF(pull_ms), "10s", .least = 1000, .most = 60000, .help = "pause"},
	SETTING_END,
};

static const struct setting wecom_rows[] = {
	{"url", SETTING_URL, OF(url), "https://qyapi.weixin.qq.com/cgi-bin/webhook/send", .help = "address"},
	{"key_file", SETTING_SECRET, OF(secret), .required = true, .help = "key"},
	SETTING_END,
};

static const struct setting onbon_rows[] = {
	{"address", SETTING_ADDRESS, OF(address), .required = true, .choices = kind_ports, .help = "card"},
	{"width", SETTING_INTEGER, OF(width), .required = true, .least = 8, .most = 8192, .help = "width"},
	{"height", SETTING_INTEGER, OF(height), .required = true, .least = 16, .most = 2048, .help = "height"},
	{"color", SETTING_CHOICE, OF(color), "red", .choices = kind_colors, .help = "colour"},
	SETTING_END,
};

static void kind_check(const struct channel_config *config, struct problems *problems)
{
	const struct kind_options *options = config->options;
	const struct place place = config_channel_place(config);

	if (options->user != NULL && strcmp(options->user, "nobody") == 0)
		problem_add(problems, PROBLEM_ERROR, &place, "user", "the kind refuses this user");
}

static const struct config_kind kinds_table[] = {
	{"null", MEDIUM_SMS, NULL, 0, "unlimited", 4, 100, 1000, NULL},
	{"null-group", MEDIUM_WECOM, NULL, 0, "unlimited", 1, 1, 1, NULL},
	{"null-sign", MEDIUM_LED, NULL, 0, "unlimited", 1, 1, 1, NULL},
	{"sms-yunmas", MEDIUM_SMS, yunmas_rows, sizeof(struct kind_options), "200/s", 4, 500, 5000, NULL},
	{"sms-kannel", MEDIUM_SMS, kannel_rows, sizeof(struct kind_options), "100/s", 8, 20, 200, kind_check},
	{"wecom-robot", MEDIUM_WECOM, wecom_rows, sizeof(struct kind_options), "18/min", 1, 1, 1, NULL},
	{"led-onbon", MEDIUM_LED, onbon_rows, sizeof(struct kind_options), "2/s", 1, 1, 1, NULL},
	{NULL, MEDIUM_SMS, NULL, 0, NULL, 0, 0, 0, NULL},
};

#undef OF

#endif
