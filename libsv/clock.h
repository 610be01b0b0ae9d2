/* The two clocks of the suite.
 *
 * Deadlines, delays and uptimes are sv_ms: milliseconds of CLOCK_BOOTTIME, which neither a jump of
 * the wall clock nor a suspend can bend.  The wall clock is for stamps that people and other
 * families' programs read.  Both are read by a real system call: the vDSO would cost every
 * supervise ten kilobytes of page tables for ever, to save a quarter of a microsecond now and then. */
#ifndef SV_CLOCK_H
#define SV_CLOCK_H

#include <stdint.h>
#include <time.h>

typedef int64_t sv_ms;

/* No deadline: later than any moment that will come. */
#define SV_NEVER INT64_MAX

/* Milliseconds since boot, suspend included.  Never fails, never 0. */
sv_ms sv_now_ms(void);

/* The wall clock. */
struct timespec sv_wall(void);

/* How long poll may wait for `deadline`: null for ever, else `*room` filled with at least 0. */
struct timespec *sv_timeout(sv_ms deadline, sv_ms now, struct timespec *room);

#endif
