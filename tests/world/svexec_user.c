/* svexec -u: the ids and groups that the kernel sees, and the variables that go with them.
 *
 * The users are made up: each test works in a mount namespace of its own in which /etc/passwd and
 * /etc/group are files of ours.  Without root, or where namespaces are refused, those tests say so. */
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "tests/support/check_main.h"
#include "tests/world/svexec_child.h"

static const char passwd[] = "root:x:0:0:root:/root:/bin/sh\n"
			     "alice:x:4242:4243:Alice:/home/alice:/bin/alicesh\n"
			     "bare:x:4250:4250:::\n"
			     "4242:x:4260:4260::/home/number:/bin/sh\n";

static const char group[] = "root:x:0:\n"
			    "alice:x:4243:\n"
			    "audio:x:4300:alice,bare\n"
			    "video:x:4301:alice\n"
			    "disk:x:4302:root\n"
			    "4300:x:4303:\n";

/* Says who the process is and what its variables say, for assert_is. */
static const char report[] = "sed -n 's/^\\([UG]id\\|Groups\\):[[:space:]]*//p' /proc/$$/status;"
			     "echo $HOME $USER $LOGNAME $SHELL";

#define REPORT "sh", "-c", report

static bool lay_over(const char *target, const char *text)
{
	char path[] = "/tmp/svexec.XXXXXX";
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	ck_assert_int_eq(fchmod(fd, 0644), 0);
	close(fd);
	/* What an earlier call laid there is an unlinked file, and such cannot be mounted upon. */
	umount2(target, MNT_DETACH);
	bool good = mount(path, target, NULL, MS_BIND, NULL) == 0;
	/* The mount holds the file; nothing is left to clean up. */
	unlink(path);
	return good;
}

static bool has_users(void)
{
	if (geteuid() != 0) {
		puts("SKIP: only root can become somebody else");
		return false;
	}
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		!lay_over("/etc/passwd", passwd) || !lay_over("/etc/group", group)) {
		puts("SKIP: no mount namespace can be had here");
		return false;
	}
	return true;
}

/* The report's lines: all ids equal, as nothing may be left to go back to. */
static void assert_is(struct child child, int uid, int gid, const char *groups, const char *rest)
{
	char text[512];
	char squeezed[512] = "";
	size_t size = 0;

	ck_assert_msg(child.code == 0, "code %d: %s", child.code, child.err);
	snprintf(text, sizeof text, "%d %d %d %d\n%d %d %d %d\n%s\n%s\n", uid, uid, uid, uid, gid,
		gid, gid, gid, groups, rest);
	for (const char *c = child.out; *c && size < sizeof squeezed - 1; c++) {
		if (*c == '\n' && size > 0 && squeezed[size - 1] == ' ')
			size--; /* the kernel ends its list of groups with a blank */
		squeezed[size++] = *c == '\t' ? ' ' : *c;
	}
	ck_assert_str_eq(squeezed, text);
}

START_TEST(a_name_brings_all_its_groups)
{
	if (!has_users())
		return;
	assert_is(RUN("-u", "alice", REPORT), 4242, 4243, "4243 4300 4301",
		"/home/alice alice alice /bin/alicesh");
	/* Empty fields mean what passwd(5) says. */
	assert_is(RUN("-u", "bare", REPORT), 4250, 4250, "4250 4300", "/ bare bare /bin/sh");
	assert_is(RUN("-u", "root", REPORT), 0, 0, "0 4302", "/root root root /bin/sh");
}
END_TEST

START_TEST(named_groups_are_the_only_ones)
{
	if (!has_users())
		return;
	assert_is(RUN("-u", "alice:video", REPORT), 4242, 4301, "4301",
		"/home/alice alice alice /bin/alicesh");
	assert_is(RUN("-u", "alice:video:disk:9999", REPORT), 4242, 4301, "4301 4302 9999",
		"/home/alice alice alice /bin/alicesh");
}
END_TEST

START_TEST(numbers_are_names_first)
{
	if (!has_users())
		return;
	assert_is(RUN("-u", "4242", REPORT), 4260, 4260, "4260", "/home/number 4242 4242 /bin/sh");
	assert_is(RUN("-u", "4242:4300", REPORT), 4260, 4303, "4303",
		"/home/number 4242 4242 /bin/sh");
	assert_is(RUN("-u", ":4242:4300", REPORT), 4242, 4300, "4300", "/ 4242 4242 /bin/sh");
	assert_is(RUN("-u", "4250", REPORT), 4250, 4250, "4250 4300", "/ bare bare /bin/sh");
	assert_is(RUN("-u", "7777:8888", REPORT), 7777, 8888, "8888", "/ 7777 7777 /bin/sh");
}
END_TEST

START_TEST(an_image_without_a_user_data_base)
{
	if (!has_users())
		return;
	ck_assert(lay_over("/etc/passwd", "") && lay_over("/etc/group", ""));
	assert_is(RUN("-u", "1000:1001:1002", REPORT), 1000, 1001, "1001 1002",
		"/ 1000 1000 /bin/sh");
	ASSERT_REFUSED(RUN("-u", "alice", "true"), 100, "there is no user \"alice\"");
}
END_TEST

START_TEST(directories_of_variables_win_over_the_user)
{
	char directory[] = "/tmp/svexec.XXXXXX";
	char path[64];

	if (!has_users())
		return;
	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(path, sizeof path, "%s/HOME", directory);
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_eq(write(fd, "/srv\n", 5), 5);
	close(fd);
	/* Read with our rights: the directory is closed to alice. */
	assert_is(RUN("-e", directory, "-u", "alice", REPORT), 4242, 4243, "4243 4300 4301",
		"/srv alice alice /bin/alicesh");
	unlink(path);
	rmdir(directory);
}
END_TEST

START_TEST(files_are_opened_with_the_rights_from_before)
{
	char directory[] = "/tmp/svexec.XXXXXX";
	char path[64];
	char text[16] = "";

	if (!has_users())
		return;
	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(path, sizeof path, "%s/log", directory);
	ASSERT_SAID(RUN("-u", "alice", "-C", directory, "-1", "log", "sh", "-c", "id -u"), "");
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_ge(read(fd, text, sizeof text - 1), 0);
	close(fd);
	ck_assert_str_eq(text, "4242\n");
	unlink(path);
	rmdir(directory);
}
END_TEST

START_TEST(without_rights_only_oneself)
{
	static const struct child_user alice = {4242, 4243, {4300, 5555}, 2};

	if (!has_users())
		return;
	/* What the orchestrator added stays: nothing can be changed, and nothing is asked for. */
	assert_is(RUN_AS(alice, "-u", "alice", REPORT), 4242, 4243, "4300 5555",
		"/home/alice alice alice /bin/alicesh");
	assert_is(RUN_AS(alice, "-u", "alice:4243:audio:5555", REPORT), 4242, 4243, "4300 5555",
		"/home/alice alice alice /bin/alicesh");
	ASSERT_REFUSED(RUN_AS(alice, "-u", "alice:alice", "true"), 111, "start svexec as root");
	ASSERT_REFUSED(RUN_AS(alice, "-u", "alice:alice:audio:5555:video", "true"), 111, "as root");
	ASSERT_REFUSED(RUN_AS(alice, "-u", "alice:audio", "true"), 111, "start svexec as root");
	ASSERT_REFUSED(RUN_AS(alice, "-u", "bare", "true"), 111, "cannot become user bare");
	ASSERT_REFUSED(RUN_AS(alice, "-u", "root", "true"), 111, "cannot become user root");
}
END_TEST

START_TEST(many_groups)
{
	static char many[65536];
	size_t size = (size_t)snprintf(many, sizeof many, "alice:x:4243:\n");

	if (!has_users())
		return;
	for (int i = 0; i < 1000; i++)
		size += (size_t)snprintf(
			many + size, sizeof many - size, "g%d:x:%d:alice\n", i, 10000 + i);
	ck_assert(lay_over("/etc/group", many));
	ASSERT_SAID(RUN("-u", "alice", "sh", "-c", "id -G | wc -w"), "1001\n");
}
END_TEST

START_TEST(oneself_by_number_needs_no_rights)
{
	char who[32];
	char expected[64];

	snprintf(who, sizeof who, "%d:%d", (int)geteuid(), (int)getegid());
	snprintf(expected, sizeof expected, "%d %d\n", (int)geteuid(), (int)getegid());
	if (geteuid() != 0 && getgroups(0, NULL) > 1) {
		puts("SKIP: this user is in further groups, which only root could leave");
		return;
	}
	ASSERT_SAID(RUN("-u", who, "sh", "-c", "echo $(id -u) $(id -g)"), expected);
}
END_TEST

START_TEST(unknown_users_and_groups_are_the_users_mistake)
{
	ASSERT_REFUSED(RUN("-u", "no-such-user", "true"), 100, "there is no user \"no-such-user\"");
	ASSERT_REFUSED(RUN("-u", "root:no-such-group", "true"), 100, "no group \"no-such-group\"");
	ASSERT_REFUSED(RUN("-u", "3999999999", "true"), 100, "write 3999999999:GID");
	ASSERT_REFUSED(RUN("-u", ":x:1", "true"), 100, "there is no user \"x\"");
	ASSERT_REFUSED(RUN("-u", ":1:x", "true"), 100, "there is no group \"x\"");
	/* The kernel would take these for "leave it as it is": the program would stay root. */
	ASSERT_REFUSED(RUN("-u", "4294967295:1", "true"), 100, "there is no user");
	ASSERT_REFUSED(RUN("-u", "1:4294967295", "true"), 100, "there is no group");
	ASSERT_REFUSED(RUN("-u", "4294967296:1", "true"), 100, "there is no user");
	ASSERT_REFUSED(RUN("-u", "18446744073709551616:1", "true"), 100, "there is no user");
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("svexec_user");
	TCase *cases = tcase_create("user");

	tcase_add_test(cases, a_name_brings_all_its_groups);
	tcase_add_test(cases, named_groups_are_the_only_ones);
	tcase_add_test(cases, numbers_are_names_first);
	tcase_add_test(cases, an_image_without_a_user_data_base);
	tcase_add_test(cases, directories_of_variables_win_over_the_user);
	tcase_add_test(cases, files_are_opened_with_the_rights_from_before);
	tcase_add_test(cases, without_rights_only_oneself);
	tcase_add_test(cases, many_groups);
	tcase_add_test(cases, oneself_by_number_needs_no_rights);
	tcase_add_test(cases, unknown_users_and_groups_are_the_users_mistake);
	suite_add_tcase(suite, cases);
	return suite;
}

SV_CHECK_MAIN(make_suite)
