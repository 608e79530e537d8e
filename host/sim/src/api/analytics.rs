//! Analytics: figures that are made of the stored reports when they are asked for. Nothing is invented: what no report says is
//! null, left out or refused.

mod filter;
mod flow;
mod group;
mod names;
mod period;
mod repair;
mod report;
mod step;
mod steps;
mod values;
mod wsxf;
mod yields;

use jiff::{Timestamp, ToSpan as _};
use serde_json::{Map, Value, json};

use self::filter::Filter;
use self::group::Dimensions;
use self::report::Report;
use super::header::header_of;
use super::{Call, Reply, Route};
use crate::core::Core;

pub(super) const ROUTES: &[Route] = &[
    Route::new("POST", "api/App/DynamicYield", |core, call| {
        grouped(core, call, &yields::FIGURES, yields::is_dimension, yields::rows)
    }),
    Route::new("POST", "api/App/DynamicRepair", |core, call| {
        grouped(core, call, &repair::FIGURES, repair::is_dimension, repair::rows)
    }),
    Route::new("POST", "api/App/VolumeYield", |core, call| answer(core, call, posted(call), volume)),
    Route::get("api/App/VolumeYield", |core, call| answer(core, call, asked(call, &SCOPE), volume)),
    Route::new("POST", "api/App/HighVolume", |core, call| answer(core, call, posted(call), high_volume)),
    Route::get("api/App/HighVolume", |core, call| answer(core, call, asked(call, &SCOPE), high_volume)),
    Route::new("POST", "api/App/HighVolumeByProductGroup", |core, call| {
        answer(core, call, posted(call), |reports, filter| yields_by(reports, filter, "unitCount desc;productGroup"))
    }),
    Route::new("POST", "api/App/WorstYield", |core, call| answer(core, call, posted(call), worst_yield)),
    Route::get("api/App/WorstYield", |core, call| answer(core, call, asked(call, &SCOPE), worst_yield)),
    Route::new("POST", "api/App/WorstYieldByProductGroup", |core, call| {
        answer(core, call, posted(call), |reports, filter| yields_by(reports, filter, "fpy asc;productGroup"))
    }),
    Route::get("api/App/RelatedRepairHistory", repair_history),
    Route::new("POST", "api/App/TopFailed", |core, call| answer(core, call, posted(call), steps::top_failed)),
    Route::get("api/App/TopFailed", |core, call| answer(core, call, asked(call, &SCOPE), steps::top_failed)),
    Route::new("POST", "api/App/TestStepAnalysis", |core, call| answer(core, call, posted(call), steps::analysis)),
    Route::new("POST", "api/App/Measurements", |core, call| {
        let paths = call.query("measurementPaths");
        answer(core, call, posted(call), |reports, filter| values::each(reports, paths, filter))
    }),
    Route::new("POST", "api/App/AggregatedMeasurements", |core, call| {
        let paths = call.query("measurementPaths");
        answer(core, call, posted(call), |reports, filter| values::aggregated(reports, paths, filter))
    }),
    Route::new("POST", "api/App/OeeAnalysis", |core, call| answer(core, call, posted(call), yields::effectiveness)),
    Route::new("POST", "api/App/SerialNumberHistory", |core, call| answer(core, call, posted(call), history)),
    Route::new("POST", "api/App/UutReport", |core, call| answer(core, call, posted(call), uut_reports)),
    Route::get("api/App/UutReport", |core, call| answer(core, call, asked(call, &SCOPE), uut_reports)),
    Route::new("POST", "api/App/UurReport", |core, call| answer(core, call, posted(call), uur_reports)),
    Route::new("POST", "api/internal/UnitFlow", |core, call| call.internal(|| unit_flow(core, call))),
    Route::new("POST", "api/internal/UnitFlow/SN", |core, call| call.internal(|| unit_flow(core, call))),
    Route::new("POST", "api/internal/UnitFlow/SplitBy", |core, call| call.internal(|| unit_flow(core, call))),
    Route::new("POST", "api/internal/UnitFlow/UnitOrder", |core, call| call.internal(|| unit_flow(core, call))),
    Route::get("api/internal/UnitFlow/Nodes", |core, call| {
        call.internal(|| Reply::data(&core.state().unit_flow.nodes.clone().into()))
    }),
    Route::get("api/internal/UnitFlow/Links", |core, call| {
        call.internal(|| Reply::data(&core.state().unit_flow.links.clone().into()))
    }),
    Route::get("api/internal/UnitFlow/Units", |core, call| {
        call.internal(|| Reply::data(&core.state().unit_flow.units.clone().into()))
    }),
    Route::new("POST", "api/internal/App/MeasurementList", |core, call| {
        call.internal(|| answer(core, call, posted(call), values::list))
    }),
    Route::get("api/internal/App/MeasurementList", |core, call| {
        call.internal(|| answer(core, call, recent(core, call), values::list))
    }),
    Route::new("POST", "api/internal/App/StepStatusList", |core, call| {
        call.internal(|| answer(core, call, posted(call), steps::statuses))
    }),
    Route::get("api/internal/App/StepStatusList", |core, call| {
        call.internal(|| answer(core, call, recent(core, call), steps::statuses))
    }),
    Route::new("POST", "api/internal/App/TopFailed", |core, call| {
        call.internal(|| answer(core, call, posted(call), steps::top_failed))
    }),
    Route::get("api/internal/App/TopFailed", |core, call| {
        call.internal(|| answer(core, call, recent(core, call), steps::top_failed))
    }),
    Route::new("POST", "api/internal/Trigger/GetAlarmAndNotificationLogs", |core, call| {
        call.internal(|| answer(core, call, posted(call), alarms))
    }),
];

/// Reports in a list, unless it is said otherwise.
const TOP: usize = 1000;

/// What the short forms have in their query, under the names that the filter has for them.
const SCOPE: [&str; 7] = ["productGroup", "level", "partNumber", "revision", "serialNumber", "status", "topCount"];

/// A filter, or what is wrong with it.
type Body = Result<Map<String, Value>, String>;

/// The body as an object; none is an empty one.
fn posted(call: &Call<'_>) -> Body {
    if call.body.is_empty() {
        return Ok(Map::new());
    }
    serde_json::from_slice(&call.body).map_err(|error| format!("the body is no filter: {error}"))
}

/// What stands in the query under these names.
fn asked(call: &Call<'_>, names: &[&str]) -> Body {
    let value = |name: &str, text: &str| if name == "topCount" { number(name, text) } else { Ok(text.into()) };
    let given = names.iter().filter_map(|name| Some((*name, call.query(name)?)));
    given.map(|(name, text)| Ok((name.to_owned(), value(name, text)?))).collect()
}

fn number(name: &str, text: &str) -> Result<Value, String> {
    text.parse::<u32>().map(Value::from).map_err(|_| format!("{name} is {text:?}, allowed is a whole number"))
}

/// The same for the short internal forms, which have numbers for names and count days. A number that is not known fits nothing.
fn recent(core: &Core, call: &Call<'_>) -> Body {
    let mut body = asked(call, &["partNumber", "processCode"])?;
    if let Some(id) = call.query("productGroupId") {
        let group = names::group_by_id(&core.state().products, id);
        body.insert("productGroup".to_owned(), group.unwrap_or_default().into());
    }
    if let Some(id) = call.query("levelId") {
        body.insert("level".to_owned(), names::level_by_id(id).unwrap_or_default().into());
    }
    if let Some(count) = call.query("count") {
        body.insert("topCount".to_owned(), number("count", count)?);
    }
    if let Some(days) = call.query("days") {
        let days = number("days", days)?.as_i64().unwrap_or_default();
        let from = Timestamp::now().saturating_sub((days.min(100_000) * 24).hours());
        body.insert("dateFrom".to_owned(), json!(from.map_err(|error| error.to_string())?));
    }
    Ok(body)
}

/// Makes the answer of all reports and the filter.
fn answer<T: Into<Value>>(
    core: &Core,
    call: &Call<'_>,
    body: Body,
    make: impl FnOnce(&[Report], &Filter) -> T,
) -> Reply {
    match body.and_then(|body| Filter::parse(&body, Timestamp::now())) {
        Ok(filter) => Reply::data(&make(&report::all(core), &filter).into()),
        Err(text) => Reply::bad_request(call, &text),
    }
}

/// Rows by the dimensions of the query, or else of the body.
fn grouped(
    core: &Core,
    call: &Call<'_>,
    figures: &[&str],
    is_name: fn(&str) -> bool,
    rows: fn(&[Report], &Dimensions, &Filter) -> Vec<Value>,
) -> Reply {
    let parsed = posted(call).and_then(|body| {
        let text = call.query("dimensions").or_else(|| body.get("dimensions")?.as_str()).unwrap_or_default();
        Ok((Dimensions::parse(text, is_name, figures)?, body))
    });
    match parsed {
        Ok((dimensions, body)) => answer(core, call, Ok(body), |reports, filter| rows(reports, &dimensions, filter)),
        Err(text) => Reply::bad_request(call, &text),
    }
}

/// Yields by dimensions of our own, and by period where the filter has periods.
fn yields_by(reports: &[Report], filter: &Filter, dimensions: &str) -> Vec<Value> {
    let period = if filter.grouping.is_some() { ";period" } else { "" };
    let dimensions = Dimensions::parse(&format!("{dimensions}{period}"), |_| true, &yields::FIGURES);
    dimensions.map(|dimensions| yields::rows(reports, &dimensions, filter)).unwrap_or_default()
}

fn volume(reports: &[Report], filter: &Filter) -> Vec<Value> {
    yields_by(reports, filter, "partNumber;productName;productGroup;testOperation")
}

fn high_volume(reports: &[Report], filter: &Filter) -> Vec<Value> {
    yields_by(reports, filter, "unitCount desc;partNumber;productName;productGroup")
}

fn worst_yield(reports: &[Report], filter: &Filter) -> Vec<Value> {
    yields_by(reports, filter, "fpy asc;partNumber;productName;productGroup")
}

fn repair_history(core: &Core, call: &Call<'_>) -> Reply {
    let (Some(part), Some(revision)) = (call.query("partNumber"), call.query("revision")) else {
        return Reply::bad_request(call, "the parameters partNumber and revision are needed");
    };
    Reply::data(&repair::history(&report::all(core), part, revision).into())
}

fn header(report: &Report) -> Value {
    let mut header = header_of(&report.entry, Some(&report.bytes));
    if let (Value::Object(header), false) = (&mut header, report.is_repair()) {
        header.insert("run".to_owned(), report.run.into());
        header.insert("testOperation".to_owned(), report.value("testOperation"));
    }
    header
}

/// All reports that fit, oldest first.
fn history(reports: &[Report], filter: &Filter) -> Vec<Value> {
    filter.top(reports.iter().filter(|report| filter.fits(report)).map(header).collect())
}

/// Reports of one kind, newest first.
fn newest(reports: &[Report], filter: &Filter, repairs: bool) -> Vec<Value> {
    let fitting = reports.iter().rev().filter(|report| report.is_repair() == repairs);
    let fitting = fitting.filter(|report| if repairs { filter.fits(report) } else { filter.fits_with_run(report) });
    fitting.take(filter.top_count.unwrap_or(TOP)).map(header).collect()
}

fn uut_reports(reports: &[Report], filter: &Filter) -> Vec<Value> {
    newest(reports, filter, false)
}

fn uur_reports(reports: &[Report], filter: &Filter) -> Vec<Value> {
    newest(reports, filter, true)
}

fn unit_flow(core: &Core, call: &Call<'_>) -> Reply {
    let parsed = posted(call).and_then(|body| Ok((Filter::parse(&flow::usual_filter(&body), Timestamp::now())?, body)));
    let (filter, body) = match parsed {
        Ok(parsed) => parsed,
        Err(text) => return Reply::bad_request(call, &text),
    };
    let flow = flow::query(&report::all(core), &filter, &body);
    let answer = json!({ "nodes": flow.nodes, "links": flow.links, "totalUnits": flow.units.len() });
    core.state().unit_flow = flow;
    Reply::data(&answer)
}

/// This server has one alarm: a test that was not passed. Newest first.
fn alarms(reports: &[Report], filter: &Filter) -> Vec<Value> {
    let failed = reports.iter().filter(|report| !report.is_repair() && !report.has_passed() && filter.fits(report));
    let entry = |report: &Report| {
        json!({
            "logId": report.entry.place, "name": "Test not passed", "logDate": report.start, "triggerId": 1, "type": 1,
            "state": "Triggered", "partNumber": report.part(), "productName": report.value("productName"),
            "processCode": report.process_code(), "processName": report.value("testOperation"),
            "reportGuid": report.entry.id, "serialNumber": report.serial(), "revision": report.value("revision"),
            "stationName": report.value("stationName"), "operator": report.value("operator"),
            "result": report.value("status"), "startUtc": report.start, "clientGroupIds": null,
        })
    };
    failed.rev().take(filter.top_count.unwrap_or(TOP)).map(entry).collect()
}
