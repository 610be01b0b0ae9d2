/* What the words of the command line stand for: names however odd, paths, patterns, logs. */
#include "tests/support/check_main.h"
#include "tests/world/svctl_tree.h"

static struct tree tree;

static void setup(void)
{
	tree_begin(&tree);
}

START_TEST(test_odd_names)
{
	char longest[256];

	memset(longest, 'n', 255);
	longest[255] = 0;
	fake_running(&tree, "a\nb");
	fake_running(&tree, "a\033[31mb");
	fake_running(&tree, "w\xc3\xbcrfel");
	fake_running(&tree, "sp ace");
	fake_running(&tree, "..dots");
	fake_running(&tree, "template@");
	fake_running(&tree, longest);
	tree_write(tree_path(&tree, "file", ""), "", 0, 0644);
	ck_assert_int_eq(symlink("/nonexistent", tree_path(&tree, "dangling", "")), 0);
	const struct result *result = SVCTL("status");
	ck_assert_int_eq(result->code, 0);
	ck_assert_str_eq(result->err, "");
	ck_assert_uint_eq(lines(result->out), 6);
	contains(result->out, "\na\\nb ");
	contains(result->out, "\na\\x1b[31mb ");
	contains(result->out, "\nw\xc3\xbcrfel ");
	contains(result->out, "\nsp ace ");
	contains(result->out, longest);
	ck_assert_ptr_null(strchr(result->out, '\033'));
}
END_TEST

START_TEST(test_wrong_names)
{
	char longer[301];

	memset(longer, 'n', 300);
	longer[300] = 0;
	fake_running(&tree, "celery");
	const struct result *result = SVCTL("status", "celry");
	ck_assert_int_eq(result->code, 4);
	contains(result->err, "no service 'celry' in ");
	contains(result->err, "; did you mean 'celery'?\n");
	fake_running(&tree, "worker@1");
	contains(SVCTL("status", "worker")->err, "; did you mean 'worker@*'?\n");
	result = SVCTL("status", longer);
	ck_assert_int_eq(result->code, 4);
	contains(result->err, "at most 255 bytes");
	ck_assert_uint_eq(lines(result->err), 1);
	result = SVCTL("status", "a\nb");
	ck_assert_int_eq(result->code, 4);
	contains(result->err, "no service 'a\\nb' in ");
	ck_assert_uint_eq(lines(result->err), 1);
	result = SVCTL("status", "");
	ck_assert_int_eq(result->code, 4);
}
END_TEST

START_TEST(test_paths)
{
	fake_running(&tree, "web");
	fake_running(&tree, "web/log");
	ck_assert_int_eq(chdir(tree_path(&tree, "web", "")), 0);
	const struct result *result = SVCTL("status", ".");
	ck_assert_int_eq(result->code, 0);
	contains(result->out, "\nweb   RUNNING");
	contains(SVCTL("status", "--json", "./log")->out, "\"name\":\"web\"");
	contains(SVCTL("status", "--json", "./log")->out, "\"is_log\":true");
	contains(SVCTL("status", "web/log")->out, "\nweb/log  RUNNING");
	contains(SVCTL("status", "w*/log")->out, "\nweb/log  RUNNING");
	contains(SVCTL("status", tree_path(&tree, "web", ""))->out,
		tree_path(&tree, "web  RUNNING", ""));
	ck_assert_int_eq(chdir("log"), 0);
	contains(SVCTL("status", ".")->out, "\nweb/log  RUNNING");
	contains(SVCTL("status", "..")->out, "\nweb   RUNNING");
	const struct result *none = SVCTL("status", "./none");
	ck_assert_int_eq(none->code, 4);
	contains(none->out, "./none  UNKNOWN");
	contains(none->err, "./none: it cannot be found: No such file or directory\n");
	ck_assert_int_eq(SVCTL("status", "../run")->code, 4);
	ck_assert_int_eq(chdir("/"), 0);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("svctl names");
	TCase *tests = tcase_create("names");

	world_fixture(tests);
	tcase_add_checked_fixture(tests, setup, 0);
	tcase_add_test(tests, test_odd_names);
	tcase_add_test(tests, test_wrong_names);
	tcase_add_test(tests, test_paths);
	suite_add_tcase(suite, tests);
	return suite;
}

SV_CHECK_MAIN(make_suite)
