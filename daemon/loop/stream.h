#ifndef LOOP_STREAM_H
#define LOOP_STREAM_H

#include "loop/sock.h"

/* Between sock.c and server.c: a sock around a descriptor that is connected already. It reads once it is adopted. */
struct sock *sock_from_descriptor(struct loop *loop, int fd, bool local);

/* True when sock_adopt() was called. A sock that nobody adopted is thrown away with sock_discard(). */
bool sock_adopted(const struct sock *sock);
void sock_discard(struct sock *sock);

#endif
