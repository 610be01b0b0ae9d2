/* Going on where a killed supervise stopped.  Pure; see machine.h. */
#include "supervise/machine.h"

#include <signal.h>

static enum machine_want want_of(const struct sv_status *saved)
{
	if (saved->want_up)
		return MACHINE_WANT_UP;
	/* Up without being wanted for good, and not told to stop: once. */
	bool once = saved->phase == SV_PHASE_RUN && saved->state != SV_STATE_STOPPING;
	bool over = saved->state == SV_STATE_EXITED || saved->state == SV_STATE_FATAL;
	return once || over ? MACHINE_WANT_ONCE : MACHINE_WANT_DOWN;
}

static void restore(struct machine *m, const struct sv_status *saved)
{
	m->has_exit = saved->has_exit;
	m->wait_status = (int)saved->wait_status;
	m->starts = saved->starts;
	m->restarts = saved->restarts;
	m->early_deaths = saved->early_deaths;
	m->started = saved->started_ms;
	m->changed = saved->changed_ms;
	m->ready = saved->ready_ms;
	m->paused = saved->paused;
	m->term_sent = m->prodded = m->asked = saved->term_sent;
	/* A log reads the end of its input when supervise is killed while the service is down. */
	m->forgiven = true;
	m->pid = (pid_t)saved->pid;
	m->group = m->pid;
}

/* Wanted down: its time limit begins anew, and if it was not told so, whoever decided it was killed
 * before. */
static void resume_stop(struct machine *m, sv_ms now, const struct machine_policy *policy,
	struct machine_orders *orders)
{
	if (policy->timeout_kill > 0)
		m->deadline = now + policy->timeout_kill;
	if (m->term_sent)
		return;
	orders->signals[0] = policy->stop_signal;
	orders->signals[1] = SIGCONT;
	m->term_sent = m->prodded = m->asked = true;
	m->paused = false;
}

static void resume_child(struct machine *m, const struct sv_status *saved, sv_ms now,
	const struct machine_policy *policy, struct machine_orders *orders)
{
	m->phase = saved->phase == SV_PHASE_RUN ? MACHINE_RUN : MACHINE_FINISH;
	if (m->phase == MACHINE_RUN && m->want == MACHINE_WANT_DOWN)
		resume_stop(m, now, policy, orders);
	else if (m->phase == MACHINE_FINISH && policy->timeout_finish > 0)
		m->deadline = now + policy->timeout_finish;
}

struct machine_orders machine_resume(struct machine *m, const struct sv_status *saved, bool up,
	sv_ms now, const struct machine_policy *policy)
{
	struct machine_orders orders = {.start = MACHINE_START_NOTHING};

	*m = machine_new();
	restore(m, saved);
	m->want = want_of(saved);
	if (saved->leaving)
		m->want = up ? MACHINE_WANT_UP : MACHINE_WANT_DOWN;
	if (saved->phase != SV_PHASE_DOWN && saved->pid) {
		resume_child(m, saved, now, policy, &orders);
		return orders;
	}
	m->pid = 0;
	m->paused = m->term_sent = m->prodded = m->asked = false;
	m->fatal = saved->state == SV_STATE_FATAL && m->want == MACHINE_WANT_ONCE;
	if (m->want != MACHINE_WANT_UP)
		return orders;
	/* Whatever delay was left is forgotten: a log that is down while we are leaves its pipe without a
	 * reader, and the service's next line would kill it. */
	m->phase = MACHINE_BACKOFF;
	m->deadline = now;
	return orders;
}
