#include "base/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/require.h"

void buf_init(struct buf *buf, size_t most)
{
	REQUIRE(most < SIZE_MAX / 4);
	*buf = (struct buf){.most = most};
}

void buf_fini(struct buf *buf)
{
	free(buf->data);
	*buf = (struct buf){.most = buf->most};
}

void buf_clear(struct buf *buf)
{
	buf->size = 0;
	buf->full = false;
	if (buf->data != NULL)
		buf->data[0] = '\0';
}

static bool make_room(struct buf *buf, size_t size)
{
	if (buf->full || size > buf->most - buf->size) {
		buf->full = true;
		return false;
	}
	if (buf->data != NULL && buf->size + size < buf->room)
		return true;
	size_t room = buf->room > 0 ? buf->room : 64;
	while (room < buf->size + size + 1)
		room *= 2;
	buf->data = mem_resize(buf->data, room, 1);
	buf->room = room;
	return true;
}

void buf_reserve(struct buf *buf, size_t size)
{
	if (!buf->full && size <= buf->most - buf->size)
		make_room(buf, size);
}

bool buf_add(struct buf *buf, const void *bytes, size_t size)
{
	if (!make_room(buf, size))
		return false;
	if (size > 0)
		memcpy(buf->data + buf->size, bytes, size);
	buf->size += size;
	buf->data[buf->size] = '\0';
	return true;
}

bool buf_add_text(struct buf *buf, const char *text)
{
	return buf_add(buf, text, strlen(text));
}

bool buf_add_byte(struct buf *buf, unsigned char byte)
{
	return buf_add(buf, &byte, 1);
}

bool buf_printf(struct buf *buf, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int size = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (size < 0 || !make_room(buf, (size_t)size))
		return false;
	va_start(args, format);
	vsnprintf(buf->data + buf->size, (size_t)size + 1, format, args);
	va_end(args);
	buf->size += (size_t)size;
	return true;
}

void buf_drop(struct buf *buf, size_t count)
{
	REQUIRE(count <= buf->size);
	if (count == 0)
		return;
	memmove(buf->data, buf->data + count, buf->size - count);
	buf->size -= count;
	buf->data[buf->size] = '\0';
}

const char *buf_text(const struct buf *buf)
{
	return buf->data != NULL ? buf->data : "";
}

char *buf_take(struct buf *buf)
{
	char *text = buf->data != NULL ? buf->data : mem_strdup("");

	buf->data = NULL;
	buf_fini(buf);
	return text;
}
