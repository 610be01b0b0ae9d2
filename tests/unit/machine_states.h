/* Every state a machine may be in, for the tests of the machine: the full product of its fields,
 * limited only by the invariant that machine_holds states. */
#ifndef MACHINE_STATES_H
#define MACHINE_STATES_H

#include <signal.h>
#include <stdbool.h>

#include "supervise/machine.h"

enum {
	NOW_MS = 1000000,
	CHILD = 4242,
	STATE_BITS = 13,
	MACHINE_POLICIES = 4,
	MACHINE_NTH_EVENTS = SV_COMMANDS + 2 * MACHINE_EVENTS + 2, /* events of machine_nth_event */
};

/* Policies that differ in everything that leads to a different decision. */
static inline struct machine_policy machine_nth_policy(unsigned n)
{
	struct machine_policy policy = machine_default_policy;

	if (n == 0)
		return policy;
	policy.timeout_kill = 300;
	policy.stop_signal = n == 1 ? SIGINT : SIGTERM;
	policy.kill_group = n == 1;
	policy.restart = n == 1   ? MACHINE_RESTART_ON_FAILURE
			 : n == 2 ? MACHINE_RESTART_NEVER
				  : MACHINE_RESTART_ALWAYS;
	policy.max_restarts = n == 2 ? 0 : 2;
	policy.timeout_finish = n == 2 ? 0 : 50;
	policy.stable_after = n == 2 ? 0 : 100000;
	policy.restart_delay = 1;
	policy.restart_delay_max = n == 3 ? 1 : 60000;
	return policy;
}

/* Of a phase without a child: nothing that only a child has. */
static inline bool machine_is_bare(const struct machine *m)
{
	return m->pid == 0 && !m->paused && !m->term_sent && !m->hurry;
}

static inline bool machine_run_holds(const struct machine *m)
{
	bool is_marked = m->paused || m->term_sent;
	bool has_deadline = m->deadline != SV_NEVER;
	/* A log that drains is watched by the clock; else only what is not wanted may be. */
	bool is_watched =
		m->draining ? has_deadline : !has_deadline || m->want == MACHINE_WANT_DOWN;

	return !m->hurry && (m->pid ? is_watched : !is_marked && !has_deadline);
}

/* What is true of a machine between any two events, reachable or not. */
static inline bool machine_holds(const struct machine *m)
{
	bool has_deadline = m->deadline != SV_NEVER;

	bool is_over = m->phase == MACHINE_IDLE || m->phase == MACHINE_GONE;

	if (m->draining && !m->leaving)
		return false;
	if ((m->asked && !m->prodded) || (m->fatal && (!is_over || m->want != MACHINE_WANT_ONCE)))
		return false;
	switch (m->phase) {
	case MACHINE_IDLE:
		return machine_is_bare(m) && !m->leaving && m->want != MACHINE_WANT_UP &&
		       !has_deadline;
	case MACHINE_BACKOFF:
		return machine_is_bare(m) && has_deadline && m->leaving == m->draining;
	case MACHINE_GONE: return machine_is_bare(m) && m->leaving && !has_deadline;
	case MACHINE_RUN: return machine_run_holds(m);
	case MACHINE_FINISH: return !m->paused && !m->term_sent;
	case MACHINE_PHASES: break;
	}
	return false;
}

/* The state that a number from 0 to MACHINE_PHASES * MACHINE_WANTS << STATE_BITS stands for. */
static inline struct machine machine_nth_state(unsigned n)
{
	static const pid_t pids[] = {0, CHILD};
	static const uint32_t deaths[] = {0, 3};
	static const sv_ms deadlines[] = {SV_NEVER, NOW_MS};
	struct machine m = machine_new();
	unsigned rest = n >> STATE_BITS;

	m.leaving = n & 1;
	m.draining = n >> 1 & 1;
	m.paused = n >> 2 & 1;
	m.term_sent = n >> 3 & 1;
	m.prodded = n >> 4 & 1;
	m.hurry = n >> 5 & 1;
	m.forgiven = n >> 6 & 1;
	m.pid = pids[n >> 7 & 1];
	m.early_deaths = deaths[n >> 8 & 1];
	m.deadline = deadlines[n >> 9 & 1];
	m.asked = n >> 10 & 1;
	m.fatal = n >> 11 & 1;
	m.has_exit = n >> 12 & 1; /* with code 0 */
	m.phase = (enum machine_phase)(rest % MACHINE_PHASES);
	m.want = (enum machine_want)(rest / MACHINE_PHASES);
	m.started = m.changed = NOW_MS - 500;
	m.starts = 1;
	return m;
}

/* Calls `look` with every state that holds. */
static inline void machine_each_state(void (*look)(const struct machine *))
{
	for (unsigned n = 0; n < MACHINE_PHASES * MACHINE_WANTS << STATE_BITS; n++) {
		const struct machine m = machine_nth_state(n);
		if (machine_holds(&m))
			look(&m);
	}
}

/* Every event, each command as one of its own; ends with kind MACHINE_EVENTS. */
static inline struct machine_event machine_nth_event(unsigned n)
{
	struct machine_event event = {.kind = MACHINE_COMMAND};

	if (n < SV_COMMANDS) {
		event.command = (enum sv_command)n;
		return event;
	}
	n -= SV_COMMANDS;
	/* Ends that mean something special: success of run, and 125 of finish. */
	if (n >= 2 * MACHINE_EVENTS) {
		static const int ends[] = {0, 125 << 8};
		event.kind = n < 2 * MACHINE_EVENTS + 2 ? MACHINE_EXITED : MACHINE_EVENTS;
		event.wait_status = ends[n % 2];
		return event;
	}
	/* The rest twice: without and with something left in the log's pipe; and BEGIN down and up. */
	event.kind = (enum machine_event_kind)(n / 2);
	event.backlog = n % 2 ? 100 : 0;
	event.up = n % 2;
	event.pid = event.kind == MACHINE_SPAWNED ? CHILD : 0;
	event.wait_status = 1 << 8;
	return event;
}

#endif
