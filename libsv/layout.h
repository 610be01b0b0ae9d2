/* Where the state of a service lies: one rule for every program.
 *
 * DIR/supervise if it exists and is ours, or can be made; else (read-only image, directory of another
 * user) STATE/NAME, where STATE is $SVSTATE or RUNDIR/sv; else /tmp/sv-UID/NAME.  The state of a log
 * is DIR/log/supervise, else NAME/log below the same places.  supervise makes it, clients look for it
 * in the same order.
 *
 * Owns the names below and the rule; decides nothing about what the files mean.  Never changes mode
 * or owner of anything it did not make. */
#ifndef SV_LAYOUT_H
#define SV_LAYOUT_H

#include <stdbool.h>
#include <sys/types.h>

#define SV_FILE_CONTROL "control" /* FIFO 0600: commands */
#define SV_FILE_OK      "ok"      /* FIFO 0600: has a reader while supervise lives */
#define SV_FILE_LOCK    "lock"    /* flock and fcntl locked while supervise lives */
#define SV_FILE_STATUS  "status"  /* libsv/status.h */
#define SV_FILE_PID     "pid"     /* runit's: "PID\n", empty when down */
#define SV_FILE_STAT    "stat"    /* runit's: "run, got TERM, want down\n" */
#define SV_FILE_LOGPIPE "logpipe" /* FIFO 0622: what the service writes and its log reads */

#define SV_SCAN_STATE ".svscan" /* the scanner's own directory in its scan directory */

enum { SV_PATH_SIZE = 4096 };

/* Which state is meant: that of the service NAME, or of the log of NAME, or of a scan directory (then
 * it lies in DIR/.svscan instead of DIR/supervise, and NAME is only used elsewhere). */
struct sv_place {
	const char *name; /* the service's name, without any slash */
	bool is_log, is_scanner;
};

/* The default scan directory: $SVDIR, else SYSCONFDIR/service. */
const char *sv_scan_dir(void);

/* The last component of a path, trailing slashes ignored; for "." and ".." and "/" that of the
 * directory really meant.  Writes at most `room` bytes with terminator; false when it does not fit. */
bool sv_base_name(char *to, size_t room, const char *path);

/* Opens the state directory of the service directory `service_fd` (for a log: DIR/log), making it if
 * need be.  Returns a close-on-exec fd, or -1 with errno.  `path` (SV_PATH_SIZE bytes) tells where it
 * lies when that is not "supervise" in the service directory, else is "". */
int sv_state_make(int service_fd, struct sv_place place, char *path);

/* Opens the state directory for a client: the first that a living supervise holds, else the first
 * that exists.  Returns a close-on-exec fd, or -1 with errno (ENOENT: none). */
int sv_state_find(int service_fd, struct sv_place place);

/* Is there a supervise?  1 yes, 0 no, -1 with errno (EACCES: may not look). */
int sv_state_alive(int state_fd);

/* The same for whoever starts children.  One of us that was killed between vfork and exec leaves a child
 * that shares its flock for the few microseconds until it is its program: that is waited for, a tenth of
 * a second at most.  A lock held for longer is held by somebody alive. */
int sv_lock_soon(int dir_fd, const char *name);

/* Who holds the lock that sv_lock takes in a state directory?  A process id, or 0: nobody, or nobody that
 * can be named. */
pid_t sv_lock_holder(int state_fd);

/* Makes a FIFO if it is not there; anything else under that name is removed first, since the state
 * directory is ours alone.  `mode` is set whatever the umask.  Returns false with errno. */
bool sv_fifo_make(int dir_fd, const char *name, mode_t mode);

/* Takes both lock kinds (daemontools and runit look at flock, s6 at fcntl) on `name`, made 0600 if
 * missing.  Returns the fd to keep (closing any fd of this file gives the fcntl lock away), or -1 with
 * errno; EWOULDBLOCK: somebody else has it. */
int sv_lock(int dir_fd, const char *name);

#endif
