/* What is in the scan directory now.
 *
 * Owns the reading: which entries count as services (directories, or links to them, whose name neither
 * begins with a dot nor ends in @) and their identities.  Knows nothing of what runs. */
#ifndef LISTING_H
#define LISTING_H

#include <stdbool.h>
#include <stddef.h>

#include "svscan/plan.h"

struct listing {
	struct plan_item *items; /* names lie in `names` */
	size_t count, room;
	char *names;
	size_t names_size, names_room;
};

/* Reads the directory `scan_fd`.  Returns false with errno when it cannot be read whole: then what runs
 * must be left alone.  The listing is the caller's to free, also after a failure. */
bool listing_read(struct listing *listing, int scan_fd);

void listing_free(struct listing *listing);

/* Would an entry of this name be a service? */
bool listing_is_service_name(const char *name);

#endif
