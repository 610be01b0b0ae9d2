/* Types the commands of README's five-minute tour, and compares what comes back with what it says.
 *
 * In the section "## Five-minute tour", every block fenced by ```console counts.  A line "$ COMMAND",
 * and "> MORE" lines right below it, go to one shell that lives through the whole tour; the lines up
 * to the next command are what it prints.  In them … stands for any run of characters, and a line that
 * is only … for any number of lines.  A command with nothing below it prints nothing and exits with 0.
 *
 * People are slower than this test: a command that only looks (status, cat ...) is repeated until it
 * shows what is expected, and what a command in the background prints may come late. */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/check_main.h"
#include "tests/support/world.h"

enum {
	PATH_ROOM = 4096,
	STEPS = 128,
	STEP_ROOM = 4096,
	STEP_MS = 20000,
};

static const char heading[] = "## Five-minute tour";
static const char any[] = "…";
static char readme[PATH_ROOM];

/* --- what comes back ---------------------------------------------------------------------------- */

static const char *end_of_line(const char *text)
{
	return text + strcspn(text, "\n");
}

static const char *next_line(const char *text)
{
	const char *end = end_of_line(text);

	return end + (*end == '\n');
}

/* The length of a line without blanks at its end: those of a table cannot be seen. */
static size_t line_size(const char *line)
{
	size_t size = strcspn(line, "\n");

	while (size > 0 && (line[size - 1] == ' ' || line[size - 1] == '\r'))
		size--;
	return size;
}

/* One line of `text` against one of `pattern`: after a mismatch the last … takes one more byte. */
static bool line_matches(const char *pattern, const char *text)
{
	const size_t any_size = sizeof any - 1;
	const char *pattern_end = pattern + line_size(pattern);
	const char *text_end = text + line_size(text);
	const char *after_any = NULL, *taken = NULL;

	while (true) {
		if (strncmp(pattern, any, any_size) == 0) {
			after_any = pattern += any_size;
			taken = text;
		} else if (pattern == pattern_end && text == text_end) {
			return true;
		} else if (pattern < pattern_end && text < text_end && *pattern == *text) {
			pattern++;
			text++;
		} else if (after_any && taken < text_end) {
			pattern = after_any;
			text = ++taken;
		} else {
			return false;
		}
	}
}

static bool matches(const char *pattern, const char *text)
{
	if (!*pattern)
		return !*text;
	if (line_size(pattern) == sizeof any - 1 && strncmp(pattern, any, sizeof any - 1) == 0)
		return matches(next_line(pattern), text) ||
		       (*text && matches(pattern, next_line(text)));
	return *text && line_matches(pattern, text) && matches(next_line(pattern), next_line(text));
}

/* --- the tour in the README --------------------------------------------------------------------- */

struct step {
	unsigned line; /* of the README */
	char command[STEP_ROOM];
	char expected[STEP_ROOM];
};

static struct step steps[STEPS];
static size_t step_count;

static void append_line(char *to, const char *line)
{
	size_t size = strlen(to), more = strcspn(line, "\n");

	ck_assert_uint_lt(size + more + 1, STEP_ROOM);
	memcpy(to + size, line, more);
	memcpy(to + size + more, "\n", 2);
}

/* A line inside of a block. */
static void take_line(const char *line, unsigned number)
{
	struct step *step = step_count ? &steps[step_count - 1] : NULL;

	if (strncmp(line, "$ ", 2) == 0) {
		ck_assert_uint_lt(step_count, STEPS);
		step = &steps[step_count++];
		step->line = number;
		append_line(step->command, line + 2);
	} else {
		ck_assert_msg(step, "%s:%u: output without a command", readme, number);
		if (strncmp(line, "> ", 2) == 0 && !*step->expected)
			append_line(step->command, line + 2);
		else
			append_line(step->expected, line);
	}
}

static void read_tour(void)
{
	bool in_section = false, in_block = false, is_ours = false;
	unsigned number = 1;

	ck_assert_msg(*readme, "there is no README.md in the working directory");
	for (const char *line = world_text(readme); *line; line = next_line(line), number++) {
		if (!in_block && strncmp(line, "## ", 3) == 0) {
			in_section = strncmp(line, heading, sizeof heading - 1) == 0 &&
				     line_size(line) == sizeof heading - 1;
		} else if (strncmp(line, "```", 3) == 0) {
			in_block = !in_block;
			is_ours = in_block && strncmp(line + 3, "console", 7) == 0;
			ck_assert_msg(!in_section || strncmp(line + 3, "sh", 2) != 0,
				"%s:%u: not tested: write ```console", readme, number);
		} else if (in_section && is_ours) {
			take_line(line, number);
		}
	}
	ck_assert_msg(
		step_count > 0, "%s: no section \"%s\" with ```console blocks", readme, heading);
}

/* --- the shell ---------------------------------------------------------------------------------- */

/* It reads names of files with commands, and answers with exit codes. */
struct shell {
	pid_t pid;
	int to_fd, from_fd, terminal_fd;
};

static const char driver[] = "while read -r tour_file <&8; do\n"
			     ". \"$tour_file\" </dev/null >\"$tour_file.out\" 2>&1 8<&- 9>&-\n"
			     "echo $? >&9\n"
			     "done";

/* The shell gets a terminal of its own, as job control (kill %1) needs one; nobody writes to it. */
static int open_terminal(char *name, size_t size)
{
	int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

	ck_assert_msg(fd >= 0 && grantpt(fd) == 0 && unlockpt(fd) == 0, "no pseudo-terminal");
	ck_assert_int_eq(ptsname_r(fd, name, size), 0);
	return fd;
}

/* In a child: an ordinary user at home, who has our programs first in the PATH. */
static _Noreturn void become_shell(const char *bin, const char *terminal, int from, int to)
{
	char path[2 * PATH_ROOM];
	const char *rest = getenv("PATH");

	snprintf(path, sizeof path, "%s:%s", bin, rest ? rest : "/usr/bin:/bin");
	setenv("PATH", path, 1);
	snprintf(path, sizeof path, "%s/home", world_top());
	setenv("HOME", path, 1);
	unsetenv("SVDIR");
	unsetenv("SVSTATE");
	/* The first terminal that a session's leader opens becomes the session's. */
	const pid_t session = setsid();
	const int terminal_fd = open(terminal, O_RDWR | O_CLOEXEC);
	if (session < 0 || terminal_fd < 0 || dup2(from, 8) < 0 || dup2(to, 9) < 0 ||
		chdir(path) < 0)
		_exit(98);
	if (geteuid() == 0)
		world_become_nobody();
	execl("/bin/sh", "sh", "-m", "-c", driver, (char *)NULL);
	_exit(97);
}

static struct shell shell_start(void)
{
	char copy[PATH_ROOM], terminal[64];
	int to[2], from[2];
	const char *bin = getenv("SV_BIN");

	ck_assert_msg(bin, "SV_BIN is not set");
	world_dir("home");
	world_dir("typed");
	if (geteuid() == 0) {
		/* The path to our programs may be closed to others. */
		snprintf(copy, sizeof copy, "%s/bin", world_top());
		ck_assert_int_eq(WORLD_RUN("cp", "-r", bin, copy).code, 0);
		bin = copy;
		ck_assert_int_eq(chown("home", WORLD_NOBODY, WORLD_NOBODY), 0);
		ck_assert_int_eq(chown("typed", WORLD_NOBODY, WORLD_NOBODY), 0);
	}
	ck_assert_int_eq(pipe2(to, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(from, O_CLOEXEC), 0);
	int terminal_fd = open_terminal(terminal, sizeof terminal);
	pid_t pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		become_shell(bin, terminal, to[0], from[1]);
	close(to[0]);
	close(from[1]);
	return (struct shell){
		.pid = pid, .to_fd = to[1], .from_fd = from[0], .terminal_fd = terminal_fd};
}

enum { SHELL_ENDED = -1, SHELL_SILENT = -2 };

/* The exit code of the command in the file, or one of the above. */
static int shell_run(const struct shell *shell, const char *file, sv_ms deadline)
{
	char answer[PATH_ROOM + 2] = "";
	const sv_ms left = deadline - sv_now_ms();
	struct pollfd ready = {.fd = shell->from_fd, .events = POLLIN};
	int size = snprintf(answer, sizeof answer, "%s\n", file);

	/* The driver reads a name at a time, so the pipe has room. */
	if (write(shell->to_fd, answer, (size_t)size) != size)
		return SHELL_ENDED;
	if (poll(&ready, 1, left > 0 ? (int)left : 0) <= 0)
		return SHELL_SILENT;
	ssize_t got = read(shell->from_fd, answer, sizeof answer - 1);
	if (got <= 0)
		return SHELL_ENDED;
	answer[got] = 0;
	return (int)strtol(answer, NULL, 10);
}

/* --- the tour ----------------------------------------------------------------------------------- */

/* May the command be typed again, since it changes nothing? */
static bool only_looks(const char *command)
{
	static const char *const words[] = {
		"svctl status", "cat ", "tail ", "head ", "ls ", "grep ", "ps ", "pgrep "};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (strncmp(command, words[i], strlen(words[i])) == 0)
			return strchr(command, '>') == NULL;
	}
	return false;
}

static bool in_background(const char *command)
{
	size_t size = line_size(command);

	return size > 1 && command[size - 1] == '&' && command[size - 2] != '&';
}

static bool is_as_expected(const struct step *step, int code, const char *got)
{
	if (*step->expected)
		return code >= 0 && code < 126 && matches(step->expected, got);
	return code == 0 && !*got;
}

/* What a command printed, without what the shell says of its jobs: "[1] + Done  svscan". */
static const char *printed(const char *path)
{
	static char text[1 << 16];
	size_t size = 0;

	for (const char *line = world_text(path); *line; line = next_line(line)) {
		const size_t more = (size_t)(next_line(line) - line);
		if (line[0] == '[' && line[1] >= '1' && line[1] <= '9' && line[2] == ']')
			continue;
		ck_assert_uint_lt(size + more, sizeof text);
		memcpy(text + size, line, more);
		size += more;
	}
	text[size] = 0;
	return text;
}

static void fail_step(const struct step *step, int code, const char *got)
{
	char how[64];

	snprintf(how, sizeof how, "exit code %d", code);
	ck_abort_msg("%s:%u: $ %s--- expected%s:\n%.2000s--- got (%s):\n%.2000s", readme,
		step->line, step->command, *step->expected ? "" : ": exit code 0 and no output",
		step->expected,
		code == SHELL_SILENT  ? "no end within 20 s"
		: code == SHELL_ENDED ? "the shell has ended"
				      : how,
		got);
}

static void take_step(const struct shell *shell, const struct step *step, size_t number)
{
	const sv_ms deadline = sv_now_ms() + STEP_MS;
	char file[PATH_ROOM], out[PATH_ROOM + 8];
	const char *got;

	snprintf(file, sizeof file, "%s/typed/%zu", world_top(), number);
	snprintf(out, sizeof out, "%s.out", file);
	world_write(file, step->command);
	int code = shell_run(shell, file, deadline);
	while (!is_as_expected(step, code, got = printed(out))) {
		if (code < 0 || sv_now_ms() > deadline)
			fail_step(step, code, got);
		if (only_looks(step->command))
			code = shell_run(shell, file, deadline);
		else if (!in_background(step->command))
			fail_step(step, code, got);
		world_pause(SV_NEVER, "", __FILE__, __LINE__);
	}
}

static void check_nothing_left(void)
{
	const sv_ms deadline = sv_now_ms() + WORLD_PATIENCE_MS;
	char keeper[16];

	snprintf(keeper, sizeof keeper, "%d", (int)getppid());
	while (world_processes() > 0) {
		ck_assert_msg(sv_now_ms() < deadline, "%s: the tour leaves processes:\n%.2000s",
			readme, WORLD_RUN("ps", "-o", "pid,args", "--ppid", keeper).out);
		world_pause(SV_NEVER, "", __FILE__, __LINE__);
	}
}

START_TEST(every_command_does_what_it_says)
{
	read_tour();
	const struct shell shell = shell_start();
	for (size_t i = 0; i < step_count; i++)
		take_step(&shell, &steps[i], i);
	close(shell.to_fd);
	ck_assert_int_eq(world_wait_exit(shell.pid), 0);
	check_nothing_left();
}
END_TEST

START_TEST(patterns)
{
	ck_assert(matches("", ""));
	ck_assert(matches("a\n", "a\n") && matches("a\n", "a") && matches("a\n", "a  \n"));
	ck_assert(!matches("a\n", "") && !matches("", "a\n") && !matches("a\n", "a\nb\n"));
	ck_assert(!matches("a\n", "ab\n") && !matches("ab\n", "a\n"));
	ck_assert(matches("a…\n", "a\n") && matches("a…\n", "abc\n") && matches("…c\n", "abcc\n"));
	ck_assert(matches("a…b…c\n", "a.b.bc\n") && !matches("a…b…c\n", "a.c.b\n"));
	ck_assert(!matches("a…\n", "a\nb\n") && !matches("…\nz\n", "a\nb\n"));
	ck_assert(matches("…\n", "") && matches("…\n", "a\nb\n") && matches("…\nb\n", "b\n"));
	ck_assert(matches("a\n…\nc\n", "a\nb\nb\nc\n") && matches("a\n…\nc\n", "a\nc\n"));
	ck_assert(matches("…\nb\n…\n", "a\nb\nb\nc\n") && !matches("…\nb\n", "b\nc\n"));
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("tour");
	TCase *cases = tcase_create("tour");
	const char *path = getenv("SV_README");

	/* Each test has a working directory of its own; this is the last moment for ours. */
	if (!realpath(path ? path : "README.md", readme))
		*readme = 0;
	world_fixture(cases);
	tcase_add_test(cases, patterns);
	tcase_add_test(cases, every_command_does_what_it_says);
	suite_add_tcase(suite, cases);
	return suite;
}

SV_CHECK_MAIN(make_suite)
