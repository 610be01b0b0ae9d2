/* TAI64N labels as daemontools and runit write them: 2^62 + 10 + unix time, leap seconds ignored.
 *
 * Pure.  (skalibs counts leap seconds, which puts its labels 27 s ahead of what tai64nlocal and
 * svstat of these families expect; hence our own.) */
#ifndef SV_TAI_H
#define SV_TAI_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum {
	SV_TAI_SIZE = 12, /* packed: 8 bytes of seconds, 4 of nanoseconds, big-endian */
	SV_TAI_TEXT = 25, /* "@" and 24 lower-case hexadecimal digits, no terminator */
};

void sv_tai_pack(unsigned char to[SV_TAI_SIZE], struct timespec stamp);

/* The inverse; labels before 1970 come out negative. */
struct timespec sv_tai_unpack(const unsigned char from[SV_TAI_SIZE]);

/* Writes "@400000...": exactly SV_TAI_TEXT bytes. */
void sv_tai_text(char to[SV_TAI_TEXT], struct timespec stamp);

#endif
