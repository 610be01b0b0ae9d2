/* Where lines begin and end, and what a chunk of input becomes in a log file.
 *
 * Decides how much of a chunk goes out at once and puts the stamp in front of each line.  Pure: works
 * on the caller's memory and touches no byte outside it.  A chunk may be cut anywhere: the lines that
 * come out are the same as if it had come whole. */
#ifndef LOGGER_SPLIT_H
#define LOGGER_SPLIT_H

#include <stdbool.h>
#include <stddef.h>

#include "logger/stamp.h"

struct split_input {
	const char *bytes;
	size_t size;
	bool mid_line; /* the bytes before these ended inside a line */
};

/* How far it went, and where the last line end on that way was (both 0 when there was none). */
struct split_result {
	size_t consumed, produced;
	size_t lines_consumed, lines_produced;
	bool mid_line; /* after `consumed` bytes */
};

/* Copies `in` to `out` with `stamp` before each line, as far as `room` bytes reach; with
 * `one_line` not beyond the first line end.  A stamp never comes out without at least one byte of
 * its line, so the caller can go on at `consumed` as if nothing had happened. */
struct split_result split_stamped(
	struct split_input in, const struct stamp *stamp, char *out, size_t room, bool one_line);

/* The same without a stamp, where input and output are the same bytes and none needs copying. */
struct split_result split_plain(struct split_input in, size_t room, bool one_line);

#endif
