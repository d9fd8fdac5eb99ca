#include "spool/name.h"

#include <ctype.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"

#define ENDING_MOST 16u

bool name_passed_over(const char *name)
{
	static const char *const endings[] = {"~", ".swp", ".tmp", ".part"};
	size_t size = strlen(name);

	if (name[0] == '.')
		return true;
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		size_t part = strlen(endings[i]);
		if (size >= part && strcasecmp(name + size - part, endings[i]) == 0)
			return true;
	}
	return false;
}

/* Controls, what cannot be seen, and what turns the reading direction: a name must read as what it is. */
static bool is_plain(uint32_t code)
{
	if (code < 0x20 || code == '/' || code == '\\' || (code >= 0x7f && code <= 0x9f))
		return false;
	if (code == 0xad || code == 0xfeff || (code >= 0x200b && code <= 0x200f))
		return false;
	return !(code >= 0x2028 && code <= 0x202e) && !(code >= 0x2060 && code <= 0x206f) && code < 0xe0000;
}

static char *printable(const char *name)
{
	const char *at = name, *end = name + strlen(name);
	char *out = mem_calloc(strlen(name) + 1, 1);
	char *to = out;
	uint32_t code;

	while (at < end) {
		const char *from = at;
		if (!utf8_next(&at, end, &code)) {
			at++;
			*to++ = '_';
		} else if (!is_plain(code)) {
			*to++ = '_';
		} else {
			memcpy(to, from, (size_t)(at - from));
			to += at - from;
		}
	}
	return out;
}

/* The names of old Windows programs are GBK; what is neither that nor UTF-8 keeps only its ASCII. New string. */
static char *as_utf8(const char *name)
{
	size_t size = strlen(name);
	size_t room = size * 3;
	char *out = mem_calloc(room + 1, 1);
	char *from = (char *)(uintptr_t)name, *to = out;
	iconv_t gbk = iconv_open("UTF-8", "GBK");
	bool good = gbk != (iconv_t)-1 && iconv(gbk, &from, &size, &to, &room) == 0 && size == 0;

	if (gbk != (iconv_t)-1)
		iconv_close(gbk);
	if (good)
		return out;
	free(out);
	out = mem_strdup(name);
	for (char *c = out; *c != '\0'; c++)
		if ((unsigned char)*c >= 0x80)
			*c = '_';
	return out;
}

static char *readable(const char *name)
{
	if (utf8_valid(name, strlen(name), NULL))
		return printable(name);
	char *utf8 = as_utf8(name);
	char *out = printable(utf8);
	free(utf8);
	return out;
}

char *name_safe(const char *name)
{
	char *whole = readable(name);
	const char *dot = strrchr(whole, '.');

	if (*whole == '\0') {
		free(whole);
		return mem_strdup("_");
	}
	if (strlen(whole) <= NAME_SAFE_MOST)
		return whole;
	const char *ending = dot != NULL && strlen(dot) <= ENDING_MOST ? dot : "";
	size_t keep = utf8_cut(whole, NAME_SAFE_MOST - strlen(ending));
	char *shorter = mem_printf("%.*s%s", (int)keep, whole, ending);
	free(whole);
	return shorter;
}

char *name_work(int64_t wall_ms, unsigned int number, const char *safe)
{
	char stamp[24];

	return mem_printf("%s-%u-%s", clock_stamp(wall_ms, stamp), number, safe);
}

const char *name_original(const char *work)
{
	const char *at = strchr(work, '-');

	if (at == NULL || !isdigit((unsigned char)at[1]))
		return work;
	at++;
	while (isdigit((unsigned char)*at))
		at++;
	return *at == '-' && at[1] != '\0' ? at + 1 : work;
}
