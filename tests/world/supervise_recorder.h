/* What the tests of the policy files share: a service that records its signals, and may be deaf to them. */
#ifndef SUPERVISE_RECORDER_H
#define SUPERVISE_RECORDER_H

#include "tests/support/world.h"

static inline struct sv_status status_now(void)
{
	struct sv_status status;

	ck_assert(world_status("svc", &status));
	return status;
}

static inline void make_deaf(void)
{
	world_recorder("svc/run");
	world_write("svc/stubborn", "");
}

/* Waits until the recorder of svc is ready for signals. */
static inline pid_t wait_recorder(void)
{
	pid_t run = world_wait_run("svc");

	WORLD_WAIT(world_has("svc/trace", "start\n"));
	return run;
}

#endif
