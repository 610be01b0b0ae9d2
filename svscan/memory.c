/* Arrays that grow; see memory.h. */
#include "svscan/memory.h"

#include <stdlib.h>

void *memory_grow(void *array, size_t needed, size_t *room, size_t item_size)
{
	if (needed <= *room)
		return array;
	/* By half, so that a thousand additions copy little, and a small set stays small. */
	size_t more = needed + needed / 2 + 16;
	void *bigger = reallocarray(array, more, item_size);
	if (bigger)
		*room = more;
	return bigger;
}
