/* Runs $SV_BIN/svexec the way its tests want it: output, errors and exit code in one value.
 *
 * Shared by the svexec tests of this directory; owns nothing but the processes it starts, and waits
 * for each. */
#ifndef SVEXEC_CHILD_H
#define SVEXEC_CHILD_H

#include <check.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* What a run of svexec came to. */
struct child {
	pid_t pid;
	int code; /* exit code, or 1000 + signal */
	char out[16384];
	char err[4096];
};

/* Who runs svexec; a zero uid leaves everything as it is. */
struct child_user {
	uid_t uid;
	gid_t gid;
	gid_t groups[2];
	size_t group_count;
};

/* A file without a name that takes one stream of the child. */
static inline int child_stream(void)
{
	int fd = memfd_create("stream", MFD_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	return fd;
}

static inline void child_collect(int fd, char *text, size_t size)
{
	ssize_t got = pread(fd, text, size - 1, 0);

	ck_assert_int_ge(got, 0);
	text[got] = 0;
	close(fd);
}

/* Opened before rights are dropped: the build directory may be closed to everybody else. */
static inline int child_program(void)
{
	char path[4096];
	const char *bin = getenv("SV_BIN");

	ck_assert_msg(bin, "SV_BIN is not set");
	snprintf(path, sizeof path, "%s/svexec", bin);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ck_assert_msg(fd >= 0, "cannot open %s", path);
	return fd;
}

static inline void child_become(const struct child_user *user)
{
	if (user->uid == 0)
		return;
	if (setgroups(user->group_count, user->groups) < 0 ||
		setresgid(user->gid, user->gid, user->gid) < 0 ||
		setresuid(user->uid, user->uid, user->uid) < 0)
		_exit(99);
}

/* Runs svexec with `words`, which end with null. */
static inline struct child child_run_as(const struct child_user *user, const char *const *words)
{
	struct child child = {0};
	char *argv[40] = {(char[]){"svexec"}};
	size_t count = 0;
	int program = child_program(), out = child_stream(), err = child_stream(), status;

	while (words[count])
		count++;
	ck_assert_uint_lt(count, 39);
	/* exec promises not to write to the words, but its type does not say so. */
	memcpy(argv + 1, words, count * sizeof *words);
	child.pid = fork();
	ck_assert_int_ge(child.pid, 0);
	if (child.pid == 0) {
		/* What the test runner left open must not look like ours. */
		if (close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) < 0 || dup2(out, 1) < 0 ||
			dup2(err, 2) < 0)
			_exit(98);
		child_become(user);
		fexecve(program, argv, environ);
		_exit(97);
	}
	ck_assert_int_eq(waitpid(child.pid, &status, 0), child.pid);
	child.code = WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
	close(program);
	child_collect(out, child.out, sizeof child.out);
	child_collect(err, child.err, sizeof child.err);
	return child;
}

static const struct child_user child_myself = {0};

#define RUN(...)          child_run_as(&child_myself, (const char *const[]){__VA_ARGS__, (const char *)0})
#define RUN_AS(user, ...) child_run_as(&(user), (const char *const[]){__VA_ARGS__, (const char *)0})

/* The run must have failed with `wanted_code`, and its one line must contain `text`. */
#define ASSERT_REFUSED(run, wanted_code, text)                                                     \
	do {                                                                                       \
		struct child refused = (run);                                                      \
		ck_assert_msg(                                                                     \
			refused.code == (wanted_code), "code %d: %s", refused.code, refused.err);  \
		ck_assert_msg(                                                                     \
			strncmp(refused.err, "svexec: fatal: ", 15) == 0, "%s", refused.err);      \
		ck_assert_msg(strstr(refused.err, text), "%s", refused.err);                       \
		ck_assert_str_eq(refused.out, "");                                                 \
	} while (0)

/* The run must have succeeded with exactly this output. */
#define ASSERT_SAID(run, text)                                                                     \
	do {                                                                                       \
		struct child said = (run);                                                         \
		ck_assert_msg(said.code == 0, "code %d: %s", said.code, said.err);                 \
		ck_assert_str_eq(said.out, text);                                                  \
	} while (0)

#endif
