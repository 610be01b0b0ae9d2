/* Files to policy; see policy.h. */
#include "supervise/policy.h"

#include <fcntl.h>
#include <skalibs/sig.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "supervise/values.h"

enum { SIGNALS = 64, CODES = 256 };

/* One number of milliseconds, at most what fits s6's unsigned ones. */
static sv_ms milliseconds(struct service *service, enum value value, sv_ms least, sv_ms otherwise)
{
	return values_number(service, value, least, UINT32_MAX, otherwise);
}

/* A name with or without SIG, or a number.  Returns 0 when it is no signal. */
static int parse_signal(const char *text)
{
	int signal = 0;

	if (!sig0_scan(text, &signal) || signal < 1 || signal > SIGNALS)
		return 0;
	return signal;
}

static bool parse_down_signal(struct machine_policy *policy, const char *text)
{
	int signal = parse_signal(text);

	if (signal)
		policy->stop_signal = signal;
	return signal != 0;
}

static bool parse_restart(struct machine_policy *policy, const char *text)
{
	static const struct {
		const char *word;
		enum machine_restart restart;
	} words[] = {
		{"always", MACHINE_RESTART_ALWAYS},
		{"on-failure", MACHINE_RESTART_ON_FAILURE},
		{"never", MACHINE_RESTART_NEVER},
	};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (strcmp(text, words[i].word) == 0) {
			policy->restart = words[i].restart;
			return true;
		}
	}
	return false;
}

/* Notes one exit code, or the name of a signal. */
static bool add_success(struct machine_policy *policy, const char *word)
{
	unsigned code = 0;
	size_t at = 0;

	for (; word[at] >= '0' && word[at] <= '9' && code < CODES; at++)
		code = code * 10 + (unsigned)(word[at] - '0');
	if (at > 0 && word[at] == 0 && code < CODES) {
		policy->success_codes[code / 64] |= (uint64_t)1 << code % 64;
		return true;
	}
	int signal = at == 0 ? parse_signal(word) : 0;
	if (signal)
		policy->success_signals |= (uint64_t)1 << (signal - 1);
	return signal != 0;
}

static bool parse_success_codes(struct machine_policy *policy, const char *text)
{
	static const char separators[] = " ,\n\t\r";
	struct machine_policy result = *policy;
	char word[16];

	memset(result.success_codes, 0, sizeof result.success_codes);
	text += strspn(text, separators);
	if (!*text)
		return false;
	while (*text) {
		size_t size = strcspn(text, separators);
		if (size >= sizeof word)
			return false;
		memcpy(word, text, size);
		word[size] = 0;
		if (!add_success(&result, word))
			return false;
		text += size;
		text += strspn(text, separators);
	}
	*policy = result;
	return true;
}

void policy_read(struct service *service)
{
	struct machine_policy *policy = &service->policy;
	bool announces = policy->announces;

	*policy = machine_default_policy;
	policy->announces = announces;
	policy->timeout_finish =
		milliseconds(service, VALUE_TIMEOUT_FINISH, 0, policy->timeout_finish);
	policy->timeout_kill = milliseconds(service, VALUE_TIMEOUT_KILL, 0, policy->timeout_kill);
	policy->restart_delay =
		milliseconds(service, VALUE_RESTART_DELAY, 1, policy->restart_delay);
	policy->restart_delay_max =
		milliseconds(service, VALUE_RESTART_DELAY_MAX, 1, policy->restart_delay_max);
	policy->stable_after = milliseconds(service, VALUE_STABLE_AFTER, 0, policy->stable_after);
	policy->max_restarts =
		(uint32_t)values_number(service, VALUE_MAX_RESTARTS, 0, UINT32_MAX, 0);
	policy->kill_group = faccessat(service->dir_fd, "flag-timeout-killpg", F_OK, 0) == 0;
	values_text(
		service, VALUE_DOWN_SIGNAL, parse_down_signal, "the name or number of one signal");
	values_text(service, VALUE_RESTART, parse_restart, "always, on-failure or never");
	values_text(service, VALUE_SUCCESS_CODES, parse_success_codes,
		"exit codes from 0 to 255 or names of signals");
}
