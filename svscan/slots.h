/* What runs: one slot per supervise, or per supervise that is to be started again.
 *
 * Owns the table.  Allocates only when the set of services grows. */
#ifndef SLOTS_H
#define SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "libsv/clock.h"

struct slot {
	char *name; /* owned */
	dev_t dev;
	ino_t ino;
	sv_ms started;
	sv_ms start_at;         /* when pid is 0: next try */
	int pid_fd;             /* of an adopted supervise; -1: it is our child, or there is none */
	pid_t pid;              /* 0: none */
	unsigned char failures; /* early deaths in a row */
	bool leaving;           /* told to stop; the slot goes when its process has */
};

struct slots {
	struct slot *items;
	size_t count, room;
	size_t last_found; /* deaths come in the order of starts: the next look begins here */
};

/* Adds a slot without process.  Returns it (valid until the next add or remove), or null: no memory. */
struct slot *slots_add(struct slots *slots, const char *name, dev_t dev, ino_t ino);

/* Gives a slot a new name.  Returns false when there is no memory; the old name stays. */
bool slots_rename(struct slot *slot, const char *name);

/* Removes a slot; the last one takes its place. */
void slots_remove(struct slots *slots, struct slot *slot);

/* The slot of a supervise, or null. */
struct slot *slots_of_pid(struct slots *slots, pid_t pid);

#endif
