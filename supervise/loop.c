/* supervise's event loop; see loop.h. */
#include "supervise/loop.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libsv/control.h"
#include "libsv/spawn.h"
#include "supervise/actions.h"
#include "supervise/adopt.h"
#include "supervise/policy.h"
#include "supervise/publish.h"
#include "supervise/readiness.h"

enum { CONTROL_READ = 4096, REAP_MS = 100 };

static volatile sig_atomic_t got_child, got_term, got_quit;
static sigset_t wait_mask;

static void on_signal(int number)
{
	if (number == SIGCHLD)
		got_child = 1;
	else if (number == SIGTERM)
		got_term = 1;
	else if (number == SIGQUIT)
		got_quit = 1;
}

void loop_arm(void)
{
	static const int signals[] = {SIGCHLD, SIGTERM, SIGQUIT, 0};

	sv_catch(signals, on_signal, &wait_mask);
}

/* --- events in, orders out ---------------------------------------------------------------------- */

static bool ends_run(const struct machine *machine, enum machine_event_kind kind)
{
	return machine->phase == MACHINE_RUN &&
	       (kind == MACHINE_EXITED || kind == MACHINE_EXEC_FAILED);
}

/* Feeds an event, then the outcome of what it led to, and so on until nothing more is ordered.  All of it
 * happens at one moment: what a child recorded of its start is then what we make of it. */
static void feed(struct supervisor *supervisor, struct service *service, struct machine_event event)
{
	const sv_ms now = sv_now_ms();
	bool more = true;

	while (more) {
		if (service->machine.draining || event.kind == MACHINE_INPUT_END)
			event.backlog = logpipe_backlog(&supervisor->pipe);
		if (ends_run(&service->machine, event.kind))
			publish_exit(service);
		struct machine_orders orders =
			machine_step(&service->machine, &event, now, &service->policy);
		more = actions_carry_out(service, &orders, &supervisor->pipe, now, &event);
	}
}

/* Goes on with what a killed supervise left; returns the event to begin with. */
static struct machine_event resume(struct supervisor *supervisor, struct service *service,
	const struct sv_status *saved, bool up)
{
	const sv_ms now = sv_now_ms();
	struct machine_event event = {.kind = MACHINE_DEADLINE};
	struct machine_orders orders;

	policy_read(service);
	orders = machine_resume(&service->machine, saved, up, now, &service->policy);
	publish_resume(service, saved);
	if (service->machine.pid && !adopt_open(service, saved))
		return (struct machine_event){.kind = MACHINE_EXITED, .status_unknown = true};
	actions_carry_out(service, &orders, &supervisor->pipe, now, &event);
	return event;
}

static void begin(struct supervisor *supervisor, struct service *service)
{
	struct sv_status saved;
	struct machine_event event = {
		.kind = MACHINE_BEGIN,
		.up = !service_is_down_by_default(service),
	};
	bool resumes = adopt_read(service, &saved) && (saved.pid || !saved.leaving);

	if (!resumes)
		publish_first(service, sv_now_ms());
	service_announce(service);
	if (resumes)
		event = resume(supervisor, service, &saved, event.up);
	feed(supervisor, service, event);
	publish(service, &service->machine, sv_now_ms());
}

/* An adopted child has ended.  Its parent, svscan or an init, waits for it within moments; then the
 * kernel tells us how it ended. */
static void take_adopted_end(struct supervisor *supervisor, struct service *service)
{
	struct machine_event event = {.kind = MACHINE_EXITED};
	enum adopt_end end = adopt_wait_status(service, &event.wait_status);

	if (end == ADOPT_LATER && sv_now_ms() < service->reap_deadline) {
		if (service->reap_deadline == SV_NEVER)
			service->reap_deadline = sv_now_ms() + REAP_MS;
		return;
	}
	event.status_unknown = end != ADOPT_KNOWN;
	service->reap_deadline = SV_NEVER;
	adopt_close(service);
	feed(supervisor, service, event);
}

/* The log leaves when its service has, by the end of its input; x alone would tear the pipe apart. */
static bool is_refused(const struct service *service, enum sv_command command)
{
	return service->is_log && command == SV_COMMAND_EXIT;
}

/* One read a turn: a flood of commands cannot keep us from deaths and deadlines. */
static void take_commands(struct supervisor *supervisor, struct service *service)
{
	char letters[CONTROL_READ];
	ssize_t size = read(service->control_fd, letters, sizeof letters);
	unsigned unknown = 0;

	for (ssize_t i = 0; i < size; i++) {
		struct machine_event event = {.kind = MACHINE_COMMAND};
		if (!sv_command_decode(letters[i], &event.command))
			unknown++;
		else if (!is_refused(service, event.command))
			feed(supervisor, service, event);
	}
	if (unknown && sv_may_speak(&service->quiet_control, sv_now_ms())) {
		char count[16];
		snprintf(count, sizeof count, "%u", unknown);
		sv_warn(service->path, ": ", count, " unknown bytes in supervise/control, ignored");
	}
}

static void take_deaths(struct supervisor *supervisor)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		const struct machine_event event = {.kind = MACHINE_EXITED, .wait_status = status};
		if (pid == supervisor->main.machine.pid)
			feed(supervisor, &supervisor->main, event);
		else if (supervisor->has_log && pid == supervisor->log.machine.pid)
			feed(supervisor, &supervisor->log, event);
	}
}

static void take_signals(struct supervisor *supervisor)
{
	static const struct machine_event hasten = {.kind = MACHINE_HASTEN};

	if (got_child) {
		got_child = 0;
		take_deaths(supervisor);
	}
	if (got_term) {
		got_term = 0;
		feed(supervisor, &supervisor->main,
			(struct machine_event){
				.kind = MACHINE_COMMAND, .command = SV_COMMAND_EXIT});
	}
	if (got_quit) {
		got_quit = 0;
		feed(supervisor, &supervisor->main, hasten);
		if (supervisor->has_log && supervisor->log.machine.draining)
			feed(supervisor, &supervisor->log, hasten);
	}
}

/* --- time --------------------------------------------------------------------------------------- */

static void look_at_clock(struct supervisor *supervisor, struct service *service)
{
	sv_ms now = sv_now_ms();

	if (now >= service->reap_deadline)
		take_adopted_end(supervisor, service);
	if (now >= service->machine.deadline)
		feed(supervisor, service, (struct machine_event){.kind = MACHINE_DEADLINE});
	if (service->published.dirty && now < service->published.retry)
		return;
	publish(service, &service->machine, now);
}

static sv_ms earlier(sv_ms a, sv_ms b)
{
	return a < b ? a : b;
}

static sv_ms deadline_of(const struct service *service)
{
	return earlier(service->machine.deadline,
		earlier(service->reap_deadline, publish_deadline(service)));
}

static sv_ms next_deadline(const struct supervisor *supervisor)
{
	sv_ms deadline = deadline_of(&supervisor->main);

	return supervisor->has_log ? earlier(deadline, deadline_of(&supervisor->log)) : deadline;
}

/* --- the turn ----------------------------------------------------------------------------------- */

enum { FDS_EACH = 3, FDS = 2 * FDS_EACH };

/* What a service can tell us: commands, its readiness, the end of an adopted child.  poll passes over
 * fds of -1. */
static void watch(struct pollfd *fds, const struct service *service, bool exists)
{
	fds[0] = (struct pollfd){.fd = exists ? service->control_fd : -1, .events = POLLIN};
	fds[1] = (struct pollfd){.fd = exists ? service->ready_fd : -1, .events = POLLIN};
	/* Its end shows as POLLIN; from then on only its being waited for (POLLHUP) is news. */
	short awaited = service->reap_deadline == SV_NEVER ? POLLIN : 0;
	fds[2] = (struct pollfd){.fd = exists ? service->pid_fd : -1, .events = awaited};
}

static void take_words(
	struct supervisor *supervisor, struct service *service, const struct pollfd *fds)
{
	if (fds[1].revents && readiness_take(service))
		feed(supervisor, service, (struct machine_event){.kind = MACHINE_READY});
	if (fds[2].revents)
		take_adopted_end(supervisor, service);
	if (fds[0].revents)
		take_commands(supervisor, service);
}

static void wait_for_events(struct supervisor *supervisor)
{
	struct pollfd fds[FDS];
	struct timespec room;
	const struct timespec *timeout = sv_timeout(next_deadline(supervisor), sv_now_ms(), &room);

	watch(fds, &supervisor->main, true);
	watch(fds + FDS_EACH, &supervisor->log, supervisor->has_log);
	int ready = sv_poll(fds, supervisor->has_log ? FDS : FDS_EACH, timeout, &wait_mask);
	if (ready > 0) {
		take_words(supervisor, &supervisor->main, fds);
		if (supervisor->has_log)
			take_words(supervisor, &supervisor->log, fds + FDS_EACH);
	}
	take_signals(supervisor);
}

/* Nothing will be written any more: tell the log. */
static void end_input(struct supervisor *supervisor)
{
	if (!supervisor->has_log || supervisor->main.machine.phase != MACHINE_GONE ||
		supervisor->log.machine.draining || supervisor->log.machine.phase == MACHINE_GONE)
		return;
	logpipe_end_input(&supervisor->pipe);
	feed(supervisor, &supervisor->log, (struct machine_event){.kind = MACHINE_INPUT_END});
}

static bool is_over(const struct supervisor *supervisor)
{
	return supervisor->main.machine.phase == MACHINE_GONE &&
	       (!supervisor->has_log || supervisor->log.machine.phase == MACHINE_GONE);
}

static void report_unread(const struct supervisor *supervisor)
{
	uint32_t backlog = logpipe_backlog(&supervisor->pipe);
	char count[16];

	if (backlog == 0)
		return;
	snprintf(count, sizeof count, "%u", (unsigned)backlog);
	sv_warn(supervisor->main.path, ": ", count, " bytes of output were never read by its log");
}

void loop_run(struct supervisor *supervisor)
{
	/* The log first: it is there when the service says its first word. */
	if (supervisor->has_log)
		begin(supervisor, &supervisor->log);
	begin(supervisor, &supervisor->main);
	while (!is_over(supervisor)) {
		wait_for_events(supervisor);
		look_at_clock(supervisor, &supervisor->main);
		end_input(supervisor);
		if (supervisor->has_log)
			look_at_clock(supervisor, &supervisor->log);
	}
	if (supervisor->has_log)
		report_unread(supervisor);
}
