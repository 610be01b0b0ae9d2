/* Acts on one log directory; see destination.h. */
#include "logger/destination.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libsv/layout.h"
#include "logger/archive.h"

enum {
	COPY_SIZE = 4096,
	FLUSH_EVERY = 262144, /* bytes; see hint_flush */
	MODE_CURRENT = 0644,
	MODE_FINISHED = 0744,
};

static const char current_name[] = "current", next_name[] = "next", part_name[] = "next.part";

struct destination destination_new(const struct script_destination *orders)
{
	return (struct destination){
		.orders = orders,
		.dir_fd = -1,
		.lock_fd = -1,
		.current_fd = -1,
		.file.limit = orders->size,
	};
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void destination_close_current(struct destination *destination)
{
	close_fd(&destination->current_fd);
}

void destination_close(struct destination *destination)
{
	close_fd(&destination->current_fd);
	close_fd(&destination->lock_fd);
	close_fd(&destination->dir_fd);
}

/* Never follows a link and never waits for a FIFO's other end. */
static int open_file(int dir_fd, const char *name, int flags, mode_t mode)
{
	return openat(dir_fd, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | flags,
		mode);
}

/* A symbolic link answers ELOOP, a directory EISDIR, a socket ENXIO. */
static enum destination_state why_not_open(void)
{
	return errno == ELOOP || errno == EISDIR || errno == ENXIO ? DESTINATION_ODD
								   : DESTINATION_FAILED;
}

static enum destination_state open_directory(struct destination *destination)
{
	const char *path = destination->orders->path;
	struct stat st;

	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		return DESTINATION_FAILED;
	destination->dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (destination->dir_fd < 0)
		return DESTINATION_FAILED;
	destination->lock_fd = sv_lock(destination->dir_fd, SV_FILE_LOCK);
	if (destination->lock_fd < 0)
		return errno == EWOULDBLOCK ? DESTINATION_LOCKED : why_not_open();
	if (fstat(destination->lock_fd, &st) < 0)
		return DESTINATION_FAILED;
	return S_ISREG(st.st_mode) ? DESTINATION_READY : DESTINATION_ODD;
}

enum destination_state destination_open(struct destination *destination)
{
	enum destination_state state = open_directory(destination);
	int error = errno;

	if (state != DESTINATION_READY)
		destination_close(destination);
	errno = error;
	return state;
}

/* Reads exactly `size` bytes at `at`. */
static bool read_at(int fd, char *to, size_t size, uint64_t at)
{
	while (size > 0) {
		ssize_t got = pread(fd, to, size, (off_t)at);
		if (got <= 0) {
			errno = got == 0 ? EIO : errno;
			return false;
		}
		to += got;
		at += (uint64_t)got;
		size -= (size_t)got;
	}
	return true;
}

static bool write_at(int fd, const char *from, size_t size, uint64_t at)
{
	while (size > 0) {
		ssize_t written = pwrite(fd, from, size, (off_t)at);
		if (written < 0) {
			if (errno == EINTR)
				continue;
			return false;
		}
		from += written;
		at += (uint64_t)written;
		size -= (size_t)written;
	}
	return true;
}

static bool ends_in_line(int fd, uint64_t size, bool *mid_line)
{
	char last = '\n';

	if (size > 0 && !read_at(fd, &last, 1, size - 1))
		return false;
	*mid_line = last != '\n';
	return true;
}

/* Opens `name` and learns what it is.  ENOENT is an answer like any other. */
static enum destination_state open_known(int dir_fd, const char *name, int *fd, struct stat *st)
{
	*fd = open_file(dir_fd, name, 0, 0);
	if (*fd < 0)
		return why_not_open();
	if (fstat(*fd, st) == 0 && S_ISREG(st->st_mode))
		return DESTINATION_READY;
	close_fd(fd);
	return DESTINATION_ODD;
}

/* Current gives up the line beginning that `next` holds a complete copy of.  That beginning contains
 * no line end, so a current that ends with one has already been shortened. */
static bool shorten(int fd, uint64_t size, uint64_t moved)
{
	bool mid_line;

	if (!ends_in_line(fd, size, &mid_line))
		return false;
	return !mid_line || moved > size || ftruncate(fd, (off_t)(size - moved)) == 0;
}

/* Current gets its finished name.  `moved` is the size of `next`. */
static bool finish_current(struct destination *destination, int fd, const struct stat *st,
	uint64_t moved, struct timespec now)
{
	struct rotation_name name = rotation_next_name(now, &destination->newest);

	if (moved > 0 && !shorten(fd, (uint64_t)st->st_size, moved))
		return false;
	if (fdatasync(fd) < 0 || fchmod(fd, MODE_FINISHED) < 0)
		return false;
	if (renameat(destination->dir_fd, current_name, destination->dir_fd, name.text) < 0)
		return false;
	destination->newest = name;
	return true;
}

/* If `next` is there, a rotation had come that far: current is finished and next becomes current. */
static enum destination_state finish_rotation(struct destination *destination, struct timespec now)
{
	struct stat next, current;
	int fd;
	enum destination_state state = open_known(destination->dir_fd, next_name, &fd, &next);

	if (state != DESTINATION_READY)
		return state == DESTINATION_FAILED && errno == ENOENT ? DESTINATION_READY : state;
	close_fd(&fd);
	state = open_known(destination->dir_fd, current_name, &fd, &current);
	if (state == DESTINATION_READY) {
		bool finished =
			finish_current(destination, fd, &current, (uint64_t)next.st_size, now);
		close_fd(&fd);
		if (!finished)
			return DESTINATION_FAILED;
	} else if (state == DESTINATION_ODD || errno != ENOENT) {
		return state;
	}
	return renameat(destination->dir_fd, next_name, destination->dir_fd, current_name) == 0
		       ? DESTINATION_READY
		       : DESTINATION_FAILED;
}

/* A new file of ours, 0644 whatever the umask is. */
static int create(int dir_fd, const char *name)
{
	int fd = open_file(dir_fd, name, O_CREAT | O_EXCL, MODE_CURRENT);

	if (fd >= 0)
		(void)fchmod(fd, MODE_CURRENT);
	return fd;
}

/* Opens current, or makes it. */
static enum destination_state open_current(struct destination *destination)
{
	struct stat st;
	int fd;
	enum destination_state state = open_known(destination->dir_fd, current_name, &fd, &st);

	if (state == DESTINATION_FAILED && errno == ENOENT) {
		fd = create(destination->dir_fd, current_name);
		state = fd >= 0 && fstat(fd, &st) == 0 ? DESTINATION_READY : DESTINATION_FAILED;
	}
	if (state != DESTINATION_READY)
		return state;
	/* Another family's logger marks current as finished when it ends. */
	if ((st.st_mode & 0777) != MODE_CURRENT)
		(void)fchmod(fd, MODE_CURRENT);
	destination->current_fd = fd;
	destination->inode = st.st_ino;
	destination->file.size = (uint64_t)st.st_size;
	destination->file.one_line = false;
	destination->flushed = destination->file.size;
	if (ends_in_line(fd, destination->file.size, &destination->file.mid_line))
		return DESTINATION_READY;
	close_fd(&destination->current_fd);
	return DESTINATION_FAILED;
}

enum destination_state destination_settle(struct destination *destination, struct timespec now)
{
	enum destination_state state;
	struct rotation_list list;

	if (destination->current_fd >= 0)
		return DESTINATION_READY;
	if (!destination->newest.text[0]) {
		if (!archive_list(destination->dir_fd, &list))
			return DESTINATION_FAILED;
		destination->newest = list.newest;
	}
	state = finish_rotation(destination, now);
	return state == DESTINATION_READY ? open_current(destination) : state;
}

/* Writing pages out early makes the fdatasync of a rotation short. */
static void hint_flush(struct destination *destination)
{
	uint64_t size = destination->file.size;

	if (size - destination->flushed < FLUSH_EVERY)
		return;
	(void)sync_file_range(destination->current_fd, (off_t)destination->flushed,
		(off_t)(size - destination->flushed), SYNC_FILE_RANGE_WRITE);
	destination->flushed = size;
}

bool destination_write(struct destination *destination, const char *bytes, size_t size)
{
	if (size == 0)
		return true;
	if (!write_at(destination->current_fd, bytes, size, destination->file.size))
		return false;
	destination->file.size += size;
	destination->file.mid_line = bytes[size - 1] != '\n';
	hint_flush(destination);
	return true;
}

bool destination_truncate(struct destination *destination, uint64_t size)
{
	if (ftruncate(destination->current_fd, (off_t)size) < 0)
		return false;
	destination->file.size = size;
	return ends_in_line(destination->current_fd, size, &destination->file.mid_line);
}

bool destination_last_line(const struct destination *destination, uint64_t *start)
{
	char room[COPY_SIZE];

	*start = destination->file.size;
	while (*start > 0) {
		size_t size = *start < sizeof room ? (size_t)*start : sizeof room;
		if (!read_at(destination->current_fd, room, size, *start - size))
			return false;
		const char *end = memrchr(room, '\n', size);
		*start -= end ? size - (size_t)(end - room) - 1 : size;
		if (end)
			return true;
	}
	return true;
}

/* Copies what current has from `start` on. */
static bool copy_rest(const struct destination *destination, uint64_t start, int to)
{
	char room[COPY_SIZE];
	uint64_t left = destination->file.size - start;

	for (uint64_t at = 0; at < left;) {
		size_t size = left - at < sizeof room ? (size_t)(left - at) : sizeof room;
		if (!read_at(destination->current_fd, room, size, start + at) ||
			!write_at(to, room, size, at))
			return false;
		at += size;
	}
	return fdatasync(to) == 0;
}

/* `next` appears complete or not at all. */
static bool make_next(const struct destination *destination, uint64_t start)
{
	bool empty = start == destination->file.size;
	int fd;

	if (unlinkat(destination->dir_fd, part_name, 0) < 0 && errno != ENOENT)
		return false;
	fd = create(destination->dir_fd, empty ? next_name : part_name);
	if (fd < 0)
		return false;
	bool made = empty || (copy_rest(destination, start, fd) &&
				     renameat(destination->dir_fd, part_name, destination->dir_fd,
					     next_name) == 0);
	close_fd(&fd);
	return made;
}

enum destination_state destination_rotate(
	struct destination *destination, uint64_t end, struct timespec now)
{
	if (!make_next(destination, end))
		return DESTINATION_FAILED;
	close_fd(&destination->current_fd);
	enum destination_state state = destination_settle(destination, now);
	if (state == DESTINATION_READY)
		(void)archive_trim(
			destination->dir_fd, destination->orders->keep, &destination->newest);
	return state;
}

bool destination_sync(struct destination *destination)
{
	return fdatasync(destination->current_fd) == 0;
}

static bool is_unlinked(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_nlink == 0;
}

bool destination_lost_current(const struct destination *destination)
{
	return destination->current_fd >= 0 && is_unlinked(destination->current_fd);
}

bool destination_lost_directory(const struct destination *destination)
{
	return is_unlinked(destination->dir_fd) || is_unlinked(destination->lock_fd);
}
