// Tests of what scheduled converters have in C++, natively with the test kit.
#include <cstdio>
#include <functional>

#include "wats_scheduled_converter.hpp"
#include "wats_scheduled_testing.h"

#include "check.h"

namespace {

const char *const URL = "https://mes.example/units";

struct Tested {
    struct Settings {
        std::string address = "none";

        static std::vector<wats::Field<Settings>> fields() { return {wats::field("address", &Settings::address, "Address")}; }
    };

    static wats::Descriptor descriptor() {
        return {.name = "cpp-tests", .version = "1.0.0", .grants = {WATS_GRANT_HTTP_TO("mes.example"), WATS_GRANT_STATE}};
    }
    static wats::Outcome run(const wats::Run &run, const Settings &settings) { return body(run, settings); }

    static std::function<wats::Outcome(const wats::Run &, const Settings &)> body;
};
std::function<wats::Outcome(const wats::Run &, const Tested::Settings &)> Tested::body;

wats_test_ran run(const wats_test_run &test, std::function<wats::Outcome(const wats::Run &, const Tested::Settings &)> body) {
    Tested::body = std::move(body);
    return wats_test_run_once(&test);
}

bool is(const char *found, std::string_view expected) {
    if (found && found == expected) return true;
    std::printf("found\n%s\n", found ? found : "NULL");
    return false;
}

void a_run_is_told_when_it_is_due_and_what_is_set() {
    std::string told;
    auto tell = [&](const wats::Run &run, const Tested::Settings &settings) -> wats::Outcome {
        told = wats::concat(run.due(), " ", run.previous().value_or("none"), " ", run.is_by_hand() ? "by hand" : "", settings.address);
        return wats::converted();
    };
    run({.due = "2026-05-04T08:20:00Z", .previous = "2026-05-04T08:10:00Z", .by_hand = true, .settings = {{"address", "there"}}}, tell);
    CHECK(told == "2026-05-04T08:20:00Z 2026-05-04T08:10:00Z by handthere");
    run({}, tell);
    CHECK(told == "2026-05-04T12:00:00+00:00 none none");
    CHECK(std::string_view(wats_test_schema()).find("\"address\":{\"type\":\"string\"") != std::string_view::npos);
}

void requests_are_answered_and_noted() {
    auto ran = run({.answers = {{.url = URL, .body = "[1, 2.5, \"x\"]", .method = "POST", .headers = {{"X-Count", "3"}}}}},
                   [](const wats::Run &, const auto &) -> wats::Outcome {
                       auto answer = WATS_TRY(wats::http::send({.method = "POST", .url = URL, .headers = {{"X-A", "b"}}, .body = "1", .timeout = 3}));
                       WATS_TRY(answer.success());
                       CHECK(wats::json_quoted("a\"") == "\"a\\\"\"");
                       CHECK(answer.status() == 200 && answer.header("x-COUNT") == "3" && !answer.header("x"));
                       CHECK(answer.body() == "[1, 2.5, \"x\"]" && WATS_TRY(answer.text()) == answer.body());
                       auto values = WATS_TRY(WATS_TRY(answer.json()).list());
                       CHECK(values.size() == 3 && WATS_TRY(values[0].integer()) == 1 && WATS_TRY(values[1].number()) == 2.5);
                       CHECK(WATS_TRY(values[2].text()) == "x" && !values[2].integer());
                       return wats::converted();
                   });
    CHECK(is(ran.result.outcome, "converted") && ran.request_count == 1);
    const wats_http_request &sent = ran.requests[0];
    CHECK(sent.header_count == 1 && is(sent.headers[0].value, "b") && sent.body_size == 1 && sent.timeout.value == 3);
}

void nobody_there_makes_the_station_try_again() {
    auto ran = run({}, [](const wats::Run &, const auto &) -> wats::Outcome {
        auto answer = wats::http::get(URL);
        CHECK(!answer && answer.error().is_waiting() && wats::http::last_error().kind == WATS_HTTP_UNREACHABLE);
        WATS_TRY(wats::http::get(URL));
        return wats::converted();
    });
    CHECK(is(ran.result.outcome, "waiting") && is(ran.result.message, "the test has no answer for GET https://mes.example/units"));
    auto other = run({}, [](const wats::Run &, const auto &) -> wats::Outcome {
        auto answer = wats::http::get("https://other.example/");
        CHECK(!answer.error().is_waiting() && answer.error().kind() == wats::Kind::misconfigured);
        return wats::skipped("not allowed, and that is fine");
    });
    CHECK(is(other.result.outcome, "skipped"));
}

void what_is_granted_and_not_asked_for_is_not_there() {
    static const char *const everything[] = {"http", "http:other.example", "state", nullptr};
    auto asks = [](const char *url) {
        return [=](const wats::Run &, const auto &) -> wats::Outcome {
            WATS_TRY(wats::http::get(url));
            return wats::converted();
        };
    };
    wats_test_run test{.answers = {{.url = URL}, {.url = "https://other.example/"}}, .grants = everything};
    CHECK(is(run(test, asks(URL)).result.outcome, "converted"));
    CHECK(is(run(test, asks("https://other.example/")).result.kind, "misconfigured"));
}

void values_of_json_are_read() {
    auto ran = run({.answers = {{.url = URL, .body = R"({"text": "t", "number": 1.5, "flag": true, "list": [], "table": {"a": 1, "b": null}})"}}},
                   [](const wats::Run &, const auto &) -> wats::Outcome {
                       auto document = WATS_TRY(WATS_TRY(wats::http::get(URL)).json());
                       CHECK(WATS_TRY(document.text_or_none("text")) == "t" && WATS_TRY(document.text_or_none("no")).empty());
                       CHECK(WATS_TRY(document.number_or_none("number")) == 1.5 && !WATS_TRY(document.number_or_none("no")));
                       CHECK(WATS_TRY(document.flag("flag")) && WATS_TRY(document.list("list")).empty());
                       CHECK(WATS_TRY(document.list_or_none("no")).empty());
                       auto table = WATS_TRY(document.table("table"));
                       CHECK(table.members().size() == 2 && table.members()[1].key() == "b");
                       CHECK(table.member("a") && !table.member("b"));
                       WATS_TRY(table.integer("a", 2, 3));
                       return wats::converted();
                   });
    CHECK(is(ran.result.message, "the answer of https://mes.example/units: table.a must be a whole number in its range"));
}

void what_is_remembered_is_read_and_set() {
    auto ran = run({.state = {{"since", "7"}, {"old", "x"}}}, [](const wats::Run &, const auto &) -> wats::Outcome {
        CHECK(WATS_TRY(wats::state::text("since")) == "7" && WATS_TRY(wats::state::text("none")).empty());
        CHECK(!WATS_TRY(wats::state::bytes("none")) && WATS_TRY(wats::state::bytes("old")) == "x");
        WATS_TRY(wats::state::set_bytes("raw", std::string_view("\0\xFF", 2)));
        WATS_TRY(wats::state::set_text("since", "8"));
        WATS_TRY(wats::state::forget("old"));
        CHECK(WATS_TRY(wats::state::keys()) == (std::vector<std::string>{"raw", "since"}));
        CHECK(WATS_TRY(wats::state::bytes("raw"))->size() == 2);
        return wats::converted();
    });
    CHECK(is(ran.result.outcome, "converted") && is(wats_test_state(&ran, "since"), "8") && ran.state_count == 2);
    auto denied = run({}, [](const wats::Run &, const auto &) -> wats::Outcome {
        WATS_TRY(wats::state::set_text("", "x"));
        return wats::converted();
    });
    CHECK(is(denied.result.message, "keys of the state have 1 to 200 characters"));
}

}  // namespace

WATS_EXPORT_SCHEDULED_CLASS(Tested)

int main() {
    a_run_is_told_when_it_is_due_and_what_is_set();
    requests_are_answered_and_noted();
    nobody_there_makes_the_station_try_again();
    what_is_granted_and_not_asked_for_is_not_there();
    values_of_json_are_read();
    what_is_remembered_is_read_and_set();
    std::printf("%d failures\n", failures);
    return failures != 0;
}
