// Asks my test system for results that are new. Each becomes a report; the number of the last one is remembered.
#include "wats_scheduled_converter.hpp"

struct MySource {
    // What an operator can set.
    struct Settings {
        std::string address = "https://mes.example/results";

        static std::vector<wats::Field<Settings>> fields() {
            return {wats::field("address", &Settings::address, "Where the results are.").length(1, 0)};
        }
    };

    static wats::Descriptor descriptor() {
        return {
            .name = "my-source",
            .version = "0.1.0",
            .summary = "Results of my test system",
            .grants = {WATS_GRANT_HTTP, WATS_GRANT_STATE},
        };
    }

    static wats::Outcome run(const wats::Run &, const Settings &settings) {
        auto since = WATS_TRY(wats::state::text("since"));
        // Nobody there, a busy server: the station tries again later. Whatever else is no success is an error.
        auto answer = WATS_TRY(wats::http::get(settings.address + "?since=" + since));
        WATS_TRY(answer.success());
        auto document = WATS_TRY(answer.json());
        auto results = WATS_TRY(document.list());
        if (results.empty()) return wats::skipped("nothing new");
        for (auto result : results) {
            auto id = wats::concat(WATS_TRY(result.integer("id", 0)));
            WATS_TRY(write(result, id));
            // Kept only when the whole run is converted, together with its reports.
            WATS_TRY(wats::state::set_text("since", id));
        }
        return wats::converted();
    }

  private:
    // The report of a result. By key and start the station recognises what it has already.
    static wats::Done write(wats::JsonValue result, std::string_view id) {
        wats::Uut uut({
            .serial_number = WATS_TRY(result.text("serial")),
            .part_number = WATS_TRY(result.text_or_none("part")),
            .start = WATS_TRY(result.text("start")),
            .key = id,
        });
        for (auto measured : WATS_TRY(result.list_or_none("measurements"))) {
            auto low = WATS_TRY(measured.number_or_none("low")), high = WATS_TRY(measured.number_or_none("high"));
            auto name = WATS_TRY(measured.text("name")), unit = WATS_TRY(measured.text_or_none("unit"));
            auto value = WATS_TRY(measured.number("value"));
            uut.numeric(name, value, {.unit = unit, .limits = wats::inclusive(low, high)});
        }
        WATS_TRY(uut.finish());
        return wats::Nothing{};
    }
};

WATS_EXPORT_SCHEDULED_CLASS(MySource)
