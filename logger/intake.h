/* Standard input.
 *
 * Owns fd 0 and how bytes leave it: into the journal's spool, by splice(2) when it is a pipe.  Knows
 * nothing of lines but their end, and never blocks: ask poll first. */
#ifndef LOGGER_INTAKE_H
#define LOGGER_INTAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "logger/journal.h"

struct intake {
	int fd;
	bool is_pipe;
	struct journal_source source;
};

/* Looks at what `fd` is.  False with errno when it cannot be read. */
bool intake_open(struct intake *intake, int fd);

/* Moves at most `most` bytes into the empty spool.  Returns how many, 0 at the end of the input, -1
 * with errno: EAGAIN when nothing is there, else the disk's fault or, without a pipe, the input's. */
ssize_t intake_take(struct intake *intake, struct journal *journal, size_t most);

/* Bytes that wait in the pipe now; 0 for input that is none. */
size_t intake_waiting(const struct intake *intake);

/* Bytes up to and with the first line end in the pipe, looked for in `room`, which it overwrites; or
 * all that were seen when there is none.  0 for input that is no pipe or holds nothing. */
size_t intake_line_rest(const struct intake *intake, char *room, size_t size);

#endif
