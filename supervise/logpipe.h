/* The FIFO between a service and its log.
 *
 * Owns both held ends.  Holding them is what lets the service and the log come and go, each without
 * the other noticing: what was written waits in the pipe.  A child gets an end opened anew, so that a
 * program that makes its end non-blocking does so for itself alone, the service's to write only, the
 * log's to read only.  Giving up the held writing end is how the log is told that nothing more comes. */
#ifndef LOGPIPE_H
#define LOGPIPE_H

#include <stdbool.h>
#include <stdint.h>

struct logpipe {
	int state_fd; /* where the FIFO lies; not ours */
	int read_fd;  /* -1: there is no log */
	int write_fd; /* -1: given up, or no log */
};

/* Makes the FIFO if need be and holds both ends.  Returns false with errno. */
bool logpipe_open(struct logpipe *pipe, int state_fd);

/* Ends for a child, to be closed by the caller after the spawn.  When no new fd can be had, the held
 * end itself (see logpipe_release).  -1 when there is no log, or the writing end was given up. */
int logpipe_writer(const struct logpipe *pipe);
int logpipe_reader(const struct logpipe *pipe);

/* Closes what the two above returned, unless it is a held end. */
void logpipe_release(const struct logpipe *pipe, int fd);

/* From now on the log reads an end of file when the last writer has gone. */
void logpipe_end_input(struct logpipe *pipe);

/* Bytes that wait to be read. */
uint32_t logpipe_backlog(const struct logpipe *pipe);

#endif
