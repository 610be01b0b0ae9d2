/* Allocation that cannot fail: a client without memory says so and ends, having sent nothing. */
#ifndef SVCTL_MEMORY_H
#define SVCTL_MEMORY_H

#include <stddef.h>

/* Copies; the caller frees. */
char *memory_string(const char *string);
char *memory_join(const char *first, const char *second);

/* `count` zeroed things of `size` bytes; count 0 gives a pointer to free all the same. */
void *memory_array(size_t count, size_t size);

/* Makes sure that one more thing fits behind the `count` that are there; returns the array, moved
 * if need be. */
void *memory_room(void *array, size_t count, size_t *room, size_t size);

#endif
