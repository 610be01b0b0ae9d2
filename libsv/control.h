/* The commands that travel through a control FIFO, one byte each.
 *
 * Pure.  Owns the mapping between letters, commands and signals (commands.def), nothing else: what a
 * command does in which state is the machine's affair. */
#ifndef SV_CONTROL_H
#define SV_CONTROL_H

#include <signal.h>
#include <stdbool.h>

enum sv_command {
#define SV_COMMAND(letter, name, signal, text) SV_COMMAND_##name,
#include "libsv/commands.def"
#undef SV_COMMAND
	SV_COMMANDS, /* how many */
};

/* False when the letter means nothing to us. */
bool sv_command_decode(char letter, enum sv_command *command);

char sv_command_letter(enum sv_command command);

/* The signal that a command sends, 0 for those that change what is wanted. */
int sv_command_signal(enum sv_command command);

/* "UP", "DOWN", ...: for tables and messages. */
const char *sv_command_name(enum sv_command command);

/* One line of help. */
const char *sv_command_text(enum sv_command command);

#endif
