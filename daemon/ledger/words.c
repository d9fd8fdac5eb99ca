#include "ledger/words.h"

#include <string.h>

#include "ledger/append.h"

const char *word_source(int number)
{
	static const char *const names[] = {"spool", "control", "schedule"};

	return names[number];
}

const char *word_state(int number)
{
	static const char *const names[] = {"open", "closed", "stored"};

	return names[number];
}

const char *word_fate(int number)
{
	static const char *const names[] = {"", "updated", "cancelled"};

	return names[number];
}

const char *word_resolution(int number)
{
	static const char *const names[] = {"", "resend", "drop"};

	return names[number];
}

const char *word_format(int number)
{
	static const char *const names[] = {"plain", "markdown"};

	return names[number];
}

const char *word_status(int number)
{
	return alert_status_name((enum alert_status)number);
}

const char *word_action(int number)
{
	return alert_action_name((enum alert_action)number);
}

const char *word_urgency(int number)
{
	return urgency_name((enum urgency)number);
}

const char *word_level(int number)
{
	return level_name((enum level)number);
}

const char *word_verdict(int number)
{
	return verdict_name((enum verdict)number);
}

const char *word_class(int number)
{
	return outcome_class_name((enum outcome_class)number);
}

int word_find(const char *text, int count, const char *(*name)(int number))
{
	for (int i = 0; i < count; i++) {
		if (strcmp(text, name(i)) == 0)
			return i;
	}
	return -1;
}

const char *ledger_source_name(enum ledger_source source)
{
	return word_source((int)source);
}

const char *ledger_state_name(enum ledger_state state)
{
	return word_state((int)state);
}

const char *ledger_fate_name(enum ledger_fate fate)
{
	return word_fate((int)fate);
}

const char *ledger_resolution_name(enum ledger_resolution resolution)
{
	return word_resolution((int)resolution);
}
