/* Reads the scan directory; see listing.h. */
#include "svscan/listing.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "svscan/memory.h"

bool listing_is_service_name(const char *name)
{
	size_t size = strlen(name);

	return size > 0 && name[0] != '.' && name[size - 1] != '@';
}

/* Names move when the array grows, so items hold offsets until the end. */
static bool add(struct listing *listing, const char *name, dev_t dev, ino_t ino)
{
	size_t size = strlen(name) + 1;
	char *names =
		memory_grow(listing->names, listing->names_size + size, &listing->names_room, 1);

	if (!names)
		return false;
	listing->names = names;
	struct plan_item *items =
		memory_grow(listing->items, listing->count + 1, &listing->room, sizeof *items);
	if (!items)
		return false;
	listing->items = items;
	memcpy(names + listing->names_size, name, size);
	items[listing->count] =
		(struct plan_item){.dev = dev, .ino = ino, .index = listing->names_size};
	listing->names_size += size;
	listing->count++;
	return true;
}

/* Does the error say that a link leads to no directory of ours, rather than that nobody can tell now? */
static bool leads_nowhere(int error)
{
	return error == ENOENT || error == ENOTDIR || error == ELOOP || error == EACCES ||
	       error == ENAMETOOLONG;
}

static bool add_entry(
	struct listing *listing, int scan_fd, dev_t scan_dev, const struct dirent *entry)
{
	struct stat st;

	if (!listing_is_service_name(entry->d_name))
		return true;
	/* The directory entry itself says enough of a plain directory; only links need a look. */
	if (entry->d_type == DT_DIR)
		return add(listing, entry->d_name, scan_dev, entry->d_ino);
	if (entry->d_type != DT_LNK && entry->d_type != DT_UNKNOWN)
		return true;
	if (fstatat(scan_fd, entry->d_name, &st, 0) < 0)
		return leads_nowhere(errno);
	return !S_ISDIR(st.st_mode) || add(listing, entry->d_name, st.st_dev, st.st_ino);
}

static bool read_entries(struct listing *listing, DIR *dir, dev_t scan_dev)
{
	const struct dirent *entry;

	errno = 0;
	while ((entry = readdir(dir)) != NULL) {
		if (!add_entry(listing, dirfd(dir), scan_dev, entry))
			return false;
		errno = 0;
	}
	return errno == 0;
}

bool listing_read(struct listing *listing, int scan_fd)
{
	struct stat st;

	*listing = (struct listing){0};
	int fd = openat(scan_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return false;
	DIR *dir = fstat(fd, &st) == 0 ? fdopendir(fd) : NULL;
	if (!dir) {
		close(fd);
		return false;
	}
	bool ok = read_entries(listing, dir, st.st_dev);
	int error = errno;
	closedir(dir);
	for (size_t i = 0; i < listing->count; i++)
		listing->items[i].name = listing->names + listing->items[i].index;
	errno = error;
	return ok;
}

void listing_free(struct listing *listing)
{
	free(listing->items);
	free(listing->names);
	*listing = (struct listing){0};
}
