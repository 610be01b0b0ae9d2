/* Lists and deletes finished log files; see archive.h. */
#include "logger/archive.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The record of getdents64(2), which has no header of its own on every libc. */
struct entry {
	uint64_t inode;
	int64_t offset;
	unsigned short size;
	unsigned char type;
	char name[];
};

/* opendir would take 32 KiB from malloc, more than the rest of the logger. */
bool archive_list(int dir_fd, struct rotation_list *list)
{
	union {
		struct entry align;
		char bytes[4096];
	} room;
	long size;

	*list = (struct rotation_list){0};
	if (lseek(dir_fd, 0, SEEK_SET) < 0)
		return false;
	while ((size = syscall(SYS_getdents64, dir_fd, room.bytes, sizeof room.bytes)) > 0) {
		for (long at = 0; at < size;) {
			const struct entry *entry = (const void *)(room.bytes + at);
			rotation_list_add(list, entry->name);
			at += entry->size;
		}
	}
	return size == 0;
}

static bool delete (int dir_fd, const char *name)
{
	return unlinkat(dir_fd, name, 0) == 0 || errno == ENOENT;
}

bool archive_trim(int dir_fd, uint32_t keep, struct rotation_name *newest)
{
	struct rotation_list list;
	size_t surplus;

	do {
		if (!archive_list(dir_fd, &list))
			return false;
		*newest = list.newest;
		surplus = rotation_surplus(&list, keep);
		for (size_t i = 0; i < surplus; i++)
			if (!delete (dir_fd, list.oldest[i].text))
				return false;
	} while (surplus == ROTATION_OLDEST);
	return true;
}
