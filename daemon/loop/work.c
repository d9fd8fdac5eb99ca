#include <stdatomic.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/require.h"
#include "loop/loop.h"
#include "loop/state.h"

struct job {
	uv_work_t request;
	struct loop *loop;
	void (*work)(void *arg);
	void (*done)(void *arg);
	void *arg;
};

/* The one count that spans loops: a virtual clock belongs to the process, not to a loop. */
static atomic_uint pending;

static void on_work(uv_work_t *request)
{
	struct job *job = request->data;

	job->work(job->arg);
}

static void on_worked(uv_work_t *request, int status)
{
	struct job *job = request->data;
	void (*done)(void *arg) = job->done;
	void *arg = job->arg;

	(void)status; /* never cancelled */
	job->loop->jobs--;
	atomic_fetch_sub(&pending, 1);
	free(job);
	done(arg);
}

void loop_work(struct loop *loop, void (*work)(void *arg), void (*done)(void *arg), void *arg)
{
	struct job *job = mem_zalloc(sizeof(*job));

	*job = (struct job){.loop = loop, .work = work, .done = done, .arg = arg};
	job->request.data = job;
	loop->jobs++;
	atomic_fetch_add(&pending, 1);
	REQUIRE(uv_queue_work(&loop->uv, &job->request, on_work, on_worked) == 0);
}

unsigned int loop_work_pending(void)
{
	return atomic_load(&pending);
}
