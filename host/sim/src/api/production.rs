//! Production: units and their parts, batches, serial numbers.

use std::fmt::Write as _;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::saved::nothing;
use super::{Call, Reply, Route};
use crate::answer::Answer;
use crate::core::Core;
use crate::record::Outcome;

pub(super) const ROUTES: &[Route] = &[
    Route::get("api/Production/Unit/{}/{}", unit),
    Route::new("PUT", "api/Production/Units", save_units),
    Route::get("api/Production/UnitVerification", verification),
    Route::get("api/Production/Units/Changes", changes),
    Route::new("DELETE", "api/Production/Units/Changes/{}", delete_change),
    Route::new("PUT", "api/Production/SetUnitPhase", set_phase),
    Route::new("PUT", "api/Production/SetUnitProcess", set_process),
    Route::new("POST", "api/Production/AddChildUnit", add_child),
    Route::new("POST", "api/Production/RemoveChildUnit", remove_child),
    Route::get("api/Production/CheckChildUnits", check_children),
    Route::get("api/Production/SerialNumbers/Types", types),
    Route::new("POST", "api/Production/SerialNumbers/Take", take),
    Route::get("api/Production/SerialNumbers/ByRange", by_range),
    Route::get("api/Production/SerialNumbers/ByReference", by_reference),
    Route::new("PUT", "api/Production/SerialNumbers", import),
    Route::get("api/Production/SerialNumbers", export),
    Route::get("api/Production/Batches", batches),
    Route::new("PUT", "api/Production/Batch", save_batch),
    Route::new("PUT", "api/Production/Batches", save_batches),
    Route::get("api/internal/Mes/GetUnitPhases", |_, call| call.internal(phases)),
    Route::get("api/internal/Production/isConnected", |_, call| call.internal(|| Reply::data(&true.into()))),
    Route::get("api/internal/Production/GetSites", |_, call| call.internal(sites)),
    Route::get("api/internal/Production/GetUnit", |core, call| call.internal(|| internal_unit(core, call))),
    Route::get("api/internal/Production/GetUnitInfo", |core, call| call.internal(|| internal_unit(core, call))),
    Route::get("api/internal/Production/GetUnitHierarchy", |core, call| call.internal(|| internal_unit(core, call))),
    Route::get("api/internal/Production/GetUnitStateHistory", |core, call| call.internal(|| history(core, call))),
    Route::get("api/internal/Production/GetUnitPhase", |core, call| {
        call.internal(|| field_of_unit(core, call, "unitPhaseId"))
    }),
    Route::get("api/internal/Production/GetUnitProcess", |core, call| {
        call.internal(|| field_of_unit(core, call, "processCode"))
    }),
    Route::get("api/internal/Production/GetUnitContents", |core, call| {
        call.internal(|| field_of_unit(core, call, "subUnits"))
    }),
    Route::new("POST", "api/internal/Production/CreateUnit", |core, call| call.internal(|| create_unit(core, call))),
    Route::new("POST", "api/internal/Production/AddChildUnit", |core, call| call.internal(|| add_child(core, call))),
    Route::new("POST", "api/internal/Production/RemoveChildUnit", |core, call| {
        call.internal(|| remove_child(core, call))
    }),
    Route::new("POST", "api/internal/Production/RemoveAllChildUnits", |core, call| {
        call.internal(|| {
            let (serial, part) = key(call, "serialNumber", "partNumber");
            Reply::data(&core.state().factory.remove_children(&(serial, part)).into())
        })
    }),
    Route::get("api/internal/Production/CheckChildUnits", |core, call| call.internal(|| check_children(core, call))),
    Route::get("api/internal/Production/SerialNumbers", |core, call| call.internal(|| by_range(core, call))),
    Route::get("api/internal/Production/SerialNumbers/Count", |core, call| {
        call.internal(|| Reply::data(&core.state().factory.taken(kind(call)).len().into()))
    }),
    Route::new("PUT", "api/internal/Production/SerialNumbers/Free", |core, call| {
        call.internal(|| {
            ranges(core, call, |core, kind, from, to| {
                core.state().factory.hand_in(kind, [from.to_owned(), to.to_owned()]);
                2
            })
        })
    }),
    Route::new("DELETE", "api/internal/Production/SerialNumbers/Free", |core, call| {
        call.internal(|| ranges(core, call, |core, kind, from, to| core.state().factory.remove_free(kind, from, to)))
    }),
    Route::get("api/internal/Production/SerialNumbers/Ranges", |core, call| {
        call.internal(|| statistics(core, call, true))
    }),
    Route::get("api/internal/Production/SerialNumbers/Statistics", |core, call| {
        call.internal(|| statistics(core, call, false))
    }),
];

/// The kinds of serial numbers, and what each numbers.
const KINDS: [(&str, u8); 3] = [("Lamp", 0), ("MAC", 1), ("IMEI", 2)];

fn key(call: &Call<'_>, serial: &str, part: &str) -> (String, String) {
    let text = |name| call.query(name).unwrap_or_default().to_owned();
    (text(serial), text(part))
}

fn kind<'a>(call: &'a Call<'_>) -> &'a str {
    call.query("typeName").or_else(|| call.query("serialNumberType")).unwrap_or_default()
}

fn no_unit(call: &Call<'_>, serial: &str, part: &str) -> Reply {
    Reply::not_found(call, &format!("there is no unit {serial:?} of {part:?}"))
}

fn unit(core: &Core, call: &Call<'_>) -> Reply {
    let (serial, part) = (call.parameter(0), call.parameter(1));
    core.state().factory.unit(serial, part).map_or_else(|| no_unit(call, serial, part), |unit| Reply::data(&unit))
}

fn internal_unit(core: &Core, call: &Call<'_>) -> Reply {
    let (serial, part) = key(call, "serialNumber", "partNumber");
    let state = core.state();
    let found = if part.is_empty() { state.factory.unit_of(&serial) } else { state.factory.unit(&serial, &part) };
    found.map_or_else(|| no_unit(call, &serial, &part), |unit| Reply::data(&unit))
}

fn field_of_unit(core: &Core, call: &Call<'_>, field: &str) -> Reply {
    let (serial, part) = key(call, "serialNumber", "partNumber");
    let unit = core.state().factory.unit(&serial, &part);
    unit.map_or_else(|| no_unit(call, &serial, &part), |unit| Reply::data(unit.get(field).unwrap_or(&Value::Null)))
}

fn history(core: &Core, call: &Call<'_>) -> Reply {
    let (serial, part) = key(call, "serialNumber", "partNumber");
    Reply::data(&core.state().factory.history(&serial, &part).into())
}

/// The body as a list of objects.
fn list(call: &Call<'_>) -> Result<Vec<Value>, String> {
    serde_json::from_slice(&call.body).map_err(|error| format!("the body is no list: {error}"))
}

fn save_units(core: &Core, call: &Call<'_>) -> Reply {
    let units = match list(call) {
        Ok(units) => units,
        Err(text) => return Reply::bad_request(call, &text),
    };
    let mut state = core.state();
    let saved: Vec<_> = units.iter().filter_map(|unit| state.factory.save_unit(unit)).collect();
    if saved.len() < units.len() {
        return Reply::data(&json!({ "errorCount": units.len() - saved.len(), "okCount": saved.len() }));
    }
    Reply::data(&saved.into())
}

fn create_unit(core: &Core, call: &Call<'_>) -> Reply {
    let (serial, part) = key(call, "serialNumber", "partNumber");
    let unit = json!({
        "serialNumber": serial, "partNumber": part, "revision": call.query("revision"), "batchNumber": call.query("batchNumber"),
        "unitPhaseId": call.query("unitPhase").and_then(|phase| phase.parse::<u32>().ok()),
    });
    let saved = core.state().factory.save_unit(&unit);
    saved.map_or_else(|| Reply::bad_request(call, "a unit needs a serial and a part number"), |unit| Reply::data(&unit))
}

/// Passed when the unit has reports and none of them is a failure.
fn verification(core: &Core, call: &Call<'_>) -> Reply {
    let (serial, part) = key(call, "serialNumber", "partNumber");
    let state = core.state();
    let reports = state.store.entries(0).filter(|report| report.serial == serial && report.part == part);
    let results: Vec<_> = reports.map(|report| report.result).collect();
    let failed = results.iter().filter(|result| *result != "P").count();
    let is_passed = !results.is_empty() && failed == 0;
    Reply::data(&json!({
        "status": if is_passed { "Passed" } else { "Failed" }, "grade": if is_passed { "A" } else { "D" },
        "allProcessesExecutedInCorrectOrder": true, "allProcessesPassedFirstRun": is_passed, "allProcessesPassedAnyRun": is_passed,
        "allProcessesPassedLastRun": is_passed, "noRepairs": true,
        "results": [{ "processCode": 100, "processName": "Final test", "totalCount": results.len(), "nonPassedCount": failed }],
    }))
}

fn changes(core: &Core, call: &Call<'_>) -> Reply {
    let state = core.state();
    let number = |name: &str, usual| call.query(name).and_then(|text| text.parse().ok()).unwrap_or(usual);
    let fits = |change: &&Value| {
        [("serialNumber", "unitSerialNumber"), ("partNumber", "newPartNumber")].iter().all(|(asked, known)| {
            call.query(asked).is_none_or(|text| change.get(*known).and_then(Value::as_str) == Some(text))
        })
    };
    let found = state.factory.changes().iter().filter(fits).skip(number("$skip", 0)).take(number("$top", usize::MAX));
    Reply::data(&found.cloned().collect())
}

fn delete_change(core: &Core, call: &Call<'_>) -> Reply {
    if core.state().factory.delete_change(call.parameter(0)) {
        return nothing();
    }
    Reply::not_found(call, &format!("there is no change {:?}", call.parameter(0)))
}

fn change(core: &Core, call: &Call<'_>, fields: Value) -> Reply {
    let (serial, part) = key(call, "serialNumber", "partNumber");
    if core.state().factory.change_unit(&serial, &part, fields) { nothing() } else { no_unit(call, &serial, &part) }
}

fn set_phase(core: &Core, call: &Call<'_>) -> Reply {
    let phase = call.query("phase").unwrap_or_default();
    let found = PHASES.iter().find(|(id, name)| phase.parse() == Ok(*id) || phase.eq_ignore_ascii_case(name));
    let Some((id, name)) = found else { return Reply::bad_request(call, &format!("there is no phase {phase:?}")) };
    change(core, call, json!({ "unitPhaseId": id, "unitPhase": name, "comment": call.query("comment") }))
}

fn set_process(core: &Core, call: &Call<'_>) -> Reply {
    let process = call.query("processCode").and_then(|text| text.parse::<u32>().ok());
    change(core, call, json!({ "processCode": process, "comment": call.query("comment") }))
}

fn parent_and_child(call: &Call<'_>) -> [(String, String); 2] {
    let parent = if call.query("parentSerialNumber").is_some() {
        key(call, "parentSerialNumber", "parentPartNumber")
    } else {
        key(call, "serialNumber", "partNumber")
    };
    [parent, key(call, "childSerialNumber", "childPartNumber")]
}

fn add_child(core: &Core, call: &Call<'_>) -> Reply {
    let [parent, child] = parent_and_child(call);
    let added = core.state().factory.add_child(parent, child);
    match added {
        Ok(()) => nothing(),
        Err(text) => Reply::refuse(call, Outcome::Refused, StatusCode::CONFLICT, &text),
    }
}

fn remove_child(core: &Core, call: &Call<'_>) -> Reply {
    let [parent, child] = parent_and_child(call);
    if core.state().factory.remove_child(&parent, &child) {
        return nothing();
    }
    Reply::not_found(call, &format!("{:?} is no part of {:?}", child.0, parent.0))
}

fn check_children(core: &Core, call: &Call<'_>) -> Reply {
    let [parent, _] = parent_and_child(call);
    match core.state().factory.unit(&parent.0, &parent.1) {
        Some(unit) => Reply::data(&json!({ "ok": true, "children": unit.get("subUnits") })),
        None => no_unit(call, &parent.0, &parent.1),
    }
}

fn types(_: &Core, _: &Call<'_>) -> Reply {
    let one = |(name, identifier): &(&str, u8)| json!({ "name": name, "identifier": identifier, "regEx": null });
    Reply::data(&KINDS.iter().map(one).collect())
}

/// As the server does: XML, with what XML escapes.
fn take(core: &Core, call: &Call<'_>) -> Reply {
    let kind = kind(call);
    if KINDS.iter().all(|(known, _)| *known != kind) {
        return Reply::not_found(call, &format!("there is no kind of serial numbers {kind:?}"));
    }
    let quantity = call.query("quantity").and_then(|text| text.parse().ok()).unwrap_or(1_usize).min(10_000);
    let unit = key(call, "refSN", "refPN");
    let unit = (!unit.0.is_empty()).then_some(unit);
    let numbers = core.state().factory.take(kind, quantity, unit.as_ref());
    let mut text = format!("<SerialNumbers type=\"{kind}\">");
    for number in numbers {
        let escaped = number.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
        // Writing to a String cannot fail.
        write!(text, "<SN id=\"{escaped}\"/>").ok();
    }
    text.push_str("</SerialNumbers>");
    Reply::new(Outcome::Served, Answer::of(StatusCode::OK, "application/xml", text))
}

fn entry((number, unit): &(String, Option<(String, String)>)) -> Value {
    let (serial, part) = unit.as_ref().map(|(serial, part)| (serial, part)).unzip();
    json!({ "serialNumber": number, "referenceSerialNumber": serial, "referencePartNumber": part })
}

fn by_range(core: &Core, call: &Call<'_>) -> Reply {
    let end = |public, internal| call.query(public).or_else(|| call.query(internal)).unwrap_or_default();
    let (from, to) = (end("from", "startAddress"), end("to", "endAddress"));
    let state = core.state();
    let found =
        state.factory.taken(kind(call)).iter().filter(|(number, _)| number.as_str() >= from && number.as_str() <= to);
    Reply::data(&found.map(entry).collect())
}

fn by_reference(core: &Core, call: &Call<'_>) -> Reply {
    let wanted = |asked: Option<&str>, known: &str| asked.is_none_or(|asked| asked == known);
    let state = core.state();
    let found = state.factory.taken(kind(call)).iter().filter(|(_, unit)| {
        unit.as_ref().is_some_and(|(serial, part)| {
            wanted(call.query("referenceSerialNumber"), serial) && wanted(call.query("referencePartNumber"), part)
        })
    });
    Reply::data(&found.map(entry).collect())
}

/// A line of CSV is `kind,number`.
fn import(core: &Core, call: &Call<'_>) -> Reply {
    if !call.has_content_type(&["text/csv", "application/xml"]) {
        return Reply::bad_request(call, "serial numbers come as text/csv or application/xml");
    }
    let text = String::from_utf8_lossy(&call.body);
    let mut state = core.state();
    for (kind, number) in text.lines().filter_map(|line| line.split_once(',')) {
        state.factory.hand_in(kind.trim(), [number.trim().to_owned()]);
    }
    nothing()
}

fn export(core: &Core, call: &Call<'_>) -> Reply {
    let kind = kind(call);
    let state = core.state();
    let numbers = state.factory.taken(kind).iter().map(|(number, _)| number).chain(state.factory.free(kind));
    let text = numbers.fold(String::new(), |text, number| text + kind + "," + number + "\n");
    Reply::new(Outcome::Served, Answer::of(StatusCode::OK, "text/csv", text))
}

fn batches(core: &Core, call: &Call<'_>) -> Reply {
    let state = core.state();
    let wanted = call.query("batchId");
    let fits = |batch: &&Value| wanted.is_none_or(|id| batch.get("batchNumber").and_then(Value::as_str) == Some(id));
    Reply::data(&state.factory.batches().filter(fits).cloned().collect())
}

fn save_batch(core: &Core, call: &Call<'_>) -> Reply {
    let batch = serde_json::from_slice(&call.body).ok();
    let saved = batch.and_then(|batch| core.state().factory.save_batch(&batch));
    saved.map_or_else(|| Reply::bad_request(call, "a batch needs a batchNumber"), |batch| Reply::data(&batch))
}

fn save_batches(core: &Core, call: &Call<'_>) -> Reply {
    match list(call) {
        Ok(batches) => {
            let mut state = core.state();
            Reply::data(&batches.iter().filter_map(|batch| state.factory.save_batch(batch)).collect())
        }
        Err(text) => Reply::bad_request(call, &text),
    }
}

/// Does something for each range of the body.
fn ranges(core: &Core, call: &Call<'_>, act: fn(&Core, &str, &str, &str) -> usize) -> Reply {
    let ranges = match list(call) {
        Ok(ranges) if !ranges.is_empty() => ranges,
        Ok(_) => return Reply::bad_request(call, "there are no ranges"),
        Err(text) => return Reply::bad_request(call, &text),
    };
    let text = |range: &Value, name: &str| range.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let count: usize = ranges
        .iter()
        .map(|range| {
            act(core, &text(range, "serialNumberType"), &text(range, "startAddress"), &text(range, "endAddress"))
        })
        .sum();
    Reply::data(&json!({ "count": count }))
}

fn statistics(core: &Core, call: &Call<'_>, as_ranges: bool) -> Reply {
    let state = core.state();
    let wanted = call.query("serialNumberType");
    let kinds = KINDS.iter().map(|(name, _)| *name).filter(|name| wanted.is_none_or(|wanted| wanted == *name));
    let figures: Vec<_> = kinds
        .map(|name| {
            let (taken, free) = (state.factory.taken(name), state.factory.free(name));
            if as_ranges {
                let (first, last) = (taken.first().map(|(number, _)| number), taken.last().map(|(number, _)| number));
                return json!({ "serialNumberType": name, "startAddress": first, "endAddress": last });
            }
            json!({ "serialNumberType": name, "taken": taken.len(), "free": free.len() })
        })
        .collect();
    Reply::data(&figures.into())
}

/// The phases and their numbers, which are bits.
const PHASES: [(u32, &str); 12] = [
    (1, "Unknown"),
    (2, "Under production"),
    (4, "Production repair"),
    (8, "Service repair"),
    (16, "Finalized"),
    (32, "Scrapped"),
    (64, "Extended test"),
    (128, "Customization"),
    (256, "Repaired"),
    (512, "Missing"),
    (1024, "In storage"),
    (2048, "Shipped"),
];

fn phases() -> Reply {
    Reply::data(&PHASES.iter().map(|(id, name)| json!({ "UnitPhaseId": id, "Code": name, "Name": name })).collect())
}

fn sites() -> Reply {
    Reply::data(&json!([{ "siteId": 1, "name": "Hall 1" }]))
}
