/* How a machine looks from outside: the words and numbers of the status file.  Pure; see machine.h. */
#include "supervise/machine.h"

static enum sv_state state_of_run(const struct machine *m)
{
	if (m->paused)
		return SV_STATE_PAUSED;
	if (m->want == MACHINE_WANT_DOWN || (m->leaving && !m->draining))
		return SV_STATE_STOPPING;
	return m->ready ? SV_STATE_RUNNING : SV_STATE_STARTING;
}

static enum sv_state state_of(const struct machine *m)
{
	switch (m->phase) {
	case MACHINE_RUN: return state_of_run(m);
	case MACHINE_FINISH: return SV_STATE_FINISHING;
	case MACHINE_BACKOFF: return SV_STATE_BACKOFF;
	case MACHINE_IDLE:
	case MACHINE_GONE:
	case MACHINE_PHASES: break;
	}
	if (m->fatal)
		return SV_STATE_FATAL;
	return m->want == MACHINE_WANT_ONCE ? SV_STATE_EXITED : SV_STATE_STOPPED;
}

/* The moment that is news to a person: the next start, or KILL after a stop. */
static sv_ms deadline_of(const struct machine *m)
{
	bool is_stopping = m->phase == MACHINE_RUN && !m->draining && m->deadline != SV_NEVER;

	return m->phase == MACHINE_BACKOFF || is_stopping ? m->deadline : 0;
}

static enum sv_phase phase_of(const struct machine *m)
{
	if (m->pid == 0)
		return SV_PHASE_DOWN;
	return m->phase == MACHINE_FINISH ? SV_PHASE_FINISH : SV_PHASE_RUN;
}

void machine_describe(
	const struct machine *m, const struct machine_policy *policy, struct sv_status *status)
{
	bool is_run = m->phase == MACHINE_RUN && m->pid != 0;

	status->pid = (uint32_t)m->pid;
	status->paused = is_run && m->paused;
	status->want_up = m->want == MACHINE_WANT_UP && !m->leaving;
	status->term_sent = is_run && m->term_sent;
	status->phase = phase_of(m);
	status->state = state_of(m);
	status->has_exit = m->has_exit;
	status->leaving = m->leaving;
	status->starts = m->starts;
	status->restarts = m->restarts;
	status->early_deaths = m->early_deaths;
	status->wait_status = (uint32_t)m->wait_status;
	status->changed_ms = m->changed;
	status->started_ms = m->started;
	status->stable_ms = is_run && !policy->announces ? m->started + policy->stable_after : 0;
	status->ready_ms = m->ready;
	status->deadline_ms = deadline_of(m);
}
