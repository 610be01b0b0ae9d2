/* The keeper, and files and services of a test's world; see world.h. */
#include "tests/support/world.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "libsv/layout.h"

enum {
	KEEPER_LIMIT_S =
		50, /* the keeper ends a test that hangs, before libcheck kills the keeper */
	CASE_LIMIT_S = 60,
	PATH_ROOM = 4096,
	TEXT_ROOM = 1 << 20,
};

static char top[PATH_ROOM];
static volatile sig_atomic_t test_pid;

/* --- the keeper --------------------------------------------------------------------------------- */

static void on_alarm(int number)
{
	static const char said[] = "world: a test hangs, ended by its keeper\n";

	(void)number;
	ssize_t written = write(2, said, sizeof said - 1);
	(void)written;
	kill(test_pid, SIGKILL);
}

/* Kills every child of ours, which makes its children ours, and so on until there is none. */
static void kill_descendants(void)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
	while (true) {
		FILE *children = fopen(path, "re");
		int pid;
		while (children && fscanf(children, "%d", &pid) == 1) /* NOLINT(cert-err34-c) */
			kill(pid, SIGKILL);
		if (children)
			fclose(children);
		if (waitpid(-1, NULL, 0) < 0 && errno == ECHILD)
			return;
	}
}

static void remove_world(void)
{
	char command[2 * PATH_ROOM + 64];

	if (chdir("/") < 0)
		return;
	snprintf(command, sizeof command, "chmod -R u+rwx '%s' 2>/dev/null; rm -rf '%s'", top, top);
	/* The name is mkdtemp's. */
	if (system(command) != 0) /* NOLINT(cert-env33-c) */
		fprintf(stderr, "world: %s could not be removed\n", top);
}

_Noreturn static void keep(void)
{
	const struct sigaction action = {.sa_handler = on_alarm};
	int status = 0, end = 0;
	pid_t pid;

	sigaction(SIGALRM, &action, NULL);
	alarm(KEEPER_LIMIT_S);
	do {
		pid = waitpid(-1, &status, 0);
		if (pid == test_pid)
			end = status;
	} while (pid != test_pid && (pid > 0 || errno == EINTR));
	alarm(0);
	kill_descendants();
	remove_world();
	if (WIFSIGNALED(end)) {
		signal(WTERMSIG(end), SIG_DFL);
		raise(WTERMSIG(end));
	}
	_exit(WIFEXITED(end) ? WEXITSTATUS(end) : 1);
}

void world_begin(void)
{
	const char *base = getenv("TMPDIR");

	snprintf(top, sizeof top, "%s/world.XXXXXX", base && *base ? base : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(top));
	/* Services of another user have to reach their directories. */
	ck_assert_int_eq(chmod(top, 0755), 0);
	ck_assert_int_eq(chdir(top), 0);
	umask(022);
	ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	pid_t pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid > 0) {
		test_pid = pid;
		keep();
	}
	/* Whatever happens to the keeper, the test does not outlive it. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

void world_end(void)
{
	/* All is done by the keeper. */
}

void world_fixture(TCase *cases)
{
	tcase_add_checked_fixture(cases, world_begin, world_end);
	tcase_set_timeout(cases, CASE_LIMIT_S);
}

const char *world_top(void)
{
	return top;
}

/* --- files -------------------------------------------------------------------------------------- */

void world_dir(const char *path)
{
	char parent[PATH_ROOM];
	const char *slash = strrchr(path, '/');

	if (mkdir(path, 0755) == 0 || errno == EEXIST)
		return;
	ck_assert_msg(errno == ENOENT && slash && slash > path, "cannot make %s", path);
	snprintf(parent, sizeof parent, "%.*s", (int)(slash - path), path);
	world_dir(parent);
	ck_assert_msg(mkdir(path, 0755) == 0, "cannot make %s: %s", path, strerror(errno));
}

void world_write(const char *path, const char *text)
{
	char temporary[2 * PATH_ROOM];
	const char *slash = strrchr(path, '/');
	mode_t mode = strncmp(text, "#!", 2) == 0 ? 0755 : 0644;

	if (slash && slash > path) {
		snprintf(temporary, sizeof temporary, "%.*s", (int)(slash - path), path);
		world_dir(temporary);
	}
	snprintf(temporary, sizeof temporary, "%s/.writing", top);
	int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	ck_assert_int_eq(close(fd), 0);
	ck_assert_msg(rename(temporary, path) == 0, "cannot write %s: %s", path, strerror(errno));
}

void world_format(const char *path, const char *format, ...)
{
	static char text[65536];
	va_list arguments;

	va_start(arguments, format);
	int size = vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	ck_assert_int_lt(size, (int)sizeof text);
	world_write(path, text);
}

void world_script(const char *path, const char *body)
{
	world_format(path, "#!/bin/sh\n%s", body);
}

const char *world_text(const char *path)
{
	static char texts[4][TEXT_ROOM];
	static unsigned turn;
	char *text = texts[turn++ % 4];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t size = 0;
	ssize_t got = 0;

	while (fd >= 0 && size < TEXT_ROOM - 1 &&
		(got = read(fd, text + size, TEXT_ROOM - 1 - size)) > 0)
		size += (size_t)got;
	if (fd >= 0)
		close(fd);
	ck_assert_uint_lt(size, TEXT_ROOM - 1);
	text[size] = 0;
	return text;
}

size_t world_count(const char *path, const char *text)
{
	size_t count = 0;

	for (const char *at = world_text(path); (at = strstr(at, text)) != NULL; at++)
		count++;
	return count;
}

bool world_has(const char *path, const char *text)
{
	return strstr(world_text(path), text) != NULL;
}

long world_number(const char *path)
{
	return strtol(world_text(path), NULL, 10);
}

bool world_exists(const char *path)
{
	return faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* --- services ----------------------------------------------------------------------------------- */

pid_t world_supervise(const char *dir)
{
	return world_launch("supervise", dir, NULL);
}

pid_t world_svscan(const char *dir)
{
	return world_launch("svscan", dir, NULL);
}

static int open_control(const char *dir)
{
	char path[PATH_ROOM];

	snprintf(path, sizeof path, "%s/supervise/control", dir);
	return open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
}

static bool is_supervised(const char *dir)
{
	int fd = open_control(dir);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

void world_wait_supervised(const char *dir)
{
	WORLD_WAIT(is_supervised(dir));
}

void world_control(const char *dir, const char *letters)
{
	int fd = open_control(dir);

	ck_assert_msg(fd >= 0, "nobody reads %s/supervise/control: %s", dir, strerror(errno));
	ck_assert_int_eq(write(fd, letters, strlen(letters)), (ssize_t)strlen(letters));
	close(fd);
}

bool world_status(const char *dir, struct sv_status *status)
{
	char path[PATH_ROOM];
	unsigned char bytes[SV_STATUS_SIZE + 1];

	snprintf(path, sizeof path, "%s/supervise/status", dir);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ssize_t size = read(fd, bytes, sizeof bytes);
	close(fd);
	return size >= 0 && sv_status_unpack(status, bytes, (size_t)size) == SV_STATUS_OURS;
}

bool world_is(const char *dir, enum sv_state state)
{
	struct sv_status status;

	/* The stored state, without the clock: whether a run is young is seldom the question. */
	return world_status(dir, &status) && status.state == state;
}

void world_wait_state(const char *dir, enum sv_state state)
{
	for (sv_ms limit = sv_now_ms() + WORLD_PATIENCE_MS; !world_is(dir, state);)
		world_pause(limit, sv_state_word(state), dir, 0);
}

/* The pid of run, 0 when it is not up. */
static pid_t run_pid(const char *dir)
{
	struct sv_status status;

	return world_status(dir, &status) && status.phase == SV_PHASE_RUN ? (pid_t)status.pid : 0;
}

pid_t world_wait_next_run(const char *dir, pid_t old)
{
	pid_t pid = run_pid(dir);

	for (sv_ms limit = sv_now_ms() + WORLD_PATIENCE_MS; pid == 0 || pid == old;) {
		world_pause(limit, "the next run", dir, 0);
		pid = run_pid(dir);
	}
	return pid;
}

pid_t world_wait_run(const char *dir)
{
	return world_wait_next_run(dir, 0);
}

/* --- waiting ------------------------------------------------------------------------------------ */

void world_pause(sv_ms deadline, const char *condition, const char *file, int line)
{
	const struct timespec two = {.tv_nsec = 2000000};

	ck_assert_msg(sv_now_ms() < deadline, "%s:%d: waited in vain for %s\nerr:\n%s", file, line,
		condition, world_text("err"));
	nanosleep(&two, NULL);
}
