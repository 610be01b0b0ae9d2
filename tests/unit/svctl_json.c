/* The JSON that other people's programs read: its strings, and whole objects byte for byte.
 *
 * uses: svctl/json.o svctl/text.o svctl/describe.o svctl/snapshot.o */
#include <string.h>

#include "svctl/json.h"
#include "tests/support/check_main.h"

#define BAD "\xef\xbf\xbd"

enum { NOW = 1000000, UNIX = 1800000000 };

static const struct {
	const char *string, *json;
} strings[] = {
	{"", "\"\""},
	{"celery@1", "\"celery@1\""},
	{"a\"b\\c", "\"a\\u0022b\\u005cc\""},
	{"a\nb\tc\x1b", "\"a\\u000ab\\u0009c\\u001b\""},
	{"\x7f", "\"\\u007f\""},
	{"w\xc3\xbcrfel", "\"w\xc3\xbcrfel\""},
	{"\xe2\x82\xac \xf0\x9f\x98\x80", "\"\xe2\x82\xac \xf0\x9f\x98\x80\""},
	{"\xff", "\"" BAD "\""},
	{"a\xc3", "\"a" BAD "\""},
	{"\xc3(", "\"" BAD "(\""},
	{"\xc0\x80", "\"" BAD BAD "\""},                 /* overlong */
	{"\xe0\x80\x80", "\"" BAD BAD BAD "\""},         /* overlong */
	{"\xed\xa0\x80", "\"" BAD BAD BAD "\""},         /* a surrogate */
	{"\xf4\x90\x80\x80", "\"" BAD BAD BAD BAD "\""}, /* beyond Unicode */
	{"\xe2\x82", "\"" BAD BAD "\""},                 /* cut off */
	{"\xf0\x9f\x98", "\"" BAD BAD BAD "\""},
};

START_TEST(test_string)
{
	char room[256];
	struct text text = text_in(room, sizeof room);

	json_string(&text, strings[_i].string);
	ck_assert_str_eq(text_end(&text), strings[_i].json);
}
END_TEST

static const char *object(const struct snapshot *snapshot, bool is_log)
{
	static char room[4096];
	struct text text = text_in(room, sizeof room);

	json_service(&text, &(struct json_service){
				    .name = "web",
				    .dir = "/s/web",
				    .is_log = is_log,
				    .snapshot = snapshot,
				    .now_ms = NOW,
				    .now_unix = UNIX,
			    });
	ck_assert(!text.is_cut);
	return text_end(&text);
}

START_TEST(test_running)
{
	const struct snapshot snapshot = {.is_supervised = true,
		.kind = SV_STATUS_OURS,
		.status = {.changed.tv_sec = UNIX - 5,
			.pid = 42,
			.want_up = true,
			.phase = SV_PHASE_RUN,
			.state = SV_STATE_RUNNING,
			.has_exit = true,
			.wait_status = 9,
			.exit_time = UNIX - 6,
			.starts = 3,
			.restarts = 1,
			.started_ms = NOW - 5000,
			.ready_ms = NOW - 4000,
			.text = "ok"}};

	ck_assert_str_eq(object(&snapshot, false),
		"{\"name\":\"web\",\"state\":\"RUNNING\",\"pid\":42,\"want\":\"up\",\"paused\":"
		"false,"
		"\"ready\":true,\"uptime_ms\":5000,\"started_unix\":1799999995,\"starts\":3,"
		"\"restarts\":1,\"early_deaths\":0,\"last_exit\":{\"code\":null,\"signal\":"
		"\"KILL\","
		"\"unix_time\":1799999994},\"deadline_in_ms\":null,\"text\":\"ok\",\"dir\":\"/s/"
		"web\","
		"\"is_log\":false,\"supervised\":true}");
}
END_TEST

START_TEST(test_backoff)
{
	const struct snapshot snapshot = {.is_supervised = true,
		.kind = SV_STATUS_OURS,
		.status = {.want_up = true,
			.state = SV_STATE_BACKOFF,
			.has_exit = true,
			.wait_status = 1 << 8,
			.starts = 3,
			.early_deaths = 3,
			.deadline_ms = NOW + 700}};

	ck_assert_str_eq(object(&snapshot, true),
		"{\"name\":\"web\",\"state\":\"BACKOFF\",\"pid\":null,\"want\":\"up\",\"paused\":"
		"false,"
		"\"ready\":false,\"uptime_ms\":null,\"started_unix\":null,\"starts\":3,"
		"\"restarts\":0,\"early_deaths\":3,\"last_exit\":{\"code\":1,\"signal\":null,"
		"\"unix_time\":null},\"deadline_in_ms\":700,\"text\":\"\",\"dir\":\"/s/web\","
		"\"is_log\":true,\"supervised\":true}");
}
END_TEST

static const char nothing_known[] =
	"\"pid\":null,\"want\":null,\"paused\":null,\"ready\":null,\"uptime_ms\":null,"
	"\"started_unix\":null,\"starts\":null,\"restarts\":null,\"early_deaths\":null,"
	"\"last_exit\":null,\"deadline_in_ms\":null,\"text\":\"\",\"dir\":\"/s/"
	"web\",\"is_log\":false,";

START_TEST(test_not_known)
{
	struct snapshot snapshot = {.kind = SV_STATUS_BAD};

	ck_assert_ptr_nonnull(strstr(object(&snapshot, false), nothing_known));
	ck_assert_ptr_nonnull(strstr(object(&snapshot, false), "\"state\":\"UNSUPERVISED\""));
	ck_assert_ptr_nonnull(strstr(object(&snapshot, false), "\"supervised\":false}"));
	snapshot.trouble = "status cannot be read";
	ck_assert_ptr_nonnull(strstr(object(&snapshot, false), nothing_known));
	ck_assert_ptr_nonnull(strstr(object(&snapshot, false), "\"state\":\"UNKNOWN\""));
	ck_assert_ptr_nonnull(strstr(object(&snapshot, false), "\"supervised\":null}"));
	snapshot.is_supervised = true;
	ck_assert_ptr_nonnull(strstr(object(&snapshot, false), "\"supervised\":true}"));
}
END_TEST

/* What a stale status says is not told as if it were so. */
START_TEST(test_stale)
{
	const struct snapshot snapshot = {.kind = SV_STATUS_OURS,
		.status = {.pid = 42, .phase = SV_PHASE_RUN, .state = SV_STATE_RUNNING}};

	ck_assert_ptr_nonnull(strstr(object(&snapshot, false), nothing_known));
}
END_TEST

START_TEST(test_room)
{
	static char name[256], dir[4096], room[65536];
	struct snapshot snapshot = {.is_supervised = true, .kind = SV_STATUS_OURS};
	struct sv_status *status = &snapshot.status;

	memset(name, 1, 255);
	memset(dir, 1, 4095);
	memset(status->text, 1, SV_STATUS_TEXT);
	status->pid = status->starts = status->restarts = status->early_deaths = UINT32_MAX;
	status->phase = SV_PHASE_RUN;
	status->changed.tv_sec = status->exit_time = INT64_MIN;
	status->has_exit = true;
	status->wait_status = 0xff00;
	status->started_ms = 1;
	status->deadline_ms = INT64_MAX - 1;
	struct text text = text_in(room, json_room(255, 4095));
	ck_assert_uint_lt(text.room, sizeof room);
	json_service(
		&text, &(struct json_service){
			       .name = name, .dir = dir, .snapshot = &snapshot, .now_ms = NOW});
	ck_assert(!text.is_cut);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("svctl json");
	TCase *tests = tcase_create("json");

	tcase_add_loop_test(tests, test_string, 0, sizeof strings / sizeof *strings);
	tcase_add_test(tests, test_running);
	tcase_add_test(tests, test_backoff);
	tcase_add_test(tests, test_not_known);
	tcase_add_test(tests, test_stale);
	tcase_add_test(tests, test_room);
	suite_add_tcase(suite, tests);
	return suite;
}

SV_CHECK_MAIN(make_suite)
