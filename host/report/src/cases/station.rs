//! The station of a case.

use std::collections::BTreeSet;

use uuid::Uuid;

use crate::{Defaults, Report, Severity, Violation, derive_id, is_refused};

/// Takes the reports of one conversion as a station does that has no name of its own: fills in what they lack, judges them,
/// checks them.
#[derive(Debug, Clone)]
pub struct CaseStation {
    defaults: Defaults,
    /// Of a run by the schedule rather than of a file.
    is_of_run: bool,
    keys: BTreeSet<String>,
    own_ids: BTreeSet<Uuid>,
    /// The reports that it took, as WSJF. Ids that a station derives are left out: they would be others on every station.
    pub reports: Vec<String>,
    /// What it warned of.
    pub warnings: Vec<String>,
}

impl CaseStation {
    /// A station for a file that was changed at this time, ISO 8601 with an offset.
    pub fn new(modified: &str) -> Self {
        Self::with(Self::defaults(modified))
    }

    /// A station with these defaults.
    pub fn with(defaults: Defaults) -> Self {
        Self {
            defaults,
            is_of_run: false,
            keys: BTreeSet::new(),
            own_ids: BTreeSet::new(),
            reports: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// A station for a run that was due at this time, ISO 8601 with an offset: each report must state its key and its start.
    pub fn for_run(due: &str) -> Self {
        Self { is_of_run: true, ..Self::new(due) }
    }

    /// What it fills in where a report is silent: part number `PART`, revision `1`, process code 10, machine name `Station`,
    /// location `Location`, purpose `Test`, the time zone UTC, and the time of change as the start.
    pub fn defaults(modified: &str) -> Defaults {
        Defaults {
            machine_name: Some("Station".to_owned()),
            location: Some("Location".to_owned()),
            purpose: Some("Test".to_owned()),
            part_number: Some("PART".to_owned()),
            revision: Some("1".to_owned()),
            process_code: Some(10),
            operator: None,
            zone: Some(jiff::tz::TimeZone::UTC),
            start: modified.parse().ok(),
        }
    }

    /// Takes a report, or tells all that is wrong with it. `own_id` is the id that its file gives it, where it may be kept;
    /// `found` is what was wrong with it before.
    ///
    /// # Errors
    /// Everything for which a server would refuse it.
    pub fn accept(
        &mut self,
        mut report: Report,
        key: Option<&str>,
        own_id: Option<&str>,
        found: Vec<Violation>,
    ) -> Result<Uuid, Vec<Violation>> {
        let mut violations = found;
        let ordinal = self.reports.len().to_string();
        let known = key.unwrap_or(&ordinal);
        if !self.keys.insert(format!("{}{known}", key.is_some())) {
            violations.push(refused(
                "header/key",
                "repeated",
                format!("the key {known:?} was used before in this file"),
            ));
        }
        if self.is_of_run {
            let header = report.header();
            if key.is_none() {
                violations.push(refused("header/key", "missing-key", super::SCHEDULED_STATES.to_owned()));
            }
            if header.start.is_none() && header.export.start_utc.is_none() {
                violations.push(refused("header/start", "missing-start", super::SCHEDULED_STATES.to_owned()));
            }
        }
        let own = own_id.and_then(|text| text.trim().parse::<Uuid>().ok());
        if let (Some(text), None) = (own_id, own) {
            violations.push(refused("header/id", "not-a-guid", format!("found {text:?}")));
        }
        let repeated = violations.iter().any(|violation| violation.rule == "repeated");
        if let Some(id) = own
            && !self.own_ids.insert(id)
            && !repeated
        {
            violations.push(refused(
                "header/id",
                "repeated-id",
                format!("another report of this file has the id {id}"),
            ));
        }
        let id = own.unwrap_or_else(|| derive_id(Uuid::nil(), b"test", known));
        violations.extend(self.check(&mut report, id));
        if is_refused(&violations) {
            violations.retain(|violation| violation.severity == Severity::Refuse);
            return Err(violations);
        }
        self.warnings.extend(violations.iter().map(ToString::to_string));
        report.header_mut().id = own;
        self.reports.push(String::from_utf8_lossy(&report.to_wsjf()).into_owned());
        Ok(id)
    }

    /// Completes a report and says what is wrong with it; nothing of it is kept.
    pub fn check(&self, report: &mut Report, id: Uuid) -> Vec<Violation> {
        report.header_mut().id = Some(id);
        let _filled = report.fill(&self.defaults);
        report.judge();
        report.validate()
    }
}

fn refused(path: &str, rule: &'static str, message: String) -> Violation {
    Violation { path: path.to_owned(), rule, message, severity: Severity::Refuse }
}
