/* Texts of libsv: escapes, TAI64N labels, command letters, names of directories, and two small rules
 * about time. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "libsv/clock.h"
#include "libsv/control.h"
#include "libsv/layout.h"
#include "libsv/message.h"
#include "libsv/quote.h"
#include "libsv/tai.h"
#include "tests/support/check_main.h"
#include "tests/support/world.h"

/* ck_assert makes a system call even when it holds; this does not. */
#define HOLD(condition) ((condition) ? (void)0 : ck_abort_msg("%s", #condition))

enum { ROUNDS = 3000, TEXT = 40 };

static uint64_t seed = 88172645463325252;

static uint64_t random_bits(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* --- quote -------------------------------------------------------------------------------------- */

static size_t unescape(char *to, const char *from)
{
	unsigned value = 0;

	switch (from[1]) {
	case 'n': *to = '\n'; return 2;
	case 't': *to = '\t'; return 2;
	case 'r': *to = '\r'; return 2;
	case '\\': *to = '\\'; return 2;
	default: break;
	}
	HOLD(from[1] == 'x' && sscanf(from + 2, "%2x", &value) == 1); /* NOLINT(cert-err34-c) */
	*to = (char)value;
	return 4;
}

/* Reads what a person would read; aborts the test on half an escape. */
static size_t unquote(char *to, const char *from, size_t size)
{
	char text[4 * TEXT + 8] = "";
	size_t made = 0, at = 0;

	memcpy(text, from, size);
	while (at < size) {
		if (text[at] == '\\')
			at += unescape(to + made, text + at);
		else
			to[made] = text[at++];
		made++;
	}
	HOLD(at == size);
	return made;
}

static void check_harmless(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		unsigned char byte = (unsigned char)text[i];
		unsigned char next = i + 1 < size ? (unsigned char)text[i + 1] : 0;
		HOLD(byte >= 0x20 && byte != 0x7f);
		HOLD(byte != 0xc2 || next < 0x80 || next > 0x9f);
	}
}

static void check_quoting(const char *bytes, size_t size)
{
	char quoted[4 * TEXT], again[4 * TEXT];
	size_t made = sv_quote_bytes(quoted, sizeof quoted, bytes, size);

	check_harmless(quoted, made);
	HOLD(unquote(again, quoted, made) == size && memcmp(again, bytes, size) == 0);
}

START_TEST(each_byte_is_spelled)
{
	for (int byte = 0; byte < 256; byte++) {
		char one = (char)byte, made[8] = "", expected[8];
		const char *short_form = strchr("\nn\tt\rr\\\\", byte);
		if ((byte == '\\' || (byte && byte < 0x20)) && short_form)
			snprintf(expected, sizeof expected, "\\%c", short_form[1]);
		else if (byte < 0x20 || byte == 0x7f)
			snprintf(expected, sizeof expected, "\\x%02x", (unsigned)byte);
		else
			snprintf(expected, sizeof expected, "%c", byte);
		size_t size = sv_quote_bytes(made, sizeof made, &one, 1);
		ck_assert_uint_eq(size, strlen(expected));
		ck_assert_str_eq(made, expected);
	}
}
END_TEST

START_TEST(each_pair_of_bytes_can_be_read_back)
{
	for (unsigned pair = 0; pair < 65536; pair++) {
		const char bytes[2] = {(char)(pair >> 8), (char)pair};
		check_quoting(bytes, 2);
	}
}
END_TEST

START_TEST(random_bytes_can_be_read_back)
{
	for (int round = 0; round < ROUNDS; round++) {
		char bytes[TEXT];
		for (size_t i = 0; i < sizeof bytes; i++)
			bytes[i] = (char)(random_bits() % 8 ? random_bits() : 0xc2);
		check_quoting(bytes, random_bits() % (sizeof bytes + 1));
	}
}
END_TEST

START_TEST(names_stay_readable)
{
	char made[64];
	size_t size = sv_quote(made, sizeof made,
		"b\xc3\xbc"
		"cher\n\x1b[31m\xc2\x9b\xc2\xa0");

	ck_assert_uint_eq(size, 24);
	ck_assert_mem_eq(made,
		"b\xc3\xbc"
		"cher\\n\\x1b[31m\\xc2\x9b\xc2\xa0",
		size);
	ck_assert_uint_eq(sv_quote(made, sizeof made, "a\0b"), 1);
	ck_assert_uint_eq(sv_quote_bytes(made, sizeof made, "a\0b", 3), 6);
	ck_assert_mem_eq(made, "a\\x00b", 6);
}
END_TEST

START_TEST(little_room_never_cuts_an_escape)
{
	static const char text[] = "a\n\x01\\\x7f\xc2\x85z";
	char whole[64], made[64], again[64];
	size_t all = sv_quote(whole, sizeof whole, text);

	for (size_t room = 0; room <= all; room++) {
		memset(made, '#', sizeof made);
		size_t size = sv_quote(made, room, text);
		ck_assert_uint_le(size, room);
		ck_assert_uint_gt(size + 4, room); /* no room was wasted */
		ck_assert_mem_eq(made, whole, size);
		ck_assert_int_eq(made[size], '#');
		unquote(again, made, size);
	}
	ck_assert_uint_eq(sv_quote(made, all, text), all);
}
END_TEST

/* --- tai ---------------------------------------------------------------------------------------- */

START_TEST(labels_are_daemontools)
{
	unsigned char packed[SV_TAI_SIZE];
	char text[SV_TAI_TEXT + 1] = "";

	sv_tai_pack(packed, (struct timespec){0, 0});
	ck_assert_mem_eq(packed, "\x40\0\0\0\0\0\0\x0a\0\0\0", 12);
	sv_tai_text(text, (struct timespec){0, 0});
	ck_assert_str_eq(text, "@400000000000000a00000000");
	sv_tai_text(text, (struct timespec){0x37c219b5, 0x2ef02e94});
	ck_assert_str_eq(text, "@4000000037c219bf2ef02e94");
	sv_tai_text(text, (struct timespec){-11, 999999999});
	ck_assert_str_eq(text, "@3fffffffffffffff3b9ac9ff");
}
END_TEST

START_TEST(labels_can_be_read_back)
{
	for (int round = 0; round < ROUNDS; round++) {
		unsigned char packed[SV_TAI_SIZE];
		struct timespec before = {.tv_sec = (time_t)(random_bits() >> random_bits() % 64),
			.tv_nsec = (long)(random_bits() % 1000000000)};
		sv_tai_pack(packed, before);
		struct timespec after = sv_tai_unpack(packed);
		ck_assert_int_eq(after.tv_sec, before.tv_sec);
		ck_assert_int_eq(after.tv_nsec, before.tv_nsec);
	}
}
END_TEST

static void check_local(time_t seconds)
{
	char text[SV_TAI_TEXT + 1] = "", command[128], line[128] = "", expected[64];
	struct tm day;

	sv_tai_text(text, (struct timespec){seconds, 123456789});
	snprintf(command, sizeof command, "echo '%s hello' | TZ=UTC tai64nlocal", text);
	FILE *pipe = popen(command, "r"); /* NOLINT(cert-env33-c) */
	ck_assert_ptr_nonnull(pipe);
	ck_assert_ptr_nonnull(fgets(line, sizeof line, pipe));
	pclose(pipe);
	strftime(expected, sizeof expected, "%Y-%m-%d %H:%M:%S", gmtime_r(&seconds, &day));
	strcat(expected, ".123456789 hello\n");
	ck_assert_str_eq(line, expected);
}

START_TEST(tai64nlocal_reads_labels)
{
	if (!world_has_program("tai64nlocal")) /* prints the SKIP line */
		return;
	check_local(0);
	check_local(951782400);
	check_local(1234567890);
	check_local(2147483648);
}
END_TEST

/* --- commands ----------------------------------------------------------------------------------- */

static const struct {
	char letter;
	int signal;
	const char *name;
} letters[] = {
	{'u', 0, "UP"},
	{'d', 0, "DOWN"},
	{'o', 0, "ONCE"},
	{'x', 0, "EXIT"},
	{'t', SIGTERM, "TERM"},
	{'h', SIGHUP, "HUP"},
	{'a', SIGALRM, "ALRM"},
	{'i', SIGINT, "INT"},
	{'q', SIGQUIT, "QUIT"},
	{'1', SIGUSR1, "USR1"},
	{'2', SIGUSR2, "USR2"},
	{'k', SIGKILL, "KILL"},
	{'p', SIGSTOP, "PAUSE"},
	{'c', SIGCONT, "CONT"},
};

enum { LETTERS = sizeof letters / sizeof *letters };

START_TEST(letters_mean_what_runit_means)
{
	ck_assert_int_eq(SV_COMMANDS, LETTERS);
	for (int i = 0; i < LETTERS; i++) {
		enum sv_command command;
		ck_assert(sv_command_decode(letters[i].letter, &command));
		ck_assert_int_eq(sv_command_letter(command), letters[i].letter);
		ck_assert_int_eq(sv_command_signal(command), letters[i].signal);
		ck_assert_str_eq(sv_command_name(command), letters[i].name);
		ck_assert_uint_gt(strlen(sv_command_text(command)), 4);
	}
}
END_TEST

START_TEST(decode_undoes_letter)
{
	int known = 0;

	for (int command = 0; command < SV_COMMANDS; command++) {
		enum sv_command decoded;
		ck_assert(sv_command_decode(sv_command_letter((enum sv_command)command), &decoded));
		ck_assert_int_eq(decoded, command);
	}
	for (int byte = 0; byte < 256; byte++) {
		enum sv_command decoded;
		if (!sv_command_decode((char)byte, &decoded))
			continue;
		ck_assert_int_eq((unsigned char)sv_command_letter(decoded), byte);
		known++;
	}
	ck_assert_int_eq(known, SV_COMMANDS);
}
END_TEST

/* --- names, time -------------------------------------------------------------------------------- */

static const struct {
	const char *path, *name; /* null: there is none */
} bases[] = {
	{"web", "web"},
	{"/etc/sv/web", "web"},
	{"web///", "web"},
	{"/web/", "web"},
	{"a//b", "b"},
	{"a/.b", ".b"},
	{"a/..b/", "..b"},
	{"a/...", "..."},
	{"sub/.", "sub"},
	{"sub/deep/..", "sub"},
	{"sub/deep/../", "sub"},
	{"link/.", "deep"},
	{"link", "link"},
	{"", NULL},
	{"/", NULL},
	{"//", NULL},
	{"/.", NULL},
	{"missing/..", NULL},
	{"missing/.", NULL},
};

START_TEST(base_names)
{
	char name[64];

	world_dir("sub/deep");
	ck_assert_int_eq(symlink("sub/deep", "link"), 0);
	for (size_t i = 0; i < sizeof bases / sizeof *bases; i++) {
		bool found = sv_base_name(name, sizeof name, bases[i].path);
		ck_assert_msg(found == (bases[i].name != NULL), "\"%s\"", bases[i].path);
		if (found)
			ck_assert_str_eq(name, bases[i].name);
	}
	ck_assert_int_eq(chdir("sub/deep"), 0);
	ck_assert(sv_base_name(name, sizeof name, "."));
	ck_assert_str_eq(name, "deep");
	ck_assert(sv_base_name(name, sizeof name, "../"));
	ck_assert_str_eq(name, "sub");
}
END_TEST

START_TEST(base_name_needs_room_for_the_end)
{
	char name[8] = "#######";

	ck_assert(!sv_base_name(name, 3, "a/web"));
	ck_assert_str_eq(name, "#######");
	ck_assert(sv_base_name(name, 4, "a/web"));
	ck_assert_mem_eq(name, "web\0###", 8);
}
END_TEST

START_TEST(once_a_minute)
{
	struct sv_quiet gate = {0};

	ck_assert(sv_may_speak(&gate, 5));
	ck_assert(!sv_may_speak(&gate, 5));
	ck_assert(!sv_may_speak(&gate, 60004));
	ck_assert(sv_may_speak(&gate, 60005));
	ck_assert(!sv_may_speak(&gate, 60006));
	ck_assert(!sv_may_speak(&gate, 120004));
	ck_assert(sv_may_speak(&gate, 500000));
	ck_assert(!sv_may_speak(&gate, 559999));
}
END_TEST

START_TEST(timeouts_of_poll)
{
	struct timespec room;

	ck_assert_ptr_null(sv_timeout(SV_NEVER, 7, &room));
	ck_assert_ptr_eq(sv_timeout(10001, 8500, &room), &room);
	ck_assert_int_eq(room.tv_sec, 1);
	ck_assert_int_eq(room.tv_nsec, 501000000);
	for (sv_ms past = 0; past < 3; past++) {
		sv_timeout(past, 2, &room);
		ck_assert(room.tv_sec == 0 && room.tv_nsec == 0);
	}
	sv_timeout(SV_NEVER - 1, 1, &room);
	ck_assert_int_eq(room.tv_sec, (SV_NEVER - 2) / 1000);
	ck_assert_int_gt(sv_now_ms(), 0);
}
END_TEST

static Suite *text_suite(void)
{
	Suite *suite = suite_create("libsv text");
	TCase *cases = tcase_create("text");
	TCase *in_world = tcase_create("names");

	tcase_add_test(cases, each_byte_is_spelled);
	tcase_add_test(cases, each_pair_of_bytes_can_be_read_back);
	tcase_add_test(cases, random_bytes_can_be_read_back);
	tcase_add_test(cases, names_stay_readable);
	tcase_add_test(cases, little_room_never_cuts_an_escape);
	tcase_add_test(cases, labels_are_daemontools);
	tcase_add_test(cases, labels_can_be_read_back);
	tcase_add_test(cases, tai64nlocal_reads_labels);
	tcase_add_test(cases, letters_mean_what_runit_means);
	tcase_add_test(cases, decode_undoes_letter);
	tcase_add_test(cases, base_name_needs_room_for_the_end);
	tcase_add_test(cases, once_a_minute);
	tcase_add_test(cases, timeouts_of_poll);
	world_fixture(in_world);
	tcase_add_test(in_world, base_names);
	suite_add_tcase(suite, cases);
	suite_add_tcase(suite, in_world);
	return suite;
}

SV_CHECK_MAIN(text_suite)
