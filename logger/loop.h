/* The loop: the only place where the logger waits.
 *
 * Decides when a turn comes: when there is input, after a pause while lines come one by one, after a
 * delay while the disk is in trouble, and how it all ends.  Touches no file. */
#ifndef LOGGER_LOOP_H
#define LOGGER_LOOP_H

#include "logger/carry.h"

/* Logs until the input ends or SIGTERM comes.  Returns the program's exit code. */
int loop_run(struct carrier *carrier);

#endif
