//! What definitions are for.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::definition::DefinitionStatus;
use crate::model::{OtherFields, null_as_default, optional_id};

/// What a definition is for: units with this value.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[non_exhaustive]
pub struct TestSequenceRelation {
    /// The server's own id.
    #[serde(deserialize_with = "optional_id")]
    pub test_sequence_relation_id: Option<Uuid>,
    /// The definition.
    #[serde(deserialize_with = "optional_id")]
    pub test_sequence_definition_id: Option<Uuid>,
    /// Kind of things that the value is of, in the server's database.
    pub entity_schema: Option<String>,
    /// The same within that kind.
    pub entity_name: Option<String>,
    /// What the value is, like `partnumber`.
    pub entity_key: Option<String>,
    /// The value; `%` stands for any text.
    pub entity_value: Option<String>,
    /// Status, as the server counts it.
    pub status: Option<i64>,
    /// Name of the product, where the value is a part number.
    pub product_name: Option<String>,
    /// At these processes only.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub test_sequence_process_relations: Vec<TestSequenceProcessRelation>,
    /// At these sites only.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub test_sequence_site_relations: Vec<TestSequenceSiteRelation>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// A process that a relation is limited to.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[non_exhaustive]
pub struct TestSequenceProcessRelation {
    /// The server's own id.
    #[serde(deserialize_with = "optional_id")]
    pub test_sequence_process_relation_id: Option<Uuid>,
    /// The relation.
    #[serde(deserialize_with = "optional_id")]
    pub test_sequence_relation_id: Option<Uuid>,
    /// The process.
    #[serde(deserialize_with = "optional_id")]
    pub process_id: Option<Uuid>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// A site that a relation is limited to.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[non_exhaustive]
pub struct TestSequenceSiteRelation {
    /// The server's own id.
    #[serde(deserialize_with = "optional_id")]
    pub test_sequence_site_relation_id: Option<Uuid>,
    /// The relation.
    #[serde(deserialize_with = "optional_id")]
    pub test_sequence_relation_id: Option<Uuid>,
    /// The site.
    #[serde(deserialize_with = "optional_id")]
    pub site_id: Option<Uuid>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// Another definition that is for the same units.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[non_exhaustive]
pub struct RelationConflict {
    /// The other definition.
    #[serde(deserialize_with = "optional_id")]
    pub test_sequence_definition_id: Option<Uuid>,
    /// Its relation.
    #[serde(deserialize_with = "optional_id")]
    pub test_sequence_relation_id: Option<Uuid>,
    /// Its name.
    pub name: Option<String>,
    /// What the value is of.
    pub entity_name: Option<String>,
    /// The value of its relation.
    pub entity_value: Option<String>,
    /// Status, as the server counts it.
    pub status: Option<i64>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// A sequence that operators can choose.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[non_exhaustive]
pub struct InspectionSequence {
    /// The definition.
    #[serde(deserialize_with = "optional_id")]
    pub test_sequence_definition_id: Option<Uuid>,
    /// Name.
    pub name: Option<String>,
    /// Version.
    pub version: Option<i64>,
    /// How far the definition is.
    pub status: Option<DefinitionStatus>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}
