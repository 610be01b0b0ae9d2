/* Builds one line in a fixed buffer and writes it at once; see message.h. */
#include "libsv/message.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libsv/quote.h"

enum {
	LINE_SIZE = 1024, /* longer messages lose their end, never their reason's line end */
	QUIET_MS = 60000,
};

const char *sv_program = "holdfast";

void sv_say_pieces(const char *kind, const char *const *pieces, int error)
{
	char line[LINE_SIZE];
	size_t size = 0;
	const size_t room = sizeof line - 1;
	int saved = errno;

	size += sv_quote(line, room, sv_program);
	size += sv_quote(line + size, room - size, ": ");
	size += sv_quote(line + size, room - size, kind);
	for (; *pieces; pieces++)
		size += sv_quote(line + size, room - size, *pieces);
	if (error) {
		size += sv_quote(line + size, room - size, ": ");
		size += sv_quote(line + size, room - size, strerror(error));
	}
	line[size++] = '\n';
	/* Standard error may be full, closed or gone; there is nobody left to tell. */
	ssize_t written = write(2, line, size);
	(void)written;
	errno = saved;
}

void sv_die_pieces(int code, const char *const *pieces, int error)
{
	sv_say_pieces("fatal: ", pieces, error);
	exit(code);
}

bool sv_may_speak(struct sv_quiet *gate, sv_ms now_ms)
{
	if (gate->spoken && now_ms - gate->last_ms < QUIET_MS)
		return false;
	gate->spoken = true;
	gate->last_ms = now_ms;
	return true;
}
