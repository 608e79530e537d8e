//! Panics when asked what it is.
use wats_converter::{Converter, Descriptor, Detection, Error, Input, NoSettings, Outcome, Reports};

struct Guest;

impl Converter for Guest {
    type Settings = NoSettings;

    fn descriptor() -> Descriptor {
        panic!("nobody knows what I am")
    }

    fn probe(_: &Input, _: &NoSettings) -> Detection {
        Detection::certain()
    }

    fn convert(_: &Input, _: &NoSettings, _: &mut Reports) -> Result<Outcome, Error> {
        Ok(Outcome::Converted)
    }
}

wats_converter::export!(Guest);
