/* Services made of other people's programs; see real_programs.h. */
#include "tests/support/real_programs.h"

#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATH_ROOM = 4096 };

static bool is_root(void)
{
	return geteuid() == 0;
}

void real_begin(void)
{
	char path[2 * PATH_ROOM];
	const char *bin = getenv("SV_BIN");
	const char *rest = getenv("PATH");

	ck_assert_msg(bin, "SV_BIN is not set");
	snprintf(path, sizeof path, "%s:%s", bin, rest ? rest : "/usr/bin:/bin");
	ck_assert_int_eq(setenv("PATH", path, 1), 0);
	snprintf(path, sizeof path, "%s/scan", world_top());
	ck_assert_int_eq(setenv("SVDIR", path, 1), 0);
	world_dir("scan");
	world_dir("data");
	if (!is_root())
		return;
	const struct passwd *nobody = getpwnam("nobody");
	ck_assert_ptr_nonnull(nobody);
	ck_assert_int_eq(chown("data", nobody->pw_uid, nobody->pw_gid), 0);
}

void real_service(const char *name, const char *script, const char *words)
{
	char path[PATH_ROOM];

	snprintf(path, sizeof path, "scan/%s/log/run", name);
	world_format(path, "#!/bin/sh\nexec svlogger %s ./main\n", script);
	snprintf(path, sizeof path, "scan/%s/run", name);
	world_format(path, "#!/bin/sh\nexec 2>&1\nexec svexec %s-C %s/data %s\n",
		is_root() ? "-u nobody " : "", world_top(), words);
}

/* --- redis -------------------------------------------------------------------------------------- */

void real_redis_service(const char *options)
{
	char words[PATH_ROOM];

	snprintf(words, sizeof words, "redis-server --port 0 --unixsocket %s/data/redis.sock %s",
		world_top(), options);
	real_service("redis", "T", words);
}

/* A connection; -1: nobody listens. */
static int connect_redis(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	int size = snprintf(
		address.sun_path, sizeof address.sun_path, "%s/data/redis.sock", world_top());
	ck_assert_int_lt(size, (int)sizeof address.sun_path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(fd, 0);
	if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
		return fd;
	close(fd);
	return -1;
}

/* What is asked here has an answer that redis sends in one piece. */
const char *real_redis(const char *command)
{
	static char answer[512];
	char line[256];
	ssize_t got = 0;
	char *text = answer;
	int fd = connect_redis();

	if (fd < 0)
		return "";
	int size = snprintf(line, sizeof line, "%s\r\n", command);
	if (send(fd, line, (size_t)size, MSG_NOSIGNAL) == size)
		got = recv(fd, answer, sizeof answer - 1, 0);
	close(fd);
	if (got <= 0)
		return "";
	answer[got] = 0;
	if (*text == '$') { /* a length comes first, -1 for a key that is not there */
		text += strcspn(text, "\n");
		text += *text == '\n';
	} else {
		text++;
	}
	text[strcspn(text, "\r")] = 0;
	return text;
}

/* --- python ------------------------------------------------------------------------------------- */

const char *real_python(void)
{
	static const char *const pythons[] = {"/usr/bin/python3", "python3"};

	for (size_t i = 0; i < sizeof pythons / sizeof *pythons; i++) {
		if (WORLD_RUN(pythons[i], "-c", "import celery, redis").code == 0)
			return pythons[i];
	}
	world_skip("no python3 with the modules celery and redis is installed");
	return NULL;
}

/* --- our programs ------------------------------------------------------------------------------- */

pid_t real_scan(void)
{
	return world_svscan("scan");
}

void real_end(pid_t svscan)
{
	const sv_ms limit = sv_now_ms() + REAL_PATIENCE_MS;
	int status = 0;

	world_signal(svscan, SIGTERM);
	while (waitpid(svscan, &status, WNOHANG) != svscan) {
		ck_assert_msg(sv_now_ms() < limit, "svscan does not end:\n%s",
			WORLD_RUN("svctl", "status").out);
		world_pause(SV_NEVER, "the end of svscan", __FILE__, __LINE__);
	}
	ck_assert_msg(
		status == 0, "svscan ended with status %x\nerr:\n%s", status, world_text("err"));
	ck_assert_uint_eq(world_processes(), 0);
}

const char *real_svctl(int code, const char *const *words)
{
	static struct world_result result;

	result = world_run(words);
	ck_assert_msg(result.code == code, "svctl %s %s: exit code %d, expected %d\n%s", words[1],
		words[2] ? words[2] : "", result.code, code, result.out);
	return result.out;
}

pid_t real_svctl_start(const char *said, const char *const *words)
{
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid > 0)
		return pid;
	const struct world_result result = world_run(words);
	if (result.code == 0 && strcmp(result.out, said) == 0)
		_exit(0);
	fprintf(stderr, "svctl %s: exit code %d\n%s", words[1], result.code, result.out);
	_exit(1);
}

void real_svctl_end(pid_t pid)
{
	int status = 0;

	REAL_WAIT(waitpid(pid, &status, WNOHANG) == pid);
	ck_assert_int_eq(status, 0);
}
