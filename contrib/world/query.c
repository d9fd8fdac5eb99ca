#include "world/query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static char *decode(const char *at, const char *end, size_t *size)
{
	char *out = mem_zalloc((size_t)(end - at) + 1);
	size_t count = 0;

	while (at < end) {
		if (*at == '%' && end - at >= 3 && hex_digit(at[1]) >= 0 && hex_digit(at[2]) >= 0) {
			out[count++] = (char)(hex_digit(at[1]) << 4 | hex_digit(at[2]));
			at += 3;
		} else {
			out[count++] = *at == '+' ? ' ' : *at;
			at++;
		}
	}
	*size = count;
	return out;
}

void world_query_read(struct world_query *query, const char *text)
{
	query->count = 0;
	while (text != NULL && *text != '\0' && query->count < WORLD_FIELDS) {
		const char *end = strchrnul(text, '&');
		const char *equals = memchr(text, '=', (size_t)(end - text));
		struct world_field *field = &query->list[query->count];
		size_t ignored;

		if (end > text) {
			const char *name_end = equals == NULL ? end : equals;
			field->name = decode(text, name_end, &ignored);
			field->value = decode(equals == NULL ? end : equals + 1, end, &field->size);
			query->count++;
		}
		text = *end == '\0' ? NULL : end + 1;
	}
}

void world_query_fini(struct world_query *query)
{
	for (size_t i = 0; i < query->count; i++) {
		free(query->list[i].name);
		free(query->list[i].value);
	}
	query->count = 0;
}

const struct world_field *world_query_field(const struct world_query *query, const char *name)
{
	for (size_t i = 0; i < query->count; i++)
		if (strcmp(query->list[i].name, name) == 0)
			return &query->list[i];
	return NULL;
}

const char *world_query_text(const struct world_query *query, const char *name, const char *otherwise)
{
	const struct world_field *field = world_query_field(query, name);

	return field == NULL ? otherwise : field->value;
}

void world_query_escape(struct buf *out, const char *bytes, size_t size)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < size; i++) {
		unsigned char c = (unsigned char)bytes[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
			c == '_' || c == '.' || c == '~';
		if (plain) {
			buf_add_byte(out, c);
		} else {
			char escape[3] = {'%', digits[c >> 4], digits[c & 15]};
			buf_add(out, escape, 3);
		}
	}
}

bool world_url_read(struct world_url *url, const char *text)
{
	static const char scheme[] = "http://";

	if (strncmp(text, scheme, sizeof(scheme) - 1) != 0)
		return false;
	const char *host = text + sizeof(scheme) - 1;
	size_t length = strcspn(host, ":/?");
	if (length == 0 || length >= sizeof(url->host))
		return false;
	memcpy(url->host, host, length);
	url->host[length] = '\0';
	if (strcmp(url->host, "localhost") == 0)
		snprintf(url->host, sizeof(url->host), "127.0.0.1");
	url->port = 80;
	const char *rest = host + length;
	if (*rest == ':') {
		char *end;
		unsigned long port = strtoul(rest + 1, &end, 10);
		if (end == rest + 1 || port == 0 || port > 65535)
			return false;
		url->port = (uint16_t)port;
		rest = end;
	}
	url->path = *rest == '\0' ? "/" : rest;
	return *rest == '\0' || *rest == '/';
}
