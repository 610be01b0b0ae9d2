/* Has a service come where the user wants it?
 *
 * Pure.  Decides when a wait is over, from the status before the command, the status now and the
 * time; reads and waits for nothing. */
#ifndef SVCTL_GOAL_H
#define SVCTL_GOAL_H

#include "svctl/snapshot.h"

enum goal {
	GOAL_NONE,  /* nothing to wait for */
	GOAL_UP,    /* -wu: run is up */
	GOAL_DOWN,  /* -wd: neither run nor finish is up, nor will be */
	GOAL_AGAIN, /* -wr: run is up, and was started since */
	GOAL_START, /* the words: up for good (state RUNNING), or it fails */
	GOAL_STOP,
	GOAL_RESTART,
};

enum verdict {
	VERDICT_PENDING,
	VERDICT_REACHED,
	VERDICT_FAILED,
};

/* Both snapshots must be known ones (snapshot_is_known). */
enum verdict goal_judge(
	enum goal goal, const struct snapshot *before, const struct snapshot *now, sv_ms now_ms);

/* When to judge again although the status has not changed: the moment a young service counts as
 * RUNNING, else SV_NEVER. */
sv_ms goal_look_again(enum goal goal, const struct snapshot *now, sv_ms now_ms);

/* How often run ended unasked between the two, for the message of a failed start; 0 = not known. */
uint32_t goal_deaths(enum goal goal, const struct snapshot *before, const struct snapshot *now);

/* Is a restart still waiting for the old run to go?  That may take as long as the service likes. */
bool goal_waits_for_end(enum goal goal, const struct snapshot *before, const struct snapshot *now);

/* The bytes to send for a word; a string that lives for ever. */
const char *goal_bytes(enum goal goal, const struct snapshot *before);

#endif
