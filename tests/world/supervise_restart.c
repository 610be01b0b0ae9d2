/* Deaths and what follows them: finish and its arguments, restarts and their delays. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/check_main.h"
#include "tests/support/world.h"

/* Milliseconds since boot, as the first field of /proc/uptime has them, to the trace. */
#define STAMP "read up _ </proc/uptime; echo \"$up\" >>trace; "

/* The stamp in line `number` of a trace. */
static sv_ms stamp_of(const char *trace, size_t number)
{
	const char *at = world_text(trace);

	while (number-- > 0)
		at = strchr(at, '\n') + 1;
	return (sv_ms)(strtod(at, NULL) * 1000);
}

/* The line that finish wrote. */
static void assert_finished(const char *line)
{
	WORLD_WAIT(world_has("svc/finished", "\n"));
	ck_assert_str_eq(world_text("svc/finished"), line);
	ck_assert_int_eq(unlink("svc/finished"), 0);
}

static void finish_writes_arguments(void)
{
	world_script("svc/finish", "echo \"$*\" >finished.new; mv finished.new finished\n");
}

START_TEST(finish_is_told_code_name_and_group)
{
	char line[128];

	finish_writes_arguments();
	world_script("svc/run", "echo $$ >pid; exit 7\n");
	world_supervise("svc");
	WORLD_WAIT(world_has("svc/finished", "\n"));
	snprintf(line, sizeof line, "7 0 svc %ld\n", world_number("svc/pid"));
	assert_finished(line);
	/* 111 of its own, and a second go. */
	world_script("svc/run", "echo $$ >pid; exit 111\n");
	world_wait_state("svc", SV_STATE_BACKOFF);
	world_control("svc", "u");
	WORLD_WAIT(world_has("svc/finished", "\n"));
	snprintf(line, sizeof line, "111 0 svc %ld\n", world_number("svc/pid"));
	assert_finished(line);
}
END_TEST

START_TEST(finish_is_told_the_signal)
{
	static const struct {
		const char *letters, *expected;
	} deaths[] = {{"k", "-1 9 svc "}, {"t", "-1 15 svc "}, {"1", "-1 10 svc "}};
	char line[128];

	finish_writes_arguments();
	world_script("svc/run", "exec sleep 1000\n");
	world_supervise("svc");
	pid_t run = world_wait_run("svc");
	for (size_t i = 0; i < sizeof deaths / sizeof *deaths; i++) {
		world_control("svc", deaths[i].letters);
		snprintf(line, sizeof line, "%s%d\n", deaths[i].expected, (int)run);
		assert_finished(line);
		run = world_wait_next_run("svc", run);
	}
}
END_TEST

START_TEST(finish_follows_a_run_that_cannot_be_executed)
{
	finish_writes_arguments();
	world_supervise("svc");
	WORLD_WAIT(world_has("svc/finished", "\n"));
	ck_assert_str_eq(world_text("svc/finished"), "111 0 svc 0\n");
}
END_TEST

START_TEST(a_finish_that_cannot_be_executed_delays_nothing)
{
	world_write("svc/finish", "no program\n");
	world_script("svc/run", "exec sleep 1000\n");
	world_supervise("svc");
	pid_t run = world_wait_run("svc");
	world_control("svc", "t");
	run = world_wait_next_run("svc", run);
	ck_assert_msg(world_has("err", "svc: finish is not executable"), "%s", world_text("err"));
	world_control("svc", "d");
	world_wait_state("svc", SV_STATE_STOPPED);
}
END_TEST

START_TEST(commands_reach_a_finish)
{
	world_script("svc/run", "exit 0\n");
	world_recorder("svc/finish");
	world_supervise("svc");
	world_wait_state("svc", SV_STATE_FINISHING);
	WORLD_WAIT(world_has("svc/trace", "start\n"));
	world_control("svc", "h");
	WORLD_WAIT(world_has("svc/trace", "HUP\n"));
	/* d does not signal it: it is the end already. */
	world_control("svc", "d1");
	WORLD_WAIT(world_has("svc/trace", "USR1\n"));
	ck_assert(!world_has("svc/trace", "TERM\n"));
	world_control("svc", "k");
	world_wait_state("svc", SV_STATE_STOPPED);
}
END_TEST

/* --- what takes seconds, side by side ---------------------------------------------------------- */

static void assert_early_deaths_are_delayed(void)
{
	WORLD_WAIT(world_count("early/trace", "\n") >= 3);
	sv_ms first = stamp_of("early/trace", 1) - stamp_of("early/trace", 0);
	sv_ms second = stamp_of("early/trace", 2) - stamp_of("early/trace", 1);
	/* Uptime has hundredths, so two stamps can be 10 ms off. */
	ck_assert_msg(first >= 980, "first delay %d ms", (int)first);
	ck_assert_msg(second >= 1980, "second delay %d ms", (int)second);
	ck_assert_msg(first + second < 6000, "%d ms", (int)(first + second));
}

static void assert_long_lives_are_not(void)
{
	struct sv_status status;

	WORLD_WAIT(world_count("long/trace", "\n") >= 3);
	ck_assert(world_status("long", &status));
	ck_assert_uint_eq(status.early_deaths, 0);
	ck_assert_uint_ge(status.restarts, 2);
	sv_ms both = stamp_of("long/trace", 2) - stamp_of("long/trace", 0);
	ck_assert_msg(both >= 2180, "%d ms", (int)both);
	ck_assert_msg(both < 4000, "%d ms", (int)both);
}

START_TEST(delays_and_limits)
{
	world_script("early/run", STAMP "exit 1\n");
	world_script("long/run", STAMP "exec sleep 1.1\n");
	world_script("hang/run", "exec sleep 1000\n");
	/* A finish that hangs is killed with its children. */
	world_script("hang/finish", "trap '' TERM; sleep 1000 & echo $! >child; wait; wait\n");
	pid_t pid = world_supervise("hang");
	world_wait_run("hang");
	world_control("hang", "x");
	world_wait_state("hang", SV_STATE_FINISHING);
	sv_ms began = sv_now_ms();
	WORLD_WAIT(world_has("hang/child", "\n"));
	pid_t child = (pid_t)world_number("hang/child");
	world_supervise("early");
	world_supervise("long");
	assert_early_deaths_are_delayed();
	assert_long_lives_are_not();
	ck_assert(world_alive(child));
	ck_assert_int_eq(world_wait_exit(pid), 0);
	ck_assert_int_ge(sv_now_ms() - began, 4900);
	WORLD_WAIT(!world_alive(child));
}
END_TEST

START_TEST(a_restart_by_command_is_at_once)
{
	world_script("svc/run", "exec sleep 1000\n");
	world_supervise("svc");
	pid_t run = world_wait_run("svc");
	sv_ms began = sv_now_ms();
	for (int i = 0; i < 10; i++) {
		world_control("svc", "t");
		run = world_wait_next_run("svc", run);
	}
	ck_assert_int_lt(sv_now_ms() - began, 3000);
}
END_TEST

START_TEST(the_service_is_replaced_where_it_lies)
{
	world_script("svc/run", "echo one >>trace; exec sleep 1000\n");
	world_supervise("svc");
	world_wait_run("svc");
	WORLD_WAIT(world_has("svc/trace", "one\n"));
	world_script("svc/run", "echo two >>trace; exec sleep 1000\n");
	world_control("svc", "t");
	WORLD_WAIT(world_has("svc/trace", "two\n"));
}
END_TEST

START_TEST(links_are_run_as_they_are)
{
	/* run is a link, and its interpreter is a script. */
	world_script("generic/invoke", "echo \"$0 $1 $2\" >>trace; exec sleep 1000\n");
	world_format("generic/run", "#!%s/generic/invoke word\n", world_top());
	world_dir("svc");
	ck_assert_int_eq(symlink("../generic/run", "svc/run"), 0);
	world_supervise("svc");
	WORLD_WAIT(world_has("svc/trace", "\n"));
	ck_assert_msg(world_has("svc/trace", "word ./run\n"), "%s", world_text("svc/trace"));
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("supervise_restart");
	TCase *cases = tcase_create("restart");

	world_fixture(cases);
	tcase_add_test(cases, finish_is_told_code_name_and_group);
	tcase_add_test(cases, finish_is_told_the_signal);
	tcase_add_test(cases, finish_follows_a_run_that_cannot_be_executed);
	tcase_add_test(cases, a_finish_that_cannot_be_executed_delays_nothing);
	tcase_add_test(cases, commands_reach_a_finish);
	tcase_add_test(cases, delays_and_limits);
	tcase_add_test(cases, a_restart_by_command_is_at_once);
	tcase_add_test(cases, the_service_is_replaced_where_it_lies);
	tcase_add_test(cases, links_are_run_as_they_are);
	suite_add_tcase(suite, cases);
	return suite;
}

WORLD_MAIN(make_suite)
