/* Draws the progress line; see progress.h. */
#include "svctl/progress.h"

#include <unistd.h>

#include "svctl/text.h"

enum {
	NAMES = 3, /* more would not fit in a line of 80 */
	LINE = 512,
};

void progress_begin(struct progress *progress, const char *doing)
{
	*progress = (struct progress){.is_on = isatty(2), .doing = doing};
}

static void put(const struct text *text)
{
	ssize_t written = write(2, text->to, text->size);
	/* A lost progress line is no loss. */
	(void)written;
}

static void add_names(struct text *text, const struct wait *wait)
{
	size_t pending = 0;

	for (size_t i = 0; i < wait->count; i++) {
		if (wait->entries[i].is_over)
			continue;
		if (pending < NAMES) {
			text_add(text, pending ? ", " : " ");
			text_quoted(text, wait->entries[i].service->label);
		}
		pending++;
	}
	if (pending > NAMES) {
		text_add(text, " and ");
		text_number(text, (int64_t)(pending - NAMES), 1);
		text_add(text, " more");
	}
}

void progress_show(struct progress *progress, const struct wait *wait, sv_ms since_begin_ms)
{
	char line[LINE];
	struct text text = text_in(line, sizeof line);

	if (!progress->is_on)
		return;
	text_add(&text, "\r");
	text_add(&text, progress->doing);
	add_names(&text, wait);
	text_add(&text, " ... ");
	text_number(&text, since_begin_ms / 1000, 1);
	text_add(&text, " s\033[K");
	put(&text);
	progress->is_shown = true;
}

void progress_clear(struct progress *progress)
{
	char line[] = "\r\033[K";
	struct text text = {.to = line, .size = sizeof line - 1};

	if (progress->is_shown)
		put(&text);
	progress->is_shown = false;
}
