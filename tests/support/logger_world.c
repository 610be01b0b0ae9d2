/* See logger_world.h. */
#include "tests/support/logger_world.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

void world_open(struct world *world)
{
	int errors[2];
	const char *parent = getenv("TMPDIR");

	snprintf(world->path, sizeof world->path, "%s/svlogger.XXXXXX", parent ? parent : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(world->path));
	snprintf(world->log, sizeof world->log, "%s/log", world->path);
	/* Both ends stay open, so that loggers may come and go. */
	ck_assert_int_eq(pipe2(errors, O_CLOEXEC), 0);
	ck_assert_int_eq(fcntl(errors[0], F_SETFL, O_NONBLOCK), 0);
	world->errors_fd = errors[0];
	ck_assert_int_eq(dup2(errors[1], 100), 100);
	ck_assert_int_eq(fcntl(100, F_SETFD, FD_CLOEXEC), 0);
	close(errors[1]);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *walk)
{
	(void)st;
	(void)type;
	(void)walk;
	return remove(path);
}

void world_remove(const char *path)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void world_close(struct world *world)
{
	world_remove(world->path);
	close(world->errors_fd);
	close(100);
}

static const char *binary(void)
{
	static char path[512];
	const char *where = getenv("SV_BIN");

	ck_assert_msg(where != NULL, "SV_BIN must name the directory of the programs");
	snprintf(path, sizeof path, "%s/svlogger", where);
	return path;
}

static pid_t start(const struct world *world, int input_fd, const char *const *words, bool traced)
{
	/* execv wants words it could write to. */
	static char room[16][128] = {"svlogger"};
	char *argv[17] = {room[0]};
	const char *path = binary();

	for (size_t i = 1; words[i - 1]; i++) {
		ck_assert_uint_lt(i, 16);
		snprintf(room[i], sizeof room[i], "%s", words[i - 1]);
		argv[i] = room[i];
	}
	sigset_t all, before;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	pid_t pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		/* A signal may come before exec, and libcheck's handlers are not ours. */
		signal(SIGTERM, SIG_DFL);
		signal(SIGALRM, SIG_DFL);
		sigprocmask(SIG_SETMASK, &before, NULL);
		dup2(input_fd, 0);
		dup2(100, 2);
		/* The leak checker is a tracer too, and there can be only one. */
		if (traced && (setenv("ASAN_OPTIONS", "detect_leaks=0", 1) < 0 ||
				      ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0))
			_exit(127);
		if (chdir(world->path) == 0)
			execv(path, argv);
		_exit(127);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	return pid;
}

pid_t world_start(const struct world *world, int input_fd, const char *const *words)
{
	return start(world, input_fd, words, false);
}

pid_t world_start_traced(const struct world *world, int input_fd, const char *const *words)
{
	return start(world, input_fd, words, true);
}

static bool wait_for_end(pid_t pid, const struct timespec *room)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd polled = {.fd = fd, .events = POLLIN};

	ck_assert_int_ge(fd, 0);
	bool ended = ppoll(&polled, 1, room, NULL) == 1;
	close(fd);
	return ended;
}

int world_wait(pid_t pid)
{
	struct timespec room = {.tv_sec = WORLD_DEADLINE_MS / 1000};
	int status;

	if (!wait_for_end(pid, &room)) {
		kill(pid, SIGKILL);
		ck_abort_msg("svlogger did not end in time");
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void world_let_run(pid_t pid, int microseconds)
{
	struct timespec room = {
		.tv_sec = microseconds / 1000000, .tv_nsec = microseconds % 1000000 * 1000L};

	wait_for_end(pid, &room);
}

static void write_all(int fd, const char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t written = write(fd, bytes, size);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			_exit(1);
		bytes += written;
		size -= (size_t)written;
	}
}

int world_log(const struct world *world, const char *bytes, size_t size, const char *const *words)
{
	int ends[2];

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	pid_t writer = fork();
	ck_assert_int_ge(writer, 0);
	if (writer == 0) {
		close(ends[0]);
		signal(SIGPIPE, SIG_IGN);
		write_all(ends[1], bytes, size);
		_exit(0);
	}
	close(ends[1]);
	pid_t pid = world_start(world, ends[0], words);
	close(ends[0]);
	int code = world_wait(pid);
	waitpid(writer, NULL, 0);
	return code;
}

void world_expect(const struct world *world, const char *text)
{
	static char heard[16384];
	size_t size = 0;

	for (;;) {
		struct pollfd polled = {.fd = world->errors_fd, .events = POLLIN};
		ck_assert_msg(poll(&polled, 1, WORLD_DEADLINE_MS) == 1, "never said: %s (but %s)",
			text, heard);
		ssize_t got = read(world->errors_fd, heard + size, 1);
		ck_assert_int_eq(got, 1);
		size++;
		heard[size] = '\0';
		ck_assert_uint_lt(size, sizeof heard - 1);
		if (heard[size - 1] == '\n' && strstr(heard, text))
			return;
	}
}

/* --- what was kept -------------------------------------------------------------------------- */

static int is_finished(const struct dirent *entry)
{
	return entry->d_name[0] == '@';
}

static void add_file(const char *log, const char *name, char **all, size_t *size)
{
	char path[512];
	struct stat st;

	snprintf(path, sizeof path, "%s/%s", log, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ck_assert_msg(fd >= 0 && fstat(fd, &st) == 0, "%s: %s", path, strerror(errno));
	char *longer = realloc(*all, *size + (size_t)st.st_size + 1);
	ck_assert_ptr_nonnull(longer);
	*all = longer;
	for (off_t left = st.st_size; left > 0;) {
		ssize_t got = read(fd, *all + *size, (size_t)left);
		ck_assert_int_gt(got, 0);
		*size += (size_t)got;
		left -= got;
	}
	(*all)[*size] = '\0';
	close(fd);
}

char *world_read(const char *log, size_t *size)
{
	struct dirent **names;
	char *all = NULL;
	int count = scandir(log, &names, is_finished, alphasort);

	ck_assert_int_ge(count, 0);
	*size = 0;
	for (int i = 0; i < count; i++) {
		add_file(log, names[i]->d_name, &all, size);
		free(names[i]);
	}
	free(names);
	add_file(log, "current", &all, size);
	return all;
}

size_t world_check_files(const char *log, size_t limit)
{
	struct dirent **names;
	int count = scandir(log, &names, is_finished, alphasort);

	ck_assert_int_ge(count, 0);
	for (int i = 0; i < count; i++) {
		char *bytes = NULL, path[512];
		size_t size = 0;
		struct stat st;
		add_file(log, names[i]->d_name, &bytes, &size);
		ck_assert_uint_gt(size, 0);
		ck_assert_int_eq(bytes[size - 1], '\n');
		if (size > limit)
			ck_assert_ptr_eq(memchr(bytes, '\n', size), bytes + size - 1);
		snprintf(path, sizeof path, "%s/%s", log, names[i]->d_name);
		ck_assert_int_eq(stat(path, &st), 0);
		ck_assert_int_eq(st.st_mode & 07777, 0744);
		free(bytes);
		free(names[i]);
	}
	free(names);
	return (size_t)count;
}

void world_line(char *to, unsigned number)
{
	static const char filler[] = " the quick brown fox jumps over the lazy dog, again and ag";
	char digits[16];

	snprintf(digits, sizeof digits, "%08u", number);
	memcpy(to, digits, 8);
	memcpy(to + 8, filler, sizeof filler - 1);
	to[WORLD_LINE - 1] = '\n';
}

void world_check_lines(const char *log, size_t stamp, unsigned count)
{
	size_t size, step = stamp + WORLD_LINE;
	char *all = world_read(log, &size);
	char expected[WORLD_LINE];

	for (unsigned i = 0; i < count; i++) {
		world_line(expected, i);
		ck_assert_msg((i + 1) * step <= size, "line %u of %u is missing", i, count);
		const char *found = all + i * step + stamp;
		ck_assert_msg(memcmp(found, expected, WORLD_LINE) == 0,
			"line %u of %u: found \"%.90s\"", i, count, found - stamp);
	}
	ck_assert_uint_eq(size, count * step);
	free(all);
}

/* --- feeding -------------------------------------------------------------------------------- */

static _Noreturn void feed(int fd, _Atomic uint32_t *shared)
{
	char block[4096];
	char line[WORLD_LINE];
	uint64_t at = 0;
	unsigned number = 0;

	signal(SIGPIPE, SIG_IGN);
	while (!shared[0]) {
		for (size_t i = 0; i < sizeof block; i++, at++) {
			if (at % WORLD_LINE == 0)
				world_line(line, number++);
			block[i] = line[at % WORLD_LINE];
		}
		write_all(fd, block, sizeof block);
	}
	if (at % WORLD_LINE)
		write_all(fd, line + at % WORLD_LINE, WORLD_LINE - at % WORLD_LINE);
	shared[1] = number;
	_exit(0);
}

struct feeder world_feed(int output_fd)
{
	struct feeder feeder;
	int fd = memfd_create("feeder", MFD_CLOEXEC);

	ck_assert(fd >= 0 && ftruncate(fd, 4096) == 0);
	feeder.shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ck_assert_ptr_ne(feeder.shared, MAP_FAILED);
	close(fd);
	feeder.pid = fork();
	ck_assert_int_ge(feeder.pid, 0);
	if (feeder.pid == 0)
		feed(output_fd, feeder.shared);
	return feeder;
}

void world_tell_feeder(struct feeder *feeder)
{
	feeder->shared[0] = 1;
}

unsigned world_stop_feeding(struct feeder *feeder)
{
	world_tell_feeder(feeder);
	ck_assert_int_eq(world_wait(feeder->pid), 0);
	unsigned count = feeder->shared[1];
	munmap(feeder->shared, 4096);
	return count;
}
