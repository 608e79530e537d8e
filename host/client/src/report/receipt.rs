//! What counts as a receipt, and everything that does not.

use std::time::Duration;

use serde_json::Value;
use uuid::Uuid;

use crate::error::{Error, ErrorClass, ForeignKind, clean, html_title, is_no_data, looks_like_html, read_message};
use crate::http::{Answer, Call, Core};
use crate::proof::Proof;

/// Names under which servers give the id of a report, best first; compared without case.
const ID_KEYS: [&str; 3] = ["id", "uuid", "guid"];

/// The server's acknowledgement of one report: it has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The id of the report, as sent.
    pub id: Uuid,
    /// HTTP status, 2xx.
    pub status: u16,
    /// What the receipt rests on.
    pub evidence: ReceiptEvidence,
    /// From send to the whole answer, without waits of our own: what [`crate::Permit::succeeded`] wants to know.
    pub took: Duration,
}

/// What a receipt rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReceiptEvidence {
    /// The answer names our report.
    Named,
    /// An empty success from a server that had proved to be WATS, and was reached without a break since.
    EmptyFromProvedServer,
}

/// How a 2xx body relates to the report that was sent.
#[derive(Debug, PartialEq, Eq)]
enum Named {
    Ours,
    OursWithError,
    Other(String),
    Empty,
    Html(Option<String>),
    Nothing,
}

/// Turns the answer to a submission into a receipt or an error.
pub(super) async fn read(
    core: &Core,
    call: &Call,
    answer: &Answer,
    id: Uuid,
    proof: Option<Proof>,
) -> Result<Receipt, Error> {
    if !answer.is_success() {
        return Err(core.refusal(call, answer).await);
    }
    let receipt = |evidence| Receipt { id, status: answer.status, evidence, took: answer.took };
    // Secrets go first: a text that is cut afterwards cannot end in half a token.
    let text = core.redact(&String::from_utf8_lossy(&answer.body));
    let kind = match named(&text, answer.content_type.as_deref(), id) {
        Named::Ours => {
            core.proof().note_named_receipt();
            return Ok(receipt(ReceiptEvidence::Named));
        }
        Named::OursWithError => {
            let said = read_message(&answer.body, answer.content_type.as_deref(), &|text| core.redact(text));
            return Err(core.refused(call, answer, ErrorClass::Permanent, said.message));
        }
        // The proof must be older than the request, and must have stood all the time.
        Named::Empty if proof.is_some_and(|p| core.proof().still_holds(p)) => {
            return Ok(receipt(ReceiptEvidence::EmptyFromProvedServer));
        }
        Named::Empty => ForeignKind::Unproved,
        Named::Other(named) => ForeignKind::OtherReport { sent: id, named },
        Named::Html(title) => ForeignKind::Html { title },
        Named::Nothing => ForeignKind::NotAReceipt,
    };
    Err(core.foreign(call, answer.status, kind))
}

fn named(text: &str, content_type: Option<&str>, id: Uuid) -> Named {
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        return Named::Empty;
    }
    match serde_json::from_str::<Value>(text) {
        Ok(value) if is_no_data(&value) => Named::Empty,
        Ok(Value::String(inner)) => named_in_text(inner.trim(), id),
        Ok(Value::Array(items)) => named_in_objects(&items, id),
        Ok(value @ Value::Object(_)) => named_in_objects(std::slice::from_ref(&value), id),
        Ok(_) => Named::Nothing,
        Err(_) if looks_like_html(text, content_type) => Named::Html(html_title(text)),
        Err(_) => named_in_text(text, id),
    }
}

fn named_in_text(text: &str, id: Uuid) -> Named {
    match text.parse::<Uuid>() {
        Ok(found) if found == id => Named::Ours,
        Ok(_) => Named::Other(clean(text, 80)),
        Err(_) => Named::Nothing,
    }
}

/// Looks at every element: a document with several reports is answered with several.
fn named_in_objects(items: &[Value], id: Uuid) -> Named {
    let mut other = None;
    for item in items {
        let ids = ids_of(item);
        if ids.iter().any(|found| found.parse::<Uuid>().is_ok_and(|found| found == id)) {
            return if carries_error(item) { Named::OursWithError } else { Named::Ours };
        }
        other = other.or_else(|| ids.first().map(|found| clean(found, 80)));
    }
    other.map_or(Named::Nothing, Named::Other)
}

fn ids_of(item: &Value) -> Vec<&str> {
    match item {
        Value::String(text) => vec![text.trim()],
        Value::Object(map) => ID_KEYS
            .iter()
            .flat_map(|key| map.iter().filter(move |(k, _)| k.eq_ignore_ascii_case(key)))
            .filter_map(|(_, v)| v.as_str())
            .map(str::trim)
            .filter(|s| !s.is_empty())
            .collect(),
        _ => Vec::new(),
    }
}

fn carries_error(item: &Value) -> bool {
    let Value::Object(map) = item else { return false };
    map.iter().any(|(key, value)| {
        ["error", "errors", "exceptionmessage"].iter().any(|k| key.eq_ignore_ascii_case(k))
            && !is_no_data(value)
            && *value != Value::Bool(false)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0aF0c1d2-1111-4222-8333-444455556666";

    #[test]
    fn every_form_of_a_named_receipt_is_seen_whatever_the_case() {
        let id: Uuid = ID.parse().unwrap();
        let upper = ID.to_uppercase();
        for body in [
            format!(r#"[{{"ID":"{upper}"}}]"#),
            format!(r#"[{{"id":"{ID}"}},{{"id":"11111111-1111-4222-8333-444455556666"}}]"#),
            format!(r#"[{{"id":"11111111-1111-4222-8333-444455556666"}},{{"Id":"{ID}"}}]"#),
            format!(r#"{{"uuid":"{ID}","message":"stored"}}"#),
            format!(r#"{{"ID":"{ID}","error":null,"errors":[]}}"#),
            format!(r#"{{"ID":"{{{upper}}}"}}"#),
            format!("\u{feff}{{\"ID\":\"{ID}\"}}"),
            format!("\"{ID}\""),
            format!("  {upper}\r\n"),
        ] {
            assert_eq!(named(&body, None, id), Named::Ours, "{body}");
        }
    }

    #[test]
    fn whatever_does_not_name_our_report_is_told_apart() {
        let id: Uuid = ID.parse().unwrap();
        let other = "11111111-1111-4222-8333-444455556666";
        let check = |body: &str, expected: Named| assert_eq!(named(body, None, id), expected, "{body}");
        for body in ["", "  ", "null", "\"\"", "[]", "{}"] {
            check(body, Named::Empty);
        }
        check(&format!(r#"[{{"ID":"{other}"}}]"#), Named::Other(other.into()));
        check(other, Named::Other(other.into()));
        check("OK", Named::Nothing);
        check("true", Named::Nothing);
        check(r#"{"status":"ok"}"#, Named::Nothing);
        check("<html><head><title>Sign in</title>", Named::Html(Some("Sign in".into())));
        check(&format!(r#"{{"ID":"{ID}","error":"no such process"}}"#), Named::OursWithError);
        // Our id somewhere in a page or a sentence is no receipt: portals echo what they were sent.
        check(&format!("<html>{ID}</html>"), Named::Html(None));
        check(&format!("got {ID}"), Named::Nothing);
    }
}
