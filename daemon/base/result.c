#include "base/result.h"

#include <errno.h>

const char *result_text(enum result result)
{
	switch (result) {
	case RESULT_OK:
		return "ok";
	case RESULT_INVALID:
		return "invalid";
	case RESULT_NOT_FOUND:
		return "not-found";
	case RESULT_EXISTS:
		return "exists";
	case RESULT_TOO_BIG:
		return "too-big";
	case RESULT_DENIED:
		return "denied";
	case RESULT_NO_SPACE:
		return "no-space";
	case RESULT_NO_FILES:
		return "no-descriptors";
	case RESULT_BUSY:
		return "busy";
	case RESULT_CLOSED:
		return "closed";
	case RESULT_IO:
		return "io-error";
	case RESULT_CORRUPT:
		return "corrupt";
	}
	return "unknown-result";
}

enum result result_of_errno(int error)
{
	switch (error) {
	case 0:
		return RESULT_OK;
	case ENOENT:
	case ENOTDIR:
		return RESULT_NOT_FOUND;
	case EEXIST:
		return RESULT_EXISTS;
	case EACCES:
	case EPERM:
	case ELOOP:
	case EROFS:
		return RESULT_DENIED;
	case ENOSPC:
	case EDQUOT:
		return RESULT_NO_SPACE;
	case EMFILE:
	case ENFILE:
		return RESULT_NO_FILES;
	case EFBIG:
	case ENAMETOOLONG:
	case EMSGSIZE:
		return RESULT_TOO_BIG;
	case EAGAIN:
	case EBUSY:
	case EINTR:
		return RESULT_BUSY;
	case EPIPE:
	case ECONNRESET:
		return RESULT_CLOSED;
	default:
		return RESULT_IO;
	}
}
