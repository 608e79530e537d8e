//! Definitions, their programs, and units that are inspected by them.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::relation::TestSequenceRelation;
use crate::http::Answer;
use crate::model::{OtherFields, null_as_default, optional_id};
use crate::moment::Moment;
use crate::open::open_numbers;

open_numbers! {
    /// How far a definition is.
    DefinitionStatus {
        /// Being written.
        Draft = 0,
        /// Being looked at.
        Pending = 1,
        /// In use: it cannot be changed any more.
        Released = 2,
        /// No longer in use.
        Revoked = 3,
    }
}

open_numbers! {
    /// Whether a unit that failed goes to repair at once.
    RepairOnFail {
        /// It does not.
        Disabled = 0,
        /// The operator says.
        Optional = 1,
        /// It does.
        Required = 2,
    }
}

/// What operators are led through. The server's word for it is test sequence definition.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[non_exhaustive]
pub struct TestSequenceDefinition {
    /// The server's own id.
    #[serde(deserialize_with = "optional_id")]
    pub test_sequence_definition_id: Option<Uuid>,
    /// Id of the folder that it is shown in.
    #[serde(deserialize_with = "optional_id")]
    pub virtual_folder_id: Option<Uuid>,
    /// Name.
    pub name: Option<String>,
    /// Version.
    pub version: Option<i64>,
    /// Description.
    pub description: Option<String>,
    /// Created.
    pub created: Option<Moment>,
    /// Created by.
    pub created_by: Option<String>,
    /// Site that it was created at.
    pub created_by_site: Option<String>,
    /// Last changed.
    pub modified: Option<Moment>,
    /// Last changed by.
    pub modified_by: Option<String>,
    /// Released.
    pub released: Option<Moment>,
    /// Released by.
    pub released_by: Option<String>,
    /// Revoked.
    pub revoked: Option<Moment>,
    /// Revoked by.
    pub revoked_by: Option<String>,
    /// How far it is.
    pub status: Option<DefinitionStatus>,
    /// Others use it as a part.
    pub is_global: Option<bool>,
    /// After a failure the cleanup follows at once.
    pub on_fail_goto_cleanup: Option<bool>,
    /// After a failure the report must be submitted.
    pub on_fail_require_submit: Option<bool>,
    /// Whether a unit that failed goes to repair at once.
    pub on_fail_require_repair: Option<RepairOnFail>,
    /// Reports name the operator.
    pub log_operator: Option<bool>,
    /// Reports hold the descriptions of steps.
    pub log_description: Option<bool>,
    /// A failed step makes a report that is not submitted yet.
    pub create_unsubmitted_report_on_failed_step: Option<bool>,
    /// The repair process.
    #[serde(deserialize_with = "optional_id")]
    pub repair_process_id: Option<Uuid>,
    /// The operator names the parts of the unit.
    pub add_child_units: Option<bool>,
    /// Test reports hold the miscellaneous values of repairs.
    #[serde(rename = "IncludeUURMiscInfoInUUT")]
    pub include_uur_misc_info_in_uut: Option<bool>,
    /// The miscellaneous values of the last report are the first ones of the next.
    pub load_previous_misc_info: Option<bool>,
    /// What it is for.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub relations: Vec<TestSequenceRelation>,
    /// How many units have been inspected by it, or are.
    pub instances_count: Option<i64>,
    /// Its program.
    #[serde(rename = "XAML")]
    pub xaml: Option<String>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// A unit that is inspected.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[non_exhaustive]
pub struct TestSequenceInstance {
    /// The server's own id.
    #[serde(deserialize_with = "optional_id")]
    pub test_sequence_instance_id: Option<Uuid>,
    /// The definition.
    #[serde(deserialize_with = "optional_id")]
    pub test_sequence_definition_id: Option<Uuid>,
    /// The unit.
    #[serde(deserialize_with = "optional_id")]
    pub unit_id: Option<Uuid>,
    /// Serial number of the unit.
    pub serial_number: Option<String>,
    /// Part number of the unit.
    pub part_number: Option<String>,
    /// Revision of the unit.
    pub revision: Option<String>,
    /// Created.
    pub created: Option<Moment>,
    /// When something last happened to it.
    pub last_event_time: Option<Moment>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// The program of a definition.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct TestSequenceXaml {
    /// The program; none where there is none yet.
    pub xaml: Option<String>,
    /// The rest of the server's answer, where that is an object.
    pub other: OtherFields,
}

/// Bare text, text in quotes, or an object with the text in it.
pub(super) fn read_xaml(answer: &Answer) -> Result<TestSequenceXaml, String> {
    let text = std::str::from_utf8(&answer.body).map_err(|error| error.to_string())?;
    let text = text.trim_start_matches('\u{feff}').trim();
    let plain = |xaml: &str| Ok(TestSequenceXaml { xaml: Some(xaml.to_owned()), ..TestSequenceXaml::default() });
    if text.starts_with('<') {
        return plain(text);
    }
    if text.is_empty() {
        return Ok(TestSequenceXaml::default());
    }
    match serde_json::from_str(text).map_err(|error| error.to_string())? {
        Value::Null => Ok(TestSequenceXaml::default()),
        Value::String(xaml) => plain(&xaml),
        Value::Object(mut other) => {
            let name =
                ["Definition", "XAML", "Xaml"].into_iter().find(|name| other.get(*name).is_some_and(Value::is_string));
            let xaml = name.and_then(|name| other.remove(name)).and_then(|xaml| xaml.as_str().map(str::to_owned));
            Ok(TestSequenceXaml { xaml, other })
        }
        found => Err(format!("is neither text nor an object: {found}")),
    }
}
