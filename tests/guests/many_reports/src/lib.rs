//! Writes one report after the other and never stops.
use wats_converter::{Converter, Descriptor, Detection, Error, Input, NoSettings, Outcome, Reports};

struct Guest;

impl Converter for Guest {
    type Settings = NoSettings;

    fn descriptor() -> Descriptor {
        Descriptor::new("many-reports", "0.1.0").summary("a test guest").pattern("*.many_reports")
    }

    fn probe(_: &Input, _: &NoSettings) -> Detection {
        Detection::certain()
    }

    fn convert(input: &Input, _: &NoSettings, reports: &mut Reports) -> Result<Outcome, Error> {
        let _ = (input, &reports);
        for number in 0_u64.. {
            let mut uut = reports.uut(wats_converter::Header::new(format!("SN-{number}")).part_number("PN-1"));
            uut.numeric("Vcc", 5.0);
            uut.finish()?;
        }
        Ok(Outcome::Converted)
    }
}

wats_converter::export!(Guest);
