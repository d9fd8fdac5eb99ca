#include <stdlib.h>
#include <uv.h>

#include "base/mem.h"
#include "base/require.h"
#include "loop/loop.h"

struct bell {
	uv_async_t async;
	void (*rung)(void *arg);
	void *arg;
	void (*closed)(void *arg);
	void *closed_arg;
};

static void on_async(uv_async_t *async)
{
	struct bell *bell = async->data;

	bell->rung(bell->arg);
}

struct bell *bell_new(struct loop *loop, void (*rung)(void *arg), void *arg)
{
	struct bell *bell = mem_zalloc(sizeof(*bell));

	bell->rung = rung;
	bell->arg = arg;
	REQUIRE(uv_async_init(loop_uv(loop), &bell->async, on_async) == 0);
	bell->async.data = bell;
	return bell;
}

void bell_ring(struct bell *bell)
{
	REQUIRE(uv_async_send(&bell->async) == 0);
}

static void on_closed(uv_handle_t *handle)
{
	struct bell *bell = handle->data;
	void (*closed)(void *arg) = bell->closed;
	void *arg = bell->closed_arg;

	free(bell);
	if (closed != NULL)
		closed(arg);
}

void bell_close(struct bell *bell, void (*closed)(void *arg), void *arg)
{
	bell->closed = closed;
	bell->closed_arg = arg;
	uv_close((uv_handle_t *)&bell->async, on_closed);
}
