/* The converter in the README, which run_tests.py writes to build/tutorial.c: it must compile and do what is said of it. */
#include "build/tutorial.c"

#undef NDEBUG
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "wats_testing.h"

int main(void) {
    wats_test_result good = WATS_TEST(.content = "ACME ICT 2.0\nSerial: A-1001\nR12;Ohm;99.8;95;105\nR13;Ohm;120.4;95;105\n");
    assert(good.report_count == 1 && good.reports[0].step_count == 2);
    assert(strcmp(good.reports[0].part_number, "PCB-7") == 0);
    assert(WATS_TEST_PROBE(.content = "ACME ICT 2.0").confidence == 1);
    wats_test_result broken = WATS_TEST(.content = "ACME ICT 2.0\nSerial: A\nR12;Ohm;99,8;95;105\n");
    assert(strcmp(broken.place, "line 3, column 3") == 0);
    assert(strcmp(broken.message, "\"99,8\" is not a number") == 0);
    puts("the tutorial holds");
    return 0;
}
