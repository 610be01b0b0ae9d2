/* svctl status: looks at every target once and shows the rows.
 *
 * The rows are made in one pass, their cells in one growing text, and printed in a second, when the
 * widths are known. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libsv/layout.h"
#include "libsv/message.h"
#include "svctl/describe.h"
#include "svctl/json.h"
#include "svctl/memory.h"
#include "svctl/output.h"
#include "svctl/table.h"
#include "svctl/targets.h"
#include "svctl/verbs.h"

/* LSB's codes for `status`. */
enum { ALL_UP = 0, SOME_DOWN = 3, SOME_UNKNOWN = 4 };

enum {
	CELLS_ROOM = 4 * SV_PATH_SIZE + 2048, /* of one row: the label escaped, and the rest */
	REASONS = 8,                          /* kinds of trouble that are each reported once */
};

static const char *const titles[TABLE_COLUMNS] = {
	"NAME", "STATE", "PID", "UPTIME", "RESTARTS", "LAST-EXIT", "WHY"};

/* A trouble that several services share is one line. */
struct reason {
	const char *trouble;
	int error;
	const char *first;
	size_t count;
};

struct report {
	char *bytes; /* cells, or JSON */
	size_t size, room;
	struct table_row *rows;
	size_t row_count;
	struct table table;
	struct reason reasons[REASONS];
	size_t reason_count;
	sv_ms now_ms;
	int64_t now_unix;
	int code;
};

/* Room for `size` more bytes at the end. */
static struct text more(struct report *report, size_t size)
{
	while (report->room - report->size < size)
		report->bytes = memory_room(report->bytes, report->room, &report->room, 1);
	return text_in(report->bytes + report->size, report->room - report->size);
}

/* --- what is wrong ---------------------------------------------------------------------------- */

static void worsen(struct report *report, int code)
{
	if (code > report->code)
		report->code = code;
}

static void judge(
	struct report *report, const struct service *service, const struct snapshot *snapshot)
{
	if (snapshot->trouble)
		worsen(report, SOME_UNKNOWN);
	else if (!snapshot->is_supervised)
		worsen(report, service->is_named ? SV_EXIT_UNSUPERVISED : SOME_DOWN);
	else if (!snapshot_is_up(snapshot, report->now_ms))
		worsen(report, SOME_DOWN);
}

static void note(struct report *report, const char *label, const char *trouble, int error)
{
	size_t i = 0;

	while (i < report->reason_count &&
		(report->reasons[i].error != error ||
			strcmp(report->reasons[i].trouble, trouble) != 0))
		i++;
	if (i == REASONS)
		return;
	if (i == report->reason_count)
		report->reasons[report->reason_count++] =
			(struct reason){.trouble = trouble, .error = error, .first = label};
	report->reasons[i].count++;
}

static const char *remedy(int error)
{
	switch (error) {
	case 0: return "; supervise writes it anew at the next change of state";
	case EACCES:
	case EPERM: return "; only root and the user who runs supervise may look (sudo?)";
	case EMFILE:
	case ENFILE: return "; too many files are open (ulimit -n)";
	default: return "";
	}
}

static void say_reasons(const struct report *report)
{
	for (size_t i = 0; i < report->reason_count; i++) {
		const struct reason *reason = &report->reasons[i];
		char others[64];
		struct text text = text_in(others, sizeof others);

		if (reason->count > 1) {
			text_add(&text, " and ");
			text_number(&text, (int64_t)reason->count - 1, 1);
			text_add(&text, " more");
		}
		text_end(&text);
		sv_warn(reason->first, others, ": ", reason->trouble, reason->error ? ": " : "",
			reason->error ? strerror(reason->error) : "", remedy(reason->error));
	}
}

/* --- a row ------------------------------------------------------------------------------------ */

static enum table_colour colour_of(const struct snapshot *snapshot, sv_ms now_ms)
{
	if (!snapshot_is_known(snapshot))
		return TABLE_RED;
	enum sv_state state = sv_status_state(&snapshot->status, now_ms);
	if (state == SV_STATE_BACKOFF || state == SV_STATE_FATAL)
		return TABLE_RED;
	return state == SV_STATE_RUNNING ? TABLE_GREEN : TABLE_YELLOW;
}

static void add_cell(struct text *text, size_t column, const char *label,
	const struct snapshot *snapshot, const struct report *report)
{
	const struct sv_status *status = &snapshot->status;
	bool is_known = snapshot_is_known(snapshot);

	switch (column) {
	case 0: text_quoted(text, label); break;
	case 1: text_add(text, snapshot_word(snapshot, report->now_ms)); break;
	case 2:
		if (is_known && status->pid)
			text_number(text, status->pid, 1);
		else
			text_add(text, "-");
		break;
	case 3:
		describe_uptime(text, snapshot_uptime(snapshot, report->now_ms, report->now_unix));
		break;
	case 4:
		if (is_known && snapshot->kind == SV_STATUS_OURS)
			text_number(text, status->restarts, 1);
		else
			text_add(text, "-");
		break;
	case 5: describe_last_exit(text, snapshot, report->now_unix); break;
	case 6: describe_why(text, snapshot, report->now_ms); break;
	}
}

static void add_row(
	struct report *report, const struct service *service, const struct snapshot *snapshot)
{
	struct table_row *row = &report->rows[report->row_count++];
	struct text text = more(report, CELLS_ROOM);

	row->colour = colour_of(snapshot, report->now_ms);
	for (size_t column = 0; column < TABLE_COLUMNS; column++) {
		size_t before = text.size;
		add_cell(&text, column, service->label, snapshot, report);
		row->size[column] = (uint16_t)(text.size - before);
	}
	table_widen(&report->table, row, text.to);
	report->size += text.size;
}

static void add_titles(struct report *report)
{
	struct table_row *row = &report->rows[report->row_count++];
	struct text text = more(report, CELLS_ROOM);

	for (size_t column = 0; column < TABLE_COLUMNS; column++) {
		row->size[column] = (uint16_t)strlen(titles[column]);
		text_add(&text, titles[column]);
	}
	table_widen(&report->table, row, text.to);
	report->size += text.size;
}

static void add_object(
	struct report *report, const struct service *service, const struct snapshot *snapshot)
{
	char *below = service->base ? memory_join(service->base, "/") : memory_string("");
	char *dir = memory_join(below, service->dir);
	struct json_service object = {
		.name = service->name,
		.dir = dir,
		.is_log = service->is_log,
		.snapshot = snapshot,
		.now_ms = report->now_ms,
		.now_unix = report->now_unix,
	};
	struct text text = more(report, json_room(strlen(service->name), strlen(dir)));

	text_add(&text, report->row_count++ ? ",\n" : "[");
	json_service(&text, &object);
	report->size += text.size;
	free(below);
	free(dir);
}

/* --- the whole -------------------------------------------------------------------------------- */

static void look_at_all(struct report *report, const struct targets *targets, bool is_json)
{
	if (!is_json)
		add_titles(report);
	for (size_t i = 0; i < targets->count; i++) {
		const struct service *service = &targets->services[i];
		struct snapshot snapshot;

		service_look(service, &snapshot);
		judge(report, service, &snapshot);
		if (snapshot.trouble)
			note(report, service->label, snapshot.trouble, snapshot.error);
		if (is_json)
			add_object(report, service, &snapshot);
		else
			add_row(report, service, &snapshot);
	}
}

static void print_table(struct report *report)
{
	const char *no_colour = getenv("NO_COLOR");
	bool has_colour = isatty(1) && !(no_colour && *no_colour);
	struct report lines = {0};
	const char *cells = report->bytes;

	for (size_t i = 0; i < report->row_count; i++) {
		struct table_row *row = &report->rows[i];
		size_t padding = 64;

		for (size_t column = 0; column < TABLE_COLUMNS; column++)
			padding += report->table.width[column] + row->size[column];
		if (!has_colour)
			row->colour = TABLE_PLAIN;
		struct text text = more(&lines, padding);
		table_line(&text, &report->table, row, cells);
		lines.size += text.size;
		for (size_t column = 0; column < TABLE_COLUMNS; column++)
			cells += row->size[column];
	}
	output_write(lines.bytes, lines.size);
	free(lines.bytes);
}

static void print_json(struct report *report)
{
	struct text text = more(report, 8);

	text_add(&text, report->row_count ? "]\n" : "[]\n");
	report->size += text.size;
	output_write(report->bytes, report->size);
}

int status_run(const struct request *request)
{
	struct targets targets;
	struct report report = {.now_ms = sv_now_ms(), .now_unix = sv_wall().tv_sec};

	targets_begin(&targets, sv_scan_dir(), true);
	for (size_t i = 0; i < request->count; i++)
		targets_add(&targets, request->targets[i]);
	if (!request->count)
		targets_add_all(&targets);
	targets_finish(&targets);
	if (targets.mistakes)
		worsen(&report, SOME_UNKNOWN);
	report.table.is_right[2] = report.table.is_right[3] = report.table.is_right[4] = true;
	report.rows = memory_array(targets.count + 1, sizeof *report.rows);
	look_at_all(&report, &targets, request->is_json);
	if (request->is_json)
		print_json(&report);
	else if (targets.count)
		print_table(&report);
	say_reasons(&report);
	free(report.rows);
	free(report.bytes);
	targets_end(&targets);
	return report.code;
}
