/* Appends to a fixed buffer; see text.h. */
#include "svctl/text.h"

#include <string.h>

#include "libsv/quote.h"

enum { DIGITS = 20 };

struct text text_in(char *to, size_t room)
{
	return (struct text){.to = to, .room = room};
}

void text_bytes(struct text *text, const char *bytes, size_t size)
{
	if (size > text->room - text->size) {
		text->is_cut = true;
		size = text->room - text->size;
	}
	memcpy(text->to + text->size, bytes, size);
	text->size += size;
}

void text_add(struct text *text, const char *string)
{
	text_bytes(text, string, strlen(string));
}

void text_number(struct text *text, int64_t number, size_t digits)
{
	char reversed[DIGITS], straight[DIGITS];
	/* Negated as unsigned, so that the lowest number has an opposite too. */
	uint64_t rest = number < 0 ? -(uint64_t)number : (uint64_t)number;
	size_t size = 0;

	if (number < 0)
		text_bytes(text, "-", 1);
	do {
		reversed[size++] = (char)('0' + rest % 10);
		rest /= 10;
	} while (size < DIGITS && (rest > 0 || size < digits));
	for (size_t i = 0; i < size; i++)
		straight[i] = reversed[size - 1 - i];
	text_bytes(text, straight, size);
}

void text_quoted(struct text *text, const char *string)
{
	/* One escape is at most four bytes; sv_quote leaves out what does not fit whole. */
	size_t made = sv_quote(text->to + text->size, text->room - text->size, string);

	if (made < strlen(string))
		text->is_cut = true;
	text->size += made;
}

const char *text_end(struct text *text)
{
	if (text->size == text->room) {
		text->is_cut = true;
		text->size--;
	}
	text->to[text->size] = 0;
	return text->to;
}
