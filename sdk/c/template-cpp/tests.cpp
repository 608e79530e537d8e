// Unit tests that run without a station: see "Test" in the README.
#undef NDEBUG
#include <cassert>
#include <cstdio>
#include <string_view>

#include "wats_testing.h"

using std::string_view;

static wats_test_result convert(const wats_test &test) { return wats_test_convert(&test); }

static double confidence(const wats_test &test) { return wats_test_probe(&test).confidence; }

static void reads_head_and_measurements() {
    auto result = convert({.content = "My tester 2.0\nSerial: A-1001\nPart: LAMP-7\n\nVcc;5.01;4.9;5.1;V\n"});
    assert(result.outcome == string_view("converted") && result.report_count == 1);
    assert(result.reports[0].serial_number == string_view("A-1001"));
    auto vcc = wats_test_find(&result.reports[0], "Measurements/Vcc");
    assert(vcc && vcc->value.value == 5.01 && vcc->low == 4.9 && vcc->high == 5.1);
}

static void an_empty_limit_is_none() {
    auto result = convert({.content = "My tester\nSerial: A\n\nIdle;0.12;;0.2;A\n"});
    auto idle = wats_test_find(&result.reports[0], "Measurements/Idle");
    assert(idle && idle->comparison == string_view("LE") && idle->low == 0.2);
}

static void a_broken_number_is_told_with_its_place() {
    auto result = convert({.content = "My tester\nSerial: A\n\nIdle;O.12;;0.2;A\n"});
    assert(result.place == string_view("line 4, column 2"));
    assert(result.message == string_view("\"O.12\" is not a number"));
}

static void settings_are_used() {
    auto result = convert({.content = "My tester\nSerial: A\n\nVcc;5,01;4,9;5,1;V\n",
                           .settings = {{"decimal_mark", ","}, {"sequence", "Messwerte"}}});
    auto vcc = wats_test_find(&result.reports[0], "Messwerte/Vcc");
    assert(vcc && vcc->value.value == 5.01);
}

static void other_files_are_not_mine() {
    assert(confidence({.content = "Another tester"}) == 0);
    assert(confidence({.content = "My tester 2.0"}) == 1);
}

int main() {
    reads_head_and_measurements();
    an_empty_limit_is_none();
    a_broken_number_is_told_with_its_place();
    settings_are_used();
    other_files_are_not_mine();
    std::puts("all tests passed");
}
