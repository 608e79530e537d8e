/* Runs a scheduled converter natively, without a station: tells it what it remembers and what it is answered, and records what it
 * writes.
 *
 *     #include <assert.h>
 *     #include <string.h>
 *     #include "wats_scheduled_testing.h"
 *
 *     int main(void) {
 *         wats_test_ran ran = WATS_TEST_RUN(.state = {{"since", "7"}},
 *                                           .answers = {{.url = "https://oven.example/results?since=7", .body = "[]"}});
 *         assert(strcmp(ran.result.outcome, "converted") == 0);
 *         assert(strcmp(wats_test_state(&ran, "since"), "7") == 0);
 *     }
 *
 * Compile it with the converter, wats_scheduled_converter.c and wats_scheduled_testing.c. As wats_testing.h it does
 * not judge reports as the host does, but that each states a key and a start. Memory that it gives lives until the program ends. */
#ifndef WATS_SCHEDULED_TESTING_H
#define WATS_SCHEDULED_TESTING_H

#include "wats_scheduled_converter.h"
#include "wats_testing.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A key of the state with its value. */
typedef struct wats_test_value {
    const char *key;
    /* With a NUL behind it. */
    const char *value;
    /* Bytes of the value. 0: up to its NUL. */
    size_t size;
} wats_test_value;

/* What a request is answered. */
typedef struct wats_test_answer {
    const char *url;
    const char *body;
    /* Bytes of the body. 0: up to its NUL. */
    size_t size;
    /* Default: `GET`. */
    const char *method;
    /* Default: 200. */
    int status;
    wats_http_header headers[8];
    /* There is no answer, for this reason. */
    wats_http_error_kind fails;
    const char *reason;
    /* The seconds of `WATS_HTTP_TIMED_OUT`, the bytes of `WATS_HTTP_TOO_LARGE`, in the place of a reason. */
    double figure;
} wats_test_answer;

/* What is tested. */
typedef struct wats_test_run {
    /* Default: `2026-05-04T12:00:00+00:00`. */
    const char *due;
    /* Default: NULL, the first run. */
    const char *previous;
    bool by_hand;
    /* What it remembers from the runs before. */
    wats_test_value state[16];
    /* To all other requests nobody answers. */
    wats_test_answer answers[16];
    /* Of `state` and `http` what is granted, a list that ends with NULL; the plugin has of it what it asks for. Default: all that it asks
     * for. */
    const char *const *grants;
    /* As in `wats_test`. */
    const char *settings[16][2];
    wats_process processes[8];
    wats_product products[8];
    const char *no_server;
    const char *violation;
} wats_test_run;

/* What came of it. */
typedef struct wats_test_ran {
    wats_test_result result;
    /* Requests that were sent, in order, those that were refused with them. */
    const wats_http_request *requests;
    size_t request_count;
    /* What is remembered afterwards, in the order of the keys: what was before, unless it is converted. */
    const wats_test_value *state;
    size_t state_count;
} wats_test_ran;

wats_test_ran wats_test_run_once(const wats_test_run *run);
/* What is remembered afterwards under a key, or NULL. */
const char *wats_test_state(const wats_test_ran *ran, const char *key);

#ifdef __cplusplus
}
#else
#define WATS_TEST_RUN(...) wats_test_run_once(&(wats_test_run){__VA_ARGS__})
#endif

#endif
