#ifndef LOOP_MEMORY_H
#define LOOP_MEMORY_H

/*
 * libuv takes its memory from base/mem.h: there always is some, or the process ends. Before anything else is called of it.
 */
void loop_memory_rule(void);

#endif
