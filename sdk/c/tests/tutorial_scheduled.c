/* The scheduled converter in the README, which run_tests.py writes to build/tutorial_scheduled.c: it must compile and do what is said
 * of it. */
#include "build/tutorial_scheduled.c"

#undef NDEBUG
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "wats_scheduled_testing.h"

int main(void) {
    wats_test_ran ran = WATS_TEST_RUN(.state = {{"since", "7"}},
                                      .answers = {{.url = "https://oven.example/results?since=7",
                                                   .body = "8;A-1001;2026-05-04T08:15:30Z;5.0\n"}});
    assert(strcmp(ran.result.reports[0].key, "8") == 0);
    assert(strcmp(wats_test_state(&ran, "since"), "8") == 0);
    assert(strcmp(WATS_TEST_RUN(.due = NULL).result.outcome, "waiting") == 0);
    puts("the tutorial of scheduled converters holds");
    return 0;
}
