/* svscan [DIR]: one supervise per entry of a scan directory.
 *
 * Arms everything and may die until it has; from loop_run on it ends only when told to, after its
 * services have. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libsv/layout.h"
#include "libsv/message.h"
#include "libsv/spawn.h"
#include "svscan/loop.h"

#define USAGE "usage: svscan [-s STATE] [DIR]"

/* supervise as DIRECTORY/supervise, absolute.  Null when it is not there. */
static char *program_in(const char *directory, size_t size)
{
	char path[SV_PATH_SIZE];

	if (snprintf(path, sizeof path, "%.*s/supervise", (int)size, directory) >=
			(int)sizeof path ||
		access(path, X_OK) < 0)
		return NULL;
	return realpath(path, NULL);
}

/* Where svscan itself was found, there is supervise: works without /proc and without a PATH. */
static char *find_supervise(const char *self)
{
	const char *slash = strrchr(self, '/');
	const char *path = getenv("PATH");
	char *found = NULL;

	if (slash)
		return program_in(self, (size_t)(slash - self));
	for (path = path ? path : "/usr/bin:/bin"; !found && *path;) {
		size_t size = strcspn(path, ":");
		found = program_in(path, size);
		path += size + (path[size] == ':');
	}
	return found;
}

static void open_state(struct scanner *scanner)
{
	char where[SV_PATH_SIZE], name[64];
	struct stat st;

	if (fstat(scanner->scan_fd, &st) < 0)
		sv_die_errno(SV_EXIT_SYSTEM, "cannot look at ", scanner->path);
	snprintf(name, sizeof name, ".svscan-%llx-%llx", (unsigned long long)st.st_dev,
		(unsigned long long)st.st_ino);
	const struct sv_place place = {.name = name, .is_scanner = true};
	scanner->state_fd = sv_state_make(scanner->scan_fd, place, where);
	if (scanner->state_fd < 0)
		sv_die_errno(SV_EXIT_SYSTEM, scanner->path,
			": no place for its state: neither " SV_SCAN_STATE " nor ", where,
			" can be made; use -s STATE");
	scanner->lock_fd = sv_lock_soon(scanner->state_fd, SV_FILE_LOCK);
	if (scanner->lock_fd < 0 && errno == EWOULDBLOCK)
		sv_die(SV_EXIT_USAGE, scanner->path, ": another svscan looks after this directory");
	if (scanner->lock_fd < 0)
		sv_die_errno(SV_EXIT_SYSTEM, scanner->path, ": cannot lock " SV_SCAN_STATE "/lock");
	if (sv_fifo_make(scanner->state_fd, SV_FILE_CONTROL, 0600))
		scanner->control_fd = openat(scanner->state_fd, SV_FILE_CONTROL,
			O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
	if (scanner->control_fd < 0)
		sv_die_errno(
			SV_EXIT_SYSTEM, scanner->path, ": cannot make " SV_SCAN_STATE "/control");
}

static void open_inotify(struct scanner *scanner)
{
	const uint32_t changes = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ONLYDIR;

	scanner->inotify_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (scanner->inotify_fd >= 0 && inotify_add_watch(scanner->inotify_fd, ".", changes) >= 0)
		return;
	sv_warn_errno(scanner->path, ": changes will not be noticed without SIGHUP: no inotify");
	if (scanner->inotify_fd >= 0)
		close(scanner->inotify_fd);
	scanner->inotify_fd = -1;
}

static void arm(struct scanner *scanner, const char *self, const char *path)
{
	*scanner = (struct scanner){
		.path = path, .control_fd = -1, .adopted_fd = -1, .inherits = true};
	scanner->supervise = find_supervise(self);
	if (!scanner->supervise)
		sv_die(SV_EXIT_SYSTEM, "cannot find supervise beside svscan or in PATH");
	scanner->scan_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (scanner->scan_fd < 0 || fchdir(scanner->scan_fd) < 0)
		sv_die_errno(SV_EXIT_USAGE, "cannot open the scan directory ", path,
			" (make it, or name another one)");
	open_state(scanner);
	open_inotify(scanner);
	scanner->null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	/* Orphans of our services come to us, wherever we stand in the tree; without it they'd go to PID 1. */
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

int main(int argc, char **argv)
{
	static struct scanner scanner;
	int option;

	sv_program = "svscan";
	while ((option = getopt(argc, argv, "+s:")) != -1) {
		if (option != 's' || setenv("SVSTATE", optarg, 1) < 0)
			sv_die(SV_EXIT_USAGE, USAGE);
	}
	if (argc - optind > 1)
		sv_die(SV_EXIT_USAGE, USAGE);
	sv_startup();
	loop_arm();
	arm(&scanner, argv[0], optind < argc ? argv[optind] : sv_scan_dir());
	loop_run(&scanner);
	return 0;
}
