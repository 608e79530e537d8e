//! The station of a run.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use wats_report::cases::{CaseStation, Lookups, OFFLINE};
use wats_report::{Defaults, MiscInfo, Report};

use super::complaints::refused;
use super::run::LogLine;
use super::writer::Writer;
use crate::bindings::wats::converter::lookup::{Process, ProcessAnswer, Product, ProductAnswer};
use crate::bindings::wats::converter::report as contract;
use crate::bindings::wats::converter::station::Level;
use crate::host::native::{Host, UutHost};
use crate::{Property, Value, Violation};

/// Under which description a file's own id goes along when it may not be kept.
const OWN_ID: &str = "Id in the source file";
/// At most so many reports may be open at a time.
const MOST_OPEN: usize = 1024;

/// What of master data the station knows.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    pub(super) lookup_granted: bool,
    pub(super) own_id_granted: bool,
    pub(super) lookups: Lookups,
}

pub(super) struct Station {
    pub(super) settings: String,
    pub(super) known: Known,
    case: RefCell<CaseStation>,
    pub(super) log: RefCell<Vec<LogLine>>,
    pub(super) progress: Cell<f64>,
    open: Cell<usize>,
}

impl Station {
    pub(super) fn new(settings: String, known: Known, defaults: Defaults) -> Self {
        Self {
            settings,
            known,
            case: RefCell::new(CaseStation::with(defaults)),
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
}
