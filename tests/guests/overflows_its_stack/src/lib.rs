//! Calls itself until the stack that it keeps in its memory is used up.
use wats_converter::{Converter, Descriptor, Detection, Error, Input, NoSettings, Outcome, Reports};

struct Guest;

impl Converter for Guest {
    type Settings = NoSettings;

    fn descriptor() -> Descriptor {
        Descriptor::new("overflows-its-stack", "0.1.0").summary("a test guest").pattern("*.overflows_its_stack")
    }

    fn probe(_: &Input, _: &NoSettings) -> Detection {
        Detection::certain()
    }

    fn convert(input: &Input, _: &NoSettings, reports: &mut Reports) -> Result<Outcome, Error> {
        let _ = (input, &reports);
        Ok(Outcome::skipped(deeper(input.main().size()).to_string()))
    }
}

wats_converter::export!(Guest);

#[inline(never)]
#[expect(unconditional_recursion, reason = "that is what it is for")]
fn deeper(depth: u64) -> u64 {
    let room = std::hint::black_box([depth; 32]);
    deeper(depth + 1) + room[std::hint::black_box(7)]
}
