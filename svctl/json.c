/* Spells one JSON object; see json.h. */
#include "svctl/json.h"

#include <string.h>
#include <sys/wait.h>

#include "svctl/describe.h"

enum {
	WORST = 6,   /* "\u001f" for one byte */
	KEYS = 1024, /* the keys, the numbers and the words */
};

/* How many bytes at `at` make one well-formed UTF-8 character; 0: none.  Stops at NUL by itself,
 * since NUL continues nothing. */
static size_t character(const unsigned char *at)
{
	static const struct {
		unsigned char first, last, low, high; /* of the first byte; of the second */
		size_t size;
	} forms[] = {
		{0x01, 0x7f, 0, 0, 1},
		{0xc2, 0xdf, 0x80, 0xbf, 2},
		{0xe0, 0xe0, 0xa0, 0xbf, 3},
		{0xe1, 0xec, 0x80, 0xbf, 3},
		{0xed, 0xed, 0x80, 0x9f, 3}, /* beyond lie the surrogates */
		{0xee, 0xef, 0x80, 0xbf, 3},
		{0xf0, 0xf0, 0x90, 0xbf, 4},
		{0xf1, 0xf3, 0x80, 0xbf, 4},
		{0xf4, 0xf4, 0x80, 0x8f, 4},
	};

	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		if (at[0] < forms[i].first || at[0] > forms[i].last)
			continue;
		if (forms[i].size > 1 && (at[1] < forms[i].low || at[1] > forms[i].high))
			return 0;
		for (size_t j = 2; j < forms[i].size; j++)
			if ((at[j] & 0xc0) != 0x80)
				return 0;
		return forms[i].size;
	}
	return 0;
}

static void add_escape(struct text *text, unsigned char byte)
{
	static const char hex[] = "0123456789abcdef";
	char escape[WORST] = {'\\', 'u', '0', '0', hex[byte >> 4], hex[byte & 15]};

	text_bytes(text, escape, sizeof escape);
}

void json_string(struct text *text, const char *string)
{
	const unsigned char *at = (const unsigned char *)string;

	text_add(text, "\"");
	while (*at) {
		size_t size = character(at);
		if (size == 0)
			text_add(text, "\xef\xbf\xbd");
		else if (*at < 0x20 || *at == 0x7f || *at == '"' || *at == '\\')
			add_escape(text, *at);
		else
			text_bytes(text, (const char *)at, size);
		at += size ? size : 1;
	}
	text_add(text, "\"");
}

static void add_key(struct text *text, const char *key)
{
	text_add(text, ",\"");
	text_add(text, key);
	text_add(text, "\":");
}

static void add_number(struct text *text, const char *key, bool is_known, int64_t number)
{
	add_key(text, key);
	if (is_known)
		text_number(text, number, 1);
	else
		text_add(text, "null");
}

static void add_bool(struct text *text, const char *key, bool is_known, bool value)
{
	add_key(text, key);
	text_add(text, !is_known ? "null" : value ? "true" : "false");
}

/* {"code":1,"signal":null,"unix_time":...}, or null. */
static void add_exit(struct text *text, const struct sv_status *status, bool is_known)
{
	int code = (int)status->wait_status;
	bool has_exit = is_known && status->has_exit;

	add_key(text, "last_exit");
	if (!is_known || (!status->has_exit && !status->exit_time)) {
		text_add(text, "null");
		return;
	}
	text_add(text, "{\"code\":");
	if (has_exit && WIFEXITED(code))
		text_number(text, WEXITSTATUS(code), 1);
	else
		text_add(text, "null");
	add_key(text, "signal");
	if (has_exit && WIFSIGNALED(code)) {
		text_add(text, "\"");
		describe_signal(text, WTERMSIG(code));
		text_add(text, "\"");
	} else {
		text_add(text, "null");
	}
	add_number(text, "unix_time", status->exit_time != 0, status->exit_time);
	text_add(text, "}");
}

static void add_counters(struct text *text, const struct json_service *service)
{
	const struct sv_status *status = &service->snapshot->status;
	bool is_ours =
		snapshot_is_known(service->snapshot) && service->snapshot->kind == SV_STATUS_OURS;
	bool has_deadline = is_ours && status->deadline_ms > 0 && status->deadline_ms != SV_NEVER;
	sv_ms left = has_deadline ? status->deadline_ms - service->now_ms : 0;

	add_number(text, "starts", is_ours, status->starts);
	add_number(text, "restarts", is_ours, status->restarts);
	add_number(text, "early_deaths", is_ours, status->early_deaths);
	add_exit(text, status, is_ours);
	add_number(text, "deadline_in_ms", has_deadline, left > 0 ? left : 0);
	add_key(text, "text");
	json_string(text, is_ours ? status->text : "");
}

void json_service(struct text *text, const struct json_service *service)
{
	const struct snapshot *snapshot = service->snapshot;
	const struct sv_status *status = &snapshot->status;
	bool is_known = snapshot_is_known(snapshot);
	bool is_run = is_known && status->phase == SV_PHASE_RUN;
	bool is_ours = is_known && snapshot->kind == SV_STATUS_OURS;
	sv_ms uptime = snapshot_uptime(snapshot, service->now_ms, service->now_unix);

	text_add(text, "{\"name\":");
	json_string(text, service->name);
	add_key(text, "state");
	json_string(text, snapshot_word(snapshot, service->now_ms));
	add_number(text, "pid", is_known && status->pid, status->pid);
	add_key(text, "want");
	text_add(text, !is_known ? "null" : status->want_up ? "\"up\"" : "\"down\"");
	add_bool(text, "paused", is_known, status->paused);
	add_bool(text, "ready", is_ours, is_run && status->ready_ms);
	add_number(text, "uptime_ms", uptime >= 0, uptime);
	add_number(text, "started_unix", is_run, status->changed.tv_sec);
	add_counters(text, service);
	add_key(text, "dir");
	json_string(text, service->dir);
	add_bool(text, "is_log", true, service->is_log);
	/* What may not be looked at may well be supervised. */
	add_bool(text, "supervised", snapshot->is_supervised || !snapshot->trouble,
		snapshot->is_supervised);
	text_add(text, "}");
}

size_t json_room(size_t name_size, size_t dir_size)
{
	return KEYS + WORST * (name_size + dir_size + SV_STATUS_TEXT);
}
