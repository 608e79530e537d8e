//! What `tr:Test`, `tr:TestGroup` and `tr:SessionAction` have in common: everything about a step but its children.

use std::io::Read;

use wats_converter::StepGroup;

use crate::error::{Fault, Place, Result};
use crate::limits::Limits;
use crate::names::Space;
use crate::outcome::{self, Outcome, Words};
use crate::time::Timestamp;
use crate::value::{self, Value};
use crate::xml::{Element, Xml};

/// Which of the three it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sort {
    Test,
    Group,
    Session,
}

/// What was measured, with what it was compared with.
#[derive(Debug)]
pub(crate) struct TestResult {
    /// The name; version 2.02 writes it as the ID.
    pub(crate) label: String,
    pub(crate) value: Value,
    pub(crate) limits: Limits,
    pub(crate) outcome: Option<Outcome>,
    pub(crate) place: Place,
}

/// TestStand's numbers of a step that loops on itself.
#[derive(Debug, Default)]
pub(crate) struct Looping {
    pub(crate) index: Option<f64>,
    pub(crate) count: Option<f64>,
    pub(crate) ending_index: Option<f64>,
    pub(crate) passed: Option<f64>,
    pub(crate) failed: Option<f64>,
}

#[derive(Debug)]
pub(crate) struct Action {
    pub(crate) sort: Sort,
    pub(crate) place: Place,
    pub(crate) name: String,
    pub(crate) caller: Option<String>,
    pub(crate) start: Option<Timestamp>,
    pub(crate) end: Option<Timestamp>,
    pub(crate) guid: Option<String>,
    pub(crate) step_type: Option<String>,
    pub(crate) group: Option<StepGroup>,
    pub(crate) caused_failure: bool,
    pub(crate) total_time: Option<f64>,
    pub(crate) module_time: Option<f64>,
    pub(crate) looping: Looping,
    pub(crate) outcome: Option<Outcome>,
    /// `tr:Data`: what actions leave behind.
    pub(crate) data: Vec<(String, Value)>,
    pub(crate) results: Vec<TestResult>,
    /// Limits of the test itself; they go before those of its results.
    pub(crate) limits: Limits,
    pub(crate) description: Option<String>,
    pub(crate) error_message: Option<String>,
    pub(crate) error_code: Option<String>,
    /// Parameters, calibrations, environment, other events.
    pub(crate) more: Vec<(&'static str, Vec<(String, Value)>)>,
    /// `ts:TSResultSetProperties`, which some programs write inside of the result set.
    pub(crate) set_properties: SetProperties,
}

/// What TestStand says about a whole test.
#[derive(Clone, Debug, Default)]
pub(crate) struct SetProperties {
    pub(crate) batch_serial_number: Option<String>,
    pub(crate) socket_index: Option<i32>,
    pub(crate) partial: bool,
}

impl SetProperties {
    /// These, and the other's where these say nothing.
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            batch_serial_number: self.batch_serial_number.or(other.batch_serial_number),
            socket_index: self.socket_index.or(other.socket_index),
            partial: self.partial || other.partial,
        }
    }
}

impl Action {
    /// From its start tag.
    pub(crate) fn new(sort: Sort, element: &Element) -> Result<Self> {
        let name = element.attribute("name").or_else(|| element.attribute("ID")).unwrap_or(&element.name).to_owned();
        let time = |attribute: &str| {
            let Some(text) = element.attribute(attribute) else { return Ok(None) };
            let Some(time) = Timestamp::parse(text) else {
                let wanted = "a date and time as 2026-01-31T23:59:59 was expected";
                let message = format!("{attribute} of \"{name}\" is \"{text}\"; {wanted}");
                return Err(Fault::malformed(element.place, message));
            };
            Ok(Some(time))
        };
        let (start, end) = (time("startDateTime")?, time("endDateTime")?);
        let caller =
            element.attribute("callerName").or_else(|| element.attribute("userDefinedType").and_then(caller_in));
        let guid = element.attribute("testReferenceID").filter(|id| id.starts_with("ID#:"));
        let (caller, guid) = (caller.map(str::to_owned), guid.map(str::to_owned));
        Ok(Self { caller, start, end, guid, ..Self::empty(sort, element.place, name) })
    }

    fn empty(sort: Sort, place: Place, name: String) -> Self {
        Self {
            sort,
            place,
            name,
            caller: None,
            start: None,
            end: None,
            guid: None,
            step_type: None,
            group: None,
            caused_failure: false,
            total_time: None,
            module_time: None,
            looping: Looping::default(),
            outcome: None,
            data: Vec::new(),
            results: Vec::new(),
            limits: Limits::default(),
            description: None,
            error_message: None,
            error_code: None,
            more: Vec::new(),
            set_properties: SetProperties::default(),
        }
    }

    /// One of the same name and kind that holds nothing else.
    pub(crate) fn shell(&self) -> Self {
        Self {
            caller: self.caller.clone(),
            step_type: self.step_type.clone(),
            group: self.group,
            ..Self::empty(self.sort, self.place, self.name.clone())
        }
    }

    /// Seconds that it took.
    pub(crate) fn duration(&self) -> Option<f64> {
        self.total_time.or_else(|| self.start.as_ref()?.seconds_until(self.end.as_ref()?))
    }

    /// How a message names it.
    pub(crate) fn title(&self) -> String {
        let sort = match self.sort {
            Sort::Test => "Test",
            Sort::Group => "TestGroup",
            Sort::Session => "SessionAction",
        };
        format!("{sort} \"{}\"", self.caller.as_ref().unwrap_or(&self.name))
    }

    /// Reads the open child element, which is none of the three, to its end.
    pub(crate) fn part<R: Read>(
        &mut self,
        xml: &mut Xml<R>,
        element: &Element,
        words: &Words,
        comma: bool,
    ) -> Result<()> {
        match element.key() {
            (Space::Results, "Outcome" | "ActionOutcome") => {
                self.outcome = Some(outcome::read(element, words)?);
                xml.skip()
            }
            (Space::Results, "TestResult") => {
                let result = test_result(xml, element, words, comma)?;
                self.results.push(result);
                Ok(())
            }
            (Space::Results, "TestLimits") => self.limits.read(xml),
            (Space::Results, "Data") => {
                match value::read(xml, comma)? {
                    Value::Collection(items) => self.data.extend(items),
                    Value::Nothing => {}
                    value @ (Value::Datum(_) | Value::Array(_)) => self.data.push(("Data".to_owned(), value)),
                }
                Ok(())
            }
            (Space::Results, "Description") => {
                self.description = Some(xml.text()?.trim().to_owned()).filter(|text| !text.is_empty());
                Ok(())
            }
            (Space::Results, "Events") => self.events(xml, comma),
            (Space::Results, "Parameters") => {
                let parameters = named_values(xml, "Parameter", comma)?;
                self.more.push(("Parameters", parameters));
                Ok(())
            }
            (Space::Results, "Calibration") => {
                let value = nested_value(xml, comma)?;
                self.more.push(("Calibration", vec![(label(element), value)]));
                Ok(())
            }
            (Space::Results, "EnvironmentalData") => {
                let environment = named_values(xml, "Environmental", comma)?;
                self.more.push(("EnvironmentalData", environment));
                Ok(())
            }
            (_, "Extension") => self.extension(xml, comma),
            _ => xml.skip(),
        }
    }

    fn events<R: Read>(&mut self, xml: &mut Xml<R>, comma: bool) -> Result<()> {
        let mut others = Vec::new();
        while let Some(element) = xml.child()? {
            if !element.is(Space::Results, "Event") {
                xml.skip()?;
                continue;
            }
            let (mut values, mut messages) = (Vec::new(), Vec::new());
            while let Some(part) = xml.child()? {
                match part.key() {
                    (Space::Results, "Message") => messages.push(xml.text()?.trim().to_owned()),
                    (Space::Results, "Data") => values.push((label(&part), value::read(xml, comma)?)),
                    _ => xml.skip()?,
                }
            }
            let text = match values.first() {
                Some((_, Value::Datum(datum))) => datum.text.trim().to_owned(),
                _ => messages.join("\n"),
            };
            match label(&element).to_ascii_lowercase().as_str() {
                "error message" => self.error_message = Some(text),
                "error code" => self.error_code = Some(text),
                _ => {
                    let place = element.place;
                    for message in messages {
                        let datum = value::Datum { kind: value::Type::Text, text: message, unit: String::new(), place };
                        values.push(("Message".to_owned(), Value::Datum(datum)));
                    }
                    others.push((label(&element), Value::Collection(values)));
                }
            }
        }
        if !others.is_empty() {
            self.more.push(("Events", others));
        }
        Ok(())
    }

    fn extension<R: Read>(&mut self, xml: &mut Xml<R>, comma: bool) -> Result<()> {
        while let Some(element) = xml.child()? {
            match element.key() {
                (Space::TestStand, "TSStepProperties") => self.step_properties(xml, comma)?,
                (Space::TestStand, "TSResultSetProperties") => self.set_properties = set_properties(xml, comma)?,
                _ => xml.skip()?,
            }
        }
        Ok(())
    }

    fn step_properties<R: Read>(&mut self, xml: &mut Xml<R>, comma: bool) -> Result<()> {
        while let Some(element) = xml.child()? {
            if element.space != Space::TestStand {
                xml.skip()?;
                continue;
            }
            match &*element.name {
                "StepType" => self.step_type = text(xml)?,
                "StepId" => self.guid = text(xml)?,
                "StepGroup" => self.group = Some(step_group(&xml.text()?, element.place)?),
                "TotalTime" => self.total_time = seconds(xml, &element, comma)?,
                "ModuleTime" => self.module_time = seconds(xml, &element, comma)?,
                "StepCausedSequenceFailure" => {
                    self.caused_failure = value::flag(xml, &element)?;
                }
                "LoopingProperties" => {
                    while let Some(element) = xml.child()? {
                        let number = value::datum(xml, &element)?.number(comma)?;
                        match &*element.name {
                            "LoopIndex" => self.looping.index = number,
                            "NumLoops" => self.looping.count = number,
                            "EndingLoopIndex" => self.looping.ending_index = number,
                            "NumPassed" => self.looping.passed = number,
                            "NumFailed" => self.looping.failed = number,
                            _ => {}
                        }
                    }
                }
                _ => xml.skip()?,
            }
        }
        Ok(())
    }
}

/// Name of an element: its name, or its ID.
fn label(element: &Element) -> String {
    element.attribute("name").or_else(|| element.attribute("ID")).unwrap_or(&element.name).to_owned()
}

fn text<R: Read>(xml: &mut Xml<R>) -> Result<Option<String>> {
    Ok(Some(xml.text()?.trim().to_owned()).filter(|text| !text.is_empty()))
}

fn seconds<R: Read>(xml: &mut Xml<R>, element: &Element, comma: bool) -> Result<Option<f64>> {
    let seconds = value::datum(xml, element)?.number(comma)?;
    // A clock that was put back while the step ran.
    Ok(seconds.filter(|seconds| *seconds >= 0.0 && seconds.is_finite()))
}

fn step_group(word: &str, place: Place) -> Result<StepGroup> {
    match word.trim().to_ascii_lowercase().as_str() {
        "main" => Ok(StepGroup::Main),
        "setup" => Ok(StepGroup::Setup),
        "cleanup" => Ok(StepGroup::Cleanup),
        _ => {
            let message = format!("the StepGroup \"{}\" is not known. Known are Setup, Main and Cleanup", word.trim());
            Err(Fault::malformed(place, message))
        }
    }
}

/// The step's name in `SequenceCallStepName = 'CPU Test'`, as version 2.02 has it.
fn caller_in(user_defined_type: &str) -> Option<&str> {
    let rest = user_defined_type.strip_prefix("SequenceCallStepName")?.trim_start().strip_prefix('=')?;
    rest.trim().strip_prefix('\'')?.strip_suffix('\'').filter(|name| !name.trim().is_empty())
}

fn test_result<R: Read>(xml: &mut Xml<R>, element: &Element, words: &Words, comma: bool) -> Result<TestResult> {
    let label = label(element);
    let mut result =
        TestResult { label, value: Value::Nothing, limits: Limits::default(), outcome: None, place: element.place };
    let mut read = || -> Result<()> {
        while let Some(part) = xml.child()? {
            match part.key() {
                (Space::Results, "TestData") => result.value = value::read(xml, comma)?,
                (Space::Results, "TestLimits") => result.limits.read(xml)?,
                (Space::Results, "Outcome") => {
                    result.outcome = Some(outcome::read(&part, words)?);
                    xml.skip()?;
                }
                (_, "Extension") => result.limits.extension(xml)?,
                _ => xml.skip()?,
            }
        }
        Ok(())
    };
    match read() {
        Ok(()) => Ok(result),
        Err(fault) => Err(fault.within(format_args!("TestResult \"{}\"", result.label))),
    }
}

/// `name` children of the open element, each with its value inside or in a `Data` inside.
fn named_values<R: Read>(xml: &mut Xml<R>, name: &str, comma: bool) -> Result<Vec<(String, Value)>> {
    let mut found = Vec::new();
    while let Some(element) = xml.child()? {
        if &*element.name == name {
            let value = nested_value(xml, comma)?;
            found.push((label(&element), value));
        } else {
            xml.skip()?;
        }
    }
    Ok(found)
}

fn nested_value<R: Read>(xml: &mut Xml<R>, comma: bool) -> Result<Value> {
    let mut found = Value::Nothing;
    while let Some(element) = xml.child()? {
        match element.key() {
            (Space::Results, "Data") => found = value::read(xml, comma)?,
            (Space::Common, "Datum") => found = Value::Datum(value::datum(xml, &element)?),
            (Space::Common, "IndexedArray" | "Collection") => found = value::one(xml, &element, comma)?,
            _ => xml.skip()?,
        }
    }
    Ok(found)
}

/// Reads an open `ts:TSResultSetProperties` to its end.
pub(crate) fn set_properties<R: Read>(xml: &mut Xml<R>, comma: bool) -> Result<SetProperties> {
    let mut found = SetProperties::default();
    while let Some(element) = xml.child()? {
        match element.key() {
            (Space::TestStand, "BatchSerialNumber") => {
                let text = value::datum(xml, &element)?.text.trim().to_owned();
                found.batch_serial_number = Some(text).filter(|text| !text.is_empty());
            }
            (Space::TestStand, "TestSocketIndex") => {
                let datum = value::datum(xml, &element)?;
                found.socket_index = match datum.number(comma)? {
                    None => None,
                    Some(number) => Some(whole(number).ok_or_else(|| {
                        Fault::malformed(
                            element.place,
                            format!("TestSocketIndex is \"{}\"; a whole number was expected", datum.text),
                        )
                    })?),
                };
            }
            (Space::TestStand, "IsPartialExecution") => found.partial = value::flag(xml, &element)?,
            _ => xml.skip()?,
        }
    }
    Ok(found)
}

/// The number as a whole one of 32 bits; the upper half of the unsigned ones is the negative half of the signed.
pub(crate) fn whole(number: f64) -> Option<i32> {
    if number.fract() != 0.0 || !(f64::from(i32::MIN)..=f64::from(u32::MAX)).contains(&number) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "a whole number in range, checked above")]
    let number = number as i64;
    i32::try_from(number).ok().or_else(|| u32::try_from(number).ok().map(u32::cast_signed))
}
