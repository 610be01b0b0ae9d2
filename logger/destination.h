/* One log directory: its files and what is done to them.
 *
 * Owns the directory's descriptors and every change inside it.  Decides nothing about lines or
 * sizes, says nothing, and keeps no byte that is not in a file.
 *
 *	current		the file being written, 0644
 *	next		a rotation under way: what follows current, complete
 *	next.part	the same while it is being made
 *	@LABEL.s	finished files, 0744
 *	lock		one logger at a time; for the first directory also the journal
 *
 * A rotation is: make `next` (with the beginning of the line that current ends in, if any), then
 * settle.  Settling is also what a start does, and finishes whatever a kill left half done. */
#ifndef LOGGER_DESTINATION_H
#define LOGGER_DESTINATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "logger/rotation.h"
#include "logger/script.h"

struct destination {
	const struct script_destination *orders;
	int dir_fd, lock_fd, current_fd; /* -1 while closed */
	ino_t inode;                     /* of current */
	struct rotation_file file;
	struct rotation_name newest; /* the newest finished file; empty when there is none */
	uint64_t flushed;            /* bytes of current whose way to the disk has begun */
};

enum destination_state {
	DESTINATION_READY,
	DESTINATION_FAILED, /* errno says why; trying again may help */
	DESTINATION_LOCKED, /* another logger writes here */
	DESTINATION_ODD,    /* lock, current or next is not a regular file */
};

/* Closed, knowing its orders. */
struct destination destination_new(const struct script_destination *orders);

/* Makes the directory if need be (one level), opens and locks it.  `lock_fd` is then valid; current is
 * not open yet. */
enum destination_state destination_open(struct destination *destination);

/* Finishes a rotation that was under way and opens current; nothing to do when it is open.  `now`
 * names the finished file. */
enum destination_state destination_settle(struct destination *destination, struct timespec now);

/* Lets go of current, so that the next settling looks at it anew; or of everything. */
void destination_close_current(struct destination *destination);
void destination_close(struct destination *destination);

/* Writes all of it behind what current has.  False with errno: then current's size, as far as this
 * destination is concerned, is what it was, and the same bytes may be written again. */
bool destination_write(struct destination *destination, const char *bytes, size_t size);

/* Forgets what a kill left beyond `size`.  False with errno. */
bool destination_truncate(struct destination *destination, uint64_t size);

/* Where the line begins that current ends in: current's size when it ends with a line end, 0 when it
 * holds no line end at all.  False with errno when it cannot be read. */
bool destination_last_line(const struct destination *destination, uint64_t *start);

/* Finishes current up to `end`, which must be a line end; what lies behind goes to the new current.
 * Then deletes old files as ordered.  Settle again after any answer but READY. */
enum destination_state destination_rotate(
	struct destination *destination, uint64_t end, struct timespec now);

/* Everything written so far is on the disk.  False with errno. */
bool destination_sync(struct destination *destination);

/* Whether current, or the directory itself, is no longer where it was opened (somebody deleted it). */
bool destination_lost_current(const struct destination *destination);
bool destination_lost_directory(const struct destination *destination);

#endif
