/* Delays of supervise's machine, and going on where a killed supervise stopped.
 * uses: supervise/machine.o supervise/machine_settle.o supervise/machine_describe.o supervise/machine_resume.o */
#include <signal.h>

#include "tests/support/check_main.h"
#include "tests/unit/machine_states.h"

static const struct machine_policy *const policy = &machine_default_policy;

/* --- delays -------------------------------------------------------------------------------------- */

/* A run that lives `life` ms and dies with code 1; returns the delay before the next start. */
static sv_ms live_and_die(struct machine *m, sv_ms *now, sv_ms life)
{
	struct machine_event event = {.kind = MACHINE_SPAWNED, .pid = CHILD};

	machine_step(m, &event, *now, policy);
	*now += life;
	event = (struct machine_event){.kind = MACHINE_EXITED, .wait_status = 1 << 8};
	machine_step(m, &event, *now, policy);
	event = (struct machine_event){.kind = MACHINE_ABSENT};
	machine_step(m, &event, *now, policy);
	if (m->phase == MACHINE_RUN)
		return 0;
	sv_ms delay = m->deadline - *now;
	*now = m->deadline;
	event = (struct machine_event){.kind = MACHINE_DEADLINE};
	machine_step(m, &event, *now, policy);
	return delay;
}

START_TEST(delays_double_up_to_the_limit_and_are_forgotten)
{
	static const sv_ms expected[] = {1000, 2000, 4000, 5000, 5000, 5000};
	struct machine m = machine_new();
	const struct machine_event begin = {.kind = MACHINE_BEGIN, .up = true};
	sv_ms now = NOW_MS;

	machine_step(&m, &begin, now, policy);
	for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
		sv_ms delay = live_and_die(&m, &now, 10);
		ck_assert_int_ge(delay, expected[i]);
		ck_assert_int_le(delay, expected[i] + expected[i] / 16);
	}
	ck_assert_int_eq(live_and_die(&m, &now, 1000), 0);
	ck_assert_int_ge(live_and_die(&m, &now, 999), 1000);
	ck_assert_uint_eq(m.restarts, 8);
}
END_TEST

START_TEST(a_death_by_command_is_no_crash)
{
	struct machine m = machine_new();
	struct machine_event event = {.kind = MACHINE_BEGIN, .up = true};

	machine_step(&m, &event, NOW_MS, policy);
	event = (struct machine_event){.kind = MACHINE_SPAWNED, .pid = CHILD};
	machine_step(&m, &event, NOW_MS, policy);
	event = (struct machine_event){.kind = MACHINE_COMMAND, .command = SV_COMMAND_TERM};
	machine_step(&m, &event, NOW_MS, policy);
	event = (struct machine_event){.kind = MACHINE_EXITED, .wait_status = SIGTERM};
	machine_step(&m, &event, NOW_MS, policy);
	event = (struct machine_event){.kind = MACHINE_ABSENT};
	struct machine_orders orders = machine_step(&m, &event, NOW_MS, policy);
	ck_assert_int_eq(orders.start, MACHINE_START_RUN);
	ck_assert_uint_eq(m.restarts, 0);
}
END_TEST

/* --- resuming ------------------------------------------------------------------------------------ */

/* The status that a machine publishes, with what others add. */
static struct sv_status status_of(const struct machine *m)
{
	struct sv_status status = {.start_ticks = 1, .boot = 1};

	machine_describe(m, policy, &status);
	return status;
}

static void resumes_as_it_was(const struct machine *state)
{
	const struct sv_status saved = status_of(state);
	struct machine m;
	struct machine_orders orders = machine_resume(&m, &saved, true, NOW_MS, policy);

	ck_assert(machine_holds(&m));
	ck_assert_int_eq(orders.start, MACHINE_START_NOTHING);
	ck_assert_uint_eq(m.starts, state->starts);
	/* A child is still there, and still the same program; nothing else is. */
	ck_assert_int_eq(m.pid, state->pid);
	if (state->pid)
		ck_assert_int_eq(m.phase, state->phase);
	/* A wish survives, unless supervise was about to leave. */
	if (!state->leaving)
		ck_assert_int_eq(m.want == MACHINE_WANT_UP, state->want == MACHINE_WANT_UP);
}

START_TEST(every_state_is_resumed)
{
	machine_each_state(resumes_as_it_was);
}
END_TEST

START_TEST(a_stop_that_was_not_carried_out_is)
{
	struct machine m = machine_new();

	m.phase = MACHINE_RUN;
	m.pid = CHILD;
	m.want = MACHINE_WANT_DOWN;
	struct sv_status saved = status_of(&m);
	struct machine_orders orders = machine_resume(&m, &saved, true, NOW_MS, policy);
	ck_assert_int_eq(orders.signals[0], SIGTERM);
	ck_assert_int_eq(orders.signals[1], SIGCONT);
	/* One that was is not repeated: some programs take a second TERM for impatience. */
	saved = status_of(&m);
	orders = machine_resume(&m, &saved, true, NOW_MS, policy);
	ck_assert_int_eq(orders.signals[0], 0);
	ck_assert_int_eq(m.want, MACHINE_WANT_DOWN);
}
END_TEST

START_TEST(once_stays_once)
{
	struct machine m = machine_new();

	m.phase = MACHINE_RUN;
	m.pid = CHILD;
	m.want = MACHINE_WANT_ONCE;
	const struct sv_status saved = status_of(&m);
	struct machine_orders orders = machine_resume(&m, &saved, true, NOW_MS, policy);
	ck_assert_int_eq(orders.signals[0], 0);
	ck_assert_int_eq(m.want, MACHINE_WANT_ONCE);
}
END_TEST

static Suite *suite(void)
{
	Suite *suite = suite_create("machine_time");
	TCase *cases = tcase_create("time");

	tcase_add_test(cases, delays_double_up_to_the_limit_and_are_forgotten);
	tcase_add_test(cases, a_death_by_command_is_no_crash);
	tcase_add_test(cases, every_state_is_resumed);
	tcase_add_test(cases, a_stop_that_was_not_carried_out_is);
	tcase_add_test(cases, once_stays_once);
	suite_add_tcase(suite, cases);
	return suite;
}

SV_CHECK_MAIN(suite)
