/* Telling the world: the files status, pid and stat of the state directory.
 *
 * Owns these three files.  Each is replaced by rename and only when it changed. */
#ifndef PUBLISH_H
#define PUBLISH_H

#include "supervise/service.h"

/* Publishes `machine` as the state of the service (normally &service->machine; a child about to become
 * the service publishes the state that its start will lead to).  A failed write is reported at most
 * once a minute and tried again: see published.retry. */
void publish(struct service *service, const struct machine *machine, sv_ms now_ms);

/* The first status of a service that has not been looked after in this boot: whatever an older one says
 * is no longer true. */
void publish_first(struct service *service, sv_ms now_ms);

/* Goes on from what another supervise published last. */
void publish_resume(struct service *service, const struct sv_status *saved);

/* The text that status shows beside the state, e.g. why run cannot be executed; "" for none. */
void publish_text(struct service *service, const char *text);

/* run has just ended. */
void publish_exit(struct service *service);

/* When a failed write is due again; SV_NEVER when all is written. */
sv_ms publish_deadline(const struct service *service);

#endif
