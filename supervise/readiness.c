/* The pipe on which run announces its readiness; see readiness.h. */
#include "supervise/readiness.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "supervise/values.h"

/* The highest fd number that a child may have. */
static int64_t highest_fd(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur > 65536)
		return 65535;
	return (int64_t)limit.rlim_cur - 1;
}

bool readiness_prepare(struct service *service, struct readiness *readiness)
{
	int ends[2];

	readiness_end(service);
	readiness->child_fd = -1;
	readiness->child_number =
		(int)values_number(service, VALUE_NOTIFICATION_FD, 3, highest_fd(), -1);
	service->policy.announces = readiness->child_number >= 0;
	if (!service->policy.announces)
		return true;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return false;
	(void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
	service->ready_fd = ends[0];
	readiness->child_fd = ends[1];
	return true;
}

void readiness_started(const struct readiness *readiness)
{
	if (readiness->child_fd >= 0)
		close(readiness->child_fd);
}

bool readiness_take(struct service *service)
{
	char text[256];
	ssize_t size = read(service->ready_fd, text, sizeof text);

	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	bool ready = size > 0 && memchr(text, '\n', (size_t)size) != NULL;
	if (ready || size <= 0)
		readiness_end(service);
	return ready;
}

void readiness_end(struct service *service)
{
	if (service->ready_fd >= 0)
		close(service->ready_fd);
	service->ready_fd = -1;
}
