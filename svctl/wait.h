/* Waiting until services have come where they should.
 *
 * The only place of svctl that waits.  Owns the inotify and epoll fds; reads statuses through
 * service.c, judges them through goal.c, says nothing.
 *
 * Why no change can be missed: the watches stand before the first status is read and before the
 * command is sent, every event leads to a new look, and what is judged is always the whole status,
 * never the event.  Nothing is polled: the end of a supervise shows as an error on the FIFO `ok`,
 * and a young service that only has to grow older has a moment at which to look again.  Only where
 * the kernel gives no more inotify instances or watches, every status is read each 100 ms
 * instead. */
#ifndef SVCTL_WAIT_H
#define SVCTL_WAIT_H

#include <stdbool.h>
#include <stddef.h>

#include "svctl/goal.h"
#include "svctl/outcome.h"
#include "svctl/service.h"

struct waiting {
	struct service *service; /* open */
	enum goal goal;
	struct snapshot before, now;
	bool is_over; /* settled, or given up by the caller */
	/* wait.c's own: */
	bool is_dirty, is_lost;
	int watch;
	sv_ms deadline_ms, next_ms;
};

struct wait {
	struct waiting *entries;
	size_t count;
	sv_ms limit_ms;  /* for each service; 0 = for ever */
	bool is_patient; /* a restart's limit counts from the end of the old run */
	sv_ms tick_ms;   /* how often `tick` is called; 0 = never */
	void *data;
	/* Called once for each entry, the moment its outcome is known. */
	void (*settled)(
		void *data, const struct waiting *entry, enum outcome outcome, sv_ms now_ms);
	void (*tick)(void *data, sv_ms since_begin_ms);
	/* wait.c's own: */
	int inotify_fd, epoll_fd;
	bool polls;
	sv_ms begin_ms;
};

/* Opens a service like service_open, but gives a supervise that may be on its way until two seconds after
 * `began_ms` to come; without a living svscan, which may itself have been started a moment ago, a fifth
 * of a second.  There is no event for "somebody reads this FIFO now", so it is looked for every few
 * milliseconds. */
enum service_outcome wait_for_supervise(struct service *service, sv_ms began_ms);

/* Watches every entry and reads `before`.  The working directory changes, so every relative path
 * must have been opened before.  False with errno: nothing can be waited for. */
bool wait_open(struct wait *wait);

/* Returns when every entry is over. */
void wait_run(struct wait *wait);

void wait_close(struct wait *wait);

#endif
