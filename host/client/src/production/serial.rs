//! The answer to "take serial numbers": XML, or a JSON list.

use quick_xml::events::Event;
use quick_xml::{Reader, XmlVersion};

use crate::http::Answer;
use crate::model::parse_list;

/// `<SerialNumbers><SN id="..."/>...</SerialNumbers>`, in quotes where the server wraps text into JSON, or a list of texts or of
/// objects with an `id` or a `serialNumber`.
pub(super) fn read(answer: &Answer) -> Result<Vec<String>, String> {
    let text =
        std::str::from_utf8(&answer.body).map_err(|error| error.to_string())?.trim_start_matches('\u{feff}').trim();
    if text.starts_with('<') {
        return xml(text);
    }
    if text.starts_with('"') {
        let inner: String = serde_json::from_str(text).map_err(|error| error.to_string())?;
        return xml(&inner);
    }
    let list: Vec<serde_json::Value> = parse_list(&answer.body)?;
    let one = |value: serde_json::Value| match value {
        serde_json::Value::String(number) => Ok(number),
        other => {
            let named = ["id", "serialNumber"].iter().find_map(|key| other.get(*key)?.as_str());
            named.map(str::to_owned).ok_or_else(|| format!("an entry without a serial number: {other}"))
        }
    };
    list.into_iter().map(one).collect()
}

fn xml(text: &str) -> Result<Vec<String>, String> {
    let mut reader = Reader::from_str(text);
    let mut numbers = Vec::new();
    loop {
        match reader.read_event().map_err(|error| error.to_string())? {
            Event::Start(element) | Event::Empty(element) if element.local_name().as_ref() == "SN" => {
                let id = element.try_get_attribute("id").map_err(|error| error.to_string())?;
                let id = id.ok_or("an element SN without an id")?;
                let id = id.normalized_value(XmlVersion::Implicit1_0).map_err(|error| error.to_string())?;
                numbers.push(id.into_owned());
            }
            Event::Eof => return Ok(numbers),
            _ => {}
        }
    }
}
