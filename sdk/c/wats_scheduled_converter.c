/* The exports of the world `scheduled-converter`, requests and state, to compile and link with a scheduled converter. */
#include "bindings/scheduled_converter/converter.h"

#include "wats_scheduled_converter.h"

#include "wats_library.c"
#include "wats_json.c"

#define HTTP(name) wats_converter_http_##name
#define STATE(name) wats_converter_state_##name

/* ---- Requests to other systems ---- */

/* Why the last request had no answer. */
static wats_http_error last_http_error;

wats_http_error wats_last_http_error(void) { return last_http_error; }

/* Tells why there is no answer as what it means for the run. */
static const wats_http_response *unanswered(wats_http_error_kind kind, const char *reason) {
    last_http_error = (wats_http_error){.kind = kind, .reason = reason};
    switch (kind) {
    case WATS_HTTP_DENIED: wats_fail(WATS_MISCONFIGURED, wats_whole(), "%s", reason); break;
    case WATS_HTTP_TOO_LARGE: wats_fail(WATS_UNSUPPORTED, wats_whole(), "%s", reason); break;
    case WATS_HTTP_UNREACHABLE:
    case WATS_HTTP_TIMED_OUT: wats_wait_with(&(wats_wait_for){.reason = reason}); break;
    default: wats_fail(WATS_INTERNAL, wats_whole(), "%s", reason); break;
    }
    return NULL;
}

static const wats_http_response *failed_with(HTTP(http_error_t) *error) {
    switch (error->tag) {
    case WATS_CONVERTER_HTTP_HTTP_ERROR_DENIED: return unanswered(WATS_HTTP_DENIED, kept(&error->val.denied));
    case WATS_CONVERTER_HTTP_HTTP_ERROR_UNREACHABLE: return unanswered(WATS_HTTP_UNREACHABLE, kept(&error->val.unreachable));
    case WATS_CONVERTER_HTTP_HTTP_ERROR_TIMED_OUT:
        return unanswered(WATS_HTTP_TIMED_OUT, wats_format("no answer in %.1f s", error->val.timed_out));
    case WATS_CONVERTER_HTTP_HTTP_ERROR_TOO_LARGE:
        return unanswered(WATS_HTTP_TOO_LARGE, wats_format("the answer is larger than %llu bytes (limits.http_response_bytes)",
                                                           (unsigned long long)error->val.too_large));
    default: return unanswered(WATS_HTTP_INVALID, kept(&error->val.invalid));
    }
}

static const wats_http_response *response_from(const char *url, HTTP(response_t) *from) {
    wats_http_response *to = wats_alloc(sizeof *to);
    wats_http_header *headers = wats_alloc((from->headers.len + 1) * sizeof *headers);
    for (size_t i = 0; i < from->headers.len; i++)
        headers[i] = (wats_http_header){kept(&from->headers.ptr[i].name), kept(&from->headers.ptr[i].value)};
    *to = (wats_http_response){.url = wats_copy(url), .status = from->status, .headers = headers, .header_count = from->headers.len};
    to->body = wats_copy_bytes((const char *)from->body.ptr, from->body.len);
    to->body_size = from->body.len;
    if (from->headers.len) free(from->headers.ptr);
    if (from->body.len) free(from->body.ptr);
    return to;
}

const wats_http_response *wats_http_get(const char *url) {
    return wats_http_send(&(wats_http_request){.method = "GET", .url = url});
}

const wats_http_response *wats_http_send(const wats_http_request *request) {
    arena *memory = &call.scratch;
    HTTP(request_t) wire;
    memset(&wire, 0, sizeof wire);
    wire.method = lent(memory, request->method);
    wire.url = lent(memory, request->url);
    wire.headers.ptr = take(memory, request->header_count * sizeof *wire.headers.ptr);
    for (; wire.headers.len < request->header_count; wire.headers.len++) {
        const wats_http_header *header = &request->headers[wire.headers.len];
        wire.headers.ptr[wire.headers.len].name = lent(memory, header->name);
        wire.headers.ptr[wire.headers.len].value = lent(memory, header->value);
    }
    /* Lent as it is: it may be large. */
    wire.body.ptr = (uint8_t *)request->body;
    wire.body.len = request->body_size;
    REPORT(property_t) timeout;
    if (request->timeout.given) {
        fill_property(memory, &timeout, &(wats_property){.key = "timeout", .kind = WATS_NUMBER_VALUE, .number = request->timeout.value});
        wire.properties.ptr = &timeout;
        wire.properties.len = 1;
    }
    HTTP(response_t) response;
    HTTP(http_error_t) error;
    bool answered = HTTP(send)(&wire, &response, &error);
    reuse(memory);
    if (!answered) return failed_with(&error);
    last_http_error = (wats_http_error){.kind = WATS_HTTP_ANSWERED, .reason = ""};
    return response_from(request->url, &response);
}

const char *wats_http_header_of(const wats_http_response *response, const char *name) {
    for (size_t i = 0; response && i < response->header_count; i++)
        if (same_in_any_case(response->headers[i].name, name)) return response->headers[i].value;
    return NULL;
}

/* The address without its query, which may hold secrets and would be seen in logs and on pages. */
static const char *place_of_answer(const wats_http_response *response) {
    return wats_copy_bytes(response->url, strcspn(response->url, "?#"));
}

/* The first 200 characters of the body, for a message. */
static const char *beginning_of(const wats_http_response *response) {
    converter_string_t text = repaired(&call.memory, response->body, response->body_size < 4000 ? response->body_size : 4000);
    char *beginning = wats_trim(wats_copy_bytes((const char *)text.ptr, text.len));
    size_t characters = 0;
    char *end = beginning;
    while (*end && ((*end & 0xC0) == 0x80 || characters++ < 200)) end++;
    *end = 0;
    return beginning;
}

bool wats_http_success(const wats_http_response *response) {
    if (!response) return false;
    int status = response->status;
    if (status >= 200 && status <= 299) return true;
    const char *told = wats_format("%s answered %d: %s", place_of_answer(response), status, beginning_of(response));
    if (status == 429 || status >= 500) return wats_wait_with(&(wats_wait_for){.reason = told});
    return wats_fail(status == 401 || status == 403 ? WATS_MISCONFIGURED : WATS_MALFORMED, wats_whole(), "%s", told);
}

const char *wats_http_text(const wats_http_response *response) {
    if (!response) return NULL;
    size_t valid = valid_length(response->body, response->body_size);
    const char *place = place_of_answer(response);
    if (valid < response->body_size)
        wats_fail(WATS_MALFORMED, wats_whole(), "%s answered what is no UTF-8, at byte %zu", place, valid);
    else if (memchr(response->body, 0, response->body_size))
        wats_fail(WATS_MALFORMED, wats_whole(), "%s answered a text with a NUL in it", place);
    else return response->body;
    return NULL;
}

const wats_json *wats_http_json(const wats_http_response *response) {
    const char *text = wats_http_text(response);
    return text ? json_of(text, wats_format("the answer of %s", place_of_answer(response))) : NULL;
}

/* ---- What is remembered from run to run ---- */

static bool state_failed(STATE(state_error_t) error) {
    if (error == WATS_CONVERTER_STATE_STATE_ERROR_DENIED)
        return wats_fail(WATS_MISCONFIGURED, wats_whole(), "the station has not granted `state` to this plugin");
    return wats_fail(WATS_INTERNAL, wats_whole(), "keys of the state have 1 to 200 characters");
}

const char *const *wats_state_keys(void) {
    converter_list_string_t list = {NULL, 0};
    STATE(state_error_t) error;
    if (!STATE(keys)(&list, &error)) {
        state_failed(error);
        return NULL;
    }
    const char **keys = wats_alloc((list.len + 1) * sizeof *keys);
    for (size_t i = 0; i < list.len; i++) keys[i] = kept(&list.ptr[i]);
    if (list.len) free(list.ptr);
    return keys;
}

bool wats_state_bytes(const char *key, const void **bytes, size_t *length) {
    converter_string_t wire = lent(&call.scratch, key);
    converter_option_list_u8_t value;
    STATE(state_error_t) error;
    bool done = STATE(get)(&wire, &value, &error);
    reuse(&call.scratch);
    if (!done) return state_failed(error);
    *bytes = value.is_some ? wats_copy_bytes((const char *)value.val.ptr, value.val.len) : NULL;
    if (length) *length = value.is_some ? value.val.len : 0;
    if (value.is_some && value.val.len) free(value.val.ptr);
    return true;
}

const char *wats_state_text(const char *key) {
    const void *bytes;
    size_t length;
    if (!wats_state_bytes(key, &bytes, &length)) return NULL;
    if (!bytes) return "";
    if (valid_length(bytes, length) == length && !memchr(bytes, 0, length)) return bytes;
    wats_fail(WATS_INTERNAL, wats_whole(), "the state %s is no text", quoted(key));
    return NULL;
}

bool wats_set_state_text(const char *key, const char *text) {
    /* Both are in the scratch arena until the value is set. */
    converter_string_t wire = lent(&call.scratch, text);
    return wats_set_state_bytes(key, wire.ptr, wire.len);
}

bool wats_set_state_bytes(const char *key, const void *bytes, size_t length) {
    converter_string_t wire = lent(&call.scratch, key);
    converter_list_u8_t value = {(uint8_t *)bytes, length};
    STATE(state_error_t) error;
    bool done = STATE(set)(&wire, &value, &error);
    reuse(&call.scratch);
    return done || state_failed(error);
}

bool wats_delete_state(const char *key) {
    converter_string_t wire = lent(&call.scratch, key);
    STATE(state_error_t) error;
    bool done = STATE(delete)(&wire, &error);
    reuse(&call.scratch);
    return done || state_failed(error);
}

/* ---- The exports ---- */

void exports_converter_describe(converter_descriptor_t *to) {
    const wats_scheduled_converter *from = &wats_exported_scheduled;
    wats_converter described = {.name = from->name, .version = from->version, .summary = from->summary, .homepage = from->homepage,
                                .license = from->license, .author = from->author, .settings = from->settings};
    memcpy(described.formats, from->formats, sizeof described.formats);
    memcpy(described.grants, from->grants, sizeof described.grants);
    give_descriptor(&described, to);
}

static wats_run run_from(converter_run_info_t *from) {
    wats_run run = {.due = kept(&from->due), .previous = from->previous.is_some ? kept(&from->previous.val) : NULL};
    for (size_t i = 0; i < from->properties.len; i++) {
        const REPORT(property_t) *property = &from->properties.ptr[i];
        bool by_hand = property->key.len == 7 && memcmp(property->key.ptr, "by-hand", 7) == 0;
        if (by_hand && property->value.tag == WATS_CONVERTER_TYPES_VALUE_FLAG) run.by_hand = property->value.val.flag;
    }
    return run;
}

bool exports_converter_run(converter_run_info_t *from, converter_outcome_t *outcome, converter_convert_error_t *error) {
    begin_call();
    last_http_error = (wats_http_error){.kind = WATS_HTTP_ANSWERED, .reason = ""};
    wats_run run = run_from(from);
    const wats_scheduled_converter *exported = &wats_exported_scheduled;
    const void *settings = settings_of(exported->settings, exported->settings_size);
    return give_end(settings && exported->run(&run, settings), "run", outcome, error);
}
