#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include "base/problem.h"
#include "base/result.h"
#include "config/setting.h"
#include "flow/medium.h"

/*
 * One whole, valid, unchanging configuration. A bad file gives problems and no configuration. No other room reads
 * libconfig. Every string is owned by the config; lists are NULL-ended and never NULL.
 */
struct config_area {
	char *code, *name;
};

struct config_audience {
	char *name; /* slug */
	char *label; /* what people call them */
	int64_t min_age, max_age; /* -1: none */
	char **roles; /* ORed; empty: any */
};

enum signature_by { SIGNATURE_BY_US, SIGNATURE_BY_PLATFORM };
enum signature_state { SIGNATURE_REGISTERED, SIGNATURE_PENDING };
enum reach { REACH_RESIDENTS, REACH_STAFF };

/* What every channel has, and its kind's own options behind `options`. */
struct channel_config {
	char *name, *kind;
	enum medium medium;
	char **areas; /* codes, empty: everywhere */
	char **audiences; /* slugs, empty: all */
	struct rate rate;
	int64_t window, batch;
	bool test; /* also takes test and exercise alerts, and only a test channel does */
	char *language; /* "zh" */
	char *owner; /* the person answerable, or NULL */
	int reach; /* enum reach: who reads it; staff for WeCom groups and residents else where not given */
	char *signature; /* without brackets; the site's where not given */
	int signature_by, signature_state;
	int64_t receipt_wait_ms;
	int64_t connect_timeout_ms, timeout_ms;
	char *proxy, *source_address, *ca_file; /* or NULL */
	bool allow_plain_http;
	void *options; /* the kind's struct, filled by its rows; NULL when it has none */
	const struct setting *settings; /* the rows of `options`; NULL when it has none */
	unsigned int line; /* where it stands */
	char *file;
};

struct config_schedule {
	char *name;
	char *rule; /* RRULE; NULL: a daily window from `from` to `until` */
	int from, until; /* minutes since midnight; -1 without */
	char **channels;
	char *pack; /* slogan pack */
	int64_t max_gap_ms; /* signs */
	int64_t grace_ms; /* an occurrence missed while down is sent within this */
	unsigned int line;
	char *file;
};

struct config {
	char *file; /* as given */
	struct {
		char *name, *signature, *sender, *area, *hotline, *timezone;
	} site;
	struct {
		char *spool, *state, *control, *templates, *data; /* the last two may be NULL */
	} paths;
	struct {
		char *address;
		int64_t port; /* 0: a free one; -1: no listener */
		char *token_file; /* or NULL: state/listen.token, made at first start */
		char *receipt_base; /* what providers call, without closing slash; or NULL: http://address:port */
	} listen;
	struct {
		char **senders; /* empty: the site's own */
		char **phones; /* numbers that a text may contain besides the hotlines */
		char **web_hosts;
		int64_t open_alerts; /* being sent at once; what is not urgent then stays in new/, at twice as many all does */
	} intake;
	struct {
		struct rate recipient; /* count 0: no cap */
	} limits;
	struct {
		int from, until; /* minutes; -1: no quiet hours */
	} quiet;
	struct {
		int64_t base_ms, most_ms; /* full jitter between 0 and min(most, base × 2^attempt) */
	} retry;
	struct {
		int64_t takeover_ms, poll_ms, lease_ms;
	} signs;
	struct config_area *areas;
	size_t area_count;
	struct config_audience *audiences;
	size_t audience_count;
	struct channel_config *channels;
	size_t channel_count;
	struct config_schedule *schedules;
	size_t schedule_count;
};

/* What config must know of a kind of channel; handed over by app, so that config needs not know room channel. */
struct config_kind {
	const char *name;
	enum medium medium;
	const struct setting *settings;
	size_t options_size;
	const char *rate;
	unsigned int window, batch, batch_limit;
	void (*check)(const struct channel_config *config, struct problems *problems);
};

/*
 * Places for problems that other rooms find in a configuration (a schedule's rule, a kind's options): the line where the
 * channel or the schedule stands.
 */
struct place config_channel_place(const struct channel_config *channel);
struct place config_schedule_place(const struct config_schedule *schedule);

/*
 * Reads `path` and `path`.d/ *.conf (byte order; lists append, groups merge, a key set twice names both places).
 * `kinds` ends in a row without name; its rows must outlive the config. On success *config is new and `problems` holds at
 * most warnings; otherwise *config is NULL: RESULT_NOT_FOUND, RESULT_DENIED or RESULT_IO when `path` cannot be read,
 * RESULT_INVALID or RESULT_TOO_BIG for what it says. Opens no connection and changes nothing on disk; with `secrets`
 * false secret files are only checked for being there and secrets are "".
 */
enum result config_read(const char *path, const struct config_kind *kinds, bool secrets, struct config **config,
	struct problems *problems);

void config_free(struct config **config);

/*
 * Every table of settings with the group that it stands in ("site", "areas[]", "audiences.*", "channels[]",
 * "channels[] kind=sms-kannel"), for manuals.
 */
void config_walk_settings(const struct config_kind *kinds,
	void (*visit)(void *arg, const char *group, const struct setting *setting), void *arg);

#endif
