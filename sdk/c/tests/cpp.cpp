// Tests of the C++ layer, natively with the test kit.
#include <cstdio>
#include <cstring>
#include <functional>

#include "wats_converter.hpp"
#include "wats_testing.h"

#include "check.h"

namespace {

bool same(const char *found, std::string_view expected) {
    if (found && found == expected) return true;
    std::printf("found\n%s\nexpected\n%.*s\n", found ? found : "NULL", static_cast<int>(expected.size()), expected.data());
    return false;
}

struct Tested {
    struct Settings {
        std::string mark = ".";
        double factor = 0.5;
        std::int64_t count = 3;
        bool strict = true;
        std::vector<std::string> words;
        wats::Json table = {"{}"};
        wats::Json nothing;
        std::vector<std::string> colours = {"red", "a\"\\\n"};

        static std::vector<wats::Field<Settings>> fields() {
            return {
                wats::field("mark", &Settings::mark, "Mark").length(1, 1),
                wats::field("factor", &Settings::factor, "Factor").least(0).most(2),
                wats::field("count", &Settings::count, "Count"),
                wats::field("strict", &Settings::strict, "Strict"),
                wats::field("words", &Settings::words, "Words"),
                wats::field("table", &Settings::table, "Table").schema("{\"type\":\"object\"}"),
                wats::field("nothing", &Settings::nothing, "Nothing"),
                wats::field("colours", &Settings::colours, "Colours"),
            };
        }
    };

    static wats::Descriptor descriptor() {
        return {.name = "cpp-tests", .version = "1.0.0", .patterns = {"*.a"}, .grants = {WATS_GRANT_LOOKUP}};
    }
    static wats::Detection probe(const wats::Input &input, const Settings &) {
        return input.main().begins_with("yes") ? wats::certain() : wats::no("no");
    }
    static wats::Outcome convert(const wats::Input &input, const Settings &settings) { return body(input, settings); }

    static std::function<wats::Outcome(const wats::Input &, const Settings &)> body;
};
std::function<wats::Outcome(const wats::Input &, const Tested::Settings &)> Tested::body;

using Body = std::function<wats::Outcome(const wats::Input &, const Tested::Settings &)>;

wats_test_result run(const wats_test &test, Body body) {
    Tested::body = std::move(body);
    return wats_test_convert(&test);
}

void errors_are_values_with_places() {
    auto result = run({.content = "a;b\n"}, [](const wats::Input &input, const Tested::Settings &) -> wats::Outcome {
        auto text = WATS_TRY(input.main().text());
        auto fields = wats::split(wats::trim(text), ';');
        CHECK(fields.size() == 2);
        CHECK(*wats::number("5,5", ',') == 5.5 && !wats::number("5.5", ','));
        CHECK(!*wats::number_or_none(" "));
        CHECK(*wats::integer("12", 0, 20) == 12 && !wats::integer("21", 0, 20));
        CHECK(*wats::status_from("ok") == wats::Status::passed);
        double value = WATS_TRY(wats::number(fields[1]).at_cell(1, 2));
        return wats::internal(wats::concat("not reached ", value));
    });
    CHECK(same(result.kind, "malformed"));
    CHECK(same(result.place, "line 1, column 2"));
    CHECK(same(result.message, "\"b\" is not a number"));
    auto path = run({.content = ""}, [](const wats::Input &, const Tested::Settings &) -> wats::Outcome {
        return wats::unsupported(wats::concat("version ", 7, '.', 1.5)).at_path(std::string("/a[") + "1]").in_file("x.xml");
    });
    auto nul = run({.content = ""}, [](const wats::Input &, const Tested::Settings &) -> wats::Outcome {
        CHECK(!wats::integer(std::string_view("5\0x", 3)) && !wats::status_from(std::string_view("ok\0x", 4)));
        return wats::number(std::string_view("5\0x", 3)).error();
    });
    CHECK(same(nul.message, "\"5\xEF\xBF\xBDx\" is not a number"));
    CHECK(same(path.place, "/a[1]") && same(path.file, "x.xml") && same(path.message, "version 7.1.5"));
}

void outcomes_are_values() {
    CHECK(same(run({.content = ""}, [](auto &, auto &) { return wats::skipped("not mine"); }).message, "not mine"));
    auto waiting = run({.content = ""}, [](auto &, auto &) { return wats::waiting({.reason = "later", .retry_after = 2}); });
    CHECK(same(waiting.outcome, "waiting") && waiting.retry_after.value == 2);
}

void everything_that_is_written_arrives() {
    auto result = run({.name = "f.txt", .content = "x"}, [](const wats::Input &input, const Tested::Settings &) -> wats::Outcome {
        wats::Uut uut({.serial_number = "A-1", .process_code = 100, .properties = {{"colour", "red"}, {"n", 2.0}, {"f", true}}});
        {
            auto supply = uut.sequence("Supply");
            uut.numeric("Vcc", 5.01, {.unit = "V", .limits = wats::between(4.9, 5.1), .duration = 0.5});
            uut.numeric("none", {}, {.status = wats::Status::error, .properties = {{"loop-index", 1.0}}});
            uut.multi_numeric("Rails");
            uut.measure("3V3", 3.3, {.unit = "V", .limits = wats::inclusive(3.2, {})});
        }
        CHECK(uut.depth() == 0);
        uut.pass_fail("LED", wats::passed_if(false));
        uut.text("Firmware", "1.4", {.expected = wats::same_text("1.4")});
        uut.multi_text("Ids");
        uut.measure_text("MAC", std::string("00:11"));
        uut.action("Flash", {.loop_index = 0, .loop = wats_loop{3, 2, 1}, .caused_failure = true});
        uut.chart("Chart", {.label = "Curve", .series = {{.name = "U", .y = {1, 2}}}});
        uut.add_result("{}");
        uut.message_popup("Look", "yes", 1);
        uut.call_executable("exe", 3);
        uut.generic("NI_Flow_If", "If");
        uut.add_attachment({"a", "text/plain", std::string_view("\0\1", 2)});
        uut.attach_file(input.main(), "text/plain");
        uut.misc_info("Room", "7");
        uut.sub_unit({.part_number = "PSU", .serial_number = "P-9"});
        uut.asset({.serial_number = "DMM", .type = "meter"});
        CHECK(!WATS_TRY(uut.finish(wats::Status::failed)).empty());
        WATS_TRY(wats::emit_json("{}", "k"));
        return wats::converted();
    });
    CHECK(same(result.transcript, "begin A-1 process-code=100 program=Main colour=red n=2 f=true\n"
                                  "open Supply\n"
                                  "numeric Vcc duration=0.5 5.01 V GELE 4.9 5.1\n"
                                  "numeric none status=error loop-index=1 none LOG\n"
                                  "multi-numeric Rails\n  measure 3V3 3.3 V GE 3.2\n"
                                  "close\n"
                                  "pass-fail LED failed\n"
                                  "text Firmware 1.4 CASESENSIT 1.4\n"
                                  "multi-text Ids\n  measure MAC 00:11 LOG\n"
                                  "action Flash loop-index=0 loop-count=3 loop-ending-index=3 loop-passed=2 loop-failed=1 caused-uut-failure=true\n"
                                  "chart Chart label=Curve series U x y 1 2\n"
                                  "add-result {}\n"
                                  "attach-file f.txt text/plain\n"
                                  "misc-info Room: 7\n"
                                  "sub-unit PSU P-9\n"
                                  "asset DMM 1 type=meter\n"
                                  "message-popup Look response=yes button=1\n"
                                  "call-executable exe exit-code=3\n"
                                  "generic If type=NI_Flow_If\n"
                                  "add-attachment a text/plain 2 bytes\n"
                                  "finish status=failed\n"
                                  "emit-json key=k {}\n"));
}

void a_rejected_report_is_an_error() {
    auto result = run({.content = "", .violation = "no"}, [](auto &, auto &) -> wats::Outcome {
        wats::Uut uut({.serial_number = "A"});
        WATS_TRY(uut.finish());
        return wats::converted();
    });
    CHECK(same(result.kind, "rejected"));
}

void what_ended_a_report_is_told_and_not_the_sequences_that_were_open() {
    auto result = run({.content = "", .violation = "no"}, [](auto &, auto &) -> wats::Outcome {
        wats::Uut uut({.serial_number = "A"});
        auto supply = uut.sequence("Supply");
        WATS_TRY(uut.finish());
        return wats::converted();
    });
    CHECK(same(result.kind, "rejected"));
    result = run({.content = ""}, [](auto &, auto &) -> wats::Outcome {
        wats::Uut uut({.serial_number = "A"});
        auto supply = uut.sequence("Supply");
        uut.discard();
        return wats::skipped("not mine");
    });
    CHECK(same(result.outcome, "skipped") && same(result.message, "not mine"));
}

void a_lookup_without_an_answer_tells_the_reason() {
    auto result = run({.content = "", .no_server = "no route"}, [](auto &, auto &) -> wats::Outcome {
        auto process = wats::process_by_name("Final");
        CHECK(process.answer == WATS_UNAVAILABLE && process.reason == "no route");
        auto product = wats::product_by_part_number("PCB");
        return wats::waiting({.reason = product.reason});
    });
    CHECK(same(result.outcome, "waiting") && same(result.message, "no route"));
}

void settings_are_a_struct() {
    auto body = [](const wats::Input &, const Tested::Settings &settings) -> wats::Outcome {
        std::string words;
        for (auto &word : settings.words) words += word + "|";
        CHECK(settings.nothing.text.empty() && settings.colours == std::vector<std::string>({"red", "a\"\\\n"}));
        wats::info(settings.mark, ' ', settings.factor, ' ', settings.count, ' ', settings.strict ? "strict" : "lax", ' ', words,
                   settings.table.text);
        return wats::converted();
    };
    CHECK(same(run({.content = ""}, body).log, "info: . 0.5 3 strict {}\n"));
    wats_test test{.content = "",
                   .settings = {{"mark", ","}, {"factor", "1.5"}, {"count", "7"}, {"strict", "false"}, {"words", "[\"a\",\"b\"]"}}};
    CHECK(same(run(test, body).log, "info: , 1.5 7 lax a|b|{}\n"));
    CHECK(std::strstr(wats_test_schema(), "\"factor\":{\"type\":\"number\",\"description\":\"Factor\",\"default\":0.5,\"minimum\":0,\"maximum\":2}"));
    CHECK(std::strstr(wats_test_schema(), "\"nothing\":{\"description\":\"Nothing\"}"));
    CHECK(std::strstr(wats_test_schema(), "\"default\":[\"red\",\"a\\\"\\\\\\u000a\"]"));
    CHECK(std::strstr(wats_test_schema(), "\"mark\":{\"type\":\"string\",\"description\":\"Mark\",\"default\":\".\",\"minLength\":1,\"maxLength\":1}"));
}

void lines_are_views() {
    auto result = run({.content = "a\r\n\xFF\n"}, [](const wats::Input &input, const Tested::Settings &) -> wats::Outcome {
        auto lines = input.main().lines();
        auto first = lines.next();
        CHECK(first && first->text == "a" && first->number == 1);
        CHECK(!lines.next() && lines.broken());
        return wats::converted();
    });
    CHECK(same(result.place, "line 2, column 1"));
}

}  // namespace

WATS_EXPORT_CLASS(Tested)

int main() {
    errors_are_values_with_places();
    outcomes_are_values();
    everything_that_is_written_arrives();
    a_rejected_report_is_an_error();
    what_ended_a_report_is_told_and_not_the_sequences_that_were_open();
    a_lookup_without_an_answer_tells_the_reason();
    settings_are_a_struct();
    lines_are_views();
    std::printf("%d failures\n", failures);
    return failures != 0;
}
