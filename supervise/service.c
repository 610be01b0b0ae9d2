/* Arming: everything a service needs is opened once, here; see service.h. */
#include "supervise/service.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "libsv/layout.h"

static int make_state(const struct service *service)
{
	char where[SV_PATH_SIZE];
	const struct sv_place place = {.name = service->name, .is_log = service->is_log};
	int fd = sv_state_make(service->dir_fd, place, where);

	if (fd < 0 && !where[0])
		sv_die_errno(SV_EXIT_SYSTEM, service->path, ": cannot open or make its supervise/");
	if (fd < 0)
		sv_die_errno(SV_EXIT_SYSTEM, service->path,
			": no place for its state: neither its own supervise/ nor ", where,
			" can be made; set SVSTATE to a directory you can write to");
	if (where[0])
		sv_say(service->path, ": its directory cannot hold state, which is in ", where);
	return fd;
}

static int open_fifo(const struct service *service, const char *name, int flags)
{
	return openat(service->state_fd, name, flags | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
}

static void make_fifo(const struct service *service, const char *name)
{
	if (!sv_fifo_make(service->state_fd, name, 0600))
		sv_die_errno(SV_EXIT_SYSTEM, service->path, ": cannot make supervise/", name);
}

/* The first 16 hexadecimal digits of the kernel's boot id as a number; 0 when there is no /proc. */
static uint64_t read_boot(void)
{
	char text[36];
	uint64_t boot = 0;
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return 0;
	ssize_t size = read(fd, text, sizeof text);
	close(fd);
	for (ssize_t i = 0; i < size && i < 18; i++) {
		if (text[i] == '-')
			continue;
		unsigned digit = (unsigned)(text[i] <= '9' ? text[i] - '0' : text[i] - 'a' + 10);
		boot = boot << 4 | (digit & 15);
	}
	return boot;
}

void service_arm(struct service *service, int dir_fd)
{
	service->dir_fd = dir_fd;
	service->ok_fd = service->ready_fd = service->pid_fd = -1;
	service->reap_deadline = SV_NEVER;
	service->state_fd = make_state(service);
	service->lock_fd = sv_lock_soon(service->state_fd, SV_FILE_LOCK);
	if (service->lock_fd < 0 && errno == EWOULDBLOCK)
		sv_die(SV_EXIT_USAGE, service->path, ": already supervised by another process");
	if (service->lock_fd < 0)
		sv_die_errno(
			SV_EXIT_SYSTEM, service->path, ": cannot lock supervise/" SV_FILE_LOCK);
	make_fifo(service, SV_FILE_OK);
	make_fifo(service, SV_FILE_CONTROL);
	service->control_fd = open_fifo(service, SV_FILE_CONTROL, O_RDWR);
	if (service->control_fd < 0)
		sv_die_errno(
			SV_EXIT_SYSTEM, service->path, ": cannot open supervise/" SV_FILE_CONTROL);
	service->machine = machine_new();
	service->policy = machine_default_policy;
	service->boot = read_boot();
}

void service_announce(struct service *service)
{
	service->ok_fd = open_fifo(service, SV_FILE_OK, O_RDONLY);
	/* The log may be up already, so this is too late to die. */
	if (service->ok_fd < 0)
		sv_warn_errno(service->path, ": cannot open supervise/" SV_FILE_OK
					     ", so clients will take it for unsupervised");
}

bool service_is_down_by_default(const struct service *service)
{
	return faccessat(service->dir_fd, "down", F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}
