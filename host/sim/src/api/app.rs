//! The application: version, public lists.

use axum::http::StatusCode;
use serde_json::json;

use super::{Call, Reply, Route, master};
use crate::answer::Answer;
use crate::core::Core;
use crate::record::Outcome;

pub(super) const ROUTES: &[Route] = &[
    Route::get("api/App/Version", version),
    Route::get("api/App/Processes", processes),
    Route::get("api/App/Levels", levels),
    Route::get("api/App/ProductGroups", product_groups),
];

/// Levels, number and name.
pub(super) const LEVELS: [(u32, &str); 2] = [(1, "Production"), (2, "Development")];

fn version(core: &Core, _: &Call<'_>) -> Reply {
    let version = core.state().settings.version.clone();
    Reply::new(Outcome::Served, Answer::of(StatusCode::OK, "text/plain; charset=utf-8", version))
}

/// With none of the three flags given, all kinds; inactive ones only when asked for.
fn processes(_: &Core, call: &Call<'_>) -> Reply {
    let kinds = ["includeTestOperations", "includeRepairOperations", "includeWipOperations"];
    let all = kinds.iter().all(|name| call.query(name).is_none());
    let [test, repair, wip] = kinds.map(|name| all || call.flag(name));
    let inactive = call.flag("includeInactiveProcesses");
    let listed = master::PROCESSES.iter().filter(|process| {
        let wanted = match process.kind {
            master::Kind::Test => test,
            master::Kind::Repair => repair,
            master::Kind::Wip => wip,
        };
        wanted && (inactive || process.active)
    });
    Reply::data(&listed.map(master::Process::public).collect())
}

fn levels(_: &Core, _: &Call<'_>) -> Reply {
    let levels = LEVELS.iter().map(|(id, name)| json!({ "levelId": id, "levelName": name }));
    Reply::data(&levels.collect())
}

fn product_groups(core: &Core, _: &Call<'_>) -> Reply {
    Reply::data(&core.state().products.groups().into())
}
