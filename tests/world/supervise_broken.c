/* Service directories with something wrong: said in one clear line a try, and never at the expense of
 * the machine; and directories that cannot hold state. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libsv/layout.h"
#include "libsv/message.h"
#include "tests/support/check_main.h"
#include "tests/support/world.h"

/* What is wrong with run, in the order of the directories that make_broken makes. */
static const struct {
	const char *dir, *reason;
} broken[] = {
	{"missing", "run does not exist"},
	{"plain", "run is not executable"},
	{"directory", "run is a directory"},
	{"interpreter", "interpreter"},
	{"text", "run is neither a binary nor does it begin with #!"},
	{"dangling", "run "},
	{"loop", "run "},
};
enum { BROKEN = sizeof broken / sizeof *broken };

static void make_broken(void)
{
	world_dir("missing");
	world_write("plain/run", "exec true\n");
	world_dir("directory/run");
	world_write("interpreter/run", "#!/no/such/interpreter\n");
	world_write("text/run", "exec true\n");
	ck_assert_int_eq(chmod("text/run", 0755), 0);
	world_dir("dangling");
	ck_assert_int_eq(symlink("nowhere", "dangling/run"), 0);
	world_dir("loop");
	ck_assert_int_eq(symlink("run", "loop/run"), 0);
}

/* How often was this said of this directory? */
static size_t times_said(size_t which)
{
	char line[256];

	snprintf(line, sizeof line, "supervise: warning: %s: ", broken[which].dir);
	return world_count("err", line);
}

START_TEST(a_run_that_cannot_be_executed_is_named_and_tried_slowly)
{
	pid_t pids[BROKEN];
	struct sv_status status;

	make_broken();
	sv_ms began = sv_now_ms();
	for (size_t i = 0; i < BROKEN; i++)
		pids[i] = world_supervise(broken[i].dir);
	for (size_t i = 0; i < BROKEN; i++)
		WORLD_WAIT(times_said(i) >= 3);
	/* Tries at 0, 1 and 3 s. */
	ck_assert_int_ge(sv_now_ms() - began, 2900);
	for (size_t i = 0; i < BROKEN; i++) {
		ck_assert_uint_le(times_said(i), 3);
		ck_assert_uint_le(world_cpu_ticks(pids[i]), 20);
		WORLD_WAIT(world_is(broken[i].dir, SV_STATE_BACKOFF));
		ck_assert(world_status(broken[i].dir, &status));
		ck_assert_msg(strstr(status.text, broken[i].reason), "%s: %s", broken[i].dir,
			status.text);
		ck_assert_uint_eq(status.wait_status, 111 << 8);
	}
	ck_assert_uint_eq(world_count("err", "\n"), world_count("err", "supervise: warning: "));
}
END_TEST

START_TEST(a_log_is_named_even_if_its_path_is_long)
{
	char dir[512], said[640];

	snprintf(dir, sizeof dir, "%0240d/%0250d", 1, 2);
	snprintf(said, sizeof said, "%s/log", dir);
	world_dir(said);
	snprintf(said, sizeof said, "supervise: warning: %s/log: run does not exist\n", dir);
	world_supervise(dir);
	WORLD_WAIT(world_has("err", said));
}
END_TEST

START_TEST(a_run_that_appears_is_started)
{
	struct sv_status status;

	world_dir("svc");
	world_supervise("svc");
	world_wait_state("svc", SV_STATE_BACKOFF);
	world_script("svc/run", "exec sleep 1000\n");
	world_wait_run("svc");
	ck_assert(world_status("svc", &status));
	ck_assert_str_eq(status.text, "");
	world_control("svc", "d");
	world_wait_state("svc", SV_STATE_STOPPED);
}
END_TEST

START_TEST(a_run_that_vanishes_is_waited_for)
{
	world_script("svc/run", "exec sleep 1000\n");
	pid_t pid = world_supervise("svc");
	world_wait_run("svc");
	ck_assert_int_eq(unlink("svc/run"), 0);
	world_control("svc", "t");
	world_wait_state("svc", SV_STATE_BACKOFF);
	world_signal(pid, SIGTERM);
	ck_assert_int_eq(world_wait_exit(pid), 0);
}
END_TEST

START_TEST(a_service_directory_that_is_removed_can_still_be_stopped)
{
	world_recorder("svc/run");
	pid_t pid = world_supervise("svc");
	world_wait_run("svc");
	WORLD_WAIT(world_has("svc/trace", "start\n"));
	pid_t run = world_wait_run("svc");
	ck_assert_int_eq(WORLD_RUN("rm", "-rf", "svc").code, 0);
	world_signal(pid, SIGTERM);
	ck_assert_int_eq(world_wait_exit(pid), 0);
	ck_assert(!world_alive(run));
}
END_TEST

/* --- directories that cannot hold state --------------------------------------------------------- */

static uid_t other_user(void)
{
	return geteuid() ? geteuid() : WORLD_NOBODY;
}

static void become_other(void)
{
	if (geteuid() == 0)
		world_become_nobody();
}

/* In the child: no wish where state should lie. */
static void become_other_without_wish(void)
{
	unsetenv("SVSTATE");
	become_other();
}

/* A service that the other user may start but in whose directory he may not write. */
static void make_readonly_service(const char *dir)
{
	char path[512];

	snprintf(path, sizeof path, "%s/run", dir);
	world_script(path, "exec sleep 1000\n");
	snprintf(path, sizeof path, "%s/log/run", dir);
	world_script(path, "exec cat >/dev/null\n");
	ck_assert_int_eq(chmod(path, 0755), 0);
	*strrchr(path, '/') = 0;
	ck_assert_int_eq(chmod(path, 0555), 0);
	ck_assert_int_eq(chmod(dir, 0555), 0);
}

/* The status of `name` (or of its log), found as a client does. */
static enum sv_state found_state(const char *dir, const char *name, bool is_log)
{
	struct sv_status status = {.state = SV_STATES};
	unsigned char bytes[SV_STATUS_SIZE];
	const struct sv_place place = {.name = name, .is_log = is_log};
	int dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int state_fd = sv_state_find(dir_fd, place);

	close(dir_fd);
	if (state_fd < 0 || sv_state_alive(state_fd) != 1)
		return SV_STATES;
	int fd = openat(state_fd, SV_FILE_STATUS, O_RDONLY | O_CLOEXEC);
	close(state_fd);
	if (fd < 0)
		return SV_STATES;
	ssize_t size = read(fd, bytes, sizeof bytes);
	close(fd);
	ck_assert_int_eq(sv_status_unpack(&status, bytes, (size_t)size), SV_STATUS_OURS);
	return status.state;
}

START_TEST(state_goes_where_it_is_wished)
{
	char wish[512], said[2048];

	make_readonly_service("svc");
	snprintf(wish, sizeof wish, "%s/state", world_top());
	world_dir("state");
	ck_assert_int_eq(chown("state", other_user(), (gid_t)-1), 0);
	setenv("SVSTATE", wish, 1);
	pid_t pid = world_launch("supervise", "svc", become_other);
	WORLD_WAIT(found_state("svc", "svc", false) == SV_STATE_STARTING);
	WORLD_WAIT(found_state("svc/log", "svc", true) == SV_STATE_STARTING);
	snprintf(said, sizeof said,
		"supervise: svc: its directory cannot hold state, which is in %s/svc\n"
		"supervise: svc/log: its directory cannot hold state, which is in %s/svc/log\n",
		wish, wish);
	ck_assert_str_eq(world_text("err"), said);
	/* No second one beside it. */
	pid_t second = world_launch("supervise", "svc", become_other);
	ck_assert_int_eq(world_wait_exit(second), SV_EXIT_USAGE);
	world_signal(pid, SIGTERM);
	ck_assert_int_eq(world_wait_exit(pid), 0);
}
END_TEST

START_TEST(state_goes_to_a_private_directory_else)
{
	char name[64], private[128];

	/* Below /tmp for everybody: the name has to be ours alone. */
	snprintf(name, sizeof name, "world-%d", (int)getpid());
	snprintf(private, sizeof private, "/tmp/sv-%ld/%s", (long)other_user(), name);
	make_readonly_service(name);
	pid_t pid = world_launch("supervise", name, become_other_without_wish);
	WORLD_WAIT(world_has("err", "log: its directory cannot hold state"));
	bool in_private = world_has("err", private);
	WORLD_WAIT(world_exists(private) || !in_private);
	world_signal(pid, SIGTERM);
	int code = world_wait_exit(pid);
	WORLD_RUN("rm", "-rf", private);
	*strrchr(private, '/') = 0;
	rmdir(private);
	ck_assert_msg(in_private, "%s", world_text("err"));
	ck_assert_int_eq(code, 0);
}
END_TEST

START_TEST(state_that_others_could_write_is_not_used)
{
	char wish[512];

	world_script("svc/run", "exec sleep 1000\n");
	world_dir("svc/supervise");
	ck_assert_int_eq(chmod("svc/supervise", 0777), 0);
	snprintf(wish, sizeof wish, "%s/state", world_top());
	setenv("SVSTATE", wish, 1);
	world_supervise("svc");
	WORLD_WAIT(found_state("svc", "svc", false) == SV_STATE_STARTING);
	ck_assert(world_exists("state/svc/status"));
	ck_assert(!world_exists("svc/supervise/status"));
	ck_assert_uint_eq(world_count("err", "\n"), 1);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("supervise_broken");
	TCase *cases = tcase_create("broken");

	world_fixture(cases);
	tcase_add_test(cases, a_run_that_cannot_be_executed_is_named_and_tried_slowly);
	tcase_add_test(cases, a_log_is_named_even_if_its_path_is_long);
	tcase_add_test(cases, a_run_that_appears_is_started);
	tcase_add_test(cases, a_run_that_vanishes_is_waited_for);
	tcase_add_test(cases, a_service_directory_that_is_removed_can_still_be_stopped);
	tcase_add_test(cases, state_goes_where_it_is_wished);
	tcase_add_test(cases, state_goes_to_a_private_directory_else);
	tcase_add_test(cases, state_that_others_could_write_is_not_used);
	suite_add_tcase(suite, cases);
	return suite;
}

WORLD_MAIN(make_suite)
