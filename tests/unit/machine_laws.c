/* The laws of supervise's machine, over the full product of states and events.
 * uses: supervise/machine.o supervise/machine_settle.o supervise/machine_describe.o */
#include <signal.h>
#include <string.h>

#include "tests/support/check_main.h"
#include "tests/unit/machine_states.h"

static const struct machine_policy *policy = &machine_default_policy;

/* The step under test and what it was given, for the failure message. */
struct step {
	struct machine before, after;
	struct machine_event event;
	struct machine_orders orders;
};

static struct step take(const struct machine *before, struct machine_event event)
{
	struct step step = {.before = *before, .after = *before, .event = event};

	step.orders = machine_step(&step.after, &event, NOW_MS, policy);
	return step;
}

static void (*law)(const struct step *);
static unsigned long steps;

static void try_events(const struct machine *state)
{
	for (unsigned n = 0;; n++) {
		struct machine_event event = machine_nth_event(n);
		if (event.kind == MACHINE_EVENTS)
			return;
		const struct step step = take(state, event);
		law(&step);
		steps++;
	}
}

static void each_state_and_policy(void (*look)(const struct machine *))
{
	for (unsigned n = 0; n < MACHINE_POLICIES; n++) {
		const struct machine_policy tried = machine_nth_policy(n);
		policy = &tried;
		machine_each_state(look);
	}
	policy = &machine_default_policy;
}

static void hold_everywhere(void (*checked)(const struct step *))
{
	law = checked;
	steps = 0;
	each_state_and_policy(try_events);
	ck_assert_uint_gt(steps, 20000);
}

#define LAW(step, condition)                                                                       \
	ck_assert_msg(condition,                                                                   \
		"phase %d want %d leaving %d draining %d pid %d, event %d command %d",             \
		(step)->before.phase, (step)->before.want, (step)->before.leaving,                 \
		(step)->before.draining, (int)(step)->before.pid, (step)->event.kind,              \
		(step)->event.command)

static void invariant_holds(const struct step *step)
{
	LAW(step, machine_holds(&step->after));
}

START_TEST(the_invariant_survives_every_event)
{
	hold_everywhere(invariant_holds);
}
END_TEST

static void one_copy(const struct step *step)
{
	bool child_ended = step->event.kind == MACHINE_EXITED;
	bool had_child = step->before.pid != 0;

	if (step->orders.start == MACHINE_START_NOTHING)
		return;
	LAW(step, !had_child || child_ended);
	LAW(step, step->after.pid == 0);
	LAW(step, step->before.phase != MACHINE_GONE);
	if (step->orders.start == MACHINE_START_RUN) {
		LAW(step, step->after.phase == MACHINE_RUN);
		/* A start that was ordered before and whose outcome is awaited is not ordered again. */
		LAW(step, step->before.phase != MACHINE_RUN || child_ended);
	} else {
		LAW(step, step->after.phase == MACHINE_FINISH);
	}
}

START_TEST(never_a_second_copy)
{
	hold_everywhere(one_copy);
}
END_TEST

static void no_start_when_leaving(const struct step *step)
{
	bool may = !step->before.leaving || step->before.draining;

	LAW(step, may || step->orders.start != MACHINE_START_RUN);
}

START_TEST(who_leaves_is_not_started_again)
{
	hold_everywhere(no_start_when_leaving);
}
END_TEST

static void death_leads_on(const struct step *step)
{
	bool died = step->event.kind == MACHINE_EXITED && step->before.pid != 0;

	if (died && step->before.phase == MACHINE_RUN)
		LAW(step, step->orders.start == MACHINE_START_FINISH && step->after.has_exit);
	if (died && step->before.phase == MACHINE_FINISH)
		LAW(step, step->after.phase != MACHINE_FINISH);
	/* When it is not to be started again, and what it is then, stands in machine_policy.c. */
	if (died && step->before.phase == MACHINE_FINISH && step->before.want == MACHINE_WANT_UP &&
		!step->before.leaving && step->after.phase == MACHINE_IDLE)
		LAW(step, step->after.want == MACHINE_WANT_ONCE);
}

START_TEST(a_death_is_never_forgotten)
{
	hold_everywhere(death_leads_on);
}
END_TEST

static void gone_for_good(const struct step *step)
{
	if (step->before.leaving)
		LAW(step, step->after.leaving);
	if (step->before.phase != MACHINE_GONE)
		return;
	LAW(step, step->after.phase == MACHINE_GONE);
	LAW(step, step->orders.start == MACHINE_START_NOTHING && step->orders.signals[0] == 0);
}

START_TEST(gone_is_gone)
{
	hold_everywhere(gone_for_good);
}
END_TEST

static void signals_need_a_child(const struct step *step)
{
	if (step->orders.signals[0])
		LAW(step, step->after.pid != 0 && step->orders.start == MACHINE_START_NOTHING);
	else
		LAW(step, step->orders.signals[1] == 0);
}

START_TEST(signals_only_to_a_living_child)
{
	hold_everywhere(signals_need_a_child);
}
END_TEST

static void command_signals(const struct step *step)
{
	int signal =
		step->event.kind == MACHINE_COMMAND ? sv_command_signal(step->event.command) : 0;

	if (signal && step->before.pid)
		LAW(step, step->orders.signals[0] == signal && step->orders.signals[1] == 0);
	if (signal)
		LAW(step, step->after.want == step->before.want &&
				  step->after.leaving == step->before.leaving);
}

START_TEST(signal_letters_send_their_signal_and_change_no_wish)
{
	hold_everywhere(command_signals);
}
END_TEST

static void down_means_down(const struct step *step)
{
	if (step->event.kind != MACHINE_COMMAND || step->event.command != SV_COMMAND_DOWN)
		return;
	LAW(step, step->before.phase == MACHINE_GONE || step->after.want == MACHINE_WANT_DOWN);
	LAW(step, step->after.phase != MACHINE_BACKOFF);
	if (step->before.phase == MACHINE_RUN && step->before.pid)
		LAW(step, step->orders.signals[0] == policy->stop_signal &&
				  step->orders.signals[1] == SIGCONT && step->after.term_sent);
}

START_TEST(down_sends_term_and_cont)
{
	hold_everywhere(down_means_down);
}
END_TEST

static bool is_same(const struct machine *a, const struct machine *b)
{
	struct sv_status left = {0}, right = {0};
	unsigned char packed_left[SV_STATUS_SIZE], packed_right[SV_STATUS_SIZE];

	machine_describe(a, policy, &left);
	machine_describe(b, policy, &right);
	sv_status_pack(packed_left, &left);
	sv_status_pack(packed_right, &right);
	return a->phase == b->phase && a->deadline == b->deadline && a->draining == b->draining &&
	       memcmp(packed_left, packed_right, sizeof packed_left) == 0;
}

static void early_deadline(const struct step *step)
{
	struct machine later = step->before, before = step->before;
	const struct machine_event event = {.kind = MACHINE_DEADLINE};

	if (later.deadline == SV_NEVER)
		return;
	later.deadline = before.deadline = NOW_MS + 1;
	struct machine_orders orders = machine_step(&later, &event, NOW_MS, policy);
	LAW(step, orders.start == MACHINE_START_NOTHING && orders.signals[0] == 0);
	LAW(step, is_same(&later, &before));
}

START_TEST(a_deadline_before_its_time_does_nothing)
{
	hold_everywhere(early_deadline);
}
END_TEST

/* --- every state leads out ----------------------------------------------------------------------- */

/* A world in which everything that is started runs, and `deadly` ends it; `reads`: a log reads its
 * input to the end and leaves by itself. */
struct world {
	int deadly;
	bool reads;
	uint32_t backlog;
};

/* What becomes of a child, or of a start whose outcome was awaited all along. */
static enum machine_event_kind next_kind(
	const struct world *world, const struct machine *m, bool hit)
{
	if (m->pid && (hit || world->reads || m->phase == MACHINE_FINISH))
		return MACHINE_EXITED;
	if (m->deadline == SV_NEVER && m->pid == 0 && m->phase == MACHINE_RUN)
		return MACHINE_SPAWNED;
	if (m->deadline == SV_NEVER && m->pid == 0 && m->phase == MACHINE_FINISH)
		return MACHINE_ABSENT;
	return MACHINE_DEADLINE;
}

static struct machine_event next_event(const struct world *world, const struct machine *m,
	const struct machine_orders *orders, sv_ms *now)
{
	bool hit = orders->signals[0] == world->deadly || orders->signals[0] == SIGKILL;
	bool started = orders->start != MACHINE_START_NOTHING;
	struct machine_event event = {
		.kind = started ? MACHINE_SPAWNED : next_kind(world, m, hit),
		.pid = CHILD,
		.backlog = world->backlog,
	};

	if (event.kind == MACHINE_EXITED)
		event.backlog = 0;
	if (event.kind == MACHINE_DEADLINE && m->deadline != SV_NEVER)
		*now = m->deadline;
	return event;
}

static unsigned steps_to_gone(
	struct machine m, struct machine_event event, const struct world *world)
{
	sv_ms now = NOW_MS;

	for (unsigned step = 0; step < 40; step++) {
		struct machine_orders orders = machine_step(&m, &event, now, policy);
		if (m.phase == MACHINE_GONE)
			return step;
		event = next_event(world, &m, &orders, &now);
	}
	return 1000;
}

static void exit_leads_out(const struct machine *state)
{
	const struct machine_event leave = {.kind = MACHINE_COMMAND, .command = SV_COMMAND_EXIT};
	const struct world obedient = {.deadly = policy->stop_signal};
	const struct world deaf = {.deadly = SIGKILL};

	/* A draining log is told by the end of its input. */
	if (state->draining)
		return;
	ck_assert_uint_lt(steps_to_gone(*state, leave, &obedient), 40);
	/* A run that must be killed leads out too, if it may be. */
	if (policy->timeout_kill > 0)
		ck_assert_uint_lt(steps_to_gone(*state, leave, &deaf), 40);
}

START_TEST(from_every_state_exit_leads_out)
{
	each_state_and_policy(exit_leads_out);
}
END_TEST

static void hasten_leads_out(const struct machine *state)
{
	const struct machine_event hasten = {.kind = MACHINE_HASTEN};
	const struct world deaf = {.deadly = SIGKILL};

	if (state->pid != 0 || state->phase == MACHINE_IDLE || state->phase == MACHINE_BACKOFF)
		ck_assert_uint_lt(steps_to_gone(*state, hasten, &deaf), 40);
}

START_TEST(hasten_needs_no_good_will)
{
	each_state_and_policy(hasten_leads_out);
}
END_TEST

static void input_end_leads_out(const struct machine *state)
{
	const struct machine_event end = {.kind = MACHINE_INPUT_END};
	const struct world good = {.deadly = policy->stop_signal, .reads = true, .backlog = 100};
	const struct world deaf = {.deadly = SIGKILL};

	if (state->leaving && !state->draining)
		return;
	ck_assert_uint_lt(steps_to_gone(*state, end, &good), 40);
	ck_assert_uint_lt(steps_to_gone(*state, end, &deaf), 40);
}

START_TEST(the_end_of_input_leads_a_log_out)
{
	each_state_and_policy(input_end_leads_out);
}
END_TEST

/* --- the view from outside ------------------------------------------------------------------------ */

static void description_fits(const struct machine *state)
{
	struct sv_status status = {0};
	unsigned char packed[SV_STATUS_SIZE];
	struct sv_status read_back;

	machine_describe(state, policy, &status);
	ck_assert_uint_eq(status.pid, (uint32_t)state->pid);
	ck_assert_int_eq(status.phase == SV_PHASE_DOWN, state->pid == 0);
	sv_status_pack(packed, &status);
	ck_assert_int_eq(sv_status_unpack(&read_back, packed, sizeof packed), SV_STATUS_OURS);
}

START_TEST(every_state_can_be_shown)
{
	each_state_and_policy(description_fits);
}
END_TEST

static Suite *suite(void)
{
	Suite *suite = suite_create("machine_laws");
	TCase *laws = tcase_create("laws");

	tcase_add_test(laws, the_invariant_survives_every_event);
	tcase_add_test(laws, never_a_second_copy);
	tcase_add_test(laws, who_leaves_is_not_started_again);
	tcase_add_test(laws, a_death_is_never_forgotten);
	tcase_add_test(laws, gone_is_gone);
	tcase_add_test(laws, signals_only_to_a_living_child);
	tcase_add_test(laws, signal_letters_send_their_signal_and_change_no_wish);
	tcase_add_test(laws, down_sends_term_and_cont);
	tcase_add_test(laws, a_deadline_before_its_time_does_nothing);
	tcase_add_test(laws, from_every_state_exit_leads_out);
	tcase_add_test(laws, hasten_needs_no_good_will);
	tcase_add_test(laws, the_end_of_input_leads_a_log_out);
	tcase_add_test(laws, every_state_can_be_shown);
	suite_add_tcase(suite, laws);
	return suite;
}

SV_CHECK_MAIN(suite)
