/* Spells untrusted bytes for people; see quote.h. */
#include "libsv/quote.h"

#include <stdbool.h>
#include <string.h>

static const char hex[] = "0123456789abcdef";

/* The letter that C gives a control byte, or 0. */
static char escape_letter(unsigned char byte)
{
	switch (byte) {
	case '\n': return 'n';
	case '\t': return 't';
	case '\r': return 'r';
	case '\\': return '\\';
	default: return 0;
	}
}

static bool is_control(unsigned char byte, unsigned char next)
{
	return byte < 0x20 || byte == 0x7f || (byte == 0xc2 && next >= 0x80 && next <= 0x9f);
}

/* Spells one byte into `to` (room for 4); returns the bytes made. */
static size_t spell(char *to, unsigned char byte, unsigned char next)
{
	char letter = escape_letter(byte);

	to[0] = '\\';
	if (letter) {
		to[1] = letter;
		return 2;
	}
	if (is_control(byte, next)) {
		to[1] = 'x';
		to[2] = hex[byte >> 4];
		to[3] = hex[byte & 15];
		return 4;
	}
	to[0] = (char)byte;
	return 1;
}

size_t sv_quote_bytes(char *to, size_t room, const char *bytes, size_t size)
{
	size_t made = 0;

	for (size_t i = 0; i < size; i++) {
		char spelled[4];
		unsigned char next = i + 1 < size ? (unsigned char)bytes[i + 1] : 0;
		size_t length = spell(spelled, (unsigned char)bytes[i], next);
		if (length > room - made)
			break;
		memcpy(to + made, spelled, length);
		made += length;
	}
	return made;
}

size_t sv_quote(char *to, size_t room, const char *text)
{
	return sv_quote_bytes(to, room, text, strlen(text));
}
