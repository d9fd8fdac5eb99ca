#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "world/peer.h"
#include "world/query.h"
#include "world/sms.h"

/* Kannel's sendsms CGI as it was measured: http-apis.md section 9. */

#define NUMBERS_MOST 1000
#define PARTS_MOST   10

static const struct world_says says = {
	.server = "Kannel/1.4.5",
	.ok = {202, "text/html", "0: Accepted for delivery"},
	.auth = {403, "text/html", "Authorization failed for sendsms"},
	.throttle = {503, "text/html", "Temporal failure, try again later."},
	.error = {503, "text/html", "Temporal failure, try again later."},
	.lie = {202, "text/html", "4: Temporal failure, try again later."},
	.refused = {400, "text/html", "Charset or body misformed, rejected"},
	.garbage = {202, "text/html", "\xff\xfe<<*>>\x01 ok ok ok"},
	.wrong = {202, "application/json", "{\"result\":[{\"state\":\"fine\"}],\"ok\":null}"},
	.unknown = {202, "text/html", "77: Perhaps."},
};
static const struct world_say stranger = {403, "text/html", "Authorization failed for sendsms"};
static const struct world_say no_number = {400, "text/html", "Missing receiver number, rejected"};
static const struct world_say bad_number = {400, "text/html", "Garbage `to' field, rejected."};
static const struct world_say denied_number = {400, "text/html",
	"Number(s) has/have been denied by white- and/or black-lists."};
static const struct world_say bad_text = {400, "text/html", "Charset or body misformed, rejected"};

/* One request, read. */
struct asked {
	struct world_query query;
	uint64_t phones[NUMBERS_MOST];
	uint32_t count;
	char *text;
	uint32_t parts;
	const struct world_say *refusal; /* NULL: none */
};

static const char *user_of(const struct world_query *query)
{
	return world_query_text(query, "username", world_query_text(query, "user", ""));
}

static struct world_peer *find(struct world *world, const char *user)
{
	for (size_t i = 0; i < world->peer_count; i++)
		if (world->peers[i]->options.kind == WORLD_KANNEL && strcmp(world->peers[i]->options.user, user) == 0)
			return world->peers[i];
	return NULL;
}

struct world_peer *world_kannel_peer(struct world *world, const struct world_call *call)
{
	struct world_query query;

	world_query_read(&query, world_call_query(call));
	struct world_peer *peer = find(world, user_of(&query));
	world_query_fini(&query);
	return peer;
}

static void read_numbers(struct asked *asked)
{
	const char *at = world_query_text(&asked->query, "to", "");

	at += strspn(at, " ");
	if (*at == '\0')
		asked->refusal = &no_number;
	while (*at != '\0' && asked->refusal == NULL) {
		size_t length = strcspn(at, " ");
		uint64_t phone = world_sms_phone(at, length);
		if (phone == 0 || asked->count == NUMBERS_MOST)
			asked->refusal = &bad_number;
		else
			asked->phones[asked->count++] = phone;
		at += length;
		at += strspn(at, " ");
	}
}

/* The text as a handset shows it. With coding 1 the bytes are data: they are kept as Latin-1. */
static void read_text(struct asked *asked)
{
	const struct world_field *text = world_query_field(&asked->query, "text");
	int coding = atoi(world_query_text(&asked->query, "coding", "0"));
	const char *charset = world_query_text(&asked->query, "charset", coding == 2 ? "UTF-16BE" : "UTF-8");

	if (text == NULL || text->size == 0) {
		asked->text = mem_strdup("");
		asked->parts = 1;
		return;
	}
	asked->text = world_sms_decode(text->value, text->size, coding == 1 ? "ISO-8859-1" : charset);
	if (asked->text == NULL) {
		asked->refusal = &bad_text;
		return;
	}
	if (coding == 0)
		world_sms_squeeze(asked->text);
	asked->parts = world_sms_parts(asked->text, coding == 1 ? text->size : strlen(asked->text), coding);
}

static void take(struct world_peer *peer, const struct asked *asked)
{
	const char *url = world_query_text(&asked->query, "dlr-url", NULL);
	int mask = atoi(world_query_text(&asked->query, "dlr-mask", "0"));
	struct world_order order = {.phones = asked->phones,
		.count = asked->count,
		.url = url,
		.from = world_query_text(&asked->query, "from", ""),
		.group = "",
		.mask = url == NULL || mask < 0 ? 0 : (unsigned int)mask};

	if (asked->parts > PARTS_MOST)
		world_violate(peer, "a text of %u parts, max-messages is %u", asked->parts, PARTS_MOST);
	world_peer_took(peer, &order, asked->text, asked->parts);
}

static void answer(struct world_peer *peer, struct world_call *call, const struct asked *asked)
{
	bool taken;

	if (asked->refusal != NULL) {
		peer->totals.malformed++;
		world_peer_touch(peer);
		world_say(peer, call, asked->refusal, says.server);
		return;
	}
	bool over = world_peer_arrived(peer, asked->count * asked->parts) && peer->options.enforce;
	if (world_peer_refuses_some(peer, asked->phones, asked->count)) {
		world_say(peer, call, &denied_number, says.server);
		return;
	}
	enum world_fault fault = world_peer_judge(peer, over, &taken);
	if (taken)
		take(peer, asked);
	world_peer_answer(peer, call, fault, &says, asked->count);
}

void world_kannel_asked(struct world *world, struct world_call *call)
{
	struct asked *asked = mem_zalloc(sizeof(*asked));

	world_query_read(&asked->query, world_call_query(call));
	struct world_peer *peer = find(world, user_of(&asked->query));
	const char *password = world_query_text(&asked->query, "password", world_query_text(&asked->query, "pass", ""));
	if (peer != NULL)
		peer->totals.requests++;
	if (peer == NULL || strcmp(password, peer->options.secret) != 0) {
		*(peer == NULL ? &world->strangers : &peer->totals.strangers) += 1;
		world_say(peer, call, &stranger, says.server);
	} else {
		read_numbers(asked);
		read_text(asked);
		answer(peer, call, asked);
	}
	world_query_fini(&asked->query);
	free(asked->text);
	free(asked);
}

/* ---- what Kannel fetches from us: user guide, "escape codes" ---- */

static void add_escaped(struct buf *out, const char *text)
{
	world_query_escape(out, text, strlen(text));
}

static void add_time(struct buf *out, int64_t wall_ms)
{
	time_t seconds = (time_t)(wall_ms / 1000);
	struct tm tm;
	char text[32];

	gmtime_r(&seconds, &tm);
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	add_escaped(out, text);
}

/* Fills one escape code; false for a letter that is none. */
static bool fill(struct buf *out, char code, const struct world_receipt *receipt, const char *text)
{
	switch (code) {
	case 'd':
		if (receipt->strange == NULL)
			return buf_printf(out, "%u", receipt->type);
		add_escaped(out, receipt->strange);
		return true;
	case 'p':
		return buf_printf(out, "%llu", (unsigned long long)receipt->phone);
	case 'P':
		add_escaped(out, receipt->from == NULL ? "" : receipt->from);
		return true;
	case 'A':
	case 'a':
		add_escaped(out, text);
		return true;
	case 't':
		add_time(out, clock_wall_ms());
		return true;
	case 'T':
		return buf_printf(out, "%lld", (long long)(clock_wall_ms() / 1000));
	case 'I':
	case 'F':
		return buf_printf(out, "%016llx", (unsigned long long)receipt->id);
	case '%':
		return buf_add_byte(out, '%');
	default:
		return false;
	}
}

static void fill_url(struct buf *out, const char *url, const struct world_receipt *receipt, const char *text)
{
	for (; *url != '\0'; url++) {
		if (*url == '%' && url[1] != '\0' && fill(out, url[1], receipt, text))
			url++;
		else
			buf_add_byte(out, (unsigned char)*url);
	}
}

void world_kannel_receipt(const struct world_peer *peer, const struct world_receipt *receipt, struct buf *url)
{
	static const char *const answers[] = {[1] = "stat:DELIVRD err:000", [2] = "stat:UNDELIV err:027", [8] = "ACK/"};

	fill_url(url, receipt->url, receipt, answers[receipt->type]);
}

void world_kannel_reply(const struct world_peer *peer, uint64_t phone, const char *text, struct buf *url)
{
	struct world_receipt receipt = {.phone = phone, .from = "1069"};

	fill_url(url, peer->options.reply_url, &receipt, text);
}
