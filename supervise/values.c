/* Reads one-value files; see values.h. */
#include "supervise/values.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "libsv/message.h"

/* Decimal digits, then nothing but blanks and newlines.  Returns -1 for anything else, and for more
 * than 18 digits. */
static int64_t parse_number(const char *text, size_t size)
{
	int64_t value = 0;
	size_t at = 0;

	while (at < size && at < 18 && text[at] >= '0' && text[at] <= '9')
		value = value * 10 + (text[at++] - '0');
	if (at == 0)
		return -1;
	while (at < size &&
		(text[at] == '\n' || text[at] == ' ' || text[at] == '\t' || text[at] == '\r'))
		at++;
	return at == size ? value : -1;
}

int64_t values_number(const struct service *service, const char *name, int64_t least, int64_t most,
	int64_t missing)
{
	char text[64], range[64];
	int fd = openat(service->dir_fd, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0) {
		if (errno != ENOENT)
			sv_warn_errno(
				service->path, ": cannot read ", name, ", its default is used");
		return missing;
	}
	ssize_t size = read(fd, text, sizeof text);
	close(fd);
	int64_t value =
		size > 0 && (size_t)size < sizeof text ? parse_number(text, (size_t)size) : -1;
	if (value >= least && value <= most)
		return value;
	snprintf(range, sizeof range, "%lld to %lld", (long long)least, (long long)most);
	sv_warn(service->path, ": ", name, " must hold one number from ", range,
		", its default is used");
	return missing;
}
