//! One conversion in the real sandbox, with the station of a case round it: same defaults, same rules, same bytes as the test
//! kit of the Rust SDK.

use std::sync::Arc;

use serde_json::{Value, json};
use uuid::Uuid;
use wats_report::{
    Defaults, Violation,
    cases::{self, CaseStation, Lookups},
};
use wats_runtime::{
    Answer, Conversion, Draft, Job, Lookup, Outcome, Place, Plugin, Process, ProcessKinds, Product, ReportSink,
    SinkError, Source,
};

/// What a conversion came to.
#[derive(Debug)]
pub(crate) struct Ran {
    /// What `expected.json` holds, as a document.
    pub(crate) document: Value,
    /// The same as the text that is written there.
    pub(crate) text: String,
    /// All that the plugin host knows.
    pub(crate) conversion: Conversion,
}

/// Converts a source as a case.
pub(super) fn convert(plugin: &Plugin, source: &Source, lookups: &Lookups) -> Ran {
    convert_as(plugin, source, CaseStation::defaults(&source.main.modified), answers(lookups))
}

/// Converts a source as a station with these defaults.
pub(crate) fn convert_as(plugin: &Plugin, source: &Source, defaults: Defaults, lookup: Arc<dyn Lookup>) -> Ran {
    let job = Job::new(CaseSink(CaseStation::with(defaults))).with_lookup(lookup);
    let (conversion, CaseSink(station)) = plugin.convert(source, job);
    let text = match &conversion.outcome {
        Ok(Outcome::Converted) => format!("[{}]", station.reports.join(",")),
        outcome => other(outcome).to_string(),
    };
    let document = crate::commands::document(text.as_bytes()).unwrap_or_default();
    Ran { document, text: cases::pretty(&text), conversion }
}

/// An outcome that is not "converted".
fn other(outcome: &Result<Outcome, Box<wats_runtime::Failure>>) -> Value {
    match outcome {
        Ok(Outcome::Skipped(why)) => json!({ "skipped": why }),
        Ok(Outcome::Waiting { reason, retry_after, missing }) => json!({ "waiting": {
            "reason": reason, "retry-after": retry_after.map(|time| time.as_secs_f64()), "missing": missing,
        } }),
        Ok(_) => Value::Null,
        Err(failure) => {
            let mut error = json!({ "kind": failure.kind.as_str(), "message": failure.message });
            if failure.place != Place::Whole
                && let Some(error) = error.as_object_mut()
            {
                error.insert("place".to_owned(), failure.place.to_string().into());
            }
            json!({ "error": error })
        }
    }
}

struct CaseSink(CaseStation);

impl ReportSink for CaseSink {
    fn accept(&mut self, draft: Draft) -> Result<Result<String, Vec<Violation>>, SinkError> {
        let Draft { report, key, own_id, .. } = draft;
        let taken = self.0.accept(report, key.as_deref(), own_id.as_deref(), Vec::new());
        Ok(taken.map(|id| id.to_string()))
    }

    fn check(&mut self, mut draft: Draft) -> Vec<Violation> {
        self.0.check(&mut draft.report, Uuid::nil())
    }
}

/// What a case says that the server knows.
pub(super) fn answers(lookups: &Lookups) -> Arc<dyn Lookup> {
    Arc::new(CaseLookup(lookups.clone()))
}

struct CaseLookup(Lookups);

impl CaseLookup {
    fn answer<T>(&self, found: Option<T>) -> Answer<T> {
        if self.0.offline {
            return Answer::Unavailable(cases::OFFLINE.to_owned());
        }
        found.map_or(Answer::Absent, Answer::Found)
    }
}

impl Lookup for CaseLookup {
    fn process_by_name(&self, name: &str) -> Answer<Process> {
        self.answer(self.0.process(name).map(|known| Process {
            code: known.code,
            name: known.name.clone(),
            kinds: ProcessKinds::default(),
        }))
    }

    fn product_by_part_number(&self, part_number: &str) -> Answer<Product> {
        self.answer(self.0.product(part_number).map(|known| Product {
            part_number: known.part_number.clone(),
            name: known.name.clone(),
            revisions: known.revisions.clone(),
        }))
    }
}
