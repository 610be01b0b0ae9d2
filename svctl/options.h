/* The command line as a request.
 *
 * Pure.  Decides what was asked for, and what is wrong with it; whether the targets exist is
 * targets.c's affair.  Options and targets may stand in any order; "--" ends the options. */
#ifndef SVCTL_OPTIONS_H
#define SVCTL_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "libsv/clock.h"
#include "svctl/goal.h"

enum verb {
#define SVCTL_VERB(word, name, function, takes, synopsis, help) VERB_##name,
#include "svctl/verbs.def"
#undef SVCTL_VERB
	VERB_LETTERS, /* no word: letters, or -w alone */
	VERB_VERSION,
	VERBS,
};

/* What a verb takes. */
enum {
	VERB_JSON = 1,
	VERB_LIMIT = 2,
	VERB_TARGETS = 4, /* at least one */
};

enum { REQUEST_BYTES = 64 }; /* letters in one command: one write, far below PIPE_BUF */

struct request {
	enum verb verb;
	char bytes[REQUEST_BYTES + 1]; /* the letters in the order typed */
	size_t size;
	enum goal wait; /* -w, else GOAL_NONE */
	bool has_limit;
	sv_ms limit_ms; /* -T; 0 = for ever */
	bool is_json;
	const char **targets; /* points into argv */
	size_t count;
};

enum options_error {
	OPTIONS_FINE,
	OPTIONS_NOTHING,       /* no word, no letter */
	OPTIONS_LETTER,        /* `culprit`: the letter that means nothing */
	OPTIONS_LONG,          /* `culprit`: unknown long option */
	OPTIONS_WORD,          /* `culprit`: unknown word */
	OPTIONS_VALUE_MISSING, /* `culprit`: -w or -T */
	OPTIONS_WAIT,          /* `culprit`: what stood after -w */
	OPTIONS_LIMIT,         /* `culprit`: what stood after -T */
	OPTIONS_MANY,          /* too many letters */
	OPTIONS_MIXED,         /* `culprit`: an option that the word does not take */
	OPTIONS_TARGETS,       /* no target where one is needed */
};

struct options_fault {
	enum options_error error;
	char letter[3];      /* "-x", for a culprit that is a letter */
	const char *culprit; /* else a string of argv */
};

/* Reads argv[1] on.  `targets` has room for argc pointers and stays with the request.  False:
 * `fault` says why. */
bool options_parse(struct request *request, const char **targets, int argc, char *const *argv,
	struct options_fault *fault);

/* The words as strings, for help and suggestions; null from `VERB_LETTERS` on. */
const char *options_word(enum verb verb);

#endif
