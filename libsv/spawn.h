/* Starting another program, and being a well-behaved process from the first line of main.
 *
 * Owns: how a child comes to be (vfork, so that it costs the same however large we are), with which
 * fds, signals and session.  sv_spawn is the only place that hands fds on. */
#ifndef SV_SPAWN_H
#define SV_SPAWN_H

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

struct sv_spawn {
	const char *path; /* relative to dir_fd; run as it is, by execve alone */
	char *const *argv;
	int dir_fd;             /* becomes the working directory; -1: ours */
	int fd[3];              /* become 0, 1, 2; -1: inherited; must be > 2 or -1 */
	int extra_fd, extra_to; /* extra_fd becomes extra_to if that is > 2 */
	bool new_session;
	/* Called in the child while it still has all our fds and our memory: what it changes there stays
	 * changed.  It may make system calls.  Null: nothing. */
	void (*before_exec)(void *data);
	void *data;
};

enum sv_spawn_failure {
	SV_SPAWN_FORK, /* no new process could be had: try again later */
	SV_SPAWN_EXEC, /* the program cannot be run as it is: errno says why */
};

/* Starts a program.  The child has default dispositions and an empty signal mask.  Returns its pid,
 * or -1 with errno and *failure; a child that could not exec has been waited for. */
pid_t sv_spawn(const struct sv_spawn *spawn, enum sv_spawn_failure *failure);

/* First thing in main of a long-lived program: fds 0, 1, 2 are open (/dev/null, else an empty pipe),
 * all others that we were given are close-on-exec, so that no service inherits them, and every signal
 * has its default action, whatever we were started with, and none is blocked. */
void sv_startup(void);

/* Waits like ppoll, and lets the signals of `wait_mask` in on every call.  (ppoll alone lets them in only
 * when nothing is ready: a flood of input would keep a TERM or a death from us for as long as it lasts.) */
int sv_poll(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
	const sigset_t *wait_mask);

/* Blocks every signal, and installs `handler` for each of `signals` (the list ends with 0).  From then
 * on these arrive only inside sv_poll with *wait_mask, and the others never. */
void sv_catch(const int *signals, void (*handler)(int), sigset_t *wait_mask);

#endif
