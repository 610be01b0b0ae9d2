/* What supervise gives the programs it starts, and what it refuses to start on: real processes. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libsv/message.h"
#include "tests/support/check_main.h"
#include "tests/support/world.h"

/* Lists the open descriptors of the shell that runs it: -c, so that no script is open. */
#define LIST_FDS                                                                                   \
	"sh -c 'n=0; while [ $n -lt 300 ]; do [ ! -e /proc/$$/fd/$n ] || printf \"$n \"; "         \
	"n=$((n+1)); done; echo'"

START_TEST(run_gets_its_name_directory_and_session)
{
	char expected[256];

	world_script("scan/web/run", "echo \"$# $1\" >args; pwd >cwd; "
				     "cut -d' ' -f5,6 /proc/$$/stat >ids; exec sleep 1000\n");
	world_supervise("scan/web/");
	WORLD_WAIT(world_has("scan/web/ids", "\n"));
	pid_t pid = world_wait_run("scan/web");
	ck_assert_str_eq(world_text("scan/web/args"), "1 web\n");
	snprintf(expected, sizeof expected, "%s/scan/web\n", world_top());
	ck_assert_str_eq(world_text("scan/web/cwd"), expected);
	snprintf(expected, sizeof expected, "%d %d\n", (int)pid, (int)pid);
	ck_assert_str_eq(world_text("scan/web/ids"), expected);
}
END_TEST

START_TEST(an_instance_gets_what_follows_the_at)
{
	world_script("web@a@b/run", "echo \"$# $1 $2\" >args; exec sleep 1000\n");
	world_supervise("web@a@b");
	WORLD_WAIT(world_has("web@a@b/args", "\n"));
	ck_assert_str_eq(world_text("web@a@b/args"), "2 web@a@b a@b\n");
}
END_TEST

START_TEST(a_dot_is_called_by_its_real_name)
{
	world_script("web/run", "echo $1 >args; exec sleep 1000\n");
	ck_assert_int_eq(chdir("web"), 0);
	world_supervise(".");
	ck_assert_int_eq(chdir(".."), 0);
	WORLD_WAIT(world_has("web/args", "\n"));
	ck_assert_str_eq(world_text("web/args"), "web\n");
}
END_TEST

static void give_environment(void)
{
	clearenv();
	setenv("ONE", "1 and\nmore", 1);
	setenv("TWO", "", 1);
}

START_TEST(the_environment_is_passed_as_it_is)
{
	char cat[64] = "/bin/cat";

	if (access(cat, X_OK) < 0)
		strcpy(cat, "/usr/bin/cat");
	/* cat is the program itself: a shell would add variables of its own. */
	world_format("svc/run", "#!%s /proc/self/environ\n", cat);
	ck_assert_int_eq(symlink("run", "svc/finish"), 0);
	world_launch("supervise", "svc", give_environment);
	/* Twice: by run and by finish; followed by the text of the script, whose name cat is given. */
	WORLD_WAIT(world_has("out", "ONE=1 and\nmore"));
	ck_assert_int_eq(strncmp(world_text("out"), "ONE=1 and\nmore", 15), 0);
	ck_assert_int_eq(memcmp(world_text("out") + 15, "TWO=\0#!", 7), 0);
}
END_TEST

static void spoil_signals(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	for (int number = 1; number <= 64; number++)
		if (number != SIGCHLD)
			signal(number, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
}

static void assert_clean_signals(const char *path)
{
	static const char *const lines[] = {"SigPnd", "SigBlk", "SigIgn", "SigCgt"};
	char line[64];

	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		snprintf(line, sizeof line, "%s:\t0000000000000000\n", lines[i]);
		ck_assert_msg(world_has(path, line), "%s: %s", path, world_text(path));
	}
}

START_TEST(signals_are_clean_whatever_we_were_started_with)
{
	/* cat is no shell, so it shows what it was given. */
	world_script("svc/run", "exec cat /proc/self/status >run.signals\n");
	world_script("svc/finish", "exec cat /proc/self/status >finish.signals\n");
	world_script("svc/log/run", "cat /proc/self/status >log.signals; exec cat >/dev/null\n");
	pid_t pid = world_launch("supervise", "svc", spoil_signals);
	WORLD_WAIT(world_has("svc/finish.signals", "SigCgt"));
	WORLD_WAIT(world_has("svc/log/log.signals", "SigCgt"));
	assert_clean_signals("svc/run.signals");
	assert_clean_signals("svc/finish.signals");
	assert_clean_signals("svc/log/log.signals");
	world_signal(pid, SIGTERM);
	ck_assert_int_eq(world_wait_exit(pid), 0);
}
END_TEST

static void assert_three_fds(void)
{
	WORLD_WAIT(world_has("svc/finish.fds", "\n"));
	WORLD_WAIT(world_has("svc/log/run.fds", "\n"));
	ck_assert_str_eq(world_text("svc/run.fds"), "0 1 2 \n");
	ck_assert_str_eq(world_text("svc/finish.fds"), "0 1 2 \n");
	ck_assert_str_eq(world_text("svc/log/run.fds"), "0 1 2 \n");
}

static void make_fd_lister(void)
{
	world_script("svc/run", LIST_FDS " >run.fds\n");
	world_script("svc/finish", LIST_FDS " >finish.fds\n");
	world_script("svc/log/run", LIST_FDS " >run.fds; exec cat >/dev/null\n");
}

START_TEST(programs_have_three_descriptors)
{
	make_fd_lister();
	world_supervise("svc");
	assert_three_fds();
}
END_TEST

static void close_standard_fds(void)
{
	close(0);
	close(1);
	close(2);
}

START_TEST(programs_have_three_descriptors_when_we_had_none)
{
	make_fd_lister();
	world_launch("supervise", "svc", close_standard_fds);
	assert_three_fds();
}
END_TEST

static void open_more_fds(void)
{
	int fd = open("/dev/null", O_RDONLY);

	if (fd < 0 || dup2(fd, 7) < 0 || dup2(fd, 200) < 0)
		_exit(96);
}

START_TEST(descriptors_we_were_started_with_are_not_handed_on)
{
	make_fd_lister();
	world_launch("supervise", "svc", open_more_fds);
	assert_three_fds();
}
END_TEST

/* The flags of descriptor `fd`, from two lines of /proc/PID/fdinfo. */
static unsigned long flags_of(const char *path, int fd)
{
	const char *at = world_text(path);

	for (int i = 0; i <= fd; i++)
		at = strstr(at, "flags:\t") + 7;
	return strtoul(at, NULL, 8);
}

START_TEST(the_log_pipe_has_one_direction_for_each)
{
	static const char script[] = "for n in 0 1; do grep flags /proc/$$/fdinfo/$n; done >flags\n"
				     "exec sleep 1000\n";

	world_script("svc/run", script);
	world_script("svc/log/run", script);
	world_supervise("svc");
	WORLD_WAIT(world_count("svc/flags", "flags") == 2);
	WORLD_WAIT(world_count("svc/log/flags", "flags") == 2);
	ck_assert_uint_eq(flags_of("svc/log/flags", 0) & (O_ACCMODE | O_NONBLOCK), O_RDONLY);
	/* The scripts moved fd 1 to the file, and back. */
	pid_t run = world_wait_run("svc");
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/fdinfo/1", (int)run);
	ck_assert_uint_eq(flags_of(path, 0) & (O_ACCMODE | O_NONBLOCK), O_WRONLY);
}
END_TEST

START_TEST(a_down_file_keeps_it_down)
{
	world_recorder("svc/run");
	world_write("svc/down", "");
	world_supervise("svc");
	world_wait_state("svc", SV_STATE_STOPPED);
	ck_assert(!world_exists("svc/trace"));
	world_control("svc", "u");
	world_wait_run("svc");
	WORLD_WAIT(world_has("svc/trace", "start\n"));
}
END_TEST

START_TEST(a_second_supervise_touches_nothing)
{
	struct stat before, after;

	world_recorder("svc/run");
	world_script("svc/log/run", "exec cat\n");
	pid_t first = world_supervise("svc");
	pid_t run = world_wait_run("svc");
	world_wait_run("svc/log");
	ck_assert_int_eq(stat("svc/supervise/status", &before), 0);
	pid_t second = world_supervise("svc");
	ck_assert_int_eq(world_wait_exit(second), SV_EXIT_USAGE);
	ck_assert_str_eq(world_text("err"),
		"supervise: fatal: svc: already supervised by another process\n");
	ck_assert_int_eq(stat("svc/supervise/status", &after), 0);
	ck_assert_uint_eq(before.st_ino, after.st_ino);
	ck_assert_int_eq(world_wait_run("svc"), run);
	world_control("svc", "h");
	WORLD_WAIT(world_has("svc/trace", "HUP"));
	world_signal(first, SIGTERM);
	ck_assert_int_eq(world_wait_exit(first), 0);
}
END_TEST

static void assert_refused(const char *dir, const char *text)
{
	unlink("err");
	ck_assert_int_eq(world_wait_exit(world_supervise(dir)), SV_EXIT_USAGE);
	ck_assert_uint_eq(world_count("err", "\n"), 1);
	ck_assert_msg(world_has("err", text), "%s", world_text("err"));
}

START_TEST(what_is_no_directory_is_refused_in_one_line)
{
	world_write("file", "");
	assert_refused("nowhere", "cannot open the service directory nowhere (expected a directory "
				  "with an executable run): No such file");
	assert_refused("file", "cannot open the service directory file (expected a directory with "
			       "an executable run): Not a directory");
	assert_refused("/", "cannot tell the name");
	assert_refused(NULL, "usage: supervise DIR");
	assert_refused("", "usage: supervise DIR");
	assert_refused("-x", "usage: supervise DIR");
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("supervise_start");
	TCase *cases = tcase_create("start");

	world_fixture(cases);
	tcase_add_test(cases, run_gets_its_name_directory_and_session);
	tcase_add_test(cases, an_instance_gets_what_follows_the_at);
	tcase_add_test(cases, a_dot_is_called_by_its_real_name);
	tcase_add_test(cases, the_environment_is_passed_as_it_is);
	tcase_add_test(cases, signals_are_clean_whatever_we_were_started_with);
	tcase_add_test(cases, programs_have_three_descriptors);
	tcase_add_test(cases, programs_have_three_descriptors_when_we_had_none);
	tcase_add_test(cases, descriptors_we_were_started_with_are_not_handed_on);
	tcase_add_test(cases, the_log_pipe_has_one_direction_for_each);
	tcase_add_test(cases, a_down_file_keeps_it_down);
	tcase_add_test(cases, a_second_supervise_touches_nothing);
	tcase_add_test(cases, what_is_no_directory_is_refused_in_one_line);
	suite_add_tcase(suite, cases);
	return suite;
}

WORLD_MAIN(make_suite)
