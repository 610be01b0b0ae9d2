/* What sv_startup makes of fds 0 to 2 and of signals, and that sv_catch lets signals in only where we
 * wait. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libsv/spawn.h"
#include "tests/support/check_main.h"
#include "tests/support/world.h"

enum { READS_END = 1, LEAVES_NONE = 2, IS_WRITABLE = 4, KEEPS_REST = 8 };

/* In a child that has lost fds: begins, and leaves with what holds, as bits. */
_Noreturn static void begin_without(unsigned lost)
{
	char byte;
	int good = 0, kept_fd = fcntl(0, F_DUPFD, 50), free_fd = fcntl(0, F_DUPFD, 3);
	bool all_end = true;

	close(free_fd);
	for (int fd = 0; fd < 3; fd++)
		if (lost & 1U << fd)
			close(fd);
	sv_startup();
	for (int fd = 0; fd < 3; fd++)
		if (lost & 1U << fd)
			all_end = all_end && read(fd, &byte, 1) == 0 && !fcntl(fd, F_GETFD);
	good |= all_end ? READS_END : 0;
	good |= fcntl(0, F_DUPFD, 0) == free_fd ? LEAVES_NONE : 0;
	good |= write(lost & 1 ? 0 : 2, "", 0) == 0 ? IS_WRITABLE : 0;
	good |= fcntl(kept_fd, F_GETFD) == FD_CLOEXEC ? KEEPS_REST : 0;
	_exit(good);
}

static int begin_in_child(unsigned lost, const char *root)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		if (root && chroot(root) < 0)
			_exit(99);
		begin_without(lost);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

START_TEST(closed_standard_fds_are_opened)
{
	for (unsigned lost = 0; lost < 8; lost++)
		ck_assert_int_eq(begin_in_child(lost, NULL),
			READS_END | LEAVES_NONE | IS_WRITABLE | KEEPS_REST);
}
END_TEST

/* An image without /dev: empty pipes have to do. */
START_TEST(even_without_dev_null)
{
	world_dir("empty");
	if (geteuid() != 0) {
		world_skip("only root can hide /dev/null");
		return;
	}
	for (unsigned lost = 0; lost < 8; lost++)
		ck_assert_int_eq(begin_in_child(lost, "empty") & ~IS_WRITABLE,
			READS_END | LEAVES_NONE | KEEPS_REST);
}
END_TEST

static volatile sig_atomic_t handled;

static void handle(int number)
{
	handled = number;
}

START_TEST(signals_begin_as_if_nobody_had_touched_them)
{
	sigset_t all, mask;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	for (int number = 1; number <= SIGRTMAX; number++)
		(void)signal(number, number % 2 ? SIG_IGN : handle);
	sv_startup();
	sigprocmask(SIG_SETMASK, NULL, &mask);
	for (int number = 1; number <= SIGRTMAX; number++) {
		struct sigaction action;
		if (sigaction(number, NULL, &action) < 0)
			continue; /* libc's own */
		ck_assert_msg(action.sa_handler == SIG_DFL, "signal %d", number);
		ck_assert_msg(!sigismember(&mask, number), "signal %d is blocked", number);
	}
}
END_TEST

START_TEST(signals_come_only_while_we_wait)
{
	static const int signals[] = {SIGTERM, SIGCHLD, 0};
	const struct timespec nothing = {0};
	sigset_t wait_mask;

	sv_startup();
	sv_catch(signals, handle, &wait_mask);
	raise(SIGUSR1); /* would end us */
	raise(SIGTERM);
	ck_assert_int_eq(handled, 0);
	ck_assert_int_eq(ppoll(NULL, 0, &nothing, &wait_mask), -1);
	ck_assert_int_eq(errno, EINTR);
	ck_assert_int_eq(handled, SIGTERM);
	ck_assert_int_eq(ppoll(NULL, 0, &nothing, &wait_mask), 0);
	raise(SIGCHLD);
	raise(SIGTERM);
	handled = 0;
	ck_assert_int_eq(ppoll(NULL, 0, &nothing, &wait_mask), -1);
	ck_assert_int_ne(handled, 0);
}
END_TEST

static Suite *startup_suite(void)
{
	Suite *suite = suite_create("libsv startup");
	TCase *cases = tcase_create("startup");

	world_fixture(cases);
	tcase_add_test(cases, closed_standard_fds_are_opened);
	tcase_add_test(cases, even_without_dev_null);
	tcase_add_test(cases, signals_begin_as_if_nobody_had_touched_them);
	tcase_add_test(cases, signals_come_only_while_we_wait);
	suite_add_tcase(suite, cases);
	return suite;
}

SV_CHECK_MAIN(startup_suite)
