//! The station of a run.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use wats_report::cases::{CaseAnswer, CaseStation, Lookups, OFFLINE, no_answer};
use wats_report::{Defaults, MiscInfo, Report};

use super::complaints::refused;
use super::run::LogLine;
use super::writer::Writer;
use crate::bindings::wats::converter::lookup::{Process, ProcessAnswer, Product, ProductAnswer};
use crate::bindings::wats::converter::report as contract;
use crate::bindings::wats::converter::station::Level;
use crate::host::native::{Host, UutHost};
use crate::scheduled::bindings::wats::converter::http::{Header, HttpError, Request, Response};
use crate::scheduled::bindings::wats::converter::state::StateError;
use crate::{Property, Value, Violation};

/// Under which description a file's own id goes along when it may not be kept.
const OWN_ID: &str = "Id in the source file";
/// At most so many reports may be open at a time.
const MOST_OPEN: usize = 1024;

/// What of master data the station knows.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    /// Its name, for what is told of it.
    pub(super) plugin: String,
    pub(super) lookup_granted: bool,
    pub(super) own_id_granted: bool,
    pub(super) lookups: Lookups,
    pub(super) state_granted: bool,
    /// Hosts that requests may go to; `*` for any.
    pub(super) hosts: Vec<String>,
    /// Each with its body.
    pub(super) answers: Vec<(CaseAnswer, Vec<u8>)>,
    pub(super) state: BTreeMap<String, Vec<u8>>,
}

impl Known {
    /// With these grants.
    pub(super) fn granted(words: &[String]) -> Self {
        let has = |wanted: &str| words.iter().any(|word| word == wanted);
        let host = |word: &String| word.strip_prefix("http:").map(ToOwned::to_owned);
        let any = has("http").then(|| "*".to_owned());
        Self {
            lookup_granted: has("lookup"),
            own_id_granted: has("own-id"),
            state_granted: has("state"),
            hosts: words.iter().filter_map(host).chain(any).collect(),
            ..Self::default()
        }
    }
}

pub(super) struct Station {
    pub(super) settings: String,
    pub(super) known: Known,
    case: RefCell<CaseStation>,
    pub(super) log: RefCell<Vec<LogLine>>,
    pub(super) progress: Cell<f64>,
    /// Requests that came, in order.
    pub(super) requests: RefCell<Vec<Request>>,
    pub(super) state: RefCell<BTreeMap<String, Vec<u8>>>,
    open: Cell<usize>,
}

impl Station {
    pub(super) fn new(settings: String, known: Known, case: CaseStation) -> Self {
        Self {
            requests: RefCell::default(),
            state: RefCell::new(known.state.clone()),
            settings,
            known,
            case: RefCell::new(case),
            log: RefCell::default(),
            progress: Cell::new(0.0),
            open: Cell::new(0),
        }
    }

    /// All reports and warnings so far; the station is empty then.
    pub(super) fn take_all(&self) -> CaseStation {
        self.case.replace(CaseStation::with(Defaults::default()))
    }

    /// Writers that were neither finished nor discarded.
    pub(super) fn open_writers(&self) -> usize {
        self.open.get()
    }

    pub(super) fn closed_writer(&self) {
        self.open.set(self.open.get().saturating_sub(1));
    }

    /// Takes a report over, or tells all that is wrong with it.
    pub(super) fn take(
        &self,
        mut report: Report,
        key: Option<&str>,
        id: Option<String>,
        mut violations: Vec<wats_report::Violation>,
    ) -> Result<String, Vec<Violation>> {
        if key.is_some_and(|key| !(1..=200).contains(&key.chars().count())) {
            violations.push(refused("header/key", "length", "a key has 1 to 200 characters"));
        }
        let mut own = None;
        match (id, &mut report) {
            (Some(id), _) if self.known.own_id_granted => own = Some(id),
            (Some(id), Report::Uut(uut)) => uut.header.misc_infos.push(MiscInfo::new(OWN_ID, id)),
            // WATS restricts the misc infos of a repair to the fields that the repair type defines.
            (Some(id), Report::Uur(_)) => self.log(
                Level::Warn,
                &format!("the repair's own id {id:?} is not kept without the grant own-id; it gets another one"),
            ),
            (None, _) => {}
        }
        let taken = self.case.borrow_mut().accept(report, key, own.as_deref(), violations);
        taken.map(|id| id.to_string()).map_err(|violations| violations.into_iter().map(to_contract).collect())
    }
}

impl Station {
    fn may_remember(&self, key: &str) -> Result<(), StateError> {
        if !self.known.state_granted {
            return Err(StateError::Denied);
        }
        if (1..=200).contains(&key.chars().count()) { Ok(()) } else { Err(StateError::InvalidKey) }
    }
}

/// Host and port of an address.
pub(super) fn host_of(url: &str) -> Option<&str> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    rest.split(['/', '?', '#']).next().filter(|host| !host.is_empty())
}

fn to_contract(violation: wats_report::Violation) -> Violation {
    Violation { path: violation.path, rule: violation.rule.to_owned(), message: violation.message }
}

impl Host for Station {
    fn settings_json(&self) -> String {
        self.settings.clone()
    }

    fn log(&self, level: Level, message: &str) {
        let level = match level {
            Level::Trace => "trace",
            Level::Debug => "debug",
            Level::Info => "info",
            Level::Warn => "warn",
            Level::Error => "error",
        };
        self.log.borrow_mut().push(LogLine { level, message: message.to_owned() });
    }

    fn progress(&self, fraction: f64) {
        self.progress.set(fraction);
    }

    fn process_by_name(&self, name: &str) -> ProcessAnswer {
        if !self.known.lookup_granted {
            return ProcessAnswer::Denied;
        }
        if self.known.lookups.offline {
            return ProcessAnswer::Unavailable(OFFLINE.to_owned());
        }
        let unset = |key: &str| Property { key: key.to_owned(), value: Value::Flag(false) };
        self.known.lookups.process(name).map_or(ProcessAnswer::Absent, |known| {
            let properties = ["test", "repair", "wip"].map(unset).to_vec();
            ProcessAnswer::Found(Process { code: known.code, name: known.name.clone(), properties })
        })
    }

    fn product_by_part_number(&self, part_number: &str) -> ProductAnswer {
        if !self.known.lookup_granted {
            return ProductAnswer::Denied;
        }
        if self.known.lookups.offline {
            return ProductAnswer::Unavailable(OFFLINE.to_owned());
        }
        self.known.lookups.product(part_number).map_or(ProductAnswer::Absent, |known| {
            ProductAnswer::Found(Product {
                part_number: known.part_number.clone(),
                name: known.name.clone(),
                revisions: known.revisions.clone(),
                properties: Vec::new(),
            })
        })
    }

    fn open_uut(self: Rc<Self>, header: &contract::UutHeader) -> Box<dyn UutHost> {
        self.open.set(self.open.get() + 1);
        assert!(self.open.get() <= MOST_OPEN, "the host ends the call when more than {MOST_OPEN} reports are open");
        Box::new(Writer::new(Rc::clone(&self), header))
    }

    fn emit_json(&self, wsjf: &str, key: Option<&str>) -> Result<String, Vec<Violation>> {
        match Report::from_wsjf(wsjf.as_bytes()) {
            Ok(mut report) => {
                let id = report.header_mut().id.take().map(|id| id.to_string());
                self.take(report, key, id, Vec::new())
            }
            Err(error) => Err(vec![to_contract(refused(error.place(), "unreadable", error.problem()))]),
        }
    }

    fn send(&self, request: &Request) -> Result<Response, HttpError> {
        self.requests.borrow_mut().push(request.clone());
        let host = host_of(&request.url).ok_or_else(|| HttpError::Invalid(format!("the address {:?}", request.url)))?;
        if !self.known.hosts.iter().any(|granted| granted == "*" || granted == host) {
            // In the words of the station.
            let plugin = &self.known.plugin;
            let has = if self.known.hosts.is_empty() { "is granted no host" } else { "is granted other hosts" };
            let why = format!("{plugin} {has}; `http:{host}` would have to be asked for and granted");
            return Err(HttpError::Denied(why));
        }
        let (method, url) = (&request.method, &request.url);
        let Some((answer, body)) = self.known.answers.iter().find(|(answer, _)| answer.is_to(method, url)) else {
            return Err(HttpError::Unreachable(no_answer(method, url)));
        };
        let header =
            |(name, value): (&String, &String)| Header { name: name.to_ascii_lowercase(), value: value.clone() };
        match &answer.unreachable {
            Some(why) => Err(HttpError::Unreachable(why.clone())),
            None => Ok(Response {
                status: answer.status.unwrap_or(200),
                headers: answer.headers.iter().map(header).collect(),
                body: body.clone(),
            }),
        }
    }

    fn state_keys(&self) -> Result<Vec<String>, StateError> {
        if self.known.state_granted {
            Ok(self.state.borrow().keys().cloned().collect())
        } else {
            Err(StateError::Denied)
        }
    }

    fn state_get(&self, key: &str) -> Result<Option<Vec<u8>>, StateError> {
        self.may_remember(key)?;
        Ok(self.state.borrow().get(key).cloned())
    }

    fn state_set(&self, key: &str, value: Option<&[u8]>) -> Result<(), StateError> {
        self.may_remember(key)?;
        let mut state = self.state.borrow_mut();
        match value {
            Some(value) => state.insert(key.to_owned(), value.to_vec()),
            None => state.remove(key),
        };
        Ok(())
    }
}
