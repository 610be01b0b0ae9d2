/* Questions about a snapshot; see snapshot.h. */
#include "svctl/snapshot.h"

bool snapshot_is_known(const struct snapshot *snapshot)
{
	return snapshot->is_supervised && !snapshot->trouble && snapshot->kind != SV_STATUS_BAD;
}

bool snapshot_is_up(const struct snapshot *snapshot, sv_ms now_ms)
{
	return snapshot_is_known(snapshot) &&
	       sv_state_is_up(sv_status_state(&snapshot->status, now_ms));
}

const char *snapshot_word(const struct snapshot *snapshot, sv_ms now_ms)
{
	if (snapshot->trouble)
		return "UNKNOWN";
	if (!snapshot->is_supervised)
		return "UNSUPERVISED";
	return sv_state_word(sv_status_state(&snapshot->status, now_ms));
}

sv_ms snapshot_uptime(const struct snapshot *snapshot, sv_ms now_ms, int64_t now_unix)
{
	const struct sv_status *status = &snapshot->status;
	sv_ms uptime = -1;

	if (!snapshot_is_known(snapshot) || status->phase != SV_PHASE_RUN)
		return -1;
	/* runit knows only the wall clock, which may have been set back since. */
	if (snapshot->kind == SV_STATUS_RUNIT)
		uptime = (now_unix - (int64_t)status->changed.tv_sec) * 1000;
	else if (status->started_ms)
		uptime = now_ms - status->started_ms;
	else
		return -1;
	return uptime < 0 ? 0 : uptime;
}
