//! Converter for WATS reports as JSON (WSJF): one object, an array of them, or one after the other; tests (UUT) and repairs
//! (UUR).
//!
//! The documents go to the station as they are, one at a time: the station reads them, brings them into the form that servers
//! take, and checks them. This plugin finds where each begins and ends, so that a file of any size needs no more memory than
//! its largest report.

mod documents;
mod head;
mod probe;

use std::io::BufRead;

use documents::Documents;
use head::Head;
use schemars::JsonSchema;
use serde::Deserialize;
use wats_converter::{At, Converter, Descriptor, Detection, Error, Grant, Input, Outcome, Reports, log, progress};

/// The converter.
#[derive(Debug)]
pub struct WatsJson;

/// What an operator can set.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(title = "wats-json")]
pub struct Settings {
    /// Encoding of files without a byte order mark, as a WHATWG label: windows-1252. JSON is UTF-8 by its standard.
    pub encoding: Option<String>,
}

impl Converter for WatsJson {
    type Settings = Settings;

    fn descriptor() -> Descriptor {
        Descriptor::new("wats-json", env!("CARGO_PKG_VERSION"))
            .summary("WATS reports as JSON (WSJF), tests and repairs, one or many in a file")
            .format("WATS Standard JSON Format (WSJF)")
            .pattern("*.json")
            .pattern("*.wsjf")
            .pattern("*.jsonl")
            .size(2..)
            .grant(Grant::OwnId)
    }

    fn probe(input: &Input, _: &Settings) -> Detection {
        probe::probe(&input.main().head(probe::HEAD))
    }

    fn convert(input: &Input, settings: &Settings, reports: &mut Reports) -> Result<Outcome, Error> {
        let file = input.main();
        let is_utf16 = matches!(file.head(2).as_slice(), [0xff, 0xfe] | [0xfe, 0xff]);
        if is_utf16 || settings.encoding.is_some() {
            // A byte order mark stands above the setting.
            let encoding = settings.encoding.as_deref().filter(|_| !is_utf16);
            let text = file.text(encoding)?;
            return convert_all(Documents::new(text.as_bytes()), text.len() as u64, reports);
        }
        convert_all(Documents::new(file.reader()), file.size(), reports)
    }
}

fn convert_all<R: BufRead>(mut documents: Documents<R>, size: u64, reports: &mut Reports) -> Result<Outcome, Error> {
    let mut count = 0_u32;
    while let Some(document) = documents.next_document()? {
        let head = Head::read(&document)?;
        if !head.is_report {
            let why = "no WATS report: none of the keys sn, pn, root, uut, uur";
            if count == 0 {
                return Ok(Outcome::skipped(why));
            }
            return Err(Error::malformed(why).at_line(document.line));
        }
        reports.emit_json(document.text, head.id.as_deref()).at_line(document.line)?;
        count += 1;
        #[expect(clippy::cast_precision_loss, reason = "a share, for people")]
        progress(document.end as f64 / size.max(1) as f64);
    }
    if count == 0 {
        log::warn("the file holds an empty array: no report");
    }
    Ok(Outcome::Converted)
}

wats_converter::export!(WatsJson);
