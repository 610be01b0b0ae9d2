/* vfork and exec with nothing left over from the parent; see spawn.h. */
#include "libsv/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	LAST_SIGNAL = 64,
	EXEC_FAILED = 111, /* seen by nobody: the parent waits for the child itself */
	CLOEXEC_FLAG = 4,  /* CLOSE_RANGE_CLOEXEC, which musl's headers lack */
};

/* Signals we handle, so that the child can drop the handlers before it unblocks: it still has our
 * memory then, and a handler run in it would run on our variables. */
static sigset_t caught;

static void drop_handlers(void)
{
	const struct sigaction standard = {.sa_handler = SIG_DFL};

	for (int number = 1; number <= LAST_SIGNAL; number++)
		if (sigismember(&caught, number) == 1)
			sigaction(number, &standard, NULL);
}

/* dup2 of an fd to itself would leave it close-on-exec. */
static bool hand_on(int fd, int to)
{
	return fd == to ? fcntl(fd, F_SETFD, 0) == 0 : dup2(fd, to) >= 0;
}

/* In the child.  Returns only when something failed, with errno. */
static void become(const struct sv_spawn *spawn)
{
	sigset_t none;

	drop_handlers();
	if (spawn->new_session)
		setsid();
	if (spawn->dir_fd >= 0 && fchdir(spawn->dir_fd) < 0)
		return;
	if (spawn->before_exec)
		spawn->before_exec(spawn->data);
	for (int to = 0; to < 3; to++)
		if (spawn->fd[to] >= 0 && dup2(spawn->fd[to], to) < 0)
			return;
	if (spawn->extra_to > 2 && !hand_on(spawn->extra_fd, spawn->extra_to))
		return;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execv(spawn->path, spawn->argv);
}

pid_t sv_spawn(const struct sv_spawn *spawn, enum sv_spawn_failure *failure)
{
	/* Written by the child: until exec it runs in our memory while we stand still. */
	volatile int exec_error = 0;
	sigset_t all, before;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	pid_t pid = vfork();
	if (pid == 0) {
		become(spawn);
		exec_error = errno ? errno : EINVAL;
		_exit(EXEC_FAILED);
	}
	int fork_error = errno;
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (pid > 0 && !exec_error)
		return pid;
	*failure = pid < 0 ? SV_SPAWN_FORK : SV_SPAWN_EXEC;
	if (pid > 0)
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
	errno = pid < 0 ? fork_error : exec_error;
	return -1;
}

/* A descriptor that reads as empty and may be written to, when even /dev/null is missing. */
static int open_nothing(void)
{
	int fd = open("/dev/null", O_RDWR);
	int ends[2];

	if (fd >= 0 || pipe(ends) < 0)
		return fd;
	close(ends[1]);
	return ends[0];
}

/* Fds that whoever started us left open stay usable here (one may be named by an option), no further. */
static void keep_fds_to_ourselves(void)
{
	if (syscall(SYS_close_range, 3U, ~0U, CLOEXEC_FLAG) == 0)
		return;
	/* A kernel before 5.11; few programs are started with fds beyond these. */
	for (int fd = 3; fd < 1024; fd++)
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
}

static void open_standard_fds(void)
{
	int fd;

	do
		fd = open_nothing();
	while (fd >= 0 && fd <= 2);
	if (fd > 2)
		close(fd);
}

void sv_startup(void)
{
	const unsigned long standard[8] = {
		0}; /* the kernel's struct sigaction is at most this large */
	sigset_t none;

	open_standard_fds();
	keep_fds_to_ourselves();
	/* By system call, since libcs keep 32 and 33 to themselves; a zeroed action is the default one. */
	for (int number = 1; number <= LAST_SIGNAL; number++)
		syscall(SYS_rt_sigaction, number, standard, NULL, (size_t)LAST_SIGNAL / 8);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	sigemptyset(&caught);
}

void sv_catch(const int *signals, void (*handler)(int), sigset_t *wait_mask)
{
	struct sigaction action = {.sa_handler = handler};
	sigset_t all;

	sigfillset(&all);
	sigfillset(&action.sa_mask);
	sigprocmask(SIG_SETMASK, &all, NULL);
	*wait_mask = all;
	for (; *signals; signals++) {
		sigaddset(&caught, *signals);
		sigdelset(wait_mask, *signals);
		sigaction(*signals, &action, NULL);
	}
}

int sv_poll(
	struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *wait_mask)
{
	int ready = ppoll(fds, count, timeout, wait_mask);
	sigset_t before;

	if (ready > 0) {
		int error = errno;
		sigprocmask(SIG_SETMASK, wait_mask, &before);
		sigprocmask(SIG_SETMASK, &before, NULL);
		errno = error;
	}
	return ready;
}
