#ifndef HTTP_EASY_H
#define HTTP_EASY_H

#include "base/buf.h"
#include "base/list.h"
#include "http/http.h"
#include "http/wire.h"

/*
 * One of libcurl's easy handles with all that it needs for a request: it is kept, and between two requests only what
 * differs is set. It knows how far its request came; when requests start and whom to tell is not its business (http.c).
 *
 * libcurl (7.88) takes an address to pieces and prints it together again, byte by byte, for every transfer, which costs more
 * than all of its sending for the long addresses that gateways want. So it is told the server once, and of each request
 * the target, which it copies.
 */
struct easy {
	struct link link; /* the owner's */
	CURL *curl;
	void *owner; /* of the request under way */

	/* How the request under way went. */
	struct buf reply; /* the body */
	bool begun; /* the connection stood and the request began to leave */
	bool again; /* libcurl wanted to send it a second time */
	bool head_whole; /* the empty line after the reply's headers came */
	bool too_big;
	long sent_before; /* CURLINFO_REQUEST_SIZE before the request: what a proxy's CONNECT took */
	char words[CURL_ERROR_SIZE];

	/* What it is set to. */
	struct buf server, target, lines;
	CURLU *parsed; /* `server` */
	struct curl_slist *headers; /* of `lines` */
	char *proxy, *source, *ca_file;
	uint32_t connect_ms, total_ms;
	bool post, targeted;
};

/* Whom libcurl trusts where a route does not say. Strings or NULL. */
struct easy_trust {
	char *file, *path;
};

struct easy *easy_new(struct wire *wire, const struct easy_trust *trust);

/* Requires: it is not in the multi. */
void easy_free(struct easy *easy);

/*
 * Makes it ready to send `request`; all is copied but the body, which must stay until the request has ended. `lines` are its headers, content type included, each ending in a line
 * feed. Requires: the request was checked, the handle is not in the multi.
 */
void easy_set(struct easy *easy, const struct http_request *request, const char *lines, const struct easy_trust *trust);

/* True when at least a byte of the request left. */
bool easy_left(const struct easy *easy);

#endif
