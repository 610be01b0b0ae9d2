/* The only place where supervise waits.
 *
 * Turns what the kernel says (bytes in control, deaths, signals, time) into events, feeds them to the
 * machines, and has their orders carried out, until nothing is left to look after.  Never sleeps: every
 * wait is a deadline of a machine, or for ever. */
#ifndef LOOP_H
#define LOOP_H

#include "supervise/logpipe.h"
#include "supervise/service.h"

struct supervisor {
	struct service main;
	struct service log;
	bool has_log;
	struct logpipe pipe;
};

/* Blocks and catches the signals we live by: first thing, so that one that comes while we arm is not
 * lost but heard when we have. */
void loop_arm(void);

/* Looks after the service until it is to be left; then everything has ended. */
void loop_run(struct supervisor *supervisor);

#endif
