/* Where state lies, and what is refused there.
 * The word "foreign" is for what another user could write to. */
#include "libsv/layout.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/check_main.h"
#include "tests/support/world.h"

/* Users whose directories below /tmp nobody else has. */
enum { ODD_UID = 64321, TRAPPED_UID = 64322 };

static const struct sv_place web = {.name = "web"};
static const struct sv_place web_log = {.name = "web", .is_log = true};
static const struct sv_place scanner = {.name = "web", .is_scanner = true};
static char where[SV_PATH_SIZE];

static int open_dir(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	ck_assert_msg(fd >= 0, "%s: %s", path, strerror(errno));
	return fd;
}

/* The mode of what the path leads to, or of the link itself. */
static struct stat look(const char *path)
{
	struct stat st;

	ck_assert_msg(stat(path, &st) == 0, "%s: %s", path, strerror(errno));
	return st;
}

static bool leads_to(int fd, const char *path)
{
	struct stat st, expected = look(path);

	ck_assert_int_eq(fstat(fd, &st), 0);
	return st.st_dev == expected.st_dev && st.st_ino == expected.st_ino;
}

static void set_state(const char *base)
{
	char path[PATH_MAX];

	snprintf(path, sizeof path, "%s%s%s", base[0] == '/' ? "" : world_top(),
		base[0] == '/' ? "" : "/", base);
	ck_assert_int_eq(setenv("SVSTATE", path, 1), 0);
}

/* Root may write anywhere, so somebody else must ask for what is refused. */
static void become_odd(void)
{
	if (geteuid() == 0) {
		ck_assert_int_eq(chown(".", ODD_UID, ODD_UID), 0);
		ck_assert_int_eq(setgid(ODD_UID), 0);
		ck_assert_int_eq(setuid(ODD_UID), 0);
	}
}

/* A service directory that cannot hold state. */
static int open_read_only(void)
{
	become_odd();
	world_dir("dir");
	ck_assert_int_eq(chmod("dir", 0555), 0);
	return open_dir("dir");
}

/* Makes state for `place` in the open directory, and finds it again. */
static void check_lies_in(int dir_fd, struct sv_place place, const char *path)
{
	int made = sv_state_make(dir_fd, place, where);
	ck_assert_msg(made >= 0, "%s: %s", path, strerror(errno));
	ck_assert(leads_to(made, path));
	ck_assert_int_eq(fcntl(made, F_GETFD), FD_CLOEXEC);
	int found = sv_state_find(dir_fd, place);
	ck_assert_int_ge(found, 0);
	ck_assert(leads_to(found, path));
	ck_assert_int_eq(fcntl(found, F_GETFD), FD_CLOEXEC);
	close(made);
	close(found);
}

/* `path` as a caller is told it: absolute. */
static void check_where(const char *path)
{
	char expected[PATH_MAX + 64];

	snprintf(expected, sizeof expected, "%s/%s", world_top(), path);
	ck_assert_str_eq(where, expected);
}

/* --- the service directory's own ---------------------------------------------------------------- */

START_TEST(a_fresh_directory)
{
	world_dir("dir/log");
	int fd = open_dir("dir"), log_fd = open_dir("dir/log");
	set_state("/proc/none");
	ck_assert_int_eq(sv_state_find(fd, web), -1);
	ck_assert_int_eq(errno, ENOENT);
	check_lies_in(fd, web, "dir/supervise");
	ck_assert_str_eq(where, "");
	ck_assert_int_eq(look("dir/supervise").st_mode & 07777, 0700);
	check_lies_in(log_fd, web_log, "dir/log/supervise");
	check_lies_in(fd, scanner, "dir/.svscan");
}
END_TEST

START_TEST(what_is_there_is_taken_as_it_is)
{
	world_dir("dir/supervise");
	ck_assert_int_eq(chmod("dir/supervise", 0755), 0);
	ino_t before = look("dir/supervise").st_ino;
	check_lies_in(open_dir("dir"), web, "dir/supervise");
	ck_assert_uint_eq(look("dir/supervise").st_ino, before);
	ck_assert_int_eq(look("dir/supervise").st_mode & 07777, 0755);
}
END_TEST

START_TEST(a_link_that_dangles_is_made_good)
{
	char target[PATH_MAX];

	world_dir("dir");
	world_dir("run");
	ck_assert_int_eq(symlink("../run/relative", "dir/supervise"), 0);
	check_lies_in(open_dir("dir"), web, "run/relative");
	snprintf(target, sizeof target, "%s/run/absolute", world_top());
	ck_assert_int_eq(symlink(target, "dir/.svscan"), 0);
	check_lies_in(open_dir("dir"), scanner, "run/absolute");
	ck_assert_str_eq(where, "");
	ck_assert_int_eq(look("run/absolute").st_mode & 07777, 0700);
}
END_TEST

/* --- elsewhere ---------------------------------------------------------------------------------- */

START_TEST(a_directory_that_cannot_be_written)
{
	int fd = open_read_only();

	set_state("base");
	check_lies_in(fd, web, "base/web");
	check_where("base/web");
	check_lies_in(fd, web_log, "base/web/log");
	check_where("base/web/log");
	ck_assert_int_eq(
		look("base").st_mode & 07777, strncmp(world_top(), "/tmp/", 5) == 0 ? 0700 : 0755);
	ck_assert_int_eq(look("base/web").st_mode & 07777, 0700);
}
END_TEST

START_TEST(state_that_cannot_be_written)
{
	become_odd();
	world_dir("dir/supervise");
	ck_assert_int_eq(chmod("dir/supervise", 0555), 0);
	set_state("base");
	int fd = sv_state_make(open_dir("dir"), web, where);
	ck_assert(leads_to(fd, "base/web"));
	ck_assert_int_eq(look("dir/supervise").st_mode & 07777, 0555);
}
END_TEST

START_TEST(foreign_state_is_refused)
{
	bool is_root = geteuid() == 0;

	set_state("base");
	world_dir("dir/supervise");
	int fd = open_dir("dir");
	ck_assert_int_eq(chmod("dir/supervise", 0770), 0);
	ck_assert(leads_to(sv_state_make(fd, web, where), "base/web"));
	ck_assert_int_eq(chmod("dir/supervise", 0702), 0);
	ck_assert(leads_to(sv_state_make(fd, web, where), "base/web"));
	ck_assert_int_eq(look("dir/supervise").st_mode & 07777, 0702);
	ck_assert_int_eq(chmod("dir/supervise", 0700), 0);
	ck_assert(leads_to(sv_state_make(fd, web, where), "dir/supervise"));
	if (!is_root) {
		world_skip("only root can give a directory away");
		return;
	}
	ck_assert_int_eq(chown("dir/supervise", ODD_UID, 0), 0);
	ck_assert(leads_to(sv_state_make(fd, web, where), "base/web"));
	ck_assert_uint_eq(look("dir/supervise").st_uid, ODD_UID);
}
END_TEST

/* /tmp/sv-UID is the last resort; also when SVSTATE is a foreign place in /tmp. */
static void check_falls_to_tmp(int fd)
{
	char name[64], base[64], path[160];
	const struct sv_place place = {.name = name};

	snprintf(name, sizeof name, "test-%d", (int)getpid());
	snprintf(base, sizeof base, "/tmp/sv-%d", (int)geteuid());
	snprintf(path, sizeof path, "%s/%s", base, name);
	check_lies_in(fd, place, path);
	ck_assert_str_eq(where, path);
	ck_assert_int_eq(look(base).st_mode & 07777, 0700);
	rmdir(path);
	rmdir(base); /* not if others have state there */
}

START_TEST(the_last_resort)
{
	int fd = open_read_only();

	set_state("/proc/none/at/all");
	check_falls_to_tmp(fd);
	set_state("dir/below"); /* read-only too */
	check_falls_to_tmp(fd);
	if (strncmp(world_top(), "/tmp/", 5) != 0)
		return;
	world_dir("open");
	ck_assert_int_eq(chmod("open", 0777), 0);
	set_state("open");
	check_falls_to_tmp(fd);
	world_dir("private");
	ck_assert_int_eq(chmod("private", 0700), 0);
	ck_assert_int_eq(symlink("private", "link"), 0);
	set_state("link");
	check_falls_to_tmp(fd);
}
END_TEST

enum { MADE_NONE = 1, FOUND_NONE = 2 };

/* Leaves with what was refused, as bits. */
_Noreturn static void try_trap(void)
{
	int refused = 0, fd = open_dir("dir");

	set_state("/proc/none");
	if (setgid(TRAPPED_UID) == 0 && setuid(TRAPPED_UID) == 0) {
		if (sv_state_make(fd, web, where) == -1 && errno == EPERM)
			refused |= MADE_NONE;
		if (sv_state_find(fd, web) == -1)
			refused |= FOUND_NONE;
	}
	_exit(refused);
}

/* What another user keeps ready in /tmp neither gets our state nor passes for it. */
START_TEST(a_trap_in_tmp)
{
	char base[64], trap[96];
	int status = 0;

	if (geteuid() != 0) {
		world_skip("only root can play two users");
		return;
	}
	world_dir("dir");
	snprintf(base, sizeof base, "/tmp/sv-%d", TRAPPED_UID);
	snprintf(trap, sizeof trap, "%s/web", base);
	world_dir(trap);
	pid_t pid = fork();
	if (pid == 0)
		try_trap();
	waitpid(pid, &status, 0);
	rmdir(trap);
	rmdir(base);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), MADE_NONE | FOUND_NONE);
}
END_TEST

START_TEST(want_of_descriptors_is_no_reason_to_look_elsewhere)
{
	struct rlimit limit = {.rlim_cur = 0, .rlim_max = 64};

	world_dir("dir");
	set_state("base");
	int fd = open_dir("dir");
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	int made = sv_state_make(fd, web, where), error = errno;
	limit.rlim_cur = 64;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	ck_assert_int_eq(made, -1);
	ck_assert_int_eq(error, EMFILE);
	ck_assert(!world_exists("base"));
	check_lies_in(fd, web, "dir/supervise");
}
END_TEST

/* --- clients ------------------------------------------------------------------------------------ */

static int live_in(const char *path)
{
	int dir_fd = open_dir(path);

	ck_assert(sv_fifo_make(dir_fd, SV_FILE_OK, 0600));
	ck_assert_int_eq(sv_state_alive(dir_fd), 0);
	int fd = openat(dir_fd, SV_FILE_OK, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ck_assert_int_eq(sv_state_alive(dir_fd), 1);
	close(dir_fd);
	return fd;
}

START_TEST(a_removed_directory_is_no_reason_to_look_elsewhere)
{
	set_state("run");
	world_dir("svc");
	int service = open_dir("svc");
	ck_assert_int_eq(rmdir("svc"), 0);
	ck_assert(sv_state_make(service, web, where) == -1 && errno == ENOENT);
	ck_assert_str_eq(where, "");
	ck_assert(!world_exists("run"));
}
END_TEST

START_TEST(clients_look_for_the_living_first)
{
	set_state("base");
	world_dir("dir/supervise");
	world_dir("base/web");
	int fd = open_dir("dir"), state_fd = open_dir("base/web");
	ck_assert_int_eq(sv_state_alive(state_fd), 0); /* not even a FIFO */
	ck_assert(leads_to(sv_state_find(fd, web), "dir/supervise"));
	int ok_fd = live_in("base/web");
	ck_assert(leads_to(sv_state_find(fd, web), "base/web"));
	int first_fd = live_in("dir/supervise");
	ck_assert(leads_to(sv_state_find(fd, web), "dir/supervise"));
	close(first_fd);
	ck_assert(leads_to(sv_state_find(fd, web), "base/web"));
	close(ok_fd);
	ck_assert_int_eq(sv_state_alive(state_fd), 0);
	ck_assert(leads_to(sv_state_find(fd, web), "dir/supervise"));
}
END_TEST

START_TEST(who_may_not_look_is_told_so)
{
	become_odd();
	world_dir("dir/supervise");
	int ok_fd = live_in("dir/supervise"), fd = open_dir("dir"),
	    state_fd = open_dir("dir/supervise");
	ck_assert_int_eq(chmod("dir/supervise/ok", 0), 0);
	ck_assert_int_eq(sv_state_alive(state_fd), -1);
	ck_assert_int_eq(errno, EACCES);
	set_state("base");
	world_dir("base/web");
	ck_assert(leads_to(sv_state_find(fd, web), "dir/supervise"));
	ck_assert_int_eq(chmod("dir/supervise", 0), 0);
	set_state("/proc/none");
	ck_assert_int_eq(sv_state_find(fd, web), -1);
	ck_assert_int_eq(errno, EACCES);
	close(ok_fd);
}
END_TEST

START_TEST(the_scan_directory)
{
	ck_assert_int_eq(unsetenv("SVDIR"), 0);
	ck_assert_str_eq(sv_scan_dir(), SV_SYSCONFDIR "/service");
	ck_assert_int_eq(setenv("SVDIR", "", 1), 0);
	ck_assert_str_eq(sv_scan_dir(), SV_SYSCONFDIR "/service");
	ck_assert_int_eq(setenv("SVDIR", "/srv/x", 1), 0);
	ck_assert_str_eq(sv_scan_dir(), "/srv/x");
}
END_TEST

static Suite *layout_suite(void)
{
	Suite *suite = suite_create("libsv layout");
	TCase *cases = tcase_create("layout");

	world_fixture(cases);
	tcase_add_test(cases, a_fresh_directory);
	tcase_add_test(cases, what_is_there_is_taken_as_it_is);
	tcase_add_test(cases, a_link_that_dangles_is_made_good);
	tcase_add_test(cases, a_directory_that_cannot_be_written);
	tcase_add_test(cases, state_that_cannot_be_written);
	tcase_add_test(cases, foreign_state_is_refused);
	tcase_add_test(cases, the_last_resort);
	tcase_add_test(cases, a_trap_in_tmp);
	tcase_add_test(cases, want_of_descriptors_is_no_reason_to_look_elsewhere);
	tcase_add_test(cases, a_removed_directory_is_no_reason_to_look_elsewhere);
	tcase_add_test(cases, clients_look_for_the_living_first);
	tcase_add_test(cases, who_may_not_look_is_told_so);
	tcase_add_test(cases, the_scan_directory);
	suite_add_tcase(suite, cases);
	return suite;
}

SV_CHECK_MAIN(layout_suite)
