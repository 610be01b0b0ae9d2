/* svctl help: made from the tables of words and letters. */
#include <string.h>

#include "libsv/control.h"
#include "svctl/output.h"
#include "svctl/text.h"
#include "svctl/verbs.h"

enum { ROOM = 8192, COLUMN = 28 };

static const struct {
	const char *synopsis, *help;
} verbs[] = {
#define SVCTL_VERB(word, name, function, takes, synopsis, help) {synopsis, help},
#include "svctl/verbs.def"
#undef SVCTL_VERB
};

static void add_line(struct text *text, const char *left, const char *right)
{
	text_add(text, "  ");
	text_add(text, left);
	for (size_t size = strlen(left); size < COLUMN; size++)
		text_add(text, " ");
	text_add(text, right);
	text_add(text, "\n");
}

int help_run(const struct request *request)
{
	char room[ROOM];
	struct text text = text_in(room, sizeof room);

	(void)request;
	text_add(&text, "svctl: tell supervised services what to do, and ask how they are\n\n"
			"svctl WORD TARGET...\n");
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
		add_line(&text, verbs[i].synopsis, verbs[i].help);
	text_add(&text, "\nsvctl [-w u|d|r] [-T MS] -LETTERS TARGET...\n");
	for (enum sv_command command = 0; command < SV_COMMANDS; command++) {
		char letter[] = {'-', sv_command_letter(command), 0};
		add_line(&text, letter, sv_command_text(command));
	}
	add_line(&text, "-w u|d|r", "then wait until it is up, down, or up again");
	add_line(&text, "-T MS", "give up waiting after so many milliseconds (exit code 99)");
	text_add(&text, "\nTARGET: a NAME in $SVDIR or the default scan directory, NAME/log, a "
			"path with a slash,\n"
			"a pattern such as 'celery@*', or all.  More in svctl(1).\n");
	output_write(text.to, text.size);
	return 0;
}
