//! Reports: upload, reading back, headers, files.

use std::collections::HashSet;
use std::io::{Cursor, Write as _};

use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use bytes::Bytes;
use serde_json::Value;
use uuid::Uuid;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::header::{FIELDS, header_of, keep_parts, place_of};
use super::{BodyKind, Call, Parsed, Reply, Route};
use crate::answer::{self, Answer};
use crate::attachment::{Attachment, strip};
use crate::check::{self, Problem};
use crate::core::Core;
use crate::json;
use crate::odata::{Filter, Order};
use crate::record::Outcome;
use crate::store::{Format, ReportEntry, Upload, content_of, digest_of, short};

/// Headers in an answer unless `$top` asks otherwise, and at most.
const TOP: usize = 1000;

pub(super) const ROUTES: &[Route] = &[
    Route { method: "POST", path: "api/Report/WSJF", body: BodyKind::Wsjf, serve: post_wsjf },
    Route { method: "POST", path: "api/Report/WSXF", body: BodyKind::Wsxf, serve: post_wsxf },
    Route::get("api/Report/Query/Header", query_header),
    Route::get("api/Report/Query/HeaderByMiscInfo", query_by_misc_info),
    Route::get("api/Report/Attachment", attachment),
    Route::get("api/Report/Attachments/{}", attachments),
    Route::get("api/Report/Certificate/{}", certificate),
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
    if let Some(level) = call.query("detailLevel")
        && !level.parse::<u8>().is_ok_and(|level| level <= 7)
    {
        return Reply::bad_request(call, &format!("detailLevel is {level:?}, allowed are 0 to 7"));
    }
    let is_left_out = |name: &str| call.query(name).is_some() && !call.flag(name);
    let (attachments, chart_data) = (is_left_out("includeAttachments"), is_left_out("includeChartdata"));
    let whole = |body: &Bytes| -> Option<Bytes> {
        let mut report = json::from_slice(body, json::MAX_DEPTH).ok()?;
        strip(&mut report, attachments, chart_data);
        Some(report.to_string().into())
    };
    read_back(core, call, Format::Wsjf, |body| {
        let body = if attachments || chart_data { whole(&body).unwrap_or(body) } else { body };
        Answer::of(StatusCode::OK, "application/json; charset=utf-8", body)
    })
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

/// For the id in the path.
fn with_id(call: &Call<'_>, serve: impl FnOnce(Uuid) -> Reply) -> Reply {
    let text = call.parameter(0);
    Uuid::parse_str(text).map_or_else(|_| Reply::bad_request(call, &format!("the id {text:?} is no GUID")), serve)
}

fn no_report(call: &Call<'_>, id: &Uuid) -> Reply {
    Reply::not_found(call, &format!("there is no report {id}"))
}

fn read_back(core: &Core, call: &Call<'_>, format: Format, give: impl FnOnce(Bytes) -> Answer) -> Reply {
    with_id(call, |id| {
        let found = core.state().store.body(&id);
        match found {
            None => no_report(call, &id),
            Some((own, _)) if own != format => {
                Reply::not_found(call, &format!("the report {id} came in the other format, and is not converted here"))
            }
            Some((_, None)) => {
                let text = format!("of the report {id} only a digest is kept");
                Reply::refuse(call, Outcome::NotFound, StatusCode::GONE, &text)
            }
            Some((_, Some(body))) => Reply::new(Outcome::Served, give(body)),
        }
    })
}

fn query_header(core: &Core, call: &Call<'_>) -> Reply {
    let kind = match call.query("reportType") {
        None => None,
        Some(kind) if kind.eq_ignore_ascii_case("U") => Some("T"),
        Some(kind) if kind.eq_ignore_ascii_case("R") => Some("R"),
        Some(kind) => return Reply::bad_request(call, &format!("reportType is {kind:?}, allowed are U and R")),
    };
    let parsed = (|| {
        let filter = Filter::parse(call.query("$filter").unwrap_or_default(), &FIELDS)?;
        let order = Order::parse(call.query("$orderby").unwrap_or_default(), &FIELDS)?;
        Ok::<_, String>((filter, order, number(call, "$top", TOP)?.min(TOP), number(call, "$skip", 0)?))
    })();
    let (filter, order, top, skip) = match parsed {
        Ok(parsed) => parsed,
        Err(text) => return Reply::bad_request(call, &text),
    };
    let is_kind = |header: &Value| kind.is_none() || header.get("reportType").and_then(Value::as_str) == kind;
    let may_fit = |entry: &ReportEntry| {
        filter.may_fit(&|field| match field {
            "partNumber" => Some(entry.part.as_str().into()),
            "serialNumber" => Some(entry.serial.as_str().into()),
            _ => None,
        })
    };
    let mut headers = headers(core, may_fit, |header| is_kind(header) && filter.fits(header));
    order.sort(&mut headers);
    page(call, headers.into_iter().skip(skip).take(top))
}

fn query_by_misc_info(core: &Core, call: &Call<'_>) -> Reply {
    let (Some(description), Some(text)) = (call.query("description"), call.query("stringValue")) else {
        return Reply::bad_request(call, "description or stringValue is missing");
    };
    let top = match number(call, "$top", TOP) {
        Ok(top) => top.min(TOP),
        Err(text) => return Reply::bad_request(call, &text),
    };
    let has = |header: &Value| {
        let infos = ["miscInfo", "uurMiscInfo"].iter().filter_map(|list| header.get(*list)?.as_array()).flatten();
        let is = |info: &Value, key: &str, wanted: &str| info.get(key).and_then(Value::as_str) == Some(wanted);
        infos.into_iter().any(|info| is(info, "description", description) && is(info, "value", text))
    };
    page(call, headers(core, |_| true, has).into_iter().take(top))
}

/// Headers of all reports that may fit by what is known without their body, and do fit.
fn headers(core: &Core, may_fit: impl Fn(&ReportEntry) -> bool, fits: impl Fn(&Value) -> bool) -> Vec<Value> {
    let state = core.state();
    let whole = state.store.entries(0).filter(may_fit).map(|entry| {
        let body = state.store.body(&entry.id).and_then(|(_, body)| body);
        header_of(&entry, body.as_deref())
    });
    whole.filter(fits).collect()
}

/// An answer of headers, with the lists that were asked for.
fn page(call: &Call<'_>, headers: impl Iterator<Item = Value>) -> Reply {
    let expand = call.query("$expand").unwrap_or_default();
    let headers = headers.map(|mut header| {
        keep_parts(&mut header, expand);
        header
    });
    Reply::data(&headers.collect())
}

fn number(call: &Call<'_>, name: &str, default: usize) -> Result<usize, String> {
    let Some(text) = call.query(name) else { return Ok(default) };
    text.parse().map_err(|_| format!("{name} is {text:?}, allowed is a whole number"))
}

/// One file, by its number or by that of its step.
fn attachment(core: &Core, call: &Call<'_>) -> Reply {
    let (name, text) = match (call.query("attachmentId"), call.query("stepId")) {
        (Some(id), _) => ("attachmentId", id),
        (None, Some(id)) => ("stepId", id),
        (None, None) => return Reply::bad_request(call, "attachmentId or stepId is missing"),
    };
    let Ok((place, n)) = text.parse().map(place_of) else {
        return Reply::bad_request(call, &format!("{name} is {text:?}, allowed is a whole number"));
    };
    let entry = place.checked_sub(1).and_then(|before| core.state().store.entries(before).next());
    let files = entry.map(|entry| files(core, &entry.id)).unwrap_or_default();
    let found = (1..).zip(files).find(|(i, file)| if name == "stepId" { file.step == Some(n) } else { *i == n });
    match found {
        Some((_, file)) => {
            let kind = file.content_type.and_then(|kind| HeaderValue::from_str(&kind).ok());
            let kind = kind.unwrap_or(HeaderValue::from_static("application/octet-stream"));
            let answer = Answer { body: file.data.into(), ..Answer::empty(StatusCode::OK) };
            Reply::new(Outcome::Served, answer.with(CONTENT_TYPE, kind))
        }
        None => Reply::not_found(call, &format!("there is no attachment with the {name} {text}")),
    }
}

/// The files of a report that came as WSJF; those of WSXF are not looked for.
fn files(core: &Core, id: &Uuid) -> Vec<Attachment> {
    let Some((Format::Wsjf, Some(body))) = core.state().store.body(id) else { return Vec::new() };
    json::from_slice(&body, json::MAX_DEPTH).map(|report| Attachment::all(&report)).unwrap_or_default()
}

fn attachments(core: &Core, call: &Call<'_>) -> Reply {
    with_report(core, call, |entry| match zip_of(files(core, &entry.id)) {
        Ok(bytes) => Reply::new(Outcome::Served, Answer::of(StatusCode::OK, "application/zip", bytes)),
        Err(error) => {
            let text = format!("the archive cannot be made: {error}");
            Reply::refuse(call, Outcome::Refused, StatusCode::INTERNAL_SERVER_ERROR, &text)
        }
    })
}

fn zip_of(files: Vec<Attachment>) -> Result<Vec<u8>, zip::result::ZipError> {
    let mut names = HashSet::new();
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (n, file) in files.into_iter().enumerate() {
        // Neither two of one name, nor a name that leads out of the folder that somebody unpacks into.
        let name = file.name.replace(['/', '\\', ':'], "_");
        let name = if names.insert(name.clone()) { name } else { format!("{n}_{name}") };
        archive.start_file(name, SimpleFileOptions::default())?;
        archive.write_all(&file.data)?;
    }
    Ok(archive.finish()?.into_inner())
}

/// A certificate: what a header says, as lines of text. A real server makes a document for print.
fn certificate(core: &Core, call: &Call<'_>) -> Reply {
    with_report(core, call, |entry| {
        let body = core.state().store.body(&entry.id).and_then(|(_, body)| body);
        let mut header = header_of(entry, body.as_deref());
        keep_parts(&mut header, "");
        let mut text = "Certificate\n".to_owned();
        for (name, value) in header.as_object().into_iter().flatten() {
            // Texts without their quotes.
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            text.extend([name, ": ", &value, "\n"]);
        }
        Reply::new(Outcome::Served, Answer::of(StatusCode::OK, "text/plain; charset=utf-8", text))
    })
}

/// For the report whose id is in the path.
fn with_report(core: &Core, call: &Call<'_>, serve: impl FnOnce(&ReportEntry) -> Reply) -> Reply {
    with_id(call, |id| {
        let entry = core.state().store.entry_of(&id);
        entry.map_or_else(|| no_report(call, &id), |entry| serve(&entry))
    })
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn an_archive_holds_each_file_under_a_name_of_its_own_and_none_outside_of_its_folder() {
        let file = |name: &str, data: &str| Attachment {
            name: name.to_owned(),
            content_type: None,
            description: None,
            data: data.into(),
            step: None,
        };
        let bytes = zip_of(vec![file("a.txt", "1"), file("a.txt", "2"), file("../up/b.txt", "3")]).unwrap();
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        let mut found = Vec::new();
        for place in 0..archive.len() {
            let mut file = archive.by_index(place).unwrap();
            let mut text = String::new();
            file.read_to_string(&mut text).unwrap();
            found.push((file.name().unwrap().into_owned(), text));
        }
        let expected = [("a.txt", "1"), ("1_a.txt", "2"), (".._up_b.txt", "3")];
        assert_eq!(found, expected.map(|(name, text)| (name.to_owned(), text.to_owned())));
    }
}
