#include "base/cause.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/say.h"

const char *cause_text(int error)
{
	static const struct {
		int error;
		const char *words;
	} known[] = {
		{ENOENT, N_("there is no such file or folder")},
		{EACCES, N_("permission is missing")},
		{EPERM, N_("permission is missing")},
		{EEXIST, N_("something of this name is there already")},
		{EISDIR, N_("this is a folder and not a file")},
		{ENOTDIR, N_("a part of the path is no folder")},
		{ENAMETOOLONG, N_("the name is too long")},
		{ELOOP, N_("the links lead in a circle")},
		{EFBIG, N_("the file is too large")},
		{ENOSPC, N_("the disk has no room left")},
		{EDQUOT, N_("the share of the disk is used up")},
		{EROFS, N_("the disk can only be read")},
		{EIO, N_("the disk reports an error")},
		{EMFILE, N_("too many files are open")},
		{ENFILE, N_("too many files are open")},
		{EADDRINUSE, N_("another program has it")},
		{ECONNREFUSED, N_("nobody answers there")},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].error == error)
			return known[i].words;
	return strerror(error);
}
