/* The only place where svscan waits. */
#ifndef SVSCAN_LOOP_H
#define SVSCAN_LOOP_H

#include "svscan/scanner.h"

/* Blocks and catches the signals we live by: first thing, so that one that comes while we arm is not
 * lost but heard when we have. */
void loop_arm(void);

/* Runs until everything was stopped on request. */
void loop_run(struct scanner *scanner);

#endif
