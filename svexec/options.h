/* What the command line asks for, as a plan of values.
 *
 * Pure: decides what the words mean and which of them are wrong.  Looks nothing up, opens nothing,
 * changes nothing; that a user or a file exists is for others to find out.  A plan points into argv
 * and owns nothing. */
#ifndef SVEXEC_OPTIONS_H
#define SVEXEC_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

enum {
	SVEXEC_GROUPS = 64,    /* groups that -u can name */
	SVEXEC_NAME = 255,     /* bytes of one user or group name */
	SVEXEC_ENVDIRS = 16,   /* times that -e can be given */
	SVEXEC_REDIRECTS = 16, /* times that -0, -1 and -2 can be given together */
};

/* A piece of an argument; never empty, not terminated. */
struct svexec_slice {
	const char *start;
	size_t size;
};

/* Whom to become.  Without groups: those that the system knows the user to be in. */
struct svexec_who {
	bool wanted;
	bool numbers; /* a leading colon: every piece is a number, nothing is to be looked up */
	struct svexec_slice user;
	struct svexec_slice groups[SVEXEC_GROUPS];
	size_t group_count;
};

enum svexec_redirect_kind {
	SVEXEC_READ,
	SVEXEC_APPEND,
	SVEXEC_COPY,
	SVEXEC_CLOSE,
};

struct svexec_redirect {
	enum svexec_redirect_kind kind;
	int fd;           /* the one that changes: 0, 1 or 2 */
	int from_fd;      /* SVEXEC_COPY: what it becomes a copy of */
	const char *path; /* SVEXEC_READ, SVEXEC_APPEND */
};

struct svexec_plan {
	struct svexec_who who;
	const char *envdirs[SVEXEC_ENVDIRS]; /* in the order given; the later wins */
	size_t envdir_count;
	const char *directory;                              /* null: stay here */
	struct svexec_redirect redirects[SVEXEC_REDIRECTS]; /* in the order given */
	size_t redirect_count;
	bool session;
	const char *const *program; /* name and arguments, ends with null, never empty */
};

/* Why a command line is refused. */
struct svexec_fault {
	char letter;          /* the option; 0: none, the program is missing */
	const char *word;     /* what the option is about; null: there is no such option */
	const char *value;    /* as it was given; null: none was */
	const char *expected; /* what would have been right */
};

/* The usage line, without "usage: ". */
extern const char svexec_usage[];

/* Every option letter, one byte each. */
extern const char svexec_letters[];

/* Reads a command line; argv[0] is skipped, argv[argc] is null.  Fills `plan` and returns true, or
 * returns false with `fault` filled and `plan` in no defined state. */
bool svexec_options(
	int argc, const char *const *argv, struct svexec_plan *plan, struct svexec_fault *fault);

#endif
