#ifndef TESTING_POWER_H
#define TESTING_POWER_H

#include <stdbool.h>
#include <stdint.h>

#include "testing/disk.h"

/*
 * A machine whose power fails. While it is on, every change below the given folders is remembered beside the files: what
 * of it was synced, and what a disk may or may not have got yet. When the power fails, every further change fails with
 * EIO, so that nobody can be told that something is safe which is not; power_restore() then makes the folders as such a
 * disk shows them:
 *
 * - Of a file, what was synced, and of what was written or cut off since any subset, in sectors of 512 bytes; where it
 *   grew without them, zeros.
 * - Of names, those whose folder was synced. Any other creation, renaming or removal has happened or not, each by itself;
 *   of a renaming also only the new name beside the old, as file systems that keep a journal never lose a file by a
 *   renaming. A file whose name lasts need not have its bytes, and the reverse.
 * - What came by other ways than the table and SQLite (an officer's file) counts as synced. No shared memory of SQLite.
 *
 * Not modelled: sectors that become unreadable, a disk that lies about its syncs, an older one of several unsynced
 * writes to one sector, a folder that is renamed.
 */

/* From now on; what is there is durable. `folders` as in disk_install(). */
void power_on(const char *const *folders);
void power_off(void);

/*
 * The power fails at the `nth` (from 1) call of this kind whose path (of a renaming: one of both) contains `part`, just
 * before it takes effect or just after. DISK_ACTS: any call that changes something. Opening and reading change nothing.
 */
void power_fail_at(enum disk_act act, const char *part, unsigned int nth, bool after);

/*
 * The `nth` sync from now on of a file whose path contains `part` fails with EIO, as of a disk that could not write what
 * the system then forgets to be unwritten: a later sync succeeds, but only what is written again until then is durable.
 */
void power_sync_fails_at(const char *part, unsigned int nth);

/* It does not fail as power_fail_at() said. */
void power_spare(void);

/* It fails now. */
void power_fail(void);

bool power_gone(void);

/* How many calls that would change something were seen since power_on(). */
unsigned int power_changes(void);

/* How chance decides about what was not synced. */
enum power_luck {
	POWER_NOTHING, /* of it is there */
	POWER_EVERYTHING,
	POWER_SOMETHING, /* each with one chance in two */
};

/* Requires: the power is gone, and nobody has a file of it open. Afterwards there is power again. */
void power_restore(enum power_luck luck, uint64_t seed);

#endif
