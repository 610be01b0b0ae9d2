/* What svctl shows on a terminal only: colours, and the line that says what is waited for. */
#include "tests/support/check_main.h"
#include "tests/world/svctl_tree.h"

static struct tree tree;
static int master_fd;

static void setup(void)
{
	tree_begin(&tree);
	master_fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	ck_assert_int_ge(master_fd, 0);
	ck_assert_int_eq(grantpt(master_fd), 0);
	ck_assert_int_eq(unlockpt(master_fd), 0);
}

/* In the child: the terminal instead of standard output and error. */
static void take_terminal(void)
{
	int fd = open(ptsname(master_fd), O_RDWR | O_NOCTTY | O_CLOEXEC);

	dup2(fd, 1);
	dup2(fd, 2);
}

/* Reads from the terminal until it has shown `piece`; returns all so far. */
static const char *await_shown(const char *piece)
{
	static char shown[8192];
	size_t size = strlen(shown);

	while (!strstr(shown, piece)) {
		ssize_t got = read(master_fd, shown + size, sizeof shown - 1 - size);

		ck_assert_msg(got > 0, "the terminal never showed \"%s\" but: %s", piece, shown);
		size += (size_t)got;
		shown[size] = 0;
	}
	return shown;
}

static struct fake fake_stopped(const char *name, enum sv_state state)
{
	const struct sv_status status = {.state = state};
	struct fake fake = fake_begin(&tree, name);

	fake_status(&fake, &status);
	return fake;
}

START_TEST(test_colours)
{
	fake_running(&tree, "a");
	fake_stopped("b", SV_STATE_STOPPED);
	fake_stopped("c", SV_STATE_FATAL);
	unsetenv("NO_COLOR");
	struct svctl run = svctl_start(take_terminal, TREE_NAMES("status"));
	await_shown("\033[32mRUNNING\033[0m");
	await_shown("\033[33mSTOPPED\033[0m");
	await_shown("\033[31mFATAL\033[0m");
	await_shown("given up");
	ck_assert_int_eq(svctl_end(&run)->code, 3);
}
END_TEST

START_TEST(test_no_color)
{
	fake_running(&tree, "a");
	setenv("NO_COLOR", "1", 1);
	struct svctl run = svctl_start(take_terminal, TREE_NAMES("status"));
	ck_assert_ptr_null(strchr(await_shown("RUNNING"), '\033'));
	ck_assert_int_eq(svctl_end(&run)->code, 0);
}
END_TEST

START_TEST(test_progress)
{
	struct fake fake = fake_running(&tree, "web");
	struct svctl run = svctl_start(take_terminal, TREE_NAMES("stop", "web"));
	const struct sv_status down = {.state = SV_STATE_STOPPED};

	await_shown("\rstopping web ... 1 s\033[K");
	await_shown("\rstopping web ... 2 s\033[K");
	fake_status(&fake, &down);
	/* The line is wiped before the outcome takes its place. */
	await_shown("\r\033[Kweb: stopped\r\n");
	ck_assert_int_eq(svctl_end(&run)->code, 0);
}
END_TEST

START_TEST(test_progress_of_many)
{
	for (int i = 0; i < 5; i++)
		fake_running(&tree, ((const char *[]){"a", "b", "c", "d", "e"})[i]);
	struct svctl run = svctl_start(take_terminal, TREE_NAMES("stop", "-T", "1200", "all"));
	await_shown("\rstopping a, b, c and 2 more ... 1 s\033[K");
	await_shown("e: timed out after 1200 ms, state RUNNING (pid 4711)");
	ck_assert_int_eq(svctl_end(&run)->code, 99);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("svctl terminal");
	TCase *tests = tcase_create("terminal");

	world_fixture(tests);
	tcase_add_checked_fixture(tests, setup, 0);
	tcase_add_test(tests, test_colours);
	tcase_add_test(tests, test_no_color);
	tcase_add_test(tests, test_progress);
	tcase_add_test(tests, test_progress_of_many);
	suite_add_tcase(suite, tests);
	return suite;
}

SV_CHECK_MAIN(make_suite)
