/* When a log file is full, what its old name becomes, and which old files must go.
 *
 * Decides; moves nothing.  Pure: sizes, names and moments are arguments.
 *
 * The law: a line never lies in two files, and a file is longer than its limit only when it consists
 * of one line that is. */
#ifndef LOGGER_ROTATION_H
#define LOGGER_ROTATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "libsv/tai.h"

/* What is known of the file that is being written. */
struct rotation_file {
	uint64_t size, limit;
	bool mid_line; /* it ends inside a line */
	bool one_line; /* that line began at the start of the file and may exceed the limit */
};

/* Bytes that may be added before the limit; without bound for a file of one line. */
uint64_t rotation_room(const struct rotation_file *file);

/* What a chunk of output, made for no more than that room, means for the file. */
struct rotation_chunk {
	size_t size;  /* bytes made */
	size_t lines; /* bytes up to the last line end among them */
	bool full;    /* the file's limit cut it short */
};

enum rotation_step {
	ROTATION_WRITE,       /* write all of it */
	ROTATION_WRITE_LINES, /* write up to the line end, then rotate */
	ROTATION_FIRST,       /* write nothing yet: rotate */
	ROTATION_MOVE_LINE, /* the line that the file ends in goes to the next file: rotate before it */
	ROTATION_ONE_LINE, /* the file is empty: let this line exceed the limit */
};

enum rotation_step rotation_plan(const struct rotation_file *file, struct rotation_chunk chunk);

enum {
	ROTATION_NAME_SIZE = SV_TAI_TEXT + 2, /* "@" and 24 hexadecimal digits and ".s" */
	ROTATION_OLDEST = 16,                 /* files one look at the directory can name */
};

struct rotation_name {
	char text[ROTATION_NAME_SIZE + 1];
};

/* The name for a file finished at `now`: later than `newest` (empty when there is none) even when the
 * clock was set back, so the order of names is always the order of lines. */
struct rotation_name rotation_next_name(struct timespec now, const struct rotation_name *newest);

/* The old files of a directory, in a fixed space however many there are.  Zero-initialise. */
struct rotation_list {
	size_t count;
	struct rotation_name newest;                  /* empty when count is 0 */
	struct rotation_name oldest[ROTATION_OLDEST]; /* in order, the first `count` of them */
};

/* Counts `name` if it is a finished file of ours, s6-log's, svlogd's or multilog's. */
void rotation_list_add(struct rotation_list *list, const char *name);

/* How many of `oldest` must be deleted now so that `keep` files stay (0: all stay).  When the answer
 * is ROTATION_OLDEST, look again afterwards.  The newest file is never among them. */
size_t rotation_surplus(const struct rotation_list *list, uint32_t keep);

#endif
