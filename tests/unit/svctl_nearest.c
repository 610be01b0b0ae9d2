/* Suggestions: distances against hand-counted cases and a slow second opinion.
 *
 * uses: svctl/nearest.o */
#include <stdint.h>
#include <string.h>

#include "svctl/nearest.h"
#include "tests/support/check_main.h"

static const struct {
	const char *a, *b;
	size_t distance;
} cases[] = {
	{"", "", 0},
	{"", "abc", 3},
	{"abc", "", 3},
	{"celery", "celery", 0},
	{"celry", "celery", 1},
	{"celeryy", "celery", 1},
	{"celary", "celery", 1},
	{"ceelry", "celery", 1},
	{"statsu", "status", 1},
	{"kitten", "sitting", 3},
	{"ab", "ba", 1},
	{"ca", "abc", 3},
	{"web", "db", 2},
};

START_TEST(test_distance)
{
	ck_assert_uint_eq(nearest_distance(cases[_i].a, cases[_i].b), cases[_i].distance);
	ck_assert_uint_eq(nearest_distance(cases[_i].b, cases[_i].a), cases[_i].distance);
}
END_TEST

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* The definition itself, exponential. */
static size_t slow(const char *a, const char *b)
{
	if (!*a || !*b)
		return strlen(a) + strlen(b);
	size_t cost = least(slow(a + 1, b), slow(a, b + 1)) + 1;
	cost = least(cost, slow(a + 1, b + 1) + (*a != *b));
	if (a[1] && b[1] && a[0] == b[1] && a[1] == b[0])
		cost = least(cost, slow(a + 2, b + 2) + 1);
	return cost;
}

/* Every pair of words of up to four letters from an alphabet of two, and more of three. */
START_TEST(test_against_definition)
{
	char words[121][5];
	size_t count = 0;

	for (size_t size = 0, first = 1; size <= 4; size++, first *= 3) {
		for (size_t number = 0; number < first; number++) {
			size_t rest = number;
			for (size_t i = 0; i < size; i++, rest /= 3)
				words[count][i] = (char)('a' + rest % 3);
			words[count++][size] = 0;
		}
	}
	ck_assert_uint_eq(count, 121);
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < count; j++)
			ck_assert_uint_eq(
				nearest_distance(words[i], words[j]), slow(words[i], words[j]));
}
END_TEST

START_TEST(test_long_words)
{
	char word[NEAREST_SIZE + 2];

	memset(word, 'a', sizeof word);
	word[NEAREST_SIZE + 1] = 0;
	ck_assert_uint_eq(nearest_distance(word, "a"), SIZE_MAX);
	ck_assert_uint_eq(nearest_distance("a", word), SIZE_MAX);
	word[NEAREST_SIZE] = 0;
	ck_assert_uint_eq(nearest_distance(word, word), 0);
	ck_assert_uint_eq(nearest_distance(word, "b"), NEAREST_SIZE);
}
END_TEST

static const char *best_of(const char *word)
{
	static const char *const names[] = {"celery", "celery-beat", "redis", "web", "db"};
	struct nearest nearest = {.word = word};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		nearest_offer(&nearest, names[i]);
	return nearest.best;
}

START_TEST(test_offer)
{
	ck_assert_str_eq(best_of("celry"), "celery");
	ck_assert_str_eq(best_of("celery_beat"), "celery-beat");
	ck_assert_str_eq(best_of("redsi"), "redis");
	ck_assert_str_eq(best_of("wbe"), "web");
	ck_assert_ptr_null(best_of("postgres"));
	ck_assert_ptr_null(best_of("x"));
	ck_assert_ptr_null(best_of(""));
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("svctl nearest");
	TCase *tests = tcase_create("nearest");

	tcase_add_loop_test(tests, test_distance, 0, sizeof cases / sizeof *cases);
	tcase_add_test(tests, test_against_definition);
	tcase_add_test(tests, test_long_words);
	tcase_add_test(tests, test_offer);
	suite_add_tcase(suite, tests);
	return suite;
}

SV_CHECK_MAIN(make_suite)
