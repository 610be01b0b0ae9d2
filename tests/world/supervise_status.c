/* What a real supervise publishes: status, pid, stat, where they lie, and the order of states. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "libsv/bytes.h"
#include "tests/support/check_main.h"
#include "tests/support/world.h"

/* The bytes of runit in svc/supervise/status, taken apart without help from libsv. */
struct runit_status {
	int64_t seconds; /* of the label, as unix time */
	pid_t pid;
	unsigned char paused, want, term, state;
};

static struct runit_status read_runit_bytes(void)
{
	unsigned char bytes[SV_STATUS_SIZE + 1];
	int fd = open("svc/supervise/status", O_RDONLY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(read(fd, bytes, sizeof bytes), SV_STATUS_SIZE);
	close(fd);
	return (struct runit_status){
		.seconds = (int64_t)(sv_get_be(bytes, 8) - 0x400000000000000aULL),
		.pid = bytes[12] | bytes[13] << 8 | bytes[14] << 16 | bytes[15] << 24,
		.paused = bytes[16],
		.want = bytes[17],
		.term = bytes[18],
		.state = bytes[19],
	};
}

static void assert_runit(unsigned char want, unsigned char term, unsigned char state)
{
	const struct runit_status now = read_runit_bytes();
	const int64_t wall = time(NULL);

	ck_assert_int_le(llabs(wall - now.seconds), 2);
	ck_assert_int_eq(now.want, want);
	ck_assert_int_eq(now.term, term);
	ck_assert_int_eq(now.state, state);
	ck_assert_int_eq(now.paused, 0);
	ck_assert((now.pid != 0) == (state != 0));
}

START_TEST(the_runit_bytes_through_a_whole_life)
{
	char pid[32];

	world_write("svc/stubborn", "");
	world_write("svc/down", "");
	world_recorder("svc/run");
	world_recorder("svc/finish");
	world_supervise("svc");
	world_wait_state("svc", SV_STATE_STOPPED);
	WORLD_WAIT(world_has("svc/supervise/stat", "\n"));
	assert_runit('d', 0, 0);
	ck_assert_str_eq(world_text("svc/supervise/stat"), "down\n");
	ck_assert_str_eq(world_text("svc/supervise/pid"), "");

	world_control("svc", "u");
	WORLD_WAIT(world_has("svc/trace", "start\n"));
	world_wait_run("svc");
	assert_runit('u', 0, 1);
	WORLD_WAIT(world_has("svc/supervise/stat", "run\n"));
	snprintf(pid, sizeof pid, "%d\n", (int)read_runit_bytes().pid);
	WORLD_WAIT(strcmp(world_text("svc/supervise/pid"), pid) == 0);
	ck_assert(world_alive(read_runit_bytes().pid));

	world_control("svc", "d");
	WORLD_WAIT(world_has("svc/trace", "TERM\n"));
	WORLD_WAIT(world_has("svc/supervise/stat", "run, got TERM, want down\n"));
	assert_runit('d', 1, 1);

	world_control("svc", "k");
	WORLD_WAIT(world_count("svc/trace", "start\n") == 2);
	world_wait_state("svc", SV_STATE_FINISHING);
	assert_runit('d', 0, 2);
	WORLD_WAIT(world_has("svc/supervise/stat", "finish, want down\n"));
	snprintf(pid, sizeof pid, "%d\n", (int)read_runit_bytes().pid);
	WORLD_WAIT(strcmp(world_text("svc/supervise/pid"), pid) == 0);

	world_control("svc", "k");
	world_wait_state("svc", SV_STATE_STOPPED);
	assert_runit('d', 0, 0);
	WORLD_WAIT(world_has("svc/supervise/stat", "down\n"));
	WORLD_WAIT(world_text("svc/supervise/pid")[0] == 0);
}
END_TEST

START_TEST(a_run_finds_itself_up)
{
	world_script("svc/run", "cat supervise/pid supervise/stat >seen; echo $$ >pid\n"
				"exec sleep 1000\n");
	world_supervise("svc");
	WORLD_WAIT(world_has("svc/pid", "\n"));
	char expected[64];
	snprintf(expected, sizeof expected, "%srun\n", world_text("svc/pid"));
	ck_assert_str_eq(world_text("svc/seen"), expected);
}
END_TEST

START_TEST(modes_of_what_is_made)
{
	static const struct {
		const char *path;
		mode_t mode;
	} files[] = {
		{"svc/supervise", S_IFDIR | 0700},
		{"svc/supervise/control", S_IFIFO | 0600},
		{"svc/supervise/ok", S_IFIFO | 0600},
		{"svc/supervise/lock", S_IFREG | 0600},
		{"svc/supervise/status", S_IFREG | 0644},
		{"svc/supervise/pid", S_IFREG | 0644},
		{"svc/supervise/stat", S_IFREG | 0644},
		{"svc/supervise/logpipe", S_IFIFO | 0622},
		{"svc/log/supervise", S_IFDIR | 0700},
		{"svc/log/supervise/control", S_IFIFO | 0600},
	};
	struct stat st;

	umask(000);
	world_script("svc/run", "exec sleep 1000\n");
	world_script("svc/log/run", "exec cat >/dev/null\n");
	world_supervise("svc");
	world_wait_run("svc");
	WORLD_WAIT(world_exists("svc/supervise/stat"));
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		ck_assert_msg(stat(files[i].path, &st) == 0, "%s", files[i].path);
		ck_assert_msg(st.st_mode == files[i].mode, "%s has mode %o", files[i].path,
			(unsigned)st.st_mode);
	}
}
END_TEST

/* Adds the state to the story when it is another than the last. */
static void note_state(char *story, size_t room)
{
	struct sv_status status;

	if (!world_status("svc", &status))
		return;
	const char *word = sv_state_word(status.state);
	size_t size = strlen(story), length = strlen(word);
	if (size >= length && strcmp(story + size - length, word) == 0)
		return;
	snprintf(story + size, room - size, "%s%s", size ? " " : "", word);
}

/* Notes every state until the story ends with `end`. */
static void follow(int watch_fd, char *story, size_t room, const char *end)
{
	char events[4096];

	for (sv_ms limit = sv_now_ms() + WORLD_PATIENCE_MS;;) {
		note_state(story, room);
		size_t size = strlen(story), length = strlen(end);
		if (size >= length && strcmp(story + size - length, end) == 0)
			return;
		struct pollfd change = {.fd = watch_fd, .events = POLLIN};
		ck_assert_msg(poll(&change, 1, (int)(limit - sv_now_ms())) > 0,
			"waited in vain for %s: %s", end, story);
		ck_assert_int_gt(read(watch_fd, events, sizeof events), 0);
	}
}

START_TEST(states_come_in_their_order)
{
	char story[512] = "";

	/* Each program lasts until told, so that no state is too short to be seen. */
	world_recorder("svc/run");
	world_recorder("svc/finish");
	world_write("svc/down", "");
	world_write("svc/stubborn", "");
	world_dir("svc/supervise");
	ck_assert_int_eq(chmod("svc/supervise", 0700), 0);
	int watch_fd = inotify_init1(IN_CLOEXEC);
	ck_assert_int_ge(inotify_add_watch(watch_fd, "svc/supervise", IN_MOVED_TO), 0);
	pid_t pid = world_supervise("svc");
	follow(watch_fd, story, sizeof story, "STOPPED");
	world_wait_supervised("svc");
	world_control("svc", "u");
	follow(watch_fd, story, sizeof story, "STARTING");
	WORLD_WAIT(world_has("svc/trace", "start\n"));
	world_control("svc", "d");
	follow(watch_fd, story, sizeof story, "STOPPING");
	world_control("svc", "k");
	follow(watch_fd, story, sizeof story, "FINISHING");
	world_control("svc", "k");
	follow(watch_fd, story, sizeof story, "FINISHING STOPPED");
	world_control("svc", "op");
	follow(watch_fd, story, sizeof story, "PAUSED");
	world_control("svc", "c");
	follow(watch_fd, story, sizeof story, "STARTING");
	world_control("svc", "k");
	follow(watch_fd, story, sizeof story, "FINISHING");
	world_control("svc", "k");
	follow(watch_fd, story, sizeof story, "EXITED");
	world_signal(pid, SIGTERM);
	ck_assert_int_eq(world_wait_exit(pid), 0);
	note_state(story, sizeof story);
	ck_assert_str_eq(story, "STOPPED STARTING STOPPING FINISHING STOPPED STARTING PAUSED "
				"STARTING FINISHING EXITED STOPPED");
	close(watch_fd);
}
END_TEST

START_TEST(a_dangling_link_for_state_is_made)
{
	world_script("svc/run", "exec sleep 1000\n");
	world_script("svc/log/run", "exec cat >/dev/null\n");
	ck_assert_int_eq(symlink("../elsewhere", "svc/supervise"), 0);
	ck_assert_int_eq(symlink("../../elsewhere.log", "svc/log/supervise"), 0);
	world_supervise("svc");
	world_wait_run("svc");
	world_wait_run("svc/log");
	ck_assert(world_exists("elsewhere/status"));
	ck_assert(world_exists("elsewhere.log/status"));
}
END_TEST

START_TEST(a_lost_state_directory_stops_nothing)
{
	world_recorder("svc/run");
	pid_t pid = world_supervise("svc");
	pid_t run = world_wait_run("svc");
	WORLD_WAIT(world_has("svc/trace", "start\n"));
	int fd = open("svc/supervise/control", O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(WORLD_RUN("rm", "-rf", "svc/supervise").code, 0);
	/* Its control FIFO is still open here. */
	ck_assert_int_eq(write(fd, "hp1ck", 5), 5);
	close(fd);
	WORLD_WAIT(world_count("svc/trace", "start\n") == 2);
	ck_assert(!world_alive(run));
	ck_assert_uint_eq(world_count("err", "\n"), 1);
	ck_assert_msg(world_has("err", "cannot write its status"), "%s", world_text("err"));
	world_signal(pid, SIGTERM);
	ck_assert_int_eq(world_wait_exit(pid), 0);
	ck_assert(world_has("svc/trace", "TERM\n"));
}
END_TEST

START_TEST(strange_names_are_served)
{
	static char longest[256];
	static const char *const names[] = {"two words", "line\nend", "dots.in.it", "\"quo'ted\"",
		"tab\tbell\a", "*", "$(x)", longest};
	char path[512];

	memset(longest, 'n', 255);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(path, sizeof path, "%s/run", names[i]);
		world_script(path, "printf %s \"$1\" >../name.new; mv ../name.new ../name\n"
				   "exec sleep 1000\n");
		pid_t pid = world_supervise(names[i]);
		WORLD_WAIT(strcmp(world_text("name"), names[i]) == 0);
		world_signal(pid, SIGTERM);
		ck_assert_int_eq(world_wait_exit(pid), 0);
	}
	world_script("-dash/run", "printf %s \"$1\" >../name.new; mv ../name.new ../name\n"
				  "exec sleep 1000\n");
	world_supervise("./-dash");
	WORLD_WAIT(strcmp(world_text("name"), "-dash") == 0);
	ck_assert_str_eq(world_text("err"), "");
}
END_TEST

START_TEST(a_strange_name_forges_no_line)
{
	world_dir("x\nsupervise: fatal: no\033[0m");
	world_supervise("x\nsupervise: fatal: no\033[0m");
	WORLD_WAIT(world_has("err", "\n"));
	ck_assert_uint_eq(world_count("err", "\n"), 1);
	ck_assert_msg(strncmp(world_text("err"),
			      "supervise: warning: x\\nsupervise: fatal: no\\x1b[0m", 48) == 0,
		"%s", world_text("err"));
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("supervise_status");
	TCase *cases = tcase_create("status");

	world_fixture(cases);
	tcase_add_test(cases, the_runit_bytes_through_a_whole_life);
	tcase_add_test(cases, a_run_finds_itself_up);
	tcase_add_test(cases, modes_of_what_is_made);
	tcase_add_test(cases, states_come_in_their_order);
	tcase_add_test(cases, a_dangling_link_for_state_is_made);
	tcase_add_test(cases, a_lost_state_directory_stops_nothing);
	tcase_add_test(cases, strange_names_are_served);
	tcase_add_test(cases, a_strange_name_forges_no_line);
	suite_add_tcase(suite, cases);
	return suite;
}

WORLD_MAIN(make_suite)
