/* Compares records with processes; see adopt.h. */
#include "supervise/adopt.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "libsv/layout.h"

/* The kernel's struct pidfd_info and its ioctl, which the headers of this decade's distributions lack
 * (linux/pidfd.h of Linux 6.15). */
struct pidfd_info_exit {
	uint64_t mask;
	uint64_t cgroup;
	uint32_t pid, tgid, ppid, ids[8];
	int32_t exit_code;
};
enum { PIDFD_EXIT_WANTED = 1 << 3, PIDFD_IOCTL_TYPE = 0xff, PIDFD_IOCTL_NUMBER = 11 };

/* Field 22 of a stat file of /proc. */
static uint64_t start_ticks(const char *path)
{
	char text[512];
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return 0;
	ssize_t size = read(fd, text, sizeof text - 1);
	close(fd);
	if (size <= 0)
		return 0;
	text[size] = 0;
	/* The name in parentheses may hold blanks and parentheses; the last one ends it. */
	const char *at = strrchr(text, ')');
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	return at ? strtoull(at + 1, NULL, 10) : 0;
}

uint64_t adopt_own_ticks(void)
{
	return start_ticks("/proc/self/stat");
}

bool adopt_read(const struct service *service, struct sv_status *saved)
{
	unsigned char bytes[SV_STATUS_SIZE + 1];
	int fd = openat(
		service->state_fd, SV_FILE_STATUS, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return false;
	ssize_t size = read(fd, bytes, sizeof bytes);
	close(fd);
	return size > 0 && sv_status_unpack(saved, bytes, (size_t)size) == SV_STATUS_OURS &&
	       service->boot != 0 && saved->boot == service->boot;
}

bool adopt_open(struct service *service, const struct sv_status *saved)
{
	char path[32];

	if (saved->pid == 0 || saved->start_ticks == 0)
		return false;
	service->pid_fd = (int)syscall(SYS_pidfd_open, (pid_t)saved->pid, 0);
	if (service->pid_fd < 0)
		return false;
	/* Looked at after it was opened: what we hold now cannot be replaced under us. */
	snprintf(path, sizeof path, "/proc/%u/stat", (unsigned)saved->pid);
	if (start_ticks(path) == saved->start_ticks)
		return true;
	adopt_close(service);
	return false;
}

enum adopt_end adopt_wait_status(const struct service *service, int *wait_status)
{
	struct pidfd_info_exit info = {.mask = PIDFD_EXIT_WANTED};
	const unsigned long request =
		_IOWR(PIDFD_IOCTL_TYPE, PIDFD_IOCTL_NUMBER, struct pidfd_info_exit);

	if (ioctl(service->pid_fd, request, &info) < 0)
		return ADOPT_UNKNOWN;
	if (!(info.mask & PIDFD_EXIT_WANTED))
		return ADOPT_LATER;
	*wait_status = info.exit_code;
	return ADOPT_KNOWN;
}

void adopt_signal(const struct service *service, int signal)
{
	(void)syscall(SYS_pidfd_send_signal, service->pid_fd, signal, NULL, 0);
}

void adopt_close(struct service *service)
{
	if (service->pid_fd >= 0)
		close(service->pid_fd);
	service->pid_fd = -1;
}
