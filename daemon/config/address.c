#include "config/address.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

enum { HOST_MOST = 253 };

static bool is_port(const char *text, size_t size)
{
	unsigned int port = 0;

	if (size == 0 || size > 5)
		return false;
	for (size_t i = 0; i < size; i++) {
		if (!isdigit((unsigned char)text[i]))
			return false;
		port = port * 10 + (unsigned int)(text[i] - '0');
	}
	return port >= 1 && port <= 65535;
}

bool address_is_numeric(const char *text)
{
	struct in6_addr out;

	return inet_pton(AF_INET, text, &out) == 1 || inet_pton(AF_INET6, text, &out) == 1;
}

/* Cuts "host", "host:port", "[host]" or "[host]:port". *port is NULL where none is written. */
static bool cut_port(const char *text, size_t size, struct url *url, const char **port, size_t *port_size)
{
	const char *end = text + size, *stop;

	*port = NULL;
	*port_size = 0;
	if (size > 0 && *text == '[') {
		stop = memchr(text, ']', size);
		if (stop == NULL)
			return false;
		url->host = text + 1;
		url->host_size = (size_t)(stop - text - 1);
		stop++;
	} else {
		stop = memchr(text, ':', size);
		if (stop == NULL)
			stop = end;
		url->host = text;
		url->host_size = (size_t)(stop - text);
	}
	if (url->host_size == 0 || url->host_size > HOST_MOST)
		return false;
	if (stop == end)
		return true;
	*port = stop + 1;
	*port_size = (size_t)(end - *port);
	return *stop == ':' && is_port(*port, *port_size);
}

char *address_normal(const char *text, const char *port)
{
	struct url url = {0};
	const char *given;
	size_t given_size;

	if (!cut_port(text, strlen(text), &url, &given, &given_size) || (given == NULL && port == NULL))
		return NULL;
	bool bracketed = *text == '[';
	char *host = mem_strndup(url.host, url.host_size);
	struct in6_addr out;
	char *normal = NULL;
	if (inet_pton(bracketed ? AF_INET6 : AF_INET, host, &out) == 1)
		normal = mem_printf("%s%s%s:%s", bracketed ? "[" : "", host, bracketed ? "]" : "",
			given != NULL ? given : port);
	free(host);
	return normal;
}

static bool is_plain(const char *text)
{
	for (; *text != '\0'; text++) {
		if ((unsigned char)*text <= ' ' || (unsigned char)*text >= 0x7f || strchr("\"<>\\^`{|}", *text) != NULL)
			return false;
	}
	return true;
}

bool url_parse(const char *text, struct url *url)
{
	const char *authority = strstr(text, "://"), *port;
	size_t port_size;

	if (authority == NULL || authority == text || !is_plain(text))
		return false;
	url->scheme = text;
	url->scheme_size = (size_t)(authority - text);
	authority += 3;
	size_t size = strcspn(authority, "/?#");
	if (memchr(authority, '@', size) != NULL)
		return false;
	return cut_port(authority, size, url, &port, &port_size);
}

bool url_has_scheme(const struct url *url, const char *scheme)
{
	return strlen(scheme) == url->scheme_size && strncasecmp(url->scheme, scheme, url->scheme_size) == 0;
}

bool url_is_loopback(const struct url *url)
{
	struct in_addr four;
	struct in6_addr six;
	char host[HOST_MOST + 1];

	memcpy(host, url->host, url->host_size);
	host[url->host_size] = '\0';
	if (strcasecmp(host, "localhost") == 0)
		return true;
	if (inet_pton(AF_INET, host, &four) == 1)
		return ntohl(four.s_addr) >> 24 == 127;
	return inet_pton(AF_INET6, host, &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}
