/* Reads JSON, as answers to requests have it: values are asked for by their names and kinds, and what is not there is an error with
 * its place.
 *
 *     const wats_json *results, *result = NULL;
 *     if (!wats_json_list(document, NULL, &results)) return false;
 *     while ((result = wats_json_next(results, result))) {
 *         double volts;
 *         if (!wats_json_number(result, "volts", &volts)) return false;
 *     }
 *
 * In all functions `key` is the name of a member of the table `value`; NULL: the value itself. A function that returns false told why
 * as `malformed`, with the way to the value: `[0].volts must be a number`. A member that is null counts as absent. Of several members
 * of a name the first is taken. */
#ifndef WATS_JSON_H
#define WATS_JSON_H

#include "wats_converter.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A value of a document. It lives until `run` returns. */
typedef struct wats_json wats_json;

/* A text. */
bool wats_json_text(const wats_json *value, const char *key, const char **text) WATS_CHECKED;
/* A text, or NULL when it is absent. */
bool wats_json_text_or_none(const wats_json *value, const char *key, const char **text) WATS_CHECKED;
/* A number. */
bool wats_json_number(const wats_json *value, const char *key, double *number) WATS_CHECKED;
/* A number that may be absent. */
bool wats_json_number_or_none(const wats_json *value, const char *key, wats_optional *number) WATS_CHECKED;
/* A whole number within bounds. */
bool wats_json_integer(const wats_json *value, const char *key, int64_t lowest, int64_t highest, int64_t *number) WATS_CHECKED;
/* True or false. */
bool wats_json_flag(const wats_json *value, const char *key, bool *flag) WATS_CHECKED;
/* A list, whose values `wats_json_next` gives. */
bool wats_json_list(const wats_json *value, const char *key, const wats_json **list) WATS_CHECKED;
/* A list, or NULL when it is absent; `wats_json_next` takes that, too. */
bool wats_json_list_or_none(const wats_json *value, const char *key, const wats_json **list) WATS_CHECKED;
/* A table. */
bool wats_json_table(const wats_json *value, const char *key, const wats_json **table) WATS_CHECKED;

/* The member of that name, of any kind; NULL, and nothing told, when it is absent or `value` is no table. For what the functions above do
 * not say: `if (wats_json_member(result, "retries") && !wats_json_integer(result, "retries", 0, 9, &retries)) return false;` */
const wats_json *wats_json_member(const wats_json *value, const char *key);
/* Of a list or table the value after `before`, the first for NULL; NULL after the last one. */
const wats_json *wats_json_next(const wats_json *list, const wats_json *before);
/* How many values a list or table has. */
size_t wats_json_count(const wats_json *list);
/* The name of a member that `wats_json_next` gave; NULL of a value in a list. */
const char *wats_json_key(const wats_json *member);

/* A text as JSON, in quotes, for the body of a request: `wats_format("{\"serial\": %s}", wats_json_quoted(serial))`. NULL gives `null`. */
const char *wats_json_quoted(const char *text);

#ifdef __cplusplus
}
#endif

#endif
