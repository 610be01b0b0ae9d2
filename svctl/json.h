/* A service's status for programs.
 *
 * Pure.  Owns the names and order of the keys, which man/svctl.1 promises: keys may be added at the
 * end, none goes, none changes its meaning.  What is not known is null, never left out. */
#ifndef SVCTL_JSON_H
#define SVCTL_JSON_H

#include "svctl/snapshot.h"
#include "svctl/text.h"

struct json_service {
	const char *name; /* the service's, without "/log" */
	const char *dir;
	bool is_log;
	const struct snapshot *snapshot;
	sv_ms now_ms;
	int64_t now_unix;
};

/* A string with its quotes.  Bytes that are not UTF-8 become U+FFFD, one for each. */
void json_string(struct text *text, const char *string);

/* One object, without comma or line end. */
void json_service(struct text *text, const struct json_service *service);

/* Room that one object surely fits in, for a name and a dir of these sizes in bytes. */
size_t json_room(size_t name_size, size_t dir_size);

#endif
