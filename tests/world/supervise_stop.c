/* The files that say how a service is stopped: by which signal, and what follows when it does not heed. */
#include <signal.h>

#include "tests/support/check_main.h"
#include "tests/world/supervise_recorder.h"

START_TEST(what_ignores_the_stop_is_killed)
{
	make_deaf();
	world_write("svc/timeout-kill", "1000\n");
	pid_t supervise = world_supervise("svc");
	wait_recorder();
	ck_assert_int_eq(status_now().deadline_ms, 0);
	sv_ms began = sv_now_ms();
	world_control("svc", "d");
	/* What is wanted is on record before TERM is sent; that it was, only afterwards. */
	WORLD_WAIT(status_now().term_sent);
	ck_assert_int_eq(status_now().state, SV_STATE_STOPPING);
	ck_assert_int_ge(status_now().deadline_ms, began + 1000);
	world_wait_state("svc", SV_STATE_STOPPED);
	ck_assert_int_ge(sv_now_ms() - began, 1000);
	ck_assert_int_eq(status_now().wait_status, SIGKILL);
	ck_assert_int_eq(status_now().deadline_ms, 0);
	/* x is a stop too. */
	world_control("svc", "u");
	world_wait_run("svc");
	world_control("svc", "x");
	ck_assert_int_eq(world_wait_exit(supervise), 0);
}
END_TEST

START_TEST(nothing_but_a_stop_leads_to_the_kill)
{
	make_deaf();
	world_write("svc/timeout-kill", "400\n");
	world_supervise("svc");
	pid_t run = wait_recorder();
	/* A restart does not, and a start takes a stop back: of the two, the stop's TERM comes last. */
	world_control("svc", "t");
	WORLD_WAIT(world_count("svc/trace", "TERM\n") == 1);
	ck_assert_int_eq(status_now().deadline_ms, 0);
	world_control("svc", "d");
	WORLD_WAIT(world_is("svc", SV_STATE_STOPPING));
	world_control("svc", "u");
	WORLD_WAIT(!world_is("svc", SV_STATE_STOPPING));
	ck_assert_int_eq(status_now().deadline_ms, 0);
	sv_ms later = sv_now_ms() + 500;
	WORLD_WAIT(sv_now_ms() > later);
	ck_assert(world_alive(run));
	ck_assert_int_eq(world_wait_run("svc"), run);
}
END_TEST

START_TEST(a_repeated_stop_moves_nothing)
{
	make_deaf();
	world_write("svc/timeout-kill", "1000\n");
	world_supervise("svc");
	wait_recorder();
	world_control("svc", "d");
	/* Two that are pending are one. */
	WORLD_WAIT(world_has("svc/trace", "TERM\n"));
	WORLD_WAIT(status_now().deadline_ms);
	sv_ms deadline = status_now().deadline_ms;
	world_control("svc", "d");
	WORLD_WAIT(world_count("svc/trace", "TERM\n") == 2);
	ck_assert_int_eq(status_now().deadline_ms, deadline);
	world_wait_state("svc", SV_STATE_STOPPED);
	ck_assert_int_ge(sv_now_ms(), deadline);
}
END_TEST

/* A run with a child, both deaf; returns the child. */
static pid_t start_family(void)
{
	world_script("svc/run", "trap '' TERM\nsleep 1000 & echo $! >child\nwait; wait\n");
	world_write("svc/timeout-kill", "50\n");
	world_supervise("svc");
	world_wait_run("svc");
	WORLD_WAIT(world_has("svc/child", "\n"));
	return (pid_t)world_number("svc/child");
}

START_TEST(the_kill_is_for_run_alone)
{
	pid_t child = start_family();

	world_control("svc", "d");
	world_wait_state("svc", SV_STATE_STOPPED);
	ck_assert(world_alive(child));
}
END_TEST

START_TEST(the_kill_reaches_the_group_if_asked)
{
	world_write("svc/flag-timeout-killpg", "");
	pid_t child = start_family();
	world_control("svc", "d");
	world_wait_state("svc", SV_STATE_STOPPED);
	WORLD_WAIT(!world_alive(child));
}
END_TEST

START_TEST(an_adopted_stop_ends_in_its_kill)
{
	make_deaf();
	world_write("svc/timeout-kill", "60000\n");
	pid_t supervise = world_supervise("svc");
	pid_t run = wait_recorder();
	world_control("svc", "d");
	WORLD_WAIT(status_now().term_sent && world_has("svc/trace", "TERM\n"));
	world_signal(supervise, SIGKILL);
	ck_assert_int_eq(world_wait_exit(supervise), WORLD_SIGNALLED + SIGKILL);
	/* Its time begins anew, as the file says now. */
	world_write("svc/timeout-kill", "50\n");
	world_supervise("svc");
	WORLD_WAIT(!world_alive(run));
	world_wait_state("svc", SV_STATE_STOPPED);
	/* A stop that was carried out is not repeated. */
	ck_assert_uint_eq(world_count("svc/trace", "TERM\n"), 1);
}
END_TEST

START_TEST(a_stop_sends_the_signal_of_down_signal)
{
	static const char *const names[] = {"INT\n", "SIGINT", "2"};

	make_deaf();
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		world_write("svc/down-signal", names[i]);
		pid_t supervise = world_supervise("svc");
		world_wait_run("svc");
		WORLD_WAIT(world_count("svc/trace", "start\n") == i + 1);
		world_control("svc", "d");
		WORLD_WAIT(world_count("svc/trace", "INT\n") == i + 1);
		WORLD_WAIT(status_now().term_sent);
		world_control("svc", "kx");
		ck_assert_int_eq(world_wait_exit(supervise), 0);
	}
	ck_assert(!world_has("svc/trace", "TERM\n"));
	ck_assert_str_eq(world_text("err"), "");
}
END_TEST

START_TEST(finish_has_the_time_that_its_file_gives)
{
	world_script("svc/run", "exec sleep 1000\n");
	world_script("svc/finish", "echo >>began; exec sleep 1000\n");
	world_write("svc/timeout-finish", "50\n");
	world_supervise("svc");
	world_wait_run("svc");
	sv_ms began = sv_now_ms();
	world_control("svc", "d");
	world_wait_state("svc", SV_STATE_STOPPED);
	ck_assert_int_ge(sv_now_ms() - began, 50);
	ck_assert_int_lt(sv_now_ms() - began, 4000);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("supervise_stop");
	TCase *cases = tcase_create("stop");

	world_fixture(cases);
	tcase_add_test(cases, what_ignores_the_stop_is_killed);
	tcase_add_test(cases, nothing_but_a_stop_leads_to_the_kill);
	tcase_add_test(cases, a_repeated_stop_moves_nothing);
	tcase_add_test(cases, the_kill_is_for_run_alone);
	tcase_add_test(cases, the_kill_reaches_the_group_if_asked);
	tcase_add_test(cases, an_adopted_stop_ends_in_its_kill);
	tcase_add_test(cases, a_stop_sends_the_signal_of_down_signal);
	tcase_add_test(cases, finish_has_the_time_that_its_file_gives);
	suite_add_tcase(suite, cases);
	return suite;
}

WORLD_MAIN(make_suite)
