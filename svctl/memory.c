/* See memory.h. */
#include "svctl/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "libsv/message.h"

static void *checked(void *memory)
{
	if (!memory)
		sv_die_errno(SV_EXIT_SYSTEM, "out of memory");
	return memory;
}

char *memory_string(const char *string)
{
	return checked(strdup(string));
}

char *memory_join(const char *first, const char *second)
{
	char *joined = checked(malloc(strlen(first) + strlen(second) + 1));

	stpcpy(stpcpy(joined, first), second);
	return joined;
}

void *memory_array(size_t count, size_t size)
{
	return checked(calloc(count ? count : 1, size));
}

void *memory_room(void *array, size_t count, size_t *room, size_t size)
{
	if (count < *room)
		return array;
	*room = *room ? *room * 2 : 16;
	return checked(reallocarray(array, *room, size));
}
