/* The crash law: kill -9 and SIGTERM at any moment lose, double, tear and reorder nothing. */
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/check_main.h"
#include "tests/support/logger_world.h"

enum { KILLS = 60 };

static struct world world;

static void open_world(void)
{
	world_open(&world);
}

static void close_world(void)
{
	world_close(&world);
}

static const struct {
	const char *words[8];
	size_t stamp;
	int signal;
} runs[] = {
	{{"n0", "s99999", "./log"}, 0, SIGKILL},
	{{"n0", "s4096", "./log"}, 0, SIGKILL},
	{{"t", "n0", "s99999", "./log"}, 26, SIGKILL},
	{{"t", "n0", "s4096", "./log"}, 26, SIGKILL},
	{{"t", "n0", "s50000", "./log", "s70000", "./second"}, 26, SIGKILL},
	{{"n0", "s99999", "./log"}, 0, SIGTERM},
	{{"T", "n0", "s20000", "./log"}, 31, SIGTERM},
};

/* While a stream is running, a logger after the other is ended at a random moment of its life. */
START_TEST(signals_under_load_cost_nothing)
{
	int ends[2];
	unsigned seed = (unsigned)_i + 1;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	struct feeder feeder = world_feed(ends[1]);
	close(ends[1]);
	for (int i = 0; i < KILLS; i++) {
		pid_t pid = world_start(&world, ends[0], runs[_i].words);
		seed = seed * 1103515245 + 12345;
		world_let_run(pid, (int)((seed >> 16) % 4000));
		kill(pid, runs[_i].signal);
		int code = world_wait(pid);
		/* A SIGTERM that comes before the logger has blocked it ends it like a kill. */
		if (code != 0)
			ck_assert_int_eq(code, 128 + runs[_i].signal);
	}
	world_tell_feeder(&feeder);
	pid_t last = world_start(&world, ends[0], runs[_i].words);
	unsigned count = world_stop_feeding(&feeder);
	ck_assert_int_eq(world_wait(last), 0);
	close(ends[0]);
	world_check_lines(world.log, runs[_i].stamp, count);
	if (runs[_i].words[4]) {
		char second[128];
		snprintf(second, sizeof second, "%s/second", world.path);
		world_check_lines(second, 0, count);
	}
}
END_TEST

/* Runs the logger until its `stop`-th entry to or return from a system call and kills it there.  True
 * when it ended by itself before. */
static bool kill_at(int input_fd, const char *const *words, unsigned stop)
{
	int status;
	pid_t pid = world_start_traced(&world, input_fd, words);

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	for (unsigned i = 0; WIFSTOPPED(status); i++) {
		if (i == stop)
			kill(pid, SIGKILL);
		else
			ck_assert_int_eq(ptrace(PTRACE_SYSCALL, pid, NULL, NULL), 0);
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	}
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* A pipe that holds `count` lines and has no writer. */
static int filled_pipe(unsigned count)
{
	int ends[2];
	char line[WORLD_LINE];

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	for (unsigned i = 0; i < count; i++) {
		world_line(line, i);
		ck_assert_int_eq(write(ends[1], line, sizeof line), WORLD_LINE);
	}
	close(ends[1]);
	return ends[0];
}

static const struct {
	const char *words[8];
	size_t stamp;
} stops[] = {
	{{"n0", "s7000", "./log"}, 0},
	{{"t", "n0", "s9000", "./log"}, 26},
	{{"t", "n0", "s16000", "./log", "s12000", "./second"}, 26},
};

/* Killed at each of its system calls in turn, and the logger after it at one of its first too; what is
 * left is the third one's. */
START_TEST(a_kill_at_any_system_call_costs_nothing)
{
	enum { LINES = 400 };
	const char *const *words = stops[_i].words;
	char second[128];
	bool ended = false;
	unsigned stop;

	snprintf(second, sizeof second, "%s/second", world.path);
	for (stop = 0; !ended; stop++) {
		int fd = filled_pipe(LINES);
		ended = kill_at(fd, words, stop);
		kill_at(fd, words, stop * 7 % 90);
		ck_assert_int_eq(world_wait(world_start(&world, fd, words)), 0);
		close(fd);
		world_check_lines(world.log, stops[_i].stamp, LINES);
		world_check_files(world.log, 99999);
		if (words[4])
			world_check_lines(second, 0, LINES);
		world_close(&world);
		world_open(&world);
		snprintf(second, sizeof second, "%s/second", world.path);
	}
	ck_assert_uint_gt(stop, 100);
}
END_TEST

/* Lines that are all the same, and more of them coming while no logger runs: what the pipe holds cannot
 * tell which of them are in the file already. */
START_TEST(equal_lines_are_counted_right)
{
	const size_t lines = 200;
	static const char *const words[] = {"t", "n0", "s4096", "./log", NULL};
	bool ended = false;

	for (unsigned stop = 0; !ended; stop++) {
		char bytes[200 * WORLD_LINE];
		int ends[2];
		size_t size;
		for (size_t i = 0; i < lines; i++)
			world_line(bytes + i * WORLD_LINE, 7);
		ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
		ck_assert_int_eq(write(ends[1], bytes, sizeof bytes), sizeof bytes);
		ended = stop > 250 || kill_at(ends[0], words, stop);
		ck_assert_int_eq(write(ends[1], bytes, sizeof bytes), sizeof bytes);
		close(ends[1]);
		ck_assert_int_eq(world_wait(world_start(&world, ends[0], words)), 0);
		close(ends[0]);
		char *all = world_read(world.log, &size);
		ck_assert_uint_eq(size, 2 * lines * (WORLD_LINE + 26));
		for (size_t i = 0; i < 2 * lines; i++)
			ck_assert_mem_eq(all + i * (WORLD_LINE + 26) + 26, bytes, WORLD_LINE);
		free(all);
		world_close(&world);
		world_open(&world);
	}
}
END_TEST

static Suite *kill_suite(void)
{
	Suite *suite = suite_create("logger kill");
	TCase *cases = tcase_create("kill");

	tcase_add_checked_fixture(cases, open_world, close_world);
	tcase_add_loop_test(
		cases, signals_under_load_cost_nothing, 0, (int)(sizeof runs / sizeof *runs));
	tcase_add_loop_test(cases, a_kill_at_any_system_call_costs_nothing, 0,
		(int)(sizeof stops / sizeof *stops));
	tcase_add_test(cases, equal_lines_are_counted_right);
	tcase_set_timeout(cases, 120);
	suite_add_tcase(suite, cases);
	return suite;
}

SV_CHECK_MAIN(kill_suite)
