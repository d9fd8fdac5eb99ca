#include "cli/name.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "cli/speak.h"

enum { NAME_MOST = 140, ENDING_MOST = 16 };

/* Such names are passed over in the folder (room spool), and a submission would wait for ever. */
static bool looks_unfinished(const char *name)
{
	static const char *const endings[] = {"~", ".swp", ".tmp", ".part"};
	size_t size = strlen(name);

	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		size_t part = strlen(endings[i]);
		if (size >= part && strcasecmp(name + size - part, endings[i]) == 0)
			return true;
	}
	return false;
}

static char *shortened(const char *name)
{
	const char *dot = strrchr(name, '.');
	const char *ending = dot != NULL && strlen(dot) <= ENDING_MOST ? dot : "";

	if (strlen(name) <= NAME_MOST)
		return mem_strdup(name);
	return mem_printf("%.*s%s", (int)utf8_cut(name, NAME_MOST - strlen(ending)), name, ending);
}

char *name_for_daemon(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *plain = mem_strdup(slash != NULL ? slash + 1 : path);

	speak_clean(plain, '_', false);
	char *name = shortened(plain);
	free(plain);
	if (!looks_unfinished(name))
		return name;
	char *fit = mem_printf("%s_", name);
	free(name);
	return fit;
}
