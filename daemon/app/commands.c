#include "app/commands.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/phone.h"

const struct control_command commands[] = {
	{"status", "", N_("how the daemon is, in one page"), order_status},
	{"reload", "", N_("read the configuration again; a faulty one changes nothing"), order_reload},
	{"stop", "", N_("the red switch: stop all sending now, lose nothing"), order_stop},
	{"start", "", N_("go on sending"), order_start},
	{"submit", "name", N_("wait for the verdict on a file that will appear in the folder"), order_submit},
	{"preview", "name", N_("every text of an alert as it would leave, without sending it"), order_preview},
	{"alert list", "[state] [most] [before] [from_ms] [to_ms]", N_("alerts, newest first"), order_alert_list},
	{"alert show", "id", N_("one alert: its texts, and how its recipients stand"), order_alert_show},
	{"alert cancel", "id [dry_run]", N_("stop what has not been sent, and take it off the signs"),
		order_alert_cancel},
	{"report", "[id] [from_ms] [to_ms]", N_("who was reached, in sums that add up"), order_report},
	{"queue list", "", N_("what still waits, by alert and channel"), order_queue_list},
	{"queue release", "id channel", N_("send on although the provider refused the text"), order_queue_release},
	{"channel list", "", N_("channels and how they are"), order_channel_list},
	{"channel suspend", "name [why]", N_("send nothing new there"), order_channel_suspend},
	{"channel resume", "name", N_("send there again"), order_channel_resume},
	{"sign list", "", N_("what each sign shows"), order_sign_list},
	{"unknown list", "[most]", N_("sends whose answer was lost"), order_unknown_list},
	{"unknown resend", "batch [dry_run]", N_("send to those in doubt once more"), order_unknown_resend},
	{"unknown drop", "batch [dry_run]", N_("count those in doubt as failed"), order_unknown_drop},
	{"roster import", "name list source basis [until] [discard_extra] [dry_run]",
		N_("replace one list of residents by a CSV file"), order_roster_import},
	{"roster lists", "", N_("the lists and where they come from"), order_roster_lists},
	{"roster stats", "", N_("how many residents, by list, area, role and age"), order_roster_stats},
	{"roster find", "phone [history]", N_("one number: where it comes from, and what it was sent"),
		order_roster_find},
	{"optout add", "phone [source]", N_("text this number no more"), order_optout_add},
	{"optout remove", "phone", N_("the resident wants warnings again"), order_optout_remove},
	{"optout list", "[most]", N_("who asked not to be texted"), order_optout_list},
	{"schedule list", "", N_("reminders and slogans"), order_schedule_list},
	{"schedule next", "[most]", N_("what comes next, in order of time"), order_schedule_next},
	{"schedule run", "name", N_("send a reminder now"), order_schedule_run},
	{"audit list", "[most]", N_("what operators did, newest first"), order_audit_list},
	{"audit verify", "", N_("check that nobody changed the audit trail"), order_audit_verify},
	CONTROL_END,
};

void order_note(struct app *app, const struct control_call *call, const char *kind, const char *what, ...)
{
	char words[512];
	va_list args;

	va_start(args, what);
	vsnprintf(words, sizeof(words), what, args);
	va_end(args);
	phone_mask_within(words); /* the names of files and lists are anybody's */
	log_event(LOG_NOTICE, "order", "who=%s kind=%s what=%s", log_quote(control_who(call)), kind, log_quote(words));
	ledger_event(app->ledger,
		&(struct ledger_event){.at_ms = clock_wall_ms(), .who = control_who(call), .kind = kind, .what = words},
		NULL, NULL);
}
