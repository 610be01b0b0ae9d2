/* The scanner's plan, against its own law book written the slow way, and carried out in a model.
 * uses: svscan/plan.o */
#include "svscan/plan.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/check_main.h"

enum { ROUNDS = 10000, NAMES = 9, IDENTITIES = 8, MANY = 10000, ROOM = 2 * MANY };

/* ck_assert makes a system call even when it holds; this does not. */
#define HOLD(condition) ((condition) ? (void)0 : ck_abort_msg("%s", #condition))

/* A directory and what runs; large, so it exists once. */
static struct world {
	struct plan_item entries[ROOM], slots[ROOM];
	size_t entry_count, slot_count;
} world;

/* What one plan said: of each entry and of each slot, and how often. */
static struct said {
	enum plan_kind of_entry[ROOM], of_slot[ROOM];
	int entry_times[ROOM], slot_times[ROOM];
	size_t entry_of_slot[ROOM];
} said;

static const char *const names[NAMES] = {"a", "a0", "aa", "b", "b-", "b.", "ba", "c", "~"};
static uint64_t seed = 0x2545f4914f6cdd1d;

static size_t random_below(size_t limit)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (size_t)(seed >> 11) % limit;
}

/* --- the caller, as in svscan/actions.c --------------------------------------------------------- */

static void note_entry(const struct plan_item *entry, enum plan_kind kind)
{
	const struct plan_item *known = &world.entries[entry->index];

	HOLD(strcmp(entry->name, known->name) == 0);
	HOLD(entry->ino == known->ino);
	said.of_entry[entry->index] = kind;
	said.entry_times[entry->index]++;
}

static void note(void *data, struct plan_verdict verdict)
{
	enum plan_kind kind = verdict.kind;
	bool has_both = kind == PLAN_KEEP || kind == PLAN_RENAME;

	(void)data;
	HOLD((verdict.slot != NULL) == (has_both || kind == PLAN_STOP));
	HOLD((verdict.entry != NULL) == (kind != PLAN_STOP));
	if (verdict.entry)
		note_entry(verdict.entry, kind);
	if (!verdict.slot)
		return;
	said.of_slot[verdict.slot->index] = kind;
	said.slot_times[verdict.slot->index]++;
	if (has_both)
		said.entry_of_slot[verdict.slot->index] = verdict.entry->index;
}

static struct plan_item *sorted_copy(struct plan_item *items, size_t count)
{
	struct plan_item *copy = calloc(count + 1, sizeof *copy);

	if (!copy)
		abort();
	for (size_t i = 0; i < count; i++) {
		items[i].index = i;
		copy[i] = items[i];
	}
	qsort(copy, count, sizeof *copy, plan_by_identity);
	return copy;
}

static void make_plan(void)
{
	struct plan_item *entries = sorted_copy(world.entries, world.entry_count);
	struct plan_item *slots = sorted_copy(world.slots, world.slot_count);
	struct plan_rest rest = {
		.newcomers = calloc(world.entry_count + 1, sizeof *rest.newcomers),
		.goers = calloc(world.slot_count + 1, sizeof *rest.goers),
	};

	memset(said.entry_times, 0, sizeof *said.entry_times * (world.entry_count + 1));
	memset(said.slot_times, 0, sizeof *said.slot_times * (world.slot_count + 1));
	plan_identities(entries, world.entry_count, slots, world.slot_count, &rest, note, NULL);
	qsort(rest.newcomers, rest.newcomer_count, sizeof *rest.newcomers, plan_by_name);
	qsort(rest.goers, rest.goer_count, sizeof *rest.goers, plan_by_name);
	plan_names(&rest, note, NULL);
	for (size_t i = 0; i < world.entry_count; i++)
		HOLD(said.entry_times[i] == 1);
	for (size_t i = 0; i < world.slot_count; i++)
		HOLD(said.slot_times[i] == 1);
	free(rest.newcomers);
	free(rest.goers);
	free(entries);
	free(slots);
}

static void carry_out(void)
{
	for (size_t i = 0; i < world.slot_count; i++) {
		if (said.of_slot[i] == PLAN_STOP)
			world.slots[i].leaving = true;
		else if (said.of_slot[i] == PLAN_RENAME)
			world.slots[i].name = world.entries[said.entry_of_slot[i]].name;
	}
	for (size_t i = 0; i < world.entry_count; i++)
		if (said.of_entry[i] == PLAN_START)
			world.slots[world.slot_count++] = world.entries[i];
}

/* Processes of leaving slots end: all of them, or some. */
static void let_leave(bool all)
{
	for (size_t i = world.slot_count; i-- > 0;)
		if (world.slots[i].leaving && (all || random_below(2)))
			world.slots[i] = world.slots[--world.slot_count];
}

/* --- the law book, quadratic -------------------------------------------------------------------- */

static bool is_same(const struct plan_item *a, const struct plan_item *b)
{
	return a->dev == b->dev && a->ino == b->ino;
}

static const struct plan_item *find_same(
	const struct plan_item *items, size_t count, const struct plan_item *like)
{
	for (size_t i = 0; i < count; i++)
		if (is_same(&items[i], like))
			return &items[i];
	return NULL;
}

/* The name by which a directory with several is looked after: its slot's, else the first. */
static bool is_chosen(const struct plan_item *entry, const struct plan_item *slot)
{
	const struct plan_item *first = entry;

	for (size_t i = 0; i < world.entry_count; i++) {
		const struct plan_item *other = &world.entries[i];
		if (!is_same(other, entry))
			continue;
		if (slot && strcmp(other->name, slot->name) == 0)
			return other == entry;
		if (strcmp(other->name, first->name) < 0)
			first = other;
	}
	return first == entry;
}

static bool is_going(const struct plan_item *slot)
{
	return slot->leaving || !find_same(world.entries, world.entry_count, slot);
}

static enum plan_kind law_of_entry(const struct plan_item *entry)
{
	const struct plan_item *slot = find_same(world.slots, world.slot_count, entry);

	if (!is_chosen(entry, slot))
		return PLAN_TWIN;
	if (slot && slot->leaving)
		return PLAN_WAIT;
	if (slot)
		return strcmp(slot->name, entry->name) == 0 ? PLAN_KEEP : PLAN_RENAME;
	for (size_t i = 0; i < world.slot_count; i++)
		if (strcmp(world.slots[i].name, entry->name) == 0 && is_going(&world.slots[i]))
			return PLAN_WAIT;
	return PLAN_START;
}

static void check_plan(void)
{
	make_plan();
	for (size_t i = 0; i < world.entry_count; i++)
		HOLD(said.of_entry[i] == law_of_entry(&world.entries[i]));
	for (size_t i = 0; i < world.slot_count; i++) {
		const struct plan_item *entry = &world.entries[said.entry_of_slot[i]];
		HOLD((said.of_slot[i] == PLAN_STOP) == is_going(&world.slots[i]));
		HOLD(said.of_slot[i] == PLAN_STOP || is_same(&world.slots[i], entry));
	}
}

static struct plan_item random_item(const char *name)
{
	return (struct plan_item){name, random_below(2), random_below(IDENTITIES / 2), 0, false};
}

/* Names are unique in a directory; readdir gives them in any order. */
static void random_entries(void)
{
	world.entry_count = 0;
	for (int i = 0; i < NAMES; i++)
		if (random_below(3))
			world.entries[world.entry_count++] = random_item(names[i]);
	for (size_t n = world.entry_count; n > 1; n--) {
		struct plan_item *other = &world.entries[random_below(n)],
				 last = world.entries[n - 1];
		world.entries[n - 1] = *other;
		*other = last;
	}
}

/* Identities are unique among slots. */
static void random_world(void)
{
	random_entries();
	world.slot_count = 0;
	for (int tries = (int)random_below(IDENTITIES + 1); tries > 0; tries--) {
		struct plan_item slot = random_item(names[random_below(NAMES)]);
		slot.leaving = random_below(4) == 0;
		if (!find_same(world.slots, world.slot_count, &slot))
			world.slots[world.slot_count++] = slot;
	}
}

static size_t count_entries(enum plan_kind kind)
{
	size_t count = 0;

	for (size_t i = 0; i < world.entry_count; i++)
		count += said.of_entry[i] == kind;
	return count;
}

/* Planning again right after carrying out must find nothing to do. */
static void check_nothing_to_do(void)
{
	make_plan();
	HOLD(count_entries(PLAN_START) == 0);
	HOLD(count_entries(PLAN_RENAME) == 0);
	for (size_t i = 0; i < world.slot_count; i++)
		HOLD(said.of_slot[i] == PLAN_KEEP || world.slots[i].leaving);
}

static void check_all_is_well(void)
{
	check_nothing_to_do();
	HOLD(count_entries(PLAN_WAIT) == 0);
	HOLD(count_entries(PLAN_KEEP) == world.slot_count);
}

START_TEST(every_plan_is_by_the_book)
{
	for (int round = 0; round < ROUNDS; round++) {
		random_world();
		check_plan();
	}
}
END_TEST

START_TEST(a_plan_carried_out_leaves_nothing_to_do)
{
	for (int round = 0; round < ROUNDS; round++) {
		random_world();
		make_plan();
		size_t waiting = count_entries(PLAN_WAIT);
		carry_out();
		check_nothing_to_do();
		ck_assert_uint_eq(count_entries(PLAN_WAIT), waiting);
		let_leave(true);
		make_plan();
		ck_assert_uint_eq(count_entries(PLAN_START), waiting);
		ck_assert_uint_eq(count_entries(PLAN_WAIT), 0);
		carry_out();
		check_all_is_well();
	}
}
END_TEST

/* Directories change while slots of the last change still leave. */
START_TEST(a_restless_directory_comes_to_rest)
{
	for (int round = 0; round < ROUNDS; round++) {
		random_entries();
		check_plan();
		carry_out();
		check_nothing_to_do();
		let_leave(false);
	}
	for (int turn = 0; turn < 2; turn++) {
		make_plan();
		carry_out();
		let_leave(true);
	}
	check_all_is_well();
}
END_TEST

/* --- single cases ------------------------------------------------------------------------------- */

/* A letter is a name, the digit after it the inode, a ! says leaving: "a1 b2!".  The expected verdicts
 * stand in the order of the entries, then of the slots. */
static const char kind_letters[] = "KRS+WT"; /* in the order of enum plan_kind */
static const struct {
	const char *entries, *slots, *verdicts;
} single[] = {
	{"", "", ""}, {"a1 b2", "", "++"}, {"", "a1 b2", "SS"}, {"a1 b2", "a1 b2", "KKKK"},
	{"b1", "a1", "RR"},                          /* renamed */
	{"a2 b1", "a1 b2", "RRRR"},                  /* two swapped names */
	{"a2", "a1", "WS"},                          /* replaced */
	{"a2 b1", "a1", "+RR"},                      /* moved away, another put in its place */
	{"a1", "a1!", "WS"},                         /* came back while leaving */
	{"a2 b3", "a1! b3", "WKSK"},                 /* replaced while leaving */
	{"a1 b1", "", "+T"},                         /* linked twice: the first name */
	{"b1 a1", "", "T+"}, {"a1 b1", "b1", "TKK"}, /* the name it has */
	{"a1 b1", "c1", "RTR"},                      /* its name went, the first of the others */
	{"a2 c2", "a1", "WTS"}, /* the name that waits is the first, though the other is free */
	{"b1 c1 a2", "a1 b2", "RTRRR"}, /* twins and a swap at once */
};

static size_t read_items(struct plan_item *items, const char *text)
{
	static const char *const letters[] = {"a", "b", "c"};
	size_t count = 0;

	for (; *text; text++) {
		if (*text >= 'a')
			items[count++] = (struct plan_item){.name = letters[*text - 'a']};
		else if (*text == '!')
			items[count - 1].leaving = true;
		else if (*text != ' ')
			items[count - 1].ino = (ino_t)(*text - '0');
	}
	return count;
}

START_TEST(single_cases)
{
	for (size_t n = 0; n < sizeof single / sizeof *single; n++) {
		char got[16] = "";
		size_t size = 0;
		world.entry_count = read_items(world.entries, single[n].entries);
		world.slot_count = read_items(world.slots, single[n].slots);
		check_plan();
		for (size_t i = 0; i < world.entry_count; i++)
			got[size++] = kind_letters[said.of_entry[i]];
		for (size_t i = 0; i < world.slot_count; i++)
			got[size++] = kind_letters[said.of_slot[i]];
		ck_assert_msg(strcmp(got, single[n].verdicts) == 0, "[%s] on [%s]: %s, not %s",
			single[n].entries, single[n].slots, got, single[n].verdicts);
	}
}
END_TEST

START_TEST(ten_thousand_services)
{
	static char text[MANY][16];

	world.entry_count = MANY;
	world.slot_count = 0;
	for (size_t i = 0; i < MANY; i++) {
		snprintf(text[i], sizeof text[i], "service-%zu", i);
		world.entries[i] =
			(struct plan_item){.name = text[i], .ino = (ino_t)(i * 7 % MANY)};
	}
	make_plan();
	ck_assert_uint_eq(count_entries(PLAN_START), MANY);
	carry_out();
	check_all_is_well();
	for (size_t i = 0; i < MANY; i++)
		world.entries[i].ino = (ino_t)(i < MANY / 2 ? (i * 7 + 7) % MANY : MANY + i);
	make_plan();
	carry_out();
	check_nothing_to_do();
	let_leave(true);
	make_plan();
	carry_out();
	check_all_is_well();
}
END_TEST

static Suite *plan_suite(void)
{
	Suite *suite = suite_create("svscan plan");
	TCase *cases = tcase_create("plan");

	tcase_add_test(cases, every_plan_is_by_the_book);
	tcase_add_test(cases, a_plan_carried_out_leaves_nothing_to_do);
	tcase_add_test(cases, a_restless_directory_comes_to_rest);
	tcase_add_test(cases, single_cases);
	tcase_add_test(cases, ten_thousand_services);
	suite_add_tcase(suite, cases);
	return suite;
}

SV_CHECK_MAIN(plan_suite)
