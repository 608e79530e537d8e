/* The stand-in for the host of the test kit, as far as the worlds have it in common: it has the functions that the bindings import,
 * and writes down what they are given.
 *
 * It is not compiled by itself, but included by the source of a world, wats_testing.c or wats_scheduled_testing.c, behind the bindings
 * of that world. */
#include "wats_testing.h"

#include <ctype.h>
#include <math.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPORT(name) wats_converter_report_##name
#define SOURCE(name) wats_converter_source_##name

typedef converter_string_t text_t;

/* What the station decodes at once (limits.text_bytes), and how deep sequences are (limits.sequence_depth). */
#define MOST_TEXT ((size_t)64 * 1024 * 1024)
#define DEEPEST_SEQUENCE 256

/* Text that grows. */
typedef struct text_buffer {
    char *text;
    size_t length, room;
} text_buffer;

/* A writer. */
typedef struct writer {
    wats_test_report report;
    wats_test_step *steps;
    size_t count, room;
    /* Names of the open sequences, each `/name`, and where the last of them begins. */
    text_buffer path;
    size_t begins[DEEPEST_SEQUENCE], depth;
    const char *program;
    /* The step added last, and what it has already. */
    const char *last;
    bool has_chart, has_attachment;
    bool ended;
    /* What is wrong with it, told when it is finished. */
    struct violation {
        const char *path, *message;
    } *violations;
    size_t violation_count;
} writer;

static struct {
    const wats_test *test;
    /* The plugin's table. */
    const wats_setting *settings;
    /* It asks for the grant `lookup`. */
    bool asks_for_lookup;
    /* An export is called, and which one. */
    const char *running;
    /* Reports state a key and a start: they are of a scheduled converter. */
    bool states_key_and_start;
    wats_test_file files[9];
    writer **writers;
    size_t writer_count, open_count;
    wats_test_report *reports;
    size_t report_count, report_room;
    text_buffer transcript, log;
    const char *trap;
    jmp_buf stopped;
} host;

/* ---- Memory and text ---- */

static void *must(void *memory) {
    if (!memory) {
        fputs("wats_testing: out of memory\n", stderr);
        exit(70);
    }
    return memory;
}

static void *zeroed(size_t size) { return must(calloc(1, size ? size : 1)); }

static char *copy_of(const void *bytes, size_t length) {
    char *copy = zeroed(length + 1);
    if (length) memcpy(copy, bytes, length);
    return copy;
}

static const char *c_text(const text_t *text) { return copy_of(text->ptr, text->len); }

/* As the host gives it: the converter frees it. */
static void give(text_t *to, const char *text) {
    to->len = strlen(text);
    to->ptr = to->len ? must(malloc(to->len)) : NULL;
    if (to->len) memcpy(to->ptr, text, to->len);
}

static void put(text_buffer *to, const char *format, ...) WATS_PRINTF(2, 3);
static void put(text_buffer *to, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0) return;
    if (to->room - to->length < (size_t)length + 1) {
        to->room = to->room * 2 + (size_t)length + 1024;
        to->text = must(realloc(to->text, to->room));
    }
    va_start(arguments, format);
    vsnprintf(to->text + to->length, to->room - to->length, format, arguments);
    va_end(arguments);
    to->length += (size_t)length;
}

#define TELL(...) put(&host.transcript, __VA_ARGS__)

static const char *const STATUSES[] = {"passed", "failed", "done", "skipped", "error", "terminated"};
static const char *const GROUPS[] = {"main", "setup", "cleanup"};
static const char *const KINDS[] = {"malformed", "truncated", "unsupported", "rejected", "misconfigured", "internal"};
static const char *const LEVELS[] = {"trace", "debug", "info", "warn", "error"};
static const char *const SCALES[] = {"linear", "log-x", "log-y", "log-xy"};
static const char *const BODIES[] = {"action",     "numeric",    "multi-numeric", "pass-fail",       "multi-pass-fail", "text",
                                     "multi-text", "chart",      "message-popup", "call-executable", "generic"};
static const char *const COMPARISONS[] = {"LOG",  "EQ",   "EQT",  "NE",   "LT",   "LE",   "GT",   "GE",
                                          "GTLT", "GTLE", "GELT", "GELE", "LTGT", "LTGE", "LEGT", "LEGE"};
static const char *const TEXT_COMPARISONS[] = {"LOG", "EQ", "NE", "CASESENSIT", "IGNORECASE"};

static void tell_text(const char *key, const text_t *text) {
    if (text->len) TELL(" %s=%.*s", key, (int)text->len, (const char *)text->ptr);
}

#define TELL_OPTION(key, option) \
    do {                          \
        if ((option).is_some) tell_text(key, &(option).val); \
    } while (0)
#define TELL_NUMBER(key, option) \
    do {                          \
        if ((option).is_some) TELL(" %s=%.17g", key, (double)(option).val); \
    } while (0)
#define TELL_STATUS(option) \
    do {                     \
        if ((option).is_some) TELL(" status=%s", STATUSES[(option).val]); \
    } while (0)
#define STATUS_OF(option) ((option).is_some ? (wats_status)((option).val + WATS_PASSED) : WATS_NOT_GIVEN)
#define TEXT_OR_NULL(option) ((option).is_some ? c_text(&(option).val) : NULL)

/* The shortest that reads back. */
static void put_number(text_buffer *to, double value) {
    char text[40];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value) break;
    }
    put(to, "%s", text);
}

static void tell_value(double value) { put_number(&host.transcript, value); }

static void tell_properties(const REPORT(list_property_t) *list) {
    for (size_t i = 0; i < list->len; i++) {
        const REPORT(property_t) *property = &list->ptr[i];
        TELL(" %.*s=", (int)property->key.len, (const char *)property->key.ptr);
        switch (property->value.tag) {
        case WATS_CONVERTER_TYPES_VALUE_NUMBER: tell_value(property->value.val.number); break;
        case WATS_CONVERTER_TYPES_VALUE_FLAG: TELL("%s", property->value.val.flag ? "true" : "false"); break;
        default: TELL("%.*s", (int)property->value.val.text.len, (const char *)property->value.val.text.ptr);
        }
    }
}

_Noreturn void wats_testing_stop(const char *message) {
    if (!host.running) {
        /* A test called a function of the library by itself, or a table is wrong before `main`. */
        fprintf(stderr, "wats_testing: %s\n", message);
        abort();
    }
    host.trap = copy_of(message, strlen(message));
    longjmp(host.stopped, 1);
}

/* ---- The file ---- */

static const wats_test_file *file_of(SOURCE(borrow_file_t) handle) { return &host.files[handle.__handle - 1]; }

SOURCE(borrow_file_t) SOURCE(borrow_file)(SOURCE(own_file_t) handle) { return (SOURCE(borrow_file_t)){handle.__handle}; }
void SOURCE(file_drop_own)(SOURCE(own_file_t) handle) { (void)handle; }

static const char *or_else(const char *text, const char *otherwise) { return text ? text : otherwise; }

static size_t size_of(const wats_test_file *file) {
    return file->size ? file->size : file->content ? strlen(file->content) : 0;
}

/* The end of the path, when the test says only that. */
static const char *name_of(const wats_test_file *file) {
    const char *slash = file->path ? strrchr(file->path, '/') : NULL;
    return or_else(file->name, slash ? slash + 1 : or_else(file->path, "input"));
}

void SOURCE(method_file_name)(SOURCE(borrow_file_t) self, text_t *to) { give(to, name_of(file_of(self))); }
void SOURCE(method_file_path)(SOURCE(borrow_file_t) self, text_t *to) {
    give(to, or_else(file_of(self)->path, or_else(file_of(self)->name, "input")));
}
void SOURCE(method_file_modified)(SOURCE(borrow_file_t) self, text_t *to) {
    give(to, or_else(file_of(self)->modified, "2026-05-04T12:00:00+00:00"));
}
uint64_t SOURCE(method_file_size)(SOURCE(borrow_file_t) self) { return size_of(file_of(self)); }

void SOURCE(method_file_read)(SOURCE(borrow_file_t) self, uint64_t offset, uint32_t length, converter_list_u8_t *to) {
    size_t size = size_of(file_of(self));
    size_t from = offset < size ? (size_t)offset : size;
    to->len = size - from < length ? size - from : length;
    to->ptr = to->len ? must(malloc(to->len)) : NULL;
    if (to->len) memcpy(to->ptr, file_of(self)->content + from, to->len);
}

#include "wats_testing_text.c"

bool SOURCE(method_file_text)(SOURCE(borrow_file_t) self, text_t *encoding, text_t *to, SOURCE(text_error_t) *error) {
    const unsigned char *bytes = (const unsigned char *)file_of(self)->content;
    return decode(bytes, size_of(file_of(self)), encoding ? c_text(encoding) : NULL, to, error);
}

#include "wats_testing_settings.c"

/* ---- Reports ---- */

static void not_in_probe(const char *function) {
    if (host.running && strcmp(host.running, "probe") == 0) wats_testing_stop(says("called %s in probe, where it must not", function));
}

/* Adds what is wrong with a report, at the innermost open sequence. */
static void violate(writer *to, const char *what, const char *message) {
    to->violations = must(realloc(to->violations, (to->violation_count + 1) * sizeof *to->violations));
    text_buffer path = {NULL, 0, 0};
    put(&path, "steps/%s%s%s", to->program, to->path.length ? to->path.text : "", what);
    to->violations[to->violation_count++] = (struct violation){path.text, message};
}

static void check_json(writer *to, const char *what, const char *text) {
    if (!is_json(text)) violate(to, what, "read the report as JSON: it is none");
}

static writer *writer_of(int32_t handle) { return host.writers[handle - 1]; }

static void take_header(writer *to, const REPORT(uut_header_t) *header, const char *word) {
    to->report.serial_number = c_text(&header->serial_number);
    to->program = c_text(&header->program.name);
    to->report.part_number = TEXT_OR_NULL(header->part_number);
    to->report.revision = TEXT_OR_NULL(header->revision);
    to->report.process_code = header->process_code.is_some ? wats_some(header->process_code.val) : wats_none();
    to->report.start = TEXT_OR_NULL(header->start);
    to->report.key = TEXT_OR_NULL(header->key);
    TELL("%s %s", word, to->report.serial_number);
    TELL_OPTION("part-number", header->part_number);
    TELL_OPTION("revision", header->revision);
    TELL_NUMBER("process-code", header->process_code);
    TELL_OPTION("start", header->start);
    TELL_NUMBER("duration", header->duration);
    TELL_OPTION("operator", header->operator_);
    TELL_OPTION("machine-name", header->machine_name);
    TELL_OPTION("location", header->location);
    TELL_OPTION("purpose", header->purpose);
    TELL_OPTION("batch-serial-number", header->batch_serial_number);
    TELL_OPTION("fixture", header->fixture);
    TELL_NUMBER("socket-index", header->socket_index);
    TELL_OPTION("comment", header->comment);
    TELL_NUMBER("error-code", header->error_code);
    TELL_OPTION("error-message", header->error_message);
    TELL_OPTION("key", header->key);
    TELL_OPTION("id", header->id);
    tell_text("program", &header->program.name);
    tell_text("path", &header->program.path);
    tell_text("version", &header->program.version);
    tell_properties(&header->properties);
    TELL("\n");
}

REPORT(own_uut_t) REPORT(constructor_uut)(REPORT(uut_header_t) *header) {
    not_in_probe("report.uut");
    if (host.open_count++ == 1024) wats_testing_stop("more than 1024 reports are open");
    writer *added = zeroed(sizeof *added);
    host.writers = must(realloc(host.writers, (host.writer_count + 1) * sizeof *host.writers));
    host.writers[host.writer_count++] = added;
    take_header(added, header, "begin");
    return (REPORT(own_uut_t)){(int32_t)host.writer_count};
}

REPORT(borrow_uut_t) REPORT(borrow_uut)(REPORT(own_uut_t) handle) { return (REPORT(borrow_uut_t)){handle.__handle}; }

void REPORT(method_uut_set_header)(REPORT(borrow_uut_t) self, REPORT(uut_header_t) *header) {
    take_header(writer_of(self.__handle), header, "header");
}

static wats_test_step *add_step(writer *to, const char *name, const char *kind) {
    if (to->count == to->room) {
        to->room = to->room * 2 + 16;
        to->steps = must(realloc(to->steps, to->room * sizeof *to->steps));
    }
    wats_test_step *step = &to->steps[to->count++];
    memset(step, 0, sizeof *step);
    text_buffer path = {NULL, 0, 0};
    put(&path, "%s%s%s", to->path.length ? to->path.text + 1 : "", to->path.length ? "/" : "", name);
    step->path = path.text;
    step->kind = kind;
    step->unit = step->comparison = "";
    return step;
}

void REPORT(method_uut_open_sequence)(REPORT(borrow_uut_t) self, REPORT(sequence_t) *sequence) {
    writer *to = writer_of(self.__handle);
    const char *name = c_text(&sequence->name);
    if (to->depth == DEEPEST_SEQUENCE) wats_testing_stop("opened too many sequences inside each other: 257 (limit 256)");
    add_step(to, name, "sequence");
    to->begins[to->depth++] = to->path.length;
    put(&to->path, "/%s", name);
    TELL("open %s", name);
    tell_text("path", &sequence->path);
    tell_text("version", &sequence->version);
    if (sequence->group) TELL(" group=%s", GROUPS[sequence->group]);
    TELL_OPTION("start", sequence->start);
    TELL_OPTION("error-code", sequence->error_code);
    TELL_OPTION("error-message", sequence->error_message);
    TELL_OPTION("report-text", sequence->report_text);
    tell_properties(&sequence->properties);
    TELL("\n");
}

void REPORT(method_uut_close_sequence)(REPORT(borrow_uut_t) self, REPORT(status_t) *status, double *duration) {
    writer *to = writer_of(self.__handle);
    if (to->depth) {
        to->path.length = to->begins[--to->depth];
        to->path.text[to->path.length] = 0;
    } else {
        violate(to, "", "found a sequence closed while none was open but the program, allowed is one close for each open");
    }
    TELL("close");
    if (status) TELL(" status=%s", STATUSES[*status]);
    if (duration) TELL(" duration=%.17g", *duration);
    TELL("\n");
}

static void take_numeric(wats_test_step *to, const REPORT(numeric_measurement_t) *from) {
    to->value = from->value.is_some ? wats_some(from->value.val) : wats_none();
    to->unit = c_text(&from->unit);
    to->comparison = COMPARISONS[from->limits.tag];
    TELL(" ");
    if (from->value.is_some) tell_value(from->value.val);
    else TELL("none");
    if (from->unit.len) TELL(" %s", to->unit);
    TELL(" %s", to->comparison);
    if (from->limits.tag >= WATS_GTLT) {
        to->low = from->limits.val.gtlt.low;
        to->high = from->limits.val.gtlt.high;
        TELL(" ");
        tell_value(to->low);
        TELL(" ");
        tell_value(to->high);
    } else if (from->limits.tag != WATS_LOG) {
        to->low = from->limits.val.eq;
        TELL(" ");
        tell_value(to->low);
    }
    to->measured = STATUS_OF(from->status);
    if (from->status.is_some) TELL(" measured=%s", STATUSES[from->status.val]);
}

static void take_text(wats_test_step *to, const REPORT(text_measurement_t) *from) {
    to->text = TEXT_OR_NULL(from->value);
    to->comparison = TEXT_COMPARISONS[from->limits.tag];
    TELL(" %s %s", to->text ? to->text : "none", to->comparison);
    if (from->limits.tag) {
        to->expected = c_text(&from->limits.val.eq);
        TELL(" %s", to->expected);
    }
    to->measured = STATUS_OF(from->status);
    if (from->status.is_some) TELL(" measured=%s", STATUSES[from->status.val]);
}

static void tell_chart(const char *word, const REPORT(chart_t) *chart) {
    TELL("%s", word);
    tell_text("label", &chart->label);
    tell_text("x-label", &chart->x_label);
    tell_text("x-unit", &chart->x_unit);
    tell_text("y-label", &chart->y_label);
    tell_text("y-unit", &chart->y_unit);
    if (chart->scale) TELL(" scale=%s", SCALES[chart->scale]);
    for (size_t i = 0; i < chart->series.len; i++) {
        TELL(" series %.*s x", (int)chart->series.ptr[i].name.len, (const char *)chart->series.ptr[i].name.ptr);
        for (size_t k = 0; k < chart->series.ptr[i].x.len; k++) TELL(" "), tell_value(chart->series.ptr[i].x.ptr[k]);
        TELL(" y");
        for (size_t k = 0; k < chart->series.ptr[i].y.len; k++) TELL(" "), tell_value(chart->series.ptr[i].y.ptr[k]);
    }
}

/* A measurement of several, after its step. */
static wats_test_step *part(writer *to, const wats_test_step *whole, const text_t *name) {
    text_buffer path = {NULL, 0, 0};
    put(&path, "%s/%.*s", whole->path, (int)name->len, (const char *)name->ptr);
    wats_test_step *added = add_step(to, "", "measurement");
    added->path = path.text;
    TELL("\n  measure %.*s", (int)name->len, (const char *)name->ptr);
    return added;
}

static void take_body(writer *to, size_t at, const REPORT(step_body_t) *body) {
    wats_test_step whole = to->steps[at];
    switch (body->tag) {
    case WATS_CONVERTER_REPORT_STEP_BODY_NUMERIC: take_numeric(&to->steps[at], &body->val.numeric); break;
    case WATS_CONVERTER_REPORT_STEP_BODY_TEXT: take_text(&to->steps[at], &body->val.text); break;
    case WATS_CONVERTER_REPORT_STEP_BODY_PASS_FAIL:
        to->steps[at].measured = (wats_status)(body->val.pass_fail.status + WATS_PASSED);
        TELL(" %s", STATUSES[body->val.pass_fail.status]);
        break;
    case WATS_CONVERTER_REPORT_STEP_BODY_CHART: tell_chart("", &body->val.chart); break;
    case WATS_CONVERTER_REPORT_STEP_BODY_MESSAGE_POPUP:
        TELL_OPTION("response", body->val.message_popup.response);
        TELL_NUMBER("button", body->val.message_popup.button);
        break;
    case WATS_CONVERTER_REPORT_STEP_BODY_CALL_EXECUTABLE: TELL(" exit-code=%d", (int)body->val.call_executable); break;
    case WATS_CONVERTER_REPORT_STEP_BODY_GENERIC: tell_text("type", &body->val.generic); break;
    case WATS_CONVERTER_REPORT_STEP_BODY_MULTI_NUMERIC:
        for (size_t i = 0; i < body->val.multi_numeric.len; i++) {
            const REPORT(numeric_measurement_t) *measurement = &body->val.multi_numeric.ptr[i];
            take_numeric(part(to, &whole, &measurement->name), measurement);
        }
        break;
    case WATS_CONVERTER_REPORT_STEP_BODY_MULTI_TEXT:
        for (size_t i = 0; i < body->val.multi_text.len; i++) {
            const REPORT(text_measurement_t) *measurement = &body->val.multi_text.ptr[i];
            take_text(part(to, &whole, &measurement->name), measurement);
        }
        break;
    case WATS_CONVERTER_REPORT_STEP_BODY_MULTI_PASS_FAIL:
        for (size_t i = 0; i < body->val.multi_pass_fail.len; i++) {
            const REPORT(pass_fail_measurement_t) *measurement = &body->val.multi_pass_fail.ptr[i];
            part(to, &whole, &measurement->name)->measured = (wats_status)(measurement->status + WATS_PASSED);
            TELL(" %s", STATUSES[measurement->status]);
        }
        break;
    default: break;
    }
}

void REPORT(method_uut_add)(REPORT(borrow_uut_t) self, REPORT(list_step_t) *steps) {
    writer *to = writer_of(self.__handle);
    for (size_t i = 0; i < steps->len; i++) {
        const REPORT(step_t) *step = &steps->ptr[i];
        const char *name = c_text(&step->name);
        wats_test_step *added = add_step(to, name, BODIES[step->body.tag]);
        to->last = name;
        to->has_chart = step->body.tag == WATS_CONVERTER_REPORT_STEP_BODY_CHART;
        to->has_attachment = false;
        added->status = STATUS_OF(step->status);
        TELL("%s %s", BODIES[step->body.tag], name);
        TELL_STATUS(step->status);
        if (step->group) TELL(" group=%s", GROUPS[step->group]);
        TELL_OPTION("start", step->start);
        TELL_NUMBER("duration", step->duration);
        TELL_OPTION("error-code", step->error_code);
        TELL_OPTION("error-message", step->error_message);
        TELL_OPTION("report-text", step->report_text);
        tell_properties(&step->properties);
        take_body(to, to->count - 1, &step->body);
        TELL("\n");
    }
}

/* Of charts and attachments a step has one of each. */
static void add_one(writer *to, bool *has, const char *what) {
    if (*has) violate(to, "", says("found a second %s for step \"%s\", allowed is one", what, to->last));
    *has = true;
}

void REPORT(method_uut_add_chart)(REPORT(borrow_uut_t) self, REPORT(chart_t) *chart) {
    add_one(writer_of(self.__handle), &writer_of(self.__handle)->has_chart, "chart");
    tell_chart("add-chart", chart);
    TELL("\n");
}

static void tell_attachment(const char *word, const REPORT(attachment_t) *attachment) {
    TELL("%s %s %s %zu bytes\n", word, c_text(&attachment->name), c_text(&attachment->content_type), attachment->content.len);
}

void REPORT(method_uut_add_attachment)(REPORT(borrow_uut_t) self, REPORT(attachment_t) *attachment) {
    add_one(writer_of(self.__handle), &writer_of(self.__handle)->has_attachment, "attachment");
    tell_attachment("add-attachment", attachment);
}
void REPORT(method_uut_attach)(REPORT(borrow_uut_t) self, REPORT(attachment_t) *attachment) {
    (void)self;
    tell_attachment("attach", attachment);
}
void REPORT(method_uut_add_result)(REPORT(borrow_uut_t) self, text_t *json) {
    check_json(writer_of(self.__handle), "/result", c_text(json));
    TELL("add-result %s\n", c_text(json));
}
void REPORT(method_uut_attach_file)(REPORT(borrow_uut_t) self, SOURCE(borrow_file_t) file, text_t *content_type) {
    (void)self;
    TELL("attach-file %s %s\n", name_of(file_of(file)), c_text(content_type));
}
void REPORT(method_uut_add_misc_infos)(REPORT(borrow_uut_t) self, REPORT(list_misc_info_t) *infos) {
    (void)self;
    for (size_t i = 0; i < infos->len; i++)
        TELL("misc-info %s: %s\n", c_text(&infos->ptr[i].description), c_text(&infos->ptr[i].text));
}
void REPORT(method_uut_add_sub_units)(REPORT(borrow_uut_t) self, REPORT(list_sub_unit_t) *units) {
    (void)self;
    for (size_t i = 0; i < units->len; i++) {
        TELL("sub-unit %s %s", c_text(&units->ptr[i].part_number), c_text(&units->ptr[i].serial_number));
        TELL_OPTION("revision", units->ptr[i].revision);
        TELL_OPTION("part-type", units->ptr[i].part_type);
        TELL("\n");
    }
}
void REPORT(method_uut_add_assets)(REPORT(borrow_uut_t) self, REPORT(list_asset_t) *assets) {
    (void)self;
    for (size_t i = 0; i < assets->len; i++) {
        TELL("asset %s %lu", c_text(&assets->ptr[i].serial_number), (unsigned long)assets->ptr[i].usage_count);
        tell_properties(&assets->ptr[i].properties);
        TELL("\n");
    }
}
void REPORT(method_uut_add_data)(REPORT(borrow_uut_t) self, text_t *json) {
    check_json(writer_of(self.__handle), "/data", c_text(json));
    TELL("add-data %s\n", c_text(json));
}

static void keep_report(const wats_test_report *report) {
    if (host.report_count == host.report_room) {
        host.report_room = host.report_room * 2 + 16;
        host.reports = must(realloc(host.reports, host.report_room * sizeof *host.reports));
    }
    host.reports[host.report_count++] = *report;
}

/* Refuses with the test's violation, or with those that the kit found; else gives an id. */
static bool answer(const struct violation *found, size_t count, text_t *id, REPORT(list_violation_t) *violations) {
    struct violation of_test = {"report", host.test->violation};
    if (of_test.message) found = &of_test, count = 1;
    if (!count) {
        char text[40];
        snprintf(text, sizeof text, "00000000-0000-5000-8000-%012zu", host.report_count);
        give(id, text);
        return true;
    }
    violations->ptr = zeroed(count * sizeof *violations->ptr);
    for (; violations->len < count; violations->len++) {
        REPORT(violation_t) *violation = &violations->ptr[violations->len];
        give(&violation->path, found[violations->len].path);
        give(&violation->rule, "test");
        give(&violation->message, found[violations->len].message);
    }
    return false;
}

static bool answer_with(const char *path, const char *message, text_t *id, REPORT(list_violation_t) *violations) {
    return answer(&(struct violation){path, message}, message != NULL, id, violations);
}

bool REPORT(static_uut_finish)(REPORT(own_uut_t) self, REPORT(status_t) *status, REPORT(report_id_t) *id,
                               REPORT(list_violation_t) *violations) {
    writer *to = writer_of(self.__handle);
    to->ended = true;
    host.open_count--;
    TELL("finish");
    if (status) TELL(" status=%s", STATUSES[*status]);
    TELL("\n");
    to->report.status = status ? (wats_status)(*status + WATS_PASSED) : WATS_NOT_GIVEN;
    to->report.steps = to->steps;
    to->report.step_count = to->count;
    if (wats_blank(to->report.serial_number)) return answer_with("report", "serial number is missing", id, violations);
    if (to->depth) {
        const char *innermost = to->path.text + to->begins[to->depth - 1] + 1;
        violate(to, "", says("found %zu sequences still open at the end, the innermost is \"%s\", allowed is one close for each open",
                             to->depth, innermost));
    }
    if (host.states_key_and_start && !to->report.key) return answer_with("report", "key is missing", id, violations);
    if (host.states_key_and_start && !to->report.start) return answer_with("report", "start is missing", id, violations);
    if (!answer(to->violations, to->violation_count, id, violations)) return false;
    keep_report(&to->report);
    return true;
}

void REPORT(static_uut_discard)(REPORT(own_uut_t) self) {
    writer_of(self.__handle)->ended = true;
    host.open_count--;
    TELL("discard\n");
}

bool REPORT(emit_json)(text_t *wsjf, text_t *key, REPORT(report_id_t) *id, REPORT(list_violation_t) *violations) {
    not_in_probe("report.emit-json");
    wats_test_report report = {.json = c_text(wsjf), .key = key ? c_text(key) : NULL};
    TELL("emit-json%s%s %s\n", key ? " key=" : "", key ? report.key : "", report.json);
    /* The kit does not read the document, so a start is not asked of it. */
    bool lacks_key = host.states_key_and_start && !key;
    if (!is_json(report.json) || *json_space(report.json) != '{')
        return answer_with("document", "found something else than a JSON object", id, violations);
    if (!answer_with("report", lacks_key ? "key is missing" : NULL, id, violations)) return false;
    keep_report(&report);
    return true;
}

/* ---- The station ---- */

void wats_converter_station_log(uint8_t level, text_t *message) {
    put(&host.log, "%s: %.*s\n", LEVELS[level], (int)message->len, (const char *)message->ptr);
}

void wats_converter_station_progress(double fraction) { TELL("progress %g\n", fraction); }

static void give_properties(wats_converter_lookup_list_property_t *to, const wats_property *from, size_t count) {
    to->len = count;
    to->ptr = zeroed(count * sizeof *to->ptr);
    for (size_t i = 0; i < count; i++) {
        give(&to->ptr[i].key, from[i].key);
        to->ptr[i].value.tag = (uint8_t)from[i].kind;
        if (from[i].kind == WATS_NUMBER_VALUE) to->ptr[i].value.val.number = from[i].number;
        else if (from[i].kind == WATS_FLAG_VALUE) to->ptr[i].value.val.flag = from[i].flag;
        else give(&to->ptr[i].value.val.text, from[i].text);
    }
}

static bool lookup_granted(void) {
    return host.asks_for_lookup && (host.test->processes[0].name || host.test->products[0].part_number || host.test->no_server);
}

static bool same_in_any_case(const char *a, const char *b) {
    while (*a && tolower((unsigned char)*a) == tolower((unsigned char)*b)) a++, b++;
    return !*a && !*b;
}

void wats_converter_lookup_process_by_name(text_t *name, wats_converter_lookup_process_answer_t *to) {
    memset(to, 0, sizeof *to);
    to->tag = WATS_CONVERTER_LOOKUP_PROCESS_ANSWER_ABSENT;
    if (!lookup_granted()) {
        to->tag = WATS_CONVERTER_LOOKUP_PROCESS_ANSWER_DENIED;
        return;
    }
    if (host.test->no_server) {
        to->tag = WATS_CONVERTER_LOOKUP_PROCESS_ANSWER_UNAVAILABLE;
        give(&to->val.unavailable, host.test->no_server);
        return;
    }
    for (size_t i = 0; i < 8 && host.test->processes[i].name; i++) {
        const wats_process *process = &host.test->processes[i];
        if (!same_in_any_case(process->name, c_text(name))) continue;
        to->tag = WATS_CONVERTER_LOOKUP_PROCESS_ANSWER_FOUND;
        to->val.found.code = process->code;
        give(&to->val.found.name, process->name);
        give_properties(&to->val.found.properties, process->properties, process->property_count);
    }
}

void wats_converter_lookup_product_by_part_number(text_t *part_number, wats_converter_lookup_product_answer_t *to) {
    memset(to, 0, sizeof *to);
    to->tag = WATS_CONVERTER_LOOKUP_PRODUCT_ANSWER_ABSENT;
    if (!lookup_granted()) {
        to->tag = WATS_CONVERTER_LOOKUP_PRODUCT_ANSWER_DENIED;
        return;
    }
    if (host.test->no_server) {
        to->tag = WATS_CONVERTER_LOOKUP_PRODUCT_ANSWER_UNAVAILABLE;
        give(&to->val.unavailable, host.test->no_server);
        return;
    }
    for (size_t i = 0; i < 8 && host.test->products[i].part_number; i++) {
        const wats_product *product = &host.test->products[i];
        if (strcmp(product->part_number, c_text(part_number)) != 0) continue;
        to->tag = WATS_CONVERTER_LOOKUP_PRODUCT_ANSWER_FOUND;
        give(&to->val.found.part_number, product->part_number);
        give(&to->val.found.name, or_else(product->name, ""));
        to->val.found.revisions.ptr = zeroed(product->revision_count * sizeof(text_t));
        for (; to->val.found.revisions.len < product->revision_count; to->val.found.revisions.len++)
            give(&to->val.found.revisions.ptr[to->val.found.revisions.len], product->revisions[to->val.found.revisions.len]);
        give_properties(&to->val.found.properties, product->properties, product->property_count);
    }
}

/* ---- Tests ---- */

/* `grants`: 16 that the plugin asks for, at most. */
static void begin_host(const wats_test *test, const wats_setting *settings, const char *const *grants) {
    memset(&host, 0, sizeof host);
    host.test = test;
    host.settings = settings;
    for (size_t i = 0; i < 16 && grants[i]; i++) host.asks_for_lookup |= strcmp(grants[i], WATS_GRANT_LOOKUP) == 0;
    put(&host.transcript, "%s", "");
    put(&host.log, "%s", "");
}

static const char *place_of(const wats_converter_conversion_place_t *place) {
    text_buffer text = {NULL, 0, 0};
    switch (place->tag) {
    case WATS_CONVERTER_CONVERSION_PLACE_LINE: put(&text, "line %lu", (unsigned long)place->val.line); break;
    case WATS_CONVERTER_CONVERSION_PLACE_CELL:
        put(&text, "line %lu, column %lu", (unsigned long)place->val.cell.line, (unsigned long)place->val.cell.column);
        break;
    case WATS_CONVERTER_CONVERSION_PLACE_OFFSET: put(&text, "byte %llu", (unsigned long long)place->val.offset); break;
    case WATS_CONVERTER_CONVERSION_PLACE_PATH: return c_text(&place->val.path);
    default: return "";
    }
    return text.text;
}

/* What came of a call of an export; `done` when it is no error. */
static wats_test_result result_of(bool done, const converter_outcome_t *outcome, const converter_convert_error_t *error) {
    wats_test_result result = {.outcome = "converted", .message = "", .kind = "", .place = "", .file = ""};
    bool forgotten = false;
    for (size_t i = 0; i < host.writer_count; i++) forgotten |= !host.writers[i]->ended;
    if (!done) {
        result.outcome = "error";
        result.message = c_text(&error->message);
        result.kind = KINDS[error->kind];
        result.place = place_of(&error->place);
        result.file = error->file.is_some ? c_text(&error->file.val) : "";
    } else if (outcome->tag == WATS_CONVERTER_CONVERSION_OUTCOME_SKIPPED) {
        result.outcome = "skipped";
        result.message = c_text(&outcome->val.skipped);
    } else if (outcome->tag == WATS_CONVERTER_CONVERSION_OUTCOME_WAITING) {
        result.outcome = "waiting";
        result.message = c_text(&outcome->val.waiting.reason);
        for (size_t i = 0; i < outcome->val.waiting.missing.len && i < 8; i++)
            result.missing[i] = c_text(&outcome->val.waiting.missing.ptr[i]);
        if (outcome->val.waiting.retry_after.is_some) result.retry_after = wats_some(outcome->val.waiting.retry_after.val);
    } else if (forgotten) {
        result.outcome = "error";
        result.kind = "internal";
        result.message = "a report was begun and neither finished nor discarded";
    }
    return result;
}

/* What the station finds before it calls the plugin. */
static wats_test_result not_loaded(const char *wrong) {
    return (wats_test_result){.outcome = "error", .message = wrong, .kind = "misconfigured", .place = "", .file = ""};
}

static wats_test_result trapped(void) {
    return (wats_test_result){.outcome = "trap", .message = host.trap, .kind = "", .place = "", .file = ""};
}

/* The result, with what was written down. */
static wats_test_result noted(wats_test_result result) {
    host.running = NULL;
    /* Otherwise none of them is kept. */
    if (strcmp(result.outcome, "converted") == 0) {
        result.reports = host.reports;
        result.report_count = host.report_count;
    }
    result.transcript = host.transcript.text;
    result.log = host.log.text;
    return result;
}

const wats_test_step *wats_test_find(const wats_test_report *report, const char *path) {
    for (size_t i = 0; i < report->step_count; i++)
        if (strcmp(report->steps[i].path, path) == 0) return &report->steps[i];
    return NULL;
}
