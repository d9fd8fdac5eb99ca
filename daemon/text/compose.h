#ifndef TEXT_COMPOSE_H
#define TEXT_COMPOSE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/problem.h"
#include "base/result.h"
#include "flow/alert.h"
#include "flow/message.h"
#include "text/segment.h"
#include "text/templates.h"

/*
 * From an alert to the exact text of one medium for one audience: picks the wording, fills it, shortens it by a fixed order
 * where it would not fit, puts the signature in front where we add it, counts, and checks. Pure: whatever it needs to
 * know is in the request, and everything in it is borrowed for the call.
 */
struct text_request {
	const struct alert *alert;
	const char *type_name; /* the fraud type in words, "刷单返利" */
	const char *audience; /* slug, "all" for everybody */
	const char *audience_label; /* "在校学生"; NULL or for "all": none */
	enum medium medium;
	enum message_format format; /* MEDIUM_WECOM: plain (2048 bytes) or markdown (4096); ignored elsewhere */
	const char *language; /* NULL: "zh" */
	const char *signature; /* SMS, without brackets; NULL or "": none */
	bool platform_signs; /* signature_by = platform: counted, not written, 【】 in the body refused */
	const char *hotline; /* the site's, used where the alert has none; NULL: 96110 */
	const char *site; /* who warns: the alert's sender_name wins */
	const char *region; /* how locals call the county: "我市" (text_region); NULL: wordings say 近日 */
	const char *place; /* NULL: the alert's where it is no finer than a county, else `region` */
	const char *loss; /* spoken, "12.8万元"; NULL: made from the alert's */
	char *const *advice; /* the fraud type's lines, used where the alert has none; may be NULL */
	char *const *slogans; /* lines of the slogan pack; may be NULL */
	enum segment_rule rule; /* SMS */
	size_t most; /* bytes for WeCom (UTF-8) and LED (GB2312), UTF-16 units for SMS; 0: the medium's own */
};

/* The media's own limits: http-apis.md 1 and 14, led-signs.md 3.1 (512 bytes on a BX-5K, less head and
 * escapes). */
enum {
	TEXT_WECOM_PLAIN_MOST = 2048,
	TEXT_WECOM_MARKDOWN_MOST = 4096,
	TEXT_SMS_MOST = 500,
	TEXT_LED_MOST = 450,
};

/*
 * Makes the message; *message must be NULL and afterwards is new. Where the text does not fit it is made shorter in this
 * order, one step at a time, until it does:
 *	SMS (one part): what the wording marks {{#roomy}}, the alert's place (the region instead), the loss
 *	WeCom (bytes): slogans, advice lines from the last (the first stays), the method, sentences of the summary
 *	LED (bytes): what the wording marks {{#roomy}}, the audience word
 * An alert's place finer than a county never stands in a text; the region does (operators.md 8.2, rule 5).
 * An SMS that is still over one part leaves all the same (text/lint.h warns of it); over `most` each medium's is refused.
 * The alert's own text for the medium replaces the wording, is never shortened, and is checked alike. A test or an
 * exercise says so in front of the text. Returns RESULT_INVALID with problems, or RESULT_OK.
 */
enum result text_compose(const struct templates *templates, const struct text_request *request,
	struct message **message, struct problems *problems);

/* The same by a given template, whichever the alert would choose, and without looking at the alert's own text. */
enum result text_compose_by(const struct templates *templates, const struct template *template,
	const struct text_request *request, struct message **message, struct problems *problems);

/* "我市", "我县", "我区", "我旗" from the name of a county-level area ("昆山市"). NULL for NULL. */
const char *text_region(const char *area_name);

#endif
