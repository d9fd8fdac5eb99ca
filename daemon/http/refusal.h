#ifndef HTTP_REFUSAL_H
#define HTTP_REFUSAL_H

#include "http/http.h"

/*
 * Why a request is not sent, as a constant, or NULL: not a web address, plain HTTP beyond this machine where it is not
 * allowed, control characters or line breaks where one could smuggle a header in.
 */
const char *refusal_of(const struct http_request *request, bool allow_plain);

#endif
