/* Write converter plugins for the WATS station service in C.
 *
 * A converter turns a result file of test equipment into WATS reports. It is two functions and one table that names them:
 *
 *     #include "wats_converter.h"
 *
 *     static wats_detection probe(const wats_input *input, const void *settings) {
 *         (void)settings;
 *         return wats_begins_with(input->main, "ACME ICT") ? wats_certain() : wats_no("no ACME head");
 *     }
 *
 *     static bool convert(const wats_input *input, const void *settings) {
 *         (void)settings;
 *         char *text = wats_text_of(input->main, NULL);
 *         if (!text) return false;
 *         char *fields[2];
 *         if (wats_split(wats_trim(text), ';', fields, 2) != 2)
 *             return wats_fail(WATS_MALFORMED, wats_line(1), "expected serial;volts");
 *         double volts;
 *         if (!wats_number(fields[1], '.', wats_cell(1, 2), &volts)) return false;
 *         wats_uut *uut = wats_begin(&(wats_header){.serial_number = fields[0]});
 *         wats_numeric(uut, "Supply", volts, .unit = "V", .limits = wats_between(4.9, 5.1));
 *         return wats_finish(uut);
 *     }
 *
 *     WATS_EXPORT(.name = "acme-ict", .version = "1.0.0", .patterns = {"*.ict"}, .probe = probe, .convert = convert);
 *
 * Rules that hold everywhere:
 *
 * - What is left out of a struct is absent, and gets the station's default or is left out of the report. Blank texts count as
 *   absent.
 * - Texts are UTF-8 and end with NUL. What is not UTF-8 in a text that is handed over is replaced by U+FFFD, and the operator
 *   sees a warning. NULL is an absent text.
 * - Texts and structs that are handed over are copied: they may be reused when the function returns.
 * - What a function returns lives until `probe` or `convert` returns, if nothing else is said. Nothing has to be freed.
 * - There is no clock, no random number, no network, no file but the input, and nothing is kept from file to file.
 */
#ifndef WATS_CONVERTER_SDK_H
#define WATS_CONVERTER_SDK_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#define WATS_NORETURN [[noreturn]]
#else
#define WATS_NORETURN _Noreturn
#endif

#if defined(__GNUC__) || defined(__clang__)
#define WATS_PRINTF(text, first) __attribute__((format(printf, text, first)))
/* What it fills in is not filled in when it returns false: a compiler warns of those who do not look. */
#define WATS_CHECKED __attribute__((warn_unused_result))
#else
#define WATS_PRINTF(text, first)
#define WATS_CHECKED
#endif

/* ---- Values that may be absent ---- */

/* A number that may be absent. Zeroed it is absent: leave it out, or write `wats_some(5.01)`. Whole numbers are exact up to 2^53.
 * NaN and the infinities are values. */
typedef struct wats_optional {
    bool given;
    double value;
} wats_optional;

static inline wats_optional wats_some(double value) {
    wats_optional optional;
    optional.given = true;
    optional.value = value;
    return optional;
}

/* The same as an initialiser, for tables. */
#define WATS_SOME(value) {true, (value)}

static inline wats_optional wats_none(void) {
    wats_optional optional;
    optional.given = false;
    optional.value = 0;
    return optional;
}

/* How a step, measurement or report ended. Left out: judged by the limits and the steps. */
typedef enum wats_status {
    WATS_NOT_GIVEN = 0,
    WATS_PASSED,
    WATS_FAILED,
    /* Ran, nothing was judged. Counts as passed. */
    WATS_DONE,
    /* Did not run. Steps and measurements only. */
    WATS_SKIPPED,
    /* Could not be judged because something broke. Counts as failed. */
    WATS_ERROR,
    /* Stopped by an operator or a rule. Counts as failed. */
    WATS_TERMINATED
} wats_status;

/* Passed or failed. */
static inline wats_status wats_passed_if(bool passed) { return passed ? WATS_PASSED : WATS_FAILED; }

/* Part of a sequence that a step belongs to. */
typedef enum wats_group { WATS_MAIN = 0, WATS_SETUP, WATS_CLEANUP } wats_group;

typedef enum wats_value_kind {
    WATS_TEXT_VALUE = 0,
    WATS_NUMBER_VALUE,
    WATS_FLAG_VALUE,
    WATS_JSON_VALUE
} wats_value_kind;

/* A named value, for what is rare. Which keys mean something is said in the contract (wit/report.wit). */
typedef struct wats_property {
    /* Lower-case words joined by `-`. */
    const char *key;
    wats_value_kind kind;
    /* A text, or an array or object as JSON text. */
    const char *text;
    double number;
    bool flag;
} wats_property;

wats_property wats_text_property(const char *key, const char *text);
wats_property wats_number_property(const char *key, double number);
wats_property wats_flag_property(const char *key, bool flag);
/* `json`: an array or object as JSON text. */
wats_property wats_json_property(const char *key, const char *json);

/* ---- Errors ---- */

/* What kind of error it is. */
typedef enum wats_error_kind {
    /* Breaks the rules of its format. */
    WATS_MALFORMED = 0,
    /* Right so far, and ends too soon. */
    WATS_TRUNCATED,
    /* A kind or version of the format that the plugin cannot read. */
    WATS_UNSUPPORTED,
    /* The host found a report that breaks the rules. Made by `wats_finish` and `wats_emit_json`. */
    WATS_REJECTED,
    /* A setting is missing or wrong. */
    WATS_MISCONFIGURED,
    /* A fault of the plugin. */
    WATS_INTERNAL
} wats_error_kind;

typedef enum wats_place_kind {
    WATS_WHOLE = 0,
    WATS_LINE,
    WATS_CELL,
    WATS_OFFSET,
    WATS_PATH
} wats_place_kind;

/* Where in a file. Zeroed: nowhere in particular. */
typedef struct wats_place {
    wats_place_kind kind;
    uint32_t line;
    uint32_t column;
    uint64_t offset;
    const char *path;
} wats_place;

/* Nowhere in particular. */
wats_place wats_whole(void);
/* A line, from 1. */
wats_place wats_line(uint32_t line);
/* Line and column, both from 1; columns in characters, or in fields where the format has fields. */
wats_place wats_cell(uint32_t line, uint32_t column);
/* A byte, from 0. */
wats_place wats_offset(uint64_t offset);
/* A path in the format's own terms: `/TestResults/Step[3]/@value`, `Sheet1!B7`. */
wats_place wats_path(const char *path);

/* Says why the file cannot be converted, and returns false: `return wats_fail(WATS_MALFORMED, wats_line(7), "found %zu fields", n);`
 * The message says what was found and what was expected, without the place, in the way of printf. When it is called again, the
 * last call stands. */
bool wats_fail(wats_error_kind kind, wats_place place, const char *format, ...) WATS_PRINTF(3, 4);
/* As `wats_fail`, with the arguments as a list. */
bool wats_fail_list(wats_error_kind kind, wats_place place, const char *format, va_list arguments);
/* Moves the error that `wats_fail` or a function of this file told to another place, and returns false. */
bool wats_fail_at(wats_place place);
/* Adds the name of the file to it, when there are several, and returns false. */
bool wats_fail_in(const char *file_name);

/* The last error that was told. Its texts live until the error after the next one. */
typedef struct wats_error {
    /* False: none was. */
    bool told;
    wats_error_kind kind;
    const char *message;
    wats_place place;
    /* NULL when it was not said. */
    const char *file;
} wats_error;
wats_error wats_last_error(void);
/* Drops the last error: for an author who tries something and goes on. Errors of lines and rejected reports stay. */
void wats_forgive(void);

/* Not this plugin's file after all, and why: the next plugin is asked. Returns false: `return wats_skip("no units");` */
bool wats_skip(const char *why, ...) WATS_PRINTF(1, 2);

/* Why a file has to wait, and for what. */
typedef struct wats_wait_for {
    const char *reason;
    /* Seconds until it is worth asking again. Default: the station's. */
    wats_optional retry_after;
    /* Names of files that are missed, the last followed by NULL when there are fewer. */
    const char *missing[8];
} wats_wait_for;

/* Not yet: the file is tried again later. Returns false. */
bool wats_wait_with(const wats_wait_for *wait);
/* What was told last, when that was to wait; false when it was not. Its texts live as those of an error. */
bool wats_last_wait(wats_wait_for *wait);

/* Checks what must be true of the plugin itself. When it is not, the message, file and line reach the operator and the call ends.
 * `assert` does the same. What depends on the file is told by `wats_fail`. */
#define wats_assert(condition) ((condition) ? (void)0 : wats_panic(__FILE__, __LINE__, "assertion failed: %s", #condition))
/* Ends the call with a message, file and line. */
WATS_NORETURN void wats_panic(const char *file, int line, const char *format, ...) WATS_PRINTF(3, 4);

/* ---- The file to convert ---- */

/* One file, open for reading and unchanging while the plugin runs. Reading cannot fail: when a disk errs, the host ends the call
 * and tries the file again later. */
typedef struct wats_file wats_file;

/* What there is to convert: the file that was dropped, and mostly nothing else. */
typedef struct wats_input {
    const wats_file *main;
    /* Files that belong to it, sorted by path. */
    const wats_file *const *companions;
    size_t companion_count;
} wats_input;

/* File name with extension, without folder: `report.csv`.
 *
 * Asking for the name, the path or the time of change makes it a part of what the file is: a copy under another name is then
 * another source. Ask only when you use it. */
const char *wats_name_of(const wats_file *file);
/* Path relative to the inbox, with `/` between folders. Noted as for the name. */
const char *wats_path_of(const wats_file *file);
/* When the file was last changed, ISO 8601 with an offset. Noted as for the name. */
const char *wats_modified_of(const wats_file *file);
/* Length in bytes. */
uint64_t wats_size_of(const wats_file *file);
/* Reads bytes from `offset` into `buffer` and returns how many: fewer than `length` only at the end of the file, 0 at or after
 * it. */
size_t wats_read(const wats_file *file, uint64_t offset, void *buffer, size_t length);
/* Whether the file begins with that text, for a probe. */
bool wats_begins_with(const wats_file *file, const char *text);
/* The whole file, with a NUL behind it; `length` may be NULL. For files that fit into the plugin's memory (256 MiB by default). */
char *wats_bytes_of(const wats_file *file, size_t *length);
/* The whole file as UTF-8, without byte order mark, up to 64 MiB (the host's limit `text_bytes`). `encoding` is a WHATWG label such
 * as `windows-1252`; without one (NULL) a byte order mark decides, else UTF-8. The host decodes: no tables in the plugin.
 *
 * NULL on an error, which is told: `malformed` with the offset of what is invalid, or with line and column of a NUL, `unsupported` when
 * the file is too large, `misconfigured` when the label names no encoding. Then return false. */
char *wats_text_of(const wats_file *file, const char *encoding);

/* Lines, one after the other. */
typedef struct wats_lines wats_lines;

/* A line of text. */
typedef struct wats_text_line {
    /* Without the line feed and a carriage return before it. It may be written to, and lives until the next line is asked for, which
     * overwrites it; `wats_copy` keeps it. */
    char *text;
    size_t length;
    /* From 1. */
    uint32_t number;
} wats_text_line;

/* The lines of a file in UTF-8, read in pieces: memory is one piece, or four times the longest line. A byte order mark is passed over. */
wats_lines *wats_lines_of(const wats_file *file);
/* The lines of a text, such as one from `wats_text_of`. The text is not changed. */
wats_lines *wats_lines_in(const char *text);
/* The next line; NULL after the last one, and at one that is not UTF-8. That is `malformed`, with line and column, and cannot get
 * lost: the conversion fails with it whatever `convert` returns. */
wats_text_line *wats_next(wats_lines *lines);
/* Whether the lines ended at one that is not UTF-8, to stop early: `if (wats_broken(lines)) return false;` */
bool wats_broken(const wats_lines *lines);
/* Offset in the file or text of the next line. */
uint64_t wats_position(const wats_lines *lines);

/* ---- Texts and numbers ---- */

/* Memory until the end of the call, zeroed. Never NULL. */
void *wats_alloc(size_t size);
/* A copy until the end of the call. NULL gives NULL. */
char *wats_copy(const char *text);
/* A copy of `length` bytes with a NUL behind it. */
char *wats_copy_bytes(const char *bytes, size_t length);
/* Text in the way of printf. Numbers have a decimal point. */
char *wats_format(const char *format, ...) WATS_PRINTF(1, 2);
/* The text without white space around it, in place. */
char *wats_trim(char *text);
/* Whether the text is NULL, empty or white space. */
bool wats_blank(const char *text);
/* The rest of the text behind `prefix`, or NULL when it does not begin with it. */
const char *wats_after(const char *text, const char *prefix);
/* Splits in place at each `separator`. Fills up to `most` fields and returns how many there are, which may be more. */
size_t wats_split(char *text, char separator, char **fields, size_t most);

/* Reads a number, strictly: `5`, `-1.25e-3`, `NaN`, `inf`, with the decimal mark given. White space around it does not matter. No
 * locale has an influence. With another mark than a point a point is refused: it could group thousands.
 *
 * False when it is none, which is told as `malformed` with the text and the place. It is never read as 0: `value` is left as it was. */
bool wats_number(const char *text, char decimal_mark, wats_place place, double *value) WATS_CHECKED;
/* As `wats_number`; a blank text is absent. */
bool wats_number_or_none(const char *text, char decimal_mark, wats_place place, wats_optional *value) WATS_CHECKED;
/* Reads a whole number within bounds, as strictly. */
bool wats_integer(const char *text, int64_t lowest, int64_t highest, wats_place place, int64_t *value) WATS_CHECKED;
/* Reads a status from the spellings that testers use, in any case: `P`, `Pass`, `OK`, `NG`, `Aborted`, ... */
bool wats_status_from(const char *text, wats_place place, wats_status *status) WATS_CHECKED;

/* Calendar fields of a point in time, as files carry them. Without an offset it is the local time of the station. */
typedef struct wats_time {
    /* 1 to 9999 */
    int year;
    int month;
    int day;
    int hour;
    int minute;
    int second;
    /* 0 to 999,999,999 */
    int nanoseconds;
    /* Minutes that it is ahead of UTC: `wats_some(120)` for +02:00, `wats_some(0)` for UTC. */
    wats_optional offset_minutes;
} wats_time;

/* The time as ISO 8601 text, for `start` and the like. NULL when there is no such day or time, which is told as `malformed`. */
const char *wats_timestamp(const wats_time *time, wats_place place);

/* ---- Reports ---- */

/* How a number is compared with its limits. The names are those of WATS. */
typedef enum wats_comparison {
    /* Only logged: no limits, always passes. */
    WATS_LOG = 0,
    WATS_EQ,
    /* Equal within a tolerance that the report does not carry: give the status. */
    WATS_EQT,
    WATS_NE,
    WATS_LT,
    WATS_LE,
    WATS_GT,
    WATS_GE,
    WATS_GTLT,
    WATS_GTLE,
    WATS_GELT,
    WATS_GELE,
    WATS_LTGT,
    WATS_LTGE,
    WATS_LEGT,
    WATS_LEGE
} wats_comparison;

/* A comparison with what it compares to. Zeroed: only logged. A comparison with one limit has it in `low`. */
typedef struct wats_limits {
    wats_comparison comparison;
    double low;
    double high;
} wats_limits;

/* Any comparison. With one limit, `high` has no meaning. */
static inline wats_limits wats_compare(wats_comparison comparison, double low, double high) {
    wats_limits limits;
    limits.comparison = comparison;
    limits.low = low;
    limits.high = high;
    return limits;
}
/* low <= value <= high */
static inline wats_limits wats_between(double low, double high) { return wats_compare(WATS_GELE, low, high); }
/* value >= low */
static inline wats_limits wats_at_least(double low) { return wats_compare(WATS_GE, low, 0); }
/* value <= high */
static inline wats_limits wats_at_most(double high) { return wats_compare(WATS_LE, high, 0); }
/* value > low */
static inline wats_limits wats_above(double low) { return wats_compare(WATS_GT, low, 0); }
/* value < high */
static inline wats_limits wats_below(double high) { return wats_compare(WATS_LT, high, 0); }
/* value = expected */
static inline wats_limits wats_equal_to(double expected) { return wats_compare(WATS_EQ, expected, 0); }
/* Inclusive, by the limits that there are: within both, at least the low one, at most the high one, or only logged. */
wats_limits wats_inclusive(wats_optional low, wats_optional high);
/* By the operator's WATS name in any case (`GELE`, `LT`, `LOG`) and the limits that a file gives. A comparison with one limit takes
 * the low one, or the high one when there is no low one. False, and told as `malformed`, when there is no such operator or a limit
 * is missing. */
bool wats_limits_named(const char *name, wats_optional low, wats_optional high, wats_place place, wats_limits *limits) WATS_CHECKED;

typedef enum wats_text_comparison {
    WATS_TEXT_LOG = 0,
    WATS_TEXT_EQ,
    WATS_TEXT_NE,
    WATS_TEXT_CASE_SENSITIVE,
    WATS_TEXT_IGNORE_CASE
} wats_text_comparison;

/* What a text is compared with. Zeroed: only logged. */
typedef struct wats_text_limits {
    wats_text_comparison comparison;
    const char *expected;
} wats_text_limits;

/* The same text, case matters. */
wats_text_limits wats_same_text(const char *expected);
/* The same text, case does not matter. */
wats_text_limits wats_same_text_in_any_case(const char *expected);
/* Another text. */
wats_text_limits wats_other_text(const char *unwanted);
/* By the operator's WATS name in any case: `EQ`, `NE`, `CASESENSIT`, `IGNORECASE`, `LOG`. False, and told, when there is none. */
bool wats_text_limits_named(const char *name, const char *limit, wats_place place, wats_text_limits *limits) WATS_CHECKED;

/* A series of values in a chart. */
typedef struct wats_series {
    /* 1 to 100. */
    const char *name;
    /* `count` numbers, or NULL: then 0, 1, 2, ... */
    const double *x;
    /* `count` numbers. */
    const double *y;
    size_t count;
} wats_series;

typedef enum wats_scale { WATS_LINEAR = 0, WATS_LOG_X, WATS_LOG_Y, WATS_LOG_XY } wats_scale;

/* A chart. Labels up to 100 characters, units up to 50. */
typedef struct wats_chart {
    const char *label;
    const char *x_label;
    const char *x_unit;
    const char *y_label;
    const char *y_unit;
    /* Which axes are logarithmic. */
    wats_scale scale;
    const wats_series *series;
    size_t series_count;
} wats_chart;

/* Bytes with a file name (1 to 256) and a media type (`image/png`). By default at most 100 KiB on a step, 10 MiB on a report. */
typedef struct wats_attachment {
    const char *name;
    const char *content_type;
    const void *content;
    size_t size;
} wats_attachment;

/* A sequence: a step that holds steps. */
typedef struct wats_sequence {
    /* 1 to 100. */
    const char *name;
    /* File that holds the sequence, up to 500. */
    const char *path;
    /* Version of that file, up to 30. */
    const char *version;
    /* Part of the enclosing sequence that it belongs to. */
    wats_group group;
    /* How it ended. Default: failed if a step in it failed, else passed. */
    wats_status status;
    /* When it began, ISO 8601. */
    const char *start;
    /* Seconds that it took. */
    wats_optional duration;
    /* A number or a word. */
    const char *error_code;
    const char *error_message;
    /* Free text, lines allowed. */
    const char *report_text;
    const wats_property *properties;
    size_t property_count;
} wats_sequence;

/* The head of a report on a unit under test. */
typedef struct wats_header {
    /* 1 to 100 characters without `* % ? [ ] ^ ! / \`. Always there. */
    const char *serial_number;
    /* 1 to 100 characters as in the serial number. Default: the inbox's. */
    const char *part_number;
    /* Revision of the part, 1 to 100. Default: the inbox's. */
    const char *revision;
    /* Test operation: `wats_some(100)`. Default: the inbox's. */
    wats_optional process_code;
    /* When the test began, ISO 8601; without an offset the station's local time. Default: when the file was last changed. */
    const char *start;
    /* Seconds that the test took. */
    wats_optional duration;
    /* Login name of the operator, up to 100. */
    const char *operator_name;
    /* Name of the test station, up to 100. Default: this station's, as are the next two. */
    const char *machine_name;
    const char *location;
    /* What the test is for, up to 100. */
    const char *purpose;
    /* Lot, up to 100. */
    const char *batch_serial_number;
    /* Up to 100. */
    const char *fixture;
    /* Place in a multi-site tester; -1 for none. */
    wats_optional socket_index;
    /* Up to 5000; above 1000 the host warns. */
    const char *comment;
    /* Error of the whole test. */
    wats_optional error_code;
    const char *error_message;
    /* What stays the same about this report when the source is converted again: the index of the part, or serial number and start.
     * Unique in the source. Default: the report's number in it. */
    const char *key;
    /* The report's identity, a GUID, where the file carries one. Kept only with the grant `own-id`. */
    const char *id;
    /* The test program: the outermost sequence. Default: one named `Main`. Its status and duration are those of the report. */
    wats_sequence program;
    /* Known in 0.1: `batch-fail-count`, `batch-loop-index` (numbers). */
    const wats_property *properties;
    size_t property_count;
} wats_header;

/* One of several measurements in a step. */
typedef struct wats_measurement {
    /* 1 to 100 and unique in the step. */
    const char *name;
    /* Of a numeric step. */
    wats_optional value;
    const char *unit;
    wats_limits limits;
    /* Of a text step. */
    const char *text;
    wats_text_limits expected;
    /* How it ended, where that is not what the limits say. Of a pass-fail step always. */
    wats_status status;
} wats_measurement;

/* What kind of step it is. */
typedef enum wats_kind {
    /* Did something, measured nothing. */
    WATS_ACTION = 0,
    WATS_NUMERIC,
    WATS_MULTI_NUMERIC,
    WATS_PASS_FAIL,
    WATS_MULTI_PASS_FAIL,
    WATS_TEXT,
    WATS_MULTI_TEXT,
    WATS_CHART,
    WATS_MESSAGE_POPUP,
    WATS_CALL_EXECUTABLE,
    /* Any other step type of WATS by its name. */
    WATS_GENERIC
} wats_kind;

/* The summary of a loop, which comes before its iterations: how many there were, passed and failed. */
typedef struct wats_loop {
    uint32_t count;
    uint32_t passed;
    uint32_t failed;
} wats_loop;

/* A step with everything that it can have. `wats_numeric` and its like fill the first fields. */
typedef struct wats_step {
    wats_kind kind;
    /* 1 to 100. */
    const char *name;

    /* A numeric step: the number, or absent when it was not measured; unit (`V`, `Ohm`) and limits. */
    wats_optional value;
    const char *unit;
    wats_limits limits;
    /* A text step: the text or NULL, and what it is compared with. */
    const char *text;
    wats_text_limits expected;
    /* How the measurement of a numeric or text step ended, where that is not what the limits say; of a pass-fail step always. The
     * step follows it. */
    wats_status measured;

    /* A message popup: the answer, up to 100, and the number of the button. */
    const char *response;
    wats_optional button;
    /* A program that was run. */
    int32_t exit_code;
    /* A generic step: `NI_Flow_If`, `GenericTest`. */
    const char *type;

    /* How the step ended. Default: judged from its measurements; done when there is none. */
    wats_status status;
    /* Part of the enclosing sequence that it belongs to. Default: main. */
    wats_group group;
    /* When it began, ISO 8601. */
    const char *start;
    /* Seconds that it took: `wats_some(0.2)`. */
    wats_optional duration;
    /* A number or a word. */
    const char *error_code;
    const char *error_message;
    /* Free text, lines allowed. */
    const char *report_text;
    /* One iteration of a loop, from 0: `wats_some(0)`. */
    wats_optional loop_index;
    /* The summary of a loop. */
    const wats_loop *loop;
    /* It is the step that made the unit fail. */
    bool caused_failure;
    /* Something rare, by its key in the contract: `ts-guid`, `value-format`, ... */
    const wats_property *properties;
    size_t property_count;

    /* A chart step's chart, or a chart beside the measurement. */
    const wats_chart *chart;
    /* Bytes that belong to the step. */
    const wats_attachment *attachment;
    /* Nested results: a WSJF `additionalResults` entry as JSON text. */
    const char *result;
} wats_step;

/* Writer of one report on a unit under test: its steps in the order of execution, and what goes along.
 *
 * Nothing but `wats_finish` fails: what is wrong is gathered, and it tells all of it. A writer that is neither finished nor
 * discarded makes the conversion fail: a forgotten `wats_finish` must not lose a report. */
typedef struct wats_uut wats_uut;

/* Begins a report. Several may be open at a time, at most 1,024. A file gives all of its reports or none. */
wats_uut *wats_begin(const wats_header *header);
/* Replaces the header, for formats that tell the end only at the end. */
void wats_set_header(wats_uut *uut, const wats_header *header);
/* Opens a sequence inside the one that is open. Any depth up to 256. */
void wats_open(wats_uut *uut, const char *name);
/* As `wats_open`, with everything that a sequence can have. */
void wats_open_with(wats_uut *uut, const wats_sequence *sequence);
/* Closes the innermost open sequence, with the status and duration that it was opened with. */
void wats_close(wats_uut *uut);
/* Closes it with what is known only now. `duration` in seconds. */
void wats_close_with(wats_uut *uut, wats_status status, wats_optional duration);
/* How many sequences are open, the program not counted. */
size_t wats_depth(const wats_uut *uut);
/* Adds a step to the innermost open sequence. */
void wats_add(wats_uut *uut, const wats_step *step);
/* Adds one of several measurements to the step added last: a multi-numeric, multi-pass-fail or multi-text one. */
void wats_add_measurement(wats_uut *uut, const wats_measurement *measurement);
/* A chart, an attachment or a result for the step added last, where the file tells it only then. At most one chart and one attachment;
 * `json` is a WSJF `additionalResults` entry. */
void wats_add_chart(wats_uut *uut, const wats_chart *chart);
void wats_add_attachment(wats_uut *uut, const wats_attachment *attachment);
void wats_add_result(wats_uut *uut, const char *json);
/* Attaches bytes to the report. */
void wats_attach(wats_uut *uut, const wats_attachment *attachment);
/* Attaches a source file to the report; its bytes do not pass through the plugin. */
void wats_attach_file(wats_uut *uut, const wats_file *file, const char *content_type);
/* Something worth knowing: a description (1 to 100) and a text (up to 255; above 100 the host warns). */
void wats_misc_info(wats_uut *uut, const char *description, const char *text);

/* A part that is built into the unit. Texts as in the header. */
typedef struct wats_sub_unit {
    const char *part_number;
    const char *serial_number;
    const char *revision;
    /* 1 to 50: `PCB`. Default `Unknown`. */
    const char *part_type;
} wats_sub_unit;
void wats_add_sub_unit(wats_uut *uut, const wats_sub_unit *unit);

/* Equipment that the test used. */
typedef struct wats_asset {
    const char *serial_number;
    /* How often this test used it. */
    uint32_t usage_count;
    /* Kind of equipment, and its part number. */
    const char *type;
    const char *part_number;
    /* When it was calibrated, and when it must be again: ISO 8601. */
    const char *calibrated;
    const char *calibration_due;
} wats_asset;
void wats_add_asset(wats_uut *uut, const wats_asset *asset);

/* Nested data: a WSJF `additionalData` entry as JSON text. */
void wats_data(wats_uut *uut, const char *json);

/* Ends the report: failed if a step failed, else passed. False when it breaks rules of the host, which is told as `rejected` with
 * what is wrong; then return false. */
bool wats_finish(wats_uut *uut);
/* Ends the report with the status that the file gives (`WATS_NOT_GIVEN` when it gives none). `id`, when not NULL, becomes the
 * report's identity. */
bool wats_finish_with(wats_uut *uut, wats_status status, const char **id);
/* Throws the report away. */
void wats_discard(wats_uut *uut);

/* Hands over a whole report, UUT or UUR, as one WSJF document. `key` as in the header, or NULL; `id` as in `wats_finish_with`. */
bool wats_emit_json(const char *wsjf, const char *key, const char **id);

#ifndef __cplusplus
/* The steps, with everything optional behind: `wats_numeric(uut, "Vcc", 5.01, .unit = "V", .limits = wats_between(4.9, 5.1));` */

/* `value` is a number, or a `wats_optional` that is absent when it was not measured. */
#define wats_numeric(uut, name_, value_, ...) \
    wats_add(uut, &(wats_step){.kind = WATS_NUMERIC, .name = (name_), .value = WATS_OPTIONAL(value_), __VA_ARGS__})
/* `status_` is a `wats_status`; of a condition write `wats_passed_if(condition)`. */
#define wats_pass_fail(uut, name_, status_, ...) \
    wats_add(uut, &(wats_step){.kind = WATS_PASS_FAIL, .name = (name_), .measured = (status_), __VA_ARGS__})
/* `text_` may be NULL. */
#define wats_text(uut, name_, text_, ...) \
    wats_add(uut, &(wats_step){.kind = WATS_TEXT, .name = (name_), .text = (text_), __VA_ARGS__})
#define wats_multi_numeric(uut, name_, ...) \
    wats_add(uut, &(wats_step){.kind = WATS_MULTI_NUMERIC, .name = (name_), __VA_ARGS__})
#define wats_multi_pass_fail(uut, name_, ...) \
    wats_add(uut, &(wats_step){.kind = WATS_MULTI_PASS_FAIL, .name = (name_), __VA_ARGS__})
#define wats_multi_text(uut, name_, ...) \
    wats_add(uut, &(wats_step){.kind = WATS_MULTI_TEXT, .name = (name_), __VA_ARGS__})
#define wats_action(uut, name_, ...) wats_add(uut, &(wats_step){.kind = WATS_ACTION, .name = (name_), __VA_ARGS__})
/* `chart_`: a pointer to a `wats_chart`. */
#define wats_chart_step(uut, name_, chart_, ...) \
    wats_add(uut, &(wats_step){.kind = WATS_CHART, .name = (name_), .chart = (chart_), __VA_ARGS__})
/* `response_` may be NULL; `button_` is a number or a `wats_optional`. */
#define wats_message_popup(uut, name_, response_, button_, ...)                                        \
    wats_add(uut, &(wats_step){.kind = WATS_MESSAGE_POPUP, .name = (name_), .response = (response_), \
                               .button = WATS_OPTIONAL(button_), __VA_ARGS__})
#define wats_call_executable(uut, name_, exit_code_, ...) \
    wats_add(uut, &(wats_step){.kind = WATS_CALL_EXECUTABLE, .name = (name_), .exit_code = (exit_code_), __VA_ARGS__})
/* `type_`: `NI_Flow_If`, `GenericTest`. */
#define wats_generic(uut, type_, name_, ...) \
    wats_add(uut, &(wats_step){.kind = WATS_GENERIC, .type = (type_), .name = (name_), __VA_ARGS__})

/* The measurements of the step added last. */
#define wats_measure(uut, name_, value_, ...) \
    wats_add_measurement(uut, &(wats_measurement){.name = (name_), .value = WATS_OPTIONAL(value_), __VA_ARGS__})
#define wats_measure_pass_fail(uut, name_, status_) \
    wats_add_measurement(uut, &(wats_measurement){.name = (name_), .status = (status_)})
#define wats_measure_text(uut, name_, text_, ...) \
    wats_add_measurement(uut, &(wats_measurement){.name = (name_), .text = (text_), __VA_ARGS__})

/* A part that is built into the unit: `wats_sub_unit(uut, .part_number = "PSU-1", .serial_number = "P-9");` */
#define wats_sub_unit(uut, ...) wats_add_sub_unit(uut, &(wats_sub_unit){__VA_ARGS__})
/* Equipment: `wats_asset(uut, .serial_number = "DMM-3", .usage_count = 1);` */
#define wats_asset(uut, ...) wats_add_asset(uut, &(wats_asset){__VA_ARGS__})
/* `return wats_wait(.reason = "the limits file is missing", .missing = {"limits.csv"});` */
#define wats_wait(...) wats_wait_with(&(wats_wait_for){__VA_ARGS__})

static inline wats_optional wats_as_it_is(wats_optional value) { return value; }
#define WATS_OPTIONAL(value) _Generic((value), wats_optional: wats_as_it_is, default: wats_some)(value)
#endif

/* ---- The station ---- */

typedef enum wats_level { WATS_TRACE = 0, WATS_DEBUG, WATS_INFO, WATS_WARN, WATS_ERR } wats_level;

/* A log line in the way of printf, which the operator sees with the plugin's name and the file's. A bounded number of bytes per
 * file is kept (64 KiB by default), the rest counted. printf itself goes nowhere. */
void wats_log(wats_level level, const char *format, ...) WATS_PRINTF(2, 3);
/* How much of the file is done, 0 to 1. Cheap. */
void wats_progress(double fraction);
/* All settings as one JSON object, for what the table of settings cannot say. */
const char *wats_settings_json(void);

/* What the station answers about master data of the WATS server. Only with the grant `lookup`. */
typedef enum wats_answer {
    WATS_FOUND = 0,
    /* The server knows of none. */
    WATS_ABSENT,
    /* No server and nothing cached: `return wats_unanswered();` has the file tried again later. */
    WATS_UNAVAILABLE,
    /* The plugin was not granted `lookup`. */
    WATS_DENIED
} wats_answer;

typedef struct wats_process {
    uint32_t code;
    const char *name;
    /* Known in 0.1: `test`, `repair`, `wip` (flags). */
    const wats_property *properties;
    size_t property_count;
} wats_process;

typedef struct wats_product {
    const char *part_number;
    const char *name;
    /* Known revisions, oldest first. */
    const char *const *revisions;
    size_t revision_count;
    const wats_property *properties;
    size_t property_count;
} wats_product;

/* The process (test operation) of that name, without regard to case. `process` is filled when it is found. */
wats_answer wats_process_by_name(const char *name, wats_process *process);
/* The product with that part number. */
wats_answer wats_product_by_part_number(const char *part_number, wats_product *product);
/* Has the file wait when the last answer was unavailable; `misconfigured` when it was denied. Returns false. */
bool wats_unanswered(void);

/* ---- Settings ---- */

typedef enum wats_setting_kind {
    WATS_SETTING_IS_TEXT = 0,
    WATS_SETTING_IS_NUMBER,
    WATS_SETTING_IS_INTEGER,
    WATS_SETTING_IS_FLAG,
    WATS_SETTING_IS_TEXTS,
    WATS_SETTING_IS_JSON
} wats_setting_kind;

/* One setting: its key, where it goes in the author's struct, and what the station accepts. Made by `WATS_SETTING_TEXT` and its
 * like. */
typedef struct wats_setting {
    const char *key;
    wats_setting_kind kind;
    size_t at;
    /* Default: a text, or JSON; of a list of texts a JSON list. */
    const char *text;
    /* Default: a number. */
    double number;
    /* Default: a flag. */
    bool flag;
    /* For people. */
    const char *help;
    /* Smallest and largest number. */
    wats_optional least;
    wats_optional most;
    /* Smallest and largest length of a text in characters; 0 for none. */
    unsigned shortest;
    unsigned longest;
    /* Texts of which it must be one, when there are any. */
    const char *choices[16];
    /* Schema of a JSON setting, as JSON text: `{"type": "object"}`. */
    const char *schema;
} wats_setting;

#ifndef __cplusplus
/* A table of settings ends with `WATS_SETTINGS_END`. Field types: `const char *`, `double`, `int64_t`, `bool`,
 * `const char *const *` for a list of texts that ends with NULL, and `const char *` with JSON text; another type does not compile.
 * Keys are the names of the fields.
 *
 *     static const wats_setting SETTINGS[] = {
 *         WATS_SETTING_TEXT(my_settings, sequence, "Measurements", "Name of the sequence", .shortest = 1),
 *         WATS_SETTING_NUMBER(my_settings, factor, 1.0, "What values are multiplied with", .least = WATS_SOME(0)),
 *         WATS_SETTINGS_END,
 *     };
 */
#define WATS_SETTING_TEXT(type, field, default_, help_, ...)                                                \
    {.key = #field, .kind = WATS_SETTING_IS_TEXT, .at = WATS_FIELD(type, field, const char *), .text = (default_), \
     .help = (help_), __VA_ARGS__}
#define WATS_SETTING_NUMBER(type, field, default_, help_, ...)                                           \
    {.key = #field, .kind = WATS_SETTING_IS_NUMBER, .at = WATS_FIELD(type, field, double), .number = (default_), \
     .help = (help_), __VA_ARGS__}
#define WATS_SETTING_INTEGER(type, field, default_, help_, ...)                                            \
    {.key = #field, .kind = WATS_SETTING_IS_INTEGER, .at = WATS_FIELD(type, field, int64_t), .number = (default_), \
     .help = (help_), __VA_ARGS__}
#define WATS_SETTING_FLAG(type, field, default_, help_) \
    {.key = #field, .kind = WATS_SETTING_IS_FLAG, .at = WATS_FIELD(type, field, bool), .flag = (default_), .help = (help_)}
/* A list of texts; empty by default. */
#define WATS_SETTING_TEXTS(type, field, help_) \
    {.key = #field, .kind = WATS_SETTING_IS_TEXTS, .at = WATS_FIELD(type, field, const char *const *), .help = (help_)}
/* `default_` and `schema_` are JSON text. The default may be NULL. */
#define WATS_SETTING_JSON(type, field, default_, schema_, help_)                                            \
    {.key = #field, .kind = WATS_SETTING_IS_JSON, .at = WATS_FIELD(type, field, const char *), .text = (default_), \
     .schema = (schema_), .help = (help_)}
#define WATS_SETTINGS_END {.key = NULL}
#define WATS_FIELD(type, field, wanted) _Generic(((type *)0)->field, wanted: offsetof(type, field))
#endif

/* ---- The plugin ---- */

/* Whether the plugin can read a file. */
typedef struct wats_detection {
    /* 0 (cannot) to 1 (certain). Of several plugins the most confident gets the file. */
    double confidence;
    /* What was recognised, or why not. */
    const char *detail;
    /* Names of files that have to come first. */
    const char *missing[8];
    /* Seen in passing. */
    const char *serial_number;
    const char *part_number;
} wats_detection;

/* It cannot, and why. */
wats_detection wats_no(const char *why);
/* It certainly can. */
wats_detection wats_certain(void);
/* It can with this confidence. */
wats_detection wats_likely(double confidence);

/* Bytes at a place within the first 4 KiB of a file. */
typedef struct wats_magic {
    uint32_t offset;
    const char *bytes;
    size_t length;
} wats_magic;
/* Of a literal: `.magic = {WATS_MAGIC(0, "PK\x03\x04")}`. */
#define WATS_MAGIC(offset, literal) {(offset), (literal), sizeof(literal) - 1}

/* To ask for master data of the WATS server. */
#define WATS_GRANT_LOOKUP "lookup"
/* To keep report ids that the file carries. */
#define WATS_GRANT_OWN_ID "own-id"

/* What the plugin is, and its two functions. Lists end where nothing more is written. */
typedef struct wats_converter {
    /* Lower-case words joined by `-`, unique on a station: `acme-ict`. */
    const char *name;
    /* Semantic version: `1.4.0`. */
    const char *version;
    /* One line for people. */
    const char *summary;
    /* Names of the formats it reads, for people. */
    const char *formats[16];
    /* Glob patterns of the file name, without regard to case: `*.csv`. One must match. */
    const char *patterns[16];
    /* Sizes in bytes that a file can have; 0 for no rule. */
    uint64_t min_size;
    uint64_t max_size;
    /* Of several, one must match. */
    wats_magic magic[8];
    /* Texts in the first 4 KiB, in UTF-8 or UTF-16; case matters. One must occur. */
    const char *contains[16];
    /* Asks for grants; the operator decides. */
    const char *grants[16];
    /* For people. */
    const char *homepage;
    const char *license;
    const char *author;
    /* The table of settings, and the size of the struct that it fills. NULL: nothing to set. */
    const wats_setting *settings;
    size_t settings_size;
    /* Whether it can read the input. A good probe reads the first few KiB and no more. `settings` is the author's struct. */
    wats_detection (*probe)(const wats_input *input, const void *settings);
    /* Reads the input and writes its reports. True: converted. False: not, and why was said by `wats_fail`, `wats_skip`,
     * `wats_wait`, or by a function of this file that returned false or NULL. */
    bool (*convert)(const wats_input *input, const void *settings);
} wats_converter;

/* What the plugin exports. `WATS_EXPORT` defines it. */
extern const wats_converter wats_exported;

/* Exports the plugin. Once, in one source file, outside of functions. */
#ifndef __cplusplus
#define WATS_EXPORT(...) const wats_converter wats_exported = {__VA_ARGS__}
#endif

#ifdef __cplusplus
}
#endif

#endif
