/* The pure machine; its states, events and laws stand in machine.h. */
#include "supervise/machine.h"

#include <signal.h>

#include "supervise/machine_settle.h"

enum {
	FORK_RETRY_MS = 1000, /* the world is short of processes: look again soon, at no cost */
	EXEC_FAILED_STATUS = 111 << 8, /* what finish is told of a run that could not be executed */
};

struct machine machine_new(void)
{
	return (struct machine){.phase = MACHINE_IDLE, .deadline = SV_NEVER};
}

/* --- starting ----------------------------------------------------------------------------------- */

static void start_finish(struct machine *m, struct machine_orders *orders)
{
	m->phase = MACHINE_FINISH;
	m->pid = 0;
	m->deadline = SV_NEVER;
	orders->start = MACHINE_START_FINISH;
}

/* --- what children do --------------------------------------------------------------------------- */

static void order_stop(struct machine *m, int signal, struct machine_orders *orders)
{
	/* TERM alone would be slept through by a paused service, hence the CONT. */
	orders->signals[0] = signal;
	orders->signals[1] = SIGCONT;
	m->term_sent = m->prodded = m->asked = true;
	m->paused = false;
}

/* run is up and no longer wanted.  The first stop sets the clock; no later one moves it. */
static void stop_run(struct machine *m, sv_ms now, const struct machine_policy *policy,
	struct machine_orders *orders)
{
	order_stop(m, policy->stop_signal, orders);
	if (m->deadline == SV_NEVER && policy->timeout_kill > 0)
		m->deadline = now + policy->timeout_kill;
}

static void on_spawned(struct machine *m, const struct machine_event *event, sv_ms now,
	const struct machine_policy *policy, struct machine_orders *orders)
{
	if (m->pid != 0)
		return;
	m->pid = event->pid;
	if (m->phase == MACHINE_FINISH) {
		if (policy->timeout_finish > 0)
			m->deadline = now + policy->timeout_finish;
		return;
	}
	m->group = event->pid;
	m->starts++;
	m->started = m->changed = now;
	if (m->draining)
		m->deadline = now + policy->drain_after;
	else if (m->want == MACHINE_WANT_DOWN)
		stop_run(m, now, policy, orders);
}

static void on_death_of_run(
	struct machine *m, int wait_status, bool early, sv_ms now, struct machine_orders *orders)
{
	m->early_deaths = early ? m->early_deaths + 1 : 0;
	m->has_exit = true;
	m->wait_status = wait_status;
	m->changed = now;
	m->ready = 0;
	m->paused = m->term_sent = false;
	start_finish(m, orders);
}

static void on_exited(struct machine *m, const struct machine_event *event, sv_ms now,
	const struct machine_policy *policy, struct machine_orders *orders)
{
	bool early = !m->prodded && !m->forgiven && now - m->started < policy->stable_after;

	on_death_of_run(m, event->wait_status, early, now, orders);
	m->has_exit = !event->status_unknown;
}

static void on_exec_failed(struct machine *m, const struct machine_event *event, sv_ms now,
	const struct machine_policy *policy, struct machine_orders *orders)
{
	if (m->pid != 0)
		return;
	if (m->phase == MACHINE_FINISH) {
		machine_settle(m, event, now, policy, orders);
		return;
	}
	m->started = now;
	m->prodded = m->asked = false;
	/* Early even if nothing counts as that by policy: else it would be tried again at once for ever. */
	on_death_of_run(m, EXEC_FAILED_STATUS, true, now, orders);
}

static void on_fork_failed(struct machine *m, sv_ms now)
{
	if (m->pid != 0)
		return;
	if (m->phase == MACHINE_FINISH)
		m->deadline = now + FORK_RETRY_MS;
	else if (m->leaving && !m->draining)
		machine_rest(m, MACHINE_GONE);
	else if (m->want == MACHINE_WANT_DOWN && !m->draining)
		machine_rest(m, MACHINE_IDLE);
	else
		machine_wait_until(m, now + FORK_RETRY_MS);
}

/* Outcomes of a start, and deaths: they mean something only in RUN and FINISH. */
static void on_child(struct machine *m, const struct machine_event *event, sv_ms now,
	const struct machine_policy *policy, struct machine_orders *orders)
{
	if (m->phase != MACHINE_RUN && m->phase != MACHINE_FINISH)
		return;
	if (event->kind == MACHINE_SPAWNED)
		on_spawned(m, event, now, policy, orders);
	else if (event->kind == MACHINE_EXEC_FAILED || event->kind == MACHINE_ABSENT)
		on_exec_failed(m, event, now, policy, orders);
	else if (event->kind == MACHINE_FORK_FAILED)
		on_fork_failed(m, now);
	else if (m->pid == 0)
		return;
	else if (m->phase == MACHINE_RUN)
		on_exited(m, event, now, policy, orders);
	else
		machine_settle(m, event, now, policy, orders);
}

/* --- commands ----------------------------------------------------------------------------------- */

static bool is_up(const struct machine *m)
{
	return (m->phase == MACHINE_RUN || m->phase == MACHINE_FINISH) && m->pid != 0;
}

static void want_start(struct machine *m, enum machine_want want, struct machine_orders *orders)
{
	if (m->leaving || m->phase == MACHINE_GONE)
		return;
	m->want = want;
	if (m->phase == MACHINE_IDLE || m->phase == MACHINE_BACKOFF) {
		m->early_deaths = 0;
		machine_start_run(m, orders);
	} else if (m->phase == MACHINE_FINISH) {
		m->early_deaths = 0;
		m->hurry = true;
	} else {
		m->deadline = SV_NEVER;
	}
}

static void want_stop(struct machine *m, sv_ms now, const struct machine_policy *policy,
	struct machine_orders *orders)
{
	if (m->phase == MACHINE_GONE)
		return;
	m->want = MACHINE_WANT_DOWN;
	m->hurry = m->fatal = false;
	if (m->phase == MACHINE_RUN && m->pid != 0) {
		stop_run(m, now, policy, orders);
	} else if (m->phase == MACHINE_BACKOFF) {
		machine_rest(m, m->leaving ? MACHINE_GONE : MACHINE_IDLE);
	}
}

static void want_exit(struct machine *m, sv_ms now, const struct machine_policy *policy,
	struct machine_orders *orders)
{
	want_stop(m, now, policy, orders);
	m->leaving = true;
	if (m->phase == MACHINE_IDLE)
		machine_rest(m, MACHINE_GONE);
}

/* Signals that ask a program to end; after any other its end is its own affair. */
static bool asks_to_end(int signal, const struct machine_policy *policy)
{
	return signal == SIGTERM || signal == SIGINT || signal == SIGQUIT || signal == SIGKILL ||
	       signal == policy->stop_signal;
}

static void send(struct machine *m, int signal, const struct machine_policy *policy,
	struct machine_orders *orders)
{
	if (!is_up(m))
		return;
	orders->signals[0] = signal;
	/* finish is a script with children more often than not; a kill of it has to free us. */
	orders->to_group = m->phase == MACHINE_FINISH && signal == SIGKILL;
	if (m->phase != MACHINE_RUN)
		return;
	if (signal == SIGSTOP)
		m->paused = true;
	else if (signal == SIGCONT)
		m->paused = false;
	else
		m->prodded = true;
	if (asks_to_end(signal, policy))
		m->prodded = m->asked = true;
	if (signal == SIGTERM || signal == policy->stop_signal)
		m->term_sent = true;
}

static void on_command(struct machine *m, enum sv_command command, sv_ms now,
	const struct machine_policy *policy, struct machine_orders *orders)
{
	switch (command) {
	case SV_COMMAND_UP: want_start(m, MACHINE_WANT_UP, orders); break;
	case SV_COMMAND_ONCE: want_start(m, MACHINE_WANT_ONCE, orders); break;
	case SV_COMMAND_DOWN: want_stop(m, now, policy, orders); break;
	case SV_COMMAND_EXIT: want_exit(m, now, policy, orders); break;
	case SV_COMMAND_TERM:
	case SV_COMMAND_HUP:
	case SV_COMMAND_ALRM:
	case SV_COMMAND_INT:
	case SV_COMMAND_QUIT:
	case SV_COMMAND_USR1:
	case SV_COMMAND_USR2:
	case SV_COMMAND_KILL:
	case SV_COMMAND_PAUSE:
	case SV_COMMAND_CONT: send(m, sv_command_signal(command), policy, orders); break;
	case SV_COMMANDS: break;
	}
}

/* --- time and the end --------------------------------------------------------------------------- */

/* A log that does not reach the end of its input: a stray holds the pipe open.  As long as there is
 * something to read it may go on; then TERM, then KILL. */
static void press_log(struct machine *m, const struct machine_event *event, sv_ms now,
	const struct machine_policy *policy, struct machine_orders *orders)
{
	m->deadline = now + policy->drain_after;
	if (event->backlog > 0 && !m->term_sent)
		return;
	order_stop(m, m->term_sent ? SIGKILL : policy->stop_signal, orders);
}

static void on_deadline(struct machine *m, const struct machine_event *event, sv_ms now,
	const struct machine_policy *policy, struct machine_orders *orders)
{
	if (now < m->deadline)
		return;
	if (m->phase == MACHINE_BACKOFF) {
		machine_start_run(m, orders);
	} else if (m->phase == MACHINE_RUN && m->draining && m->pid != 0) {
		press_log(m, event, now, policy, orders);
	} else if (m->phase == MACHINE_RUN && m->pid != 0) {
		orders->signals[0] = SIGKILL;
		orders->to_group = policy->kill_group;
		m->deadline = SV_NEVER;
	} else if (m->phase == MACHINE_FINISH && m->pid != 0) {
		orders->signals[0] = SIGKILL;
		orders->to_group = true;
		m->deadline = SV_NEVER;
	} else if (m->phase == MACHINE_FINISH) {
		start_finish(m, orders);
	} else {
		m->deadline = SV_NEVER;
	}
}

static void on_input_end(struct machine *m, const struct machine_event *event, sv_ms now,
	const struct machine_policy *policy)
{
	if (m->phase == MACHINE_GONE || m->draining)
		return;
	m->leaving = m->draining = true;
	m->early_deaths = 0;
	if (m->phase == MACHINE_RUN && m->pid != 0) {
		/* A stop that was ordered before may have set an earlier one. */
		if (m->deadline > now + policy->drain_after)
			m->deadline = now + policy->drain_after;
	} else if (m->phase == MACHINE_IDLE ||
		   (m->phase == MACHINE_BACKOFF && event->backlog == 0)) {
		machine_rest(m, MACHINE_GONE);
	} else if (m->phase == MACHINE_BACKOFF) {
		m->deadline = now;
	}
}

static void on_hasten(struct machine *m, sv_ms now, const struct machine_policy *policy,
	struct machine_orders *orders)
{
	bool was_up = is_up(m);

	want_exit(m, now, policy, orders);
	m->draining = false;
	if (was_up) {
		m->deadline = SV_NEVER;
		orders->signals[0] = SIGKILL;
		orders->signals[1] = 0;
		orders->to_group = true;
	}
}

struct machine_orders machine_step(struct machine *m, const struct machine_event *event, sv_ms now,
	const struct machine_policy *policy)
{
	struct machine_orders orders = {.start = MACHINE_START_NOTHING};

	switch (event->kind) {
	case MACHINE_BEGIN:
		m->changed = now;
		if (event->up)
			want_start(m, MACHINE_WANT_UP, &orders);
		break;
	case MACHINE_COMMAND: on_command(m, event->command, now, policy, &orders); break;
	case MACHINE_SPAWNED:
	case MACHINE_FORK_FAILED:
	case MACHINE_EXEC_FAILED:
	case MACHINE_ABSENT:
	case MACHINE_EXITED: on_child(m, event, now, policy, &orders); break;
	case MACHINE_READY:
		if (m->phase == MACHINE_RUN && m->pid && !m->ready)
			m->ready = now;
		break;
	case MACHINE_DEADLINE: on_deadline(m, event, now, policy, &orders); break;
	case MACHINE_INPUT_END: on_input_end(m, event, now, policy); break;
	case MACHINE_HASTEN: on_hasten(m, now, policy, &orders); break;
	case MACHINE_EVENTS: break;
	}
	return orders;
}
