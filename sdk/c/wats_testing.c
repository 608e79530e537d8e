/* Tests of converters of files: wats_testing.h, on the exports of the world `converter`. */
#include "bindings/converter/converter.h"

#include "wats_testing_host.c"

static int by_path(const void *a, const void *b) {
    const wats_test_file *first = a, *second = b;
    return strcmp(or_else(first->path, name_of(first)), or_else(second->path, name_of(second)));
}

static converter_input_t begin_test(const wats_test *test) {
    begin_host(test, wats_exported.settings, wats_exported.grants);
    host.files[0] = (wats_test_file){test->name, test->content, test->size, test->path, test->modified};
    converter_input_t input;
    memset(&input, 0, sizeof input);
    input.main.__handle = 1;
    input.companions.ptr = zeroed(8 * sizeof *input.companions.ptr);
    for (const wats_test_file *given = test->companions; input.companions.len < 8; given++) {
        if (!given->content && !given->name && !given->path) break;
        host.files[input.companions.len + 1] = *given;
        input.companions.ptr[input.companions.len].__handle = (int32_t)input.companions.len + 2;
        input.companions.len++;
    }
    qsort(host.files + 1, input.companions.len, sizeof *host.files, by_path);
    return input;
}

wats_test_result wats_test_convert(const wats_test *test) {
    converter_input_t input = begin_test(test);
    converter_outcome_t outcome;
    converter_convert_error_t error;
    memset(&outcome, 0, sizeof outcome);
    const char *wrong = plugin_wrong(wats_exported.name, wats_exported.version);
    if (wrong) return noted(not_loaded(wrong));
    host.running = "convert";
    if (setjmp(host.stopped)) return noted(trapped());
    bool done = exports_converter_convert(&input, &outcome, &error);
    return noted(result_of(done, &outcome, &error));
}

wats_test_detection wats_test_probe(const wats_test *test) {
    converter_input_t input = begin_test(test);
    converter_detection_t detection;
    memset(&detection, 0, sizeof detection);
    const char *wrong = plugin_wrong(wats_exported.name, wats_exported.version);
    if (wrong) return (wats_test_detection){.detail = "", .trap = wrong};
    host.running = "probe";
    if (setjmp(host.stopped)) {
        host.running = NULL;
        return (wats_test_detection){.detail = "", .trap = host.trap};
    }
    exports_converter_probe(&input, &detection);
    host.running = NULL;
    wats_test_detection result = {.confidence = detection.confidence, .detail = c_text(&detection.detail)};
    for (size_t i = 0; i < detection.missing.len && i < 8; i++) result.missing[i] = c_text(&detection.missing.ptr[i]);
    return result;
}

const char *wats_test_schema(void) {
    static const wats_test nothing;
    converter_descriptor_t descriptor;
    begin_test(&nothing);
    host.running = "describe";
    if (setjmp(host.stopped)) {
        host.running = NULL;
        return "";
    }
    exports_converter_describe(&descriptor);
    host.running = NULL;
    return c_text(&descriptor.settings_schema);
}
