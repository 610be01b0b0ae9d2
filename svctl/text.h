/* Text built piece by piece in memory that somebody else owns.
 *
 * Pure.  Decides only how numbers and untrusted bytes are spelled.  What does not fit is dropped
 * and noted, so a line can be checked once, at its end. */
#ifndef SVCTL_TEXT_H
#define SVCTL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
	char *to;
	size_t room;
	size_t size;
	bool is_cut; /* something was dropped */
};

/* `to` must outlive the text; `room` bytes of it are ours. */
struct text text_in(char *to, size_t room);

void text_bytes(struct text *text, const char *bytes, size_t size);
void text_add(struct text *text, const char *string);

/* Decimal, at least `digits` of them, filled up with zeros. */
void text_number(struct text *text, int64_t number, size_t digits);

/* As sv_quote: control bytes escaped. */
void text_quoted(struct text *text, const char *string);

/* Ends the string with NUL, at the cost of its last byte when it is full.  Returns `to`. */
const char *text_end(struct text *text);

#endif
