#ifndef CONTROL_REQUEST_H
#define CONTROL_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "control/control.h"

/*
 * One line of an operator, as a command with its arguments. Bytes in, a request or a refusal out: no socket is known here.
 * What a command finds in its arguments was judged: it knows all of them, those that it needs are there, texts are one
 * line of valid UTF-8, numbers lie in their bounds.
 */
struct control_request {
	const struct control_command *command; /* of the table that was given */
	const json_t *args; /* an object */
	json_t *whole, *none; /* what `args` lives in */
};

/*
 * Reads a line (without its end). Returns false with one error in `problems`, in the words of control.h. `request` is to be
 * given to control_request_fini() in either case.
 */
bool control_request_read(const struct control_command *commands, const char *line, size_t size,
	struct control_request *request, struct problems *problems);
void control_request_fini(struct control_request *request);

#endif
