/* Merges two sorted lists into verdicts; see plan.h. */
#include "svscan/plan.h"

#include <string.h>

struct merge {
	struct plan_rest *rest;
	plan_report *report;
	void *data;
};

int plan_by_name(const void *a, const void *b)
{
	const struct plan_item *left = a, *right = b;

	return strcmp(left->name, right->name);
}

static int compare_identity(const struct plan_item *left, const struct plan_item *right)
{
	if (left->dev != right->dev)
		return left->dev < right->dev ? -1 : 1;
	if (left->ino != right->ino)
		return left->ino < right->ino ? -1 : 1;
	return 0;
}

int plan_by_identity(const void *a, const void *b)
{
	int order = compare_identity(a, b);

	return order ? order : plan_by_name(a, b);
}

static void say(const struct merge *merge, enum plan_kind kind, const struct plan_item *entry,
	const struct plan_item *slot)
{
	merge->report(
		merge->data, (struct plan_verdict){.kind = kind, .entry = entry, .slot = slot});
}

static void let_go(const struct merge *merge, const struct plan_item *slot)
{
	say(merge, PLAN_STOP, NULL, slot);
	merge->rest->goers[merge->rest->goer_count++] = *slot;
}

/* How many items from the first on are the same directory. */
static size_t count_twins(const struct plan_item *items, size_t count)
{
	size_t twins = 1;

	while (twins < count && compare_identity(&items[0], &items[twins]) == 0)
		twins++;
	return twins;
}

/* Of several names for one directory: the one the slot has, else the first. */
static size_t choose_twin(
	const struct plan_item *entries, size_t twins, const struct plan_item *slot)
{
	for (size_t i = 0; slot && i < twins; i++)
		if (strcmp(entries[i].name, slot->name) == 0)
			return i;
	return 0;
}

/* One directory: its names in the listing (at least one), and its slot, if it has one. */
static void judge(const struct merge *merge, const struct plan_item *entries, size_t twins,
	const struct plan_item *slot)
{
	size_t chosen = choose_twin(entries, twins, slot);
	const struct plan_item *entry = &entries[chosen];

	for (size_t i = 0; i < twins; i++)
		if (i != chosen)
			say(merge, PLAN_TWIN, &entries[i], NULL);
	if (!slot) {
		merge->rest->newcomers[merge->rest->newcomer_count++] = *entry;
	} else if (slot->leaving) {
		/* Two processes on one directory would fight for its lock. */
		let_go(merge, slot);
		say(merge, PLAN_WAIT, entry, NULL);
	} else {
		bool same = strcmp(entry->name, slot->name) == 0;
		say(merge, same ? PLAN_KEEP : PLAN_RENAME, entry, slot);
	}
}

void plan_identities(const struct plan_item *entries, size_t entry_count,
	const struct plan_item *slots, size_t slot_count, struct plan_rest *rest,
	plan_report *report, void *data)
{
	const struct merge merge = {.rest = rest, .report = report, .data = data};
	size_t e = 0, s = 0;

	rest->newcomer_count = rest->goer_count = 0;
	while (e < entry_count || s < slot_count) {
		int order = 0;
		if (e == entry_count)
			order = 1;
		else if (s == slot_count)
			order = -1;
		else
			order = compare_identity(&entries[e], &slots[s]);
		if (order > 0) {
			let_go(&merge, &slots[s++]);
			continue;
		}
		size_t twins = count_twins(entries + e, entry_count - e);
		judge(&merge, entries + e, twins, order == 0 ? &slots[s++] : NULL);
		e += twins;
	}
}

void plan_names(const struct plan_rest *rest, plan_report *report, void *data)
{
	size_t g = 0;

	for (size_t n = 0; n < rest->newcomer_count; n++) {
		const struct plan_item *entry = &rest->newcomers[n];
		while (g < rest->goer_count && plan_by_name(&rest->goers[g], entry) < 0)
			g++;
		bool taken = g < rest->goer_count && plan_by_name(&rest->goers[g], entry) == 0;
		report(data, (struct plan_verdict){
				     .kind = taken ? PLAN_WAIT : PLAN_START, .entry = entry});
	}
}
