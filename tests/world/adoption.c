/* supervise is killed, at any moment; the service and its log do not notice, and the next supervise goes
 * on with them.  SV_KILLS sets how many kills the long test does (a hundred by default). */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/world.h"

enum { KILLS = 100, LINES_MAX = 2000000 };

/* A service that writes numbered lines, and proves by a directory that it is the only copy: whoever finds
 * the directory and its maker alive says so.  (A maker that is gone was killed by its own write: nobody
 * reads when supervise and the log are both gone.)  When told to stop it notes how many lines it wrote. */
static const char writer[] =
	"exec 2>&1\n"
	"n=0\n"
	"trap 'rmdir held 2>/dev/null; echo $$ $n >>counts; exit 0' TERM\n"
	"if ! mkdir held; then\n"
	"  kill -0 $(tail -n 1 starts) && echo $$ beside $(tail -n 1 starts) >>trace\n"
	"  echo $$ >>killed\n"
	"fi 2>/dev/null\n"
	"echo $$ >>starts\n"
	"while :; do n=$((n + 1)); echo $$ $n; done\n";

static const char logger[] = "exec svlogger n1000 s1000000 ./main\n";

static void put_programs_in_path(void)
{
	char path[4096];

	snprintf(path, sizeof path, "%s:%s", getenv("SV_BIN"), getenv("PATH"));
	setenv("PATH", path, 1);
}

static void make_service(void)
{
	put_programs_in_path();
	world_script("svc/run", writer);
	world_script("svc/log/run", logger);
}

/* Who holds the lock of svc; 0: nobody. */
static pid_t lock_holder(void)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int fd = open("svc/supervise/lock", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return 0;
	ck_assert_int_eq(fcntl(fd, F_GETLK, &lock), 0);
	close(fd);
	return lock.l_type == F_UNLCK ? 0 : lock.l_pid;
}

/* That somebody reads the control FIFO is not enough: a child that is about to become the service holds
 * all the fds of the supervise that was killed, for a moment. */
static pid_t start_supervise(void)
{
	pid_t supervise = world_supervise("svc");

	WORLD_WAIT(lock_holder() == supervise);
	world_wait_supervised("svc");
	return supervise;
}

static pid_t kill_and_start(pid_t supervise)
{
	world_signal(supervise, SIGKILL);
	ck_assert_int_eq(world_wait_exit(supervise), WORLD_SIGNALLED + SIGKILL);
	return start_supervise();
}

/* All lines of the log, oldest file first, as one stream. */
static FILE *open_log(void)
{
	/* For the shell's glob, whose order is that of the stamps in the names. */
	const int code =
		WORLD_RUN("sh", "-c", "cd svc/log/main && cat @*.s current >../../lines").code;

	/* cat finds no @*.s when there was no rotation. */
	ck_assert_int_le(code, 1);
	FILE *lines = fopen("svc/lines", "r");
	ck_assert_ptr_nonnull(lines);
	return lines;
}

/* How many lines the copy `pid` noted to have written; -1 when it was not told to stop. */
static long noted_count(long pid)
{
	char line[64];
	long count = -1;
	FILE *counts = fopen("svc/counts", "r");

	while (counts && fgets(line, sizeof line, counts)) {
		char *rest;
		if (strtol(line, &rest, 10) == pid)
			count = strtol(rest, NULL, 10);
	}
	if (counts)
		fclose(counts);
	return count;
}

static void check_end_of_copy(long pid, long last)
{
	long noted = noted_count(pid);

	/* TERM may come between the counting and the writing of a line. */
	if (pid && noted >= 0)
		ck_assert_msg(noted == last || noted == last + 1,
			"copy %ld wrote %ld lines, %ld are logged", pid, noted, last);
}

/* Every copy's lines are there from the first to the last, in order, once. */
static long check_log(void)
{
	char line[256];
	long pid = 0, last = 0, lines = 0;
	FILE *log = open_log();

	while (fgets(line, sizeof line, log)) {
		char *rest;
		long line_pid = strtol(line, &rest, 10), number = strtol(rest, NULL, 10);
		if (line_pid != pid) {
			check_end_of_copy(pid, last);
			pid = line_pid;
			last = 0;
		}
		ck_assert_msg(
			number == last + 1, "after line %ld of %ld came: %s", last, pid, line);
		last = number;
		lines++;
	}
	check_end_of_copy(pid, last);
	fclose(log);
	return lines;
}

START_TEST(the_service_does_not_notice)
{
	struct sv_status before, after;

	make_service();
	pid_t supervise = start_supervise();
	pid_t run = world_wait_run("svc");
	pid_t log = world_wait_run("svc/log");
	ck_assert(world_status("svc", &before));
	supervise = kill_and_start(supervise);
	ck_assert_int_eq(world_wait_run("svc"), run);
	ck_assert_int_eq(world_wait_run("svc/log"), log);
	ck_assert(world_status("svc", &after));
	ck_assert_uint_eq(after.starts, before.starts);
	ck_assert_int_eq(after.started_ms, before.started_ms);
	ck_assert(world_alive(run) && world_alive(log));
	WORLD_WAIT(world_exists("svc/starts"));
	world_signal(supervise, SIGTERM);
	ck_assert_int_eq(world_wait_exit(supervise), 0);
	ck_assert(!world_alive(run) && !world_alive(log));
	check_log();
}
END_TEST

START_TEST(wishes_outlive_supervise)
{
	struct sv_status status;

	make_service();
	pid_t supervise = start_supervise();
	world_wait_run("svc");
	world_control("svc", "d");
	world_wait_state("svc", SV_STATE_STOPPED);
	supervise = kill_and_start(supervise);
	ck_assert(world_status("svc", &status));
	ck_assert(!status.want_up && status.pid == 0);
	world_control("svc", "u");
	pid_t run = world_wait_run("svc");
	supervise = kill_and_start(supervise);
	/* An adopted service is told to stop, and is restarted, like any other. */
	world_control("svc", "t");
	ck_assert_int_ne(world_wait_next_run("svc", run), run);
	world_signal(supervise, SIGTERM);
	ck_assert_int_eq(world_wait_exit(supervise), 0);
}
END_TEST

START_TEST(a_service_that_ended_meanwhile_gets_its_finish_and_comes_back)
{
	make_service();
	world_script("svc/finish", "echo \"$@\" >>finished\n");
	pid_t supervise = start_supervise();
	pid_t run = world_wait_run("svc");
	world_signal(supervise, SIGKILL);
	ck_assert_int_eq(world_wait_exit(supervise), WORLD_SIGNALLED + SIGKILL);
	world_signal(run, SIGKILL);
	WORLD_WAIT(!world_alive(run));
	rmdir("svc/held");
	supervise = world_supervise("svc");
	ck_assert_int_ne(world_wait_next_run("svc", run), run);
	/* How it ended is known if nobody had waited for it yet. */
	ck_assert(world_has("svc/finished", "-1 0 svc") || world_has("svc/finished", "-1 9 svc"));
	world_signal(supervise, SIGTERM);
	ck_assert_int_eq(world_wait_exit(supervise), 0);
}
END_TEST

START_TEST(svscan_brings_supervise_back_and_tells_how_an_adopted_service_ended)
{
	world_script("scan/svc/run",
		"trap 'exit 7' TERM\necho up >>trace\nwhile :; do sleep 0.01; done\n");
	world_script("scan/svc/finish", "echo \"$1 $2\" >>finished\n");
	pid_t svscan = world_svscan("scan");
	pid_t run = world_wait_run("scan/svc");
	WORLD_WAIT(world_has("scan/svc/trace", "up"));
	pid_t supervise = world_parent(run);
	ck_assert_int_ne(supervise, svscan);
	world_signal(supervise, SIGKILL);
	WORLD_WAIT(world_parent(run) == svscan);
	world_wait_supervised("scan/svc");
	ck_assert_int_eq(world_wait_run("scan/svc"), run);
	world_control("scan/svc", "d");
	world_wait_state("scan/svc", SV_STATE_STOPPED);
	WORLD_WAIT(world_has("scan/svc/finished", "7 0"));
	world_signal(svscan, SIGTERM);
	ck_assert_int_eq(world_wait_exit(svscan), 0);
	ck_assert_uint_eq(world_count("scan/svc/trace", "up"), 1);
}
END_TEST

static unsigned next_random(unsigned *seed)
{
	*seed = *seed * 1103515245U + 12345U;
	return *seed >> 16 & 0x7fff;
}

/* Kills come at moments that have nothing to do with what supervise is doing. */
static void let_random_time_pass(unsigned *seed)
{
	usleep(next_random(seed) % 3000);
}

/* Until a log is up: with supervise and the log both gone there is nobody to read what is written. */
static void wait_for_reader(void)
{
	struct sv_status status;

	WORLD_WAIT(world_status("svc/log", &status) && status.phase == SV_PHASE_RUN &&
		   world_alive((pid_t)status.pid));
}

START_TEST(a_hundred_kills_under_load)
{
	static const char *const orders[] = {"d", "u", "t", "du", "tu", "u", "c", "ud"};
	const char *wanted = getenv("SV_KILLS");
	long kills = wanted ? strtol(wanted, NULL, 10) : KILLS;
	unsigned seed = (unsigned)getpid();

	printf("seed %u\n", seed);
	make_service();
	pid_t supervise = start_supervise();
	for (long i = 0; i < kills; i++) {
		world_control("svc", orders[next_random(&seed) % 8]);
		let_random_time_pass(&seed);
		supervise = kill_and_start(supervise);
		wait_for_reader();
		let_random_time_pass(&seed);
	}
	world_control("svc", "u");
	world_wait_run("svc");
	world_signal(supervise, SIGTERM);
	ck_assert_int_eq(world_wait_exit(supervise), 0);
	ck_assert_msg(!world_exists("svc/trace"), "two copies: %s %s", world_text("svc/trace"),
		world_text("err"));
	long lines = check_log();
	printf("%ld kills, %zu starts, %ld lines, %zu writers without a reader\n", kills,
		world_count("svc/starts", "\n"), lines, world_count("svc/killed", "\n"));
}
END_TEST

static Suite *suite(void)
{
	Suite *suite = suite_create("adoption");
	TCase *cases = tcase_create("adoption");

	world_fixture(cases);
	tcase_set_timeout(cases, getenv("SV_KILLS") ? 3600 : 60);
	tcase_add_test(cases, the_service_does_not_notice);
	tcase_add_test(cases, wishes_outlive_supervise);
	tcase_add_test(cases, a_service_that_ended_meanwhile_gets_its_finish_and_comes_back);
	tcase_add_test(cases, svscan_brings_supervise_back_and_tells_how_an_adopted_service_ended);
	tcase_add_test(cases, a_hundred_kills_under_load);
	suite_add_tcase(suite, cases);
	return suite;
}

WORLD_MAIN(suite)
