#include "alert/privacy.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/phone.h"
#include "base/utf8.h"

enum { LONGEST = 19, ACCOUNT_MOST = 64 };

/* Digits without what stood between them, and how they were grouped. */
struct digits {
	char text[LONGEST + 1];
	size_t size;
	size_t groups[LONGEST];
	size_t group_count;
	bool ends_in_x;
};

static bool identity_date(const char *digits)
{
	int year = (digits[6] - '0') * 1000 + (digits[7] - '0') * 100 + (digits[8] - '0') * 10 + digits[9] - '0';
	int month = (digits[10] - '0') * 10 + digits[11] - '0';
	int day = (digits[12] - '0') * 10 + digits[13] - '0';

	return year >= 1880 && year <= 2100 && month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

/* GB 11643-1999: ISO 7064 MOD 11-2 over the first 17 digits. */
static bool identity_check(const char *digits, char last)
{
	static const int weights[] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
	int sum = 0;

	for (int i = 0; i < 17; i++)
		sum += (digits[i] - '0') * weights[i];
	return "10X98765432"[sum % 11] == last;
}

static bool is_identity(const struct digits *digits)
{
	if (digits->text[0] == '0' || digits->size + digits->ends_in_x != 18)
		return false;
	char last = digits->ends_in_x ? 'X' : digits->text[17];
	return identity_date(digits->text) || identity_check(digits->text, last);
}

static bool luhn(const char *digits, size_t size)
{
	int sum = 0;

	for (size_t i = 0; i < size; i++) {
		int digit = digits[size - 1 - i] - '0';
		if (i % 2 == 1)
			digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
		sum += digit;
	}
	return sum % 10 == 0;
}

/*
 * Dates and amounts stand side by side too, and one in ten such runs passes Luhn: with gaps only the
 * groupings printed on cards count, fours with a rest, or six and a rest.
 */
static bool is_card(const struct digits *digits)
{
	if (digits->size < 13 || digits->ends_in_x || strspn(digits->text, "0") == digits->size ||
		!luhn(digits->text, digits->size))
		return false;
	if (digits->group_count == 2 && digits->groups[0] == 6)
		return true;
	for (size_t i = 0; i + 1 < digits->group_count; i++)
		if (digits->groups[i] != 4)
			return false;
	return true;
}

static bool is_allowed(phone_t phone, char *const *phones)
{
	phone_t allowed;

	for (; phones != NULL && *phones != NULL; phones++)
		if (phone_parse(*phones, strlen(*phones), &allowed) && allowed == phone)
			return true;
	return false;
}

static enum privacy_find judge(const struct digits *digits, char *const *phones)
{
	phone_t phone;

	if (is_identity(digits))
		return PRIVACY_IDENTITY;
	/* Before cards: a number with its country code is as long as some of them. */
	if (!digits->ends_in_x && phone_parse(digits->text, digits->size, &phone))
		return is_allowed(phone, phones) ? PRIVACY_NOTHING : PRIVACY_MOBILE;
	return is_card(digits) ? PRIVACY_CARD : PRIVACY_NOTHING;
}

/* Behind a gap of one or two blanks or hyphens, or where digits go on: the next digit; NULL otherwise. */
static const char *next_group(const char *at)
{
	size_t gap = strspn(at, " -\t");

	return gap >= 1 && gap <= 3 && isdigit((unsigned char)at[gap]) ? at + gap : NULL;
}

/* All numbers that begin with the group at `from`: that group, it and the next, and so on. */
static enum privacy_find judge_from(const char *from, char *const *phones, struct digits *digits)
{
	*digits = (struct digits){0};
	for (const char *at = from; at != NULL; at = next_group(at)) {
		size_t size = strspn(at, "0123456789");
		if (digits->size + size > LONGEST)
			return PRIVACY_NOTHING;
		memcpy(digits->text + digits->size, at, size);
		digits->size += size;
		digits->groups[digits->group_count++] = size;
		at += size;
		digits->ends_in_x = (*at == 'X' || *at == 'x') && digits->size == 17;
		enum privacy_find find = judge(digits, phones);
		if (find != PRIVACY_NOTHING)
			return find;
	}
	return PRIVACY_NOTHING;
}

/* Dashes of every kind and wide blanks become "-" and " ", so that digits and gaps are all ASCII. */
static char *plain_gaps(const char *text)
{
	char *narrow = utf8_narrow(text);
	const char *at = narrow, *end = narrow + strlen(narrow);
	char *out = narrow;
	uint32_t code;

	while (utf8_next(&at, end, &code)) {
		if ((code >= 0x2010 && code <= 0x2015) || code == 0x2212 || code == 0xb7)
			code = '-';
		else if (code == 0xa0 || (code >= 0x2000 && code <= 0x200b))
			code = ' ';
		char bytes[4];
		size_t size = utf8_put(code, bytes);
		memcpy(out, bytes, size);
		out += size;
	}
	*out = '\0';
	return narrow;
}

enum privacy_find privacy_numbers(const char *text, char *const *phones, char masked[PRIVACY_MASK])
{
	char *plain = plain_gaps(text);
	enum privacy_find find = PRIVACY_NOTHING;

	masked[0] = '\0';
	for (const char *at = plain; *at != '\0' && find == PRIVACY_NOTHING;) {
		size_t size = strspn(at, "0123456789");
		struct digits digits;
		if (size == 0) {
			at++;
			continue;
		}
		find = judge_from(at, phones, &digits);
		if (find != PRIVACY_NOTHING)
			phone_mask_text(digits.text, digits.size, masked, PRIVACY_MASK);
		at += size;
	}
	free(plain);
	return find;
}

static bool host_byte(char byte)
{
	return isalnum((unsigned char)byte) || byte == '-' || byte == '.';
}

static bool host_ending(const char *host, size_t size)
{
	static const char *const endings[] = {"com", "cn", "net", "org", "top", "vip", "xyz", "cc", "info", "app",
		"ltd", "site", "shop", "club", "online", "live", "tv", "me", "io", "co", "hk", "tw", "ru", "us", "link",
		"icu", "work", "pro", "biz", "gov", "edu", "mobi", "asia", "tech", "store", "fun", "ink", "wang", "so",
		"la", "im", "to", "ly"};
	const char *dot = memrchr(host, '.', size);
	size_t length = dot != NULL ? size - (size_t)(dot + 1 - host) : 0;

	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
		if (strlen(endings[i]) == length && strncasecmp(dot + 1, endings[i], length) == 0)
			return true;
	return false;
}

/* Four numbers with dots, as an address; "12.8.5" and versions are not. */
static bool host_number(const char *host, size_t size)
{
	size_t dots = 0;

	for (size_t i = 0; i < size; i++) {
		if (host[i] != '.' && !isdigit((unsigned char)host[i]))
			return false;
		dots += host[i] == '.';
	}
	return dots == 3 && size >= 7;
}

/* True when the run of host characters at `host` is an address. A dot at the end of a sentence is no part of it. */
static bool is_host(const char *host, size_t *size)
{
	while (*size > 0 && (host[*size - 1] == '.' || host[*size - 1] == '-'))
		(*size)--;
	if (*size < 4 || host[0] == '.' || memchr(host, '.', *size) == NULL)
		return false;
	return strncasecmp(host, "www.", 4) == 0 || host_ending(host, *size) || host_number(host, *size);
}

static void copy_found(const char *from, size_t size, char found[LINK_TEXT])
{
	/* A whole address is easier to find again than its first word. */
	while (from[size] > ' ' && from[size] < 0x7f)
		size++;
	size_t kept = size < LINK_TEXT - 1 ? size : LINK_TEXT - 1;

	memcpy(found, from, kept);
	found[kept] = '\0';
}

static enum link_find find_address(const char *text, const char *allowed_host, char found[LINK_TEXT])
{
	for (const char *at = text; *at != '\0';) {
		size_t size = 0;
		while (host_byte(at[size]))
			size++;
		if (size == 0) {
			at++;
			continue;
		}
		size_t host = size;
		bool scheme = strncmp(at + size, "://", 3) == 0;
		bool address = is_host(at, &host);
		bool allowed = allowed_host != NULL && host == strlen(allowed_host) &&
			strncasecmp(at, allowed_host, host) == 0;
		/* After an allowed scheme the host itself is looked at in the next round. */
		if ((address && !allowed) || (scheme && allowed_host == NULL)) {
			copy_found(at, size, found);
			return LINK_ADDRESS;
		}
		at += size;
	}
	return LINK_NOTHING;
}

/* How many bytes of an account stand at `text`, 0 where it cannot be one. Bounded: it may be all that follows. */
static size_t account_size(const char *text)
{
	size_t size = 0;
	bool digit = false;

	for (; size < ACCOUNT_MOST && (isalnum((unsigned char)text[size]) || text[size] == '_' || text[size] == '-');
		size++)
		digit = digit || isdigit((unsigned char)text[size]);
	return size >= 5 && digit ? size : 0;
}

/* "微信号：abc123", "加QQ 123456": the word, and what looks like an account behind it. */
static enum link_find find_contact(const char *text, char found[LINK_TEXT])
{
	static const char *const words[] = {"微信号", "加微信", "微信", "qq号", "加qq", "qq群", "qq", "vx"};

	for (const char *at = text; *at != '\0'; at++) {
		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
			size_t word = strlen(words[i]);
			if (strncasecmp(at, words[i], word) != 0)
				continue;
			const char *account = at + word + strspn(at + word, " :=");
			size_t size = account_size(account);
			if (size > 0) {
				copy_found(at, (size_t)(account - at) + size, found);
				return LINK_CONTACT;
			}
		}
	}
	return LINK_NOTHING;
}

enum link_find privacy_links(const char *text, const char *allowed_host, char found[LINK_TEXT])
{
	char *narrow = utf8_narrow(text);

	found[0] = '\0';
	enum link_find find = find_address(narrow, allowed_host, found);
	if (find == LINK_NOTHING)
		find = find_contact(narrow, found);
	free(narrow);
	return find;
}
