//! Never says what it is.
use wats_converter::{Converter, Descriptor, Detection, Error, Input, NoSettings, Outcome, Reports};

struct Guest;

impl Converter for Guest {
    type Settings = NoSettings;

    fn descriptor() -> Descriptor {
        loop {
            std::hint::black_box(0);
        }
    }

    fn probe(_: &Input, _: &NoSettings) -> Detection {
        Detection::certain()
    }

    fn convert(_: &Input, _: &NoSettings, _: &mut Reports) -> Result<Outcome, Error> {
        Ok(Outcome::Converted)
    }
}

wats_converter::export!(Guest);
