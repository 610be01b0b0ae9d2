/* The logging script: the words after the program's name.
 *
 * Decides what the words mean and which of them are mistakes.  Pure: opens nothing, prints nothing,
 * keeps the pointers it was given. */
#ifndef LOGGER_SCRIPT_H
#define LOGGER_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	SCRIPT_DESTINATIONS = 16, /* directories one logger writes */
	SCRIPT_SIZE_LEAST = 4096, /* s6-log's limits and defaults */
	SCRIPT_SIZE_MOST = 268435455,
	SCRIPT_SIZE_USUAL = 99999,
	SCRIPT_KEEP_USUAL = 10,
};

/* One log directory and what was in force when the script named it. */
struct script_destination {
	const char *path; /* the script's own word */
	unsigned stamps;  /* enum stamp_kind, or-ed */
	uint32_t keep;    /* old files beside current, at least 1; 0 keeps all */
	uint32_t size;    /* bytes per file */
};

struct script {
	size_t count;
	struct script_destination destinations[SCRIPT_DESTINATIONS];
};

enum script_fault {
	SCRIPT_FINE,
	SCRIPT_NO_DIRECTORY,
	SCRIPT_UNKNOWN_WORD,
	SCRIPT_BAD_KEEP,
	SCRIPT_BAD_SIZE,
	SCRIPT_STAMP_WITHOUT_LINE, /* t or T after the last directory */
	SCRIPT_TOO_MANY,
};

/* What is wrong, and with which word: an index into `words`, or `count` when one is missing. */
struct script_problem {
	enum script_fault fault;
	size_t word;
};

/* Reads `count` words into `script`, which keeps pointers to them.  The answer's fault is SCRIPT_FINE
 * when all is well; otherwise the script is not to be used. */
struct script_problem script_parse(struct script *script, size_t count, const char *const *words);

/* What was expected instead, and what to do: the end of an error message.  Lives for ever. */
const char *script_advice(enum script_fault fault);

#endif
