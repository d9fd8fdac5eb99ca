#ifndef SPOOL_OWNER_H
#define SPOOL_OWNER_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Whose files are accepted: root's, our own, and those of members of the spool's group. Answers are remembered until
 * they are forgotten at the next full scan, so that a person who was added to the group need not wait for a restart.
 */
#define OWNERS_MOST 16

struct owners {
	gid_t group; /* (gid_t)-1: none */
	struct {
		uid_t uid;
		bool accepted;
	} known[OWNERS_MOST];
	unsigned int count;
};

void owners_forget(struct owners *owners);
bool owners_accept(struct owners *owners, uid_t uid);

/* The user's name, or the number as text, into `out`. */
void owner_text(uid_t uid, char *out, size_t room);

#endif
