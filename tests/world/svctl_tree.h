/* A scan directory of its own for each test of svctl, with real services or with imitations of
 * supervise whose status and control FIFO the test holds in its hands.
 *
 * Stands in a world (tests/support/world.h), which cleans up.  Nothing here sleeps: that a
 * supervise is there shows in the blocking open of its FIFO `ok`; libcheck's time limit ends what
 * never happens. */
#ifndef SVCTL_TREE_H
#define SVCTL_TREE_H

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libsv/status.h"
#include "tests/support/world.h"

struct tree {
	char path[512];
};

/* What a svctl came to. */
struct result {
	int code; /* exit code, or 1000 + signal */
	char out[65536], err[16384];
};

/* --- files ------------------------------------------------------------------------------------ */

static inline const char *tree_path(const struct tree *tree, const char *name, const char *file)
{
	static char paths[4][1100];
	static unsigned next;
	char *path = paths[next++ % 4];

	ck_assert_int_lt(snprintf(path, sizeof *paths, "%s/%s%s%s", tree->path, name,
				 *file ? "/" : "", file),
		(int)sizeof *paths);
	return path;
}

static inline void tree_write(const char *path, const void *bytes, size_t size, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, bytes, size), (ssize_t)size);
	close(fd);
}

/* To be called inside a world (world_fixture): that removes the directory and ends what is left. */
static inline void tree_begin(struct tree *tree)
{
	ck_assert_int_lt(snprintf(tree->path, sizeof tree->path, "%s/scan", world_top()),
		(int)sizeof tree->path);
	ck_assert_int_eq(mkdir(tree->path, 0755), 0);
	setenv("SVDIR", tree->path, 1);
}

/* The state directory, with a FIFO `ok` that can be waited on before supervise has come. */
static inline void tree_state(const struct tree *tree, const char *name)
{
	ck_assert_int_eq(mkdir(tree_path(tree, name, "supervise"), 0700), 0);
	ck_assert_int_eq(mkfifo(tree_path(tree, name, "supervise/ok"), 0600), 0);
}

/* A service whose run is a shell script.  NAME/log makes the log of NAME. */
static inline void tree_service(const struct tree *tree, const char *name, const char *script)
{
	char text[1024];
	int size = snprintf(text, sizeof text, "#!/bin/sh\n%s\n", script);

	ck_assert_int_eq(mkdir(tree_path(tree, name, ""), 0755), 0);
	tree_write(tree_path(tree, name, "run"), text, (size_t)size, 0755);
	tree_state(tree, name);
}

/* --- processes -------------------------------------------------------------------------------- */

/* In a child: becomes $SV_BIN/argv[0], and goes when the test goes. */
static inline void tree_become(const char *const *argv)
{
	char path[1024];

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	snprintf(path, sizeof path, "%s/%s", getenv("SV_BIN"), argv[0]);
	execv(path, (char *const *)(size_t)argv);
	_exit(127);
}

/* Returns when the supervise of the service is there. */
static inline void tree_await(const struct tree *tree, const char *name)
{
	int fd = open(tree_path(tree, name, "supervise/ok"), O_WRONLY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	close(fd);
}

static inline void tree_scan(const struct tree *tree, const char *const *names)
{
	world_svscan(tree->path);
	for (; *names; names++)
		tree_await(tree, *names);
}
#define TREE_NAMES(...) ((const char *const[]){__VA_ARGS__, (const char *)0})

static inline int tree_stream(void)
{
	int fd = memfd_create("stream", MFD_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	return fd;
}

static inline void tree_collect(int fd, char *text, size_t room)
{
	ssize_t size = pread(fd, text, room - 1, 0);

	ck_assert_int_ge(size, 0);
	text[size] = 0;
	close(fd);
}

static inline int tree_code(pid_t pid)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* A svctl under way.  `before` runs in the child first; null: nothing. */
struct svctl {
	pid_t pid;
	int out_fd, err_fd;
};

static inline struct svctl svctl_start(void (*before)(void), const char *const *words)
{
	const char *argv[32] = {"svctl"};
	struct svctl run = {.out_fd = tree_stream(), .err_fd = tree_stream()};

	for (size_t i = 0; words[i]; i++) {
		ck_assert_uint_lt(i + 2, sizeof argv / sizeof *argv);
		argv[i + 1] = words[i];
	}
	run.pid = fork();
	ck_assert_int_ge(run.pid, 0);
	if (run.pid == 0) {
		dup2(run.out_fd, 1);
		dup2(run.err_fd, 2);
		if (before)
			before();
		tree_become(argv);
	}
	return run;
}

static inline const struct result *svctl_end(const struct svctl *run)
{
	static struct result result;

	result.code = tree_code(run->pid);
	tree_collect(run->out_fd, result.out, sizeof result.out);
	tree_collect(run->err_fd, result.err, sizeof result.err);
	return &result;
}

static inline const struct result *svctl_run(void (*before)(void), const char *const *words)
{
	struct svctl run = svctl_start(before, words);

	return svctl_end(&run);
}

/* Runs svctl with these words to its end. */
#define SVCTL(...) svctl_run(0, TREE_NAMES(__VA_ARGS__))

/* The exit code must be this one. */
#define EXPECT(wanted, ...)                                                                        \
	do {                                                                                       \
		const struct result *run_ = SVCTL(__VA_ARGS__);                                    \
		ck_assert_msg(run_->code == (wanted), "exit code %d, wanted %d; out: %serr: %s",   \
			run_->code, (wanted), run_->out, run_->err);                               \
	} while (0)

/* And the one line of output this. */
#define EXPECT_LINE(wanted, line, ...)                                                             \
	do {                                                                                       \
		const struct result *run_ = SVCTL(__VA_ARGS__);                                    \
		ck_assert_msg(run_->code == (wanted), "exit code %d, wanted %d; out: %serr: %s",   \
			run_->code, (wanted), run_->out, run_->err);                               \
		ck_assert_str_eq(*run_->out ? run_->out : run_->err, (line));                      \
	} while (0)

static inline void contains(const char *text, const char *piece)
{
	ck_assert_msg(strstr(text, piece) != 0, "no \"%s\" in: %s", piece, text);
}

static inline size_t lines(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += *text == '\n';
	return count;
}

/* --- imitations ------------------------------------------------------------------------------- */

/* What stands in for a supervise: it holds the FIFOs, and publishes what the test wants. */
struct fake {
	int ok_fd, control_fd;
	char state[1100];
};

static inline void fake_publish(const struct fake *fake, const void *bytes, size_t size)
{
	char path[1200], fresh[1200];

	snprintf(path, sizeof path, "%s/status", fake->state);
	snprintf(fresh, sizeof fresh, "%s/status.new", fake->state);
	tree_write(fresh, bytes, size, 0644);
	ck_assert_int_eq(rename(fresh, path), 0);
}

static inline void fake_status(const struct fake *fake, const struct sv_status *status)
{
	unsigned char bytes[SV_STATUS_SIZE];

	sv_status_pack(bytes, status);
	fake_publish(fake, bytes, sizeof bytes);
}

/* A directory without supervise. */
static inline void fake_directory(const struct tree *tree, const char *name)
{
	ck_assert_int_eq(mkdir(tree_path(tree, name, ""), 0755), 0);
	tree_write(tree_path(tree, name, "run"), "", 0, 0755);
	tree_state(tree, name);
}

static inline struct fake fake_begin(const struct tree *tree, const char *name)
{
	struct fake fake = {0};

	fake_directory(tree, name);
	strcpy(fake.state, tree_path(tree, name, "supervise"));
	ck_assert_int_eq(mkfifo(tree_path(tree, name, "supervise/control"), 0600), 0);
	fake.ok_fd = open(tree_path(tree, name, "supervise/ok"), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	fake.control_fd =
		open(tree_path(tree, name, "supervise/control"), O_RDWR | O_NONBLOCK | O_CLOEXEC);
	ck_assert_int_ge(fake.ok_fd, 0);
	ck_assert_int_ge(fake.control_fd, 0);
	return fake;
}

/* A service that has been up for an hour. */
static inline struct sv_status fake_up(void)
{
	sv_ms now = sv_now_ms();

	return (struct sv_status){.changed = sv_wall(),
		.pid = 4711,
		.want_up = true,
		.phase = SV_PHASE_RUN,
		.state = SV_STATE_STARTING,
		.starts = 1,
		.started_ms = now > 3661000 ? now - 3661000 : 1,
		.stable_ms = 1};
}

static inline struct fake fake_running(const struct tree *tree, const char *name)
{
	struct fake fake = fake_begin(tree, name);
	struct sv_status status = fake_up();

	fake_status(&fake, &status);
	return fake;
}

/* What has been written to the control FIFO since. */
static inline const char *fake_bytes(const struct fake *fake)
{
	static char bytes[256];
	ssize_t size = read(fake->control_fd, bytes, sizeof bytes - 1);

	bytes[size < 0 ? 0 : size] = 0;
	return bytes;
}

/* Waits for the next bytes. */
static inline const char *fake_await_bytes(const struct fake *fake)
{
	int flags = fcntl(fake->control_fd, F_GETFL);

	fcntl(fake->control_fd, F_SETFL, flags & ~O_NONBLOCK);
	const char *bytes = fake_bytes(fake);
	fcntl(fake->control_fd, F_SETFL, flags);
	return bytes;
}

static inline void fake_leave(struct fake *fake)
{
	close(fake->ok_fd);
	close(fake->control_fd);
}

#endif
