#include "flow/message.h"

#include <stdlib.h>

#include "base/mem.h"

struct message *message_copy(const struct message *message)
{
	struct message *copy = mem_zalloc(sizeof(*copy));

	*copy = *message;
	copy->text = mem_strdup(message->text);
	return copy;
}

void message_free(struct message **message)
{
	if (*message == NULL)
		return;
	free((*message)->text);
	free(*message);
	*message = NULL;
}
