/* Every state a machine may be in, for the tests of the machine: the full product of its fields,
 * limited only by the invariant that machine_holds states. */
#ifndef MACHINE_STATES_H
#define MACHINE_STATES_H

#include <stdbool.h>

#include "supervise/machine.h"

enum { NOW_MS = 1000000, CHILD = 4242 };

/* What is true of a machine between any two events, reachable or not. */
static inline bool machine_holds(const struct machine *m)
{
	switch (m->phase) {
	case MACHINE_IDLE:
		if (m->leaving || m->want == MACHINE_WANT_UP || m->deadline != SV_NEVER)
			return false;
		break;
	case MACHINE_BACKOFF:
		if (m->deadline == SV_NEVER || (m->leaving && !m->draining))
			return false;
		break;
	case MACHINE_GONE:
		if (!m->leaving || m->deadline != SV_NEVER)
			return false;
		break;
	case MACHINE_RUN:
		/* A log that drains is watched by the clock. */
		return !m->hurry && (!m->draining || m->leaving) &&
		       ((!m->paused && !m->term_sent) || m->pid) &&
		       (!m->draining || !m->pid || m->deadline != SV_NEVER);
	case MACHINE_FINISH: return !m->paused && !m->term_sent && (!m->draining || m->leaving);
	case MACHINE_PHASES: return false;
	}
	return m->pid == 0 && !m->paused && !m->term_sent && !m->hurry &&
	       (!m->draining || m->leaving);
}

/* Calls `look` with every state that holds. */
static inline void machine_each_state(void (*look)(const struct machine *))
{
	for (unsigned bits = 0; bits < 1U << 9; bits++) {
		for (unsigned phase = 0; phase < MACHINE_PHASES; phase++) {
			for (unsigned want = 0; want < MACHINE_WANTS; want++) {
				struct machine m = machine_new();
				m.phase = (enum machine_phase)phase;
				m.want = (enum machine_want)want;
				m.leaving = bits & 1;
				m.draining = bits >> 1 & 1;
				m.paused = bits >> 2 & 1;
				m.term_sent = bits >> 3 & 1;
				m.prodded = bits >> 4 & 1;
				m.hurry = bits >> 5 & 1;
				m.pid = bits >> 6 & 1 ? CHILD : 0;
				m.early_deaths = bits >> 7 & 1 ? 3 : 0;
				m.deadline = bits >> 8 & 1 ? NOW_MS : SV_NEVER;
				m.started = m.changed = NOW_MS - 500;
				m.starts = 1;
				if (machine_holds(&m))
					look(&m);
			}
		}
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
	/* The rest twice: without and with something left in the log's pipe; and BEGIN down and up. */
	event.kind = (enum machine_event_kind)(n / 2);
	event.backlog = n % 2 ? 100 : 0;
	event.up = n % 2;
	event.pid = event.kind == MACHINE_SPAWNED ? CHILD : 0;
	event.wait_status = 1 << 8;
	if (event.kind == MACHINE_COMMAND)
		event.command = SV_COMMAND_UP;
	return event;
}

#endif
