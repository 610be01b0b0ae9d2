/* The one-value files of a service directory, read anew at each start: editing one needs no command.
 *
 * Owns their reading and what is said of a bad one: one line with file and reason, once until the file
 * changes, and the default is used.  What the values mean is decided elsewhere. */
#ifndef VALUES_H
#define VALUES_H

#include <stdbool.h>
#include <stdint.h>

struct machine_policy;
struct service;

enum value {
#define VALUE(name, file) VALUE_##name,
#include "supervise/values.def"
#undef VALUE
	VALUES, /* how many */
};

/* What was said of each file: a digest of what was bad in it, 0 when nothing was. */
struct values_said {
	uint32_t bad[VALUES];
};

/* A file that holds one number, with or without a newline.  Returns it, or `missing` when the file is
 * not there or does not hold a number from `least` to `most`. */
int64_t values_number(
	struct service *service, enum value value, int64_t least, int64_t most, int64_t missing);

/* A file whose text `parse` understands: it is called when the file is there, with the text without the
 * blanks and newlines at its end, puts the result into the service's policy and returns true; or leaves
 * the policy alone and returns false, and then `wanted` is said: what the file must hold. */
void values_text(struct service *service, enum value value,
	bool (*parse)(struct machine_policy *policy, const char *text), const char *wanted);

#endif
