//! Processes, as the internal endpoints give them.

use serde_json::{Map, Value};

use super::{Call, Reply, Route, master};
use crate::core::Core;

pub(super) const ROUTES: &[Route] = &[
    Route::get("api/internal/Process/GetProcesses", processes),
    Route::get("api/internal/Process/GetProcess/{}", process),
    Route::get("api/internal/Process/GetRepairOperations", repair_operations),
    Route::get("api/internal/Process/GetRepairOperation/{}", repair_operation),
];

fn processes(_: &Core, call: &Call<'_>) -> Reply {
    call.internal(|| Reply::data(&master::PROCESSES.iter().map(master::Process::internal).collect()))
}

fn process(_: &Core, call: &Call<'_>) -> Reply {
    call.internal(|| match master::process(call.parameter(0)) {
        Some(process) => Reply::data(&process.internal()),
        None => Reply::not_found(call, &format!("there is no process {:?}", call.parameter(0))),
    })
}

fn repair_operations(_: &Core, call: &Call<'_>) -> Reply {
    call.internal(|| {
        let repairs = master::PROCESSES.iter().filter(|process| process.kind == master::Kind::Repair);
        let by_code: Map<String, Value> =
            repairs.map(|process| (process.code.to_string(), master::repair_operation(process))).collect();
        Reply::data(&Value::Object(by_code))
    })
}

/// By the process's id, or by the code of the query.
fn repair_operation(_: &Core, call: &Call<'_>) -> Reply {
    call.internal(|| {
        let key = call.query("processCode").unwrap_or_else(|| call.parameter(0));
        match master::process(key).filter(|process| process.kind == master::Kind::Repair) {
            Some(process) => Reply::data(&master::repair_operation(process)),
            None => Reply::not_found(call, &format!("there is no repair operation {key:?}")),
        }
    })
}
