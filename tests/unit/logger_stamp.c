/* Stamps, against libc's calendar and daemontools' own reader.
 * uses: logger/stamp.o */
#include "logger/stamp.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/check_main.h"

static void iso_by_libc(char *to, size_t size, struct timespec now, long east)
{
	time_t local = now.tv_sec + east;
	struct tm day;
	char front[32];

	gmtime_r(&local, &day);
	strftime(front, sizeof front, "%Y-%m-%d %H:%M:%S", &day);
	snprintf(to, size, "%s.%09ld  ", front, now.tv_nsec);
}

static void check_iso(struct timespec now, long east)
{
	char expected[64];
	struct stamp stamp = stamp_make(STAMP_ISO, now, east);

	iso_by_libc(expected, sizeof expected, now, east);
	ck_assert_uint_eq(stamp.size, 31);
	ck_assert_uint_eq(strlen(expected), 31);
	ck_assert_mem_eq(stamp.text, expected, 31);
}

/* Steps of a second less than a day from 1600 to 2500 meet every date in between, at all hours. */
START_TEST(iso_agrees_with_libc)
{
	for (long long t = -11676096000; t < 16725225600; t += 86399) {
		struct timespec now = {.tv_sec = (time_t)t, .tv_nsec = (long)((t & 0xffffff) * 59)};
		check_iso(now, (t & 31) * 1800 - 43200);
	}
}
END_TEST

START_TEST(iso_edges)
{
	check_iso((struct timespec){0, 0}, 0);
	check_iso((struct timespec){0, 999999999}, -1);
	check_iso((struct timespec){951782399, 1}, 0);
	check_iso((struct timespec){951782400, 1}, 0);
	check_iso((struct timespec){253402300799, 999999999}, 0);
}
END_TEST

START_TEST(tai64n_is_daemontools_form)
{
	struct stamp stamp = stamp_make(STAMP_TAI64N, (struct timespec){1, 0x1a2b3c4}, 0);

	ck_assert_uint_eq(stamp.size, 26);
	ck_assert_mem_eq(stamp.text, "@400000000000000b01a2b3c4 ", 26);
}
END_TEST

START_TEST(both_stand_side_by_side)
{
	struct stamp stamp = stamp_make(STAMP_ISO | STAMP_TAI64N, (struct timespec){1, 2}, 0);

	ck_assert_uint_eq(stamp.size, STAMP_LONGEST);
	ck_assert_mem_eq(stamp.text, "@400000000000000b00000002 1970-01-01 00:00:01.000000002  ",
		STAMP_LONGEST);
}
END_TEST

/* What tai64nlocal makes of `line`, or nothing when it is not installed. */
static ssize_t ask_tai64nlocal(const char *line, char *answer, size_t size)
{
	int in[2], out[2];
	size_t length = strlen(line);

	ck_assert(pipe(in) == 0 && pipe(out) == 0);
	ck_assert_int_eq(write(in[1], line, length), (ssize_t)length);
	pid_t pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		setenv("TZ", "UTC", 1);
		dup2(in[0], 0);
		dup2(out[1], 1);
		close(in[1]);
		execlp("tai64nlocal", "tai64nlocal", (char *)NULL);
		_exit(127);
	}
	close(in[0]);
	close(in[1]);
	close(out[1]);
	ssize_t got = read(out[0], answer, size);
	close(out[0]);
	waitpid(pid, NULL, 0);
	return got;
}

START_TEST(tai64nlocal_reads_it)
{
	struct timespec now = {1234567890, 123456789};
	struct stamp stamp = stamp_make(STAMP_TAI64N, now, 0);
	char line[64], answer[128] = "", expected[64];

	snprintf(line, sizeof line, "%.26shello\n", stamp.text);
	if (ask_tai64nlocal(line, answer, sizeof answer - 1) <= 0) {
		puts("SKIP: tai64nlocal is not installed");
		return;
	}
	iso_by_libc(expected, sizeof expected, now, 0);
	ck_assert_mem_eq(answer, expected, 29);
	ck_assert_str_eq(answer + 30, "hello\n");
}
END_TEST

static Suite *stamp_suite(void)
{
	Suite *suite = suite_create("logger stamp");
	TCase *cases = tcase_create("stamp");

	tcase_add_test(cases, iso_agrees_with_libc);
	tcase_add_test(cases, iso_edges);
	tcase_add_test(cases, tai64n_is_daemontools_form);
	tcase_add_test(cases, both_stand_side_by_side);
	tcase_add_test(cases, tai64nlocal_reads_it);
	tcase_set_timeout(cases, 60);
	suite_add_tcase(suite, cases);
	return suite;
}

SV_CHECK_MAIN(stamp_suite)
