/* Disk trouble: input waits, one line says so, nothing is lost, and it heals by itself. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/check_main.h"
#include "tests/support/logger_world.h"

static struct world world;
static char disk[80];    /* where the small file system is mounted */
static char on_disk[96]; /* a log directory on it */

static void open_world(void)
{
	world_open(&world);
	snprintf(disk, sizeof disk, "%s/disk", world.path);
	snprintf(on_disk, sizeof on_disk, "%s/log", disk);
}

static void close_world(void)
{
	umount2(disk, MNT_DETACH);
	world_close(&world);
}

/* A tmpfs of that size, which nobody else sees. */
static bool mount_disk(const char *options)
{
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		mkdir(disk, 0755) < 0 || mount("none", disk, "tmpfs", 0, options) < 0) {
		printf("SKIP: cannot mount a small tmpfs here: %s\n", strerror(errno));
		return false;
	}
	return true;
}

static void resize_disk(const char *options)
{
	ck_assert_int_eq(mount("none", disk, "tmpfs", MS_REMOUNT, options), 0);
}

static struct feeder feed_pipe(int *input_fd)
{
	int ends[2];

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	struct feeder feeder = world_feed(ends[1]);
	close(ends[1]);
	*input_fd = ends[0];
	return feeder;
}

/* Nanoseconds of processor time used so far. */
static unsigned long long busy(pid_t pid)
{
	char path[64], line[128] = "0";

	snprintf(path, sizeof path, "/proc/%d/schedstat", (int)pid);
	FILE *file = fopen(path, "r");
	ck_assert_ptr_nonnull(file);
	ck_assert_ptr_nonnull(fgets(line, sizeof line, file));
	fclose(file);
	return strtoull(line, NULL, 10);
}

static const struct {
	const char *words[8];
	size_t stamp;
} runs[] = {
	{{"n0", "s1000000", "./disk/log"}, 0},
	{{"t", "n0", "s1000000", "./disk/log"}, 26},
	{{"t", "n0", "s4096", "./disk/log"}, 26},
};

START_TEST(a_full_disk_heals_over_kills)
{
	int input_fd;

	if (!mount_disk("size=256k"))
		return;
	struct feeder feeder = feed_pipe(&input_fd);
	for (int i = 0; i < 4; i++) {
		pid_t pid = world_start(&world, input_fd, runs[_i].words);
		world_expect(&world, "./disk/log: cannot write the log: No space left on device");
		kill(pid, i % 2 ? SIGKILL : SIGTERM);
		ck_assert_int_eq(world_wait(pid), i % 2 ? 128 + SIGKILL : 111);
	}
	pid_t pid = world_start(&world, input_fd, runs[_i].words);
	world_expect(&world, "cannot write the log");
	resize_disk("size=64m");
	world_expect(&world, "./disk/log: writing again");
	unsigned count = world_stop_feeding(&feeder);
	ck_assert_int_eq(world_wait(pid), 0);
	close(input_fd);
	world_check_lines(on_disk, runs[_i].stamp, count);
}
END_TEST

START_TEST(a_disk_full_at_the_start_is_waited_for)
{
	if (!mount_disk("size=8k"))
		return;
	int input_fd;
	struct feeder feeder = feed_pipe(&input_fd);
	pid_t pid = world_start(&world, input_fd, WORLD_WORDS("t", "n0", "./disk/log"));
	world_expect(&world, "./disk/log: cannot write the log: No space left on device");
	resize_disk("size=64m");
	world_expect(&world, "./disk/log: writing again");
	unsigned count = world_stop_feeding(&feeder);
	ck_assert_int_eq(world_wait(pid), 0);
	close(input_fd);
	world_check_lines(on_disk, 26, count);
}
END_TEST

/* A limit on file sizes is a full disk that needs no rights. */
START_TEST(a_limit_is_waited_for_idly)
{
	struct rlimit limit = {.rlim_cur = 30001, .rlim_max = RLIM_INFINITY};
	int input_fd;

	struct feeder feeder = feed_pipe(&input_fd);
	ck_assert_int_eq(prlimit(0, RLIMIT_FSIZE, &limit, NULL), 0);
	pid_t pid = world_start(&world, input_fd, WORLD_WORDS("t", "n0", "./log"));
	world_expect(&world, "./log: cannot write the log: File too large");
	unsigned long long before = busy(pid);
	world_let_run(pid, 1000000);
	ck_assert_uint_lt(busy(pid) - before, 20000000);
	limit.rlim_cur = RLIM_INFINITY;
	ck_assert_int_eq(prlimit(pid, RLIMIT_FSIZE, &limit, NULL), 0);
	ck_assert_int_eq(prlimit(0, RLIMIT_FSIZE, &limit, NULL), 0);
	world_expect(&world, "./log: writing again");
	unsigned count = world_stop_feeding(&feeder);
	ck_assert_int_eq(world_wait(pid), 0);
	close(input_fd);
	world_check_lines(world.log, 26, count);
}
END_TEST

START_TEST(sigterm_ends_it_when_the_input_is_over_too)
{
	struct rlimit limit = {.rlim_cur = 30001, .rlim_max = RLIM_INFINITY};
	int ends[2];
	static char bytes[60000];

	memset(bytes, 'x', sizeof bytes);
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	ck_assert_int_eq(write(ends[1], bytes, 30001), 30001);
	close(ends[1]);
	ck_assert_int_eq(prlimit(0, RLIMIT_FSIZE, &limit, NULL), 0);
	pid_t pid = world_start(&world, ends[0], WORLD_WORDS("./log"));
	world_expect(&world, "./log: cannot write the log: File too large");
	kill(pid, SIGTERM);
	ck_assert_int_eq(world_wait(pid), 111);
	limit.rlim_cur = RLIM_INFINITY;
	ck_assert_int_eq(prlimit(0, RLIMIT_FSIZE, &limit, NULL), 0);
	ck_assert_int_eq(world_wait(world_start(&world, ends[0], WORLD_WORDS("./log"))), 0);
	close(ends[0]);
	size_t size;
	char *all = world_read(world.log, &size);
	ck_assert_uint_eq(size, 30002);
	ck_assert_int_eq(all[size - 1], '\n');
	free(all);
}
END_TEST

/* What was deleted is gone; what comes afterwards is kept, in a directory made and locked anew. */
START_TEST(a_removed_directory_is_made_anew)
{
	char path[128];
	int ends[2];
	struct stat st;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	pid_t pid = world_start(&world, ends[0], WORLD_WORDS("./log"));
	snprintf(path, sizeof path, "%s/current", world.log);
	ck_assert_int_eq(write(ends[1], "one\n", 4), 4);
	while (stat(path, &st) < 0 || st.st_size != 4)
		world_let_run(pid, 1000);
	world_remove(world.log);
	world_let_run(pid, 1100000);
	ck_assert_int_eq(write(ends[1], "two\n", 4), 4);
	world_expect(&world, "./log: was removed; made it anew");
	ck_assert_int_eq(world_log(&world, "x\n", 2, WORLD_WORDS("./log")), 100);
	kill(pid, SIGKILL);
	world_wait(pid);
	ck_assert_int_eq(write(ends[1], "three\n", 6), 6);
	close(ends[1]);
	ck_assert_int_eq(world_wait(world_start(&world, ends[0], WORLD_WORDS("./log"))), 0);
	close(ends[0]);
	size_t size;
	char *all = world_read(world.log, &size);
	ck_assert_msg(strcmp(all, "two\nthree\n") == 0 || strcmp(all, "three\n") == 0, "%s", all);
	free(all);
}
END_TEST

static Suite *disk_suite(void)
{
	Suite *suite = suite_create("logger disk");
	TCase *cases = tcase_create("disk");

	tcase_add_checked_fixture(cases, open_world, close_world);
	tcase_add_loop_test(
		cases, a_full_disk_heals_over_kills, 0, (int)(sizeof runs / sizeof *runs));
	tcase_add_test(cases, a_disk_full_at_the_start_is_waited_for);
	tcase_add_test(cases, a_limit_is_waited_for_idly);
	tcase_add_test(cases, sigterm_ends_it_when_the_input_is_over_too);
	tcase_add_test(cases, a_removed_directory_is_made_anew);
	tcase_set_timeout(cases, 60);
	suite_add_tcase(suite, cases);
	return suite;
}

SV_CHECK_MAIN(disk_suite)
