/* Holds the FIFO between a service and its log; see logpipe.h. */
#include "supervise/logpipe.h"

#include <fcntl.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "libsv/layout.h"

/* 0622 in a directory of mode 0700: nobody can find it by name, but a service that gave up its
 * privileges can still reopen /dev/stdout. */
enum { LOGPIPE_MODE = 0622 };

static int open_end(int state_fd, int flags)
{
	return openat(state_fd, SV_FILE_LOGPIPE, flags | O_CLOEXEC | O_NOFOLLOW);
}

bool logpipe_open(struct logpipe *pipe, int state_fd)
{
	pipe->state_fd = state_fd;
	pipe->read_fd = pipe->write_fd = -1;
	if (!sv_fifo_make(state_fd, SV_FILE_LOGPIPE, LOGPIPE_MODE))
		return false;
	/* Without a writer a blocking open of the reading end would wait for one. */
	pipe->read_fd = open_end(state_fd, O_RDONLY | O_NONBLOCK);
	if (pipe->read_fd < 0)
		return false;
	pipe->write_fd = open_end(state_fd, O_WRONLY);
	return pipe->write_fd >= 0 && fcntl(pipe->read_fd, F_SETFL, 0) == 0;
}

int logpipe_writer(const struct logpipe *pipe)
{
	if (pipe->write_fd < 0)
		return -1;
	int fd = open_end(pipe->state_fd, O_WRONLY);
	return fd >= 0 ? fd : pipe->write_fd;
}

int logpipe_reader(const struct logpipe *pipe)
{
	if (pipe->read_fd < 0)
		return -1;
	/* Opened without waiting for a writer, of which there may be none left; then made to block. */
	int fd = open_end(pipe->state_fd, O_RDONLY | O_NONBLOCK);
	if (fd >= 0)
		(void)fcntl(fd, F_SETFL, 0);
	return fd >= 0 ? fd : pipe->read_fd;
}

void logpipe_release(const struct logpipe *pipe, int fd)
{
	if (fd >= 0 && fd != pipe->read_fd && fd != pipe->write_fd)
		close(fd);
}

void logpipe_end_input(struct logpipe *pipe)
{
	if (pipe->write_fd >= 0)
		close(pipe->write_fd);
	pipe->write_fd = -1;
}

uint32_t logpipe_backlog(const struct logpipe *pipe)
{
	int bytes = 0;

	if (pipe->read_fd < 0 || ioctl(pipe->read_fd, FIONREAD, &bytes) < 0 || bytes < 0)
		return 0;
	return (uint32_t)bytes;
}
