/* Processes of a test's world; see world.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/world.h"

enum { PATH_ROOM = 4096 };

/* What /proc/PID/stat says. */
struct process {
	pid_t parent;
	char state;
	unsigned long ticks;
};

/* --- starting ----------------------------------------------------------------------------------- */

/* In a child: fds 1 and 2 become these, what the test runner left open is not inherited. */
static void take_streams(int out, int err)
{
	if (close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0)
		_exit(98);
}

static int open_stream(const char *name)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);

	ck_assert_int_ge(fd, 0);
	return fd;
}

pid_t world_launch(const char *program, const char *argument, void (*prepare)(void))
{
	char path[PATH_ROOM];
	const char *bin = getenv("SV_BIN");

	ck_assert_msg(bin, "SV_BIN is not set");
	snprintf(path, sizeof path, "%s/%s", bin, program);
	int out = open_stream("out"), err = open_stream("err");
	pid_t pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		int program_fd = open(path, O_PATH | O_CLOEXEC);
		take_streams(out, err);
		if (prepare)
			prepare();
		/* By descriptor if the new user may not reach the path: svscan wants its own name. */
		execl(path, path, argument, (char *)NULL);
		fexecve(program_fd, (char *[]){path, (char *)(size_t)argument, NULL}, environ);
		_exit(97);
	}
	close(out);
	close(err);
	return pid;
}

static int code_of(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : WORLD_SIGNALLED + WTERMSIG(status);
}

int world_wait_exit(pid_t pid)
{
	int status = 0;

	WORLD_WAIT(waitpid(pid, &status, WNOHANG) == pid);
	return code_of(status);
}

void world_signal(pid_t pid, int number)
{
	ck_assert_msg(
		kill(pid, number) == 0, "signal %d to %d: %s", number, (int)pid, strerror(errno));
}

void world_become_nobody(void)
{
	if (setgroups(0, NULL) < 0 || setresgid(WORLD_NOBODY, WORLD_NOBODY, WORLD_NOBODY) < 0 ||
		setresuid(WORLD_NOBODY, WORLD_NOBODY, WORLD_NOBODY) < 0)
		_exit(98);
}

/* --- other people's programs -------------------------------------------------------------------- */

struct world_result world_run(const char *const *words)
{
	struct world_result result = {0};
	char *argv[32];
	size_t count = 0, size = 0;
	int ends[2], status;
	ssize_t got;

	while (words[count])
		count++;
	ck_assert_uint_lt(count, 32);
	memcpy(argv, words, (count + 1) * sizeof *words);
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	pid_t pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		take_streams(ends[1], ends[1]);
		execvp(argv[0], argv);
		_exit(97);
	}
	close(ends[1]);
	while ((got = read(ends[0], result.out + size, sizeof result.out - 1 - size)) > 0)
		size += (size_t)got;
	close(ends[0]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	result.code = code_of(status);
	return result;
}

void world_skip(const char *reason)
{
	printf("SKIP: %s\n", reason);
	fflush(stdout);
}

bool world_has_program(const char *name)
{
	const char *path = getenv("PATH");
	char full[PATH_ROOM];

	for (path = path ? path : "/usr/bin:/bin"; *path;) {
		size_t size = strcspn(path, ":");
		snprintf(full, sizeof full, "%.*s/%s", (int)size, path, name);
		if (access(full, X_OK) == 0)
			return true;
		path += size + (path[size] == ':');
	}
	snprintf(full, sizeof full, "%s is not installed", name);
	world_skip(full);
	return false;
}

/* --- looking at processes ----------------------------------------------------------------------- */

static bool look_up(pid_t pid, struct process *process)
{
	char path[64], text[1024];
	unsigned long user = 0, system = 0;
	int parent = 0;

	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ssize_t size = read(fd, text, sizeof text - 1);
	close(fd);
	if (size <= 0)
		return false;
	text[size] = 0;
	/* The name in parentheses may hold anything; the last one ends it. */
	const char *at = strrchr(text, ')');
	/* NOLINTNEXTLINE(cert-err34-c) */
	if (!at || sscanf(at, ") %c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
			   &process->state, &parent, &user, &system) != 4)
		return false;
	process->parent = parent;
	process->ticks = user + system;
	return true;
}

bool world_alive(pid_t pid)
{
	struct process process;

	return look_up(pid, &process) && process.state != 'Z' && process.state != 'X';
}

bool world_stopped(pid_t pid)
{
	struct process process;

	return look_up(pid, &process) && process.state == 'T';
}

pid_t world_parent(pid_t pid)
{
	struct process process;

	return look_up(pid, &process) ? process.parent : -1;
}

unsigned long world_cpu_ticks(pid_t pid)
{
	struct process process;

	ck_assert(look_up(pid, &process));
	return process.ticks;
}

/* Is the keeper among the ancestors of this process? */
static bool is_ours(pid_t pid)
{
	const pid_t keeper = getppid();

	for (int depth = 0; pid > 1 && depth < 64; depth++) {
		pid = world_parent(pid);
		if (pid == keeper)
			return true;
	}
	return false;
}

/* Calls `matches` for every process but ourselves; counts the yes. */
static size_t count_processes(bool (*matches)(pid_t pid, pid_t data), pid_t data)
{
	DIR *proc = opendir("/proc");
	const struct dirent *entry;
	size_t count = 0;

	ck_assert_ptr_nonnull(proc);
	while ((entry = readdir(proc)) != NULL) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
		if (pid > 0 && pid != getpid() && matches(pid, data))
			count++;
	}
	closedir(proc);
	return count;
}

static bool descends(pid_t pid, pid_t unused)
{
	(void)unused;
	return is_ours(pid);
}

static bool is_zombie_of(pid_t pid, pid_t parent)
{
	struct process process;

	return look_up(pid, &process) && process.parent == parent && process.state == 'Z';
}

size_t world_processes(void)
{
	return count_processes(descends, 0);
}

size_t world_zombies(pid_t pid)
{
	return count_processes(is_zombie_of, pid);
}
