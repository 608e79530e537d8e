//! One `TestResults` as one report: the head, which the file tells before and after the steps.

use std::io::Read;

use wats_converter::{Attachment, Header, Reports, Sequence, Status, Uut};

use crate::action::{self, SetProperties, whole};
use crate::data;
use crate::error::{Fault, Place, Result};
use crate::long::kept;
use crate::names::Space;
use crate::sequence::{self, Program};
use crate::settings::MiscInfoSource;
use crate::value::{self, Value};
use crate::xml::{Element, Xml};
use crate::{Context, MAX_NAME, MAX_PATH, MAX_VERSION, cut, fit};

/// Lengths of misc info in WATS.
const MAX_DESCRIPTION: usize = 100;
const MAX_TEXT: usize = 255;

/// What is known about the test as a whole.
#[derive(Default)]
struct Head {
    uuid: Option<String>,
    operator: Option<String>,
    unit: Unit,
    station: Option<String>,
    location: Option<String>,
    program_version: Option<String>,
    properties: SetProperties,
    infos: Vec<(String, String)>,
    attachments: Vec<Attachment>,
}

#[derive(Default)]
struct Unit {
    serial_number: Option<String>,
    part_number: Option<String>,
    revision: Option<String>,
    /// Where the unit stands in the file.
    place: Option<Place>,
}

/// A number by which the unit is known.
struct IdentificationNumber {
    kind: String,
    /// What it is, where its type does not tell.
    qualifier: Option<String>,
    text: String,
}

impl IdentificationNumber {
    fn named(self) -> (String, String) {
        let kind = if self.kind.is_empty() { "Identification number".to_owned() } else { self.kind };
        (self.qualifier.unwrap_or(kind), self.text)
    }
}

/// What `finish` said, apart from what is wrong with the file.
pub(crate) type Finished = std::result::Result<String, wats_converter::Error>;

/// Reads the open `TestResults` to its end and writes its report. `seen` tells how often a key was given before.
pub(crate) fn test_results<R: Read>(
    xml: &mut Xml<R>,
    element: &Element,
    reports: &mut Reports,
    context: &Context<'_>,
    batch: &SetProperties,
    seen: &mut impl FnMut(&str) -> usize,
) -> Result<Finished> {
    let mut head = Head { uuid: element.attribute("uuid").map(str::to_owned), ..Head::default() };
    // The unit is told after the steps: until then the report has no serial number.
    let mut uut = reports.uut(Header::new(""));
    let mut program = None;
    while let Some(child) = xml.child()? {
        if child.is(Space::Results, "ResultSet") {
            if program.is_some() {
                return Err(Fault::malformed(child.place, "a second ResultSet; TestResults has one"));
            }
            program = Some((sequence::result_set(xml, &child, &mut uut, context)?, child.place));
        } else {
            head.part(xml, &child, context)?;
        }
    }
    let Some((program, place)) = program else {
        return Err(Fault::malformed(element.place, "TestResults without a ResultSet"));
    };
    let Some(outcome) = program.action.outcome.clone() else {
        let message = "the ResultSet has no Outcome: whether the unit passed is not said";
        return Err(Fault::malformed(place, message));
    };
    head.properties = std::mem::take(&mut head.properties).or(program.action.set_properties.clone()).or(batch.clone());
    let mut program = program;
    let header = head.header(&mut program, &mut uut, element, context, seen)?;
    uut.set_header(&header);
    head.write(&mut uut, program, context);
    // A report is never skipped: a test that was not started was stopped before it.
    let status = if outcome.status == Status::Skipped { Status::Terminated } else { outcome.status };
    Ok(uut.finish_with(status))
}

impl Head {
    fn part<R: Read>(&mut self, xml: &mut Xml<R>, element: &Element, context: &Context<'_>) -> Result<()> {
        match element.key() {
            (Space::Results, "Personnel") => {
                while let Some(person) = xml.child()? {
                    if person.is(Space::Results, "SystemOperator") {
                        let name = person.attribute("name").or_else(|| person.attribute("ID"));
                        self.operator = name.map(str::to_owned);
                    }
                    xml.skip()?;
                }
                Ok(())
            }
            (Space::Results, "UUT") => self.unit(xml, element, context),
            (Space::Results, "TestStation") => self.station(xml, context),
            (Space::Results, "TestProgram") => self.test_program(xml),
            (Space::Results, "Site") => {
                self.location = element.attribute("name").map(str::to_owned);
                xml.skip()
            }
            (Space::Results, "References") => self.references(xml),
            (_, "Extension") => {
                while let Some(part) = xml.child()? {
                    if part.is(Space::TestStand, "TSResultSetProperties") {
                        self.properties = action::set_properties(xml, context.comma)?;
                    } else {
                        xml.skip()?;
                    }
                }
                Ok(())
            }
            _ => xml.skip(),
        }
    }

    fn unit<R: Read>(&mut self, xml: &mut Xml<R>, element: &Element, context: &Context<'_>) -> Result<()> {
        self.unit.place = Some(element.place);
        let mut values = Vec::new();
        while let Some(part) = xml.child()? {
            match part.key() {
                (Space::Common, "SerialNumber") => self.unit.serial_number = not_empty(&xml.text()?),
                (Space::Common, "Definition") => {
                    self.unit.revision = self.unit.revision.take().or(part.attribute("version").map(str::to_owned));
                    while let Some(inner) = xml.child()? {
                        match inner.key() {
                            (Space::Common, "Identification") => self.identification(xml, context)?,
                            (_, "Extension") => collections(xml, context.comma, &mut values)?,
                            _ => xml.skip()?,
                        }
                    }
                }
                (_, "Extension") => collections(xml, context.comma, &mut values)?,
                _ => xml.skip()?,
            }
        }
        self.keep(&values, MiscInfoSource::Uut, context);
        Ok(())
    }

    fn identification<R: Read>(&mut self, xml: &mut Xml<R>, context: &Context<'_>) -> Result<()> {
        let mut numbers: Vec<IdentificationNumber> = Vec::new();
        while let Some(part) = xml.child()? {
            match part.key() {
                (Space::Common, "Version") => {
                    let version = not_empty(&xml.text()?);
                    self.unit.revision = version.or(self.unit.revision.take());
                }
                (Space::Common, "IdentificationNumbers") => {
                    while let Some(number) = xml.child()? {
                        if let (true, Some(text)) =
                            (number.is(Space::Common, "IdentificationNumber"), number.attribute("number"))
                        {
                            numbers.push(IdentificationNumber {
                                kind: number.attribute("type").unwrap_or_default().trim().to_owned(),
                                qualifier: number.attribute("qualifier").and_then(not_empty),
                                text: text.trim().to_owned(),
                            });
                        }
                        xml.skip()?;
                    }
                }
                _ => xml.skip()?,
            }
        }
        let mut take = |wanted: &str| {
            let at = numbers.iter().position(|number| number.kind.eq_ignore_ascii_case(wanted))?;
            Some(numbers.remove(at).text)
        };
        let (part_number, revision) = (take("Part"), take("Revision"));
        let first = if part_number.is_none() && !numbers.is_empty() { Some(numbers.remove(0).text) } else { None };
        self.unit.part_number = part_number.or(first);
        self.unit.revision = revision.or(self.unit.revision.take());
        if context.settings.misc_info.contains(&MiscInfoSource::Uut) {
            let others = numbers.into_iter().map(IdentificationNumber::named);
            self.infos.extend(others.filter(|(name, _)| context.settings.wants_misc_info(name)));
        }
        Ok(())
    }

    fn station<R: Read>(&mut self, xml: &mut Xml<R>, context: &Context<'_>) -> Result<()> {
        let mut values = Vec::new();
        while let Some(part) = xml.child()? {
            match part.key() {
                (Space::Common, "SerialNumber") => self.station = not_empty(&xml.text()?),
                (_, "Definition") => {
                    while let Some(inner) = xml.child()? {
                        if inner.name == "Extension" {
                            collections(xml, context.comma, &mut values)?;
                        } else {
                            xml.skip()?;
                        }
                    }
                }
                (_, "Extension") => collections(xml, context.comma, &mut values)?,
                _ => xml.skip()?,
            }
        }
        self.keep(&values, MiscInfoSource::Station, context);
        Ok(())
    }

    fn test_program<R: Read>(&mut self, xml: &mut Xml<R>) -> Result<()> {
        while let Some(part) = xml.child()? {
            if part.name == "Definition" {
                self.program_version = part.attribute("version").map(str::to_owned);
            }
            xml.skip()?;
        }
        Ok(())
    }

    /// Documents: a text is attached, an address becomes misc info.
    fn references<R: Read>(&mut self, xml: &mut Xml<R>) -> Result<()> {
        while let Some(document) = xml.child()? {
            let name =
                document.attribute("name").or_else(|| document.attribute("ID")).unwrap_or("Reference").to_owned();
            while let Some(part) = xml.child()? {
                match part.key() {
                    (Space::Common, "Text") => {
                        let content = xml.text()?.into_bytes();
                        self.attachments.push(Attachment::new(
                            format!("{}.txt", fit(&name, MAX_DESCRIPTION)),
                            "text/plain",
                            content,
                        ));
                    }
                    (Space::Common, "URL") => self.infos.push((name.clone(), xml.text()?.trim().to_owned())),
                    _ => xml.skip()?,
                }
            }
        }
        Ok(())
    }

    fn keep(&mut self, values: &[(String, Value)], source: MiscInfoSource, context: &Context<'_>) {
        if !context.settings.misc_info.contains(&source) {
            return;
        }
        let mut found = Vec::new();
        for (name, value) in values {
            // The collection that TestStand itself makes is only a wrapper.
            let name = if name == "AdditionalData" { "" } else { name };
            data::flatten(name, value, &mut found);
        }
        self.infos.extend(found.into_iter().filter(|(name, _)| context.settings.wants_misc_info(name)));
    }

    fn header(
        &mut self,
        program: &mut Program,
        uut: &mut Uut,
        element: &Element,
        context: &Context<'_>,
        seen: &mut impl FnMut(&str) -> usize,
    ) -> Result<Header> {
        let settings = context.settings;
        let Some(serial) = self.unit.serial_number.take().or(settings.serial_number.clone()) else {
            let place = self.unit.place.unwrap_or(element.place);
            let what = if self.unit.place.is_some() { "the UUT has no SerialNumber" } else { "there is no UUT" };
            let message = format!("{what}; a serial number for such units can be given with the setting serial_number");
            return Err(Fault::malformed(place, message));
        };
        let start = program.action.start.as_ref();
        let end = program.action.end.as_ref();
        let duration = start.zip(end).and_then(|(start, end)| start.seconds_until(end)).or(program.action.total_time);
        let key = match (&self.uuid, start) {
            (Some(uuid), _) => uuid.clone(),
            (None, Some(start)) => format!("{serial} {}", start.text),
            (None, None) => serial.clone(),
        };
        let key = match seen(&key) {
            0 => key,
            before => format!("{key} #{}", before + 1),
        };
        let version = program.version.clone().or(self.program_version.take()).or(settings.sequence_version.clone());
        let place = program.action.place;
        let code = program.action.error_code.take();
        let number = code.as_deref().and_then(|code| code.trim().parse::<f64>().ok()).and_then(whole);
        // The head of a report takes whole numbers only, a step takes words too.
        let word = code.filter(|_| number.is_none());
        // The remark of the outcome becomes misc info.
        let remark = program.action.outcome.as_mut().and_then(|outcome| outcome.remark.take());
        let text = sequence::texts(&mut program.action, &program.name);
        if let Some(outcome) = &mut program.action.outcome {
            outcome.remark = remark;
        }
        let sequence = Sequence::new(fit(&program.name, MAX_NAME))
            .path(kept(uut, "path of the test program", &program.path, MAX_PATH, place))
            .version(version.map(|version| kept(uut, "version of the test program", &version, MAX_VERSION, place)))
            .error_code(word)
            .report_text(text);
        let start = program.action.start.as_ref();
        Ok(Header::new(serial)
            .part_number(self.unit.part_number.take().or(settings.part_number.clone()))
            .revision(self.unit.revision.take().or(settings.revision.clone()))
            .process_code(settings.process_code)
            .start(start.map(|start| start.text.as_str()))
            .duration(duration)
            .operator(self.operator.take().or(settings.operator.clone()))
            .machine_name(self.station.take())
            .location(self.location.take())
            .batch_serial_number(self.properties.batch_serial_number.take())
            .socket_index(self.properties.socket_index)
            .error_code(number)
            .error_message(program.action.error_message.as_deref())
            .id(self.uuid.as_deref().and_then(guid))
            .key(cut(&key, 200))
            .program(sequence))
    }

    fn write(self, uut: &mut Uut, program: Program, context: &Context<'_>) {
        let place = program.action.place;
        for (description, text) in &self.infos {
            if !text.is_empty() {
                let title = fit(description, MAX_DESCRIPTION);
                if title != description.trim() {
                    kept(uut, "description of a misc info", description, MAX_DESCRIPTION, place);
                }
                let text = kept(uut, &format!("misc info \"{title}\""), text, MAX_TEXT, place);
                uut.misc_info(title, text);
            }
        }
        if self.properties.partial {
            uut.misc_info("Partial execution", "true");
        }
        if let Some(remark) = program.action.outcome.and_then(|outcome| outcome.remark) {
            let remark = kept(uut, "misc info \"Outcome\"", &remark, MAX_TEXT, place);
            uut.misc_info("Outcome", remark);
        }
        for attachment in &self.attachments {
            uut.attach(attachment);
        }
        if !context.settings.additional_results {
            return;
        }
        let mut values = program.action.data;
        values.extend(program.action.results.into_iter().map(|result| (result.label, result.value)));
        values.extend(program.action.more.into_iter().map(|(name, items)| (name.to_owned(), Value::Collection(items))));
        for (name, value) in &values {
            uut.data(&data::entry_of(name, value));
        }
    }
}

fn not_empty(text: &str) -> Option<String> {
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// The named values in an `Extension` of TestStand: `ts:TSCollection`, alone or inside of `ts:TSAdditionalData`.
fn collections<R: Read>(xml: &mut Xml<R>, comma: bool, found: &mut Vec<(String, Value)>) -> Result<()> {
    while let Some(element) = xml.child()? {
        match element.key() {
            (Space::TestStand, "TSAdditionalData" | "TSCollection") => collections(xml, comma, found)?,
            (Space::Common, "Item") => {
                let name = element.attribute("name").unwrap_or_default().to_owned();
                found.push((name, value::read(xml, comma)?));
            }
            (Space::Common, "Collection") => found.push((String::new(), value::one(xml, &element, comma)?)),
            _ => xml.skip()?,
        }
    }
    Ok(())
}

/// The UUID in the form of WATS: 32 digits in five groups, lower case, without braces.
fn guid(uuid: &str) -> Option<String> {
    let trimmed = uuid.trim().trim_start_matches(['{', '(']).trim_end_matches(['}', ')']);
    let digits: String = trimmed.chars().filter(|character| *character != '-').collect::<String>().to_ascii_lowercase();
    let well_formed = digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let grouped = trimmed.len() == 32 || trimmed.split('-').map(str::len).eq([8, 4, 4, 4, 12]);
    if !(well_formed && grouped) {
        return None;
    }
    let part = |from: usize, to: usize| digits.get(from..to);
    Some([part(0, 8)?, part(8, 12)?, part(12, 16)?, part(16, 20)?, part(20, 32)?].join("-"))
}
