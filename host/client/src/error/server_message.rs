//! The server's words, out of all the forms in which servers of this family say what is wrong.

use std::sync::Arc;

use serde_json::Value;

/// Longest message kept, in characters.
pub(crate) const MAX_MESSAGE_CHARS: usize = 500;
/// Of an array or map of errors, at most so many parts are told.
const MAX_PARTS: usize = 12;

/// Keys that carry words, in the order in which they are told. Compared without case.
const WORDS: [&str; 7] =
    ["message", "title", "detail", "error_description", "exceptionmessage", "messagedetail", "reason"];
/// Keys that carry words, or a list or map of them.
const NESTED: [&str; 3] = ["error", "errors", "modelstate"];

/// What a body says, and whether it has one of the forms that WATS (ASP.NET) answers with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) message: Option<Arc<str>>,
    pub(crate) form: Form,
}

/// The form of an error body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Nothing, or nothing but `null`, `""`, `[]`, `{}`.
    Empty,
    /// JSON that carries words under a key we know, or a JSON string.
    Json,
    /// JSON in which nothing was found.
    OtherJson,
    /// A web page.
    Html,
    /// Plain text.
    Text,
}

/// Reads an error body. `redact` takes secrets out of the text.
pub(crate) fn read(body: &[u8], content_type: Option<&str>, redact: &dyn Fn(&str) -> String) -> Said {
    let text = String::from_utf8_lossy(body);
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        return Said { message: None, form: Form::Empty };
    }
    if let Ok(value) = serde_json::from_str::<Value>(text) {
        if is_no_data(&value) {
            return Said { message: None, form: Form::Empty };
        }
        let mut parts = Vec::new();
        collect(&value, &mut parts, 0);
        parts.dedup();
        let form = if parts.is_empty() { Form::OtherJson } else { Form::Json };
        let message = (!parts.is_empty()).then(|| Arc::from(clean(&redact(&parts.join("; ")), MAX_MESSAGE_CHARS)));
        return Said { message, form };
    }
    if looks_like_html(text, content_type) {
        let message = html_title(text).map(|title| Arc::from(clean(&redact(&title), MAX_MESSAGE_CHARS)));
        return Said { message, form: Form::Html };
    }
    Said { message: Some(Arc::from(clean(&redact(text), MAX_MESSAGE_CHARS))), form: Form::Text }
}

/// The answers that stand for "no data".
pub(crate) fn is_no_data(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(s) => s.trim().is_empty(),
        Value::Array(a) => a.is_empty(),
        Value::Object(o) => o.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn collect(value: &Value, parts: &mut Vec<String>, depth: usize) {
    // Bodies come from outside: neither deep nor wide ones are followed to their end.
    if depth > 4 || parts.len() >= MAX_PARTS {
        return;
    }
    match value {
        Value::String(s) if !s.trim().is_empty() => push(parts, s.trim().to_owned()),
        Value::Array(items) => items.iter().for_each(|item| collect(item, parts, depth + 1)),
        Value::Object(map) => {
            for key in WORDS {
                for (_, word) in map.iter().filter(|(k, _)| k.eq_ignore_ascii_case(key)) {
                    if let Value::String(s) = word
                        && !s.trim().is_empty()
                    {
                        push(parts, s.trim().to_owned());
                    }
                }
            }
            for key in NESTED {
                for (_, nested) in map.iter().filter(|(k, _)| k.eq_ignore_ascii_case(key)) {
                    collect_nested(nested, parts, depth + 1);
                }
            }
        }
        _ => {}
    }
}

/// `errors` and `ModelState` are often maps from a field to its complaints: the field's name belongs to the message.
fn collect_nested(value: &Value, parts: &mut Vec<String>, depth: usize) {
    let Value::Object(map) = value else { return collect(value, parts, depth) };
    let before = parts.len();
    collect(value, parts, depth);
    if parts.len() > before || depth > 4 {
        return;
    }
    for (field, complaints) in map.iter().take(MAX_PARTS) {
        let mut inner = Vec::new();
        collect(complaints, &mut inner, depth + 1);
        if !inner.is_empty() {
            push(parts, format!("{field}: {}", inner.join(", ")));
        }
    }
}

fn push(parts: &mut Vec<String>, part: String) {
    if parts.len() < MAX_PARTS && !parts.contains(&part) {
        parts.push(part);
    }
}

/// Text from outside, fit for a log line: white space collapsed, control and direction characters escaped, bounded.
pub(crate) fn clean(text: &str, max_chars: usize) -> String {
    let mut out = String::with_capacity(text.len().min(max_chars * 4));
    let mut count = 0;
    let mut space = false;
    for c in text.trim().chars() {
        if count >= max_chars {
            out.push('…');
            break;
        }
        if c.is_whitespace() {
            space = true;
            continue;
        }
        if std::mem::take(&mut space) {
            out.push(' ');
            count += 1;
        }
        if is_unprintable(c) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
        count += 1;
    }
    out
}

/// Control characters, and those that reverse or hide text in a terminal or a page.
fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// True for a web page, by its declared type or by how it begins.
pub(crate) fn looks_like_html(text: &str, content_type: Option<&str>) -> bool {
    let declared = content_type.is_some_and(|ct| {
        let ct = ct.to_ascii_lowercase();
        ct.contains("text/html") || ct.contains("application/xhtml")
    });
    declared || {
        let start: String = text.trim_start_matches('\u{feff}').trim_start().chars().take(256).collect();
        let start = start.to_ascii_lowercase();
        start.starts_with("<!doctype html")
            || start.starts_with("<html")
            || start.starts_with("<head")
            || start.starts_with("<body")
            || (start.starts_with("<!--") && start.contains("<html"))
    }
}

/// The title of a web page, at most 80 characters.
pub(crate) fn html_title(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let open = lower.find("<title")?;
    let from = open + lower.get(open..)?.find('>')? + 1;
    let to = from + lower.get(from..)?.find("</title")?;
    let title = clean(text.get(from..to)?, 80);
    (!title.is_empty()).then_some(title)
}
