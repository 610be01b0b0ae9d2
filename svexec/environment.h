/* The environment that the program will see.
 *
 * Reads directories of variables and merges them over what we were given; changes nothing of the
 * process.  Rules of a directory, as in envdir and chpst: a file's name is the variable's, its first
 * line without blanks and tabs at the end the value, NUL bytes stand for newlines, an empty file
 * removes the variable; names that begin with a dot, and directories, are passed over. */
#ifndef SVEXEC_ENVIRONMENT_H
#define SVEXEC_ENVIRONMENT_H

#include <skalibs/stralloc.h>

#include "svexec/user.h"

/* Changes are kept as skalibs' env_mergen wants them: "NAME=value\0" sets, "NAME\0" removes; of two
 * for the same name the later wins.  `changes` belongs to the caller.
 *
 * Neither function returns when it fails: one line, then exit code SV_EXIT_USAGE for what the person
 * who filled the directory must mend, else SV_EXIT_SYSTEM. */
void svexec_environment_read(stralloc *changes, const char *directory);

/* HOME, USER, LOGNAME and SHELL. */
void svexec_environment_identity(stralloc *changes, const struct svexec_identity *identity);

/* `before` with `changes`: a null-terminated array that points into both and that nobody frees. */
const char *const *svexec_environment_merge(const char *const *before, const stralloc *changes);

#endif
