/* Supervises that a svscan before us left behind.
 *
 * A svscan may be killed at any moment; its supervises go on.  The next one takes them for its own: it
 * finds each by the lock it holds, watches it by a pidfd, and tells it to leave like any other.  Owns the
 * epoll fd that all these pidfds hang on; a slot owns its pidfd. */
#ifndef SVSCAN_ADOPT_H
#define SVSCAN_ADOPT_H

#include "svscan/scanner.h"

/* Is the directory of this slot looked after already?  Then the slot gets that supervise's pid and
 * pidfd. */
bool adopt_supervise(struct scanner *scanner, struct slot *slot);

/* Something hanging on scanner->adopted_fd has ended.  Returns the pid of one such supervise, 0 when there
 * is none more. */
pid_t adopt_next_end(struct scanner *scanner);

/* Sends a signal to a slot's supervise, adopted or child. */
void adopt_signal(const struct slot *slot, int signal);

#endif
