#include "http/refusal.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

static bool is_line(const char *text)
{
	return strpbrk(text, "\r\n") == NULL;
}

static bool is_loopback(const char *host)
{
	struct in_addr v4;

	if (strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0)
		return true;
	return inet_pton(AF_INET, host, &v4) == 1 && (ntohl(v4.s_addr) >> 24) == 127;
}

/* No byte up to 0x20, and no 0x7f. Eight at a time, as gateways' addresses are long: such a byte leaves its high bit. */
static bool is_visible(const char *text, size_t length)
{
	const uint64_t ones = 0x0101010101010101, high = 0x8080808080808080;
	uint64_t found = 0;

	for (; length >= 8; text += 8, length -= 8) {
		uint64_t bytes;
		memcpy(&bytes, text, 8);
		uint64_t del = bytes ^ (0x7f * ones);
		found |= ((bytes - 0x21 * ones) & ~bytes) | ((del - ones) & ~del);
	}
	for (; length > 0; text++, length--) {
		unsigned char byte = (unsigned char)*text;
		if (byte <= 0x20 || byte == 0x7f)
			return false;
	}
	return (found & high) == 0;
}

/* Why a URL is refused, or NULL. What is not looked at closely here is looked at by libcurl before it connects. */
static const char *url_problem(const char *url, bool allow_plain)
{
	if (!is_visible(url, strlen(url)))
		return "the address holds a blank or control character";
	if (strncmp(url, "https://", 8) == 0 || (allow_plain && strncmp(url, "http://", 7) == 0))
		return NULL;
	CURLU *parsed = curl_url();
	char *scheme = NULL, *host = NULL;
	const char *problem = NULL;
	if (curl_url_set(parsed, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK ||
		curl_url_get(parsed, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
		curl_url_get(parsed, CURLUPART_HOST, &host, 0) != CURLUE_OK || *host == '\0')
		problem = "this is not a web address";
	else if (strcmp(scheme, "https") != 0 && strcmp(scheme, "http") != 0)
		problem = "the address is neither https nor http";
	else if (strcmp(scheme, "http") == 0 && !allow_plain && !is_loopback(host))
		problem = "plain http is not allowed here";
	curl_free(scheme);
	curl_free(host);
	curl_url_cleanup(parsed);
	return problem;
}

const char *refusal_of(const struct http_request *request, bool allow_plain)
{
	const char *problem = url_problem(request->url, allow_plain);

	if (problem == NULL && request->content_type != NULL && !is_line(request->content_type))
		problem = "a header holds a line break";
	for (const char *const *h = request->headers; problem == NULL && h != NULL && *h != NULL; h++)
		if (!is_line(*h))
			problem = "a header holds a line break";
	return problem;
}
