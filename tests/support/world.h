/* A world to test in: a fresh directory, real processes, and nothing of either left behind.
 *
 * world_begin makes the directory and enters it, so tests name everything by relative paths.  The test
 * then goes on in a child of the process that libcheck knows; that process is the keeper: it adopts
 * every orphan, and when the test has ended, failed or hangs, it kills what is left of its descendants
 * and removes the directory.  Programs of ours come from $SV_BIN; what they say goes to the files `out`
 * and `err`.
 *
 * Waiting is for an event, with a deadline: the exit of a process, or a condition that is looked at
 * every 2 ms where the kernel has no event for it.  Whatever cannot be had aborts the test. */
#ifndef WORLD_H
#define WORLD_H

#include <check.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "libsv/clock.h"
#include "libsv/status.h"

enum {
	WORLD_PATIENCE_MS = 10000, /* how long any single event may take */
	WORLD_SIGNALLED = 1000, /* added to the signal that ended a process, in place of a code */
	WORLD_NOBODY = 65534,   /* an ordinary user and group to become, when we are root */
};

/* Adds the two fixtures and a time limit to a test case. */
void world_fixture(TCase *cases);
void world_begin(void);
void world_end(void);

/* The absolute path of the world. */
const char *world_top(void);

/* --- files ------------------------------------------------------------------------------------- */

/* Makes a directory and what is missing above it. */
void world_dir(const char *path);

/* Writes a file, by rename, with the directories above it; executable when it begins with "#!".  The
 * second form takes a printf format. */
void world_write(const char *path, const char *text);
void world_format(const char *path, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A script for /bin/sh: `body` below "#!/bin/sh\n". */
void world_script(const char *path, const char *body);

/* The text of a file, "" when it cannot be read; valid until the fourth call after this one. */
const char *world_text(const char *path);

/* Does the text occur in the file?  How often? */
bool world_has(const char *path, const char *text);
size_t world_count(const char *path, const char *text);

/* The number that a file begins with; 0 when there is none. */
long world_number(const char *path);

bool world_exists(const char *path);

/* --- processes --------------------------------------------------------------------------------- */

/* Starts $SV_BIN/PROGRAM ARGUMENT (null: none).  `prepare` is called in the child before, null:
 * nothing.  Descriptors from 3 on are not inherited unless prepare makes them so. */
pid_t world_launch(const char *program, const char *argument, void (*prepare)(void));

/* Waits for a process that world_launch started.  Returns its exit code, or WORLD_SIGNALLED plus the
 * signal. */
int world_wait_exit(pid_t pid);

/* Sends a signal that must arrive. */
void world_signal(pid_t pid, int number);

/* Is there such a process, and is it more than a zombie? */
bool world_alive(pid_t pid);

/* The parent of a process; -1 when there is no such process. */
pid_t world_parent(pid_t pid);

/* How many processes descend from the test. */
size_t world_processes(void);

/* Is the process stopped by SIGSTOP? */
bool world_stopped(pid_t pid);

/* How many zombies are children of `pid`. */
size_t world_zombies(pid_t pid);

/* Processor time a process has used, in clock ticks. */
unsigned long world_cpu_ticks(pid_t pid);

/* A finished program found through PATH. */
struct world_result {
	int code;       /* exit code, or WORLD_SIGNALLED plus the signal */
	char out[8192]; /* what it wrote to standard output and error */
};

/* Runs `words` (the first is the program, the list ends with null) and waits for the end. */
struct world_result world_run(const char *const *words);
#define WORLD_RUN(...) world_run((const char *const[]){__VA_ARGS__, (const char *)0})

/* Is there such a program in PATH?  When not, prints the line by which tests/run counts a skip. */
bool world_has_program(const char *name);

/* Prints that line. */
void world_skip(const char *reason);

/* Becomes an ordinary user for good.  To be called in a child; leaves it with 98 when that fails. */
void world_become_nobody(void);

/* --- services ---------------------------------------------------------------------------------- */

/* world_launch("supervise", dir, null) and world_launch("svscan", dir, null). */
pid_t world_supervise(const char *dir);
pid_t world_svscan(const char *dir);

/* Writes letters to DIR/supervise/control in one write. */
void world_control(const char *dir, const char *letters);

/* Reads DIR/supervise/status.  False when there is none, or it is not whole. */
bool world_status(const char *dir, struct sv_status *status);

/* Is the service in this state just now?  STARTING stands for RUNNING too. */
bool world_is(const char *dir, enum sv_state state);

/* Waits for that state. */
void world_wait_state(const char *dir, enum sv_state state);

/* Waits until run is up; then its pid.  The second form waits for one other than `old`. */
pid_t world_wait_run(const char *dir);
pid_t world_wait_next_run(const char *dir, pid_t old);

/* Waits until somebody reads the control FIFO of DIR, that is for a living supervise. */
void world_wait_supervised(const char *dir);

/* Makes a run file that appends to the file `trace` in its directory: "start", then the name of every
 * signal it gets ("HUP").  TERM ends it with code 0, unless there is a file `stubborn`.  The test program
 * itself is the interpreter, so its main has to be WORLD_MAIN. */
void world_recorder(const char *path);
int world_main(int argc, Suite *(*make_suite)(void));
#define WORLD_MAIN(make_suite)                                                                     \
	int main(int argc, char **argv)                                                            \
	{                                                                                          \
		(void)argv;                                                                        \
		return world_main(argc, make_suite);                                               \
	}

/* --- waiting ----------------------------------------------------------------------------------- */

/* Waits two milliseconds; aborts the test when `deadline` has passed. */
void world_pause(sv_ms deadline, const char *condition, const char *file, int line);

#define WORLD_WAIT(condition)                                                                      \
	for (sv_ms world_limit = sv_now_ms() + WORLD_PATIENCE_MS; !(condition);)                   \
	world_pause(world_limit, #condition, __FILE__, __LINE__)

#endif
