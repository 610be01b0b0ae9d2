/* The finished files of a log directory.
 *
 * Reads the directory and deletes what the plan in rotation.h says; touches nothing else there. */
#ifndef LOGGER_ARCHIVE_H
#define LOGGER_ARCHIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "logger/rotation.h"

/* Lists the finished files of the directory into `list`.  False with errno when it cannot be read. */
bool archive_list(int dir_fd, struct rotation_list *list);

/* Deletes the oldest files until `keep` are left (0 keeps all), and remembers in `newest` the newest
 * name there is.  False with errno when one could not be deleted; the others are left alone too. */
bool archive_trim(int dir_fd, uint32_t keep, struct rotation_name *newest);

#endif
