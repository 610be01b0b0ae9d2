/* svscan's event loop; see loop.h. */
#include "svscan/loop.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libsv/spawn.h"
#include "svscan/actions.h"
#include "svscan/adopt.h"

enum {
	EVENTS_READ = 4096,
	/* A directory made in place is still being filled; one moved here, or linked, is whole. */
	SETTLE_MS = 500,
	TWICE_MS = 500,
};

static volatile sig_atomic_t got_child, got_look, got_stop;
static sigset_t wait_mask;

static void on_signal(int number)
{
	if (number == SIGCHLD)
		got_child = 1;
	else if (number == SIGTERM || number == SIGINT)
		got_stop++;
	else
		got_look = 1;
}

void loop_arm(void)
{
	static const int signals[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGALRM, 0};

	sv_catch(signals, on_signal, &wait_mask);
}

static void look_at(struct scanner *scanner, sv_ms when)
{
	if (when < scanner->scan_at)
		scanner->scan_at = when;
}

/* The first time: services end, then their logs, each supervise sees to it.  The second: now.  A
 * Ctrl-C often comes twice at once, from the terminal and from the script that started us. */
static void stop(struct scanner *scanner)
{
	sv_ms now = sv_now_ms();

	if (scanner->stopping && now - scanner->stopping_since < TWICE_MS)
		return;
	scanner_stop_all(scanner, scanner->stopping ? SIGQUIT : SIGTERM);
	if (!scanner->stopping)
		scanner->stopping_since = now;
	scanner->stopping = true;
}

/* --- what happened? ----------------------------------------------------------------------------- */

static void take_children(struct scanner *scanner)
{
	pid_t pid;

	got_child = 0;
	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
		scanner_child_ended(scanner, pid);
}

static void take_adopted_ends(struct scanner *scanner)
{
	pid_t pid;

	/* Forgetting one closes its pidfd, which takes it off the epoll. */
	while ((pid = adopt_next_end(scanner)) > 0)
		scanner_child_ended(scanner, pid);
}

static void take_signals(struct scanner *scanner)
{
	if (got_child)
		take_children(scanner);
	if (got_look) {
		got_look = 0;
		look_at(scanner, sv_now_ms());
	}
	while (got_stop > 0) {
		got_stop--;
		stop(scanner);
	}
}

static void take_commands(struct scanner *scanner)
{
	char letters[256];
	ssize_t size = read(scanner->control_fd, letters, sizeof letters);
	bool unknown = false;

	for (ssize_t i = 0; i < size; i++) {
		switch (letters[i]) {
		case 'a':
		case 'h': look_at(scanner, sv_now_ms()); break;
		case 't': stop(scanner); break;
		default: unknown = true; break;
		}
	}
	if (unknown && sv_may_speak(&scanner->quiet_control, sv_now_ms()))
		sv_warn(scanner->path, ": unknown bytes in .svscan/control, ignored");
}

/* Events only say when to look; what is there is read from the directory. */
static void take_changes(struct scanner *scanner)
{
	char buffer[EVENTS_READ] __attribute__((aligned(__alignof__(struct inotify_event))));
	ssize_t size = read(scanner->inotify_fd, buffer, sizeof buffer);
	sv_ms now = sv_now_ms();

	for (char *at = buffer; size > 0 && at < buffer + size;) {
		const struct inotify_event *event = (const void *)at;
		bool fresh = (event->mask & IN_CREATE) && (event->mask & IN_ISDIR);
		look_at(scanner, fresh ? now + SETTLE_MS : now);
		at += sizeof *event + event->len;
	}
}

/* --- the turn ----------------------------------------------------------------------------------- */

static void wait_for_events(struct scanner *scanner)
{
	struct pollfd fds[3] = {
		{.fd = scanner->control_fd, .events = POLLIN},
		{.fd = scanner->inotify_fd, .events = POLLIN},
		{.fd = scanner->adopted_fd, .events = POLLIN},
	};
	sv_ms deadline = scanner_next_start(scanner);
	struct timespec room;

	if (scanner->scan_at < deadline && !scanner->stopping)
		deadline = scanner->scan_at;
	int ready = sv_poll(fds, 3, sv_timeout(deadline, sv_now_ms(), &room), &wait_mask);
	take_signals(scanner);
	if (ready > 0 && fds[0].revents)
		take_commands(scanner);
	if (ready > 0 && fds[1].revents)
		take_changes(scanner);
	if (ready > 0 && fds[2].revents)
		take_adopted_ends(scanner);
}

void loop_run(struct scanner *scanner)
{
	while (!scanner->stopping || scanner->slots.count > 0) {
		if (!scanner->stopping && scanner->scan_at <= sv_now_ms())
			scanner_scan(scanner);
		if (!scanner->stopping)
			scanner_start_due(scanner);
		if (!scanner->stopping || scanner->slots.count > 0)
			wait_for_events(scanner);
	}
}
