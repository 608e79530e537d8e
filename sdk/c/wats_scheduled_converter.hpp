// Write scheduled converters for the WATS station service in C++20, on top of wats_scheduled_converter.h: plugins that are run at times
// instead of being given files, ask other systems, and make reports of what they answer. wats-plugin.toml says
// `world = "scheduled-converter"`. It is one class with two functions, and one line that exports it:
//
//     #include "wats_scheduled_converter.hpp"
//
//     struct BurnIn {
//         struct Settings : wats::NoSettings {};
//
//         static wats::Descriptor descriptor() {
//             return {.name = "burn-in", .version = "1.0.0", .grants = {WATS_GRANT_HTTP_TO("oven.example"), WATS_GRANT_STATE}};
//         }
//
//         static wats::Outcome run(const wats::Run &, const Settings &) {
//             std::string since = WATS_TRY(wats::state::text("since"));
//             auto answer = WATS_TRY(wats::http::get("https://oven.example/results?since=" + since));
//             WATS_TRY(answer.success());
//             auto document = WATS_TRY(answer.json());
//             for (wats::JsonValue result : WATS_TRY(document.list())) {
//                 auto id = WATS_TRY(result.text("id"));
//                 wats::Uut uut({.serial_number = WATS_TRY(result.text("serial")), .start = WATS_TRY(result.text("start")), .key = id});
//                 uut.numeric("Supply", WATS_TRY(result.number("volts")), {.unit = "V", .limits = wats::between(4.9, 5.1)});
//                 WATS_TRY(uut.finish());
//                 WATS_TRY(wats::state::set_text("since", id));
//             }
//             return wats::converted();
//         }
//     };
//
//     WATS_EXPORT_SCHEDULED_CLASS(BurnIn)
//
// The rules of wats_converter.hpp and of wats_scheduled_converter.h hold. What is returned lives until `run` returns.
#ifndef WATS_SCHEDULED_CONVERTER_HPP
#define WATS_SCHEDULED_CONVERTER_HPP

#include "wats_converter.hpp"
#include "wats_scheduled_converter.h"

namespace wats {

// ---- JSON ----

// A value of a document. Values are asked for by the name of a member of this table, or without a name as this value itself. What is not
// there or of another kind is malformed, with the way to it: `[0].volts must be a number`. A member that is null counts as absent.
class JsonValue {
  public:
    explicit JsonValue(const wats_json *value) : value_(value) {}

    Result<std::string_view> text(const char *key = nullptr) const {
        const char *text;
        if (!wats_json_text(value_, key, &text)) return Error::last();
        return std::string_view(text);
    }
    // Empty when it is absent.
    Result<std::string_view> text_or_none(const char *key) const {
        const char *text;
        if (!wats_json_text_or_none(value_, key, &text)) return Error::last();
        return detail::view(text);
    }
    Result<double> number(const char *key = nullptr) const {
        double number;
        if (!wats_json_number(value_, key, &number)) return Error::last();
        return number;
    }
    Result<std::optional<double>> number_or_none(const char *key) const {
        wats_optional number;
        if (!wats_json_number_or_none(value_, key, &number)) return Error::last();
        return number.given ? std::optional(number.value) : std::nullopt;
    }
    // A whole number within bounds.
    Result<std::int64_t> integer(const char *key = nullptr, std::int64_t lowest = INT64_MIN, std::int64_t highest = INT64_MAX) const {
        std::int64_t number;
        if (!wats_json_integer(value_, key, lowest, highest, &number)) return Error::last();
        return number;
    }
    Result<bool> flag(const char *key = nullptr) const {
        bool flag;
        if (!wats_json_flag(value_, key, &flag)) return Error::last();
        return flag;
    }
    Result<std::vector<JsonValue>> list(const char *key = nullptr) const {
        const wats_json *list;
        if (!wats_json_list(value_, key, &list)) return Error::last();
        return values_of(list);
    }
    // Empty when it is absent.
    Result<std::vector<JsonValue>> list_or_none(const char *key) const {
        const wats_json *list;
        if (!wats_json_list_or_none(value_, key, &list)) return Error::last();
        return values_of(list);
    }
    Result<JsonValue> table(const char *key = nullptr) const {
        const wats_json *table;
        if (!wats_json_table(value_, key, &table)) return Error::last();
        return JsonValue(table);
    }
    // The member of that name, of any kind, when there is one.
    std::optional<JsonValue> member(const char *key) const {
        const wats_json *member = wats_json_member(value_, key);
        return member ? std::optional(JsonValue(member)) : std::nullopt;
    }
    // Of a table its values, each of which has a key.
    std::vector<JsonValue> members() const { return values_of(value_); }
    // The name of a member that `members` gave; empty of a value in a list.
    std::string_view key() const { return detail::view(wats_json_key(value_)); }

  private:
    static std::vector<JsonValue> values_of(const wats_json *list) {
        std::vector<JsonValue> values;
        values.reserve(wats_json_count(list));
        for (const wats_json *value = nullptr; (value = wats_json_next(list, value));) values.emplace_back(value);
        return values;
    }
    const wats_json *value_;
};

// A text as JSON, in quotes, for the body of a request.
inline std::string json_quoted(std::string_view text) {
    detail::Texts texts;
    return wats_json_quoted(texts(text));
}

// ---- Requests to other systems ----

// Only with the grant `http`, and only to hosts that the operator named. Redirects are not followed.
namespace http {

struct Header {
    std::string name;
    std::string value;
};

// A request. Fields as in `wats_http_request`.
struct Request {
    std::string method;
    std::string url;
    std::vector<Header> headers = {};
    std::string body = {};
    // Seconds for the whole exchange. Default, and at most: what is left of the run's own time.
    std::optional<double> timeout = {};
};

// What the other side answered, whatever its status.
class Response {
  public:
    explicit Response(const wats_http_response *response) : response_(response) {}

    // 200, 404, ...
    int status() const { return response_->status; }
    // The first header of that name, without regard to case.
    std::optional<std::string_view> header(const char *name) const {
        const char *value = wats_http_header_of(response_, name);
        return value ? std::optional<std::string_view>(value) : std::nullopt;
    }
    std::string_view body() const { return {response_->body, response_->body_size}; }
    // An error unless the status is 200 to 299. With 429, 500 and above it makes the station try again later; 401 and 403 are
    // misconfigured, all others malformed.
    Done success() const {
        if (!wats_http_success(response_)) return Error::last();
        return Nothing{};
    }
    // The body as text; malformed when it is not UTF-8 or has a NUL in it.
    Result<std::string_view> text() const {
        const char *text = wats_http_text(response_);
        if (!text) return Error::last();
        return std::string_view(text);
    }
    // The body as JSON, at most 128 deep; malformed when it is none.
    Result<JsonValue> json() const {
        const wats_json *document = wats_http_json(response_);
        if (!document) return Error::last();
        return JsonValue(document);
    }

  private:
    const wats_http_response *response_;
};

// Sends a request and waits for the whole answer; an answer of any status is one. Its error is what it means: with nobody there and no
// answer in time the station tries again later (`Error::is_waiting`), denied is misconfigured, a wrong request internal, too large an answer
// unsupported.
inline Result<Response> send(const Request &request) {
    std::vector<wats_http_header> headers;
    for (const Header &header : request.headers) headers.push_back({header.name.c_str(), header.value.c_str()});
    wats_http_request wire{};
    wire.method = request.method.c_str();
    wire.url = request.url.c_str();
    wire.headers = headers.data();
    wire.header_count = headers.size();
    wire.body = request.body.data();
    wire.body_size = request.body.size();
    wire.timeout = detail::optional(request.timeout);
    const wats_http_response *response = wats_http_send(&wire);
    if (!response) return Error::last();
    return Response(response);
}

// Sends a GET and waits for the whole answer.
inline Result<Response> get(std::string url) { return send({.method = "GET", .url = std::move(url)}); }

// Why the last request had no answer, for an author who goes on without it.
inline wats_http_error last_error() { return wats_last_http_error(); }

}  // namespace http

// ---- What is remembered from run to run ----

// Only with the grant `state`, else misconfigured. What a run remembers is kept when it is converted, together with its reports, and
// forgotten otherwise. Keys have 1 to 200 characters; all keys and values together may have 1 MiB.
namespace state {

// Keys that have a value, in order.
inline Result<std::vector<std::string>> keys() {
    const char *const *found = wats_state_keys();
    if (!found) return Error::last();
    std::vector<std::string> keys;
    for (; *found; found++) keys.emplace_back(*found);
    return keys;
}

// The value of a key as text, empty when it has none; internal when it is no text.
inline Result<std::string> text(std::string_view key) {
    detail::Texts texts;
    const char *text = wats_state_text(texts(key));
    if (!text) return Error::last();
    return std::string(text);
}

// The value of a key, if it has one.
inline Result<std::optional<std::string>> bytes(std::string_view key) {
    detail::Texts texts;
    const void *bytes;
    std::size_t length;
    if (!wats_state_bytes(texts(key), &bytes, &length)) return Error::last();
    if (!bytes) return std::optional<std::string>();
    return std::optional<std::string>(std::string(static_cast<const char *>(bytes), length));
}

// Remembers a value: bytes.
inline Done set_bytes(std::string_view key, std::string_view value) {
    detail::Texts texts;
    if (!wats_set_state_bytes(texts(key), value.data(), value.size())) return Error::last();
    return Nothing{};
}

// Remembers a text.
inline Done set_text(std::string_view key, std::string_view text) {
    detail::Texts texts;
    if (!wats_set_state_text(texts(key), texts(text))) return Error::last();
    return Nothing{};
}

// Forgets a key, known or not. (`delete` is a word of the language.)
inline Done forget(std::string_view key) {
    detail::Texts texts;
    if (!wats_delete_state(texts(key))) return Error::last();
    return Nothing{};
}

}  // namespace state

// ---- The plugin ----

// One run.
class Run {
  public:
    explicit Run(const wats_run *run) : run_(run) {}
    // When it was due, ISO 8601 with an offset. The only clock that there is.
    std::string_view due() const { return run_->due; }
    // When the last run was due that went well; none before the first.
    std::optional<std::string_view> previous() const {
        return run_->previous ? std::optional<std::string_view>(run_->previous) : std::nullopt;
    }
    // Whether an operator asked for it.
    bool is_by_hand() const { return run_->by_hand; }

  private:
    const wats_run *run_;
};

namespace detail {

// What stands between the class and the C functions. Of the descriptor, rules of what files look like have no meaning.
template <class C>
struct ScheduledPlugin {
    using Table = SettingsTable<typename C::Settings>;

    static bool run(const wats_run *run, const void *slots) { return C::run(Run(run), Table::settings(slots)).tell(); }

    static wats_scheduled_converter table() {
        auto to = table_of<wats_scheduled_converter, typename C::Settings>(C::descriptor());
        to.run = run;
        return to;
    }
};

}  // namespace detail
}  // namespace wats

// Exports a class as the plugin. Once, in one source file, outside of namespaces.
#define WATS_EXPORT_SCHEDULED_CLASS(type) \
    extern "C" const wats_scheduled_converter wats_exported_scheduled = wats::detail::ScheduledPlugin<type>::table(); \
    WATS_TELL_ABORTS

#endif
