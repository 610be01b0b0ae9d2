/* Waits, and says when something goes wrong; see loop.h. */
#include "logger/loop.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "libsv/clock.h"
#include "libsv/message.h"

enum {
	GATHER_NS = 50000, /* the pause in which lines gather */
	BUSY_WITHIN_NS = 1000000,
	SMALL = JOURNAL_SPOOL / 2,
	RETRY_MS = 200,
	RETRY_MOST_MS = 1000,
	LINE_END_MS = 100, /* how long SIGTERM waits for the end of a line */
};

enum phase {
	LOGGING,
	DRAINING,    /* SIGTERM: what was in the pipe then */
	ENDING_LINE, /* SIGTERM: the rest of the line it ended in */
	STOPPING,    /* SIGTERM: to the disk, and out */
	FINISHING,   /* end of the input: the same with a last line end */
};

struct loop {
	struct carrier *carrier;
	int signal_fd;
	enum phase phase;
	size_t budget;       /* bytes DRAINING may still take */
	sv_ms line_deadline; /* of ENDING_LINE */
	bool asked;          /* SIGTERM came */
	bool rotate;         /* SIGALRM came */
	bool gather;         /* pause before the next turn */
	bool armed;
	bool in_trouble;
	const char *trouble_path;
	sv_ms retry_at, retry_delay;
	struct timespec last; /* when the turn before took something */
};

/* --- trouble -------------------------------------------------------------------------------- */

static const char *stuck_path(const struct loop *loop)
{
	return loop->carrier->destinations[loop->carrier->stuck].orders->path;
}

static void enter_trouble(struct loop *loop, int error)
{
	if (!loop->in_trouble) {
		loop->trouble_path = stuck_path(loop);
		sv_warn(loop->trouble_path, ": cannot write the log: ", strerror(error),
			"; input waits until it works again");
	}
	loop->retry_delay = loop->in_trouble ? loop->retry_delay * 3 / 2 : RETRY_MS;
	if (loop->retry_delay > RETRY_MOST_MS)
		loop->retry_delay = RETRY_MOST_MS;
	loop->in_trouble = true;
	loop->retry_at = sv_now_ms() + loop->retry_delay;
}

static void leave_trouble(struct loop *loop)
{
	if (loop->in_trouble)
		sv_warn(loop->trouble_path, ": writing again");
	loop->in_trouble = false;
}

/* --- arming --------------------------------------------------------------------------------- */

/* A disk that is full or failing may recover; anything else at the start is for a person to mend. */
static bool may_pass(int error)
{
	return error == ENOSPC || error == EDQUOT || error == EIO || error == EFBIG;
}

static void arm(struct loop *loop)
{
	enum destination_state state = carry_arm(loop->carrier);
	int error = errno;
	const char *path = stuck_path(loop);

	switch (state) {
	case DESTINATION_READY:
		loop->armed = true;
		leave_trouble(loop);
		break;
	case DESTINATION_LOCKED:
		sv_die(SV_EXIT_USAGE, path, ": another logger writes to this directory");
	case DESTINATION_ODD:
		sv_die(SV_EXIT_USAGE, path,
			": current, next and lock must be regular files, not links; remove the one "
			"that is not");
	case DESTINATION_FAILED:
		errno = error;
		if (!may_pass(error))
			sv_die_errno(SV_EXIT_SYSTEM, path, ": cannot open the log directory");
		enter_trouble(loop, error);
		break;
	}
}

/* --- waiting -------------------------------------------------------------------------------- */

/* The moment after which a turn comes without input; SV_NEVER for none. */
static sv_ms deadline(const struct loop *loop)
{
	if (loop->in_trouble)
		return loop->retry_at;
	switch (loop->phase) {
	case LOGGING: return SV_NEVER;
	case DRAINING: return 0;
	case ENDING_LINE: return loop->line_deadline;
	case STOPPING:
	case FINISHING: return 0;
	}
	return 0;
}

/* A stream that never ends must not keep us: what is there now is all that is taken. */
static void begin_stop(struct loop *loop)
{
	loop->asked = true;
	if (loop->phase != LOGGING)
		return;
	loop->phase = DRAINING;
	loop->budget = intake_waiting(&loop->carrier->intake);
}

static void wait_for_something(struct loop *loop)
{
	struct timespec room = {.tv_nsec = GATHER_NS};
	const struct timespec *timeout = &room;
	bool listen = !loop->in_trouble && !loop->gather;
	struct pollfd polled[2] = {
		{.fd = loop->signal_fd, .events = POLLIN},
		{.fd = listen ? loop->carrier->intake.fd : -1, .events = POLLIN},
	};

	if (!loop->gather) {
		sv_ms until = deadline(loop);
		timeout = sv_timeout(until, until == SV_NEVER ? 0 : sv_now_ms(), &room);
	}
	loop->gather = false;
	if (ppoll(polled, 2, timeout, NULL) <= 0 || !(polled[0].revents & POLLIN))
		return;
	struct signalfd_siginfo info;
	while (read(loop->signal_fd, &info, sizeof info) == sizeof info) {
		if (info.ssi_signo == SIGALRM)
			loop->rotate = true;
		if (info.ssi_signo == SIGTERM)
			begin_stop(loop);
	}
}

/* --- turns ---------------------------------------------------------------------------------- */

/* Lines that come one by one are cheaper together.  The first after a quiet millisecond never waits
 * here: it is out already. */
static void consider_gathering(struct loop *loop)
{
	const struct carrier *carrier = loop->carrier;
	long long since = (carrier->now.tv_sec - loop->last.tv_sec) * 1000000000LL +
			  (carrier->now.tv_nsec - loop->last.tv_nsec);

	loop->gather = loop->phase == LOGGING && carrier->intake.is_pipe && carrier->taken > 0 &&
		       carrier->taken < SMALL && since >= 0 && since < BUSY_WITHIN_NS;
	loop->last = carrier->now;
}

static enum carry_result drain(struct loop *loop)
{
	enum carry_result result = carry_turn(loop->carrier, loop->budget);

	loop->budget -= loop->carrier->taken;
	if (result == CARRY_EMPTY || (result == CARRY_ON && loop->budget == 0)) {
		loop->phase = carry_mid_line(loop->carrier) ? ENDING_LINE : STOPPING;
		loop->line_deadline = sv_now_ms() + LINE_END_MS;
	}
	return result;
}

static enum carry_result end_line(struct loop *loop)
{
	struct carrier *carrier = loop->carrier;
	size_t rest = intake_line_rest(&carrier->intake, carrier->room, JOURNAL_SPOOL);
	/* Asking for a byte that is not there tells an empty pipe from one that has ended. */
	size_t most = rest == 0 && carrier->intake.is_pipe ? 1 : rest;
	enum carry_result result = carry_turn(carrier, most);

	if (!carrier->intake.is_pipe || !carry_mid_line(carrier) ||
		sv_now_ms() >= loop->line_deadline)
		loop->phase = STOPPING;
	return result;
}

static enum carry_result rotate(struct loop *loop)
{
	enum carry_result result = carry_rotate(loop->carrier);

	loop->rotate = result == CARRY_STUCK;
	return result;
}

static enum carry_result turn(struct loop *loop)
{
	if (loop->rotate)
		return rotate(loop);
	switch (loop->phase) {
	case LOGGING: return carry_turn(loop->carrier, JOURNAL_SPOOL);
	case DRAINING: return drain(loop);
	case ENDING_LINE: return end_line(loop);
	case STOPPING: return carry_finish(loop->carrier, false);
	case FINISHING: return carry_finish(loop->carrier, true);
	}
	return CARRY_BROKEN;
}

/* What a turn's result means.  True when all is done. */
static bool conclude(struct loop *loop, enum carry_result result, enum phase phase)
{
	switch (result) {
	case CARRY_STUCK: enter_trouble(loop, errno); return false;
	case CARRY_BROKEN:
		sv_warn_errno("cannot read standard input; taking this for its end");
		loop->phase = FINISHING;
		break;
	case CARRY_END: loop->phase = FINISHING; break;
	case CARRY_ON: consider_gathering(loop); break;
	case CARRY_EMPTY: break;
	}
	leave_trouble(loop);
	return result == CARRY_ON && (phase == STOPPING || phase == FINISHING);
}

static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGALRM);
	sigaddset(&set, SIGHUP);
	/* An ignored signal would never arrive. */
	signal(SIGTERM, SIG_DFL);
	signal(SIGALRM, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	sigprocmask(SIG_BLOCK, &set, NULL);
	/* Under load poll never gets round to signals by itself; as input they cannot starve. */
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int loop_run(struct carrier *carrier)
{
	struct loop loop = {.carrier = carrier, .signal_fd = open_signals()};

	if (loop.signal_fd < 0)
		sv_die_errno(SV_EXIT_SYSTEM, "cannot listen for signals");
	arm(&loop);
	for (;;) {
		wait_for_something(&loop);
		if (loop.in_trouble && !loop.asked && sv_now_ms() < loop.retry_at)
			continue;
		enum phase phase = loop.phase;
		if (!loop.armed)
			arm(&loop);
		else if (conclude(&loop, turn(&loop), phase))
			return 0;
		if (loop.in_trouble && loop.asked) {
			sv_warn("stopped; what is not written yet comes at the next start");
			return SV_EXIT_SYSTEM;
		}
	}
}
