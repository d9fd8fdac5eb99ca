#ifndef SPOOL_STATE_H
#define SPOOL_STATE_H

#include <dirent.h>

#include "base/buf.h"
#include "base/list.h"
#include "loop/watch.h"
#include "spool/owner.h"
#include "spool/queue.h"
#include "spool/spool.h"

/*
 * The spool's insides, for the files of this room only. spool.c decides whose turn it is, scan.c looks at new/ and waits
 * for what is still being written, claim.c moves and reads, folders.c knows paths, and sync.c makes
 * bytes and names last.
 */

/* A file in work/: on the desk, or waiting to be handed over again, or waiting for a rename that failed. */
struct job {
	struct spool_file file; /* first, so that a spool_file is its job */
	struct link link;
	char *work_name;
	char *bytes;
	struct spool *spool;
	bool accepted; /* once it is judged */
	bool put_off; /* it was handed over, or read in vain, and is one of later_count until it is handed over again */
	struct buf reason;
	int reason_fd; /* written, not synced yet; else -1 */
};

/* A file in new/ that may still be written to. */
struct still {
	struct link link;
	struct spool *spool;
	struct timer timer;
	struct look look;
	char *name;
};

#define STILL_MOST    4096u
#define STILL_BUCKETS 256u

enum folder { FOLDER_TMP, FOLDER_NEW, FOLDER_WORK, FOLDER_DONE, FOLDER_FAILED, FOLDERS };

/* fsyncs running in another thread, one run at a time; what comes meanwhile is gathered into the next. */
struct sync {
	bool running;
	struct deferred start;
	unsigned int folders; /* 1 << folder: names in them changed */
	struct list jobs; /* claimed and not judged yet, or with a reason that must last first */
};

struct spool {
	struct loop *loop;
	struct spool_events events;
	void *arg;
	char *root;
	char *new_path;
	int root_fd;
	gid_t group;
	unsigned int at_once;
	uint32_t still_ms;
	uint32_t scan_ms;
	struct owners owners;
	struct watch *watch;
	unsigned int watches; /* open or closing */
	struct timer scan_timer;
	struct deferred pump;
	struct deferred step; /* of a scan over many entries */

	struct queue queue;
	struct list stills[STILL_BUCKETS];
	unsigned int still_count;
	bool still_cut; /* there were more */
	DIR *scanning;
	bool scan_again;
	bool scanned; /* the first one is over */

	struct list desk;
	unsigned int judging;
	struct list again; /* in work/, durably, to be handed over */
	unsigned int claimed; /* in work/ and not on the desk: of `again`, or being synced */
	struct list later; /* put off: waiting for the next scan */
	struct list once_more; /* put off, and to be handed over when nothing new is */
	unsigned int later_count; /* put off: of both, or being synced. Their bytes are not in memory */
	struct list unfinished; /* judged, but the rename out of work/ failed */
	unsigned int number;
	bool paused;

	struct sync sync;
	bool closing;
	void (*closed)(void *arg);
	void *closed_arg;
};

/* folders.c */
enum result folders_open(struct spool *spool, struct problems *problems);
bool folders_stand(const struct spool *spool);
void folders_renew(struct spool *spool);
int folders_move(struct spool *spool, const char *from, const char *from_name, const char *to, const char *to_name);
int folders_write(struct spool *spool, const char *path, const struct buf *text);
const char *folder_name(enum folder folder);
char *folders_free_name(struct spool *spool, const char *safe);

/* scan.c */
void scan_begin(struct spool *spool);
void scan_stop(struct spool *spool);
void scan_look(struct spool *spool, const char *name, bool complete);
bool scan_unchanged(const struct spool *spool, const struct queued *queued);
void still_forget(struct still *still);

/* sync.c: a job goes to `again` or `once_more` or, with its reason, to job_finish(), when it is durable. */
void sync_soon(struct spool *spool, unsigned int folders);
void sync_job(struct spool *spool, struct job *job, unsigned int folders);
bool sync_busy(const struct spool *spool);

/* claim.c: takes a name of new/ into work/. It is judged when that is durable: after a power loss it does not come back. */
void claim_new(struct spool *spool, const char *name);
bool claim_read(struct job *job);
struct job *job_new(struct spool *spool, const char *work_name, const char *name);
void job_free(struct job *job);
void job_judged(struct job *job, bool accepted, const struct problems *problems);
void job_finish(struct job *job);
char *job_reason_path(const struct job *job, bool fresh);
void job_retry(struct job *job);

/* spool.c */
void spool_pump(struct spool *spool);
void spool_put_off(struct spool *spool, struct job *job);
void spool_delayed(struct spool *spool, const char *name, int error);
void spool_maybe_gone(struct spool *spool);
void spool_on_scanned(struct spool *spool);
bool spool_watch_renew(struct spool *spool);

#endif
