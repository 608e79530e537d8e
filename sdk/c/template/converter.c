/* Converter for my format: a head of `Key: value` lines, then `name;value;low;high;unit` for each measurement. */
#include "wats_converter.h"

#include <string.h>

/* What an operator can set. */
typedef struct my_settings {
    const char *decimal_mark;
    const char *sequence;
} my_settings;

static const wats_setting SETTINGS[] = {
    WATS_SETTING_TEXT(my_settings, decimal_mark, ".", "Decimal mark of the numbers", .shortest = 1, .longest = 1),
    WATS_SETTING_TEXT(my_settings, sequence, "Measurements", "Name of the sequence that the measurements go into",
                      .shortest = 1),
    WATS_SETTINGS_END,
};

static wats_detection probe(const wats_input *input, const void *settings) {
    (void)settings;
    return wats_begins_with(input->main, "My tester") ? wats_certain() : wats_no("does not begin with \"My tester\"");
}

/* One measurement. An unreadable number is an error with its place, never a zero. An empty limit is none. */
static bool measurement(wats_uut *uut, const wats_text_line *line, char mark) {
    char *fields[5];
    size_t count = wats_split(line->text, ';', fields, 5);
    if (count != 5)
        return wats_fail(WATS_MALFORMED, wats_line(line->number), "found %zu fields, expected name;value;low;high;unit", count);
    double value;
    wats_optional low, high;
    if (!wats_number(fields[1], mark, wats_cell(line->number, 2), &value)) return false;
    if (!wats_number_or_none(fields[2], mark, wats_cell(line->number, 3), &low)) return false;
    if (!wats_number_or_none(fields[3], mark, wats_cell(line->number, 4), &high)) return false;
    wats_numeric(uut, fields[0], value, .unit = fields[4], .limits = wats_inclusive(low, high));
    return true;
}

static bool convert(const wats_input *input, const void *data) {
    const my_settings *settings = data;
    wats_lines *lines = wats_lines_of(input->main);
    wats_text_line *line;
    wats_header header = {0};
    /* The head ends at an empty line. */
    while ((line = wats_next(lines)) && !wats_blank(line->text)) {
        const char *value;
        if ((value = wats_after(line->text, "Serial: "))) header.serial_number = wats_copy(value);
        else if ((value = wats_after(line->text, "Part: "))) header.part_number = wats_copy(value);
        else if ((value = wats_after(line->text, "Start: "))) header.start = wats_copy(value);
    }
    if (!header.serial_number)
        return wats_fail(WATS_TRUNCATED, wats_whole(), "no line \"Serial: ...\" before the first empty line");

    wats_uut *uut = wats_begin(&header);
    wats_open(uut, settings->sequence);
    while ((line = wats_next(lines)))
        if (!wats_blank(line->text) && !measurement(uut, line, settings->decimal_mark[0])) return false;
    wats_close(uut);
    return wats_finish(uut);
}

WATS_EXPORT(.name = "my-format", .version = "0.1.0", .summary = "Logs of my tester", .formats = {"My tester's log"},
            .patterns = {"*.log"}, .contains = {"Serial:"}, .settings = SETTINGS, .settings_size = sizeof(my_settings),
            .probe = probe, .convert = convert);
