#ifndef CHANNEL_WECOM_CODEC_H
#define CHANNEL_WECOM_CODEC_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/result.h"
#include "flow/message.h"
#include "flow/outcome.h"

/*
 * The WeChat Work group robot as bytes (http-apis.md section 1): the body of a post and the class of an
 * answer. No loop, no socket.
 */
#define WECOM_TEXT_MOST     2048
#define WECOM_MARKDOWN_MOST 4096

/*
 * Who is mentioned: user ids and mobile numbers, NULL-ended; "@all" is everybody. Markdown knows user ids
 * only.
 */
struct wecom_mentions {
	char *const *users;
	char *const *mobiles;
};

/*
 * Appends the body of a post, whose text is valid UTF-8: raw, as the service takes no \u escapes. RESULT_TOO_BIG when the content
 * with its mentions is longer than the service takes, and nothing is added then, or than *out.
 */
enum result wecom_body_add(struct buf *out, const struct message *message, const struct wecom_mentions *mentions);

/* Bytes that the mentions take of a markdown post's content. */
size_t wecom_marks_size(char *const *users);

/* Reads an answer. False when it has no errcode. `code` (may be NULL) is the number. */
bool wecom_judge(const char *body, size_t size, struct outcome *outcome, long *code);

/* Too many posts: the first time a minute's pause is enough, a second time in a row means an hour. */
#define WECOM_TOO_OFTEN 45009

#endif
