/* Letters, start, stop and restart: tell every service first, then wait for all of them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "libsv/layout.h"
#include "libsv/message.h"
#include "svctl/memory.h"
#include "svctl/output.h"
#include "svctl/progress.h"
#include "svctl/targets.h"
#include "svctl/verbs.h"
#include "svctl/wait.h"

enum {
	START_LIMIT_MS = 10000,
	TICK_MS = 1000,
	SENTENCE = 8192,
};

struct command {
	const struct request *request;
	struct wait wait;
	struct progress progress;
	sv_ms began_ms;
	bool is_word; /* start, stop, restart: say how it ended */
	int code;
};

static void worsen(struct command *command, int code)
{
	if (code > command->code)
		command->code = code;
}

/* --- what went wrong -------------------------------------------------------------------------- */

/* One line for a service that could not be reached.  Expects errno of the failed call. */
static void say_unreached(
	struct command *command, const struct service *service, enum service_outcome outcome)
{
	const char *base = service->base ? service->base : "";
	const char *slash = service->base ? "/" : "";

	switch (outcome) {
	case SERVICE_FINE: return;
	case SERVICE_UNSUPERVISED:
		sv_warn(service->label, ": not supervised: no supervise holds ", base, slash,
			service->dir, "; start svscan on its directory");
		worsen(command, SV_EXIT_UNSUPERVISED);
		return;
	case SERVICE_REFUSED:
		sv_warn(service->label, ": permission denied: only root and the user who runs its "
					"supervise may command it (sudo?)");
		worsen(command, SV_EXIT_USAGE);
		return;
	case SERVICE_BUSY:
		sv_warn(service->label,
			": its supervise takes no commands: the control FIFO is full; "
			"is supervise stopped?");
		worsen(command, SV_EXIT_SYSTEM);
		return;
	case SERVICE_BROKEN:
		sv_warn_errno(service->label, ": cannot reach its supervise in ", base, slash,
			service->dir);
		worsen(command, SV_EXIT_SYSTEM);
		return;
	}
}

/* --- letters without -w ----------------------------------------------------------------------- */

static void send_only(struct command *command, const struct targets *targets)
{
	const struct request *request = command->request;

	for (size_t i = 0; i < targets->count; i++) {
		struct service *service = &targets->services[i];
		enum service_outcome outcome = wait_for_supervise(service, command->began_ms);

		if (outcome == SERVICE_FINE)
			outcome = service_send(service, request->bytes, request->size);
		say_unreached(command, service, outcome);
		service_close(service);
	}
}

/* --- with a wait ------------------------------------------------------------------------------ */

static enum goal goal_of(const struct request *request)
{
	switch (request->verb) {
	case VERB_START: return GOAL_START;
	case VERB_STOP: return GOAL_STOP;
	case VERB_RESTART: return GOAL_RESTART;
	case VERB_STATUS:
	case VERB_HELP:
	case VERB_LETTERS:
	case VERB_VERSION:
	case VERBS: break;
	}
	return request->wait;
}

static const char *doing_of(enum goal goal)
{
	switch (goal) {
	case GOAL_START: return "starting";
	case GOAL_STOP: return "stopping";
	case GOAL_RESTART: return "restarting";
	case GOAL_UP:
	case GOAL_DOWN:
	case GOAL_AGAIN:
	case GOAL_NONE: break;
	}
	return "waiting for";
}

static void on_settled(void *data, const struct waiting *entry, enum outcome outcome, sv_ms now_ms)
{
	struct command *command = data;
	char sentence[SENTENCE], line[SENTENCE];
	struct text text = text_in(sentence, sizeof sentence), shown = text_in(line, sizeof line);

	worsen(command, outcome_code(outcome));
	if (outcome == OUTCOME_REACHED && !command->is_word)
		return;
	outcome_sentence(&text, &(struct outcome_case){
					.label = entry->service->label,
					.goal = entry->goal,
					.outcome = outcome,
					.before = &entry->before,
					.now = &entry->now,
					.limit_ms = command->wait.limit_ms,
					.begin_ms = command->wait.begin_ms,
					.now_ms = now_ms,
				});
	progress_clear(&command->progress);
	if (outcome != OUTCOME_REACHED) {
		sv_warn(text_end(&text));
		return;
	}
	text_quoted(&shown, text_end(&text));
	text_add(&shown, "\n");
	output_write(shown.to, shown.size);
}

static void on_tick(void *data, sv_ms since_begin_ms)
{
	struct command *command = data;

	progress_show(&command->progress, &command->wait, since_begin_ms);
}

/* Each service holds two fds for as long as the wait lasts. */
static void raise_fd_limit(size_t services)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur > 2 * services + 16)
		return;
	limit.rlim_cur = limit.rlim_max;
	/* Without it the services past the limit are reported one by one. */
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

static void open_all(struct command *command, const struct targets *targets)
{
	struct wait *wait = &command->wait;

	raise_fd_limit(targets->count);
	wait->entries = memory_array(targets->count, sizeof *wait->entries);
	for (size_t i = 0; i < targets->count; i++) {
		struct service *service = &targets->services[i];
		enum service_outcome outcome = wait_for_supervise(service, command->began_ms);

		say_unreached(command, service, outcome);
		if (outcome == SERVICE_FINE)
			wait->entries[wait->count++] = (struct waiting){
				.service = service, .goal = goal_of(command->request)};
	}
}

static void send_all(struct command *command)
{
	const struct request *request = command->request;
	struct wait *wait = &command->wait;

	for (size_t i = 0; i < wait->count; i++) {
		struct waiting *entry = &wait->entries[i];
		const char *bytes =
			command->is_word ? goal_bytes(entry->goal, &entry->before) : request->bytes;
		enum service_outcome outcome = SERVICE_FINE;

		if (bytes[0])
			outcome = service_send(entry->service, bytes, strlen(bytes));
		say_unreached(command, entry->service, outcome);
		entry->is_over = outcome != SERVICE_FINE;
	}
}

static void send_and_wait(struct command *command, const struct targets *targets)
{
	const struct request *request = command->request;
	struct wait *wait = &command->wait;
	bool is_quick = request->verb == VERB_START || request->verb == VERB_RESTART;

	progress_begin(&command->progress, doing_of(goal_of(request)));
	wait->limit_ms = request->has_limit ? request->limit_ms : is_quick ? START_LIMIT_MS : 0;
	wait->is_patient = !request->has_limit;
	wait->tick_ms = command->is_word && command->progress.is_on ? TICK_MS : 0;
	wait->data = command;
	wait->settled = on_settled;
	wait->tick = on_tick;
	open_all(command, targets);
	if (!wait_open(wait))
		sv_die_errno(SV_EXIT_SYSTEM, "cannot wait, so nothing was sent");
	send_all(command);
	wait_run(wait);
	progress_clear(&command->progress);
	wait_close(wait);
	free(wait->entries);
}

int command_run(const struct request *request)
{
	struct command command = {
		.request = request,
		.began_ms = sv_now_ms(),
		.is_word = request->verb != VERB_LETTERS,
	};
	struct targets targets;

	targets_begin(&targets, sv_scan_dir(), false);
	for (size_t i = 0; i < request->count; i++)
		targets_add(&targets, request->targets[i]);
	targets_finish(&targets);
	if (targets.mistakes)
		worsen(&command, SV_EXIT_USAGE);
	if (goal_of(request) == GOAL_NONE)
		send_only(&command, &targets);
	else
		send_and_wait(&command, &targets);
	targets_end(&targets);
	return command.code;
}
