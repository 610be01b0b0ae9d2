/* Takes bytes from standard input; see intake.h. */
#include "logger/intake.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Pipe inodes start anew with each boot, so without this a torn line could be taken for the beginning
 * of a stranger's. */
static void read_boot_id(unsigned char id[16])
{
	char text[36];
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (read(fd, text, sizeof text) == sizeof text)
		memcpy(id, text, 16);
	close(fd);
}

bool intake_open(struct intake *intake, int fd)
{
	struct stat st;
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fstat(fd, &st) < 0)
		return false;
	if ((flags & O_ACCMODE) == O_WRONLY) {
		errno = EBADF;
		return false;
	}
	*intake = (struct intake){.fd = fd, .is_pipe = S_ISFIFO(st.st_mode)};
	intake->source.device = st.st_dev;
	intake->source.inode = st.st_ino;
	read_boot_id(intake->source.boot);
	return true;
}

ssize_t intake_take(struct intake *intake, struct journal *journal, size_t most)
{
	size_t size = most < JOURNAL_SPOOL ? most : JOURNAL_SPOOL;
	loff_t *end = journal_end_cell(journal);

	if (intake->is_pipe) {
		ssize_t moved = splice(intake->fd, NULL, journal->fd, end, size, SPLICE_F_NONBLOCK);
		if (moved >= 0 || errno != EINVAL)
			return moved;
		/* A file system without splice.  A kill can then lose what it interrupts. */
		intake->is_pipe = false;
	}
	ssize_t got = read(intake->fd, journal->spool, size);
	if (got > 0)
		*end = got;
	return got;
}

size_t intake_waiting(const struct intake *intake)
{
	int size = 0;

	if (!intake->is_pipe || ioctl(intake->fd, FIONREAD, &size) < 0 || size < 0)
		return 0;
	return (size_t)size;
}

size_t intake_line_rest(const struct intake *intake, char *room, size_t size)
{
	int look[2];
	ssize_t seen = 0;

	if (!intake->is_pipe || pipe2(look, O_CLOEXEC) < 0)
		return 0;
	if (tee(intake->fd, look[1], size, SPLICE_F_NONBLOCK) > 0)
		seen = read(look[0], room, size);
	close(look[0]);
	close(look[1]);
	if (seen <= 0)
		return 0;
	const char *end = memchr(room, '\n', (size_t)seen);
	return end ? (size_t)(end - room) + 1 : (size_t)seen;
}
