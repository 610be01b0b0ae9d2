/* svc, svstat and svok of daemontools, and those tools of s6 that work on any family's directories,
 * drive a directory of ours. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/check_main.h"
#include "tests/support/world.h"

static pid_t start_service(void)
{
	world_recorder("svc/run");
	pid_t pid = world_supervise("svc");
	world_wait_run("svc");
	WORLD_WAIT(world_has("svc/trace", "start\n"));
	return pid;
}

static void assert_silent(const struct world_result result, const char *what)
{
	ck_assert_msg(result.code == 0, "%s: %d: %s", what, result.code, result.out);
	ck_assert_msg(result.out[0] == 0, "%s: %s", what, result.out);
}

static void svc(const char *option)
{
	assert_silent(WORLD_RUN("svc", option, "svc"), option);
}

/* The signals of both families, sent by `program`. */
static void send_signals(const char *program)
{
	static const struct {
		const char *option, *recorded;
	} options[] = {{"-h", "HUP\n"}, {"-a", "ALRM\n"}, {"-i", "INT\n"}, {"-c", "CONT\n"},
		{"-t", "TERM\n"}};

	for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
		assert_silent(WORLD_RUN(program, options[i].option, "svc"), options[i].option);
		WORLD_WAIT(world_has("svc/trace", options[i].recorded));
	}
	pid_t run = world_wait_run("svc");
	assert_silent(WORLD_RUN(program, "-p", "svc"), "-p");
	WORLD_WAIT(world_stopped(run));
	assert_silent(WORLD_RUN(program, "-c", "svc"), "-c");
	WORLD_WAIT(world_count("svc/trace", "CONT\n") == 2);
	assert_silent(WORLD_RUN(program, "-k", "svc"), "-k");
	world_wait_next_run("svc", run);
}

START_TEST(svc_signals)
{
	if (!world_has_program("svc"))
		return;
	world_write("svc/stubborn", "");
	start_service();
	send_signals("svc");
}
END_TEST

START_TEST(svc_changes_what_is_wanted)
{
	if (!world_has_program("svc"))
		return;
	pid_t pid = start_service();
	svc("-d");
	world_wait_state("svc", SV_STATE_STOPPED);
	svc("-o");
	world_wait_run("svc");
	WORLD_WAIT(world_count("svc/trace", "start\n") == 2);
	svc("-t");
	world_wait_state("svc", SV_STATE_EXITED);
	svc("-u");
	world_wait_run("svc");
	WORLD_WAIT(world_count("svc/trace", "start\n") == 3);
	svc("-dx");
	ck_assert_int_eq(world_wait_exit(pid), 0);
}
END_TEST

START_TEST(svok_tells_whether_somebody_supervises)
{
	if (!world_has_program("svok"))
		return;
	world_dir("svc");
	ck_assert_int_eq(WORLD_RUN("svok", "svc").code, 100);
	pid_t pid = start_service();
	ck_assert_int_eq(WORLD_RUN("svok", "svc").code, 0);
	world_signal(pid, SIGTERM);
	ck_assert_int_eq(world_wait_exit(pid), 0);
	ck_assert_int_eq(WORLD_RUN("svok", "svc").code, 100);
	/* Killed while it starts a program, it would live on in the child until the exec. */
	ck_assert_int_eq(unlink("svc/trace"), 0);
	pid = start_service();
	world_signal(pid, SIGKILL);
	ck_assert_int_eq(world_wait_exit(pid), WORLD_SIGNALLED + SIGKILL);
	ck_assert_int_eq(WORLD_RUN("svok", "svc").code, 100);
}
END_TEST

/* svstat's one line, its seconds replaced by N. */
static void assert_svstat(const char *expected)
{
	const struct world_result said = WORLD_RUN("svstat", "svc");
	char line[256];

	ck_assert_int_eq(said.code, 0);
	const char *seconds = strstr(said.out, " seconds");
	ck_assert_msg(seconds, "%s", said.out);
	const char *start = seconds;
	while (start > said.out && start[-1] >= '0' && start[-1] <= '9')
		start--;
	snprintf(line, sizeof line, "%.*sN%s", (int)(start - said.out), said.out, seconds);
	ck_assert_str_eq(line, expected);
	/* Just now: the label is in their time scale. */
	ck_assert_int_le((int)(seconds - start), 1);
}

START_TEST(svstat_says_what_is)
{
	char expected[128];

	if (!world_has_program("svstat"))
		return;
	world_write("svc/stubborn", "");
	pid_t pid = start_service();
	int run = (int)world_wait_run("svc");
	snprintf(expected, sizeof expected, "svc: up (pid %d) N seconds\n", run);
	assert_svstat(expected);
	world_control("svc", "p");
	world_wait_state("svc", SV_STATE_PAUSED);
	snprintf(expected, sizeof expected, "svc: up (pid %d) N seconds, paused\n", run);
	assert_svstat(expected);
	world_control("svc", "cd");
	world_wait_state("svc", SV_STATE_STOPPING);
	snprintf(expected, sizeof expected, "svc: up (pid %d) N seconds, want down\n", run);
	assert_svstat(expected);
	world_control("svc", "k");
	world_wait_state("svc", SV_STATE_STOPPED);
	assert_svstat("svc: down N seconds, normally up\n");
	world_write("svc/down", "");
	assert_svstat("svc: down N seconds\n");
	world_signal(pid, SIGTERM);
	ck_assert_int_eq(world_wait_exit(pid), 0);
	ck_assert_str_eq(WORLD_RUN("svstat", "svc").out, "svc: supervise not running\n");
}
END_TEST

START_TEST(s6_svc_commands)
{
	if (!world_has_program("s6-svc"))
		return;
	world_write("svc/stubborn", "");
	pid_t pid = start_service();
	send_signals("s6-svc");
	WORLD_WAIT(world_count("svc/trace", "start\n") == 2);
	ck_assert_int_eq(unlink("svc/stubborn"), 0);
	assert_silent(WORLD_RUN("s6-svc", "-12q", "svc"), "-12q");
	WORLD_WAIT(world_has("svc/trace", "USR1\n") && world_has("svc/trace", "USR2\n") &&
		   world_has("svc/trace", "QUIT\n"));
	assert_silent(WORLD_RUN("s6-svc", "-d", "svc"), "-d");
	world_wait_state("svc", SV_STATE_STOPPED);
	assert_silent(WORLD_RUN("s6-svc", "-u", "svc"), "-u");
	world_wait_run("svc");
	assert_silent(WORLD_RUN("s6-svc", "-dx", "svc"), "-dx");
	ck_assert_int_eq(world_wait_exit(pid), 0);
}
END_TEST

START_TEST(s6_svok_sees_the_lock)
{
	if (!world_has_program("s6-svok"))
		return;
	world_dir("svc");
	ck_assert_int_ne(WORLD_RUN("s6-svok", "svc").code, 0);
	pid_t pid = start_service();
	ck_assert_int_eq(WORLD_RUN("s6-svok", "svc").code, 0);
	world_signal(pid, SIGTERM);
	ck_assert_int_eq(world_wait_exit(pid), 0);
	ck_assert_int_ne(WORLD_RUN("s6-svok", "svc").code, 0);
}
END_TEST

/* Of another family, on a directory that is supervised by us: none may run. */
static void assert_locked_out(const char *program)
{
	const struct world_result result = WORLD_RUN("timeout", "5", program, "svc");

	ck_assert_msg(result.code != 0 && result.code != 124, "%s: %d", program, result.code);
	ck_assert_uint_eq(world_count("svc/trace", "start\n"), 1);
}

START_TEST(supervisors_of_other_families_are_locked_out)
{
	if (!world_has_program("runsv") || !world_has_program("s6-supervise"))
		return;
	start_service();
	assert_locked_out("runsv");
	assert_locked_out("s6-supervise");
	/* daemontools' has our name, so it is asked for where Debian has it. */
	if (access("/usr/bin/supervise", X_OK) == 0 && access("/usr/bin/svok", X_OK) == 0)
		assert_locked_out("/usr/bin/supervise");
	ck_assert(world_is("svc", SV_STATE_STARTING));
	world_control("svc", "h");
	WORLD_WAIT(world_has("svc/trace", "HUP\n"));
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("clients_daemontools");
	TCase *cases = tcase_create("clients");

	world_fixture(cases);
	tcase_add_test(cases, svc_signals);
	tcase_add_test(cases, svc_changes_what_is_wanted);
	tcase_add_test(cases, svok_tells_whether_somebody_supervises);
	tcase_add_test(cases, svstat_says_what_is);
	tcase_add_test(cases, s6_svc_commands);
	tcase_add_test(cases, s6_svok_sees_the_lock);
	tcase_add_test(cases, supervisors_of_other_families_are_locked_out);
	suite_add_tcase(suite, cases);
	return suite;
}

WORLD_MAIN(make_suite)
