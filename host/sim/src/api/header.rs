//! Report headers, made of what was uploaded.

use jiff::Timestamp;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use serde_json::{Map, Value, json};

use super::master;
use crate::attachment::Attachment;
use crate::json;
use crate::store::{Format, ReportEntry};

/// Fields that a filter or an order may name; the last ones are lists, for `any`.
pub(super) const FIELDS: [&str; 34] = [
    "uuid",
    "partNumber",
    "serialNumber",
    "revision",
    "result",
    "reportType",
    "stationName",
    "location",
    "purpose",
    "processCode",
    "processName",
    "start",
    "startUtc",
    "operator",
    "comment",
    "executionTime",
    "batchNumber",
    "fixtureId",
    "testSocketIndex",
    "errorCode",
    "errorMessage",
    "referencedUut",
    "swFilename",
    "swVersion",
    "receiveCount",
    "reportSize",
    "subUnits",
    "miscInfo",
    "assets",
    "attachments",
    "uurSubUnits",
    "uurMiscInfo",
    "uurAssets",
    "uurAttachments",
];

/// Lists that come only when `$expand` names them: the name for tests and for repairs, and where they are in a report.
const PARTS: [(&str, &str, &str); 4] = [
    ("subUnits", "uurSubUnits", "subUnits"),
    ("miscInfo", "uurMiscInfo", "miscInfos"),
    ("assets", "uurAssets", "assets"),
    ("attachments", "uurAttachments", "binaryData"),
];

/// A header without the lists that `expand` does not name.
pub(super) fn keep_parts(header: &mut Value, expand: &str) {
    let asked = |name: &str| expand.split(',').any(|one| one.trim().eq_ignore_ascii_case(name));
    if let Some(header) = header.as_object_mut() {
        let is_part = |name: &str| PARTS.iter().any(|(uut, uur, _)| name == *uut || name == *uur);
        header.retain(|name, _| !is_part(name) || asked(name));
    }
}

/// The number that the server gives the n-th file, or step, of a report. Made up: what real ones are is not known.
pub(super) fn number_of(place: u64, n: u64) -> u64 {
    place * PER_REPORT + n
}

/// The place of the report, and n.
pub(super) fn place_of(number: u64) -> (u64, u64) {
    (number / PER_REPORT, number % PER_REPORT)
}

const PER_REPORT: u64 = 1_000_000;

/// The header of a stored report, with all its lists. Of WSXF, and when only digests are kept, it has fewer fields.
pub(super) fn header_of(entry: &ReportEntry, body: Option<&[u8]>) -> Value {
    let mut header = json!({
        "uuid": entry.id, "partNumber": entry.part, "serialNumber": entry.serial, "result": word_of(&entry.result),
        "receiveCount": entry.count,
    });
    let Some(body) = body else { return header };
    let more = match entry.format {
        Format::Wsjf => json::from_slice(body, json::MAX_DEPTH).ok().map(|report| of_wsjf(entry, &report)),
        Format::Wsxf => std::str::from_utf8(body).ok().map(of_wsxf),
    };
    if let (Some(header), Some(mut more)) = (header.as_object_mut(), more) {
        let start = more.get("start").and_then(Value::as_str).and_then(|start| start.parse::<Timestamp>().ok());
        more.insert("startUtc".into(), json!(start));
        let code = more.get("processCode").map(ToString::to_string).unwrap_or_default();
        more.insert("processName".into(), json!(master::process(&code).map(|process| process.name)));
        more.insert("reportSize".into(), json!(body.len()));
        header.extend(more.into_iter().filter(|(_, value)| !value.is_null()));
    }
    header
}

fn of_wsjf(entry: &ReportEntry, report: &Value) -> Map<String, Value> {
    let is_repair = report.get("uur").is_some();
    let own = if is_repair { "uur" } else { "uut" };
    let fields = [
        ("reportType", "/type".to_owned()),
        ("revision", "/rev".to_owned()),
        ("stationName", "/machineName".to_owned()),
        ("location", "/location".to_owned()),
        ("purpose", "/purpose".to_owned()),
        ("processCode", "/processCode".to_owned()),
        ("start", "/start".to_owned()),
        ("operator", format!("/{own}/user")),
        ("comment", format!("/{own}/comment")),
        ("executionTime", format!("/{own}/execTime")),
        ("batchNumber", format!("/{own}/batchSN")),
        ("fixtureId", format!("/{own}/fixtureId")),
        ("testSocketIndex", format!("/{own}/testSocketIndex")),
        ("errorCode", format!("/{own}/errorCode")),
        ("errorMessage", format!("/{own}/errorMessage")),
        ("referencedUut", format!("/{own}/refUUT")),
        ("swFilename", "/root/seqCall/name".to_owned()),
        ("swVersion", "/root/seqCall/version".to_owned()),
    ];
    let mut header: Map<_, _> = fields
        .into_iter()
        .map(|(name, path)| (name.to_owned(), report.pointer(&path).cloned().unwrap_or_default()))
        .collect();
    for (uut, uur, list) in PARTS {
        let items = report.get(list).and_then(Value::as_array).into_iter().flatten();
        let at = |item: &Value, key: &str| item.get(key).cloned().unwrap_or_default();
        let items: Vec<Value> = match list {
            "subUnits" => items
                .map(|unit| {
                    json!({
                        "serialNumber": at(unit, "sn"), "partNumber": at(unit, "pn"), "revision": at(unit, "rev"),
                        "partType": at(unit, "partType"),
                    })
                })
                .collect(),
            "miscInfos" => {
                items.map(|info| json!({ "description": at(info, "description"), "value": at(info, "text") })).collect()
            }
            "assets" => items
                .map(|asset| json!({ "serialNumber": at(asset, "sn"), "runningCount": at(asset, "usageCount") }))
                .collect(),
            _ => attachments(entry.place, report),
        };
        header.insert(if is_repair { uur } else { uut }.to_owned(), items.into());
    }
    header
}

fn attachments(place: u64, report: &Value) -> Vec<Value> {
    let described = |(n, file): (u64, Attachment)| {
        json!({
            "attachmentId": number_of(place, n), "fileName": file.name, "mimeType": file.content_type,
            "size": file.data.len(), "description": file.description,
            "stepId": file.step.map(|step| number_of(place, step)),
        })
    };
    (1..).zip(Attachment::all(report)).map(described).collect()
}

/// Of a `Report` element, as far as its attributes and those of its first elements tell.
fn of_wsxf(element: &str) -> Map<String, Value> {
    let mut header = Map::new();
    let mut reader = Reader::from_str(element);
    // The check has seen that it is well-formed.
    while let Ok(event) = reader.read_event() {
        let (Event::Start(element) | Event::Empty(element)) = event else {
            if matches!(event, Event::Eof) {
                break;
            }
            continue;
        };
        let fields: &[(&str, &str)] = match element.local_name().as_ref() {
            "Report" => &[
                ("type", "reportType"),
                ("Rev", "revision"),
                ("MachineName", "stationName"),
                ("Location", "location"),
                ("Purpose", "purpose"),
                ("Start", "start"),
            ],
            "Process" => &[("Code", "processCode")],
            "UUT" => &[
                ("UserLoginName", "operator"),
                ("BatchSN", "batchNumber"),
                ("FixtureId", "fixtureId"),
                ("ExecutionTime", "executionTime"),
            ],
            "Step" => break,
            _ => &[],
        };
        for (attribute, field) in fields {
            let Some(text) = attribute_of(&element, attribute) else { continue };
            let value = match *field {
                "reportType" => json!(if text == "UUR" { "R" } else { "T" }),
                "processCode" | "executionTime" => serde_json::from_str(&text).unwrap_or_default(),
                _ => json!(text),
            };
            header.insert((*field).to_owned(), value);
        }
    }
    header
}

fn attribute_of(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let attribute = element.try_get_attribute(name).ok()??;
    Some(attribute.normalized_value(XmlVersion::Implicit1_0).ok()?.into_owned())
}

fn word_of(letter: &str) -> &'static str {
    match letter {
        "P" => "Passed",
        "F" => "Failed",
        "D" => "Done",
        "E" => "Error",
        "T" => "Terminated",
        _ => "Unknown",
    }
}
