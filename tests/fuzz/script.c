/* Any words as a logging script: they are refused at a word that exists, or every destination is within
 * the documented bounds.
 * uses: logger/script.o */
#include <stdlib.h>
#include <string.h>

#include "logger/script.h"

enum { WORDS = 64, BYTES = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Cuts the input at newlines; NULs end a word early, as they would in argv. */
static size_t cut(char *text, size_t size, const char **words)
{
	size_t count = 0;
	char *at = text;

	while (at < text + size && count < WORDS) {
		words[count++] = at;
		char *end = memchr(at, '\n', (size_t)(text + size - at));
		if (!end)
			break;
		*end = 0;
		at = end + 1;
	}
	return count;
}

static void check(const struct script *script)
{
	for (size_t i = 0; i < script->count; i++) {
		const struct script_destination *destination = &script->destinations[i];
		if (destination->size < SCRIPT_SIZE_LEAST || destination->size > SCRIPT_SIZE_MOST)
			abort();
		if (destination->path[0] != '.' && destination->path[0] != '/')
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[BYTES + 1] = "";
	const char *words[WORDS];
	struct script script = {0};

	if (size > BYTES)
		return 0;
	memcpy(text, data, size);
	size_t count = cut(text, size, words);
	struct script_problem problem = script_parse(&script, count, words);
	if (problem.word > count || script.count > SCRIPT_DESTINATIONS)
		abort();
	if (problem.fault == SCRIPT_FINE)
		check(&script);
	else if (!script_advice(problem.fault))
		abort();
	return 0;
}
