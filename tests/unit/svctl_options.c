/* svctl's command line: every form that must work, every mistake that must be named.
 *
 * uses: svctl/options.o */
#include <string.h>

#include "libsv/control.h"
#include "svctl/options.h"
#include "tests/support/check_main.h"

enum { ARGS = 160 };

static struct request request;
static struct options_fault fault;
static const char *targets[ARGS];

/* Splits `line` at spaces and parses it as svctl's arguments. */
static bool parse(const char *line)
{
	static char copy[4096];
	static char *argv[ARGS];
	int argc = 0;

	argv[argc++] = (char[]){"svctl"};
	ck_assert_uint_lt(strlen(line), sizeof copy);
	strcpy(copy, line);
	char *rest = 0;
	for (char *word = strtok_r(copy, " ", &rest); word; word = strtok_r(0, " ", &rest))
		argv[argc++] = word;
	argv[argc] = 0;
	return options_parse(&request, targets, argc, argv, &fault);
}

struct good {
	const char *line;
	enum verb verb;
	const char *bytes;
	enum goal wait;
	sv_ms limit; /* -1: none */
	const char *targets;
	bool is_json;
};

static const struct good good[] = {
	{"-t DIR", VERB_LETTERS, "t", GOAL_NONE, -1, "DIR", false},
	{"-wr -t DIR", VERB_LETTERS, "t", GOAL_AGAIN, -1, "DIR", false},
	{"-wd -d DIR", VERB_LETTERS, "d", GOAL_DOWN, -1, "DIR", false},
	{"-w u -u DIR", VERB_LETTERS, "u", GOAL_UP, -1, "DIR", false},
	{"-du a", VERB_LETTERS, "du", GOAL_NONE, -1, "a", false},
	{"-d -u a", VERB_LETTERS, "du", GOAL_NONE, -1, "a", false},
	{"-tcu a b", VERB_LETTERS, "tcu", GOAL_NONE, -1, "a b", false},
	{"-T 5000 -wd -d a", VERB_LETTERS, "d", GOAL_DOWN, 5000, "a", false},
	{"-T5000 -wd -d a", VERB_LETTERS, "d", GOAL_DOWN, 5000, "a", false},
	{"-dwd a", VERB_LETTERS, "d", GOAL_DOWN, -1, "a", false},
	{"-dT7 a", VERB_LETTERS, "d", GOAL_NONE, 7, "a", false},
	{"-dT 7 a", VERB_LETTERS, "d", GOAL_NONE, 7, "a", false},
	{"-T 0 -wu a", VERB_LETTERS, "", GOAL_UP, 0, "a", false},
	{"-wu a", VERB_LETTERS, "", GOAL_UP, -1, "a", false},
	{"-wu start", VERB_LETTERS, "", GOAL_UP, -1, "start", false},
	{"-t status", VERB_LETTERS, "t", GOAL_NONE, -1, "status", false},
	{"-t -- -a", VERB_LETTERS, "t", GOAL_NONE, -1, "-a", false},
	{"-t a -k", VERB_LETTERS, "tk", GOAL_NONE, -1, "a", false},
	{"-12 a", VERB_LETTERS, "12", GOAL_NONE, -1, "a", false},
	{"-t -", VERB_LETTERS, "t", GOAL_NONE, -1, "-", false},
	{"status", VERB_STATUS, "", GOAL_NONE, -1, "", false},
	{"status a b", VERB_STATUS, "", GOAL_NONE, -1, "a b", false},
	{"status --json a", VERB_STATUS, "", GOAL_NONE, -1, "a", true},
	{"status a --json", VERB_STATUS, "", GOAL_NONE, -1, "a", true},
	{"--json status a", VERB_STATUS, "", GOAL_NONE, -1, "a", true},
	{"status -- --json", VERB_STATUS, "", GOAL_NONE, -1, "--json", false},
	{"status status", VERB_STATUS, "", GOAL_NONE, -1, "status", false},
	{"start a", VERB_START, "", GOAL_NONE, -1, "a", false},
	{"start -T 100 a", VERB_START, "", GOAL_NONE, 100, "a", false},
	{"-T 100 start a", VERB_START, "", GOAL_NONE, 100, "a", false},
	{"stop a -T100", VERB_STOP, "", GOAL_NONE, 100, "a", false},
	{"stop all", VERB_STOP, "", GOAL_NONE, -1, "all", false},
	{"restart celery@*", VERB_RESTART, "", GOAL_NONE, -1, "celery@*", false},
	{"help", VERB_HELP, "", GOAL_NONE, -1, "", false},
	{"--help", VERB_HELP, "", GOAL_NONE, -1, "", false},
	{"stop --help", VERB_HELP, "", GOAL_NONE, -1, "", false},
	{"--version", VERB_VERSION, "", GOAL_NONE, -1, "", false},
	{"-T 1000000000000 stop a", VERB_STOP, "", GOAL_NONE, 1000000000000, "a", false},
};

START_TEST(test_good)
{
	const struct good *want = &good[_i];
	char joined[256] = "";

	ck_assert_msg(parse(want->line), "refused: %s", want->line);
	ck_assert_int_eq(fault.error, OPTIONS_FINE);
	ck_assert_int_eq(request.verb, want->verb);
	ck_assert_str_eq(request.bytes, want->bytes);
	ck_assert_uint_eq(request.size, strlen(want->bytes));
	ck_assert_int_eq(request.wait, want->wait);
	ck_assert_int_eq(request.has_limit, want->limit >= 0);
	if (want->limit >= 0)
		ck_assert_int_eq(request.limit_ms, want->limit);
	ck_assert_int_eq(request.is_json, want->is_json);
	for (size_t i = 0; i < request.count; i++) {
		strcat(joined, i ? " " : "");
		strcat(joined, request.targets[i]);
	}
	ck_assert_str_eq(joined, want->targets);
}
END_TEST

static const struct {
	const char *line;
	enum options_error error;
	const char *culprit;
} bad[] = {
	{"", OPTIONS_NOTHING, 0},
	{"--", OPTIONS_NOTHING, 0},
	{"--json", OPTIONS_NOTHING, 0},
	{"-T 5", OPTIONS_NOTHING, 0},
	{"-z a", OPTIONS_LETTER, "-z"},
	{"-dz a", OPTIONS_LETTER, "-z"},
	{"-D a", OPTIONS_LETTER, "-D"},
	{"--jsn", OPTIONS_LONG, "--jsn"},
	{"status --js", OPTIONS_LONG, "--js"},
	{"statsu a", OPTIONS_WORD, "statsu"},
	{"STATUS a", OPTIONS_WORD, "STATUS"},
	{"-T 5 celery", OPTIONS_WORD, "celery"},
	{"-w", OPTIONS_VALUE_MISSING, "-w"},
	{"-d -T", OPTIONS_VALUE_MISSING, "-T"},
	{"-dw", OPTIONS_VALUE_MISSING, "-w"},
	{"-wx a", OPTIONS_WAIT, "x"},
	{"-wU a", OPTIONS_WAIT, "U"},
	{"-wdd a", OPTIONS_WAIT, "dd"},
	{"-w stop", OPTIONS_WAIT, "stop"},
	{"-Tx -d a", OPTIONS_LIMIT, "x"},
	{"-T -5 -d a", OPTIONS_LIMIT, "-5"},
	{"-T 5s -d a", OPTIONS_LIMIT, "5s"},
	{"-T 1000000000001 -d a", OPTIONS_LIMIT, "1000000000001"},
	{"-T 99999999999999999999999999 -d a", OPTIONS_LIMIT, "99999999999999999999999999"},
	{"start -d a", OPTIONS_MIXED, "-d"},
	{"status -wu a", OPTIONS_MIXED, "-w"},
	{"status -T 5 a", OPTIONS_MIXED, "-T"},
	{"start --json a", OPTIONS_MIXED, "--json"},
	{"-d --json a", OPTIONS_MIXED, "--json"},
	{"-d", OPTIONS_TARGETS, 0},
	{"-wu", OPTIONS_TARGETS, 0},
	{"start", OPTIONS_TARGETS, 0},
	{"restart -T 5", OPTIONS_TARGETS, 0},
};

START_TEST(test_bad)
{
	ck_assert_msg(!parse(bad[_i].line), "accepted: %s", bad[_i].line);
	ck_assert_int_eq(fault.error, bad[_i].error);
	if (bad[_i].culprit)
		ck_assert_str_eq(fault.culprit, bad[_i].culprit);
	else
		ck_assert_ptr_null(fault.culprit);
}
END_TEST

START_TEST(test_every_letter)
{
	char line[] = "-? a";

	for (int byte = '!'; byte <= '~'; byte++) {
		enum sv_command command;

		if (byte == 'w' || byte == 'T' || byte == '-')
			continue;
		line[1] = (char)byte;
		ck_assert_int_eq(parse(line), sv_command_decode((char)byte, &command));
		if (request.size)
			ck_assert_int_eq(request.bytes[0], byte);
	}
}
END_TEST

START_TEST(test_too_many_letters)
{
	char line[REQUEST_BYTES + 8] = "-";

	memset(line + 1, 't', REQUEST_BYTES);
	strcpy(line + 1 + REQUEST_BYTES, " a");
	ck_assert(parse(line));
	ck_assert_uint_eq(request.size, REQUEST_BYTES);
	strcpy(line + 1 + REQUEST_BYTES, "t a");
	ck_assert(!parse(line));
	ck_assert_int_eq(fault.error, OPTIONS_MANY);
}
END_TEST

START_TEST(test_no_arguments_at_all)
{
	char *argv[] = {0};

	ck_assert(!options_parse(&request, targets, 0, argv, &fault));
	ck_assert_int_eq(fault.error, OPTIONS_NOTHING);
}
END_TEST

START_TEST(test_words)
{
	for (enum verb verb = 0; verb < VERB_LETTERS; verb++)
		ck_assert_ptr_nonnull(options_word(verb));
	ck_assert_ptr_null(options_word(VERB_LETTERS));
	ck_assert_ptr_null(options_word(VERBS));
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("svctl options");
	TCase *tests = tcase_create("options");

	tcase_add_loop_test(tests, test_good, 0, sizeof good / sizeof *good);
	tcase_add_loop_test(tests, test_bad, 0, sizeof bad / sizeof *bad);
	tcase_add_test(tests, test_every_letter);
	tcase_add_test(tests, test_too_many_letters);
	tcase_add_test(tests, test_no_arguments_at_all);
	tcase_add_test(tests, test_words);
	suite_add_tcase(suite, tests);
	return suite;
}

SV_CHECK_MAIN(make_suite)
