//! Assets: what is used to test, and what was done to it.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use uuid::Uuid;

use super::answers::page;
use super::saved::body;
use super::{Call, Reply, Route, answers};
use crate::asset::{Assets, Count, Entry, LogType};
use crate::core::Core;
use crate::object::{Object, object, text};
use crate::refusal::{Refusal, bad};

/// What lists of assets can be filtered and ordered by.
const FIELDS: [&str; 19] = [
    "assetId",
    "serialNumber",
    "typeId",
    "parentAssetId",
    "parentSerialNumber",
    "assetName",
    "partNumber",
    "revision",
    "state",
    "description",
    "location",
    "firstSeenDate",
    "lastSeenDate",
    "lastMaintenanceDate",
    "nextMaintenanceDate",
    "lastCalibrationDate",
    "nextCalibrationDate",
    "totalCount",
    "runningCount",
];
const LOG_FIELDS: [&str; 6] = ["logId", "assetId", "serialNumber", "date", "user", "type"];
const TYPE_FIELDS: [&str; 3] = ["typeId", "typeName", "isReadonly"];

pub(super) const ROUTES: &[Route] = &[
    Route::get("api/Asset", |core, call| answers::any(call, page(call, &FIELDS, core.state().assets.all()))),
    Route::new("PUT", "api/Asset", |core, call| {
        let save = |given| core.state().assets.save(given, &call.user(), Timestamp::now());
        answers::any(call, body(call).and_then(save))
    }),
    Route::new("DELETE", "api/Asset", |core, call| {
        with(core, call, |assets, id| {
            assets.delete(id);
            Ok(Value::Null)
        })
    }),
    Route::get("api/Asset/Status", |core, call| {
        let is_translated = call.query("translate").is_none() || call.flag("translate");
        with(core, call, |assets, id| Ok(assets.status(id, Timestamp::now(), is_translated)))
    }),
    Route::new("PUT", "api/Asset/State", |core, call| with(core, call, |assets, id| set_state(assets, id, call))),
    Route::new("PUT", "api/Asset/Count", |core, call| with(core, call, |assets, id| count(assets, id, call))),
    Route::new("POST", "api/Asset/ResetRunningCount", |core, call| {
        with(core, call, |assets, id| {
            assets.change(id, object(json!({ "runningCount": 0 })));
            assets.note(id, &entry(call, LogType::ResetCount, Timestamp::now()));
            Ok(Value::Null)
        })
    }),
    Route::new("PUT", "api/Asset/SetRunningCount", |core, call| set_count(core, call, "runningCount")),
    Route::new("PUT", "api/Asset/SetTotalCount", |core, call| set_count(core, call, "totalCount")),
    Route::new("POST", "api/Asset/Calibration", |core, call| service(core, call, LogType::Calibration)),
    Route::new("POST", "api/Asset/Calibration/External", |core, call| {
        external_service(core, call, LogType::Calibration)
    }),
    Route::new("POST", "api/Asset/Maintenance", |core, call| service(core, call, LogType::Maintenance)),
    Route::new("POST", "api/Asset/Maintenance/External", |core, call| {
        external_service(core, call, LogType::Maintenance)
    }),
    Route::get("api/Asset/Log", |core, call| answers::any(call, page(call, &LOG_FIELDS, core.state().assets.log()))),
    Route::new("POST", "api/Asset/Message", |core, call| answers::any(call, message(core, call))),
    Route::get("api/Asset/Types", |core, call| {
        answers::any(call, page(call, &TYPE_FIELDS, core.state().assets.types()))
    }),
    Route::new("PUT", "api/Asset/Types", |core, call| {
        answers::any(call, body(call).and_then(|given| core.state().assets.save_type(&given)))
    }),
    Route::get("api/Asset/SubAssets", |core, call| {
        with(core, call, |assets, id| {
            let levels = whole_number(call, "level")?.map(usize::try_from).transpose();
            let levels = levels.map_err(|_| bad("level is negative"))?;
            Ok(assets.within(id, levels.unwrap_or(usize::MAX)).into())
        })
    }),
    Route::get("api/Asset/{}", |core, call| {
        let state = core.state();
        answers::any(call, state.assets.find(call.parameter(0)).map(|id| state.assets.asset(id)))
    }),
    Route::new("POST", "api/internal/Blob/Asset", |core, call| {
        call.internal(|| answers::any(call, upload(core, call)))
    }),
    Route::get("api/internal/Blob/Asset", |core, call| {
        call.internal(|| {
            let state = core.state();
            let found = owner(&state.assets, call).and_then(|id| state.assets.file(id, file_name(call)?));
            answers::file(call, "application/octet-stream", found)
        })
    }),
    Route::get("api/internal/Blob/Asset/List/{}", |core, call| {
        call.internal(|| {
            let state = core.state();
            answers::any(call, state.assets.find(call.parameter(0)).map(|id| state.assets.files(id).into()))
        })
    }),
    Route::new("DELETE", "api/internal/Blob/Assets", |core, call| {
        call.internal(|| answers::any(call, delete_files(core, call)))
    }),
];

/// Does something with the asset that the query names.
fn with(core: &Core, call: &Call<'_>, act: impl FnOnce(&mut Assets, Uuid) -> Result<Value, Refusal>) -> Reply {
    let Some(key) = call.query("id").or_else(|| call.query("serialNumber")) else {
        return Reply::bad_request(call, "the query must name an asset, by id or serialNumber");
    };
    let mut state = core.state();
    let found = state.assets.find(key);
    answers::any(call, found.and_then(|id| act(&mut state.assets, id)))
}

fn owner(assets: &Assets, call: &Call<'_>) -> Result<Uuid, Refusal> {
    assets.find(call.query("assetId").unwrap_or_default())
}

fn file_name<'a>(call: &'a Call<'_>) -> Result<&'a str, Refusal> {
    call.query("filename").filter(|name| !name.is_empty()).ok_or_else(|| bad("the filename is missing"))
}

fn upload(core: &Core, call: &Call<'_>) -> Result<Value, Refusal> {
    let mut state = core.state();
    let id = owner(&state.assets, call)?;
    state.assets.save_file(id, file_name(call)?, call.body.clone());
    Ok(Value::Null)
}

/// Without a list nothing is removed: a real server may take it for all.
fn delete_files(core: &Core, call: &Call<'_>) -> Result<Value, Refusal> {
    let names: Vec<String> = body(call)?;
    if names.is_empty() {
        return Err(bad("the list of names is empty"));
    }
    let mut state = core.state();
    let id = owner(&state.assets, call)?;
    for name in names {
        state.assets.delete_file(id, &name);
    }
    Ok(Value::Null)
}

fn entry(call: &Call<'_>, kind: LogType, at: Timestamp) -> Entry {
    Entry { kind, user: call.user(), comment: call.query("comment").map(str::to_owned), at }
}

fn whole_number(call: &Call<'_>, name: &str) -> Result<Option<i64>, Refusal> {
    let parse = |text: &str| text.parse().map_err(|_| bad(format!("{name} is {text:?}, allowed is a whole number")));
    call.query(name).map(parse).transpose()
}

/// Not negative.
fn needed_count(call: &Call<'_>, name: &str) -> Result<i64, Refusal> {
    let count = whole_number(call, name)?.filter(|count| *count >= 0);
    count.ok_or_else(|| bad(format!("{name} is missing or negative")))
}

/// With an offset, or in UTC.
fn date(call: &Call<'_>, name: &str) -> Result<Option<Timestamp>, Refusal> {
    let parse = |text: &str| {
        let local = || Some(text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp());
        let found = text.parse().ok().or_else(local);
        found.ok_or_else(|| bad(format!("{name} is {text:?}, allowed is an ISO 8601 date with a time")))
    };
    call.query(name).map(parse).transpose()
}

fn set_state(assets: &mut Assets, id: Uuid, call: &Call<'_>) -> Result<Value, Refusal> {
    let state = whole_number(call, "state")?.filter(|state| (0..=6).contains(state));
    let state = state.ok_or_else(|| bad("state is missing or not 0 to 6"))?;
    assets.change(id, object(json!({ "state": state })));
    assets.note(id, &entry(call, LogType::StateChange, Timestamp::now()));
    Ok(Value::Null)
}

fn count(assets: &mut Assets, id: Uuid, call: &Call<'_>) -> Result<Value, Refusal> {
    let count = match (call.query("totalCount"), call.query("incrementBy")) {
        (Some(_), None) => Count::Total(needed_count(call, "totalCount")?),
        (None, Some(_)) => Count::More(needed_count(call, "incrementBy")?),
        _ => return Err(bad("one of totalCount and incrementBy is needed")),
    };
    assets.count(id, count, call.flag("incrementChildren"));
    Ok(Value::Null)
}

fn set_count(core: &Core, call: &Call<'_>, name: &str) -> Reply {
    with(core, call, |assets, id| {
        let count = needed_count(call, name)?;
        assets.change(id, object(json!({ name: count })));
        Ok(Value::Null)
    })
}

fn service_name(kind: LogType) -> &'static str {
    if matches!(kind, LogType::Calibration) { "Calibration" } else { "Maintenance" }
}

/// The next date follows from the type; maintenance lets the running count begin anew.
fn service(core: &Core, call: &Call<'_>, kind: LogType) -> Reply {
    with(core, call, |assets, id| {
        let at = date(call, "dateTime")?.unwrap_or_else(Timestamp::now);
        let name = service_name(kind);
        let mut fields = object(json!({ (format!("last{name}Date")): at, (format!("next{name}Date")): null }));
        if matches!(kind, LogType::Maintenance) {
            fields.insert("runningCount".into(), 0.into());
        }
        assets.change(id, fields);
        assets.note(id, &entry(call, kind, at));
        Ok(Value::Null)
    })
}

fn external_service(core: &Core, call: &Call<'_>, kind: LogType) -> Reply {
    with(core, call, |assets, id| {
        let (from, to) = (date(call, "fromDate")?.unwrap_or_else(Timestamp::now), date(call, "toDate")?);
        if to.is_some_and(|to| to < from) {
            return Err(bad("toDate is before fromDate"));
        }
        let name = service_name(kind);
        assets.change(id, object(json!({ (format!("last{name}Date")): from, (format!("next{name}Date")): to })));
        assets.note(id, &entry(call, kind, from));
        Ok(Value::Null)
    })
}

fn message(core: &Core, call: &Call<'_>) -> Result<Value, Refusal> {
    let given: Object = body(call)?;
    let mut state = core.state();
    let id = state.assets.find(text(given.get("assetId")).unwrap_or_default())?;
    let comment = text(given.get("comment")).ok_or_else(|| bad("a message needs a comment"))?;
    let user = text(given.get("user")).map_or_else(|| call.user(), str::to_owned);
    let comment = Some(comment.to_owned());
    state.assets.note(id, &Entry { kind: LogType::Message, user, comment, at: Timestamp::now() });
    Ok(Value::Null)
}
