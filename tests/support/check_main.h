/* Every test program is one file with one suite; this is its main.
 *
 * Each test runs in a process of its own (libcheck forks), so a crash counts as one failure. */
#ifndef SV_CHECK_MAIN_H
#define SV_CHECK_MAIN_H

#include <check.h>
#include <stdlib.h>

/* Runs a suite; returns what main returns. */
static inline int sv_check_run(Suite *suite)
{
	SRunner *runner = srunner_create(suite);

	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#define SV_CHECK_MAIN(make_suite)                                                                  \
	int main(void)                                                                             \
	{                                                                                          \
		return sv_check_run(make_suite());                                                 \
	}

#endif
