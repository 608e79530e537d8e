//! The way of units through production.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::read::number;
use crate::model::{OtherFields, null_as_default};
use crate::moment::Moment;

/// A place where units stop, such as a test operation.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct UnitFlowNode {
    /// Its id.
    pub id: Option<NodeId>,
    /// Name.
    pub name: Option<String>,
    /// Process code.
    pub process_code: Option<i64>,
    /// Name of the process.
    pub process_name: Option<String>,
    /// Station.
    pub station_name: Option<String>,
    /// Location.
    pub location: Option<String>,
    /// Purpose.
    pub purpose: Option<String>,
    /// Units.
    pub unit_count: Option<i64>,
    /// Units that passed there.
    pub pass_count: Option<i64>,
    /// Units that failed there.
    pub fail_count: Option<i64>,
    /// Yield, in percent.
    #[serde(alias = "yield", deserialize_with = "number")]
    pub yield_percent: Option<f64>,
    /// Mean time, in seconds.
    #[serde(deserialize_with = "number")]
    pub avg_time: Option<f64>,
    /// Shown with its parts.
    pub is_expanded: Option<bool>,
    /// Shown.
    pub is_visible: Option<bool>,
    /// How deep it lies.
    pub level: Option<i64>,
    /// Id of what it is a part of.
    pub parent_id: Option<NodeId>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// How units go on from a place to another.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct UnitFlowLink {
    /// Its id.
    pub id: Option<NodeId>,
    /// Id of the node that it leaves.
    #[serde(alias = "source")]
    pub source_id: Option<NodeId>,
    /// Id of the node that it reaches.
    #[serde(alias = "target")]
    pub target_id: Option<NodeId>,
    /// Name of the node that it leaves.
    pub source_name: Option<String>,
    /// Name of the node that it reaches.
    pub target_name: Option<String>,
    /// Units.
    pub unit_count: Option<i64>,
    /// Units that passed.
    pub pass_count: Option<i64>,
    /// Units that failed.
    pub fail_count: Option<i64>,
    /// Mean time, in seconds.
    #[serde(deserialize_with = "number")]
    pub avg_time: Option<f64>,
    /// Shown.
    pub is_visible: Option<bool>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// A unit on its way.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct UnitFlowUnit {
    /// Serial number.
    pub serial_number: Option<String>,
    /// Part number.
    pub part_number: Option<String>,
    /// Revision.
    pub revision: Option<String>,
    /// Status of its last test.
    pub status: Option<String>,
    /// Start.
    pub start_time: Option<Moment>,
    /// End.
    pub end_time: Option<Moment>,
    /// Time from start to end, in seconds.
    #[serde(deserialize_with = "number")]
    pub total_time: Option<f64>,
    /// The nodes that it went through, in order.
    #[serde(deserialize_with = "null_as_default")]
    pub node_path: Vec<String>,
    /// Where it is.
    pub current_node: Option<String>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// Places and links of a query.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct UnitFlow {
    /// Where units stop.
    #[serde(deserialize_with = "null_as_default")]
    pub nodes: Vec<UnitFlowNode>,
    /// How they go on.
    #[serde(deserialize_with = "null_as_default")]
    pub links: Vec<UnitFlowLink>,
    /// The units.
    #[serde(deserialize_with = "null_as_default")]
    pub units: Vec<UnitFlowUnit>,
    /// How many units.
    pub total_units: Option<i64>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// Id of a place: servers number them, or name them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum NodeId {
    /// A number.
    Number(i64),
    /// A name.
    Name(String),
}

impl Serialize for NodeId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Number(number) => serializer.serialize_i64(*number),
            Self::Name(name) => serializer.serialize_str(name),
        }
    }
}

impl<'de> Deserialize<'de> for NodeId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Value::deserialize(deserializer)? {
            Value::String(name) => Self::Name(name),
            other => other.as_i64().map_or_else(|| Self::Name(other.to_string()), Self::Number),
        })
    }
}

/// Which units, and how their way is shown. What is not set does not matter.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UnitFlowFilter {
    /// Part number.
    pub part_number: Option<String>,
    /// Revision.
    pub revision: Option<String>,
    /// Serial number.
    pub serial_number: Option<String>,
    /// Serial numbers: see [`unit_flow_of`](super::AnalyticsInternal::unit_flow_of).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub serial_numbers: Vec<String>,
    /// Station.
    pub station_name: Option<String>,
    /// Location.
    pub location: Option<String>,
    /// Purpose.
    pub purpose: Option<String>,
    /// From this moment on.
    pub date_from: Option<Timestamp>,
    /// Until this moment.
    pub date_to: Option<Timestamp>,
    /// Processes, by code.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub process_codes: Vec<i32>,
    /// Whether units that passed count.
    pub include_passed: Option<bool>,
    /// Whether units that failed count.
    pub include_failed: Option<bool>,
    /// What places are split by: see [`unit_flow_split_by`](super::AnalyticsInternal::unit_flow_split_by).
    pub split_by: Option<String>,
    /// How units are sorted: see [`unit_flow_ordered_by`](super::AnalyticsInternal::unit_flow_ordered_by).
    pub unit_order: Option<String>,
    /// Operations to show, by id or name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub show_list: Vec<String>,
    /// Operations to hide, by id or name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hide_list: Vec<String>,
    /// Whether operations are shown with their parts.
    pub expand_operations: Option<bool>,
}
