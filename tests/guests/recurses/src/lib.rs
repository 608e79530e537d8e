//! Calls itself until its stack is used up, keeping nothing in its memory.
use wats_converter::{Converter, Descriptor, Detection, Error, Input, NoSettings, Outcome, Reports};

struct Guest;

impl Converter for Guest {
    type Settings = NoSettings;

    fn descriptor() -> Descriptor {
        Descriptor::new("recurses", "0.1.0").summary("a test guest").pattern("*.recurses")
    }

    fn probe(_: &Input, _: &NoSettings) -> Detection {
        Detection::certain()
    }

    fn convert(input: &Input, _: &NoSettings, _: &mut Reports) -> Result<Outcome, Error> {
        let ways: [Way; 2] = std::hint::black_box([deeper, deeper]);
        Ok(Outcome::skipped(deeper(input.main().size(), &Ways(&ways)).to_string()))
    }
}

type Way = fn(u64, &Ways<'_>) -> u64;

struct Ways<'a>(&'a [Way; 2]);

/// Through a table, so that no compiler makes a loop of it.
fn deeper(depth: u64, ways: &Ways<'_>) -> u64 {
    let way = ways.0[usize::from(depth.is_multiple_of(2))];
    way(depth.wrapping_add(1), ways).wrapping_mul(depth | 1)
}

wats_converter::export!(Guest);
