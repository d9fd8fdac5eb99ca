/*
 * What providers push: 云MAS's reports and replies as a body, and Kannel's delivery reports as the lines b, d,
 * p, a, t of a query.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/require.h"
#include "base/utf8.h"
#include "channel/kannel_codec.h"
#include "channel/yunmas_codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_receipt(void *arg, const struct receipt *receipt)
{
	REQUIRE(phone_assigned(receipt->phone));
	REQUIRE(strlen(receipt->code) < sizeof(receipt->code));
	REQUIRE(receipt->provider_id[0] != '\0' && strlen(receipt->provider_id) < sizeof(receipt->provider_id));
	REQUIRE(receipt->at_ms > 0);
}

static void on_text(void *arg, phone_t phone, const char *text)
{
	REQUIRE(phone_assigned(phone) && utf8_valid(text, strlen(text), NULL) && strlen(text) <= 1000);
}

static const char *line_of(void *arg, const char *name)
{
	static const char names[] = "bdpat";
	char **lines = arg;

	return lines[strchr(names, name[0]) - names];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = mem_strndup((const char *)data, size);
	char *lines[5] = {NULL}, *rest = copy;
	struct receipt receipt;
	bool final;

	yunmas_reports((const char *)data, size, 1, on_receipt, NULL);
	yunmas_replies((const char *)data, size, on_text, NULL);
	for (size_t i = 0; i < 5; i++)
		lines[i] = strsep(&rest, "\n");
	if (kannel_receipt(line_of, lines, 1, &receipt, &final))
		REQUIRE(phone_assigned(receipt.phone) && strlen(receipt.code) < sizeof(receipt.code) &&
			receipt.at_ms > 0);
	free(copy);
	return 0;
}
