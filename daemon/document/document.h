#ifndef DOCUMENT_DOCUMENT_H
#define DOCUMENT_DOCUMENT_H

#include <stddef.h>

#include "base/problem.h"
#include "base/result.h"
#include "document/node.h"

/*
 * Bytes to a tree of values with positions, for the three forms that people write: libconfig, JSON and Notepad's text.
 * The guards against hostile and mistyped input are all in here. Pure: the caller has read the file.
 *
 * Every reader: `name` stands in problems and nodes and may be NULL. On RESULT_OK *root is a new NODE_GROUP to free
 * with document_free; otherwise *root is NULL and `problems` has at least one error, with line, reason and remedy.
 * RESULT_TOO_BIG: over DOCUMENT_SIZE_MOST; RESULT_INVALID: everything else.
 */
enum {
	DOCUMENT_SIZE_MOST = 256 * 1024, /* bytes of one document */
	DOCUMENT_STRING_MOST = 64 * 1024, /* bytes of one text, in a .cfg as it stands: libconfig is quadratic there */
	DOCUMENT_KEYS_MOST = 256, /* settings in one group of a .cfg, for the same reason: 256 KiB take 0.1 s */
	DOCUMENT_LINES_MOST = 1000, /* lines of a .txt */
	DOCUMENT_DEPTH_MOST = 32, /* groups and lists inside each other */
};

/*
 * libconfig's form. Refused before libconfig sees it: NUL, invalid UTF-8, a line that begins with @include, integers
 * outside 32 bits without L, too deep or too large, and full-width or curly punctuation where syntax is expected (named,
 * with what to type instead). A byte order mark is dropped. Every node has its line.
 */
enum result document_read_cfg(const void *bytes, size_t size, const char *name, struct node **root,
	struct problems *problems);

/*
 * JSON; the outermost value must be an object. Duplicate keys are refused. Syntax errors have a line, nodes have line 0
 * and are named by node_path. null is refused, and a text longer than DOCUMENT_STRING_MOST.
 */
enum result document_read_json(const void *bytes, size_t size, const char *name, struct node **root,
	struct problems *problems);

/*
 * Notepad's form, one "名：值" a line: UTF-8 or GB18030, with or without mark, or UTF-16 with mark; any line ending; full
 * or half-width colon. The children of *root are NODE_STRINGs in order, keys narrowed and trimmed, values trimmed; the
 * same key may come again (node_again). Blank lines and lines that begin with # or // are skipped; an indented line
 * without colon, or an indented line at all after a value, goes on with the value before it. A value
 * longer than DOCUMENT_STRING_MOST is refused.
 */
enum result document_read_txt(const void *bytes, size_t size, const char *name, struct node **root,
	struct problems *problems);

#endif
