/* Tests of converters of files: wats_testing.h, on the exports of the world `converter`. */
#include "bindings/converter/converter.h"

#include "wats_testing_host.c"

static converter_input_t begin_test(const wats_test *test) {
    begin_host(test, wats_exported.settings);
    host.files[0] = (wats_test_file){test->name, test->content, test->size, test->path, test->modified};
    converter_input_t input;
    memset(&input, 0, sizeof input);
    input.main.__handle = 1;
    input.companions.ptr = zeroed(8 * sizeof *input.companions.ptr);
    while (input.companions.len < 8 && test->companions[input.companions.len].content) {
        host.files[input.companions.len + 1] = test->companions[input.companions.len];
        input.companions.ptr[input.companions.len].__handle = (int32_t)input.companions.len + 2;
        input.companions.len++;
    }
    return input;
}

wats_test_result wats_test_convert(const wats_test *test) {
    converter_input_t input = begin_test(test);
    converter_outcome_t outcome;
    converter_convert_error_t error;
    memset(&outcome, 0, sizeof outcome);
    if (setjmp(host.stopped)) return noted(trapped());
    bool done = exports_converter_convert(&input, &outcome, &error);
    return noted(result_of(done, &outcome, &error));
}

wats_test_detection wats_test_probe(const wats_test *test) {
    converter_input_t input = begin_test(test);
    converter_detection_t detection;
    memset(&detection, 0, sizeof detection);
    if (setjmp(host.stopped)) return (wats_test_detection){.detail = "", .trap = host.trap};
    exports_converter_probe(&input, &detection);
    return (wats_test_detection){.confidence = detection.confidence, .detail = c_text(&detection.detail)};
}

const char *wats_test_schema(void) {
    static const wats_test nothing;
    converter_descriptor_t descriptor;
    begin_test(&nothing);
    if (setjmp(host.stopped)) return "";
    exports_converter_describe(&descriptor);
    return c_text(&descriptor.settings_schema);
}
