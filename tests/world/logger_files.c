/* svlogger's files: what goes in comes out, in files of the right size, names and modes; who may
 * write where; and what is refused. */
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/check_main.h"
#include "tests/support/logger_world.h"

static struct world world;

static void open_world(void)
{
	world_open(&world);
}

static void close_world(void)
{
	world_close(&world);
}

/* A file below the world's directory. */
static const char *in_world(const char *name)
{
	static char path[256];

	snprintf(path, sizeof path, "%s/%s", world.path, name);
	return path;
}

static void log_numbered(unsigned count, const char *const *words)
{
	char *bytes = malloc((size_t)count * WORLD_LINE);

	ck_assert_ptr_nonnull(bytes);
	for (unsigned i = 0; i < count; i++)
		world_line(bytes + (size_t)i * WORLD_LINE, i);
	ck_assert_int_eq(world_log(&world, bytes, (size_t)count * WORLD_LINE, words), 0);
	free(bytes);
}

/* --- bytes ---------------------------------------------------------------------------------- */

START_TEST(all_lines_come_in_order)
{
	log_numbered(50000, WORLD_WORDS("n0", "s4096", "./log"));
	world_check_lines(world.log, 0, 50000);
	ck_assert_uint_gt(world_check_files(world.log, 4096), 800);
}
END_TEST

START_TEST(all_lines_come_stamped)
{
	log_numbered(50000, WORLD_WORDS("t", "n0", "s99999", "./log"));
	world_check_lines(world.log, 26, 50000);
	ck_assert_uint_gt(world_check_files(world.log, 99999), 40);
}
END_TEST

START_TEST(three_directories_get_all_of_it)
{
	log_numbered(20000, WORLD_WORDS("n0", "s5000", "t", "./log", "T", "./second", "s70000", "t",
				    "T", "./third"));
	world_check_lines(world.log, 26, 20000);
	world_check_lines(in_world("second"), 31, 20000);
	world_check_lines(in_world("third"), 57, 20000);
	world_check_files(world.log, 5000);
	world_check_files(in_world("third"), 70000);
}
END_TEST

START_TEST(only_so_many_files_are_kept)
{
	log_numbered(20000, WORLD_WORDS("n40", "s4096", "./log"));
	ck_assert_uint_eq(world_check_files(world.log, 4096), 40);
	log_numbered(70, WORLD_WORDS("n3", "s4096", "./log"));
	ck_assert_uint_eq(world_check_files(world.log, 4096), 3);
	size_t size;
	char *all = world_read(world.log, &size);
	char last[WORLD_LINE];
	world_line(last, 69);
	ck_assert_mem_eq(all + size - WORLD_LINE, last, WORLD_LINE);
	free(all);
}
END_TEST

/* Random bytes with NULs, CRLFs and lines from nothing to several files long. */
START_TEST(bytes_are_not_changed)
{
	enum { SIZE = 3000000 };
	char *bytes = malloc(SIZE), *all;
	unsigned seed = 1;
	size_t size;

	ck_assert_ptr_nonnull(bytes);
	for (size_t i = 0; i < SIZE; i++) {
		seed = seed * 1103515245 + 12345;
		unsigned rarity = i < 1000000 ? 50 : i < 2000000 ? 30000 : 3;
		bytes[i] = (seed >> 16) % rarity == 0 ? '\n' : (char)(seed >> 18);
	}
	bytes[SIZE - 1] = '\n';
	ck_assert_int_eq(world_log(&world, bytes, SIZE, WORLD_WORDS("n0", "s9000", "./log")), 0);
	all = world_read(world.log, &size);
	ck_assert_uint_eq(size, SIZE);
	ck_assert_mem_eq(all, bytes, SIZE);
	world_check_files(world.log, 9000);
	free(all);
	free(bytes);
}
END_TEST

START_TEST(the_last_line_gets_its_end)
{
	size_t size;

	ck_assert_int_eq(world_log(&world, "one\ntwo", 7, WORLD_WORDS("./log")), 0);
	ck_assert_int_eq(world_log(&world, "three", 5, WORLD_WORDS("./log")), 0);
	ck_assert_int_eq(world_log(&world, "", 0, WORLD_WORDS("./log")), 0);
	char *all = world_read(world.log, &size);
	ck_assert_str_eq(all, "one\ntwo\nthree\n");
	free(all);
}
END_TEST

START_TEST(a_file_or_nothing_as_input_will_do)
{
	int fd = open(in_world("input"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	char line[WORLD_LINE];

	for (unsigned i = 0; i < 5000; i++) {
		world_line(line, i);
		ck_assert_int_eq(write(fd, line, sizeof line), WORLD_LINE);
	}
	lseek(fd, 0, SEEK_SET);
	ck_assert_int_eq(world_wait(world_start(&world, fd, WORLD_WORDS("t", "n0", "./log"))), 0);
	close(fd);
	world_check_lines(world.log, 26, 5000);
}
END_TEST

/* --- modes and rights ----------------------------------------------------------------------- */

START_TEST(modes_do_not_depend_on_the_umask)
{
	struct stat st;
	mode_t before = umask(077);

	log_numbered(200, WORLD_WORDS("s4096", "./log"));
	umask(before);
	ck_assert_int_eq(stat(in_world("log/current"), &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0644);
	ck_assert_int_eq(stat(in_world("log/lock"), &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0600);
	ck_assert_uint_ge(world_check_files(world.log, 4096), 3);
}
END_TEST

START_TEST(a_second_logger_is_refused)
{
	int ends[2];

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	pid_t first = world_start(&world, ends[0], WORLD_WORDS("./log"));
	while (access(in_world("log/current"), F_OK) < 0)
		world_let_run(first, 1000);
	ck_assert_int_eq(world_log(&world, "x\n", 2, WORLD_WORDS("t", "./log")), 100);
	world_expect(&world, "./log: another logger");
	kill(first, SIGTERM);
	ck_assert_int_eq(world_wait(first), 0);
	ck_assert_int_eq(world_log(&world, "x\n", 2, WORLD_WORDS("./log")), 0);
	close(ends[0]);
	close(ends[1]);
}
END_TEST

START_TEST(links_are_not_followed)
{
	struct stat st;

	ck_assert_int_eq(mkdir(world.log, 0755), 0);
	ck_assert_int_eq(symlink("../victim", in_world("log/current")), 0);
	ck_assert_int_eq(world_log(&world, "x\n", 2, WORLD_WORDS("./log")), 100);
	world_expect(&world, "./log: current, next and lock must be regular files");
	ck_assert_int_lt(stat(in_world("victim"), &st), 0);
	ck_assert_int_eq(unlink(in_world("log/current")), 0);
	ck_assert_int_eq(mkfifo(in_world("log/current"), 0600), 0);
	ck_assert_int_eq(world_log(&world, "x\n", 2, WORLD_WORDS("./log")), 100);
}
END_TEST

START_TEST(a_missing_parent_is_a_system_error)
{
	ck_assert_int_eq(world_log(&world, "x\n", 2, WORLD_WORDS("./no/log")), 111);
	world_expect(&world, "./no/log: cannot open the log directory: No such file");
}
END_TEST

/* Root may write anywhere, so the logger then runs as somebody else. */
START_TEST(an_unwritable_directory_is_a_system_error)
{
	bool root = getuid() == 0;
	char binary[512];

	snprintf(binary, sizeof binary, "%s/svlogger", getenv("SV_BIN"));
	ck_assert_int_eq(chmod(world.path, 0555), 0);
	if (root)
		ck_assert_int_eq(setresuid(65534, 65534, 0), 0);
	if (access(binary, X_OK) < 0) {
		puts("SKIP: another user cannot run the programs under test");
	} else {
		ck_assert_int_eq(world_log(&world, "x\n", 2, WORLD_WORDS("./log")), 111);
		world_expect(&world, "./log: cannot open the log directory: Permission denied");
	}
	if (root)
		ck_assert_int_eq(setresuid(0, 0, 0), 0);
	ck_assert_int_eq(chmod(world.path, 0755), 0);
}
END_TEST

static const struct {
	const char *word, *said;
} mistakes[] = {
	{"x", "word 2 'x': expected t, T, nNUMBER, sBYTES or a directory"},
	{"s17", "word 2 's17': expected s and the bytes per file"},
	{"nine", "word 2 'nine': expected n and how many"},
};

START_TEST(mistakes_are_named)
{
	ck_assert_int_eq(
		world_log(&world, "x\n", 2, WORLD_WORDS("t", mistakes[_i].word, "./log")), 100);
	world_expect(&world, mistakes[_i].said);
	ck_assert_int_eq(world_log(&world, "x\n", 2, WORLD_WORDS("t")), 100);
	world_expect(&world, "no log directory");
}
END_TEST

/* --- signals -------------------------------------------------------------------------------- */

static void wait_for_file(pid_t pid, const char *path, off_t size)
{
	struct stat st;

	for (int i = 0; stat(path, &st) < 0 || st.st_size != size; i++) {
		ck_assert_int_lt(i, 5000);
		world_let_run(pid, 1000);
	}
}

START_TEST(alarm_rotates_whole_lines)
{
	int ends[2];

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	pid_t pid = world_start(&world, ends[0], WORLD_WORDS("./log"));
	ck_assert_int_eq(write(ends[1], "one\ntwo\nthr", 11), 11);
	wait_for_file(pid, in_world("log/current"), 11);
	kill(pid, SIGALRM);
	wait_for_file(pid, in_world("log/current"), 3);
	ck_assert_uint_eq(world_check_files(world.log, 4096), 1);
	kill(pid, SIGALRM);
	ck_assert_int_eq(write(ends[1], "ee\n", 3), 3);
	close(ends[1]);
	ck_assert_int_eq(world_wait(pid), 0);
	close(ends[0]);
	size_t size;
	char *all = world_read(world.log, &size);
	ck_assert_str_eq(all, "one\ntwo\nthree\n");
	free(all);
}
END_TEST

/* SIGTERM takes what is there, then the rest of the line if it comes at once. */
START_TEST(term_ends_at_a_line_end)
{
	int ends[2];

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	pid_t pid = world_start(&world, ends[0], WORLD_WORDS("./log"));
	ck_assert_int_eq(write(ends[1], "one\ntw", 6), 6);
	wait_for_file(pid, in_world("log/current"), 6);
	kill(pid, SIGSTOP);
	kill(pid, SIGTERM);
	kill(pid, SIGCONT);
	world_let_run(pid, 20000);
	ck_assert_int_eq(write(ends[1], "o\nthree\n", 8), 8);
	ck_assert_int_eq(world_wait(pid), 0);
	size_t size;
	char *all = world_read(world.log, &size);
	ck_assert_str_eq(all, "one\ntwo\n");
	free(all);
	close(ends[1]);
	ck_assert_int_eq(world_wait(world_start(&world, ends[0], WORLD_WORDS("./log"))), 0);
	close(ends[0]);
	all = world_read(world.log, &size);
	ck_assert_str_eq(all, "one\ntwo\nthree\n");
	free(all);
}
END_TEST

/* A line cut short by SIGTERM goes on with the same pipe, and is ended before another pipe's. */
START_TEST(a_torn_line_never_swallows_a_good_one)
{
	int ends[2];
	size_t size;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	for (int i = 0; i < 2; i++) {
		pid_t pid = world_start(&world, ends[0], WORLD_WORDS("T", "./log"));
		ck_assert_int_eq(write(ends[1], "torn", 4), 4);
		wait_for_file(pid, in_world("log/current"), 31 + 4 * (i + 1));
		kill(pid, SIGTERM);
		ck_assert_int_eq(world_wait(pid), 0);
	}
	close(ends[0]);
	close(ends[1]);
	ck_assert_int_eq(world_log(&world, "good\n", 5, WORLD_WORDS("./log")), 0);
	char *all = world_read(world.log, &size);
	ck_assert_str_eq(all + 31, "torntorn\ngood\n");
	free(all);
}
END_TEST

static Suite *files_suite(void)
{
	Suite *suite = suite_create("logger files");
	TCase *cases = tcase_create("files");

	tcase_add_checked_fixture(cases, open_world, close_world);
	tcase_add_test(cases, all_lines_come_in_order);
	tcase_add_test(cases, all_lines_come_stamped);
	tcase_add_test(cases, three_directories_get_all_of_it);
	tcase_add_test(cases, only_so_many_files_are_kept);
	tcase_add_test(cases, bytes_are_not_changed);
	tcase_add_test(cases, the_last_line_gets_its_end);
	tcase_add_test(cases, a_file_or_nothing_as_input_will_do);
	tcase_add_test(cases, modes_do_not_depend_on_the_umask);
	tcase_add_test(cases, a_second_logger_is_refused);
	tcase_add_test(cases, links_are_not_followed);
	tcase_add_test(cases, a_missing_parent_is_a_system_error);
	tcase_add_test(cases, an_unwritable_directory_is_a_system_error);
	tcase_add_loop_test(
		cases, mistakes_are_named, 0, (int)(sizeof mistakes / sizeof *mistakes));
	tcase_add_test(cases, alarm_rotates_whole_lines);
	tcase_add_test(cases, term_ends_at_a_line_end);
	tcase_add_test(cases, a_torn_line_never_swallows_a_good_one);
	tcase_set_timeout(cases, 60);
	suite_add_tcase(suite, cases);
	return suite;
}

SV_CHECK_MAIN(files_suite)
