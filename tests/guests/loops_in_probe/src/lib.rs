//! Never answers a probe.
use wats_converter::{Converter, Descriptor, Detection, Error, Input, NoSettings, Outcome, Reports};

struct Guest;

impl Converter for Guest {
    type Settings = NoSettings;

    fn descriptor() -> Descriptor {
        Descriptor::new("loops-in-probe", "0.1.0").pattern("*.loops_in_probe")
    }

    fn probe(_: &Input, _: &NoSettings) -> Detection {
        loop {
            std::hint::black_box(0);
        }
    }

    fn convert(_: &Input, _: &NoSettings, _: &mut Reports) -> Result<Outcome, Error> {
        Ok(Outcome::Converted)
    }
}

wats_converter::export!(Guest);
