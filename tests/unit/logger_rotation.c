/* Rotation: a model of a directory, driven by the plan with lines cut into random chunks, keeps the
 * law; names and deletions keep their order whatever the clock does.
 * uses: logger/rotation.o logger/split.o */
#include "logger/rotation.h"

#include <stdio.h>
#include <string.h>

#include "logger/split.h"
#include "tests/support/check_main.h"

/* --- the plan ------------------------------------------------------------------------------- */

enum { LIMIT = 100, ROOM = 64, INPUT = 60000 };

struct model {
	struct rotation_file file;
	char current[INPUT];
	size_t files;
	char all[INPUT]; /* the finished files, one after the other */
	size_t all_size;
};

static unsigned next_random(unsigned *seed)
{
	*seed = *seed * 1103515245 + 12345;
	return *seed >> 16;
}

/* A finished file holds whole lines, and more than its limit only when it is one line. */
static void check_file(const char *bytes, size_t size)
{
	ck_assert_uint_gt(size, 0);
	ck_assert_int_eq(bytes[size - 1], '\n');
	if (size > LIMIT)
		ck_assert_ptr_eq(memchr(bytes, '\n', size), bytes + size - 1);
}

static void rotate(struct model *model, size_t end)
{
	size_t rest = (size_t)model->file.size - end;

	check_file(model->current, end);
	memcpy(model->all + model->all_size, model->current, end);
	model->all_size += end;
	memmove(model->current, model->current + end, rest);
	model->files++;
	model->file = (struct rotation_file){.size = rest, .limit = LIMIT, .mid_line = rest > 0};
}

static void move_line(struct model *model)
{
	const char *end = memrchr(model->current, '\n', (size_t)model->file.size);

	if (end)
		rotate(model, (size_t)(end - model->current) + 1);
	else
		model->file.one_line = true;
}

static void append(struct model *model, const char *bytes, size_t size)
{
	memcpy(model->current + model->file.size, bytes, size);
	model->file.size += size;
	model->file.mid_line = size > 0 ? bytes[size - 1] != '\n' : model->file.mid_line;
}

/* One step; returns the bytes it used. */
static size_t place(struct model *model, const char *bytes, size_t size)
{
	struct split_input in = {bytes, size, model->file.mid_line};
	uint64_t left = rotation_room(&model->file);
	size_t room = left < ROOM ? (size_t)left : ROOM;
	struct split_result made = split_plain(in, room, model->file.one_line);
	struct rotation_chunk chunk = {
		made.produced, made.lines_produced, made.consumed < size && room == left};

	switch (rotation_plan(&model->file, chunk)) {
	case ROTATION_WRITE: append(model, bytes, made.produced); return made.consumed;
	case ROTATION_WRITE_LINES:
		append(model, bytes, chunk.lines);
		rotate(model, (size_t)model->file.size);
		return made.lines_consumed;
	case ROTATION_FIRST: rotate(model, (size_t)model->file.size); return 0;
	case ROTATION_MOVE_LINE: move_line(model); return 0;
	case ROTATION_ONE_LINE: model->file.one_line = true; return 0;
	}
	return 0;
}

START_TEST(the_law_of_sizes_holds)
{
	static char input[INPUT];
	static struct model model;
	unsigned seed = (unsigned)_i + 1;
	unsigned rarity = 2 + next_random(&seed) % 150;

	memset(&model, 0, sizeof model);
	model.file.limit = LIMIT;
	for (size_t i = 0; i < INPUT; i++)
		input[i] = next_random(&seed) % rarity == 0 ? '\n' : 'a';
	for (size_t at = 0; at < INPUT;) {
		size_t chunk = 1 + next_random(&seed) % 300;
		size_t end = at + chunk < INPUT ? at + chunk : INPUT;
		for (int steps = 0; at < end; steps++) {
			ck_assert_int_lt(steps, 1000);
			at += place(&model, input + at, end - at);
		}
	}
	memcpy(model.all + model.all_size, model.current, (size_t)model.file.size);
	ck_assert_uint_eq(model.all_size + model.file.size, INPUT);
	ck_assert_mem_eq(model.all, input, INPUT);
	ck_assert_uint_gt(model.files, 3);
}
END_TEST

/* --- names ---------------------------------------------------------------------------------- */

START_TEST(names_go_forward_when_the_clock_does_not)
{
	struct rotation_name newest = {""};
	unsigned seed = 3;

	for (int i = 0; i < 20000; i++) {
		struct timespec now = {.tv_sec = 1000000 + next_random(&seed) % 100,
			.tv_nsec = next_random(&seed) % 2 ? 999999999 : 0};
		struct rotation_name name = rotation_next_name(now, &newest);
		ck_assert_uint_eq(strlen(name.text), ROTATION_NAME_SIZE);
		ck_assert_int_gt(strcmp(name.text, newest.text), 0);
		newest = name;
	}
}
END_TEST

START_TEST(the_clock_names_a_file_when_it_can)
{
	struct rotation_name newest = {"@400000000000000b00000001.s"};

	ck_assert_str_eq(rotation_next_name((struct timespec){2, 0}, &newest).text,
		"@400000000000000c00000000.s");
	ck_assert_str_eq(rotation_next_name((struct timespec){1, 1}, &newest).text,
		"@400000000000000b00000002.s");
	newest = (struct rotation_name){"@400000000000000b3b9ac9ff.s"};
	ck_assert_str_eq(rotation_next_name((struct timespec){0, 0}, &newest).text,
		"@400000000000000c00000000.s");
}
END_TEST

/* --- deletions ------------------------------------------------------------------------------ */

static void make_name(char *to, unsigned number)
{
	snprintf(to, 32, "@4000000000000%03xff00ff00.s", number);
}

START_TEST(the_oldest_go_and_the_newest_stays)
{
	struct rotation_list list = {0};
	char name[32];
	bool there[200] = {false};
	unsigned seed = (unsigned)_i;

	for (unsigned made = 0; made < (unsigned)_i;) {
		unsigned number = next_random(&seed) % 200;
		if (there[number])
			continue;
		there[number] = true;
		made++;
		make_name(name, number);
		rotation_list_add(&list, name);
		rotation_list_add(&list, "current");
	}
	ck_assert_uint_eq(list.count, _i);
	size_t expected = 0;
	for (unsigned number = 0; number < 200; number++)
		if (there[number]) {
			make_name(name, number);
			if (expected < ROTATION_OLDEST)
				ck_assert_str_eq(list.oldest[expected++].text, name);
		}
	/* `name` is now the last one made. */
	if (_i > 0)
		ck_assert_str_eq(list.newest.text, name);
	for (unsigned keep = 1; keep < 40; keep++) {
		size_t surplus = rotation_surplus(&list, keep);
		size_t over = list.count > keep ? list.count - keep : 0;
		ck_assert_uint_eq(surplus, over < ROTATION_OLDEST ? over : ROTATION_OLDEST);
		for (size_t i = 0; i < surplus; i++)
			ck_assert_str_ne(list.oldest[i].text, list.newest.text);
	}
	ck_assert_uint_eq(rotation_surplus(&list, 0), 0);
}
END_TEST

static const char *const strangers[] = {"", ".", "..", "current", "lock", "next", "state", "@",
	"@400000000000000b00000001", "@400000000000000b00000001.x", "@400000000000000b0000001.s",
	"@400000000000000B00000001.s", "@400000000000000b00000001.s~",
	"@800000000000000b00000001.s", "@400000000000000b000000 1.s",
	"x400000000000000b00000001.s"};

START_TEST(strangers_files_are_left_alone)
{
	struct rotation_list list = {0};

	for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++)
		rotation_list_add(&list, strangers[i]);
	ck_assert_uint_eq(list.count, 0);
	rotation_list_add(&list, "@400000000000000b00000001.u");
	ck_assert_uint_eq(list.count, 1);
}
END_TEST

static Suite *rotation_suite(void)
{
	Suite *suite = suite_create("logger rotation");
	TCase *cases = tcase_create("rotation");

	tcase_add_loop_test(cases, the_law_of_sizes_holds, 0, 60);
	tcase_add_test(cases, names_go_forward_when_the_clock_does_not);
	tcase_add_test(cases, the_clock_names_a_file_when_it_can);
	tcase_add_loop_test(cases, the_oldest_go_and_the_newest_stays, 0, 60);
	tcase_add_test(cases, strangers_files_are_left_alone);
	suite_add_tcase(suite, cases);
	return suite;
}

SV_CHECK_MAIN(rotation_suite)
