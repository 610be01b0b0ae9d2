/* What svctl sends, to whom, and what it says when it cannot.  supervise is imitated, so the test
 * reads the very bytes. */
#include "libsv/control.h"
#include "tests/support/check_main.h"
#include "tests/world/svctl_tree.h"

static struct tree tree;

static void setup(void)
{
	tree_begin(&tree);
}

static struct fake fake_down(const char *name)
{
	const struct sv_status down = {.state = SV_STATE_STOPPED, .starts = 1};
	struct fake fake = fake_begin(&tree, name);

	fake_status(&fake, &down);
	return fake;
}

/* --- letters ---------------------------------------------------------------------------------- */

START_TEST(test_every_letter)
{
	struct fake fake = fake_down("web");

	for (enum sv_command command = 0; command < SV_COMMANDS; command++) {
		char option[] = {'-', sv_command_letter(command), 0};
		EXPECT_LINE(0, "", option, "web");
		ck_assert_str_eq(fake_bytes(&fake), option + 1);
	}
}
END_TEST

START_TEST(test_letters_in_order)
{
	struct fake fake = fake_down("web");

	EXPECT(0, "-du", "web");
	ck_assert_str_eq(fake_bytes(&fake), "du");
	EXPECT(0, "-t", "-cu", "web");
	ck_assert_str_eq(fake_bytes(&fake), "tcu");
	EXPECT(0, "-tt", tree_path(&tree, "web", ""));
	ck_assert_str_eq(fake_bytes(&fake), "tt");
}
END_TEST

START_TEST(test_several_targets)
{
	struct fake one = fake_down("celery@1"), two = fake_down("celery@2");
	struct fake web = fake_down("web"), log = fake_down("web/log");

	EXPECT(0, "-h", "celery@*");
	ck_assert_str_eq(fake_bytes(&one), "h");
	ck_assert_str_eq(fake_bytes(&two), "h");
	ck_assert_str_eq(fake_bytes(&web), "");
	EXPECT(0, "-a", "all", "web", "celery@1");
	ck_assert_str_eq(fake_bytes(&one), "a");
	ck_assert_str_eq(fake_bytes(&web), "a");
	ck_assert_str_eq(fake_bytes(&log), "");
	EXPECT(0, "-t", "web/log");
	ck_assert_str_eq(fake_bytes(&log), "t");
	ck_assert_str_eq(fake_bytes(&web), "");
	fake_bytes(&two);
	/* A mistake does not keep the others waiting. */
	EXPECT(100, "-q", "celery@1", "nosuch", "celery@2");
	ck_assert_str_eq(fake_bytes(&one), "q");
	ck_assert_str_eq(fake_bytes(&two), "q");
}
END_TEST

static const struct {
	const char *words[5];
	const char *says;
} mistakes[] = {
	{{0}, "usage: "},
	{{"-d"}, "which service?"},
	{{"stop"}, "which service?"},
	{{"-z", "web"}, "unknown letter -z"},
	{{"statsu"}, "did you mean 'status'?"},
	{{"web"}, "unknown word 'web'"},
	{{"-w", "x", "web"}, "-w takes u, d or r, not 'x'"},
	{{"-T", "soon", "-wd", "web"}, "-T takes milliseconds, not 'soon'"},
	{{"stop", "-k", "web"}, "-k does not go with this word"},
	{{"--no-such"}, "unknown option --no-such"},
	{{"-d", "wbe"}, "did you mean 'web'?"},
	{{"-d", "./web"}, "no service directory ./web"},
	{{"-d", "nosuch*"}, "matches 'nosuch*'"},
	{{"-d", "web/log"}, "has no log"},
	{{"-d", "nosuch/log"}, "no service 'nosuch' in"},
};

START_TEST(test_mistakes)
{
	struct fake fake = fake_down("web");
	const char *words[8] = {0};

	memcpy(words, mistakes[_i].words, sizeof mistakes[_i].words);
	const struct result *result = svctl_run(0, words);
	ck_assert_int_eq(result->code, 100);
	ck_assert_msg(strstr(result->err, mistakes[_i].says) != 0, "said: %s", result->err);
	ck_assert_ptr_eq(strchr(result->err, '\n'), result->err + strlen(result->err) - 1);
	ck_assert_str_eq(result->out, "");
	ck_assert_str_eq(fake_bytes(&fake), "");
}
END_TEST

START_TEST(test_help_and_version)
{
	EXPECT_LINE(0, "svctl (holdfast) 0.1.0\n", "--version");
	ck_assert_ptr_nonnull(strstr(SVCTL("help")->out, "\n  -t "));
	ck_assert_ptr_nonnull(strstr(SVCTL("--help")->out, "\n  restart "));
}
END_TEST

/* --- nobody there ----------------------------------------------------------------------------- */

static const char *const unsupervised[][4] = {
	{"-d", "web"},
	{"-wd", "-d", "web"},
	{"-wu", "web"},
	{"start", "web"},
	{"stop", "web"},
	{"restart", "web"},
};

static void expect_unsupervised(const char *const *given)
{
	char line[1024];
	const char *words[8] = {0};

	memcpy(words, given, sizeof *unsupervised);
	snprintf(line, sizeof line,
		"svctl: warning: web: not supervised: no supervise holds %s/web; start svscan on "
		"its "
		"directory\n",
		tree.path);
	const struct result *result = svctl_run(0, words);
	ck_assert_int_eq(result->code, 102);
	ck_assert_str_eq(result->err, line);
}

START_TEST(test_never_supervised)
{
	fake_directory(&tree, "web");
	expect_unsupervised(unsupervised[_i]);
}
END_TEST

START_TEST(test_no_longer_supervised)
{
	struct fake fake = fake_down("web");

	fake_leave(&fake);
	expect_unsupervised(unsupervised[_i]);
}
END_TEST

START_TEST(test_no_state_directory)
{
	ck_assert_int_eq(mkdir(tree_path(&tree, "web", ""), 0755), 0);
	expect_unsupervised(unsupervised[_i]);
}
END_TEST

START_TEST(test_control_is_no_fifo)
{
	struct fake fake = fake_down("web");

	ck_assert_int_eq(unlink(tree_path(&tree, "web", "supervise/control")), 0);
	tree_write(tree_path(&tree, "web", "supervise/control"), "", 0, 0644);
	EXPECT(111, "-d", "web");
	ck_assert_int_eq(unlink(tree_path(&tree, "web", "supervise/control")), 0);
	ck_assert_int_eq(symlink("ok", tree_path(&tree, "web", "supervise/control")), 0);
	EXPECT(111, "-d", "web");
	fake_leave(&fake);
}
END_TEST

START_TEST(test_control_is_full)
{
	struct fake fake = fake_down("web");
	char block[4096] = {0};

	while (write(fake.control_fd, block, sizeof block) > 0)
		;
	const struct result *result = SVCTL("-d", "web");
	ck_assert_int_eq(result->code, 111);
	ck_assert_ptr_nonnull(strstr(result->err, "takes no commands"));
}
END_TEST

START_TEST(test_permission)
{
	if (geteuid() != 0) {
		world_skip("only root can become somebody else");
		return;
	}
	struct fake fake = fake_down("web");
	const struct result *result = svctl_run(world_become_nobody, TREE_NAMES("stop", "web"));
	if (result->code == 127) {
		world_skip("nobody may not run $SV_BIN");
		return;
	}
	ck_assert_int_eq(result->code, 100);
	ck_assert_ptr_nonnull(strstr(result->err, "web: permission denied: only root and"));
	ck_assert_str_eq(fake_bytes(&fake), "");
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("svctl send");
	TCase *tests = tcase_create("send");

	world_fixture(tests);
	tcase_add_checked_fixture(tests, setup, 0);
	tcase_add_test(tests, test_every_letter);
	tcase_add_test(tests, test_letters_in_order);
	tcase_add_test(tests, test_several_targets);
	tcase_add_test(tests, test_help_and_version);
	tcase_add_test(tests, test_control_is_no_fifo);
	tcase_add_test(tests, test_control_is_full);
	tcase_add_test(tests, test_permission);
	tcase_add_loop_test(tests, test_mistakes, 0, sizeof mistakes / sizeof *mistakes);
	tcase_add_loop_test(
		tests, test_never_supervised, 0, sizeof unsupervised / sizeof *unsupervised);
	tcase_add_loop_test(
		tests, test_no_longer_supervised, 0, sizeof unsupervised / sizeof *unsupervised);
	tcase_add_loop_test(
		tests, test_no_state_directory, 0, sizeof unsupervised / sizeof *unsupervised);
	suite_add_tcase(suite, tests);
	return suite;
}

SV_CHECK_MAIN(make_suite)
