/* Reads the logging script; see script.h. */
#include "logger/script.h"

#include "logger/stamp.h"

/* A whole decimal number of at most `most`. */
static bool read_number(const char *text, uint32_t most, uint32_t *number)
{
	uint64_t value = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		value = value * 10 + (uint64_t)(*text - '0');
		if (value > most)
			return false;
	}
	*number = (uint32_t)value;
	return true;
}

/* What the words so far have set.  As in s6-log, stamps hold for the next directory only and the
 * numbers for all that follow. */
struct settings {
	unsigned stamps;
	uint32_t keep;
	uint32_t size;
};

static enum script_fault add_directory(
	struct script *script, struct settings *settings, const char *path)
{
	if (script->count == SCRIPT_DESTINATIONS)
		return SCRIPT_TOO_MANY;
	script->destinations[script->count++] = (struct script_destination){
		.path = path,
		.stamps = settings->stamps,
		.keep = settings->keep,
		.size = settings->size,
	};
	settings->stamps = 0;
	return SCRIPT_FINE;
}

static enum script_fault add_stamp(struct settings *settings, enum stamp_kind kind, char next)
{
	if (next)
		return SCRIPT_UNKNOWN_WORD;
	settings->stamps |= kind;
	return SCRIPT_FINE;
}

static enum script_fault set_size(struct settings *settings, const char *text)
{
	bool fine = read_number(text, SCRIPT_SIZE_MOST, &settings->size);

	return fine && settings->size >= SCRIPT_SIZE_LEAST ? SCRIPT_FINE : SCRIPT_BAD_SIZE;
}

static enum script_fault read_word(
	struct script *script, struct settings *settings, const char *word)
{
	switch (word[0]) {
	case '.':
	case '/': return add_directory(script, settings, word);
	case 't': return add_stamp(settings, STAMP_TAI64N, word[1]);
	case 'T': return add_stamp(settings, STAMP_ISO, word[1]);
	case 'n':
		return read_number(word + 1, UINT32_MAX, &settings->keep) ? SCRIPT_FINE
									  : SCRIPT_BAD_KEEP;
	case 's': return set_size(settings, word + 1);
	default: return SCRIPT_UNKNOWN_WORD;
	}
}

struct script_problem script_parse(struct script *script, size_t count, const char *const *words)
{
	struct settings settings = {.keep = SCRIPT_KEEP_USUAL, .size = SCRIPT_SIZE_USUAL};

	script->count = 0;
	for (size_t i = 0; i < count; i++) {
		enum script_fault fault = read_word(script, &settings, words[i]);
		if (fault != SCRIPT_FINE)
			return (struct script_problem){fault, i};
	}
	if (script->count == 0)
		return (struct script_problem){SCRIPT_NO_DIRECTORY, count};
	if (settings.stamps)
		return (struct script_problem){SCRIPT_STAMP_WITHOUT_LINE, count - 1};
	return (struct script_problem){SCRIPT_FINE, count};
}

const char *script_advice(enum script_fault fault)
{
	switch (fault) {
	case SCRIPT_FINE: break;
	case SCRIPT_NO_DIRECTORY:
		return "no log directory; end the script with one, as in: svlogger t n20 s1000000 "
		       "./main";
	case SCRIPT_UNKNOWN_WORD:
		return "expected t, T, nNUMBER, sBYTES or a directory that begins with . or /";
	case SCRIPT_BAD_KEEP:
		return "expected n and how many old files to keep, as in n20 (n0 keeps all)";
	case SCRIPT_BAD_SIZE: return "expected s and the bytes per file, from s4096 to s268435455";
	case SCRIPT_STAMP_WITHOUT_LINE:
		return "stands after the last directory; put it before the directory it is for";
	case SCRIPT_TOO_MANY: return "is one directory too many; a logger writes at most 16";
	}
	return "";
}
