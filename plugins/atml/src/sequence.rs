//! The tree of steps: the result set and its groups, written to the report while they are read.

use std::io::Read;

use wats_converter::{Sequence, Status, StepGroup, Uut};

use crate::action::{Action, Sort};
use crate::data;
use crate::error::{Fault, Result};
use crate::long::kept;
use crate::names::{Space, Version};
use crate::step::{self, Kind};
use crate::value::{Datum, Type, Value};
use crate::xml::{Element, Xml};
use crate::{Context, MAX_NAME, MAX_PATH, MAX_VERSION, fit};

/// Where an open group stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// It is the test program itself.
    Program,
    /// Nothing of it is written yet: its own data come before its steps.
    Fresh,
    /// A sequence was opened for it.
    Opened,
    /// It was a test that called a sequence; its step is written, and what it called follows.
    Written,
}

struct Open {
    action: Action,
    state: State,
    group: StepGroup,
    /// Whether its failure made everything around it fail, as far as TestStand says.
    caused_failure: bool,
    version: Option<String>,
}

/// The result set, when it was read.
pub(crate) struct Program {
    pub(crate) action: Action,
    pub(crate) name: String,
    pub(crate) path: String,
    pub(crate) version: Option<String>,
}

/// Reads the open `tr:ResultSet` to its end and writes its steps.
pub(crate) fn result_set<R: Read>(
    xml: &mut Xml<R>,
    element: &Element,
    uut: &mut Uut,
    context: &Context<'_>,
) -> Result<Program> {
    let mut walk = Walk { uut, context, blamed: false, program: None };
    let mut open = vec![Open {
        action: Action::new(Sort::Group, element)?,
        state: State::Program,
        group: StepGroup::Main,
        caused_failure: true,
        version: None,
    }];
    loop {
        let depth = open.len();
        let Some(top) = open.last_mut() else { break };
        let Some(child) = xml.child()? else {
            let Some(done) = open.pop() else { break };
            if open.is_empty() {
                return Ok(walk.program(done));
            }
            walk.close(done, open.as_slice())?;
            continue;
        };
        match child.key() {
            (Space::Results, "TestGroup") => {
                let action = Action::new(Sort::Group, &child)?;
                let state = if walk.is_program(top, &action, depth) {
                    State::Program
                } else {
                    walk.begin(top)?;
                    State::Fresh
                };
                let (group, caused_failure) = (top.group_of_children(), top.caused_failure);
                open.push(Open { action, state, group, caused_failure, version: None });
            }
            (Space::Results, sort @ ("Test" | "SessionAction")) => {
                let sort = if sort == "Test" { Sort::Test } else { Sort::Session };
                walk.begin(top)?;
                let (group, caused_failure) = (top.group_of_children(), top.caused_failure);
                let mut action = Action::new(sort, &child)?;
                let mut read = || -> Result<()> {
                    while let Some(part) = xml.child()? {
                        action.part(xml, &part, context.words, context.comma)?;
                    }
                    Ok(())
                };
                if let Err(fault) = read() {
                    return Err(fault.within(action.title()));
                }
                let fresh = Open { action, state: State::Fresh, group, caused_failure, version: None };
                walk.leaf(fresh)?;
            }
            _ => top.part(xml, &child, context)?,
        }
    }
    Err(Fault::truncated(xml.place(), "the file ends inside of the ResultSet"))
}

impl Open {
    fn part<R: Read>(&mut self, xml: &mut Xml<R>, child: &Element, context: &Context<'_>) -> Result<()> {
        let before = (self.action.step_type.is_some(), self.action.group.is_some());
        let place = child.place;
        if let Err(fault) = self.action.part(xml, child, context.words, context.comma) {
            return Err(fault.within(self.action.title()));
        }
        let after = (self.action.step_type.is_some(), self.action.group.is_some());
        if matches!(self.state, State::Opened | State::Written) && before != after {
            let message = "TSStepProperties after the first step of the group; the schema has them before";
            return Err(Fault::malformed(place, message).within(self.action.title()));
        }
        Ok(())
    }

    /// What a test called runs in the test's own part of the sequence.
    fn group_of_children(&self) -> StepGroup {
        match self.state {
            State::Written => self.group,
            State::Program | State::Fresh | State::Opened => StepGroup::Main,
        }
    }

    fn is_to_blame(&self) -> bool {
        let failed = self.action.outcome.as_ref().map(|outcome| outcome.status);
        self.caused_failure
            && self.action.caused_failure
            && matches!(failed, Some(Status::Failed | Status::Error | Status::Terminated))
    }
}

struct Walk<'a> {
    uut: &'a mut Uut,
    context: &'a Context<'a>,
    /// The step that made the unit fail was found.
    blamed: bool,
    /// Version 2.02 writes the main sequence as the only group of the result set, which is named by the file.
    program: Option<Open>,
}

impl Walk<'_> {
    fn is_program(&self, top: &Open, group: &Action, depth: usize) -> bool {
        let file = top.action.name.as_str();
        self.context.version == Version::V202
            && depth == 1
            && self.program.is_none()
            && !file.contains('#')
            && group.name.strip_prefix(file).is_some_and(|rest| rest.starts_with('#'))
    }

    /// Writes what must stand before the first step of the group.
    fn begin(&mut self, open: &mut Open) -> Result<()> {
        if open.state != State::Fresh {
            return Ok(());
        }
        open.group = open.action.group.unwrap_or(open.group);
        match step::kind(&open.action, self.context.comma) {
            Kind::Sequence | Kind::Generic | Kind::Plain => {
                open.caused_failure = open.caused_failure && open.action.caused_failure;
                self.open_sequence(open);
                open.state = State::Opened;
            }
            _ => {
                let blame = self.blame(open);
                open.caused_failure = open.caused_failure && open.action.caused_failure;
                // What comes after the first child step belongs to a step that is written.
                let shell = open.action.shell();
                let action = std::mem::replace(&mut open.action, shell);
                step::emit(self.uut, action, open.group, blame, self.context)?;
                open.state = State::Written;
            }
        }
        Ok(())
    }

    fn blame(&mut self, open: &Open) -> bool {
        let blame = !self.blamed && open.is_to_blame();
        self.blamed |= blame;
        blame
    }

    fn open_sequence(&mut self, open: &mut Open) {
        let (name, path) = named(&open.action);
        let action = &mut open.action;
        open.version = version_in(action);
        let title = fit(&name, MAX_NAME);
        let path = kept(self.uut, &format!("path of sequence \"{title}\""), &path, MAX_PATH, action.place);
        let version = open.version.as_deref().map(|version| {
            kept(self.uut, &format!("version of sequence \"{title}\""), version, MAX_VERSION, action.place)
        });
        let properties = step::properties(action, false);
        let mut sequence = Sequence::new(&*title)
            .path(path)
            .version(version)
            .group(open.group)
            .start(action.start.as_ref().map(|time| time.text.as_str()))
            .error_code(action.error_code.take())
            .error_message(action.error_message.take())
            .report_text(texts(action, &name));
        for (key, value) in properties {
            sequence = sequence.property(key, value);
        }
        self.uut.open(sequence);
    }

    /// A test or an action; a sequence call that was not run is one without steps.
    fn leaf(&mut self, mut open: Open) -> Result<()> {
        open.group = open.action.group.unwrap_or(open.group);
        if step::kind(&open.action, self.context.comma) == Kind::Sequence {
            self.open_sequence(&mut open);
            self.close_sequence(open);
            return Ok(());
        }
        let blame = self.blame(&open);
        step::emit(self.uut, open.action, open.group, blame, self.context)
    }

    fn close(&mut self, mut open: Open, around: &[Open]) -> Result<()> {
        match open.state {
            State::Program => {
                debug_assert_eq!(around.len(), 1, "only the first group of the result set is the program");
                self.program = Some(open);
            }
            State::Opened => self.close_sequence(open),
            State::Written => {}
            State::Fresh => {
                open.group = open.action.group.unwrap_or(open.group);
                match step::kind(&open.action, self.context.comma) {
                    Kind::Sequence | Kind::Plain | Kind::Generic => {
                        self.open_sequence(&mut open);
                        self.close_sequence(open);
                    }
                    _ => {
                        let blame = self.blame(&open);
                        step::emit(self.uut, open.action, open.group, blame, self.context)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn close_sequence(&mut self, open: Open) {
        let duration = open.action.duration();
        let status = open.action.outcome.as_ref().map(|outcome| outcome.status);
        self.uut.close_with(status, duration);
        let name = named(&open.action).0;
        self.leftovers(&name, open.action);
    }

    /// A sequence of WATS holds no values: they go along with the report, under the sequence's name. So do texts that the file
    /// tells after the first step of the group, when its sequence is open already.
    fn leftovers(&mut self, name: &str, action: Action) {
        let place = action.place;
        let text = |name: &str, text: String| {
            let datum = Datum { kind: Type::Text, text, unit: String::new(), place };
            (name.to_owned(), Value::Datum(datum))
        };
        let mut values: Vec<(String, Value)> = Vec::new();
        values.extend(action.error_code.map(|code| text("Error Code", code)));
        values.extend(action.error_message.map(|message| text("Error Message", message)));
        values.extend(action.description.map(|description| text("Description", description)));
        values.extend(action.outcome.and_then(|outcome| outcome.remark).map(|said| text("Outcome", said)));
        if self.context.settings.additional_results {
            values.extend(action.data);
            values.extend(action.results.into_iter().map(|result| (result.label, result.value)));
            values.extend(action.more.into_iter().map(|(name, items)| (name.to_owned(), Value::Collection(items))));
        }
        if !values.is_empty() {
            self.uut.data(&data::entry(name, &values));
        }
    }

    fn program(self, set: Open) -> Program {
        let Open { action: mut set, .. } = set;
        let (mut name, mut path) = named(&set);
        let mut version = version_in(&mut set);
        if let Some(Open { action: main, .. }) = self.program {
            let mut main = main;
            (name, path) = named(&main);
            version = version_in(&mut main).or(version);
            set.outcome = set.outcome.or(main.outcome);
            set.start = set.start.or(main.start);
            set.end = set.end.or(main.end);
            set.total_time = set.total_time.or(main.total_time);
            set.error_code = set.error_code.or(main.error_code);
            set.error_message = set.error_message.or(main.error_message);
            set.description = set.description.or(main.description);
            set.data.extend(main.data);
            set.results.extend(main.results);
            set.more.extend(main.more);
        }
        Program { action: set, name, path, version }
    }
}

/// What is said about a sequence: a name that is too long for its place, report texts, the description, and what is odd about
/// the outcome. It is taken out of the action.
pub(crate) fn texts(action: &mut Action, name: &str) -> String {
    let mut texts = Vec::new();
    if fit(name, MAX_NAME) != name.trim() {
        texts.push(name.trim().to_owned());
    }
    action.results.retain(|result| !take_report_text(&result.label, &result.value, &mut texts));
    action.data.retain(|(label, value)| !take_report_text(label, value, &mut texts));
    texts.extend(action.description.take());
    let remark = action.outcome.as_mut().and_then(|outcome| outcome.remark.take());
    texts.extend(remark.map(|said| format!("Outcome: {said}")));
    texts.join("\n")
}

fn take_report_text(label: &str, value: &Value, texts: &mut Vec<String>) -> bool {
    match value {
        Value::Datum(datum) if label == "ReportText" => {
            texts.push(datum.text.clone());
            true
        }
        Value::Datum(_) | Value::Array(_) | Value::Collection(_) | Value::Nothing => false,
    }
}

/// Name of the step and file of the sequence: `C:\Board.seq#CPU Test`, called by the step `CPU`.
fn named(action: &Action) -> (String, String) {
    let (path, sequence) = match action.name.rsplit_once('#') {
        Some((path, sequence)) if !path.trim().is_empty() && !sequence.trim().is_empty() => (path, sequence),
        _ if is_file(&action.name) => (action.name.as_str(), file_name(&action.name)),
        _ => ("", action.name.as_str()),
    };
    let name = action.caller.as_deref().unwrap_or(sequence);
    (name.trim().to_owned(), path.trim().to_owned())
}

fn is_file(name: &str) -> bool {
    name.contains('\\') || name.to_ascii_lowercase().ends_with(".seq")
}

fn file_name(path: &str) -> &str {
    path.rsplit(['\\', '/']).find(|part| !part.trim().is_empty()).unwrap_or(path)
}

/// The version of the sequence file, which the WATS step types of TestStand write as a result.
fn version_in(action: &mut Action) -> Option<String> {
    let at = action.results.iter().position(|result| {
        result.label == "SeqFileVersion"
            && matches!(&result.value, Value::Datum(datum) if !datum.text.trim().is_empty())
    })?;
    match action.results.remove(at).value {
        Value::Datum(datum) => Some(datum.text.trim().to_owned()),
        Value::Array(_) | Value::Collection(_) | Value::Nothing => None,
    }
}
