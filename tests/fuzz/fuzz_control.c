/*
 * A line from whoever may open the operators' socket, read against commands of every shape. What is let through must be what
 * a command may rely on; what is refused must say why, in both languages.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/require.h"
#include "base/utf8.h"
#include "control/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void run(void *arg, struct control_call *call, const json_t *args)
{
}

static const struct control_command commands[] = {
	{"status", "", "", run},
	{"alert show", "id", "", run},
	{"roster import", "list source basis [until] [discard_extra] [dry_run]", "", run},
	{"report", "[alert] [from_ms] [to_ms] [most] [before]", "", run},
	CONTROL_END,
};

static void check_args(const struct control_request *request)
{
	static const char *const numbers[] = {"from_ms", "to_ms", "most", "before"};
	static const char *const flags[] = {"discard_extra", "dry_run"};
	const char *name;
	json_t *value;

	REQUIRE(json_is_object(request->args));
	json_object_foreach((json_t *)(uintptr_t)request->args, name, value)
	{
		REQUIRE(strstr(request->command->args, name) != NULL);
		REQUIRE(json_is_string(value) || json_is_integer(value) || json_is_boolean(value));
		const char *text = json_string_value(value);
		REQUIRE(text == NULL || (utf8_valid(text, strlen(text), NULL) && strpbrk(text, "\r\n\t\x1b") == NULL));
	}
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		REQUIRE(control_number(request->args, numbers[i], 0) >= 0 &&
			control_text(request->args, numbers[i]) == NULL);
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		REQUIRE(json_object_get(request->args, flags[i]) == NULL ||
			json_is_boolean(json_object_get(request->args, flags[i])));
	if (strcmp(request->command->name, "alert show") == 0)
		REQUIRE(control_text(request->args, "id") != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct control_request request;
	struct problems problems;

	problems_init(&problems);
	if (control_request_read(commands, (const char *)data, size, &request, &problems)) {
		REQUIRE(problems.count == 0);
		check_args(&request);
	} else {
		REQUIRE(problems.errors == 1);
		for (int lang = LANG_ZH; lang <= LANG_EN; lang++)
			REQUIRE(utf8_valid(problems.list[0].reason[lang], strlen(problems.list[0].reason[lang]), NULL));
	}
	control_request_fini(&request);
	problems_fini(&problems);
	return 0;
}
