//! The check of WSXF uploads.

use std::ops::Range;

use quick_xml::NsReader;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;
use uuid::Uuid;

use super::Problem;
use super::text::{self, Form};

const NAMESPACE: &str = "http://wats.virinco.com/schemas/WATS/Report/wsxf";
const RESULTS: [&str; 5] = ["Passed", "Failed", "Done", "Error", "Terminated"];
const STEP_STATUSES: [&str; 6] = ["Passed", "Failed", "Done", "Skipped", "Error", "Terminated"];

/// What the check has read of one `Report` element.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WsxfReport {
    /// `@ID`.
    pub id: Uuid,
    /// `@PN`.
    pub part: String,
    /// `@SN`.
    pub serial: String,
    /// `@Result`, in words.
    pub result: String,
    /// The bytes of the document that the element takes.
    pub span: Range<usize>,
}

/// Checks a WSXF document and returns its reports, or everything that is wrong with it.
///
/// Checked: the document is well-formed (tags match, attributes are quoted and unique, no unknown entities, no document
/// type, one root); the root is `Reports` in the WATS namespace and holds one or more `Report`; each report has `type`
/// UUT or UUR, `ID`, `PN`, `SN`, `Rev`, `Result`, `MachineName`, `Location`, `Purpose` and `Start` with an offset, in
/// the forms and lengths of a WSJF header; a `Process` with a whole-number `Code`; a UUT report also a `UUT` with
/// `UserLoginName`, and one `Step` of its own; every `Step` has `Name`, `StepType` and a `Status` in words; ids differ
/// within the document.
///
/// Not checked, since there is no schema to hold it against: everything else (measurements, limits, charts,
/// attachments, sub-units, repairs, order and number of other elements).
///
/// # Errors
/// All problems found; none after the first place where the document is not well-formed.
pub fn check_wsxf(document: &str) -> Result<Vec<WsxfReport>, Vec<Problem>> {
    let mut walk = Walk::default();
    if let Err(problem) = walk.read(document) {
        walk.problems.push(problem);
    }
    if walk.reports.is_empty() && walk.problems.is_empty() {
        walk.problem("Reports", "holds no Report");
    }
    if walk.problems.is_empty() { Ok(walk.reports) } else { Err(walk.problems) }
}

/// One open element.
struct Open {
    name: String,
    /// How often each kind of child that matters has been seen.
    process: usize,
    unit: usize,
    steps: usize,
}

#[derive(Default)]
struct Walk {
    open: Vec<Open>,
    reports: Vec<WsxfReport>,
    problems: Vec<Problem>,
    roots: usize,
    kind: String,
}

impl Walk {
    fn read(&mut self, document: &str) -> Result<(), Problem> {
        let mut reader = NsReader::from_str(document);
        loop {
            let before = place(&reader);
            let event = reader.read_event().map_err(|error| {
                let at = reader.error_position();
                broken(at, &error.to_string())
            })?;
            match event {
                Event::Start(start) => {
                    self.element(&reader, &start, before)?;
                }
                Event::Empty(start) => {
                    self.element(&reader, &start, before)?;
                    self.end(place(&reader));
                }
                Event::End(_) => self.end(place(&reader)),
                Event::Text(content) => {
                    if self.open.is_empty() && !content.as_ref().trim_start_matches('\u{FEFF}').trim().is_empty() {
                        return Err(broken(reader.buffer_position(), "text outside the root element"));
                    }
                }
                Event::GeneralRef(entity) => {
                    let known = matches!(entity.as_ref(), "lt" | "gt" | "amp" | "apos" | "quot");
                    if !known && !matches!(entity.resolve_char_ref(), Ok(Some(_))) {
                        let what = format!("unknown entity &{};", entity.as_ref());
                        return Err(broken(reader.buffer_position(), &what));
                    }
                }
                Event::DocType(_) => return Err(broken(reader.buffer_position(), "a document type is not allowed")),
                Event::CData(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
                Event::Eof => break,
            }
        }
        if let Some(open) = self.open.last() {
            return Err(broken(reader.buffer_position(), &format!("the element {} is not closed", open.name)));
        }
        Ok(())
    }

    fn element(&mut self, reader: &NsReader<&[u8]>, start: &BytesStart<'_>, before: usize) -> Result<(), Problem> {
        let mut attributes = Vec::new();
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|error| broken(reader.buffer_position(), &error.to_string()))?;
            let value = attribute
                .normalized_value(quick_xml::XmlVersion::Implicit1_0)
                .map_err(|error| broken(reader.buffer_position(), &error.to_string()))?;
            attributes.push((attribute.key.as_ref().to_owned(), value.into_owned()));
        }
        let name = start.local_name().as_ref().to_owned();
        match (self.open.len(), name.as_str()) {
            (0, _) => {
                self.roots += 1;
                if self.roots > 1 {
                    return Err(broken(reader.buffer_position(), "a second root element"));
                }
                let (namespace, _) = reader.resolver().resolve_element(start.name());
                if name != "Reports" || !matches!(namespace, ResolveResult::Bound(bound) if bound.0 == NAMESPACE) {
                    self.problem("", &format!("the root is {name}, allowed is Reports of the namespace {NAMESPACE}"));
                }
            }
            (1, "Report") => self.report(&attributes, before),
            (1, _) => self.problem("Reports", &format!("holds the element {name}, allowed is Report")),
            (2, "Process") => {
                self.count(|open| &mut open.process);
                match value(&attributes, "Code").map(str::parse::<i32>) {
                    Some(Ok(_)) => {}
                    Some(Err(_)) => self.report_problem("Process/@Code", "is no whole number"),
                    None => self.report_problem("Process/@Code", "is missing"),
                }
            }
            (2, "UUT") => {
                self.count(|open| &mut open.unit);
                match value(&attributes, "UserLoginName") {
                    Some(user) if user.chars().count() <= 100 => {}
                    Some(_) => self.report_problem("UUT/@UserLoginName", "has more than 100 characters"),
                    None => self.report_problem("UUT/@UserLoginName", "is missing"),
                }
            }
            (depth, "Step") => {
                if depth == 2 {
                    self.count(|open| &mut open.steps);
                }
                self.step(&attributes);
            }
            _ => {}
        }
        self.open.push(Open { name, process: 0, unit: 0, steps: 0 });
        Ok(())
    }

    fn report(&mut self, attributes: &[(String, String)], before: usize) {
        self.reports.push(WsxfReport { span: before..before, ..WsxfReport::default() });
        value(attributes, "type").unwrap_or_default().clone_into(&mut self.kind);
        if !matches!(self.kind.as_str(), "UUT" | "UUR") {
            self.report_problem("@type", "allowed are UUT and UUR");
        }
        for (key, form) in [
            ("PN", Form::Number),
            ("SN", Form::Number),
            ("Rev", Form::NotBlank),
            ("MachineName", Form::NotBlank),
            ("Location", Form::NotBlank),
            ("Purpose", Form::NotBlank),
            ("Start", Form::DateTimeOffset),
            ("ID", Form::Guid),
        ] {
            match value(attributes, key) {
                None => self.report_problem(&format!("@{key}"), "is missing"),
                Some(found) if found.chars().count() > 100 => {
                    self.report_problem(&format!("@{key}"), "has more than 100 characters");
                }
                Some(found) => {
                    if let Some(problem) = text::problem_of(found, form) {
                        self.report_problem(&format!("@{key}"), &problem);
                    }
                }
            }
        }
        let result = value(attributes, "Result").unwrap_or_default().to_owned();
        if !RESULTS.contains(&result.as_str()) {
            self.report_problem("@Result", &format!("found {result:?}, allowed are {}", RESULTS.join(" ")));
        }
        let id = value(attributes, "ID").and_then(|id| Uuid::parse_str(id).ok()).unwrap_or_default();
        if !id.is_nil() && self.reports.iter().any(|other| other.id == id) {
            self.report_problem("@ID", "is the id of an earlier Report of this document");
        }
        if let Some(report) = self.reports.last_mut() {
            report.id = id;
            value(attributes, "PN").unwrap_or_default().clone_into(&mut report.part);
            value(attributes, "SN").unwrap_or_default().clone_into(&mut report.serial);
            report.result = result;
        }
    }

    fn step(&mut self, attributes: &[(String, String)]) {
        let name = value(attributes, "Name").unwrap_or_default();
        if name.trim().is_empty() || name.chars().count() > 100 {
            self.report_problem("Step/@Name", "must have 1 to 100 characters");
        }
        if value(attributes, "StepType").is_none_or(str::is_empty) {
            self.report_problem("Step/@StepType", "is missing");
        }
        let status = value(attributes, "Status").unwrap_or_default();
        if !STEP_STATUSES.contains(&status) {
            let allowed = STEP_STATUSES.join(" ");
            self.report_problem("Step/@Status", &format!("found {status:?}, allowed are {allowed}"));
        }
    }

    fn end(&mut self, after: usize) {
        let Some(closed) = self.open.pop() else { return };
        if self.open.len() != 1 || closed.name != "Report" {
            return;
        }
        if closed.process != 1 {
            self.report_problem("Process", &format!("occurs {} times, exactly one is needed", closed.process));
        }
        if self.kind == "UUT" {
            if closed.unit != 1 {
                self.report_problem("UUT", &format!("occurs {} times, exactly one is needed", closed.unit));
            }
            if closed.steps != 1 {
                self.report_problem("Step", &format!("occurs {} times, exactly one is the root", closed.steps));
            }
        }
        if let Some(report) = self.reports.last_mut() {
            report.span.end = after;
        }
    }

    fn count(&mut self, counter: impl FnOnce(&mut Open) -> &mut usize) {
        if let Some(open) = self.open.last_mut() {
            *counter(open) += 1;
        }
    }

    fn report_problem(&mut self, what: &str, message: &str) {
        let place = self.reports.len().saturating_sub(1);
        self.problem(&format!("Report[{place}]/{what}"), message);
    }

    fn problem(&mut self, path: &str, message: &str) {
        if self.problems.len() < super::MAX_PROBLEMS {
            self.problems.push(Problem { path: path.to_owned(), message: message.to_owned() });
        }
    }
}

fn value<'a>(attributes: &'a [(String, String)], key: &str) -> Option<&'a str> {
    attributes.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
}

fn place(reader: &NsReader<&[u8]>) -> usize {
    usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX)
}

fn broken(at: u64, what: &str) -> Problem {
    Problem { path: String::new(), message: format!("is not well-formed XML at byte {at}: {what}") }
}
