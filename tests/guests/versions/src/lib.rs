//! One plugin in many versions. What it is called, which version it is, what it asks for and what it does wrong stands in
//! [`SAYS`], which tests replace in the compiled component: the same code under another text is another version.
//!
//! Files have one command a line:
//!
//! ```text
//! report SERIAL           a report
//! own ID SERIAL           a report with an identity of its own
//! ask PROCESS             asks for a process; the report's serial number is the kind of answer
//! hard SERIAL             a report, but for versions that do something wrong with these
//! poison                  breaks every version
//! ```
use wats_converter::{
    Converter, Descriptor, Detection, Error, ErrorKind, Grant, Header, Input, NoSettings, Outcome, Reports, lookup,
};

/// Name, version, grants that it asks for (with a comma, or `-`), and what it does with `hard` lines: `convert`, `trap`,
/// `loop`, `refuse`, `skip`, `nothing`; or with files that have one: `unknown`, `probe-trap`, `misses`. As long as it is.
static SAYS: [u8; 96] =
    *b"this test guest says: versions 1.0.0 - convert                                                  ";

struct Versions;

fn says(number: usize) -> String {
    // Read as it is when the component runs, not as the compiler saw it.
    let text = std::hint::black_box(&SAYS);
    let text = String::from_utf8_lossy(text).into_owned();
    text.split_whitespace().nth(4 + number).unwrap_or_default().to_owned()
}

impl Converter for Versions {
    type Settings = NoSettings;

    fn descriptor() -> Descriptor {
        let mut descriptor = Descriptor::new(says(0), says(1)).summary("a test guest").pattern("*.versions");
        for word in says(2).split(',') {
            match word {
                "lookup" => descriptor = descriptor.grant(Grant::Lookup),
                "own-id" => descriptor = descriptor.grant(Grant::OwnId),
                _ => {}
            }
        }
        descriptor
    }

    fn probe(input: &Input, _: &NoSettings) -> Detection {
        let is_hard = String::from_utf8_lossy(&input.main().head(4096)).contains("hard ");
        match says(3).as_str() {
            "unknown" if is_hard => Detection::no("it is too hard"),
            "misses" if is_hard => Detection::certain().missing("a.companion"),
            "probe-trap" if is_hard => panic!("a probe that breaks"),
            _ => Detection::certain(),
        }
    }

    fn convert(input: &Input, _: &NoSettings, reports: &mut Reports) -> Result<Outcome, Error> {
        for line in String::from_utf8_lossy(&input.main().bytes()).lines() {
            let words: Vec<_> = line.split(' ').collect();
            match words.as_slice() {
                ["report", serial] => one(reports, Header::new(*serial))?,
                ["own", id, serial] => one(reports, Header::new(*serial).id(*id))?,
                ["ask", name] => {
                    let answer = format!("{:?}", lookup::process(name));
                    one(reports, Header::new(answer.split('(').next().unwrap_or_default()))?;
                }
                ["hard", serial] => match says(3).as_str() {
                    "trap" => panic!("it is too hard"),
                    "loop" => loop {
                        std::hint::black_box(0);
                    },
                    "refuse" => return Err(Error::new(ErrorKind::Malformed, "it is too hard")),
                    "skip" => return Ok(Outcome::skipped("it is too hard")),
                    "nothing" => {}
                    _ => one(reports, Header::new(*serial))?,
                },
                ["poison"] => panic!("poisoned"),
                _ => {}
            }
        }
        Ok(Outcome::Converted)
    }
}

fn one(reports: &mut Reports, header: Header) -> Result<(), Error> {
    // Tells in the report which version made it.
    let mut uut = reports.uut(header.part_number("PN-1").program(format!("by {}", says(1)).as_str()));
    uut.numeric("Vcc", 5.0).unit("V").between(4.9, 5.1);
    uut.finish()?;
    Ok(())
}

wats_converter::export!(Versions);
