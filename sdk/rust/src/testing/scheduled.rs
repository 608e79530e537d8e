//! One run of a scheduled converter in a test.

use std::marker::PhantomData;
use std::rc::Rc;

use serde::Serialize;
use serde_json::{Map, Value};
use wats_report::cases::{CaseAnswer, CaseRun, CaseStation, Lookups};

use super::run::{Converted, came_to, check_settings, stop};
use super::station::{Known, Station};
use crate::host::native;
use crate::scheduled::bindings::RunInfo;
use crate::{Outcome, Property, ScheduledConverter, scheduled};

/// A run to be done: when it is due, what is remembered, what other systems answer. Everything that the descriptor asks for is
/// granted. What the station fills in where a report is silent is as in a [`Run`](super::Run).
///
/// ```
/// # use wats_converter::{Descriptor, Error, Grant, Header, NoSettings, Outcome, Reports, Run, ScheduledConverter, http, state};
/// # struct Poll;
/// # impl ScheduledConverter for Poll {
/// #     type Settings = NoSettings;
/// #     fn descriptor() -> Descriptor {
/// #         Descriptor::new("poll", "0.1.0").grant(Grant::HttpTo("mes.example")).grant(Grant::State)
/// #     }
/// #     fn run(run: &Run, _: &NoSettings, reports: &mut Reports) -> Result<Outcome, Error> {
/// #         let answer = http::get("https://mes.example/next")?.success()?;
/// #         let serial = answer.text()?;
/// #         reports.uut(Header::new(serial).key(serial).start(run.due())).finish()?;
/// #         state::set_text("last", serial)?;
/// #         Ok(Outcome::Converted)
/// #     }
/// # }
/// use wats_converter::testing::ScheduledRun;
///
/// let ran = ScheduledRun::<Poll>::new().answer("https://mes.example/next", "SN1").run();
/// assert_eq!(ran.converted.report()["sn"], "SN1");
/// assert_eq!(ran.state("last"), Some("SN1"));
/// assert_eq!(ran.requests[0].url, "https://mes.example/next");
/// ```
#[derive(Debug)]
pub struct ScheduledRun<C> {
    case: CaseRun,
    settings: Map<String, Value>,
    known: Known,
    converter: PhantomData<C>,
}

/// What came of a run.
#[derive(Debug)]
pub struct Ran {
    /// Outcome, reports and log, as those of a conversion.
    pub converted: Converted,
    /// Requests that were sent, in order.
    pub requests: Vec<Request>,
    /// What is remembered afterwards: what was before, unless the outcome is `Converted`.
    pub(super) state: std::collections::BTreeMap<String, Vec<u8>>,
}

/// A request that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// `GET`, `POST`, ...
    pub method: String,
    /// The address.
    pub url: String,
    /// Headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Ran {
    /// What is remembered of this key, if it is text.
    pub fn state(&self, key: &str) -> Option<&str> {
        self.state.get(key).and_then(|value| std::str::from_utf8(value).ok())
    }
}

impl<C: ScheduledConverter> Default for ScheduledRun<C> {
    fn default() -> Self {
        Self::new()
    }
}

impl<C: ScheduledConverter> ScheduledRun<C> {
    /// The first run, due at 2026-01-01T12:00:00Z, of which nobody answers.
    pub fn new() -> Self {
        let descriptor = scheduled::describe::<C>();
        let known = Known { plugin: descriptor.name, ..Known::granted(&descriptor.grants) };
        Self { case: CaseRun::default(), settings: Map::new(), known, converter: PhantomData }
    }

    /// The run of a case. Where any host is granted, it is those that answer.
    pub(super) fn of_case(
        case: CaseRun,
        answers: Vec<(CaseAnswer, Vec<u8>)>,
        settings: Map<String, Value>,
        grants: Option<Vec<String>>,
        lookups: Lookups,
    ) -> Self {
        let mut run = Self::new();
        if let Some(grants) = grants {
            run.known = Known { plugin: run.known.plugin, ..Known::granted(&grants) };
        }
        let bytes = |(key, text): (&String, &String)| (key.clone(), text.clone().into_bytes());
        run.known.state = case.state.iter().map(bytes).collect();
        run.known.answers = answers;
        run.known.lookups = lookups;
        Self { case, settings, ..run }
    }

    /// That an operator asked for it.
    #[must_use]
    pub fn by_hand(mut self) -> Self {
        self.case.by_hand = true;
        self
    }

    /// When it is due, ISO 8601 with an offset.
    #[must_use]
    pub fn due(mut self, time: impl Into<String>) -> Self {
        self.case.due = time.into();
        self
    }

    /// When the last run was due that went well.
    #[must_use]
    pub fn previous(mut self, time: impl Into<String>) -> Self {
        self.case.previous = Some(time.into());
        self
    }

    /// Something that it remembers.
    #[must_use]
    pub fn state(mut self, key: impl Into<String>, value: impl Into<Vec<u8>>) -> Self {
        self.known.state.insert(key.into(), value.into());
        self
    }

    /// One setting.
    ///
    /// # Panics
    /// When the value is none of JSON.
    #[must_use]
    pub fn setting(mut self, key: impl Into<String>, value: impl Serialize) -> Self {
        let value = serde_json::to_value(value).unwrap_or_else(|error| stop(&format!("setting: {error}")));
        self.settings.insert(key.into(), value);
        self
    }

    /// What a `GET` of this address is answered: 200, with this body.
    #[must_use]
    pub fn answer(self, url: impl Into<String>, body: impl Into<String>) -> Self {
        self.answer_to("GET", url, 200, body)
    }

    /// What a request is answered.
    #[must_use]
    pub fn answer_to(mut self, method: &str, url: impl Into<String>, status: u16, body: impl Into<String>) -> Self {
        let answer = CaseAnswer {
            method: Some(method.to_owned()),
            url: url.into(),
            status: Some(status),
            ..CaseAnswer::default()
        };
        self.known.answers.push((answer, body.into().into_bytes()));
        self
    }

    /// Runs.
    pub fn run(self) -> Ran {
        check_settings(scheduled::describe::<C>, &self.settings);
        let before = self.known.state.clone();
        let case = CaseStation::for_run(&self.case.due);
        let station = Rc::new(Station::new(Value::Object(self.settings).to_string(), self.known, case));
        let by_hand = Property { key: "by-hand".to_owned(), value: crate::Value::Flag(true) };
        let info = RunInfo {
            due: self.case.due,
            previous: self.case.previous,
            properties: if self.case.by_hand { vec![by_hand] } else { Vec::new() },
        };
        let run = crate::Run::new(info);
        let outcome = native::with(Rc::<Station>::clone(&station), || scheduled::run::<C>(&run));
        let converted = came_to(outcome, &station);
        let is_kept = matches!(converted.outcome, Ok(Outcome::Converted));
        let requests = station.requests.take().into_iter().map(|request| Request {
            method: request.method,
            url: request.url,
            headers: request.headers.into_iter().map(|header| (header.name, header.value)).collect(),
            body: request.body,
        });
        Ran { converted, requests: requests.collect(), state: if is_kept { station.state.take() } else { before } }
    }
}
