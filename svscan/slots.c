/* The table of supervises; see slots.h. */
#include "svscan/slots.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "svscan/memory.h"

/* gcc 12's analyzer loses sight of what is stored at an index it does not know, and calls it a leak. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif

bool slots_rename(struct slot *slot, const char *name)
{
	char *copy = strdup(name);

	if (!copy)
		return false;
	free(slot->name);
	slot->name = copy;
	return true;
}

struct slot *slots_add(struct slots *slots, const char *name, dev_t dev, ino_t ino)
{
	struct slot *items =
		memory_grow(slots->items, slots->count + 1, &slots->room, sizeof *items);

	if (!items)
		return NULL;
	slots->items = items;
	struct slot *slot = &slots->items[slots->count];
	*slot = (struct slot){.dev = dev, .ino = ino, .start_at = SV_NEVER, .pid_fd = -1};
	if (!slots_rename(slot, name))
		return NULL;
	slots->count++;
	return slot;
}

void slots_remove(struct slots *slots, struct slot *slot)
{
	if (slot->pid_fd >= 0)
		close(slot->pid_fd);
	free(slot->name);
	*slot = slots->items[--slots->count];
}

struct slot *slots_of_pid(struct slots *slots, pid_t pid)
{
	for (size_t i = 0; i < slots->count; i++) {
		size_t at = (slots->last_found + i) % slots->count;
		if (slots->items[at].pid == pid) {
			slots->last_found = at;
			return &slots->items[at];
		}
	}
	return NULL;
}
