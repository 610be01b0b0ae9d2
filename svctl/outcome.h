/* How a command on one service ended, in words.
 *
 * Pure.  Owns the sentences of start, stop and restart, and of waits that came to nothing;
 * Supervisor's words where it has them.  Names are not escaped here: who prints the line does
 * that. */
#ifndef SVCTL_OUTCOME_H
#define SVCTL_OUTCOME_H

#include "svctl/goal.h"
#include "svctl/text.h"

enum outcome {
	OUTCOME_REACHED,
	OUTCOME_FAILED,
	OUTCOME_TIMED_OUT,
	OUTCOME_LOST, /* supervise went away */
	OUTCOMES,
};

struct outcome_case {
	const char *label;
	enum goal goal;
	enum outcome outcome;
	const struct snapshot *before, *now;
	sv_ms limit_ms;         /* that timed out */
	sv_ms begin_ms, now_ms; /* when `before` and `now` were looked at */
};

/* One sentence without line end: "celery: started (pid 123)". */
void outcome_sentence(struct text *text, const struct outcome_case *of);

/* The exit code it stands for. */
int outcome_code(enum outcome outcome);

#endif
