/* Looks at, opens and commands one service; see service.h. */
#include "svctl/service.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libsv/layout.h"

/* O_NONBLOCK, since a FIFO may stand where a file should; O_NOFOLLOW, since a link may lead
 * anywhere. */
enum {
	DIRECTORY = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
	READING = O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC,
	WRITING = O_WRONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC,
};

void service_clear(struct service *service)
{
	service_close(service);
	free(service->label);
	free(service->name);
	free(service->dir);
}

void service_close(struct service *service)
{
	if (service->ok_fd >= 0)
		close(service->ok_fd);
	if (service->state_fd >= 0)
		close(service->state_fd);
	service->ok_fd = service->state_fd = -1;
}

static void set_trouble(struct snapshot *snapshot, const char *trouble, int error)
{
	snapshot->trouble = trouble;
	snapshot->error = error;
}

/* What is wrong with bytes that do not decode; the file is asked only now, when it is too late to
 * be quick. */
static const char *name_damage(int fd, ssize_t size)
{
	struct stat st;

	if (fstat(fd, &st) == 0 && !S_ISREG(st.st_mode))
		return "status is not a regular file";
	if (size > SV_STATUS_SIZE)
		return "status is too long";
	if (size != SV_STATUS_SIZE && size != SV_STATUS_RUNIT_SIZE)
		return "status is truncated";
	return "status is garbled";
}

/* Reads the file at `path`.  A supervise that has not yet written its first status has none. */
static void read_status(struct snapshot *snapshot, int dir_fd, const char *path)
{
	unsigned char bytes[SV_STATUS_SIZE + 1];
	int fd = openat(dir_fd, path, READING);

	snapshot->kind = SV_STATUS_BAD;
	if (fd < 0) {
		if (errno == ELOOP)
			set_trouble(snapshot, "status is not a regular file", 0);
		else
			set_trouble(snapshot, "status cannot be read", errno);
		return;
	}
	ssize_t size = read(fd, bytes, sizeof bytes);
	int error = errno;
	if (size >= 0)
		snapshot->kind = sv_status_unpack(&snapshot->status, bytes, (size_t)size);
	if (size < 0 && error != EAGAIN && error != EISDIR)
		set_trouble(snapshot, "status cannot be read", error);
	else if (snapshot->kind == SV_STATUS_BAD)
		set_trouble(snapshot, name_damage(fd, size), 0);
	close(fd);
}

static int open_state(const struct service *service)
{
	int dir_fd = openat(service->base_fd, service->dir, DIRECTORY);

	if (dir_fd < 0)
		return -1;
	int fd = sv_state_find(
		dir_fd, (struct sv_place){.name = service->name, .is_log = service->is_log});
	int error = errno;
	close(dir_fd);
	errno = error;
	return fd;
}

/* The state does not lie in the service directory, or nobody holds it there. */
static void look_elsewhere(const struct service *service, struct snapshot *snapshot)
{
	int state_fd = open_state(service);

	if (state_fd < 0) {
		if (errno != ENOENT)
			set_trouble(snapshot, "its state cannot be found", errno);
		else if (faccessat(service->base_fd, service->dir, F_OK, 0) < 0)
			set_trouble(snapshot, "it cannot be found", ENOENT);
		return;
	}
	int alive = sv_state_alive(state_fd);
	if (alive < 0)
		set_trouble(snapshot, "its supervise cannot be asked", errno);
	snapshot->is_supervised = alive > 0;
	if (alive >= 0)
		read_status(snapshot, state_fd, SV_FILE_STATUS);
	/* Nobody vouches for what a dead supervise left, so nobody need mend it either. */
	if (alive == 0)
		set_trouble(snapshot, 0, 0);
	close(state_fd);
}

void service_look(const struct service *service, struct snapshot *snapshot)
{
	char path[SV_PATH_SIZE];
	size_t size = strlen(service->dir);

	*snapshot = (struct snapshot){.kind = SV_STATUS_BAD};
	if (size > sizeof path - sizeof "/supervise/" SV_FILE_STATUS) {
		set_trouble(snapshot, "its path is too long", ENAMETOOLONG);
		return;
	}
	/* The usual case by path alone: a thousand services are three thousand calls, not nine. */
	memcpy(path, service->dir, size);
	memcpy(path + size, "/supervise/" SV_FILE_OK, sizeof "/supervise/" SV_FILE_OK);
	int ok_fd = openat(service->base_fd, path, WRITING);
	if (ok_fd < 0) {
		look_elsewhere(service, snapshot);
		return;
	}
	close(ok_fd);
	snapshot->is_supervised = true;
	memcpy(path + size, "/supervise/" SV_FILE_STATUS, sizeof "/supervise/" SV_FILE_STATUS);
	read_status(snapshot, service->base_fd, path);
}

/* ENXIO: a FIFO nobody reads.  ENOENT: there has never been a supervise here. */
static enum service_outcome outcome_of(int error)
{
	switch (error) {
	case 0: return SERVICE_FINE;
	case ENXIO:
	case ENOENT:
	case EPIPE: return SERVICE_UNSUPERVISED;
	case EACCES:
	case EPERM: return SERVICE_REFUSED;
	case EAGAIN: return SERVICE_BUSY;
	default: return SERVICE_BROKEN;
	}
}

enum service_outcome service_open(struct service *service)
{
	service->ok_fd = -1;
	service->state_fd = open_state(service);
	if (service->state_fd < 0)
		return outcome_of(errno);
	service->ok_fd = openat(service->state_fd, SV_FILE_OK, WRITING);
	if (service->ok_fd >= 0)
		return SERVICE_FINE;
	int error = errno;
	service_close(service);
	errno = error;
	return outcome_of(error);
}

bool service_is_scanned(const struct service *service)
{
	static const char control[] = SV_SCAN_STATE "/" SV_FILE_CONTROL;
	const char *slash = strrchr(service->dir, '/');
	size_t size = slash ? (size_t)(slash - service->dir) + 1 : 0;
	char path[SV_PATH_SIZE];

	if (service->is_log || size > sizeof path - sizeof control)
		return false;
	memcpy(path, service->dir, size);
	memcpy(path + size, control, sizeof control);
	int fd = openat(service->base_fd, path, WRITING);
	if (fd < 0)
		return false;
	close(fd);
	return true;
}

void service_read(const struct service *service, struct snapshot *snapshot)
{
	*snapshot = (struct snapshot){.kind = SV_STATUS_BAD, .is_supervised = true};
	read_status(snapshot, service->state_fd, SV_FILE_STATUS);
}

enum service_outcome service_send(const struct service *service, const char *bytes, size_t size)
{
	struct stat st;
	int fd = openat(service->state_fd, SV_FILE_CONTROL, WRITING);

	if (fd < 0)
		return outcome_of(errno);
	int error = 0;
	/* Bytes that end up in a regular file are obeyed by nobody. */
	if (fstat(fd, &st) < 0 || !S_ISFIFO(st.st_mode))
		error = EINVAL;
	else if (write(fd, bytes, size) < 0)
		error = errno;
	close(fd);
	errno = error;
	return outcome_of(error);
}
