/* What follows the end of a run: started again, and when, or not.
 *
 * Pure; the part of machine.h's mind that weighs a death against the policy.  For machine.c alone. */
#ifndef MACHINE_SETTLE_H
#define MACHINE_SETTLE_H

#include "supervise/machine.h"

/* run and finish are over, which `event` told last: what now? */
void machine_settle(struct machine *machine, const struct machine_event *event, sv_ms now_ms,
	const struct machine_policy *policy, struct machine_orders *orders);

void machine_start_run(struct machine *machine, struct machine_orders *orders);

/* Down, to be started at the deadline. */
void machine_wait_until(struct machine *machine, sv_ms deadline);

/* Down, nothing to wait for: IDLE or GONE. */
void machine_rest(struct machine *machine, enum machine_phase phase);

#endif
