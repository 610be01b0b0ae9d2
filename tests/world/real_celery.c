/* A real task queue under svscan: redis, a celery worker and celery's beat, each with a log, as a
 * person would set them up.  What is shown is what such people need: a task in hand outlives a stop of
 * its worker, a killed worker comes back, logs can be read, and nothing is left at the end. */
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/check_main.h"
#include "tests/support/real_programs.h"

#define LOG      "scan/worker/log/main/current"
#define MARKS    "data/marks"
#define FAREWELL ": Warm shutdown (MainProcess)"

/* A slow task is in hand until the test makes the file `go`. */
static const char tasks[] = "import os, time\n"
			    "import celery, redis\n"
			    "SOCKET = '%s/data/redis.sock'\n"
			    "app = celery.Celery('tasks', broker='redis+socket://' + SOCKET)\n"
			    "app.conf.task_ignore_result = True\n"
			    "app.conf.beat_schedule = {\n"
			    "    'tick': {'task': 'tasks.tick', 'schedule': 0.2}}\n"
			    "store = redis.Redis(unix_socket_path=SOCKET)\n"
			    "\n"
			    "@app.task\n"
			    "def mark(text):\n"
			    "    with open('%s/" MARKS "', 'a') as marks:\n"
			    "        marks.write(text + '\\n')\n"
			    "\n"
			    "@app.task\n"
			    "def slow(text):\n"
			    "    mark(text + ' begun')\n"
			    "    while not os.path.exists('%s/go'):\n"
			    "        time.sleep(0.01)\n"
			    "    mark(text + ' done')\n"
			    "\n"
			    "@app.task\n"
			    "def tick():\n"
			    "    store.incr('ticks')\n";

static const char *python;

static void contains(const char *text, const char *piece)
{
	ck_assert_msg(strstr(text, piece) != NULL, "no \"%s\" in:\n%s", piece, text);
}

/* One of celery's programs.  Python would else keep its output back as long as it goes to a pipe. */
static void celery_service(const char *name, const char *script, const char *options)
{
	char words[4096];

	snprintf(words, sizeof words, "-e env %s -m celery -A tasks %s -l INFO", python, options);
	real_service(name, script, words);
	snprintf(words, sizeof words, "scan/%s/env/PYTHONUNBUFFERED", name);
	world_write(words, "1\n");
}

/* Redis and a worker, both answering; the pid of svscan.  0: there is no redis or celery here. */
static pid_t begin(const char *worker_log, const char *pool)
{
	char options[256];

	if (!world_has_program("redis-server") || (python = real_python()) == NULL)
		return 0;
	real_begin();
	world_format("data/tasks.py", tasks, world_top(), world_top(), world_top());
	/* The client finds tasks.py too; bytecode of root in nobody's directory is nobody's wish. */
	ck_assert_int_eq(setenv("PYTHONPATH", "data", 1), 0);
	ck_assert_int_eq(setenv("PYTHONDONTWRITEBYTECODE", "1", 1), 0);
	real_redis_service("--save ''");
	snprintf(options, sizeof options, "worker %s --without-mingle --without-gossip", pool);
	celery_service("worker", worker_log, options);
	return real_scan();
}

/* Sends a task, as a client of the queue does. */
static void send_task(const char *task, const char *text)
{
	char code[256];

	REAL_WAIT(strcmp(real_redis("PING"), "PONG") == 0);
	snprintf(code, sizeof code, "import tasks; tasks.%s.delay('%s')", task, text);
	const struct world_result result = WORLD_RUN(python, "-c", code);
	ck_assert_msg(result.code == 0, "%s: %s", code, result.out);
}

/* The process of the worker's pool. */
static pid_t pool_of(pid_t worker)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)worker, (int)worker);
	return (pid_t)strtol(world_text(path), NULL, 10);
}

START_TEST(a_killed_worker_comes_back)
{
	pid_t svscan = begin("t", "--concurrency 1");

	if (!svscan)
		return;
	send_task("mark", "first");
	REAL_WAIT(world_has(MARKS, "first\n"));
	pid_t worker = world_wait_run("scan/worker"), pool = pool_of(worker);
	ck_assert_int_gt(pool, 0);

	world_signal(worker, SIGKILL);
	pid_t next = world_wait_next_run("scan/worker", worker);
	ck_assert(!world_alive(worker));
	send_task("mark", "second");
	REAL_WAIT(world_has(MARKS, "second\n"));
	ck_assert_str_eq(world_text(MARKS), "first\nsecond\n");
	/* The orphan finds out by itself, and somebody buries it. */
	REAL_WAIT(world_parent(pool) == -1);
	/* Waits until it is RUNNING. */
	SVCTL(0, "start", "worker");
	const char *table = SVCTL(0, "status", "worker");
	contains(table, "RUNNING");
	contains(table, "KILL");
	ck_assert(world_is("scan/worker", SV_STATE_STARTING));
	ck_assert_int_eq(world_wait_run("scan/worker"), next);
	real_end(svscan);
	ck_assert_uint_eq(world_count(LOG, FAREWELL), 1);
}
END_TEST

/* `stop` has been sent while the task was in hand. */
static void let_the_task_end(pid_t stop, pid_t worker, size_t shutdowns)
{
	/* The worker knows, and goes on with its task. */
	REAL_WAIT(world_count(LOG, FAREWELL) == shutdowns);
	world_wait_state("scan/worker", SV_STATE_STOPPING);
	ck_assert(world_alive(worker) && world_alive(stop));
	ck_assert_uint_eq(world_count(MARKS, " done"), shutdowns - 1);
	world_write("go", "");
	REAL_WAIT(!world_alive(worker));
	ck_assert_uint_eq(world_count(MARKS, " done"), shutdowns);
	real_svctl_end(stop);
	remove("go");
	const char *table = SVCTL(3, "status", "worker");
	contains(table, "STOPPED");
	contains(table, "code 0");
}

START_TEST(a_stop_waits_for_the_task_in_hand)
{
	pid_t svscan = begin("t", "--concurrency 1");

	if (!svscan)
		return;
	send_task("slow", "first");
	REAL_WAIT(world_has(MARKS, "first begun"));
	pid_t worker = world_wait_run("scan/worker");
	let_the_task_end(SVCTL_START("", "-wd", "-d", "worker"), worker, 1);

	/* What is sent to a worker that is down waits in redis. */
	send_task("slow", "second");
	ck_assert(!world_has(MARKS, "second begun"));
	SVCTL(0, "start", "worker");
	REAL_WAIT(world_has(MARKS, "second begun"));
	contains(SVCTL(0, "status", "worker"), "RUNNING");
	worker = world_wait_run("scan/worker");
	let_the_task_end(SVCTL_START("worker: stopped\n", "stop", "worker"), worker, 2);
	ck_assert_str_eq(world_text(MARKS), "first begun\nfirst done\nsecond begun\nsecond done\n");
	real_end(svscan);
	/* Of the pool's process: it was let live until its task was done. */
	ck_assert_uint_eq(world_count(LOG, " succeeded in "), 2);
}
END_TEST

static long ticks(void)
{
	return strtol(real_redis("GET ticks"), NULL, 10);
}

static void keeps_ticking(void)
{
	long before = ticks();

	REAL_WAIT(ticks() > before + 2);
}

/* "@", 24 hexadecimal digits, one space, what was said. */
static void check_lines(const char *path)
{
	for (const char *line = world_text(path); *line; line += strcspn(line, "\n") + 1) {
		ck_assert_msg(line[0] == '@' && strspn(line + 1, "0123456789abcdef") == 24 &&
				      line[25] == ' ' && strchr(line, '\n'),
			"%s: torn: %s", path, line);
	}
}

START_TEST(beat_ticks_whatever_is_restarted)
{
	static const char old_logs[] = "scan/worker/log/main/@*.s";
	/* No pool: one that has lost redis under its hands takes half a minute to end. */
	pid_t svscan = begin("t s4096", "--pool solo");
	bool farewell = false;
	glob_t found;

	if (!svscan)
		return;
	celery_service("beat", "t", "beat --pidfile= -s schedule");
	REAL_WAIT(ticks() > 2);
	pid_t beat = world_wait_run("scan/beat");
	SVCTL(0, "restart", "beat");
	ck_assert_int_ne(world_wait_run("scan/beat"), beat);
	keeps_ticking();

	/* All is forgotten by redis, and taken up again by the others. */
	SVCTL(0, "restart", "redis");
	keeps_ticking();
	REAL_WAIT(glob(old_logs, 0, NULL, &found) == 0);
	globfree(&found);
	real_end(svscan);
	ck_assert_int_eq(glob(old_logs, 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		ck_assert_uint_le(strlen(world_text(found.gl_pathv[i])), 4096);
		check_lines(found.gl_pathv[i]);
		farewell |= world_has(found.gl_pathv[i], FAREWELL);
	}
	ck_assert(farewell || world_has(LOG, FAREWELL));
	globfree(&found);
	check_lines(LOG);
	check_lines("scan/beat/log/main/current");
	contains(world_text("scan/beat/log/main/current"), "Sending due task tick (tasks.tick)");
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("real_celery");
	TCase *cases = tcase_create("celery");

	world_fixture(cases);
	tcase_add_test(cases, a_killed_worker_comes_back);
	tcase_add_test(cases, a_stop_waits_for_the_task_in_hand);
	tcase_add_test(cases, beat_ticks_whatever_is_restarted);
	suite_add_tcase(suite, cases);
	return suite;
}

SV_CHECK_MAIN(make_suite)
