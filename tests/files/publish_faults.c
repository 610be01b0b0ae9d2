/* Publishing while calls fail: at every moment status, pid and stat are whole, the old or the new, and
 * what was missed is made up for.
 * uses: supervise/publish.o supervise/machine.o supervise/machine_settle.o supervise/machine_describe.o
 * wraps: openat write renameat unlinkat */
#include "supervise/publish.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/check_main.h"
#include "tests/support/world.h"

enum { CALLS = 9 }; /* three files, each opened, written and renamed */

/* --- faults ------------------------------------------------------------------------------------- */

/* What becomes of the n-th call from now on: it fails with `error`, or with error 0 a write is cut
 * short and everything else goes well; `lasting`: so does every call after it. */
static struct fault {
	int n, error;
	int calls;
	bool lasting, struck;
} fault;

int __real_openat(int dir_fd, const char *path, int flags, ...);
int __wrap_openat(int dir_fd, const char *path, int flags, ...);
ssize_t __real_write(int fd, const void *bytes, size_t size);
ssize_t __wrap_write(int fd, const void *bytes, size_t size);
int __real_renameat(int from_fd, const char *from, int to_fd, const char *to);
int __wrap_renameat(int from_fd, const char *from, int to_fd, const char *to);
int __real_unlinkat(int dir_fd, const char *path, int flags);
int __wrap_unlinkat(int dir_fd, const char *path, int flags);

static bool strikes(void)
{
	fault.calls++;
	if (fault.n == 0 || fault.calls < fault.n || (fault.calls > fault.n && !fault.lasting))
		return false;
	fault.struck = true;
	errno = fault.error;
	return true;
}

int __wrap_openat(int dir_fd, const char *path, int flags, ...)
{
	va_list more;

	va_start(more, flags);
	mode_t mode = flags & O_CREAT ? va_arg(more, mode_t) : 0;
	va_end(more);
	return strikes() && fault.error ? -1 : __real_openat(dir_fd, path, flags, mode);
}

ssize_t __wrap_write(int fd, const void *bytes, size_t size)
{
	if (fd == 2 || !strikes()) /* what we say is no part of what we publish */
		return __real_write(fd, bytes, size);
	return fault.error ? -1 : __real_write(fd, bytes, size / 2);
}

int __wrap_renameat(int from_fd, const char *from, int to_fd, const char *to)
{
	return strikes() && fault.error ? -1 : __real_renameat(from_fd, from, to_fd, to);
}

/* Comes only after a fault, so it is not counted: it fails when everything does. */
int __wrap_unlinkat(int dir_fd, const char *path, int flags)
{
	if (fault.struck && fault.lasting) {
		errno = fault.error;
		return -1;
	}
	return __real_unlinkat(dir_fd, path, flags);
}

static void arm(int n, int error, bool lasting)
{
	fault = (struct fault){.n = n, .error = error, .lasting = lasting};
}

static void disarm(void)
{
	fault = (struct fault){0};
}

/* --- a service ---------------------------------------------------------------------------------- */

static struct machine machine_up(void)
{
	struct machine machine = machine_new();

	machine.phase = MACHINE_RUN;
	machine.want = MACHINE_WANT_UP;
	machine.pid = 12345;
	machine.starts = 1;
	machine.changed = machine.started = 777;
	return machine;
}

static struct service arm_service(void)
{
	struct service service = {.name = "web", .path = "web", .boot = 99};

	world_dir("state");
	service.state_fd = open("state", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(service.state_fd, 0);
	service.policy = machine_default_policy;
	return service;
}

static void forget(struct service *service)
{
	close(service->state_fd);
	unlink("state/status");
	unlink("state/pid");
	unlink("state/stat");
	ck_assert_int_eq(rmdir("state"), 0);
}

static size_t read_file(const char *path, char *to, size_t room)
{
	memset(to, 0, room);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ck_assert_msg(fd >= 0, "%s: %s", path, strerror(errno));
	ssize_t size = read(fd, to, room - 1);
	ck_assert_int_ge(size, 0);
	close(fd);
	return (size_t)size;
}

static struct sv_status read_status(void)
{
	char bytes[SV_STATUS_SIZE + 2];
	struct sv_status status;
	size_t size = read_file("state/status", bytes, sizeof bytes);

	ck_assert_uint_eq(size, SV_STATUS_SIZE);
	ck_assert_int_eq(
		sv_status_unpack(&status, (const unsigned char *)bytes, size), SV_STATUS_OURS);
	return status;
}

static int count_files(void)
{
	DIR *dir = opendir("state");
	int count = 0;

	ck_assert_ptr_nonnull(dir);
	for (const struct dirent *entry; (entry = readdir(dir)) != NULL;)
		count += entry->d_name[0] != '.';
	closedir(dir);
	return count;
}

static void check_files(uint32_t pid, const char *pid_text, const char *stat_text)
{
	char text[64];

	ck_assert_uint_eq(read_status().pid, pid);
	read_file("state/pid", text, sizeof text);
	ck_assert_str_eq(text, pid_text);
	read_file("state/stat", text, sizeof text);
	ck_assert_str_eq(text, stat_text);
	ck_assert_int_eq(count_files(), 3);
}

/* Each file is the old or the new one, whole. */
static void check_whole(void)
{
	char text[64];
	struct sv_status status = read_status();

	ck_assert(status.pid == 0 || status.pid == 12345);
	ck_assert_int_eq(status.state, status.pid ? SV_STATE_STARTING : SV_STATE_STOPPED);
	size_t size = read_file("state/pid", text, sizeof text);
	ck_assert(size == 0 || strcmp(text, "12345\n") == 0);
	read_file("state/stat", text, sizeof text);
	ck_assert(strcmp(text, "down\n") == 0 || strcmp(text, "run\n") == 0);
}

/* --- without faults ----------------------------------------------------------------------------- */

START_TEST(three_files_are_written_and_only_when_they_change)
{
	struct service service = arm_service();
	struct machine machine = machine_new();

	disarm();
	publish(&service, &machine, 1);
	ck_assert_int_eq(fault.calls, CALLS);
	check_files(0, "", "down\n");
	publish(&service, &machine, 2);
	ck_assert_int_eq(fault.calls, CALLS);
	machine = machine_up();
	publish(&service, &machine, 3);
	ck_assert_int_eq(fault.calls, CALLS + CALLS);
	check_files(12345, "12345\n", "run\n");
	machine.restarts++; /* only in status */
	publish(&service, &machine, 4);
	ck_assert_int_eq(fault.calls, CALLS + CALLS + 3);
	publish_text(&service, "words");
	publish(&service, &machine, 5);
	ck_assert_str_eq(read_status().text, "words");
	ck_assert_uint_eq(read_status().boot, 99);
	ck_assert(!service.published.dirty);
	ck_assert(publish_deadline(&service) == SV_NEVER);
	forget(&service);
}
END_TEST

START_TEST(the_label_moves_only_with_the_machine)
{
	struct service service = arm_service();
	struct machine machine = machine_up();

	publish(&service, &machine, 1);
	ck_assert_int_gt(read_status().changed.tv_sec, 1600000000);
	service.published.last.changed.tv_sec = 5;
	machine.restarts = 9;
	publish(&service, &machine, 2);
	ck_assert_int_eq(read_status().changed.tv_sec, 5);
	machine.changed++;
	publish(&service, &machine, 3);
	ck_assert_int_gt(read_status().changed.tv_sec, 1600000000);
	ck_assert_int_eq(read_status().exit_time, 0);
	publish_exit(&service);
	publish(&service, &machine, 4);
	ck_assert_int_ge(read_status().exit_time, read_status().changed.tv_sec);
	forget(&service);
}
END_TEST

/* runit's words, which sv and people's scripts know. */
static const struct {
	struct machine machine;
	const char *words;
} stats[] = {
	{{.phase = MACHINE_IDLE}, "down\n"},
	{{.phase = MACHINE_BACKOFF, .want = MACHINE_WANT_UP}, "down\n"},
	{{.phase = MACHINE_RUN, .want = MACHINE_WANT_UP}, "down\n"}, /* ordered, not yet up */
	{{.phase = MACHINE_RUN, .want = MACHINE_WANT_UP, .pid = 1}, "run\n"},
	{{.phase = MACHINE_RUN, .want = MACHINE_WANT_ONCE, .pid = 1}, "run, want down\n"},
	{{.phase = MACHINE_RUN, .pid = 1, .term_sent = true}, "run, got TERM, want down\n"},
	{{.phase = MACHINE_RUN, .want = MACHINE_WANT_UP, .pid = 1, .paused = true},
		"run, paused\n"},
	{{.phase = MACHINE_RUN, .pid = 1, .term_sent = true, .paused = true, .leaving = true},
		"run, paused, got TERM, want exit\n"},
	{{.phase = MACHINE_FINISH, .want = MACHINE_WANT_UP, .pid = 1}, "finish\n"},
	{{.phase = MACHINE_FINISH, .pid = 1, .term_sent = true}, "finish, want down\n"},
	{{.phase = MACHINE_FINISH, .pid = 1, .leaving = true}, "finish, want exit\n"},
	{{.phase = MACHINE_GONE, .leaving = true}, "down\n"},
};

START_TEST(stat_speaks_runits_words)
{
	struct service service = arm_service();
	char text[64];

	for (size_t i = 0; i < sizeof stats / sizeof *stats; i++) {
		publish(&service, &stats[i].machine, 1);
		read_file("state/stat", text, sizeof text);
		ck_assert_msg(
			strcmp(text, stats[i].words) == 0, "%s, not %s", text, stats[i].words);
	}
	forget(&service);
}
END_TEST

/* --- with faults -------------------------------------------------------------------------------- */

/* How a fault meets us: while what was published is replaced, or when nothing was yet; alone, or as the
 * first of many. */
enum { REPLACING_ONE, REPLACING_ALL, FIRST_ALL };

/* Publishes with a fault at the n-th call.  Returns whether there was an n-th. */
static bool survive(int n, int error, int way)
{
	struct service service = arm_service();
	struct machine down = machine_new(), up = machine_up();

	disarm();
	if (way != FIRST_ALL)
		publish(&service, &down, 10);
	service.published.quiet = (struct sv_quiet){.spoken = true};
	arm(n, error, way != REPLACING_ONE);
	publish(&service, &up, 5000);
	bool struck = fault.struck;
	/* A short write is a fault, other calls know nothing of it. */
	bool failed = struck && (error || n % 3 == 2);
	disarm();
	if (way != FIRST_ALL)
		check_whole();
	ck_assert_int_eq(service.published.dirty, failed);
	ck_assert(service.published.retry == (failed ? 6000 : SV_NEVER));
	ck_assert(publish_deadline(&service) == service.published.retry);
	if (way == REPLACING_ONE)
		ck_assert_int_eq(count_files(), 3);
	publish(&service, &up, 6000);
	ck_assert_int_eq(fault.calls, failed ? CALLS : 0);
	ck_assert(!service.published.dirty && publish_deadline(&service) == SV_NEVER);
	check_files(12345, "12345\n", "run\n");
	forget(&service);
	return struck;
}

static const int errors[] = {ENOSPC, EROFS, EIO, EMFILE, EDQUOT};
enum { ERRORS = sizeof errors / sizeof *errors };

static void survive_everywhere(int error, int way)
{
	int n = 1;

	while (survive(n, error, way))
		n++;
	ck_assert_int_eq(n, CALLS + 1);
}

START_TEST(any_call_may_fail)
{
	for (int way = REPLACING_ONE; way <= FIRST_ALL; way++)
		survive_everywhere(errors[_i], way);
}
END_TEST

START_TEST(any_write_may_be_cut_short)
{
	survive_everywhere(0, REPLACING_ONE);
}
END_TEST

/* A supervise that was killed between writing and renaming leaves its files; links are not followed. */
START_TEST(leftovers_are_overwritten)
{
	struct service service = arm_service();
	struct machine up = machine_up();
	char text[64];

	disarm();
	world_write("state/status.new", "rubbish that is longer than nothing");
	world_write("state/stat.new", "rubbish that is longer than any words of runit's");
	publish(&service, &up, 1);
	check_files(12345, "12345\n", "run\n");
	world_write("precious", "mine\n");
	ck_assert_int_eq(symlink("../precious", "state/status.new"), 0);
	up.restarts++;
	service.published.quiet = (struct sv_quiet){.spoken = true};
	publish(&service, &up, 2);
	read_file("precious", text, sizeof text);
	ck_assert_str_eq(text, "mine\n");
	unlink("state/status.new");
	forget(&service);
}
END_TEST

START_TEST(it_complains_once_a_minute)
{
	static const char line[] = "holdfast: warning: web: cannot write its status, will try again"
				   ": No space left on device\n";
	struct service service = arm_service();
	struct machine up = machine_up();
	char said[1024];

	ck_assert_ptr_nonnull(freopen("said", "w", stderr));
	for (sv_ms now = 1; now <= 60001; now += 1000) {
		arm(2, ENOSPC, false); /* the files after the first go well */
		publish(&service, &up, now);
		ck_assert(publish_deadline(&service) == now + 1000);
		read_file("said", said, sizeof said);
		ck_assert_uint_eq(strlen(said), (now < 60001 ? 1 : 2) * (sizeof line - 1));
	}
	ck_assert_mem_eq(said, line, sizeof line - 1);
	disarm();
	forget(&service);
}
END_TEST

static Suite *publish_suite(void)
{
	Suite *suite = suite_create("publish faults");
	TCase *cases = tcase_create("publish");

	world_fixture(cases);
	tcase_add_test(cases, three_files_are_written_and_only_when_they_change);
	tcase_add_test(cases, the_label_moves_only_with_the_machine);
	tcase_add_test(cases, stat_speaks_runits_words);
	tcase_add_loop_test(cases, any_call_may_fail, 0, ERRORS);
	tcase_add_test(cases, any_write_may_be_cut_short);
	tcase_add_test(cases, leftovers_are_overwritten);
	tcase_add_test(cases, it_complains_once_a_minute);
	suite_add_tcase(suite, cases);
	return suite;
}

SV_CHECK_MAIN(publish_suite)
