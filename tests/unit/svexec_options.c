/* The command line of svexec as a plan of values, and the man page that must know every option.
 *
 * uses: svexec/options.o
 */
#include <stdio.h>
#include <string.h>

#include "svexec/options.h"
#include "tests/support/check_main.h"

enum {
	WORDS = 40,
};

/* A command line and what became of it. */
struct reading {
	const char *argv[WORDS + 1];
	struct svexec_plan plan;
	struct svexec_fault fault;
	bool good;
};

/* Reads the words up to a null; argv[0] is added. */
static void read_words(struct reading *reading, const char *const *words)
{
	int argc = 0;

	reading->argv[argc++] = "svexec";
	for (; *words; words++)
		reading->argv[argc++] = *words;
	reading->argv[argc] = NULL;
	reading->good = svexec_options(argc, reading->argv, &reading->plan, &reading->fault);
}

#define READ(reading, ...) read_words(&(reading), (const char *const[]){__VA_ARGS__, NULL})

/* Is the slice exactly `text`? */
static bool is_slice(struct svexec_slice slice, const char *text)
{
	return slice.size == strlen(text) && memcmp(slice.start, text, slice.size) == 0;
}

START_TEST(a_bare_program_changes_nothing)
{
	struct reading r;

	READ(r, "prog", "-u", "x");
	ck_assert(r.good);
	ck_assert(!r.plan.who.wanted && !r.plan.session && !r.plan.directory);
	ck_assert_uint_eq(r.plan.envdir_count + r.plan.redirect_count, 0);
	ck_assert_str_eq(r.plan.program[0], "prog");
	ck_assert_str_eq(r.plan.program[1], "-u");
	ck_assert_ptr_null(r.plan.program[3]);
}
END_TEST

START_TEST(options_combine_and_keep_their_order)
{
	struct reading r;

	READ(r, "-PC", "dir", "-ea", "-e", "b", "-2", "&1", "-1log", "-0-", "--", "-prog");
	ck_assert(r.good);
	ck_assert(r.plan.session);
	ck_assert_str_eq(r.plan.directory, "dir");
	ck_assert_uint_eq(r.plan.envdir_count, 2);
	ck_assert_str_eq(r.plan.envdirs[0], "a");
	ck_assert_str_eq(r.plan.envdirs[1], "b");
	ck_assert_uint_eq(r.plan.redirect_count, 3);
	ck_assert_int_eq(r.plan.redirects[0].kind, SVEXEC_COPY);
	ck_assert_int_eq(r.plan.redirects[0].fd, 2);
	ck_assert_int_eq(r.plan.redirects[0].from_fd, 1);
	ck_assert_int_eq(r.plan.redirects[1].kind, SVEXEC_APPEND);
	ck_assert_int_eq(r.plan.redirects[1].fd, 1);
	ck_assert_str_eq(r.plan.redirects[1].path, "log");
	ck_assert_int_eq(r.plan.redirects[2].kind, SVEXEC_CLOSE);
	ck_assert_int_eq(r.plan.redirects[2].fd, 0);
	ck_assert_str_eq(r.plan.program[0], "-prog");
}
END_TEST

START_TEST(the_last_directory_and_user_count)
{
	struct reading r;

	READ(r, "-C", "a", "-u", "x:y:z", "-C", "b", "-u", "w", "-0", "in", "prog");
	ck_assert(r.good);
	ck_assert_str_eq(r.plan.directory, "b");
	ck_assert(is_slice(r.plan.who.user, "w"));
	ck_assert_uint_eq(r.plan.who.group_count, 0);
	ck_assert_int_eq(r.plan.redirects[0].kind, SVEXEC_READ);
	ck_assert_str_eq(r.plan.redirects[0].path, "in");
}
END_TEST

START_TEST(users_and_groups_are_cut_at_colons)
{
	struct reading r;

	READ(r, "-u", "me:first:2nd:3", "prog");
	ck_assert(r.good && r.plan.who.wanted && !r.plan.who.numbers);
	ck_assert(is_slice(r.plan.who.user, "me"));
	ck_assert_uint_eq(r.plan.who.group_count, 3);
	ck_assert(is_slice(r.plan.who.groups[0], "first"));
	ck_assert(is_slice(r.plan.who.groups[1], "2nd"));
	ck_assert(is_slice(r.plan.who.groups[2], "3"));

	READ(r, "-u", ":1000:1001", "prog");
	ck_assert(r.good && r.plan.who.numbers);
	ck_assert(is_slice(r.plan.who.user, "1000"));
	ck_assert(is_slice(r.plan.who.groups[0], "1001"));
}
END_TEST

static const char *const broken_values[][2] = {
	{"-u", ""},
	{"-u", ":"},
	{"-u", "::"},
	{"-u", "a:"},
	{"-u", "a::b"},
	{"-u", ":1000"},
	{"-u", ":1000:"},
	{"-e", ""},
	{"-C", ""},
	{"-0", ""},
	{"-1", "&"},
	{"-1", "&x"},
	{"-2", "&1x"},
	{"-2", "&-1"},
	{"-2", "&+1"},
	{"-2", "& 1"},
	{"-2", "&4294967297"},
};

START_TEST(broken_values_are_named_with_what_was_expected)
{
	const char *const *words = broken_values[_i];
	struct reading r;

	READ(r, words[0], words[1], "prog");
	ck_assert_msg(!r.good, "%s %s was taken", words[0], words[1]);
	ck_assert_int_eq(r.fault.letter, words[0][1]);
	ck_assert_str_eq(r.fault.value, words[1]);
	ck_assert_ptr_nonnull(r.fault.word);
	ck_assert_uint_gt(strlen(r.fault.expected), 0);
}
END_TEST

START_TEST(a_missing_program_value_or_option_is_told_apart)
{
	struct reading r;

	READ(r, "-P");
	ck_assert(!r.good && !r.fault.letter && !r.fault.word);
	READ(r, "-P", "--");
	ck_assert(!r.good && !r.fault.letter);
	READ(r, "-P", "-C");
	ck_assert(!r.good && !r.fault.value);
	ck_assert_int_eq(r.fault.letter, 'C');
	ck_assert_str_eq(r.fault.word, "directory");
	READ(r, "-PZ", "prog");
	ck_assert(!r.good && !r.fault.word);
	ck_assert_int_eq(r.fault.letter, 'Z');
	READ(r, "-:", "prog");
	ck_assert(!r.good);
	READ(r, "-?", "prog");
	ck_assert(!r.good);
}
END_TEST

/* One more than fits is refused, never written. */
START_TEST(lists_that_are_too_long_are_refused)
{
	const char *words[WORDS] = {NULL};
	char groups[2 * (SVEXEC_GROUPS + 2)] = "u";
	char name[SVEXEC_NAME + 2];
	struct reading r;

	for (size_t i = 0; i < SVEXEC_ENVDIRS + 1; i++)
		words[i] = "-ed";
	read_words(&r, words);
	ck_assert(!r.good && r.fault.letter == 'e');
	for (size_t i = 0; i < SVEXEC_REDIRECTS + 1; i++)
		words[i] = i % 2 ? "-1f" : "-2-";
	read_words(&r, words);
	ck_assert(!r.good && r.fault.letter == '2');
	for (size_t i = 0; i < SVEXEC_GROUPS; i++)
		memcpy(groups + 1 + 2 * i, ":g", 3);
	READ(r, "-u", groups, "prog");
	ck_assert(r.good);
	ck_assert_uint_eq(r.plan.who.group_count, SVEXEC_GROUPS);
	memcpy(groups + 1 + (size_t)2 * SVEXEC_GROUPS, ":g", 3);
	READ(r, "-u", groups, "prog");
	ck_assert(!r.good && r.fault.letter == 'u');

	memset(name, 'n', sizeof name);
	name[SVEXEC_NAME + 1] = 0;
	READ(r, "-u", name, "prog");
	ck_assert(!r.good);
	READ(r, "-u", name + 1, "prog");
	ck_assert(r.good);
}
END_TEST

START_TEST(the_usage_line_and_the_man_page_name_every_option)
{
	static char page[65536];
	FILE *file = fopen("man/svexec.1", "r");

	ck_assert_msg(file, "run this from the top of the source tree");
	page[fread(page, 1, sizeof page - 1, file)] = 0;
	fclose(file);
	ck_assert_uint_gt(strlen(svexec_letters), 0);
	for (const char *letter = svexec_letters; *letter; letter++) {
		char option[] = {'[', '-', *letter, 0};
		char item[] = ".It Fl ?";
		char synopsis[] = ".Op Fl ?";
		item[strlen(item) - 1] = *letter;
		synopsis[strlen(synopsis) - 1] = *letter;
		ck_assert_ptr_nonnull(strstr(svexec_usage, option));
		ck_assert_msg(strstr(page, item), "man/svexec.1 does not explain -%c", *letter);
		ck_assert_msg(strstr(page, synopsis), "SYNOPSIS does not name -%c", *letter);
	}
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("svexec_options");
	TCase *cases = tcase_create("options");

	tcase_add_test(cases, a_bare_program_changes_nothing);
	tcase_add_test(cases, options_combine_and_keep_their_order);
	tcase_add_test(cases, the_last_directory_and_user_count);
	tcase_add_test(cases, users_and_groups_are_cut_at_colons);
	tcase_add_loop_test(cases, broken_values_are_named_with_what_was_expected, 0,
		sizeof broken_values / sizeof *broken_values);
	tcase_add_test(cases, a_missing_program_value_or_option_is_told_apart);
	tcase_add_test(cases, lists_that_are_too_long_are_refused);
	tcase_add_test(cases, the_usage_line_and_the_man_page_name_every_option);
	suite_add_tcase(suite, cases);
	return suite;
}

SV_CHECK_MAIN(make_suite)
