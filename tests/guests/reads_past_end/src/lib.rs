//! Reads at and after the end of the file, which is allowed and gives nothing.
use wats_converter::{Converter, Descriptor, Detection, Error, Input, NoSettings, Outcome, Reports};

struct Guest;

impl Converter for Guest {
    type Settings = NoSettings;

    fn descriptor() -> Descriptor {
        Descriptor::new("reads-past-end", "0.1.0").summary("a test guest").pattern("*.reads_past_end")
    }

    fn probe(_: &Input, _: &NoSettings) -> Detection {
        Detection::certain()
    }

    fn convert(input: &Input, _: &NoSettings, reports: &mut Reports) -> Result<Outcome, Error> {
        let _ = (input, &reports);
        let file = input.main();
        let size = file.size();
        let at_end = file.read(size, 10).len();
        let far_after = file.read(u64::MAX, 10).len();
        let across = file.read(size.saturating_sub(2), 10).len();
        Ok(Outcome::skipped(format!("{at_end} {far_after} {across}")))
    }
}

wats_converter::export!(Guest);
