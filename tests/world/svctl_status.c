/* svctl status: what it shows, what it exits with, and that nothing in a state directory can make
 * it hang or lie.  supervise is imitated, so that every status is possible. */
#include "tests/support/check_main.h"
#include "tests/world/svctl_tree.h"

static struct tree tree;

static void setup(void)
{
	tree_begin(&tree);
}

static struct fake fake_in(const char *name, enum sv_state state)
{
	struct fake fake = fake_begin(&tree, name);
	struct sv_status status = {.changed = sv_wall(), .state = state};

	fake_status(&fake, &status);
	return fake;
}

START_TEST(test_table)
{
	struct fake backoff = fake_begin(&tree, "celery@2");
	struct sv_status status = {.changed = sv_wall(),
		.want_up = true,
		.state = SV_STATE_BACKOFF,
		.has_exit = true,
		.wait_status = 1 << 8,
		.exit_time = sv_wall().tv_sec - 65,
		.starts = 5,
		.restarts = 4,
		.early_deaths = 4,
		.deadline_ms = sv_now_ms() + 999999,
		.text = "no broker"};

	fake_status(&backoff, &status);
	fake_in("web", SV_STATE_STOPPED);
	fake_running(&tree, "web/log");
	fake_in("web-2", SV_STATE_STOPPED);
	const struct result *result = SVCTL("status");
	ck_assert_int_eq(result->code, 3);
	ck_assert_str_eq(result->err, "");
	contains(result->out, "NAME      STATE");
	contains(result->out, "LAST-EXIT       WHY\n");
	contains(result->out, "\ncelery@2  BACKOFF     -");
	contains(result->out, " 4  code 1, 1m ago  restart in ");
	contains(result->out, "; exited 4 times in a row; no broker\n");
	contains(result->out, "\nweb       STOPPED     -");
	contains(result->out, "\nweb/log   RUNNING  4711");
	contains(strstr(result->out, "web/log"), "\nweb-2 ");
	ck_assert_uint_eq(lines(result->out), 5);
	/* No colours for pipes and files. */
	ck_assert_ptr_null(strchr(result->out, '\033'));
}
END_TEST

static const struct {
	const char *words[4];
	int code;
	size_t lines;
} codes[] = {
	{{"up"}, 0, 2},
	{{"up", "up2"}, 0, 3},
	{{"up", "up"}, 0, 2},
	{{"up", "down"}, 3, 3},
	{{"up*"}, 0, 3},
	{{"up", "nosuch"}, 4, 2},
	{{"nosuch"}, 4, 0},
	{{"nosuch*"}, 4, 0},
	{{"down", "garbled"}, 4, 3},
	{{"alone"}, 102, 2},
	{{"alone", "garbled"}, 102, 3},
	{{"alon*"}, 3, 2},
	{{"alone", "alon*"}, 102, 2},
	{{"all"}, 4, 6},
	{{"up/log"}, 4, 0},
};

START_TEST(test_codes)
{
	fake_running(&tree, "up");
	fake_running(&tree, "up2");
	fake_in("down", SV_STATE_STOPPED);
	fake_directory(&tree, "alone");
	struct fake garbled = fake_begin(&tree, "garbled");
	fake_publish(&garbled, "x", 1);

	const char *words[8] = {"status"};
	memcpy(words + 1, codes[_i].words, sizeof codes[_i].words);
	const struct result *result = svctl_run(0, words);
	ck_assert_msg(result->code == codes[_i].code, "exit code %d, wanted %d: %s%s", result->code,
		codes[_i].code, result->out, result->err);
	ck_assert_uint_eq(lines(result->out), codes[_i].lines);
}
END_TEST

START_TEST(test_every_state)
{
	for (enum sv_state state = 0; state < SV_STATES; state++) {
		char name[] = {'s', (char)('0' + state), 0};
		fake_in(name, state);
		const struct result *result = SVCTL("status", name);
		ck_assert_int_eq(result->code, sv_state_is_up(state) ? 0 : 3);
		contains(result->out, sv_state_word(state));
	}
}
END_TEST

static void plant_fifo(const char *path)
{
	ck_assert_int_eq(mkfifo(path, 0600), 0);
}

static void plant_directory(const char *path)
{
	ck_assert_int_eq(mkdir(path, 0700), 0);
}

static void plant_link(const char *path)
{
	ck_assert_int_eq(symlink("/etc/passwd", path), 0);
}

static void plant_megabyte(const char *path)
{
	static char bytes[1 << 20];

	tree_write(path, bytes, sizeof bytes, 0644);
}

static void plant_empty(const char *path)
{
	tree_write(path, "", 0, 0644);
}

static void plant_half(const char *path)
{
	unsigned char bytes[SV_STATUS_SIZE];
	struct sv_status status = fake_up();

	sv_status_pack(bytes, &status);
	tree_write(path, bytes, sizeof bytes / 2, 0644);
}

static void plant_flipped(const char *path)
{
	unsigned char bytes[SV_STATUS_SIZE];
	struct sv_status status = fake_up();

	sv_status_pack(bytes, &status);
	bytes[50] ^= 4;
	tree_write(path, bytes, sizeof bytes, 0644);
}

static void plant_nothing(const char *path)
{
	(void)path;
}

static const struct {
	void (*plant)(const char *path);
	const char *words;
} bad[] = {
	{plant_fifo, "web: status is not a regular file; "},
	{plant_directory, "web: status is not a regular file; "},
	{plant_link, "web: status is not a regular file; "},
	{plant_megabyte, "web: status is too long; "},
	{plant_empty, "web: status is truncated; "},
	{plant_half, "web: status is truncated; "},
	{plant_flipped, "web: status is garbled; "},
	{plant_nothing, "web: status cannot be read: No such file or directory"},
};

START_TEST(test_bad_status)
{
	fake_begin(&tree, "web");
	fake_running(&tree, "good");
	bad[_i].plant(tree_path(&tree, "web", "supervise/status"));
	const struct result *result = SVCTL("status", "web", "good");
	ck_assert_int_eq(result->code, 4);
	contains(result->out, "web   UNKNOWN");
	contains(result->out, "good  RUNNING");
	contains(result->err, bad[_i].words);
	ck_assert_uint_eq(lines(result->err), 1);
	result = SVCTL("status", "--json", "web");
	ck_assert_int_eq(result->code, 4);
	contains(result->out, "\"state\":\"UNKNOWN\",\"pid\":null");
}
END_TEST

/* The same trouble in many services is one line. */
START_TEST(test_shared_trouble)
{
	for (int i = 0; i < 20; i++) {
		char name[8];
		snprintf(name, sizeof name, "s%02d", i);
		struct fake fake = fake_begin(&tree, name);
		fake_publish(&fake, "", 0);
	}
	const struct result *result = SVCTL("status");
	ck_assert_int_eq(result->code, 4);
	contains(result->err, "s00 and 19 more: status is truncated; ");
	ck_assert_uint_eq(lines(result->err), 1);
	ck_assert_uint_eq(lines(result->out), 21);
}
END_TEST

START_TEST(test_stale)
{
	struct fake fake = fake_running(&tree, "web");

	fake_leave(&fake);
	const struct result *result = SVCTL("status", "web");
	ck_assert_int_eq(result->code, 102);
	contains(result->out, "UNSUPERVISED    -");
	contains(result->out, "last seen up, pid 4711");
	ck_assert_str_eq(result->err, "");
}
END_TEST

START_TEST(test_runit_status)
{
	unsigned char bytes[SV_STATUS_SIZE];
	struct sv_status status = fake_up();
	struct fake fake = fake_begin(&tree, "web");

	status.changed.tv_sec -= 12;
	sv_status_pack(bytes, &status);
	fake_publish(&fake, bytes, SV_STATUS_RUNIT_SIZE);
	const struct result *result = SVCTL("status", "web");
	ck_assert_int_eq(result->code, 0);
	contains(result->out, "web   RUNNING  4711  0:00:1");
	contains(result->out, "         -  -\n");
}
END_TEST

START_TEST(test_no_scan_directory)
{
	setenv("SVDIR", "/nonexistent", 1);
	const struct result *result = SVCTL("status");
	ck_assert_int_eq(result->code, 4);
	contains(result->err, "cannot open the scan directory /nonexistent");
	ck_assert_uint_eq(lines(result->err), 1);
	setenv("SVDIR", tree.path, 1);
	result = SVCTL("status");
	ck_assert_int_eq(result->code, 0);
	ck_assert_str_eq(result->out, "");
	EXPECT_LINE(0, "[]\n", "status", "--json");
}
END_TEST

START_TEST(test_permission)
{
	if (geteuid() != 0) {
		world_skip("only root can become somebody else");
		return;
	}
	fake_running(&tree, "web");
	fake_running(&tree, "web-2");
	const struct result *result = svctl_run(world_become_nobody, TREE_NAMES("status"));
	if (result->code == 127) {
		world_skip("nobody may not run $SV_BIN");
		return;
	}
	ck_assert_int_eq(result->code, 4);
	contains(result->out, "\nweb    UNKNOWN");
	contains(result->err, "Permission denied; only root and the user who runs supervise");
	ck_assert_uint_eq(lines(result->err), 1);
}
END_TEST

static void break_stdout(void)
{
	int fds[2];

	if (pipe(fds) < 0)
		_exit(126);
	close(fds[0]);
	dup2(fds[1], 1);
}

static void fill_stdout(void)
{
	dup2(open("/dev/full", O_WRONLY), 1);
}

START_TEST(test_output_fails)
{
	fake_running(&tree, "web");
	const struct result *result = svctl_run(break_stdout, TREE_NAMES("status"));
	ck_assert_int_eq(result->code, 111);
	ck_assert_str_eq(result->err, "");
	result = svctl_run(fill_stdout, TREE_NAMES("status"));
	ck_assert_int_eq(result->code, 111);
	contains(result->err, "cannot write the output: No space left on device");
}
END_TEST

START_TEST(test_json_is_json)
{
	if (access("/usr/bin/python3", X_OK) < 0) {
		world_skip("no python3 to read JSON");
		return;
	}
	fake_running(&tree, "web");
	fake_running(&tree, "web/log");
	fake_running(&tree, "bad\xff\xc3(\"\\\n\001");
	fake_directory(&tree, "alone");
	struct fake garbled = fake_begin(&tree, "garbled");
	fake_publish(&garbled, "x", 1);
	char command[512];
	snprintf(command, sizeof command,
		"%s/svctl status --json 2>/dev/null | /usr/bin/python3 -c '"
		"import json, sys; rows = json.load(sys.stdin)\n"
		"assert [r[\"state\"] for r in rows] == [\"UNSUPERVISED\", \"RUNNING\", "
		"\"UNKNOWN\", "
		"\"RUNNING\", \"RUNNING\"], rows\n"
		"assert len({tuple(r) for r in rows}) == 1, rows'",
		getenv("SV_BIN"));
	ck_assert_int_eq(system(command), 0); /* NOLINT(cert-env33-c) */
}
END_TEST

START_TEST(test_many)
{
	enum { MANY = 300 };

	for (int i = 0; i < MANY; i++) {
		char name[16];
		snprintf(name, sizeof name, "s%04d", i);
		struct fake fake = fake_running(&tree, name);
		close(fake.control_fd);
	}
	const struct result *result = SVCTL("status");
	ck_assert_int_eq(result->code, 0);
	ck_assert_uint_eq(lines(result->out), MANY + 1);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("svctl status");
	TCase *tests = tcase_create("status");

	world_fixture(tests);
	tcase_add_checked_fixture(tests, setup, 0);
	tcase_add_test(tests, test_table);
	tcase_add_loop_test(tests, test_codes, 0, sizeof codes / sizeof *codes);
	tcase_add_test(tests, test_every_state);
	tcase_add_loop_test(tests, test_bad_status, 0, sizeof bad / sizeof *bad);
	tcase_add_test(tests, test_shared_trouble);
	tcase_add_test(tests, test_stale);
	tcase_add_test(tests, test_runit_status);
	tcase_add_test(tests, test_no_scan_directory);
	tcase_add_test(tests, test_permission);
	tcase_add_test(tests, test_output_fails);
	tcase_add_test(tests, test_json_is_json);
	tcase_add_test(tests, test_many);
	suite_add_tcase(suite, tests);
	return suite;
}

SV_CHECK_MAIN(make_suite)
