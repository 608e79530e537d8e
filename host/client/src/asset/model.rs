//! What the asset calls carry.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::model::{OtherFields, null_as_default, optional_id};
use crate::moment::Moment;
use crate::open::open_numbers;
use crate::product::Tag;

open_numbers! {
    /// Where an asset is in its life.
    AssetState {
        /// Not known.
        Unknown = 0,
        /// In use.
        InOperation = 1,
        /// On its way.
        InTransit = 2,
        /// Being maintained.
        InMaintenance = 3,
        /// Being calibrated.
        InCalibration = 4,
        /// In store.
        InStorage = 5,
        /// Thrown away.
        Scrapped = 6,
    }
}

open_numbers! {
    /// Whether an asset may be used as far as its counts and dates tell.
    AssetAlarmState {
        /// It may.
        Ok = 0,
        /// Something will be due soon.
        Warning = 1,
        /// Something is due.
        Alarm = 2,
    }
}

open_numbers! {
    /// What a line of the log is about.
    AssetLogType {
        /// Somebody's words.
        Message = 0,
        /// The asset was created.
        Register = 1,
        /// It was changed.
        Update = 2,
        /// Its running count began anew.
        ResetCount = 3,
        /// It was calibrated.
        Calibration = 4,
        /// It was maintained.
        Maintenance = 5,
        /// Its state was changed.
        StateChange = 6,
    }
}

/// A kind of assets, with what its assets are due for.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct AssetType {
    /// Name.
    #[serde(deserialize_with = "null_as_default")]
    pub type_name: String,
    /// The server's own id.
    #[serde(deserialize_with = "optional_id")]
    pub type_id: Option<Uuid>,
    /// Uses until maintenance.
    pub running_count_limit: Option<i64>,
    /// Uses until it is worn out.
    pub total_count_limit: Option<i64>,
    /// Days between maintenances. Servers from 25.3 on know -1 for none, and -2 for dates that another system keeps.
    pub maintenance_interval: Option<f64>,
    /// The same between calibrations.
    pub calibration_interval: Option<f64>,
    /// How much of a limit or interval makes a warning.
    pub warning_threshold: Option<f64>,
    /// How much of a limit or interval makes an alarm.
    pub alarm_threshold: Option<f64>,
    /// Nobody may change it.
    pub is_readonly: Option<bool>,
    /// Name of the picture that stands for it.
    pub icon: Option<String>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// An asset.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Asset {
    /// Serial number.
    #[serde(deserialize_with = "null_as_default")]
    pub serial_number: String,
    /// Id of its type.
    #[serde(deserialize_with = "optional_id")]
    pub type_id: Option<Uuid>,
    /// The server's own id.
    pub asset_id: Option<String>,
    /// Id of the asset that it is in.
    pub parent_asset_id: Option<String>,
    /// Serial number of the asset that it is in.
    pub parent_serial_number: Option<String>,
    /// The name people know.
    pub asset_name: Option<String>,
    /// Part number.
    pub part_number: Option<String>,
    /// Revision.
    pub revision: Option<String>,
    /// Number of the station that it is at.
    #[serde(rename = "ClientId", alias = "clientId")]
    pub client_id: Option<i64>,
    /// Where it is in its life.
    pub state: Option<AssetState>,
    /// Description.
    pub description: Option<String>,
    /// Location.
    pub location: Option<String>,
    /// When it was first used.
    pub first_seen_date: Option<Moment>,
    /// When it was last used.
    pub last_seen_date: Option<Moment>,
    /// Last maintenance.
    pub last_maintenance_date: Option<Moment>,
    /// When maintenance is due.
    pub next_maintenance_date: Option<Moment>,
    /// Last calibration.
    pub last_calibration_date: Option<Moment>,
    /// When calibration is due.
    pub next_calibration_date: Option<Moment>,
    /// Uses in all.
    pub total_count: Option<i64>,
    /// Uses since the last maintenance.
    pub running_count: Option<i64>,
    /// Free data, by key.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
    /// The assets in it.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub asset_children: Vec<Asset>,
    /// Its type.
    pub asset_type: Option<AssetType>,
    /// What was done to it.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub asset_log: Vec<AssetLog>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// A line of the log.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct AssetLog {
    /// The server's number of the line.
    pub log_id: Option<i64>,
    /// The asset's id.
    pub asset_id: Option<String>,
    /// The asset's serial number.
    pub serial_number: Option<String>,
    /// When.
    pub date: Option<Moment>,
    /// Who.
    pub user: Option<String>,
    /// What it is about.
    #[serde(rename = "type")]
    pub kind: Option<AssetLogType>,
    /// In words.
    pub comment: Option<String>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// What an asset is due for, in the server's own form.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
#[non_exhaustive]
pub struct AssetStatus {
    /// As the server gives it.
    pub fields: OtherFields,
}

impl AssetStatus {
    /// Whether the asset may be used; none where the server says it in another form.
    pub fn alarm_state(&self) -> Option<AssetAlarmState> {
        let named = |name: &str| self.fields.get(name)?.as_i64();
        let number = named("alarmState").or_else(|| named("AlarmState"))?;
        i32::try_from(number).ok().map(AssetAlarmState::from)
    }
}
