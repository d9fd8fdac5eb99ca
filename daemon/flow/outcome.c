#include "flow/outcome.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/utf8.h"

const char *verdict_name(enum verdict verdict)
{
	static const char *const names[] = {"accepted", "later", "refused", "unknown"};

	return names[verdict];
}

const char *outcome_class_name(enum outcome_class class)
{
	static const char *const names[] = {"ok", "retry", "throttle", "defer", "perm-msg", "perm-rcpt", "perm-channel",
		"ambiguous"};

	return names[class];
}

const char *receipt_kind_name(enum receipt_kind kind)
{
	static const char *const names[] = {"delivered", "failed", "held", "shown"};

	return names[kind];
}

struct outcome outcome_make(enum outcome_class class, uint32_t wait_ms, const char *peer, ...)
{
	static const enum verdict verdicts[] = {
		[CLASS_OK] = VERDICT_ACCEPTED,
		[CLASS_RETRY] = VERDICT_LATER,
		[CLASS_THROTTLE] = VERDICT_LATER,
		[CLASS_DEFER] = VERDICT_LATER,
		[CLASS_PERM_MSG] = VERDICT_REFUSED,
		[CLASS_PERM_RCPT] = VERDICT_REFUSED,
		[CLASS_PERM_CHANNEL] = VERDICT_LATER,
		[CLASS_AMBIGUOUS] = VERDICT_UNKNOWN,
	};
	struct outcome outcome = {.verdict = verdicts[class], .class = class, .wait_ms = wait_ms};
	va_list args;

	va_start(args, peer);
	vsnprintf(outcome.peer, sizeof(outcome.peer), peer, args);
	va_end(args);
	/* vsnprintf may have cut a character in half. */
	size_t bad;
	if (!utf8_valid(outcome.peer, __builtin_strlen(outcome.peer), &bad))
		outcome.peer[bad] = '\0';
	return outcome;
}
