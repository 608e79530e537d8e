// The converter that every SDK has, in C++: see README.md in the folder above.
#include <algorithm>
#include <limits>
#include <span>

#include "wats_converter.hpp"

using std::string;
using std::string_view;
using wats::Result;

namespace {

struct Settings {
    string decimal_mark = ".";
    string program = "Main";
    double scale = 1;
    bool strict = true;
    std::vector<string> ignore;

    static std::vector<wats::Field<Settings>> fields() {
        return {
            wats::field("decimal_mark", &Settings::decimal_mark, "Decimal mark of all numbers in the rows").length(1, 1),
            wats::field("program", &Settings::program, "Name of the test program where the file gives none"),
            wats::field("scale", &Settings::scale, "Every measured value is multiplied by it"),
            wats::field("strict", &Settings::strict, "Whether an unknown row is an error"),
            wats::field("ignore", &Settings::ignore, "Words of rows that are left out"),
        };
    }
};

// ---- Rows ----

struct Shape {
    string_view word;
    std::size_t most;
    // The last field takes everything that is left.
    bool rest;
};

constexpr Shape SHAPES[] = {
    {"unit", 4, false},     {"head", 2, true},      {"program", 3, false},      {"retitle", 2, false},    {"end", 1, false},
    {"discard", 0, false},  {"emit", 2, true},      {"open", 1, false},         {"close", 2, false},      {"num", 7, false},
    {"multi", 2, false},    {"m", 7, false},        {"pf", 2, false},           {"pfs", 2, false},        {"text", 5, false},
    {"texts", 2, false},    {"action", 2, false},   {"popup", 3, false},        {"exec", 2, false},       {"generic", 2, false},
    {"chart", 7, false},    {"plot", 6, false},     {"series", 3, false},       {"attach-step", 3, true}, {"result", 1, true},
    {"at", 1, false},       {"took", 1, false},     {"failing", 2, false},      {"note", 1, true},        {"in", 1, false},
    {"with", 2, false},     {"attach", 3, true},    {"attach-source", 1, false}, {"misc", 2, true},       {"sub", 4, false},
    {"asset", 4, false},    {"data", 1, true},      {"process", 1, false},      {"product", 1, false},    {"log", 2, true},
    {"progress", 1, false}, {"ask", 1, false},      {"read", 2, false},         {"companion", 1, false},  {"needs", 1, true},
    {"skip", 1, true},      {"wait", 3, true},      {"fail", 3, true},          {"fail-at", 2, true},     {"panic", 1, true},
};

using Words = std::span<const string_view>;
constexpr string_view STATUSES[] = {"passed", "failed", "done", "skipped", "error", "terminated"};
constexpr string_view GROUPS[] = {"main", "setup", "cleanup"};
constexpr string_view SCALES[] = {"linear", "log-x", "log-y", "log-xy"};
constexpr string_view KINDS[] = {"malformed", "truncated", "unsupported", "misconfigured", "internal"};
constexpr string_view LEVELS[] = {"trace", "debug", "info", "warn", "error"};
constexpr string_view TEXT_OPERATORS[] = {"log", "eq", "ne", "case", "nocase"};
constexpr string_view OPERATORS[] = {"log",  "eq",   "eqt",  "ne",   "lt",   "le",   "gt",   "ge",
                                     "gtlt", "gtle", "gelt", "gele", "ltgt", "ltge", "legt", "lege"};
constexpr string_view ASKS[] = {"name", "path", "modified", "size", "companions"};

struct Row {
    std::uint32_t line;
    string_view word;
    std::vector<string_view> fields;
    char mark;

    // A field, from 0; empty when it is not there.
    string_view text(std::size_t index) const { return index < fields.size() ? fields[index] : string_view(); }

    wats::Error wrong(string message) const { return wats::malformed(std::move(message)).at_line(line); }
    wats::Error malformed(std::size_t index, string message) const {
        return wats::malformed(std::move(message)).at_cell(line, static_cast<std::uint32_t>(index) + 2);
    }

    Result<string_view> required(std::size_t index) const {
        if (text(index).empty()) return malformed(index, "empty");
        return text(index);
    }

    // A piece of a field as a number.
    Result<double> decimal(std::size_t index, string_view piece) const {
        auto value = wats::number(piece, mark);
        if (!value) return malformed(index, wats::concat('"', piece, "\" is not a number"));
        return value;
    }
    // A field as a number, absent where it is empty.
    Result<std::optional<double>> number(std::size_t index) const {
        if (text(index).empty()) return std::optional<double>();
        return std::optional<double>(WATS_TRY(decimal(index, text(index))));
    }

    template <class T>
    Result<std::optional<T>> whole(std::size_t index) const {
        if (text(index).empty()) return std::optional<T>();
        using Bounds = std::numeric_limits<T>;
        auto highest = static_cast<std::int64_t>(std::min<std::uint64_t>(Bounds::max(), INT64_MAX));
        auto value = wats::integer(text(index), static_cast<std::int64_t>(Bounds::min()), highest);
        if (!value) return malformed(index, wats::concat('"', text(index), "\" is not a whole number"));
        return std::optional<T>(static_cast<T>(*value));
    }

    // Which of a list of words a piece of a field is.
    Result<std::size_t> one_of(std::size_t index, string_view piece, Words words) const {
        auto found = std::find(words.begin(), words.end(), piece);
        if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
        string all;
        for (auto word : words) all += wats::concat(all.empty() ? "" : ", ", word);
        return malformed(index, wats::concat('"', piece, "\" is not one of ", all));
    }
    // The same of a field; absent where it is empty.
    Result<std::optional<std::size_t>> word_of(std::size_t index, Words words) const {
        if (text(index).empty()) return std::optional<std::size_t>();
        return std::optional<std::size_t>(WATS_TRY(one_of(index, text(index), words)));
    }
    Result<std::optional<wats::Status>> status(std::size_t index) const {
        auto found = WATS_TRY(word_of(index, STATUSES));
        if (!found) return std::optional<wats::Status>();
        return std::optional<wats::Status>(status_of(*found));
    }
    static wats::Status status_of(std::size_t index) { return static_cast<wats::Status>(WATS_PASSED + static_cast<int>(index)); }
};

// Lines as text files have them: without CR LF, and nothing behind the last line feed.
std::vector<string_view> lines_of(string_view text) {
    std::vector<string_view> lines;
    while (!text.empty()) {
        auto end = text.find('\n');
        auto line = text.substr(0, end);
        text.remove_prefix(end == text.npos ? text.size() : end + 1);
        if (end != text.npos && line.ends_with('\r')) line.remove_suffix(1);
        lines.push_back(line);
    }
    return lines;
}

// All rows that matter. Unknown ones are found here, before anything is done.
Result<std::vector<Row>> read(string_view text, const Settings &settings) {
    std::vector<Row> rows;
    std::uint32_t number = 0;
    auto lines = lines_of(text);
    if (lines.empty() || lines[0] != "#rows;1") return wats::unsupported("expected \"#rows;1\"").at_line(1);
    for (auto line : lines) {
        number++;
        if (line.empty() || line.starts_with('#')) continue;
        auto pair = wats::split_once(line, ";");
        auto word = pair ? pair->first : line;
        if (std::find(settings.ignore.begin(), settings.ignore.end(), word) != settings.ignore.end()) continue;
        auto shape = std::find_if(std::begin(SHAPES), std::end(SHAPES), [&](const Shape &shape) { return shape.word == word; });
        if (shape == std::end(SHAPES)) {
            auto message = wats::concat("unknown row \"", word, '"');
            if (settings.strict) return wats::unsupported(message).at_line(number);
            wats::warn("line ", number, ": ", message);
            continue;
        }
        std::vector<string_view> fields;
        if (pair) fields = wats::split(pair->second, ';');
        if (shape->rest && fields.size() > shape->most) {
            // From where the last field begins to the end of the line.
            auto last = fields[shape->most - 1];
            fields.resize(shape->most);
            fields.back() = line.substr(static_cast<std::size_t>(last.data() - line.data()));
        }
        if (fields.size() > shape->most) {
            auto found = wats::concat(word, " has at most ", shape->most, " fields, found ", fields.size());
            return wats::malformed(found).at_line(number);
        }
        rows.push_back({number, word, std::move(fields), settings.decimal_mark[0]});
    }
    return rows;
}

// ---- What the rows make ----

// What rows say of the step or sequence that comes next.
struct Next {
    string_view start;
    std::optional<double> duration;
    string_view error_code, error_message, note;
    wats::Group group = wats::Group::main;
    std::vector<wats::Property> properties;
};

// Value, unit, limits and status of a row `num` or `m`.
struct Measured {
    std::optional<double> value;
    string_view unit;
    wats::Limits limits;
    std::optional<wats::Status> status;
};

// A number where the text reads as one.
wats::Property property(const Row &row, string_view key, string_view text) {
    auto value = row.decimal(1, text);
    if (value) return {string(key), *value};
    return {string(key), string(text)};
}

string answer_text(wats_answer answer) {
    return answer == WATS_ABSENT ? "absent" : answer == WATS_UNAVAILABLE ? "unavailable" : "denied";
}

class Run {
  public:
    Run(const wats::Input &input, const Settings &settings, std::vector<Row> rows)
        : input_(input), settings_(settings), rows_(std::move(rows)) {}

    wats::Outcome all() {
        auto outcome = each();
        // What was not finished is no report: of a conversion that ends early the host wants nothing else.
        if (writer_) writer_->discard();
        if (outcome) return *outcome;
        if (open_) return wats::truncated("no end");
        return wats::converted();
    }

  private:
    // The outcome, when rows end the conversion before its end.
    std::optional<wats::Outcome> each() {
        while (at_ < rows_.size()) {
            const Row &row = rows_[at_++];
            auto word = row.word;
            if (word == "skip") return wats::skipped(string(row.text(0)));
            if (word == "wait") return wait(row);
            if (word == "fail" || word == "fail-at") return fail(row);
            if (word == "panic") wats_panic(__FILE__, __LINE__, "%s", string(row.text(0)).c_str());
            auto done = one(row);
            if (!done) return done.error();
        }
        return std::nullopt;
    }

    wats::Done one(const Row &row) {
        auto word = row.word;
        if (word == "unit") return begin(row);
        if (word == "head" || word == "program") return head(row);
        if (word == "end") {
            auto status = WATS_TRY(row.status(0));
            WATS_TRY(writer(row));
            open_ = false;
            wats::Uut uut = std::move(*writer_);
            writer_.reset();
            WATS_TRY(uut.finish(status));
        } else if (word == "discard") {
            WATS_TRY(writer(row));
            open_ = false;
            writer_->discard();
            writer_.reset();
        } else if (word == "emit") {
            WATS_TRY(wats::emit_json(row.text(1), row.text(0)));
        } else if (word == "at" || word == "took" || word == "failing" || word == "note" || word == "in" || word == "with") {
            return collect(row);
        } else if (word == "log") {
            WATS_TRY(row.required(0));
            auto level = WATS_TRY(row.word_of(0, LEVELS));
            wats::log(static_cast<wats_level>(*level), row.text(1));
        } else if (word == "progress") {
            wats::progress(WATS_TRY(row.number(0)).value_or(0));
        } else if (word == "m") {
            return row.wrong("m outside of multi");
        } else if (word == "series") {
            return row.wrong("series outside of chart");
        } else if (word == "plot" || word == "attach-step" || word == "result") {
            return row.wrong("no step");
        } else if (word != "needs") {
            return report(row);
        }
        return wats::Nothing{};
    }

    // The next row, when it has that word.
    const Row *take(string_view word) { return at_ < rows_.size() && rows_[at_].word == word ? &rows_[at_++] : nullptr; }

    wats::Done begin(const Row &row) {
        if (open_) return row.wrong("unit before end");
        header_ = {.serial_number = WATS_TRY(row.required(0)),
                   .part_number = row.text(1),
                   .revision = row.text(2),
                   .start = row.text(3),
                   .program = {settings_.program}};
        open_ = true;
        return wats::Nothing{};
    }

    wats::Done head(const Row &row) {
        if (!open_) return row.wrong("no unit");
        if (writer_) return row.wrong("the head is closed");
        auto name = WATS_TRY(row.required(0)), text = row.text(1);
        if (row.word == "program") header_.program = {.name = name, .path = row.text(2), .version = row.text(1)};
        else if (name == "process") header_.process_code = WATS_TRY(row.whole<std::uint32_t>(1));
        else if (name == "duration") header_.duration = WATS_TRY(row.number(1));
        else if (name == "operator") header_.operator_name = text;
        else if (name == "machine") header_.machine_name = text;
        else if (name == "location") header_.location = text;
        else if (name == "purpose") header_.purpose = text;
        else if (name == "batch") header_.batch_serial_number = text;
        else if (name == "fixture") header_.fixture = text;
        else if (name == "socket") header_.socket_index = WATS_TRY(row.whole<std::int32_t>(1));
        else if (name == "comment") header_.comment = text;
        else if (name == "error-code") header_.error_code = WATS_TRY(row.whole<std::int32_t>(1));
        else if (name == "error-message") header_.error_message = text;
        else if (name == "key") header_.key = text;
        else if (name == "id") header_.id = text;
        else header_.properties.push_back(property(row, name, text));
        return wats::Nothing{};
    }

    // The writer of the open report, opened now if this is its first row.
    wats::Done writer(const Row &row) {
        if (!open_) return row.wrong("no unit");
        if (!writer_) writer_.emplace(header_);
        return wats::Nothing{};
    }

    wats::Done collect(const Row &row) {
        WATS_TRY(writer(row));
        if (row.word == "at") next_.start = row.text(0);
        else if (row.word == "took") next_.duration = WATS_TRY(row.number(0));
        else if (row.word == "failing") next_.error_code = row.text(0), next_.error_message = row.text(1);
        else if (row.word == "note") next_.note = row.text(0);
        else if (row.word == "in") next_.group = static_cast<wats::Group>(WATS_TRY(row.word_of(0, GROUPS)).value_or(0));
        else next_.properties.push_back(property(row, WATS_TRY(row.required(0)), row.text(1)));
        return wats::Nothing{};
    }

    // Rows of an open report.
    wats::Done report(const Row &row) {
        WATS_TRY(writer(row));
        wats::Uut &uut = *writer_;
        auto word = row.word;
        if (word == "retitle") {
            header_.duration = WATS_TRY(row.number(1));
            header_.start = row.text(0);
            uut.set_header(header_);
        } else if (word == "open") {
            Next next = std::exchange(next_, {});
            uut.open(wats::Sequence{.name = WATS_TRY(row.required(0)),
                                    .group = next.group,
                                    .start = next.start,
                                    .error_code = next.error_code,
                                    .error_message = next.error_message,
                                    .report_text = next.note,
                                    .properties = std::move(next.properties)});
        } else if (word == "close") {
            auto status = WATS_TRY(row.status(0));
            uut.close_with(status, WATS_TRY(row.number(1)));
        } else if (word == "attach") {
            uut.attach({WATS_TRY(row.required(0)), WATS_TRY(row.required(1)), row.text(2)});
        } else if (word == "attach-source") {
            uut.attach_file(input_.main(), WATS_TRY(row.required(0)));
        } else if (word == "misc") {
            uut.misc_info(WATS_TRY(row.required(0)), row.text(1));
        } else if (word == "sub") {
            auto part = WATS_TRY(row.required(1));
            auto serial = WATS_TRY(row.required(0));
            uut.sub_unit({.part_number = part, .serial_number = serial, .revision = row.text(2), .part_type = row.text(3)});
        } else if (word == "asset") {
            auto serial = WATS_TRY(row.required(0));
            WATS_TRY(row.required(1));
            auto count = WATS_TRY(row.whole<std::uint32_t>(1)).value_or(0);
            uut.asset({.serial_number = serial, .usage_count = count, .type = row.text(2), .calibration_due = row.text(3)});
        } else if (word == "data") {
            uut.data(row.text(0));
        } else {
            return step(row);
        }
        return wats::Nothing{};
    }

    wats::Done step(const Row &row) {
        wats::Uut &uut = *writer_;
        Next next = std::exchange(next_, {});
        wats::StepOptions options{.group = next.group,
                                  .start = next.start,
                                  .duration = next.duration,
                                  .error_code = next.error_code,
                                  .error_message = next.error_message,
                                  .report_text = next.note,
                                  .properties = std::move(next.properties)};
        auto word = row.word;
        if (word == "process" || word == "product" || word == "ask" || word == "read" || word == "companion") {
            auto name = wats::concat(word, ' ', WATS_TRY(row.required(0)));
            if (word == "read") name = wats::concat(name, ' ', row.text(1));
            auto note = WATS_TRY(answer(row));
            options.report_text = note;
            uut.action(name, options);
            return follow();
        }
        if (word == "pf") WATS_TRY(row.required(1));
        auto name = WATS_TRY(row.required(0));
        if (word == "num") {
            auto measured = WATS_TRY(this->measured(row));
            options.unit = measured.unit;
            options.limits = measured.limits;
            options.measured = options.status = measured.status;
            uut.numeric(name, measured.value, options);
        } else if (word == "multi") {
            options.status = WATS_TRY(row.status(1));
            uut.multi_numeric(name, options);
            while (const Row *part = take("m")) {
                auto part_name = WATS_TRY(part->required(0));
                auto measured = WATS_TRY(this->measured(*part));
                uut.measure(part_name, measured.value, {.unit = measured.unit, .limits = measured.limits, .status = measured.status});
            }
        } else if (word == "pf") {
            uut.pass_fail(name, *WATS_TRY(row.status(1)), options);
        } else if (word == "pfs" || word == "texts") {
            WATS_TRY(row.required(1));
            std::vector<std::pair<string_view, wats::Status>> statuses;
            std::vector<std::pair<string_view, string_view>> texts;
            for (auto pair : wats::split(row.text(1), ',')) {
                auto parts = wats::split_once(pair, "=");
                if (!parts) return row.malformed(1, wats::concat('"', pair, "\" is not NAME=VALUE"));
                if (word == "texts") texts.push_back(*parts);
                else statuses.emplace_back(parts->first, Row::status_of(WATS_TRY(row.one_of(1, parts->second, STATUSES))));
            }
            if (word == "pfs") uut.multi_pass_fail(name, options);
            else uut.multi_text(name, options);
            for (auto [part, status] : statuses) uut.measure_pass_fail(part, status);
            for (auto [part, text] : texts) uut.measure_text(part, text);
        } else if (word == "text") {
            auto kind = WATS_TRY(row.word_of(2, TEXT_OPERATORS));
            options.measured = options.status = WATS_TRY(row.status(4));
            if (kind) options.expected = {static_cast<wats::TextLimits::Comparison>(*kind), string(row.text(3))};
            uut.text(name, row.text(1).empty() ? std::nullopt : std::optional(row.text(1)), options);
        } else if (word == "chart") {
            uut.chart(name, WATS_TRY(chart(row, 1)), options);
        } else if (word == "action") {
            options.status = WATS_TRY(row.status(1));
            uut.action(name, options);
        } else if (word == "popup") {
            auto response = row.text(1).empty() ? std::nullopt : std::optional(row.text(1));
            uut.message_popup(name, response, WATS_TRY(row.whole<std::int32_t>(2)), options);
        } else if (word == "exec") {
            WATS_TRY(row.required(1));
            uut.call_executable(name, WATS_TRY(row.whole<std::int32_t>(1)).value_or(0), options);
        } else {
            uut.generic(WATS_TRY(row.required(1)), name, options);
        }
        return follow();
    }

    // Charts, attachments and results that follow a step.
    wats::Done follow() {
        for (;;) {
            if (const Row *row = take("plot")) writer_->add_chart(WATS_TRY(chart(*row, 0)));
            else if (const Row *row = take("attach-step"))
                writer_->add_attachment({WATS_TRY(row->required(0)), WATS_TRY(row->required(1)), row->text(2)});
            else if (const Row *row = take("result")) writer_->add_result(row->text(0));
            else return wats::Nothing{};
        }
    }

    // A chart whose label is the field `first`, and the series that follow.
    Result<wats::Chart> chart(const Row &row, std::size_t first) {
        wats::Chart chart{.label = string(row.text(first)),
                          .x_label = string(row.text(first + 1)),
                          .x_unit = string(row.text(first + 2)),
                          .y_label = string(row.text(first + 3)),
                          .y_unit = string(row.text(first + 4)),
                          .scale = static_cast<wats_scale>(WATS_TRY(row.word_of(first + 5, SCALES)).value_or(0))};
        while (const Row *row = take("series")) {
            wats::Series series{.name = string(WATS_TRY(row->required(0)))};
            for (std::size_t index : {1, 2}) {
                if (row->text(index).empty()) continue;
                for (auto piece : wats::split(row->text(index), ' '))
                    (index == 1 ? series.x : series.y).push_back(WATS_TRY(row->decimal(index, piece)));
            }
            if (!series.x.empty() && series.x.size() != series.y.size()) return row->wrong("as many x as y were expected");
            chart.series.push_back(std::move(series));
        }
        return chart;
    }

    Result<Measured> measured(const Row &row) {
        auto value = WATS_TRY(row.number(1));
        if (value) *value *= settings_.scale;
        auto comparison = WATS_TRY(row.word_of(3, OPERATORS));
        auto low = WATS_TRY(row.number(4)), high = WATS_TRY(row.number(5));
        auto limits = wats::inclusive(low, high);
        if (comparison) {
            if (*comparison > WATS_LOG) WATS_TRY(row.required(4));
            if (*comparison >= WATS_GTLT) WATS_TRY(row.required(5));
            limits = wats::compare(static_cast<wats_comparison>(*comparison), low.value_or(0), high.value_or(0));
        }
        return Measured{value, row.text(2), limits, WATS_TRY(row.status(6))};
    }

    // What the station, the file and its companions answer.
    Result<string> answer(const Row &row) {
        auto field = row.text(0);
        auto file = input_.main();
        if (row.word == "process") {
            auto [answer, found, reason] = wats::process_by_name(field);
            if (answer != WATS_FOUND) return answer_text(answer);
            return wats::concat("found ", found.code, ' ', string_view(found.name));
        }
        if (row.word == "product") {
            auto [answer, found, reason] = wats::product_by_part_number(field);
            if (answer != WATS_FOUND) return answer_text(answer);
            auto text = wats::concat("found ", string_view(found.part_number), ' ', string_view(found.name), ' ');
            for (std::size_t i = 0; i < found.revision_count; i++) text += wats::concat(i ? "," : "", string_view(found.revisions[i]));
            return text;
        }
        if (row.word == "ask") {
            switch (*WATS_TRY(row.word_of(0, ASKS))) {
            case 0: return file.name();
            case 1: return file.path();
            case 2: return file.modified();
            case 3: return wats::concat(file.size());
            }
            string all;
            for (auto companion : input_.companions()) all += wats::concat(all.empty() ? "" : " ", companion.path());
            return all;
        }
        if (row.word == "read") {
            WATS_TRY(row.required(1));
            auto offset = WATS_TRY(row.whole<std::uint64_t>(0)).value_or(0);
            auto bytes = file.read(offset, WATS_TRY(row.whole<std::uint32_t>(1)).value_or(0));
            std::uint64_t sum = 0;
            for (unsigned char byte : bytes) sum += byte;
            return wats::concat(bytes.size(), " bytes, sum ", sum);
        }
        auto index = WATS_TRY(row.whole<std::uint32_t>(0)).value_or(0);
        auto companions = input_.companions();
        if (index >= companions.size()) return row.malformed(0, "no such companion");
        return companions[index].text();
    }

    wats::Outcome wait(const Row &row) {
        wats::Waiting waiting{.reason = string(row.text(2)), .retry_after = WATS_TRY(row.number(0))};
        if (!row.text(1).empty()) waiting.missing.emplace_back(row.text(1));
        return waiting;
    }

    wats::Outcome fail(const Row &row) {
        if (row.word == "fail-at") return wats::malformed(string(row.text(1))).at_path(row.text(0));
        constexpr wats::Kind kinds[] = {wats::Kind::malformed, wats::Kind::truncated, wats::Kind::unsupported,
                                        wats::Kind::misconfigured, wats::Kind::internal};
        WATS_TRY(row.required(0));
        auto kind = WATS_TRY(row.word_of(0, KINDS));
        auto column = WATS_TRY(row.whole<std::uint32_t>(1));
        wats::Error error(kinds[*kind], string(row.text(2)));
        return column ? error.at_cell(row.line, *column) : error.at_line(row.line);
    }

    const wats::Input &input_;
    const Settings &settings_;
    std::vector<Row> rows_;
    std::size_t at_ = 0;
    bool open_ = false;
    wats::Header header_;
    std::optional<wats::Uut> writer_;
    Next next_;
};

struct Conformance {
    using Settings = ::Settings;

    static wats::Descriptor descriptor() {
        return {
            .name = "conformance",
            .version = "1.0.0",
            .summary = "The dialect that every SDK reads",
            .formats = {"conformance rows"},
            .patterns = {"*.rows"},
            .contains = {"#rows;1"},
            .grants = {WATS_GRANT_LOOKUP, WATS_GRANT_OWN_ID},
            .license = "MIT OR Apache-2.0",
        };
    }

    static wats::Detection probe(const wats::Input &input, const Settings &) {
        auto bytes = input.main().head(64);
        string_view head = bytes;
        if (head.starts_with("\xEF\xBB\xBF")) head.remove_prefix(3);
        if (!head.starts_with("#rows;1")) {
            if (!head.starts_with("#rows;")) return wats::no("does not begin with \"#rows;1\"");
            auto other = wats::likely(0.1);
            other.detail = "another version";
            return other;
        }
        auto found = wats::certain();
        auto lines = wats::split(head, '\n');
        // The second line must have an end.
        if (lines.size() < 3) return found;
        auto second = lines[1];
        if (second.ends_with('\r')) second.remove_suffix(1);
        if (second.starts_with("needs;")) found.missing[0] = wats_copy_bytes(second.data() + 6, second.size() - 6);
        return found;
    }

    static wats::Outcome convert(const wats::Input &input, const Settings &settings) {
        auto text = input.main().text();
        if (!text) {
            auto place = text.error().place();
            return place.kind == WATS_OFFSET ? wats::malformed("not UTF-8").at(place) : text.error();
        }
        auto rows = WATS_TRY(read(*text, settings));
        return Run(input, settings, std::move(rows)).all();
    }
};

}  // namespace

WATS_EXPORT_CLASS(Conformance)
