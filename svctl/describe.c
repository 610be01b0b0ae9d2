/* Words for uptime, exits and what comes next; see describe.h. */
#include "svctl/describe.h"

#include <skalibs/sig.h>
#include <sys/wait.h>

enum { MINUTE = 60, HOUR = 60 * MINUTE, DAY = 24 * HOUR, MS = 1000 };

void describe_uptime(struct text *text, sv_ms uptime_ms)
{
	if (uptime_ms < 0) {
		text_add(text, "-");
		return;
	}
	int64_t seconds = uptime_ms / MS;
	int64_t days = seconds / DAY;
	if (days > 0) {
		text_number(text, days, 1);
		text_add(text, days == 1 ? " day, " : " days, ");
	}
	text_number(text, seconds % DAY / HOUR, 1);
	text_add(text, ":");
	text_number(text, seconds % HOUR / MINUTE, 2);
	text_add(text, ":");
	text_number(text, seconds % MINUTE, 2);
}

void describe_ago(struct text *text, int64_t seconds)
{
	static const struct {
		int64_t unit;
		const char *letter;
	} units[] = {{DAY, "d ago"}, {HOUR, "h ago"}, {MINUTE, "m ago"}, {1, "s ago"}};

	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		if (seconds >= units[i].unit) {
			text_number(text, seconds / units[i].unit, 1);
			text_add(text, units[i].letter);
			return;
		}
	}
	text_add(text, "just now");
}

void describe_signal(struct text *text, int signal)
{
	/* skalibs answers "???" for the real-time ones. */
	const char *name = sig_name(signal);

	if (name[0] == '?')
		text_number(text, signal, 1);
	else
		text_add(text, name);
}

void describe_exit(struct text *text, uint32_t wait_status)
{
	int status = (int)wait_status;

	if (WIFSIGNALED(status)) {
		text_add(text, "signal ");
		describe_signal(text, WTERMSIG(status));
		if (WCOREDUMP(status))
			text_add(text, " (core dumped)");
		return;
	}
	text_add(text, "code ");
	text_number(text, WEXITSTATUS(status), 1);
}

void describe_last_exit(struct text *text, const struct snapshot *snapshot, int64_t now_unix)
{
	const struct sv_status *status = &snapshot->status;

	if (snapshot->trouble || snapshot->kind != SV_STATUS_OURS ||
		(!status->has_exit && !status->exit_time)) {
		text_add(text, "-");
		return;
	}
	/* A run that a killed supervise left behind may end with nobody to see how. */
	if (status->has_exit)
		describe_exit(text, status->wait_status);
	else
		text_add(text, "unknown");
	if (status->exit_time) {
		text_add(text, ", ");
		describe_ago(text, now_unix - status->exit_time);
	}
}

/* Clauses joined by semicolons, from where the text stood at first. */
struct clauses {
	struct text *text;
	size_t begin;
	sv_ms now_ms;
};

static void add_clause(struct clauses *clauses, const char *clause)
{
	if (clauses->text->size > clauses->begin)
		text_add(clauses->text, "; ");
	text_add(clauses->text, clause);
}

/* "WHAT in 3 s", when there is a deadline. */
static void add_deadline(struct clauses *clauses, const char *what, sv_ms deadline_ms)
{
	sv_ms left = deadline_ms - clauses->now_ms;

	if (deadline_ms <= 0 || deadline_ms == SV_NEVER)
		return;
	add_clause(clauses, what);
	text_add(clauses->text, " in ");
	text_number(clauses->text, left > 0 ? (left + MS - 1) / MS : 0, 1);
	text_add(clauses->text, " s");
}

static void add_deaths(struct clauses *clauses, uint32_t deaths)
{
	if (deaths == 0)
		return;
	add_clause(clauses, "exited ");
	text_number(clauses->text, deaths, 1);
	text_add(clauses->text, deaths == 1 ? " time early" : " times in a row");
}

static void add_state(struct clauses *clauses, const struct sv_status *status)
{
	switch (sv_status_state(status, clauses->now_ms)) {
	case SV_STATE_STARTING:
		if (!status->stable_ms)
			add_clause(clauses, "not ready yet");
		add_deaths(clauses, status->early_deaths);
		break;
	case SV_STATE_BACKOFF:
		add_deadline(clauses, "restart", status->deadline_ms);
		add_deaths(clauses, status->early_deaths);
		break;
	case SV_STATE_FATAL:
		add_clause(clauses, "given up");
		add_deaths(clauses, status->early_deaths);
		break;
	case SV_STATE_STOPPING: add_deadline(clauses, "KILL", status->deadline_ms); break;
	case SV_STATE_FINISHING:
		add_deadline(clauses, "finish is killed", status->deadline_ms);
		break;
	case SV_STATE_RUNNING:
		if (!status->want_up)
			add_clause(clauses, "not to be restarted");
		break;
	case SV_STATE_STOPPED:
	case SV_STATE_EXITED:
	case SV_STATE_PAUSED:
	case SV_STATES: break;
	}
}

/* Whether that pid still runs, and is still ours, nobody can say without a supervise. */
static void add_last_seen(struct clauses *clauses, const struct sv_status *status)
{
	if (status->phase != SV_PHASE_RUN || !status->pid)
		return;
	add_clause(clauses, "last seen up, pid ");
	text_number(clauses->text, status->pid, 1);
}

void describe_why(struct text *text, const struct snapshot *snapshot, sv_ms now_ms)
{
	const struct sv_status *status = &snapshot->status;
	struct clauses clauses = {.text = text, .begin = text->size, .now_ms = now_ms};

	if (snapshot->trouble) {
		text_add(text, snapshot->trouble);
		return;
	}
	if (snapshot->kind == SV_STATUS_BAD)
		return;
	if (!snapshot->is_supervised) {
		add_last_seen(&clauses, status);
		return;
	}
	if (snapshot->kind == SV_STATUS_RUNIT)
		return;
	add_state(&clauses, status);
	if (status->leaving)
		add_clause(&clauses, "supervise is leaving");
	if (status->text[0]) {
		add_clause(&clauses, "");
		text_quoted(text, status->text);
	}
}

void describe_failure(struct text *text, const struct sv_status *status, uint32_t deaths)
{
	if (deaths > 1) {
		text_add(text, "exited ");
		text_number(text, deaths, 1);
		text_add(text, " times, last with ");
	} else {
		text_add(text, "exited with ");
	}
	if (status->has_exit)
		describe_exit(text, status->wait_status);
	else
		text_add(text, "unknown code");
}
