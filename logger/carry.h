/* Carries input to the log files: the logger's actions, one turn at a time.
 *
 * Owns the order of things: bytes enter the journal, go to each destination as the plans say, and are
 * marked as done.  Every action may be repeated after a failure, and a failure loses nothing.  Waits
 * for nothing; the loop decides when a turn comes. */
#ifndef LOGGER_CARRY_H
#define LOGGER_CARRY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>

#include "logger/destination.h"
#include "logger/intake.h"
#include "logger/journal.h"
#include "logger/script.h"

enum { CARRY_ROOM = 32768 }; /* bytes of output formatted at a time */

struct carrier {
	struct intake intake;
	struct journal journal;
	size_t count;
	struct destination destinations[SCRIPT_DESTINATIONS];
	bool source_known;   /* the journal names our input */
	size_t taken;        /* bytes the last turn took from the input */
	struct timespec now; /* the last turn's reading of the wall clock */
	time_t checked;      /* second of the last look whether our files are still there */
	time_t east_at;      /* second for which `east` holds */
	long east;           /* seconds local time is ahead of UTC */
	size_t stuck;        /* the destination that failed, after CARRY_STUCK */
	char room[CARRY_ROOM];
};

enum carry_result {
	CARRY_ON,     /* something was done */
	CARRY_EMPTY,  /* nothing is there */
	CARRY_END,    /* the input has ended */
	CARRY_BROKEN, /* the input cannot be read; errno says why */
	CARRY_STUCK,  /* `stuck` cannot be written; errno says why; try again later */
};

/* Nothing opened yet; `script` must outlive the carrier. */
void carry_init(struct carrier *carrier, const struct intake *intake, const struct script *script);

/* Opens what is not open yet.  Call again after DESTINATION_FAILED; the culprit is `stuck`. */
enum destination_state carry_arm(struct carrier *carrier);

/* Takes at most `most` bytes and puts them out, or first what an earlier turn or process left. */
enum carry_result carry_turn(struct carrier *carrier, size_t most);

/* Rotates every current that holds a whole line; one that has none stays.  CARRY_ON or CARRY_STUCK. */
enum carry_result carry_rotate(struct carrier *carrier);

/* Whether a current ends inside a line. */
bool carry_mid_line(const struct carrier *carrier);

/* With `end_lines`, gives a last line without line end one.  Then everything goes to the disk. */
enum carry_result carry_finish(struct carrier *carrier, bool end_lines);

#endif
