/* What the files of a service directory make supervise's machine do, over the full product of states,
 * events and some policies: stops that end in KILL, and deaths that are not followed by a start.
 * uses: supervise/machine.o supervise/machine_settle.o supervise/machine_describe.o supervise/machine_resume.o */
#include <signal.h>

#include "tests/support/check_main.h"
#include "tests/unit/machine_states.h"

static struct machine_policy policy;

#define LAW(before, event, condition)                                                              \
	ck_assert_msg(condition,                                                                   \
		"phase %d want %d leaving %d draining %d pid %d asked %d, event %d command %d",    \
		(before)->phase, (before)->want, (before)->leaving, (before)->draining,            \
		(int)(before)->pid, (before)->asked, (event)->kind, (event)->command)

/* One step of the product. */
struct step {
	const struct machine *before;
	struct machine after;
	struct machine_event event;
	struct machine_orders orders;
};

static void (*law)(const struct step *);
static unsigned long steps;

static void try_events(const struct machine *state)
{
	for (unsigned n = 0; n < MACHINE_NTH_EVENTS; n++) {
		struct step step = {
			.before = state, .after = *state, .event = machine_nth_event(n)};
		step.orders = machine_step(&step.after, &step.event, NOW_MS, &policy);
		law(&step);
		steps++;
	}
}

static void hold_everywhere(void (*checked)(const struct step *))
{
	law = checked;
	steps = 0;
	for (unsigned n = 0; n < MACHINE_POLICIES; n++) {
		policy = machine_nth_policy(n);
		machine_each_state(try_events);
	}
	ck_assert_uint_gt(steps, 100000);
}

static bool is_command(const struct step *step, enum sv_command command)
{
	return step->event.kind == MACHINE_COMMAND && step->event.command == command;
}

static bool runs(const struct machine *m)
{
	return m->phase == MACHINE_RUN && m->pid != 0;
}

/* --- stops --------------------------------------------------------------------------------------- */

static void kill_needs_a_stop(const struct step *step)
{
	bool is_told = is_command(step, SV_COMMAND_KILL) || step->event.kind == MACHINE_HASTEN;

	if (step->orders.signals[0] != SIGKILL || is_told || !runs(step->before))
		return;
	LAW(step->before, &step->event, step->event.kind == MACHINE_DEADLINE);
	LAW(step->before, &step->event, step->before->deadline <= NOW_MS);
	LAW(step->before, &step->event,
		step->before->draining || step->before->want == MACHINE_WANT_DOWN);
	if (!step->before->draining)
		LAW(step->before, &step->event, step->orders.to_group == policy.kill_group);
}

START_TEST(nothing_is_killed_that_was_not_to_stop)
{
	hold_everywhere(kill_needs_a_stop);
}
END_TEST

/* Only a stop starts the clock; none moves it; u and o stop it; no other command touches it. */
static void only_stops_arm(const struct step *step)
{
	bool stops = is_command(step, SV_COMMAND_DOWN) || is_command(step, SV_COMMAND_EXIT);
	bool starts = is_command(step, SV_COMMAND_UP) || is_command(step, SV_COMMAND_ONCE);
	sv_ms was = step->before->deadline, is = step->after.deadline;

	if (!runs(step->before) || step->before->draining || step->event.kind != MACHINE_COMMAND)
		return;
	if (stops && was == SV_NEVER)
		LAW(step->before, &step->event,
			is == (policy.timeout_kill ? NOW_MS + policy.timeout_kill : SV_NEVER));
	else if (starts && !step->before->leaving)
		LAW(step->before, &step->event, is == SV_NEVER);
	else
		LAW(step->before, &step->event, is == was);
}

START_TEST(only_a_stop_starts_the_clock_of_kill)
{
	hold_everywhere(only_stops_arm);
}
END_TEST

static void late_stop(const struct step *step)
{
	bool is_stopped = step->before->phase == MACHINE_RUN && step->before->pid == 0 &&
			  step->before->want == MACHINE_WANT_DOWN && !step->before->draining;

	if (!is_stopped || step->event.kind != MACHINE_SPAWNED)
		return;
	LAW(step->before, &step->event, step->orders.signals[0] == policy.stop_signal);
	LAW(step->before, &step->event,
		(step->after.deadline != SV_NEVER) == (policy.timeout_kill > 0));
}

START_TEST(a_stop_that_came_before_the_start_was_known_is_made_up_for)
{
	hold_everywhere(late_stop);
}
END_TEST

static void term_sent_is_true(const struct step *step)
{
	const int signal = step->orders.signals[0];

	if (runs(step->before) && (signal == SIGTERM || signal == policy.stop_signal))
		LAW(step->before, &step->event, step->after.term_sent);
}

START_TEST(the_stop_signal_is_on_record)
{
	hold_everywhere(term_sent_is_true);
}
END_TEST

static void kill_is_announced(const struct step *step)
{
	struct sv_status status = {0};

	if (!runs(&step->after) || step->after.draining)
		return;
	machine_describe(&step->after, &policy, &status);
	LAW(step->before, &step->event,
		status.deadline_ms ==
			(step->after.deadline == SV_NEVER ? 0 : step->after.deadline));
	if (status.deadline_ms && !step->after.paused)
		LAW(step->before, &step->event, status.state == SV_STATE_STOPPING);
}

START_TEST(a_kill_to_come_is_announced)
{
	hold_everywhere(kill_is_announced);
}
END_TEST

/* --- ends ---------------------------------------------------------------------------------------- */

/* What the state is to be when finish has ended too; written from the man page, not from the code. */
static enum sv_state expected_state(const struct machine *m, const struct machine_event *end)
{
	/* The product's exits are of code 0, or unknown. */
	bool failed = !m->has_exit;

	if (m->hurry)
		return SV_STATE_STARTING;
	if (m->want == MACHINE_WANT_DOWN)
		return SV_STATE_STOPPED;
	if (end->kind == MACHINE_EXITED && end->wait_status == 125 << 8)
		return SV_STATE_FATAL;
	if (m->want == MACHINE_WANT_ONCE)
		return SV_STATE_EXITED;
	if (m->asked)
		return SV_STATE_STARTING;
	if (policy.restart == MACHINE_RESTART_NEVER ||
		(policy.restart == MACHINE_RESTART_ON_FAILURE && !failed))
		return SV_STATE_EXITED;
	if (policy.max_restarts && m->early_deaths > policy.max_restarts)
		return SV_STATE_FATAL;
	return SV_STATE_STARTING;
}

static void ends_as_asked(const struct step *step)
{
	const struct machine *m = step->before;
	struct sv_status status = {0};
	bool ends = m->pid ? step->event.kind == MACHINE_EXITED
			   : step->event.kind == MACHINE_ABSENT ||
				     step->event.kind == MACHINE_EXEC_FAILED;

	if (m->phase != MACHINE_FINISH || !ends || m->leaving)
		return;
	enum sv_state expected = expected_state(m, &step->event);
	machine_describe(&step->after, &policy, &status);
	if (expected == SV_STATE_STARTING) {
		LAW(m, &step->event,
			step->after.phase == MACHINE_RUN || step->after.phase == MACHINE_BACKOFF);
		return;
	}
	LAW(m, &step->event, step->after.phase == MACHINE_IDLE && status.state == expected);
	LAW(m, &step->event, !status.want_up);
}

START_TEST(every_end_leads_where_the_policy_says)
{
	hold_everywhere(ends_as_asked);
}
END_TEST

static void given_up_can_be_started(const struct step *step)
{
	const struct machine *m = step->before;
	bool starts = is_command(step, SV_COMMAND_UP) || is_command(step, SV_COMMAND_ONCE) ||
		      (step->event.kind == MACHINE_BEGIN && step->event.up);

	if (m->phase != MACHINE_IDLE)
		return;
	LAW(m, &step->event, (step->orders.start == MACHINE_START_RUN) == starts);
	if (starts)
		LAW(m, &step->event, !step->after.fatal && step->after.early_deaths == 0);
}

START_TEST(only_a_command_starts_what_was_given_up)
{
	hold_everywhere(given_up_can_be_started);
}
END_TEST

/* --- a life, told event by event ----------------------------------------------------------------- */

static struct machine_orders tell(struct machine *m, enum machine_event_kind kind, int wait_status)
{
	const struct machine_event event = {
		.kind = kind, .up = true, .pid = CHILD, .wait_status = wait_status};

	return machine_step(m, &event, NOW_MS, &policy);
}

/* Lives and dies at once, with `wait_status`, without a finish. */
static void die(struct machine *m, int wait_status)
{
	tell(m, MACHINE_SPAWNED, 0);
	tell(m, MACHINE_EXITED, wait_status);
	tell(m, MACHINE_ABSENT, 0);
}

START_TEST(so_many_restarts_and_no_more)
{
	struct machine m = machine_new();

	policy = machine_default_policy;
	policy.max_restarts = 3;
	tell(&m, MACHINE_BEGIN, 0);
	for (int i = 0; i < 3; i++) {
		die(&m, 1 << 8);
		ck_assert_int_eq(m.phase, MACHINE_BACKOFF);
		m.deadline = NOW_MS;
		tell(&m, MACHINE_DEADLINE, 0);
	}
	die(&m, 1 << 8);
	ck_assert_int_eq(m.phase, MACHINE_IDLE);
	ck_assert(m.fatal);
	ck_assert_uint_eq(m.early_deaths, 4);
	ck_assert_uint_eq(m.restarts, 3);
}
END_TEST

START_TEST(a_run_that_cannot_be_executed_is_never_tried_at_once)
{
	struct machine m = machine_new();

	policy = machine_default_policy;
	policy.stable_after = 0;
	tell(&m, MACHINE_BEGIN, 0);
	tell(&m, MACHINE_EXEC_FAILED, 0);
	tell(&m, MACHINE_ABSENT, 0);
	ck_assert_int_eq(m.phase, MACHINE_BACKOFF);
	ck_assert_int_gt(m.deadline, NOW_MS);
}
END_TEST

START_TEST(a_delay_is_never_less_than_was_asked_for)
{
	struct machine m = machine_new();

	policy = machine_default_policy;
	policy.restart_delay = 2 * policy.restart_delay_max;
	tell(&m, MACHINE_BEGIN, 0);
	die(&m, 1 << 8);
	ck_assert_int_ge(m.deadline, NOW_MS + policy.restart_delay);
}
END_TEST

/* Does an end with `wait_status` count as success for restart on-failure? */
static bool is_success(int wait_status)
{
	struct machine m = machine_new();

	tell(&m, MACHINE_BEGIN, 0);
	die(&m, wait_status);
	return m.phase == MACHINE_IDLE;
}

START_TEST(success_is_what_the_policy_calls_so)
{
	policy = machine_default_policy;
	policy.restart = MACHINE_RESTART_ON_FAILURE;
	for (int code = 0; code < 256; code++)
		ck_assert_int_eq(is_success(code << 8), code == 0);
	for (int signal = 1; signal <= 64; signal++)
		ck_assert(!is_success(signal));
	policy.success_codes[0] = 0;
	policy.success_codes[3] = (uint64_t)1 << 63;
	policy.success_signals = (uint64_t)1 << (SIGHUP - 1) | (uint64_t)1 << 63;
	for (int code = 0; code < 256; code++)
		ck_assert_int_eq(is_success(code << 8), code == 255);
	for (int signal = 1; signal <= 64; signal++)
		ck_assert_int_eq(is_success(signal), signal == SIGHUP || signal == 64);
}
END_TEST

/* --- adoption ------------------------------------------------------------------------------------ */

static void resumes_the_clock(const struct machine *state)
{
	struct sv_status saved = {.start_ticks = 1, .boot = 1};
	struct machine m;

	machine_describe(state, &policy, &saved);
	struct machine_orders orders = machine_resume(&m, &saved, true, NOW_MS, &policy);
	ck_assert(machine_holds(&m));
	if (runs(&m) && m.want == MACHINE_WANT_DOWN) {
		ck_assert_int_eq(
			m.deadline, policy.timeout_kill ? NOW_MS + policy.timeout_kill : SV_NEVER);
		ck_assert_int_eq(orders.signals[0], saved.term_sent ? 0 : policy.stop_signal);
	}
	if (state->phase == MACHINE_IDLE) {
		struct sv_status again = {0};
		machine_describe(&m, &policy, &again);
		ck_assert_int_eq(again.state, saved.state);
	}
}

START_TEST(an_adopted_stop_has_its_time_anew)
{
	for (unsigned n = 0; n < MACHINE_POLICIES; n++) {
		policy = machine_nth_policy(n);
		machine_each_state(resumes_the_clock);
	}
}
END_TEST

static Suite *suite(void)
{
	Suite *suite = suite_create("machine_policy");
	TCase *laws = tcase_create("policy");

	tcase_add_test(laws, nothing_is_killed_that_was_not_to_stop);
	tcase_add_test(laws, only_a_stop_starts_the_clock_of_kill);
	tcase_add_test(laws, a_stop_that_came_before_the_start_was_known_is_made_up_for);
	tcase_add_test(laws, the_stop_signal_is_on_record);
	tcase_add_test(laws, a_kill_to_come_is_announced);
	tcase_add_test(laws, every_end_leads_where_the_policy_says);
	tcase_add_test(laws, only_a_command_starts_what_was_given_up);
	tcase_add_test(laws, so_many_restarts_and_no_more);
	tcase_add_test(laws, a_run_that_cannot_be_executed_is_never_tried_at_once);
	tcase_add_test(laws, a_delay_is_never_less_than_was_asked_for);
	tcase_add_test(laws, success_is_what_the_policy_calls_so);
	tcase_add_test(laws, an_adopted_stop_has_its_time_anew);
	suite_add_tcase(suite, laws);
	return suite;
}

SV_CHECK_MAIN(suite)
