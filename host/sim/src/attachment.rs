//! The files in a report, and a report without them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// A file in a WSJF report.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Attachment {
    pub(crate) name: String,
    pub(crate) content_type: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) data: Vec<u8>,
    /// The number of its step, if it belongs to one: from 1 for the outermost, in the order of the document.
    pub(crate) step: Option<u64>,
}

impl Attachment {
    fn of(value: &Value, step: Option<u64>) -> Option<Self> {
        let text = |name: &str| value.get(name).and_then(Value::as_str);
        Some(Self {
            name: text("name")?.to_owned(),
            content_type: text("contentType").map(str::to_owned),
            description: text("description").map(str::to_owned),
            // The check has seen that it is base64.
            data: STANDARD.decode(text("data").unwrap_or_default()).ok()?,
            step,
        })
    }

    /// All files of a report: those of the report itself, then those of its steps.
    pub(crate) fn all(report: &Value) -> Vec<Self> {
        let own = report.get("binaryData").and_then(Value::as_array).into_iter().flatten();
        let mut all: Vec<_> = own.filter_map(|file| Self::of(file, None)).collect();
        let mut left: Vec<&Value> = report.get("root").into_iter().collect();
        let mut number = 0;
        while let Some(step) = left.pop() {
            number += 1;
            all.extend(step.get("attachment").and_then(|file| Self::of(file, Some(number))));
            left.extend(step.get("steps").and_then(Value::as_array).into_iter().flatten().rev());
        }
        all
    }
}

/// Takes files, or the points of charts, out of a report.
pub(crate) fn strip(report: &mut Value, attachments: bool, chart_data: bool) {
    let remove = |value: &mut Value, key: &str| value.as_object_mut().and_then(|map| map.remove(key));
    if attachments {
        remove(report, "binaryData");
    }
    let mut left: Vec<&mut Value> = report.get_mut("root").into_iter().collect();
    while let Some(step) = left.pop() {
        if attachments {
            remove(step, "attachment");
        }
        if chart_data {
            for series in step.pointer_mut("/chart/series").and_then(Value::as_array_mut).into_iter().flatten() {
                remove(series, "xdata");
                remove(series, "ydata");
            }
        }
        left.extend(step.get_mut("steps").and_then(Value::as_array_mut).into_iter().flatten());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn files_are_found_on_the_report_and_on_deep_steps_in_the_order_of_the_document() {
        let file = |name: &str| json!({ "name": name, "contentType": "text/plain", "data": "aGk=" });
        let mut report = json!({
            "binaryData": [file("own")],
            "root": { "steps": [
                { "steps": [{ "attachment": file("deep") }], "attachment": file("outer") },
                { "attachment": file("last"), "chart": { "label": "c", "series": [{ "name": "s", "ydata": "1;2" }] } },
            ] },
        });
        let found: Vec<_> = Attachment::all(&report).into_iter().map(|file| (file.name, file.step)).collect();
        let expected = [("own", None), ("outer", Some(2)), ("deep", Some(3)), ("last", Some(4))];
        assert_eq!(found, expected.map(|(name, step)| (name.to_owned(), step)));
        assert_eq!(Attachment::all(&report)[0].data, b"hi");
        strip(&mut report, true, true);
        assert!(Attachment::all(&report).is_empty());
        assert_eq!(report["root"]["steps"][1]["chart"], json!({ "label": "c", "series": [{ "name": "s" }] }));
    }
}
