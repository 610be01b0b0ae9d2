/* Verdicts, delays, and the next phase; see machine_settle.h. */
#include "supervise/machine_settle.h"

#include <signal.h>
#include <sys/wait.h>

enum {
	JITTER_PART = 16, /* a delay grows by up to a sixteenth, so that crashes spread out */
	REFUSED_STATUS = 125 << 8, /* of finish: do not start it again */
};

const struct machine_policy machine_default_policy = {
	.stable_after = 1000,
	.restart_delay = 1000,
	.restart_delay_max = 5000,
	.timeout_finish = 5000,
	.stop_signal = SIGTERM,
	.restart = MACHINE_RESTART_ALWAYS,
	.success_codes = {1},
	.drain_after = 5000,
	.drain_delay = 200,
	.drain_tries = 5,
};

/* --- the phases without a child ------------------------------------------------------------------ */

void machine_start_run(struct machine *m, struct machine_orders *orders)
{
	m->phase = MACHINE_RUN;
	m->pid = 0;
	m->ready = 0;
	m->deadline = SV_NEVER;
	m->hurry = false;
	m->prodded = m->asked = m->forgiven = m->fatal = false;
	orders->start = MACHINE_START_RUN;
}

void machine_wait_until(struct machine *m, sv_ms deadline)
{
	m->phase = MACHINE_BACKOFF;
	m->deadline = deadline;
}

void machine_rest(struct machine *m, enum machine_phase phase)
{
	m->phase = phase;
	m->deadline = SV_NEVER;
	m->hurry = false;
}

/* --- what the policy makes of a death ------------------------------------------------------------ */

enum verdict {
	VERDICT_AGAIN,
	VERDICT_DONE,    /* EXITED: it has done what it was there for */
	VERDICT_GIVE_UP, /* FATAL */
};

/* An end that nobody could tell is taken for a failure: rather a start too many than a service that
 * stays down. */
static bool is_success(const struct machine *m, const struct machine_policy *policy)
{
	unsigned code = (unsigned)WEXITSTATUS(m->wait_status);

	if (!m->has_exit)
		return false;
	if (WIFSIGNALED(m->wait_status))
		return policy->success_signals >> ((WTERMSIG(m->wait_status) - 1) & 63) & 1;
	return policy->success_codes[code / 64] >> code % 64 & 1;
}

static bool is_done(const struct machine *m, const struct machine_policy *policy)
{
	switch (policy->restart) {
	case MACHINE_RESTART_ALWAYS: return false;
	case MACHINE_RESTART_ON_FAILURE: return is_success(m, policy);
	case MACHINE_RESTART_NEVER: break;
	}
	return true;
}

/* `refused`: finish asked not to start it again. */
static enum verdict judge(
	const struct machine *m, bool refused, const struct machine_policy *policy)
{
	/* A command that came after the death knows better than any file. */
	if (m->hurry)
		return VERDICT_AGAIN;
	if (refused)
		return VERDICT_GIVE_UP;
	if (m->want == MACHINE_WANT_ONCE)
		return VERDICT_DONE;
	if (m->asked)
		return VERDICT_AGAIN;
	if (is_done(m, policy))
		return VERDICT_DONE;
	bool too_often = policy->max_restarts > 0 && m->early_deaths > policy->max_restarts;
	return too_often ? VERDICT_GIVE_UP : VERDICT_AGAIN;
}

/* The delay before the next start, after m->early_deaths in a row; 0 for none. */
static sv_ms restart_delay(const struct machine *m, sv_ms now, const struct machine_policy *policy)
{
	sv_ms delay = policy->restart_delay, most = policy->restart_delay_max;

	if (m->early_deaths == 0 || m->hurry)
		return 0;
	if (most < delay)
		most = delay;
	for (uint32_t i = 1; i < m->early_deaths && delay < most; i++)
		delay *= 2;
	if (delay > most)
		delay = most;
	return delay + (now + m->group) % (delay / JITTER_PART + 1);
}

/* --- and then? ----------------------------------------------------------------------------------- */

/* A log whose input has ended is started again only for what it left in the pipe. */
static void settle_draining(struct machine *m, const struct machine_event *event, sv_ms now,
	const struct machine_policy *policy, struct machine_orders *orders)
{
	if (event->backlog == 0 || m->drains >= policy->drain_tries) {
		machine_rest(m, MACHINE_GONE);
		return;
	}
	/* Soon: somebody waits for the end.  But not at once, or a log that cannot run is a busy loop. */
	if (m->drains++ == 0)
		machine_start_run(m, orders);
	else
		machine_wait_until(m, now + policy->drain_delay);
}

static void start_again(struct machine *m, sv_ms now, const struct machine_policy *policy,
	struct machine_orders *orders)
{
	if (!m->prodded && !m->hurry)
		m->restarts++;
	sv_ms delay = restart_delay(m, now, policy);
	if (delay > 0)
		machine_wait_until(m, now + delay);
	else
		machine_start_run(m, orders);
}

/* run and finish are over: what now? */
void machine_settle(struct machine *m, const struct machine_event *event, sv_ms now,
	const struct machine_policy *policy, struct machine_orders *orders)
{
	bool refused = event->kind == MACHINE_EXITED && !event->status_unknown &&
		       event->wait_status == REFUSED_STATUS;

	m->pid = 0;
	if (m->draining) {
		settle_draining(m, event, now, policy, orders);
		return;
	}
	if (m->leaving) {
		machine_rest(m, MACHINE_GONE);
		return;
	}
	if (m->want == MACHINE_WANT_DOWN && !m->hurry) {
		machine_rest(m, MACHINE_IDLE);
		return;
	}
	enum verdict verdict = judge(m, refused, policy);
	if (verdict == VERDICT_AGAIN) {
		start_again(m, now, policy, orders);
		return;
	}
	m->want = MACHINE_WANT_ONCE;
	m->fatal = verdict == VERDICT_GIVE_UP;
	machine_rest(m, MACHINE_IDLE);
}
