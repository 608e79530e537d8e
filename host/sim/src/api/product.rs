//! Products, read only.

use serde_json::{Value, json};

use super::{Call, Reply, Route, master};
use crate::core::Core;

pub(super) const ROUTES: &[Route] = &[
    Route::get("api/Product/Query", query),
    Route::get("api/Product/Groups", groups),
    Route::get("api/Product", revision),
    Route::get("api/Product/{}", product),
];

fn query(_: &Core, _: &Call<'_>) -> Reply {
    Reply::data(&master::PRODUCTS.iter().map(master::Product::view).collect())
}

fn groups(_: &Core, _: &Call<'_>) -> Reply {
    let groups = master::GROUPS.iter();
    Reply::data(&groups.map(|(id, name)| json!({ "productGroupId": id, "productGroupName": name })).collect::<Value>())
}

fn product(_: &Core, call: &Call<'_>) -> Reply {
    match master::product(call.parameter(0)) {
        Some(product) => Reply::data(&product.whole()),
        None => Reply::not_found(call, &format!("there is no product {:?}", call.parameter(0))),
    }
}

fn revision(_: &Core, call: &Call<'_>) -> Reply {
    let Some(part) = call.query("partNumber") else {
        return Reply::bad_request(call, "the parameter partNumber is missing");
    };
    let wanted = call.query("revision").unwrap_or_default();
    let found = master::product(part).and_then(|product| product.revision(wanted));
    match found {
        Some(revision) => Reply::data(&revision),
        None => Reply::not_found(call, &format!("there is no revision {wanted:?} of {part:?}")),
    }
}
