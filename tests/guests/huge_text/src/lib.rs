//! Hands over one text of 200 MiB.
use wats_converter::{Converter, Descriptor, Detection, Error, Input, NoSettings, Outcome, Reports};

struct Guest;

impl Converter for Guest {
    type Settings = NoSettings;

    fn descriptor() -> Descriptor {
        Descriptor::new("huge-text", "0.1.0").summary("a test guest").pattern("*.huge_text")
    }

    fn probe(_: &Input, _: &NoSettings) -> Detection {
        Detection::certain()
    }

    fn convert(input: &Input, _: &NoSettings, reports: &mut Reports) -> Result<Outcome, Error> {
        let _ = (input, &reports);
        let mut uut = reports.uut(wats_converter::Header::new("SN-1"));
        uut.text("big", "y".repeat(100 << 20).as_str());
        uut.finish()?;
        Ok(Outcome::Converted)
    }
}

wats_converter::export!(Guest);
