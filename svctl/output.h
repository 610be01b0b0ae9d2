/* Standard output.
 *
 * Owns fd 1.  Whole texts go out with as few writes as the kernel takes; a reader that has gone
 * (svctl status | head) ends the program quietly. */
#ifndef SVCTL_OUTPUT_H
#define SVCTL_OUTPUT_H

#include <stddef.h>

/* Writes all of it, or ends the program with SV_EXIT_SYSTEM: without a word when nobody reads, else
 * with the reason. */
void output_write(const char *bytes, size_t size);

#endif
