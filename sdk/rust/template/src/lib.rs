//! Converter for my format: a head of `Key: value` lines, then `name;value;low;high;unit` for each measurement.

use schemars::JsonSchema;
use serde::Deserialize;
use wats_converter::{
    At, Converter, Descriptor, Detection, Error, Header, Input, NumericLimits, Outcome, Reports, number_with,
};

/// The converter.
#[derive(Debug)]
pub struct MyFormat;

/// What an operator can set.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Decimal mark of the numbers.
    pub decimal_mark: char,
    /// Name of the sequence that the measurements go into.
    pub sequence: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self { decimal_mark: '.', sequence: "Measurements".to_owned() }
    }
}

impl Converter for MyFormat {
    type Settings = Settings;

    fn descriptor() -> Descriptor {
        Descriptor::new("my-format", env!("CARGO_PKG_VERSION"))
            .summary("Logs of my tester")
            .format("My tester's log")
            .pattern("*.log")
            .contains("Serial:")
    }

    fn probe(input: &Input, _: &Settings) -> Detection {
        if input.main().head(1024).starts_with(b"My tester") {
            Detection::certain()
        } else {
            Detection::no("does not begin with \"My tester\"")
        }
    }

    fn convert(input: &Input, settings: &Settings, reports: &mut Reports) -> Result<Outcome, Error> {
        let mut lines = input.main().lines();
        let (mut serial, mut part, mut start) = (None, None, None);
        // The head ends at an empty line.
        for line in &mut lines {
            let line = line?;
            match line.split_once(": ") {
                Some(("Serial", value)) => serial = Some(value.to_owned()),
                Some(("Part", value)) => part = Some(value.to_owned()),
                Some(("Start", value)) => start = Some(value.to_owned()),
                _ if line.trim().is_empty() => break,
                _ => {}
            }
        }
        let serial = serial.ok_or(Error::truncated("no line \"Serial: ...\" before the first empty line"))?;

        let mut uut = reports.uut(Header::new(serial).part_number(part).start(start));
        uut.open(settings.sequence.as_str());
        for line in lines {
            let line = line?;
            if line.trim().is_empty() {
                continue;
            }
            let fields: Vec<&str> = line.split(';').collect();
            let [name, value, low, high, unit] = fields.as_slice() else {
                let found = format!("found {} fields, expected name;value;low;high;unit", fields.len());
                return Err(Error::malformed(found).at_line(line.number));
            };
            // An unreadable number is an error with its place, never a zero. An empty limit is none.
            let number = |text: &str, column| number_with(text, settings.decimal_mark).at_cell(line.number, column);
            let limit = |text: &str, column| match text.trim() {
                "" => Ok(None),
                text => number(text, column).map(Some),
            };
            uut.numeric(*name, number(value, 2)?)
                .unit(*unit)
                .limits(NumericLimits::inclusive(limit(low, 3)?, limit(high, 4)?));
        }
        uut.close();
        uut.finish()?;
        Ok(Outcome::Converted)
    }
}

wats_converter::export!(MyFormat);
