#include "base/say.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/embed.h"
#include "base/mem.h"

struct entry {
	char *english;
	char *chinese;
};

/* Read once, sorted, and never changed again. */
static struct entry *entries;
static size_t entry_count;
static pthread_once_t loaded = PTHREAD_ONCE_INIT;

/* Adds what stands between the first and the last quote of a catalogue line, with its escapes resolved. */
static void add_quoted(struct buf *out, const char *line, size_t length)
{
	const char *from = memchr(line, '"', length);
	const char *end = from == NULL ? NULL : memrchr(line, '"', length);

	if (from == NULL || end == from)
		return;
	for (from++; from < end; from++) {
		if (*from != '\\') {
			buf_add_byte(out, (unsigned char)*from);
			continue;
		}
		from++;
		buf_add_byte(out, (unsigned char)(*from == 'n' ? '\n' : *from == 't' ? '\t' : *from));
	}
}

static void keep(struct buf *english, struct buf *chinese)
{
	if (english->size > 0 && chinese->size > 0) {
		entries = mem_resize(entries, entry_count + 1, sizeof(*entries));
		entries[entry_count].english = mem_strdup(buf_text(english));
		entries[entry_count].chinese = mem_strdup(buf_text(chinese));
		entry_count++;
	}
	buf_clear(english);
	buf_clear(chinese);
}

static void read_catalogue(const char *text)
{
	struct buf english, chinese, *into = NULL;

	buf_init(&english, 64 * 1024);
	buf_init(&chinese, 64 * 1024);
	while (*text != '\0') {
		size_t length = strcspn(text, "\n");
		if (strncmp(text, "msgid ", 6) == 0) {
			keep(&english, &chinese);
			into = &english;
		} else if (strncmp(text, "msgstr ", 7) == 0) {
			into = &chinese;
		} else if (text[0] != '"') {
			into = NULL;
		}
		if (into != NULL)
			add_quoted(into, text, length);
		text += length + (text[length] == '\n');
	}
	keep(&english, &chinese);
	buf_fini(&english);
	buf_fini(&chinese);
}

static int by_english(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->english, ((const struct entry *)b)->english);
}

static void load(void)
{
	static const char folder[] = "daemon/po/zh_CN/";

	for (const struct embed_file *file = embed_first(folder);
		file != NULL && file->path != NULL && strncmp(file->path, folder, sizeof(folder) - 1) == 0; file++)
		read_catalogue((const char *)file->data);
	if (entry_count > 0)
		qsort(entries, entry_count, sizeof(*entries), by_english);
}

const char *say(enum lang lang, const char *text)
{
	if (lang == LANG_EN)
		return text;
	pthread_once(&loaded, load);
	struct entry key = {.english = (char *)text};
	struct entry *found = entry_count == 0 ? NULL
					       : bsearch(&key, entries, entry_count, sizeof(*entries), by_english);
	return found != NULL ? found->chinese : text;
}

enum lang say_locale(void)
{
	const char *names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = getenv(names[i]);
		if (value == NULL || *value == '\0')
			continue;
		/* "C" is what a bare shell or a unit has when nobody chose; only a chosen English counts. */
		return strncmp(value, "en", 2) == 0 ? LANG_EN : LANG_ZH;
	}
	return LANG_ZH;
}
