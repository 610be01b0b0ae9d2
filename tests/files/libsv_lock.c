/* FIFOs and locks of the state directory, against what may stand in their place. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libsv/layout.h"
#include "tests/support/check_main.h"
#include "tests/support/world.h"

static struct stat look(const char *path)
{
	struct stat st;

	ck_assert_int_eq(lstat(path, &st), 0);
	return st;
}

static void check_fifo(const char *path, mode_t mode)
{
	ck_assert(S_ISFIFO(look(path).st_mode));
	ck_assert_int_eq(look(path).st_mode & 07777, mode);
}

/* --- FIFOs -------------------------------------------------------------------------------------- */

START_TEST(a_fifo_has_its_mode_whatever_the_umask)
{
	umask(077);
	ck_assert(sv_fifo_make(AT_FDCWD, "open", 0622));
	check_fifo("open", 0622);
	umask(0);
	ck_assert(sv_fifo_make(AT_FDCWD, "closed", 0600));
	check_fifo("closed", 0600);
}
END_TEST

START_TEST(a_fifo_that_is_there_stays)
{
	ck_assert_int_eq(mkfifo("fifo", 0600), 0);
	ino_t before = look("fifo").st_ino;
	ck_assert(sv_fifo_make(AT_FDCWD, "fifo", 0622));
	ck_assert(S_ISFIFO(look("fifo").st_mode));
	ck_assert_uint_eq(look("fifo").st_ino, before);
}
END_TEST

static void make_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	for (size_t i = 0; path[i]; i++)
		address.sun_path[i] = path[i];
	ck_assert_int_eq(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
	close(fd);
}

START_TEST(other_kinds_give_way)
{
	world_write("file", "text");
	world_dir("directory");
	make_socket("socket");
	ck_assert(sv_fifo_make(AT_FDCWD, "file", 0600));
	check_fifo("file", 0600);
	ck_assert(sv_fifo_make(AT_FDCWD, "directory", 0600));
	check_fifo("directory", 0600);
	ck_assert(sv_fifo_make(AT_FDCWD, "socket", 0600));
	check_fifo("socket", 0600);
}
END_TEST

START_TEST(a_full_directory_does_not)
{
	world_dir("directory/full");
	ck_assert(!sv_fifo_make(AT_FDCWD, "directory", 0600));
	ck_assert_int_eq(errno, ENOTEMPTY);
	ck_assert(S_ISDIR(look("directory/full").st_mode));
}
END_TEST

START_TEST(links_are_replaced_not_followed)
{
	static const char *const targets[] = {"fifo", "file", "directory", "nowhere"};
	ino_t inodes[3];

	ck_assert_int_eq(mkfifo("fifo", 0640), 0);
	world_write("file", "text");
	world_dir("directory");
	for (size_t i = 0; i < 3; i++)
		inodes[i] = look(targets[i]).st_ino;
	for (size_t i = 0; i < 4; i++) {
		ck_assert_int_eq(symlink(targets[i], "link"), 0);
		ck_assert(sv_fifo_make(AT_FDCWD, "link", 0600));
		check_fifo("link", 0600);
		ck_assert_int_eq(unlink("link"), 0);
	}
	for (size_t i = 0; i < 3; i++)
		ck_assert_uint_eq(look(targets[i]).st_ino, inodes[i]);
	check_fifo("fifo", 0640);
	ck_assert(!world_exists("nowhere"));
}
END_TEST

START_TEST(a_fifo_cannot_be_made_everywhere)
{
	ck_assert(!sv_fifo_make(AT_FDCWD, "missing/fifo", 0600));
	ck_assert_int_eq(errno, ENOENT);
}
END_TEST

/* --- locks -------------------------------------------------------------------------------------- */

static bool lock_by_flock(int fd)
{
	return flock(fd, LOCK_EX | LOCK_NB) == 0;
}

static bool lock_by_fcntl(int fd)
{
	const struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	return fcntl(fd, F_SETLK, &whole) == 0;
}

/* Another process that holds a lock until its pipe ends; one at a time, as a second one would keep the
 * first one's pipe open. */
struct holder {
	pid_t pid;
	int hold_fd;
	bool holds;
};

static struct holder start_holder(bool (*lock)(int fd))
{
	struct holder holder;
	int hold[2], said[2];
	char answer = 0;

	ck_assert_int_eq(pipe(hold), 0);
	ck_assert_int_eq(pipe(said), 0);
	holder.pid = fork();
	ck_assert_int_ge(holder.pid, 0);
	if (holder.pid == 0) {
		int fd = open("lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		close(hold[1]);
		answer = fd >= 0 && lock(fd) ? 'y' : 'n';
		bool told = write(said[1], &answer, 1) == 1;
		_exit(told && read(hold[0], &answer, 1) == 0 ? 0 : 1);
	}
	close(hold[0]);
	close(said[1]);
	ck_assert_int_eq(read(said[0], &answer, 1), 1);
	close(said[0]);
	holder.hold_fd = hold[1];
	holder.holds = answer == 'y';
	return holder;
}

static void end_holder(const struct holder *holder)
{
	close(holder->hold_fd);
	ck_assert_int_eq(waitpid(holder->pid, NULL, 0), holder->pid);
}

static void check_busy(void)
{
	int before = dup(0);

	close(before);
	errno = 0;
	ck_assert_int_eq(sv_lock(AT_FDCWD, "lock"), -1);
	ck_assert_int_eq(errno, EWOULDBLOCK);
	int after = dup(0);
	close(after);
	ck_assert_int_eq(after, before); /* nothing was left open */
}

static void check_gives_way_to(bool (*lock)(int fd))
{
	struct holder holder = start_holder(lock);

	ck_assert(holder.holds);
	check_busy();
	check_busy();
	end_holder(&holder);
	int fd = sv_lock(AT_FDCWD, "lock");
	ck_assert_int_ge(fd, 0);
	close(fd);
}

START_TEST(daemontools_and_runit_lock_us_out)
{
	check_gives_way_to(lock_by_flock);
}
END_TEST

START_TEST(s6_locks_us_out)
{
	check_gives_way_to(lock_by_fcntl);
}
END_TEST

static bool lock_by_us(int fd)
{
	close(fd);
	return sv_lock(AT_FDCWD, "lock") >= 0;
}

START_TEST(we_lock_each_other_out)
{
	check_gives_way_to(lock_by_us);
}
END_TEST

START_TEST(we_lock_every_family_out)
{
	int fd = sv_lock(AT_FDCWD, "lock");

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	ck_assert_int_eq(look("lock").st_mode & 07777, 0600);
	struct holder holder = start_holder(lock_by_flock);
	ck_assert(!holder.holds);
	end_holder(&holder);
	holder = start_holder(lock_by_fcntl);
	ck_assert(!holder.holds);
	end_holder(&holder);
	close(fd);
}
END_TEST

START_TEST(a_lock_that_is_there_is_used)
{
	world_write("lock", "text");
	ck_assert_int_eq(chmod("lock", 0644), 0);
	ino_t before = look("lock").st_ino;
	int fd = sv_lock(AT_FDCWD, "lock");
	ck_assert_int_ge(fd, 0);
	ck_assert_uint_eq(look("lock").st_ino, before);
	ck_assert_int_eq(look("lock").st_size, 4);
	close(fd);
}
END_TEST

START_TEST(a_lock_is_no_link)
{
	world_write("precious", "text");
	ck_assert_int_eq(symlink("precious", "lock"), 0);
	ck_assert_int_eq(sv_lock(AT_FDCWD, "lock"), -1);
	ck_assert_int_eq(errno, ELOOP);
	ck_assert_int_eq(unlink("lock"), 0);
	ck_assert_int_eq(symlink("nowhere", "lock"), 0);
	ck_assert_int_eq(sv_lock(AT_FDCWD, "lock"), -1);
	ck_assert(!world_exists("nowhere"));
}
END_TEST

static Suite *lock_suite(void)
{
	Suite *suite = suite_create("libsv fifo and lock");
	TCase *cases = tcase_create("lock");

	world_fixture(cases);
	tcase_add_test(cases, a_fifo_has_its_mode_whatever_the_umask);
	tcase_add_test(cases, a_fifo_that_is_there_stays);
	tcase_add_test(cases, other_kinds_give_way);
	tcase_add_test(cases, a_full_directory_does_not);
	tcase_add_test(cases, links_are_replaced_not_followed);
	tcase_add_test(cases, a_fifo_cannot_be_made_everywhere);
	tcase_add_test(cases, daemontools_and_runit_lock_us_out);
	tcase_add_test(cases, s6_locks_us_out);
	tcase_add_test(cases, we_lock_each_other_out);
	tcase_add_test(cases, we_lock_every_family_out);
	tcase_add_test(cases, a_lock_that_is_there_is_used);
	tcase_add_test(cases, a_lock_is_no_link);
	suite_add_tcase(suite, cases);
	return suite;
}

SV_CHECK_MAIN(lock_suite)
