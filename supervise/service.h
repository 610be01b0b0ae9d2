/* One service under supervision: what we hold of it.
 *
 * Owns the fds of a service directory and its state directory, from arming to the end; every field
 * that ends in _fd belongs to exactly this struct and is close-on-exec.  May not decide anything about
 * the service (machine.h) nor start or signal anything (actions.h). */
#ifndef SERVICE_H
#define SERVICE_H

#include <stdbool.h>

#include "libsv/message.h"
#include "libsv/status.h"
#include "supervise/machine.h"
#include "supervise/values.h"

/* What the state directory holds now, so that nothing is written twice. */
struct published {
	unsigned char status[SV_STATUS_SIZE];
	char stat[64];
	struct sv_status
		last; /* source of the wall-clock fields, which the machine does not know */
	bool dirty;   /* a write failed: to be tried again at `retry` */
	sv_ms retry;
	struct sv_quiet quiet;
};

struct service {
	const char *name; /* argv[1] of run: the directory's name; lives as long as we do */
	const char *path; /* as a person would type it, for messages */
	bool is_log;
	int dir_fd; /* the service directory; working directory of its programs */
	int state_fd;
	int control_fd; /* FIFO, held open both ways so that it never reads as ended */
	int ok_fd;      /* FIFO whose mere reader says that we live */
	int lock_fd;
	int pid_fd;          /* of an adopted child, which is not ours to wait for; -1: none */
	sv_ms reap_deadline; /* its parent has until then to wait for it; SV_NEVER */
	int ready_fd;        /* what run writes its readiness to, our end; -1: none is awaited */
	struct machine machine;
	struct machine_policy policy;
	struct values_said values_said;
	struct published published;
	uint64_t boot; /* which boot of the machine this is */
	struct sv_quiet quiet_control, quiet_fork;
};

/* Opens everything for the service directory `dir_fd`, which the service then owns.  Takes the lock
 * first, so that a second supervise touches nothing.  Dies with one line when it cannot: we are not
 * armed yet. */
void service_arm(struct service *service, int dir_fd);

/* Shows that we live, by a reader of `ok`: to be called when there is a status to be read, and before
 * anything is started that may ask. */
void service_announce(struct service *service);

/* Is there a file `down`, which asks not to start by default? */
bool service_is_down_by_default(const struct service *service);

#endif
