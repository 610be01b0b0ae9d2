/* Any sequence of events, also senseless ones: the machine keeps its invariant, never orders a second
 * copy, and never comes back from GONE.
 * uses: supervise/machine.o supervise/machine_settle.o supervise/machine_describe.o */
#include <stdlib.h>

#include "tests/unit/machine_states.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct machine m = machine_new();
	sv_ms now = NOW_MS;

	m.changed = now;
	const struct machine_policy policy =
		machine_nth_policy(size > 0 ? data[size - 1] % MACHINE_POLICIES : 0);
	for (size_t i = 0; i + 1 < size; i += 2) {
		const enum machine_phase before = m.phase;
		const bool had_child = m.pid != 0;
		const struct machine_event event = machine_nth_event(data[i] % MACHINE_NTH_EVENTS);
		now += (sv_ms)data[i + 1] * 40;
		struct machine_orders orders = machine_step(&m, &event, now, &policy);
		bool starts = orders.start != MACHINE_START_NOTHING;
		if (!machine_holds(&m) || (before == MACHINE_GONE && m.phase != MACHINE_GONE))
			abort();
		if (starts && had_child && event.kind != MACHINE_EXITED)
			abort();
	}
	return 0;
}
