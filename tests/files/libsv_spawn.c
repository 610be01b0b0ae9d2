/* What a child is born with, what is left when it could not be born, and what sv_startup repairs. */
#include "libsv/spawn.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/check_main.h"
#include "tests/support/world.h"

static char cat_name[] = "cat";
static char *cat_argv[] = {cat_name, NULL};

static int end_of(pid_t pid)
{
	int status = 0;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : WORLD_SIGNALLED + WTERMSIG(status);
}

/* --- a child to look at ------------------------------------------------------------------------- */

/* A cat between two pipes: once it has passed a byte on, it is past its beginning. */
struct cat {
	pid_t pid;
	int to_fd, from_fd;
	int in_fd, out_fd; /* its ends */
};

static struct cat start_cat(struct sv_spawn spawn)
{
	struct cat cat;
	enum sv_spawn_failure failure;
	int in[2], out[2];
	char byte = 'x';

	ck_assert_int_eq(pipe2(in, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
	cat = (struct cat){.to_fd = in[1], .from_fd = out[0], .in_fd = in[0], .out_fd = out[1]};
	spawn.path = "/bin/cat";
	spawn.argv = cat_argv;
	spawn.fd[0] = cat.in_fd;
	spawn.fd[1] = cat.out_fd;
	spawn.fd[2] = -1;
	cat.pid = sv_spawn(&spawn, &failure);
	ck_assert_int_gt(cat.pid, 0);
	ck_assert_int_eq(write(cat.to_fd, &byte, 1), 1);
	ck_assert_int_eq(read(cat.from_fd, &byte, 1), 1);
	return cat;
}

static void end_cat(const struct cat *cat)
{
	close(cat->to_fd);
	ck_assert_int_eq(end_of(cat->pid), 0);
	close(cat->from_fd);
	close(cat->in_fd);
	close(cat->out_fd);
}

static struct stat look_at_proc(pid_t pid, const char *file)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
	ck_assert_msg(stat(path, &st) == 0, "%s: %s", path, strerror(errno));
	return st;
}

static void check_fd(pid_t pid, const char *file, int fd)
{
	struct stat seen = look_at_proc(pid, file), expected;

	ck_assert_int_eq(fstat(fd, &expected), 0);
	ck_assert_uint_eq(seen.st_dev, expected.st_dev);
	ck_assert_uint_eq(seen.st_ino, expected.st_ino);
}

static int count_fds(pid_t pid)
{
	char path[64];
	int count = 0;

	snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
	DIR *dir = opendir(path);
	ck_assert_ptr_nonnull(dir);
	for (const struct dirent *entry; (entry = readdir(dir)) != NULL;)
		count += entry->d_name[0] != '.';
	closedir(dir);
	return count;
}

/* A set of signals as /proc/PID/status shows it. */
static unsigned long long signals_of(pid_t pid, const char *field)
{
	char path[64], line[256];
	unsigned long long set = ~0ULL;

	snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
	FILE *status = fopen(path, "re");
	ck_assert_ptr_nonnull(status);
	while (fgets(line, sizeof line, status))
		if (strncmp(line, field, strlen(field)) == 0)
			set = strtoull(line + strlen(field) + 1, NULL, 16);
	fclose(status);
	return set;
}

static volatile sig_atomic_t handled;

static void handle(int number)
{
	handled = number;
}

/* As bad as a parent can leave us: signals ignored and blocked, fds that are not close-on-exec. */
static void suffer(void)
{
	sigset_t some;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	sigemptyset(&some);
	sigaddset(&some, SIGTERM);
	sigaddset(&some, SIGUSR2);
	sigprocmask(SIG_BLOCK, &some, NULL);
	ck_assert_int_eq(dup2(0, 77), 77);
}

static void arm(sigset_t *wait_mask)
{
	static const int signals[] = {SIGTERM, SIGCHLD, SIGUSR1, 0};

	suffer();
	sv_startup();
	sv_catch(signals, handle, wait_mask);
}

START_TEST(a_child_is_born_clean)
{
	sigset_t wait_mask, before, after;

	arm(&wait_mask);
	sigprocmask(SIG_SETMASK, NULL, &before);
	struct cat cat = start_cat((struct sv_spawn){.dir_fd = -1});
	sigprocmask(SIG_SETMASK, NULL, &after);
	ck_assert_mem_eq(&before, &after, 8);
	ck_assert_uint_eq(signals_of(cat.pid, "SigBlk"), 0);
	ck_assert_uint_eq(signals_of(cat.pid, "SigIgn"), 0);
	ck_assert_uint_eq(signals_of(cat.pid, "SigCgt"), 0);
	ck_assert_int_eq(count_fds(cat.pid), 3);
	check_fd(cat.pid, "fd/0", cat.in_fd);
	check_fd(cat.pid, "fd/1", cat.out_fd);
	check_fd(cat.pid, "fd/2", 2);
	ck_assert_int_eq(getsid(cat.pid), getsid(0));
	int here = open(".", O_RDONLY | O_CLOEXEC);
	check_fd(cat.pid, "cwd", here);
	end_cat(&cat);
}
END_TEST

START_TEST(a_child_has_its_own_place)
{
	sigset_t wait_mask;

	world_dir("dir");
	arm(&wait_mask);
	int dir_fd = open("dir", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct cat cat = start_cat((struct sv_spawn){.dir_fd = dir_fd, .new_session = true});
	check_fd(cat.pid, "cwd", dir_fd);
	ck_assert_int_eq(getsid(cat.pid), cat.pid);
	ck_assert_int_eq(getpgid(cat.pid), cat.pid);
	ck_assert_int_eq(count_fds(cat.pid), 3);
	end_cat(&cat);
}
END_TEST

START_TEST(an_extra_descriptor_is_handed_on)
{
	sigset_t wait_mask;

	world_write("file", "");
	arm(&wait_mask);
	int fd = open("file", O_RDONLY | O_CLOEXEC);
	struct cat cat = start_cat((struct sv_spawn){.dir_fd = -1, .extra_fd = fd, .extra_to = 33});
	ck_assert_int_eq(count_fds(cat.pid), 4);
	check_fd(cat.pid, "fd/33", fd);
	end_cat(&cat);
	/* Where it stands already. */
	cat = start_cat((struct sv_spawn){.dir_fd = -1, .extra_fd = fd, .extra_to = fd});
	ck_assert_int_eq(count_fds(cat.pid), 4);
	end_cat(&cat);
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
}
END_TEST

START_TEST(the_path_is_relative_to_the_directory)
{
	char name[] = "./run";
	char *argv[] = {name, NULL};
	enum sv_spawn_failure failure;

	world_script("dir/run", "exit 7");
	int dir_fd = open("dir", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const struct sv_spawn spawn = {
		.path = "./run", .argv = argv, .dir_fd = dir_fd, .fd = {-1, -1, -1}};
	ck_assert_int_eq(end_of(sv_spawn(&spawn, &failure)), 7);
}
END_TEST

/* --- before exec -------------------------------------------------------------------------------- */

static void record(void *data)
{
	*(pid_t *)data = getpid();
}

static void kill_myself(void *data)
{
	record(data);
	kill(getpid(), SIGTERM);
}

START_TEST(a_child_can_put_itself_on_record)
{
	pid_t recorded = 0;
	struct cat cat = start_cat(
		(struct sv_spawn){.dir_fd = -1, .before_exec = record, .data = &recorded});

	ck_assert_int_eq(recorded, cat.pid);
	end_cat(&cat);
}
END_TEST

/* A signal that comes between fork and exec takes the child as it would take the program; our handler
 * must not run in it, on our memory. */
START_TEST(a_signal_before_exec)
{
	const struct sv_spawn spawn = {.path = "/bin/cat",
		.argv = cat_argv,
		.dir_fd = -1,
		.fd = {-1, -1, -1},
		.before_exec = kill_myself,
		.data = &(pid_t){0}};
	enum sv_spawn_failure failure;
	sigset_t wait_mask;

	arm(&wait_mask);
	pid_t pid = sv_spawn(&spawn, &failure);
	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(end_of(pid), WORLD_SIGNALLED + SIGTERM);
	ck_assert_int_eq(handled, 0);
}
END_TEST

/* --- failures ----------------------------------------------------------------------------------- */

static const struct {
	const char *path;
	int error;
} hopeless[] = {
	{"./missing", ENOENT}, {"./no-interpreter", ENOENT}, {"./plain", EACCES},
	{"./directory", EACCES}, {"./garbage", ENOEXEC}, {"./plain/below", ENOTDIR},
	{"./loop", ELOOP}, {"cat", ENOENT}, /* PATH is not searched */
};

static void make_hopeless(void)
{
	world_write("plain", "text\n");
	world_write("garbage", "not a program\n");
	ck_assert_int_eq(chmod("garbage", 0755), 0);
	world_write("no-interpreter", "#!/nonexistent/sh\n");
	world_dir("directory");
	ck_assert_int_eq(symlink("loop", "loop"), 0);
}

static void check_failure(const struct sv_spawn *spawn, enum sv_spawn_failure kind, int error)
{
	enum sv_spawn_failure failure = (enum sv_spawn_failure)99;
	sigset_t before, after;

	sigprocmask(SIG_SETMASK, NULL, &before);
	errno = 0;
	ck_assert_int_eq(sv_spawn(spawn, &failure), -1);
	ck_assert_int_eq(errno, error);
	ck_assert_int_eq(failure, kind);
	sigprocmask(SIG_SETMASK, NULL, &after);
	ck_assert_mem_eq(&before, &after, 8);
	ck_assert_int_eq(waitpid(-1, NULL, 0), -1); /* no zombie */
	ck_assert_int_eq(errno, ECHILD);
}

START_TEST(a_program_that_cannot_be_run)
{
	pid_t recorded = 0;
	struct sv_spawn spawn = {
		.argv = cat_argv, .fd = {-1, -1, -1}, .before_exec = record, .data = &recorded};

	make_hopeless();
	spawn.dir_fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < sizeof hopeless / sizeof *hopeless; i++) {
		recorded = 0;
		spawn.path = hopeless[i].path;
		check_failure(&spawn, SV_SPAWN_EXEC, hopeless[i].error);
		ck_assert_int_gt(recorded, 0);
	}
}
END_TEST

START_TEST(descriptors_that_are_none)
{
	struct sv_spawn spawn = {
		.path = "/bin/cat", .argv = cat_argv, .dir_fd = 999, .fd = {-1, -1, -1}};

	check_failure(&spawn, SV_SPAWN_EXEC, EBADF);
	spawn.dir_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	check_failure(&spawn, SV_SPAWN_EXEC, ENOTDIR);
	spawn.dir_fd = -1;
	spawn.fd[1] = 999;
	check_failure(&spawn, SV_SPAWN_EXEC, EBADF);
}
END_TEST

START_TEST(no_process_to_be_had)
{
	const struct sv_spawn spawn = {
		.path = "/bin/cat", .argv = cat_argv, .dir_fd = -1, .fd = {-1, -1, -1}};
	struct rlimit limit, none;

	if (geteuid() == 0)
		world_become_nobody();
	ck_assert_int_eq(getrlimit(RLIMIT_NPROC, &limit), 0);
	none = (struct rlimit){.rlim_cur = 0, .rlim_max = limit.rlim_max};
	ck_assert_int_eq(setrlimit(RLIMIT_NPROC, &none), 0);
	check_failure(&spawn, SV_SPAWN_FORK, EAGAIN);
	/* Sanitizers need a process of their own at the end. */
	ck_assert_int_eq(setrlimit(RLIMIT_NPROC, &limit), 0);
}
END_TEST

static Suite *spawn_suite(void)
{
	Suite *suite = suite_create("libsv spawn");
	TCase *cases = tcase_create("spawn");

	world_fixture(cases);
	tcase_add_test(cases, a_child_is_born_clean);
	tcase_add_test(cases, a_child_has_its_own_place);
	tcase_add_test(cases, an_extra_descriptor_is_handed_on);
	tcase_add_test(cases, the_path_is_relative_to_the_directory);
	tcase_add_test(cases, a_child_can_put_itself_on_record);
	tcase_add_test(cases, a_signal_before_exec);
	tcase_add_test(cases, a_program_that_cannot_be_run);
	tcase_add_test(cases, descriptors_that_are_none);
	tcase_add_test(cases, no_process_to_be_had);
	suite_add_tcase(suite, cases);
	return suite;
}

SV_CHECK_MAIN(spawn_suite)
