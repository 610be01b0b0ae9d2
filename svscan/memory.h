/* Arrays that grow.
 *
 * Owns how much room they get; whose they are is the caller's affair. */
#ifndef MEMORY_H
#define MEMORY_H

#include <stddef.h>

/* Makes room for `needed` items in an array from malloc (null: none yet) that has room for `*room`.
 * Returns the array, which may have moved, or null with errno: then the old one is still good. */
void *memory_grow(void *array, size_t needed, size_t *room, size_t item_size);

#endif
