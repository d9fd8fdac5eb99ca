#include "spool/owner.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"

#define GROUPS_MOST 256
#define RECORD_SIZE 16384

void owners_forget(struct owners *owners)
{
	owners->count = 0;
}

static bool is_member(uid_t uid, gid_t group)
{
	struct passwd record, *found = NULL;
	char *room = mem_zalloc(RECORD_SIZE);
	gid_t groups[GROUPS_MOST];
	int count = GROUPS_MOST;
	bool member = false;

	if (getpwuid_r(uid, &record, room, RECORD_SIZE, &found) == 0 && found != NULL) {
		if (getgrouplist(found->pw_name, found->pw_gid, groups, &count) < 0)
			count = GROUPS_MOST;
		for (int i = 0; i < count && !member; i++)
			member = groups[i] == group;
	}
	free(room);
	return member;
}

bool owners_accept(struct owners *owners, uid_t uid)
{
	if (uid == 0 || uid == geteuid())
		return true;
	if (owners->group == (gid_t)-1)
		return false;
	for (unsigned int i = 0; i < owners->count; i++)
		if (owners->known[i].uid == uid)
			return owners->known[i].accepted;
	bool accepted = is_member(uid, owners->group);
	if (owners->count == OWNERS_MOST)
		owners->count = 0;
	owners->known[owners->count].uid = uid;
	owners->known[owners->count++].accepted = accepted;
	return accepted;
}

void owner_text(uid_t uid, char *out, size_t room)
{
	struct passwd record, *found = NULL;
	char *bytes = mem_zalloc(RECORD_SIZE);

	if (getpwuid_r(uid, &record, bytes, RECORD_SIZE, &found) == 0 && found != NULL)
		snprintf(out, room, "%s", found->pw_name);
	else
		snprintf(out, room, "%u", (unsigned int)uid);
	free(bytes);
}
