/* What main calls for each word; verbs.def says which. */
#ifndef SVCTL_VERBS_H
#define SVCTL_VERBS_H

#include "svctl/options.h"

#define SV_VERSION "0.1.0"

/* Each returns the exit code of the program. */
int status_run(const struct request *request);  /* status.c */
int command_run(const struct request *request); /* command.c: letters and start, stop, restart */
int help_run(const struct request *request);    /* help.c */

#endif
