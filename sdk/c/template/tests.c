/* Unit tests that run without a station: see "Test" in the README. */
#undef NDEBUG
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "wats_testing.h"

static void reads_head_and_measurements(void) {
    wats_test_result result = WATS_TEST(.content = "My tester 2.0\nSerial: A-1001\nPart: LAMP-7\n\nVcc;5.01;4.9;5.1;V\n");
    assert(strcmp(result.outcome, "converted") == 0);
    assert(result.report_count == 1);
    assert(strcmp(result.reports[0].serial_number, "A-1001") == 0);
    assert(strcmp(result.reports[0].part_number, "LAMP-7") == 0);
    const wats_test_step *vcc = wats_test_find(&result.reports[0], "Measurements/Vcc");
    assert(vcc && vcc->value.value == 5.01 && vcc->low == 4.9 && vcc->high == 5.1);
    assert(strcmp(vcc->comparison, "GELE") == 0);
}

static void an_empty_limit_is_none(void) {
    wats_test_result result = WATS_TEST(.content = "My tester\nSerial: A\n\nIdle;0.12;;0.2;A\n");
    const wats_test_step *idle = wats_test_find(&result.reports[0], "Measurements/Idle");
    assert(idle && strcmp(idle->comparison, "LE") == 0 && idle->low == 0.2);
}

static void a_broken_number_is_told_with_its_place(void) {
    wats_test_result result = WATS_TEST(.content = "My tester\nSerial: A\n\nIdle;O.12;;0.2;A\n");
    assert(strcmp(result.kind, "malformed") == 0);
    assert(strcmp(result.place, "line 4, column 2") == 0);
    assert(strcmp(result.message, "\"O.12\" is not a number") == 0);
}

static void settings_are_used(void) {
    wats_test_result result = WATS_TEST(.content = "My tester\nSerial: A\n\nVcc;5,01;4,9;5,1;V\n",
                                        .settings = {{"decimal_mark", ","}, {"sequence", "Messwerte"}});
    const wats_test_step *vcc = wats_test_find(&result.reports[0], "Messwerte/Vcc");
    assert(vcc && vcc->value.value == 5.01);
}

static void other_files_are_not_mine(void) {
    assert(WATS_TEST_PROBE(.content = "Another tester").confidence == 0);
    assert(WATS_TEST_PROBE(.content = "My tester 2.0").confidence == 1);
}

int main(void) {
    reads_head_and_measurements();
    an_empty_limit_is_none();
    a_broken_number_is_told_with_its_place();
    settings_are_used();
    other_files_are_not_mine();
    puts("all tests passed");
    return 0;
}
