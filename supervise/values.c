/* Reads one-value files; see values.h. */
#include "supervise/values.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "libsv/message.h"
#include "supervise/service.h"

enum { TEXT_SIZE = 1024 };

static const char *const names[VALUES] = {
#define VALUE(name, file) file,
#include "supervise/values.def"
#undef VALUE
};

/* Is what is wrong with the file news?  `what` and `error` tell it from what was said before. */
static bool is_news(struct service *service, enum value value, const char *what, int error)
{
	uint32_t digest = 2166136261U ^ (uint32_t)error;

	for (; *what; what++)
		digest = (digest ^ (unsigned char)*what) * 16777619U;
	if (digest == 0)
		digest = 1;
	if (service->values_said.bad[value] == digest)
		return false;
	service->values_said.bad[value] = digest;
	return true;
}

static bool is_blank(char c)
{
	return c == '\n' || c == ' ' || c == '\t' || c == '\r';
}

/* Makes a string of what was read: without blanks at its end; a NUL, which no value has, shows as '?'. */
static void terminate(char *text, size_t size)
{
	char *nul;

	while ((nul = memchr(text, 0, size)))
		*nul = '?';
	while (size > 0 && is_blank(text[size - 1]))
		size--;
	text[size] = 0;
}

/* Fetches the text of a file.  False when there is none to be had, which is said if it is not by
 * absence.  Of a text that is too long, the beginning and a sign that nothing understands. */
static bool fetch(struct service *service, enum value value, char *text)
{
	int fd = openat(service->dir_fd, names[value], O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ssize_t size = fd < 0 ? -1 : read(fd, text, TEXT_SIZE);
	int error = errno;

	if (fd >= 0)
		close(fd);
	if (size >= 0) {
		if (size == TEXT_SIZE)
			text[size - 2] = '?', size--;
		terminate(text, (size_t)size);
		return true;
	}
	errno = error;
	if (fd < 0 && error == ENOENT)
		service->values_said.bad[value] = 0;
	else if (is_news(service, value, "", error))
		sv_warn_errno(
			service->path, ": cannot read ", names[value], ", its default is used");
	return false;
}

static void reject(struct service *service, enum value value, const char *text, const char *wanted)
{
	if (is_news(service, value, text, 0))
		sv_warn(service->path, ": ", names[value], " must hold ", wanted,
			", its default is used");
}

/* Decimal digits and nothing else.  Returns -1 for anything else, and for more than 18 digits. */
static int64_t parse_number(const char *text)
{
	int64_t value = 0;
	size_t at = 0;

	while (at < 18 && text[at] >= '0' && text[at] <= '9')
		value = value * 10 + (text[at++] - '0');
	return at > 0 && text[at] == 0 ? value : -1;
}

int64_t values_number(
	struct service *service, enum value value, int64_t least, int64_t most, int64_t missing)
{
	char text[TEXT_SIZE], wanted[80];

	if (!fetch(service, value, text))
		return missing;
	int64_t number = parse_number(text);
	if (number >= least && number <= most) {
		service->values_said.bad[value] = 0;
		return number;
	}
	snprintf(wanted, sizeof wanted, "one number from %lld to %lld", (long long)least,
		(long long)most);
	reject(service, value, text, wanted);
	return missing;
}

void values_text(struct service *service, enum value value,
	bool (*parse)(struct machine_policy *policy, const char *text), const char *wanted)
{
	char text[TEXT_SIZE];

	if (!fetch(service, value, text))
		return;
	if (parse(&service->policy, text))
		service->values_said.bad[value] = 0;
	else
		reject(service, value, text, wanted);
}
