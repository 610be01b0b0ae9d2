/* Brings the process into the planned state and becomes the program.
 *
 * The only place that changes the process.  Decides only the order, which is part of the contract:
 * directory, redirections in the order given, session, groups and user, program.  Directory and files
 * come while we still have the rights we were started with, so a log that only root may write works;
 * nothing of the program's comes before the rights are gone. */
#ifndef SVEXEC_APPLY_H
#define SVEXEC_APPLY_H

#include "svexec/options.h"
#include "svexec/user.h"

/* `identity` is null when the plan names no user.  `environment` ends with null; its PATH is where
 * the program is looked for.  Does not return: the program runs in our place, or one line and exit
 * code SV_EXIT_SYSTEM. */
_Noreturn void svexec_apply(const struct svexec_plan *plan, const struct svexec_identity *identity,
	const char *const *environment);

#endif
