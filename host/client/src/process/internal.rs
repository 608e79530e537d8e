//! Process calls that are made for the server's own pages.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::{Process, RepairOperation};
use crate::cache::{Cached, Resource};
use crate::client::Client;
use crate::model::{parse_list, parse_optional};
use crate::request::{Outline, Request};
use crate::route::{Method, Route};

const GET_PROCESSES: Route = Route::new(Method::Get, "/api/internal/Process/GetProcesses");
const GET_PROCESS: Route = Route::new(Method::Get, "/api/internal/Process/GetProcess/{id}");
const GET_REPAIRS: Route = Route::new(Method::Get, "/api/internal/Process/GetRepairOperations");
const GET_REPAIR: Route = Route::new(Method::Get, "/api/internal/Process/GetRepairOperation/{id}");

/// The internal calls about processes, all cached. Made by [`Internal::process`](crate::Internal::process).
#[derive(Debug, Clone, Copy)]
pub struct ProcessInternal<'a> {
    client: &'a Client,
}

impl<'a> ProcessInternal<'a> {
    pub(crate) const fn new(client: &'a Client) -> Self {
        Self { client }
    }

    /// All processes with their ids, inactive ones too.
    pub fn list(&self) -> Request<Cached<Vec<Process>>> {
        Outline::new(self.client, GET_PROCESSES, &[]).cached(Resource::Processes, parse_list)
    }

    /// A process by its id; `None` when the server says that there is none.
    pub fn by_id(&self, id: Uuid) -> Request<Option<Cached<Process>>> {
        Outline::new(self.client, GET_PROCESS, &[("id", &id.to_string())]).cached_one(Resource::Processes)
    }

    /// What each repair operation asks for, with its categories and fail codes, by process code.
    pub fn repair_operations(&self) -> Request<Cached<BTreeMap<i32, RepairOperation>>> {
        let parse = |body: &[u8]| Ok(parse_optional(body)?.unwrap_or_default());
        Outline::new(self.client, GET_REPAIRS, &[]).cached(Resource::Processes, parse)
    }

    /// The same of one repair operation, by the id of its process and, where that is not enough, its code; `None` when the
    /// server says that there is none.
    pub fn repair_operation(&self, id: Uuid, process_code: Option<i32>) -> Request<Option<Cached<RepairOperation>>> {
        let outline = Outline::new(self.client, GET_REPAIR, &[("id", &id.to_string())]);
        outline.query_if("processCode", process_code).cached_one(Resource::Processes)
    }
}
