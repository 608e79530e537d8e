//! One conversion or run in the real sandbox, with the station of a case round it: same defaults, same rules, same bytes as the test
//! kit of the Rust SDK.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use serde_json::{Value, json};
use uuid::Uuid;
use wats_report::{
    Defaults, Violation,
    cases::{self, CaseAnswer, CaseRun, CaseStation, Lookups},
};
use wats_runtime::{
    Answer, Conversion, Draft, HttpError, HttpRequest, HttpResponse, HttpSender, Job, Lookup, Memory, Outcome, Place,
    Plugin, Process, ProcessKinds, Product, ReportSink, Run, SinkError, Source,
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

/// Has a scheduled converter run as a case. What it comes to is the reports and what it remembers then.
pub(super) fn run(plugin: &Plugin, case: &CaseRun, answers: &[(CaseAnswer, Vec<u8>)], lookups: &Lookups) -> Ran {
    let mut state: BTreeMap<_, _> =
        case.state.iter().map(|(key, text)| (key.clone(), text.clone().into_bytes())).collect();
    let job = Job::new(CaseSink(CaseStation::for_run(&case.due)))
        .with_lookup(self::answers(lookups))
        .with_http(Arc::new(CaseHttp(answers.to_vec())))
        .with_memory(Memory::new(state.clone()));
    let run = Run { due: case.due.clone(), previous: case.previous.clone(), by_hand: case.by_hand };
    let (conversion, CaseSink(station)) = plugin.run(&run, job);
    let text = match &conversion.outcome {
        Ok(Outcome::Converted) => {
            for (key, value) in conversion.memory.clone().into_changes() {
                match value {
                    Some(value) => state.insert(key, value),
                    None => state.remove(&key),
                };
            }
            cases::ran(&station.reports, &state)
        }
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

/// Answers what a case says that other systems answer.
struct CaseHttp(Vec<(CaseAnswer, Vec<u8>)>);

impl HttpSender for CaseHttp {
    fn send(&self, request: HttpRequest, _: Duration, max_bytes: u64) -> Result<HttpResponse, HttpError> {
        let (method, url) = (&request.method, &request.url);
        let Some((answer, body)) = self.0.iter().find(|(answer, _)| answer.is_to(method, url)) else {
            return Err(HttpError::Unreachable(cases::no_answer(method, url)));
        };
        if let Some(why) = &answer.unreachable {
            return Err(HttpError::Unreachable(why.clone()));
        }
        if body.len() as u64 > max_bytes {
            return Err(HttpError::TooLarge);
        }
        let header = |(name, value): (&String, &String)| (name.to_ascii_lowercase(), value.clone());
        Ok(HttpResponse {
            status: answer.status.unwrap_or(200),
            headers: answer.headers.iter().map(header).collect(),
            body: body.clone(),
        })
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
