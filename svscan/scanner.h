/* The scanner's fds and table: what main arms and the loop lives by. */
#ifndef SCANNER_H
#define SCANNER_H

#include <stdbool.h>

#include "libsv/clock.h"
#include "libsv/message.h"
#include "svscan/slots.h"

struct scanner {
	const char *path; /* of the scan directory, as typed, for messages */
	char *supervise;  /* absolute path of the program */
	int scan_fd;      /* the scan directory; working directory of every supervise */
	int state_fd;
	int lock_fd;
	int control_fd;
	int inotify_fd; /* -1: could not be had; then only commands and SIGHUP make us look */
	int adopted_fd; /* epoll: pidfds of supervises that are not our children; -1: none yet */
	int null_fd;    /* standard input of what we start; -1: ours */
	struct slots slots;
	sv_ms scan_at; /* when to look at the directory; SV_NEVER: not before something happens */
	bool inherits; /* the first starts: a svscan before us may have left supervises behind */
	bool stopping;
	sv_ms stopping_since;
	struct sv_quiet quiet_scan, quiet_spawn, quiet_control;
};

#endif
