//! Logs a million lines, one of them enormous, with escape sequences; of a file that says `for ever`, until it is stopped.
use wats_converter::{Converter, Descriptor, Detection, Error, Input, NoSettings, Outcome, Reports};

struct Guest;

impl Converter for Guest {
    type Settings = NoSettings;

    fn descriptor() -> Descriptor {
        Descriptor::new("logs-flood", "0.1.0").summary("a test guest").pattern("*.logs_flood")
    }

    fn probe(_: &Input, _: &NoSettings) -> Detection {
        Detection::certain()
    }

    fn convert(input: &Input, _: &NoSettings, reports: &mut Reports) -> Result<Outcome, Error> {
        let _ = &reports;
        let lines = if input.main().bytes() == b"for ever" { u32::MAX } else { 1_000_000 };
        wats_converter::log::info("\u{1b}[2J\u{1b}[31mred\nforged line\u{7}");
        wats_converter::log::warn("x".repeat(1 << 20));
        for number in 0..lines {
            wats_converter::log::debug(number);
        }
        wats_converter::log::error("the last word");
        Ok(Outcome::Converted)
    }
}

wats_converter::export!(Guest);
