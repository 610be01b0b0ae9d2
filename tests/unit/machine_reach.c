/* Which states supervise's machine can come into at all, by trying every event in every state found.
 * uses: supervise/machine.o supervise/machine_settle.o supervise/machine_describe.o */
#include "tests/support/check_main.h"
#include "tests/unit/machine_states.h"

enum { KEYS = MACHINE_PHASES * MACHINE_WANTS << 10 };

static struct machine found[KEYS];
static bool is_found[KEYS];
static unsigned queue[KEYS], queued;

/* What tells two states apart here: everything but counters and moments. */
static unsigned key_of(const struct machine *m)
{
	unsigned bits = (unsigned)m->leaving | (unsigned)m->draining << 1 |
			(unsigned)m->paused << 2 | (unsigned)m->term_sent << 3 |
			(unsigned)m->prodded << 4 | (unsigned)m->hurry << 5 |
			(unsigned)(m->pid != 0) << 6 | (unsigned)m->asked << 7 |
			(unsigned)m->fatal << 8 | (unsigned)(m->deadline != SV_NEVER) << 9;

	return ((unsigned)m->phase * MACHINE_WANTS + (unsigned)m->want) << 10 | bits;
}

static void add(const struct machine *m)
{
	unsigned key = key_of(m);

	if (is_found[key])
		return;
	is_found[key] = true;
	found[key] = *m;
	queue[queued++] = key;
}

/* Time passes far enough for any deadline, and the policy may change between any two events. */
static void try_every_event(const struct machine *from)
{
	for (unsigned n = 0; n < MACHINE_NTH_EVENTS * MACHINE_POLICIES; n++) {
		const struct machine_policy policy = machine_nth_policy(n % MACHINE_POLICIES);
		const struct machine_event event = machine_nth_event(n / MACHINE_POLICIES);
		struct machine m = *from;
		sv_ms now = m.deadline != SV_NEVER ? m.deadline : m.changed + 10;
		machine_step(&m, &event, now, &policy);
		ck_assert_msg(machine_holds(&m), "phase %d want %d event %d", m.phase, m.want,
			event.kind);
		add(&m);
	}
}

static void explore(void)
{
	struct machine start = machine_new();

	start.changed = NOW_MS;
	add(&start);
	for (unsigned i = 0; i < queued; i++)
		try_every_event(&found[queue[i]]);
}

/* What is wanted up is never idle, and x makes it wanted down. */
static bool may_be(enum machine_phase phase, enum machine_want want)
{
	return phase != MACHINE_IDLE || want != MACHINE_WANT_UP;
}

START_TEST(every_phase_and_wish_can_be_reached)
{
	bool seen[MACHINE_PHASES][MACHINE_WANTS] = {{false}};

	explore();
	for (unsigned i = 0; i < queued; i++)
		seen[found[queue[i]].phase][found[queue[i]].want] = true;
	for (unsigned phase = 0; phase < MACHINE_PHASES; phase++)
		for (unsigned want = 0; want < MACHINE_WANTS; want++)
			ck_assert_msg(seen[phase][want] == may_be((enum machine_phase)phase,
								   (enum machine_want)want),
				"phase %u want %u", phase, want);
	ck_assert_uint_gt(queued, 100);
}
END_TEST

static bool leads_out[KEYS];

/* Does one event lead from here to a state that is known to lead out? */
static bool finds_way_out(const struct machine *from)
{
	for (unsigned n = 0;; n++) {
		struct machine_event event = machine_nth_event(n);
		if (event.kind == MACHINE_EVENTS)
			return false;
		struct machine m = *from;
		sv_ms now = m.deadline != SV_NEVER ? m.deadline : m.changed + 10;
		machine_step(&m, &event, now, &machine_default_policy);
		if (leads_out[key_of(&m)])
			return true;
	}
}

START_TEST(gone_can_be_reached_from_every_state_found)
{
	bool more = true;

	explore();
	for (unsigned i = 0; i < queued; i++)
		leads_out[queue[i]] = found[queue[i]].phase == MACHINE_GONE;
	while (more) {
		more = false;
		for (unsigned i = 0; i < queued; i++) {
			if (leads_out[queue[i]] || !finds_way_out(&found[queue[i]]))
				continue;
			leads_out[queue[i]] = more = true;
		}
	}
	for (unsigned i = 0; i < queued; i++)
		ck_assert_msg(leads_out[queue[i]], "phase %d want %d", found[queue[i]].phase,
			found[queue[i]].want);
}
END_TEST

static Suite *suite(void)
{
	Suite *suite = suite_create("machine_reach");
	TCase *reach = tcase_create("reach");

	tcase_add_test(reach, every_phase_and_wish_can_be_reached);
	tcase_add_test(reach, gone_can_be_reached_from_every_state_found);
	suite_add_tcase(suite, reach);
	return suite;
}

SV_CHECK_MAIN(suite)
