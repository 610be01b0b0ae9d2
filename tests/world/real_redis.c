/* A real redis under svscan, with a log, driven by svctl and by runit's sv. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/check_main.h"
#include "tests/support/real_programs.h"

#define LOG "scan/redis/log/main/current"

static bool answers(void)
{
	return strcmp(real_redis("PING"), "PONG") == 0;
}

static void contains(const char *text, const char *piece)
{
	ck_assert_msg(strstr(text, piece) != NULL, "no \"%s\" in:\n%s", piece, text);
}

static pid_t status_pid(const char *dir)
{
	struct sv_status status;

	return world_status(dir, &status) ? (pid_t)status.pid : -1;
}

/* Redis in a world of its own, up and answering; the pid of svscan. */
static pid_t begin(const char *options)
{
	real_begin();
	real_redis_service(options);
	pid_t svscan = real_scan();
	REAL_WAIT(answers());
	return svscan;
}

static bool has_redis(void)
{
	return world_has_program("redis-server");
}

START_TEST(stop_start_and_restart)
{
	char expected[64];

	if (!has_redis())
		return;
	pid_t svscan = begin("--save ''");
	pid_t first = world_wait_run("scan/redis");
	contains(SVCTL(0, "status", "redis"), "redis  ");

	ck_assert_str_eq(SVCTL(0, "stop", "redis"), "redis: stopped\n");
	ck_assert(!world_alive(first));
	ck_assert(!answers());
	contains(SVCTL(3, "status", "redis"), "STOPPED");
	contains(SVCTL(3, "status", "redis"), "code 0");
	/* What it said last is in its log, which goes on. */
	REAL_WAIT(world_has(LOG, "Redis is now ready to exit, bye bye..."));
	contains(SVCTL(0, "status", "redis/log"), "redis/log  ");

	const char *said = SVCTL(0, "start", "redis");
	pid_t second = status_pid("scan/redis");
	snprintf(expected, sizeof expected, "redis: started (pid %d)\n", (int)second);
	ck_assert_str_eq(said, expected);
	ck_assert_int_ne(second, first);
	ck_assert(answers());
	contains(SVCTL(0, "status", "redis"), "RUNNING");

	said = SVCTL(0, "restart", "redis");
	pid_t third = status_pid("scan/redis");
	snprintf(expected, sizeof expected, "redis: restarted (pid %d)\n", (int)third);
	ck_assert_str_eq(said, expected);
	ck_assert_int_ne(third, second);
	ck_assert(!world_alive(second));
	ck_assert(answers());
	real_end(svscan);
	ck_assert(!world_alive(third));
	ck_assert_uint_eq(world_count(LOG, "Redis is now ready to exit, bye bye..."), 3);
}
END_TEST

/* An orderly end lets redis save; only kill -9 does not, which shows that ours was orderly. */
START_TEST(what_is_saved_outlives_a_restart)
{
	if (!has_redis())
		return;
	pid_t svscan = begin("--save 3600 100000");
	pid_t first = world_wait_run("scan/redis");

	ck_assert_str_eq(real_redis("SET kept yes"), "OK");
	SVCTL(0, "restart", "redis");
	ck_assert_str_eq(real_redis("GET kept"), "yes");
	contains(world_text(LOG), "DB saved on disk");

	pid_t second = world_wait_next_run("scan/redis", first);
	ck_assert_str_eq(real_redis("SET lost yes"), "OK");
	world_signal(second, SIGKILL);
	world_wait_next_run("scan/redis", second);
	REAL_WAIT(answers());
	ck_assert_str_eq(real_redis("GET kept"), "yes");
	ck_assert_str_eq(real_redis("GET lost"), "");
	contains(SVCTL(0, "status", "redis"), "KILL");
	real_end(svscan);
}
END_TEST

START_TEST(a_down_file_keeps_it_down)
{
	if (!has_redis())
		return;
	real_begin();
	real_redis_service("--save ''");
	world_write("scan/redis/down", "");
	pid_t svscan = real_scan();
	REAL_WAIT(world_is("scan/redis/log", SV_STATE_STARTING));
	REAL_WAIT(world_is("scan/redis", SV_STATE_STOPPED));
	contains(SVCTL(3, "status", "redis"), "STOPPED");
	ck_assert(!answers());

	/* The file says how it begins, not what may be done later. */
	SVCTL(0, "start", "redis");
	ck_assert(answers());
	pid_t first = status_pid("scan/redis");
	world_signal(first, SIGTERM);
	world_wait_next_run("scan/redis", first);
	REAL_WAIT(answers());
	real_end(svscan);
}
END_TEST

START_TEST(a_wrong_option_is_told_by_the_log_and_the_exit_code)
{
	if (!has_redis())
		return;
	real_begin();
	real_redis_service("--maxmemory plenty");
	world_write("scan/redis/down", "");
	pid_t svscan = real_scan();
	world_wait_supervised("scan/redis");
	contains(SVCTL(1, "start", "redis"), "redis: ");
	contains(SVCTL(3, "status", "redis"), "BACKOFF");
	contains(SVCTL(3, "status", "redis"), "code 1");
	REAL_WAIT(world_has(LOG, "maxmemory"));

	/* The next start takes the file as it is then. */
	real_redis_service("--maxmemory 100mb");
	SVCTL(0, "restart", "redis");
	ck_assert(answers());
	real_end(svscan);
}
END_TEST

/* A log line is stamped: 2026-11-22 11:34:00.123456789, one space, then what redis said. */
START_TEST(the_log_is_readable)
{
	if (!has_redis())
		return;
	pid_t svscan = begin("--save ''");
	REAL_WAIT(world_has(LOG, "eady to accept connections"));
	real_end(svscan);
	for (const char *line = world_text(LOG); *line; line += strcspn(line, "\n") + 1) {
		unsigned y, m, d, hour, minute, second, nano;
		int size = 0;

		/* NOLINTNEXTLINE(cert-err34-c) */
		ck_assert_int_eq(sscanf(line, "%4u-%2u-%2u %2u:%2u:%2u.%9u%n", &y, &m, &d, &hour,
					 &minute, &second, &nano, &size),
			7);
		ck_assert_int_eq(size, 29);
		ck_assert_msg(line[29] == ' ' && strchr(line, '\n'), "torn: %s", line);
	}
}
END_TEST

/* The path through which sv finds the service: it looks in SVDIR like svctl. */
START_TEST(sv_of_runit_drives_it)
{
	if (!has_redis() || !world_has_program("sv"))
		return;
	pid_t svscan = begin("--save ''");
	world_script("scan/redis/check",
		"exec redis-cli -s ../../data/redis.sock PING | grep -q PONG\n");
	pid_t first = world_wait_run("scan/redis");
	struct world_result result = WORLD_RUN("sv", "status", "redis");
	ck_assert_int_eq(result.code, 0);
	contains(result.out, "run: redis: (pid ");
	contains(result.out, "run: log: (pid ");

	result = WORLD_RUN("sv", "-w", "20", "stop", "redis");
	ck_assert_msg(result.code == 0, "%s", result.out);
	contains(result.out, "ok: down: redis: ");
	ck_assert(!world_alive(first) && !answers());
	result = WORLD_RUN("sv", "-w", "20", "start", "redis");
	ck_assert_msg(result.code == 0, "%s", result.out);
	contains(result.out, "ok: run: redis: (pid ");
	/* sv has run ./check until redis answered. */
	ck_assert(answers());
	pid_t second = world_wait_next_run("scan/redis", first);
	/* sv compares seconds: in the second of the start it would take the old run for the new. */
	SVCTL(0, "start", "redis");
	result = WORLD_RUN("sv", "-w", "20", "restart", "redis");
	ck_assert_msg(result.code == 0, "%s", result.out);
	ck_assert(!world_alive(second) && answers());
	result = WORLD_RUN("sv", "-w", "20", "check", "redis");
	ck_assert_msg(result.code == 0, "%s", result.out);
	result = WORLD_RUN("sv", "-w", "20", "force-stop", "redis");
	ck_assert_msg(result.code == 0, "%s", result.out);
	ck_assert(!answers());
	real_end(svscan);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("real_redis");
	TCase *cases = tcase_create("redis");

	world_fixture(cases);
	tcase_add_test(cases, stop_start_and_restart);
	tcase_add_test(cases, what_is_saved_outlives_a_restart);
	tcase_add_test(cases, a_down_file_keeps_it_down);
	tcase_add_test(cases, a_wrong_option_is_told_by_the_log_and_the_exit_code);
	tcase_add_test(cases, the_log_is_readable);
	tcase_add_test(cases, sv_of_runit_drives_it);
	suite_add_tcase(suite, cases);
	return suite;
}

SV_CHECK_MAIN(make_suite)
