/* Unit tests that run without a station: see "Scheduled converters" in the README of the SDK. */
#undef NDEBUG
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "wats_scheduled_testing.h"

#define ADDRESS "https://mes.example/results?since="

static void results_become_reports_and_the_last_is_remembered(void) {
    wats_test_ran ran = WATS_TEST_RUN(.answers = {
        {.url = ADDRESS, .body = "[{\"id\": 41, \"serial\": \"A-1001\", \"start\": \"2026-05-04T08:15:30+02:00\", \"measurements\":"
                                 "[{\"name\": \"Vcc\", \"value\": 5.01, \"low\": 4.9, \"high\": 5.1, \"unit\": \"V\"}]}]"}});
    assert(ran.result.report_count == 1);
    const wats_test_report *report = &ran.result.reports[0];
    assert(strcmp(report->serial_number, "A-1001") == 0 && strcmp(report->key, "41") == 0);
    const wats_test_step *vcc = wats_test_find(report, "Vcc");
    assert(vcc && strcmp(vcc->comparison, "GELE") == 0 && vcc->low == 4.9 && vcc->high == 5.1);
    assert(strcmp(wats_test_state(&ran, "since"), "41") == 0);
}

static void it_asks_for_what_comes_after_the_last(void) {
    wats_test_ran ran = WATS_TEST_RUN(.state = {{"since", "42"}}, .settings = {{"address", "https://line2.example/api"}},
                                      .answers = {{.url = "https://line2.example/api?since=42", .body = "[]"}});
    assert(strcmp(ran.result.outcome, "skipped") == 0);
    assert(strcmp(ran.result.message, "nothing new") == 0);
}

static void what_is_no_number_is_an_error_and_nothing_is_remembered(void) {
    wats_test_ran ran = WATS_TEST_RUN(.answers = {
        {.url = ADDRESS, .body = "[{\"id\": 1, \"serial\": \"A\", \"start\": \"2026-05-04T08:15:30Z\", \"measurements\":"
                                 "[{\"name\": \"Vcc\", \"value\": \"5,01\"}]}]"}});
    assert(strcmp(ran.result.kind, "malformed") == 0);
    assert(ran.state_count == 0);
}

static void nobody_there_and_a_busy_server_are_waited_for(void) {
    wats_test_ran nobody = WATS_TEST_RUN(
        .answers = {{.url = ADDRESS, .fails = WATS_HTTP_UNREACHABLE, .reason = "no such name"}});
    assert(strcmp(nobody.result.outcome, "waiting") == 0);
    wats_test_ran busy = WATS_TEST_RUN(.answers = {{.url = ADDRESS, .status = 503, .body = "at lunch"}});
    assert(strcmp(busy.result.outcome, "waiting") == 0);
}

int main(void) {
    results_become_reports_and_the_last_is_remembered();
    it_asks_for_what_comes_after_the_last();
    what_is_no_number_is_an_error_and_nothing_is_remembered();
    nobody_there_and_a_busy_server_are_waited_for();
    puts("all tests passed");
    return 0;
}
