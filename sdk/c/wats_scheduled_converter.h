/* Write scheduled converters for the WATS station service in C: plugins that are run at times instead of being given files, ask other
 * systems, and make reports of what they answer. wats-plugin.toml says `world = "scheduled-converter"`. It is one function and one table
 * that names it:
 *
 *     #include "wats_scheduled_converter.h"
 *
 *     static bool run(const wats_run *run, const void *settings) {
 *         (void)run, (void)settings;
 *         const char *since = wats_state_text("since");
 *         if (!since) return false;
 *         const wats_http_response *answer = wats_http_get(wats_format("https://oven.example/results?since=%s", since));
 *         if (!answer || !wats_http_success(answer)) return false;
 *         const wats_json *document = wats_http_json(answer), *results, *result = NULL;
 *         if (!document || !wats_json_list(document, NULL, &results)) return false;
 *         while ((result = wats_json_next(results, result))) {
 *             wats_header header = {.serial_number = NULL};
 *             double volts;
 *             if (!wats_json_text(result, "serial", &header.serial_number) || !wats_json_text(result, "id", &header.key) ||
 *                 !wats_json_text(result, "start", &header.start) || !wats_json_number(result, "volts", &volts))
 *                 return false;
 *             wats_uut *uut = wats_begin(&header);
 *             wats_numeric(uut, "Supply", volts, .unit = "V", .limits = wats_between(4.9, 5.1));
 *             if (!wats_finish(uut) || !wats_set_state_text("since", header.key)) return false;
 *         }
 *         return true;
 *     }
 *
 *     WATS_EXPORT_SCHEDULED(.name = "burn-in", .version = "1.0.0", .grants = {WATS_GRANT_HTTP_TO("oven.example"), WATS_GRANT_STATE},
 *                           .run = run);
 *
 * The rules of wats_converter.h hold, and these:
 *
 * - Two runs may meet the same results: each report states its `key` and its `start`, so that what is known already is recognised. A
 *   report without them is refused.
 * - Every run begins anew. What is to be known at the next one is remembered by `wats_set_state_text`.
 * - `wats_run.due` is the only clock. */
#ifndef WATS_SCHEDULED_CONVERTER_H
#define WATS_SCHEDULED_CONVERTER_H

#include "wats_converter.h"
#include "wats_json.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Requests to other systems ---- */

/* Only with the grant `http`, and only to hosts that the operator named. Redirects are not followed. Headers that carry secrets need not
 * be known to the plugin: the operator has the station add them. */

typedef struct wats_http_header {
    /* Without regard to case; of an answer in lower case. */
    const char *name;
    const char *value;
} wats_http_header;

typedef struct wats_http_request {
    /* `GET`, `HEAD`, `POST`, `PUT`, `PATCH` or `DELETE`. */
    const char *method;
    /* Absolute: `https://mes.example/units?since=7`. Without user and password. */
    const char *url;
    /* Several of a name by repeating. Not `host`, `content-length`, `connection` and their like, which are the station's own. */
    const wats_http_header *headers;
    size_t header_count;
    /* NULL for none. */
    const void *body;
    size_t body_size;
    /* Seconds for the whole exchange, above 0. Default, and at most: what is left of the run's own time. */
    wats_optional timeout;
} wats_http_request;

/* What the other side answered, whatever its status. */
typedef struct wats_http_response {
    /* That of the request. */
    const char *url;
    /* 200, 404, ... */
    int status;
    const wats_http_header *headers;
    size_t header_count;
    /* With a NUL behind it. */
    const char *body;
    size_t body_size;
} wats_http_response;

/* Sends a GET and waits for the whole answer, as `wats_http_send` does. */
const wats_http_response *wats_http_get(const char *url);
/* Sends a request and waits for the whole answer; an answer of any status is one. That time counts as the run's own.
 *
 * NULL when there is no answer, which is told as what it means: nobody there and no answer in time make the station try again later
 * (`wats_wait`), denied is `misconfigured`, a wrong request `internal`, too large an answer `unsupported`. Then return false. */
const wats_http_response *wats_http_send(const wats_http_request *request);

typedef enum wats_http_error_kind {
    /* There was an answer, or no request yet. */
    WATS_HTTP_ANSWERED = 0,
    /* The plugin may not go there; the reason says what would have to be granted. */
    WATS_HTTP_DENIED,
    /* Something is wrong with the request. */
    WATS_HTTP_INVALID,
    /* Nobody there. */
    WATS_HTTP_UNREACHABLE,
    WATS_HTTP_TIMED_OUT,
    /* The body of the answer is larger than the station takes (16 MiB by default). */
    WATS_HTTP_TOO_LARGE
} wats_http_error_kind;

typedef struct wats_http_error {
    wats_http_error_kind kind;
    /* In words; empty when there was an answer. */
    const char *reason;
} wats_http_error;

/* Why the last request had no answer: for an author who forgives it (`wats_forgive`) and goes on. */
wats_http_error wats_last_http_error(void);

/* Those below take NULL, where there was no answer, and give NULL or false for it: what was told then stands. */

/* The first header of that name, without regard to case; NULL for none. */
const char *wats_http_header_of(const wats_http_response *response, const char *name);
/* Whether the status is 200 to 299. If not, that is told: with 429, 500 and above the station tries again later, 401 and 403 are
 * `misconfigured`, all others `malformed`. */
bool wats_http_success(const wats_http_response *response);
/* The body as text. NULL when it is not UTF-8 or has a NUL in it, which is told as `malformed`. */
const char *wats_http_text(const wats_http_response *response);
/* The body as JSON, at most 128 deep. NULL when it is none, which is told as `malformed`. */
const wats_json *wats_http_json(const wats_http_response *response);

/* ---- What is remembered from run to run ---- */

/* Only with the grant `state`; without it the functions fail as `misconfigured`. Keys have 1 to 200 characters, another is `internal`.
 * All keys and values together may have 1 MiB, unless the operator allows more; beyond, the call ends.
 *
 * What a run remembers is kept when it returns true, together with its reports, and forgotten otherwise. So a cursor never runs ahead
 * of what was reported, and never stays behind it. */

/* Keys that have a value, in order, the last one followed by NULL. NULL on an error. */
const char *const *wats_state_keys(void);
/* The value of a key as text, empty when it has none. NULL on an error; a value that is no text is `internal`. */
const char *wats_state_text(const char *key);
/* The value of a key; `bytes` is NULL when it has none. `length` may be NULL. False on an error. */
bool wats_state_bytes(const char *key, const void **bytes, size_t *length) WATS_CHECKED;
/* Remembers a text. False on an error. */
bool wats_set_state_text(const char *key, const char *text) WATS_CHECKED;
/* Remembers bytes. False on an error. */
bool wats_set_state_bytes(const char *key, const void *bytes, size_t length) WATS_CHECKED;
/* Forgets a key, known or not. False on an error. */
bool wats_delete_state(const char *key) WATS_CHECKED;

/* ---- The plugin ---- */

/* To ask other systems; which ones, the operator says. */
#define WATS_GRANT_HTTP "http"
/* To ask a host that is known already: `WATS_GRANT_HTTP_TO("mes.example:8080")`. The host is a literal. */
#define WATS_GRANT_HTTP_TO(host) "http:" host
/* To remember something from run to run. */
#define WATS_GRANT_STATE "state"

/* One run. */
typedef struct wats_run {
    /* When it was due, ISO 8601 with an offset. */
    const char *due;
    /* When the last run was due that went well; NULL before the first. */
    const char *previous;
    /* An operator asked for it. */
    bool by_hand;
} wats_run;

/* What the plugin is, and its function. Fields as in `wats_converter`, without rules of what files look like. */
typedef struct wats_scheduled_converter {
    const char *name;
    const char *version;
    const char *summary;
    const char *formats[16];
    /* Asks for grants; the operator decides. */
    const char *grants[16];
    const char *homepage;
    const char *license;
    const char *author;
    const wats_setting *settings;
    size_t settings_size;
    /* Looks for results and writes their reports. True: converted. False: not, and why was said by `wats_fail`, by `wats_skip` (there was
     * nothing to do), by `wats_wait` (not now), or by a function of these headers that returned false or NULL. Unless it is true there
     * is no report at all, nothing is remembered, and the next run tries again. */
    bool (*run)(const wats_run *run, const void *settings);
} wats_scheduled_converter;

/* What the plugin exports. `WATS_EXPORT_SCHEDULED` defines it. */
extern const wats_scheduled_converter wats_exported_scheduled;

/* Exports the plugin. Once, in one source file, outside of functions. */
#ifndef __cplusplus
#define WATS_EXPORT_SCHEDULED(...) const wats_scheduled_converter wats_exported_scheduled = {__VA_ARGS__}
#endif

#ifdef __cplusplus
}
#endif

#endif
