/* Resolves the words of the command line; see targets.h. */
#include "svctl/targets.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libsv/layout.h"
#include "libsv/message.h"
#include "svctl/memory.h"
#include "svctl/nearest.h"

void targets_begin(struct targets *targets, const char *scan_dir, bool for_status)
{
	*targets = (struct targets){
		.scan_dir = scan_dir,
		.scan_fd = -1,
		.with_logs = for_status,
		.trusts_paths = for_status,
	};
}

void targets_end(struct targets *targets)
{
	for (size_t i = 0; i < targets->count; i++)
		service_clear(&targets->services[i]);
	for (size_t i = 0; i < targets->name_count; i++)
		free(targets->names[i]);
	free(targets->services);
	free(targets->names);
	if (targets->scan_fd >= 0)
		close(targets->scan_fd);
}

/* --- the scan directory ----------------------------------------------------------------------- */

static bool open_scan_dir(struct targets *targets)
{
	if (targets->scan_fd < 0)
		targets->scan_fd = open(targets->scan_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (targets->scan_fd < 0)
		sv_warn_errno("cannot open the scan directory ", targets->scan_dir,
			" (name another one in SVDIR)");
	return targets->scan_fd >= 0;
}

static bool is_service_name(const struct dirent *entry)
{
	size_t size = strlen(entry->d_name);
	bool may_be_directory =
		entry->d_type == DT_DIR || entry->d_type == DT_LNK || entry->d_type == DT_UNKNOWN;

	return may_be_directory && entry->d_name[0] != '.' && entry->d_name[size - 1] != '@';
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Reads the names once, however many words need them. */
static bool read_names(struct targets *targets)
{
	size_t room = 0;

	if (targets->has_names)
		return true;
	if (!open_scan_dir(targets))
		return false;
	/* closedir closes the fd it was given, and scan_fd is still needed. */
	int fd = openat(targets->scan_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? 0 : fdopendir(fd);
	if (!dir) {
		sv_warn_errno("cannot read the scan directory ", targets->scan_dir);
		if (fd >= 0)
			close(fd);
		return false;
	}
	for (const struct dirent *entry; (entry = readdir(dir));) {
		if (!is_service_name(entry))
			continue;
		targets->names = memory_room(
			targets->names, targets->name_count, &room, sizeof *targets->names);
		targets->names[targets->name_count++] = memory_string(entry->d_name);
	}
	closedir(dir);
	if (targets->name_count)
		qsort(targets->names, targets->name_count, sizeof *targets->names, compare_names);
	targets->has_names = true;
	return true;
}

/* --- adding ----------------------------------------------------------------------------------- */

static struct service *add(struct targets *targets)
{
	targets->services = memory_room(
		targets->services, targets->count, &targets->room, sizeof *targets->services);
	struct service *service = &targets->services[targets->count++];
	*service = (struct service){.base_fd = AT_FDCWD, .state_fd = -1, .ok_fd = -1};
	return service;
}

/* A service of the scan directory, or its log. */
static void add_name(struct targets *targets, const char *name, bool is_log, bool is_named)
{
	struct service *service = add(targets);

	service->name = memory_string(name);
	service->label = memory_join(name, is_log ? "/log" : "");
	service->dir = memory_string(service->label);
	service->base = targets->scan_dir;
	service->base_fd = targets->scan_fd;
	service->is_log = is_log;
	service->is_named = is_named;
}

static bool is_there(const struct targets *targets, const char *name, const char *below)
{
	char path[NAME_MAX + 8];
	struct stat st;

	snprintf(path, sizeof path, "%s%s", name, below);
	return fstatat(targets->scan_fd, path, &st, 0) == 0 && S_ISDIR(st.st_mode);
}

/* Are there NAME@1, NAME@2 ...? */
static bool has_instances(const struct targets *targets, const char *name)
{
	size_t size = strlen(name);

	for (size_t i = 0; i < targets->name_count; i++)
		if (strncmp(targets->names[i], name, size) == 0 && targets->names[i][size] == '@')
			return true;
	return false;
}

static bool say_unknown(struct targets *targets, const char *name)
{
	struct nearest nearest = {.word = name};

	targets->mistakes++;
	if (!read_names(targets))
		return false;
	for (size_t i = 0; i < targets->name_count; i++)
		nearest_offer(&nearest, targets->names[i]);
	if (has_instances(targets, name))
		sv_warn("no service '", name, "' in ", targets->scan_dir, "; did you mean '", name,
			"@*'?");
	else if (nearest.best)
		sv_warn("no service '", name, "' in ", targets->scan_dir, "; did you mean '",
			nearest.best, "'?");
	else
		sv_warn("no service '", name, "' in ", targets->scan_dir);
	return false;
}

/* NAME, or NAME/log with `is_log`. */
static bool add_one(struct targets *targets, const char *name, bool is_log)
{
	if (!open_scan_dir(targets)) {
		targets->mistakes++;
		return false;
	}
	if (strlen(name) > NAME_MAX) {
		targets->mistakes++;
		sv_warn("a service name has at most 255 bytes; this one is too long: ", name);
		return false;
	}
	if (!is_there(targets, name, ""))
		return say_unknown(targets, name);
	if (is_log && !is_there(targets, name, "/log")) {
		targets->mistakes++;
		sv_warn("service '", name, "' has no log: there is no directory ",
			targets->scan_dir, "/", name, "/log");
		return false;
	}
	add_name(targets, name, is_log, true);
	return true;
}

/* A name that was not typed but found.  A link that leads nowhere, or to a file, is no service, for
 * svscan neither. */
static void add_found(struct targets *targets, const char *name, bool is_log)
{
	if (!is_there(targets, name, ""))
		return;
	if (!is_log)
		add_name(targets, name, false, false);
	if ((is_log || targets->with_logs) && is_there(targets, name, "/log"))
		add_name(targets, name, true, false);
}

static bool add_pattern(struct targets *targets, const char *pattern, bool is_log)
{
	size_t before = targets->count;

	if (!read_names(targets)) {
		targets->mistakes++;
		return false;
	}
	for (size_t i = 0; i < targets->name_count; i++) {
		const char *name = targets->names[i];
		if (fnmatch(pattern, name, FNM_PERIOD) != 0)
			continue;
		add_found(targets, name, is_log);
	}
	if (targets->count > before)
		return true;
	targets->mistakes++;
	sv_warn("no service in ", targets->scan_dir, " matches '", pattern, is_log ? "/log'" : "'");
	return false;
}

bool targets_add_all(struct targets *targets)
{
	if (!read_names(targets)) {
		targets->mistakes++;
		return false;
	}
	for (size_t i = 0; i < targets->name_count; i++)
		add_found(targets, targets->names[i], false);
	return true;
}

/* --- paths ------------------------------------------------------------------------------------ */

static bool say_path(struct targets *targets, const char *path, int error)
{
	targets->mistakes++;
	if (error == ENOENT)
		sv_warn("no service directory ", path);
	else if (error == ENAMETOOLONG)
		sv_warn("the path is too long: ", path);
	else
		sv_say_pieces("warning: ", SV_PIECES("cannot use ", path), error);
	return false;
}

/* Is the directory `path`, whose last component is "log", the log of the directory above? */
static bool is_log_dir(const char *path)
{
	char *run = memory_join(path, "/../run");
	bool is_log = faccessat(AT_FDCWD, run, F_OK, 0) == 0;

	free(run);
	return is_log;
}

/* What is wrong with a path, as errno; 0: nothing. */
static int check_path(const struct targets *targets, const char *path)
{
	struct stat st;

	if (targets->trusts_paths)
		return 0;
	if (stat(path, &st) < 0)
		return errno;
	return S_ISDIR(st.st_mode) ? 0 : ENOTDIR;
}

/* Finds the service's name, and whether the path is that of a log.  Returns errno, or 0. */
static int name_path(char name[NAME_MAX + 1], bool *is_log, const char *path)
{
	*is_log = false;
	if (!sv_base_name(name, NAME_MAX + 1, path))
		return strlen(path) > NAME_MAX ? ENAMETOOLONG : EINVAL;
	if (strcmp(name, "log") != 0 || !is_log_dir(path))
		return 0;
	*is_log = true;
	char *parent = memory_join(path, "/..");
	int error = sv_base_name(name, NAME_MAX + 1, parent) ? 0 : EINVAL;
	free(parent);
	return error;
}

static bool add_path(struct targets *targets, const char *typed)
{
	char name[NAME_MAX + 1];
	char *path = memory_string(typed);
	bool is_log;

	for (size_t size = strlen(path); size > 1 && path[size - 1] == '/'; size--)
		path[size - 1] = 0;
	int error = check_path(targets, path);
	if (!error)
		error = name_path(name, &is_log, path);
	if (error) {
		say_path(targets, path, error);
		free(path);
		return false;
	}
	struct service *service = add(targets);
	/* "." tells nobody which service is meant. */
	service->label = path[strspn(path, "./")] ? memory_string(path)
						  : memory_join(name, is_log ? "/log" : "");
	service->name = memory_string(name);
	service->dir = path;
	service->is_log = is_log;
	service->is_named = true;
	return true;
}

/* --- words ------------------------------------------------------------------------------------ */

static bool is_pattern(const char *word)
{
	return word[strcspn(word, "*?[")] != 0;
}

/* The word without "/log" at its end, if the rest is a plain name or pattern; else null. */
static char *log_owner(const char *word)
{
	const char *slash = strchr(word, '/');
	bool is_owned = slash && slash > word && strcmp(slash, "/log") == 0 &&
			strcmp(word, "./log") != 0 && strcmp(word, "../log") != 0;

	if (!is_owned)
		return 0;
	char *owner = memory_string(word);
	owner[slash - word] = 0;
	return owner;
}

bool targets_add(struct targets *targets, const char *word)
{
	char *owner = log_owner(word);
	const char *name = owner ? owner : word;
	bool is_fine;

	if (!owner && (strchr(word, '/') || strcmp(word, ".") == 0 || strcmp(word, "..") == 0))
		is_fine = add_path(targets, word);
	else if (!owner && strcmp(word, "all") == 0)
		is_fine = targets_add_all(targets);
	else if (is_pattern(name))
		is_fine = add_pattern(targets, name, owner);
	else
		is_fine = add_one(targets, name, owner);
	free(owner);
	return is_fine;
}

/* A slash counts as the lowest byte, so that web/log follows web, not web-2. */
static int rank(char byte)
{
	return byte == '/' ? 1 : byte ? 1 + (unsigned char)byte : 0;
}

static int compare_services(const void *a, const void *b)
{
	const char *one = ((const struct service *)a)->label;
	const char *other = ((const struct service *)b)->label;

	while (*one && *one == *other) {
		one++;
		other++;
	}
	return rank(*one) - rank(*other);
}

/* Shells and scan directories hand names over in order, mostly; finding that out is cheap. */
static bool is_sorted(const struct targets *targets)
{
	for (size_t i = 1; i < targets->count; i++)
		if (compare_services(&targets->services[i - 1], &targets->services[i]) > 0)
			return false;
	return true;
}

void targets_finish(struct targets *targets)
{
	size_t kept = 0;

	if (!is_sorted(targets))
		qsort(targets->services, targets->count, sizeof *targets->services,
			compare_services);
	for (size_t i = 0; i < targets->count; i++) {
		struct service *service = &targets->services[i];
		if (kept > 0 && strcmp(targets->services[kept - 1].label, service->label) == 0) {
			/* Named by itself too: then its troubles count as those of a named one. */
			targets->services[kept - 1].is_named |= service->is_named;
			service_clear(service);
		} else {
			targets->services[kept++] = *service;
		}
	}
	targets->count = kept;
}
