/* Plans rotations; see rotation.h. */
#include "logger/rotation.h"

#include <string.h>

uint64_t rotation_room(const struct rotation_file *file)
{
	if (file->one_line)
		return UINT64_MAX;
	return file->size < file->limit ? file->limit - file->size : 0;
}

enum rotation_step rotation_plan(const struct rotation_file *file, struct rotation_chunk chunk)
{
	if (file->one_line)
		return chunk.lines > 0 ? ROTATION_WRITE_LINES : ROTATION_WRITE;
	if (!chunk.full)
		return ROTATION_WRITE;
	if (chunk.lines > 0)
		return ROTATION_WRITE_LINES;
	if (file->mid_line)
		return ROTATION_MOVE_LINE;
	return file->size > 0 ? ROTATION_FIRST : ROTATION_ONE_LINE;
}

static uint64_t read_hex(const char *digits, size_t count)
{
	uint64_t value = 0;

	for (size_t i = 0; i < count; i++) {
		unsigned digit = (unsigned char)digits[i];
		value = value << 4 | (digit <= '9' ? digit - '0' : digit - 'a' + 10);
	}
	return value;
}

static struct timespec successor(const struct rotation_name *name)
{
	unsigned char packed[SV_TAI_SIZE];

	for (size_t i = 0; i < SV_TAI_SIZE; i++)
		packed[i] = (unsigned char)read_hex(name->text + 1 + 2 * i, 2);
	struct timespec stamp = sv_tai_unpack(packed);
	/* A foreign file's nanoseconds may be nonsense; a second later is always later. */
	if (++stamp.tv_nsec >= 1000000000) {
		stamp.tv_sec++;
		stamp.tv_nsec = 0;
	}
	return stamp;
}

static struct rotation_name name_of(struct timespec stamp)
{
	struct rotation_name name;

	sv_tai_text(name.text, stamp);
	memcpy(name.text + SV_TAI_TEXT, ".s", 3);
	return name;
}

/* Compares labels, not what stands behind them. */
static int compare(const struct rotation_name *a, const struct rotation_name *b)
{
	return memcmp(a->text, b->text, SV_TAI_TEXT);
}

struct rotation_name rotation_next_name(struct timespec now, const struct rotation_name *newest)
{
	struct rotation_name name = name_of(now);

	if (newest->text[0] && compare(&name, newest) <= 0)
		name = name_of(successor(newest));
	return name;
}

/* The first digit of a label that can be a moment is below 8, so there is always a later one. */
static bool is_finished(const char *name)
{
	if (strlen(name) != ROTATION_NAME_SIZE || name[0] != '@' || name[1] > '7')
		return false;
	if (strspn(name + 1, "0123456789abcdef") != SV_TAI_TEXT - 1)
		return false;
	return name[SV_TAI_TEXT] == '.' &&
	       (name[SV_TAI_TEXT + 1] == 's' || name[SV_TAI_TEXT + 1] == 'u');
}

void rotation_list_add(struct rotation_list *list, const char *name)
{
	struct rotation_name new;

	if (!is_finished(name))
		return;
	memcpy(new.text, name, sizeof new.text);
	if (list->count == 0 || compare(&list->newest, &new) < 0)
		list->newest = new;
	size_t filled = list->count < ROTATION_OLDEST ? list->count : ROTATION_OLDEST;
	size_t place = filled;
	list->count++;
	while (place > 0 && compare(&new, &list->oldest[place - 1]) < 0)
		place--;
	if (place == ROTATION_OLDEST)
		return;
	size_t moved = (filled < ROTATION_OLDEST ? filled : ROTATION_OLDEST - 1) - place;
	memmove(&list->oldest[place + 1], &list->oldest[place], moved * sizeof new);
	list->oldest[place] = new;
}

size_t rotation_surplus(const struct rotation_list *list, uint32_t keep)
{
	if (keep == 0 || list->count <= keep)
		return 0;
	size_t surplus = list->count - keep;
	return surplus < ROTATION_OLDEST ? surplus : ROTATION_OLDEST;
}
