/* Text that is safe to show to a person, from bytes that anybody may have chosen.
 *
 * Pure.  Decides only the spelling: \n \t \r \\ as in C, every other control byte (also 0x7f) as \xHH.
 * Bytes from 0x80 up pass, so that UTF-8 names stay readable, except the C1 controls in their
 * UTF-8 form (0xc2 0x80..0x9f), which some terminals obey. */
#ifndef SV_QUOTE_H
#define SV_QUOTE_H

#include <stddef.h>

/* Writes `text` escaped to `to`, at most `room` bytes, no terminator, never half an escape.
 * Returns the number of bytes written. */
size_t sv_quote(char *to, size_t room, const char *text);

/* The same for `size` bytes that may contain NUL. */
size_t sv_quote_bytes(char *to, size_t room, const char *bytes, size_t size);

#endif
