/* A service that writes down which signals it gets; see world.h. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/check_main.h"
#include "tests/support/world.h"

void world_recorder(const char *path)
{
	char self[1024];
	ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);

	ck_assert_int_gt(size, 0);
	self[size] = 0;
	/* The kernel reads no more than 256 bytes of a first line. */
	ck_assert_int_lt(size, 250);
	world_format(path, "#!%s\n", self);
}

static void record(const char *word)
{
	char line[64];
	int fd = open("trace", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	int size = snprintf(line, sizeof line, "%s\n", word);

	if (fd < 0 || write(fd, line, (size_t)size) != size)
		_exit(99);
	close(fd);
}

_Noreturn static void record_signals(void)
{
	sigset_t all;

	/* Waited for, not handled: none can slip in between. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	record("start");
	while (true) {
		int number = sigwaitinfo(&all, NULL);
		const char *name = number > 0 ? sigabbrev_np(number) : NULL;
		if (!name)
			continue;
		record(name);
		if (number == SIGTERM && access("stubborn", F_OK) < 0)
			_exit(0);
	}
}

int world_main(int argc, Suite *(*make_suite)(void))
{
	if (argc > 1)
		record_signals();
	return sv_check_run(make_suite());
}
