//! Manual inspection. All of it is internal.

use axum::http::header::CONTENT_TYPE;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::saved::body;
use super::{Call, Reply, Route, answers};
use crate::core::Core;
use crate::form;
use crate::inspection::Inspections;
use crate::object::Object;
use crate::refusal::{Refusal, missing};

/// A call of this domain, which gives data or says why not.
macro_rules! route {
    ($method:literal $path:literal, |$inspections:ident, $call:ident| $result:expr) => {
        Route::new($method, concat!("api/internal/", $path), |core, call| {
            serve(core, call, |$inspections, $call| $result)
        })
    };
}

pub(super) const ROUTES: &[Route] = &[
    route!("GET" "ManualInspection/GetTestSequenceDefinitions", |inspections, call| {
        Ok(inspections.definitions(call.flag("isGlobalDefinitions")).into())
    }),
    route!("GET" "ManualInspection/GetTestSequenceDefinition", |inspections, call| {
        inspections.definition(call.id("definitionId")?)
    }),
    route!("GET" "ManualInspection/GetDefinitionCopy/{}", |inspections, call| inspections.copy(call.parameter_id(0)?)),
    route!("GET" "ManualInspection/GetInstancesCount/{}", |inspections, call| {
        Ok(inspections.count_instances(call.parameter_id(0)?)?.into())
    }),
    route!("POST" "ManualInspection/PostDefinition", |inspections, call| {
        inspections.create(&body(call)?, &call.user(), Timestamp::now())
    }),
    route!("PUT" "ManualInspection/PutDefinitionNew", |inspections, call| {
        inspections.update(body(call)?, &call.user(), Timestamp::now())
    }),
    route!("GET" "ManualInspection/GetRelations/{}", |inspections, call| {
        Ok(inspections.relations(call.parameter_id(0)?)?.into())
    }),
    route!("GET" "ManualInspection/GetRelationConflicts/{}", |inspections, call| conflicts(inspections, call)),
    route!("GET" "ManualInspection/GetRelationConflictsNew/{}", |inspections, call| conflicts(inspections, call)),
    route!("POST" "ManualInspection/PostRelation", |inspections, call| inspections.create_relation(body(call)?)),
    route!("PUT" "ManualInspection/PutRelation", |inspections, call| inspections.update_relation(body(call)?)),
    route!("PUT" "ManualInspection/DeleteRelationNew", |inspections, call| {
        inspections.delete_relation(&body(call)?)
    }),
    route!("GET" "ManualInspection/GetSequences", |inspections, _call| Ok(inspections.sequences().into())),
    route!("PUT" "ManualInspection/PutSequence", |inspections, call| inspections.save_sequence(&body(call)?)),
    route!("DELETE" "ManualInspection/DeleteSequence/{}", |inspections, call| {
        inspections.delete_sequence(call.parameter_id(0)?)
    }),
    Route::get("api/internal/ManualInspection/GetMiDetails/{}", instance),
    Route::get("api/internal/ManualInspection/GetMiDetailsNew/{}", instance),
    route!("GET" "ManualInspection/GetTestSequenceDefinitionXaml", |inspections, call| {
        inspections.xaml(call.id("definitionId")?)
    }),
    route!("PUT" "ManualInspection/PutTestSequenceDefinitionXaml", |inspections, call| {
        inspections.save_xaml(&body(call)?)
    }),
    Route::get("api/internal/ManualInspection/GetWatswwfContent/{}", workflow),
    route!("PUT" "ManualInspection/ValidateMiscInfo", |_inspections, call| Ok(validate(&body(call)?))),
    route!("PUT" "ManualInspection/PutStringTest", |inspections, call| Ok(inspections.put_string_test(body(call)?))),
    Route::get("api/internal/Blob/mi", media),
    route!("POST" "Blob/mi", |inspections, call| {
        let file = form::file_of(call.header(&CONTENT_TYPE).unwrap_or_default(), &call.body)?;
        inspections.add_media(call.id("definitionId")?, file)
    }),
    route!("DELETE" "Blob/mi", |inspections, call| {
        inspections.delete_media(call.id("definitionId")?, call.id("mediaId")?)
    }),
];

fn serve(
    core: &Core,
    call: &Call<'_>,
    act: impl FnOnce(&mut Inspections, &Call<'_>) -> Result<Value, Refusal>,
) -> Reply {
    call.internal(|| answers::any(call, act(&mut core.state().inspections, call)))
}

fn conflicts(inspections: &Inspections, call: &Call<'_>) -> Result<Value, Refusal> {
    Ok(inspections.conflicts(call.parameter_id(0)?)?.into())
}

/// A unit is known here by the `unitId` that it was saved with.
fn instance(core: &Core, call: &Call<'_>) -> Reply {
    call.internal(|| {
        let mut state = core.state();
        let found = call.parameter_id(0).and_then(|id| {
            let unit = state.factory.unit_with_id(&id.to_string()).cloned();
            let unit = unit.ok_or_else(|| missing(format!("there is no unit with the unitId {id}")))?;
            Ok(state.inspections.instance(id, &unit, Timestamp::now()))
        });
        answers::any(call, found)
    })
}

/// What the program says, as a file.
fn workflow(core: &Core, call: &Call<'_>) -> Reply {
    call.internal(|| {
        let xaml = call.parameter_id(0).and_then(|id| core.state().inspections.xaml(id));
        answers::file(
            call,
            "application/octet-stream",
            xaml.map(|xaml| xaml.as_str().unwrap_or_default().to_owned().into()),
        )
    })
}

/// Each value must be a text that is not empty.
fn validate(values: &Object) -> Value {
    let is_wrong = |value: &Value| value.as_str().is_none_or(str::is_empty);
    let wrong: Vec<&String> = values.iter().filter(|(_, value)| is_wrong(value)).map(|(name, _)| name).collect();
    json!({ "IsValid": wrong.is_empty(), "Wrong": wrong })
}

/// The list, or one document.
fn media(core: &Core, call: &Call<'_>) -> Reply {
    call.internal(|| {
        let state = core.state();
        if call.flag("download") {
            let ids = call.id("definitionId").and_then(|definition| Ok((definition, call.id("mediaId")?)));
            let file = ids.and_then(|(definition, id)| state.inspections.media_file(definition, id));
            return answers::file(call, "application/pdf", file);
        }
        let list = call.id("definitionId").and_then(|definition| state.inspections.media(definition));
        answers::any(call, list.map(Value::from))
    })
}
