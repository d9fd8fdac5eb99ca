#ifndef HTTP_MEMORY_H
#define HTTP_MEMORY_H

/*
 * libcurl takes its memory from base/mem.h: there always is some, or the process ends. Before anything else is called of it.
 */
void http_memory_rule(void);

#endif
