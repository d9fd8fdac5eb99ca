#ifndef LOOP_SOCK_H
#define LOOP_SOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "loop/loop.h"

/*
 * One stream socket: TCP to a sign, or a peer on a local socket. Everything ends in `closed`, exactly once, after which
 * the struct's owner may go; no callback comes from inside the call that caused it.
 */
struct sock;

/* What may wait unsent; below the low mark the sender is told to go on. */
#define SOCK_UNSENT_MOST (1u << 20)
#define SOCK_UNSENT_LOW  (64u << 10)

struct sock_events {
	void (*connected)(void *arg); /* clients only */
	void (*received)(void *arg, const char *bytes, size_t size); /* bytes are valid during the call */
	void (*writable)(void *arg); /* unsent bytes went below the low mark again */
	/* The connection is over, for `error` (0: the peer closed; else a positive errno). The sock is gone after this. */
	void (*closed)(void *arg, int error);
};

/* Begins to connect to a numeric address and port; gives up after `patience_ms`. */
struct sock *sock_connect(struct loop *loop, const char *address, uint16_t port, uint32_t patience_ms,
	const struct sock_events *events, void *arg);

/* Begins to connect to a local socket. */
struct sock *sock_connect_local(struct loop *loop, const char *path, const struct sock_events *events, void *arg);

/*
 * Copies the bytes and sends them in order. False when more than SOCK_UNSENT_MOST would wait, or it is closing.
 * Bytes may be given before `connected`; those of one turn leave together.
 */
bool sock_send(struct sock *sock, const void *bytes, size_t size);

/* Bytes accepted and not yet handed to the system. */
size_t sock_unsent(const struct sock *sock);

/*
 * Ends it once what was sent has left (`drain`, at most SOCK_DRAIN_MS) or at once; `closed` comes later, with 0
 * unless a drain failed. Nothing is received any more. Doing it twice does nothing, except that without `drain` it ends a drain.
 */
#define SOCK_DRAIN_MS 5000u
void sock_close(struct sock *sock, bool drain);

/* Who is at the other end of a local socket. False where the system does not say. */
bool sock_peer(const struct sock *sock, uid_t *uid, gid_t *gid, pid_t *pid);

/* A descriptor that came with the bytes (SCM_RIGHTS), or -1. The caller closes it. At most one waits. */
int sock_take_descriptor(struct sock *sock);

/*
 * A listening socket. `accepted` hands over a sock whose events are set with sock_adopt() before it returns.
 * TCP: numeric address, port 0 chooses a free one. Local: an old socket file that nobody serves is replaced; mode and
 * group (-1: unchanged) are set before anybody can connect. NULL with errno when the system refuses.
 */
struct sock_server;
struct sock_server *sock_listen(struct loop *loop, const char *address, uint16_t port,
	void (*accepted)(void *arg, struct sock *sock), void *arg);
struct sock_server *sock_listen_local(struct loop *loop, const char *path, mode_t mode, gid_t group,
	void (*accepted)(void *arg, struct sock *sock), void *arg);
uint16_t sock_server_port(const struct sock_server *server);
void sock_adopt(struct sock *sock, const struct sock_events *events, void *arg);

/* Stops listening; `closed` comes later. A local socket's file is removed. */
void sock_server_close(struct sock_server *server, void (*closed)(void *arg), void *arg);

#endif
