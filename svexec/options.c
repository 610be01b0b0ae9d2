/* Turns the command line into a plan, by the table in directives.def; see options.h. */
#include "svexec/options.h"

#include <stdint.h>
#include <string.h>

#include <skalibs/sgetopt.h>
#include <skalibs/types.h>

/* Takes one value into the plan.  Returns null, or what would have been right. */
typedef const char *take_function(struct svexec_plan *plan, const char *value);

enum {
	FD_DIGITS = 9, /* more would not fit an int */
};

/* Cuts the piece before the next colon off `*rest`; `*rest` becomes null after the last. */
static bool cut_piece(const char **rest, struct svexec_slice *piece)
{
	const char *colon = strchr(*rest, ':');

	piece->start = *rest;
	piece->size = colon ? (size_t)(colon - *rest) : strlen(*rest);
	*rest = colon ? colon + 1 : NULL;
	return piece->size > 0 && piece->size <= SVEXEC_NAME;
}

static const char *take_user(struct svexec_plan *plan, const char *value)
{
	static const char form[] = "USER, USER:GROUP[:GROUP...] or the same in numbers, :UID:GID";
	struct svexec_who *who = &plan->who;
	const char *rest = value;

	*who = (struct svexec_who){.wanted = true, .numbers = *value == ':'};
	if (who->numbers)
		rest++;
	if (!cut_piece(&rest, &who->user))
		return form;
	while (rest) {
		if (who->group_count == SVEXEC_GROUPS)
			return "at most 64 groups";
		if (!cut_piece(&rest, &who->groups[who->group_count]))
			return form;
		who->group_count++;
	}
	/* Numbers say nothing of a primary group, and a guess could be root's. */
	return who->numbers && who->group_count == 0 ? ":UID:GID, the group is missing" : NULL;
}

static const char *take_envdir(struct svexec_plan *plan, const char *value)
{
	if (!*value)
		return "a directory with one file per variable";
	if (plan->envdir_count == SVEXEC_ENVDIRS)
		return "at most 16 directories of variables";
	plan->envdirs[plan->envdir_count++] = value;
	return NULL;
}

static const char *take_directory(struct svexec_plan *plan, const char *value)
{
	if (!*value)
		return "a directory to change to";
	plan->directory = value;
	return NULL;
}

/* The digits after '&'. */
static bool read_fd(const char *text, int *fd)
{
	uint64_t number;

	if (strlen(text) > FD_DIGITS || !uint640_scan(text, &number))
		return false;
	*fd = (int)number;
	return true;
}

static const char *take_redirect(
	struct svexec_plan *plan, int fd, enum svexec_redirect_kind kind, const char *value)
{
	struct svexec_redirect redirect = {.kind = kind, .fd = fd, .from_fd = -1};

	if (plan->redirect_count == SVEXEC_REDIRECTS)
		return "at most 16 redirections";
	if (strcmp(value, "-") == 0) {
		redirect.kind = SVEXEC_CLOSE;
	} else if (*value == '&') {
		redirect.kind = SVEXEC_COPY;
		if (!read_fd(value + 1, &redirect.from_fd))
			return "the number of a descriptor after '&' (a file of that name: ./&...)";
	} else if (*value) {
		redirect.path = value;
	} else {
		return "a file, '&N' for a copy of descriptor N, or '-' for closed";
	}
	plan->redirects[plan->redirect_count++] = redirect;
	return NULL;
}

static const char *take_stdin(struct svexec_plan *plan, const char *value)
{
	return take_redirect(plan, 0, SVEXEC_READ, value);
}

static const char *take_stdout(struct svexec_plan *plan, const char *value)
{
	return take_redirect(plan, 1, SVEXEC_APPEND, value);
}

static const char *take_stderr(struct svexec_plan *plan, const char *value)
{
	return take_redirect(plan, 2, SVEXEC_APPEND, value);
}

static const char *take_session(struct svexec_plan *plan, const char *value)
{
	(void)value;
	plan->session = true;
	return NULL;
}

struct directive {
	const char *letter;
	const char *word;
	take_function *take;
};

#define SVEXEC_VALUE(letter, word, value, take) {letter, word, take},
#define SVEXEC_FLAG(letter, word, take)         {letter, word, take},
static const struct directive directives[] = {
#include "svexec/directives.def"
};
#undef SVEXEC_VALUE
#undef SVEXEC_FLAG

/* A leading colon makes subgetopt tell a missing value from an unknown letter. */
#define SVEXEC_VALUE(letter, word, value, take) letter ":"
#define SVEXEC_FLAG(letter, word, take)         letter
static const char option_string[] = ":"
#include "svexec/directives.def"
	;
#undef SVEXEC_VALUE
#undef SVEXEC_FLAG

#define SVEXEC_VALUE(letter, word, value, take) letter
#define SVEXEC_FLAG(letter, word, take)         letter
const char svexec_letters[] =
#include "svexec/directives.def"
	;
#undef SVEXEC_VALUE
#undef SVEXEC_FLAG

#define SVEXEC_VALUE(letter, word, value, take) " [-" letter " " value "]"
#define SVEXEC_FLAG(letter, word, take)         " [-" letter "]"
const char svexec_usage[] = "svexec"
#include "svexec/directives.def"
			    " prog [args...]";
#undef SVEXEC_VALUE
#undef SVEXEC_FLAG

static const struct directive *find(int letter)
{
	for (size_t i = 0; i < sizeof directives / sizeof *directives; i++) {
		if (directives[i].letter[0] == letter)
			return &directives[i];
	}
	return NULL;
}

/* An option that stands without its value, or that does not exist. */
static struct svexec_fault broken_option(int letter)
{
	const struct directive *directive = find(letter);
	struct svexec_fault fault = {.letter = (char)letter, .expected = "another option"};

	if (directive) {
		fault.word = directive->word;
		fault.expected = "a value after it";
	}
	return fault;
}

bool svexec_options(
	int argc, const char *const *argv, struct svexec_plan *plan, struct svexec_fault *fault)
{
	subgetopt state = SUBGETOPT_ZERO;
	int letter;

	*plan = (struct svexec_plan){0};
	state.err = 0; /* it would print; the caller has a house style to keep */
	while ((letter = subgetopt_r(argc, argv, option_string, &state)) != -1) {
		const struct directive *directive = find(letter);
		if (!directive) {
			*fault = broken_option(state.problem);
			return false;
		}
		const char *expected = directive->take(plan, state.arg);
		if (expected) {
			*fault = (struct svexec_fault){
				(char)letter, directive->word, state.arg, expected};
			return false;
		}
	}
	if (state.ind >= argc || !*argv[state.ind]) {
		*fault = (struct svexec_fault){.expected = "the program to run"};
		return false;
	}
	plan->program = argv + state.ind;
	return true;
}
