/* A svlogger in a world of its own, for tests.
 *
 * Owns a temporary directory, starts the binary from $SV_BIN, feeds it lines that can be told apart and
 * reads back what it kept.  Every wait has a deadline, after which the test fails. */
#ifndef TESTS_SUPPORT_LOGGER_WORLD_H
#define TESTS_SUPPORT_LOGGER_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
	WORLD_LINE = 67, /* a prime, so that line ends fall on every offset of a block */
	WORLD_DEADLINE_MS = 20000,
};

struct world {
	char path[64]; /* the temporary directory */
	char log[80];  /* a log directory in it, not made yet */
	int errors_fd; /* what the loggers say, to be read without blocking */
};

void world_open(struct world *world);
void world_close(struct world *world); /* removes everything */
void world_remove(const char *path);   /* removes a directory and what is in it */

/* Starts svlogger with the words up to a null pointer, standard input on `input_fd`. */
pid_t world_start(const struct world *world, int input_fd, const char *const *words);
#define WORLD_WORDS(...) ((const char *const[]){__VA_ARGS__, (const char *)0})

/* The same, traced by the caller: it is stopped before its first instruction. */
pid_t world_start_traced(const struct world *world, int input_fd, const char *const *words);

/* Waits for its end: the exit code, or 128 + signal. */
int world_wait(pid_t pid);

/* Waits for that long, or less when the process ends. */
void world_let_run(pid_t pid, int microseconds);

/* Runs svlogger over `size` bytes; returns its exit code. */
int world_log(const struct world *world, const char *bytes, size_t size, const char *const *words);

/* Waits until the loggers have said a line that contains `text`; forgets all up to it. */
void world_expect(const struct world *world, const char *text);

/* Everything a log directory holds, oldest first, to be freed; a terminator follows. */
char *world_read(const char *log, size_t *size);

/* Number of finished files, and whether each obeys the law for files of `limit` bytes. */
size_t world_check_files(const char *log, size_t limit);

/* Line number `number` of a stream: WORLD_LINE bytes. */
void world_line(char *to, unsigned number);

/* Fails unless `log` holds lines 0 to count - 1, each once and in order, behind `stamp` more bytes. */
void world_check_lines(const char *log, size_t stamp, unsigned count);

/* A process that writes numbered lines in blocks of 4096 bytes until it is told to stop. */
struct feeder {
	pid_t pid;
	_Atomic uint32_t *shared; /* [0] stop, [1] lines written */
};
struct feeder world_feed(int output_fd);
unsigned world_stop_feeding(struct feeder *feeder); /* returns the number of lines; may block */

/* As above, but returns at once; world_stop_feeding then tells the count. */
void world_tell_feeder(struct feeder *feeder);

#endif
