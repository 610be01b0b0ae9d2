/* Sentences for the ends of commands; see outcome.h. */
#include "svctl/outcome.h"

#include "libsv/message.h"
#include "svctl/describe.h"

enum { FAILED_START = 1 };

static void add_pid(struct text *text, const struct snapshot *now)
{
	if (!now->status.pid)
		return;
	text_add(text, " (pid ");
	text_number(text, now->status.pid, 1);
	text_add(text, ")");
}

static bool was_already_there(const struct outcome_case *of)
{
	const struct snapshot *before = of->before;

	if (!snapshot_is_known(before))
		return false;
	return goal_judge(of->goal, before, before, of->begin_ms) == VERDICT_REACHED;
}

static void add_reached(struct text *text, const struct outcome_case *of)
{
	const struct sv_status *now = &of->now->status;
	bool was_up = of->before->status.phase == SV_PHASE_RUN;

	switch (of->goal) {
	case GOAL_START:
	case GOAL_RESTART:
		/* A service that does its work and is not to be restarted. */
		if (now->phase != SV_PHASE_RUN) {
			text_add(text, "finished (code 0)");
			return;
		}
		text_add(text, was_already_there(of)                ? "already running"
			       : was_up && of->goal == GOAL_RESTART ? "restarted"
								    : "started");
		add_pid(text, of->now);
		break;
	case GOAL_STOP:
		text_add(text, was_already_there(of) ? "already stopped" : "stopped");
		break;
	case GOAL_UP:
		text_add(text, "up");
		add_pid(text, of->now);
		break;
	case GOAL_AGAIN:
		text_add(text, "up again");
		add_pid(text, of->now);
		break;
	case GOAL_DOWN: text_add(text, "down"); break;
	case GOAL_NONE: break;
	}
}

static void add_failed(struct text *text, const struct outcome_case *of)
{
	text_add(text, of->goal == GOAL_RESTART ? "not restarted: " : "not started: ");
	describe_failure(text, &of->now->status, goal_deaths(of->goal, of->before, of->now));
	if (of->now->status.text[0]) {
		text_add(text, "; ");
		text_add(text, of->now->status.text);
	}
}

static void add_limit(struct text *text, sv_ms limit_ms)
{
	bool is_whole = limit_ms % 1000 == 0;

	text_number(text, is_whole ? limit_ms / 1000 : limit_ms, 1);
	text_add(text, is_whole ? " s" : " ms");
}

static void add_timed_out(struct text *text, const struct outcome_case *of)
{
	text_add(text, "timed out after ");
	add_limit(text, of->limit_ms);
	text_add(text, ", state ");
	text_add(text, snapshot_word(of->now, of->now_ms));
	if (!snapshot_is_known(of->now))
		return;
	add_pid(text, of->now);
	char reason[256];
	struct text why = text_in(reason, sizeof reason);
	describe_why(&why, of->now, of->now_ms);
	if (why.size > 0) {
		text_add(text, ", ");
		text_bytes(text, why.to, why.size);
	}
}

void outcome_sentence(struct text *text, const struct outcome_case *of)
{
	text_add(text, of->label);
	text_add(text, ": ");
	switch (of->outcome) {
	case OUTCOME_REACHED: add_reached(text, of); break;
	case OUTCOME_FAILED: add_failed(text, of); break;
	case OUTCOME_TIMED_OUT: add_timed_out(text, of); break;
	case OUTCOME_LOST: text_add(text, "its supervise went away, nobody looks after it"); break;
	case OUTCOMES: break;
	}
}

int outcome_code(enum outcome outcome)
{
	switch (outcome) {
	case OUTCOME_REACHED: return 0;
	case OUTCOME_FAILED: return FAILED_START;
	case OUTCOME_TIMED_OUT: return SV_EXIT_TIMEOUT;
	case OUTCOME_LOST: return SV_EXIT_UNSUPERVISED;
	case OUTCOMES: break;
	}
	return SV_EXIT_BUG;
}
