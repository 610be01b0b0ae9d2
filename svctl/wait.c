/* The loop that waits; see wait.h. */
#include "svctl/wait.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "libsv/layout.h"

enum {
	POLL_MS = 100,
	ARRIVAL_MS = 2000,
	ARRIVAL_UNSCANNED_MS = 200,
	ARRIVAL_PAUSE_NS = 2000000,
	LONGEST_MS = 3600 * 1000, /* epoll_wait counts in int */
	EVENTS = 64,
};

/* Tells the inotify fd from the entries, which go by their numbers. */
static const uint32_t inotify_mark = UINT32_MAX;

enum service_outcome wait_for_supervise(struct service *service, sv_ms began_ms)
{
	const struct timespec moment = {.tv_nsec = ARRIVAL_PAUSE_NS};
	enum service_outcome outcome = service_open(service);

	while (outcome == SERVICE_UNSUPERVISED) {
		sv_ms limit_ms = service_is_scanned(service) ? ARRIVAL_MS : ARRIVAL_UNSCANNED_MS;
		if (sv_now_ms() >= began_ms + limit_ms)
			break;
		ppoll(NULL, 0, &moment, NULL);
		outcome = service_open(service);
	}
	return outcome;
}

/* --- watching --------------------------------------------------------------------------------- */

/* A status is replaced by rename.  The working directory serves as the path, so that neither /proc
 * nor a path that may have changed its meaning is needed. */
static bool watch(struct wait *wait, struct waiting *entry)
{
	if (fchdir(entry->service->state_fd) < 0)
		return false;
	entry->watch =
		inotify_add_watch(wait->inotify_fd, ".", IN_MOVED_TO | IN_DELETE_SELF | IN_ONLYDIR);
	return entry->watch >= 0;
}

static bool watch_all(struct wait *wait)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u32 = inotify_mark};

	wait->inotify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (wait->inotify_fd < 0)
		return false;
	for (size_t i = 0; i < wait->count; i++)
		if (!watch(wait, &wait->entries[i]))
			return false;
	return epoll_ctl(wait->epoll_fd, EPOLL_CTL_ADD, wait->inotify_fd, &event) == 0;
}

bool wait_open(struct wait *wait)
{
	wait->inotify_fd = -1;
	wait->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (wait->epoll_fd < 0)
		return false;
	wait->polls = !watch_all(wait);
	for (size_t i = 0; i < wait->count; i++) {
		struct waiting *entry = &wait->entries[i];
		/* Errors are reported unasked. */
		struct epoll_event event = {.events = 0, .data.u32 = (uint32_t)i};

		if (epoll_ctl(wait->epoll_fd, EPOLL_CTL_ADD, entry->service->ok_fd, &event) < 0)
			return false;
		service_read(entry->service, &entry->before);
		/* A supervise that has only just begun: nothing has been started yet. */
		if (entry->before.error == ENOENT)
			entry->before = (struct snapshot){.is_supervised = true};
		entry->now = entry->before;
		entry->is_dirty = true;
		entry->deadline_ms = SV_NEVER;
	}
	wait->begin_ms = sv_now_ms();
	return true;
}

void wait_close(struct wait *wait)
{
	if (wait->inotify_fd >= 0)
		close(wait->inotify_fd);
	if (wait->epoll_fd >= 0)
		close(wait->epoll_fd);
}

/* --- what happened ---------------------------------------------------------------------------- */

static void mark(struct wait *wait, int watch)
{
	for (size_t i = 0; i < wait->count; i++)
		if (watch < 0 || wait->entries[i].watch == watch)
			wait->entries[i].is_dirty = true;
}

/* pid and stat change together with status; only the latter is worth a look. */
static bool is_about_status(const struct inotify_event *event)
{
	return !event->len || strcmp(event->name, SV_FILE_STATUS) == 0;
}

static void drain_inotify(struct wait *wait)
{
	_Alignas(struct inotify_event) char
		buffer[16 * (sizeof(struct inotify_event) + NAME_MAX + 1)];
	ssize_t size;

	while ((size = read(wait->inotify_fd, buffer, sizeof buffer)) > 0) {
		for (ssize_t at = 0; at < size;) {
			const struct inotify_event *event = (const void *)(buffer + at);

			/* An overflow has no watch: whatever was lost may concern anybody. */
			if (is_about_status(event))
				mark(wait, event->wd);
			at += (ssize_t)(sizeof *event + event->len);
		}
	}
}

static void listen_until(struct wait *wait, sv_ms deadline_ms)
{
	struct epoll_event events[EVENTS];
	sv_ms left = deadline_ms == SV_NEVER ? -1 : deadline_ms - sv_now_ms();

	if (deadline_ms != SV_NEVER && left < 0)
		left = 0;
	if (left > LONGEST_MS)
		left = LONGEST_MS;
	int count = epoll_wait(wait->epoll_fd, events, EVENTS, (int)left);
	for (int i = 0; i < count; i++) {
		if (events[i].data.u32 == inotify_mark) {
			drain_inotify(wait);
		} else {
			struct waiting *entry = &wait->entries[events[i].data.u32];

			entry->is_lost = entry->is_dirty = true;
			epoll_ctl(wait->epoll_fd, EPOLL_CTL_DEL, entry->service->ok_fd, 0);
		}
	}
	if (wait->polls)
		mark(wait, -1);
}

/* --- what now --------------------------------------------------------------------------------- */

static void look(struct waiting *entry)
{
	if (!entry->is_dirty)
		return;
	entry->is_dirty = false;
	service_read(entry->service, &entry->now);
	/* What it was before could not be told: then its first readable status has to do. */
	if (!snapshot_is_known(&entry->before))
		entry->before = entry->now;
}

static void move_deadline(const struct wait *wait, struct waiting *entry, sv_ms now_ms)
{
	bool is_held =
		wait->is_patient && goal_waits_for_end(entry->goal, &entry->before, &entry->now);

	if (!wait->limit_ms || is_held)
		entry->deadline_ms = SV_NEVER;
	else if (entry->deadline_ms == SV_NEVER)
		entry->deadline_ms = now_ms + wait->limit_ms;
}

static void settle(struct wait *wait, struct waiting *entry, enum outcome outcome, sv_ms now_ms)
{
	entry->is_over = true;
	epoll_ctl(wait->epoll_fd, EPOLL_CTL_DEL, entry->service->ok_fd, 0);
	wait->settled(wait->data, entry, outcome, now_ms);
}

static sv_ms earlier(sv_ms a, sv_ms b)
{
	return a < b ? a : b;
}

/* Looks at one entry, and decides when to look again if nothing happens to it. */
static void consider(struct wait *wait, struct waiting *entry, sv_ms now_ms)
{
	enum verdict verdict = VERDICT_PENDING;

	look(entry);
	if (snapshot_is_known(&entry->now))
		verdict = goal_judge(entry->goal, &entry->before, &entry->now, now_ms);
	move_deadline(wait, entry, now_ms);
	if (verdict == VERDICT_REACHED)
		settle(wait, entry, OUTCOME_REACHED, now_ms);
	else if (verdict == VERDICT_FAILED)
		settle(wait, entry, OUTCOME_FAILED, now_ms);
	else if (entry->is_lost)
		settle(wait, entry, OUTCOME_LOST, now_ms);
	else if (now_ms >= entry->deadline_ms)
		settle(wait, entry, OUTCOME_TIMED_OUT, now_ms);
	entry->next_ms =
		earlier(entry->deadline_ms, goal_look_again(entry->goal, &entry->now, now_ms));
}

/* Calls `tick` when it is due; returns when it will be. */
static sv_ms tick(struct wait *wait)
{
	if (!wait->tick_ms)
		return SV_NEVER;
	sv_ms since_ms = sv_now_ms() - wait->begin_ms;
	if (since_ms >= wait->tick_ms)
		wait->tick(wait->data, since_ms);
	return wait->begin_ms + (since_ms / wait->tick_ms + 1) * wait->tick_ms;
}

/* One turn over those that something happened to, or whose time has come; the others cost no call.
 * Says when the next is due; false when all are over. */
static bool turn(struct wait *wait, sv_ms *next_ms)
{
	sv_ms now_ms = sv_now_ms();
	bool is_pending = false;

	*next_ms = SV_NEVER;
	for (size_t i = 0; i < wait->count; i++) {
		struct waiting *entry = &wait->entries[i];

		if (!entry->is_over && (entry->is_dirty || now_ms >= entry->next_ms))
			consider(wait, entry, now_ms);
		if (!entry->is_over) {
			is_pending = true;
			*next_ms = earlier(*next_ms, entry->next_ms);
		}
	}
	return is_pending;
}

void wait_run(struct wait *wait)
{
	sv_ms next_ms;

	while (turn(wait, &next_ms)) {
		next_ms = earlier(next_ms, tick(wait));
		if (wait->polls)
			next_ms = earlier(next_ms, sv_now_ms() + POLL_MS);
		listen_until(wait, next_ms);
	}
}
