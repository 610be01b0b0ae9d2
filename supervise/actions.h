/* The hands: carries out what a machine ordered and says how it went.
 *
 * Owns starting and signalling.  Decides nothing; every outcome goes back to the machine as an event. */
#ifndef ACTIONS_H
#define ACTIONS_H

#include "supervise/logpipe.h"
#include "supervise/service.h"

/* Carries out `orders` of service->machine.  Returns true when something was started or could not be:
 * then *outcome is the machine's next event. */
bool actions_carry_out(struct service *service, const struct machine_orders *orders,
	const struct logpipe *pipe, sv_ms now_ms, struct machine_event *outcome);

#endif
