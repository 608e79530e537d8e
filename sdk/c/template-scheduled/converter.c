/* Asks my test system for results that are new. Each becomes a report; the number of the last one is remembered. */
#include <inttypes.h>

#include "wats_scheduled_converter.h"

/* What an operator can set. */
typedef struct my_settings {
    const char *address;
} my_settings;

static const wats_setting SETTINGS[] = {
    WATS_SETTING_TEXT(my_settings, address, "https://mes.example/results", "Where the results are.", .shortest = 1),
    WATS_SETTINGS_END,
};

/* A measurement of a result. An absent limit is none. */
static bool measured(wats_uut *uut, const wats_json *from) {
    const char *name, *unit;
    double value;
    wats_optional low, high;
    if (!wats_json_text(from, "name", &name) || !wats_json_number(from, "value", &value)) return false;
    if (!wats_json_number_or_none(from, "low", &low) || !wats_json_number_or_none(from, "high", &high)) return false;
    if (!wats_json_text_or_none(from, "unit", &unit)) return false;
    wats_numeric(uut, name, value, .unit = unit, .limits = wats_inclusive(low, high));
    return true;
}

/* The report of a result. By key and start the station recognises what it has already. */
static bool write(const wats_json *result, const char *id) {
    wats_header header = {.key = id};
    const wats_json *list, *measurement = NULL;
    if (!wats_json_text(result, "serial", &header.serial_number) || !wats_json_text(result, "start", &header.start)) return false;
    if (!wats_json_text_or_none(result, "part", &header.part_number)) return false;
    if (!wats_json_list_or_none(result, "measurements", &list)) return false;
    wats_uut *uut = wats_begin(&header);
    while ((measurement = wats_json_next(list, measurement)))
        if (!measured(uut, measurement)) return false;
    return wats_finish(uut);
}

static bool run(const wats_run *run, const void *data) {
    const my_settings *settings = data;
    (void)run;
    const char *since = wats_state_text("since");
    if (!since) return false;
    /* Nobody there, a busy server: the station tries again later. Whatever else is no success is an error. */
    const wats_http_response *answer = wats_http_get(wats_format("%s?since=%s", settings->address, since));
    if (!answer || !wats_http_success(answer)) return false;
    const wats_json *document = wats_http_json(answer), *results, *result = NULL;
    if (!document || !wats_json_list(document, NULL, &results)) return false;
    if (wats_json_count(results) == 0) return wats_skip("nothing new");
    while ((result = wats_json_next(results, result))) {
        int64_t number;
        if (!wats_json_integer(result, "id", 0, INT64_MAX, &number)) return false;
        const char *id = wats_format("%" PRId64, number);
        /* What is remembered is kept only when the whole run is converted, together with its reports. */
        if (!write(result, id) || !wats_set_state_text("since", id)) return false;
    }
    return true;
}

WATS_EXPORT_SCHEDULED(.name = "my-source", .version = "0.1.0", .summary = "Results of my test system",
                      .grants = {WATS_GRANT_HTTP, WATS_GRANT_STATE}, .settings = SETTINGS, .settings_size = sizeof(my_settings),
                      .run = run);
