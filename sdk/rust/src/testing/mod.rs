//! The test kit: a converter as plain Rust inside `cargo test`, against an in-memory station.
//!
//! No wasm and no sandbox, so it is quick and a debugger works; but the same reading and writing code as in the component, and
//! the host's own rules for reports. What only the sandbox can show (what is imported, memory, time), `wats plugin check` and
//! `wats convert` show.
//!
//! One file, in code:
//!
//! ```
//! # use wats_converter::{Converter, Descriptor, Detection, Error, Header, Input, NoSettings, Outcome, Reports};
//! # struct OneLine;
//! # impl Converter for OneLine {
//! #     type Settings = NoSettings;
//! #     fn descriptor() -> Descriptor { Descriptor::new("one-line", "0.1.0") }
//! #     fn probe(_: &Input, _: &NoSettings) -> Detection { Detection::certain() }
//! #     fn convert(input: &Input, _: &NoSettings, reports: &mut Reports) -> Result<Outcome, Error> {
//! #         let text = input.main().text(None)?;
//! #         let (serial, volts) = text.trim().split_once(';').ok_or(Error::malformed("no semicolon").at_line(1))?;
//! #         let mut uut = reports.uut(Header::new(serial));
//! #         uut.numeric("Supply", wats_converter::number(volts)?).unit("V").between(4.9, 5.1);
//! #         uut.finish()?;
//! #         Ok(Outcome::Converted)
//! #     }
//! # }
//! use wats_converter::testing::Run;
//!
//! let converted = Run::<OneLine>::file("a.one", "SN1;5.2").convert();
//! let report = converted.report();
//! assert_eq!(report["sn"], "SN1");
//! assert_eq!(report["result"], "F");
//! assert_eq!(Run::<OneLine>::file("a.one", "SN1").convert().error().message(), "no semicolon");
//! ```
//!
//! Many files, as data: [`cases!`](crate::cases).

mod cases;
mod complaints;
mod file;
mod run;
mod scheduled;
mod station;
mod wire;
mod writer;

pub use cases::{cases, scheduled_cases};
pub use run::{Converted, LogLine, Run};
pub use scheduled::{Ran, Request, ScheduledRun};

/// Makes a test that runs every case in the crate's folder `cases` and shows how the outcome differs from what is expected.
///
/// A case is a folder:
///
/// | file | |
/// |---|---|
/// | `input.*` | the file to convert |
/// | `expected.json` | an array of WSJF reports, or `{"error": {...}}`, `{"skipped": "..."}`, `{"waiting": {...}}` |
/// | `settings.json` | settings, if they are not the defaults |
/// | `case.json` | if they matter: `name` (or path) and `modified` of the file, `grants` (default: all that are wanted), `lookups` |
/// | any other | companions of the file |
///
/// In `lookups` is what the server knows: `{"processes": [{"code": 10, "name": "Final Test"}], "products": [{"part_number": "PCB-7",
/// "name": "Lamp", "revisions": ["A"]}], "offline": false}`; what is not there is absent.
///
/// `wats plugin test` runs the same cases in the sandbox, and tells differences in the same words.
///
/// `BLESS=1 cargo test` writes `expected.json` as the outcome is now: look at the difference before you commit it.
#[macro_export]
macro_rules! cases {
    ($converter:ty) => {
        #[test]
        fn cases() {
            $crate::testing::cases::<$converter>(concat!(env!("CARGO_MANIFEST_DIR"), "/cases"));
        }
    };
}

/// As [`cases!`](crate::cases) for a [`ScheduledConverter`](crate::ScheduledConverter): its cases have no `input.*`, but
///
/// | file | |
/// |---|---|
/// | `run.json` | `due`, `previous`, `by_hand`, `state`: what it remembers, `answers`: what other systems answer. All may be left out |
/// | `expected.json` | `{"reports": [...], "state": {...}}` with all that it remembers then, or `{"error": {...}}`, `{"skipped": "..."}`, `{"waiting": {...}}` |
/// | any other | what an answer names as its `file` |
///
/// An answer is `{"url": "https://mes.example/units", "body": "..."}`, with `file` in the place of `body`, and where they matter
/// `method` (`GET`), `status` (200), `headers`; or with `unreachable`, why nobody answers. To all that is not there nobody answers.
#[macro_export]
macro_rules! scheduled_cases {
    ($converter:ty) => {
        #[test]
        fn cases() {
            $crate::testing::scheduled_cases::<$converter>(concat!(env!("CARGO_MANIFEST_DIR"), "/cases"));
        }
    };
}
