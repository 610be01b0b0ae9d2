/* svexec: runs a program in a prepared process state.
 *
 * Everything that can be found wrong (options, users, variables) is found before the process is
 * touched. */
#include <unistd.h>

#include <skalibs/stralloc.h>

#include "libsv/message.h"
#include "svexec/apply.h"
#include "svexec/environment.h"
#include "svexec/options.h"
#include "svexec/user.h"

/* Two lines: what is wrong, and what there is. */
static int refuse(const struct svexec_fault *fault)
{
	const char letter[] = {fault->letter, 0};

	if (!fault->letter)
		sv_say("fatal: ", fault->expected, " is missing");
	else if (!fault->word)
		sv_say("fatal: there is no option -", letter);
	else if (!fault->value)
		sv_say("fatal: option -", letter, " (", fault->word, ") needs ", fault->expected);
	else
		sv_say("fatal: option -", letter, " (", fault->word, ") has \"", fault->value,
			"\" but needs ", fault->expected);
	sv_say("usage: ", svexec_usage);
	return SV_EXIT_USAGE;
}

int main(int argc, const char *const *argv)
{
	struct svexec_plan plan;
	struct svexec_fault fault;
	struct svexec_identity identity;
	stralloc changes = STRALLOC_ZERO;

	sv_program = "svexec";
	if (!svexec_options(argc, argv, &plan, &fault))
		return refuse(&fault);
	if (plan.who.wanted) {
		identity = svexec_user_find(&plan.who);
		/* Before the directories: what a person wrote there for this service is stronger. */
		svexec_environment_identity(&changes, &identity);
	}
	for (size_t i = 0; i < plan.envdir_count; i++)
		svexec_environment_read(&changes, plan.envdirs[i]);
	svexec_apply(&plan, plan.who.wanted ? &identity : NULL,
		svexec_environment_merge((const char *const *)environ, &changes));
}
