/* The words of the command line as services.
 *
 * Owns the list of services of this run and the fd of the scan directory.  Decides what a word
 * means:
 *
 *    NAME          the service of that name in the scan directory
 *    NAME/log      its log
 *    a/path, .     a service directory; DIR/log is the log of DIR when DIR has a run
 *    celery@*      every name in the scan directory that matches (fnmatch); also PATTERN/log
 *    all           every service in the scan directory
 *
 * With `with_logs` a pattern and `all` bring the logs along (status); commands leave them alone.
 *
 * Names that begin with a dot or end in @ are no services, as for svscan.  Says on standard error
 * what is wrong with a word; changes nothing. */
#ifndef SVCTL_TARGETS_H
#define SVCTL_TARGETS_H

#include <stdbool.h>
#include <stddef.h>

#include "svctl/service.h"

struct targets {
	const char *scan_dir;
	int scan_fd; /* -1: not opened yet */
	bool with_logs;
	bool trusts_paths; /* a path is taken as it is: who looks at it will see what it is */
	char **names;      /* of the scan directory, sorted */
	size_t name_count;
	bool has_names;
	struct service *services; /* sorted by label, none twice */
	size_t count, room;
	size_t mistakes; /* words that mean no service */
};

/* Where names are looked up; opens nothing yet.  `for_status` sets with_logs and trusts_paths:
 * status shows what is wrong with a path, and a thousand of them are a thousand calls less. */
void targets_begin(struct targets *targets, const char *scan_dir, bool for_status);

/* Adds what `word` means.  False: it means nothing, which has been said. */
bool targets_add(struct targets *targets, const char *word);

/* Adds every service.  False: the scan directory cannot be read, which has been said. */
bool targets_add_all(struct targets *targets);

/* Sorts, each log right after its service, and drops what was named twice. */
void targets_finish(struct targets *targets);

void targets_end(struct targets *targets);

#endif
