/* Finds and watches supervises that are not our children; see adopt.h. */
#include "svscan/adopt.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "libsv/layout.h"

/* Whoever holds the lock of the slot's state directory; 0: nobody. */
static pid_t find_holder(const struct scanner *scanner, const struct slot *slot)
{
	const struct sv_place place = {.name = slot->name};
	int dir_fd = openat(scanner->scan_fd, slot->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir_fd < 0)
		return 0;
	int state_fd = sv_state_find(dir_fd, place);
	close(dir_fd);
	if (state_fd < 0)
		return 0;
	pid_t holder = sv_lock_holder(state_fd);
	close(state_fd);
	return holder;
}

static bool watch(struct scanner *scanner, const struct slot *slot)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u64 = (uint64_t)slot->pid};

	if (scanner->adopted_fd < 0)
		scanner->adopted_fd = epoll_create1(EPOLL_CLOEXEC);
	return scanner->adopted_fd >= 0 &&
	       epoll_ctl(scanner->adopted_fd, EPOLL_CTL_ADD, slot->pid_fd, &event) == 0;
}

bool adopt_supervise(struct scanner *scanner, struct slot *slot)
{
	pid_t holder = find_holder(scanner, slot);

	if (holder <= 0)
		return false;
	slot->pid_fd = (int)syscall(SYS_pidfd_open, holder, 0);
	if (slot->pid_fd < 0)
		return false;
	slot->pid = holder;
	/* It held the lock before we held the pidfd: a number that was used anew in between holds none. */
	if (find_holder(scanner, slot) == holder && watch(scanner, slot))
		return true;
	close(slot->pid_fd);
	slot->pid_fd = -1;
	slot->pid = 0;
	return false;
}

pid_t adopt_next_end(struct scanner *scanner)
{
	struct epoll_event event;

	if (scanner->adopted_fd < 0 || epoll_wait(scanner->adopted_fd, &event, 1, 0) != 1)
		return 0;
	return (pid_t)event.data.u64;
}

void adopt_signal(const struct slot *slot, int signal)
{
	if (slot->pid_fd >= 0)
		(void)syscall(SYS_pidfd_send_signal, slot->pid_fd, signal, NULL, 0);
	else
		(void)kill(slot->pid, signal);
}
