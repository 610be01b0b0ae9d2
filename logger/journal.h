/* What survives a kill -9: the input that was read and how much of it each log file has.
 *
 * Owns the mapping of the first directory's `lock` file: 16 KiB of input (the spool) and a page of
 * marks.  Knows nothing of lines or log files, and waits for nothing.
 *
 * The law.  Input leaves the pipe by one splice(2) into the spool, and the kernel writes the spool's
 * new end into the page within that same system call.  A log file is written at the offset of its
 * mark, and only then the mark moves: one store.  So at any instant a fresh process knows exactly
 * which bytes are out and which are not: those between the mark and the end, to be written (again) at
 * the mark.  Nothing is guessed from what the pipe holds.
 *
 * The file's bytes are written out when it is made, so a full disk cannot turn a store into SIGBUS.
 * Only stores of this process and the kernel matter, and a kill drops none, so no fence but the
 * compiler's is needed.  After a crash of the machine the pipe is gone too. */
#ifndef LOGGER_JOURNAL_H
#define LOGGER_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "logger/script.h"

enum {
	JOURNAL_SPOOL = 16384,
	JOURNAL_PAGE = 4096,
	JOURNAL_SIZE = JOURNAL_SPOOL + JOURNAL_PAGE,
};

/* How far one destination has come. */
struct journal_mark {
	uint64_t inode;  /* of its `current` */
	uint64_t offset; /* bytes of it that are settled */
	uint64_t taken;  /* bytes of the spool they come from */
};

/* Where input comes from: a pipe of one boot of one machine. */
struct journal_source {
	uint64_t device, inode;
	unsigned char boot[16];
};

struct journal_page;

struct journal {
	int fd;      /* the lock file; its owner closes it */
	char *spool; /* the mapping: the spool, then the page */
	struct journal_page *page;
};

/* Maps `lock_fd`, making the file as large as it must be.  Contents that are not ours count as empty.
 * False with errno. */
bool journal_open(struct journal *journal, int lock_fd);
void journal_close(struct journal *journal);

/* Makes `to` what `from` is: for a directory that was made anew. */
void journal_copy(struct journal *to, const struct journal *from);

/* The mark of destination `index`; its `taken` is never beyond the end. */
struct journal_mark journal_mark(const struct journal *journal, size_t index);
void journal_set_mark(struct journal *journal, size_t index, struct journal_mark mark);

/* Bytes in the spool. */
size_t journal_end(const struct journal *journal);

/* Empties the spool, whose bytes `count` destinations have taken. */
void journal_rewind(struct journal *journal, size_t count);

/* Where the kernel or, for input that cannot be spliced, the reader stores the new end. */
loff_t *journal_end_cell(struct journal *journal);

bool journal_is_source(const struct journal *journal, const struct journal_source *source);
void journal_set_source(struct journal *journal, const struct journal_source *source);

#endif
