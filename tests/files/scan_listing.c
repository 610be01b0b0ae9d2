/* What counts as a service in a scan directory, and what a failed look must not do.
 * uses: svscan/listing.o svscan/memory.o svscan/plan.o
 * wraps: reallocarray fstatat */
#include "svscan/listing.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/check_main.h"
#include "tests/support/world.h"

enum { MANY = 2000 };

/* --- faults ------------------------------------------------------------------------------------- */

/* The n-th call from now on fails; 0: none does. */
static int realloc_fault, stat_fault;
static int stat_error;

void *__real_reallocarray(void *array, size_t count, size_t size);
void *__wrap_reallocarray(void *array, size_t count, size_t size);
int __real_fstatat(int dir_fd, const char *path, struct stat *st, int flags);
int __wrap_fstatat(int dir_fd, const char *path, struct stat *st, int flags);

void *__wrap_reallocarray(void *array, size_t count, size_t size)
{
	if (realloc_fault > 0 && --realloc_fault == 0) {
		errno = ENOMEM;
		return NULL;
	}
	return __real_reallocarray(array, count, size);
}

int __wrap_fstatat(int dir_fd, const char *path, struct stat *st, int flags)
{
	if (stat_fault > 0 && --stat_fault == 0) {
		errno = stat_error;
		return -1;
	}
	return __real_fstatat(dir_fd, path, st, flags);
}

/* --- looking ------------------------------------------------------------------------------------ */

static int open_dir(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	return fd;
}

static struct listing look(void)
{
	struct listing listing;
	int fd = open_dir("scan");

	ck_assert(listing_read(&listing, fd));
	close(fd);
	return listing;
}

static const struct plan_item *find(const struct listing *listing, const char *name)
{
	for (size_t i = 0; i < listing->count; i++)
		if (strcmp(listing->items[i].name, name) == 0)
			return &listing->items[i];
	return NULL;
}

/* The identity of an entry is that of the directory it leads to. */
static void check_identities(const struct listing *listing)
{
	for (size_t i = 0; i < listing->count; i++) {
		char path[512];
		struct stat st;
		snprintf(path, sizeof path, "scan/%s", listing->items[i].name);
		ck_assert_int_eq(stat(path, &st), 0);
		ck_assert_uint_eq(listing->items[i].dev, st.st_dev);
		ck_assert_uint_eq(listing->items[i].ino, st.st_ino);
		ck_assert(!listing->items[i].leaving);
	}
}

static const char *const plain[] = {
	"web", "-dash", "a b", "line\nend", "in@stance", "tail.", "caf\xc3\xa9", "\x01"};
static const char *const refused[] = {".svscan", "...", "@", "template@"};

static void make_dirs(const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char path[64];
		snprintf(path, sizeof path, "scan/%s", names[i]);
		world_dir(path);
	}
}

static void make_zoo(void)
{
	make_dirs(plain, sizeof plain / sizeof *plain);
	make_dirs(refused, sizeof refused / sizeof *refused);
	world_dir("elsewhere");
	world_write("scan/file", "");
	ck_assert_int_eq(mkfifo("scan/fifo", 0600), 0);
	ck_assert_int_eq(symlink("web", "scan/link"), 0);
	ck_assert_int_eq(symlink("../elsewhere", "scan/far"), 0);
	ck_assert_int_eq(symlink("nowhere", "scan/dangling"), 0);
	ck_assert_int_eq(symlink("file", "scan/to-file"), 0);
	ck_assert_int_eq(symlink("fifo", "scan/to-fifo"), 0);
	ck_assert_int_eq(symlink("loop", "scan/loop"), 0);
	ck_assert_int_eq(symlink("../elsewhere", "scan/.dot-link"), 0);
	ck_assert_int_eq(symlink("../elsewhere", "scan/link@"), 0);
}

START_TEST(an_empty_directory)
{
	world_dir("scan");
	struct listing listing = look();
	ck_assert_uint_eq(listing.count, 0);
	listing_free(&listing);
}
END_TEST

START_TEST(directories_and_links_to_them_are_services)
{
	make_zoo();
	struct listing listing = look();
	for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
		ck_assert_msg(find(&listing, plain[i]) != NULL, "%s is missing", plain[i]);
	ck_assert(find(&listing, "link") && find(&listing, "far"));
	ck_assert_uint_eq(listing.count, sizeof plain / sizeof *plain + 2);
	check_identities(&listing);
	ck_assert_uint_eq(find(&listing, "web")->ino, find(&listing, "link")->ino);
	listing_free(&listing);
	ck_assert_uint_eq(listing.count, 0);
	ck_assert_ptr_null(listing.items);
}
END_TEST

START_TEST(names)
{
	char longest[256];

	memset(longest, 'n', 255);
	longest[255] = 0;
	ck_assert(listing_is_service_name("a"));
	ck_assert(listing_is_service_name("a@b"));
	ck_assert(listing_is_service_name("-"));
	ck_assert(listing_is_service_name(longest));
	ck_assert(!listing_is_service_name(""));
	ck_assert(!listing_is_service_name("."));
	ck_assert(!listing_is_service_name(".."));
	ck_assert(!listing_is_service_name(".a"));
	ck_assert(!listing_is_service_name("a@"));
	ck_assert(!listing_is_service_name("@"));
}
END_TEST

/* The tables move while they grow: every name must still be whole at the end. */
START_TEST(two_thousand_entries)
{
	world_dir("scan");
	for (int i = 0; i < MANY; i++) {
		char path[64];
		snprintf(path, sizeof path, "scan/service-with-a-name-%d", i);
		ck_assert_int_eq(i % 4 ? mkdir(path, 0755) : symlink("..", path), 0);
	}
	struct listing listing = look();
	ck_assert_uint_eq(listing.count, MANY);
	check_identities(&listing);
	qsort(listing.items, listing.count, sizeof *listing.items, plan_by_name);
	for (size_t i = 1; i < listing.count; i++)
		ck_assert_int_lt(plan_by_name(&listing.items[i - 1], &listing.items[i]), 0);
	listing_free(&listing);
}
END_TEST

/* The same fd serves for every look, so each must begin at the first entry. */
START_TEST(each_look_sees_the_whole)
{
	struct listing listing;

	world_dir("scan/a");
	int fd = open_dir("scan");
	for (size_t round = 1; round < 4; round++) {
		ck_assert(listing_read(&listing, fd));
		ck_assert_uint_eq(listing.count, round);
		listing_free(&listing);
		world_dir(round == 1 ? "scan/b" : "scan/c");
	}
	close(fd);
}
END_TEST

/* --- what can go wrong -------------------------------------------------------------------------- */

/* Only an empty directory can be removed, so nothing in it is what is there. */
START_TEST(a_removed_directory_holds_nothing)
{
	struct listing listing;

	world_dir("scan");
	int fd = open_dir("scan");
	ck_assert_int_eq(rmdir("scan"), 0);
	if (listing_read(&listing, fd))
		ck_assert_uint_eq(listing.count, 0);
	else
		ck_assert_int_eq(errno, ENOENT);
	listing_free(&listing);
	close(fd);
}
END_TEST

START_TEST(what_is_no_directory_cannot_be_read)
{
	struct listing listing;

	ck_assert(!listing_read(&listing, -1));
	ck_assert_int_eq(errno, EBADF);
	listing_free(&listing);
	world_write("file", "");
	int fd = open("file", O_RDONLY | O_CLOEXEC);
	ck_assert(!listing_read(&listing, fd));
	ck_assert_int_eq(errno, ENOTDIR);
	listing_free(&listing);
	close(fd);
}
END_TEST

/* A listing that lacks an entry would stop its service. */
START_TEST(without_memory_there_is_no_listing)
{
	int faults = 0;

	make_zoo();
	for (int i = 0; i < 60; i++) {
		char path[64];
		snprintf(path, sizeof path, "scan/service-with-a-name-%d", i);
		world_dir(path);
	}
	int fd = open_dir("scan");
	while (true) {
		struct listing listing;
		realloc_fault = faults + 1;
		bool ok = listing_read(&listing, fd);
		int error = errno;
		bool struck = realloc_fault == 0;
		realloc_fault = 0;
		listing_free(&listing);
		ck_assert_int_eq(ok, !struck);
		if (!struck)
			break;
		ck_assert_int_eq(error, ENOMEM);
		faults++;
	}
	ck_assert_int_gt(faults, 3);
	close(fd);
}
END_TEST

static bool look_with_fault(int error)
{
	struct listing listing;
	int fd = open_dir("scan");

	stat_fault = 1;
	stat_error = error;
	bool ok = listing_read(&listing, fd);
	ck_assert_int_eq(stat_fault, 0);
	if (!ok)
		ck_assert_int_eq(errno, error);
	listing_free(&listing);
	close(fd);
	return ok;
}

/* A link that cannot be followed just now is not a link that leads nowhere. */
START_TEST(a_link_that_cannot_be_looked_at)
{
	world_dir("scan");
	world_dir("elsewhere");
	ck_assert_int_eq(symlink("../elsewhere", "scan/link"), 0);
	ck_assert(look_with_fault(ENOENT));
	ck_assert(look_with_fault(ENOTDIR));
	ck_assert(look_with_fault(ELOOP));
	ck_assert(look_with_fault(EACCES));
	ck_assert(!look_with_fault(ENOMEM));
	ck_assert(!look_with_fault(EIO));
	ck_assert(!look_with_fault(ESTALE));
}
END_TEST

START_TEST(no_descriptor_is_left_open)
{
	struct listing listing;

	world_dir("scan/a");
	world_write("file", "");
	int fd = open_dir("scan"), file_fd = open("file", O_RDONLY | O_CLOEXEC);
	for (int round = 0; round < 3; round++) {
		realloc_fault = round;
		bool ok = listing_read(&listing, fd);
		ck_assert_int_eq(ok, round == 0);
		listing_free(&listing);
		ck_assert(!listing_read(&listing, file_fd));
		listing_free(&listing);
	}
	int next_fd = open_dir("scan");
	ck_assert_int_eq(next_fd, file_fd + 1);
	close(next_fd);
	close(file_fd);
	close(fd);
}
END_TEST

static Suite *listing_suite(void)
{
	Suite *suite = suite_create("svscan listing");
	TCase *cases = tcase_create("listing");

	world_fixture(cases);
	tcase_add_test(cases, an_empty_directory);
	tcase_add_test(cases, directories_and_links_to_them_are_services);
	tcase_add_test(cases, names);
	tcase_add_test(cases, two_thousand_entries);
	tcase_add_test(cases, each_look_sees_the_whole);
	tcase_add_test(cases, a_removed_directory_holds_nothing);
	tcase_add_test(cases, what_is_no_directory_cannot_be_read);
	tcase_add_test(cases, without_memory_there_is_no_listing);
	tcase_add_test(cases, a_link_that_cannot_be_looked_at);
	tcase_add_test(cases, no_descriptor_is_left_open);
	suite_add_tcase(suite, cases);
	return suite;
}

SV_CHECK_MAIN(listing_suite)
