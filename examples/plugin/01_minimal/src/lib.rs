//! The smallest converter: a file with one line `SERIAL;VOLTS` becomes a report with one measurement.

use wats_converter::{Converter, Descriptor, Detection, Error, Header, Input, NoSettings, Outcome, Reports, number};

/// The converter.
#[derive(Debug)]
pub struct Minimal;

impl Converter for Minimal {
    type Settings = NoSettings;

    fn descriptor() -> Descriptor {
        Descriptor::new("minimal", env!("CARGO_PKG_VERSION")).summary("SERIAL;VOLTS in one line").pattern("*.one")
    }

    fn probe(input: &Input, _: &NoSettings) -> Detection {
        if input.main().head(64).contains(&b';') { Detection::likely(0.6) } else { Detection::no("no semicolon") }
    }

    fn convert(input: &Input, _: &NoSettings, reports: &mut Reports) -> Result<Outcome, Error> {
        let text = input.main().text(None)?;
        let (serial, volts) = text.trim().split_once(';').ok_or(Error::malformed("no semicolon").at_line(1))?;
        let mut uut = reports.uut(Header::new(serial));
        uut.numeric("Supply", number(volts)?).unit("V").between(4.9, 5.1);
        uut.finish()?;
        Ok(Outcome::Converted)
    }
}

wats_converter::export!(Minimal);
