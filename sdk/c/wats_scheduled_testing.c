/* Tests of scheduled converters: wats_scheduled_testing.h, on the exports of the world `scheduled-converter`. */
#include "bindings/scheduled_converter/converter.h"

#include <ctype.h>

#include "wats_scheduled_testing.h"
#include "wats_testing_host.c"

#define HTTP(name) wats_converter_http_##name
#define STATE(name) wats_converter_state_##name

/* The station's limits, where the operator gives no others: http_requests, http_response_bytes, state_bytes. */
#define MOST_REQUESTS 1000
#define MOST_ANSWER ((size_t)16 * 1024 * 1024)
#define MOST_STATE ((size_t)1024 * 1024)

/* What the host has of a run, beside `host`. */
static struct {
    const wats_test_run *run;
    const char *const *grants;
    wats_http_request *requests;
    size_t request_count;
    wats_test_value *state;
    size_t state_count;
} schedule;

/* ---- Requests ---- */

/* Whether one of the grants is this one; that of a host is there with `http`, too. */
static bool is_among(const char *const *grants, size_t most, const char *grant) {
    bool of_host = strncmp(grant, "http:", 5) == 0;
    for (size_t i = 0; i < most && grants[i]; i++)
        if (strcmp(grants[i], grant) == 0 || (of_host && strcmp(grants[i], WATS_GRANT_HTTP) == 0)) return true;
    return false;
}

/* What the plugin has is what it asks for and is granted. */
static bool granted(const char *grant) {
    return is_among(wats_exported_scheduled.grants, 16, grant) && is_among(schedule.grants, SIZE_MAX, grant);
}

static void lower(char *text, size_t length) {
    for (size_t i = 0; i < length; i++) text[i] = (char)tolower((unsigned char)text[i]);
}

static bool begins_in_any_case(const char *text, const char *beginning) {
    while (*beginning && tolower((unsigned char)*text) == *beginning) text++, beginning++;
    return !*beginning;
}

/* Host and port of an address in lower case, with user and password where there are such; NULL when it is no address of http or https. */
static const char *authority_of(const char *url) {
    size_t scheme = begins_in_any_case(url, "http://") ? 7 : begins_in_any_case(url, "https://") ? 8 : 0;
    size_t length = scheme ? strcspn(url + scheme, "/?#") : 0;
    if (!length) return NULL;
    char *authority = copy_of(url + scheme, length);
    lower(authority, length);
    /* The usual port is none. */
    const char *usual = scheme == 7 ? ":80" : ":443";
    size_t end = length - (length > strlen(usual) ? strlen(usual) : 0);
    if (strcmp(authority + end, usual) == 0) authority[end] = 0;
    return authority;
}

/* What is wrong with a header, or NULL: those that are of the connection would let a request say something else than was checked. */
static const char *header_wrong(const wats_http_header *header) {
    static const char own[] = " host content-length connection transfer-encoding te trailer upgrade keep-alive expect accept-encoding forwarded ";
    size_t length = strlen(header->name);
    if (!length || strspn(header->name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~") != length)
        return says("\"%.100s\" is no name of a header", header->name);
    text_buffer word = {NULL, 0, 0};
    put(&word, " %s ", header->name);
    lower(word.text, word.length);
    if (strstr(own, word.text) || strncmp(word.text, " proxy-", 7) == 0 || strncmp(word.text, " sec-", 5) == 0)
        return says("the header%.*s is the host's own", (int)word.length - 1, word.text);
    for (const char *c = header->value; *c; c++)
        if (((unsigned char)*c < 0x20 && *c != '\t') || *c == 0x7F)
            return says("the value of the header%.*s has control characters", (int)word.length - 1, word.text);
    return NULL;
}

static void note_request(const HTTP(request_t) *from) {
    size_t size = (schedule.request_count + 1) * sizeof *schedule.requests;
    schedule.requests = must(realloc(schedule.requests, size));
    wats_http_request *to = &schedule.requests[schedule.request_count++];
    wats_http_header *headers = zeroed((from->headers.len + 1) * sizeof *headers);
    for (size_t i = 0; i < from->headers.len; i++)
        headers[i] = (wats_http_header){c_text(&from->headers.ptr[i].name), c_text(&from->headers.ptr[i].value)};
    /* The station takes methods without regard to case. */
    char *method = copy_of(from->method.ptr, from->method.len);
    for (char *c = method; *c; c++) *c = (char)toupper((unsigned char)*c);
    *to = (wats_http_request){.method = method, .url = c_text(&from->url), .headers = headers};
    to->header_count = from->headers.len;
    to->body = copy_of(from->body.ptr, from->body.len);
    to->body_size = from->body.len;
    if (from->properties.len) to->timeout = wats_some(from->properties.ptr[0].value.val.number);
}

static const wats_test_answer *answer_to(const wats_http_request *request) {
    for (size_t i = 0; i < 16 && schedule.run->answers[i].url; i++) {
        const wats_test_answer *answer = &schedule.run->answers[i];
        if (strcmp(answer->url, request->url) == 0 && strcmp(or_else(answer->method, "GET"), request->method) == 0) return answer;
    }
    return NULL;
}

static bool is_method(const char *method) {
    static const char *const known[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i], method) == 0) return true;
    return false;
}

static bool fail(HTTP(http_error_t) *error, wats_http_error_kind kind, const char *reason, double figure) {
    memset(error, 0, sizeof *error);
    /* The header has one kind more, before the contract's. */
    error->tag = (uint8_t)(kind - WATS_HTTP_DENIED);
    if (kind == WATS_HTTP_TIMED_OUT) error->val.timed_out = figure;
    else if (kind == WATS_HTTP_TOO_LARGE) error->val.too_large = (uint64_t)figure;
    else give(&error->val.denied, reason);
    return false;
}

static void give_body(converter_list_u8_t *to, const char *body, size_t size) {
    to->len = size ? size : body ? strlen(body) : 0;
    to->ptr = to->len ? must(malloc(to->len)) : NULL;
    if (to->len) memcpy(to->ptr, body, to->len);
}

bool HTTP(send)(HTTP(request_t) *request, HTTP(response_t) *to, HTTP(http_error_t) *error) {
    note_request(request);
    if (schedule.request_count > MOST_REQUESTS) wats_testing_stop("sent too many requests in one run: 1001 (limit 1000)");
    const wats_http_request *asked = &schedule.requests[schedule.request_count - 1];
    text_buffer reason = {NULL, 0, 0};
    const char *authority = authority_of(asked->url);
    if (!authority) {
        put(&reason, "%s is no address of http or https", asked->url);
        return fail(error, WATS_HTTP_INVALID, reason.text, 0);
    }
    if (strchr(authority, '@'))
        return fail(error, WATS_HTTP_INVALID, "the address has a user or a password in it; give a header", 0);
    const char *grant = says("http:%s", authority);
    if (!granted(grant)) {
        put(&reason, "`%s` would have to be asked for and granted", grant);
        return fail(error, WATS_HTTP_DENIED, reason.text, 0);
    }
    if (!is_method(asked->method)) {
        put(&reason, "%s is none of GET, HEAD, POST, PUT, PATCH, DELETE", asked->method);
        return fail(error, WATS_HTTP_INVALID, reason.text, 0);
    }
    for (size_t i = 0; i < asked->header_count; i++) {
        const char *wrong = header_wrong(&asked->headers[i]);
        if (wrong) return fail(error, WATS_HTTP_INVALID, wrong, 0);
    }
    const wats_test_answer *answer = answer_to(asked);
    if (!answer) {
        put(&reason, "the test has no answer for %s %s", asked->method, asked->url);
        return fail(error, WATS_HTTP_UNREACHABLE, reason.text, 0);
    }
    if (answer->fails) return fail(error, answer->fails, or_else(answer->reason, ""), answer->figure);
    size_t size = answer->size ? answer->size : strlen(or_else(answer->body, ""));
    if (size > MOST_ANSWER) return fail(error, WATS_HTTP_TOO_LARGE, "", (double)MOST_ANSWER);
    memset(to, 0, sizeof *to);
    to->status = (uint16_t)(answer->status ? answer->status : 200);
    to->headers.ptr = zeroed(8 * sizeof *to->headers.ptr);
    for (; to->headers.len < 8 && answer->headers[to->headers.len].name; to->headers.len++) {
        HTTP(header_t) *header = &to->headers.ptr[to->headers.len];
        give(&header->name, answer->headers[to->headers.len].name);
        lower((char *)header->name.ptr, header->name.len);
        give(&header->value, answer->headers[to->headers.len].value);
    }
    give_body(&to->body, answer->body, size);
    return true;
}

/* ---- State ---- */

/* The entry of a key, or NULL. */
static wats_test_value *entry_of(const char *key) {
    for (size_t i = 0; i < schedule.state_count; i++)
        if (strcmp(schedule.state[i].key, key) == 0) return &schedule.state[i];
    return NULL;
}

static void set_entry(const char *key, const char *value, size_t size) {
    wats_test_value *entry = entry_of(key);
    if (!entry) {
        schedule.state = must(realloc(schedule.state, (schedule.state_count + 1) * sizeof *schedule.state));
        size_t at = schedule.state_count++;
        for (; at > 0 && strcmp(schedule.state[at - 1].key, key) > 0; at--) schedule.state[at] = schedule.state[at - 1];
        entry = &schedule.state[at];
        entry->key = key;
    }
    entry->value = copy_of(value, size);
    entry->size = size;
}

/* The state begins, and after a run that is not converted ends, with what the test says. */
static void reset_state(void) {
    schedule.state = NULL;
    schedule.state_count = 0;
    for (size_t i = 0; i < 16 && schedule.run->state[i].key; i++) {
        const wats_test_value *given = &schedule.run->state[i];
        const char *value = or_else(given->value, "");
        set_entry(given->key, value, given->size ? given->size : strlen(value));
    }
}

static bool may_remember(STATE(state_error_t) *error) {
    *error = WATS_CONVERTER_STATE_STATE_ERROR_DENIED;
    return granted(WATS_GRANT_STATE);
}

static bool may_remember_under(const text_t *key, STATE(state_error_t) *error) {
    if (!may_remember(error)) return false;
    size_t characters = 0;
    for (size_t i = 0; i < key->len; i++) characters += (key->ptr[i] & 0xC0) != 0x80;
    *error = WATS_CONVERTER_STATE_STATE_ERROR_INVALID_KEY;
    return characters >= 1 && characters <= 200;
}

bool STATE(keys)(converter_list_string_t *to, STATE(state_error_t) *error) {
    if (!may_remember(error)) return false;
    to->len = schedule.state_count;
    to->ptr = zeroed(to->len * sizeof *to->ptr);
    for (size_t i = 0; i < to->len; i++) give(&to->ptr[i], schedule.state[i].key);
    return true;
}

bool STATE(get)(text_t *key, converter_option_list_u8_t *to, STATE(state_error_t) *error) {
    if (!may_remember_under(key, error)) return false;
    memset(to, 0, sizeof *to);
    const wats_test_value *entry = entry_of(c_text(key));
    to->is_some = entry != NULL;
    if (entry && entry->size) give_body(&to->val, entry->value, entry->size);
    return true;
}

bool STATE(set)(text_t *key, converter_list_u8_t *value, STATE(state_error_t) *error) {
    if (!may_remember_under(key, error)) return false;
    set_entry(c_text(key), (const char *)value->ptr, value->len);
    size_t bytes = 0;
    for (size_t i = 0; i < schedule.state_count; i++) bytes += strlen(schedule.state[i].key) + schedule.state[i].size;
    if (bytes > MOST_STATE) wats_testing_stop(says("wants to remember too much: %zu (limit %zu)", bytes, MOST_STATE));
    return true;
}

bool STATE(delete)(text_t *key, STATE(state_error_t) *error) {
    if (!may_remember_under(key, error)) return false;
    wats_test_value *entry = entry_of(c_text(key));
    if (!entry) return true;
    size_t behind = (size_t)(schedule.state + schedule.state_count - entry) - 1;
    memmove(entry, entry + 1, behind * sizeof *entry);
    schedule.state_count--;
    return true;
}

/* ---- Tests ---- */

static void begin_run(const wats_test_run *run, wats_test *common) {
    *common = (wats_test){.no_server = run->no_server, .violation = run->violation};
    memcpy(common->settings, run->settings, sizeof common->settings);
    memcpy(common->processes, run->processes, sizeof common->processes);
    memcpy(common->products, run->products, sizeof common->products);
    begin_host(common, wats_exported_scheduled.settings, wats_exported_scheduled.grants);
    host.states_key_and_start = true;
    memset(&schedule, 0, sizeof schedule);
    schedule.run = run;
    if (run->grants) {
        schedule.grants = run->grants;
    } else {
        const char **asked = zeroed((sizeof wats_exported_scheduled.grants / sizeof *asked + 1) * sizeof *asked);
        memcpy(asked, wats_exported_scheduled.grants, sizeof wats_exported_scheduled.grants);
        schedule.grants = asked;
    }
    reset_state();
}

static converter_run_info_t info_of(const wats_test_run *run) {
    converter_run_info_t info;
    memset(&info, 0, sizeof info);
    give(&info.due, or_else(run->due, "2026-05-04T12:00:00+00:00"));
    info.previous.is_some = run->previous != NULL;
    if (run->previous) give(&info.previous.val, run->previous);
    info.properties.ptr = zeroed(sizeof *info.properties.ptr);
    info.properties.len = run->by_hand;
    if (run->by_hand) {
        give(&info.properties.ptr[0].key, "by-hand");
        info.properties.ptr[0].value.tag = WATS_CONVERTER_TYPES_VALUE_FLAG;
        info.properties.ptr[0].value.val.flag = true;
    }
    return info;
}

wats_test_ran wats_test_run_once(const wats_test_run *run) {
    static wats_test common;
    begin_run(run, &common);
    converter_run_info_t info = info_of(run);
    converter_outcome_t outcome;
    converter_convert_error_t error;
    wats_test_ran ran;
    memset(&outcome, 0, sizeof outcome);
    memset(&ran, 0, sizeof ran);
    const char *wrong = plugin_wrong(wats_exported_scheduled.name, wats_exported_scheduled.version);
    host.running = "run";
    if (wrong) {
        ran.result = noted(not_loaded(wrong));
    } else if (setjmp(host.stopped)) {
        ran.result = noted(trapped());
    } else {
        bool done = exports_converter_run(&info, &outcome, &error);
        ran.result = noted(result_of(done, &outcome, &error));
    }
    if (strcmp(ran.result.outcome, "converted") != 0) reset_state();
    ran.requests = schedule.requests;
    ran.request_count = schedule.request_count;
    ran.state = schedule.state;
    ran.state_count = schedule.state_count;
    return ran;
}

const char *wats_test_schema(void) {
    static const wats_test_run nothing;
    static wats_test common;
    converter_descriptor_t descriptor;
    begin_run(&nothing, &common);
    host.running = "describe";
    if (setjmp(host.stopped)) {
        host.running = NULL;
        return "";
    }
    exports_converter_describe(&descriptor);
    host.running = NULL;
    return c_text(&descriptor.settings_schema);
}

const char *wats_test_state(const wats_test_ran *ran, const char *key) {
    for (size_t i = 0; i < ran->state_count; i++)
        if (strcmp(ran->state[i].key, key) == 0) return ran->state[i].value;
    return NULL;
}
