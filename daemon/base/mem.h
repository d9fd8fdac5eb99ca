#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

/*
 * Memory that is always there: running out ends the process in one place (mem.c). Free with free(). Sizes that come
 * from outside must be bounded before they reach these; growing input goes through base/buf.h.
 */

/* `size` bytes of zero. Never NULL; a size of 0 gives a valid pointer. */
void *mem_zalloc(size_t size);

/* `count` elements of `size` zero bytes; overflow ends the process. */
void *mem_calloc(size_t count, size_t size);

/* realloc() to `count` elements of `size`; what is added is not cleared. */
void *mem_resize(void *old, size_t count, size_t size);

/* A copy of `text`; NULL gives NULL. */
char *mem_strdup(const char *text);

/* A copy of the first `length` bytes of `bytes`, with a closing zero. */
char *mem_strndup(const char *bytes, size_t length);

/* A string made by printf's rules. */
char *mem_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * malloc(), calloc(), realloc() and strdup() by the same rule, for libraries that can be told which to call; what they give
 * is not cleared but by mem_lib_calloc(), and a size of 0 may give NULL where the C library's may.
 */
void *mem_lib_malloc(size_t size);
void *mem_lib_calloc(size_t count, size_t size);
void *mem_lib_realloc(void *old, size_t size);
char *mem_lib_strdup(const char *text);

/* A new NULL-ended list with copies of the strings of `list`; NULL gives NULL. Free with mem_strings_free. */
char **mem_strings_dup(char *const *list);
void mem_strings_free(char **list);

/* How many strings stand before the NULL; 0 for NULL. */
size_t mem_strings_count(char *const *list);

/* Appends a copy of `text` to the NULL-ended list at *list (which may be NULL). */
void mem_strings_add(char ***list, const char *text);

/* True when `text` is one of the list. */
int mem_strings_has(char *const *list, const char *text);

#endif
