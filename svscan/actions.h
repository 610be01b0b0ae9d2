/* The hands of the scanner: starts, stops and forgets supervises.
 *
 * Owns processes and slots.  Whether and when is decided by the plan and the loop. */
#ifndef SVSCAN_ACTIONS_H
#define SVSCAN_ACTIONS_H

#include "svscan/scanner.h"

/* Looks at the scan directory and brings what runs in line with it. */
void scanner_scan(struct scanner *scanner);

/* Starts every supervise whose time has come. */
void scanner_start_due(struct scanner *scanner);

/* The next moment a supervise is due; SV_NEVER. */
sv_ms scanner_next_start(const struct scanner *scanner);

/* A child has ended; children we don't know (orphans that came to us) are fine. */
void scanner_child_ended(struct scanner *scanner, pid_t pid);

/* Sends a signal to every supervise: TERM asks for an orderly end, QUIT hastens it. */
void scanner_stop_all(struct scanner *scanner, int signal);

#endif
