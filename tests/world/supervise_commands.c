/* The letters of the control FIFO, sent to a real supervise of a real service. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "libsv/control.h"
#include "tests/support/check_main.h"
#include "tests/support/world.h"

static struct sv_status status_of(const char *dir)
{
	struct sv_status status;

	ck_assert(world_status(dir, &status));
	return status;
}

/* A recorder under supervision, up and listening. */
static pid_t start_recorder(void)
{
	world_recorder("svc/run");
	pid_t pid = world_supervise("svc");
	world_wait_run("svc");
	WORLD_WAIT(world_has("svc/trace", "start\n"));
	return pid;
}

START_TEST(every_signal_letter_sends_its_signal)
{
	static const char letters[] = "haiq12";
	char wanted[32];
	size_t number = 0;

	start_recorder();
	pid_t run = world_wait_run("svc");
	for (const char *letter = letters; *letter; letter++) {
		char one[2] = {*letter, 0};
		enum sv_command command;
		ck_assert(sv_command_decode(*letter, &command));
		world_control("svc", one);
		snprintf(wanted, sizeof wanted, "\n%s\n", sigabbrev_np(sv_command_signal(command)));
		WORLD_WAIT(world_has("svc/trace", wanted));
		number++;
	}
	/* Each once, none ended it, no restart. */
	ck_assert_uint_eq(world_count("svc/trace", "\n"), 1 + number);
	ck_assert_int_eq(world_wait_run("svc"), run);
}
END_TEST

START_TEST(term_restarts_and_remembers)
{
	world_write("svc/stubborn", "");
	start_recorder();
	pid_t run = world_wait_run("svc");
	world_control("svc", "t");
	WORLD_WAIT(world_has("svc/trace", "TERM\n"));
	WORLD_WAIT(status_of("svc").term_sent);
	ck_assert(status_of("svc").want_up);
	ck_assert_int_eq(unlink("svc/stubborn"), 0);
	world_control("svc", "t");
	world_wait_next_run("svc", run);
	ck_assert(!status_of("svc").term_sent);
	ck_assert_uint_eq(status_of("svc").restarts, 0);
}
END_TEST

START_TEST(kill_restarts)
{
	start_recorder();
	pid_t run = world_wait_run("svc");
	world_control("svc", "k");
	world_wait_next_run("svc", run);
	ck_assert_uint_eq(status_of("svc").wait_status, SIGKILL);
	ck_assert(status_of("svc").want_up);
}
END_TEST

START_TEST(pause_and_continue)
{
	start_recorder();
	pid_t run = world_wait_run("svc");
	world_control("svc", "p");
	WORLD_WAIT(world_stopped(run));
	world_wait_state("svc", SV_STATE_PAUSED);
	ck_assert_str_eq(world_text("svc/supervise/stat"), "run, paused\n");
	world_control("svc", "c");
	WORLD_WAIT(world_has("svc/trace", "CONT\n"));
	WORLD_WAIT(!status_of("svc").paused);
	/* A paused service is woken to be stopped. */
	world_control("svc", "p");
	WORLD_WAIT(world_stopped(run));
	world_control("svc", "d");
	world_wait_state("svc", SV_STATE_STOPPED);
	ck_assert(!status_of("svc").paused);
	ck_assert(world_has("svc/trace", "TERM\n"));
}
END_TEST

START_TEST(down_and_up)
{
	start_recorder();
	pid_t run = world_wait_run("svc");
	world_control("svc", "d");
	world_wait_state("svc", SV_STATE_STOPPED);
	ck_assert(!world_alive(run));
	ck_assert(!status_of("svc").want_up);
	/* Again and again changes nothing. */
	world_control("svc", "ddd");
	world_control("svc", "u");
	world_wait_next_run("svc", run);
	run = world_wait_run("svc");
	world_control("svc", "uuu");
	WORLD_WAIT(world_count("svc/trace", "start\n") == 2);
	world_control("svc", "h");
	WORLD_WAIT(world_has("svc/trace", "HUP\n"));
	ck_assert_int_eq(world_wait_run("svc"), run);
}
END_TEST

START_TEST(once_is_not_repeated)
{
	world_recorder("svc/run");
	world_write("svc/down", "");
	world_supervise("svc");
	world_wait_state("svc", SV_STATE_STOPPED);
	world_control("svc", "o");
	pid_t run = world_wait_run("svc");
	WORLD_WAIT(world_has("svc/trace", "start\n"));
	ck_assert(!status_of("svc").want_up);
	ck_assert_str_eq(world_text("svc/supervise/stat"), "run, want down\n");
	world_control("svc", "t");
	world_wait_state("svc", SV_STATE_EXITED);
	ck_assert(!world_alive(run));
	ck_assert_uint_eq(world_count("svc/trace", "start\n"), 1);
	/* A service that is up and told "once" goes on, and ends when it ends. */
	world_control("svc", "u");
	run = world_wait_run("svc");
	WORLD_WAIT(world_count("svc/trace", "start\n") == 2);
	world_control("svc", "o");
	WORLD_WAIT(!status_of("svc").want_up);
	ck_assert(world_alive(run));
	world_signal(run, SIGKILL);
	world_wait_state("svc", SV_STATE_EXITED);
}
END_TEST

START_TEST(exit_stops_and_leaves)
{
	pid_t pid = start_recorder();

	world_script("svc/finish", "echo finish >>trace\n");
	world_control("svc", "x");
	ck_assert_int_eq(world_wait_exit(pid), 0);
	ck_assert_str_eq(world_text("svc/trace"), "start\nTERM\nfinish\n");
	/* And at once when there is nothing to stop. */
	world_write("svc/down", "");
	pid = world_supervise("svc");
	world_wait_state("svc", SV_STATE_STOPPED);
	world_wait_supervised("svc");
	world_control("svc", "x");
	ck_assert_int_eq(world_wait_exit(pid), 0);
}
END_TEST

START_TEST(nothing_takes_an_exit_back)
{
	world_write("svc/stubborn", "");
	pid_t pid = start_recorder();

	world_control("svc", "xuo");
	WORLD_WAIT(world_has("svc/trace", "TERM\n"));
	WORLD_WAIT(strcmp(world_text("svc/supervise/stat"), "run, got TERM, want exit\n") == 0);
	world_control("svc", "uk");
	ck_assert_int_eq(world_wait_exit(pid), 0);
	ck_assert_uint_eq(world_count("svc/trace", "start\n"), 1);
}
END_TEST

START_TEST(several_letters_are_obeyed_in_order)
{
	world_write("svc/stubborn", "");
	start_recorder();
	pid_t run = world_wait_run("svc");
	/* The kernel keeps no order between signals; p then c shows ours. */
	world_control("svc", "h1pck");
	world_wait_next_run("svc", run);
	WORLD_WAIT(world_count("svc/trace", "start\n") == 2);
	run = world_wait_run("svc");
	/* The last word counts. */
	world_control("svc", "dududuk");
	world_wait_next_run("svc", run);
	WORLD_WAIT(world_count("svc/trace", "start\n") == 3);
	world_control("svc", "udududk");
	world_wait_state("svc", SV_STATE_STOPPED);
	ck_assert_uint_eq(world_count("svc/trace", "start\n"), 3);
}
END_TEST

START_TEST(unknown_bytes_are_ignored_and_said_once)
{
	char bytes[256];

	start_recorder();
	pid_t run = world_wait_run("svc");
	int fd = open("svc/supervise/control", O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	for (int round = 0; round < 3; round++) {
		size_t size = 0;
		enum sv_command command;
		for (int byte = 0; byte < 256; byte++)
			if (!sv_command_decode((char)byte, &command))
				bytes[size++] = (char)byte;
		bytes[size++] = 'h';
		ck_assert_int_eq(write(fd, bytes, size), (ssize_t)size);
		WORLD_WAIT(world_count("svc/trace", "HUP\n") == (size_t)round + 1);
	}
	close(fd);
	ck_assert_int_eq(world_wait_run("svc"), run);
	ck_assert_uint_eq(world_count("err", "\n"), 1);
	ck_assert_msg(
		world_has("err", "unknown bytes in supervise/control"), "%s", world_text("err"));
}
END_TEST

START_TEST(a_flood_is_digested)
{
	enum { LETTERS = 6000 };
	static char flood[LETTERS + 1];

	world_script("svc/run", "echo start >>trace; exec sleep 1000\n");
	world_script("svc/log/run", "exec cat >/dev/null\n");
	world_supervise("svc");
	world_wait_run("svc");
	for (int i = 0; i < LETTERS; i += 2) {
		flood[i] = 'd';
		flood[i + 1] = 'u';
	}
	sv_ms began = sv_now_ms();
	/* More than one read takes, and two FIFOs at once. */
	world_control("svc", flood);
	world_control("svc/log", flood);
	world_control("svc", "o");
	WORLD_WAIT(!status_of("svc").want_up && status_of("svc").starts > 0);
	world_control("svc", "u");
	WORLD_WAIT(status_of("svc").want_up);
	world_wait_run("svc");
	ck_assert_int_lt(sv_now_ms() - began, 5000);
	/* Quiet again: one service, one log. */
	WORLD_WAIT(!status_of("svc").term_sent && status_of("svc").phase == SV_PHASE_RUN &&
		   !status_of("svc/log").term_sent && status_of("svc/log").phase == SV_PHASE_RUN);
	WORLD_WAIT(world_processes() == 3);
}
END_TEST

static bool is_settled(const char *dir)
{
	const struct sv_status status = status_of(dir);

	return status.phase == SV_PHASE_RUN && !status.term_sent && !status.paused &&
	       world_alive((pid_t)status.pid);
}

START_TEST(no_sequence_of_commands_confuses_it)
{
	enum { ROUNDS = 30, LENGTH = 60 };
	static const char letters[] = "udothaiq12kpc\n?";
	char words[2][LENGTH + 1] = {""};
	unsigned chance = 4711;

	world_script("svc/run", "exec sleep 1000\n");
	world_script("svc/finish", "exit 0\n");
	world_script("svc/log/run", "exec cat >/dev/null\n");
	pid_t pid = world_supervise("svc");
	world_wait_run("svc");
	world_wait_run("svc/log");
	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < 2 * LENGTH; i++) {
			chance = chance * 1103515245 + 12345;
			words[i / LENGTH][i % LENGTH] =
				letters[(chance >> 16) % (sizeof letters - 1)];
		}
		world_control("svc", words[0]);
		world_control("svc/log", words[1]);
		world_control("svc", "cu");
		world_control("svc/log", "cu");
		/* Deaths that the last words caused may be late, hence the repetition. */
		for (sv_ms limit = sv_now_ms() + WORLD_PATIENCE_MS;
			!(is_settled("svc") && is_settled("svc/log") && world_processes() == 3);) {
			world_pause(limit, words[0], words[1], round);
			world_control("svc", "u");
			world_control("svc/log", "u");
		}
	}
	world_control("svc", "x");
	ck_assert_int_eq(world_wait_exit(pid), 0);
	ck_assert_uint_eq(world_processes(), 0);
}
END_TEST

START_TEST(commands_act_during_the_delay)
{
	world_script("svc/run", "echo start >>trace; [ -e good ] || exit 1; exec sleep 1000\n");
	world_supervise("svc");
	/* Up: at once, and the delay starts small again. */
	for (size_t starts = 1; starts < 6; starts++) {
		WORLD_WAIT(world_count("svc/trace", "start\n") == starts &&
			   world_is("svc", SV_STATE_BACKOFF));
		sv_ms began = sv_now_ms();
		world_control("svc", "u");
		WORLD_WAIT(world_count("svc/trace", "start\n") > starts);
		ck_assert_int_lt(sv_now_ms() - began, 900);
	}
	world_wait_state("svc", SV_STATE_BACKOFF);
	/* Signals have nobody to go to. */
	world_control("svc", "thk12pc");
	ck_assert(world_is("svc", SV_STATE_BACKOFF));
	world_control("svc", "d");
	world_wait_state("svc", SV_STATE_STOPPED);
	world_write("svc/good", "");
	world_control("svc", "o");
	world_wait_run("svc");
}
END_TEST

START_TEST(an_exit_during_the_delay_is_at_once)
{
	world_script("svc/run", "exit 1\n");
	pid_t pid = world_supervise("svc");
	world_wait_state("svc", SV_STATE_BACKOFF);
	sv_ms began = sv_now_ms();
	world_control("svc", "x");
	ck_assert_int_eq(world_wait_exit(pid), 0);
	ck_assert_int_lt(sv_now_ms() - began, 900);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("supervise_commands");
	TCase *cases = tcase_create("commands");

	world_fixture(cases);
	tcase_add_test(cases, every_signal_letter_sends_its_signal);
	tcase_add_test(cases, term_restarts_and_remembers);
	tcase_add_test(cases, kill_restarts);
	tcase_add_test(cases, pause_and_continue);
	tcase_add_test(cases, down_and_up);
	tcase_add_test(cases, once_is_not_repeated);
	tcase_add_test(cases, exit_stops_and_leaves);
	tcase_add_test(cases, nothing_takes_an_exit_back);
	tcase_add_test(cases, several_letters_are_obeyed_in_order);
	tcase_add_test(cases, unknown_bytes_are_ignored_and_said_once);
	tcase_add_test(cases, a_flood_is_digested);
	tcase_add_test(cases, no_sequence_of_commands_confuses_it);
	tcase_add_test(cases, commands_act_during_the_delay);
	tcase_add_test(cases, an_exit_during_the_delay_is_at_once);
	suite_add_tcase(suite, cases);
	return suite;
}

WORLD_MAIN(make_suite)
