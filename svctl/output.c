/* Writes to standard output; see output.h. */
#include "svctl/output.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "libsv/message.h"

/* Standard output may be a non-blocking pipe that somebody else made so. */
static void wait_for_room(void)
{
	struct pollfd fd = {.fd = 1, .events = POLLOUT};

	poll(&fd, 1, -1);
}

void output_write(const char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t written = write(1, bytes, size);
		if (written >= 0) {
			bytes += written;
			size -= (size_t)written;
		} else if (errno == EAGAIN) {
			wait_for_room();
		} else if (errno == EPIPE) {
			exit(SV_EXIT_SYSTEM);
		} else if (errno != EINTR) {
			sv_die_errno(SV_EXIT_SYSTEM, "cannot write the output");
		}
	}
}
