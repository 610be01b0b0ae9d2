/* What the programs say on standard error, and how they leave.
 *
 * Owns the form of a message: one line, "PROGRAM: [warning: |fatal: ]text[: reason]\n", written by
 * one write so that lines of several processes never mix.  Control characters in any piece are shown
 * escaped, so a hostile name can neither forge a line nor drive a terminal.  Decides no policy:
 * who may speak how often is the caller's affair (see sv_quiet). */
#ifndef SV_MESSAGE_H
#define SV_MESSAGE_H

#include <stdbool.h>

#include "libsv/clock.h"

/* Exit codes of every program.  svctl status adds LSB's 0, 3 and 4. */
enum {
	SV_EXIT_TIMEOUT = 99,       /* a wait was given up */
	SV_EXIT_USAGE = 100,        /* the user's mistake: options, names, permissions of files */
	SV_EXIT_BUG = 101,          /* ours */
	SV_EXIT_UNSUPERVISED = 102, /* nobody supervises the directory */
	SV_EXIT_SYSTEM = 111,       /* the system refused something */
};

/* Name in front of every message.  Set once, first thing in main, to a string that lives for ever. */
extern const char *sv_program;

/* A message of several pieces; the list ends with a null pointer, which the macros add. */
void sv_say_pieces(const char *kind, const char *const *pieces, int error);

/* The same, then the end: standard output and error are flushed, exit handlers run. */
_Noreturn void sv_die_pieces(int code, const char *const *pieces, int error);

#define SV_PIECES(...) ((const char *const[]){__VA_ARGS__, (const char *)0})

/* "PROGRAM: text" / "PROGRAM: warning: text" / the latter with ": strerror(errno)". */
#define sv_say(...)        sv_say_pieces("", SV_PIECES(__VA_ARGS__), 0)
#define sv_warn(...)       sv_say_pieces("warning: ", SV_PIECES(__VA_ARGS__), 0)
#define sv_warn_errno(...) sv_say_pieces("warning: ", SV_PIECES(__VA_ARGS__), errno)

/* "PROGRAM: fatal: text", with errno's reason in the second form, then exit(code). */
#define sv_die(code, ...)       sv_die_pieces((code), SV_PIECES(__VA_ARGS__), 0)
#define sv_die_errno(code, ...) sv_die_pieces((code), SV_PIECES(__VA_ARGS__), errno)

/* A gate for a message that could repeat: open at most once a minute. Zero-initialise. */
struct sv_quiet {
	bool spoken;
	sv_ms last_ms;
};

/* True when the caller may speak at `now_ms`; the minute then starts anew. */
bool sv_may_speak(struct sv_quiet *gate, sv_ms now_ms);

#endif
