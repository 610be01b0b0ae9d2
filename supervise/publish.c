/* Writes status, pid and stat; see publish.h. */
#include "supervise/publish.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "libsv/layout.h"

enum { RETRY_MS = 1000 };

/* Replaces `name` by a file with these bytes.  Returns false with errno, the old file in place. */
static bool replace(
	int dir_fd, const char *name, const char *new_name, const void *bytes, size_t size)
{
	/* A leftover of a supervise that was killed in between is ours to overwrite. */
	int fd = openat(
		dir_fd, new_name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return false;
	ssize_t written = write(fd, bytes, size);
	int error = written < 0 ? errno : ENOSPC;
	close(fd);
	if (written == (ssize_t)size && renameat(dir_fd, new_name, dir_fd, name) == 0)
		return true;
	if (written == (ssize_t)size)
		error = errno;
	unlinkat(dir_fd, new_name, 0);
	errno = error;
	return false;
}

/* The file `stat` in runit's words. */
static int make_stat(
	char *to, size_t room, const struct machine *machine, const struct sv_status *status)
{
	static const char *const words[] = {"down", "run", "finish"};
	bool is_down = status->phase == SV_PHASE_DOWN;
	const char *want = "";

	if (!is_down && machine->leaving)
		want = ", want exit";
	else if (!is_down && !status->want_up)
		want = ", want down";
	return snprintf(to, room, "%s%s%s%s\n", words[status->phase],
		status->paused ? ", paused" : "", status->term_sent ? ", got TERM" : "", want);
}

/* The label is new whenever the machine's moment of change is. */
static void stamp(struct service *service, const struct machine *machine)
{
	struct sv_status *last = &service->published.last;

	if (last->changed_ms == machine->changed && last->changed.tv_sec)
		return;
	last->changed = sv_wall();
}

void publish_first(struct service *service, sv_ms now_ms)
{
	unsigned char packed[SV_STATUS_SIZE];
	const struct sv_status status = {.changed = sv_wall(), .changed_ms = now_ms};

	sv_status_pack(packed, &status);
	/* The first true status follows at once; a disk that is full now is reported then. */
	(void)replace(
		service->state_fd, SV_FILE_STATUS, SV_FILE_STATUS ".new", packed, sizeof packed);
}

void publish_resume(struct service *service, const struct sv_status *saved)
{
	service->published.last = *saved;
	/* Its pid and stat may be older than its status: write all three once. */
	service->published.dirty = true;
}

void publish_exit(struct service *service)
{
	service->published.last.exit_time = sv_wall().tv_sec;
}

static bool write_files(struct service *service, const unsigned char *packed, const char *stat,
	size_t stat_size, uint32_t old_pid)
{
	struct published *published = &service->published;
	char pid[16];
	bool ok = true;

	if (published->dirty || memcmp(packed, published->status, SV_STATUS_SIZE) != 0)
		ok = replace(service->state_fd, SV_FILE_STATUS, SV_FILE_STATUS ".new", packed,
			SV_STATUS_SIZE);
	if (published->dirty || old_pid != published->last.pid || published->stat[0] == 0) {
		int size = published->last.pid ? snprintf(pid, sizeof pid, "%u\n",
							 (unsigned)published->last.pid)
					       : 0;
		ok = replace(service->state_fd, SV_FILE_PID, SV_FILE_PID ".new", pid,
			     (size_t)size) &&
		     ok;
	}
	if (published->dirty || strcmp(stat, published->stat) != 0)
		ok = replace(service->state_fd, SV_FILE_STAT, SV_FILE_STAT ".new", stat,
			     stat_size) &&
		     ok;
	memcpy(published->status, packed, SV_STATUS_SIZE);
	memcpy(published->stat, stat, stat_size + 1);
	return ok;
}

void publish(struct service *service, const struct machine *machine, sv_ms now_ms)
{
	struct published *published = &service->published;
	unsigned char packed[SV_STATUS_SIZE];
	char stat[sizeof published->stat];
	uint32_t old_pid = published->last.pid;

	stamp(service, machine);
	machine_describe(machine, &service->policy, &published->last);
	published->last.boot = service->boot;
	if (machine->pid == 0)
		published->last.start_ticks = 0;
	sv_status_pack(packed, &published->last);
	int stat_size = make_stat(stat, sizeof stat, machine, &published->last);
	bool ok = write_files(service, packed, stat, (size_t)stat_size, old_pid);
	published->dirty = !ok;
	published->retry = ok ? SV_NEVER : now_ms + RETRY_MS;
	if (!ok && sv_may_speak(&published->quiet, now_ms))
		sv_warn_errno(service->path, ": cannot write its status, will try again");
}

void publish_text(struct service *service, const char *text)
{
	snprintf(service->published.last.text, sizeof service->published.last.text, "%s", text);
}

sv_ms publish_deadline(const struct service *service)
{
	return service->published.dirty ? service->published.retry : SV_NEVER;
}
