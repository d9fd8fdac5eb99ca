#ifndef TESTS_CHANNEL_OWNER_H
#define TESTS_CHANNEL_OWNER_H

/*
 * The owner of one channel in a test: a configuration filled from the kind's own rows, an opened channel, and
 * everything that it was told. Callbacks only write down; the tests judge.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "channel/channel.h"
#include "testing/clock.h"
#include "testing/turns.h"

struct option {
	const char *key, *value;
};

struct owner {
	struct loop *loop;
	struct http *http;
	struct channel_config config;
	struct channel *channel;
	struct channel_host host;
	unsigned int settled, received, replies, notes;
	unsigned int settled_inside; /* told from inside a call */
	bool calling, closed, http_closed, told_after_closed;
	struct outcome outcome; /* the last; `refused` points into `refused` below */
	uint32_t refused[64];
	const struct batch *batch;
	struct receipt receipts[64];
	phone_t phone;
	char text[256], words[160];
	bool well;
};

static inline void owner_settled(void *arg, struct channel *channel, const struct batch *batch,
	const struct outcome *outcome)
{
	struct owner *owner = arg;

	owner->settled++;
	owner->settled_inside += owner->calling;
	owner->told_after_closed |= owner->closed;
	owner->batch = batch;
	owner->outcome = *outcome;
	for (uint32_t i = 0; i < outcome->refused_count && i < 64; i++)
		owner->refused[i] = outcome->refused[i];
}

static inline void owner_receipts(void *arg, struct channel *channel, const struct receipt *receipts,
	unsigned int count)
{
	struct owner *owner = arg;

	owner->told_after_closed |= owner->closed;
	for (unsigned int i = 0; i < count; i++)
		owner->receipts[owner->received++ % 64] = receipts[i];
}

static inline void owner_replied(void *arg, struct channel *channel, phone_t phone, const char *text)
{
	struct owner *owner = arg;

	owner->replies++;
	owner->phone = phone;
	snprintf(owner->text, sizeof(owner->text), "%s", text);
}

static inline void owner_noted(void *arg, struct channel *channel, bool well, const char *words)
{
	struct owner *owner = arg;

	owner->notes++;
	owner->well = well;
	snprintf(owner->words, sizeof(owner->words), "%s", words);
}

static inline void owner_closed(void *arg, struct channel *channel)
{
	struct owner *owner = arg;

	owner->closed = true;
}

/* Writes a value into the options as the configuration reader would. */
static inline void option_set(void *options, const struct setting *row, const char *value)
{
	char *at = (char *)options + row->offset;

	switch (row->type) {
	case SETTING_BOOL:
		*(bool *)at = value != NULL && strcmp(value, "true") == 0;
		break;
	case SETTING_INTEGER:
		*(int64_t *)(void *)at = value != NULL ? strtoll(value, NULL, 10) : 0;
		break;
	case SETTING_DURATION:
		/* the tests write milliseconds or, as the defaults do, nothing at all */
		*(int64_t *)(void *)at = value != NULL ? strtoll(value, NULL, 10) : 0;
		break;
	case SETTING_CHOICE:
		for (int i = 0; row->choices[i] != NULL; i++)
			if (value != NULL && strcmp(row->choices[i], value) == 0)
				*(int *)(void *)at = i;
		break;
	case SETTING_STRINGS:
		mem_strings_free(*(char ***)(void *)at);
		*(char ***)(void *)at = NULL;
		if (value != NULL && value[0] != '\0')
			mem_strings_add((char ***)(void *)at, value);
		else
			*(char ***)(void *)at = mem_calloc(1, sizeof(char *));
		break;
	default:
		free(*(char **)(void *)at);
		*(char **)(void *)at = mem_strdup(value);
	}
}

static inline void owner_configure(struct owner *owner, const char *kind_name, const struct option *options)
{
	const struct channel_kind *kind = channel_kind_find(kind_name);

	assert_non_null(kind);
	owner->config = (struct channel_config){.name = (char *)"under-test",
		.kind = (char *)(uintptr_t)kind_name,
		.medium = kind->medium,
		.allow_plain_http = true,
		.connect_timeout_ms = 3000,
		.timeout_ms = 8000,
		.signature_by = SIGNATURE_BY_PLATFORM};
	owner->config.options = mem_zalloc(kind->options_size);
	for (const struct setting *row = kind->settings; row->key != NULL; row++) {
		const char *value = row->fallback;
		for (const struct option *option = options; option != NULL && option->key != NULL; option++)
			if (strcmp(option->key, row->key) == 0)
				value = option->value;
		option_set(owner->config.options, row, value);
	}
}

static inline void owner_open_at(struct owner *owner, const char *kind_name, const struct option *options,
	const char *receipt_url)
{
	struct problems problems;

	owner_configure(owner, kind_name, options);
	owner->host = (struct channel_host){
		.settled = owner_settled,
		.receipts = owner_receipts,
		.replied = owner_replied,
		.noted = owner_noted,
		.closed = owner_closed,
	};
	owner->http = http_new(owner->loop, 0, 0);
	problems_init(&problems);
	owner->channel = channel_open(&owner->config, owner->loop, owner->http, receipt_url, &owner->host, owner,
		&problems);
	problems_fini(&problems);
	assert_non_null(owner->channel);
}

/* A stopped clock, a loop. */
static inline void owner_begin(struct owner *owner)
{
	*owner = (struct owner){.loop = NULL};
	fake_clock_stop();
	owner->loop = loop_new();
}

static inline void owner_send(struct owner *owner, const struct batch *batch)
{
	owner->calling = true;
	channel_send(owner->channel, batch);
	owner->calling = false;
}

static inline void owner_http_gone(void *arg)
{
	bool *gone = arg;

	*gone = true;
}

static inline void owner_free_options(struct owner *owner)
{
	for (const struct setting *row = channel_kind_find(owner->config.kind)->settings; row->key != NULL; row++) {
		char *at = (char *)owner->config.options + row->offset;
		switch (row->type) {
		case SETTING_BOOL:
		case SETTING_INTEGER:
		case SETTING_DURATION:
		case SETTING_CHOICE:
			break;
		case SETTING_STRINGS:
			mem_strings_free(*(char ***)(void *)at);
			break;
		default:
			free(*(char **)(void *)at);
		}
	}
	free(owner->config.options);
}

static inline void owner_close_channel(struct owner *owner, uint64_t patience_ms)
{
	channel_close(owner->channel, clock_mono_ms() + patience_ms);
	assert_true(turns_until_set(owner->loop, &owner->closed));
}

/* Closes what is left, except peers: those go in between. Requires: the channel is closed. */
static inline void owner_close_http(struct owner *owner)
{
	http_close(owner->http, owner_http_gone, &owner->http_closed);
	assert_true(turns_until_set(owner->loop, &owner->http_closed));
}

static inline void owner_end(struct owner *owner)
{
	turns_end(&owner->loop);
	owner_free_options(owner);
	assert_false(owner->told_after_closed);
	assert_int_equal(owner->settled_inside, 0);
	fake_clock_go();
}

#endif
