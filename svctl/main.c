/* svctl: the person's tool.  Reads the command line and calls what it asks for. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "libsv/message.h"
#include "svctl/memory.h"
#include "svctl/nearest.h"
#include "svctl/output.h"
#include "svctl/verbs.h"

static int (*const functions[])(const struct request *) = {
#define SVCTL_VERB(word, name, function, takes, synopsis, help) function,
#include "svctl/verbs.def"
#undef SVCTL_VERB
};

/* With fd 1 closed the next FIFO opened would become standard output, and a table a command. */
static void open_standard_fds(void)
{
	int fd;

	do
		fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	while (fd >= 0 && fd <= 2);
	if (fd > 2)
		close(fd);
}

static void say_word(const char *word)
{
	struct nearest nearest = {.word = word};

	for (enum verb verb = 0; options_word(verb); verb++)
		nearest_offer(&nearest, options_word(verb));
	if (nearest.best)
		sv_say("unknown word '", word, "'; did you mean '", nearest.best, "'?");
	else
		sv_say("unknown word '", word, "'; svctl help shows them all");
}

static int say_fault(const struct options_fault *fault)
{
	const char *culprit = fault->culprit;

	switch (fault->error) {
	case OPTIONS_FINE: return SV_EXIT_BUG;
	case OPTIONS_NOTHING:
		sv_say("usage: svctl status|start|stop|restart TARGET..., or svctl -LETTERS "
		       "TARGET...; "
		       "see svctl help");
		break;
	case OPTIONS_LETTER: sv_say("unknown letter ", culprit, "; see svctl help"); break;
	case OPTIONS_LONG: sv_say("unknown option ", culprit, "; see svctl help"); break;
	case OPTIONS_WORD: say_word(culprit); break;
	case OPTIONS_VALUE_MISSING: sv_say(culprit, " needs a value; see svctl help"); break;
	case OPTIONS_WAIT: sv_say("-w takes u, d or r, not '", culprit, "'"); break;
	case OPTIONS_LIMIT: sv_say("-T takes milliseconds, not '", culprit, "'"); break;
	case OPTIONS_MANY: sv_say("too many letters in one command"); break;
	case OPTIONS_MIXED: sv_say(culprit, " does not go with this word; see svctl help"); break;
	case OPTIONS_TARGETS: sv_say("which service? name one, or say all"); break;
	}
	return SV_EXIT_USAGE;
}

int main(int argc, char *argv[])
{
	static const char version[] = "svctl (holdfast) " SV_VERSION "\n";
	struct request request;
	struct options_fault fault;
	int code;

	sv_program = "svctl";
	open_standard_fds();
	signal(SIGPIPE, SIG_IGN);
	const char **targets = memory_array((size_t)argc + 1, sizeof *targets);
	if (!options_parse(&request, targets, argc, argv, &fault)) {
		code = say_fault(&fault);
	} else if (request.verb == VERB_VERSION) {
		output_write(version, sizeof version - 1);
		code = 0;
	} else if (request.verb == VERB_LETTERS) {
		code = command_run(&request);
	} else {
		code = functions[request.verb](&request);
	}
	free(targets);
	return code;
}
