/* Directories of variables; see environment.h. */
#include "svexec/environment.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skalibs/allreadwrite.h>
#include <skalibs/bytestr.h>
#include <skalibs/env.h>

#include "libsv/message.h"

enum {
	/* The kernel refuses a longer string in an environment (MAX_ARG_STRLEN on 4 KiB pages). */
	VALUE_SIZE = 131072,
};

static void change(stralloc *changes, const char *name, const char *value)
{
	if (!env_addmodif(changes, name, value))
		sv_die_errno(SV_EXIT_SYSTEM, "cannot keep the environment");
}

/* The first line of `size` bytes as a value, in place. */
static void make_value(char *bytes, size_t size)
{
	size_t end = byte_chr(bytes, size, '\n');

	while (end > 0 && (bytes[end - 1] == ' ' || bytes[end - 1] == '\t'))
		end--;
	for (size_t i = 0; i < end; i++) {
		if (!bytes[i])
			bytes[i] = '\n';
	}
	bytes[end] = 0;
}

/* Opens one entry.  Returns -1 for a directory: such are passed over. */
static int open_variable(int directory_fd, const char *directory, const char *name)
{
	struct stat info;
	/* Without O_NONBLOCK a FIFO that strayed in would hold the service up for ever. */
	int fd = openat(directory_fd, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &info) < 0)
		sv_die_errno(SV_EXIT_SYSTEM, "cannot read ", directory, "/", name, " (option -e)");
	if (S_ISDIR(info.st_mode)) {
		close(fd);
		return -1;
	}
	if (!S_ISREG(info.st_mode))
		sv_die(SV_EXIT_USAGE, directory, "/", name,
			" is not a regular file (option -e); a variable is a file with its value");
	return fd;
}

static void read_variable(
	stralloc *changes, int directory_fd, const char *directory, const char *name, char *room)
{
	int fd = open_variable(directory_fd, directory, name);
	size_t size;

	if (fd < 0)
		return;
	/* allread tells an end of file from an error by errno alone. */
	errno = 0;
	size = allread(fd, room, VALUE_SIZE);
	if (size < VALUE_SIZE && errno && errno != EPIPE)
		sv_die_errno(SV_EXIT_SYSTEM, "cannot read ", directory, "/", name, " (option -e)");
	close(fd);
	if (size == VALUE_SIZE && byte_chr(room, size, '\n') == size)
		sv_die(SV_EXIT_USAGE, directory, "/", name,
			" has a first line of more than 128 KiB, too long for a variable (option "
			"-e)");
	if (size == 0) {
		change(changes, name, NULL);
		return;
	}
	make_value(room, size);
	change(changes, name, room);
}

void svexec_environment_read(stralloc *changes, const char *directory)
{
	DIR *entries = opendir(directory);
	char room[VALUE_SIZE + 1];
	struct dirent *entry;

	if (!entries)
		sv_die_errno(
			SV_EXIT_SYSTEM, "cannot read the directory ", directory, " (option -e)");
	while (errno = 0, (entry = readdir(entries))) {
		if (entry->d_name[0] == '.')
			continue;
		if (strchr(entry->d_name, '='))
			sv_die(SV_EXIT_USAGE, directory, "/", entry->d_name,
				" has '=' in its name, which names the variable; the value",
				" belongs into the file (option -e)");
		read_variable(changes, dirfd(entries), directory, entry->d_name, room);
	}
	if (errno)
		sv_die_errno(
			SV_EXIT_SYSTEM, "cannot read the directory ", directory, " (option -e)");
	closedir(entries);
}

void svexec_environment_identity(stralloc *changes, const struct svexec_identity *identity)
{
	change(changes, "HOME", identity->home);
	change(changes, "USER", identity->name);
	change(changes, "LOGNAME", identity->name);
	change(changes, "SHELL", identity->shell);
}

const char *const *svexec_environment_merge(const char *const *before, const stralloc *changes)
{
	size_t before_count = env_len(before);
	size_t change_count = byte_count(changes->s, changes->len, 0);
	size_t room = before_count + change_count + 1;
	const char **merged = calloc(room, sizeof *merged);

	if (!merged || !env_mergen(merged, room, before, before_count, changes->s, changes->len,
			       change_count))
		sv_die_errno(SV_EXIT_SYSTEM, "cannot keep the environment");
	return merged;
}
