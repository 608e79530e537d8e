//! Adds steps to one report and never stops.
use wats_converter::{Converter, Descriptor, Detection, Error, Input, NoSettings, Outcome, Reports};

struct Guest;

impl Converter for Guest {
    type Settings = NoSettings;

    fn descriptor() -> Descriptor {
        Descriptor::new("giant-report", "0.1.0").summary("a test guest").pattern("*.giant_report")
    }

    fn probe(_: &Input, _: &NoSettings) -> Detection {
        Detection::certain()
    }

    fn convert(input: &Input, _: &NoSettings, reports: &mut Reports) -> Result<Outcome, Error> {
        let _ = (input, &reports);
        let mut uut = reports.uut(wats_converter::Header::new("SN-1").part_number("PN-1"));
        for number in 0.. {
            uut.numeric(format!("step {number} with a name that is not short at all"), 5.0).unit("V").between(4.0, 6.0);
        }
        uut.finish()?;
        Ok(Outcome::Converted)
    }
}

wats_converter::export!(Guest);
