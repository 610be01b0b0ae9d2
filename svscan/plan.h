/* What the scanner must do, from what is there and what runs.
 *
 * Pure.  A service is known by the device and inode of its directory; the name is only what it is
 * called.  So a renamed directory keeps its process (also when two swap names), a directory that was
 * replaced under the same name gets a new one, but only after the old one has gone, and a directory
 * that is linked twice is started once.
 *
 * Two passes: identities decide who stays and who goes, then names decide which newcomer has to wait
 * for a predecessor to end.  Both take sorted input and are linear.  Laws (tests/unit/scan_plan.c):
 * every entry and slot gets exactly one verdict; when the plan was carried out, a second plan of the
 * same listing does nothing. */
#ifndef PLAN_H
#define PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* An entry that a scan saw, or a slot: what runs. */
struct plan_item {
	const char *name;
	dev_t dev;
	ino_t ino;
	size_t index; /* the caller's: where the item stands in its own table */
	bool leaving; /* of a slot: was told to stop, its process has not ended */
};

enum plan_kind {
	PLAN_KEEP,   /* slot and entry are the same service under the same name: nothing to do */
	PLAN_RENAME, /* slot goes on, its name is now that of the entry */
	PLAN_STOP,   /* slot has no entry any more (or is leaving already) */
	PLAN_START,  /* entry has no slot yet */
	PLAN_WAIT,   /* entry must wait until a leaving slot of its name or directory has gone */
	PLAN_TWIN,   /* entry is another name for a directory that is looked after already */
};

struct plan_verdict {
	enum plan_kind kind;
	const struct plan_item *entry; /* null for PLAN_STOP */
	const struct plan_item *slot;  /* null for PLAN_START, PLAN_WAIT and PLAN_TWIN */
};

/* Called once per verdict; may note, must not change the items. */
typedef void plan_report(void *data, struct plan_verdict verdict);

/* The items that the first pass leaves for the second: arrays of the caller, with room for all. */
struct plan_rest {
	struct plan_item *newcomers; /* entries without a slot */
	size_t newcomer_count;
	struct plan_item *goers; /* slots to be stopped, already reported */
	size_t goer_count;
};

/* First pass, over entries and slots each sorted by plan_by_identity: every verdict except on
 * newcomers. */
void plan_identities(const struct plan_item *entries, size_t entry_count,
	const struct plan_item *slots, size_t slot_count, struct plan_rest *rest,
	plan_report *report, void *data);

/* Second pass, over the rest, each sorted by plan_by_name: PLAN_START or PLAN_WAIT for each newcomer. */
void plan_names(const struct plan_rest *rest, plan_report *report, void *data);

/* Orders for qsort, over struct plan_item. */
int plan_by_name(const void *a, const void *b);
int plan_by_identity(const void *a, const void *b);

#endif
