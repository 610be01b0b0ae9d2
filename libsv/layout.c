/* Finds and makes state directories; the rule stands in layout.h. */
#include "libsv/layout.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef SV_RUNDIR
#define SV_RUNDIR "/run"
#endif
#ifndef SV_SYSCONFDIR
#define SV_SYSCONFDIR "/etc"
#endif

enum {
	DIRECTORY = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
	TMP_BASE = 1, /* of nth_base */
	LOCK_TRIES = 20,
	LOCK_PAUSE_NS = 5000000,
};

const char *sv_scan_dir(void)
{
	const char *dir = getenv("SVDIR");

	return dir && *dir ? dir : SV_SYSCONFDIR "/service";
}

bool sv_base_name(char *to, size_t room, const char *path)
{
	char real[SV_PATH_SIZE];
	size_t end = strlen(path);

	while (end > 1 && path[end - 1] == '/')
		end--;
	size_t start = end;
	while (start > 0 && path[start - 1] != '/')
		start--;
	size_t size = end - start;
	bool is_dots = (size == 1 && path[start] == '.') ||
		       (size == 2 && path[start] == '.' && path[start + 1] == '.');
	if (is_dots) {
		/* The second look has no dots left, so it ends. */
		return realpath(path, real) && sv_base_name(to, room, real);
	}
	if (size == 0 || size >= room)
		return false;
	memcpy(to, path + start, size);
	to[size] = 0;
	return true;
}

/* Ours, and nobody else's to write: else another user could plant files in it. */
static bool is_private(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return false;
	if (st.st_uid == geteuid() && !(st.st_mode & (S_IWGRP | S_IWOTH)))
		return true;
	errno = EPERM;
	return false;
}

/* mkdir that also makes the missing target of a symbolic link, as many packages ship theirs. */
static void make_directory(int dir_fd, const char *name)
{
	char target[SV_PATH_SIZE];

	if (mkdirat(dir_fd, name, 0700) == 0 || errno != EEXIST)
		return;
	ssize_t size = readlinkat(dir_fd, name, target, sizeof target - 1);
	if (size > 0) {
		target[size] = 0;
		(void)mkdirat(dir_fd, target, 0700);
	}
}

/* Opens `name`, made if missing, if it is private and can be written to; else -1. */
static int open_private(int dir_fd, const char *name)
{
	make_directory(dir_fd, name);
	int fd = openat(dir_fd, name, DIRECTORY);
	if (fd < 0)
		return -1;
	if (is_private(fd) && faccessat(fd, ".", W_OK | X_OK, AT_EACCESS) == 0)
		return fd;
	int error = errno;
	close(fd);
	errno = error;
	return -1;
}

static const char *own_name(struct sv_place place)
{
	return place.is_scanner ? SV_SCAN_STATE : "supervise";
}

static const char *run_base(void)
{
	const char *base = getenv("SVSTATE");

	return base && *base ? base : SV_RUNDIR "/sv";
}

/* The n-th place to look when the service directory itself cannot hold state; false when n is past
 * the last. */
static bool nth_base(char *to, int n)
{
	switch (n) {
	case 0: return snprintf(to, SV_PATH_SIZE, "%s", run_base()) < SV_PATH_SIZE;
	case TMP_BASE:
		return snprintf(to, SV_PATH_SIZE, "/tmp/sv-%ld", (long)geteuid()) < SV_PATH_SIZE;
	default: return false;
	}
}

/* Opens NAME, or NAME/log, below a base directory.  Appends what it opened to `path`. */
static int make_below(char *path, struct sv_place place)
{
	size_t size = strlen(path);

	/* Shared by all services; in /tmp it must not be somebody else's. */
	(void)mkdir(path, strncmp(path, "/tmp/", 5) == 0 ? 0700 : 0755);
	int base = open(path, DIRECTORY | (strncmp(path, "/tmp/", 5) == 0 ? O_NOFOLLOW : 0));
	if (base < 0)
		return -1;
	int fd = -1;
	if (strncmp(path, "/tmp/", 5) != 0 || is_private(base))
		fd = open_private(base, place.name);
	if (fd >= 0 && place.is_log) {
		int log = open_private(fd, "log");
		close(fd);
		fd = log;
	}
	int error = errno;
	close(base);
	errno = error;
	snprintf(path + size, SV_PATH_SIZE - size, "/%s%s", place.name, place.is_log ? "/log" : "");
	return fd;
}

/* Out of fds or memory is none: two places would be two states.  Nor is a service directory that was
 * removed: it has no service any more. */
static bool is_reason_to_look_elsewhere(int service_fd)
{
	int error = errno;
	struct stat st;

	if (error == EMFILE || error == ENFILE || error == ENOMEM)
		return false;
	bool removed = error == ENOENT && fstat(service_fd, &st) == 0 && st.st_nlink == 0;
	errno = error;
	return !removed;
}

int sv_state_make(int service_fd, struct sv_place place, char *path)
{
	path[0] = 0;
	int fd = open_private(service_fd, own_name(place));
	if (fd >= 0 || !is_reason_to_look_elsewhere(service_fd))
		return fd;
	for (int n = 0; nth_base(path, n); n++) {
		fd = make_below(path, place);
		if (fd >= 0)
			return fd;
	}
	return -1;
}

int sv_state_alive(int state_fd)
{
	int fd = openat(state_fd, SV_FILE_OK, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return errno == ENXIO || errno == ENOENT ? 0 : -1;
	close(fd);
	return 1;
}

static bool is_ours(const char *path)
{
	int fd = open(path, DIRECTORY | O_NOFOLLOW);
	bool ours = fd >= 0 && is_private(fd);

	if (fd >= 0)
		close(fd);
	return ours;
}

/* Opens the n-th candidate; -2 when there is none more. */
static int find_nth(int service_fd, struct sv_place place, int n)
{
	char path[SV_PATH_SIZE];

	if (n == 0)
		return openat(service_fd, own_name(place), DIRECTORY);
	if (!nth_base(path, n - 1))
		return -2;
	/* Nobody named this one, and anybody could have made it. */
	if (n - 1 == TMP_BASE && !is_ours(path)) {
		errno = ENOENT;
		return -1;
	}
	size_t size = strlen(path);
	snprintf(path + size, sizeof path - size, "/%s%s", place.name, place.is_log ? "/log" : "");
	return open(path, DIRECTORY);
}

/* Keeps the first candidate that exists; a living one replaces it.  True when that ends the search. */
static bool weigh(int fd, int *kept)
{
	/* EACCES means somebody else's, and so not ours to judge dead. */
	bool alive = sv_state_alive(fd) != 0;

	if (*kept >= 0 && !alive) {
		close(fd);
		return false;
	}
	if (*kept >= 0)
		close(*kept);
	*kept = fd;
	return alive;
}

int sv_state_find(int service_fd, struct sv_place place)
{
	int kept = -1, error = ENOENT;

	for (int n = 0;; n++) {
		int fd = find_nth(service_fd, place, n);
		if (fd == -2 || (fd >= 0 && weigh(fd, &kept)))
			break;
		if (fd < 0 && errno != ENOENT && kept < 0)
			error = errno;
	}
	errno = error;
	return kept;
}

bool sv_fifo_make(int dir_fd, const char *name, mode_t mode)
{
	struct stat st;

	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		if (S_ISFIFO(st.st_mode))
			return true;
		if (unlinkat(dir_fd, name, S_ISDIR(st.st_mode) ? AT_REMOVEDIR : 0) < 0)
			return false;
	}
	/* Not by chmod afterwards: killed in between, it would keep the umask's mode for good. */
	mode_t before = umask(0);
	bool made = mkfifoat(dir_fd, name, mode) == 0;
	umask(before);
	return made;
}

int sv_lock(int dir_fd, const char *name)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int fd = openat(dir_fd, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);

	if (fd < 0)
		return -1;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fcntl(fd, F_SETLK, &whole) == 0)
		return fd;
	int error = errno == EAGAIN || errno == EACCES ? EWOULDBLOCK : errno;
	close(fd);
	errno = error;
	return -1;
}

int sv_lock_soon(int dir_fd, const char *name)
{
	const struct timespec moment = {.tv_nsec = LOCK_PAUSE_NS};
	int fd = sv_lock(dir_fd, name);

	for (int i = 0; i < LOCK_TRIES && fd < 0 && errno == EWOULDBLOCK; i++) {
		ppoll(NULL, 0, &moment, NULL);
		fd = sv_lock(dir_fd, name);
	}
	return fd;
}

pid_t sv_lock_holder(int state_fd)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int fd = openat(state_fd, SV_FILE_LOCK, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return 0;
	bool held = fcntl(fd, F_GETLK, &whole) == 0 && whole.l_type != F_UNLCK;
	close(fd);
	return held && whole.l_pid > 0 ? whole.l_pid : 0;
}
