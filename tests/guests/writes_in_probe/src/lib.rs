//! Writes a report while it is probed.
use wats_converter::{Converter, Descriptor, Detection, Error, Input, NoSettings, Outcome, Reports};

struct Guest;

impl Converter for Guest {
    type Settings = NoSettings;

    fn descriptor() -> Descriptor {
        Descriptor::new("writes-in-probe", "0.1.0").pattern("*.writes_in_probe")
    }

    fn probe(_: &Input, _: &NoSettings) -> Detection {
        use wats_converter::bindings::wats::converter::report;
        let _ = report::emit_json("{}", None);
        Detection::certain()
    }

    fn convert(_: &Input, _: &NoSettings, _: &mut Reports) -> Result<Outcome, Error> {
        Ok(Outcome::Converted)
    }
}

wats_converter::export!(Guest);
