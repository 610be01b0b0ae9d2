/* One turn after the other; see carry.h. */
#include "logger/carry.h"

#include <errno.h>

#include "libsv/clock.h"
#include "libsv/message.h"
#include "logger/split.h"

void carry_init(struct carrier *carrier, const struct intake *intake, const struct script *script)
{
	carrier->intake = *intake;
	carrier->journal.fd = -1;
	carrier->count = script->count;
	for (size_t i = 0; i < script->count; i++)
		carrier->destinations[i] = destination_new(&script->destinations[i]);
}

static struct journal_mark mark_of(const struct destination *destination, uint64_t taken)
{
	return (struct journal_mark){
		.inode = destination->inode, .offset = destination->file.size, .taken = taken};
}

static size_t pending(const struct carrier *carrier, size_t index)
{
	return journal_end(&carrier->journal) - journal_mark(&carrier->journal, index).taken;
}

static bool any_pending(const struct carrier *carrier)
{
	for (size_t i = 0; i < carrier->count; i++)
		if (pending(carrier, i) > 0)
			return true;
	return false;
}

/* --- the files ------------------------------------------------------------------------------ */

/* What lies behind the mark is an unfinished write, which comes again.  More than one write makes is
 * not ours: another family's logger was here since. */
static bool drop_unfinished(struct carrier *carrier, size_t index)
{
	struct destination *destination = &carrier->destinations[index];
	struct journal_mark mark = journal_mark(&carrier->journal, index);
	uint64_t size = destination->file.size;

	if (pending(carrier, index) == 0 || mark.inode != destination->inode)
		return true;
	if (size <= mark.offset || size - mark.offset > CARRY_ROOM)
		return true;
	return destination_truncate(destination, mark.offset);
}

/* Opens current if it is not, and brings it and its mark together. */
static enum destination_state settle(struct carrier *carrier, size_t index)
{
	struct destination *destination = &carrier->destinations[index];

	if (destination->current_fd >= 0)
		return DESTINATION_READY;
	enum destination_state state = destination_settle(destination, carrier->now);
	if (state != DESTINATION_READY)
		return state;
	if (!drop_unfinished(carrier, index)) {
		destination_close_current(destination);
		return DESTINATION_FAILED;
	}
	struct journal_mark mark = journal_mark(&carrier->journal, index);
	journal_set_mark(&carrier->journal, index, mark_of(destination, mark.taken));
	return DESTINATION_READY;
}

/* The journal lives in the first directory's lock file, wherever that is now. */
static bool settle_journal(struct carrier *carrier)
{
	struct journal journal;

	if (carrier->journal.fd == carrier->destinations[0].lock_fd)
		return true;
	if (!journal_open(&journal, carrier->destinations[0].lock_fd))
		return false;
	if (carrier->journal.fd >= 0) {
		journal_copy(&journal, &carrier->journal);
		journal_close(&carrier->journal);
	}
	carrier->journal = journal;
	return true;
}

enum destination_state carry_arm(struct carrier *carrier)
{
	carrier->now = sv_wall();
	for (size_t i = 0; i < carrier->count; i++) {
		struct destination *destination = &carrier->destinations[i];
		enum destination_state state = DESTINATION_READY;
		carrier->stuck = i;
		if (destination->dir_fd < 0)
			state = destination_open(destination);
		if (state == DESTINATION_READY && !settle_journal(carrier))
			state = DESTINATION_FAILED;
		if (state == DESTINATION_READY)
			state = settle(carrier, i);
		if (state != DESTINATION_READY)
			return state;
	}
	return DESTINATION_READY;
}

/* Somebody deleted the directory or our lock in it: make, open and lock it anew. */
static bool renew(struct carrier *carrier, size_t index)
{
	struct destination *destination = &carrier->destinations[index];
	struct destination fresh = destination_new(destination->orders);

	if (destination_open(&fresh) != DESTINATION_READY)
		return false;
	struct destination old = *destination;
	*destination = fresh;
	if (!settle_journal(carrier)) {
		int error = errno;
		destination_close(&fresh);
		*destination = old;
		errno = error;
		return false;
	}
	destination_close(&old);
	sv_warn(destination->orders->path, ": was removed; made it anew");
	return true;
}

/* Brings a destination into a state in which it can be written.  False with errno. */
static bool ready(struct carrier *carrier, size_t index)
{
	struct destination *destination = &carrier->destinations[index];
	bool look = destination->current_fd < 0 || carrier->now.tv_sec != carrier->checked;

	if (look && destination_lost_directory(destination) && !renew(carrier, index))
		return false;
	if (look && destination_lost_current(destination)) {
		destination_close_current(destination);
	}
	switch (settle(carrier, index)) {
	case DESTINATION_READY: return true;
	case DESTINATION_FAILED: return false;
	case DESTINATION_LOCKED: errno = EBUSY; return false;
	case DESTINATION_ODD: errno = EINVAL; return false;
	}
	return false;
}

/* --- the bytes ------------------------------------------------------------------------------ */

static bool rotate(struct carrier *carrier, size_t index, uint64_t end)
{
	struct destination *destination = &carrier->destinations[index];
	uint64_t taken = journal_mark(&carrier->journal, index).taken;
	enum destination_state state = destination_rotate(destination, end, carrier->now);

	if (state == DESTINATION_ODD)
		errno = EINVAL;
	if (state != DESTINATION_READY)
		return false;
	journal_set_mark(&carrier->journal, index, mark_of(destination, taken));
	return true;
}

/* A line is about to exceed the file: the next file gets it whole, unless this one has no other. */
static bool move_line(struct carrier *carrier, size_t index)
{
	struct destination *destination = &carrier->destinations[index];
	uint64_t start;

	if (!destination_last_line(destination, &start))
		return false;
	if (start > 0)
		return rotate(carrier, index, start);
	destination->file.one_line = true;
	return true;
}

static bool put(
	struct carrier *carrier, size_t index, const char *bytes, size_t size, uint64_t taken)
{
	struct destination *destination = &carrier->destinations[index];

	if (!destination_write(destination, bytes, size))
		return false;
	journal_set_mark(&carrier->journal, index, mark_of(destination, taken));
	return true;
}

/* One step with `in`, of which the bytes before `taken` are out.  `consumed` says how far it got,
 * which may be nowhere when the files had to be moved first.  False with errno. */
static bool place(struct carrier *carrier, size_t index, struct split_input in,
	const struct stamp *stamp, uint64_t taken, size_t *consumed)
{
	struct destination *destination = &carrier->destinations[index];
	struct rotation_file *file = &destination->file;
	uint64_t left = rotation_room(file);
	size_t room = left < CARRY_ROOM ? (size_t)left : CARRY_ROOM;
	struct split_result made =
		stamp->size > 0 ? split_stamped(in, stamp, carrier->room, room, file->one_line)
				: split_plain(in, room, file->one_line);
	const char *bytes = stamp->size > 0 ? carrier->room : in.bytes;
	struct rotation_chunk chunk = {.size = made.produced,
		.lines = made.lines_produced,
		.full = made.consumed < in.size && room == left};

	*consumed = 0;
	switch (rotation_plan(file, chunk)) {
	case ROTATION_WRITE:
		*consumed = made.consumed;
		return put(carrier, index, bytes, made.produced, taken + made.consumed);
	case ROTATION_WRITE_LINES:
		*consumed = made.lines_consumed;
		if (!put(carrier, index, bytes, chunk.lines, taken + made.lines_consumed))
			return false;
		file->one_line = false;
		return rotate(carrier, index, file->size);
	case ROTATION_FIRST: return rotate(carrier, index, file->size);
	case ROTATION_MOVE_LINE: return move_line(carrier, index);
	case ROTATION_ONE_LINE: file->one_line = true; return true;
	}
	return false;
}

static long east_of_utc(struct carrier *carrier)
{
	struct tm local;

	if (carrier->now.tv_sec != carrier->east_at && localtime_r(&carrier->now.tv_sec, &local)) {
		carrier->east = local.tm_gmtoff;
		carrier->east_at = carrier->now.tv_sec;
	}
	return carrier->east;
}

/* Puts out what destination `index` lacks. */
static bool deliver(struct carrier *carrier, size_t index)
{
	struct destination *destination = &carrier->destinations[index];
	unsigned kinds = destination->orders->stamps;
	struct stamp stamp = {.size = 0};
	size_t left, consumed;

	if (kinds)
		stamp = stamp_make(
			kinds, carrier->now, kinds & STAMP_ISO ? east_of_utc(carrier) : 0);
	while ((left = pending(carrier, index)) > 0) {
		uint64_t taken = journal_mark(&carrier->journal, index).taken;
		struct split_input in = {.bytes = carrier->journal.spool + taken,
			.size = left,
			.mid_line = destination->file.mid_line};
		if (!place(carrier, index, in, &stamp, taken, &consumed))
			return false;
	}
	return true;
}

static bool deliver_all(struct carrier *carrier)
{
	carrier->now = sv_wall();
	for (size_t i = 0; i < carrier->count; i++) {
		carrier->stuck = i;
		if (!ready(carrier, i) || !deliver(carrier, i))
			return false;
	}
	carrier->checked = carrier->now.tv_sec;
	return true;
}

/* Ends the line that a current ends in.  The journal must be empty. */
static bool end_lines(struct carrier *carrier)
{
	for (size_t i = 0; i < carrier->count; i++) {
		struct destination *destination = &carrier->destinations[i];
		struct stamp none = {.size = 0};
		size_t consumed = 0;
		carrier->stuck = i;
		if (!ready(carrier, i))
			return false;
		while (destination->file.mid_line && consumed == 0) {
			struct split_input in = {.bytes = "\n", .size = 1, .mid_line = true};
			uint64_t taken = journal_mark(&carrier->journal, i).taken;
			if (!place(carrier, i, in, &none, taken, &consumed))
				return false;
			/* It came from nowhere: the mark stays within the spool. */
			journal_set_mark(&carrier->journal, i, mark_of(destination, taken));
		}
	}
	return true;
}

/* A new input must not continue the line that the old one left unfinished. */
static bool adopt_source(struct carrier *carrier)
{
	if (carrier->source_known)
		return true;
	if (!journal_is_source(&carrier->journal, &carrier->intake.source)) {
		if (!end_lines(carrier))
			return false;
		journal_set_source(&carrier->journal, &carrier->intake.source);
	}
	carrier->source_known = true;
	return true;
}

/* Bytes into the empty journal. */
static enum carry_result take(struct carrier *carrier, size_t most)
{
	if (!adopt_source(carrier))
		return CARRY_STUCK;
	if (most == 0)
		return CARRY_EMPTY;
	journal_rewind(&carrier->journal, carrier->count);
	ssize_t taken = intake_take(&carrier->intake, &carrier->journal, most);
	carrier->stuck = 0;
	if (taken == 0)
		return CARRY_END;
	if (taken < 0 && (errno == EAGAIN || errno == EINTR))
		return CARRY_EMPTY;
	if (taken < 0)
		return carrier->intake.is_pipe ? CARRY_STUCK : CARRY_BROKEN;
	carrier->taken = (size_t)taken;
	return CARRY_ON;
}

enum carry_result carry_turn(struct carrier *carrier, size_t most)
{
	enum carry_result result = CARRY_ON;

	carrier->taken = 0;
	if (!any_pending(carrier))
		result = take(carrier, most);
	if (result == CARRY_ON && !deliver_all(carrier))
		result = CARRY_STUCK;
	return result;
}

enum carry_result carry_rotate(struct carrier *carrier)
{
	uint64_t start;

	if (!deliver_all(carrier))
		return CARRY_STUCK;
	for (size_t i = 0; i < carrier->count; i++) {
		carrier->stuck = i;
		if (!destination_last_line(&carrier->destinations[i], &start))
			return CARRY_STUCK;
		if (start > 0 && !rotate(carrier, i, start))
			return CARRY_STUCK;
	}
	return CARRY_ON;
}

bool carry_mid_line(const struct carrier *carrier)
{
	for (size_t i = 0; i < carrier->count; i++)
		if (carrier->destinations[i].file.mid_line)
			return true;
	return false;
}

enum carry_result carry_finish(struct carrier *carrier, bool end)
{
	if (!deliver_all(carrier) || (end && !end_lines(carrier)))
		return CARRY_STUCK;
	for (size_t i = 0; i < carrier->count; i++) {
		carrier->stuck = i;
		if (!destination_sync(&carrier->destinations[i]))
			return CARRY_STUCK;
	}
	return CARRY_ON;
}
