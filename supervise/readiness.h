/* How a service says that it is ready: a newline on the fd that the file notification-fd names.
 *
 * Owns the pipe from run to us.  (s6's protocol, so s6's programs and wrappers fit.) */
#ifndef READINESS_H
#define READINESS_H

#include "supervise/service.h"

/* Run's end for the child, and the number it is to have there. */
struct readiness {
	int child_fd; /* -1: the service announces nothing.  Closed by readiness_started */
	int child_number;
};

/* Before each start of run: reads notification-fd and makes the pipe.  Sets policy.announces.  Returns
 * false with errno when there is no pipe to be had: try again later. */
bool readiness_prepare(struct service *service, struct readiness *readiness);

/* After the start, whatever its outcome: run's end is run's alone. */
void readiness_started(const struct readiness *readiness);

/* Something can be read from service->ready_fd.  Returns true when it was a newline: ready.  At that,
 * and at the end of file, our end is closed. */
bool readiness_take(struct service *service);

/* Stops listening. */
void readiness_end(struct service *service);

#endif
