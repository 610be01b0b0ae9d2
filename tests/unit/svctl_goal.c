/* When a wait is over: single cases, and laws over many pairs of before and now.
 *
 * uses: svctl/goal.o svctl/snapshot.o */
#include "svctl/goal.h"
#include "tests/support/check_main.h"

enum { NOW = 100000 };

static struct snapshot known(struct sv_status status)
{
	return (struct snapshot){.is_supervised = true, .kind = SV_STATUS_OURS, .status = status};
}

/* The usual moments in a service's life; the numbers are the count of starts. */
static struct snapshot stopped(uint32_t starts)
{
	return known(
		(struct sv_status){.state = SV_STATE_STOPPED, .starts = starts, .changed_ms = 1});
}

static struct snapshot young(uint32_t starts)
{
	return known((struct sv_status){.state = SV_STATE_STARTING,
		.phase = SV_PHASE_RUN,
		.pid = 42,
		.want_up = true,
		.starts = starts,
		.stable_ms = NOW + 500});
}

static struct snapshot running(uint32_t starts)
{
	struct snapshot snapshot = young(starts);

	snapshot.status.stable_ms = NOW - 500;
	return snapshot;
}

static struct snapshot stopping(uint32_t starts, bool want_up)
{
	struct snapshot snapshot = running(starts);

	snapshot.status.state = want_up ? SV_STATE_STARTING : SV_STATE_STOPPING;
	snapshot.status.term_sent = true;
	snapshot.status.want_up = want_up;
	return snapshot;
}

static struct snapshot finishing(uint32_t starts)
{
	return known((struct sv_status){.state = SV_STATE_FINISHING,
		.phase = SV_PHASE_FINISH,
		.pid = 43,
		.want_up = true,
		.starts = starts});
}

static struct snapshot backoff(uint32_t starts, uint32_t early_deaths, sv_ms changed_ms)
{
	return known((struct sv_status){.state = SV_STATE_BACKOFF,
		.want_up = true,
		.starts = starts,
		.early_deaths = early_deaths,
		.has_exit = true,
		.wait_status = 1 << 8,
		.changed_ms = changed_ms});
}

static struct snapshot ended(
	enum sv_state state, uint32_t starts, uint32_t wait_status, sv_ms changed)
{
	return known((struct sv_status){.state = state,
		.starts = starts,
		.has_exit = true,
		.wait_status = wait_status,
		.changed_ms = changed});
}

static struct snapshot runit(enum sv_phase phase, bool want_up, int64_t changed)
{
	struct snapshot snapshot = known((struct sv_status){.phase = phase,
		.pid = phase == SV_PHASE_DOWN ? 0 : 7,
		.want_up = want_up,
		.changed.tv_sec = changed});

	snapshot.kind = SV_STATUS_RUNIT;
	snapshot.status.state = phase == SV_PHASE_RUN ? SV_STATE_RUNNING
				: want_up             ? SV_STATE_BACKOFF
						      : SV_STATE_STOPPED;
	return snapshot;
}

static void expect(
	enum verdict verdict, enum goal goal, struct snapshot before, struct snapshot now)
{
	ck_assert_int_eq(goal_judge(goal, &before, &now, NOW), verdict);
}

static const enum verdict PENDING = VERDICT_PENDING, REACHED = VERDICT_REACHED,
			  FAILED = VERDICT_FAILED;

START_TEST(test_up)
{
	expect(REACHED, GOAL_UP, stopped(0), young(1));
	expect(REACHED, GOAL_UP, running(1), running(1));
	expect(PENDING, GOAL_UP, stopped(1), stopped(1));
	expect(PENDING, GOAL_UP, stopped(1), finishing(1));
	expect(PENDING, GOAL_UP, stopped(1), backoff(1, 1, 2));
	/* An old run on its way out is not what -wu -u asks for. */
	expect(PENDING, GOAL_UP, stopping(1, false), stopping(1, false));
	expect(REACHED, GOAL_UP, stopped(1), runit(SV_PHASE_RUN, true, 5));
}
END_TEST

START_TEST(test_down)
{
	for (enum goal goal = GOAL_NONE; goal <= GOAL_RESTART; goal++) {
		if (goal != GOAL_DOWN && goal != GOAL_STOP)
			continue;
		expect(REACHED, goal, running(1), stopped(1));
		expect(REACHED, goal, stopped(1), stopped(1));
		expect(REACHED, goal, running(1), ended(SV_STATE_EXITED, 1, 0, 1));
		expect(REACHED, goal, running(1), ended(SV_STATE_FATAL, 1, 0, 1));
		expect(PENDING, goal, running(1), running(1));
		expect(PENDING, goal, running(1), stopping(1, false));
		expect(PENDING, goal, running(1), finishing(1));
		expect(PENDING, goal, running(1), backoff(1, 1, 1));
		expect(REACHED, goal, running(1), runit(SV_PHASE_DOWN, false, 5));
		expect(PENDING, goal, running(1), runit(SV_PHASE_DOWN, true, 5));
	}
}
END_TEST

START_TEST(test_again)
{
	expect(PENDING, GOAL_AGAIN, running(1), running(1));
	expect(PENDING, GOAL_AGAIN, running(1), stopping(1, true));
	expect(PENDING, GOAL_AGAIN, running(1), finishing(1));
	expect(REACHED, GOAL_AGAIN, running(1), young(2));
	expect(REACHED, GOAL_AGAIN, running(1), young(3));
	expect(PENDING, GOAL_AGAIN, running(1), backoff(2, 1, 5));
	expect(REACHED, GOAL_AGAIN, running(UINT32_MAX), young(0));
	expect(PENDING, GOAL_AGAIN, runit(SV_PHASE_RUN, true, 5), runit(SV_PHASE_RUN, true, 5));
	expect(REACHED, GOAL_AGAIN, runit(SV_PHASE_RUN, true, 5), runit(SV_PHASE_RUN, true, 6));
}
END_TEST

START_TEST(test_start)
{
	expect(PENDING, GOAL_START, stopped(3), stopped(3));
	expect(PENDING, GOAL_START, stopped(3), young(4));
	expect(REACHED, GOAL_START, stopped(3), running(4));
	expect(REACHED, GOAL_START, running(3), running(3));
	expect(PENDING, GOAL_START, young(3), young(3));
	/* It died, or died and came back, before it was stable. */
	expect(FAILED, GOAL_START, stopped(3), finishing(4));
	expect(FAILED, GOAL_START, stopped(3), backoff(4, 1, 9));
	expect(FAILED, GOAL_START, stopped(3), young(5));
	expect(FAILED, GOAL_START, young(3), backoff(3, 1, 9));
	expect(FAILED, GOAL_START, running(3), young(4));
	/* A run that was told to go is not the one asked for. */
	expect(PENDING, GOAL_START, stopping(3, false), stopping(3, true));
	expect(PENDING, GOAL_START, stopping(3, false), finishing(3));
	expect(REACHED, GOAL_START, stopping(3, false), running(4));
	expect(REACHED, GOAL_START, finishing(3), running(4));
	/* One that does its work and ends well. */
	expect(REACHED, GOAL_START, stopped(3), ended(SV_STATE_EXITED, 4, 0, 9));
	expect(FAILED, GOAL_START, stopped(3), ended(SV_STATE_EXITED, 4, 1 << 8, 9));
}
END_TEST

START_TEST(test_start_that_cannot_begin)
{
	/* Still the old back-off: the command has not been read yet. */
	expect(PENDING, GOAL_START, backoff(3, 5, 1), backoff(3, 5, 1));
	/* The count of early deaths begins anew with a command, so it may be lower than before. */
	expect(FAILED, GOAL_START, backoff(3, 5, 1), backoff(3, 1, 9));
	expect(FAILED, GOAL_START, stopped(0), backoff(0, 1, 9));
	expect(PENDING, GOAL_START, ended(SV_STATE_FATAL, 3, 1, 7), ended(SV_STATE_FATAL, 3, 1, 7));
	expect(FAILED, GOAL_START, ended(SV_STATE_FATAL, 3, 1, 7), ended(SV_STATE_FATAL, 3, 1, 8));
}
END_TEST

START_TEST(test_restart)
{
	expect(PENDING, GOAL_RESTART, running(3), running(3));
	expect(PENDING, GOAL_RESTART, running(3), stopping(3, true));
	expect(PENDING, GOAL_RESTART, running(3), finishing(3));
	expect(PENDING, GOAL_RESTART, running(3), young(4));
	expect(REACHED, GOAL_RESTART, running(3), running(4));
	expect(FAILED, GOAL_RESTART, running(3), backoff(4, 1, 9));
	expect(FAILED, GOAL_RESTART, running(3), young(5));
	expect(REACHED, GOAL_RESTART, stopped(3), running(4));
	expect(PENDING, GOAL_RESTART, runit(SV_PHASE_RUN, true, 5), runit(SV_PHASE_RUN, true, 5));
	expect(REACHED, GOAL_RESTART, runit(SV_PHASE_RUN, true, 5), runit(SV_PHASE_RUN, true, 6));
}
END_TEST

START_TEST(test_look_again)
{
	struct snapshot snapshot = young(1);

	ck_assert_int_eq(goal_look_again(GOAL_START, &snapshot, NOW), NOW + 500);
	ck_assert_int_eq(goal_look_again(GOAL_RESTART, &snapshot, NOW), NOW + 500);
	ck_assert_int_eq(goal_look_again(GOAL_UP, &snapshot, NOW), SV_NEVER);
	ck_assert_int_eq(goal_look_again(GOAL_START, &snapshot, NOW + 500), SV_NEVER);
	snapshot.status.stable_ms = 0;
	ck_assert_int_eq(goal_look_again(GOAL_START, &snapshot, NOW), SV_NEVER);
	snapshot = stopped(1);
	ck_assert_int_eq(goal_look_again(GOAL_START, &snapshot, NOW), SV_NEVER);
}
END_TEST

START_TEST(test_deaths)
{
	struct snapshot before = stopped(3), twice = backoff(5, 2, 9), once = backoff(4, 1, 9),
			up = young(5), none = backoff(3, 1, 9);

	ck_assert_uint_eq(goal_deaths(GOAL_START, &before, &once), 1);
	ck_assert_uint_eq(goal_deaths(GOAL_START, &before, &twice), 2);
	ck_assert_uint_eq(goal_deaths(GOAL_START, &before, &up), 1);
	ck_assert_uint_eq(goal_deaths(GOAL_START, &before, &none), 0);
}
END_TEST

START_TEST(test_waits_for_end)
{
	struct snapshot before = running(3), leaving = stopping(3, true), cleaning = finishing(3),
			up = young(4), down = backoff(3, 1, 9);

	ck_assert(goal_waits_for_end(GOAL_RESTART, &before, &before));
	ck_assert(goal_waits_for_end(GOAL_RESTART, &before, &leaving));
	ck_assert(goal_waits_for_end(GOAL_RESTART, &before, &cleaning));
	ck_assert(!goal_waits_for_end(GOAL_RESTART, &before, &up));
	ck_assert(!goal_waits_for_end(GOAL_RESTART, &before, &down));
	ck_assert(!goal_waits_for_end(GOAL_START, &before, &leaving));
}
END_TEST

START_TEST(test_bytes)
{
	struct snapshot up = running(1), down = stopped(1), cleaning = finishing(1);

	ck_assert_str_eq(goal_bytes(GOAL_START, &down), "u");
	ck_assert_str_eq(goal_bytes(GOAL_START, &up), "u");
	ck_assert_str_eq(goal_bytes(GOAL_STOP, &up), "d");
	ck_assert_str_eq(goal_bytes(GOAL_RESTART, &up), "tcu");
	ck_assert_str_eq(goal_bytes(GOAL_RESTART, &down), "u");
	ck_assert_str_eq(goal_bytes(GOAL_RESTART, &cleaning), "u");
	ck_assert_str_eq(goal_bytes(GOAL_UP, &down), "");
}
END_TEST

/* Over every state, phase, count and want: what is reached is true, and only starts can fail. */
static void check_laws(enum goal goal, const struct snapshot *before, const struct snapshot *now)
{
	enum verdict verdict = goal_judge(goal, before, now, NOW);
	bool is_down = now->status.phase == SV_PHASE_DOWN;
	bool is_start = goal == GOAL_START || goal == GOAL_RESTART;

	if (verdict == VERDICT_FAILED)
		ck_assert(is_start);
	if (verdict != VERDICT_REACHED)
		return;
	if (goal == GOAL_UP || goal == GOAL_AGAIN)
		ck_assert(now->status.phase == SV_PHASE_RUN);
	if (goal == GOAL_DOWN || goal == GOAL_STOP)
		ck_assert(is_down);
	if (goal == GOAL_AGAIN || goal == GOAL_RESTART)
		ck_assert_uint_ne(now->status.starts, before->status.starts);
}

/* The `number`-th combination. */
static struct snapshot combination(unsigned number)
{
	struct sv_status status = {.pid = 9, .changed_ms = 5, .has_exit = true};

	status.state = (enum sv_state)(number % SV_STATES);
	number /= SV_STATES;
	status.phase = (enum sv_phase)(number % 3);
	number /= 3;
	status.want_up = number & 1;
	status.term_sent = number & 2;
	status.starts = 4 + (number >> 2 & 1);
	status.stable_ms = number >> 3 & 1 ? NOW - 1 : NOW + 1;
	return known(status);
}

START_TEST(test_laws)
{
	const unsigned count = SV_STATES * 3 * 16;

	for (unsigned i = 0; i < count; i++) {
		struct snapshot before = combination(i);
		for (unsigned j = 0; j < count; j++) {
			struct snapshot now = combination(j);
			for (enum goal goal = GOAL_UP; goal <= GOAL_RESTART; goal++)
				check_laws(goal, &before, &now);
		}
	}
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("svctl goal");
	TCase *tests = tcase_create("goal");

	tcase_add_test(tests, test_up);
	tcase_add_test(tests, test_down);
	tcase_add_test(tests, test_again);
	tcase_add_test(tests, test_start);
	tcase_add_test(tests, test_start_that_cannot_begin);
	tcase_add_test(tests, test_restart);
	tcase_add_test(tests, test_look_again);
	tcase_add_test(tests, test_deaths);
	tcase_add_test(tests, test_waits_for_end);
	tcase_add_test(tests, test_bytes);
	tcase_add_test(tests, test_laws);
	suite_add_tcase(suite, tests);
	return suite;
}

SV_CHECK_MAIN(make_suite)
