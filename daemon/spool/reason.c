#include "spool/spool.h"

#include <string.h>

#include "base/buf.h"
#include "base/say.h"

/* Windows Notepad wants both bytes. */
static void add_line(struct buf *out, const char *text, size_t size)
{
	buf_add(out, text, size);
	buf_add_text(out, "\r\n");
}

static void add_head(struct buf *out, enum lang lang, const char *name, bool accepted)
{
	const char *verdict = accepted ? N_("accepted, with a note:") : N_("not accepted:");

	buf_printf(out, "%s%s\r\n", say(lang, N_("File: ")), name);
	add_line(out, say(lang, verdict), strlen(say(lang, verdict)));
}

static void add_problems(struct buf *out, enum lang lang, const struct problems *problems)
{
	struct buf lines;

	buf_init(&lines, 256u << 10);
	problems_text(problems, lang, &lines);
	const char *at = buf_text(&lines);
	while (*at != '\0') {
		size_t size = strcspn(at, "\n");
		buf_add_text(out, "  ");
		add_line(out, at, size);
		at += size + (at[size] == '\n');
	}
	buf_fini(&lines);
}

void spool_reason(const char *name, bool accepted, const struct problems *problems, struct buf *out)
{
	buf_add_text(out, "\xef\xbb\xbf");
	for (int lang = LANG_ZH; lang <= LANG_EN; lang++) {
		if (lang != LANG_ZH)
			buf_add_text(out, "\r\n");
		add_head(out, (enum lang)lang, name, accepted);
		add_problems(out, (enum lang)lang, problems);
	}
}
