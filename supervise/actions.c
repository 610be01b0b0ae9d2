/* Starts programs and sends signals; see actions.h. */
#include "supervise/actions.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libsv/spawn.h"
#include "supervise/adopt.h"
#include "supervise/policy.h"
#include "supervise/publish.h"
#include "supervise/readiness.h"

/* What the child needs to record itself. */
struct birth {
	struct service *service;
	sv_ms now_ms;
};

/* In the child, before exec, in our memory: the new state is on record before the program can do
 * anything, so whoever finds us dead finds the service too, and a run that asks after itself sees
 * itself up. */
static void record_birth(void *data)
{
	const struct birth *birth = data;
	struct service *service = birth->service;
	struct machine after = service->machine;
	const struct machine_event spawned = {.kind = MACHINE_SPAWNED, .pid = getpid()};

	machine_step(&after, &spawned, birth->now_ms, &service->policy);
	service->published.last.start_ticks = adopt_own_ticks();
	publish_text(service, "");
	publish(service, &after, birth->now_ms);
}

/* Why could the program not be run?  In words, with what to do about it. */
static const char *explain(const struct service *service, const char *file, int error)
{
	struct stat st;

	if (fstatat(service->dir_fd, file, &st, 0) < 0)
		return errno == ENOENT ? "does not exist" : strerror(errno);
	if (S_ISDIR(st.st_mode))
		return "is a directory, must be an executable file";
	switch (error) {
	case ENOENT: return "exists, but the interpreter in its first line does not";
	case EACCES:
		return st.st_mode & 0111
			       ? "may not be executed by this user, or lies on a noexec mount"
			       : "is not executable (chmod +x)";
	case ENOEXEC: return "is neither a binary nor does it begin with #!";
	default: return strerror(error);
	}
}

static void report_exec_failure(struct service *service, const char *file, int error)
{
	const char *reason = explain(service, file, error);
	char text[SV_STATUS_TEXT + 1];

	snprintf(text, sizeof text, "%s %s", file, reason);
	publish_text(service, text);
	sv_warn(service->path, ": ", file, " ", reason);
}

/* argv of run: run NAME [INSTANCE]. */
static void run_arguments(const struct service *service, const char **argv)
{
	const char *at = strchr(service->name, '@');

	argv[0] = "./run";
	argv[1] = service->name;
	argv[2] = at ? at + 1 : NULL;
	argv[3] = NULL;
}

/* argv of finish: finish CODE STATUS NAME PGID, the first two as runit has them. */
static void finish_arguments(const struct service *service, const char **argv, char (*numbers)[16])
{
	int status = service->machine.wait_status;
	bool known = service->machine.has_exit;

	/* Of an adopted run that nobody could tell the end of: -1 0. */
	snprintf(numbers[0], sizeof numbers[0], "%d",
		known && WIFEXITED(status) ? WEXITSTATUS(status) : -1);
	snprintf(numbers[1], sizeof numbers[1], "%d", known ? status & 0xff : 0);
	snprintf(numbers[2], sizeof numbers[2], "%ld", (long)service->machine.group);
	argv[0] = "./finish";
	argv[1] = numbers[0];
	argv[2] = numbers[1];
	argv[3] = service->name;
	argv[4] = numbers[2];
	argv[5] = NULL;
}

/* Starts argv[0] with the fds of a child of this service. */
static pid_t start(struct service *service, const char **argv, const struct logpipe *pipe,
	const struct readiness *readiness, sv_ms now_ms, enum sv_spawn_failure *failure)
{
	struct birth birth = {.service = service, .now_ms = now_ms};
	int in = service->is_log ? logpipe_reader(pipe) : -1;
	int out = service->is_log ? -1 : logpipe_writer(pipe);
	const struct sv_spawn spawn = {
		.path = argv[0],
		.argv = (char *const *)(uintptr_t)argv,
		.dir_fd = service->dir_fd,
		.fd = {in, out, -1},
		.extra_fd = readiness->child_fd,
		.extra_to = readiness->child_number,
		.new_session = true,
		.before_exec = record_birth,
		.data = &birth,
	};
	pid_t pid = sv_spawn(&spawn, failure);
	int error = errno;

	logpipe_release(pipe, in);
	logpipe_release(pipe, out);
	errno = error;
	return pid;
}

static struct machine_event outcome_of(struct service *service, const char *file, pid_t pid,
	enum sv_spawn_failure failure, sv_ms now_ms)
{
	if (pid > 0)
		return (struct machine_event){.kind = MACHINE_SPAWNED, .pid = pid};
	if (failure == SV_SPAWN_EXEC) {
		report_exec_failure(service, file, errno);
		return (struct machine_event){.kind = MACHINE_EXEC_FAILED};
	}
	if (sv_may_speak(&service->quiet_fork, now_ms))
		sv_warn_errno(
			service->path, ": no process for ", file, ", trying again every second");
	return (struct machine_event){.kind = MACHINE_FORK_FAILED};
}

static struct machine_event start_run(
	struct service *service, const struct logpipe *pipe, sv_ms now_ms)
{
	const char *argv[4];
	struct readiness readiness;
	enum sv_spawn_failure failure = SV_SPAWN_FORK;
	pid_t pid = -1;

	policy_read(service);
	run_arguments(service, argv);
	if (readiness_prepare(service, &readiness))
		pid = start(service, argv, pipe, &readiness, now_ms, &failure);
	int error = errno;
	readiness_started(&readiness);
	errno = error;
	return outcome_of(service, "run", pid, failure, now_ms);
}

static struct machine_event start_finish(
	struct service *service, const struct logpipe *pipe, sv_ms now_ms)
{
	static const struct readiness none = {.child_fd = -1, .child_number = -1};
	const char *argv[6];
	char numbers[3][16];
	enum sv_spawn_failure failure = SV_SPAWN_FORK;

	readiness_end(service);
	if (faccessat(service->dir_fd, "finish", F_OK, 0) < 0)
		return (struct machine_event){.kind = MACHINE_ABSENT};
	finish_arguments(service, argv, numbers);
	pid_t pid = start(service, argv, pipe, &none, now_ms, &failure);
	return outcome_of(service, "finish", pid, failure, now_ms);
}

static void send_signals(const struct service *service, const struct machine_orders *orders)
{
	pid_t pid = service->machine.pid;

	for (int i = 0; i < 2; i++) {
		if (!orders->signals[i] || pid <= 0)
			continue;
		/* A child that has not become its group's leader yet cannot exist: sv_spawn returns after
		 * exec.  ESRCH only says that it ended first, which its exit will tell. */
		if (service->pid_fd >= 0 && !orders->to_group)
			adopt_signal(service, orders->signals[i]);
		else
			(void)kill(orders->to_group ? -pid : pid, orders->signals[i]);
	}
}

bool actions_carry_out(struct service *service, const struct machine_orders *orders,
	const struct logpipe *pipe, sv_ms now_ms, struct machine_event *outcome)
{
	if (orders->signals[0]) {
		/* What is wanted is on record before it is carried out: sv reads it back at once, and
		 * whoever comes after us sees whether the signal is still to be sent. */
		struct machine before = service->machine;
		if (orders->signals[0] == SIGTERM ||
			orders->signals[0] == service->policy.stop_signal)
			before.term_sent = service->published.last.term_sent;
		publish(service, &before, now_ms);
		send_signals(service, orders);
	}
	if (orders->start == MACHINE_START_NOTHING)
		return false;
	*outcome = orders->start == MACHINE_START_RUN ? start_run(service, pipe, now_ms)
						      : start_finish(service, pipe, now_ms);
	return true;
}
