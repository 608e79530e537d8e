//! Reports: upload, reading back, headers.

use axum::http::StatusCode;
use axum::http::header::CONTENT_ENCODING;
use serde_json::Value;
use uuid::Uuid;

use super::header::{Filter, Order, header_of};
use super::{BodyKind, Call, Parsed, Reply, Route};
use crate::answer::{self, Answer};
use crate::check::{self, Problem};
use crate::core::Core;
use crate::record::Outcome;
use crate::store::{Format, Upload, content_of, digest_of, short};

/// Headers in an answer unless `$top` asks otherwise, and at most.
const TOP: usize = 1000;

pub(super) const ROUTES: &[Route] = &[
    Route { method: "POST", path: "api/Report/WSJF", body: BodyKind::Wsjf, serve: post_wsjf },
    Route { method: "POST", path: "api/Report/WSXF", body: BodyKind::Wsxf, serve: post_wsxf },
    Route::get("api/Report/Query/Header", query_header),
    Route::get("api/Report/Wsjf/{}", get_wsjf),
    Route::get("api/Report/Wsxf/{}", get_wsxf),
];

fn post_wsjf(core: &Core, call: &Call<'_>) -> Reply {
    if let Some(refusal) = wrong_media(call, &["application/json", "text/json"]) {
        return refusal;
    }
    let report = match &call.parsed {
        Parsed::Json(Ok(report)) => report,
        Parsed::Json(Err(error)) => return Reply::bad_request(call, &format!("the body is not JSON: {error}")),
        Parsed::Xml(_) | Parsed::No => return Reply::bad_request(call, "the body is not JSON"),
    };
    let problems = check::check_wsjf(report);
    if !problems.is_empty() {
        return refuse_report(call, &problems);
    }
    let text = |key: &str| report.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let upload = Upload {
        // The check has seen that it is one.
        id: Uuid::parse_str(&text("id")).unwrap_or_default(),
        part: text("pn"),
        serial: text("sn"),
        result: text("result").chars().next().unwrap_or('?'),
        format: Format::Wsjf,
        body: call.body.clone(),
        digest: digest_of(&call.body),
        content: content_of(report),
    };
    accept(core, call, vec![upload])
}

fn post_wsxf(core: &Core, call: &Call<'_>) -> Reply {
    if let Some(refusal) = wrong_media(call, &["application/xml", "text/xml"]) {
        return refusal;
    }
    let reports = match &call.parsed {
        Parsed::Xml(Ok(reports)) => reports,
        Parsed::Xml(Err(problems)) => return refuse_report(call, problems),
        Parsed::Json(_) | Parsed::No => return Reply::bad_request(call, "the body is not XML"),
    };
    let uploads = reports.iter().map(|report| {
        let body = call.body.slice(report.span.start.min(call.body.len())..report.span.end.min(call.body.len()));
        let digest = digest_of(&body);
        Upload {
            id: report.id,
            part: report.part.clone(),
            serial: report.serial.clone(),
            result: report.result.chars().next().unwrap_or('?'),
            format: Format::Wsxf,
            digest,
            content: short(digest),
            body,
        }
    });
    accept(core, call, uploads.collect())
}

/// Stores reports of one request. The outcome is the most notable of them.
fn accept(core: &Core, call: &Call<'_>, uploads: Vec<Upload>) -> Reply {
    let digest = uploads.first().map(|upload| upload.digest);
    let ids: Vec<Uuid> = uploads.iter().map(|upload| upload.id).collect();
    let outcomes: Vec<Outcome> = uploads.into_iter().map(|upload| core.accept(upload)).collect();
    let outcome = [Outcome::Overwritten, Outcome::Stored, Outcome::Duplicate]
        .into_iter()
        .find(|outcome| outcomes.contains(outcome))
        .unwrap_or(Outcome::Refused);
    Reply { outcome, answer: answer::accepted(call.answer, &ids), reports: ids, digest }
}

fn wrong_media(call: &Call<'_>, allowed: &[&str]) -> Option<Reply> {
    let text = if call.header(&CONTENT_ENCODING).is_some_and(|encoding| !encoding.eq_ignore_ascii_case("identity")) {
        "compressed bodies are not read".to_owned()
    } else if call.has_content_type(allowed) {
        return None;
    } else {
        format!("the content type must be {}", allowed.join(" or "))
    };
    Some(Reply::refuse(call, Outcome::Refused, StatusCode::UNSUPPORTED_MEDIA_TYPE, &text))
}

fn refuse_report(call: &Call<'_>, problems: &[Problem]) -> Reply {
    let answer = answer::refused(call.refusal, StatusCode::BAD_REQUEST, "the report is not valid", problems);
    Reply::new(Outcome::Refused, answer)
}

fn get_wsjf(core: &Core, call: &Call<'_>) -> Reply {
    read_back(core, call, Format::Wsjf, |body| Answer::of(StatusCode::OK, "application/json; charset=utf-8", body))
}

fn get_wsxf(core: &Core, call: &Call<'_>) -> Reply {
    read_back(core, call, Format::Wsxf, |element| {
        let mut document = Vec::with_capacity(element.len() + 128);
        document.extend_from_slice(
            b"<?xml version=\"1.0\" encoding=\"utf-8\"?><Reports xmlns=\"http://wats.virinco.com/schemas/WATS/Report/wsxf\">",
        );
        document.extend_from_slice(&element);
        document.extend_from_slice(b"</Reports>");
        Answer::of(StatusCode::OK, "application/xml; charset=utf-8", document)
    })
}

fn read_back(core: &Core, call: &Call<'_>, format: Format, give: impl FnOnce(bytes::Bytes) -> Answer) -> Reply {
    let Ok(id) = Uuid::parse_str(call.parameter(0)) else {
        return Reply::bad_request(call, &format!("the id {:?} is no GUID", call.parameter(0)));
    };
    let found = core.state().store.body(&id);
    match found {
        None => Reply::not_found(call, &format!("there is no report {id}")),
        Some((own, _)) if own != format => {
            Reply::not_found(call, &format!("the report {id} came in the other format, and is not converted here"))
        }
        Some((_, None)) => {
            let text = format!("of the report {id} only a digest is kept");
            Reply::refuse(call, Outcome::NotFound, StatusCode::GONE, &text)
        }
        Some((_, Some(body))) => Reply::new(Outcome::Served, give(body)),
    }
}

fn query_header(core: &Core, call: &Call<'_>) -> Reply {
    let kind = match call.query("reportType") {
        None => None,
        Some(kind) if kind.eq_ignore_ascii_case("U") => Some("T"),
        Some(kind) if kind.eq_ignore_ascii_case("R") => Some("R"),
        Some(kind) => return Reply::bad_request(call, &format!("reportType is {kind:?}, allowed are U and R")),
    };
    let number = |name: &str, default: usize| match call.query(name) {
        None => Ok(default),
        Some(text) => text.parse::<usize>().map_err(|_| format!("{name} is {text:?}, allowed is a whole number")),
    };
    let parsed = (|| {
        let filter = Filter::parse(call.query("$filter").unwrap_or_default())?;
        let order = Order::parse(call.query("$orderby").unwrap_or_default())?;
        Ok::<_, String>((filter, order, number("$top", TOP)?.min(TOP), number("$skip", 0)?))
    })();
    let (filter, order, top, skip) = match parsed {
        Ok(parsed) => parsed,
        Err(text) => return Reply::bad_request(call, &text),
    };
    let state = core.state();
    let mut headers: Vec<Value> = state
        .store
        .entries(0)
        .filter(|entry| filter.may_fit(&entry.part, &entry.serial))
        .map(|entry| {
            let body = state.store.body(&entry.id).and_then(|(_, body)| body);
            header_of(&entry, body.as_deref())
        })
        .filter(|header| kind.is_none_or(|kind| header.get("reportType").and_then(Value::as_str) == Some(kind)))
        .filter(|header| filter.fits(header))
        .collect();
    drop(state);
    order.sort(&mut headers);
    let page: Vec<Value> = headers.into_iter().skip(skip).take(top).collect();
    Reply::data(&Value::Array(page))
}
