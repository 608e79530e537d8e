//! Does what the file says, one command a line:
//!
//! ```text
//! report SERIAL VOLTS     a report with one numeric step between 4.9 and 5.1
//! keyed KEY SERIAL VOLTS [START]  the same with a key, and the time at which the test began
//! own ID SERIAL           a report with an identity of its own
//! json TEXT               emits the rest of the line as WSJF
//! crossed SERIAL          a report with a low limit above the high one
//! badtime SERIAL          a report whose start is no time
//! loop SERIAL             a report with a looped sequence
//! sequence SERIAL         a report whose program and sequence say all that a sequence can
//! name | path | modified  asks, and puts the answer into the log
//! companions              names all companions in the log
//! companion N             reads companion N and logs its text
//! setting                 logs all settings
//! text LABEL              decodes the file and logs its length
//! process NAME | product PN
//! attach                  a report with the source file attached
//! log LEVEL TEXT
//! progress FRACTION
//! skip WHY | wait SECONDS WHY | missing NAME
//! error KIND LINE COLUMN TEXT
//! loop-forever | panic TEXT
//! ```
//! A file without a command converts to nothing. One that begins with `no`, `probe-name` or `probe-misses` is recognised so.
use serde::Deserialize;
use wats_converter::bindings::wats::converter::report;
use wats_converter::{
    Converter, Descriptor, Detection, Error, ErrorKind, File, Grant, Header, Input, Outcome, Place, Reports, Sequence,
    Waiting, log, lookup,
};

struct Scripted;

/// What can be set.
#[derive(Deserialize, schemars::JsonSchema, serde::Serialize)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    /// Put before serial numbers.
    prefix: String,
    /// At most 10.
    #[schemars(range(max = 10))]
    count: u32,
    /// What a newer version of a plugin does: reports come in the other order, with other values, and those of units whose
    /// serial number begins with `DROP` do not come at all.
    mended: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { prefix: String::new(), count: 1, mended: false }
    }
}

impl Converter for Scripted {
    type Settings = Settings;

    fn descriptor() -> Descriptor {
        Descriptor::new("scripted", "1.2.3")
            .summary("Does what the file says")
            .format("script")
            .pattern("*.script")
            .grant(Grant::Lookup)
            .grant(Grant::OwnId)
            .property("author", "the tests")
    }

    fn probe(input: &Input, _: &Settings) -> Detection {
        let head = input.main().head(64);
        if head.starts_with(b"probe-name") {
            return Detection::likely(0.5).detail(input.main().name());
        }
        if head.starts_with(b"probe-misses") {
            return Detection::certain().missing("a.companion");
        }
        if head.starts_with(b"no") { Detection::no("it says no") } else { Detection::certain().serial_number("SN-1") }
    }

    fn convert(input: &Input, settings: &Settings, reports: &mut Reports) -> Result<Outcome, Error> {
        let file = input.main();
        let text = String::from_utf8_lossy(&file.bytes()).into_owned();
        let mut lines: Vec<_> = text.lines().collect();
        if settings.mended {
            lines.reverse();
            lines.retain(|line| !line.split(' ').any(|word| word.starts_with("DROP")));
        }
        let volts = |word: &str| word.parse().unwrap_or(5.0) + if settings.mended { 0.01 } else { 0.0 };
        for line in lines {
            let mut words = line.split(' ');
            let command = words.next().unwrap_or_default();
            let mut word = || words.next().unwrap_or_default();
            match command {
                "report" => {
                    let serial = format!("{}{}", settings.prefix, word());
                    one(reports, Header::new(serial), volts(word()))?;
                }
                "keyed" => {
                    let key = word();
                    let (header, volts) = (Header::new(word()).key(key), volts(word()));
                    one(reports, words.next().into_iter().fold(header, Header::start), volts)?;
                }
                "own" => {
                    let id = word();
                    one(reports, Header::new(word()).id(id), 5.0)?;
                }
                "json" => {
                    let rest = line.strip_prefix("json ").unwrap_or_default();
                    if let Err(violations) = report::emit_json(rest, None) {
                        let all: Vec<_> = violations.iter().map(|v| format!("{}: {}", v.path, v.message)).collect();
                        return Err(Error::new(ErrorKind::Rejected, all.join("; ")));
                    }
                }
                "crossed" => {
                    let mut uut = reports.uut(header(Header::new(word())));
                    uut.sequence("Supply", |uut| {
                        uut.numeric("Vcc", 5.0).between(6.0, 4.0);
                    });
                    uut.finish()?;
                }
                "badtime" => one(reports, Header::new(word()).start("yesterday"), 5.0)?,
                "loop" => {
                    let mut uut = reports.uut(header(Header::new(word())));
                    uut.sequence(Sequence::new("Soak").property("loop-count", 2.0), |_| ());
                    for index in 0..2_u8 {
                        let soak = Sequence::new("Soak").property("loop-index", f64::from(index)).duration(1.5);
                        uut.sequence(soak, |uut| {
                            uut.pass_fail("ok", true).property("colour", "green");
                        });
                    }
                    uut.finish()?;
                }
                "sequence" => {
                    let told = |name: &str| {
                        Sequence::new(name)
                            .start("2026-05-04T08:15:30Z")
                            .error_code("E7")
                            .error_message("it broke")
                            .report_text("two\nlines")
                    };
                    let program = told("Main").property("ts-guid", "ID#:main").property("colour", "green");
                    let mut uut = reports.uut(header(Header::new(word())).program(program));
                    uut.sequence(told("Inner"), |uut| {
                        uut.multi_numeric("Rails").measure("3V3", 3.3, |_| ()).property("value-format", "%.1f");
                    });
                    uut.finish()?;
                }
                "name" => log::info(file.name()),
                "path" => log::info(file.path()),
                "modified" => log::info(file.modified()),
                "companions" => log::info(input.companions().iter().map(File::path).collect::<Vec<_>>().join(" ")),
                "companion" => {
                    let number: usize = word().parse().unwrap_or(0);
                    log::info(input.companions()[number].text(None)?);
                }
                "setting" => log::info(format!("{} {}", settings.prefix, settings.count)),
                "text" => {
                    let label = Some(word()).filter(|label| !label.is_empty());
                    log::info(file.text(label)?.chars().count());
                }
                "process" => log::info(format!("{:?}", lookup::process(word()))),
                "product" => match lookup::product(word()).known()? {
                    Some(product) => log::info(product.name),
                    None => log::info("absent"),
                },
                "attach" => {
                    let mut uut = reports.uut(header(Header::new("SN-1")));
                    uut.attach_file(file, "text/plain");
                    uut.finish()?;
                }
                "log" => match word() {
                    "error" => log::error(line.strip_prefix("log error ").unwrap_or_default()),
                    "warn" => log::warn(line.strip_prefix("log warn ").unwrap_or_default()),
                    _ => log::info(line),
                },
                "progress" => wats_converter::progress(word().parse().unwrap_or(f64::NAN)),
                "skip" => return Ok(Outcome::skipped(word())),
                "wait" => {
                    let seconds = word().parse().unwrap_or(f64::NAN);
                    return Err(Waiting::new(word()).retry_after(seconds).into());
                }
                "missing" => return Err(Waiting::new("a companion").missing(word()).into()),
                "error" => {
                    let kind = match word() {
                        "malformed" => ErrorKind::Malformed,
                        "truncated" => ErrorKind::Truncated,
                        "unsupported" => ErrorKind::Unsupported,
                        "misconfigured" => ErrorKind::Misconfigured,
                        _ => ErrorKind::Internal,
                    };
                    let (line, column) = (word().parse().unwrap_or(0), word().parse().unwrap_or(0));
                    let place = Place::Cell(wats_converter::Cell { line, column });
                    return Err(Error::new(kind, word()).at(place));
                }
                "loop-forever" => loop {
                    std::hint::black_box(0);
                },
                "panic" => panic!("{}", line.strip_prefix("panic ").unwrap_or_default()),
                _ => {}
            }
        }
        Ok(Outcome::Converted)
    }
}

fn header(header: Header) -> Header {
    header.part_number("PN-1").program("Main")
}

fn one(reports: &mut Reports, start: Header, volts: f64) -> Result<(), Error> {
    let mut uut = reports.uut(header(start));
    uut.numeric("Vcc", volts).unit("V").between(4.9, 5.1);
    uut.finish()?;
    Ok(())
}

wats_converter::export!(Scripted);
