#ifndef CLI_NAME_H
#define CLI_NAME_H

/*
 * The name under which the daemon gets to know an operator's file. People call their files anything; the daemon's folder
 * and its answers take one line of UTF-8, of bounded length.
 */

/*
 * The last part of `path`: bytes that are no UTF-8 and control characters become '_', a long name loses its middle and
 * keeps its ending, and a name that the folder would take for an unfinished copy (x.tmp, x~) gets a '_' behind it.
 * Returns a new string to free().
 */
char *name_for_daemon(const char *path);

#endif
