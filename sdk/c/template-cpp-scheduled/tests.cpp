// Unit tests that run without a station: see "Scheduled converters" in the README of the SDK.
#undef NDEBUG
#include <cassert>
#include <cstdio>
#include <string_view>

#include "wats_scheduled_testing.h"

using std::string_view;

static const char *const ADDRESS = "https://mes.example/results?since=";

static wats_test_ran run(const wats_test_run &test) { return wats_test_run_once(&test); }

static void results_become_reports_and_the_last_is_remembered() {
    auto ran = run({.answers = {{.url = ADDRESS, .body = R"([{"id": 41, "serial": "A-1001", "start": "2026-05-04T08:15:30+02:00",
        "measurements": [{"name": "Vcc", "value": 5.01, "low": 4.9, "high": 5.1, "unit": "V"}]}])"}}});
    assert(ran.result.report_count == 1);
    const wats_test_report &report = ran.result.reports[0];
    assert(report.serial_number == string_view("A-1001") && report.key == string_view("41"));
    auto vcc = wats_test_find(&report, "Vcc");
    assert(vcc && vcc->comparison == string_view("GELE") && vcc->low == 4.9 && vcc->high == 5.1);
    assert(wats_test_state(&ran, "since") == string_view("41"));
}

static void it_asks_for_what_comes_after_the_last() {
    auto ran = run({.state = {{"since", "42"}},
                    .answers = {{.url = "https://line2.example/api?since=42", .body = "[]"}},
                    .settings = {{"address", "https://line2.example/api"}}});
    assert(ran.result.outcome == string_view("skipped") && ran.result.message == string_view("nothing new"));
}

static void what_is_no_number_is_an_error_and_nothing_is_remembered() {
    auto ran = run({.answers = {{.url = ADDRESS, .body = R"([{"id": 1, "serial": "A", "start": "2026-05-04T08:15:30Z",
        "measurements": [{"name": "Vcc", "value": "5,01"}]}])"}}});
    assert(ran.result.kind == string_view("malformed") && ran.state_count == 0);
}

static void nobody_there_and_a_busy_server_are_waited_for() {
    auto nobody = run({.answers = {{.url = ADDRESS, .fails = WATS_HTTP_UNREACHABLE, .reason = "no such name"}}});
    assert(nobody.result.outcome == string_view("waiting"));
    auto busy = run({.answers = {{.url = ADDRESS, .body = "at lunch", .status = 503}}});
    assert(busy.result.outcome == string_view("waiting"));
}

int main() {
    results_become_reports_and_the_last_is_remembered();
    it_asks_for_what_comes_after_the_last();
    what_is_no_number_is_an_error_and_nothing_is_remembered();
    nobody_there_and_a_busy_server_are_waited_for();
    std::puts("all tests passed");
}
