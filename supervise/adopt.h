/* Finding what a supervise before us left behind, and going on with it.
 *
 * A supervise may be killed at any moment; its service and log do not notice.  Whoever comes after it
 * reads the status file: every child recorded itself there before it became its program, with its pid,
 * its start time and the boot, which together name one process for ever.  Owns that comparison and the
 * pidfd of a child that is not ours to wait for; what follows from it is the machine's affair. */
#ifndef ADOPT_H
#define ADOPT_H

#include "supervise/service.h"

/* Start time of this process, for the record; 0 when there is no /proc. */
uint64_t adopt_own_ticks(void);

/* What the last supervise published, if it can be trusted: of this boot, and whole. */
bool adopt_read(const struct service *service, struct sv_status *saved);

/* Opens the process that `saved` names.  False when it has ended. */
bool adopt_open(struct service *service, const struct sv_status *saved);

enum adopt_end {
	ADOPT_KNOWN,   /* its wait status was found */
	ADOPT_UNKNOWN, /* this kernel does not tell, or its parent has not waited for it in time */
	ADOPT_LATER,   /* its parent has not waited for it yet: poll for POLLHUP */
};

/* The adopted process has ended: how? */
enum adopt_end adopt_wait_status(const struct service *service, int *wait_status);

/* Sends to the process itself, never to another that got its number. */
void adopt_signal(const struct service *service, int signal);

/* Lets go of it. */
void adopt_close(struct service *service);

#endif
