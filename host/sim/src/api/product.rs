//! Products: what is saved is read back.

use axum::http::StatusCode;
use serde_json::Value;

use super::saved::{body, data, done};
use super::{Call, Reply, Route};
use crate::core::Core;
use crate::product::{Products, wsbf};
use crate::record::Outcome;
use crate::refusal::{Refusal, missing};

pub(super) const ROUTES: &[Route] = &[
    Route::get("api/Product/Query", |core, _| Reply::data(&core.state().products.views())),
    Route::get("api/Product/Groups", |core, _| Reply::data(&core.state().products.groups().into())),
    Route::get("api/Product/Vendors", |core, _| Reply::data(&core.state().products.vendors().into())),
    Route::get("api/Product", revision),
    Route::get("api/Product/{}", product),
    Route::new("PUT", "api/Product", |core, call| save_one(core, call, Products::save)),
    Route::new("PUT", "api/Product/Products", |core, call| save_list(core, call, Products::save)),
    Route::new("PUT", "api/Product/Revision", |core, call| save_one(core, call, Products::save_revision)),
    Route::new("PUT", "api/Product/Revisions", |core, call| save_list(core, call, Products::save_revision)),
    Route::new("PUT", "api/Product/Group", |core, call| save_one(core, call, Products::save_group)),
    Route::new("PUT", "api/Product/BOM", upload_bom),
    Route::new("PUT", "api/Product/Vendors", |core, call| save_one(core, call, Products::save_vendor)),
    Route::new("DELETE", "api/Product/Vendors/{}", |core, call| {
        done(call, core.state().products.delete_vendor(call.parameter(0)))
    }),
    Route::get("api/internal/Product/Bom", |core, call| call.internal(|| bom(core, call))),
    Route::new("PUT", "api/internal/Product/BOM", |core, call| call.internal(|| save_bom(core, call))),
    Route::get("api/internal/Product/GetProductInfo", |core, call| call.internal(|| hierarchy(core, call))),
    Route::get("api/internal/Product/GetProductByPN", |core, call| {
        call.internal(|| {
            let part = call.query("PN").unwrap_or_default();
            data(call, found(core.state().products.internal(part), || format!("product {part:?}")))
        })
    }),
    Route::new("POST", "api/internal/Product/PostProductRevisionRelation", |core, call| {
        call.internal(|| save_one(core, call, |products, given| products.save_relation(given, true)))
    }),
    Route::new("PUT", "api/internal/Product/PutProductRevisionRelation", |core, call| {
        call.internal(|| save_one(core, call, |products, given| products.save_relation(given, false)))
    }),
    Route::new("DELETE", "api/internal/Product/DeleteProductRevisionRelation", |core, call| {
        call.internal(|| {
            let id = call.query("productRevisionRelationId").unwrap_or_default();
            done(call, core.state().products.delete_relation(id))
        })
    }),
    Route::get("api/internal/Product/GetGroupsForProduct", |core, call| {
        call.internal(|| Reply::data(&core.state().products.groups_of(part(call)).into()))
    }),
    Route::get("api/internal/Product/GetProductCategories", |core, call| {
        call.internal(|| Reply::data(&core.state().products.categories().into()))
    }),
    Route::new("PUT", "api/internal/Product/PutProductCategories", |core, call| {
        call.internal(|| save_list(core, call, Products::save_category))
    }),
    Route::get("api/internal/Product/GetProductTags", |core, call| call.internal(|| tags(core, call, None))),
    Route::new("PUT", "api/internal/Product/PutProductTags", |core, call| {
        call.internal(|| save_tags(core, call, None))
    }),
    Route::get("api/internal/Product/GetRevisionTags", |core, call| {
        call.internal(|| tags(core, call, Some(revision_name(call))))
    }),
    Route::new("PUT", "api/internal/Product/PutRevisionTags", |core, call| {
        call.internal(|| save_tags(core, call, Some(revision_name(call))))
    }),
];

fn part<'a>(call: &'a Call<'_>) -> &'a str {
    call.query("partNumber").unwrap_or_default()
}

fn revision_name<'a>(call: &'a Call<'_>) -> &'a str {
    call.query("revision").unwrap_or_default()
}

fn found(value: Option<Value>, what: impl FnOnce() -> String) -> Result<Value, Refusal> {
    value.ok_or_else(|| missing(format!("there is no {}", what())))
}

type Save = fn(&mut Products, &Value) -> Result<Value, Refusal>;

fn save_one(core: &Core, call: &Call<'_>, save: Save) -> Reply {
    data(call, body(call).and_then(|given: Value| Ok(save_all(core, &[given], save)?.pop().unwrap_or_default())))
}

fn save_list(core: &Core, call: &Call<'_>, save: Save) -> Reply {
    data(call, body::<Vec<Value>>(call).and_then(|given| Ok(save_all(core, &given, save)?.into())))
}

/// All or none.
fn save_all(core: &Core, given: &[Value], save: Save) -> Result<Vec<Value>, Refusal> {
    let mut state = core.state();
    let mut products = state.products.clone();
    let all = given.iter().map(|one| save(&mut products, one)).collect::<Result<_, _>>()?;
    state.products = products;
    Ok(all)
}

fn product(core: &Core, call: &Call<'_>) -> Reply {
    let part = call.parameter(0);
    data(call, found(core.state().products.product(part), || format!("product {part:?}")))
}

fn revision(core: &Core, call: &Call<'_>) -> Reply {
    let Some(part) = call.query("partNumber") else {
        return Reply::bad_request(call, "the parameter partNumber is missing");
    };
    let wanted = revision_name(call);
    let revision = core.state().products.revision(part, wanted);
    data(call, found(revision, || format!("revision {wanted:?} of {part:?}")))
}

fn upload_bom(core: &Core, call: &Call<'_>) -> Reply {
    if !call.has_content_type(&["application/xml", "text/xml"]) {
        let text = "a bill of materials comes as application/xml";
        return Reply::refuse(call, Outcome::Refused, StatusCode::UNSUPPORTED_MEDIA_TYPE, text);
    }
    match wsbf::read(&call.body) {
        Ok(bom) => done(call, core.state().products.save_bom(&bom.part, &bom.revision, &bom.items)),
        Err(problem) => Reply::bad_request(call, &problem),
    }
}

fn bom(core: &Core, call: &Call<'_>) -> Reply {
    data(call, core.state().products.bom(part(call), revision_name(call)).map(Into::into))
}

fn save_bom(core: &Core, call: &Call<'_>) -> Reply {
    if call.query("format").is_some_and(|format| !format.eq_ignore_ascii_case("json")) {
        return Reply::bad_request(call, "this simulated server knows the format json");
    }
    let (part, revision) = (part(call), revision_name(call));
    let result = body::<Vec<Value>>(call).and_then(|items| core.state().products.save_bom(part, revision, &items));
    done(call, result)
}

fn hierarchy(core: &Core, call: &Call<'_>) -> Reply {
    let (part, revision) = (part(call), revision_name(call));
    let rows = core.state().products.hierarchy(part, revision).map(Into::into);
    data(call, found(rows, || format!("revision {revision:?} of {part:?}")))
}

fn tags(core: &Core, call: &Call<'_>, revision: Option<&str>) -> Reply {
    data(call, core.state().products.tags(part(call), revision).map(|tags| tags.clone().into()))
}

/// Puts these in place of those that are there.
fn save_tags(core: &Core, call: &Call<'_>, revision: Option<&str>) -> Reply {
    let result = body::<Vec<Value>>(call).and_then(|given| {
        *core.state().products.tags(part(call), revision)? = given;
        Ok(())
    });
    done(call, result)
}
