/* The time in front of a line.
 *
 * Decides only its spelling.  Pure: the moment and the distance from UTC are arguments. */
#ifndef LOGGER_STAMP_H
#define LOGGER_STAMP_H

#include <stddef.h>
#include <time.h>

enum stamp_kind {
	STAMP_NONE = 0,
	STAMP_TAI64N = 1, /* "@400000... " as tai64nlocal reads it: 26 bytes */
	STAMP_ISO = 2,    /* "YYYY-MM-DD HH:MM:SS.nnnnnnnnn  ": 31 bytes */
};

enum {
	STAMP_ROOM = 64, /* a power of two, so that it can be copied in wide blocks */
	STAMP_LONGEST = 26 + 31,
};

struct stamp {
	char text[STAMP_ROOM]; /* what lies behind `size` may be copied, not used */
	size_t size;
};

/* The text for `kinds` (stamp_kind, or-ed; TAI64N comes first).  `east` is the seconds that local
 * time is ahead of UTC at `now`, whose year must lie between 0 and 9999. */
struct stamp stamp_make(unsigned kinds, struct timespec now, long east);

#endif
