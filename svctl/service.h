/* One target: its state directory, its status, its control FIFO.
 *
 * Owns the fds of a service and every system call on its state directory.  Never blocks: whatever
 * lies there, a FIFO in place of the status, a huge file, a directory of another user, is a
 * snapshot with a trouble or an errno.  Writes nothing but commands. */
#ifndef SVCTL_SERVICE_H
#define SVCTL_SERVICE_H

#include <stdbool.h>
#include <stddef.h>

#include "svctl/snapshot.h"

struct service {
	char *label;      /* as shown: NAME, NAME/log or the path as typed; ours, from malloc */
	char *name;       /* the service's name, without "/log"; ours */
	const char *base; /* what `dir` is relative to, for people; null: nothing */
	int base_fd;      /* the same as an fd of targets.c, or AT_FDCWD */
	char *dir;        /* the service directory (for a log: that of the log); ours */
	bool is_log;
	bool is_named;       /* named by itself, not found through a pattern */
	int state_fd, ok_fd; /* -1 unless open */
};

/* Frees the strings and closes what is open. */
void service_clear(struct service *service);

/* One look, with as few system calls as it takes; keeps nothing open. */
void service_look(const struct service *service, struct snapshot *snapshot);

/* What became of an attempt to reach a supervise. */
enum service_outcome {
	SERVICE_FINE,
	SERVICE_UNSUPERVISED, /* nobody holds the directory, or left it */
	SERVICE_REFUSED,      /* errno: we may not */
	SERVICE_BUSY,         /* its control FIFO is full: it takes no commands */
	SERVICE_BROKEN,       /* errno: anything else */
};

/* Opens the state directory and, in `ok_fd`, the FIFO whose reader is supervise: poll reports an
 * error on it the moment supervise goes.  On failure nothing stays open. */
enum service_outcome service_open(struct service *service);

/* Does a living svscan look after the directory this service lies in?  Then a supervise that is not
 * there is on its way: the service was linked, or its supervise killed, a moment ago. */
bool service_is_scanned(const struct service *service);

/* Reads the status of a service that is open. */
void service_read(const struct service *service, struct snapshot *snapshot);

/* Sends `size` bytes in one write to a service that is open. */
enum service_outcome service_send(const struct service *service, const char *bytes, size_t size);

void service_close(struct service *service);

#endif
