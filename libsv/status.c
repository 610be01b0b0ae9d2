/* Packs and unpacks the status file; the layout stands in status.h. */
#include "libsv/status.h"

#include <string.h>

#include "libsv/bytes.h"
#include "libsv/tai.h"

enum { MAGIC_AT = 20, VERSION = 1, TEXT_AT = 108, SUM_AT = 188 };

static const char magic[4] = {'h', 'f', 's', 't'};

static const struct {
	const char *word;
	bool is_up;
} states[SV_STATES] = {
#define SV_STATE(word, is_up) {#word, is_up},
#include "libsv/states.def"
#undef SV_STATE
};

static uint32_t checksum(const unsigned char *bytes, size_t size)
{
	uint32_t sum = 2166136261U;

	for (size_t i = 0; i < size; i++)
		sum = (sum ^ bytes[i]) * 16777619U;
	return sum;
}

static void put_pid(unsigned char *to, uint32_t pid)
{
	for (int i = 0; i < 4; i++)
		to[i] = (unsigned char)(pid >> 8 * i);
}

static uint32_t get_pid(const unsigned char *from)
{
	return (uint32_t)from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 |
	       (uint32_t)from[3] << 24;
}

static void pack_runit(unsigned char *to, const struct sv_status *status)
{
	sv_tai_pack(to, status->changed);
	put_pid(to + 12, status->pid);
	to[16] = status->paused;
	to[17] = status->want_up ? 'u' : 'd';
	to[18] = status->term_sent;
	to[19] = (unsigned char)status->phase;
}

void sv_status_pack(unsigned char to[SV_STATUS_SIZE], const struct sv_status *status)
{
	memset(to, 0, SV_STATUS_SIZE);
	pack_runit(to, status);
	memcpy(to + MAGIC_AT, magic, sizeof magic);
	to[24] = VERSION;
	to[25] = (unsigned char)status->state;
	to[26] = status->has_exit;
	to[27] = status->leaving;
	sv_put_be(to + 28, 4, status->starts);
	sv_put_be(to + 32, 4, status->restarts);
	sv_put_be(to + 36, 4, status->early_deaths);
	sv_put_be(to + 40, 4, status->wait_status);
	sv_put_be(to + 44, 8, (uint64_t)status->changed_ms);
	sv_put_be(to + 52, 8, (uint64_t)status->started_ms);
	sv_put_be(to + 60, 8, (uint64_t)status->ready_ms);
	sv_put_be(to + 68, 8, (uint64_t)status->stable_ms);
	sv_put_be(to + 76, 8, (uint64_t)status->deadline_ms);
	sv_put_be(to + 84, 8, (uint64_t)status->exit_time);
	sv_put_be(to + 92, 8, status->start_ticks);
	sv_put_be(to + 100, 8, status->boot);
	memcpy(to + TEXT_AT, status->text, strnlen(status->text, SV_STATUS_TEXT));
	sv_put_be(to + SUM_AT, 4, checksum(to, SUM_AT));
}

/* What the first 20 bytes alone say. */
static enum sv_state guess_state(const struct sv_status *status)
{
	switch (status->phase) {
	case SV_PHASE_DOWN: return status->want_up ? SV_STATE_BACKOFF : SV_STATE_STOPPED;
	case SV_PHASE_FINISH: return SV_STATE_FINISHING;
	case SV_PHASE_RUN: break;
	}
	if (status->paused)
		return SV_STATE_PAUSED;
	return status->term_sent && !status->want_up ? SV_STATE_STOPPING : SV_STATE_RUNNING;
}

static bool unpack_runit(struct sv_status *status, const unsigned char *from)
{
	if (from[16] > 1 || (from[17] != 'u' && from[17] != 'd') || from[18] > 1 ||
		from[19] > SV_PHASE_FINISH)
		return false;
	status->changed = sv_tai_unpack(from);
	status->pid = get_pid(from + 12);
	status->paused = from[16];
	status->want_up = from[17] == 'u';
	status->term_sent = from[18];
	status->phase = (enum sv_phase)from[19];
	status->state = guess_state(status);
	return status->changed.tv_nsec < 1000000000;
}

static bool unpack_ours(struct sv_status *status, const unsigned char *from)
{
	if (memcmp(from + MAGIC_AT, magic, sizeof magic) != 0 || from[24] != VERSION ||
		from[25] >= SV_STATES || from[26] > 1 || from[27] > 1 ||
		sv_get_be(from + SUM_AT, 4) != checksum(from, SUM_AT))
		return false;
	status->state = (enum sv_state)from[25];
	status->has_exit = from[26];
	status->leaving = from[27];
	status->starts = (uint32_t)sv_get_be(from + 28, 4);
	status->restarts = (uint32_t)sv_get_be(from + 32, 4);
	status->early_deaths = (uint32_t)sv_get_be(from + 36, 4);
	status->wait_status = (uint32_t)sv_get_be(from + 40, 4);
	status->changed_ms = (sv_ms)sv_get_be(from + 44, 8);
	status->started_ms = (sv_ms)sv_get_be(from + 52, 8);
	status->ready_ms = (sv_ms)sv_get_be(from + 60, 8);
	status->stable_ms = (sv_ms)sv_get_be(from + 68, 8);
	status->deadline_ms = (sv_ms)sv_get_be(from + 76, 8);
	status->exit_time = (int64_t)sv_get_be(from + 84, 8);
	status->start_ticks = sv_get_be(from + 92, 8);
	status->boot = sv_get_be(from + 100, 8);
	memcpy(status->text, from + TEXT_AT, SV_STATUS_TEXT);
	return true;
}

enum sv_status_kind sv_status_unpack(
	struct sv_status *status, const unsigned char *from, size_t size)
{
	*status = (struct sv_status){0};
	if (size != SV_STATUS_SIZE && size != SV_STATUS_RUNIT_SIZE)
		return SV_STATUS_BAD;
	if (!unpack_runit(status, from))
		return SV_STATUS_BAD;
	if (size == SV_STATUS_RUNIT_SIZE)
		return SV_STATUS_RUNIT;
	return unpack_ours(status, from) ? SV_STATUS_OURS : SV_STATUS_BAD;
}

enum sv_state sv_status_state(const struct sv_status *status, sv_ms now_ms)
{
	if (status->state == SV_STATE_STARTING && status->stable_ms && now_ms >= status->stable_ms)
		return SV_STATE_RUNNING;
	return status->state;
}

const char *sv_state_word(enum sv_state state)
{
	return states[state].word;
}

bool sv_state_is_up(enum sv_state state)
{
	return states[state].is_up;
}
