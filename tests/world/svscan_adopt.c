/* svscan is killed; its supervises and services go on, and the next svscan takes them for its own. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "libsv/layout.h"
#include "tests/support/world.h"

enum { SERVICES = 5 };

static const char *dir_of(int i)
{
	static char dir[SERVICES][32];

	snprintf(dir[i], sizeof dir[i], "scan/s%d", i);
	return dir[i];
}

static void make_services(void)
{
	for (int i = 0; i < SERVICES; i++) {
		char path[256];
		snprintf(path, sizeof path, "%s/run", dir_of(i));
		world_script(path, "exec sleep 1000\n");
	}
}

/* The supervise that holds a service directory; 0: none. */
static pid_t holder(const char *dir)
{
	char path[256];

	snprintf(path, sizeof path, "%s/supervise", dir);
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	pid_t pid = sv_lock_holder(fd);
	close(fd);
	return pid;
}

static void kill_hard(pid_t pid)
{
	world_signal(pid, SIGKILL);
	ck_assert_int_eq(world_wait_exit(pid), WORLD_SIGNALLED + SIGKILL);
}

/* A new directory that comes up shows that the scanner has done its first scan. */
static pid_t start_and_wait(void)
{
	static int count;
	char from[32], to[32], run[48];

	pid_t svscan = world_svscan("scan");
	snprintf(from, sizeof from, "new%d", count);
	snprintf(to, sizeof to, "scan/new%d", count++);
	snprintf(run, sizeof run, "%s/run", from);
	world_script(run, "exec sleep 1000\n");
	ck_assert_int_eq(rename(from, to), 0);
	world_wait_run(to);
	return svscan;
}

START_TEST(the_next_svscan_takes_them_over)
{
	pid_t supervises[SERVICES], runs[SERVICES];

	make_services();
	pid_t svscan = start_and_wait();
	for (int i = 0; i < SERVICES; i++) {
		runs[i] = world_wait_run(dir_of(i));
		supervises[i] = holder(dir_of(i));
		ck_assert_int_eq(world_parent(runs[i]), supervises[i]);
	}
	kill_hard(svscan);
	svscan = start_and_wait();
	for (int i = 0; i < SERVICES; i++) {
		ck_assert_int_eq(holder(dir_of(i)), supervises[i]);
		ck_assert_int_eq(world_wait_run(dir_of(i)), runs[i]);
	}
	ck_assert_msg(!world_has("err", "already supervised"), "%s", world_text("err"));
	world_signal(svscan, SIGTERM);
	ck_assert_int_eq(world_wait_exit(svscan), 0);
	for (int i = 0; i < SERVICES; i++)
		ck_assert(!world_alive(supervises[i]) && !world_alive(runs[i]));
}
END_TEST

START_TEST(an_adopted_supervise_is_stopped_and_replaced_like_any_other)
{
	make_services();
	pid_t svscan = start_and_wait();
	pid_t run = world_wait_run(dir_of(0)), gone = world_wait_run(dir_of(1));
	pid_t supervise = holder(dir_of(0));
	kill_hard(svscan);
	svscan = start_and_wait();
	ck_assert_int_eq(rename(dir_of(1), "away"), 0);
	WORLD_WAIT(!world_alive(gone));
	world_signal(supervise, SIGKILL);
	WORLD_WAIT(holder(dir_of(0)) != 0 && holder(dir_of(0)) != supervise);
	WORLD_WAIT(world_is(dir_of(0), SV_STATE_STARTING));
	ck_assert_int_eq(world_wait_run(dir_of(0)), run);
	ck_assert_int_eq(world_parent(holder(dir_of(0))), svscan);
	world_signal(svscan, SIGTERM);
	ck_assert_int_eq(world_wait_exit(svscan), 0);
	ck_assert(!world_alive(run));
}
END_TEST

START_TEST(all_of_them_killed_at_once)
{
	pid_t runs[SERVICES], supervises[SERVICES];

	make_services();
	pid_t svscan = start_and_wait();
	for (int i = 0; i < SERVICES; i++) {
		runs[i] = world_wait_run(dir_of(i));
		supervises[i] = holder(dir_of(i));
	}
	kill_hard(svscan);
	for (int i = 0; i < SERVICES; i++)
		world_signal(supervises[i], SIGKILL);
	svscan = start_and_wait();
	for (int i = 0; i < SERVICES; i++) {
		world_wait_supervised(dir_of(i));
		ck_assert_int_eq(world_wait_run(dir_of(i)), runs[i]);
		ck_assert(world_alive(runs[i]));
	}
	world_signal(svscan, SIGTERM);
	ck_assert_int_eq(world_wait_exit(svscan), 0);
	for (int i = 0; i < SERVICES; i++)
		ck_assert(!world_alive(runs[i]));
}
END_TEST

static Suite *suite(void)
{
	Suite *suite = suite_create("svscan_adopt");
	TCase *cases = tcase_create("adopt");

	world_fixture(cases);
	tcase_add_test(cases, the_next_svscan_takes_them_over);
	tcase_add_test(cases, an_adopted_supervise_is_stopped_and_replaced_like_any_other);
	tcase_add_test(cases, all_of_them_killed_at_once);
	suite_add_tcase(suite, cases);
	return suite;
}

WORLD_MAIN(suite)
