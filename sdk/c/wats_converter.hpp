// Write converter plugins for the WATS station service in C++20, on top of wats_converter.h.
//
// A converter is one class with three functions, and one line that exports it:
//
//     #include "wats_converter.hpp"
//
//     struct AcmeIct {
//         struct Settings : wats::NoSettings {};
//
//         static wats::Descriptor descriptor() {
//             return {.name = "acme-ict", .version = "1.0.0", .patterns = {"*.ict"}};
//         }
//
//         static wats::Detection probe(const wats::Input &input, const Settings &) {
//             return input.main().begins_with("ACME ICT") ? wats::certain() : wats::no("no ACME head");
//         }
//
//         static wats::Outcome convert(const wats::Input &input, const Settings &) {
//             std::string text = WATS_TRY(input.main().text());
//             auto fields = wats::split(wats::trim(text), ';');
//             if (fields.size() != 2) return wats::malformed("expected serial;volts").at_line(1);
//             double volts = WATS_TRY(wats::number(fields[1]).at_cell(1, 2));
//             wats::Uut uut({.serial_number = fields[0]});
//             uut.numeric("Supply", volts, {.unit = "V", .limits = wats::between(4.9, 5.1)});
//             WATS_TRY(uut.finish());
//             return wats::converted();
//         }
//     };
//
//     WATS_EXPORT_CLASS(AcmeIct)
//
// Errors are values: a function that can fail returns a Result, and WATS_TRY(expression) is its value, or returns its error from the
// function around. There are no exceptions and no run-time types. What the C header says of every field and limit holds here, too.
// Optional texts are string_views, blank is absent; optional numbers are std::optional.
#ifndef WATS_CONVERTER_HPP
#define WATS_CONVERTER_HPP

#include <array>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "wats_converter.h"

namespace wats {

namespace detail {

// Copies of texts with a NUL behind them, as long as this lives.
class Texts {
  public:
    const char *operator()(std::string_view text) {
        if (used_ < few_.size()) return few_[used_++].assign(text).c_str();
        return many_.emplace_back(text).c_str();
    }
    // Null when it is empty: then it is absent.
    const char *optional(std::string_view text) { return text.empty() ? nullptr : (*this)(text); }

  private:
    std::array<std::string, 8> few_;
    std::size_t used_ = 0;
    std::deque<std::string> many_;
};

// A NUL would end a text for the C functions, and "5" be read of "5\0x": U+FFFD stands in its place.
inline std::string without_nul(std::string_view text) {
    std::string whole(text);
    for (std::size_t at = 0; (at = whole.find('\0', at)) != whole.npos;) whole.replace(at, 1, "\xEF\xBF\xBD");
    return whole;
}

inline wats_optional optional(std::optional<double> value) { return value ? wats_some(*value) : wats_none(); }

inline std::string_view view(const char *text) { return text ? std::string_view(text) : std::string_view(); }

inline void append(std::string &to, std::string_view piece) { to += piece; }
inline void append(std::string &to, char piece) { to += piece; }
template <class T>
    requires std::is_arithmetic_v<T>
void append(std::string &to, T piece) {
    char text[32];
    if constexpr (std::is_floating_point_v<T>) std::snprintf(text, sizeof text, "%.15g", static_cast<double>(piece));
    else if constexpr (std::is_signed_v<T>) std::snprintf(text, sizeof text, "%lld", static_cast<long long>(piece));
    else std::snprintf(text, sizeof text, "%llu", static_cast<unsigned long long>(piece));
    to += text;
}

}  // namespace detail

// Texts and numbers, one after the other: `concat("found ", count, " fields")`.
template <class... Pieces>
std::string concat(const Pieces &...pieces) {
    std::string text;
    (detail::append(text, pieces), ...);
    return text;
}

// ---- Errors ----

enum class Kind { malformed, truncated, unsupported, rejected, misconfigured, internal };

// Why a file could not be converted, and where in it.
class [[nodiscard]] Error {
  public:
    Error(Kind kind, std::string message) : kind_(kind), message_(std::move(message)) {}

    // In a line, from 1.
    Error at_line(std::uint32_t line) const { return at(wats_line(line)); }
    // In a line and column, both from 1.
    Error at_cell(std::uint32_t line, std::uint32_t column) const { return at(wats_cell(line, column)); }
    // At a byte, from 0.
    Error at_offset(std::uint64_t offset) const { return at(wats_offset(offset)); }
    // At a path in the format's own terms: `/TestResults/Step[3]/@value`.
    Error at_path(std::string_view path) const {
        Error moved = at(wats_path(nullptr));
        moved.path_ = path;
        return moved;
    }
    // At a place of the C header, without a path.
    Error at(wats_place place) const {
        Error moved = *this;
        moved.place_ = place;
        moved.path_.clear();
        return moved;
    }
    // In which file, when there are several.
    Error in_file(std::string_view name) const {
        Error moved = *this;
        moved.file_ = name;
        return moved;
    }

    Kind kind() const { return kind_; }
    // It is no fault: the station tries again later. Then the message is the reason, and the kind has no meaning.
    bool is_waiting() const { return waiting_; }
    // Without the place.
    const std::string &message() const { return message_; }
    wats_place place() const {
        wats_place place = place_;
        if (place.kind == WATS_PATH) place.path = path_.c_str();
        return place;
    }
    const std::string &file() const { return file_; }

    // The last error that the C functions told; it is taken from them.
    static Error last() {
        wats_wait_for wait;
        if (wats_last_wait(&wait)) {
            Error error(Kind::internal, std::string(detail::view(wait.reason)));
            error.waiting_ = true;
            wats_forgive();
            return error;
        }
        wats_error told = wats_last_error();
        Error error(static_cast<Kind>(told.kind), told.told ? told.message : "no error was told");
        if (!told.told) error.kind_ = Kind::internal;
        error.place_ = told.place;
        error.path_ = detail::view(told.place.path);
        error.file_ = detail::view(told.file);
        wats_forgive();
        return error;
    }
    // Tells it to the C functions.
    bool tell() const {
        if (waiting_) {
            wats_wait_for wait{};
            wait.reason = message_.c_str();
            return wats_wait_with(&wait);
        }
        wats_fail(static_cast<wats_error_kind>(kind_), place(), "%s", message_.c_str());
        return file_.empty() ? false : wats_fail_in(file_.c_str());
    }

  private:
    Kind kind_;
    bool waiting_ = false;
    std::string message_;
    wats_place place_{};
    std::string path_;
    std::string file_;
};

inline Error malformed(std::string message) { return {Kind::malformed, std::move(message)}; }
inline Error truncated(std::string message) { return {Kind::truncated, std::move(message)}; }
inline Error unsupported(std::string message) { return {Kind::unsupported, std::move(message)}; }
inline Error misconfigured(std::string message) { return {Kind::misconfigured, std::move(message)}; }
inline Error internal(std::string message) { return {Kind::internal, std::move(message)}; }

struct Nothing {};

// A value, or the error that stands in its place.
template <class T>
class [[nodiscard]] Result {
  public:
    Result(T value) : content_(std::move(value)) {}
    Result(Error error) : content_(std::move(error)) {}

    explicit operator bool() const { return content_.index() == 0; }
    // Only when there is a value.
    T &operator*() & { return *good(); }
    const T &operator*() const & { return *const_cast<Result *>(this)->good(); }
    T &&operator*() && { return std::move(*good()); }
    T *operator->() { return good(); }
    T value_or(T otherwise) const { return *this ? **this : std::move(otherwise); }
    // Only when there is none.
    const Error &error() const {
        const Error *error = std::get_if<Error>(&content_);
        if (!error) wats_panic(nullptr, 0, "the error of a result was asked for that is a value");
        return *error;
    }

    // The same, the error with a place.
    Result at_line(std::uint32_t line) const { return *this ? *this : Result(error().at_line(line)); }
    Result at_cell(std::uint32_t line, std::uint32_t column) const { return *this ? *this : Result(error().at_cell(line, column)); }
    Result at_offset(std::uint64_t offset) const { return *this ? *this : Result(error().at_offset(offset)); }
    Result at_path(std::string_view path) const { return *this ? *this : Result(error().at_path(path)); }

  private:
    T *good() {
        T *value = std::get_if<T>(&content_);
        if (!value) wats_panic(nullptr, 0, "the value of a result was asked for that is an error: %s", error().message().c_str());
        return value;
    }
    std::variant<T, Error> content_;
};

using Done = Result<Nothing>;

// The value of a Result; its error is returned from the function around, which returns a Result, an Error or an Outcome.
#define WATS_TRY(...)                                          \
    __extension__({                                            \
        auto wats_result_ = (__VA_ARGS__);                     \
        if (!wats_result_) return wats_result_.error();        \
        *std::move(wats_result_);                              \
    })

// ---- Outcomes ----

// Why a file has to wait, and for what.
struct Waiting {
    std::string reason;
    // Seconds until it is worth asking again.
    std::optional<double> retry_after = {};
    // Names of files that are missed, at most 8.
    std::vector<std::string> missing = {};
};

struct Skipped {
    std::string why;
};

// How a conversion ended. An Error is one, too.
class [[nodiscard]] Outcome {
  public:
    Outcome(Nothing done) : content_(done) {}
    Outcome(Error error) : content_(std::move(error)) {}
    Outcome(Skipped skipped) : content_(std::move(skipped)) {}
    Outcome(Waiting waiting) : content_(std::move(waiting)) {}

    // Tells it to the C functions.
    bool tell() const {
        if (auto *error = std::get_if<Error>(&content_)) return error->tell();
        if (auto *skipped = std::get_if<Skipped>(&content_)) return wats_skip("%s", skipped->why.c_str());
        if (auto *waiting = std::get_if<Waiting>(&content_)) {
            wats_wait_for wait{};
            wait.reason = waiting->reason.c_str();
            wait.retry_after = detail::optional(waiting->retry_after);
            for (std::size_t i = 0; i < waiting->missing.size() && i < 8; i++) wait.missing[i] = waiting->missing[i].c_str();
            return wats_wait_with(&wait);
        }
        return true;
    }

  private:
    std::variant<Nothing, Error, Skipped, Waiting> content_;
};

// With all reports that were finished or emitted, possibly none.
inline Outcome converted() { return Nothing{}; }
// Not this plugin's after all, and why: the next plugin is asked.
inline Outcome skipped(std::string why) { return Skipped{std::move(why)}; }
// Not yet: ask again later.
inline Outcome waiting(Waiting waiting) { return waiting; }

// ---- Small values ----

enum class Status {
    passed = WATS_PASSED,
    failed = WATS_FAILED,
    done = WATS_DONE,
    skipped = WATS_SKIPPED,
    error = WATS_ERROR,
    terminated = WATS_TERMINATED
};
inline Status passed_if(bool passed) { return passed ? Status::passed : Status::failed; }

enum class Group { main = WATS_MAIN, setup = WATS_SETUP, cleanup = WATS_CLEANUP };

// A named value, for what is rare.
struct Property {
    std::string key;
    // A text, a number, a flag.
    std::variant<std::string, double, bool> value;
    // The text is JSON: an array or object.
    bool json = false;
};

namespace detail {

inline wats_status status(std::optional<Status> status) { return status ? static_cast<wats_status>(*status) : WATS_NOT_GIVEN; }

inline std::vector<wats_property> properties(const std::vector<Property> &from) {
    std::vector<wats_property> to;
    to.reserve(from.size());
    for (const Property &property : from) {
        if (auto *number = std::get_if<double>(&property.value)) to.push_back(wats_number_property(property.key.c_str(), *number));
        else if (auto *flag = std::get_if<bool>(&property.value)) to.push_back(wats_flag_property(property.key.c_str(), *flag));
        else {
            const char *text = std::get_if<std::string>(&property.value)->c_str();
            auto make = property.json ? wats_json_property : wats_text_property;
            to.push_back(make(property.key.c_str(), text));
        }
    }
    return to;
}

}  // namespace detail

// ---- Texts and numbers ----

inline bool blank(std::string_view text) { return text.find_first_not_of(" \t\n\v\f\r") == text.npos; }

inline std::string_view trim(std::string_view text) {
    std::size_t first = text.find_first_not_of(" \t\n\v\f\r");
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\n\v\f\r") - first + 1);
}

inline std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> fields;
    for (;;) {
        std::size_t end = text.find(separator);
        fields.push_back(text.substr(0, end));
        if (end == text.npos) return fields;
        text.remove_prefix(end + 1);
    }
}

// What is before and behind the first `separator`, when there is one.
inline std::optional<std::pair<std::string_view, std::string_view>> split_once(std::string_view text, std::string_view separator) {
    std::size_t at = text.find(separator);
    if (at == text.npos) return std::nullopt;
    return std::pair(text.substr(0, at), text.substr(at + separator.size()));
}

// A number, read strictly: `5`, `-1.25e-3`, `NaN`, `inf`, with the decimal mark given. Never 0 for what is none.
inline Result<double> number(std::string_view text, char decimal_mark = '.') {
    detail::Texts texts;
    double value;
    if (!wats_number(texts(detail::without_nul(text)), decimal_mark, wats_whole(), &value)) return Error::last();
    return value;
}

// As `number`; a blank text is absent.
inline Result<std::optional<double>> number_or_none(std::string_view text, char decimal_mark = '.') {
    if (blank(text)) return std::optional<double>();
    Result<double> value = number(text, decimal_mark);
    if (!value) return value.error();
    return std::optional<double>(*value);
}

// A whole number within bounds.
inline Result<std::int64_t> integer(std::string_view text, std::int64_t lowest = INT64_MIN, std::int64_t highest = INT64_MAX) {
    detail::Texts texts;
    std::int64_t value;
    if (!wats_integer(texts(detail::without_nul(text)), lowest, highest, wats_whole(), &value)) return Error::last();
    return value;
}

// A status from the spellings that testers use, in any case: `P`, `Pass`, `OK`, `NG`, ...
inline Result<Status> status_from(std::string_view text) {
    detail::Texts texts;
    wats_status status;
    if (!wats_status_from(texts(detail::without_nul(text)), wats_whole(), &status)) return Error::last();
    return static_cast<Status>(status);
}

// Calendar fields as ISO 8601 text.
inline Result<std::string> timestamp(const wats_time &time) {
    const char *text = wats_timestamp(&time, wats_whole());
    if (!text) return Error::last();
    return std::string(text);
}

// ---- Limits ----

using Limits = wats_limits;

inline Limits compare(wats_comparison comparison, double low, double high = 0) { return wats_compare(comparison, low, high); }
// low <= value <= high
inline Limits between(double low, double high) { return wats_between(low, high); }
inline Limits at_least(double low) { return wats_at_least(low); }
inline Limits at_most(double high) { return wats_at_most(high); }
inline Limits above(double low) { return wats_above(low); }
inline Limits below(double high) { return wats_below(high); }
inline Limits equal_to(double expected) { return wats_equal_to(expected); }
// Inclusive, by the limits that there are.
inline Limits inclusive(std::optional<double> low, std::optional<double> high) {
    return wats_inclusive(detail::optional(low), detail::optional(high));
}
// By the operator's WATS name in any case: `GELE`, `LT`, `LOG`.
inline Result<Limits> limits_named(std::string_view name, std::optional<double> low, std::optional<double> high) {
    detail::Texts texts;
    Limits limits;
    if (!wats_limits_named(texts(name), detail::optional(low), detail::optional(high), wats_whole(), &limits)) return Error::last();
    return limits;
}

// What a text is compared with. As it is made: only logged.
struct TextLimits {
    enum Comparison { log, eq, ne, case_sensitive, ignore_case } comparison = log;
    std::string expected;
};
// The same text, case matters.
inline TextLimits same_text(std::string expected) { return {TextLimits::case_sensitive, std::move(expected)}; }
inline TextLimits same_text_in_any_case(std::string expected) { return {TextLimits::ignore_case, std::move(expected)}; }
inline TextLimits other_text(std::string unwanted) { return {TextLimits::ne, std::move(unwanted)}; }

// ---- The files ----

// A line without its end, and its number from 1.
struct Line {
    std::string_view text;
    std::uint32_t number;
};

// Lines, one after the other: `while (auto line = lines.next())`. One that is not UTF-8 ends them, and the conversion fails with it
// whatever `convert` returns.
class Lines {
  public:
    explicit Lines(wats_lines *lines) : lines_(lines) {}
    // The text lives until the next line is asked for.
    std::optional<Line> next() {
        wats_text_line *line = wats_next(lines_);
        if (!line) return std::nullopt;
        return Line{std::string_view(line->text, line->length), line->number};
    }
    bool broken() const { return wats_broken(lines_); }
    // Offset of the next line.
    std::uint64_t position() const { return wats_position(lines_); }

  private:
    wats_lines *lines_;
};

// One file, open for reading and unchanging while the plugin runs.
class File {
  public:
    explicit File(const wats_file *file) : file_(file) {}

    // Asking for the name, the path or the time of change makes it a part of what the file is: ask only when you use it.
    std::string name() const { return wats_name_of(file_); }
    std::string path() const { return wats_path_of(file_); }
    std::string modified() const { return wats_modified_of(file_); }
    std::uint64_t size() const { return wats_size_of(file_); }
    // `length` bytes from `offset`: fewer only at the end of the file.
    std::string read(std::uint64_t offset, std::size_t length) const {
        std::uint64_t all = size();
        std::uint64_t rest = offset < all ? all - offset : 0;
        std::string bytes(rest < length ? static_cast<std::size_t>(rest) : length, '\0');
        bytes.resize(wats_read(file_, offset, bytes.data(), bytes.size()));
        return bytes;
    }
    // The first `length` bytes, for a probe.
    std::string head(std::size_t length) const { return read(0, length); }
    bool begins_with(std::string_view text) const { return head(text.size()) == text; }
    // The whole file as UTF-8. `encoding` is a WHATWG label such as `windows-1252`.
    Result<std::string> text(std::string_view encoding = {}) const {
        detail::Texts texts;
        const char *text = wats_text_of(file_, texts.optional(encoding));
        if (!text) return Error::last();
        return std::string(text);
    }
    // Lines of UTF-8, read in pieces.
    Lines lines() const { return Lines(wats_lines_of(file_)); }

    const wats_file *c() const { return file_; }

  private:
    const wats_file *file_;
};

// What there is to convert.
class Input {
  public:
    explicit Input(const wats_input *input) : input_(input) {}
    File main() const { return File(input_->main); }
    // Files that belong to it, sorted by path.
    std::vector<File> companions() const {
        std::vector<File> files;
        for (std::size_t i = 0; i < input_->companion_count; i++) files.emplace_back(input_->companions[i]);
        return files;
    }

  private:
    const wats_input *input_;
};

// ---- Reports ----

// A sequence: a step that holds steps. A text is one with that name.
struct Sequence {
    std::string_view name;
    std::string_view path = {};
    std::string_view version = {};
    Group group = Group::main;
    std::optional<Status> status = {};
    std::string_view start = {};
    std::optional<double> duration = {};
    std::string_view error_code = {};
    std::string_view error_message = {};
    std::string_view report_text = {};
    std::vector<Property> properties = {};
};

// The head of a report. What is left out gets the station's default or is left out of the report.
struct Header {
    std::string_view serial_number;
    std::string_view part_number = {};
    std::string_view revision = {};
    std::optional<std::uint32_t> process_code = {};
    std::string_view start = {};
    std::optional<double> duration = {};
    std::string_view operator_name = {};
    std::string_view machine_name = {};
    std::string_view location = {};
    std::string_view purpose = {};
    std::string_view batch_serial_number = {};
    std::string_view fixture = {};
    std::optional<std::int32_t> socket_index = {};
    std::string_view comment = {};
    std::optional<std::int32_t> error_code = {};
    std::string_view error_message = {};
    std::string_view key = {};
    std::string_view id = {};
    Sequence program = {"Main"};
    std::vector<Property> properties = {};
};

struct Series {
    std::string name;
    // As many as `y`, or none: then 0, 1, 2, ...
    std::vector<double> x = {};
    std::vector<double> y = {};
};

struct Chart {
    std::string label;
    std::string x_label = {};
    std::string x_unit = {};
    std::string y_label = {};
    std::string y_unit = {};
    wats_scale scale = WATS_LINEAR;
    std::vector<Series> series = {};
};

struct Attachment {
    std::string_view name;
    std::string_view content_type;
    std::string_view content;
};

// What every kind of step may have. The optional things of a step are given in braces: `{.unit = "V", .limits = between(4.9, 5.1)}`;
// those that only numbers or texts have do nothing elsewhere.
struct StepOptions {
    // Of a numeric step.
    std::string_view unit = {};
    Limits limits = {};
    // Of a text step.
    TextLimits expected = {};
    // How the measurement ended, where that is not what the limits say.
    std::optional<Status> measured = {};

    // Default: judged from the measurements; done when there is none.
    std::optional<Status> status = {};
    Group group = Group::main;
    std::string_view start = {};
    std::optional<double> duration = {};
    std::string_view error_code = {};
    std::string_view error_message = {};
    std::string_view report_text = {};
    // One iteration of a loop, from 0.
    std::optional<std::uint32_t> loop_index = {};
    // The summary of a loop.
    std::optional<wats_loop> loop = {};
    bool caused_failure = false;
    std::vector<Property> properties = {};
};

// What one of several measurements may have.
struct MeasurementOptions {
    std::string_view unit = {};
    Limits limits = {};
    TextLimits expected = {};
    std::optional<Status> status = {};
};

struct SubUnit {
    std::string_view part_number;
    std::string_view serial_number;
    std::string_view revision = {};
    std::string_view part_type = {};
};

struct Asset {
    std::string_view serial_number;
    std::uint32_t usage_count = 1;
    std::string_view type = {};
    std::string_view part_number = {};
    std::string_view calibrated = {};
    std::string_view calibration_due = {};
};

class Uut;

// Closes its sequence when it goes out of scope.
class [[nodiscard]] OpenSequence {
  public:
    explicit OpenSequence(wats_uut *uut) : uut_(uut) {}
    OpenSequence(OpenSequence &&other) noexcept : uut_(std::exchange(other.uut_, nullptr)) {}
    OpenSequence &operator=(OpenSequence &&) = delete;
    ~OpenSequence() {
        // A report that is ended has none open any more: what ended it told of those that were.
        if (uut_ && wats_depth(uut_) > 0) close();
    }
    void close() {
        if (uut_) wats_close(std::exchange(uut_, nullptr));
    }

  private:
    wats_uut *uut_;
};

// Writer of one report: its steps in the order of execution, and what goes along. Nothing but `finish` fails. One that is neither
// finished nor discarded makes the conversion fail: a forgotten `finish` must not lose a report.
class Uut {
  public:
    explicit Uut(const Header &header) {
        Wire wire(header);
        uut_ = wats_begin(&wire.header);
    }
    Uut(const Uut &) = delete;
    Uut &operator=(const Uut &) = delete;
    Uut(Uut &&other) noexcept : uut_(std::exchange(other.uut_, nullptr)) {}
    Uut &operator=(Uut &&other) noexcept {
        uut_ = std::exchange(other.uut_, nullptr);
        return *this;
    }

    void set_header(const Header &header) {
        Wire wire(header);
        wats_set_header(uut_, &wire.header);
    }

    // A sequence that is open as long as what is returned lives: `auto supply = uut.sequence("Supply");`
    OpenSequence sequence(std::string_view name) { return sequence(Sequence{name}); }
    OpenSequence sequence(const Sequence &sequence) {
        open(sequence);
        return OpenSequence(uut_);
    }
    // For formats that tell begin and end.
    void open(std::string_view name) { open(Sequence{name}); }
    void open(const Sequence &sequence) {
        detail::Texts texts;
        auto properties = detail::properties(sequence.properties);
        wats_sequence wire = wire_of(sequence, texts, properties);
        wats_open_with(uut_, &wire);
    }
    void close() { wats_close(uut_); }
    void close_with(std::optional<Status> status, std::optional<double> duration = {}) {
        wats_close_with(uut_, detail::status(status), detail::optional(duration));
    }
    std::size_t depth() const { return wats_depth(uut_); }

    // A step with one number, or with none when it was not measured.
    void numeric(std::string_view name, std::optional<double> value, const StepOptions &options = {}) {
        wats_step step{};
        step.kind = WATS_NUMERIC;
        step.value = detail::optional(value);
        add(name, step, options);
    }
    void pass_fail(std::string_view name, Status status, const StepOptions &options = {}) {
        wats_step step{};
        step.kind = WATS_PASS_FAIL;
        step.measured = static_cast<wats_status>(status);
        add(name, step, options);
    }
    void text(std::string_view name, std::optional<std::string_view> value, const StepOptions &options = {}) {
        detail::Texts texts;
        wats_step step{};
        step.kind = WATS_TEXT;
        if (value) step.text = texts(*value);
        add(name, step, options);
    }
    // Steps with several named measurements: `measure` and its like add them.
    void multi_numeric(std::string_view name, const StepOptions &options = {}) { add(name, WATS_MULTI_NUMERIC, options); }
    void multi_pass_fail(std::string_view name, const StepOptions &options = {}) { add(name, WATS_MULTI_PASS_FAIL, options); }
    void multi_text(std::string_view name, const StepOptions &options = {}) { add(name, WATS_MULTI_TEXT, options); }
    void measure(std::string_view name, std::optional<double> value, const MeasurementOptions &options = {}) {
        wats_measurement measurement{};
        measurement.value = detail::optional(value);
        add(name, measurement, options);
    }
    void measure_pass_fail(std::string_view name, Status status) {
        wats_measurement measurement{};
        add(name, measurement, {.status = status});
    }
    void measure_text(std::string_view name, std::optional<std::string_view> value, const MeasurementOptions &options = {}) {
        detail::Texts texts;
        wats_measurement measurement{};
        if (value) measurement.text = texts(*value);
        add(name, measurement, options);
    }
    // Did something, measured nothing.
    void action(std::string_view name, const StepOptions &options = {}) { add(name, WATS_ACTION, options); }
    // A chart that belongs to no measurement.
    void chart(std::string_view name, const Chart &chart, const StepOptions &options = {}) {
        WireChart wire(chart);
        wats_step step{};
        step.kind = WATS_CHART;
        step.chart = &wire.chart;
        add(name, step, options);
    }
    // A question to the operator.
    void message_popup(std::string_view name, std::optional<std::string_view> response, std::optional<std::int32_t> button,
                       const StepOptions &options = {}) {
        detail::Texts texts;
        wats_step step{};
        step.kind = WATS_MESSAGE_POPUP;
        if (response) step.response = texts(*response);
        if (button) step.button = wats_some(*button);
        add(name, step, options);
    }
    void call_executable(std::string_view name, std::int32_t exit_code, const StepOptions &options = {}) {
        wats_step step{};
        step.kind = WATS_CALL_EXECUTABLE;
        step.exit_code = exit_code;
        add(name, step, options);
    }
    // Any other step type of WATS by its name: `NI_Flow_If`.
    void generic(std::string_view type, std::string_view name, const StepOptions &options = {}) {
        detail::Texts texts;
        wats_step step{};
        step.kind = WATS_GENERIC;
        step.type = texts(type);
        add(name, step, options);
    }

    // For the step added last: a chart beside the measurement, bytes (at most one each), nested results as JSON text.
    void add_chart(const Chart &chart) {
        WireChart wire(chart);
        wats_add_chart(uut_, &wire.chart);
    }
    void add_attachment(const Attachment &attachment) {
        detail::Texts texts;
        wats_attachment wire = wire_of(attachment, texts);
        wats_add_attachment(uut_, &wire);
    }
    void add_result(std::string_view json) {
        detail::Texts texts;
        wats_add_result(uut_, texts(json));
    }

    // For the report.
    void attach(const Attachment &attachment) {
        detail::Texts texts;
        wats_attachment wire = wire_of(attachment, texts);
        wats_attach(uut_, &wire);
    }
    // The bytes of the file do not pass through the plugin.
    void attach_file(const File &file, std::string_view content_type) {
        detail::Texts texts;
        wats_attach_file(uut_, file.c(), texts(content_type));
    }
    void misc_info(std::string_view description, std::string_view text) {
        detail::Texts texts;
        wats_misc_info(uut_, texts(description), texts(text));
    }
    void sub_unit(const SubUnit &unit) {
        detail::Texts texts;
        wats_sub_unit wire{texts(unit.part_number), texts(unit.serial_number), texts(unit.revision), texts(unit.part_type)};
        wats_add_sub_unit(uut_, &wire);
    }
    void asset(const Asset &asset) {
        detail::Texts texts;
        wats_asset wire{texts(asset.serial_number), asset.usage_count,       texts(asset.type),
                        texts(asset.part_number),   texts(asset.calibrated), texts(asset.calibration_due)};
        wats_add_asset(uut_, &wire);
    }
    // Nested data as JSON text: a WSJF `additionalData` entry.
    void data(std::string_view json) {
        detail::Texts texts;
        wats_data(uut_, texts(json));
    }

    // Ends the report, with the status that the file gives, if it gives one. Its identity, or what is wrong with it.
    Result<std::string> finish(std::optional<Status> status = {}) {
        const char *id = "";
        if (!wats_finish_with(uut_, detail::status(status), &id)) return Error::last();
        return std::string(id);
    }
    void discard() { wats_discard(uut_); }

  private:
    static wats_sequence wire_of(const Sequence &from, detail::Texts &texts, const std::vector<wats_property> &properties) {
        wats_sequence to{};
        to.name = texts(from.name);
        to.path = texts.optional(from.path);
        to.version = texts.optional(from.version);
        to.group = static_cast<wats_group>(from.group);
        to.status = detail::status(from.status);
        to.start = texts.optional(from.start);
        to.duration = detail::optional(from.duration);
        to.error_code = texts.optional(from.error_code);
        to.error_message = texts.optional(from.error_message);
        to.report_text = texts.optional(from.report_text);
        to.properties = properties.data();
        to.property_count = properties.size();
        return to;
    }

    static wats_attachment wire_of(const Attachment &from, detail::Texts &texts) {
        return {texts(from.name), texts(from.content_type), from.content.data(), from.content.size()};
    }

    struct Wire {
        explicit Wire(const Header &from)
            : properties(detail::properties(from.properties)), program_properties(detail::properties(from.program.properties)) {
            header.serial_number = texts(from.serial_number);
            header.part_number = texts.optional(from.part_number);
            header.revision = texts.optional(from.revision);
            if (from.process_code) header.process_code = wats_some(*from.process_code);
            header.start = texts.optional(from.start);
            header.duration = detail::optional(from.duration);
            header.operator_name = texts.optional(from.operator_name);
            header.machine_name = texts.optional(from.machine_name);
            header.location = texts.optional(from.location);
            header.purpose = texts.optional(from.purpose);
            header.batch_serial_number = texts.optional(from.batch_serial_number);
            header.fixture = texts.optional(from.fixture);
            if (from.socket_index) header.socket_index = wats_some(*from.socket_index);
            header.comment = texts.optional(from.comment);
            if (from.error_code) header.error_code = wats_some(*from.error_code);
            header.error_message = texts.optional(from.error_message);
            header.key = texts.optional(from.key);
            header.id = texts.optional(from.id);
            header.program = wire_of(from.program, texts, program_properties);
            header.properties = properties.data();
            header.property_count = properties.size();
        }
        detail::Texts texts;
        std::vector<wats_property> properties, program_properties;
        wats_header header{};
    };

    struct WireChart {
        explicit WireChart(const Chart &from) {
            for (const Series &one : from.series) {
                if (!one.x.empty() && one.x.size() != one.y.size())
                    wats_panic(nullptr, 0, "series %s has %zu x and %zu y", one.name.c_str(), one.x.size(), one.y.size());
                series.push_back({one.name.c_str(), one.x.empty() ? nullptr : one.x.data(), one.y.data(), one.y.size()});
            }
            chart = {from.label.c_str(),  from.x_label.c_str(), from.x_unit.c_str(), from.y_label.c_str(),
                     from.y_unit.c_str(), from.scale,           series.data(),       series.size()};
        }
        std::vector<wats_series> series;
        wats_chart chart{};
    };

    void add(std::string_view name, wats_kind kind, const StepOptions &options) {
        wats_step step{};
        step.kind = kind;
        add(name, step, options);
    }

    void add(std::string_view name, wats_step &step, const StepOptions &options) {
        detail::Texts texts;
        auto properties = detail::properties(options.properties);
        step.name = texts(name);
        step.unit = texts.optional(options.unit);
        step.limits = options.limits;
        step.expected = wire_of(options.expected);
        if (step.kind != WATS_PASS_FAIL) step.measured = detail::status(options.measured);
        step.status = detail::status(options.status);
        step.group = static_cast<wats_group>(options.group);
        step.start = texts.optional(options.start);
        step.duration = detail::optional(options.duration);
        step.error_code = texts.optional(options.error_code);
        step.error_message = texts.optional(options.error_message);
        step.report_text = texts.optional(options.report_text);
        if (options.loop_index) step.loop_index = wats_some(*options.loop_index);
        step.loop = options.loop ? &*options.loop : nullptr;
        step.caused_failure = options.caused_failure;
        step.properties = properties.data();
        step.property_count = properties.size();
        wats_add(uut_, &step);
    }

    void add(std::string_view name, wats_measurement &measurement, const MeasurementOptions &options) {
        detail::Texts texts;
        measurement.name = texts(name);
        measurement.unit = texts.optional(options.unit);
        measurement.limits = options.limits;
        measurement.expected = wire_of(options.expected);
        measurement.status = detail::status(options.status);
        wats_add_measurement(uut_, &measurement);
    }

    static wats_text_limits wire_of(const TextLimits &from) {
        wats_text_limits to{};
        to.comparison = static_cast<wats_text_comparison>(from.comparison);
        to.expected = from.expected.c_str();
        return to;
    }

    wats_uut *uut_;
};

// Hands over a whole report, UUT or UUR, as one WSJF document. Its identity, or what is wrong with it.
inline Result<std::string> emit_json(std::string_view wsjf, std::string_view key = {}) {
    detail::Texts texts;
    const char *id = "";
    if (!wats_emit_json(texts(wsjf), texts.optional(key), &id)) return Error::last();
    return std::string(id);
}

// ---- The station ----

// Log lines, of pieces as in `concat`. std::cout goes nowhere.
template <class... Pieces>
void log(wats_level level, const Pieces &...pieces) {
    wats_log(level, "%s", concat(pieces...).c_str());
}
template <class... Pieces>
void info(const Pieces &...pieces) {
    log(WATS_INFO, pieces...);
}
template <class... Pieces>
void warn(const Pieces &...pieces) {
    log(WATS_WARN, pieces...);
}

// How much of the file is done, 0 to 1.
inline void progress(double fraction) { wats_progress(fraction); }

// What the station answers about master data. Only with the grant `lookup`.
template <class T>
struct Answer {
    wats_answer answer = WATS_ABSENT;
    // When it was found.
    T found = {};
    // Why it is unavailable.
    std::string reason = {};
};

namespace detail {

// The reason of the last lookup, when it was unavailable.
inline std::string reason_of(wats_answer answer) {
    if (answer != WATS_UNAVAILABLE) return {};
    wats_unanswered();
    return Error::last().message();
}

}  // namespace detail

// The process (test operation) of that name, without regard to case.
inline Answer<wats_process> process_by_name(std::string_view name) {
    detail::Texts texts;
    Answer<wats_process> answer;
    answer.answer = wats_process_by_name(texts(name), &answer.found);
    answer.reason = detail::reason_of(answer.answer);
    return answer;
}
inline Answer<wats_product> product_by_part_number(std::string_view part_number) {
    detail::Texts texts;
    Answer<wats_product> answer;
    answer.answer = wats_product_by_part_number(texts(part_number), &answer.found);
    answer.reason = detail::reason_of(answer.answer);
    return answer;
}

// ---- Settings ----

// A setting that is a JSON document.
struct Json {
    std::string text;
};

// One setting of the struct S: `field("factor", &Settings::factor, "What values are multiplied with").least(0)`. Its default is what
// `S{}` has. Types: std::string, double, std::int64_t, bool, std::vector<std::string>, Json (blank: no default).
template <class S>
class Field {
  public:
    template <class T>
    Field(const char *key, T S::*member, const char *help) : member_(member) {
        setting_.key = key;
        setting_.help = help;
    }
    // Of a number.
    Field least(double value) && { return setting_.least = wats_some(value), std::move(*this); }
    Field most(double value) && { return setting_.most = wats_some(value), std::move(*this); }
    // Of a text, in characters; 0 for no bound.
    Field length(unsigned shortest, unsigned longest) && {
        setting_.shortest = shortest;
        setting_.longest = longest;
        return std::move(*this);
    }
    // Of a text: it must be one of these, at most 16.
    Field one_of(std::initializer_list<const char *> choices) && {
        if (choices.size() > 16) wats_panic(nullptr, 0, "setting %s has %zu choices, allowed are 16", setting_.key, choices.size());
        std::size_t count = 0;
        for (const char *choice : choices) setting_.choices[count++] = choice;
        return std::move(*this);
    }
    // Of a JSON setting: its schema, as JSON text.
    Field schema(const char *json) && { return setting_.schema = json, std::move(*this); }

    // As a row of the C table, with the value that is read for it in a slot of its own.
    wats_setting row(std::size_t slot, const S &defaults) const {
        wats_setting row = setting_;
        row.at = slot * sizeof(std::uint64_t);
        std::visit(
            [&](auto member) {
                const auto &value = defaults.*member;
                using T = std::decay_t<decltype(value)>;
                if constexpr (std::is_same_v<T, std::string>) row.kind = WATS_SETTING_IS_TEXT, row.text = value.c_str();
                else if constexpr (std::is_same_v<T, double>) row.kind = WATS_SETTING_IS_NUMBER, row.number = value;
                else if constexpr (std::is_same_v<T, bool>) row.kind = WATS_SETTING_IS_FLAG, row.flag = value;
                else if constexpr (std::is_same_v<T, Json>) row.kind = WATS_SETTING_IS_JSON, row.text = value.text.c_str();
                else if constexpr (std::is_same_v<T, std::vector<std::string>>) row.kind = WATS_SETTING_IS_TEXTS, row.text = json_of(value);
                else row.kind = WATS_SETTING_IS_INTEGER, row.number = static_cast<double>(value);
            },
            member_);
        return row;
    }

    void fill(S &settings, const std::uint64_t *slot) const {
        std::visit(
            [&](auto member) {
                auto &value = settings.*member;
                using T = std::decay_t<decltype(value)>;
                const void *from = slot;
                if constexpr (std::is_same_v<T, std::string>) value = *static_cast<const char *const *>(from);
                else if constexpr (std::is_same_v<T, Json>) value.text = detail::view(*static_cast<const char *const *>(from));
                else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
                    value.clear();
                    auto text = *static_cast<const char *const *const *>(from);
                    for (; *text; text++) value.emplace_back(*text);
                } else value = *static_cast<const T *>(from);
            },
            member_);
    }

  private:
    // A list of texts as JSON. It lives as long as the table, which is until the program ends.
    static const char *json_of(const std::vector<std::string> &texts) {
        std::string json = "[";
        for (const std::string &text : texts) {
            if (json.size() > 1) json += ',';
            json += '"';
            for (char c : text) {
                char escaped[8];
                if (c == '"' || c == '\\') json += '\\';
                if (static_cast<unsigned char>(c) >= 0x20) json += c;
                else json.append(escaped, static_cast<std::size_t>(std::snprintf(escaped, sizeof escaped, "\\u%04x", c)));
            }
            json += '"';
        }
        json += ']';
        char *kept = new char[json.size() + 1]();
        json.copy(kept, json.size());
        return kept;
    }

    std::variant<std::string S::*, double S::*, std::int64_t S::*, bool S::*, std::vector<std::string> S::*, Json S::*> member_;
    wats_setting setting_{};
};

template <class S, class T>
Field<S> field(const char *key, T S::*member, const char *help) {
    return Field<S>(key, member, help);
}

// For a plugin without settings: `struct Settings : wats::NoSettings {};`
struct NoSettings {
    static std::vector<Field<NoSettings>> fields() { return {}; }
};

// ---- The plugin ----

using Detection = wats_detection;

// It cannot, and why. The text must outlive the call: a literal, or from `wats_copy`.
inline Detection no(const char *why) { return wats_no(why); }
inline Detection certain() { return wats_certain(); }
inline Detection likely(double confidence) { return wats_likely(confidence); }

// What the plugin is. Lists end where nothing more is written; texts are literals.
struct Descriptor {
    const char *name;
    const char *version;
    const char *summary = "";
    std::array<const char *, 16> formats = {};
    std::array<const char *, 16> patterns = {};
    std::uint64_t min_size = 0;
    std::uint64_t max_size = 0;
    std::array<wats_magic, 8> magic = {};
    std::array<const char *, 16> contains = {};
    std::array<const char *, 16> grants = {};
    const char *homepage = "";
    const char *license = "";
    const char *author = "";
};

namespace detail {

// The settings of a plugin as the table of C, and back.
template <class S>
struct SettingsTable {
    static const auto &fields() {
        static const auto fields = S::fields();
        return fields;
    }

    // Ends as the C header says.
    static const std::vector<wats_setting> &rows() {
        static const S defaults{};
        static const std::vector<wats_setting> all = [] {
            std::vector<wats_setting> rows;
            for (const auto &field : fields()) rows.push_back(field.row(rows.size(), defaults));
            rows.emplace_back();
            return rows;
        }();
        return all;
    }
    // Each has a slot of its own.
    static std::size_t size() { return rows().size() * sizeof(std::uint64_t); }

    static S settings(const void *slots) {
        S settings{};
        std::size_t slot = 0;
        for (const auto &field : fields()) field.fill(settings, static_cast<const std::uint64_t *>(slots) + slot++);
        return settings;
    }
};

// What the tables of the C functions have in both worlds.
template <class To, class Settings>
To table_of(const Descriptor &from) {
    using Table = SettingsTable<Settings>;
    To to{};
    to.name = from.name;
    to.version = from.version;
    to.summary = from.summary;
    for (std::size_t i = 0; i < from.formats.size(); i++) to.formats[i] = from.formats[i];
    for (std::size_t i = 0; i < from.grants.size(); i++) to.grants[i] = from.grants[i];
    to.homepage = from.homepage;
    to.license = from.license;
    to.author = from.author;
    to.settings = Table::rows().data();
    to.settings_size = Table::size();
    return to;
}

// What stands between the class and the C functions.
template <class C>
struct Plugin {
    using Table = SettingsTable<typename C::Settings>;

    static wats_detection probe(const wats_input *input, const void *slots) { return C::probe(Input(input), Table::settings(slots)); }

    static bool convert(const wats_input *input, const void *slots) {
        Outcome outcome = C::convert(Input(input), Table::settings(slots));
        return outcome.tell();
    }

    static wats_converter table() {
        Descriptor from = C::descriptor();
        auto to = table_of<wats_converter, typename C::Settings>(from);
        for (std::size_t i = 0; i < from.patterns.size(); i++) to.patterns[i] = from.patterns[i];
        to.min_size = from.min_size;
        to.max_size = from.max_size;
        for (std::size_t i = 0; i < from.magic.size(); i++) to.magic[i] = from.magic[i];
        for (std::size_t i = 0; i < from.contains.size(); i++) to.contains[i] = from.contains[i];
        to.probe = probe;
        to.convert = convert;
        return to;
    }
};

}  // namespace detail
}  // namespace wats

// What libc++ calls where it would throw, in the place of its own, which writes to a stderr that nobody sees.
#if defined(_LIBCPP_VERSION) && defined(__wasm__)
#define WATS_TELL_ABORTS                                                                        \
    _LIBCPP_BEGIN_NAMESPACE_STD                                                                  \
    [[noreturn]] void __libcpp_verbose_abort(const char *format, ...) noexcept { \
        char message[256];                                                                       \
        va_list arguments;                                                                       \
        va_start(arguments, format);                                                             \
        vsnprintf(message, sizeof message, format, arguments);                                   \
        va_end(arguments);                                                                       \
        ::wats_panic(nullptr, 0, "%s", message);                                                 \
    }                                                                                            \
    _LIBCPP_END_NAMESPACE_STD
#else
#define WATS_TELL_ABORTS
#endif

// Exports a class as the plugin. Once, in one source file, outside of namespaces.
#define WATS_EXPORT_CLASS(type) \
    extern "C" const wats_converter wats_exported = wats::detail::Plugin<type>::table(); \
    WATS_TELL_ABORTS

#endif
