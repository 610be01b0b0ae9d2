/* The golden table of supervise's machine: one row per state and event, in tests/golden/machine.txt.
 * A change of behaviour shows in review as changed rows; `make golden` writes the table anew.
 * uses: supervise/machine.o supervise/machine_settle.o supervise/machine_describe.o */
#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/check_main.h"
#include "tests/unit/machine_states.h"

#define GOLDEN "tests/golden/machine.txt"

enum { ROW_SIZE = 160, ROWS_MAX = 4000 };

static char rows[ROWS_MAX][ROW_SIZE];
static size_t row_count;

static const char *phase_word(const struct machine *m)
{
	switch (m->phase) {
	case MACHINE_IDLE: return m->fatal ? "FATAL" : "IDLE";
	case MACHINE_RUN: return m->pid ? "RUN" : "RUN?";
	case MACHINE_FINISH: return m->pid ? "FINISH" : "FINISH?";
	case MACHINE_BACKOFF: return "BACKOFF";
	case MACHINE_GONE: return "GONE";
	case MACHINE_PHASES: break;
	}
	return "";
}

static const char *event_word(const struct machine_event *event)
{
	switch (event->kind) {
	case MACHINE_BEGIN: return event->up ? "begin-up" : "begin-down";
	case MACHINE_COMMAND: return sv_command_name(event->command);
	case MACHINE_SPAWNED: return "spawned";
	case MACHINE_FORK_FAILED: return "fork-failed";
	case MACHINE_EXEC_FAILED: return event->backlog ? "exec-failed+input" : "exec-failed";
	case MACHINE_ABSENT: return event->backlog ? "absent+input" : "absent";
	case MACHINE_READY: return "ready";
	case MACHINE_EXITED:
		if (event->wait_status == 125 << 8)
			return "exited-125";
		return event->backlog ? "exited+input" : "exited";
	case MACHINE_DEADLINE: return event->backlog ? "deadline+input" : "deadline";
	case MACHINE_INPUT_END: return event->backlog ? "input-end+input" : "input-end";
	case MACHINE_HASTEN: return "hasten";
	case MACHINE_EVENTS: break;
	}
	return "";
}

static const char *signal_word(int number)
{
	switch (number) {
	case SIGTERM: return " TERM";
	case SIGCONT: return " CONT";
	case SIGKILL: return " KILL";
	case SIGSTOP: return " STOP";
	case SIGHUP: return " HUP";
	case SIGALRM: return " ALRM";
	case SIGINT: return " INT";
	case SIGQUIT: return " QUIT";
	case SIGUSR1: return " USR1";
	case SIGUSR2: return " USR2";
	default: return "";
	}
}

static size_t add_state(char *row, size_t at, const struct machine *m)
{
	static const char *const wants[] = {"down", "once", "up"};
	const char *mode = m->draining ? "drain" : m->leaving ? "leave" : "-";

	return at + (size_t)snprintf(row + at, ROW_SIZE - at, "%-8s%-5s%-6s", phase_word(m),
			    wants[m->want], mode);
}

/* Fields that only colour a state are left out of the table: the laws cover them. */
static bool is_plain(const struct machine *m)
{
	bool deadline_fits = m->phase == MACHINE_BACKOFF ||
			     (m->phase == MACHINE_FINISH && m->pid) ||
			     (m->phase == MACHINE_RUN && m->pid && m->draining);

	bool is_coloured =
		m->paused || m->term_sent || m->prodded || m->hurry || m->forgiven || m->has_exit;

	return !is_coloured && m->early_deaths == 0 && (m->deadline != SV_NEVER) == deadline_fits;
}

static void add_row(const struct machine *state, const struct machine_event *event)
{
	static const char *const starts[] = {"", " start-run", " start-finish"};
	struct machine after = *state;
	struct machine_orders orders = machine_step(&after, event, NOW_MS, &machine_default_policy);
	char *row = rows[row_count];

	assert(row_count < ROWS_MAX);
	size_t at = add_state(row, 0, state);
	at += (size_t)snprintf(row + at, ROW_SIZE - at, "%-18s -> ", event_word(event));
	at = add_state(row, at, &after);
	at += (size_t)snprintf(row + at, ROW_SIZE - at, "%s%s%s%s", signal_word(orders.signals[0]),
		signal_word(orders.signals[1]), orders.to_group ? " (group)" : "",
		starts[orders.start]);
	while (row[at - 1] == ' ')
		row[--at] = 0;
	row_count++;
}

/* Twins of the event list that differ in nothing the machine looks at here. */
static bool is_repeated(const struct machine_event *event, unsigned n)
{
	bool second = n >= SV_COMMANDS && (n - SV_COMMANDS) % 2;

	switch (event->kind) {
	case MACHINE_COMMAND: return n >= SV_COMMANDS;
	case MACHINE_EXITED: return event->wait_status == 0;
	case MACHINE_SPAWNED:
	case MACHINE_FORK_FAILED:
	case MACHINE_READY:
	case MACHINE_HASTEN: return second;
	case MACHINE_BEGIN:
	case MACHINE_EXEC_FAILED:
	case MACHINE_ABSENT:
	case MACHINE_DEADLINE:
	case MACHINE_INPUT_END:
	case MACHINE_EVENTS: break;
	}
	return false;
}

static void add_state_rows(const struct machine *state)
{
	if (!is_plain(state))
		return;
	for (unsigned n = 0;; n++) {
		const struct machine_event event = machine_nth_event(n);
		if (event.kind == MACHINE_EVENTS)
			return;
		if (!is_repeated(&event, n))
			add_row(state, &event);
	}
}

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void make_rows(void)
{
	row_count = 0;
	machine_each_state(add_state_rows);
	qsort(rows, row_count, sizeof *rows, by_text);
}

START_TEST(the_table_is_the_golden_one)
{
	char line[ROW_SIZE + 1];
	size_t at = 0;

	make_rows();
	FILE *golden = fopen(GOLDEN, "r");
	ck_assert_msg(golden != NULL, "cannot open " GOLDEN " (run from the top of the tree)");
	while (fgets(line, sizeof line, golden)) {
		line[strcspn(line, "\n")] = 0;
		ck_assert_uint_lt(at, row_count);
		ck_assert_str_eq(rows[at], line);
		at++;
	}
	fclose(golden);
	ck_assert_uint_eq(at, row_count);
}
END_TEST

static Suite *suite(void)
{
	Suite *suite = suite_create("machine_table");
	TCase *table = tcase_create("table");

	tcase_add_test(table, the_table_is_the_golden_one);
	suite_add_tcase(suite, table);
	return suite;
}

static int write_golden(void)
{
	FILE *golden = fopen(GOLDEN, "w");

	if (!golden)
		return EXIT_FAILURE;
	make_rows();
	for (size_t i = 0; i < row_count; i++)
		fprintf(golden, "%s\n", rows[i]);
	return fclose(golden) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--write") == 0)
		return write_golden();
	return sv_check_run(suite());
}
