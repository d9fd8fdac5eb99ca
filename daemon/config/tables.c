#include "config/tables.h"

#include "base/say.h"
#include "config/config.h"

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

#define OF_CONFIG(member)   .offset = offsetof(struct config, member)
#define OF_AREA(member)     .offset = offsetof(struct config_area, member)
#define OF_AUDIENCE(member) .offset = offsetof(struct config_audience, member)
#define OF_CHANNEL(member)  .offset = offsetof(struct channel_config, member)
#define OF_SCHEDULE(member) .offset = offsetof(struct config_schedule, member)

static const struct setting site[] = {
	{"name", SETTING_STRING, OF_CONFIG(site.name), .required = true, .least = 1, .most = 60,
		.help = N_("Name of the centre, as reports and replies show it.")},
	{"signature", SETTING_STRING, OF_CONFIG(site.signature), .least = 2, .most = 20,
		.help = N_("Registered SMS signature without brackets; channels may have their own.")},
	{"sender", SETTING_STRING, OF_CONFIG(site.sender), .least = 1, .most = 128,
		.help = N_("Sender of alerts that name none, such as fzzx@ks.example.cn.")},
	{"area", SETTING_STRING, OF_CONFIG(site.area), .least = 2, .most = 14,
		.help = N_("Area code of the district (GB/T 2260); area of alerts that name none.")},
	{"hotline", SETTING_STRING, OF_CONFIG(site.hotline), .fallback = "96110", .least = 3, .most = 20,
		.help = N_("Number that people are told to call; digits.")},
	{"timezone", SETTING_STRING, OF_CONFIG(site.timezone), .fallback = "Asia/Shanghai", .least = 1, .most = 64,
		.help = N_("Time zone of all times without one, a name such as Asia/Shanghai.")},
	SETTING_END,
};

static const struct setting paths[] = {
	{"spool", SETTING_PATH, OF_CONFIG(paths.spool), .fallback = "/var/spool/crier", .least = 1, .most = 1024,
		.help = N_("Folder where alerts are dropped (new/) and answered (done/, failed/).")},
	{"state", SETTING_PATH, OF_CONFIG(paths.state), .fallback = "/var/lib/crier", .least = 1, .most = 1024,
		.help = N_("Folder of the ledger and the roster.")},
	{"control", SETTING_PATH, OF_CONFIG(paths.control), .fallback = "/run/crier/control.sock", .least = 1,
		.most = 1024, .help = N_("Socket by which the command crier reaches the daemon; at most 107 bytes.")},
	{"templates", SETTING_PATH, OF_CONFIG(paths.templates), .least = 1, .most = 1024,
		.help = N_("Folder whose files replace single templates that crierd ships.")},
	{"data", SETTING_PATH, OF_CONFIG(paths.data), .least = 1, .most = 1024,
		.help = N_(
			"Folder whose files replace single data files that crierd ships (areas, fraud types, slogans).")},
	SETTING_END,
};

static const struct setting listening[] = {
	{"address", SETTING_STRING, OF_CONFIG(listen.address), .fallback = "127.0.0.1", .least = 2, .most = 45,
		.help = N_("Numeric address on which receipts, metrics and pages are served.")},
	{"port", SETTING_INTEGER, OF_CONFIG(listen.port), .fallback = "-1", .least = 0, .most = 65535,
		.help = N_("Its port; 0 takes a free one. Without this setting nothing is served.")},
	{"token_file", SETTING_PATH, OF_CONFIG(listen.token_file), .least = 1, .most = 1024,
		.help = N_(
			"File with the site's token in receipt addresses; made in the state folder where not given.")},
	{"receipt_base", SETTING_URL, OF_CONFIG(listen.receipt_base),
		.help = N_("Address of this listener as providers see it, such as https://crier.example.cn:8443.")},
	SETTING_END,
};

static const struct setting intake[] = {
	{"senders", SETTING_STRINGS, OF_CONFIG(intake.senders), .least = 1, .most = 128,
		.help = N_("Senders whose alerts are taken; the site's own where none is given.")},
	{"phones", SETTING_STRINGS, OF_CONFIG(intake.phones), .least = 3, .most = 20,
		.help = N_("Numbers that a text may contain besides the hotlines.")},
	{"web_hosts", SETTING_STRINGS, OF_CONFIG(intake.web_hosts), .least = 1, .most = 253,
		.help = N_("Hosts to which an alert's web address may lead.")},
	{"open_alerts", SETTING_INTEGER, OF_CONFIG(intake.open_alerts), .fallback = "64", .least = 1, .most = 1000,
		.help = N_(
			"Alerts sent at once; what is not immediate waits beyond it, and everything at twice as many.")},
	SETTING_END,
};

static const struct setting limits[] = {
	{"recipient", SETTING_RATE, OF_CONFIG(limits.recipient), .fallback = "unlimited",
		.help = N_("Routine and today texts that one person may get, such as 2/week; immediate is exempt.")},
	SETTING_END,
};

static const struct setting quiet[] = {
	{"from", SETTING_TIME, OF_CONFIG(quiet.from),
		.help = N_("Begin of the hours in which routine and today wait, such as 20:00.")},
	{"until", SETTING_TIME, OF_CONFIG(quiet.until), .help = N_("Their end, such as 08:00.")},
	SETTING_END,
};

static const struct setting retry[] = {
	{"base", SETTING_DURATION, OF_CONFIG(retry.base_ms), .fallback = "1s", .least = 100, .most = HOUR,
		.help = N_("First pause before a send is tried again; doubles with each attempt.")},
	{"most", SETTING_DURATION, OF_CONFIG(retry.most_ms), .fallback = "5min", .least = 100, .most = DAY,
		.help = N_("Longest pause between attempts.")},
	SETTING_END,
};

static const struct setting signs[] = {
	{"takeover", SETTING_DURATION, OF_CONFIG(signs.takeover_ms), .fallback = "10min", .least = 10 * SECOND,
		.most = DAY, .help = N_("How long an immediate alert owns a sign before it rotates with the slogans.")},
	{"poll", SETTING_DURATION, OF_CONFIG(signs.poll_ms), .fallback = "20s", .least = SECOND, .most = HOUR,
		.help = N_("How often a sign is read back.")},
	{"lease", SETTING_DURATION, OF_CONFIG(signs.lease_ms), .fallback = "90s", .least = 3 * SECOND, .most = DAY,
		.help = N_("After this long without word from us a sign returns to its owner's programme.")},
	SETTING_END,
};

const struct section tables_sections[] = {
	{"site", site},
	{"paths", paths},
	{"listen", listening},
	{"intake", intake},
	{"limits", limits},
	{"quiet", quiet},
	{"retry", retry},
	{"signs", signs},
	{NULL, NULL},
};

const struct setting tables_area[] = {
	{"code", SETTING_STRING, OF_AREA(code), .required = true, .least = 2, .most = 14,
		.help = N_("Area code in digits, 6 for a district, 9 for a town, 12 for a village.")},
	{"name", SETTING_STRING, OF_AREA(name), .required = true, .least = 1, .most = 60,
		.help = N_("What people call it.")},
	SETTING_END,
};

const struct setting tables_audience[] = {
	{"label", SETTING_STRING, OF_AUDIENCE(label), .least = 1, .most = 60,
		.help = N_("What people call this audience; an alert may name it so.")},
	{"min_age", SETTING_INTEGER, OF_AUDIENCE(min_age), .fallback = "-1", .least = 0, .most = 150,
		.help = N_("Youngest age that belongs to it.")},
	{"max_age", SETTING_INTEGER, OF_AUDIENCE(max_age), .fallback = "-1", .least = 0, .most = 150,
		.help = N_("Oldest age that belongs to it.")},
	{"roles", SETTING_STRINGS, OF_AUDIENCE(roles), .least = 1, .most = 60,
		.help = N_("Roles of the roster, one of which a person must have.")},
	SETTING_END,
};

static const char *const reach_words[] = {"residents", "staff", NULL};
static const char *const by_words[] = {"us", "platform", NULL};
static const char *const state_words[] = {"registered", "pending", NULL};

/* rate, window and batch have no default here: the kind gives it. */
const struct setting tables_channel[] = {
	{"name", SETTING_STRING, OF_CHANNEL(name), .required = true, .least = 1, .most = 40,
		.help = N_("Name in commands, logs and reports: letters, digits, - and _.")},
	{"kind", SETTING_STRING, OF_CHANNEL(kind), .required = true, .least = 1, .most = 40,
		.help = N_("Protocol, such as sms-kannel, wecom-robot, led-onbon or null.")},
	{"areas", SETTING_STRINGS, OF_CHANNEL(areas), .least = 2, .most = 14,
		.help = N_("Area codes that it serves; everywhere where none is given.")},
	{"audiences", SETTING_STRINGS, OF_CHANNEL(audiences), .least = 1, .most = 60,
		.help = N_("Audiences that it serves; all where none is given.")},
	{"rate", SETTING_RATE, OF_CHANNEL(rate),
		.help = N_(
			"Most that may be sent: SMS parts, requests of a robot, frames of a sign. Default by kind.")},
	{"window", SETTING_INTEGER, OF_CHANNEL(window), .least = 1, .most = 256,
		.help = N_("Batches under way at once. Default by kind.")},
	{"batch", SETTING_INTEGER, OF_CHANNEL(batch), .least = 1, .most = 100000,
		.help = N_("Recipients in one request. Default and largest value by kind.")},
	{"test", SETTING_BOOL, OF_CHANNEL(test), .fallback = "false",
		.help = N_("Also takes test and exercise alerts; only a test channel does.")},
	{"language", SETTING_STRING, OF_CHANNEL(language), .fallback = "zh", .least = 2, .most = 8,
		.help = N_("Language of its texts.")},
	{"owner", SETTING_STRING, OF_CHANNEL(owner), .least = 1, .most = 60,
		.help = N_("Person answerable for it; every group should have one.")},
	{"reach", SETTING_CHOICE, OF_CHANNEL(reach), .choices = reach_words,
		.help = N_("Who reads it: residents, or staff who pass it on. Default staff for WeCom groups.")},
	{"signature", SETTING_STRING, OF_CHANNEL(signature), .least = 2, .most = 20,
		.help = N_("Registered signature without brackets; the site's where not given.")},
	{"signature_by", SETTING_CHOICE, OF_CHANNEL(signature_by), .fallback = "us", .choices = by_words,
		.help = N_("Who puts the signature in front: us, or the provider's platform.")},
	{"signature_state", SETTING_CHOICE, OF_CHANNEL(signature_state), .fallback = "registered",
		.choices = state_words, .help = N_("registered, or pending: nothing is sent until it is registered.")},
	{"receipt_wait", SETTING_DURATION, OF_CHANNEL(receipt_wait_ms), .fallback = "72h", .least = MINUTE,
		.most = 30 * DAY, .help = N_("How long receipts are waited for before an alert closes.")},
	{"connect_timeout", SETTING_DURATION, OF_CHANNEL(connect_timeout_ms), .fallback = "5s", .least = 100,
		.most = 5 * MINUTE, .help = N_("Longest time to connect.")},
	{"timeout", SETTING_DURATION, OF_CHANNEL(timeout_ms), .fallback = "30s", .least = 100, .most = 10 * MINUTE,
		.help = N_("Longest time for one whole request.")},
	{"proxy", SETTING_STRING, OF_CHANNEL(proxy), .least = 1, .most = 300,
		.help = N_("Proxy to go through, such as http://10.0.0.1:3128 or socks5h://10.0.0.1:1080.")},
	{"source_address", SETTING_STRING, OF_CHANNEL(source_address), .least = 2, .most = 45,
		.help = N_("Numeric address of this machine from which to connect.")},
	{"ca_file", SETTING_PATH, OF_CHANNEL(ca_file), .least = 1, .most = 1024,
		.help = N_("File with the certificates to trust instead of the system's.")},
	{"allow_plain_http", SETTING_BOOL, OF_CHANNEL(allow_plain_http), .fallback = "false",
		.help = N_("Allows an http:// address that leaves this machine; texts and passwords then travel "
			   "unprotected.")},
	SETTING_END,
};

const struct setting tables_schedule[] = {
	{"name", SETTING_STRING, OF_SCHEDULE(name), .required = true, .least = 1, .most = 40,
		.help = N_("Name in commands, logs and reports: letters, digits, - and _.")},
	{"rule", SETTING_STRING, OF_SCHEDULE(rule), .least = 6, .most = 500,
		.help = N_("When a reminder goes out, an RFC 5545 rule such as FREQ=WEEKLY;BYDAY=MO,TH;BYHOUR=9.")},
	{"from", SETTING_TIME, OF_SCHEDULE(from), .help = N_("Instead of a rule: signs play from this time of day.")},
	{"until", SETTING_TIME, OF_SCHEDULE(until), .help = N_("And until this one.")},
	{"channels", SETTING_STRINGS, OF_SCHEDULE(channels), .required = true, .least = 1, .most = 40,
		.help = N_("Channels that it feeds, by name.")},
	{"pack", SETTING_STRING, OF_SCHEDULE(pack), .required = true, .least = 1, .most = 60,
		.help = N_("Slogan pack that it takes its texts from.")},
	{"max_gap", SETTING_DURATION, OF_SCHEDULE(max_gap_ms), .fallback = "60s", .least = SECOND, .most = 60 * SECOND,
		.help = N_("Longest pause between two anti-fraud slogans on a sign.")},
	{"grace", SETTING_DURATION, OF_SCHEDULE(grace_ms), .fallback = "6h", .least = MINUTE, .most = 7 * DAY,
		.help = N_("A reminder missed while the daemon was down is still sent within this time.")},
	SETTING_END,
};
