/* Who a user is, as the system's data bases know it.
 *
 * Looks up and decides; changes nothing of the process.  What -u says is looked for as a name first
 * and then read as a number, so a user who is called 1000 keeps his name. */
#ifndef SVEXEC_USER_H
#define SVEXEC_USER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "svexec/options.h"

/* The strings and the array belong to it; nobody frees them, the program ends in an exec. */
struct svexec_identity {
	uid_t uid;
	gid_t gid;
	gid_t *groups; /* all of them, the primary one included */
	size_t group_count;
	bool groups_named; /* the command line named them: no other set will do */
	char *name;
	char *home;
	char *shell;
};

/* Looks `who` up.  Does not return when that fails: one line, then exit code SV_EXIT_USAGE for a
 * user or group that does not exist, SV_EXIT_SYSTEM when the data base cannot be read. */
struct svexec_identity svexec_user_find(const struct svexec_who *who);

#endif
