/* Runs a converter natively, without a station: gives it a file and settings, and records what it writes.
 *
 *     #include <assert.h>
 *     #include <string.h>
 *     #include "wats_testing.h"
 *
 *     int main(void) {
 *         wats_test_result broken = WATS_TEST(.name = "a.ict", .content = "ACME ICT\nA-1;5,01\n");
 *         assert(strcmp(broken.place, "line 2, column 2") == 0);
 *     }
 *
 * Compile it with the converter, wats_converter.c and wats_testing.c. It finds what is wrong with the plugin's table, with settings, with
 * the order of calls and with JSON. It does not judge reports as the host does, and decodes UTF-8, UTF-16, windows-1252 and what is ASCII
 * only: `wats plugin test` does the rest. Memory that it gives lives until the program ends. */
#ifndef WATS_TESTING_H
#define WATS_TESTING_H

#include "wats_converter.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A file for the converter. */
typedef struct wats_test_file {
    /* Default: `input`. */
    const char *name;
    const char *content;
    /* Bytes of the content. 0: up to its NUL. */
    size_t size;
    /* Path relative to the inbox. Default: the name. */
    const char *path;
    /* Default: `2026-05-04T12:00:00+00:00`. */
    const char *modified;
} wats_test_file;

/* What is tested. The first fields are those of the file to convert. */
typedef struct wats_test {
    const char *name;
    const char *content;
    size_t size;
    const char *path;
    const char *modified;
    /* Pairs of key and value: `{{"decimal_mark", ","}, {"factor", "2.5"}}`. Values are read by the plugin's table; what is left out
     * has its default. What the station would refuse to load is an error, `misconfigured`; schemas of JSON settings are not looked at. */
    const char *settings[16][2];
    /* In any order: the converter gets them sorted by path. */
    wats_test_file companions[8];
    /* The master data that a lookup finds. It is granted when there is some and the plugin asks for the grant. */
    wats_process processes[8];
    wats_product products[8];
    /* Lookups are unavailable for this reason. */
    const char *no_server;
    /* `wats_finish` and `wats_emit_json` refuse reports with this message. */
    const char *violation;
} wats_test;

/* A step as it was handed to the host. */
typedef struct wats_test_step {
    /* Names of the open sequences and the step, joined by `/`: `Supply/Vcc`. Of a measurement of several, its name too. */
    const char *path;
    /* `numeric`, `multi-numeric`, `pass-fail`, `sequence`, ... as in the contract. Of a measurement of several `measurement`. */
    const char *kind;
    wats_optional value;
    const char *text;
    /* Empty for none. */
    const char *unit;
    /* `GELE`, `LOG`, ... of a number; `EQ`, `NE`, `CASESENSIT`, `IGNORECASE`, `LOG` of a text. Else empty. */
    const char *comparison;
    double low;
    double high;
    const char *expected;
    /* The measurement's and the step's, as given. */
    wats_status measured;
    wats_status status;
} wats_test_step;

/* A report that was finished. */
typedef struct wats_test_report {
    /* As they were given, NULL where they were left out. */
    const char *serial_number;
    const char *part_number;
    const char *revision;
    wats_optional process_code;
    const char *start;
    const char *key;
    wats_status status;
    const wats_test_step *steps;
    size_t step_count;
    /* The document of `wats_emit_json`; then the rest is absent. */
    const char *json;
} wats_test_report;

/* What came of it. */
typedef struct wats_test_result {
    /* `converted`, `skipped`, `waiting`, `error`, or `trap` after a failed `wats_assert` or a misuse of the SDK. A plain `assert` ends the
     * whole test program here, with its place. */
    const char *outcome;
    /* Of an error its message, else why. */
    const char *message;
    /* `malformed`, ... of an error; else empty. */
    const char *kind;
    /* `line 5, column 2`, `byte 17`, a path, or empty. */
    const char *place;
    /* Name of the file of an error, or empty. */
    const char *file;
    wats_optional retry_after;
    /* Names of files that are waited for, the last followed by NULL. */
    const char *missing[9];
    /* Those that were finished, when it is converted; of every other outcome none is kept. */
    const wats_test_report *reports;
    size_t report_count;
    /* Each call that wrote something, one a line, with all that was given: for what the fields here do not tell. */
    const char *transcript;
    /* Lines `warn: text`. */
    const char *log;
} wats_test_result;

/* What a probe says. */
typedef struct wats_test_detection {
    double confidence;
    const char *detail;
    /* The message of a failed assertion, or NULL. */
    const char *trap;
    /* Names of files that have to come first, the last followed by NULL. */
    const char *missing[9];
} wats_test_detection;

wats_test_result wats_test_convert(const wats_test *test);
wats_test_detection wats_test_probe(const wats_test *test);
/* The JSON schema of the settings, as the station gets it; empty for none. */
const char *wats_test_schema(void);
/* The step with that path in a report, or NULL. */
const wats_test_step *wats_test_find(const wats_test_report *report, const char *path);

#ifdef __cplusplus
}
#else
#define WATS_TEST(...) wats_test_convert(&(wats_test){__VA_ARGS__})
#define WATS_TEST_PROBE(...) wats_test_probe(&(wats_test){__VA_ARGS__})
#endif

#endif
