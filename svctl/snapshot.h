/* What one look at a service showed.
 *
 * Pure.  Owns the difference between "down", "nobody looks after it" and "cannot be told"; how a
 * look is done is service.c's affair. */
#ifndef SVCTL_SNAPSHOT_H
#define SVCTL_SNAPSHOT_H

#include <stdbool.h>

#include "libsv/status.h"

struct snapshot {
	bool is_supervised;       /* a supervise (or runsv) holds it */
	enum sv_status_kind kind; /* unless BAD, `status` is set; stale when not supervised */
	struct sv_status status;
	const char *trouble; /* why the state cannot be told; lives for ever; null: none */
	int error;           /* errno that belongs to `trouble`, or 0 */
};

/* Is `status` the truth of this moment? */
bool snapshot_is_known(const struct snapshot *snapshot);

/* Is the service up in LSB's sense? */
bool snapshot_is_up(const struct snapshot *snapshot, sv_ms now_ms);

/* libsv's state words, and UNSUPERVISED and UNKNOWN. */
const char *snapshot_word(const struct snapshot *snapshot, sv_ms now_ms);

/* How long run has been up, in ms; -1 when it is not up or cannot be told. */
sv_ms snapshot_uptime(const struct snapshot *snapshot, sv_ms now_ms, int64_t now_unix);

#endif
