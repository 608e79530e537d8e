//! What a station adds to a report that lacks it.

use jiff::tz::TimeZone;

use crate::{ClockChange, Report, Step, StepBody, Timestamp};

/// What a station knows where a report is silent. What is `None` here is left as it is.
#[derive(Debug, Clone, Default)]
pub struct Defaults {
    /// Name of the station.
    pub machine_name: Option<String>,
    /// Where it stands.
    pub location: Option<String>,
    /// What it is for.
    pub purpose: Option<String>,
    /// Part number of what is tested there.
    pub part_number: Option<String>,
    /// Revision of what is tested there.
    pub revision: Option<String>,
    /// Test operation (of a UUR: repair operation).
    pub process_code: Option<i32>,
    /// Who tests.
    pub operator: Option<String>,
    /// Zone of times that carry no offset.
    pub zone: Option<TimeZone>,
    /// When the test began: when the file was last changed, say.
    pub start: Option<Timestamp>,
}

/// One field that was missing and was filled in.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct DefaultedField {
    /// The field, in the words of a violation's path: `header/machine name`.
    pub field: &'static str,
    /// What was put there.
    pub value: String,
}

impl Report {
    /// Fills in what is missing or blank, and nothing else. Says what it filled.
    pub fn fill(&mut self, defaults: &Defaults) -> Vec<DefaultedField> {
        let mut filled = Vec::new();
        let header = self.header_mut();
        fill_text(&mut header.part_number, defaults.part_number.as_ref(), "header/part number", &mut filled);
        fill_text(&mut header.revision, defaults.revision.as_ref(), "header/revision", &mut filled);
        if let (None, Some(code)) = (header.process_code, defaults.process_code) {
            header.process_code = Some(code);
            filled.push(DefaultedField { field: "header/process code", value: code.to_string() });
        }
        fill_text(&mut header.machine_name, defaults.machine_name.as_ref(), "header/machine name", &mut filled);
        fill_text(&mut header.location, defaults.location.as_ref(), "header/location", &mut filled);
        fill_text(&mut header.purpose, defaults.purpose.as_ref(), "header/purpose", &mut filled);
        if header.start.is_none() {
            header.start = header.export.start_utc.or(defaults.start);
            if let Some(start) = header.start {
                filled.push(DefaultedField { field: "header/start", value: start.to_string() });
            }
        }
        let operator = match self {
            Self::Uut(report) => &mut report.info.operator,
            Self::Uur(report) => &mut report.info.operator,
        };
        fill_text(operator, defaults.operator.as_ref(), "header/operator", &mut filled);
        if let Some(zone) = &defaults.zone {
            self.fill_zone(zone, &mut filled);
        }
        filled
    }

    fn fill_zone(&mut self, zone: &TimeZone, filled: &mut Vec<DefaultedField>) {
        let mut start = Resolved::default();
        let mut others = Resolved::default();
        let header = self.header_mut();
        start.resolve(&mut header.start, zone);
        for asset in &mut header.assets {
            others.resolve(&mut asset.calibration_date, zone);
            others.resolve(&mut asset.calibration_due, zone);
        }
        match self {
            Self::Uut(report) => others.resolve_steps(&mut report.root, zone),
            Self::Uur(report) => {
                others.resolve(&mut report.info.confirm_date, zone);
                others.resolve(&mut report.info.finalize_date, zone);
            }
        }
        let name = zone.iana_name().unwrap_or("a fixed offset");
        if start.count > 0 {
            filled.push(DefaultedField { field: "header/start/offset", value: format!("of {name}{}", start.doubt()) });
        }
        if others.count > 0 {
            let value = format!("of {name} on {}{}", others.count, others.doubt());
            filled.push(DefaultedField { field: "offsets of other times", value });
        }
    }
}

/// How many times got an offset, and where a clock change left a choice.
#[derive(Default)]
struct Resolved {
    count: usize,
    skipped: usize,
    doubled: usize,
    example: Option<(Timestamp, Timestamp)>,
}

impl Resolved {
    fn resolve(&mut self, time: &mut Option<Timestamp>, zone: &TimeZone) {
        let Some(at) = time.as_mut().filter(|at| at.offset().is_none()) else { return };
        let given = *at;
        *at = given.with_zone(zone);
        self.count += 1;
        match given.clock_change(zone) {
            None => return,
            Some(ClockChange::Skipped) => self.skipped += 1,
            Some(ClockChange::Doubled) => self.doubled += 1,
        }
        self.example.get_or_insert((given, *at));
    }

    fn resolve_steps(&mut self, step: &mut Step, zone: &TimeZone) {
        self.resolve(&mut step.start, zone);
        if let StepBody::Sequence { steps, .. } = &mut step.body {
            for child in steps {
                self.resolve_steps(child, zone);
            }
        }
    }

    /// What to know about the choice that was made.
    fn doubt(&self) -> String {
        let Some((given, taken)) = self.example else { return String::new() };
        let how = match (self.skipped, self.doubled) {
            (_, 0) => "skipped",
            (0, _) => "showed twice",
            _ => "skipped or showed twice",
        };
        format!("; a clock change {how} {given}, taken as {taken}")
    }
}

fn fill_text(
    field: &mut Option<String>,
    default: Option<&String>,
    name: &'static str,
    filled: &mut Vec<DefaultedField>,
) {
    if field.as_ref().is_some_and(|text| !text.trim().is_empty()) {
        return;
    }
    if let Some(default) = default {
        *field = Some(default.clone());
        filled.push(DefaultedField { field: name, value: default.clone() });
    }
}

#[cfg(test)]
mod tests;
