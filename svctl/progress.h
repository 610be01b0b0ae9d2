/* The line that shows on a terminal what a wait is waiting for: "stopping celery ... 12 s".
 *
 * Owns one line of standard error, written over in place; nothing of it appears in pipes and
 * files. */
#ifndef SVCTL_PROGRESS_H
#define SVCTL_PROGRESS_H

#include <stdbool.h>

#include "svctl/wait.h"

struct progress {
	bool is_on; /* standard error is a terminal */
	bool is_shown;
	const char *doing; /* "stopping" */
};

void progress_begin(struct progress *progress, const char *doing);

/* Shows the entries of `wait` that are not over. */
void progress_show(struct progress *progress, const struct wait *wait, sv_ms since_begin_ms);

/* Before any other line is written. */
void progress_clear(struct progress *progress);

#endif
