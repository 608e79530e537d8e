//! Processes: the test, repair and other operations that reports name by code.

mod internal;
mod repair;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use self::internal::ProcessInternal;
pub use self::repair::{FailCode, RepairOperation};
use crate::cache::{Cached, Resource};
use crate::client::Client;
use crate::model::{OtherFields, null_as_default, optional_id, parse_list};
use crate::request::{Outline, Request};
use crate::route::GET_PROCESSES;

/// A test operation, repair operation or other step of production.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Process {
    /// The number that reports carry.
    #[serde(default, alias = "Code")]
    pub code: Option<i32>,
    /// The name people know.
    #[serde(default, alias = "Name")]
    pub name: Option<String>,
    /// What it is for.
    #[serde(default, alias = "Description")]
    pub description: Option<String>,
    /// Test reports may name it.
    #[serde(default, alias = "IsTestOperation", deserialize_with = "null_as_default")]
    pub is_test_operation: bool,
    /// Repair reports may name it.
    #[serde(default, alias = "IsRepairOperation", deserialize_with = "null_as_default")]
    pub is_repair_operation: bool,
    /// Neither: work in progress.
    #[serde(default, alias = "IsWIPOperation", alias = "isWIPOperation", deserialize_with = "null_as_default")]
    pub is_wip_operation: bool,
    /// Its place in the order of production.
    #[serde(default, alias = "ProcessIndex")]
    pub process_index: Option<i32>,
    /// 1 = active.
    #[serde(default, alias = "State")]
    pub state: Option<i32>,
    /// More about it, in the server's own notation. The public list does not have it.
    #[serde(default, alias = "Properties")]
    pub properties: Option<String>,
    /// The server's own id.
    #[serde(
        default,
        rename = "ProcessID",
        alias = "processId",
        alias = "processID",
        deserialize_with = "optional_id",
        skip_serializing_if = "Option::is_none"
    )]
    pub process_id: Option<Uuid>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// Calls about processes. Made by [`Client::process`].
#[derive(Debug, Clone, Copy)]
pub struct Processes<'a> {
    client: &'a Client,
}

impl<'a> Processes<'a> {
    pub(crate) const fn new(client: &'a Client) -> Self {
        Self { client }
    }

    /// All active processes: test, repair and others.
    ///
    /// # Errors
    /// As the table in [`crate::ErrorClass`]. When the server cannot be asked and an answer is remembered, that is
    /// given, marked as stale.
    pub fn list(&self) -> Request<Cached<Vec<Process>>> {
        Outline::new(self.client, GET_PROCESSES, &[])
            .query("includeTestOperations", true)
            .query("includeRepairOperations", true)
            .query("includeWipOperations", true)
            .query("includeInactiveProcesses", false)
            .cached(Resource::Processes, parse_list::<Process>)
    }

    /// The active process of this name. Without one written exactly so, one that differs in case only; of several, a
    /// test operation before a repair operation before others, then the lowest code.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub fn by_name(&self, name: &str) -> Request<Option<Process>> {
        let name = name.trim().to_owned();
        let lower = name.to_lowercase();
        self.list().map(move |all| {
            let found = all.iter().filter_map(|process| {
                let known = process.name.as_deref()?.trim();
                let same =
                    if known.is_ascii() { known.eq_ignore_ascii_case(&name) } else { known.to_lowercase() == lower };
                same.then_some((known != name, process))
            });
            let best =
                found.min_by_key(|(differs, p)| (*differs, !p.is_test_operation, !p.is_repair_operation, p.code));
            best.map(|(_, process)| process.clone())
        })
    }

    /// The active process of this code.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub fn by_code(&self, code: i32) -> Request<Option<Process>> {
        self.list().map(move |all| all.iter().find(|p| p.code == Some(code)).cloned())
    }
}
