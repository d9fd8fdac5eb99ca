#include "control/request.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

enum { TEXT_MOST = 1000 }; /* bytes of a text argument: more than any file name, id or reason */

/* What an argument holds, whichever command it is for: text of a line, unless it stands here. */
static const struct argument {
	const char *name;
	bool flag;
	json_int_t least, most; /* of a whole number */
} arguments[] = {
	{"dry_run", true, 0, 0},
	{"discard_extra", true, 0, 0},
	{"history", true, 0, 0},
	{"most", false, 1, 1000000},
	{"before", false, 0, UINT32_MAX},
	{"from_ms", false, 0, 253402300799999},
	{"to_ms", false, 0, 253402300799999},
};

/* The next word of a list of arguments, without its brackets; NULL at the end. */
static const char *next_word(const char **at, size_t *length, bool *required)
{
	const char *from = *at + strspn(*at, " ");

	*length = strcspn(from, " ");
	if (*length == 0)
		return NULL;
	*at = from + *length;
	*required = from[0] != '[';
	if (!*required) {
		from++;
		*length -= 2;
	}
	return from;
}

static bool listed(const char *args, const char *name)
{
	size_t length;
	bool required;
	const char *word;

	while ((word = next_word(&args, &length, &required)) != NULL)
		if (strlen(name) == length && strncmp(word, name, length) == 0)
			return true;
	return false;
}

static bool is_line(const json_t *value)
{
	const char *text = json_string_value(value);

	if (text == NULL || json_string_length(value) > TEXT_MOST)
		return false;
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return false;
	return true;
}

/* A value of another kind is refused: taken as absent it could make a dry run a real one. */
static bool holds(const char *name, const json_t *value)
{
	for (size_t i = 0; i < sizeof(arguments) / sizeof(arguments[0]); i++) {
		const struct argument *argument = &arguments[i];
		if (strcmp(argument->name, name) != 0)
			continue;
		if (argument->flag)
			return json_is_boolean(value);
		return json_is_integer(value) && json_integer_value(value) >= argument->least &&
			json_integer_value(value) <= argument->most;
	}
	return is_line(value);
}

/* Every argument that is there is one of the command's, and holds what it should. */
static bool args_fit(const struct control_command *command, json_t *args, struct problems *problems)
{
	const char *name;
	json_t *value;

	json_object_foreach(args, name, value)
	{
		if (!listed(command->args, name)) {
			problem_add(problems, PROBLEM_ERROR, NULL, NULL, N_("\"%s\" takes no argument \"%s\""),
				command->name, name);
			return false;
		}
		if (!holds(name, value)) {
			problem_add(problems, PROBLEM_ERROR, NULL, NULL,
				N_("\"%s\" does not take this value of \"%s\": texts are one line of at most %d bytes, numbers and dates lie in their bounds"),
				command->name, name, TEXT_MOST);
			return false;
		}
	}
	return true;
}

static bool args_complete(const struct control_command *command, const json_t *args, struct problems *problems)
{
	const char *list = command->args, *word;
	size_t length;
	bool required;

	while ((word = next_word(&list, &length, &required)) != NULL) {
		char key[64];
		snprintf(key, sizeof(key), "%.*s", (int)length, word);
		if (required && json_object_get(args, key) == NULL) {
			problem_add(problems, PROBLEM_ERROR, NULL, NULL, N_("\"%s\" needs the argument \"%s\""),
				command->name, key);
			return false;
		}
	}
	return true;
}

static const struct control_command *find_command(const struct control_command *commands, const char *name)
{
	for (const struct control_command *command = commands; command->name != NULL; command++)
		if (name != NULL && strcmp(command->name, name) == 0)
			return command;
	return NULL;
}

static void refuse_syntax(const struct json_error_t *error, struct problems *problems)
{
	char text[sizeof(error->text)];
	size_t bad;

	/* It quotes what was read, and may have cut that within a character. */
	snprintf(text, sizeof(text), "%s", error->text);
	if (!utf8_valid(text, strlen(text), &bad))
		text[bad] = '\0';
	problem_add(problems, PROBLEM_ERROR, NULL, NULL, N_("the request is not a JSON object: %s"), text);
}

bool control_request_read(const struct control_command *commands, const char *line, size_t size,
	struct control_request *request, struct problems *problems)
{
	json_error_t error = {.text = ""};

	*request = (struct control_request){.whole = json_loadb(line, size, JSON_REJECT_DUPLICATES, &error),
		.none = json_object()};
	json_t *args = json_object_get(request->whole, "args");
	if (args == NULL)
		args = request->none;
	request->args = args;
	request->command = find_command(commands, json_string_value(json_object_get(request->whole, "command")));
	if (!json_is_object(request->whole))
		refuse_syntax(&error, problems);
	else if (request->command == NULL)
		problem_add(problems, PROBLEM_ERROR, NULL, NULL, N_("there is no such command"));
	else if (!json_is_object(args))
		problem_add(problems, PROBLEM_ERROR, NULL, NULL, N_("the arguments are not a JSON object"));
	else
		return args_fit(request->command, args, problems) && args_complete(request->command, args, problems);
	return false;
}

void control_request_fini(struct control_request *request)
{
	json_decref(request->whole);
	json_decref(request->none);
	*request = (struct control_request){0};
}
