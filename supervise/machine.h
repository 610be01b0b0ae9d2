/* What a supervise does when something happens: the whole of its mind, and nothing else.
 *
 * Pure: (machine, event, now, policy) in, a changed machine and a list of orders out.  No system call,
 * no clock, no allocation.  Whoever carries the orders out (actions.c) reports the outcome as the next
 * event.  One machine looks after one service; the service's log is a second machine of the same kind.
 *
 * A service's life:
 *
 *            u o, begin                    died                  done, absent
 *     IDLE ─────────────▶ RUN ─────────────────────▶ FINISH ──────────────────┐
 *      ▲  ▲                ▲                                                   │
 *      │  └─ d ── BACKOFF ─┘ deadline, u, o        wanted up: RUN at once, or after a delay (BACKOFF)
 *      │             ▲                             wanted down or once, or    │
 *      │             │                             not to be restarted: IDLE   │
 *      └─────────────┴─────────────────────────────leaving: GONE ◀─────────────┘
 *
 * Laws (tests/unit/machine_laws.c holds every state and event to them):
 *   1. A run is never started while one is up, nor once the machine is GONE or leaves.
 *   2. A death always leads to finish, then to RUN, BACKOFF, IDLE or GONE: nothing is forgotten.  What
 *      was wanted up is IDLE only as the policy or finish asks, and then wanted `once` no more.
 *   3. From every state EXIT leads to GONE as soon as the children have ended.
 *   4. A machine that waits for a moment says for which: BACKOFF has a deadline.
 *   5. Signals are ordered only while a child is up.
 *   6. KILL without a command comes only after a stop, its time over, to what is still not wanted. */
#ifndef MACHINE_H
#define MACHINE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "libsv/clock.h"
#include "libsv/control.h"
#include "libsv/status.h"

enum machine_phase {
	MACHINE_IDLE,   /* down, nothing to wait for */
	MACHINE_RUN,    /* run is up, or its start was ordered and the outcome is awaited (pid 0) */
	MACHINE_FINISH, /* run has ended, finish is up or ordered (pid 0) */
	MACHINE_BACKOFF, /* down, to be started at the deadline */
	MACHINE_GONE,    /* nothing more will happen: supervise may leave */
	MACHINE_PHASES,
};

enum machine_want {
	MACHINE_WANT_DOWN,
	MACHINE_WANT_ONCE, /* up now, but not again */
	MACHINE_WANT_UP,
	MACHINE_WANTS,
};

enum machine_event_kind {
	MACHINE_BEGIN,       /* supervise looks after the directory from now on; `up`: start it */
	MACHINE_COMMAND,     /* `command` came through the control FIFO */
	MACHINE_SPAWNED,     /* outcome: the ordered program runs as `pid` */
	MACHINE_FORK_FAILED, /* outcome: no process could be had just now */
	MACHINE_EXEC_FAILED, /* outcome: the program cannot be run as it is */
	MACHINE_ABSENT,      /* outcome: there is no finish */
	MACHINE_EXITED,      /* the child has ended with `wait_status` */
	MACHINE_READY,       /* run has announced that it is ready */
	MACHINE_DEADLINE,    /* the machine's deadline has come */
	MACHINE_INPUT_END, /* a log only: its service has gone for good, nothing more will be written */
	MACHINE_HASTEN, /* leave now, kill what is still up */
	MACHINE_EVENTS,
};

struct machine_event {
	enum machine_event_kind kind;
	enum sv_command command;
	pid_t pid;
	int wait_status;
	bool status_unknown; /* of MACHINE_EXITED: nobody could tell */
	bool up;
	/* Bytes that still wait in the log's pipe; only looked at once its input has ended. */
	uint32_t backlog;
};

enum machine_restart {
	MACHINE_RESTART_ALWAYS,
	MACHINE_RESTART_ON_FAILURE, /* unless it ended in success */
	MACHINE_RESTART_NEVER,
};

/* What the files of the service directory ask for; milliseconds. */
struct machine_policy {
	sv_ms stable_after;  /* a shorter run is an early death */
	sv_ms restart_delay; /* after the first early death; doubled at each further one; not 0 */
	sv_ms restart_delay_max;
	uint32_t max_restarts; /* after early deaths in a row; one more is FATAL.  0: no limit */
	enum machine_restart restart;
	uint64_t success_codes[4]; /* bit c % 64 of word c / 64: exit code c is success */
	uint64_t success_signals;  /* bit s - 1: death by signal s is */
	sv_ms timeout_finish;      /* 0: none */
	sv_ms timeout_kill;        /* from a stop to KILL; 0: none */
	bool kill_group;           /* that KILL is for the whole process group */
	int stop_signal;           /* what a stop sends */
	sv_ms drain_after;         /* how long a log may go without reaching the end of its input */
	bool announces;            /* run announces its readiness: it is RUNNING when it has */
	sv_ms drain_delay;         /* between starts of a log that does not empty its pipe */
	uint32_t drain_tries; /* starts of a log that does not empty its pipe, before we give up */
};

extern const struct machine_policy machine_default_policy;

struct machine {
	enum machine_phase phase;
	enum machine_want want;
	bool leaving;  /* ends in GONE; nothing takes this back */
	bool draining; /* a log whose input has ended: may be started again to empty the pipe */
	bool paused;
	bool term_sent; /* TERM or the stop signal */
	bool prodded;   /* a command signalled this run, so its death is nobody's crash */
	bool asked;     /* one of those was to end it, so its end is nobody's success or failure */
	bool forgiven; /* adopted, or ended while nobody looked: dying early is not held against it */
	bool hurry;    /* a command asked for a start: no delay */
	bool fatal;    /* IDLE (or GONE from there) because we gave up, not because run was done */
	bool has_exit;
	pid_t pid;       /* of run or finish, 0: none (yet) */
	pid_t group;     /* process group of the last run, for finish */
	int wait_status; /* of the last run */
	uint32_t starts, restarts, early_deaths, drains;
	sv_ms started, changed; /* start of run; last start or death */
	sv_ms ready;            /* when this run announced its readiness; 0: not yet */
	sv_ms deadline;         /* SV_NEVER: none */
};

enum machine_start { MACHINE_START_NOTHING, MACHINE_START_RUN, MACHINE_START_FINISH };

/* To be carried out in this order: signals, start. */
struct machine_orders {
	int signals[2]; /* 0: none */
	bool to_group;  /* to the whole process group of pid, not to pid alone */
	enum machine_start start;
};

/* A machine that was never told anything. */
struct machine machine_new(void);

/* Takes one event.  `now_ms` never goes backwards between calls. */
struct machine_orders machine_step(struct machine *machine, const struct machine_event *event,
	sv_ms now_ms, const struct machine_policy *policy);

/* Instead of MACHINE_BEGIN, when another supervise looked after the directory before us and was killed:
 * goes on with what it published.  If `saved` names a process, the machine holds it for its child; a
 * caller who finds it dead reports MACHINE_EXITED next, else carries out the orders: a TERM that was
 * decided may not have been sent.  `up`: what to want if it was about to leave.  Time limits of a stop and
 * of finish begin anew. */
struct machine_orders machine_resume(struct machine *machine, const struct sv_status *saved,
	bool up, sv_ms now_ms, const struct machine_policy *policy);

/* What the status file says of this machine; wall-clock fields, start_ticks, boot and text are left
 * alone. */
void machine_describe(const struct machine *machine, const struct machine_policy *policy,
	struct sv_status *status);

#endif
