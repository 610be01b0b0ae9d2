/* Services made of other people's programs, written as a person would write them.
 *
 * Owns the scan directory `scan` and the directory `data` of a test's world (see world.h), in which the
 * programs keep what they write.  As root the programs run as nobody, through svexec; otherwise as we
 * are.  Nothing listens on a port: redis has a socket in `data`. */
#ifndef REAL_PROGRAMS_H
#define REAL_PROGRAMS_H

#include <stdbool.h>
#include <sys/types.h>

#include "tests/support/world.h"

/* Other people's programs take their time, and more so where many things run at once. */
enum { REAL_PATIENCE_MS = 30000 };

#define REAL_WAIT(condition)                                                                       \
	for (sv_ms real_limit = sv_now_ms() + REAL_PATIENCE_MS; !(condition);)                     \
	world_pause(real_limit, #condition, __FILE__, __LINE__)

/* Makes both directories; lets our programs be found by scripts, and svctl find `scan`. */
void real_begin(void);

/* Writes scan/NAME: its run ends in "exec svexec ... WORDS", in `data` and as the right user, so WORDS
 * may begin with further options; its log is kept by "svlogger SCRIPT ./main". */
void real_service(const char *name, const char *script, const char *words);

/* The service redis, with further options. */
void real_redis_service(const char *options);

/* Asks redis; the answer without its type and line ends, "" when there is none.  Valid until the next
 * call. */
const char *real_redis(const char *command);

/* svscan over `scan`. */
pid_t real_scan(void);

/* Ends svscan by TERM.  Fails unless it exits with 0 and no process is left. */
void real_end(pid_t svscan);

/* The python that has celery and redis; null when there is none, after the line that says so. */
const char *real_python(void);

/* Runs svctl; fails unless it exits with `code`.  Returns what it said, to be compared at once. */
const char *real_svctl(int code, const char *const *words);
#define SVCTL(code, ...)                                                                           \
	real_svctl(code, (const char *const[]){"svctl", __VA_ARGS__, (const char *)0})

/* The same in the background, which fails unless it exits with 0 and says `said`. */
pid_t real_svctl_start(const char *said, const char *const *words);
#define SVCTL_START(said, ...)                                                                     \
	real_svctl_start(said, (const char *const[]){"svctl", __VA_ARGS__, (const char *)0})

/* Waits for its end; fails when it failed. */
void real_svctl_end(pid_t pid);

#endif
