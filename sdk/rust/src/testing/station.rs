//! The station of a run.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;

use wats_report::{Defaults, MiscInfo, Report, Severity, is_refused};

use super::complaints::refused;
use super::run::LogLine;
use super::writer::Writer;
use crate::Violation;
use crate::bindings::wats::converter::lookup::{Process, ProcessAnswer, Product, ProductAnswer};
use crate::bindings::wats::converter::report as contract;
use crate::bindings::wats::converter::station::Level;
use crate::host::native::{Host, UutHost};

/// Under which description a file's own id goes along when it may not be kept.
const OWN_ID: &str = "Id in the source file";
/// At most so many reports may be open at a time.
const MOST_OPEN: usize = 1024;

/// What of master data the station knows.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    pub(super) lookup_granted: bool,
    pub(super) own_id_granted: bool,
    pub(super) offline: bool,
    pub(super) processes: Vec<Process>,
    pub(super) products: Vec<Product>,
}

pub(super) struct Station {
    pub(super) settings: String,
    pub(super) known: Known,
    pub(super) defaults: Defaults,
    pub(super) reports: RefCell<Vec<String>>,
    pub(super) warnings: RefCell<Vec<String>>,
    pub(super) log: RefCell<Vec<LogLine>>,
    pub(super) progress: Cell<f64>,
    keys: RefCell<BTreeSet<String>>,
    open: Cell<usize>,
}

impl Station {
    pub(super) fn new(settings: String, known: Known, defaults: Defaults) -> Self {
        Self {
            settings,
            known,
            defaults,
            reports: RefCell::default(),
            warnings: RefCell::default(),
            log: RefCell::default(),
            progress: Cell::new(0.0),
            keys: RefCell::default(),
            open: Cell::new(0),
        }
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
        key: Option<String>,
        id: Option<String>,
        mut violations: Vec<wats_report::Violation>,
    ) -> Result<String, Vec<Violation>> {
        let ordinal = self.reports.borrow().len();
        let stated = key.is_some();
        let key = key.unwrap_or_else(|| ordinal.to_string());
        if stated && !(1..=200).contains(&key.chars().count()) {
            violations.push(refused("header/key", "length", "a key has 1 to 200 characters"));
        }
        if !self.keys.borrow_mut().insert(format!("{stated}{key}")) {
            violations.push(refused("header/key", "repeated", format!("the key {key:?} was used before in this file")));
        }
        let derived = wats_report::derive_id(uuid::Uuid::nil(), b"test", &key);
        let mut own = None;
        match id {
            Some(text) if self.known.own_id_granted => match text.trim().parse::<uuid::Uuid>() {
                Ok(id) => own = Some(id),
                Err(_) => violations.push(refused("header/id", "not-a-guid", format!("found {text:?}"))),
            },
            Some(text) => match &mut report {
                Report::Uut(uut) => uut.header.misc_infos.push(MiscInfo::new(OWN_ID, text)),
                // WATS restricts the misc infos of a repair to the fields that the repair type defines.
                Report::Uur(_) => self.log(
                    Level::Warn,
                    &format!("the repair's own id {text:?} is not kept without the grant own-id; it gets another one"),
                ),
            },
            None => {}
        }
        let id = own.unwrap_or(derived);
        report.header_mut().id = Some(id);
        report.fill(&self.defaults);
        report.judge();
        violations.extend(report.validate());
        if is_refused(&violations) {
            violations.retain(|violation| violation.severity == Severity::Refuse);
            return Err(violations.into_iter().map(to_contract).collect());
        }
        self.warnings.borrow_mut().extend(violations.iter().map(ToString::to_string));
        // What the station derives is left out of what is compared: it would be another on every station.
        report.header_mut().id = own;
        self.reports.borrow_mut().push(String::from_utf8_lossy(&report.to_wsjf()).into_owned());
        Ok(id.to_string())
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
        if self.known.offline {
            return ProcessAnswer::Unavailable("the test has no server".to_owned());
        }
        let found =
            self.known.processes.iter().find(|process| process.name.to_lowercase() == name.trim().to_lowercase());
        found.cloned().map_or(ProcessAnswer::Absent, ProcessAnswer::Found)
    }

    fn product_by_part_number(&self, part_number: &str) -> ProductAnswer {
        if !self.known.lookup_granted {
            return ProductAnswer::Denied;
        }
        if self.known.offline {
            return ProductAnswer::Unavailable("the test has no server".to_owned());
        }
        let found = self.known.products.iter().find(|product| product.part_number == part_number);
        found.cloned().map_or(ProductAnswer::Absent, ProductAnswer::Found)
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
                self.take(report, key.map(str::to_owned), id, Vec::new())
            }
            Err(error) => Err(vec![to_contract(refused(error.place(), "unreadable", error.problem()))]),
        }
    }
}
