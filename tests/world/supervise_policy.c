/* The files that say when a service is started again, and what is said of a bad value in any. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/check_main.h"
#include "tests/world/supervise_recorder.h"

/* Fast enough to be waited for. */
static void restart_fast(void)
{
	world_write("svc/restart-delay", "1\n");
}

static void assert_said_once(const char *line)
{
	ck_assert_msg(world_count("err", line) == 1, "%s", world_text("err"));
}

/* --- restarts ------------------------------------------------------------------------------------ */

START_TEST(delays_are_those_of_the_files)
{
	world_script("svc/run", "echo >>trace; exit 1\n");
	restart_fast();
	world_write("svc/restart-delay-max", "2\n");
	sv_ms began = sv_now_ms();
	world_supervise("svc");
	WORLD_WAIT(world_count("svc/trace", "\n") >= 16);
	/* By default that takes more than a minute, and without the limit half of one. */
	ck_assert_int_lt(sv_now_ms() - began, 5000);
	ck_assert_uint_ge(status_now().early_deaths, 5);
}
END_TEST

START_TEST(what_lived_long_enough_is_started_at_once)
{
	world_script("svc/run", "echo >>trace; exec sleep 0.05\n");
	world_write("svc/stable-after", "10\n");
	world_supervise("svc");
	WORLD_WAIT(world_count("svc/trace", "\n") >= 4);
	ck_assert_uint_eq(status_now().early_deaths, 0);
}
END_TEST

START_TEST(too_many_early_deaths_are_fatal_until_a_start)
{
	world_script("svc/run", "echo >>trace; exit 3\n");
	restart_fast();
	world_write("svc/max-restarts", "2\n");
	pid_t supervise = world_supervise("svc");
	for (size_t round = 1; round <= 3; round++) {
		world_wait_state("svc", SV_STATE_FATAL);
		struct sv_status status = status_now();
		ck_assert_uint_eq(world_count("svc/trace", "\n"), 3 * round);
		ck_assert_uint_eq(status.early_deaths, 3);
		ck_assert(!status.want_up);
		ck_assert_int_eq(status.deadline_ms, 0);
		world_control("svc", "u");
		WORLD_WAIT(world_count("svc/trace", "\n") == 3 * round + 3);
	}
	world_wait_state("svc", SV_STATE_FATAL);
	/* Who comes after a killed supervise does not try again either. */
	world_signal(supervise, SIGKILL);
	ck_assert_int_eq(world_wait_exit(supervise), WORLD_SIGNALLED + SIGKILL);
	supervise = world_supervise("svc");
	world_wait_supervised("svc");
	world_wait_state("svc", SV_STATE_FATAL);
	ck_assert_uint_eq(world_count("svc/trace", "\n"), 12);
	world_control("svc", "d");
	world_wait_state("svc", SV_STATE_STOPPED);
	world_control("svc", "x");
	ck_assert_int_eq(world_wait_exit(supervise), 0);
}
END_TEST

/* Starts svc, whose run ends with `end`, and says how that is taken. */
static bool is_restarted(const char *end)
{
	size_t before = world_count("svc/trace", "\n");

	world_format("svc/run.new", "#!/bin/sh\necho >>trace; %s\n", end);
	ck_assert_int_eq(chmod("svc/run.new", 0755), 0);
	ck_assert_int_eq(rename("svc/run.new", "svc/run"), 0);
	world_control("svc", "u");
	WORLD_WAIT(world_count("svc/trace", "\n") > before && !world_is("svc", SV_STATE_STARTING) &&
		   !world_is("svc", SV_STATE_FINISHING));
	bool is = !world_is("svc", SV_STATE_EXITED);
	if (is)
		WORLD_WAIT(world_count("svc/trace", "\n") > before + 1);
	world_control("svc", "d");
	world_wait_state("svc", SV_STATE_STOPPED);
	return is;
}

/* All that follows is decided by files edited between two starts of one supervise. */
static void supervise_down(void)
{
	world_write("svc/down", "");
	world_script("svc/run", "");
	world_write("svc/restart-delay", "100\n");
	world_supervise("svc");
	world_wait_supervised("svc");
}

START_TEST(restart_says_which_ends_lead_to_a_start)
{
	supervise_down();
	ck_assert(is_restarted("exit 0"));
	ck_assert(is_restarted("exit 1"));
	world_write("svc/restart", "on-failure\n");
	ck_assert(!is_restarted("exit 0"));
	ck_assert(is_restarted("exit 1"));
	ck_assert(is_restarted("kill -9 $$"));
	world_write("svc/restart", "never\n");
	ck_assert(!is_restarted("exit 0"));
	ck_assert(!is_restarted("exit 1"));
	world_write("svc/restart", "always\n");
	ck_assert(is_restarted("exit 0"));
	/* A file that is gone asks for nothing any more. */
	world_write("svc/restart", "never\n");
	ck_assert(!is_restarted("exit 1"));
	ck_assert_int_eq(unlink("svc/restart"), 0);
	ck_assert(is_restarted("exit 1"));
	ck_assert_str_eq(world_text("err"), "");
}
END_TEST

START_TEST(success_codes_say_what_success_is)
{
	supervise_down();
	world_write("svc/restart", "on-failure\n");
	world_write("svc/success-codes", "3, 255\nKILL SIGHUP\n");
	ck_assert(is_restarted("exit 0"));
	ck_assert(!is_restarted("exit 3"));
	ck_assert(!is_restarted("exit 255"));
	ck_assert(!is_restarted("kill -9 $$"));
	ck_assert(is_restarted("kill -15 $$"));
	ck_assert_str_eq(world_text("err"), "");
}
END_TEST

START_TEST(a_restart_by_command_is_one_whatever_restart_says)
{
	world_recorder("svc/run");
	world_write("svc/restart", "never\n");
	world_supervise("svc");
	pid_t run = wait_recorder();
	world_control("svc", "t");
	run = world_wait_next_run("svc", run);
	WORLD_WAIT(world_count("svc/trace", "start\n") == 2);
	/* A signal that asks for something else does not turn its end into a restart. */
	world_control("svc", "1");
	WORLD_WAIT(world_has("svc/trace", "USR1\n"));
	world_signal(run, SIGTERM);
	world_wait_state("svc", SV_STATE_EXITED);
}
END_TEST

START_TEST(a_finish_that_exits_125_gives_up)
{
	world_script("svc/run", "echo >>trace; exit 1\n");
	world_script("svc/finish", "exit 125\n");
	world_supervise("svc");
	world_wait_state("svc", SV_STATE_FATAL);
	ck_assert_uint_eq(world_count("svc/trace", "\n"), 1);
	ck_assert(!status_now().want_up);
	/* What is wanted down is not a failure. */
	world_script("svc/run", "echo >>trace; exec sleep 1000\n");
	world_control("svc", "u");
	world_wait_run("svc");
	world_control("svc", "d");
	world_wait_state("svc", SV_STATE_STOPPED);
}
END_TEST

/* --- bad values ---------------------------------------------------------------------------------- */

static const struct {
	const char *file, *text, *wanted;
} bad[] = {
	{"timeout-finish", "soon\n", "one number from 0 to 4294967295"},
	{"timeout-kill", "-1\n", "one number from 0 to 4294967295"},
	{"restart-delay", "0\n", "one number from 1 to 4294967295"},
	{"restart-delay-max", "99999999999\n", "one number from 1 to 4294967295"},
	{"stable-after", "", "one number from 0 to 4294967295"},
	{"max-restarts", "1 2\n", "one number from 0 to 4294967295"},
	{"down-signal", "TREM\n", "the name or number of one signal"},
	{"restart", "sometimes\n", "always, on-failure or never"},
	{"success-codes", "0 256\n", "exit codes from 0 to 255 or names of signals"},
};
enum { BAD = sizeof bad / sizeof *bad };

static void bad_line(char line[256], size_t which)
{
	snprintf(line, 256, "supervise: warning: svc: %s must hold %s, its default is used\n",
		bad[which].file, bad[which].wanted);
}

START_TEST(a_bad_value_is_said_once_and_its_default_used)
{
	char line[256], path[64];

	world_recorder("svc/run");
	for (size_t i = 0; i < BAD; i++) {
		snprintf(path, sizeof path, "svc/%s", bad[i].file);
		world_write(path, bad[i].text);
	}
	world_supervise("svc");
	pid_t run = wait_recorder();
	for (size_t i = 0; i < 3; i++) {
		world_control("svc", "t");
		run = world_wait_next_run("svc", run);
		WORLD_WAIT(world_count("svc/trace", "start\n") == i + 2);
	}
	for (size_t i = 0; i < BAD; i++) {
		bad_line(line, i);
		assert_said_once(line);
	}
	ck_assert_uint_eq(world_count("err", "\n"), BAD);
	/* The default signal, and no clock. */
	ck_assert_uint_eq(world_count("svc/trace", "TERM\n"), 3);
}
END_TEST

START_TEST(a_value_that_is_bad_in_another_way_is_said_again)
{
	world_recorder("svc/run");
	world_supervise("svc");
	pid_t run = wait_recorder();
	static const char *const texts[] = {"abc", "abd\n", "abd", "100", "abd"};
	/* The third differs from the second by its line end only; the fourth mends it. */
	static const size_t lines[] = {1, 2, 2, 2, 3};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		world_write("svc/timeout-kill", texts[i]);
		world_control("svc", "t");
		run = world_wait_next_run("svc", run);
		ck_assert_uint_eq(world_count("err", "svc: timeout-kill must hold"), lines[i]);
	}
	ck_assert_int_eq(unlink("svc/timeout-kill"), 0);
	world_dir("svc/timeout-kill");
	world_control("svc", "t");
	world_wait_next_run("svc", run);
	assert_said_once("svc: cannot read timeout-kill, its default is used: Is a directory\n");
}
END_TEST

START_TEST(a_value_edited_while_run_is_up_holds_from_the_next_start)
{
	make_deaf();
	world_supervise("svc");
	pid_t run = wait_recorder();
	world_write("svc/down-signal", "HUP\n");
	world_control("svc", "d");
	WORLD_WAIT(world_has("svc/trace", "TERM\n"));
	ck_assert(!world_has("svc/trace", "HUP\n"));
	world_control("svc", "uk");
	world_wait_next_run("svc", run);
	WORLD_WAIT(world_count("svc/trace", "start\n") == 2);
	world_control("svc", "d");
	WORLD_WAIT(world_has("svc/trace", "HUP\n"));
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("supervise_policy");
	TCase *cases = tcase_create("policy");

	world_fixture(cases);
	tcase_add_test(cases, delays_are_those_of_the_files);
	tcase_add_test(cases, what_lived_long_enough_is_started_at_once);
	tcase_add_test(cases, too_many_early_deaths_are_fatal_until_a_start);
	tcase_add_test(cases, restart_says_which_ends_lead_to_a_start);
	tcase_add_test(cases, success_codes_say_what_success_is);
	tcase_add_test(cases, a_restart_by_command_is_one_whatever_restart_says);
	tcase_add_test(cases, a_finish_that_exits_125_gives_up);
	tcase_add_test(cases, a_bad_value_is_said_once_and_its_default_used);
	tcase_add_test(cases, a_value_that_is_bad_in_another_way_is_said_again);
	tcase_add_test(cases, a_value_edited_while_run_is_up_holds_from_the_next_start);
	suite_add_tcase(suite, cases);
	return suite;
}

WORLD_MAIN(make_suite)
