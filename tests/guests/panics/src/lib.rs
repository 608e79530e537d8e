//! Panics in the middle of a report.
use wats_converter::{Converter, Descriptor, Detection, Error, Input, NoSettings, Outcome, Reports};

struct Guest;

impl Converter for Guest {
    type Settings = NoSettings;

    fn descriptor() -> Descriptor {
        Descriptor::new("panics", "0.1.0").summary("a test guest").pattern("*.panics")
    }

    fn probe(_: &Input, _: &NoSettings) -> Detection {
        Detection::certain()
    }

    fn convert(input: &Input, _: &NoSettings, reports: &mut Reports) -> Result<Outcome, Error> {
        let _ = (input, &reports);
        let mut uut = reports.uut(wats_converter::Header::new("SN-1").part_number("PN-1"));
        uut.numeric("Vcc", 5.0);
        deep_inside(input.main().size());
        uut.finish()?;
        Ok(Outcome::Converted)
    }
}

wats_converter::export!(Guest);

/// Something to find in the backtrace.
#[inline(never)]
fn deep_inside(size: u64) {
    assert!(std::hint::black_box(size) > u64::MAX - 1, "the file has {size} bytes, and that is not enough");
}
