/* The clocks by system call; see clock.h for why. */
#include "libsv/clock.h"

#include <sys/syscall.h>
#include <unistd.h>

#ifndef CLOCK_BOOTTIME
#define CLOCK_BOOTTIME 7
#endif

static struct timespec read_clock(clockid_t clock)
{
	struct timespec stamp = {0};

	syscall(SYS_clock_gettime, clock, &stamp);
	return stamp;
}

sv_ms sv_now_ms(void)
{
	struct timespec stamp = read_clock(CLOCK_BOOTTIME);

	return (sv_ms)stamp.tv_sec * 1000 + stamp.tv_nsec / 1000000 + 1;
}

struct timespec sv_wall(void)
{
	return read_clock(CLOCK_REALTIME);
}

struct timespec *sv_timeout(sv_ms deadline, sv_ms now, struct timespec *room)
{
	if (deadline == SV_NEVER)
		return NULL;
	sv_ms left = deadline > now ? deadline - now : 0;
	room->tv_sec = left / 1000;
	room->tv_nsec = left % 1000 * 1000000;
	return room;
}
