/* The words for people, the table they stand in, and the sentences that end a command.
 *
 * uses: svctl/text.o svctl/describe.o svctl/snapshot.o svctl/table.o svctl/outcome.o svctl/goal.o
 */
#include <signal.h>
#include <string.h>

#include "svctl/describe.h"
#include "svctl/outcome.h"
#include "svctl/table.h"
#include "tests/support/check_main.h"

enum { NOW = 1000000, UNIX = 1800000000 };

static char room[1024];
static struct text text;

static void setup(void)
{
	text = text_in(room, sizeof room);
}

static void expect(const char *words)
{
	ck_assert_str_eq(text_end(&text), words);
	setup();
}

static struct snapshot known(struct sv_status status)
{
	return (struct snapshot){.is_supervised = true, .kind = SV_STATUS_OURS, .status = status};
}

/* --- text ------------------------------------------------------------------------------------- */

START_TEST(test_numbers)
{
	text_number(&text, 0, 1);
	expect("0");
	text_number(&text, 7, 2);
	expect("07");
	text_number(&text, 123, 2);
	expect("123");
	text_number(&text, -5, 1);
	expect("-5");
	text_number(&text, INT64_MAX, 1);
	expect("9223372036854775807");
	text_number(&text, INT64_MIN, 1);
	expect("-9223372036854775808");
}
END_TEST

START_TEST(test_full_text)
{
	char small[8] = "#######";
	struct text in = text_in(small, 6);

	text_add(&in, "abcdef");
	ck_assert(!in.is_cut);
	text_add(&in, "g");
	ck_assert(in.is_cut);
	ck_assert_str_eq(text_end(&in), "abcde");
	ck_assert_int_eq(small[6], '#');
	in = text_in(small, 6);
	text_add(&in, "abcd");
	text_quoted(&in, "\001");
	ck_assert(in.is_cut);
	ck_assert_str_eq(text_end(&in), "abcd");
}
END_TEST

/* --- describe --------------------------------------------------------------------------------- */

static const struct {
	sv_ms ms;
	const char *words;
} uptimes[] = {
	{-1, "-"},
	{0, "0:00:00"},
	{999, "0:00:00"},
	{12000, "0:00:12"},
	{3599999, "0:59:59"},
	{3600000, "1:00:00"},
	{86399000, "23:59:59"},
	{86400000, "1 day, 0:00:00"},
	{(3 * 86400 + 3600 + 2 * 60 + 3) * 1000LL, "3 days, 1:02:03"},
	{400 * 86400000LL, "400 days, 0:00:00"},
};

START_TEST(test_uptime)
{
	describe_uptime(&text, uptimes[_i].ms);
	expect(uptimes[_i].words);
}
END_TEST

static const struct {
	int64_t seconds;
	const char *words;
} agos[] = {
	{-3600, "just now"},
	{0, "just now"},
	{1, "1s ago"},
	{59, "59s ago"},
	{60, "1m ago"},
	{3599, "59m ago"},
	{3600, "1h ago"},
	{86399, "23h ago"},
	{86400, "1d ago"},
	{1000000000, "11574d ago"},
};

START_TEST(test_ago)
{
	describe_ago(&text, agos[_i].seconds);
	expect(agos[_i].words);
}
END_TEST

START_TEST(test_exit)
{
	describe_exit(&text, 0);
	expect("code 0");
	describe_exit(&text, 111 << 8);
	expect("code 111");
	describe_exit(&text, SIGKILL);
	expect("signal KILL");
	describe_exit(&text, SIGSEGV | 0x80);
	expect("signal SEGV (core dumped)");
	describe_exit(&text, 42);
	expect("signal 42");
}
END_TEST

START_TEST(test_last_exit)
{
	struct snapshot snapshot = known((struct sv_status){0});

	describe_last_exit(&text, &snapshot, UNIX);
	expect("-");
	snapshot.status.has_exit = true;
	snapshot.status.wait_status = 1 << 8;
	describe_last_exit(&text, &snapshot, UNIX);
	expect("code 1");
	snapshot.status.exit_time = UNIX - 12;
	describe_last_exit(&text, &snapshot, UNIX);
	expect("code 1, 12s ago");
	snapshot.status.has_exit = false;
	describe_last_exit(&text, &snapshot, UNIX);
	expect("unknown, 12s ago");
	snapshot.kind = SV_STATUS_RUNIT;
	describe_last_exit(&text, &snapshot, UNIX);
	expect("-");
	snapshot = (struct snapshot){.trouble = "status is garbled"};
	describe_last_exit(&text, &snapshot, UNIX);
	expect("-");
}
END_TEST

static const struct {
	struct sv_status status;
	const char *words;
} whys[] = {
	{{.state = SV_STATE_STOPPED}, ""},
	{{.state = SV_STATE_RUNNING, .want_up = true}, ""},
	{{.state = SV_STATE_RUNNING}, "not to be restarted"},
	{{.state = SV_STATE_RUNNING, .want_up = true, .text = "17 tasks"}, "17 tasks"},
	{{.state = SV_STATE_RUNNING, .want_up = true, .text = "a\033[2Jb\n"}, "a\\x1b[2Jb\\n"},
	{{.state = SV_STATE_RUNNING, .leaving = true, .want_up = true}, "supervise is leaving"},
	{{.state = SV_STATE_STARTING, .want_up = true}, "not ready yet"},
	{{.state = SV_STATE_STARTING, .want_up = true, .stable_ms = NOW + 1}, ""},
	{{.state = SV_STATE_STARTING, .want_up = true, .stable_ms = NOW}, ""},
	{{.state = SV_STATE_BACKOFF, .deadline_ms = NOW + 2001, .early_deaths = 4},
		"restart in 3 s; exited 4 times in a row"},
	{{.state = SV_STATE_BACKOFF, .deadline_ms = NOW + 2000, .early_deaths = 1, .text = "why"},
		"restart in 2 s; exited 1 time early; why"},
	{{.state = SV_STATE_BACKOFF, .deadline_ms = NOW - 5}, "restart in 0 s"},
	{{.state = SV_STATE_BACKOFF, .deadline_ms = SV_NEVER, .text = "no fork"}, "no fork"},
	{{.state = SV_STATE_FATAL, .early_deaths = 5}, "given up; exited 5 times in a row"},
	{{.state = SV_STATE_STOPPING, .deadline_ms = NOW + 9000}, "KILL in 9 s"},
	{{.state = SV_STATE_FINISHING, .deadline_ms = NOW + 1}, "finish is killed in 1 s"},
	{{.state = SV_STATE_EXITED}, ""},
	{{.state = SV_STATE_PAUSED}, ""},
};

START_TEST(test_why)
{
	struct snapshot snapshot = known(whys[_i].status);

	describe_why(&text, &snapshot, NOW);
	expect(whys[_i].words);
	/* The cells of a row stand one behind the other: what was there before must not matter. */
	text_add(&text, "x");
	describe_why(&text, &snapshot, NOW);
	ck_assert_str_eq(text_end(&text) + 1, whys[_i].words);
}
END_TEST

START_TEST(test_why_unsupervised)
{
	struct snapshot snapshot = known((struct sv_status){.phase = SV_PHASE_RUN, .pid = 12});

	snapshot.is_supervised = false;
	describe_why(&text, &snapshot, NOW);
	expect("last seen up, pid 12");
	snapshot.kind = SV_STATUS_BAD;
	describe_why(&text, &snapshot, NOW);
	expect("");
	snapshot.trouble = "status is truncated";
	describe_why(&text, &snapshot, NOW);
	expect("status is truncated");
}
END_TEST

START_TEST(test_snapshot_words)
{
	struct snapshot snapshot = known((struct sv_status){.state = SV_STATE_STARTING,
		.phase = SV_PHASE_RUN,
		.stable_ms = NOW,
		.started_ms = NOW - 9});

	ck_assert_str_eq(snapshot_word(&snapshot, NOW - 1), "STARTING");
	ck_assert_str_eq(snapshot_word(&snapshot, NOW), "RUNNING");
	ck_assert(snapshot_is_up(&snapshot, NOW));
	ck_assert_int_eq(snapshot_uptime(&snapshot, NOW, UNIX), 9);
	ck_assert_int_eq(snapshot_uptime(&snapshot, NOW - 20, UNIX), 0);
	snapshot.kind = SV_STATUS_RUNIT;
	snapshot.status.changed.tv_sec = UNIX - 3;
	ck_assert_int_eq(snapshot_uptime(&snapshot, NOW, UNIX), 3000);
	snapshot.is_supervised = false;
	ck_assert_str_eq(snapshot_word(&snapshot, NOW), "UNSUPERVISED");
	ck_assert(!snapshot_is_up(&snapshot, NOW));
	ck_assert_int_eq(snapshot_uptime(&snapshot, NOW, UNIX), -1);
	snapshot.trouble = "status is garbled";
	ck_assert_str_eq(snapshot_word(&snapshot, NOW), "UNKNOWN");
}
END_TEST

/* --- table ------------------------------------------------------------------------------------ */

static struct table_row row_of(const char *cells[TABLE_COLUMNS], char *joined)
{
	struct table_row row = {.colour = TABLE_PLAIN};

	joined[0] = 0;
	for (size_t column = 0; column < TABLE_COLUMNS; column++) {
		row.size[column] = (uint16_t)strlen(cells[column]);
		strcat(joined, cells[column]);
	}
	return row;
}

START_TEST(test_table)
{
	const char *first[] = {"NAME", "STATE", "PID", "UP", "N", "LAST", "WHY"};
	const char *second[] = {"w\xc3\xbcrfel", "UP", "12345", "1", "", "", ""};
	char cells[2][128];
	struct table table = {.is_right = {[2] = true, [3] = true}};
	struct table_row rows[] = {row_of(first, cells[0]), row_of(second, cells[1])};

	for (size_t i = 0; i < 2; i++)
		table_widen(&table, &rows[i], cells[i]);
	rows[1].colour = TABLE_GREEN;
	for (size_t i = 0; i < 2; i++)
		table_line(&text, &table, &rows[i], cells[i]);
	expect("NAME    STATE    PID  UP  N  LAST  WHY\n"
	       "w\xc3\xbcrfel  \033[32mUP\033[0m     12345   1\n");
}
END_TEST

/* --- outcome ---------------------------------------------------------------------------------- */

static void expect_outcome(enum goal goal, enum outcome outcome, struct sv_status before,
	struct sv_status now, const char *words)
{
	struct snapshot was = known(before), is = known(now);

	outcome_sentence(&text, &(struct outcome_case){
					.label = "celery",
					.goal = goal,
					.outcome = outcome,
					.before = &was,
					.now = &is,
					.limit_ms = 1500,
					.begin_ms = NOW,
					.now_ms = NOW,
				});
	expect(words);
}

START_TEST(test_outcomes)
{
	const struct sv_status down = {.state = SV_STATE_STOPPED, .starts = 1};
	const struct sv_status first = {.state = SV_STATE_RUNNING,
		.phase = SV_PHASE_RUN,
		.pid = 7,
		.want_up = true,
		.starts = 1};
	struct sv_status second = first, dead = down, done = down, stuck = first;

	second.starts = 2;
	dead = (struct sv_status){.state = SV_STATE_BACKOFF,
		.starts = 4,
		.has_exit = true,
		.wait_status = 1 << 8,
		.text = "no such user"};
	done = (struct sv_status){.state = SV_STATE_EXITED, .starts = 2, .has_exit = true};
	stuck.state = SV_STATE_STOPPING;
	stuck.deadline_ms = NOW + 3000;
	expect_outcome(GOAL_START, OUTCOME_REACHED, down, second, "celery: started (pid 7)");
	expect_outcome(
		GOAL_START, OUTCOME_REACHED, first, first, "celery: already running (pid 7)");
	expect_outcome(GOAL_START, OUTCOME_REACHED, down, done, "celery: finished (code 0)");
	expect_outcome(GOAL_STOP, OUTCOME_REACHED, first, down, "celery: stopped");
	expect_outcome(GOAL_STOP, OUTCOME_REACHED, down, down, "celery: already stopped");
	expect_outcome(GOAL_RESTART, OUTCOME_REACHED, first, second, "celery: restarted (pid 7)");
	expect_outcome(GOAL_RESTART, OUTCOME_REACHED, down, second, "celery: started (pid 7)");
	expect_outcome(GOAL_START, OUTCOME_FAILED, down, dead,
		"celery: not started: exited 3 times, last with code 1; no such user");
	expect_outcome(GOAL_RESTART, OUTCOME_FAILED, second, dead,
		"celery: not restarted: exited 2 times, last with code 1; no such user");
	expect_outcome(GOAL_STOP, OUTCOME_TIMED_OUT, first, stuck,
		"celery: timed out after 1500 ms, state STOPPING (pid 7), KILL in 3 s");
	expect_outcome(GOAL_STOP, OUTCOME_LOST, first, first,
		"celery: its supervise went away, nobody looks after it");
}
END_TEST

START_TEST(test_outcome_codes)
{
	ck_assert_int_eq(outcome_code(OUTCOME_REACHED), 0);
	ck_assert_int_eq(outcome_code(OUTCOME_FAILED), 1);
	ck_assert_int_eq(outcome_code(OUTCOME_TIMED_OUT), 99);
	ck_assert_int_eq(outcome_code(OUTCOME_LOST), 102);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("svctl describe");
	TCase *tests = tcase_create("describe");

	tcase_add_checked_fixture(tests, setup, 0);
	tcase_add_test(tests, test_numbers);
	tcase_add_test(tests, test_full_text);
	tcase_add_loop_test(tests, test_uptime, 0, sizeof uptimes / sizeof *uptimes);
	tcase_add_loop_test(tests, test_ago, 0, sizeof agos / sizeof *agos);
	tcase_add_test(tests, test_exit);
	tcase_add_test(tests, test_last_exit);
	tcase_add_loop_test(tests, test_why, 0, sizeof whys / sizeof *whys);
	tcase_add_test(tests, test_why_unsupervised);
	tcase_add_test(tests, test_snapshot_words);
	tcase_add_test(tests, test_table);
	tcase_add_test(tests, test_outcomes);
	tcase_add_test(tests, test_outcome_codes);
	suite_add_tcase(suite, tests);
	return suite;
}

SV_CHECK_MAIN(make_suite)
