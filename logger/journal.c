/* Keeps the mapped state; see journal.h. */
#include "logger/journal.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const char magic[8] = "svlog\0\0\1";

/* Two copies of a mark, so that a new one is complete before one store makes it valid. */
struct mark_cell {
	struct journal_mark copy[2];
	uint64_t valid;
};

struct journal_page {
	char magic[8];
	loff_t end;
	struct journal_source source;
	struct mark_cell cells[SCRIPT_DESTINATIONS];
};

_Static_assert(sizeof(struct journal_page) <= JOURNAL_PAGE, "the marks fit their page");

/* What stands above this line in the program is stored before what stands below. */
static inline void in_order(void)
{
	atomic_signal_fence(memory_order_seq_cst);
}

/* Real zero bytes: a hole, or a file system's promise, is no place to store to. */
static bool fill(int fd, off_t from)
{
	static const char zeros[JOURNAL_PAGE];

	while (from < JOURNAL_SIZE) {
		size_t size = (size_t)(JOURNAL_SIZE - from);
		ssize_t written =
			pwrite(fd, zeros, size < sizeof zeros ? size : sizeof zeros, from);
		if (written < 0)
			return false;
		from += written;
	}
	return true;
}

static bool is_sane(const struct journal_page *page)
{
	if (memcmp(page->magic, magic, sizeof magic) != 0)
		return false;
	for (size_t i = 0; i < SCRIPT_DESTINATIONS; i++)
		if (page->cells[i].valid > 1)
			return false;
	return page->end >= 0 && page->end <= JOURNAL_SPOOL;
}

bool journal_open(struct journal *journal, int lock_fd)
{
	struct stat st;

	if (fstat(lock_fd, &st) < 0 || !fill(lock_fd, st.st_size))
		return false;
	char *map = mmap(NULL, JOURNAL_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, lock_fd, 0);
	if (map == MAP_FAILED)
		return false;
	*journal = (struct journal){
		.fd = lock_fd, .spool = map, .page = (void *)(map + JOURNAL_SPOOL)};
	/* The kernel's store must never have to wait for the page to be read back, as a process that
	 * is being killed does not wait.  Without the right to lock it is merely never seen. */
	(void)mlock(journal->page, JOURNAL_PAGE);
	if (!is_sane(journal->page)) {
		memset(journal->page, 0, sizeof *journal->page);
		in_order();
		memcpy(journal->page->magic, magic, sizeof magic);
	}
	return true;
}

void journal_close(struct journal *journal)
{
	munmap(journal->spool, JOURNAL_SIZE);
	*journal = (struct journal){.fd = -1};
}

void journal_copy(struct journal *to, const struct journal *from)
{
	memset(to->page, 0, sizeof *to->page);
	in_order();
	memcpy(to->spool, from->spool, JOURNAL_SPOOL);
	*to->page = *from->page;
}

struct journal_mark journal_mark(const struct journal *journal, size_t index)
{
	const struct mark_cell *cell = &journal->page->cells[index];
	struct journal_mark mark = cell->copy[cell->valid];

	if (mark.taken > journal_end(journal))
		mark.taken = journal_end(journal);
	return mark;
}

void journal_set_mark(struct journal *journal, size_t index, struct journal_mark mark)
{
	struct mark_cell *cell = &journal->page->cells[index];
	uint64_t other = !cell->valid;

	in_order();
	cell->copy[other] = mark;
	in_order();
	cell->valid = other;
	in_order();
}

size_t journal_end(const struct journal *journal)
{
	return (size_t)journal->page->end;
}

loff_t *journal_end_cell(struct journal *journal)
{
	return &journal->page->end;
}

/* The end first: a mark beyond the end means nothing, bytes beyond a mark mean everything. */
void journal_rewind(struct journal *journal, size_t count)
{
	journal->page->end = 0;
	for (size_t i = 0; i < count; i++) {
		struct journal_mark mark = journal_mark(journal, i);
		mark.taken = 0;
		journal_set_mark(journal, i, mark);
	}
}

bool journal_is_source(const struct journal *journal, const struct journal_source *source)
{
	return memcmp(&journal->page->source, source, sizeof *source) == 0;
}

void journal_set_source(struct journal *journal, const struct journal_source *source)
{
	journal->page->source = *source;
}
