/* When the waits of svctl end, and what they say.  supervise is imitated: the test reads the very
 * bytes, and publishes each status at the moment it chooses. */
#include <sched.h>

#include "tests/support/check_main.h"
#include "tests/world/svctl_tree.h"

static struct tree tree;

static void setup(void)
{
	tree_begin(&tree);
}

static const struct sv_status down = {.state = SV_STATE_STOPPED, .starts = 1, .changed_ms = 1};
static const struct sv_status backoff = {.state = SV_STATE_BACKOFF,
	.want_up = true,
	.starts = 2,
	.early_deaths = 1,
	.has_exit = true,
	.wait_status = 7 << 8,
	.changed_ms = 9};

/* Run number `starts`, stable since ever or for ever young. */
static struct sv_status up(uint32_t starts, bool is_stable)
{
	return (struct sv_status){.state = SV_STATE_STARTING,
		.phase = SV_PHASE_RUN,
		.pid = 4711,
		.want_up = true,
		.starts = starts,
		.changed_ms = 2,
		.started_ms = 2,
		.stable_ms = is_stable ? 1 : SV_NEVER};
}

static struct sv_status stopping(uint32_t starts)
{
	struct sv_status status = up(starts, true);

	status.state = SV_STATE_STOPPING;
	status.term_sent = true;
	status.want_up = false;
	return status;
}

static struct fake fake_at(const char *name, struct sv_status status)
{
	struct fake fake = fake_begin(&tree, name);

	fake_status(&fake, &status);
	return fake;
}

static void publish(const struct fake *fake, struct sv_status status)
{
	fake_status(fake, &status);
}

static const struct result *end_as(const struct svctl *run, int code, const char *line)
{
	const struct result *result = svctl_end(run);

	ck_assert_msg(result->code == code, "exit code %d, wanted %d; out: %serr: %s", result->code,
		code, result->out, result->err);
	ck_assert_str_eq(*result->out ? result->out : result->err, line);
	return result;
}

#define START(...) svctl_start(0, TREE_NAMES(__VA_ARGS__))

/* --- waits ------------------------------------------------------------------------------------ */

START_TEST(test_wait_down)
{
	struct fake fake = fake_at("web", up(1, true));
	struct svctl run = START("-wd", "-d", "web");

	ck_assert_str_eq(fake_await_bytes(&fake), "d");
	publish(&fake, stopping(1));
	publish(&fake, down);
	end_as(&run, 0, "");
}
END_TEST

START_TEST(test_wait_up)
{
	struct fake fake = fake_at("web", down);
	struct svctl run = START("-wu", "-u", "web");

	ck_assert_str_eq(fake_await_bytes(&fake), "u");
	publish(&fake, up(2, false));
	end_as(&run, 0, "");
}
END_TEST

START_TEST(test_wait_again)
{
	struct fake fake = fake_at("web", up(1, true));
	struct svctl run = START("-wr", "-t", "web");

	ck_assert_str_eq(fake_await_bytes(&fake), "t");
	publish(&fake, up(1, true));
	publish(&fake, up(2, false));
	end_as(&run, 0, "");
}
END_TEST

START_TEST(test_wait_only)
{
	struct fake fake = fake_at("web", down);

	EXPECT(0, "-wd", "web");
	EXPECT_LINE(99, "svctl: warning: web: timed out after 50 ms, state STOPPED\n", "-wu",
		"-T50", "web");
	ck_assert_str_eq(fake_bytes(&fake), "");
}
END_TEST

/* supervise writes its last status and leaves: that is what -wd -x waits for. */
START_TEST(test_wait_for_exit)
{
	struct fake fake = fake_at("web", up(1, true));
	struct svctl run = START("-wd", "-x", "web");

	ck_assert_str_eq(fake_await_bytes(&fake), "x");
	publish(&fake, down);
	fake_leave(&fake);
	end_as(&run, 0, "");
}
END_TEST

START_TEST(test_supervise_dies)
{
	struct fake fake = fake_at("web", up(1, true));
	struct svctl run = START("stop", "web");

	fake_await_bytes(&fake);
	fake_leave(&fake);
	end_as(&run, 102, "svctl: warning: web: its supervise went away, nobody looks after it\n");
}
END_TEST

START_TEST(test_garbage_meanwhile)
{
	struct fake fake = fake_at("web", up(1, true));
	struct svctl run = START("stop", "web");

	fake_await_bytes(&fake);
	fake_publish(&fake, "garbage", 7);
	publish(&fake, down);
	end_as(&run, 0, "web: stopped\n");
}
END_TEST

/* A supervise that has only just come has no status yet. */
START_TEST(test_no_status_yet)
{
	struct fake fake = fake_begin(&tree, "web");
	struct svctl run = START("start", "web");

	ck_assert_str_eq(fake_await_bytes(&fake), "u");
	publish(&fake, up(1, true));
	end_as(&run, 0, "web: started (pid 4711)\n");
}
END_TEST

static void close_all(void)
{
	for (int fd = 0; fd < 3; fd++)
		close(fd);
}

/* Else the control FIFO would become fd 1, and what is printed a command. */
START_TEST(test_closed_standard_fds)
{
	struct fake fake = fake_at("web", up(1, true));
	struct svctl run = svctl_start(close_all, TREE_NAMES("stop", "web"));

	ck_assert_str_eq(fake_await_bytes(&fake), "d");
	publish(&fake, down);
	svctl_end(&run);
	ck_assert_str_eq(fake_bytes(&fake), "");
}
END_TEST

/* --- words ------------------------------------------------------------------------------------ */

START_TEST(test_start)
{
	struct fake fake = fake_at("web", down);
	struct svctl run = START("start", "web");

	ck_assert_str_eq(fake_await_bytes(&fake), "u");
	publish(&fake, up(2, false));
	publish(&fake, up(2, true));
	end_as(&run, 0, "web: started (pid 4711)\n");
	EXPECT_LINE(0, "web: already running (pid 4711)\n", "start", "web");
}
END_TEST

/* It becomes RUNNING by growing older, without a word from supervise. */
START_TEST(test_start_by_age)
{
	struct fake fake = fake_at("web", down);
	struct svctl run = START("start", "web");
	struct sv_status young = up(2, false);

	fake_await_bytes(&fake);
	young.stable_ms = sv_now_ms() + 50;
	publish(&fake, young);
	end_as(&run, 0, "web: started (pid 4711)\n");
	ck_assert_int_ge(sv_now_ms(), young.stable_ms);
}
END_TEST

START_TEST(test_start_fails)
{
	struct fake fake = fake_at("web", down);
	struct svctl run = START("start", "web");

	fake_await_bytes(&fake);
	publish(&fake, up(2, false));
	publish(&fake, backoff);
	end_as(&run, 1, "svctl: warning: web: not started: exited with code 7\n");
}
END_TEST

START_TEST(test_start_times_out)
{
	fake_at("web", down);
	EXPECT_LINE(99, "svctl: warning: web: timed out after 50 ms, state STOPPED\n", "start",
		"-T", "50", "web");
}
END_TEST

START_TEST(test_stop)
{
	struct fake fake = fake_at("web", up(1, true));
	struct svctl run = START("stop", "web");

	ck_assert_str_eq(fake_await_bytes(&fake), "d");
	publish(&fake, stopping(1));
	publish(&fake, down);
	end_as(&run, 0, "web: stopped\n");
	EXPECT_LINE(0, "web: already stopped\n", "stop", "web");
}
END_TEST

START_TEST(test_restart)
{
	struct fake fake = fake_at("web", up(1, true));
	struct svctl run = START("restart", "web");

	ck_assert_str_eq(fake_await_bytes(&fake), "tcu");
	publish(&fake, up(2, true));
	end_as(&run, 0, "web: restarted (pid 4711)\n");
	publish(&fake, down);
	run = START("restart", "web");
	ck_assert_str_eq(fake_await_bytes(&fake), "u");
	publish(&fake, up(2, true));
	end_as(&run, 0, "web: started (pid 4711)\n");
}
END_TEST

/* All are told before any is waited for, and each is reported as it comes. */
START_TEST(test_together)
{
	struct fake one = fake_at("a", up(1, true)), two = fake_at("b", up(1, true));
	struct fake three = fake_at("c", down);
	struct svctl run = START("stop", "all");

	ck_assert_str_eq(fake_await_bytes(&one), "d");
	ck_assert_str_eq(fake_await_bytes(&two), "d");
	ck_assert_str_eq(fake_await_bytes(&three), "d");
	publish(&two, down);
	fake_leave(&one);
	const struct result *result = svctl_end(&run);
	ck_assert_int_eq(result->code, 102);
	ck_assert_ptr_nonnull(strstr(result->out, "c: already stopped\n"));
	ck_assert_ptr_nonnull(strstr(result->out, "b: stopped\n"));
	ck_assert_ptr_nonnull(strstr(result->err, "a: its supervise went away"));
}
END_TEST

static void set(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		_exit(126);
	close(fd);
}

/* Takes every inotify instance away from a user namespace of its own, in which root is root. */
static void without_inotify(void)
{
	if (unshare(CLONE_NEWUSER) < 0)
		_exit(126);
	set("/proc/self/uid_map", "0 0 1");
	set("/proc/sys/user/max_inotify_instances", "0");
}

START_TEST(test_without_inotify)
{
	struct fake fake = fake_at("web", up(1, true));
	struct svctl probe = svctl_start(without_inotify, TREE_NAMES("--version"));

	if (geteuid() != 0 || svctl_end(&probe)->code != 0) {
		world_skip("inotify cannot be taken away here");
		return;
	}
	struct svctl run = svctl_start(without_inotify, TREE_NAMES("stop", "web"));
	ck_assert_str_eq(fake_await_bytes(&fake), "d");
	publish(&fake, down);
	end_as(&run, 0, "web: stopped\n");
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("svctl wait");
	TCase *tests = tcase_create("wait");

	world_fixture(tests);
	tcase_add_checked_fixture(tests, setup, 0);
	tcase_add_test(tests, test_wait_down);
	tcase_add_test(tests, test_wait_up);
	tcase_add_test(tests, test_wait_again);
	tcase_add_test(tests, test_wait_only);
	tcase_add_test(tests, test_wait_for_exit);
	tcase_add_test(tests, test_supervise_dies);
	tcase_add_test(tests, test_garbage_meanwhile);
	tcase_add_test(tests, test_no_status_yet);
	tcase_add_test(tests, test_closed_standard_fds);
	tcase_add_test(tests, test_start);
	tcase_add_test(tests, test_start_by_age);
	tcase_add_test(tests, test_start_fails);
	tcase_add_test(tests, test_start_times_out);
	tcase_add_test(tests, test_stop);
	tcase_add_test(tests, test_restart);
	tcase_add_test(tests, test_together);
	tcase_add_test(tests, test_without_inotify);
	suite_add_tcase(suite, tests);
	return suite;
}

SV_CHECK_MAIN(make_suite)
