/* Tests of the library in C, natively with the test kit. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wats_testing.h"

#include "check.h"

/* ---- The converter under test does what the test at hand wants ---- */

typedef struct settings {
    const char *mark;
    const char *mode;
    double factor;
    int64_t count;
    bool strict;
    const char *const *words;
    const char *table;
} settings;

/* Not constant: some tests make it wrong. */
static wats_setting SETTINGS[] = {
    WATS_SETTING_TEXT(settings, mark, ".", "Decimal \"mark\"", .shortest = 1, .longest = 1),
    WATS_SETTING_TEXT(settings, mode, "fast", "Mode", .choices = {"fast", "slow"}),
    WATS_SETTING_NUMBER(settings, factor, 0.1, "Factor", .least = WATS_SOME(0)),
    WATS_SETTING_INTEGER(settings, count, 3, "Count", .least = WATS_SOME(0), .most = WATS_SOME(10)),
    WATS_SETTING_FLAG(settings, strict, true, "Strict"),
    WATS_SETTING_TEXTS(settings, words, "Words"),
    WATS_SETTING_JSON(settings, table, "{\"a\":1}", "{ \"type\": \"object\" }", "Table"),
    WATS_SETTINGS_END,
};

static bool (*body)(const wats_input *input, const settings *settings);

static char name[100] = "sdk-tests", version[] = "1.0.0";

static wats_detection probe(const wats_input *input, const void *data) {
    if (wats_begins_with(input->main, "call")) body(input, data);
    if (wats_begins_with(input->main, "wait")) return (wats_detection){.confidence = 1, .missing = {"a.csv", "b.csv"}};
    return wats_begins_with(input->main, "yes") ? wats_certain() : wats_likely(NAN);
}

static bool convert(const wats_input *input, const void *data) { return body(input, data); }

WATS_EXPORT(.name = name, .version = version, .patterns = {"*.a", "*.b"}, .magic = {WATS_MAGIC(1, "\0x")},
            .grants = {WATS_GRANT_LOOKUP}, .settings = SETTINGS, .settings_size = sizeof(settings), .probe = probe, .convert = convert);

#define RUN(function, ...) (body = (function), WATS_TEST(__VA_ARGS__))

/* ---- Numbers and texts ---- */

static bool reads_numbers(const wats_input *input, const settings *settings) {
    (void)input;
    (void)settings;
    static const struct {
        const char *text;
        double value;
    } good[] = {{"5", 5},         {" +5 ", 5},         {"-5.25", -5.25},   {".5", .5},     {"5.", 5},
                {"1e3", 1000},    {"1E-3", 0.001},     {"0.1", 0.1},       {"1e21", 1e21}, {"123456789012345680", 123456789012345680.0},
                {"5e-324", 5e-324}, {"1.7976931348623157e308", 1.7976931348623157e308}, {"2.2250738585072011e-308", 2.2250738585072011e-308},
                {"9007199254740993", 9007199254740992.0}, {"0.30000000000000004", 0.30000000000000004}, {"1e-7", 1e-7},
                {"00000000000000000000000001.5", 1.5}, {"1e400", INFINITY}, {"inf", INFINITY}, {"-Infinity", -INFINITY}};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        double value = 77;
        CHECK(wats_number(good[i].text, '.', wats_whole(), &value));
        CHECK(value == good[i].value);
    }
    double value = 77;
    CHECK(wats_number("-0", '.', wats_whole(), &value) && value == 0 && signbit(value));
    CHECK(wats_number("NaN", '.', wats_whole(), &value) && isnan(value));
    CHECK(wats_number("5,25", ',', wats_whole(), &value) && value == 5.25);
    static const char *const bad[] = {"", " ", "x", "5,0", "0x1F", "1_000", "1e", "e5", ".", "--5", "5 5", "5V", "1e5.0", "infinite", "1.2.3"};
    value = 77;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) CHECK(!wats_number(bad[i], '.', wats_cell(1, 2), &value));
    CHECK(!wats_number(NULL, '.', wats_whole(), &value));
    CHECK(value == 77);
    CHECK(!wats_number("5.0", ',', wats_cell(3, 4), &value));
    CHECK_TEXT(wats_last_error().message, "\"5.0\" is not a number with the decimal mark ','");
    CHECK(wats_last_error().place.line == 3 && wats_last_error().place.column == 4);
    CHECK(!wats_number("a\"b\\\t\x01", '.', wats_whole(), &value));
    CHECK_TEXT(wats_last_error().message, "\"a\\\"b\\\\\\t\\u{1}\" is not a number");
    wats_optional optional;
    CHECK(wats_number_or_none("  ", '.', wats_whole(), &optional) && !optional.given);
    CHECK(wats_number_or_none("5", '.', wats_whole(), &optional) && optional.given && optional.value == 5);
    CHECK(!wats_number_or_none("x", '.', wats_whole(), &optional) && !optional.given);
    int64_t integer = 77;
    CHECK(wats_integer(" -12 ", -100, 100, wats_whole(), &integer) && integer == -12);
    CHECK(wats_integer("9223372036854775807", 0, INT64_MAX, wats_whole(), &integer) && integer == INT64_MAX);
    CHECK(wats_integer("-9223372036854775808", INT64_MIN, 0, wats_whole(), &integer) && integer == INT64_MIN);
    integer = 77;
    CHECK(!wats_integer("9223372036854775808", INT64_MIN, INT64_MAX, wats_whole(), &integer));
    CHECK(!wats_integer("18446744073709551617", INT64_MIN, INT64_MAX, wats_whole(), &integer));
    CHECK(!wats_integer("101", 0, 100, wats_whole(), &integer) && !wats_integer("1.0", 0, 100, wats_whole(), &integer));
    CHECK(!wats_integer("-", 0, 100, wats_whole(), &integer) && integer == 77);
    wats_forgive();
    CHECK(!wats_last_error().told);
    return true;
}

static void numbers_are_read_strictly(void) { CHECK_TEXT(RUN(reads_numbers, .content = "").outcome, "converted"); }

static bool reads_words(const wats_input *input, const settings *settings) {
    (void)input;
    (void)settings;
    wats_status status;
    CHECK(wats_status_from(" PASS ", wats_whole(), &status) && status == WATS_PASSED);
    CHECK(wats_status_from("ng", wats_whole(), &status) && status == WATS_FAILED);
    CHECK(!wats_status_from("maybe", wats_whole(), &status));
    CHECK_TEXT(wats_last_error().message, "\"maybe\" is not a status");
    wats_limits limits;
    CHECK(wats_limits_named(" gele ", wats_some(1), wats_some(2), wats_whole(), &limits) && limits.comparison == WATS_GELE);
    CHECK(wats_limits_named("LE", wats_none(), wats_some(2), wats_whole(), &limits) && limits.low == 2);
    CHECK(!wats_limits_named("GELE", wats_some(1), wats_none(), wats_whole(), &limits));
    CHECK_TEXT(wats_last_error().message, "GELE needs a low and a high limit");
    CHECK(!wats_limits_named("GE", wats_none(), wats_none(), wats_whole(), &limits));
    CHECK(!wats_limits_named("near", wats_some(1), wats_none(), wats_whole(), &limits));
    wats_text_limits texts;
    CHECK(wats_text_limits_named("ignorecase", "a", wats_whole(), &texts) && texts.comparison == WATS_TEXT_IGNORE_CASE);
    CHECK(!wats_text_limits_named("like", "a", wats_whole(), &texts));
    CHECK_TEXT(wats_timestamp(&(wats_time){2026, 5, 4, 8, 15, 30, 250000000, wats_some(120)}, wats_whole()), "2026-05-04T08:15:30.25+02:00");
    CHECK_TEXT(wats_timestamp(&(wats_time){2024, 2, 29, 0, 0, 0, 0, wats_some(0)}, wats_whole()), "2024-02-29T00:00:00Z");
    CHECK_TEXT(wats_timestamp(&(wats_time){2026, 5, 4, 8, 15, 30, 0, wats_some(-90)}, wats_whole()), "2026-05-04T08:15:30-01:30");
    CHECK(!wats_timestamp(&(wats_time){.year = 2026, .month = 2, .day = 29}, wats_whole()));
    char text[] = "  a;b;;c ", *fields[3];
    CHECK(wats_split(wats_trim(text), ';', fields, 3) == 4);
    CHECK_TEXT(fields[0], "a");
    CHECK_TEXT(fields[2], "");
    CHECK_TEXT(wats_after("Key: value", "Key: "), "value");
    CHECK(!wats_after("Key", "Key: "));
    CHECK(wats_blank(NULL) && wats_blank(" \t\r\n") && !wats_blank(" x"));
    wats_forgive();
    return true;
}

static void words_times_and_limits_are_read(void) { CHECK_TEXT(RUN(reads_words, .content = "").outcome, "converted"); }

static bool tries_often(const wats_input *input, const settings *settings) {
    (void)input;
    (void)settings;
    double value;
    wats_fail(WATS_INTERNAL, wats_path("/a"), "inner");
    wats_fail(WATS_MALFORMED, wats_last_error().place, "outer: %s", wats_last_error().message);
    CHECK_TEXT(wats_last_error().message, "outer: inner");
    CHECK_TEXT(wats_last_error().place.path, "/a");
    for (int i = 0; i < 100000; i++) CHECK(!wats_number("many times no number", '.', wats_whole(), &value));
    CHECK_TEXT(wats_last_error().message, "\"many times no number\" is not a number");
    return false;
}

static void errors_do_not_pile_up(void) {
    CHECK_TEXT(RUN(tries_often, .content = "").message, "\"many times no number\" is not a number");
}

static const char *long_text;

static bool reads_a_long_text(const wats_input *input, const settings *settings) {
    (void)input;
    (void)settings;
    double value;
    return wats_number(long_text, '.', wats_cell(3, 4), &value);
}

/* A file may be one line of many megabytes, of which a message quotes the beginning. */
static void of_a_long_text_the_beginning_is_quoted(void) {
    const size_t length = 1000 * 1000;
    char *text = malloc(length + 1);
    memset(text, '9', length);
    memcpy(text + 999, "\xC3\xA5", 2);
    text[length] = 0;
    long_text = text;
    wats_test_result result = RUN(reads_a_long_text, .content = "");
    CHECK_TEXT(result.place, "line 3, column 4");
    CHECK(strlen(result.message) == 1 + 999 + strlen("\"... is not a number"));
    CHECK_TEXT(result.message + 999, "9\"... is not a number");
    free(text);
}

/* ---- Files ---- */

static bool counts_lines(const wats_input *input, const settings *settings) {
    (void)settings;
    wats_lines *lines = wats_lines_of(input->main);
    size_t length = 0, count = 0;
    for (wats_text_line *line; (line = wats_next(lines)); count++) {
        CHECK(strlen(line->text) == line->length && line->number == count + 1);
        length += line->length;
    }
    wats_log(WATS_INFO, "%zu lines, %zu bytes", count, length);
    return true;
}

static void lines_end_with_lf_or_crlf(void) {
    CHECK_TEXT(RUN(counts_lines, .content = "\xEF\xBB\xBF" "a\r\n\nb\rc\n\r\nd").log, "info: 5 lines, 5 bytes\n");
    CHECK_TEXT(RUN(counts_lines, .content = "").log, "info: 0 lines, 0 bytes\n");
    CHECK_TEXT(RUN(counts_lines, .content = "\n").log, "info: 1 lines, 0 bytes\n");
}

static void lines_longer_than_a_piece_are_whole(void) {
    size_t size = 3 * 1024 * 1024;
    char *content = malloc(size + 1);
    memset(content, 'x', size);
    content[size] = 0;
    content[300 * 1024] = content[size - 1] = '\n';
    wats_test_result result = RUN(counts_lines, .content = content, .size = size);
    CHECK_TEXT(result.log, "info: 2 lines, 3145726 bytes\n");
    for (size_t i = 99; i < size; i += 100) content[i] = '\n';
    CHECK(strstr(RUN(counts_lines, .content = content, .size = size).log, "info: 314") != NULL);
    free(content);
}

static void a_line_that_is_not_utf8_fails_the_conversion_in_any_case(void) {
    wats_test_result result = RUN(counts_lines, .content = "good\na\xC3\xA9\xFF" "b\nmore\n");
    CHECK_TEXT(result.kind, "malformed");
    CHECK_TEXT(result.place, "line 2, column 3");
    CHECK_TEXT(result.message, "not UTF-8");
    CHECK_TEXT(RUN(counts_lines, .content = "a\0b\n", .size = 4).message, "found a NUL in a text");
}

static bool keeps_a_line(const wats_input *input, const settings *settings) {
    (void)settings;
    wats_lines *lines = wats_lines_of(input->main), *texts = wats_lines_in("one\ntwo\n");
    wats_text_line *line = wats_next(lines);
    char *kept = line->text, *copied = wats_copy(line->text);
    line->text += 3;
    char *text = wats_next(texts)->text;
    CHECK_TEXT(wats_next(lines)->text, "B");
    CHECK_TEXT(wats_next(texts)->text, "two");
    CHECK(!wats_next(texts));
    wats_log(WATS_INFO, "%s %s %s", kept, copied, text);
    return true;
}

/* In a small file it would be there by chance, and in a large one hold pieces of others. */
static void a_line_is_gone_when_the_next_one_is_asked_for(void) {
    CHECK_TEXT(RUN(keeps_a_line, .content = "A-1001\nB\n").log, "info: ?????? A-1001 ???\n");
}

static bool names_the_file(const wats_input *input, const settings *settings) {
    (void)settings;
    wats_lines *lines = wats_lines_of(input->companions[0]);
    while (wats_next(lines)) {}
    return wats_fail_in(wats_name_of(input->companions[0]));
}

static bool names_the_file_too_late(const wats_input *input, const settings *settings) {
    (void)settings;
    while (wats_next(wats_lines_of(input->main))) {}
    wats_fail(WATS_MALFORMED, wats_line(7), "another");
    return wats_fail_in("other.csv");
}

static void an_error_that_stands_can_be_told_with_its_file(void) {
    wats_test_result result = RUN(names_the_file, .content = "", .companions = {{.name = "limits.csv", .content = "a\n\xFF\n"}});
    CHECK_TEXT(result.message, "not UTF-8");
    CHECK_TEXT(result.place, "line 2, column 1");
    CHECK_TEXT(result.file, "limits.csv");
    result = RUN(names_the_file_too_late, .content = "\xFF");
    CHECK_TEXT(result.message, "not UTF-8");
    CHECK_TEXT(result.file, "");
}

static bool reads_pieces(const wats_input *input, const settings *settings) {
    (void)settings;
    char buffer[8] = "";
    CHECK(wats_size_of(input->main) == 10);
    CHECK(wats_read(input->main, 4, buffer, 3) == 3 && memcmp(buffer, "456", 3) == 0);
    CHECK(wats_read(input->main, 8, buffer, 8) == 2 && wats_read(input->main, 10, buffer, 8) == 0);
    CHECK(wats_read(input->main, UINT64_MAX, buffer, 8) == 0);
    size_t length;
    CHECK_TEXT(wats_bytes_of(input->main, &length), "0123456789");
    CHECK(length == 10);
    CHECK_TEXT(wats_name_of(input->main), "n.txt");
    CHECK_TEXT(wats_path_of(input->main), "n.txt");
    CHECK_TEXT(wats_text_of(input->companions[0], "windows-1252"), "\xC3\xA4");
    CHECK(input->companion_count == 1 && !wats_text_of(input->companions[0], NULL));
    CHECK(wats_last_error().place.kind == WATS_OFFSET && wats_last_error().place.offset == 0);
    return wats_text_of(input->main, "klingon") != NULL;
}

static void files_are_read_in_pieces_and_decoded(void) {
    wats_test_result result = RUN(reads_pieces, .name = "n.txt", .content = "0123456789", .companions = {{.content = "\xE4"}});
    CHECK_TEXT(result.kind, "misconfigured");
    CHECK_TEXT(result.message, "\"klingon\" is no encoding that is known");
}

static const char *label;

static bool decodes(const wats_input *input, const settings *settings) {
    (void)settings;
    const char *text = wats_text_of(input->main, label);
    if (text) wats_log(WATS_INFO, "%s", text);
    return text != NULL;
}

#define DECODED(label_, content_) (label = (label_), RUN(decodes, .content = "" content_, .size = sizeof(content_) - 1))

static void encodings_are_those_of_the_station(void) {
    CHECK_TEXT(DECODED("windows-1252", "\xE5\x80\x93\x81").log, "info: \xC3\xA5\xE2\x82\xAC\xE2\x80\x9C\xC2\x81\n");
    CHECK_TEXT(DECODED(" Latin1\n", "\x93").log, "info: \xE2\x80\x9C\n");
    CHECK_TEXT(DECODED("UTF-8", "\xEF\xBB\xBF\xC3\xA5").log, "info: \xC3\xA5\n");
    CHECK_TEXT(DECODED("utf8", "").log, "info: \n");
    CHECK_TEXT(DECODED(NULL, "\xFF\xFE\xE5\0\x3D\xD8\x00\xDE").log, "info: \xC3\xA5\xF0\x9F\x98\x80\n");
    CHECK_TEXT(DECODED(NULL, "\xFE\xFF\0\xE5").log, "info: \xC3\xA5\n");
    CHECK_TEXT(DECODED("utf-16le", "a\0b\0").log, "info: ab\n");
    CHECK_TEXT(DECODED("UTF-16LE", "a\0\x3D\xD8").place, "byte 2");
    CHECK_TEXT(DECODED("utf-16", "a\0b").place, "byte 2");
    CHECK_TEXT(DECODED("utf-8", "\xEF\xBB\xBF" "ab\xFF").message, "not valid utf-8");
    CHECK_TEXT(DECODED("utf-8", "\xEF\xBB\xBF" "ab\xFF").place, "byte 5");
    CHECK_TEXT(DECODED("windows-1252", "a\0b").message, "found a NUL in a text");
    CHECK_TEXT(DECODED("iso-8859-15", "abc").log, "info: abc\n");
    CHECK_TEXT(DECODED("iso-8859-15", "\xA4").message, "the test kit does not decode iso-8859-15: test it with `wats plugin test`");
    CHECK_TEXT(DECODED("iso-8859-15", "\xA4").outcome, "trap");
    static const char *const unknown[] = {"cp850", "latin-1", "utf_8", "utf-32", "utf-8 utf8", "", " "};
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
        CHECK(strstr(DECODED(unknown[i], "a").message, "is no encoding that is known") != NULL);
}

static bool names_files(const wats_input *input, const settings *settings) {
    (void)settings;
    wats_log(WATS_INFO, "%s", wats_name_of(input->main));
    for (size_t i = 0; i < input->companion_count; i++) wats_log(WATS_INFO, "%s", wats_path_of(input->companions[i]));
    return true;
}

static void companions_are_sorted_by_path(void) {
    CHECK_TEXT(RUN(names_files, .content = "", .path = "line-3/a.csv", .companions = {{.name = "c"}, {.path = "a/b"}, {.content = "", .name = "b"}}).log,
               "info: a.csv\ninfo: a/b\ninfo: b\ninfo: c\n");
}

static bool reads_text(const wats_input *input, const settings *settings) {
    (void)settings;
    return wats_text_of(input->main, NULL) != NULL;
}

static void a_nul_in_a_text_is_told(void) {
    wats_test_result result = RUN(reads_text, .content = "a\r\n\xC3\xA5" "b\0c\0", .size = 8);
    CHECK_TEXT(result.message, "found a NUL in a text");
    CHECK_TEXT(result.place, "line 2, column 3");
}

/* ---- Reports ---- */

static bool writes_everything(const wats_input *input, const settings *settings) {
    (void)settings;
    wats_header header = {.serial_number = "A-1",
                          .part_number = "PCB",
                          .revision = " ",
                          .process_code = wats_some(100),
                          .duration = wats_some(0),
                          .socket_index = wats_some(-1),
                          .program = {.name = "Lamp", .version = "1.2"},
                          .properties = (wats_property[]){wats_number_property("batch-fail-count", 3)},
                          .property_count = 1};
    wats_uut *uut = wats_begin(&header);
    wats_open(uut, "Supply");
    wats_numeric(uut, "Vcc", 5.01, .unit = "V", .limits = wats_between(4.9, 5.1), .duration = wats_some(0.5));
    wats_numeric(uut, "none", wats_none(), .limits = wats_at_most(3), .measured = WATS_FAILED, .status = WATS_ERROR);
    wats_multi_numeric(uut, "Rails", .group = WATS_SETUP);
    for (int i = 0; i < 6; i++) wats_measure(uut, wats_format("R%d", i), i, .unit = "V", .limits = wats_above(-1));
    wats_pass_fail(uut, "LED", wats_passed_if(1 > 2));
    wats_multi_pass_fail(uut, "Keys");
    wats_measure_pass_fail(uut, "F1", WATS_PASSED);
    wats_close_with(uut, WATS_FAILED, wats_some(1.5));
    wats_text(uut, "Firmware", "1.4", .expected = wats_same_text("1.4"));
    wats_multi_text(uut, "Ids");
    wats_measure_text(uut, "MAC", "00:11");
    wats_action(uut, "Flash", .loop_index = wats_some(0), .caused_failure = true, .report_text = "why");
    wats_action(uut, "Loop", .loop = &(wats_loop){3, 2, 1});
    wats_series series = {.name = "U", .y = (double[]){1, 2}, .count = 2};
    wats_chart chart = {.label = "Curve", .x_unit = "s", .scale = WATS_LOG_X, .series = &series, .series_count = 1};
    wats_chart_step(uut, "Chart", &chart);
    wats_numeric(uut, "Ripple", 1, .chart = &chart, .attachment = &(wats_attachment){"a.txt", "text/plain", "abc", 3},
                 .result = "{}");
    wats_add_result(uut, "{\"b\":2}");
    wats_message_popup(uut, "Look", "yes", 1);
    wats_call_executable(uut, "exe", -3);
    wats_generic(uut, "NI_Flow_If", "If");
    wats_attach(uut, &(wats_attachment){"r.bin", "x/y", "\0\1", 2});
    wats_attach_file(uut, input->main, "text/plain");
    wats_misc_info(uut, "Room", "7");
    wats_sub_unit(uut, .part_number = "PSU", .serial_number = "P-9", .part_type = "PCB");
    wats_asset(uut, .serial_number = "DMM", .usage_count = 1, .calibration_due = "2027-01-01");
    wats_data(uut, "{\"d\":1}");
    header.start = "2026-05-04T08:15:30";
    wats_set_header(uut, &header);
    const char *id = NULL;
    CHECK(wats_finish_with(uut, WATS_PASSED, &id) && id);
    return wats_emit_json("{}", "k", NULL);
}

static void everything_that_is_written_arrives(void) {
    wats_test_result result = RUN(writes_everything, .name = "f.txt", .content = "x");
    CHECK_TEXT(result.transcript,
               "begin A-1 part-number=PCB process-code=100 duration=0 socket-index=-1 program=Lamp version=1.2 batch-fail-count=3\n"
               "open Supply\n"
               "numeric Vcc duration=0.5 5.01 V GELE 4.9 5.1\n"
               "numeric none status=error none LE 3 measured=failed\n"
               "multi-numeric Rails group=setup\n"
               "  measure R0 0 V GT -1\n  measure R1 1 V GT -1\n  measure R2 2 V GT -1\n"
               "  measure R3 3 V GT -1\n  measure R4 4 V GT -1\n  measure R5 5 V GT -1\n"
               "pass-fail LED failed\n"
               "multi-pass-fail Keys\n  measure F1 passed\n"
               "close status=failed duration=1.5\n"
               "text Firmware 1.4 CASESENSIT 1.4\n"
               "multi-text Ids\n  measure MAC 00:11 LOG\n"
               "action Flash report-text=why loop-index=0 caused-uut-failure=true\n"
               "action Loop loop-count=3 loop-ending-index=3 loop-passed=2 loop-failed=1\n"
               "chart Chart label=Curve x-unit=s scale=log-x series U x y 1 2\n"
               "numeric Ripple 1 LOG\n"
               "add-chart label=Curve x-unit=s scale=log-x series U x y 1 2\n"
               "add-attachment a.txt text/plain 3 bytes\n"
               "add-result {}\n"
               "add-result {\"b\":2}\n"
               "attach r.bin x/y 2 bytes\n"
               "attach-file f.txt text/plain\n"
               "misc-info Room: 7\n"
               "sub-unit PSU P-9 part-type=PCB\n"
               "asset DMM 1 calibration-due=2027-01-01\n"
               "add-data {\"d\":1}\n"
               "header A-1 part-number=PCB process-code=100 start=2026-05-04T08:15:30 duration=0 socket-index=-1 program=Lamp "
               "version=1.2 batch-fail-count=3\n"
               "message-popup Look response=yes button=1\n"
               "call-executable exe exit-code=-3\n"
               "generic If type=NI_Flow_If\n"
               "finish status=passed\n"
               "emit-json key=k {}\n");
    CHECK(result.report_count == 2);
    const wats_test_step *rail = wats_test_find(&result.reports[0], "Supply/Rails/R4");
    CHECK(rail && rail->value.value == 4 && rail->low == -1);
}

static bool adds_two_of_each(const wats_input *input, const settings *settings) {
    (void)input;
    (void)settings;
    wats_uut *uut = wats_begin(&(wats_header){.serial_number = "A"});
    wats_action(uut, "x");
    wats_add_chart(uut, &(wats_chart){.label = "a"});
    wats_add_attachment(uut, &(wats_attachment){"a", "x/y", "1", 1});
    wats_add_chart(uut, &(wats_chart){.label = "b"});
    wats_add_attachment(uut, &(wats_attachment){"b", "x/y", "2", 1});
    wats_add_result(uut, "{}");
    return wats_finish(uut);
}

/* The host says that one is allowed, and that is for it to say: none may be lost without a word. */
static void no_chart_and_no_attachment_is_lost(void) {
    CHECK_TEXT(RUN(adds_two_of_each, .content = "").message,
               "the report breaks 2 rules: steps/Main: found a second chart for step \"x\", allowed is one; "
               "steps/Main: found a second attachment for step \"x\", allowed is one");
    CHECK_TEXT(RUN(adds_two_of_each, .content = "").transcript,
               "begin A program=Main\naction x\nadd-chart label=a\nadd-attachment a x/y 1 bytes\nadd-chart label=b\n"
               "add-attachment b x/y 1 bytes\nadd-result {}\nfinish\n");
}

static bool writes_many(const wats_input *input, const settings *settings) {
    (void)input;
    (void)settings;
    wats_uut *first = wats_begin(&(wats_header){.serial_number = "A"});
    wats_uut *second = wats_begin(&(wats_header){.serial_number = "B"});
    for (int i = 0; i < 1000; i++) {
        char name[16];
        snprintf(name, sizeof name, "step %d", i);
        wats_numeric(i % 3 ? first : second, name, i);
        memset(name, '?', sizeof name);
    }
    wats_discard(second);
    return wats_finish(first);
}

static void steps_are_copied_and_batched_without_loss(void) {
    wats_test_result result = RUN(writes_many, .content = "");
    CHECK(result.report_count == 1 && result.reports[0].step_count == 666);
    const wats_test_step *last = wats_test_find(&result.reports[0], "step 998");
    CHECK(last && last->value.value == 998);
}

static int odd_report;

static bool writes_oddly(const wats_input *input, const settings *settings) {
    (void)input;
    (void)settings;
    wats_uut *uut = wats_begin(&(wats_header){.serial_number = odd_report == 0 ? " " : "A"});
    switch (odd_report) {
    case 1: wats_close(uut); break;
    case 2: wats_open(uut, "S"), wats_open(uut, "T/U"); break;
    case 3: wats_data(uut, "{bad"); break;
    case 4: wats_open(uut, "S"), wats_action(uut, "x"), wats_add_result(uut, "[1,]"), wats_close(uut); break;
    case 5: return wats_discard(uut), wats_emit_json("[]", NULL, NULL);
    case 6: return wats_discard(uut), wats_emit_json("{\"a\":1}}", NULL, NULL);
    case 7: for (int i = 0; i < 257; i++) wats_open(uut, "S"); break;
    }
    return wats_finish(uut);
}

static void what_the_station_finds_at_the_end_is_found_here_too(void) {
    static const char *const expected[] = {
        "report: serial number is missing",
        "steps/Main: found a sequence closed while none was open but the program, allowed is one close for each open",
        "steps/Main/S/T/U: found 2 sequences still open at the end, the innermost is \"T/U\", allowed is one close for each open",
        "steps/Main/data: read the report as JSON: it is none",
        "steps/Main/S/result: read the report as JSON: it is none",
        "document: found something else than a JSON object",
        "document: found something else than a JSON object",
    };
    for (odd_report = 0; odd_report < 7; odd_report++) {
        wats_test_result result = RUN(writes_oddly, .content = "");
        CHECK_TEXT(result.kind, "rejected");
        CHECK(strncmp(result.message, "the report breaks a rule: ", 26) == 0);
        CHECK_TEXT(result.message + 26, expected[odd_report]);
    }
    CHECK_TEXT(RUN(writes_oddly, .content = "").message, "opened too many sequences inside each other: 257 (limit 256)");
}

static bool names_with_slashes(const wats_input *input, const settings *settings) {
    (void)input;
    (void)settings;
    wats_uut *uut = wats_begin(&(wats_header){.serial_number = "A"});
    wats_open(uut, "A/B");
    wats_numeric(uut, "n", 1);
    wats_close(uut);
    wats_numeric(uut, "m", 1);
    for (int i = 0; i < 100; i++) wats_open(uut, wats_format("%0100d", i));
    wats_multi_numeric(uut, "deep");
    wats_measure(uut, "p", 1);
    for (int i = 0; i < 100; i++) wats_close(uut);
    wats_numeric(uut, "last", 1);
    return wats_finish(uut);
}

static void paths_of_steps_hold_with_any_names_and_depth(void) {
    wats_test_result result = RUN(names_with_slashes, .content = "");
    CHECK(wats_test_find(&result.reports[0], "A/B/n") && wats_test_find(&result.reports[0], "m"));
    CHECK(wats_test_find(&result.reports[0], "last") != NULL);
    const wats_test_step *deep = &result.reports[0].steps[result.reports[0].step_count - 2];
    CHECK(strlen(deep->path) == 100 * 101 + strlen("deep/p"));
}

static bool writes_bad_utf8(const wats_input *input, const settings *settings) {
    (void)input;
    (void)settings;
    wats_uut *uut = wats_begin(&(wats_header){.serial_number = "A\xFF" "B"});
    wats_action(uut, "\xC3");
    wats_action(uut, "\xED\xA0\x80 \xF4\x90\x80\x80 \xC0\x80 \xE2\x82\xAC");
    return wats_finish(uut);
}

static void what_is_not_utf8_is_replaced_and_told(void) {
    wats_test_result result = RUN(writes_bad_utf8, .content = "");
    CHECK_TEXT(result.outcome, "converted");
    CHECK_TEXT(result.reports[0].serial_number, "A\xEF\xBF\xBD" "B");
    CHECK_TEXT(result.reports[0].steps[0].path, "\xEF\xBF\xBD");
    CHECK(strstr(result.reports[0].steps[1].path, " \xE2\x82\xAC") != NULL);
    CHECK_TEXT(result.log, "warn: a text that is not UTF-8 was written; what is invalid in such texts is replaced by U+FFFD\n");
}

static bool finishes_and_goes_on(const wats_input *input, const settings *settings) {
    (void)input;
    (void)settings;
    wats_uut *uut = wats_begin(&(wats_header){.serial_number = "A"});
    CHECK(!wats_finish(uut));
    return true;
}

static void a_rejected_report_fails_the_conversion_in_any_case(void) {
    wats_test_result result = RUN(finishes_and_goes_on, .content = "", .violation = "too long");
    CHECK_TEXT(result.kind, "rejected");
    CHECK_TEXT(result.message, "the report breaks a rule: report: too long");
}

static bool forgets(const wats_input *input, const settings *settings) {
    (void)input;
    (void)settings;
    wats_action(wats_begin(&(wats_header){.serial_number = "A"}), "x");
    return true;
}

static void a_forgotten_report_is_told(void) {
    CHECK_TEXT(RUN(forgets, .content = "").message, "a report was begun and neither finished nor discarded");
}

/* ---- Outcomes ---- */

static bool silent(const wats_input *input, const settings *settings) { return (void)input, (void)settings, false; }
static bool skips(const wats_input *input, const settings *settings) { return (void)input, (void)settings, wats_skip("no %s", "units"); }
static bool waits(const wats_input *input, const settings *settings) {
    (void)input, (void)settings;
    return wats_wait(.reason = "later", .retry_after = wats_some(2.5), .missing = {"a.png"});
}
static bool fails_at_path(const wats_input *input, const settings *settings) {
    (void)input, (void)settings;
    char path[] = "/a[3]";
    wats_fail(WATS_UNSUPPORTED, wats_whole(), "version %d", 7);
    wats_fail_at(wats_path(path));
    path[0] = '?';
    return wats_fail_in("b.xml");
}
static bool asserts(const wats_input *input, const settings *settings) {
    (void)settings;
    wats_assert(input == NULL);
    return true;
}
static bool uses_after_finish(const wats_input *input, const settings *settings) {
    (void)input, (void)settings;
    wats_uut *uut = wats_begin(&(wats_header){.serial_number = "A"});
    wats_finish(uut);
    wats_action(uut, "late");
    return true;
}
static bool measures_nothing(const wats_input *input, const settings *settings) {
    (void)input, (void)settings;
    wats_uut *uut = wats_begin(&(wats_header){.serial_number = "A"});
    wats_action(uut, "x");
    wats_measure(uut, "y", 1);
    return true;
}
static bool whole_process(const wats_input *input, const settings *settings) {
    (void)input, (void)settings;
    return wats_finish(wats_begin(&(wats_header){.serial_number = "A", .process_code = wats_some(1.5)}));
}

static void outcomes_are_told(void) {
    CHECK_TEXT(RUN(silent, .content = "").message, "convert returned false without saying why");
    wats_test_result skipped = RUN(skips, .content = "");
    CHECK_TEXT(skipped.outcome, "skipped");
    CHECK_TEXT(skipped.message, "no units");
    wats_test_result waiting = RUN(waits, .content = "");
    CHECK_TEXT(waiting.outcome, "waiting");
    CHECK(waiting.retry_after.value == 2.5);
    CHECK_TEXT(waiting.missing[0], "a.png");
    CHECK(!waiting.missing[1]);
    wats_test_result failed = RUN(fails_at_path, .content = "");
    CHECK_TEXT(failed.place, "/a[3]");
    CHECK_TEXT(failed.file, "b.xml");
    CHECK_TEXT(failed.message, "version 7");
}

static const char *panic_text;
static bool panics(const wats_input *input, const settings *settings) {
    (void)input, (void)settings;
    wats_panic("a/b.c", 7, "%s", panic_text);
}

static int odd_case;
static bool is_odd(const wats_input *input, const settings *settings) {
    (void)input, (void)settings;
    wats_uut *uut = wats_begin(&(wats_header){.serial_number = "A"});
    wats_chart chart = {.scale = (wats_scale)9};
    wats_property property = {.key = "k", .kind = (wats_value_kind)9};
    switch (odd_case) {
    case 0: wats_action(uut, "x", .group = (wats_group)9); break;
    case 1: wats_open_with(uut, &(wats_sequence){.name = "x", .group = (wats_group)9}); break;
    case 2: wats_chart_step(uut, "x", &chart); break;
    case 3: wats_text(uut, "x", "y", .expected = {(wats_text_comparison)9, "y"}); break;
    case 4: wats_action(uut, "x", .properties = &property, .property_count = 1); break;
    case 5: wats_log((wats_level)9, "x"); break;
    case 6: return wats_fail((wats_error_kind)9, wats_whole(), "x");
    case 7: return wats_fail(WATS_MALFORMED, (wats_place){.kind = (wats_place_kind)9}, "x");
    }
    return true;
}

static void a_number_that_is_in_no_enumeration_is_told(void) {
    static const char *const expected[] = {"wats_group", "wats_group", "wats_scale", "wats_text_comparison", "wats_value_kind",
                                           "wats_level", "wats_error_kind", "wats_place_kind"};
    for (odd_case = 0; odd_case < 8; odd_case++) {
        char message[60];
        snprintf(message, sizeof message, "9 is not a %s", expected[odd_case]);
        CHECK_TEXT(RUN(is_odd, .content = "").message, message);
    }
}

static void faults_of_the_plugin_are_told_with_their_place(void) {
    panic_text = "bad \xE5 byte";
    CHECK_TEXT(RUN(panics, .content = "").log, "error: bad ? byte (b.c line 7)\n");
    char long_panic[5000] = "";
    memset(long_panic, 'x', sizeof long_panic - 1);
    panic_text = long_panic;
    CHECK(strstr(RUN(panics, .content = "").message, "xxx (b.c line 7)") != NULL);
    wats_test_result result = RUN(asserts, .content = "");
    CHECK_TEXT(result.outcome, "trap");
    CHECK(strncmp(result.message, "assertion failed: input == NULL (sdk.c line ", 44) == 0);
    CHECK(strncmp(result.log, "error: assertion failed", 23) == 0);
    CHECK_TEXT(RUN(uses_after_finish, .content = "").message, "a report was written to after it was finished or discarded");
    CHECK_TEXT(RUN(measures_nothing, .content = "").message, "a measurement was added to a step that takes none");
    CHECK_TEXT(RUN(whole_process, .content = "").message, "process code: 1.5 is not a whole number from 0 to 4294967295");
}

/* ---- Station ---- */

static bool looks_up(const wats_input *input, const settings *settings) {
    (void)input, (void)settings;
    wats_process process;
    wats_product product;
    if (wats_process_by_name("fINAL", &process) > WATS_ABSENT) return wats_unanswered();
    CHECK(process.code == 100 && process.property_count == 1 && process.properties[0].flag);
    CHECK(wats_process_by_name("Other", &process) == WATS_ABSENT);
    CHECK(wats_product_by_part_number("PCB", &product) == WATS_FOUND && product.revision_count == 2);
    CHECK_TEXT(product.revisions[1], "B");
    wats_progress(0.5);
    return true;
}

static void lookups_are_answered(void) {
    const wats_property test = wats_flag_property("test", true);
    const char *const revisions[] = {"A", "B"};
    wats_test_result found = RUN(looks_up, .content = "", .processes = {{100, "Final", &test, 1}},
                                 .products = {{.part_number = "PCB", .revisions = revisions, .revision_count = 2}});
    CHECK_TEXT(found.outcome, "converted");
    CHECK_TEXT(RUN(looks_up, .content = "", .no_server = "no route").outcome, "waiting");
    wats_test_result denied = RUN(looks_up, .content = "");
    CHECK_TEXT(denied.kind, "misconfigured");
    CHECK_TEXT(denied.message, "the station has not granted `lookup` to this plugin");
}

static bool tells_settings_json(const wats_input *input, const settings *settings) {
    (void)input, (void)settings;
    wats_log(WATS_INFO, "%s", wats_settings_json());
    return true;
}

static bool tells_settings(const wats_input *input, const settings *settings) {
    (void)input;
    wats_log(WATS_INFO, "%s %s %g %" PRId64 " %d %s", settings->mark, settings->mode, settings->factor, settings->count,
             settings->strict, settings->table);
    for (const char *const *word = settings->words; *word; word++) wats_log(WATS_DEBUG, "%s", *word);
    return true;
}

static void settings_fill_a_struct(void) {
    CHECK_TEXT(RUN(tells_settings, .content = "").log, "info: . fast 0.1 3 1 {\"a\":1}\n");
    wats_test_result set = RUN(tells_settings, .content = "", .settings = {{"mark", ","}, {"factor", "2.5"}, {"count", "7"},
                               {"strict", "false"}, {"words", " [ \"a\\n\\u00e9\\uD83D\\uDE00\" , \"\" ]"}, {"table", "[]"}});
    CHECK_TEXT(set.log, "info: , fast 2.5 7 0 []\ndebug: a\n\xC3\xA9\xF0\x9F\x98\x80\ndebug: \n");
    CHECK_TEXT(RUN(tells_settings, .content = "", .settings = {{"count", "7.5"}}).message, "settings: count is not a whole number");
    CHECK_TEXT(RUN(tells_settings, .content = "", .settings = {{"words", "[1]"}}).kind, "misconfigured");
    CHECK(strstr(WATS_TEST_PROBE(.content = "", .settings = {{"count", "7.5"}}).trap, "count is not") != NULL);
}

static void settings_are_a_document_with_defaults(void) {
    CHECK_TEXT(RUN(tells_settings_json, .content = "", .settings = {{"mark", "\""}, {"factor", "2.5"}, {"strict", "false"}}).log,
               "info: {\"count\":3,\"factor\":2.5,\"mark\":\"\\\"\",\"mode\":\"fast\",\"strict\":false,\"table\":{\"a\":1},\"words\":[]}\n");
}

static const char *set_to(const char *key, const char *text) {
    return RUN(tells_settings, .content = "", .settings = {{key, text}}).message;
}

static void settings_that_the_station_refuses_are_told(void) {
    CHECK_TEXT(set_to("factr", "1"), "settings: factr: there is no such setting; it has mark, mode, factor, count, strict, words, table");
    static const char *const no_numbers[] = {"", "abc", "0x1F", "1e999", "NaN", "inf", "+1", "1,5", "1 "};
    for (size_t i = 0; i < sizeof no_numbers / sizeof *no_numbers; i++) {
        char message[100];
        snprintf(message, sizeof message, "settings: factor: \"%s\" is not of type \"number\"", no_numbers[i]);
        CHECK_TEXT(set_to("factor", no_numbers[i]), message);
    }
    CHECK_TEXT(set_to("factor", "-2"), "settings: factor: -2 is less than the minimum of 0");
    CHECK_TEXT(set_to("count", "11"), "settings: count: 11 is greater than the maximum of 10");
    CHECK_TEXT(set_to("mode", "x"), "settings: mode: \"x\" is not one of its choices");
    CHECK_TEXT(set_to("mark", "\xC3\xA5"), "");
    CHECK_TEXT(set_to("mark", "ab"), "settings: mark: \"ab\" is longer than 1 characters");
    CHECK_TEXT(set_to("mark", ""), "settings: mark: \"\" is shorter than 1 characters");
    CHECK_TEXT(set_to("strict", "yes"), "settings: strict: \"yes\" is not of type \"boolean\"");
    CHECK_TEXT(set_to("table", "{a:1}"), "settings: table: {a:1} is no JSON");
    CHECK_TEXT(set_to("table", "[1.5e3,-0,\"\\u00e5\",{\"a\":null}]"), "");
}

static const char *wrong_with(wats_setting *setting, wats_setting wrong) {
    wats_setting right = *setting;
    *setting = wrong;
    const char *message = RUN(tells_settings, .content = "").message;
    CHECK_TEXT(RUN(tells_settings, .content = "").kind, "misconfigured");
    CHECK_TEXT(WATS_TEST_PROBE(.content = "").trap, message);
    *setting = right;
    return message;
}

static void a_plugin_that_the_station_would_not_load_is_told(void) {
    CHECK_TEXT(wrong_with(&SETTINGS[2], (wats_setting)WATS_SETTING_NUMBER(settings, factor, -1, "", .least = WATS_SOME(0))),
               "settings: factor: its default: -1 is less than the minimum of 0");
    CHECK_TEXT(wrong_with(&SETTINGS[2], (wats_setting)WATS_SETTING_NUMBER(settings, factor, INFINITY, "")),
               "settings: factor: its default: inf is no number of JSON");
    CHECK_TEXT(wrong_with(&SETTINGS[1], (wats_setting)WATS_SETTING_TEXT(settings, mode, "x", "", .choices = {"fast"})),
               "settings: mode: its default: \"x\" is not one of its choices");
    CHECK_TEXT(wrong_with(&SETTINGS[6], (wats_setting)WATS_SETTING_JSON(settings, table, "{a", "{}", "")),
               "settings: table: its default: {a is no JSON");
    CHECK_TEXT(wrong_with(&SETTINGS[6], (wats_setting)WATS_SETTING_JSON(settings, table, "{}", "{x}", "")),
               "settings: table: its schema {x} is no JSON");
    CHECK_TEXT(wrong_with(&SETTINGS[1], SETTINGS[0]), "settings: mark: there are two of that name");
    strcpy(name, "Bad Name");
    CHECK_TEXT(RUN(tells_settings, .content = "").message,
               "name \"Bad Name\" is not 1 to 60 characters of lower-case words joined by `-`, such as `acme-ict`");
    strcpy(name, "sdk-tests");
    strcpy(version, "1.0");
    CHECK_TEXT(RUN(tells_settings, .content = "").message, "version \"1.0\" is no semantic version such as `1.4.0`");
    strcpy(version, "1.0.0");
}

static void settings_have_a_schema(void) {
    CHECK_TEXT(wats_test_schema(),
               "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"type\":\"object\",\"additionalProperties\":false,"
               "\"properties\":{"
               "\"mark\":{\"type\":\"string\",\"description\":\"Decimal \\\"mark\\\"\",\"default\":\".\",\"minLength\":1,\"maxLength\":1},"
               "\"mode\":{\"type\":\"string\",\"description\":\"Mode\",\"default\":\"fast\",\"enum\":[\"fast\",\"slow\"]},"
               "\"factor\":{\"type\":\"number\",\"description\":\"Factor\",\"default\":0.1,\"minimum\":0},"
               "\"count\":{\"type\":\"integer\",\"description\":\"Count\",\"default\":3,\"minimum\":0,\"maximum\":10},"
               "\"strict\":{\"type\":\"boolean\",\"description\":\"Strict\",\"default\":true},"
               "\"words\":{\"type\":\"array\",\"items\":{\"type\":\"string\"},\"default\":[],\"description\":\"Words\"},"
               "\"table\":{\"type\": \"object\",\"description\":\"Table\",\"default\":{\"a\":1}}}}");
}

static void a_probe_is_confident_or_not(void) {
    CHECK(WATS_TEST_PROBE(.content = "yes").confidence == 1);
    CHECK(WATS_TEST_PROBE(.content = "no").confidence == 0);
    CHECK_TEXT(WATS_TEST_PROBE(.content = "wait").missing[1], "b.csv");
    body = forgets;
    CHECK_TEXT(WATS_TEST_PROBE(.content = "call").trap, "called report.uut in probe, where it must not");
    CHECK(!WATS_TEST_PROBE(.content = "yes").trap);
}

int main(void) {
    numbers_are_read_strictly();
    words_times_and_limits_are_read();
    errors_do_not_pile_up();
    of_a_long_text_the_beginning_is_quoted();
    lines_end_with_lf_or_crlf();
    lines_longer_than_a_piece_are_whole();
    a_line_that_is_not_utf8_fails_the_conversion_in_any_case();
    a_line_is_gone_when_the_next_one_is_asked_for();
    an_error_that_stands_can_be_told_with_its_file();
    files_are_read_in_pieces_and_decoded();
    encodings_are_those_of_the_station();
    companions_are_sorted_by_path();
    a_nul_in_a_text_is_told();
    everything_that_is_written_arrives();
    no_chart_and_no_attachment_is_lost();
    what_the_station_finds_at_the_end_is_found_here_too();
    paths_of_steps_hold_with_any_names_and_depth();
    steps_are_copied_and_batched_without_loss();
    what_is_not_utf8_is_replaced_and_told();
    a_rejected_report_fails_the_conversion_in_any_case();
    a_forgotten_report_is_told();
    outcomes_are_told();
    a_number_that_is_in_no_enumeration_is_told();
    faults_of_the_plugin_are_told_with_their_place();
    lookups_are_answered();
    settings_fill_a_struct();
    settings_are_a_document_with_defaults();
    settings_that_the_station_refuses_are_told();
    a_plugin_that_the_station_would_not_load_is_told();
    settings_have_a_schema();
    a_probe_is_confident_or_not();
    printf("%d failures\n", failures);
    return failures != 0;
}
