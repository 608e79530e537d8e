//! Says that it converted, and leaves a report unfinished.
use wats_converter::{Converter, Descriptor, Detection, Error, Input, NoSettings, Outcome, Reports};

struct Guest;

impl Converter for Guest {
    type Settings = NoSettings;

    fn descriptor() -> Descriptor {
        Descriptor::new("forgets-finish", "0.1.0").summary("a test guest").pattern("*.forgets_finish")
    }

    fn probe(_: &Input, _: &NoSettings) -> Detection {
        Detection::certain()
    }

    fn convert(input: &Input, _: &NoSettings, reports: &mut Reports) -> Result<Outcome, Error> {
        let _ = (input, &reports);
        let mut uut = reports.uut(wats_converter::Header::new("SN-1").part_number("PN-1"));
        uut.numeric("Vcc", 5.0);
        let mut second = reports.uut(wats_converter::Header::new("SN-2").part_number("PN-1"));
        second.numeric("Vcc", 5.0);
        second.finish()?;
        std::mem::forget(uut);
        Ok(Outcome::Converted)
    }
}

wats_converter::export!(Guest);
