// Converter for my format: a head of `Key: value` lines, then `name;value;low;high;unit` for each measurement.
#include "wats_converter.hpp"

struct MyFormat {
    // What an operator can set.
    struct Settings {
        std::string decimal_mark = ".";
        std::string sequence = "Measurements";

        static std::vector<wats::Field<Settings>> fields() {
            return {
                wats::field("decimal_mark", &Settings::decimal_mark, "Decimal mark of the numbers").length(1, 1),
                wats::field("sequence", &Settings::sequence, "Name of the sequence that the measurements go into").length(1, 0),
            };
        }
    };

    static wats::Descriptor descriptor() {
        return {
            .name = "my-format",
            .version = "0.1.0",
            .summary = "Logs of my tester",
            .formats = {"My tester's log"},
            .patterns = {"*.log"},
            .contains = {"Serial:"},
        };
    }

    static wats::Detection probe(const wats::Input &input, const Settings &) {
        return input.main().begins_with("My tester") ? wats::certain() : wats::no("does not begin with \"My tester\"");
    }

    static wats::Outcome convert(const wats::Input &input, const Settings &settings) {
        auto lines = input.main().lines();
        std::string serial, part, start;
        // The head ends at an empty line.
        for (auto line = lines.next(); line && !wats::blank(line->text); line = lines.next()) {
            auto pair = wats::split_once(line->text, ": ");
            if (!pair) continue;
            if (pair->first == "Serial") serial = pair->second;
            if (pair->first == "Part") part = pair->second;
            if (pair->first == "Start") start = pair->second;
        }
        if (serial.empty()) return wats::truncated("no line \"Serial: ...\" before the first empty line");

        wats::Uut uut({.serial_number = serial, .part_number = part, .start = start});
        auto sequence = uut.sequence(settings.sequence);
        while (auto line = lines.next())
            if (!wats::blank(line->text)) WATS_TRY(measurement(uut, *line, settings.decimal_mark[0]));
        sequence.close();
        WATS_TRY(uut.finish());
        return wats::converted();
    }

  private:
    // One measurement. An unreadable number is an error with its place, never a zero. An empty limit is none.
    static wats::Done measurement(wats::Uut &uut, wats::Line line, char mark) {
        auto fields = wats::split(line.text, ';');
        if (fields.size() != 5) {
            auto found = wats::concat("found ", fields.size(), " fields, expected name;value;low;high;unit");
            return wats::malformed(found).at_line(line.number);
        }
        double value = WATS_TRY(wats::number(fields[1], mark).at_cell(line.number, 2));
        auto low = WATS_TRY(wats::number_or_none(fields[2], mark).at_cell(line.number, 3));
        auto high = WATS_TRY(wats::number_or_none(fields[3], mark).at_cell(line.number, 4));
        uut.numeric(fields[0], value, {.unit = fields[4], .limits = wats::inclusive(low, high)});
        return wats::Nothing{};
    }
};

WATS_EXPORT_CLASS(MyFormat)
