#include "base/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *or_die(void *memory)
{
	if (memory == NULL) {
		static const char words[] = "<0>event=out-of-memory\n";
		fwrite(words, 1, sizeof(words) - 1, stderr);
		abort();
	}
	return memory;
}

void *mem_zalloc(size_t size)
{
	return or_die(calloc(1, size > 0 ? size : 1));
}

void *mem_calloc(size_t count, size_t size)
{
	return or_die(calloc(count > 0 ? count : 1, size > 0 ? size : 1));
}

void *mem_resize(void *old, size_t count, size_t size)
{
	if (count == 0 || size == 0)
		count = size = 1;
	return or_die(reallocarray(old, count, size));
}

char *mem_strdup(const char *text)
{
	return text == NULL ? NULL : or_die(strdup(text));
}

char *mem_strndup(const char *bytes, size_t length)
{
	char *copy = or_die(malloc(length + 1));

	if (length > 0)
		memcpy(copy, bytes, length);
	copy[length] = '\0';
	return copy;
}

char *mem_printf(const char *format, ...)
{
	va_list args;
	char *text = NULL;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	return or_die(text);
}

void *mem_lib_malloc(size_t size)
{
	void *memory = malloc(size);

	return size > 0 ? or_die(memory) : memory;
}

void *mem_lib_calloc(size_t count, size_t size)
{
	void *memory = calloc(count, size);

	return count > 0 && size > 0 ? or_die(memory) : memory;
}

void *mem_lib_realloc(void *old, size_t size)
{
	void *memory = realloc(old, size);

	return size > 0 ? or_die(memory) : memory;
}

char *mem_lib_strdup(const char *text)
{
	return or_die(strdup(text));
}

size_t mem_strings_count(char *const *list)
{
	size_t count = 0;

	while (list != NULL && list[count] != NULL)
		count++;
	return count;
}

char **mem_strings_dup(char *const *list)
{
	if (list == NULL)
		return NULL;
	size_t count = mem_strings_count(list);
	char **copy = mem_calloc(count + 1, sizeof(*copy));
	for (size_t i = 0; i < count; i++)
		copy[i] = mem_strdup(list[i]);
	return copy;
}

void mem_strings_free(char **list)
{
	for (size_t i = 0; list != NULL && list[i] != NULL; i++)
		free(list[i]);
	free(list);
}

void mem_strings_add(char ***list, const char *text)
{
	size_t count = mem_strings_count(*list);

	*list = mem_resize(*list, count + 2, sizeof(**list));
	(*list)[count] = mem_strdup(text);
	(*list)[count + 1] = NULL;
}

int mem_strings_has(char *const *list, const char *text)
{
	for (size_t i = 0; list != NULL && list[i] != NULL; i++)
		if (strcmp(list[i], text) == 0)
			return 1;
	return 0;
}
