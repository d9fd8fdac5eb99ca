#ifndef HTTP_WIRE_H
#define HTTP_WIRE_H

#include <curl/curl.h>

#include "loop/loop.h"

/*
 * A libcurl multi handle on the loop: sockets and the timer, nothing about requests. Every socket keeps its one poll
 * handle from birth to death, armed for reading also between requests: making a new one for each transfer costs a third
 * of the throughput (measured).
 */
struct wire;

/*
 * `turned` is called after each time libcurl worked: the moment to drain its messages. Requires: curl_global_init() was
 * called.
 */
struct wire *wire_new(struct loop *loop, void (*turned)(void *arg), void *arg);

CURLM *wire_multi(struct wire *wire);

/* Gives an easy handle the socket functions that the kept poll handles need. */
void wire_attach(struct wire *wire, CURL *easy);

/*
 * Requires: no easy handle is in the multi any more. Cleans the multi up; `closed` comes later, when the last poll
 * handle is closed.
 */
void wire_close(struct wire *wire, void (*closed)(void *arg), void *arg);

#endif
