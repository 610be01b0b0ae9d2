/* svlogger: standard input to rotated log directories.  Options and arming. */
#include <errno.h>
#include <fcntl.h>
#include <skalibs/types.h>
#include <string.h>
#include <unistd.h>

#include "libsv/message.h"
#include "logger/intake.h"
#include "logger/loop.h"
#include "logger/script.h"

/* Says which word is wrong and leaves. */
static _Noreturn void refuse(struct script_problem problem, size_t count, char *const *words)
{
	const char *advice = script_advice(problem.fault);

	if (problem.word >= count)
		sv_die(SV_EXIT_USAGE,
			"usage: svlogger [t|T] [nNUMBER] [sBYTES] ./DIRECTORY ...: ", advice);
	char number[UINT64_FMT] = "";
	number[uint64_fmt(number, problem.word + 1)] = '\0';
	sv_die(SV_EXIT_USAGE, "word ", number, " '", words[problem.word], "': ", advice);
}

/* Standard input must be there; for the other two anything will do, or the first files we open would
 * take their numbers and receive our messages. */
static void check_standard_fds(void)
{
	if (fcntl(0, F_GETFD) < 0)
		sv_die(SV_EXIT_USAGE, "standard input is closed; it must be what is to be logged");
	for (int fd = 1; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
			_exit(SV_EXIT_SYSTEM);
}

int main(int argc, char **argv)
{
	static struct carrier carrier;
	static struct script script;
	struct intake intake;

	sv_program = "svlogger";
	check_standard_fds();
	argv += argc > 0;
	if (argc > 1 && strcmp(argv[0], "--") == 0)
		argv++;
	size_t count = 0;
	while (argv[count])
		count++;
	struct script_problem problem = script_parse(&script, count, (const char *const *)argv);
	if (problem.fault != SCRIPT_FINE)
		refuse(problem, count, argv);
	if (!intake_open(&intake, 0))
		sv_die_errno(SV_EXIT_SYSTEM, "cannot read standard input");
	carry_init(&carrier, &intake, &script);
	return loop_run(&carrier);
}
