/* The exports of the world `converter`, to compile and link with a converter of files. */
#include "bindings/converter/converter.h"

#include "wats_library.c"

wats_detection wats_no(const char *why) { return (wats_detection){.confidence = 0, .detail = why}; }
wats_detection wats_certain(void) { return (wats_detection){.confidence = 1}; }
wats_detection wats_likely(double confidence) {
    return (wats_detection){.confidence = confidence >= 0 ? (confidence <= 1 ? confidence : 1) : 0};
}

void exports_converter_describe(converter_descriptor_t *to) { give_descriptor(&wats_exported, to); }

/* The input as the author sees it. It owns the files until `end_input`. */
static wats_input begin_input(const converter_input_t *from) {
    wats_file *files = wats_alloc((from->companions.len + 1) * sizeof *files);
    const wats_file **companions = wats_alloc((from->companions.len + 1) * sizeof *companions);
    for (size_t i = 0; i <= from->companions.len; i++) {
        files[i].own = i ? from->companions.ptr[i - 1] : from->main;
        files[i].borrowed = SOURCE(borrow_file)(files[i].own);
        if (i) companions[i - 1] = &files[i];
    }
    return (wats_input){.main = files, .companions = companions, .companion_count = from->companions.len};
}

static void end_input(const wats_input *input, converter_input_t *from) {
    SOURCE(file_drop_own)(input->main->own);
    for (size_t i = 0; i < input->companion_count; i++) SOURCE(file_drop_own)(input->companions[i]->own);
    if (from->companions.len) free(from->companions.ptr);
}

void exports_converter_probe(converter_input_t *from, converter_detection_t *to) {
    begin_call();
    wats_input input = begin_input(from);
    const void *settings = settings_of(wats_exported.settings, wats_exported.settings_size);
    /* The station checked the settings against the schema, so this is rare. It must not look like "not my file", or a more general
     * plugin would get it: a plugin that traps is held, and its files wait. */
    if (!settings) MISUSE("%s", wats_last_error().message);
    wats_detection detection = wats_exported.probe(&input, settings);
    memset(to, 0, sizeof *to);
    to->confidence = wats_likely(detection.confidence).confidence;
    to->detail = given(detection.detail);
    to->missing = LIST(detection.missing);
    const char *const properties[][2] = {{"serial-number", detection.serial_number}, {"part-number", detection.part_number}};
    to->properties = given_properties(properties, 2);
    end_input(&input, from);
}

bool exports_converter_convert(converter_input_t *from, converter_outcome_t *outcome, converter_convert_error_t *error) {
    begin_call();
    wats_input input = begin_input(from);
    const void *settings = settings_of(wats_exported.settings, wats_exported.settings_size);
    bool converted = settings && wats_exported.convert(&input, settings);
    end_input(&input, from);
    return give_end(converted, "convert", outcome, error);
}
