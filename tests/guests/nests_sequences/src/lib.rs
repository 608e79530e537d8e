//! Opens sequences inside each other and never stops.
use wats_converter::{Converter, Descriptor, Detection, Error, Input, NoSettings, Outcome, Reports};

struct Guest;

impl Converter for Guest {
    type Settings = NoSettings;

    fn descriptor() -> Descriptor {
        Descriptor::new("nests-sequences", "0.1.0").summary("a test guest").pattern("*.nests_sequences")
    }

    fn probe(_: &Input, _: &NoSettings) -> Detection {
        Detection::certain()
    }

    fn convert(input: &Input, _: &NoSettings, reports: &mut Reports) -> Result<Outcome, Error> {
        let _ = (input, &reports);
        let mut uut = reports.uut(wats_converter::Header::new("SN-1"));
        for number in 0..100_000_u32 {
            uut.open(format!("level {number}"));
        }
        uut.finish()?;
        Ok(Outcome::Converted)
    }
}

wats_converter::export!(Guest);
