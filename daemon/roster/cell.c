#include "roster/cell.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "roster/date.h"

/* The bytes of a character at `text` that nobody sees; 0 where another one or none begins. */
static size_t unseen(const char *text, size_t size)
{
	const char *next = text;
	uint32_t code;

	if (size == 0 || !utf8_next(&next, text + size, &code))
		return 0;
	bool none = code <= ' ' || code == 0xa0 || code == 0x3000 || code == 0xfeff ||
		(code >= 0x2000 && code <= 0x200f) || (code >= 0x2028 && code <= 0x202f) ||
		(code >= 0x2060 && code <= 0x206f);
	return none ? (size_t)(next - text) : 0;
}

/* Where the last character of `text` begins. */
static size_t last_of(const char *text, size_t size)
{
	size_t at = size - 1;

	while (at > 0 && size - at < 4 && ((unsigned char)text[at] & 0xc0) == 0x80)
		at--;
	return at;
}

static void trim(const char **text, size_t *size)
{
	size_t gone;

	while ((gone = unseen(*text, *size)) > 0) {
		*text += gone;
		*size -= gone;
	}
	while (*size > 0) {
		size_t last = last_of(*text, *size);
		if (unseen(*text + last, *size - last) == 0)
			break;
		*size = last;
	}
}

void cell_tidy(const char **text, size_t *size)
{
	/* What nearly every cell is. */
	if (*size == 0 || (isalnum((unsigned char)**text) && isalnum((unsigned char)(*text)[*size - 1])))
		return;
	trim(text, size);
	if (*size >= 3 && memcmp(*text, "=\"", 2) == 0 && (*text)[*size - 1] == '"') {
		*text += 2;
		*size -= 3;
	} else if (*size > 0 && **text == '\'') {
		*text += 1;
		*size -= 1;
	} else {
		return;
	}
	trim(text, size);
}

/* Half-width and lower case into `out`, as far as it goes. Returns the length; `room` when it does not fit. */
static size_t narrow(const char *text, size_t size, char *out, size_t room)
{
	const char *end = text + size;
	size_t used = 0;
	uint32_t code;

	while (text < end && utf8_next(&text, end, &code)) {
		if (code >= 0xff01 && code <= 0xff5e)
			code -= 0xff01 - 0x21;
		if (code == 0x3000)
			code = ' ';
		if (used + 5 > room)
			return room;
		if (code < 0x80)
			out[used++] = (char)tolower((int)code);
		else
			used += utf8_put(code, out + used);
	}
	out[used] = '\0';
	return text == end ? used : room;
}

/* `count` digits as a number; -1 when there are others. */
static int number(const char *digits, size_t count)
{
	int value = 0;

	for (size_t i = 0; i < count; i++) {
		if (!isdigit((unsigned char)digits[i]))
			return -1;
		value = value * 10 + (digits[i] - '0');
	}
	return value;
}

static bool plausible(int year, int this_year)
{
	return year >= 1900 && year <= this_year;
}

bool cell_year(const char *text, size_t size, int this_year, int *year)
{
	char plain[40];

	if (size == 4) {
		/* What nearly every cell is. */
		*year = number(text, 4);
		return plausible(*year, this_year);
	}
	size_t used = narrow(text, size, plain, sizeof(plain));
	if (used < 4 || used == sizeof(plain))
		return false;
	*year = number(plain, 4);
	if (!plausible(*year, this_year))
		return false;
	const char *rest = plain + 4;
	if (*rest == '\0' || strncmp(rest, "年", strlen("年")) == 0)
		return true;
	if (strchr("-/.", *rest) != NULL)
		return isdigit((unsigned char)rest[1]) != 0;
	if (used == 6)
		return date_exists(*year, number(rest, 2), 1);
	return used == 8 && date_exists(*year, number(rest, 2), number(rest + 2, 2));
}

/* The check character of GB 11643, which is ISO 7064 MOD 11-2. */
static bool check_holds(const char *plain)
{
	unsigned int sum = 0;

	for (int i = 0; i < 17; i++)
		sum = (sum + (unsigned int)(plain[i] - '0')) * 2 % 11;
	unsigned int check = (12 - sum) % 11;
	return plain[17] == (check == 10 ? 'x' : (char)('0' + check));
}

bool cell_identity_year(const char *text, size_t size, int this_year, int *year)
{
	char plain[40];
	size_t used = narrow(text, size, plain, sizeof(plain));
	const char *date = plain + 6;

	if (used == 15 && number(plain, 6) >= 0 && number(plain + 12, 3) >= 0) {
		*year = 1900 + number(date, 2);
		return number(date, 2) >= 0 && date_exists(*year, number(date + 2, 2), number(date + 4, 2));
	}
	if (used != 18 || number(plain, 6) < 0 || number(plain + 14, 3) < 0)
		return false;
	*year = number(date, 4);
	return plausible(*year, this_year) && date_exists(*year, number(date + 4, 2), number(date + 6, 2)) &&
		check_holds(plain);
}

bool cell_language(const char *text, size_t size, char out[CELL_LANGUAGE_ROOM])
{
	static const struct {
		const char *written, *tag;
	} names[] = {
		{"中文", "zh"},
		{"汉语", "zh"},
		{"普通话", "zh"},
		{"zh-cn", "zh"},
		{"zh-hans", "zh"},
		{"chinese", "zh"},
		{"英语", "en"},
		{"英文", "en"},
		{"english", "en"},
		{"维吾尔语", "ug"},
		{"维语", "ug"},
		{"藏语", "bo"},
		{"藏文", "bo"},
		{"蒙古语", "mn"},
		{"蒙语", "mn"},
		{"朝鲜语", "ko"},
		{"韩语", "ko"},
		{"哈萨克语", "kk"},
		{"彝语", "ii"},
		{"壮语", "za"},
		{"日语", "ja"},
		{"俄语", "ru"},
	};
	char plain[40];
	size_t used = narrow(text, size, plain, sizeof(plain)), letters = 0;

	if (used == 0 || used == sizeof(plain))
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i].written, plain) == 0) {
			memcpy(out, names[i].tag, strlen(names[i].tag) + 1);
			return true;
		}
	}
	while (plain[letters] >= 'a' && plain[letters] <= 'z')
		letters++;
	if (letters < 2 || letters > 3 || used >= CELL_LANGUAGE_ROOM ||
		(plain[letters] != '\0' && plain[letters] != '-'))
		return false;
	for (size_t i = letters; i < used; i++) {
		if (!isalnum((unsigned char)plain[i]) && plain[i] != '-')
			return false;
	}
	memcpy(out, plain, used + 1);
	return plain[used - 1] != '-';
}

bool cell_opt_out(const char *text, size_t size, bool *opted_out)
{
	static const char *const yes[] = {"1", "是", "y", "yes", "true", "退订", "已退订", "√", "✓"};
	static const char *const no[] = {"", "0", "否", "n", "no", "false", "未退订", "无", "×"};
	char plain[40];

	/* What nearly every cell is. */
	if (size == 0 || (size == 1 && (*text == '0' || *text == '1'))) {
		*opted_out = size == 1 && *text == '1';
		return true;
	}
	if (narrow(text, size, plain, sizeof(plain)) == sizeof(plain))
		return false;
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
		if (strcmp(yes[i], plain) == 0) {
			*opted_out = true;
			return true;
		}
	}
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
		if (strcmp(no[i], plain) == 0) {
			*opted_out = false;
			return true;
		}
	}
	return false;
}

bool cell_spreadsheet(const char *text, size_t size)
{
	char plain[40];
	size_t used = narrow(text, size, plain, sizeof(plain));

	if (used == sizeof(plain) || !isdigit((unsigned char)plain[0]))
		return false;
	const char *e = strchr(plain, 'e');
	return e != NULL && strspn(plain, "0123456789.") == (size_t)(e - plain) &&
		(e[1] == '+' || isdigit((unsigned char)e[1]));
}

void cell_mask(const char *text, size_t size, char out[16])
{
	const char *end = text + size;
	char digits[32];
	size_t count = 0;
	uint32_t code;

	while (text < end && count < sizeof(digits)) {
		if (!utf8_next(&text, end, &code)) {
			text++;
			continue;
		}
		if (code >= 0xff10 && code <= 0xff19)
			code -= 0xff10 - '0';
		if (code >= '0' && code <= '9')
			digits[count++] = (char)code;
	}
	out[0] = '\0';
	if (count >= 11)
		snprintf(out, 16, "%.3s****%.4s", digits, digits + count - 4);
	else if (count >= 7)
		snprintf(out, 16, "%.3s****", digits);
	else if (count > 0)
		snprintf(out, 16, "****");
}
