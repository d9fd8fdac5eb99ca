#ifndef AUDIENCE_ROLE_H
#define AUDIENCE_ROLE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Names of roles. The vocabulary is open: any short word is a role. Chinese names in common use mean the slugs of
 * alerts.md section 11 (学生 → student), so that rosters and configurations written by different people agree.
 */
enum { ROLE_ROOM = 64 }; /* bytes for a role with its closing zero */

/*
 * One role as people write it → its name: blanks around taken off, full-width letters narrowed, ASCII in lower case,
 * Chinese synonyms resolved. Returns false when it is empty, too long, not UTF-8, or holds control characters or a
 * separator.
 */
bool role_name(const char *text, size_t size, char out[ROLE_ROOM]);

#endif
