/* svctl on real services: every word, and letters that change what is wanted, under svscan and
 * supervise themselves. */
#include "tests/support/check_main.h"
#include "tests/world/svctl_tree.h"

/* Long enough for any test, short enough to go by itself. */
#define IDLE "exec sleep 60"

static struct tree tree;

static void setup(void)
{
	tree_begin(&tree);
}

/* "NAME: WORD (pid " at the beginning of a line. */
static void says(const struct result *result, const char *piece)
{
	const char *at = strstr(result->out, piece);

	ck_assert_msg(at && (at == result->out || at[-1] == '\n'), "no \"%s\" in: %s%s", piece,
		result->out, result->err);
}

START_TEST(test_words)
{
	tree_service(&tree, "web", IDLE);
	tree_scan(&tree, TREE_NAMES("web"));
	const struct result *result = SVCTL("start", "web");
	ck_assert_int_eq(result->code, 0);
	says(SVCTL("start", "web"), "web: already running (pid ");
	EXPECT_LINE(0, "web: stopped\n", "stop", "web");
	EXPECT_LINE(0, "web: already stopped\n", "stop", "web");
	ck_assert_int_eq(SVCTL("status", "web")->code, 3);
	says(SVCTL("restart", "web"), "web: started (pid ");
	ck_assert_int_eq(SVCTL("status", "web")->code, 0);
	says(SVCTL("restart", "web"), "web: restarted (pid ");
}
END_TEST

START_TEST(test_letters)
{
	tree_service(&tree, "web", IDLE);
	tree_scan(&tree, TREE_NAMES("web"));
	const char *path = tree_path(&tree, "web", "");
	EXPECT(0, "-wu", "-u", path);
	EXPECT(0, "-wr", "-t", path);
	EXPECT(0, "-wr", "-k", path);
	EXPECT(0, "-wr", "-i", path);
	EXPECT(0, "-wd", "-d", path);
	EXPECT(0, "-wu", "-o", path);
	EXPECT(0, "-wd", "-t", path);
	says(SVCTL("stop", "web"), "web: already stopped");
	EXPECT(0, "-wr", "-u", path);
	EXPECT(0, "-wr", "-du", path);
	/* TERM has to wait for CONT, which -d sends by itself. */
	EXPECT(0, "-p", "web");
	EXPECT(0, "-wd", "-d", "web");
}
END_TEST

START_TEST(test_stubborn)
{
	tree_service(&tree, "web", "trap '' TERM; " IDLE);
	tree_scan(&tree, TREE_NAMES("web"));
	EXPECT(0, "start", "web");
	const struct result *result = SVCTL("stop", "-T", "100", "web");
	ck_assert_int_eq(result->code, 99);
	ck_assert_ptr_nonnull(
		strstr(result->err, "web: timed out after 100 ms, state STOPPING (pid "));
	ck_assert_int_eq(SVCTL("-wd", "-T100", "web")->code, 99);
	EXPECT(0, "-wd", "-k", "web");
}
END_TEST

START_TEST(test_bad_services)
{
	tree_service(&tree, "flap", "exit 7");
	tree_service(&tree, "noexec", "");
	tree_write(tree_path(&tree, "noexec", "run"), "#!/nonexistent\n", 15, 0755);
	tree_scan(&tree, TREE_NAMES("flap", "noexec"));
	const struct result *result = SVCTL("start", "flap", "noexec");
	ck_assert_int_eq(result->code, 1);
	ck_assert_ptr_nonnull(strstr(result->err, "flap: not started: exited "));
	ck_assert_ptr_nonnull(strstr(result->err, "with code 7"));
	ck_assert_ptr_nonnull(strstr(result->err, "noexec: not started: exited with code 111"));
	ck_assert_int_eq(SVCTL("status", "flap", "noexec")->code, 3);
	EXPECT(0, "stop", "all");
}
END_TEST

START_TEST(test_many)
{
	enum { MANY = 25 };
	char names[MANY][8];
	const char *list[MANY + 1] = {0};

	for (int i = 0; i < MANY; i++) {
		snprintf(names[i], sizeof names[i], "w@%02d", i);
		tree_service(&tree, names[i], IDLE);
		list[i] = names[i];
	}
	tree_scan(&tree, list);
	EXPECT(0, "start", "all");
	sv_ms begin_ms = sv_now_ms();
	const struct result *result = SVCTL("restart", "w@*");
	ck_assert_int_eq(result->code, 0);
	says(result, "w@00: restarted (pid ");
	says(result, "w@24: restarted (pid ");
	/* Together, not one after the other: each takes a second to become stable. */
	ck_assert_int_lt(sv_now_ms() - begin_ms, 10000);
	EXPECT(0, "stop", "w@*");
}
END_TEST

START_TEST(test_log)
{
	tree_service(&tree, "web", IDLE);
	tree_service(&tree, "web/log", "exec cat >/dev/null");
	tree_scan(&tree, TREE_NAMES("web", "web/log"));
	EXPECT(0, "start", "web", "web/log");
	says(SVCTL("restart", "web/log"), "web/log: restarted (pid ");
	says(SVCTL("start", "web"), "web: already running (pid ");
	ck_assert_ptr_nonnull(strstr(SVCTL("status")->out, "\nweb/log  RUNNING"));
}
END_TEST

/* A supervise that is killed while it is waited for. */
START_TEST(test_supervise_killed)
{
	tree_service(&tree, "web", "trap '' TERM; " IDLE);
	pid_t supervise = world_supervise(tree_path(&tree, "web", ""));
	tree_await(&tree, "web");
	EXPECT(0, "start", "web");
	struct svctl run = svctl_start(0, TREE_NAMES("stop", "web"));
	/* The command has arrived once supervise says so. */
	world_wait_state(tree_path(&tree, "web", ""), SV_STATE_STOPPING);
	world_signal(supervise, SIGKILL);
	ck_assert_int_eq(world_wait_exit(supervise), WORLD_SIGNALLED + SIGKILL);
	ck_assert_int_eq(svctl_end(&run)->code, 102);
	ck_assert_int_eq(SVCTL("status", "web")->code, 102);
	ck_assert_int_eq(SVCTL("-d", "web")->code, 102);
}
END_TEST

START_TEST(test_exit)
{
	tree_service(&tree, "web", IDLE);
	pid_t supervise = world_supervise(tree_path(&tree, "web", ""));
	tree_await(&tree, "web");
	EXPECT(0, "start", "web");
	EXPECT(0, "-wd", "-x", "web");
	ck_assert_int_eq(world_wait_exit(supervise), 0);
	ck_assert_int_eq(SVCTL("stop", "web")->code, 102);
}
END_TEST

/* Debian's runsv, if it is here: its directories can be shown and commanded too. */
START_TEST(test_runsv)
{
	if (!world_has_program("runsv"))
		return;
	tree_service(&tree, "web", IDLE);
	pid_t pid = fork();
	if (pid == 0) {
		execlp("runsv", "runsv", tree_path(&tree, "web", ""), (char *)0);
		_exit(127);
	}
	tree_await(&tree, "web");
	EXPECT(0, "-wu", "-u", "web");
	says(SVCTL("restart", "-T", "5000", "web"), "web: restarted (pid ");
	ck_assert_int_eq(SVCTL("status", "web")->code, 0);
	EXPECT_LINE(0, "web: stopped\n", "stop", "-T", "5000", "web");
	ck_assert_int_eq(SVCTL("status", "web")->code, 3);
	EXPECT(0, "-x", "web");
	ck_assert_int_eq(waitpid(pid, 0, 0), pid);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("svctl services");
	TCase *tests = tcase_create("services");

	world_fixture(tests);
	tcase_add_checked_fixture(tests, setup, 0);
	tcase_add_test(tests, test_words);
	tcase_add_test(tests, test_letters);
	tcase_add_test(tests, test_stubborn);
	tcase_add_test(tests, test_bad_services);
	tcase_add_test(tests, test_many);
	tcase_add_test(tests, test_log);
	tcase_add_test(tests, test_supervise_killed);
	tcase_add_test(tests, test_exit);
	tcase_add_test(tests, test_runsv);
	suite_add_tcase(suite, tests);
	return suite;
}

SV_CHECK_MAIN(make_suite)
