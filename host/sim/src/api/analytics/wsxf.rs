//! A WSXF report under the names that WSJF has for the same things, as far as figures need them.

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion, escape};
use serde_json::{Map, Number, Value};

/// How an attribute is read.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    /// A number; what is none stays a text.
    Number,
    /// A word, of which WSJF has the first letter.
    Letter,
    Flag,
}

use Kind::{Flag, Letter, Text};

/// An attribute, the name that WSJF has for it, and how it is read.
type Attribute = (&'static str, &'static str, Kind);

const fn number(attribute: &'static str, key: &'static str) -> Attribute {
    (attribute, key, Kind::Number)
}

/// The elements that matter, with what they hold.
static ELEMENTS: [(&str, &[Attribute]); 9] = [
    (
        "Report",
        &[
            ("ID", "id", Text),
            ("SN", "sn", Text),
            ("PN", "pn", Text),
            ("Rev", "rev", Text),
            ("Start", "start", Text),
            ("Result", "result", Letter),
            ("MachineName", "machineName", Text),
            ("Location", "location", Text),
            ("Purpose", "purpose", Text),
        ],
    ),
    ("Process", &[number("Code", "processCode")]),
    (
        "UUT",
        &[
            ("UserLoginName", "user", Text),
            ("BatchSN", "batchSN", Text),
            ("FixtureId", "fixtureId", Text),
            number("TestSocketIndex", "testSocketIndex"),
            number("ExecutionTime", "execTime"),
            number("ErrorCode", "errorCode"),
        ],
    ),
    ("MiscInfo", &[("Description", "description", Text)]),
    (
        "Step",
        &[
            ("Name", "name", Text),
            ("StepType", "stepType", Text),
            ("Group", "group", Letter),
            ("Status", "status", Letter),
            ("StepCausedUUTFailure", "causedUUTFailure", Flag),
            number("Id", "id"),
            number("total_time", "totTime"),
        ],
    ),
    ("SequenceCall", &[("Name", "name", Text), ("Version", "version", Text)]),
    ("Loop", &[number("num", "num")]),
    (
        "NumericLimit",
        &[
            ("Name", "name", Text),
            ("Units", "unit", Text),
            ("CompOperator", "compOp", Text),
            ("Status", "status", Letter),
            number("NumericValue", "value"),
            number("LowLimit", "lowLimit"),
            number("HighLimit", "highLimit"),
        ],
    ),
    ("StringValue", &[("Name", "name", Text), ("StringValue", "value", Text), ("Status", "status", Letter)]),
];

/// The report of a `Report` element; none when it is not well-formed, which the check has excluded.
pub(super) fn read(element: &[u8]) -> Option<Value> {
    let mut reader = Reader::from_str(std::str::from_utf8(element).ok()?);
    let mut open: Vec<(&'static str, Map<String, Value>)> = Vec::new();
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => open.extend(fields_of(&start)),
            Event::Empty(start) => {
                if let (Some((name, fields)), Some(parent)) = (fields_of(&start), open.last_mut()) {
                    put(name, fields, parent);
                }
            }
            // Elements that do not matter were not opened here.
            Event::End(end) if open.last().is_some_and(|(name, _)| *name == end.local_name().as_ref()) => {
                let (name, fields) = open.pop()?;
                match open.last_mut() {
                    Some(parent) => put(name, fields, parent),
                    None => return Some(Value::Object(fields)),
                }
            }
            Event::Text(text) => add_text(&mut open, text.as_ref()),
            Event::GeneralRef(entity) => {
                let character = entity.resolve_char_ref().ok()?.map(String::from);
                let named = || escape::resolve_predefined_entity(entity.as_ref()).map(str::to_owned);
                add_text(&mut open, &character.or_else(named)?);
            }
            Event::Eof => return None,
            _ => {}
        }
    }
}

fn fields_of(start: &BytesStart<'_>) -> Option<(&'static str, Map<String, Value>)> {
    let (name, attributes) = ELEMENTS.iter().find(|(name, _)| *name == start.local_name().as_ref())?;
    let text = |attribute: &str| {
        let found = start.try_get_attribute(attribute).ok()??;
        let text = found.normalized_value(XmlVersion::Implicit1_0).ok()?.into_owned();
        (!text.is_empty()).then_some(text)
    };
    let read = |(attribute, key, kind): &Attribute| {
        let text = text(attribute)?;
        let value = match kind {
            Text => text.into(),
            Kind::Number => serde_json::from_str::<Number>(&text).map_or_else(|_| text.into(), Value::Number),
            Letter => text.chars().next().map(String::from).into(),
            Flag => (text == "1" || text.eq_ignore_ascii_case("true")).into(),
        };
        Some(((*key).to_owned(), value))
    };
    let mut fields: Map<_, _> = attributes.iter().filter_map(read).collect();
    if *name == "Report" {
        let letter = if text("type").as_deref() == Some("UUR") { "R" } else { "T" };
        fields.insert("type".to_owned(), letter.into());
    }
    Some((name, fields))
}

/// Puts an element where WSJF has it in its parent.
fn put(name: &'static str, fields: Map<String, Value>, (parent_name, parent): &mut (&'static str, Map<String, Value>)) {
    let mut add = |list: &str| {
        let list = parent.entry(list).or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(list) = list {
            list.push(Value::Object(fields.clone()));
        }
    };
    match name {
        "MiscInfo" => add("miscInfos"),
        "NumericLimit" => add("numericMeas"),
        "StringValue" => add("stringMeas"),
        "Step" if *parent_name == "Step" => add("steps"),
        "Process" => parent.extend(fields),
        _ => {
            let key = match name {
                "Step" => "root",
                "UUT" => "uut",
                "SequenceCall" => "seqCall",
                _ => "loop",
            };
            parent.insert(key.to_owned(), Value::Object(fields));
        }
    }
}

/// Only the text of a misc info matters.
fn add_text(open: &mut [(&'static str, Map<String, Value>)], text: &str) {
    if let Some(("MiscInfo", fields)) = open.last_mut() {
        let known = fields.get("text").and_then(Value::as_str).unwrap_or_default();
        let longer = format!("{known}{text}");
        fields.insert("text".to_owned(), longer.into());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_report_is_read_under_the_names_of_the_other_format() {
        let report = read(
            br#"<Report type="UUT" ID="0b5f7c1e-3f55-4f0e-9c0e-7a1d52f4a001" SN="S &amp; 1" PN="A" Rev="B" Result="Failed"
                Start="2026-05-04T08:15:30+02:00" MachineName="EOL" Location="H" Purpose="Production">
              <Process Code="100" Name="Final test"/>
              <UUT UserLoginName="kari" ExecutionTime="1.5"><Comment>no &lt;fault&gt;</Comment></UUT>
              <MiscInfo Description="Note">a &lt; b &#x26; c</MiscInfo>
              <Step Id="1" Group="Main" Name="Main" StepType="SequenceCall" Status="Failed">
                <SequenceCall Name="lamp.seq" Version="1.0" Filepath="x"/>
                <Step Id="2" Group="Setup" Name="Volt" StepType="ET_NLT" Status="Failed" total_time="0.5" StepCausedUUTFailure="1">
                  <ReportText>hot</ReportText>
                  <NumericLimit NumericValue="NaN" Units="V" CompOperator="LT" LowLimit="5" Status="Failed"/>
                </Step>
                <Step Name="Loops" StepType="Action" Status="Done"><Loop num="2" passed="2"/></Step>
              </Step>
            </Report>"#,
        );
        let volt = json!({
            "name": "Volt", "stepType": "ET_NLT", "group": "S", "status": "F", "id": 2, "totTime": 0.5, "causedUUTFailure": true,
            "numericMeas": [{ "value": "NaN", "unit": "V", "compOp": "LT", "lowLimit": 5, "status": "F" }],
        });
        let expected = json!({
            "type": "T", "id": "0b5f7c1e-3f55-4f0e-9c0e-7a1d52f4a001", "sn": "S & 1", "pn": "A", "rev": "B", "result": "F",
            "start": "2026-05-04T08:15:30+02:00", "machineName": "EOL", "location": "H", "purpose": "Production",
            "processCode": 100, "uut": { "user": "kari", "execTime": 1.5 },
            "miscInfos": [{ "description": "Note", "text": "a < b & c" }],
            "root": {
                "name": "Main", "stepType": "SequenceCall", "group": "M", "status": "F", "id": 1,
                "seqCall": { "name": "lamp.seq", "version": "1.0" },
                "steps": [volt, { "name": "Loops", "stepType": "Action", "status": "D", "loop": { "num": 2 } }],
            },
        });
        assert_eq!(report, Some(expected));
        assert_eq!(read(b"<Report><Step>"), None);
    }
}
