/* supervise DIR: looks after one service directory, and its log/.
 *
 * Arms everything and may die until it has; from loop_run on it does not die.  The directory is opened
 * once; its programs run in it, we stay where we are. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libsv/layout.h"
#include "libsv/message.h"
#include "libsv/spawn.h"
#include "supervise/loop.h"

enum { NAME_SIZE = 256 };

static int open_directory(int dir_fd, const char *path)
{
	return openat(dir_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void arm_main(struct supervisor *supervisor, const char *path, char *name)
{
	int dir_fd = open_directory(AT_FDCWD, path);

	if (dir_fd < 0)
		sv_die_errno(SV_EXIT_USAGE, "cannot open the service directory ", path,
			" (expected a directory with an executable run)");
	if (!sv_base_name(name, NAME_SIZE, path))
		sv_die(SV_EXIT_USAGE, path, ": cannot tell the name of this service directory");
	supervisor->main.name = name;
	supervisor->main.path = path;
	service_arm(&supervisor->main, dir_fd);
}

/* A log/ that is there is looked after; what is wrong with its run is reported like any other. */
static void arm_log(struct supervisor *supervisor, char *log_path, size_t room)
{
	struct service *main = &supervisor->main, *log = &supervisor->log;
	int dir_fd = open_directory(main->dir_fd, "log");

	supervisor->pipe = (struct logpipe){.read_fd = -1, .write_fd = -1};
	if (dir_fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return;
	snprintf(log_path, room, "%s/log", main->path);
	if (dir_fd < 0)
		sv_die_errno(SV_EXIT_USAGE, "cannot open ", log_path);
	log->name = main->name;
	log->path = log_path;
	log->is_log = true;
	service_arm(log, dir_fd);
	if (!logpipe_open(&supervisor->pipe, main->state_fd))
		sv_die_errno(SV_EXIT_SYSTEM, main->path, ": cannot make the pipe to its log");
	supervisor->has_log = true;
}

int main(int argc, char **argv)
{
	static struct supervisor supervisor;
	static char name[NAME_SIZE], log_path[SV_PATH_SIZE];

	sv_program = "supervise";
	if (argc == 3 && strcmp(argv[1], "--") == 0)
		argv++, argc--;
	if (argc != 2 || argv[1][0] == '-' || argv[1][0] == 0)
		sv_die(SV_EXIT_USAGE, "usage: supervise DIR");
	sv_startup();
	loop_arm();
	arm_main(&supervisor, argv[1], name);
	arm_log(&supervisor, log_path, sizeof log_path);
	loop_run(&supervisor);
	return 0;
}
