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
 * for what is still being written, claim.c moves and reads, folders.c knows paths and makes renames last.
 */

/* A file in work/: on the desk, or waiting to be handed over again, or waiting for a rename that failed. */
struct job {
	struct spool_file file; /* first, so that a spool_file is its job */
	struct link link;
	char *work_name;
	char *bytes;
	struct spool *spool;
	bool accepted; /* for the unfinished */
	struct buf reason;
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

/* fsyncs running in another thread, one run at a time; what comes meanwhile is gathered into the next. */
#define SYNC_MOST 64u
struct sync {
	bool running;
	bool wanted;
	int files[SYNC_MOST]; /* reasons whose bytes must last too */
	unsigned int count;
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
	struct list again; /* in work/, to be handed over (again): leftovers and spool_later() */
	struct list later; /* waiting for the next scan */
	unsigned int later_count;
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
void folders_reason(struct spool *spool, const char *folder, const char *work_name, const struct buf *text);
void folders_sync(struct spool *spool);
char *folders_free_name(struct spool *spool, const char *safe);

/* scan.c */
void scan_begin(struct spool *spool);
void scan_stop(struct spool *spool);
void scan_look(struct spool *spool, const char *name, bool complete);
bool scan_unchanged(const struct spool *spool, const struct queued *queued);
void still_forget(struct still *still);

/* claim.c: takes a name of new/ into work/ and reads it. Returns the job, or NULL when it is gone or was refused. */
struct job *claim_new(struct spool *spool, const char *name);
bool claim_read(struct job *job);
struct job *job_new(struct spool *spool, const char *work_name, const char *name);
void job_free(struct job *job);
enum result job_finish(struct job *job, bool accepted, const struct problems *problems);
void job_retry(struct job *job);

/* spool.c */
void spool_pump(struct spool *spool);
void spool_maybe_gone(struct spool *spool);
void spool_on_scanned(struct spool *spool);
bool spool_watch_renew(struct spool *spool);

#endif
