/* A service's status in words for people.
 *
 * Pure.  Decides what a person is told and how times are rounded; not where it stands (table.h) nor
 * what programs read (json.h). */
#ifndef SVCTL_DESCRIBE_H
#define SVCTL_DESCRIBE_H

#include "svctl/snapshot.h"
#include "svctl/text.h"

/* Supervisor's form: "0:00:12", "1 day, 2:03:04".  Negative: "-". */
void describe_uptime(struct text *text, sv_ms uptime_ms);

/* "12s ago", "3m ago", "5h ago", "4d ago", in whole units; less than 1 (or a clock set back): "just
 * now". */
void describe_ago(struct text *text, int64_t seconds);

/* "KILL"; a number for those without a name. */
void describe_signal(struct text *text, int signal);

/* "code 1", "signal KILL", "signal SEGV (core dumped)" from a wait status. */
void describe_exit(struct text *text, uint32_t wait_status);

/* The same with the time since; "-" when run has never ended or nobody saw it. */
void describe_last_exit(struct text *text, const struct snapshot *snapshot, int64_t now_unix);

/* What to expect next, and the service's own status text; nothing when there is nothing to add. */
void describe_why(struct text *text, const struct snapshot *snapshot, sv_ms now_ms);

/* Why a start failed: "exited 3 times, last with code 1". `deaths` 0: not known how often. */
void describe_failure(struct text *text, const struct sv_status *status, uint32_t deaths);

#endif
