/* Table look-ups over commands.def; see control.h. */
#include "libsv/control.h"

#include <stddef.h>

static const struct {
	char letter;
	int signal;
	const char *name;
	const char *text;
} commands[SV_COMMANDS] = {
#define SV_COMMAND(letter, name, signal, text) {letter, signal, #name, text},
#include "libsv/commands.def"
#undef SV_COMMAND
};

bool sv_command_decode(char letter, enum sv_command *command)
{
	for (size_t i = 0; i < SV_COMMANDS; i++) {
		if (commands[i].letter == letter) {
			*command = (enum sv_command)i;
			return true;
		}
	}
	return false;
}

char sv_command_letter(enum sv_command command)
{
	return commands[command].letter;
}

int sv_command_signal(enum sv_command command)
{
	return commands[command].signal;
}

const char *sv_command_name(enum sv_command command)
{
	return commands[command].name;
}

const char *sv_command_text(enum sv_command command)
{
	return commands[command].text;
}
