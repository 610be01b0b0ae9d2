/* The status file: what supervise publishes about a service and clients read.
 *
 * Pure.  Owns the bytes.  The first 20 are runit's status (so sv, svstat and svok read it), the rest
 * is ours, versioned and with a checksum; every number of ours is big-endian:
 *
 *    0  12  TAI64N label of the last change (start or death); 2^62 + 10 + unix time
 *   12   4  pid of run or finish, 0 when down; little-endian, as daemontools has it
 *   16   1  1 = paused
 *   17   1  'u' or 'd': wanted
 *   18   1  1 = TERM was sent
 *   19   1  0 down, 1 run, 2 finish
 *   20   4  "hfst"
 *   24   1  version, 1
 *   25   1  state (enum sv_state)
 *   26   1  1 = `exit` holds a wait status
 *   27   1  1 = supervise is about to leave
 *   28   4  starts of run, ever
 *   32   4  restarts nobody asked for
 *   36   4  early deaths in a row
 *   40   4  wait status of the last run, as wait(2) gives it
 *   44   8  last change               \
 *   52   8  start of run               | milliseconds of CLOCK_BOOTTIME, 0 = none
 *   60   8  ready since                |
 *   68   8  stable from                |  0 if run announces its readiness
 *   76   8  deadline it waits for     /
 *   84   8  unix time of the last exit, seconds, 0 = none
 *   92   8  start time of pid in clock ticks since boot (field 22 of /proc/PID/stat), 0 = unknown
 *  100   8  the machine's boot, as a number from the kernel's boot id, 0 = unknown
 *  108  80  status text, padded with NUL
 *  188   4  FNV-1a of bytes 0 to 187
 *
 * The file is replaced by rename, so a reader sees one state or the next, whole. */
#ifndef SV_STATUS_H
#define SV_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "libsv/clock.h"

enum {
	SV_STATUS_RUNIT_SIZE = 20,
	SV_STATUS_TEXT = 80,
	SV_STATUS_SIZE = 192,
};

enum sv_state {
#define SV_STATE(word, is_up) SV_STATE_##word,
#include "libsv/states.def"
#undef SV_STATE
	SV_STATES, /* how many */
};

/* Byte 19: which of the service's programs runs. */
enum sv_phase {
	SV_PHASE_DOWN,
	SV_PHASE_RUN,
	SV_PHASE_FINISH,
};

struct sv_status {
	struct timespec changed; /* wall clock */
	uint32_t pid;
	bool paused, want_up, term_sent;
	enum sv_phase phase;
	enum sv_state state;
	bool has_exit, leaving;
	uint32_t starts, restarts, early_deaths;
	uint32_t wait_status;
	sv_ms changed_ms, started_ms, ready_ms, stable_ms, deadline_ms;
	int64_t exit_time;
	uint64_t start_ticks, boot;
	char text[SV_STATUS_TEXT + 1]; /* always terminated */
};

enum sv_status_kind {
	SV_STATUS_OURS,  /* every field is set */
	SV_STATUS_RUNIT, /* 20 bytes of another family: the fields above `state`, state guessed */
	SV_STATUS_BAD,   /* truncated, too long, wrong magic or checksum, impossible values */
};

void sv_status_pack(unsigned char to[SV_STATUS_SIZE], const struct sv_status *status);

/* Decodes `size` bytes; `status` is only meaningful when the result is not SV_STATUS_BAD. */
enum sv_status_kind sv_status_unpack(
	struct sv_status *status, const unsigned char *from, size_t size);

/* The state at `now_ms`: a service that is STARTING only because it is young is RUNNING from
 * stable_ms on, without supervise having to wake up for it. */
enum sv_state sv_status_state(const struct sv_status *status, sv_ms now_ms);

const char *sv_state_word(enum sv_state state);

/* Does the state count as running for LSB (status exits 0)? */
bool sv_state_is_up(enum sv_state state);

#endif
