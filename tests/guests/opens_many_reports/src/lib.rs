//! Opens reports and keeps them open.
use wats_converter::{Converter, Descriptor, Detection, Error, Input, NoSettings, Outcome, Reports};

struct Guest;

impl Converter for Guest {
    type Settings = NoSettings;

    fn descriptor() -> Descriptor {
        Descriptor::new("opens-many-reports", "0.1.0").summary("a test guest").pattern("*.opens_many_reports")
    }

    fn probe(_: &Input, _: &NoSettings) -> Detection {
        Detection::certain()
    }

    fn convert(input: &Input, _: &NoSettings, reports: &mut Reports) -> Result<Outcome, Error> {
        let _ = (input, &reports);
        let mut open = Vec::new();
        for number in 0..100_000_u32 {
            open.push(reports.uut(wats_converter::Header::new(number.to_string())));
        }
        Ok(Outcome::Converted)
    }
}

wats_converter::export!(Guest);
