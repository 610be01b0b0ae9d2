/* The journal: marks outlive the mapping, and nonsense counts as empty.
 * uses: logger/journal.o */
#include "logger/journal.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/check_main.h"

static int new_file(void)
{
	int fd = memfd_create("lock", MFD_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	return fd;
}

static void check_mark(struct journal *journal, size_t index, uint64_t offset, uint64_t taken)
{
	struct journal_mark mark = journal_mark(journal, index);

	ck_assert_uint_eq(mark.offset, offset);
	ck_assert_uint_eq(mark.taken, taken);
}

START_TEST(a_new_file_is_whole_and_empty)
{
	int fd = new_file();
	struct journal journal;
	struct stat st;

	ck_assert(journal_open(&journal, fd));
	ck_assert_int_eq(fstat(fd, &st), 0);
	ck_assert_int_eq(st.st_size, JOURNAL_SIZE);
	ck_assert_int_ge(st.st_blocks * 512, JOURNAL_SIZE);
	ck_assert_uint_eq(journal_end(&journal), 0);
	for (size_t i = 0; i < SCRIPT_DESTINATIONS; i++)
		check_mark(&journal, i, 0, 0);
	journal_close(&journal);
	close(fd);
}
END_TEST

START_TEST(what_was_set_is_found_again)
{
	int fd = new_file();
	struct journal journal;
	struct journal_source source = {.device = 1, .inode = 2, .boot = "boot"}, other = source;

	ck_assert(journal_open(&journal, fd));
	other.inode = 3;
	journal_set_source(&journal, &source);
	memcpy(journal.spool, "hello", 5);
	*journal_end_cell(&journal) = 5;
	for (uint64_t i = 0; i < SCRIPT_DESTINATIONS; i++)
		for (uint64_t times = 0; times <= i; times++)
			journal_set_mark(
				&journal, i, (struct journal_mark){i, 100 * i + times, i % 6});
	journal_close(&journal);
	ck_assert(journal_open(&journal, fd));
	ck_assert_uint_eq(journal_end(&journal), 5);
	ck_assert_mem_eq(journal.spool, "hello", 5);
	for (uint64_t i = 0; i < SCRIPT_DESTINATIONS; i++)
		check_mark(&journal, i, 101 * i, i % 6);
	ck_assert(journal_is_source(&journal, &source));
	ck_assert(!journal_is_source(&journal, &other));
	journal_close(&journal);
	close(fd);
}
END_TEST

START_TEST(a_rewind_forgets_bytes_and_keeps_offsets)
{
	int fd = new_file();
	struct journal journal;

	ck_assert(journal_open(&journal, fd));
	*journal_end_cell(&journal) = 9;
	journal_set_mark(&journal, 0, (struct journal_mark){7, 1000, 9});
	journal_set_mark(&journal, 1, (struct journal_mark){8, 2000, 9});
	/* Killed in between: the end is 0 already, so a mark beyond it means nothing. */
	*journal_end_cell(&journal) = 0;
	check_mark(&journal, 1, 2000, 0);
	journal_rewind(&journal, 2);
	check_mark(&journal, 0, 1000, 0);
	*journal_end_cell(&journal) = 4;
	check_mark(&journal, 0, 1000, 0);
	check_mark(&journal, 1, 2000, 0);
	journal_close(&journal);
	close(fd);
}
END_TEST

START_TEST(a_copy_is_equal)
{
	int old_fd = new_file(), new_fd = new_file();
	struct journal old, new;

	ck_assert(journal_open(&old, old_fd));
	ck_assert(journal_open(&new, new_fd));
	memset(old.spool, 'x', JOURNAL_SPOOL);
	*journal_end_cell(&old) = JOURNAL_SPOOL;
	journal_set_mark(&old, 3, (struct journal_mark){1, 2, 3});
	journal_copy(&new, &old);
	ck_assert_mem_eq(new.spool, old.spool, JOURNAL_SIZE);
	journal_close(&old);
	journal_close(&new);
	close(old_fd);
	close(new_fd);
}
END_TEST

/* Any byte of the page may be anything: whatever comes out lies within the spool. */
START_TEST(nonsense_stays_within_bounds)
{
	int fd = new_file();
	struct journal journal;
	unsigned seed = (unsigned)_i + 1;

	ck_assert(journal_open(&journal, fd));
	*journal_end_cell(&journal) = 100;
	unsigned char *page = (unsigned char *)journal.page;
	for (int i = 0; i < 1 + _i; i++) {
		seed = seed * 1103515245 + 12345;
		page[(seed >> 8) % JOURNAL_PAGE] = (unsigned char)(seed >> 20);
	}
	journal_close(&journal);
	ck_assert(journal_open(&journal, fd));
	ck_assert_uint_le(journal_end(&journal), JOURNAL_SPOOL);
	for (size_t i = 0; i < SCRIPT_DESTINATIONS; i++)
		ck_assert_uint_le(journal_mark(&journal, i).taken, journal_end(&journal));
	journal_close(&journal);
	close(fd);
}
END_TEST

static Suite *journal_suite(void)
{
	Suite *suite = suite_create("logger journal");
	TCase *cases = tcase_create("journal");

	tcase_add_test(cases, a_new_file_is_whole_and_empty);
	tcase_add_test(cases, what_was_set_is_found_again);
	tcase_add_test(cases, a_rewind_forgets_bytes_and_keeps_offsets);
	tcase_add_test(cases, a_copy_is_equal);
	tcase_add_loop_test(cases, nonsense_stays_within_bounds, 0, 200);
	suite_add_tcase(suite, cases);
	return suite;
}

SV_CHECK_MAIN(journal_suite)
