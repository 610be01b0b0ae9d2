/* The status file's bytes: read back as written, refused when damaged, and readable by runit. */
#include "libsv/status.h"

#include <string.h>

#include "libsv/bytes.h"
#include "tests/support/check_main.h"

enum { ROUNDS = 20000 };

static uint64_t seed = 0x9e3779b97f4a7c15;

static uint64_t random_bits(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* Numbers of every length, edges more often than chance would have them. */
static uint64_t random_number(void)
{
	static const uint64_t edges[] = {0, 1, 0x7f, 0xff, INT32_MAX, UINT32_MAX, INT64_MAX,
		(uint64_t)INT64_MIN, UINT64_MAX};

	if (random_bits() % 4 == 0)
		return edges[random_bits() % (sizeof edges / sizeof *edges)];
	return random_bits() >> random_bits() % 64;
}

static void random_text(char *text)
{
	size_t size = random_bits() % 3 == 0 ? SV_STATUS_TEXT : random_bits() % SV_STATUS_TEXT;

	for (size_t i = 0; i < size; i++)
		text[i] = (char)(1 + random_bits() % 255);
}

static struct sv_status random_status(void)
{
	struct sv_status status = {
		.changed = {.tv_sec = (time_t)random_number(),
			.tv_nsec = (long)(random_bits() % 1000000000)},
		.pid = (uint32_t)random_number(),
		.paused = random_bits() & 1,
		.want_up = random_bits() & 1,
		.term_sent = random_bits() & 1,
		.phase = (enum sv_phase)(random_bits() % 3),
		.state = (enum sv_state)(random_bits() % SV_STATES),
		.has_exit = random_bits() & 1,
		.leaving = random_bits() & 1,
		.starts = (uint32_t)random_number(),
		.restarts = (uint32_t)random_number(),
		.early_deaths = (uint32_t)random_number(),
		.wait_status = (uint32_t)random_number(),
		.changed_ms = (sv_ms)random_number(),
		.started_ms = (sv_ms)random_number(),
		.ready_ms = (sv_ms)random_number(),
		.stable_ms = (sv_ms)random_number(),
		.deadline_ms = (sv_ms)random_number(),
		.exit_time = (int64_t)random_number(),
		.start_ticks = random_number(),
		.boot = random_number(),
	};

	random_text(status.text);
	return status;
}

static void check_runit_part(const struct sv_status *a, const struct sv_status *b)
{
	ck_assert_int_eq(a->changed.tv_sec, b->changed.tv_sec);
	ck_assert_int_eq(a->changed.tv_nsec, b->changed.tv_nsec);
	ck_assert_uint_eq(a->pid, b->pid);
	ck_assert_int_eq(a->paused, b->paused);
	ck_assert_int_eq(a->want_up, b->want_up);
	ck_assert_int_eq(a->term_sent, b->term_sent);
	ck_assert_int_eq(a->phase, b->phase);
}

static void check_same(const struct sv_status *a, const struct sv_status *b)
{
	check_runit_part(a, b);
	ck_assert_int_eq(a->state, b->state);
	ck_assert_int_eq(a->has_exit, b->has_exit);
	ck_assert_int_eq(a->leaving, b->leaving);
	ck_assert_uint_eq(a->starts, b->starts);
	ck_assert_uint_eq(a->restarts, b->restarts);
	ck_assert_uint_eq(a->early_deaths, b->early_deaths);
	ck_assert_uint_eq(a->wait_status, b->wait_status);
	ck_assert_int_eq(a->changed_ms, b->changed_ms);
	ck_assert_int_eq(a->started_ms, b->started_ms);
	ck_assert_int_eq(a->ready_ms, b->ready_ms);
	ck_assert_int_eq(a->stable_ms, b->stable_ms);
	ck_assert_int_eq(a->deadline_ms, b->deadline_ms);
	ck_assert_int_eq(a->exit_time, b->exit_time);
	ck_assert_uint_eq(a->start_ticks, b->start_ticks);
	ck_assert_uint_eq(a->boot, b->boot);
	ck_assert_str_eq(a->text, b->text);
}

/* A record by the words of status.h, written out by hand, but for the checksum: FNV-1a of it, made
 * here once more. */
static const struct sv_status known = {
	.changed = {.tv_sec = 0x65432100, .tv_nsec = 0x01020304},
	.pid = 0x00012345,
	.want_up = true,
	.term_sent = true,
	.phase = SV_PHASE_FINISH,
	.state = SV_STATE_FINISHING,
	.has_exit = true,
	.starts = 0x11121314,
	.restarts = 0x21222324,
	.early_deaths = 0x31323334,
	.wait_status = 0x0000ff09,
	.changed_ms = 0x4142434445464748,
	.started_ms = 0x5152535455565758,
	.ready_ms = 0x6162636465666768,
	.stable_ms = 0x7172737475767778,
	.deadline_ms = 0x0102030405060708,
	.exit_time = -2,
	.start_ticks = 0x8182838485868788,
	.boot = 0x9192939495969798,
	.text = "hello",
};
static const char known_bytes[] = "\x40\0\0\0\x65\x43\x21\x0a\x01\x02\x03\x04"
				  "\x45\x23\x01\0"
				  "\0u\1\2"
				  "hfst\1\4\1\0"
				  "\x11\x12\x13\x14\x21\x22\x23\x24\x31\x32\x33\x34\0\0\xff\x09"
				  "\x41\x42\x43\x44\x45\x46\x47\x48\x51\x52\x53\x54\x55\x56\x57\x58"
				  "\x61\x62\x63\x64\x65\x66\x67\x68\x71\x72\x73\x74\x75\x76\x77\x78"
				  "\x01\x02\x03\x04\x05\x06\x07\x08\xff\xff\xff\xff\xff\xff\xff\xfe"
				  "\x81\x82\x83\x84\x85\x86\x87\x88\x91\x92\x93\x94\x95\x96\x97\x98"
				  "hello";

/* Makes the checksum right again, so that only what was changed can be the reason for a refusal. */
static void seal(unsigned char *bytes)
{
	uint32_t sum = 0x811c9dc5;

	for (int i = 0; i < 188; i++) {
		sum ^= bytes[i];
		sum *= 0x01000193;
	}
	for (int i = 0; i < 4; i++)
		bytes[188 + i] = (unsigned char)(sum >> (24 - 8 * i));
}

static enum sv_status_kind kind_of(const unsigned char *bytes, size_t size)
{
	struct sv_status status;

	return sv_status_unpack(&status, bytes, size);
}

START_TEST(unpack_undoes_pack)
{
	for (int round = 0; round < ROUNDS; round++) {
		unsigned char packed[SV_STATUS_SIZE];
		struct sv_status before = random_status(), after;
		memset(&after, 0xa5, sizeof after);
		sv_status_pack(packed, &before);
		ck_assert_int_eq(sv_status_unpack(&after, packed, SV_STATUS_SIZE), SV_STATUS_OURS);
		check_same(&before, &after);
	}
}
END_TEST

START_TEST(every_byte_has_its_place)
{
	unsigned char expected[SV_STATUS_SIZE] = {0}, packed[SV_STATUS_SIZE];

	memcpy(expected, known_bytes, sizeof known_bytes - 1);
	seal(expected);
	sv_status_pack(packed, &known);
	for (int i = 0; i < SV_STATUS_SIZE; i++)
		ck_assert_msg(packed[i] == expected[i], "byte %d is %02x, not %02x", i, packed[i],
			expected[i]);
}
END_TEST

START_TEST(a_service_that_was_never_started)
{
	unsigned char packed[SV_STATUS_SIZE];
	const struct sv_status status = {.paused = true};

	sv_status_pack(packed, &status);
	ck_assert_mem_eq(packed, "\x40\0\0\0\0\0\0\x0a\0\0\0\0\0\0\0\0\1d\0\0", 20);
}
END_TEST

START_TEST(other_sizes_are_refused)
{
	unsigned char packed[4 * SV_STATUS_SIZE] = {0};

	sv_status_pack(packed, &known);
	for (size_t size = 0; size <= sizeof packed; size++) {
		enum sv_status_kind expected = SV_STATUS_BAD;
		if (size == SV_STATUS_SIZE)
			expected = SV_STATUS_OURS;
		else if (size == SV_STATUS_RUNIT_SIZE)
			expected = SV_STATUS_RUNIT;
		ck_assert_msg(kind_of(packed, size) == expected, "size %zu", size);
	}
}
END_TEST

START_TEST(every_damaged_byte_is_noticed)
{
	unsigned char packed[SV_STATUS_SIZE];

	sv_status_pack(packed, &known);
	for (size_t at = 0; at < SV_STATUS_SIZE; at++) {
		for (unsigned flip = 1; flip < 256; flip++) {
			packed[at] ^= (unsigned char)flip;
			ck_assert_msg(kind_of(packed, SV_STATUS_SIZE) == SV_STATUS_BAD,
				"byte %zu flipped by %02x", at, flip);
			packed[at] ^= (unsigned char)flip;
		}
	}
	ck_assert_int_eq(kind_of(packed, SV_STATUS_SIZE), SV_STATUS_OURS);
}
END_TEST

/* Only these values of one byte may pass, its checksum made right. */
static const struct {
	int at;
	int lowest, highest;
} possible[] = {
	{8, 0, 0x3b}, /* nanoseconds */
	{16, 0, 1},
	{18, 0, 1},
	{19, SV_PHASE_DOWN, SV_PHASE_FINISH},
	{20, 'h', 'h'},
	{21, 'f', 'f'},
	{22, 's', 's'},
	{23, 't', 't'},
	{24, 1, 1}, /* version */
	{25, 0, SV_STATES - 1},
	{26, 0, 1},
	{27, 0, 1},
};

static void check_values(int at, bool (*may)(int at, int value))
{
	unsigned char packed[SV_STATUS_SIZE];

	for (int value = 0; value < 256; value++) {
		sv_status_pack(packed, &known);
		packed[at] = (unsigned char)value;
		seal(packed);
		ck_assert_msg((kind_of(packed, SV_STATUS_SIZE) == SV_STATUS_OURS) == may(at, value),
			"byte %d: %d", at, value);
		if (at < SV_STATUS_RUNIT_SIZE)
			ck_assert_msg((kind_of(packed, SV_STATUS_RUNIT_SIZE) == SV_STATUS_RUNIT) ==
					      may(at, value),
				"runit byte %d: %d", at, value);
	}
}

static bool is_in_range(int at, int value)
{
	for (size_t i = 0; i < sizeof possible / sizeof *possible; i++)
		if (possible[i].at == at)
			return value >= possible[i].lowest && value <= possible[i].highest;
	return false;
}

static bool is_want(int at, int value)
{
	(void)at;
	return value == 'u' || value == 'd';
}

START_TEST(impossible_values_are_refused)
{
	for (size_t i = 0; i < sizeof possible / sizeof *possible; i++)
		check_values(possible[i].at, is_in_range);
	check_values(17, is_want);
}
END_TEST

START_TEST(a_second_of_nanoseconds_is_refused)
{
	unsigned char packed[SV_STATUS_SIZE];

	sv_status_pack(packed, &known);
	sv_put_be(packed + 8, 4, 999999999);
	ck_assert_int_eq(kind_of(packed, SV_STATUS_RUNIT_SIZE), SV_STATUS_RUNIT);
	sv_put_be(packed + 8, 4, 1000000000);
	ck_assert_int_eq(kind_of(packed, SV_STATUS_RUNIT_SIZE), SV_STATUS_BAD);
}
END_TEST

static const struct {
	const char *tail; /* bytes 16 to 19 */
	enum sv_state state;
} guesses[] = {
	{"\0d\0\0", SV_STATE_STOPPED},
	{"\0u\0\0", SV_STATE_BACKOFF},
	{"\0u\0\1", SV_STATE_RUNNING},
	{"\0d\0\1", SV_STATE_RUNNING}, /* once */
	{"\0u\1\1", SV_STATE_RUNNING}, /* to be restarted */
	{"\0d\1\1", SV_STATE_STOPPING},
	{"\1u\0\1", SV_STATE_PAUSED},
	{"\1d\1\1", SV_STATE_PAUSED},
	{"\0u\0\2", SV_STATE_FINISHING},
	{"\0d\1\2", SV_STATE_FINISHING},
};

START_TEST(twenty_bytes_of_runit_are_read)
{
	for (size_t i = 0; i < sizeof guesses / sizeof *guesses; i++) {
		unsigned char bytes[20] = "\x40\0\0\0\0\0\0\x0b\0\0\0\x05\x02\x01";
		const char *tail = guesses[i].tail;
		const struct sv_status expected = {
			.changed = {.tv_sec = 1, .tv_nsec = 5},
			.pid = 258,
			.paused = tail[0],
			.want_up = tail[1] == 'u',
			.term_sent = tail[2],
			.phase = (enum sv_phase)tail[3],
			.state = guesses[i].state,
		};
		struct sv_status status;
		memset(&status, 0xa5, sizeof status);
		memcpy(bytes + 16, tail, 4);
		ck_assert_int_eq(sv_status_unpack(&status, bytes, 20), SV_STATUS_RUNIT);
		check_same(&status, &expected);
	}
}
END_TEST

START_TEST(starting_becomes_running_by_itself)
{
	struct sv_status status = {.state = SV_STATE_STARTING, .stable_ms = 5000};

	ck_assert_int_eq(sv_status_state(&status, 1), SV_STATE_STARTING);
	ck_assert_int_eq(sv_status_state(&status, 4999), SV_STATE_STARTING);
	ck_assert_int_eq(sv_status_state(&status, 5000), SV_STATE_RUNNING);
	ck_assert_int_eq(sv_status_state(&status, SV_NEVER), SV_STATE_RUNNING);
	status.stable_ms = 0; /* readiness is announced, age says nothing */
	ck_assert_int_eq(sv_status_state(&status, SV_NEVER), SV_STATE_STARTING);
	status.stable_ms = 5000;
	for (int state = 0; state < SV_STATES; state++) {
		status.state = (enum sv_state)state;
		if (state != SV_STATE_STARTING)
			ck_assert_int_eq(sv_status_state(&status, 6000), state);
	}
}
END_TEST

START_TEST(words_are_supervisors)
{
	static const struct {
		const char *word;
		bool is_up;
	} words[SV_STATES] = {
		[SV_STATE_STOPPED] = {"STOPPED", false},
		[SV_STATE_STARTING] = {"STARTING", true},
		[SV_STATE_RUNNING] = {"RUNNING", true},
		[SV_STATE_STOPPING] = {"STOPPING", true},
		[SV_STATE_FINISHING] = {"FINISHING", false},
		[SV_STATE_BACKOFF] = {"BACKOFF", false},
		[SV_STATE_EXITED] = {"EXITED", false},
		[SV_STATE_FATAL] = {"FATAL", false},
		[SV_STATE_PAUSED] = {"PAUSED", true},
	};

	ck_assert_int_eq(SV_STATES, 9);
	for (int state = 0; state < SV_STATES; state++) {
		ck_assert_str_eq(sv_state_word((enum sv_state)state), words[state].word);
		ck_assert_int_eq(sv_state_is_up((enum sv_state)state), words[state].is_up);
	}
}
END_TEST

static Suite *status_suite(void)
{
	Suite *suite = suite_create("libsv status");
	TCase *cases = tcase_create("status");

	tcase_add_test(cases, unpack_undoes_pack);
	tcase_add_test(cases, every_byte_has_its_place);
	tcase_add_test(cases, a_service_that_was_never_started);
	tcase_add_test(cases, other_sizes_are_refused);
	tcase_add_test(cases, every_damaged_byte_is_noticed);
	tcase_add_test(cases, impossible_values_are_refused);
	tcase_add_test(cases, a_second_of_nanoseconds_is_refused);
	tcase_add_test(cases, twenty_bytes_of_runit_are_read);
	tcase_add_test(cases, starting_becomes_running_by_itself);
	tcase_add_test(cases, words_are_supervisors);
	suite_add_tcase(suite, cases);
	return suite;
}

SV_CHECK_MAIN(status_suite)
