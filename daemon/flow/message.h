#ifndef FLOW_MESSAGE_H
#define FLOW_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include "flow/medium.h"

/*
 * One wording, as it leaves by one medium. Shared by all recipients of a lane; made by room `text`.
 */
enum message_format { FORMAT_PLAIN, FORMAT_MARKDOWN };

struct message {
	enum medium medium;
	enum message_format format;
	char *text; /* UTF-8, exactly what the channel carries; 【signature】 in front only where we add it */
	unsigned int
		units; /* what the medium counts: UTF-16 units or septets for SMS with every signature, bytes else */
	unsigned int parts; /* what is billed: SMS segments; 1 elsewhere */
};

/* A copy on the heap. Free with message_free, which sets *message to NULL; NULL is allowed. */
struct message *message_copy(const struct message *message);
void message_free(struct message **message);

#endif
