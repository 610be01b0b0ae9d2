/* Verdicts on waits; see goal.h.
 *
 * supervise publishes what is wanted before it acts, and counts the starts of run.  So nothing here
 * depends on having seen every status in between: a run that came and went between two looks shows
 * as a count that grew. */
#include "svctl/goal.h"

/* Up, and not because its end has not come yet. */
static bool is_settled(const struct sv_status *status)
{
	return status->phase == SV_PHASE_RUN && !status->term_sent;
}

static bool is_down(const struct sv_status *status)
{
	return status->phase == SV_PHASE_DOWN &&
	       (!status->want_up || status->state == SV_STATE_STOPPED ||
		       status->state == SV_STATE_EXITED || status->state == SV_STATE_FATAL);
}

/* The number of the run that the command asks for. */
static uint32_t wanted_start(enum goal goal, const struct sv_status *before)
{
	bool same_run = goal == GOAL_START && is_settled(before);

	return before->starts + !same_run;
}

static bool is_another_run(const struct snapshot *before, const struct snapshot *now)
{
	if (now->kind == SV_STATUS_OURS && before->kind == SV_STATUS_OURS)
		return now->status.starts != before->status.starts;
	/* runit counts nothing; its label is that of the last start. */
	return now->status.changed.tv_sec != before->status.changed.tv_sec ||
	       now->status.changed.tv_nsec != before->status.changed.tv_nsec;
}

/* No start yet: has it become clear that none will come?  A run that cannot be executed is counted
 * as an early death but not as a start, and only a death moves the stamp of a service that is
 * down. */
static bool is_hopeless(const struct sv_status *before, const struct sv_status *now)
{
	if (now->changed_ms == before->changed_ms || now->phase != SV_PHASE_DOWN)
		return false;
	return now->state == SV_STATE_FATAL || now->early_deaths > 0;
}

static enum verdict judge_start(
	enum goal goal, const struct sv_status *before, const struct sv_status *now, sv_ms now_ms)
{
	uint32_t wanted = wanted_start(goal, before);

	if (now->starts < wanted)
		return is_hopeless(before, now) ? VERDICT_FAILED : VERDICT_PENDING;
	if (now->state == SV_STATE_EXITED && now->has_exit && now->wait_status == 0)
		return VERDICT_REACHED;
	if (now->starts > wanted || now->phase != SV_PHASE_RUN)
		return VERDICT_FAILED;
	return sv_status_state(now, now_ms) == SV_STATE_RUNNING ? VERDICT_REACHED : VERDICT_PENDING;
}

static enum verdict reached_if(bool condition)
{
	return condition ? VERDICT_REACHED : VERDICT_PENDING;
}

static bool is_up(const struct sv_status *status)
{
	return status->phase == SV_PHASE_RUN && status->pid &&
	       (status->want_up || !status->term_sent);
}

enum verdict goal_judge(
	enum goal goal, const struct snapshot *before, const struct snapshot *now, sv_ms now_ms)
{
	bool is_ours = now->kind == SV_STATUS_OURS && before->kind == SV_STATUS_OURS;
	bool is_new = is_another_run(before, now);

	switch (goal) {
	case GOAL_UP: return reached_if(is_up(&now->status));
	case GOAL_DOWN:
	case GOAL_STOP: return reached_if(is_down(&now->status));
	case GOAL_AGAIN: return reached_if(is_new && is_up(&now->status));
	case GOAL_START:
		if (is_ours)
			return judge_start(goal, &before->status, &now->status, now_ms);
		return reached_if(is_up(&now->status));
	case GOAL_RESTART:
		if (is_ours)
			return judge_start(goal, &before->status, &now->status, now_ms);
		return reached_if(is_new && is_up(&now->status));
	case GOAL_NONE: break;
	}
	return VERDICT_REACHED;
}

sv_ms goal_look_again(enum goal goal, const struct snapshot *now, sv_ms now_ms)
{
	bool needs_time = goal == GOAL_START || goal == GOAL_RESTART;

	if (!needs_time || now->kind != SV_STATUS_OURS || now->status.state != SV_STATE_STARTING ||
		now->status.stable_ms <= now_ms)
		return SV_NEVER;
	return now->status.stable_ms;
}

uint32_t goal_deaths(enum goal goal, const struct snapshot *before, const struct snapshot *now)
{
	if (now->kind != SV_STATUS_OURS || before->kind != SV_STATUS_OURS)
		return 0;
	uint32_t first = wanted_start(goal, &before->status);
	uint32_t starts = now->status.starts;

	if (starts < first)
		return 0;
	return starts - first + (now->status.phase != SV_PHASE_RUN);
}

bool goal_waits_for_end(enum goal goal, const struct snapshot *before, const struct snapshot *now)
{
	return goal == GOAL_RESTART && now->status.phase != SV_PHASE_DOWN &&
	       !is_another_run(before, now);
}

const char *goal_bytes(enum goal goal, const struct snapshot *before)
{
	switch (goal) {
	case GOAL_START: return "u";
	case GOAL_STOP: return "d";
	/* As sv does it: CONT so that a paused service can die, `u` so that it comes back. */
	case GOAL_RESTART: return before->status.phase == SV_PHASE_RUN ? "tcu" : "u";
	case GOAL_NONE:
	case GOAL_UP:
	case GOAL_DOWN:
	case GOAL_AGAIN: break;
	}
	return "";
}
