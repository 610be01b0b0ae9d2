/* Look-ups of users and groups; see user.h. */
#include "svexec/user.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <skalibs/types.h>

#include "libsv/message.h"

enum {
	GROUPS_AT_FIRST = 64,
	GROUPS_AT_MOST = 65536, /* NGROUPS_MAX of every Linux since 2.6.4 */
};

/* A name as the C library wants it. */
struct name {
	char text[SVEXEC_NAME + 1];
};

static struct name name_of(struct svexec_slice slice)
{
	struct name name;

	memcpy(name.text, slice.start, slice.size);
	name.text[slice.size] = 0;
	return name;
}

/* The highest number is the kernel's "leave as it is", so it names nobody. */
static bool read_id(const char *text, uint32_t *id)
{
	uint64_t number;

	if (!uint640_scan(text, &number) || number >= UINT32_MAX)
		return false;
	*id = (uint32_t)number;
	return true;
}

static char *copy(const char *text)
{
	char *made = strdup(text);

	if (!made)
		sv_die_errno(SV_EXIT_SYSTEM, "cannot keep a user's name");
	return made;
}

/* A look-up found nothing: is that so, or could it not look?  The C library reports a missing entry
 * or data base in several ways (getpwnam(3)); only what is surely a failure counts as one. */
static void check_look_up(const char *text)
{
	switch (errno) {
	case EINTR:
	case EIO:
	case EMFILE:
	case ENFILE:
	case ENOMEM:
	case ERANGE:
	case EAGAIN: sv_die_errno(SV_EXIT_SYSTEM, "cannot look up \"", text, "\" (option -u)");
	default: return;
	}
}

static const struct passwd *find_passwd(const char *text)
{
	const struct passwd *entry;
	uint32_t uid;

	errno = 0;
	entry = getpwnam(text);
	if (!entry)
		check_look_up(text);
	if (!entry && read_id(text, &uid)) {
		errno = 0;
		entry = getpwuid(uid);
		if (!entry)
			check_look_up(text);
	}
	return entry;
}

static gid_t find_group(const char *text, bool numbers)
{
	const struct group *entry = NULL;
	uint32_t gid;

	if (!numbers) {
		errno = 0;
		entry = getgrnam(text);
		if (!entry)
			check_look_up(text);
	}
	if (entry)
		return entry->gr_gid;
	if (!read_id(text, &gid))
		sv_die(SV_EXIT_USAGE, "there is no group \"", text,
			"\" (option -u); write the name or number of a group");
	return gid;
}

static gid_t *make_groups(size_t count)
{
	gid_t *groups = calloc(count, sizeof *groups);

	if (!groups)
		sv_die_errno(SV_EXIT_SYSTEM, "cannot keep a list of groups");
	return groups;
}

/* Every group the data base puts the user in. */
static void find_all_groups(struct svexec_identity *identity)
{
	int count = GROUPS_AT_FIRST;

	identity->groups = make_groups((size_t)count);
	while (getgrouplist(identity->name, identity->gid, identity->groups, &count) < 0) {
		if (count > GROUPS_AT_MOST)
			sv_die(SV_EXIT_SYSTEM, "user \"", identity->name,
				"\" is in too many groups");
		free(identity->groups);
		identity->groups = make_groups((size_t)count);
	}
	identity->group_count = (size_t)count;
}

static void take_named_groups(struct svexec_identity *identity, const struct svexec_who *who)
{
	identity->groups = make_groups(who->group_count);
	for (size_t i = 0; i < who->group_count; i++)
		identity->groups[i] = find_group(name_of(who->groups[i]).text, who->numbers);
	identity->group_count = who->group_count;
	identity->gid = identity->groups[0];
	identity->groups_named = true;
}

static void take_passwd(struct svexec_identity *identity, const struct passwd *entry)
{
	identity->uid = entry->pw_uid;
	identity->gid = entry->pw_gid;
	identity->name = copy(entry->pw_name);
	identity->home = copy(*entry->pw_dir ? entry->pw_dir : "/");
	/* passwd(5): an empty field means this shell. */
	identity->shell = copy(*entry->pw_shell ? entry->pw_shell : "/bin/sh");
}

/* A number that no data base knows: an image from scratch, or a uid that an orchestrator made up. */
static void take_number(struct svexec_identity *identity, const char *text, bool has_groups)
{
	uint32_t uid;

	if (!read_id(text, &uid))
		sv_die(SV_EXIT_USAGE, "there is no user \"", text,
			"\" (option -u); write the name of a user, or numbers as UID:GID");
	if (!has_groups)
		sv_die(SV_EXIT_USAGE, "uid ", text, " has no entry in the user data base, so its",
			" group is not known; write ", text, ":GID");
	identity->uid = uid;
	identity->name = copy(text);
	identity->home = copy("/");
	identity->shell = copy("/bin/sh");
}

struct svexec_identity svexec_user_find(const struct svexec_who *who)
{
	struct svexec_identity identity = {0};
	struct name user = name_of(who->user);
	const struct passwd *entry = who->numbers ? NULL : find_passwd(user.text);

	if (entry)
		take_passwd(&identity, entry);
	else
		take_number(&identity, user.text, who->group_count > 0);
	if (who->group_count > 0)
		take_named_groups(&identity, who);
	else
		find_all_groups(&identity);
	return identity;
}
