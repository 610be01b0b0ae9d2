/* Starts and stops supervises; see actions.h. */
#include "svscan/actions.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libsv/spawn.h"
#include "svscan/adopt.h"
#include "svscan/listing.h"

enum {
	EARLY_MS = 1000,     /* a supervise that lived so long did not die early */
	DELAY_MS = 1000,     /* after the second early death, doubled at each further one */
	DELAY_DOUBLINGS = 6, /* up to about a minute */
	RETRY_SCAN_MS = 1000,
};

/* --- one supervise ------------------------------------------------------------------------------ */

static void start(struct scanner *scanner, struct slot *slot, sv_ms now)
{
	char argument[512];
	/* A name that begins with a dash must not look like an option. */
	int size = snprintf(
		argument, sizeof argument, "%s%s", slot->name[0] == '-' ? "./" : "", slot->name);
	char *const argv[] = {(char *)(uintptr_t) "supervise", argument, NULL};
	const struct sv_spawn spawn = {
		.path = scanner->supervise,
		.argv = argv,
		.dir_fd = scanner->scan_fd,
		.fd = {scanner->null_fd, -1, -1},
	};
	enum sv_spawn_failure failure;

	pid_t pid = size < (int)sizeof argument ? sv_spawn(&spawn, &failure) : -1;
	if (pid < 0) {
		slot->start_at = now + DELAY_MS;
		if (sv_may_speak(&scanner->quiet_spawn, now))
			sv_warn_errno("cannot start ", scanner->supervise, " for ", slot->name,
				", trying again every second");
		return;
	}
	slot->pid = pid;
	slot->started = now;
	slot->start_at = SV_NEVER;
}

static void adopt_or_start(struct scanner *scanner, struct slot *slot, sv_ms now)
{
	/* One that died at once may have been refused, for another was there. */
	bool may_exist = scanner->inherits || slot->failures > 0;

	if (!may_exist || !adopt_supervise(scanner, slot)) {
		start(scanner, slot, now);
		return;
	}
	slot->started = now;
	slot->start_at = SV_NEVER;
}

/* The slot goes when its process has; without a process, at the end of carry_out. */
static void stop(struct slot *slot)
{
	if (slot->pid && !slot->leaving)
		adopt_signal(slot, SIGTERM);
	slot->leaving = true;
}

void scanner_start_due(struct scanner *scanner)
{
	sv_ms now = sv_now_ms();

	for (size_t i = 0; i < scanner->slots.count; i++) {
		struct slot *slot = &scanner->slots.items[i];
		if (slot->pid == 0 && slot->start_at <= now)
			adopt_or_start(scanner, slot, now);
	}
	scanner->inherits = false;
}

sv_ms scanner_next_start(const struct scanner *scanner)
{
	sv_ms next = SV_NEVER;

	for (size_t i = 0; i < scanner->slots.count; i++)
		if (scanner->slots.items[i].start_at < next)
			next = scanner->slots.items[i].start_at;
	return next;
}

/* The first early death is forgiven: it may be somebody's kill, and the service is without supervise. */
static sv_ms restart_delay(struct slot *slot)
{
	if (slot->failures < 2)
		return 0;
	if (slot->failures > DELAY_DOUBLINGS + 2)
		slot->failures = DELAY_DOUBLINGS + 2;
	return (sv_ms)DELAY_MS << (slot->failures - 2);
}

void scanner_child_ended(struct scanner *scanner, pid_t pid)
{
	struct slot *slot = slots_of_pid(&scanner->slots, pid);
	sv_ms now = sv_now_ms();

	if (!slot)
		return;
	slot->pid = 0;
	if (slot->pid_fd >= 0)
		close(slot->pid_fd);
	slot->pid_fd = -1;
	if (slot->leaving || scanner->stopping) {
		slots_remove(&scanner->slots, slot);
		/* Its name or directory may have been waited for. */
		scanner->scan_at = now;
		return;
	}
	slot->failures = now - slot->started >= EARLY_MS ? 0 : (unsigned char)(slot->failures + 1);
	slot->start_at = now + restart_delay(slot);
}

void scanner_stop_all(struct scanner *scanner, int signal)
{
	/* Backwards: removing puts the last slot in the place of the removed. */
	for (size_t i = scanner->slots.count; i-- > 0;) {
		struct slot *slot = &scanner->slots.items[i];
		if (slot->pid == 0)
			slots_remove(&scanner->slots, slot);
		else
			adopt_signal(slot, signal);
	}
}

/* --- the whole directory ------------------------------------------------------------------------ */

/* The verdicts that change the table, noted while the plan still reads it. */
struct changes {
	struct plan_verdict *verdicts;
	size_t count;
};

static void note(void *data, struct plan_verdict verdict)
{
	struct changes *changes = data;

	if (verdict.kind != PLAN_KEEP && verdict.kind != PLAN_WAIT && verdict.kind != PLAN_TWIN)
		changes->verdicts[changes->count++] = verdict;
}

static void add(struct scanner *scanner, const struct plan_item *entry)
{
	struct slot *slot = slots_add(&scanner->slots, entry->name, entry->dev, entry->ino);

	if (slot) {
		slot->start_at = 0;
		return;
	}
	scanner->scan_at = sv_now_ms() + RETRY_SCAN_MS;
	if (sv_may_speak(&scanner->quiet_scan, sv_now_ms()))
		sv_warn("out of memory: ", entry->name, " is not started yet");
}

static void rename_slot(struct slot *slot, const char *name)
{
	if (!slots_rename(slot, name))
		sv_warn("out of memory: ", slot->name, " keeps its old name");
}

/* Removing moves slots, so it is done last, and from the end on. */
static void carry_out(struct scanner *scanner, const struct changes *changes)
{
	for (size_t i = 0; i < changes->count; i++) {
		const struct plan_verdict *verdict = &changes->verdicts[i];
		if (verdict->kind == PLAN_RENAME)
			rename_slot(
				&scanner->slots.items[verdict->slot->index], verdict->entry->name);
		else if (verdict->kind == PLAN_STOP)
			stop(&scanner->slots.items[verdict->slot->index]);
		else if (verdict->kind == PLAN_START)
			add(scanner, verdict->entry);
	}
	for (size_t i = scanner->slots.count; i-- > 0;) {
		struct slot *slot = &scanner->slots.items[i];
		if (!slot->leaving || slot->pid)
			continue;
		slots_remove(&scanner->slots, slot);
		/* No death will tell us that its name is free for who waits for it. */
		scanner->scan_at = 0;
	}
}

static void copy_slots(struct plan_item *items, const struct slots *slots)
{
	for (size_t i = 0; i < slots->count; i++) {
		const struct slot *slot = &slots->items[i];
		items[i] = (struct plan_item){.name = slot->name,
			.dev = slot->dev,
			.ino = slot->ino,
			.index = i,
			.leaving = slot->leaving};
	}
}

/* Plans with the memory given: `items` holds slots, newcomers and goers one after the other. */
static void plan_and_carry_out(struct scanner *scanner, struct listing *listing,
	struct plan_item *items, struct plan_verdict *verdicts)
{
	struct changes changes = {.verdicts = verdicts};
	size_t slot_count = scanner->slots.count;
	struct plan_rest rest = {
		.newcomers = items + slot_count,
		.goers = items + slot_count + listing->count,
	};

	copy_slots(items, &scanner->slots);
	qsort(items, slot_count, sizeof *items, plan_by_identity);
	/* An empty listing has no array at all, which qsort must not be given. */
	if (listing->count > 0)
		qsort(listing->items, listing->count, sizeof *listing->items, plan_by_identity);
	plan_identities(listing->items, listing->count, items, slot_count, &rest, note, &changes);
	qsort(rest.newcomers, rest.newcomer_count, sizeof *items, plan_by_name);
	qsort(rest.goers, rest.goer_count, sizeof *items, plan_by_name);
	plan_names(&rest, note, &changes);
	carry_out(scanner, &changes);
}

void scanner_scan(struct scanner *scanner)
{
	struct listing listing;
	sv_ms now = sv_now_ms();

	scanner->scan_at = SV_NEVER;
	bool complete = listing_read(&listing, scanner->scan_fd);
	size_t all = 2 * (scanner->slots.count + listing.count) + 1;
	struct plan_item *items = complete ? calloc(all, sizeof *items) : NULL;
	struct plan_verdict *verdicts = items ? calloc(all, sizeof *verdicts) : NULL;

	if (verdicts) {
		plan_and_carry_out(scanner, &listing, items, verdicts);
	} else {
		scanner->scan_at = now + RETRY_SCAN_MS;
		if (sv_may_speak(&scanner->quiet_scan, now))
			sv_warn_errno("cannot read the scan directory ", scanner->path,
				", what runs is left alone");
	}
	free(verdicts);
	free(items);
	listing_free(&listing);
}
