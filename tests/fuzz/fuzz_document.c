/*
 * Three readers, one harness: the first byte chooses (c .cfg, j JSON, t Notepad, anything else all three). Whatever they
 * accept is walked and must be what document.h promises.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/require.h"
#include "base/utf8.h"
#include "document/document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct node *node, int depth)
{
	char path[NODE_PATH];
	size_t count = 0;

	REQUIRE(depth <= DOCUMENT_DEPTH_MOST);
	REQUIRE(strlen(node_path(node, path)) < NODE_PATH);
	if (node->kind == NODE_STRING)
		REQUIRE(utf8_valid(node->text, strlen(node->text), NULL));
	for (const struct node *child = node->first; child != NULL; child = child->next) {
		REQUIRE(child->parent == node);
		REQUIRE((child->key != NULL) == (node->kind == NODE_GROUP));
		if (++count < 50)
			check(child, depth + 1);
	}
}

typedef enum result reader(const void *, size_t, const char *, struct node **, struct problems *);

static void run(reader *read, const uint8_t *data, size_t size)
{
	struct problems problems;
	struct node *root = NULL;
	struct buf buf;

	problems_init(&problems);
	enum result result = read(data, size, "fuzz", &root, &problems);
	REQUIRE((result == RESULT_OK) == (root != NULL));
	REQUIRE((result == RESULT_OK) == (problems.errors == 0));
	if (root != NULL)
		check(root, 0);
	buf_init(&buf, 1 << 20);
	problems_text(&problems, LANG_ZH, &buf);
	REQUIRE(utf8_valid(buf_text(&buf), strlen(buf_text(&buf)), NULL));
	buf_fini(&buf);
	document_free(&root);
	problems_fini(&problems);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t which = size > 0 ? data[0] : 0;

	if (size == 0)
		return 0;
	if (which == 'c' || (which != 'j' && which != 't'))
		run(document_read_cfg, data + 1, size - 1);
	if (which == 'j' || (which != 'c' && which != 't'))
		run(document_read_json, data + 1, size - 1);
	if (which == 't' || (which != 'c' && which != 'j'))
		run(document_read_txt, data + 1, size - 1);
	return 0;
}
