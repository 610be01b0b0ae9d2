/* runit's sv drives a directory of ours, every verb of it.
 *
 * sv looks at the status every 420 ms when it waits, so its waiting verbs share a few tests. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/check_main.h"
#include "tests/support/world.h"

/* The service, its log, and its supervise: up. */
static pid_t start_service(void)
{
	world_recorder("scan/svc/run");
	world_script("scan/svc/log/run", "exec cat >/dev/null\n");
	pid_t pid = world_supervise("scan/svc");
	world_wait_run("scan/svc");
	world_wait_run("scan/svc/log");
	WORLD_WAIT(world_has("scan/svc/trace", "start\n"));
	/* sv takes names from here. */
	setenv("SVDIR", "scan", 1);
	return pid;
}

static void sv(const char *verb)
{
	const struct world_result result = WORLD_RUN("sv", verb, "svc");

	ck_assert_msg(result.code == 0, "sv %s: %d: %s", verb, result.code, result.out);
	ck_assert_msg(!strstr(result.out, "warning"), "sv %s: %s", verb, result.out);
}

/* For the waiting verbs: what it says begins so. */
static void sv_says(const char *verb, const char *beginning)
{
	/* Force is used when the wait is over, so there it is short. */
	const char *seconds = strncmp(verb, "force", 5) == 0 ? "1" : "5";
	const struct world_result result = WORLD_RUN("sv", "-w", seconds, verb, "svc");

	ck_assert_msg(strncmp(result.out, beginning, strlen(beginning)) == 0, "sv %s: %d: %s", verb,
		result.code, result.out);
}

/* sv knows a restart by its second, so it must not come in that of the last start. */
static void let_the_second_pass(void)
{
	struct sv_status status;

	ck_assert(world_status("scan/svc", &status));
	WORLD_WAIT(time(NULL) > status.changed.tv_sec);
}

START_TEST(verbs_that_signal)
{
	static const struct {
		const char *verb, *recorded;
	} verbs[] = {{"hup", "HUP\n"}, {"alarm", "ALRM\n"}, {"interrupt", "INT\n"},
		{"quit", "QUIT\n"}, {"1", "USR1\n"}, {"2", "USR2\n"}, {"cont", "CONT\n"},
		{"term", "TERM\n"}};

	if (!world_has_program("sv"))
		return;
	world_write("scan/svc/stubborn", "");
	start_service();
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
		sv(verbs[i].verb);
		WORLD_WAIT(world_has("scan/svc/trace", verbs[i].recorded));
	}
	pid_t run = world_wait_run("scan/svc");
	sv("pause");
	WORLD_WAIT(world_stopped(run));
	world_wait_state("scan/svc", SV_STATE_PAUSED);
	sv("cont");
	WORLD_WAIT(world_count("scan/svc/trace", "CONT\n") == 2);
	sv("kill");
	world_wait_next_run("scan/svc", run);
}
END_TEST

START_TEST(verbs_that_change_what_is_wanted)
{
	if (!world_has_program("sv"))
		return;
	pid_t pid = start_service();
	sv("down");
	world_wait_state("scan/svc", SV_STATE_STOPPED);
	sv("down");
	sv("up");
	pid_t run = world_wait_run("scan/svc");
	sv("up");
	sv("once");
	WORLD_WAIT(world_has("scan/svc/supervise/stat", "run, want down\n"));
	ck_assert_int_eq(world_wait_run("scan/svc"), run);
	sv("up");
	WORLD_WAIT(strcmp(world_text("scan/svc/supervise/stat"), "run\n") == 0);
	sv("exit");
	ck_assert_int_eq(world_wait_exit(pid), 0);
}
END_TEST

START_TEST(verbs_that_wait)
{
	if (!world_has_program("sv"))
		return;
	start_service();
	sv_says("start", "ok: run: svc: (pid ");
	pid_t run = world_wait_run("scan/svc");
	let_the_second_pass();
	sv_says("restart", "ok: run: svc: (pid ");
	ck_assert_int_ne(world_wait_run("scan/svc"), run);
	sv_says("check", "ok: run: svc: (pid ");
	sv_says("reload", "ok: run: svc: (pid ");
	WORLD_WAIT(world_has("scan/svc/trace", "HUP\n"));
	sv_says("stop", "ok: down: svc: ");
	sv_says("check", "ok: down: svc: ");
	ck_assert(world_is("scan/svc", SV_STATE_STOPPED));
	sv_says("try-restart", "ok: down: svc: ");
	sv_says("start", "ok: run: svc: (pid ");
	run = world_wait_run("scan/svc");
	let_the_second_pass();
	sv_says("try-restart", "ok: run: svc: (pid ");
	ck_assert_int_ne(world_wait_run("scan/svc"), run);
}
END_TEST

START_TEST(verbs_that_use_force)
{
	if (!world_has_program("sv"))
		return;
	world_write("scan/svc/stubborn", "");
	start_service();
	pid_t run = world_wait_run("scan/svc");
	let_the_second_pass();
	sv_says("force-restart", "kill: run: svc: (pid ");
	world_wait_next_run("scan/svc", run);
	WORLD_WAIT(world_count("scan/svc/trace", "start\n") == 2);
	sv_says("force-stop", "kill: run: svc: (pid ");
	world_wait_state("scan/svc", SV_STATE_STOPPED);
}
END_TEST

START_TEST(shutdown_ends_supervise)
{
	if (!world_has_program("sv"))
		return;
	world_script("scan/svc/finish", "echo finish >>trace\n");
	pid_t pid = start_service();
	/* "down" or "runsv not running", whichever it finds. */
	sv_says("shutdown", "ok: ");
	ck_assert_int_eq(world_wait_exit(pid), 0);
	ck_assert(world_has("scan/svc/trace", "TERM\nfinish\n"));
	/* force-shutdown of one that does not listen. */
	unlink("scan/svc/trace");
	world_write("scan/svc/stubborn", "");
	pid = start_service();
	sv_says("force-shutdown", "kill: run: svc: (pid ");
	ck_assert_int_eq(world_wait_exit(pid), 0);
}
END_TEST

START_TEST(status_says_what_is)
{
	char expected[128];

	if (!world_has_program("sv"))
		return;
	pid_t pid = start_service();
	snprintf(expected, sizeof expected, "run: svc: (pid %d) ", (int)world_wait_run("scan/svc"));
	struct world_result said = WORLD_RUN("sv", "status", "svc");
	ck_assert_int_eq(said.code, 0);
	ck_assert_msg(strncmp(said.out, expected, strlen(expected)) == 0, "%s", said.out);
	snprintf(expected, sizeof expected, "s; run: log: (pid %d) ",
		(int)world_wait_run("scan/svc/log"));
	ck_assert_msg(strstr(said.out, expected), "%s", said.out);
	world_write("scan/svc/stubborn", "");
	world_control("scan/svc", "dp");
	world_wait_state("scan/svc", SV_STATE_PAUSED);
	said = WORLD_RUN("sv", "status", "svc");
	ck_assert_msg(
		strstr(said.out, "s, paused, want down, got TERM; run: log: "), "%s", said.out);
	world_control("scan/svc", "k");
	world_wait_state("scan/svc", SV_STATE_STOPPED);
	said = WORLD_RUN("sv", "status", "svc");
	ck_assert_msg(strncmp(said.out, "down: svc: ", 11) == 0, "%s", said.out);
	ck_assert_msg(strstr(said.out, "s, normally up; run: log: "), "%s", said.out);
	world_signal(pid, SIGTERM);
	ck_assert_int_eq(world_wait_exit(pid), 0);
	said = WORLD_RUN("sv", "status", "svc");
	ck_assert_msg(strstr(said.out, "runsv not running"), "%s", said.out);
}
END_TEST

START_TEST(a_run_may_ask_sv_for_others)
{
	if (!world_has_program("sv"))
		return;
	world_script("scan/front/run", "sv -w 5 start ../svc >said && exec sleep 1000\n");
	world_write("scan/svc/down", "");
	world_recorder("scan/svc/run");
	pid_t scanner = world_svscan("scan");
	WORLD_WAIT(world_has("scan/front/said", "ok: run: ../svc: (pid "));
	WORLD_WAIT(world_has("scan/svc/trace", "start\n"));
	world_signal(scanner, SIGTERM);
	ck_assert_int_eq(world_wait_exit(scanner), 0);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("clients_runit");
	TCase *cases = tcase_create("sv");

	world_fixture(cases);
	tcase_add_test(cases, verbs_that_signal);
	tcase_add_test(cases, verbs_that_change_what_is_wanted);
	tcase_add_test(cases, verbs_that_wait);
	tcase_add_test(cases, verbs_that_use_force);
	tcase_add_test(cases, shutdown_ends_supervise);
	tcase_add_test(cases, status_says_what_is);
	tcase_add_test(cases, a_run_may_ask_sv_for_others);
	suite_add_tcase(suite, cases);
	return suite;
}

WORLD_MAIN(make_suite)
