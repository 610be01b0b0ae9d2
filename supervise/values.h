/* The one-value files of a service directory, read anew at each start: editing one needs no command.
 *
 * Owns their reading and what is said of a bad one: one line with file and reason, and the default is
 * used.  What the values mean is decided elsewhere. */
#ifndef VALUES_H
#define VALUES_H

#include "supervise/service.h"

/* A file that holds one number, with or without a newline.  Returns it, or `missing` when the file is
 * not there or does not hold a number from `least` to `most`. */
int64_t values_number(const struct service *service, const char *name, int64_t least, int64_t most,
	int64_t missing);

#endif
