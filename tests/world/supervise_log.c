/* The pipe between a service and its log: nothing is lost, whoever comes and goes. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/check_main.h"
#include "tests/support/world.h"

/* A log that keeps what it reads, and says when it has reached the end. */
static void keep_log(void)
{
	world_script("svc/log/run", "cat >>kept; echo 'end of input' >>kept\n");
}

/* Fails unless the text is "1\n2\n" up to `last`. */
static void assert_counts_to(const char *text, long last)
{
	long number = 0;

	while (*text) {
		char *end;
		ck_assert_msg(strtol(text, &end, 10) == ++number && *end == '\n', "line %ld: %.20s",
			number, text);
		text = end + 1;
	}
	ck_assert_int_eq(number, last);
}

/* Waits until the last line of a file is this number. */
static void wait_for_number(const char *path, long number)
{
	char line[32];
	const char *text;
	int size = snprintf(line, sizeof line, "\n%ld\n", number);

	WORLD_WAIT((text = world_text(path),
		strlen(text) >= (size_t)size && strcmp(text + strlen(text) - size, line) == 0));
}

START_TEST(lines_arrive_and_the_end_is_orderly)
{
	world_script("svc/run", "trap 'echo last words; exit 0' TERM\n"
				"echo first words; echo error words >&2\n"
				"sleep 1000 >/dev/null & echo $! >child; wait; kill $!; wait\n");
	world_script("svc/finish", "echo finish words; kill $(cat child)\n");
	world_script("svc/log/finish", "echo \"$*\" >finished\n");
	keep_log();
	pid_t pid = world_supervise("svc");
	WORLD_WAIT(world_has("svc/log/kept", "first words\n"));
	WORLD_WAIT(world_has("svc/child", "\n"));
	ck_assert_str_eq(world_text("err"), "error words\n");
	world_signal(pid, SIGTERM);
	ck_assert_int_eq(world_wait_exit(pid), 0);
	ck_assert_str_eq(world_text("svc/log/kept"),
		"first words\nlast words\nfinish words\nend of input\n");
	ck_assert_int_eq(strncmp(world_text("svc/log/finished"), "0 0 svc ", 8), 0);
	ck_assert_uint_eq(world_processes(), 0);
}
END_TEST

START_TEST(without_a_log_the_output_is_ours)
{
	world_script("svc/run", "echo hello; exec sleep 1000\n");
	world_write("svc/log", "a file is no log\n");
	world_supervise("svc");
	WORLD_WAIT(world_has("out", "hello\n"));
}
END_TEST

START_TEST(twenty_restarts_of_the_service_lose_nothing)
{
	world_write("svc/n", "0\n");
	world_script("svc/run", "read n <n; i=0\n"
				"while [ $i -lt 100 ]; do i=$((i+1)) n=$((n+1)); echo $n; done\n"
				"echo $n >n.new; mv n.new n; exec sleep 1000\n");
	keep_log();
	pid_t pid = world_supervise("svc");
	for (long round = 1; round <= 20; round++) {
		WORLD_WAIT(world_number("svc/n") == 100 * round);
		world_control("svc", round < 20 ? "t" : "d");
	}
	wait_for_number("svc/log/kept", 2000);
	assert_counts_to(world_text("svc/log/kept"), 2000);
	ck_assert_int_eq(kill(pid, SIGTERM), 0);
	ck_assert_int_eq(world_wait_exit(pid), 0);
}
END_TEST

START_TEST(a_log_that_is_down_keeps_the_service_waiting)
{
	int waiting = 0;

	/* Some 109 kilobytes, more than a pipe holds. */
	world_script("svc/run", "seq 1 20000; echo >done; exec sleep 1000\n");
	world_script("svc/log/run", "exec cat >>kept\n");
	world_write("svc/log/down", "");
	world_supervise("svc");
	world_wait_run("svc");
	int fd = open("svc/supervise/logpipe", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	WORLD_WAIT(ioctl(fd, FIONREAD, &waiting) == 0 && waiting > 60000);
	close(fd);
	ck_assert(!world_exists("svc/done"));
	world_control("svc/log", "u");
	WORLD_WAIT(world_exists("svc/done"));
	wait_for_number("svc/log/kept", 20000);
	assert_counts_to(world_text("svc/log/kept"), 20000);
}
END_TEST

START_TEST(a_log_killed_while_it_waits_loses_nothing)
{
	char fifo_line[32];

	/* The service says what it is given, so it is known when the log has nothing in its hands. */
	world_dir("svc");
	ck_assert_int_eq(mkfifo("svc/say", 0600), 0);
	world_script("svc/run", "exec cat <>say\n");
	world_script("svc/log/run", "exec cat >>kept\n");
	world_supervise("svc");
	pid_t service = world_wait_run("svc"), log = world_wait_run("svc/log");
	int fd = open("svc/say", O_WRONLY | O_CLOEXEC);
	for (long number = 1; number <= 30; number++) {
		int size = snprintf(fifo_line, sizeof fifo_line, "%ld\n", number);
		ck_assert_int_eq(write(fd, fifo_line, (size_t)size), size);
		if (number % 10 != 0)
			continue;
		wait_for_number("svc/log/kept", number);
		world_signal(log, SIGKILL);
		world_wait_state("svc/log", SV_STATE_BACKOFF);
		world_control("svc/log", "u");
		log = world_wait_next_run("svc/log", log);
	}
	close(fd);
	assert_counts_to(world_text("svc/log/kept"), 30);
	ck_assert_int_eq(world_wait_run("svc"), service);
}
END_TEST

START_TEST(a_log_killed_under_load_loses_nothing)
{
	char path[4096];

	snprintf(path, sizeof path, "%s/svlogger", getenv("SV_BIN"));
	if (access(path, X_OK) < 0) {
		world_skip("there is no svlogger beside supervise");
		return;
	}
	world_script("svc/run", "seq 1 100000; echo >done; exec sleep 1000\n");
	world_format("svc/log/run", "#!/bin/sh\nexec %s n1000 s1000000 ./kept\n", path);
	pid_t pid = world_supervise("svc");
	for (int kills = 0; kills < 5; kills++) {
		pid_t log = world_wait_run("svc/log");
		sv_ms grown = (sv_ms)strlen(world_text("svc/log/kept/current"));
		WORLD_WAIT(world_exists("svc/done") ||
			   (sv_ms)strlen(world_text("svc/log/kept/current")) > grown + 1000);
		world_signal(log, SIGKILL);
		world_wait_state("svc/log", SV_STATE_BACKOFF);
		world_control("svc/log", "u");
	}
	WORLD_WAIT(world_exists("svc/done"));
	world_signal(pid, SIGTERM);
	ck_assert_int_eq(world_wait_exit(pid), 0);
	assert_counts_to(world_text("svc/log/kept/current"), 100000);
}
END_TEST

START_TEST(the_pipe_can_be_opened_by_name)
{
	world_script("svc/run", "echo reopened >/dev/stdout; exec sleep 1000\n");
	keep_log();
	world_supervise("svc");
	WORLD_WAIT(world_has("svc/log/kept", "reopened\n"));
}
END_TEST

START_TEST(the_pipe_can_be_opened_without_privileges)
{
	if (geteuid() != 0) {
		world_skip("only root can give privileges up");
		return;
	}
	if (!world_has_program("setpriv"))
		return;
	world_script("svc/run", "exec setpriv --reuid=65534 --regid=65534 --clear-groups sh -c "
				"'echo reopened >/dev/stdout; exec sleep 1000'\n");
	keep_log();
	world_supervise("svc");
	WORLD_WAIT(world_has("svc/log/kept", "reopened\n"));
}
END_TEST

START_TEST(a_stray_with_the_pipe_does_not_hold_the_end_up)
{
	world_script("svc/run", "sleep 1000 & echo $! >stray; echo words; exec sleep 1000\n");
	keep_log();
	pid_t pid = world_supervise("svc");
	WORLD_WAIT(world_has("svc/log/kept", "words\n"));
	pid_t stray = (pid_t)world_number("svc/stray");
	sv_ms began = sv_now_ms();
	world_signal(pid, SIGTERM);
	ck_assert_int_eq(world_wait_exit(pid), 0);
	ck_assert_int_ge(sv_now_ms() - began, 4900);
	ck_assert(world_alive(stray));
	ck_assert_str_eq(world_text("svc/log/kept"), "words\n");
}
END_TEST

static bool is_leaving(const char *dir)
{
	struct sv_status status;

	return world_status(dir, &status) && status.leaving;
}

START_TEST(a_log_is_commanded_like_a_service_but_does_not_leave)
{
	world_script("svc/run", "exec sleep 1000\n");
	world_recorder("svc/log/run");
	pid_t pid = world_supervise("svc");
	world_wait_run("svc");
	WORLD_WAIT(world_has("svc/log/trace", "start\n"));
	pid_t log = world_wait_run("svc/log");
	world_control("svc/log", "xh");
	WORLD_WAIT(world_has("svc/log/trace", "HUP\n"));
	ck_assert_str_eq(world_text("svc/log/trace"), "start\nHUP\n");
	world_control("svc/log", "d");
	world_wait_state("svc/log", SV_STATE_STOPPED);
	ck_assert(!world_alive(log));
	ck_assert(world_is("svc", SV_STATE_STARTING));
	world_control("svc/log", "u");
	log = world_wait_run("svc/log");
	WORLD_WAIT(world_count("svc/log/trace", "start\n") == 2);
	world_control("svc/log", "t");
	world_wait_next_run("svc/log", log);
	WORLD_WAIT(world_count("svc/log/trace", "start\n") == 3);
	/* A log that ignores the end of its input is not waited for by who is in a hurry. */
	world_control("svc", "x");
	WORLD_WAIT(is_leaving("svc/log"));
	world_signal(pid, SIGQUIT);
	ck_assert_int_eq(world_wait_exit(pid), 0);
}
END_TEST

START_TEST(a_log_without_run_stops_nothing_and_comes_later)
{
	world_script("svc/run", "echo early words; exec sleep 1000\n");
	world_dir("svc/log");
	world_supervise("svc");
	world_wait_run("svc");
	world_wait_state("svc/log", SV_STATE_BACKOFF);
	ck_assert_msg(
		world_has("err", "supervise: warning: svc/log: run "), "%s", world_text("err"));
	ck_assert(world_is("svc", SV_STATE_STARTING));
	keep_log();
	world_wait_run("svc/log");
	WORLD_WAIT(world_has("svc/log/kept", "early words\n"));
}
END_TEST

START_TEST(a_log_that_cannot_be_run_lets_its_service_end)
{
	world_script("svc/run", "echo early words; echo >said; exec sleep 1000\n");
	world_write("svc/log/run", "not executable\n");
	pid_t pid = world_supervise("svc");
	WORLD_WAIT(world_exists("svc/said"));
	world_wait_state("svc/log", SV_STATE_BACKOFF);
	world_write("svc/log/run", "#!/bin/sh\nexit 1\n");
	world_signal(pid, SIGTERM);
	WORLD_WAIT(is_leaving("svc/log") && world_is("svc/log", SV_STATE_BACKOFF));
	/* It would be tried some more; who is in a hurry is told what is lost. */
	world_signal(pid, SIGQUIT);
	ck_assert_int_eq(world_wait_exit(pid), 0);
	ck_assert(world_has("err", "12 bytes of output were never read by its log"));
}
END_TEST

START_TEST(haste_kills_what_ignores_term)
{
	world_script("svc/run", "trap '' TERM; echo >up; while :; do read x <>hold; done\n");
	world_dir("svc");
	ck_assert_int_eq(mkfifo("svc/hold", 0600), 0);
	keep_log();
	pid_t pid = world_supervise("svc");
	WORLD_WAIT(world_exists("svc/up"));
	world_signal(pid, SIGTERM);
	WORLD_WAIT(world_is("svc", SV_STATE_STOPPING));
	world_signal(pid, SIGQUIT);
	ck_assert_int_eq(world_wait_exit(pid), 0);
	ck_assert_uint_eq(world_processes(), 0);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("supervise_log");
	TCase *cases = tcase_create("log");

	world_fixture(cases);
	tcase_add_test(cases, lines_arrive_and_the_end_is_orderly);
	tcase_add_test(cases, without_a_log_the_output_is_ours);
	tcase_add_test(cases, twenty_restarts_of_the_service_lose_nothing);
	tcase_add_test(cases, a_log_that_is_down_keeps_the_service_waiting);
	tcase_add_test(cases, a_log_killed_while_it_waits_loses_nothing);
	tcase_add_test(cases, a_log_killed_under_load_loses_nothing);
	tcase_add_test(cases, the_pipe_can_be_opened_by_name);
	tcase_add_test(cases, the_pipe_can_be_opened_without_privileges);
	tcase_add_test(cases, a_stray_with_the_pipe_does_not_hold_the_end_up);
	tcase_add_test(cases, a_log_is_commanded_like_a_service_but_does_not_leave);
	tcase_add_test(cases, a_log_without_run_stops_nothing_and_comes_later);
	tcase_add_test(cases, a_log_that_cannot_be_run_lets_its_service_end);
	tcase_add_test(cases, haste_kills_what_ignores_term);
	suite_add_tcase(suite, cases);
	return suite;
}

WORLD_MAIN(make_suite)
