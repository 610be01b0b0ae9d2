/* Splits input into lines; see split.h. */
#include "logger/split.h"

#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { BLOCK = 16 };

/* Copies one block and returns how many of its bytes belong to the line that it begins in, the line
 * end included; `*ended` says whether there was one.  One pass for copy and search: a memchr and a
 * memcpy per line cost more than short lines are worth, and musl's memchr goes byte by byte. */
static inline size_t copy_block(char *to, const char *from, bool *ended)
{
#ifdef __SSE2__
	__m128i block = _mm_loadu_si128((const __m128i *)(const void *)from);
	_mm_storeu_si128((__m128i *)(void *)to, block);
	unsigned found = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(block, _mm_set1_epi8('\n')));
	*ended = found != 0;
	return found ? (size_t)__builtin_ctz(found) + 1 : BLOCK;
#else
	memcpy(to, from, BLOCK);
	const char *end = memchr(from, '\n', BLOCK);
	*ended = end != NULL;
	return end ? (size_t)(end - from) + 1 : BLOCK;
#endif
}

/* The same for fewer bytes than a block. */
static size_t copy_rest(char *to, const char *from, size_t size, bool *ended)
{
	for (size_t i = 0; i < size; i++) {
		to[i] = from[i];
		if (from[i] == '\n') {
			*ended = true;
			return i + 1;
		}
	}
	*ended = false;
	return size;
}

/* Half of STAMP_ROOM holds either kind of stamp alone. */
static inline void copy_stamp(char *to, const struct stamp *stamp)
{
	memcpy(to, stamp->text, STAMP_ROOM / 2);
	if (stamp->size > STAMP_ROOM / 2)
		memcpy(to + STAMP_ROOM / 2, stamp->text + STAMP_ROOM / 2, STAMP_ROOM / 2);
}

/* Puts the stamp at `to` if it and one byte of its line fit; wide where there is room to spill. */
static inline bool begin_line(char *to, size_t room, const struct stamp *stamp)
{
	if (room >= STAMP_ROOM)
		copy_stamp(to, stamp);
	else if (room > stamp->size)
		memcpy(to, stamp->text, stamp->size);
	else
		return false;
	return true;
}

static inline size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

struct split_result split_stamped(
	struct split_input in, const struct stamp *stamp, char *out, size_t room, bool one_line)
{
	struct split_result done = {.mid_line = in.mid_line};

	while (done.consumed < in.size && done.produced < room) {
		bool ended;
		if (!done.mid_line) {
			if (!begin_line(out + done.produced, room - done.produced, stamp))
				break;
			done.produced += stamp->size;
		}
		char *to = out + done.produced;
		const char *from = in.bytes + done.consumed;
		size_t most = smaller(in.size - done.consumed, room - done.produced);
		size_t step = most >= BLOCK ? copy_block(to, from, &ended)
					    : copy_rest(to, from, most, &ended);
		done.consumed += step;
		done.produced += step;
		done.mid_line = !ended;
		if (ended) {
			done.lines_consumed = done.consumed;
			done.lines_produced = done.produced;
			if (one_line)
				break;
		}
	}
	return done;
}

struct split_result split_plain(struct split_input in, size_t room, bool one_line)
{
	size_t size = smaller(in.size, room);
	const char *end = one_line ? memchr(in.bytes, '\n', size) : memrchr(in.bytes, '\n', size);
	size_t lines = end ? (size_t)(end - in.bytes) + 1 : 0;

	if (one_line && end)
		size = lines;
	return (struct split_result){
		.consumed = size,
		.produced = size,
		.lines_consumed = lines,
		.lines_produced = lines,
		.mid_line = size > 0 ? lines != size : in.mid_line,
	};
}
