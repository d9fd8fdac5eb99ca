#ifndef SPOOL_NAME_H
#define SPOOL_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is in a name: which are passed over, and how a name that anybody chose becomes one that is safe to show. */
#define NAME_SAFE_MOST 160u

/* True for names that editors and copying programs use for what is not finished. */
bool name_passed_over(const char *name);

/*
 * The name, in UTF-8 or GBK, as printable UTF-8 without slashes, control, invisible or direction-changing characters, of at most
 * NAME_SAFE_MOST bytes with its ending kept. Free it.
 */
char *name_safe(const char *name);

/* "20261121T083005Z-7-alert.txt" of a safe name. Free it. */
char *name_work(int64_t wall_ms, unsigned int number, const char *safe);

/* The safe name inside a work name; the whole where it is none of ours. Points into `work`. */
const char *name_original(const char *work);

#endif
