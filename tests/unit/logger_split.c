/* Splitting: the same lines come out wherever the input is cut and however little room there is,
 * compared with a splitter that goes byte by byte.
 * uses: logger/split.o */
#include "logger/split.h"

#include <string.h>

#include "tests/support/check_main.h"

enum { MOST = 4096 };

static struct stamp stamp_of(size_t size)
{
	struct stamp stamp = {.size = size};

	memset(stamp.text, '<', STAMP_ROOM);
	memset(stamp.text, '#', size);
	return stamp;
}

/* The oracle. */
static size_t stamp_slowly(char *to, const char *from, size_t size, const struct stamp *stamp)
{
	size_t made = 0;
	bool mid_line = false;

	for (size_t i = 0; i < size; i++) {
		if (!mid_line) {
			memcpy(to + made, stamp->text, stamp->size);
			made += stamp->size;
		}
		to[made++] = from[i];
		mid_line = from[i] != '\n';
	}
	return made;
}

/* Lines of every length up to 80 and of none, with NULs and high bytes. */
static size_t make_input(char *to, size_t size, unsigned seed)
{
	for (size_t i = 0; i < size; i++) {
		seed = seed * 1103515245 + 12345;
		to[i] = (seed >> 16) % 23 == 0 ? '\n' : (char)(seed >> 20);
	}
	return size;
}

/* Feeds pieces of at most `piece` bytes into room for at most `room`. */
static size_t stamp_in_pieces(char *to, const char *from, size_t size, const struct stamp *stamp,
	size_t piece, size_t room, bool one_line)
{
	size_t made = 0, at = 0;
	bool mid_line = false;

	while (at < size) {
		size_t left = size - at < piece ? size - at : piece;
		struct split_input in = {.bytes = from + at, .size = left, .mid_line = mid_line};
		struct split_result result = split_stamped(in, stamp, to + made, room, one_line);
		ck_assert_uint_gt(result.consumed, 0);
		ck_assert_uint_le(result.consumed, left);
		ck_assert_uint_le(result.produced, room);
		ck_assert_uint_le(result.lines_consumed, result.consumed);
		if (result.lines_consumed > 0)
			ck_assert_int_eq(in.bytes[result.lines_consumed - 1], '\n');
		if (one_line && result.lines_consumed > 0)
			ck_assert_uint_eq(result.lines_consumed, result.consumed);
		const char *rest = in.bytes + result.lines_consumed;
		ck_assert_ptr_null(memchr(rest, '\n', result.consumed - result.lines_consumed));
		at += result.consumed;
		made += result.produced;
		mid_line = result.mid_line;
		ck_assert_int_eq(mid_line, from[at - 1] != '\n');
	}
	return made;
}

static const size_t stamp_sizes[] = {0, 1, 26, 31, 32, 33, 57, 64};

START_TEST(cut_anywhere_the_lines_are_the_same)
{
	static char from[300], expected[30000], made[30000];
	struct stamp stamp = stamp_of(stamp_sizes[_i]);
	size_t size = make_input(from, sizeof from, (unsigned)_i + 7);
	size_t wanted = stamp_slowly(expected, from, size, &stamp);

	for (size_t piece = 1; piece <= size; piece++)
		for (int one_line = 0; one_line < 2; one_line++) {
			size_t got = stamp_in_pieces(
				made, from, size, &stamp, piece, sizeof made - 20000, one_line);
			ck_assert_uint_eq(got, wanted);
			ck_assert_mem_eq(made, expected, wanted);
		}
}
END_TEST

/* Each call's room is the size of its own memory block, so a sanitizer sees a byte too many. */
START_TEST(any_room_is_enough_and_kept_to)
{
	static char from[MOST], expected[MOST * 70];
	struct stamp stamp = stamp_of(stamp_sizes[_i]);
	size_t size = make_input(from, sizeof from, (unsigned)_i + 99);
	size_t wanted = stamp_slowly(expected, from, size, &stamp);

	for (size_t room = stamp.size + 1; room < 200; room++) {
		char *out = malloc(room);
		size_t made = 0;
		bool mid_line = false;
		for (size_t at = 0; at < size;) {
			struct split_input in = {from + at, size - at, mid_line};
			struct split_result result = split_stamped(in, &stamp, out, room, false);
			ck_assert_uint_gt(result.consumed, 0);
			ck_assert_mem_eq(expected + made, out, result.produced);
			at += result.consumed;
			made += result.produced;
			mid_line = result.mid_line;
		}
		ck_assert_uint_eq(made, wanted);
		free(out);
	}
}
END_TEST

START_TEST(a_stamp_never_stands_alone)
{
	char out[64];
	struct stamp stamp = stamp_of(26);
	struct split_input in = {"abc\n", 4, false};

	for (size_t room = 0; room <= 26; room++) {
		struct split_result result = split_stamped(in, &stamp, out, room, false);
		ck_assert_uint_eq(result.consumed, 0);
		ck_assert_uint_eq(result.produced, 0);
		ck_assert(!result.mid_line);
	}
}
END_TEST

START_TEST(plain_agrees_with_stamped)
{
	static char from[200], out[400];
	struct stamp none = stamp_of(0);
	size_t size = make_input(from, sizeof from, 5);

	for (size_t at = 0; at <= size; at++)
		for (size_t room = 0; room <= size - at + 1; room++)
			for (int flags = 0; flags < 4; flags++) {
				struct split_input in = {from + at, size - at, flags & 1};
				struct split_result a = split_plain(in, room, flags & 2);
				struct split_result b =
					split_stamped(in, &none, out, room, flags & 2);
				ck_assert_uint_eq(a.consumed, b.consumed);
				ck_assert_uint_eq(a.produced, b.produced);
				ck_assert_uint_eq(a.lines_consumed, b.lines_consumed);
				ck_assert_uint_eq(a.lines_produced, b.lines_produced);
				ck_assert_int_eq(a.mid_line, b.mid_line);
			}
}
END_TEST

static Suite *split_suite(void)
{
	Suite *suite = suite_create("logger split");
	TCase *cases = tcase_create("split");
	int sizes = (int)(sizeof stamp_sizes / sizeof *stamp_sizes);

	tcase_add_loop_test(cases, cut_anywhere_the_lines_are_the_same, 0, sizes);
	tcase_add_loop_test(cases, any_room_is_enough_and_kept_to, 0, sizes);
	tcase_add_test(cases, a_stamp_never_stands_alone);
	tcase_add_test(cases, plain_agrees_with_stamped);
	tcase_set_timeout(cases, 60);
	suite_add_tcase(suite, cases);
	return suite;
}

SV_CHECK_MAIN(split_suite)
