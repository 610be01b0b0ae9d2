/* svscan follows its directory: what comes, goes, is renamed or replaced while it looks. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/check_main.h"
#include "tests/support/world.h"

#define SLEEPER "exec sleep 1000\n"

static void move(const char *from, const char *to)
{
	ck_assert_msg(rename(from, to) == 0, "cannot rename %s", from);
}

/* The supervise of a service that is up. */
static pid_t supervise_of(const char *dir)
{
	return world_parent(world_wait_run(dir));
}

START_TEST(what_is_moved_in_is_started_soon)
{
	world_script("scan/first/run", SLEEPER);
	world_svscan("scan");
	world_wait_run("scan/first");
	world_script("new/run", SLEEPER);
	sv_ms began = sv_now_ms();
	move("new", "scan/new");
	world_wait_run("scan/new");
	ck_assert_int_lt(sv_now_ms() - began, 1000);
	world_script("elsewhere/run", SLEEPER);
	began = sv_now_ms();
	ck_assert_int_eq(symlink("../elsewhere", "scan/linked"), 0);
	world_wait_run("scan/linked");
	ck_assert_int_lt(sv_now_ms() - began, 1000);
}
END_TEST

START_TEST(what_is_made_in_place_is_started_when_it_is_whole)
{
	world_dir("scan");
	world_svscan("scan");
	WORLD_WAIT(world_exists("scan/.svscan/control"));
	world_dir("scan/new/log");
	world_script("scan/new/log/run", "exec cat >/dev/null\n");
	world_script("scan/new/run", SLEEPER);
	world_wait_run("scan/new");
	world_wait_run("scan/new/log");
	ck_assert_str_eq(world_text("err"), "");
}
END_TEST

START_TEST(what_is_removed_is_stopped)
{
	world_recorder("scan/moved/run");
	world_script("scan/deleted/run", SLEEPER);
	world_script("scan/deleted/log/run", "exec cat >/dev/null\n");
	world_script("elsewhere/run", SLEEPER);
	ck_assert_int_eq(symlink("../elsewhere", "scan/linked"), 0);
	pid_t scanner = world_svscan("scan");
	world_wait_run("scan/deleted");
	world_wait_run("scan/linked");
	WORLD_WAIT(world_has("scan/moved/trace", "start\n"));
	pid_t supervise = supervise_of("scan/moved");
	move("scan/moved", "moved");
	WORLD_WAIT(!world_alive(supervise));
	ck_assert_str_eq(world_text("moved/trace"), "start\nTERM\n");
	supervise = supervise_of("scan/linked");
	ck_assert_int_eq(unlink("scan/linked"), 0);
	WORLD_WAIT(!world_alive(supervise));
	world_wait_run("scan/deleted/log");
	ck_assert_int_eq(WORLD_RUN("rm", "-rf", "scan/deleted").code, 0);
	WORLD_WAIT(world_processes() == 1);
	ck_assert(world_alive(scanner));
}
END_TEST

START_TEST(a_renamed_service_goes_on)
{
	world_script("scan/a/run", SLEEPER);
	world_script("scan/b/run", SLEEPER);
	pid_t scanner = world_svscan("scan");
	pid_t a = world_wait_run("scan/a"), b = world_wait_run("scan/b");
	move("scan/a", "scan/c");
	/* Something new shows that the scan was done. */
	world_script("new/run", SLEEPER);
	move("new", "scan/new");
	world_wait_run("scan/new");
	ck_assert_int_eq(world_wait_run("scan/c"), a);
	/* Two that swap their names. */
	move("scan/b", "scan/d");
	move("scan/c", "scan/b");
	move("scan/d", "scan/c");
	world_script("newer/run", SLEEPER);
	move("newer", "scan/newer");
	world_wait_run("scan/newer");
	ck_assert_int_eq(world_wait_run("scan/b"), a);
	ck_assert_int_eq(world_wait_run("scan/c"), b);
	ck_assert(world_alive(a) && world_alive(b));
	ck_assert_uint_eq(world_processes(), 9);
	world_signal(scanner, SIGTERM);
	ck_assert_int_eq(world_wait_exit(scanner), 0);
}
END_TEST

START_TEST(a_replaced_service_waits_for_its_predecessor)
{
	world_script("scan/svc/run", SLEEPER);
	/* The old one ends when it is let to. */
	world_script("scan/svc/finish", "echo old ending >>../story; read x <release\n"
					"echo old ended >>../story\n");
	ck_assert_int_eq(mkfifo("scan/svc/release", 0600), 0);
	world_script("new/run", "echo new started >>../../story; " SLEEPER);
	world_svscan("scan");
	world_wait_run("scan/svc");
	move("scan/svc", "old");
	move("new", "scan/svc");
	WORLD_WAIT(world_has("story", "old ending\n"));
	world_script("other/run", SLEEPER);
	move("other", "scan/other");
	world_wait_run("scan/other");
	ck_assert(!world_exists("scan/svc/supervise"));
	int fd = open("old/release", O_WRONLY | O_CLOEXEC);
	ck_assert_int_eq(write(fd, "\n", 1), 1);
	close(fd);
	world_wait_run("scan/svc");
	WORLD_WAIT(world_has("story", "new started\n"));
	ck_assert_str_eq(world_text("story"), "old ending\nold ended\nnew started\n");
}
END_TEST

START_TEST(a_directory_linked_twice_is_supervised_once)
{
	world_script("svc/run", "echo start >>trace; " SLEEPER);
	world_dir("scan");
	ck_assert_int_eq(symlink("../svc", "scan/one"), 0);
	ck_assert_int_eq(symlink("../svc", "scan/two"), 0);
	world_svscan("scan");
	pid_t run = world_wait_run("svc");
	/* The name it was started under goes: the other takes over. */
	ck_assert_int_eq(unlink("scan/one"), 0);
	world_script("new/run", SLEEPER);
	move("new", "scan/new");
	world_wait_run("scan/new");
	ck_assert_int_eq(world_wait_run("svc"), run);
	ck_assert_uint_eq(world_processes(), 5);
	ck_assert_str_eq(world_text("svc/trace"), "start\n");
	ck_assert_str_eq(world_text("err"), "");
	ck_assert_int_eq(unlink("scan/two"), 0);
	WORLD_WAIT(world_processes() == 3);
}
END_TEST

/* Makes a service that no event tells of: the target of a dangling link, outside. */
static void make_unseen(const char *name)
{
	char path[128], target[128];

	snprintf(path, sizeof path, "scan/%s", name);
	snprintf(target, sizeof target, "../later/%s", name);
	ck_assert_int_eq(symlink(target, path), 0);
}

static void make_seen(const char *name)
{
	char path[128];

	snprintf(path, sizeof path, "later/%s/run", name);
	world_script(path, SLEEPER);
}

START_TEST(it_looks_again_when_asked)
{
	world_dir("scan");
	make_unseen("one");
	make_unseen("two");
	make_unseen("three");
	world_script("scan/first/run", SLEEPER);
	pid_t scanner = world_svscan("scan");
	world_wait_run("scan/first");
	make_seen("one");
	ck_assert(!world_exists("later/one/supervise"));
	world_signal(scanner, SIGHUP);
	world_wait_run("later/one");
	make_seen("two");
	world_signal(scanner, SIGALRM);
	world_wait_run("later/two");
	make_seen("three");
	int fd = open("scan/.svscan/control", O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, "?a", 2), 2);
	world_wait_run("later/three");
	ck_assert_uint_eq(world_count("err", "\n"), 1);
	ck_assert_msg(
		world_has("err", "unknown bytes in .svscan/control"), "%s", world_text("err"));
	ck_assert_int_eq(write(fd, "t", 1), 1);
	close(fd);
	ck_assert_int_eq(world_wait_exit(scanner), 0);
}
END_TEST

/* Is every service up that is in the scan directory, and no other? */
static bool is_in_line(const bool *is_in, int count)
{
	size_t processes = 1;

	for (int i = 0; i < count; i++) {
		struct sv_status status;
		char path[64];
		snprintf(path, sizeof path, "scan/s%d", i);
		if (!is_in[i])
			continue;
		if (!world_status(path, &status) || status.phase != SV_PHASE_RUN)
			return false;
		processes += 2;
	}
	return world_processes() == processes;
}

START_TEST(what_runs_follows_whatever_happens)
{
	enum { SERVICES = 8, ROUNDS = 10, MOVES = 40 };
	bool is_in[SERVICES] = {false};
	char inside[64], outside[64];
	unsigned chance = 12345;

	world_dir("scan");
	for (int i = 0; i < SERVICES; i++) {
		snprintf(outside, sizeof outside, "away/s%d/run", i);
		world_script(outside, SLEEPER);
	}
	pid_t scanner = world_svscan("scan");
	WORLD_WAIT(world_exists("scan/.svscan/control"));
	for (int step = 1; step <= ROUNDS * MOVES; step++) {
		chance = chance * 1103515245 + 12345;
		int i = (int)(chance >> 16) % SERVICES;
		snprintf(inside, sizeof inside, "scan/s%d", i);
		snprintf(outside, sizeof outside, "away/s%d", i);
		move(is_in[i] ? inside : outside, is_in[i] ? outside : inside);
		is_in[i] = !is_in[i];
		if (step % MOVES == 0)
			WORLD_WAIT(is_in_line(is_in, SERVICES));
	}
	world_signal(scanner, SIGTERM);
	ck_assert_int_eq(world_wait_exit(scanner), 0);
	ck_assert_uint_eq(world_processes(), 0);
	/* One that goes away before its supervise has looked is said to be missing, no more. */
	ck_assert_uint_eq(world_count("err", "cannot open the service directory s"),
		world_count("err", "\n"));
}
END_TEST

START_TEST(a_killed_supervise_is_replaced)
{
	world_script("scan/svc/run", SLEEPER);
	world_svscan("scan");
	pid_t run = world_wait_run("scan/svc"), supervise = supervise_of("scan/svc");
	/* What becomes of the service is not asked here. */
	world_signal(supervise, SIGKILL);
	world_signal(run, SIGKILL);
	pid_t next = world_wait_next_run("scan/svc", run);
	ck_assert_int_ne(world_parent(next), supervise);
	ck_assert(!world_alive(supervise));
}
END_TEST

START_TEST(a_supervise_that_cannot_start_is_retried_slowly)
{
	/* Another family's supervisor, which flocks its lock, has the directory: no two of them. */
	world_script("scan/svc/run", SLEEPER);
	world_dir("scan/svc/supervise");
	int lock = open("scan/svc/supervise/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_eq(flock(lock, LOCK_EX | LOCK_NB), 0);
	sv_ms began = sv_now_ms();
	pid_t scanner = world_svscan("scan");
	/* The second try may be at once, the third not. */
	WORLD_WAIT(world_count("err", "already supervised") == 3);
	ck_assert_int_ge(sv_now_ms() - began, 990);
	/* The end does not wait for the next try, which is two seconds off. */
	world_signal(scanner, SIGTERM);
	ck_assert_int_eq(world_wait_exit(scanner), 0);
	ck_assert_int_lt(sv_now_ms() - began, 2500);
	close(lock);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("svscan_changes");
	TCase *cases = tcase_create("changes");

	world_fixture(cases);
	tcase_add_test(cases, what_is_moved_in_is_started_soon);
	tcase_add_test(cases, what_is_made_in_place_is_started_when_it_is_whole);
	tcase_add_test(cases, what_is_removed_is_stopped);
	tcase_add_test(cases, a_renamed_service_goes_on);
	tcase_add_test(cases, a_replaced_service_waits_for_its_predecessor);
	tcase_add_test(cases, a_directory_linked_twice_is_supervised_once);
	tcase_add_test(cases, it_looks_again_when_asked);
	tcase_add_test(cases, what_runs_follows_whatever_happens);
	tcase_add_test(cases, a_killed_supervise_is_replaced);
	tcase_add_test(cases, a_supervise_that_cannot_start_is_retried_slowly);
	suite_add_tcase(suite, cases);
	return suite;
}

WORLD_MAIN(make_suite)
