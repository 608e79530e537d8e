/* Tests of what scheduled converters have in C, natively with the test kit. */
#include <stdio.h>
#include <string.h>

#include "wats_scheduled_testing.h"

#include "check.h"

#define URL "https://mes.example/units"

/* ---- The converter under test does what the test at hand wants ---- */

typedef struct settings {
    double factor;
} settings;

static const wats_setting SETTINGS[] = {WATS_SETTING_NUMBER(settings, factor, 2, "Factor"), WATS_SETTINGS_END};

static bool (*body)(const wats_run *run);
static double factor;
/* What the converter found out. */
static char told[1000];

static void tell(const char *format, ...) WATS_PRINTF(1, 2);
static void tell(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    size_t used = strlen(told);
    vsnprintf(told + used, sizeof told - used, format, arguments);
    va_end(arguments);
}

static bool run(const wats_run *run, const void *data) {
    const settings *settings = data;
    factor = settings->factor;
    told[0] = 0;
    return body(run);
}

WATS_EXPORT_SCHEDULED(.name = "scheduled-tests", .version = "1.0.0", .grants = {WATS_GRANT_HTTP, WATS_GRANT_STATE},
                      .settings = SETTINGS, .settings_size = sizeof(settings), .run = run);

#define RUN(function, ...) (body = (function), WATS_TEST_RUN(__VA_ARGS__))

/* ---- Runs and reports ---- */

static bool tells_the_run(const wats_run *run) {
    tell("%s %s %d", run->due, run->previous ? run->previous : "none", run->by_hand);
    return true;
}

static void a_run_is_told_when_it_is_due(void) {
    CHECK_TEXT(RUN(tells_the_run, .due = "2026-05-04T08:20:00+02:00", .previous = "2026-05-04T08:10:00+02:00", .by_hand = true).result.outcome,
               "converted");
    CHECK_TEXT(told, "2026-05-04T08:20:00+02:00 2026-05-04T08:10:00+02:00 1");
    RUN(tells_the_run, .settings = {{"factor", "2.5"}});
    CHECK_TEXT(told, "2026-05-04T12:00:00+00:00 none 0");
    CHECK(factor == 2.5);
    CHECK(strstr(wats_test_schema(), "\"factor\":{\"type\":\"number\"") != NULL);
}

static const char *key, *start;

static bool writes_a_report(const wats_run *run) {
    (void)run;
    return wats_finish(wats_begin(&(wats_header){.serial_number = "A-1", .key = key, .start = start}));
}

static void a_report_without_key_or_start_is_refused(void) {
    key = "1";
    start = NULL;
    CHECK_TEXT(RUN(writes_a_report, .due = NULL).result.message, "the report breaks a rule: report: start is missing");
    key = NULL;
    start = "2026-05-04T08:15:30Z";
    CHECK_TEXT(RUN(writes_a_report, .due = NULL).result.kind, "rejected");
    key = "1";
    CHECK(RUN(writes_a_report, .due = NULL).result.report_count == 1);
}

static bool fails_after_a_report(const wats_run *run) {
    return writes_a_report(run) && wats_fail(WATS_MALFORMED, wats_whole(), "x");
}

static void of_a_run_that_fails_no_report_is_kept(void) {
    key = "1";
    start = "2026-05-04T08:15:30Z";
    wats_test_result result = RUN(fails_after_a_report, .due = NULL).result;
    CHECK_TEXT(result.outcome, "error");
    CHECK(result.report_count == 0);
}

static bool fails_an_assertion(const wats_run *run) {
    wats_assert(run->due == NULL);
    return true;
}

static bool says_nothing(const wats_run *run) {
    (void)run;
    return false;
}

static bool forgets_a_report(const wats_run *run) {
    (void)run;
    wats_begin(&(wats_header){.serial_number = "A-1"});
    return true;
}

static void faults_of_the_plugin_are_told(void) {
    wats_test_result trap = RUN(fails_an_assertion, .due = NULL).result;
    CHECK_TEXT(trap.outcome, "trap");
    CHECK(strncmp(trap.message, "assertion failed: run->due == NULL (scheduled.c line ", 53) == 0);
    CHECK_TEXT(RUN(says_nothing, .due = NULL).result.message, "run returned false without saying why");
    CHECK_TEXT(RUN(forgets_a_report, .due = NULL).result.kind, "internal");
}

/* ---- Requests ---- */

static bool gets(const wats_run *run) {
    (void)run;
    return wats_http_get(URL) != NULL;
}

static bool gets_and_posts(const wats_run *run) {
    (void)run;
    const wats_http_response *answer = wats_http_get(URL);
    tell("%d %s %s", answer->status, wats_http_header_of(answer, "CONTENT-TYPE"), wats_http_text(answer));
    CHECK(!wats_http_header_of(answer, "etag") && wats_last_http_error().kind == WATS_HTTP_ANSWERED);
    const wats_http_header headers[] = {{"X-A", "b"}, {"X-A", "c"}};
    answer = wats_http_send(&(wats_http_request){.method = "POST", .url = URL, .headers = headers, .header_count = 2, .body = "1",
                                                 .body_size = 1, .timeout = wats_some(3)});
    return answer && wats_http_success(answer);
}

static void requests_are_answered_and_noted(void) {
    wats_test_ran ran = RUN(gets_and_posts, .answers = {{.url = URL, .status = 203, .body = "hi", .headers = {{"Content-Type", "text/plain"}}},
                                                        {.url = URL, .method = "POST"}});
    CHECK_TEXT(ran.result.outcome, "converted");
    CHECK_TEXT(told, "203 text/plain hi");
    CHECK(ran.request_count == 2);
    const wats_http_request *post = &ran.requests[1];
    CHECK_TEXT(post->method, "POST");
    CHECK(post->header_count == 2 && strcmp(post->headers[1].value, "c") == 0);
    CHECK(post->body_size == 1 && post->timeout.value == 3);
}

static void no_answer_is_what_it_means(void) {
    static const struct {
        wats_http_error_kind kind;
        const char *outcome, *error, *message;
    } cases[] = {{WATS_HTTP_UNREACHABLE, "waiting", "", "x"},
                 {WATS_HTTP_TIMED_OUT, "waiting", "", "no answer in 1.5 s"},
                 {WATS_HTTP_DENIED, "error", "misconfigured", "x"},
                 {WATS_HTTP_INVALID, "error", "internal", "x"},
                 {WATS_HTTP_TOO_LARGE, "error", "unsupported", "the answer is larger than 1 bytes (limits.http_response_bytes)"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double figure = cases[i].kind == WATS_HTTP_TOO_LARGE ? 1 : 1.5;
        wats_test_ran ran = RUN(gets, .answers = {{.url = URL, .fails = cases[i].kind, .reason = "x", .figure = figure}});
        CHECK_TEXT(ran.result.outcome, cases[i].outcome);
        CHECK_TEXT(ran.result.kind, cases[i].error);
        CHECK_TEXT(ran.result.message, cases[i].message);
    }
    CHECK_TEXT(RUN(gets, .due = NULL).result.message, "the test has no answer for GET " URL);
}

/* As one writes who looks at the answer later only. */
static bool asks_without_looking(const wats_run *run) {
    (void)run;
    const wats_http_response *answer = wats_http_get(URL);
    CHECK(!wats_http_header_of(answer, "etag") && !wats_http_text(answer) && !wats_http_json(answer));
    return wats_http_success(answer);
}

static void an_answer_that_is_not_there_can_be_asked_and_what_was_told_stands(void) {
    wats_test_result result = RUN(asks_without_looking, .answers = {{.url = URL, .fails = WATS_HTTP_UNREACHABLE, .reason = "x"}}).result;
    CHECK_TEXT(result.outcome, "waiting");
    CHECK_TEXT(result.message, "x");
}

static const char *method;

static bool asks_with(const wats_run *run) {
    (void)run;
    return wats_http_send(&(wats_http_request){.method = method, .url = URL}) != NULL;
}

static void methods_are_those_of_the_contract_in_any_case(void) {
    method = "get";
    CHECK_TEXT(RUN(asks_with, .answers = {{.url = URL}}).result.outcome, "converted");
    method = "BREW";
    wats_test_result result = RUN(asks_with, .answers = {{.url = URL, .method = "BREW"}}).result;
    CHECK_TEXT(result.kind, "internal");
    CHECK_TEXT(result.message, "BREW is none of GET, HEAD, POST, PUT, PATCH, DELETE");
}

static bool tries_another(const wats_run *run) {
    (void)run;
    if (!wats_http_get(URL)) {
        wats_wait_for wait;
        tell("%d %s %d", wats_last_http_error().kind == WATS_HTTP_UNREACHABLE, wats_last_http_error().reason, wats_last_wait(&wait));
        wats_forgive();
        CHECK(!wats_last_wait(&wait));
    }
    return wats_http_get(URL "/2") != NULL;
}

static void an_author_may_forgive_and_go_on(void) {
    CHECK_TEXT(RUN(tries_another, .answers = {{.url = URL "/2"}}).result.outcome, "converted");
    CHECK_TEXT(told, "1 the test has no answer for GET " URL " 1");
}

static bool wants_success(const wats_run *run) {
    (void)run;
    const wats_http_response *answer = wats_http_get(URL "?token=secret");
    return answer && wats_http_success(answer);
}

static void success_waits_for_a_busy_server_and_refuses_the_rest(void) {
    static const struct {
        int status;
        const char *outcome, *kind;
    } cases[] = {{200, "converted", ""}, {299, "converted", ""},      {429, "waiting", ""},          {500, "waiting", ""},
                 {503, "waiting", ""},   {401, "error", "misconfigured"}, {403, "error", "misconfigured"}, {404, "error", "malformed"},
                 {302, "error", "malformed"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        wats_test_result result = RUN(wants_success, .answers = {{.url = URL "?token=secret", .status = cases[i].status, .body = " no\n"}}).result;
        CHECK_TEXT(result.outcome, cases[i].outcome);
        CHECK_TEXT(result.kind, cases[i].kind);
        char message[100];
        snprintf(message, sizeof message, URL " answered %d: no", cases[i].status);
        if (cases[i].status >= 300) CHECK_TEXT(result.message, message);
    }
    /* 200 characters of the body, of which what is not UTF-8 is replaced. */
    char long_body[500], expected[1000];
    long_body[0] = '\xFF';
    for (size_t i = 1; i + 1 < sizeof long_body; i += 2) memcpy(long_body + i, "\xC3\xA4", 2);
    wats_test_result result = RUN(wants_success, .answers = {{.url = URL "?token=secret", .status = 404, .body = long_body, .size = 499}}).result;
    size_t length = (size_t)snprintf(expected, sizeof expected, URL " answered 404: \xEF\xBF\xBD");
    for (int i = 1; i < 200; i++, length += 2) memcpy(expected + length, "\xC3\xA4", 3);
    CHECK_TEXT(result.message, expected);
    CHECK_TEXT(result.log, "");
}

static void requests_go_only_where_it_may_go(void) {
    const char *other[] = {"http:mes.example:8080", "state", NULL}, *this_one[] = {"http:mes.example", NULL};
    wats_test_result denied = RUN(gets, .grants = other, .answers = {{.url = URL}}).result;
    CHECK_TEXT(denied.kind, "misconfigured");
    CHECK_TEXT(denied.message, "`http:mes.example` would have to be asked for and granted");
    CHECK_TEXT(RUN(gets, .grants = this_one, .answers = {{.url = URL}}).result.outcome, "converted");
}

/* ---- JSON ---- */

static bool reads_everything(const wats_run *run) {
    (void)run;
    const wats_json *document = wats_http_json(wats_http_get(URL)), *list, *table, *item = NULL;
    const char *text, *none;
    double number;
    wats_optional absent, given;
    int64_t integer, high;
    bool flag;
    if (!document || !wats_json_text(document, "text", &text) || !wats_json_text_or_none(document, "null", &none) ||
        !wats_json_number(document, "number", &number) || !wats_json_number_or_none(document, "no", &absent) ||
        !wats_json_number_or_none(document, "number", &given) || !wats_json_integer(document, "integer", -9, 9, &integer) ||
        !wats_json_integer(document, "high", 0, INT64_MAX, &high) || !wats_json_flag(document, "flag", &flag) ||
        !wats_json_list(document, "list", &list) || !wats_json_table(document, "table", &table))
        return false;
    tell("%s|%d|%g|%d|%g|%lld|%lld|%d|", text, none == NULL, number, absent.given, given.value, (long long)integer, (long long)high, flag);
    while ((item = wats_json_next(list, item))) {
        if (!wats_json_integer(item, NULL, 0, 9, &integer)) return false;
        tell("%d", (int)integer);
    }
    item = wats_json_next(table, NULL);
    tell("|%zu %s %s %d", wats_json_count(list), wats_json_key(item), wats_json_member(table, "x") ? "x" : "", wats_json_next(table, item) == NULL);
    if (!wats_json_list_or_none(document, "null", &list)) return false;
    CHECK(!wats_json_next(list, NULL) && wats_json_count(list) == 0 && !wats_json_member(document, "null"));
    return true;
}

static void values_of_json_are_read(void) {
    const char *json = "\r\n{\"text\": \"a\\u00e4\\ud83d\\ude00\\n\\\"\", \"null\": null, \"number\": -1.25E1, \"integer\": 3e0,"
                       "\"high\": 9223372036854775807, \"flag\": true, \"list\": [1, 2 ,3], \"table\": {\"x\": []}, \"text\": \"second\"}\t";
    CHECK_TEXT(RUN(reads_everything, .answers = {{.url = URL, .body = json}}).result.message, "");
    CHECK_TEXT(told, "a\xC3\xA4\xF0\x9F\x98\x80\n\"|1|-12.5|0|-12.5|3|9223372036854775807|1|123|3 x x 1");
}

static bool quotes(const wats_run *run) {
    (void)run;
    tell("%s %s", wats_json_quoted("a \"b\"\\\n\xC3\xA4\xFF"), wats_json_quoted(NULL));
    return true;
}

static void a_text_is_quoted_for_the_body_of_a_request(void) {
    RUN(quotes, .due = NULL);
    CHECK_TEXT(told, "\"a \\\"b\\\"\\\\\\u000a\xC3\xA4\xEF\xBF\xBD\" null");
}

static bool reads_a_number(const wats_run *run) {
    (void)run;
    double number;
    const wats_json *document = wats_http_json(wats_http_get(URL));
    return document && wats_json_number(document, NULL, &number);
}

static void a_number_that_is_too_large_is_none(void) {
    CHECK_TEXT(RUN(reads_a_number, .answers = {{.url = URL, .body = "1e999"}}).result.message, "the answer of " URL ": must be a number");
    CHECK_TEXT(RUN(reads_a_number, .answers = {{.url = URL, .body = "1e308"}}).result.outcome, "converted");
}

static bool reads_n_of_a_list(const wats_run *run) {
    (void)run;
    const wats_http_response *answer = wats_http_get(URL);
    const wats_json *document = wats_http_json(answer), *list, *item = NULL, *inner;
    int64_t n;
    const char *name;
    if (!document || !wats_json_list(document, NULL, &list)) return false;
    while ((item = wats_json_next(list, item))) {
        if (!wats_json_integer(item, "n", 0, 10, &n)) return false;
        if (!wats_json_list_or_none(item, "in", &inner)) return false;
        for (const wats_json *value = NULL; (value = wats_json_next(inner, value));)
            if (!wats_json_text_or_none(value, "name", &name)) return false;
    }
    return true;
}

static void what_is_not_as_expected_is_malformed(void) {
    static const char called[] = "the answer of " URL ": ";
    static const char *const cases[][2] = {
        {"{}", "must be a list"},
        {"[{}]", "[0].n is missing"},
        {"[{\"n\": null}]", "[0].n is missing"},
        {"[{\"n\": 1}, {\"n\": \"1\"}]", "[1].n must be a whole number in its range"},
        {"[{\"n\": 11}]", "[0].n must be a whole number in its range"},
        {"[{\"n\": 1.5}]", "[0].n must be a whole number in its range"},
        {"[{\"n\": 1e300}]", "[0].n must be a whole number in its range"},
        {"[7]", "[0] must be a table"},
        {"[{\"n\": 1, \"in\": {}}]", "[0].in must be a list"},
        {"[{\"n\": 1, \"in\": [{}, {\"name\": 1}]}]", "[0].in[1].name must be a text"},
        {"[{\"n\": 1, \"in\": [\"a\"]}]", "[0].in[0] must be a table"},
        {"", "no JSON: expected a value at byte 0"},
        {"[1", "no JSON: expected \",\" or \"]\" at byte 2"},
        {"[1,]", "no JSON: expected a value at byte 3"},
        {"{\"a\" 1}", "no JSON: expected \":\" at byte 5"},
        {"{a: 1}", "no JSON: expected a key at byte 1"},
        {"{\"a\": 1 \"b\"", "no JSON: expected \",\" or \"}\" at byte 8"},
        {"[] []", "no JSON: expected the end at byte 3"},
        {"[\"a]", "no JSON: expected the rest of a text at byte 2"},
        {"[\"a\nb\"]", "no JSON: expected the rest of a text at byte 2"},
        {"[\"a\\x\"]", "no JSON: expected the rest of a text at byte 2"},
        {"[\"\\u0000\"]", "no JSON: expected a text without a NUL at byte 2"},
        {"[01]", "no JSON: expected \",\" or \"]\" at byte 2"},
        {"[+1]", "no JSON: expected a value at byte 1"},
        {"[1.]", "no JSON: expected a value at byte 1"},
        {"[nul]", "no JSON: expected a value at byte 1"},
        {"[NaN]", "no JSON: expected a value at byte 1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        wats_test_result result = RUN(reads_n_of_a_list, .answers = {{.url = URL, .body = cases[i][0]}}).result;
        CHECK_TEXT(result.kind, "malformed");
        CHECK(strncmp(result.message, called, sizeof called - 1) == 0);
        if (strlen(result.message) >= sizeof called - 1) CHECK_TEXT(result.message + sizeof called - 1, cases[i][1]);
    }
    CHECK_TEXT(RUN(reads_n_of_a_list, .answers = {{.url = URL, .body = "a\xFF"}}).result.message, URL " answered what is no UTF-8, at byte 1");
    CHECK_TEXT(RUN(reads_n_of_a_list, .answers = {{.url = URL, .body = "[\0]", .size = 3}}).result.message,
               URL " answered a text with a NUL in it");
    char deep[400] = "";
    memset(deep, '[', 129);
    CHECK(strstr(RUN(reads_n_of_a_list, .answers = {{.url = URL, .body = deep}}).result.message, "expected less depth"));
    memset(deep + 128, ']', 128);
    CHECK(!strstr(RUN(reads_n_of_a_list, .answers = {{.url = URL, .body = deep}}).result.message, "expected less depth"));
}

static wats_http_request request;

static bool sends(const wats_run *run) {
    (void)run;
    return wats_http_send(&request) != NULL;
}

static const char *sent_to(const char *url, const wats_http_header *header) {
    static const char *const mes[] = {"http:mes.example", NULL};
    request = (wats_http_request){.method = "GET", .url = url, .headers = header, .header_count = header != NULL};
    return RUN(sends, .grants = mes, .answers = {{.url = url}}).result.message;
}

static void requests_are_refused_as_the_station_refuses_them(void) {
    CHECK_TEXT(sent_to("HTTPS://MES.example:443/a", NULL), "");
    CHECK_TEXT(sent_to("http://mes.example:80", NULL), "");
    CHECK_TEXT(sent_to("http://mes.example:443/", NULL), "`http:mes.example:443` would have to be asked for and granted");
    CHECK_TEXT(sent_to("https://me:secret@mes.example/", NULL), "the address has a user or a password in it; give a header");
    CHECK_TEXT(sent_to("ftp://mes.example/", NULL), "ftp://mes.example/ is no address of http or https");
    CHECK_TEXT(sent_to(URL, &(wats_http_header){"Accept", "a\tb"}), "");
    CHECK_TEXT(sent_to(URL, &(wats_http_header){"Host", "x"}), "the header host is the host's own");
    CHECK_TEXT(sent_to(URL, &(wats_http_header){"Sec-Fetch", "x"}), "the header sec-fetch is the host's own");
    CHECK_TEXT(sent_to(URL, &(wats_http_header){"a b", "x"}), "\"a b\" is no name of a header");
    CHECK_TEXT(sent_to(URL, &(wats_http_header){"A", "x\r\nB: y"}), "the value of the header a has control characters");
}

static bool sends_often(const wats_run *run) {
    (void)run;
    for (int i = 0; i < 1001; i++) wats_http_get(URL);
    return true;
}

static bool remembers_much(const wats_run *run) {
    (void)run;
    static char much[1024 * 1024];
    return wats_set_state_bytes("k", much, sizeof much - 1) && wats_set_state_bytes("k", much, sizeof much);
}

static bool looks_up(const wats_run *run) {
    (void)run;
    wats_process process;
    return wats_process_by_name("Final", &process) == WATS_FOUND || wats_unanswered();
}

static void limits_and_grants_are_those_of_the_station(void) {
    CHECK_TEXT(RUN(sends_often, .answers = {{.url = URL}}).result.message, "sent too many requests in one run: 1001 (limit 1000)");
    CHECK_TEXT(RUN(remembers_much, .due = NULL).result.message, "wants to remember too much: 1048577 (limit 1048576)");
    static char large[16 * 1024 * 1024 + 1];
    CHECK_TEXT(RUN(gets, .answers = {{.url = URL, .body = large, .size = sizeof large}}).result.kind, "unsupported");
    CHECK_TEXT(RUN(gets, .answers = {{.url = URL, .body = large, .size = sizeof large - 1}}).result.outcome, "converted");
    /* The plugin does not ask for it. */
    CHECK_TEXT(RUN(looks_up, .processes = {{.code = 1, .name = "Final"}}).result.kind, "misconfigured");
}

/* ---- State ---- */

static int end;

static bool remembers(const wats_run *run) {
    (void)run;
    const void *bytes;
    size_t length;
    tell("%s %s.", wats_state_text("since"), wats_state_text("none"));
    CHECK(wats_state_bytes("none", &bytes, NULL) && !bytes);
    if (!wats_set_state_text("since", "8") || !wats_set_state_bytes("raw", "\xFF\0", 2) || !wats_set_state_text("empty", "") ||
        !wats_delete_state("old") || !wats_delete_state("none"))
        return false;
    for (const char *const *keys = wats_state_keys(); *keys; keys++) tell(" %s", *keys);
    CHECK(wats_state_bytes("raw", &bytes, &length) && length == 2);
    CHECK(wats_state_bytes("empty", &bytes, &length) && bytes && length == 0);
    CHECK(!wats_state_text("raw"));
    tell(": %s", wats_last_error().message);
    if (end == 1) return wats_fail(WATS_MALFORMED, wats_whole(), "odd");
    if (end == 2) return wats_skip("nothing");
    return true;
}

static void what_is_remembered_is_kept_of_a_converted_run_only(void) {
    for (end = 0; end < 3; end++) {
        wats_test_ran ran = RUN(remembers, .state = {{"since", "7"}, {"old", "x"}});
        CHECK_TEXT(told, "7 . empty raw since: the state \"raw\" is no text");
        CHECK_TEXT(wats_test_state(&ran, "since"), end ? "7" : "8");
        CHECK(ran.state_count == (end ? 2u : 3u));
        CHECK((wats_test_state(&ran, "old") != NULL) == (end != 0));
    }
}

static const char *state_key;

static bool sets(const wats_run *run) {
    (void)run;
    return wats_set_state_text(state_key, "a");
}

static void the_state_needs_the_grant_and_a_key_that_is_one(void) {
    const char *http[] = {"http", NULL};
    char long_key[202];
    state_key = "";
    CHECK_TEXT(RUN(sets, .due = NULL).result.message, "keys of the state have 1 to 200 characters");
    memset(long_key, 'k', 201);
    long_key[201] = 0;
    state_key = long_key;
    CHECK_TEXT(RUN(sets, .due = NULL).result.kind, "internal");
    state_key = long_key + 1;
    CHECK_TEXT(RUN(sets, .due = NULL).result.outcome, "converted");
    wats_test_result denied = RUN(sets, .grants = http).result;
    CHECK_TEXT(denied.kind, "misconfigured");
    CHECK_TEXT(denied.message, "the station has not granted `state` to this plugin");
}

int main(void) {
    a_run_is_told_when_it_is_due();
    a_report_without_key_or_start_is_refused();
    of_a_run_that_fails_no_report_is_kept();
    faults_of_the_plugin_are_told();
    requests_are_answered_and_noted();
    no_answer_is_what_it_means();
    an_answer_that_is_not_there_can_be_asked_and_what_was_told_stands();
    methods_are_those_of_the_contract_in_any_case();
    an_author_may_forgive_and_go_on();
    success_waits_for_a_busy_server_and_refuses_the_rest();
    requests_go_only_where_it_may_go();
    values_of_json_are_read();
    a_text_is_quoted_for_the_body_of_a_request();
    a_number_that_is_too_large_is_none();
    what_is_not_as_expected_is_malformed();
    requests_are_refused_as_the_station_refuses_them();
    limits_and_grants_are_those_of_the_station();
    what_is_remembered_is_kept_of_a_converted_run_only();
    the_state_needs_the_grant_and_a_key_that_is_one();
    printf("%d failures\n", failures);
    return failures != 0;
}
