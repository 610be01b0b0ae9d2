/* The steps from one process state to the next; see apply.h. */
#include "svexec/apply.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/config.h>
#include <skalibs/djbunix.h>
#include <skalibs/env.h>
#include <skalibs/exec.h>

#include "libsv/message.h"

enum {
	NEW_FILE_MODE = 0644,
};

static const char *const fd_letters[] = {"-0", "-1", "-2"};

static void enter(const char *directory)
{
	if (directory && chdir(directory) < 0)
		sv_die_errno(SV_EXIT_SYSTEM, "cannot change to the directory ", directory,
			" (option -C)");
}

/* Opens as a shell's < and >> do.  Not close-on-exec: the descriptor is the program's. */
static void redirect_to_file(const struct svexec_redirect *redirect)
{
	int flags = redirect->kind == SVEXEC_READ ? O_RDONLY : O_WRONLY | O_APPEND | O_CREAT;
	int fd = open(redirect->path, flags | O_NOCTTY, NEW_FILE_MODE);

	if (fd < 0 || fd_move(redirect->fd, fd) < 0)
		sv_die_errno(SV_EXIT_SYSTEM, "cannot open ", redirect->path, " (option ",
			fd_letters[redirect->fd], ")");
}

static void redirect(const struct svexec_redirect *redirect)
{
	switch (redirect->kind) {
	case SVEXEC_READ:
	case SVEXEC_APPEND: redirect_to_file(redirect); break;
	case SVEXEC_COPY:
		if (dup2(redirect->from_fd, redirect->fd) < 0)
			sv_die_errno(SV_EXIT_SYSTEM,
				"cannot copy the descriptor after '&' (option ",
				fd_letters[redirect->fd], "), which must be open");
		break;
	case SVEXEC_CLOSE:
		/* Closed already is what was asked for. */
		close(redirect->fd);
		break;
	}
}

/* Who leads a group cannot start a session (EPERM), and has what is asked for already: a group of
 * its own, which supervise gives it together with a session. */
static void start_session(void)
{
	if (setsid() < 0 && errno != EPERM)
		sv_die_errno(SV_EXIT_SYSTEM, "cannot start a session (option -P)");
}

static bool contains(const gid_t *groups, size_t count, gid_t group)
{
	for (size_t i = 0; i < count; i++) {
		if (groups[i] == group)
			return true;
	}
	return false;
}

/* Are our groups those of `identity`, in any order and however often each is listed? */
static bool in_these_groups(const struct svexec_identity *identity)
{
	int count = getgroups(0, NULL);
	gid_t *ours = count < 0 ? NULL : calloc((size_t)count + 1, sizeof *ours);
	bool same = ours && getgroups(count, ours) == count;

	if (!same)
		sv_die_errno(SV_EXIT_SYSTEM, "cannot read the groups we are in");
	/* The kernel lists the primary group among the others or not. */
	ours[count] = getegid();
	for (size_t i = 0; i <= (size_t)count; i++)
		same = same && contains(identity->groups, identity->group_count, ours[i]);
	for (size_t i = 0; i < identity->group_count; i++)
		same = same && contains(ours, (size_t)count + 1, identity->groups[i]);
	free(ours);
	return same;
}

/* Without privileges: are we this user already?  The groups may differ when only the user was named:
 * an orchestrator adds groups of its own to the user of a container. */
static bool is_already(const struct svexec_identity *identity)
{
	uid_t uid, effective_uid, saved_uid;
	gid_t gid, effective_gid, saved_gid;

	if (getresuid(&uid, &effective_uid, &saved_uid) < 0 ||
		getresgid(&gid, &effective_gid, &saved_gid) < 0)
		return false;
	if (uid != identity->uid || effective_uid != uid || saved_uid != uid)
		return false;
	if (gid != identity->gid || effective_gid != gid || saved_gid != gid)
		return false;
	return !identity->groups_named || in_these_groups(identity);
}

/* Groups first: the user we become may not change them.  All three ids of a kind, so that there is
 * no way back. */
static void become(const struct svexec_identity *identity)
{
	if (setgroups(identity->group_count, identity->groups) == 0) {
		if (setresgid(identity->gid, identity->gid, identity->gid) == 0 &&
			setresuid(identity->uid, identity->uid, identity->uid) == 0)
			return;
	} else if (errno == EPERM && is_already(identity)) {
		return;
	}
	sv_die_errno(SV_EXIT_SYSTEM, "cannot become user ", identity->name,
		" with the groups asked for (option -u); only root can, start svexec as root");
}

/* One line that tells apart what people mix up: no such name, or a script whose first line is wrong. */
static _Noreturn void die_unrunnable(const char *name, const char *path)
{
	/* One forbidden directory in PATH turns "not found" into "permission denied". */
	if ((errno == ENOENT || errno == EACCES) && !strchr(name, '/'))
		sv_die_errno(SV_EXIT_SYSTEM, "cannot run ", name, ", which is not in PATH (", path,
			") or may not be run there; write its path or set PATH");
	if (errno == ENOENT && access(name, F_OK) == 0)
		sv_die(SV_EXIT_SYSTEM, "cannot run ", name,
			": it is there, but the interpreter it asks for is not");
	if (errno == ENOEXEC)
		sv_die(SV_EXIT_SYSTEM, "cannot run ", name,
			": it is neither a program nor a script that begins with #!");
	sv_die_errno(SV_EXIT_SYSTEM, "cannot run ", name);
}

void svexec_apply(const struct svexec_plan *plan, const struct svexec_identity *identity,
	const char *const *environment)
{
	const char *path = env_get2(environment, "PATH");

	if (!path)
		path = SKALIBS_DEFAULTPATH;
	enter(plan->directory);
	for (size_t i = 0; i < plan->redirect_count; i++)
		redirect(&plan->redirects[i]);
	if (plan->session)
		start_session();
	if (identity)
		become(identity);
	execvep(plan->program[0], plan->program, environment, path);
	die_unrunnable(plan->program[0], path);
}
