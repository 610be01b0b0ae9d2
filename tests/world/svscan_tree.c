/* svscan as a whole: what it starts, that it looks after orphans, that it idles, and how it ends. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libsv/message.h"
#include "tests/support/check_main.h"
#include "tests/support/world.h"

#define SLEEPER "exec sleep 1000\n"

START_TEST(every_directory_is_started_and_nothing_else)
{
	world_script("scan/one/run", SLEEPER);
	world_script("scan/two words/run", SLEEPER);
	world_script("scan/-dash/run", "echo $1 >name; " SLEEPER);
	world_script("scan/line\nend/run", SLEEPER);
	world_script("scan/web@1/run", SLEEPER);
	world_script("elsewhere/run", "echo $1 >name; " SLEEPER);
	ck_assert_int_eq(symlink("../elsewhere", "scan/linked"), 0);
	world_script("scan/.hidden/run", SLEEPER);
	world_script("scan/template@/run", SLEEPER);
	world_write("scan/file", "");
	ck_assert_int_eq(symlink("nowhere", "scan/dangling"), 0);
	ck_assert_int_eq(symlink("file", "scan/link-to-file"), 0);
	ck_assert_int_eq(mkfifo("scan/fifo", 0600), 0);
	pid_t scanner = world_svscan("scan");
	world_wait_run("scan/one");
	world_wait_run("scan/two words");
	world_wait_run("scan/-dash");
	world_wait_run("scan/line\nend");
	world_wait_run("scan/web@1");
	world_wait_run("scan/linked");
	WORLD_WAIT(world_has("elsewhere/name", "linked\n"));
	WORLD_WAIT(world_has("scan/-dash/name", "-dash\n"));
	ck_assert_uint_eq(world_processes(), 1 + 6 * 2);
	ck_assert(!world_exists("scan/.hidden/supervise"));
	ck_assert(!world_exists("scan/template@/supervise"));
	ck_assert_str_eq(world_text("err"), "");
	world_signal(scanner, SIGTERM);
	ck_assert_int_eq(world_wait_exit(scanner), 0);
	ck_assert_uint_eq(world_processes(), 0);
}
END_TEST

static void spoil_start(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	signal(SIGCHLD, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	clearenv();
	close(0);
	close(1);
	close(2);
}

START_TEST(nothing_is_needed_to_start)
{
	world_script("scan/svc/run", "readlink /proc/$$/fd/0 >in; /bin/cat /proc/$$/environ >env\n"
				     "/bin/grep ^SigIgn /proc/self/status >signals; " SLEEPER);
	pid_t scanner = world_launch("svscan", "scan", spoil_start);
	world_wait_run("scan/svc");
	WORLD_WAIT(world_has("scan/svc/signals", "\n"));
	ck_assert_str_eq(world_text("scan/svc/in"), "/dev/null\n");
	ck_assert_str_eq(world_text("scan/svc/env"), "");
	ck_assert_str_eq(world_text("scan/svc/signals"), "SigIgn:\t0000000000000000\n");
	world_signal(scanner, SIGTERM);
	ck_assert_int_eq(world_wait_exit(scanner), 0);
	ck_assert_uint_eq(world_processes(), 0);
}
END_TEST

static void take_default_dir(void)
{
	setenv("SVDIR", "scan", 1);
}

START_TEST(the_default_directory_is_named_by_the_environment)
{
	world_script("scan/svc/run", SLEEPER);
	world_launch("svscan", NULL, take_default_dir);
	world_wait_run("scan/svc");
}
END_TEST

static void assert_refused(const char *dir, const char *text, void (*prepare)(void))
{
	unlink("err");
	ck_assert_int_eq(world_wait_exit(world_launch("svscan", dir, prepare)), SV_EXIT_USAGE);
	ck_assert_msg(world_has("err", text), "%s", world_text("err"));
	ck_assert_msg(world_count("err", "svscan: fatal: ") == 1, "%s", world_text("err"));
}

/* Can an ordinary user run the programs under test? */
static bool is_reachable(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		world_become_nobody();
		_exit(access(getenv("SV_BIN"), X_OK) == 0 ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	if (status != 0)
		world_skip("the programs under test are out of reach for an ordinary user");
	return status == 0;
}

START_TEST(what_cannot_be_scanned_is_refused_in_one_line)
{
	world_write("file", "");
	assert_refused("nowhere",
		"cannot open the scan directory nowhere (make it, or name another one): No such "
		"file",
		NULL);
	assert_refused("file",
		"cannot open the scan directory file (make it, or name another one): Not a "
		"directory",
		NULL);
	world_script("scan/svc/run", SLEEPER);
	world_svscan("scan");
	pid_t run = world_wait_run("scan/svc");
	assert_refused("scan", "scan: another svscan looks after this directory", NULL);
	ck_assert_int_eq(world_wait_run("scan/svc"), run);
	ck_assert(world_alive(run));
}
END_TEST

START_TEST(an_unreadable_directory_is_refused_in_one_line)
{
	if (geteuid() == 0 && !is_reachable())
		return;
	world_dir("closed");
	ck_assert_int_eq(chmod("closed", 0), 0);
	assert_refused("closed",
		"cannot open the scan directory closed (make it, or name another one): Permission "
		"denied",
		geteuid() == 0 ? world_become_nobody : NULL);
}
END_TEST

START_TEST(an_ordinary_user_runs_a_tree)
{
	if (geteuid() != 0) {
		world_skip("every other test is run by an ordinary user already");
		return;
	}
	if (!is_reachable())
		return;
	world_script("scan/svc/run", "id -u >uid; " SLEEPER);
	world_script("scan/svc/log/run", "exec cat >kept\n");
	ck_assert_int_eq(WORLD_RUN("chown", "-R", "65534:65534", "scan").code, 0);
	pid_t scanner = world_launch("svscan", "scan", world_become_nobody);
	world_wait_run("scan/svc");
	world_wait_run("scan/svc/log");
	WORLD_WAIT(world_has("scan/svc/uid", "65534\n"));
	world_signal(scanner, SIGTERM);
	ck_assert_int_eq(world_wait_exit(scanner), 0);
	ck_assert_str_eq(world_text("err"), "");
}
END_TEST

static void become_other_with_state(void)
{
	char state[4096];

	snprintf(state, sizeof state, "%s/state", world_top());
	setenv("SVSTATE", state, 1);
	if (geteuid() == 0)
		world_become_nobody();
}

START_TEST(a_tree_that_may_not_be_written_to_runs)
{
	if (geteuid() == 0 && !is_reachable())
		return;
	world_script("scan/svc/run", "echo up >../../state/up; " SLEEPER);
	world_script("scan/svc/log/run", "exec cat >/dev/null\n");
	world_dir("state");
	if (geteuid() == 0)
		ck_assert_int_eq(chown("state", WORLD_NOBODY, WORLD_NOBODY), 0);
	ck_assert_int_eq(WORLD_RUN("chmod", "-R", "a-w", "scan").code, 0);
	pid_t scanner = world_launch("svscan", "scan", become_other_with_state);
	WORLD_WAIT(world_has("state/svc/stat", "run\n"));
	WORLD_WAIT(world_has("state/svc/log/stat", "run\n"));
	WORLD_WAIT(world_has("state/up", "up\n"));
	world_signal(scanner, SIGTERM);
	ck_assert_int_eq(world_wait_exit(scanner), 0);
	ck_assert_uint_eq(world_processes(), 0);
	ck_assert_uint_eq(world_count("err", "cannot hold state"), world_count("err", "\n"));
}
END_TEST

/* --- the end ------------------------------------------------------------------------------------ */

/* A tree with a talkative service and a silent one. */
static pid_t start_tree(void)
{
	world_script("scan/talker/run", "trap 'echo last words; exit 0' TERM; echo first words\n"
					"sleep 1000 >/dev/null & echo $! >child; wait\n");
	world_script("scan/talker/finish", "kill $(cat child); echo finish words\n");
	world_script("scan/talker/log/run", "cat >>kept; echo end >>kept\n");
	world_script("scan/silent/run", SLEEPER);
	world_script("scan/down/run", SLEEPER);
	world_write("scan/down/down", "");
	pid_t scanner = world_svscan("scan");
	world_wait_run("scan/silent");
	world_wait_state("scan/down", SV_STATE_STOPPED);
	WORLD_WAIT(world_has("scan/talker/child", "\n"));
	WORLD_WAIT(world_has("scan/talker/log/kept", "first words\n"));
	return scanner;
}

static void assert_tree_ended(pid_t scanner)
{
	ck_assert_int_eq(world_wait_exit(scanner), 0);
	ck_assert_uint_eq(world_processes(), 0);
	ck_assert_str_eq(
		world_text("scan/talker/log/kept"), "first words\nlast words\nfinish words\nend\n");
	ck_assert_str_eq(world_text("err"), "");
}

START_TEST(term_ends_services_then_logs_then_itself)
{
	pid_t scanner = start_tree();

	world_signal(scanner, SIGTERM);
	assert_tree_ended(scanner);
	/* And all can be started again. */
	unlink("scan/talker/log/kept");
	unlink("scan/talker/child");
	scanner = start_tree();
	world_signal(scanner, SIGINT);
	assert_tree_ended(scanner);
}
END_TEST

START_TEST(a_second_term_hastens)
{
	world_recorder("scan/stubborn/run");
	world_write("scan/stubborn/stubborn", "");
	world_script("scan/good/run", SLEEPER);
	pid_t scanner = world_svscan("scan");
	world_wait_run("scan/good");
	WORLD_WAIT(world_has("scan/stubborn/trace", "start\n"));
	sv_ms began = sv_now_ms();
	world_signal(scanner, SIGTERM);
	WORLD_WAIT(world_has("scan/stubborn/trace", "TERM\n"));
	WORLD_WAIT(world_processes() == 3);
	/* Two that come at once, as from a terminal and a script, count as one. */
	WORLD_WAIT(sv_now_ms() - began > 600);
	ck_assert(world_alive(scanner));
	world_signal(scanner, SIGTERM);
	ck_assert_int_eq(world_wait_exit(scanner), 0);
	ck_assert_uint_eq(world_processes(), 0);
}
END_TEST

START_TEST(orphans_are_reaped)
{
	/* The service leaves three processes behind that end on their own. */
	world_script("scan/svc/run", "for i in 1 2 3; do (sh -c 'echo $$ >>../../orphans; "
				     "read x <hold' &) ; done\n" SLEEPER);
	ck_assert_int_eq(mkfifo("scan/svc/hold", 0600), 0);
	pid_t scanner = world_svscan("scan"), orphans[3];
	world_wait_run("scan/svc");
	WORLD_WAIT(world_count("orphans", "\n") == 3);
	const char *at = world_text("orphans");
	for (int i = 0; i < 3; i++, at = strchr(at, '\n') + 1)
		orphans[i] = (pid_t)strtol(at, NULL, 10);
	for (int i = 0; i < 3; i++)
		WORLD_WAIT(world_parent(orphans[i]) == scanner);
	int fd = open("scan/svc/hold", O_WRONLY | O_CLOEXEC);
	close(fd);
	for (int i = 0; i < 3; i++) {
		/* One that had not opened the FIFO yet would wait for ever. */
		if (world_parent(orphans[i]) == scanner)
			(void)kill(orphans[i], SIGKILL);
		WORLD_WAIT(world_parent(orphans[i]) == -1);
	}
	ck_assert_uint_eq(world_zombies(scanner), 0);
}
END_TEST

START_TEST(two_hundred_services)
{
	enum { SERVICES = 200 };
	char path[64];

	for (int i = 0; i < SERVICES; i++) {
		snprintf(path, sizeof path, "scan/s%d/run", i);
		world_script(path, SLEEPER);
	}
	sv_ms began = sv_now_ms();
	pid_t scanner = world_svscan("scan");
	for (int i = 0; i < SERVICES; i++) {
		snprintf(path, sizeof path, "scan/s%d", i);
		world_wait_run(path);
	}
	sv_ms started = sv_now_ms();
	ck_assert_uint_eq(world_processes(), 1 + 2 * SERVICES);
	sv_ms ending = sv_now_ms();
	world_signal(scanner, SIGTERM);
	ck_assert_int_eq(world_wait_exit(scanner), 0);
	printf("%d services: up in %d ms, down in %d ms\n", SERVICES, (int)(started - began),
		(int)(sv_now_ms() - ending));
	ck_assert_uint_eq(world_processes(), 0);
	ck_assert_str_eq(world_text("err"), "");
}
END_TEST

/* Reads what strace -ttt wrote: "PID SECONDS.MICROSECONDS CALL".  The first second may hold what was
 * left to do after the starts; strace itself notes when it lets go. */
static void assert_quiet_after_a_second(void)
{
	double first = 0;

	for (const char *line = world_text("calls"); *line; line += strcspn(line, "\n") + 1) {
		size_t size = strcspn(line, "\n");
		char *at;
		(void)strtol(line, &at, 10);
		double moment = strtod(at, &at);
		if (first <= 0)
			first = moment;
		ck_assert_msg(moment < first + 1 || memmem(line, size, "<detached", 9), "%.*s",
			(int)size, line);
	}
	ck_assert_msg(world_has("calls", "ppoll(") || world_has("calls", "restart_syscall("), "%s",
		world_text("calls"));
}

START_TEST(an_idle_tree_makes_no_system_call)
{
	char pids[3][16];

	if (!world_has_program("strace") || !world_has_program("timeout"))
		return;
	world_script("scan/svc/run", SLEEPER);
	world_script("scan/svc/log/run", "exec cat >/dev/null\n");
	world_script("scan/old/run", SLEEPER);
	snprintf(pids[0], sizeof pids[0], "%d", (int)world_svscan("scan"));
	world_wait_run("scan/svc/log");
	snprintf(pids[1], sizeof pids[1], "%d", (int)world_parent(world_wait_run("scan/svc")));
	snprintf(pids[2], sizeof pids[2], "%d", (int)world_parent(world_wait_run("scan/old")));
	const struct world_result traced = WORLD_RUN("timeout", "3", "strace", "-ttt", "-f", "-o",
		"calls", "-p", pids[0], "-p", pids[1], "-p", pids[2]);
	if (!strstr(traced.out, "attached") || traced.code != 124) {
		world_skip("strace may not attach to processes here");
		return;
	}
	assert_quiet_after_a_second();
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("svscan_tree");
	TCase *cases = tcase_create("tree");

	world_fixture(cases);
	tcase_add_test(cases, every_directory_is_started_and_nothing_else);
	tcase_add_test(cases, nothing_is_needed_to_start);
	tcase_add_test(cases, the_default_directory_is_named_by_the_environment);
	tcase_add_test(cases, what_cannot_be_scanned_is_refused_in_one_line);
	tcase_add_test(cases, an_unreadable_directory_is_refused_in_one_line);
	tcase_add_test(cases, an_ordinary_user_runs_a_tree);
	tcase_add_test(cases, a_tree_that_may_not_be_written_to_runs);
	tcase_add_test(cases, term_ends_services_then_logs_then_itself);
	tcase_add_test(cases, a_second_term_hastens);
	tcase_add_test(cases, orphans_are_reaped);
	tcase_add_test(cases, two_hundred_services);
	tcase_add_test(cases, an_idle_tree_makes_no_system_call);
	suite_add_tcase(suite, cases);
	return suite;
}

WORLD_MAIN(make_suite)
