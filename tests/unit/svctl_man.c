/* The man page names everything there is: every word, letter, state, key and exit code.
 *
 * uses: svctl/options.o svctl/json.o svctl/text.o svctl/describe.o svctl/snapshot.o */
#include <stdio.h>
#include <string.h>

#include "libsv/control.h"
#include "svctl/json.h"
#include "svctl/options.h"
#include "tests/support/check_main.h"

static char page[65536];

static void setup(void)
{
	FILE *file = fopen("man/svctl.1", "r");

	ck_assert_msg(file != 0, "run the tests in the repository's top directory");
	page[fread(page, 1, sizeof page - 1, file)] = 0;
	fclose(file);
}

/* A line that begins with `macro` and names `what`. */
static void expect(const char *macro, const char *what, const char *end)
{
	char line[128];

	snprintf(line, sizeof line, "\n%s%s%s", macro, what, end);
	ck_assert_msg(strstr(page, line) != 0, "man/svctl.1 has no line \"%s\"", line + 1);
}

START_TEST(test_letters)
{
	for (enum sv_command command = 0; command < SV_COMMANDS; command++) {
		char letter[] = {sv_command_letter(command), 0};

		expect(".It Fl ", letter, "\n");
	}
}
END_TEST

START_TEST(test_words)
{
	for (enum verb verb = 0; verb < VERB_LETTERS; verb++)
		expect(".It Cm ", options_word(verb), "");
}
END_TEST

START_TEST(test_states)
{
	for (enum sv_state state = 0; state < SV_STATES; state++)
		expect(".It Li ", sv_state_word(state), "\n");
	expect(".It Li ", "UNKNOWN", "\n");
	expect(".It Li ", "UNSUPERVISED", "\n");
}
END_TEST

START_TEST(test_keys)
{
	const struct snapshot snapshot = {.is_supervised = true,
		.kind = SV_STATUS_OURS,
		.status = {.has_exit = true, .exit_time = 1}};
	char room[2048];
	struct text text = text_in(room, sizeof room);
	int keys = 0;

	json_service(&text, &(struct json_service){.name = "", .dir = "", .snapshot = &snapshot});
	for (char *at = (char *)(size_t)text_end(&text); (at = strpbrk(at, "{,")); keys++) {
		char *end = strchr(at + 2, '"');

		if (!end)
			break;
		*end = 0;
		expect(".It Li ", at + 2, "\n");
		at = end + 1;
		/* The object inside. */
		if (strncmp(at, ":{", 2) == 0)
			at++;
	}
	ck_assert_int_eq(keys, 20);
}
END_TEST

START_TEST(test_exit_codes)
{
	static const char *const codes[] = {"0", "1", "3", "4", "99", "100", "102", "111"};

	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
		expect(".It ", codes[i], "\n");
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("svctl man");
	TCase *tests = tcase_create("man");

	tcase_add_checked_fixture(tests, setup, 0);
	tcase_add_test(tests, test_letters);
	tcase_add_test(tests, test_words);
	tcase_add_test(tests, test_states);
	tcase_add_test(tests, test_keys);
	tcase_add_test(tests, test_exit_codes);
	suite_add_tcase(suite, tests);
	return suite;
}

SV_CHECK_MAIN(make_suite)
