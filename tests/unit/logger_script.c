/* The logging script: what each word means and which mistake is found where.
 * uses: logger/script.o */
#include "logger/script.h"

#include <string.h>

#include "logger/stamp.h"
#include "tests/support/check_main.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define PARSE(script, ...)                                                                         \
	script_parse((script), COUNT(((const char *const[]){__VA_ARGS__})),                        \
		(const char *const[]){__VA_ARGS__})

START_TEST(defaults_are_s6_logs)
{
	struct script script;

	ck_assert_int_eq(PARSE(&script, "./main").fault, SCRIPT_FINE);
	ck_assert_uint_eq(script.count, 1);
	ck_assert_str_eq(script.destinations[0].path, "./main");
	ck_assert_uint_eq(script.destinations[0].keep, 10);
	ck_assert_uint_eq(script.destinations[0].size, 99999);
	ck_assert_uint_eq(script.destinations[0].stamps, STAMP_NONE);
}
END_TEST

START_TEST(stamps_hold_once_and_numbers_stay)
{
	struct script script;

	ck_assert_int_eq(PARSE(&script, "t", "n20", "s1000000", "/a", "T", "./b", "n0", ".").fault,
		SCRIPT_FINE);
	ck_assert_uint_eq(script.count, 3);
	ck_assert_uint_eq(script.destinations[0].stamps, STAMP_TAI64N);
	ck_assert_uint_eq(script.destinations[1].stamps, STAMP_ISO);
	ck_assert_uint_eq(script.destinations[2].stamps, STAMP_NONE);
	ck_assert_uint_eq(script.destinations[1].keep, 20);
	ck_assert_uint_eq(script.destinations[2].keep, 0);
	ck_assert_uint_eq(script.destinations[2].size, 1000000);
	ck_assert_str_eq(script.destinations[2].path, ".");
}
END_TEST

START_TEST(both_stamps_are_one_directorys)
{
	struct script script;

	ck_assert_int_eq(PARSE(&script, "T", "t", "./x").fault, SCRIPT_FINE);
	ck_assert_uint_eq(script.destinations[0].stamps, STAMP_TAI64N | STAMP_ISO);
}
END_TEST

static const struct {
	const char *word;
	enum script_fault fault;
} words[] = {
	{"s4096", SCRIPT_FINE},
	{"s4095", SCRIPT_BAD_SIZE},
	{"s268435455", SCRIPT_FINE},
	{"s268435456", SCRIPT_BAD_SIZE},
	{"s99999999999999999999999", SCRIPT_BAD_SIZE},
	{"s", SCRIPT_BAD_SIZE},
	{"s 5000", SCRIPT_BAD_SIZE},
	{"s-5000", SCRIPT_BAD_SIZE},
	{"s5000k", SCRIPT_BAD_SIZE},
	{"n1", SCRIPT_FINE},
	{"n4294967295", SCRIPT_FINE},
	{"n4294967296", SCRIPT_BAD_KEEP},
	{"n", SCRIPT_BAD_KEEP},
	{"nx", SCRIPT_BAD_KEEP},
	{"tt", SCRIPT_UNKNOWN_WORD},
	{"T1", SCRIPT_UNKNOWN_WORD},
	{"", SCRIPT_UNKNOWN_WORD},
	{"main", SCRIPT_UNKNOWN_WORD},
	{"+error", SCRIPT_UNKNOWN_WORD},
	{"-t", SCRIPT_UNKNOWN_WORD},
};

START_TEST(each_word_is_judged)
{
	struct script script;
	struct script_problem problem = PARSE(&script, "t", "./a", words[_i].word, "./b");

	ck_assert_int_eq(problem.fault, words[_i].fault);
	ck_assert_uint_eq(problem.word, words[_i].fault == SCRIPT_FINE ? 4 : 2);
	if (problem.fault != SCRIPT_FINE)
		ck_assert_uint_gt(strlen(script_advice(problem.fault)), 10);
}
END_TEST

START_TEST(a_script_needs_a_directory)
{
	struct script script;
	struct script_problem problem = PARSE(&script, "t", "n5");

	ck_assert_int_eq(problem.fault, SCRIPT_NO_DIRECTORY);
	ck_assert_uint_eq(problem.word, 2);
	ck_assert_int_eq(script_parse(&script, 0, NULL).fault, SCRIPT_NO_DIRECTORY);
}
END_TEST

START_TEST(a_stamp_needs_a_directory_behind_it)
{
	struct script script;
	struct script_problem problem = PARSE(&script, "./a", "t");

	ck_assert_int_eq(problem.fault, SCRIPT_STAMP_WITHOUT_LINE);
	ck_assert_uint_eq(problem.word, 1);
}
END_TEST

START_TEST(directories_are_counted)
{
	struct script script;
	const char *many[SCRIPT_DESTINATIONS + 1];

	for (size_t i = 0; i < COUNT(many); i++)
		many[i] = "./d";
	ck_assert_int_eq(script_parse(&script, SCRIPT_DESTINATIONS, many).fault, SCRIPT_FINE);
	struct script_problem problem = script_parse(&script, SCRIPT_DESTINATIONS + 1, many);
	ck_assert_int_eq(problem.fault, SCRIPT_TOO_MANY);
	ck_assert_uint_eq(problem.word, SCRIPT_DESTINATIONS);
}
END_TEST

static Suite *script_suite(void)
{
	Suite *suite = suite_create("logger script");
	TCase *cases = tcase_create("script");

	tcase_add_test(cases, defaults_are_s6_logs);
	tcase_add_test(cases, stamps_hold_once_and_numbers_stay);
	tcase_add_test(cases, both_stamps_are_one_directorys);
	tcase_add_loop_test(cases, each_word_is_judged, 0, (int)COUNT(words));
	tcase_add_test(cases, a_script_needs_a_directory);
	tcase_add_test(cases, a_stamp_needs_a_directory_behind_it);
	tcase_add_test(cases, directories_are_counted);
	suite_add_tcase(suite, cases);
	return suite;
}

SV_CHECK_MAIN(script_suite)
