/* Parses the command line; see options.h. */
#include "svctl/options.h"

#include <string.h>

#include "libsv/control.h"

static const struct {
	const char *word;
	int takes;
} verbs[] = {
#define SVCTL_VERB(word, name, function, takes, synopsis, help) {word, takes},
#include "svctl/verbs.def"
#undef SVCTL_VERB
};

/* Where the parser stands. */
struct parser {
	struct request *request;
	struct options_fault *fault;
	char *const *next; /* the argument after the one being read; null at the end */
	bool has_word;
};

static bool fail(struct parser *parser, enum options_error error, const char *culprit)
{
	parser->fault->error = error;
	parser->fault->culprit = culprit;
	return false;
}

static bool fail_letter(struct parser *parser, enum options_error error, char letter)
{
	memcpy(parser->fault->letter, (char[]){'-', letter, 0}, sizeof parser->fault->letter);
	return fail(parser, error, parser->fault->letter);
}

static bool parse_wait(struct parser *parser, const char *value)
{
	enum goal goal = GOAL_NONE;

	switch (value[0]) {
	case 'u': goal = GOAL_UP; break;
	case 'd': goal = GOAL_DOWN; break;
	case 'r': goal = GOAL_AGAIN; break;
	default: break;
	}
	if (goal == GOAL_NONE || value[1])
		return fail(parser, OPTIONS_WAIT, value);
	parser->request->wait = goal;
	return true;
}

static bool parse_limit(struct parser *parser, const char *value)
{
	/* Thirty years; leaves room for adding it to any clock. */
	const sv_ms largest = 1000000000000;
	sv_ms limit = 0;
	const char *at = value;

	for (; *at >= '0' && *at <= '9' && limit <= largest; at++)
		limit = limit * 10 + (*at - '0');
	if (at == value || *at || limit > largest)
		return fail(parser, OPTIONS_LIMIT, value);
	parser->request->has_limit = true;
	parser->request->limit_ms = limit;
	return true;
}

/* -w and -T: the value is the rest of the argument, else the next one. */
static bool parse_value(struct parser *parser, char letter, const char *rest)
{
	const char *value = rest;

	if (!*value) {
		value = *parser->next;
		if (!value)
			return fail_letter(parser, OPTIONS_VALUE_MISSING, letter);
		parser->next++;
	}
	return letter == 'w' ? parse_wait(parser, value) : parse_limit(parser, value);
}

static bool parse_letters(struct parser *parser, const char *letters)
{
	struct request *request = parser->request;
	enum sv_command command;

	for (; *letters; letters++) {
		if (*letters == 'w' || *letters == 'T')
			return parse_value(parser, *letters, letters + 1);
		if (!sv_command_decode(*letters, &command))
			return fail_letter(parser, OPTIONS_LETTER, *letters);
		if (request->size == REQUEST_BYTES)
			return fail(parser, OPTIONS_MANY, 0);
		request->bytes[request->size++] = *letters;
	}
	return true;
}

static bool parse_long(struct parser *parser, const char *argument)
{
	struct request *request = parser->request;

	if (strcmp(argument, "--json") == 0) {
		request->is_json = true;
		return true;
	}
	if (strcmp(argument, "--help") == 0)
		request->verb = VERB_HELP;
	else if (strcmp(argument, "--version") == 0)
		request->verb = VERB_VERSION;
	else
		return fail(parser, OPTIONS_LONG, argument);
	parser->has_word = true;
	return true;
}

/* The first word is a verb, unless letters or -w make it a target. */
static bool parse_word(struct parser *parser, const char *word)
{
	struct request *request = parser->request;

	if (parser->has_word || request->size || request->wait != GOAL_NONE) {
		request->targets[request->count++] = word;
		return true;
	}
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
		if (strcmp(verbs[i].word, word) == 0) {
			request->verb = (enum verb)i;
			parser->has_word = true;
			return true;
		}
	}
	return fail(parser, OPTIONS_WORD, word);
}

/* Do the options fit together? */
static bool check(struct parser *parser)
{
	struct request *request = parser->request;
	bool is_letters = request->verb == VERB_LETTERS;
	int takes = is_letters ? VERB_LIMIT | VERB_TARGETS : verbs[request->verb].takes;

	if (is_letters && !request->size && request->wait == GOAL_NONE)
		return fail(parser, OPTIONS_NOTHING, 0);
	if (!is_letters && request->size)
		return fail_letter(parser, OPTIONS_MIXED, request->bytes[0]);
	if (!is_letters && request->wait != GOAL_NONE)
		return fail_letter(parser, OPTIONS_MIXED, 'w');
	if (request->is_json && !(takes & VERB_JSON))
		return fail(parser, OPTIONS_MIXED, "--json");
	if (request->has_limit && !(takes & VERB_LIMIT))
		return fail_letter(parser, OPTIONS_MIXED, 'T');
	if (!request->count && (takes & VERB_TARGETS))
		return fail(parser, OPTIONS_TARGETS, 0);
	return true;
}

bool options_parse(struct request *request, const char **targets, int argc, char *const *argv,
	struct options_fault *fault)
{
	struct parser parser = {.request = request, .fault = fault, .next = argv + (argc > 0)};
	bool is_fine = true, options_end = false;

	*request = (struct request){.verb = VERB_LETTERS, .targets = targets};
	*fault = (struct options_fault){.error = OPTIONS_FINE};
	while (is_fine && *parser.next) {
		const char *argument = *parser.next++;
		if (options_end || argument[0] != '-' || !argument[1])
			is_fine = parse_word(&parser, argument);
		else if (strcmp(argument, "--") == 0)
			options_end = true;
		else if (argument[1] == '-')
			is_fine = parse_long(&parser, argument);
		else
			is_fine = parse_letters(&parser, argument + 1);
	}
	if (request->verb == VERB_HELP || request->verb == VERB_VERSION)
		return is_fine;
	return is_fine && check(&parser);
}

const char *options_word(enum verb verb)
{
	return verb < VERB_LETTERS ? verbs[verb].word : 0;
}
