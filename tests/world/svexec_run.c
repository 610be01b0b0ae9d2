/* svexec with real programs: variables, directory, redirections, session, and what it says when one
 * of them cannot be had. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "tests/support/check_main.h"
#include "tests/world/svexec_child.h"

/* Where every test stands: a fresh directory of its own. */
static char top[64];

static void enter_fresh_directory(void)
{
	strcpy(top, "/tmp/svexec.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(top));
	ck_assert_int_eq(chdir(top), 0);
	umask(022);
}

static void leave_directory(void)
{
	char command[96];

	snprintf(command, sizeof command, "rm -rf %s", top);
	ck_assert_int_eq(chdir("/"), 0);
	/* The name is mkdtemp's, so the shell finds nothing to interpret in it. */
	int status = system(command); /* NOLINT(cert-env33-c) */
	ck_assert_int_eq(status, 0);
}

static void write_file(const char *path, const char *bytes, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, bytes, size), (ssize_t)size);
	close(fd);
}

#define WRITE(path, text) write_file(path, text, sizeof(text) - 1)

static void assert_file(const char *path, const char *text)
{
	char bytes[4096] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_ge(read(fd, bytes, sizeof bytes - 1), 0);
	close(fd);
	ck_assert_str_eq(bytes, text);
}

START_TEST(the_program_takes_our_place)
{
	struct child child = RUN("sh", "-c", "echo $$ $# $1; exit 7", "x", "two words");
	char expected[64];

	snprintf(expected, sizeof expected, "%d 1 two words\n", child.pid);
	ck_assert_str_eq(child.out, expected);
	ck_assert_int_eq(child.code, 7);
}
END_TEST

START_TEST(variables_come_from_files)
{
	char bin[4096];

	snprintf(bin, sizeof bin, "%s", getenv("SV_BIN"));
	clearenv();
	setenv("SV_BIN", bin, 1);
	setenv("PATH", "/usr/bin:/bin", 1);
	setenv("GONE", "1", 1);
	setenv("KEPT", "1", 1);
	mkdir("env", 0755);
	mkdir("env/directory", 0755);
	WRITE("env/TRIMMED", "a  b \t \nsecond line\n");
	WRITE("env/MANY", "one\0two\n");
	WRITE("env/NO_END", "no newline");
	WRITE("env/BLANK", "\n");
	WRITE("env/GONE", "");
	WRITE("env/.hidden", "x\n");
	ASSERT_SAID(RUN("-e", "env", "sh", "-c",
			    "env | sort | grep -v -e '^_=' -e '^PWD=' -e '^PATH=' -e '^SV_BIN='"),
		"BLANK=\nKEPT=1\nMANY=one\nNO_END=no newline\nTRIMMED=a  b\ntwo\n");
}
END_TEST

START_TEST(the_later_directory_of_variables_wins)
{
	mkdir("a", 0755);
	mkdir("b", 0755);
	WRITE("a/X", "first\n");
	WRITE("a/Y", "first\n");
	WRITE("b/X", "second\n");
	WRITE("b/Y", "");
	ASSERT_SAID(
		RUN("-e", "a", "-e", "b", "sh", "-c", "echo $X ${Y-removed}"), "second removed\n");
	ASSERT_SAID(RUN("-e", "b", "-e", "a", "sh", "-c", "echo $X ${Y-removed}"), "first first\n");
}
END_TEST

START_TEST(the_program_is_found_by_the_new_path)
{
	mkdir("env", 0755);
	mkdir("bin", 0755);
	WRITE("bin/only-here", "#!/bin/sh\necho found\n");
	ck_assert_int_eq(chmod("bin/only-here", 0755), 0);
	WRITE("env/PATH", "bin:/usr/bin:/bin\n");
	ASSERT_SAID(RUN("-e", "env", "only-here"), "found\n");
	ASSERT_REFUSED(RUN("only-here"), 111, "not in PATH");
	WRITE("env/PATH", "");
	ASSERT_SAID(RUN("-e", "env", "sh", "-c", "echo x"), "x\n");
}
END_TEST

START_TEST(broken_variables_are_named)
{
	static char big[200000];

	mkdir("env", 0755);
	ASSERT_REFUSED(RUN("-e", "nowhere", "true"), 111, "directory nowhere (option -e)");
	WRITE("env/A=B", "x\n");
	ASSERT_REFUSED(RUN("-e", "env", "true"), 100, "env/A=B has '='");
	ck_assert_int_eq(rename("env/A=B", "env/A"), 0);
	memset(big, 'x', sizeof big);
	write_file("env/A", big, sizeof big);
	ASSERT_REFUSED(RUN("-e", "env", "true"), 100, "env/A has a first line");
	/* What follows the first line may be as long as it likes. */
	big[1] = '\n';
	write_file("env/A", big, sizeof big);
	ASSERT_SAID(RUN("-e", "env", "sh", "-c", "echo $A"), "x\n");
	ck_assert_int_eq(unlink("env/A"), 0);
	ck_assert_int_eq(mkfifo("env/A", 0600), 0);
	ASSERT_REFUSED(RUN("-e", "env", "true"), 100, "env/A is not a regular file");
}
END_TEST

START_TEST(files_are_opened_in_the_new_directory)
{
	char expected[80];

	mkdir("d", 0755);
	mkdir("env", 0755);
	WRITE("env/X", "x\n");
	WRITE("d/in", "input\n");
	WRITE("d/out", "before\n");
	ASSERT_SAID(
		RUN("-1", "out", "-e", "env", "-C", "d", "-0", "in", "sh", "-c", "cat; echo $X"),
		"");
	assert_file("d/out", "before\ninput\nx\n");
	snprintf(expected, sizeof expected, "%s/d\n", top);
	ASSERT_SAID(RUN("-C", "d", "pwd"), expected);
}
END_TEST

START_TEST(new_files_get_mode_0644)
{
	struct stat info;

	ASSERT_SAID(RUN("-1", "out", "-2", "err", "sh", "-c", "echo o; echo e >&2"), "");
	assert_file("out", "o\n");
	assert_file("err", "e\n");
	ck_assert_int_eq(stat("out", &info), 0);
	ck_assert_int_eq(info.st_mode & 07777, 0644);
}
END_TEST

START_TEST(copies_are_made_in_the_order_given)
{
	struct child child = RUN("-2", "&1", "-1", "log", "sh", "-c", "echo o; echo e >&2");

	ASSERT_SAID(child, "e\n");
	assert_file("log", "o\n");
	ASSERT_SAID(RUN("-1", "log", "-2", "&1", "sh", "-c", "echo o; echo e >&2"), "");
	assert_file("log", "o\no\ne\n");
	ASSERT_SAID(RUN("-1", "./&1", "-1", "./-", "true"), "");
	ck_assert_int_eq(access("&1", F_OK), 0);
	ck_assert_int_eq(access("-", F_OK), 0);
}
END_TEST

START_TEST(closed_descriptors_are_closed_and_open_ones_do_not_leak)
{
	static const char list[] = "for n in 0 1 2 3 4 5 6 7 8 9; do"
				   " [ ! -e /proc/$$/fd/$n ] || printf %s $n; done";

	ASSERT_SAID(RUN("-0", "-", "sh", "-c", list), "12");
	ASSERT_SAID(RUN("-0", "-", "-0", "-", "-0", "/dev/null", "sh", "-c", list), "012");
	/* The file that is opened takes the closed number itself. */
	ASSERT_SAID(RUN("-0", "-", "-2", "log", "sh", "-c", list), "12");
}
END_TEST

START_TEST(broken_redirections_are_named)
{
	ASSERT_REFUSED(RUN("-0", "nothing", "true"), 111, "cannot open nothing (option -0)");
	ASSERT_REFUSED(RUN("-1", "no/dir", "true"), 111, "cannot open no/dir (option -1)");
	ASSERT_REFUSED(RUN("-2", "&777", "true"), 111, "must be open");
	ASSERT_REFUSED(RUN("-C", "nowhere", "true"), 111, "directory nowhere (option -C)");
}
END_TEST

START_TEST(a_session_of_its_own)
{
	struct child child = RUN("-P", "sh", "-c", "cut -d' ' -f5,6 /proc/$$/stat");
	char expected[64];

	snprintf(expected, sizeof expected, "%d %d\n", child.pid, child.pid);
	ASSERT_SAID(child, expected);
	/* A leader of a session stays one: the inner svexec finds nothing left to do. */
	child = RUN("-P", "/proc/self/exe", "-P", "sh", "-c", "cut -d' ' -f5,6 /proc/$$/stat");
	snprintf(expected, sizeof expected, "%d %d\n", child.pid, child.pid);
	ASSERT_SAID(child, expected);
}
END_TEST

START_TEST(wrong_use_is_refused_in_two_lines)
{
	ASSERT_REFUSED(RUN("-P"), 100, "the program to run is missing\nsvexec: usage: svexec [-u ");
	ASSERT_REFUSED(RUN("-Z", "true"), 100, "there is no option -Z\n");
	ASSERT_REFUSED(RUN("-1"), 100, "option -1 (stdout) needs a value");
	ASSERT_REFUSED(RUN("-1", "&x", "true"), 100, "option -1 (stdout) has \"&x\" but needs");
	/* A hostile value cannot forge a line. */
	ASSERT_REFUSED(RUN("-u", ":\nsvexec: ok\033[0m:", "true"), 100, ":\\nsvexec: ok\\x1b[0m:");
}
END_TEST

START_TEST(programs_that_cannot_run_are_told_apart)
{
	WRITE("plain", "echo hello\n");
	ASSERT_REFUSED(RUN("./nowhere"), 111, "cannot run ./nowhere: No such file");
	ASSERT_REFUSED(RUN("./plain"), 111, "cannot run ./plain: Permission denied");
	ck_assert_int_eq(chmod("plain", 0755), 0);
	ASSERT_REFUSED(RUN("./plain"), 111, "neither a program nor a script");
	WRITE("plain", "#!/no/such/interpreter\n");
	ASSERT_REFUSED(RUN("./plain"), 111, "the interpreter it asks for is not");
	ASSERT_REFUSED(RUN("no-such-program"), 111, "not in PATH");
	ASSERT_REFUSED(RUN(""), 100, "the program to run is missing");
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("svexec_run");
	TCase *cases = tcase_create("run");

	tcase_add_checked_fixture(cases, enter_fresh_directory, leave_directory);
	tcase_add_test(cases, the_program_takes_our_place);
	tcase_add_test(cases, variables_come_from_files);
	tcase_add_test(cases, the_later_directory_of_variables_wins);
	tcase_add_test(cases, the_program_is_found_by_the_new_path);
	tcase_add_test(cases, broken_variables_are_named);
	tcase_add_test(cases, files_are_opened_in_the_new_directory);
	tcase_add_test(cases, new_files_get_mode_0644);
	tcase_add_test(cases, copies_are_made_in_the_order_given);
	tcase_add_test(cases, closed_descriptors_are_closed_and_open_ones_do_not_leak);
	tcase_add_test(cases, broken_redirections_are_named);
	tcase_add_test(cases, a_session_of_its_own);
	tcase_add_test(cases, wrong_use_is_refused_in_two_lines);
	tcase_add_test(cases, programs_that_cannot_run_are_told_apart);
	suite_add_tcase(suite, cases);
	return suite;
}

SV_CHECK_MAIN(make_suite)
