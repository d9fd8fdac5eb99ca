#ifndef CONFIG_ADDRESS_H
#define CONFIG_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Addresses and URLs as a configuration may write them: absolute, numeric where names would need a resolver at start, and
 * without a password inside, because they appear in logs.
 */

/* A numeric IPv4 or IPv6 address, without brackets. */
bool address_is_numeric(const char *text);

/*
 * "127.0.0.1:5005" or "[::1]:5005"; without port `port` (may be NULL) is added. Returns a new string, always with port,
 * or NULL when it is malformed.
 */
char *address_normal(const char *text, const char *port);

/* An absolute URL cut up. Points into the text. */
struct url {
	const char *scheme;
	size_t scheme_size;
	const char *host; /* without brackets */
	size_t host_size;
};

/*
 * Reads scheme://host[:port][/…]. Refuses blanks, control bytes, bytes that are not ASCII, user names, and ports outside
 * 1–65535.
 */
bool url_parse(const char *text, struct url *url);

/* Compares without regard to case. */
bool url_has_scheme(const struct url *url, const char *scheme);

/* 127.0.0.0/8, ::1 and localhost: what never leaves the machine. */
bool url_is_loopback(const struct url *url);

#endif
