/* The converter that every SDK has, in C: see README.md in the folder above. */
#include "wats_converter.h"

#include <stdlib.h>
#include <string.h>

typedef struct settings {
    const char *decimal_mark;
    const char *program;
    double scale;
    bool strict;
    const char *const *ignore;
} settings;

static const wats_setting SETTINGS[] = {
    WATS_SETTING_TEXT(settings, decimal_mark, ".", "Decimal mark of all numbers in the rows", .shortest = 1, .longest = 1),
    WATS_SETTING_TEXT(settings, program, "Main", "Name of the test program where the file gives none"),
    WATS_SETTING_NUMBER(settings, scale, 1, "Every measured value is multiplied by it"),
    WATS_SETTING_FLAG(settings, strict, true, "Whether an unknown row is an error"),
    WATS_SETTING_TEXTS(settings, ignore, "Words of rows that are left out"),
    WATS_SETTINGS_END,
};

/* ---- Rows ---- */

typedef struct shape {
    const char *word;
    size_t most;
    /* The last field takes everything that is left. */
    bool rest;
} shape;

static const shape SHAPES[] = {
    {"unit", 4, false},        {"head", 2, true},         {"program", 3, false},  {"retitle", 2, false}, {"end", 1, false},
    {"discard", 0, false},     {"emit", 2, true},         {"open", 1, false},     {"close", 2, false},   {"num", 7, false},
    {"multi", 2, false},       {"m", 7, false},           {"pf", 2, false},       {"pfs", 2, false},     {"text", 5, false},
    {"texts", 2, false},       {"action", 2, false},      {"popup", 3, false},    {"exec", 2, false},    {"generic", 2, false},
    {"chart", 7, false},       {"plot", 6, false},        {"series", 3, false},   {"attach-step", 3, true}, {"result", 1, true},
    {"at", 1, false},          {"took", 1, false},        {"failing", 2, false},  {"note", 1, true},     {"in", 1, false},
    {"with", 2, false},        {"attach", 3, true},       {"attach-source", 1, false}, {"misc", 2, true}, {"sub", 4, false},
    {"asset", 4, false},       {"data", 1, true},         {"process", 1, false},  {"product", 1, false}, {"log", 2, true},
    {"progress", 1, false},    {"ask", 1, false},         {"read", 2, false},     {"companion", 1, false}, {"needs", 1, true},
    {"skip", 1, true},         {"wait", 3, true},         {"fail", 3, true},      {"fail-at", 2, true},  {"panic", 1, true},
};

enum { MOST_FIELDS = 7 };

typedef struct row {
    uint32_t line;
    const char *word;
    /* Empty where there is none. */
    char *fields[MOST_FIELDS];
} row;

/* All of one conversion. */
static struct {
    const wats_input *input;
    const settings *settings;
    row *rows;
    size_t count, at;
    /* The report that is open. */
    bool open;
    wats_header header;
    wats_property properties[64];
    wats_uut *writer;
    /* What rows say of the step or sequence that comes next. */
    wats_step next;
    wats_property next_properties[64];
} run;

static bool is(const char *a, const char *b) { return strcmp(a, b) == 0; }

static const row *peek(const char *word) {
    return run.at < run.count && is(run.rows[run.at].word, word) ? &run.rows[run.at] : NULL;
}

static wats_place cell(const row *row, size_t index) { return wats_cell(row->line, (uint32_t)index + 2); }

static bool wrong(const row *row, const char *message) {
    return wats_fail(WATS_MALFORMED, wats_line(row->line), "%s", message);
}

static bool required(const row *row, size_t index) {
    return *row->fields[index] || wats_fail(WATS_MALFORMED, cell(row, index), "empty");
}

/* A piece of a field as a number. */
static bool decimal(const row *row, size_t index, const char *text, double *value) {
    if (wats_number(text, run.settings->decimal_mark[0], cell(row, index), value)) return true;
    return wats_fail(WATS_MALFORMED, cell(row, index), "\"%s\" is not a number", text);
}

/* A field as a number, absent where it is empty. */
static bool number(const row *row, size_t index, wats_optional *value) {
    *value = wats_none();
    if (!*row->fields[index]) return true;
    value->given = true;
    return decimal(row, index, row->fields[index], &value->value);
}

static bool whole(const row *row, size_t index, int64_t lowest, int64_t highest, wats_optional *value) {
    int64_t found;
    *value = wats_none();
    if (!*row->fields[index]) return true;
    if (!wats_integer(row->fields[index], lowest, highest, cell(row, index), &found))
        return wats_fail(WATS_MALFORMED, cell(row, index), "\"%s\" is not a whole number", row->fields[index]);
    *value = wats_some((double)found);
    return true;
}

static bool whole_u32(const row *row, size_t index, wats_optional *value) { return whole(row, index, 0, UINT32_MAX, value); }
static bool whole_i32(const row *row, size_t index, wats_optional *value) {
    return whole(row, index, INT32_MIN, INT32_MAX, value);
}

/* Which of a list of words a text is. */
static bool one_of(const row *row, size_t index, const char *text, const char *const *words, size_t count, int *found) {
    for (size_t i = 0; i < count; i++) {
        if (is(text, words[i])) {
            *found = (int)i;
            return true;
        }
    }
    const char *all = "";
    for (size_t i = 0; i < count; i++) all = wats_format("%s%s%s", all, i ? ", " : "", words[i]);
    return wats_fail(WATS_MALFORMED, cell(row, index), "\"%s\" is not one of %s", text, all);
}

/* The same of a field; -1 where it is empty. */
static bool word_of(const row *row, size_t index, const char *const *words, size_t count, int *found) {
    *found = -1;
    return !*row->fields[index] || one_of(row, index, row->fields[index], words, count, found);
}

static const char *const STATUSES[] = {"passed", "failed", "done", "skipped", "error", "terminated"};
static const char *const GROUPS[] = {"main", "setup", "cleanup"};
static const char *const SCALES[] = {"linear", "log-x", "log-y", "log-xy"};
static const char *const KINDS[] = {"malformed", "truncated", "unsupported", "misconfigured", "internal"};
static const char *const LEVELS[] = {"trace", "debug", "info", "warn", "error"};
static const char *const TEXT_OPERATORS[] = {"log", "eq", "ne", "case", "nocase"};
static const char *const OPERATORS[] = {"log",  "eq",   "eqt",  "ne",   "lt",   "le",   "gt",   "ge",
                                        "gtlt", "gtle", "gelt", "gele", "ltgt", "ltge", "legt", "lege"};
static const char *const ASKS[] = {"name", "path", "modified", "size", "companions"};

static bool status_of(const row *row, size_t index, wats_status *status) {
    int found;
    if (!word_of(row, index, STATUSES, 6, &found)) return false;
    *status = found < 0 ? WATS_NOT_GIVEN : (wats_status)(WATS_PASSED + found);
    return true;
}

static bool ignored(const char *word) {
    for (const char *const *text = run.settings->ignore; *text; text++)
        if (is(*text, word)) return true;
    return false;
}

static const shape *shape_of(const char *word) {
    for (size_t i = 0; i < sizeof SHAPES / sizeof *SHAPES; i++)
        if (is(SHAPES[i].word, word)) return &SHAPES[i];
    return NULL;
}

static bool read_row(char *line, uint32_t number_of_line) {
    if (!*line || *line == '#') return true;
    char *rest = strchr(line, ';');
    if (rest) *rest++ = 0;
    if (ignored(line)) return true;
    const shape *shape = shape_of(line);
    if (!shape) {
        if (run.settings->strict)
            return wats_fail(WATS_UNSUPPORTED, wats_line(number_of_line), "unknown row \"%s\"", line);
        wats_log(WATS_WARN, "line %lu: unknown row \"%s\"", (unsigned long)number_of_line, line);
        return true;
    }
    row *added = &run.rows[run.count++];
    *added = (row){.line = number_of_line, .word = line};
    for (size_t i = 0; i < MOST_FIELDS; i++) added->fields[i] = "";
    size_t count = 0;
    while (rest) {
        char *end = shape->rest && count + 1 == shape->most ? NULL : strchr(rest, ';');
        if (count < MOST_FIELDS) added->fields[count] = rest;
        count++;
        if (end) *end++ = 0;
        rest = end;
    }
    if (count > shape->most)
        return wats_fail(WATS_MALFORMED, wats_line(number_of_line), "%s has at most %zu fields, found %zu", line, shape->most,
                         count);
    return true;
}

static bool read_rows(const char *text) {
    size_t lines = 1;
    for (const char *c = text; *c; c++) lines += *c == '\n';
    run.rows = wats_alloc(lines * sizeof *run.rows);
    wats_lines *all = wats_lines_in(text);
    wats_text_line *line;
    while ((line = wats_next(all))) {
        if (line->number == 1 && !is(line->text, "#rows;1"))
            return wats_fail(WATS_UNSUPPORTED, wats_line(1), "expected \"#rows;1\"");
        if (!read_row(wats_copy(line->text), line->number)) return false;
    }
    if (!*text) return wats_fail(WATS_UNSUPPORTED, wats_line(1), "expected \"#rows;1\"");
    return true;
}

/* ---- The head ---- */

/* A decimal where the text reads as one, else text. */
static wats_property property(const char *key, const char *text) {
    double value;
    if (wats_number(text, run.settings->decimal_mark[0], wats_whole(), &value)) return wats_number_property(key, value);
    wats_forgive();
    return wats_text_property(key, text);
}

static bool writer(const row *row) {
    if (!run.open) return wrong(row, "no unit");
    if (!run.writer) run.writer = wats_begin(&run.header);
    return true;
}

static bool begin(const row *row) {
    if (run.open) return wrong(row, "unit before end");
    if (!required(row, 0)) return false;
    run.header = (wats_header){.serial_number = row->fields[0],
                               .part_number = row->fields[1],
                               .revision = row->fields[2],
                               .start = row->fields[3],
                               .program.name = run.settings->program,
                               .properties = run.properties};
    run.open = true;
    run.writer = NULL;
    return true;
}

static bool head(const row *row) {
    if (!run.open) return wrong(row, "no unit");
    if (run.writer) return wrong(row, "the head is closed");
    if (!required(row, 0)) return false;
    const char *name = row->fields[0], *text = row->fields[1];
    wats_header *header = &run.header;
    if (is(row->word, "program")) {
        header->program = (wats_sequence){.name = name, .version = text, .path = row->fields[2]};
        return true;
    }
    if (is(name, "process")) return whole_u32(row, 1, &header->process_code);
    if (is(name, "duration")) return number(row, 1, &header->duration);
    if (is(name, "socket")) return whole_i32(row, 1, &header->socket_index);
    if (is(name, "error-code")) return whole_i32(row, 1, &header->error_code);
    const struct {
        const char *name, **to;
    } texts[] = {{"operator", &header->operator_name}, {"machine", &header->machine_name},
                 {"location", &header->location},      {"purpose", &header->purpose},
                 {"batch", &header->batch_serial_number}, {"fixture", &header->fixture},
                 {"comment", &header->comment},        {"error-message", &header->error_message},
                 {"key", &header->key},                {"id", &header->id}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (is(name, texts[i].name)) {
            *texts[i].to = text;
            return true;
        }
    }
    wats_assert(header->property_count < 64);
    run.properties[header->property_count++] = property(name, text);
    return true;
}

static bool collect(const row *row) {
    if (!writer(row)) return false;
    wats_step *next = &run.next;
    if (is(row->word, "at")) next->start = row->fields[0];
    else if (is(row->word, "took")) return number(row, 0, &next->duration);
    else if (is(row->word, "failing")) next->error_code = row->fields[0], next->error_message = row->fields[1];
    else if (is(row->word, "note")) next->report_text = row->fields[0];
    else if (is(row->word, "in")) {
        int group;
        if (!word_of(row, 0, GROUPS, 3, &group)) return false;
        next->group = group < 0 ? WATS_MAIN : (wats_group)group;
    } else {
        if (!required(row, 0)) return false;
        wats_assert(next->property_count < 64);
        run.next_properties[next->property_count++] = property(row->fields[0], row->fields[1]);
        next->properties = run.next_properties;
    }
    return true;
}

/* ---- Steps ---- */

static bool numbers(const row *row, size_t index, const double **to, size_t *count) {
    *to = NULL;
    *count = 0;
    if (!*row->fields[index]) return true;
    char *text = wats_copy(row->fields[index]);
    size_t pieces = wats_split(wats_copy(text), ' ', NULL, 0);
    char **all = wats_alloc(pieces * sizeof *all);
    double *values = wats_alloc(pieces * sizeof *values);
    wats_split(text, ' ', all, pieces);
    for (size_t i = 0; i < pieces; i++)
        if (!decimal(row, index, all[i], &values[i])) return false;
    *to = values;
    *count = pieces;
    return true;
}

/* A chart whose label is the field `first`, and the series that follow. */
static bool read_chart(const row *row, size_t first, wats_chart *chart) {
    int scale;
    if (!word_of(row, first + 5, SCALES, 4, &scale)) return false;
    wats_series *series = wats_alloc((run.count - run.at + 1) * sizeof *series);
    *chart = (wats_chart){.label = row->fields[first],
                          .x_label = row->fields[first + 1],
                          .x_unit = row->fields[first + 2],
                          .y_label = row->fields[first + 3],
                          .y_unit = row->fields[first + 4],
                          .scale = scale < 0 ? WATS_LINEAR : (wats_scale)scale,
                          .series = series};
    while ((row = peek("series"))) {
        run.at++;
        wats_series *added = &series[chart->series_count++];
        size_t points;
        if (!required(row, 0) || !numbers(row, 1, &added->x, &points) || !numbers(row, 2, &added->y, &added->count)) return false;
        if (added->x && points != added->count) return wrong(row, "as many x as y were expected");
        added->name = row->fields[0];
    }
    return true;
}

/* Charts, attachments and results that follow a step. */
static bool follow(void) {
    const row *row;
    for (;;) {
        if ((row = peek("plot"))) {
            wats_chart chart;
            run.at++;
            if (!read_chart(row, 0, &chart)) return false;
            wats_add_chart(run.writer, &chart);
        } else if ((row = peek("attach-step"))) {
            run.at++;
            if (!required(row, 0) || !required(row, 1)) return false;
            char *const *fields = row->fields;
            wats_add_attachment(run.writer, &(wats_attachment){fields[0], fields[1], fields[2], strlen(fields[2])});
        } else if ((row = peek("result"))) {
            run.at++;
            wats_add_result(run.writer, row->fields[0]);
        } else {
            return true;
        }
    }
}

/* Value, unit, limits and status of a row `num` or `m`. */
static bool measured(const row *row, wats_measurement *to) {
    int operator_;
    wats_optional low, high;
    *to = (wats_measurement){.name = row->fields[0], .unit = row->fields[2]};
    if (!number(row, 1, &to->value) || !word_of(row, 3, OPERATORS, 16, &operator_) || !number(row, 4, &low) ||
        !number(row, 5, &high))
        return false;
    to->value.value *= run.settings->scale;
    if (operator_ > WATS_LOG && !low.given) return required(row, 4);
    if (operator_ >= WATS_GTLT && !high.given) return required(row, 5);
    to->limits = operator_ < 0 ? wats_inclusive(low, high) : wats_compare((wats_comparison)operator_, low.value, high.value);
    return status_of(row, 6, &to->status);
}

/* Adds `A=x,B=y` of the second field as measurements. */
static bool pairs(const row *row, bool texts, wats_measurement *to, size_t *count) {
    char *all = wats_copy(row->fields[1]);
    for (char *pair = all; pair; (*count)++) {
        char *end = strchr(pair, ',');
        if (end) *end++ = 0;
        char *value = strchr(pair, '=');
        if (!value) return wats_fail(WATS_MALFORMED, cell(row, 1), "\"%s\" is not NAME=VALUE", pair);
        *value++ = 0;
        to[*count] = (wats_measurement){.name = pair};
        int status = 0;
        if (texts) to[*count].text = value;
        else if (!one_of(row, 1, value, STATUSES, 6, &status)) return false;
        else to[*count].status = (wats_status)(WATS_PASSED + status);
        pair = end;
    }
    return true;
}

static const char *answer_text(wats_answer answer) {
    return answer == WATS_ABSENT ? "absent" : answer == WATS_UNAVAILABLE ? "unavailable" : "denied";
}

/* What the station, the file and its companions answer. */
static bool answer(const row *row, const char **name, const char **note) {
    const wats_file *file = run.input->main;
    const char *field = row->fields[0];
    if (!required(row, 0)) return false;
    *name = wats_format("%s %s", row->word, field);
    if (is(row->word, "process")) {
        wats_process process;
        wats_answer found = wats_process_by_name(field, &process);
        *note = found == WATS_FOUND ? wats_format("found %lu %s", (unsigned long)process.code, process.name) : answer_text(found);
    } else if (is(row->word, "product")) {
        wats_product product;
        wats_answer found = wats_product_by_part_number(field, &product);
        *note = answer_text(found);
        if (found != WATS_FOUND) return true;
        *note = wats_format("found %s %s ", product.part_number, product.name);
        for (size_t i = 0; i < product.revision_count; i++)
            *note = wats_format("%s%s%s", *note, i ? "," : "", product.revisions[i]);
    } else if (is(row->word, "ask")) {
        int ask;
        if (!word_of(row, 0, ASKS, 5, &ask)) return false;
        if (ask == 0) *note = wats_name_of(file);
        if (ask == 1) *note = wats_path_of(file);
        if (ask == 2) *note = wats_modified_of(file);
        if (ask == 3) *note = wats_format("%llu", (unsigned long long)wats_size_of(file));
        if (ask == 4) {
            *note = "";
            for (size_t i = 0; i < run.input->companion_count; i++)
                *note = wats_format("%s%s%s", *note, i ? " " : "", wats_path_of(run.input->companions[i]));
        }
    } else if (is(row->word, "read")) {
        wats_optional offset, length;
        if (!required(row, 1) || !whole(row, 0, 0, INT64_MAX, &offset) || !whole_u32(row, 1, &length)) return false;
        uint64_t size = wats_size_of(file);
        size_t wanted = length.value < (double)size ? (size_t)length.value : (size_t)size;
        unsigned char *bytes = wats_alloc(wanted);
        size_t count = wats_read(file, (uint64_t)offset.value, bytes, wanted);
        unsigned long long sum = 0;
        for (size_t i = 0; i < count; i++) sum += bytes[i];
        *name = wats_format("read %s %s", field, row->fields[1]);
        *note = wats_format("%zu bytes, sum %llu", count, sum);
    } else {
        wats_optional index;
        if (!whole_u32(row, 0, &index)) return false;
        if (index.value >= (double)run.input->companion_count)
            return wats_fail(WATS_MALFORMED, cell(row, 0), "no such companion");
        *note = wats_text_of(run.input->companions[(size_t)index.value], NULL);
        if (!*note) return false;
    }
    return true;
}

static bool step(const row *row) {
    /* Everything that was collected, and then what the row says. */
    wats_step step = run.next;
    run.next = (wats_step){0};
    wats_chart chart;
    wats_measurement *parts = NULL;
    size_t part_count = 0;
    step.name = row->fields[0];
    const char *word = row->word;
    if (is(word, "process") || is(word, "product") || is(word, "ask") || is(word, "read") || is(word, "companion")) {
        const char *note = NULL;
        if (!answer(row, &step.name, &note)) return false;
        step.kind = WATS_ACTION;
        step.report_text = note;
    } else {
        if (is(word, "pf") && !required(row, 1)) return false;
        if (!required(row, 0)) return false;
        if (is(word, "num")) {
            wats_measurement single;
            if (!measured(row, &single)) return false;
            step.kind = WATS_NUMERIC;
            step.value = single.value;
            step.unit = single.unit;
            step.limits = single.limits;
            step.measured = step.status = single.status;
        } else if (is(word, "multi")) {
            step.kind = WATS_MULTI_NUMERIC;
            if (!status_of(row, 1, &step.status)) return false;
            parts = wats_alloc((run.count - run.at + 1) * sizeof *parts);
            for (const struct row *part; (part = peek("m"));) {
                run.at++;
                if (!required(part, 0) || !measured(part, &parts[part_count++])) return false;
            }
        } else if (is(word, "pf")) {
            step.kind = WATS_PASS_FAIL;
            if (!status_of(row, 1, &step.measured)) return false;
        } else if (is(word, "pfs") || is(word, "texts")) {
            step.kind = is(word, "pfs") ? WATS_MULTI_PASS_FAIL : WATS_MULTI_TEXT;
            if (!required(row, 1)) return false;
            parts = wats_alloc((strlen(row->fields[1]) + 1) * sizeof *parts);
            if (!pairs(row, is(word, "texts"), parts, &part_count)) return false;
        } else if (is(word, "text")) {
            int kind;
            if (!word_of(row, 2, TEXT_OPERATORS, 5, &kind) || !status_of(row, 4, &step.status)) return false;
            step.kind = WATS_TEXT;
            step.measured = step.status;
            if (*row->fields[1]) step.text = row->fields[1];
            const char *limit = row->fields[3];
            if (kind == 1 && !wats_text_limits_named("EQ", limit, cell(row, 2), &step.expected)) return false;
            if (kind == 2) step.expected = wats_other_text(limit);
            if (kind == 3) step.expected = wats_same_text(limit);
            if (kind == 4) step.expected = wats_same_text_in_any_case(limit);
        } else if (is(word, "chart")) {
            step.kind = WATS_CHART;
            step.chart = &chart;
            if (!read_chart(row, 1, &chart)) return false;
        } else if (is(word, "action")) {
            step.kind = WATS_ACTION;
            if (!status_of(row, 1, &step.status)) return false;
        } else if (is(word, "popup")) {
            step.kind = WATS_MESSAGE_POPUP;
            if (*row->fields[1]) step.response = row->fields[1];
            if (!whole_i32(row, 2, &step.button)) return false;
        } else if (is(word, "exec")) {
            wats_optional code;
            step.kind = WATS_CALL_EXECUTABLE;
            if (!required(row, 1) || !whole_i32(row, 1, &code)) return false;
            step.exit_code = (int32_t)code.value;
        } else {
            step.kind = WATS_GENERIC;
            if (!required(row, 1)) return false;
            step.type = row->fields[1];
        }
    }
    wats_add(run.writer, &step);
    for (size_t i = 0; i < part_count; i++) wats_add_measurement(run.writer, &parts[i]);
    return follow();
}

/* ---- The rest ---- */

/* Rows of an open report. */
static bool report(const row *row) {
    if (!writer(row)) return false;
    wats_uut *uut = run.writer;
    const char *word = row->word;
    char *const *fields = row->fields;
    wats_optional number_found;
    if (is(word, "retitle")) {
        if (!number(row, 1, &run.header.duration)) return false;
        run.header.start = fields[0];
        wats_set_header(uut, &run.header);
    } else if (is(word, "open")) {
        wats_step next = run.next;
        run.next = (wats_step){0};
        if (!required(row, 0)) return false;
        wats_open_with(uut, &(wats_sequence){.name = fields[0],
                                             .group = next.group,
                                             .start = next.start,
                                             .error_code = next.error_code,
                                             .error_message = next.error_message,
                                             .report_text = next.report_text,
                                             .properties = next.properties,
                                             .property_count = next.property_count});
    } else if (is(word, "close")) {
        wats_status status;
        if (!status_of(row, 0, &status) || !number(row, 1, &number_found)) return false;
        wats_close_with(uut, status, number_found);
    } else if (is(word, "attach")) {
        if (!required(row, 0) || !required(row, 1)) return false;
        wats_attach(uut, &(wats_attachment){fields[0], fields[1], fields[2], strlen(fields[2])});
    } else if (is(word, "attach-source")) {
        if (!required(row, 0)) return false;
        wats_attach_file(uut, run.input->main, fields[0]);
    } else if (is(word, "misc")) {
        if (!required(row, 0)) return false;
        wats_misc_info(uut, fields[0], fields[1]);
    } else if (is(word, "sub")) {
        if (!required(row, 1) || !required(row, 0)) return false;
        wats_sub_unit(uut, .serial_number = fields[0], .part_number = fields[1], .revision = fields[2], .part_type = fields[3]);
    } else if (is(word, "asset")) {
        if (!required(row, 0) || !required(row, 1) || !whole_u32(row, 1, &number_found)) return false;
        wats_asset(uut, .serial_number = fields[0], .usage_count = (uint32_t)number_found.value, .type = fields[2],
                   .calibration_due = fields[3]);
    } else if (is(word, "data")) {
        wats_data(uut, fields[0]);
    } else {
        return step(row);
    }
    return true;
}

static bool fail(const row *row) {
    if (is(row->word, "fail-at")) return wats_fail(WATS_MALFORMED, wats_path(row->fields[0]), "%s", row->fields[1]);
    static const wats_error_kind kinds[] = {WATS_MALFORMED, WATS_TRUNCATED, WATS_UNSUPPORTED, WATS_MISCONFIGURED, WATS_INTERNAL};
    int kind;
    wats_optional column;
    if (!required(row, 0) || !word_of(row, 0, KINDS, 5, &kind) || !whole_u32(row, 1, &column)) return false;
    wats_place place = column.given ? wats_cell(row->line, (uint32_t)column.value) : wats_line(row->line);
    return wats_fail(kinds[kind], place, "%s", row->fields[2]);
}

static bool each(const row *row) {
    const char *word = row->word;
    if (is(word, "unit")) return begin(row);
    if (is(word, "head") || is(word, "program")) return head(row);
    if (is(word, "end")) {
        wats_status status;
        if (!status_of(row, 0, &status) || !writer(row)) return false;
        run.open = false;
        wats_uut *uut = run.writer;
        run.writer = NULL;
        return wats_finish_with(uut, status, NULL);
    }
    if (is(word, "discard")) {
        if (!writer(row)) return false;
        run.open = false;
        wats_discard(run.writer);
        run.writer = NULL;
        return true;
    }
    if (is(word, "emit")) return wats_emit_json(row->fields[1], row->fields[0], NULL);
    if (is(word, "at") || is(word, "took") || is(word, "failing") || is(word, "note") || is(word, "in") || is(word, "with"))
        return collect(row);
    if (is(word, "needs")) return true;
    if (is(word, "log")) {
        int level;
        if (!required(row, 0) || !word_of(row, 0, LEVELS, 5, &level)) return false;
        wats_log((wats_level)level, "%s", row->fields[1]);
        return true;
    }
    if (is(word, "progress")) {
        wats_optional fraction;
        if (!number(row, 0, &fraction)) return false;
        wats_progress(fraction.value);
        return true;
    }
    if (is(word, "skip")) return wats_skip("%s", row->fields[0]);
    if (is(word, "wait")) {
        wats_optional seconds;
        if (!number(row, 0, &seconds)) return false;
        return wats_wait(.reason = row->fields[2], .retry_after = seconds,
                         .missing = {*row->fields[1] ? row->fields[1] : NULL});
    }
    if (is(word, "fail") || is(word, "fail-at")) return fail(row);
    if (is(word, "panic")) wats_panic(__FILE__, __LINE__, "%s", row->fields[0]);
    if (is(word, "m")) return wrong(row, "m outside of multi");
    if (is(word, "series")) return wrong(row, "series outside of chart");
    if (is(word, "plot") || is(word, "attach-step") || is(word, "result")) return wrong(row, "no step");
    return report(row);
}

static bool convert(const wats_input *input, const void *data) {
    run.input = input;
    run.settings = data;
    const char *text = wats_text_of(input->main, NULL);
    if (!text) {
        wats_error error = wats_last_error();
        return error.place.kind == WATS_OFFSET ? wats_fail(WATS_MALFORMED, error.place, "not UTF-8") : false;
    }
    if (!read_rows(text)) return false;
    bool good = true;
    while (good && run.at < run.count) {
        run.at++;
        good = each(&run.rows[run.at - 1]);
    }
    if (run.writer) wats_discard(run.writer);
    if (good && run.open) return wats_fail(WATS_TRUNCATED, wats_whole(), "no end");
    return good;
}

static wats_detection probe(const wats_input *input, const void *data) {
    (void)data;
    char *head = wats_alloc(65);
    size_t length = wats_read(input->main, 0, head, 64);
    head[length] = 0;
    if (strncmp(head, "\xEF\xBB\xBF", 3) == 0) head += 3;
    const char *rest = wats_after(head, "#rows;1");
    if (!rest && wats_after(head, "#rows;")) {
        wats_detection other = wats_likely(0.1);
        other.detail = "another version";
        return other;
    }
    if (!rest) return wats_no("does not begin with \"#rows;1\"");
    wats_detection found = wats_certain();
    char *second = strchr(rest, '\n');
    char *end = second ? strchr(second + 1, '\n') : NULL;
    if (!end) return found;
    if (end[-1] == '\r') end--;
    *end = 0;
    found.missing[0] = wats_after(second + 1, "needs;");
    return found;
}

WATS_EXPORT(.name = "conformance", .version = "1.0.0", .summary = "The dialect that every SDK reads",
            .formats = {"conformance rows"}, .patterns = {"*.rows"}, .contains = {"#rows;1"},
            .grants = {WATS_GRANT_LOOKUP, WATS_GRANT_OWN_ID}, .license = "MIT OR Apache-2.0", .settings = SETTINGS,
            .settings_size = sizeof(settings), .probe = probe, .convert = convert);
