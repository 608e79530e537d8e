//! How products are built of other products: box builds.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::http::Answer;
use crate::model::{OtherFields, optional_id, parse_json, parse_optional};

/// One product's revision has a place for another's: what a unit may be built of.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[non_exhaustive]
pub struct ProductRevisionRelation {
    /// The server's own id of the relation.
    #[serde(
        alias = "productRevisionRelationId",
        alias = "relationId",
        alias = "RelationId",
        deserialize_with = "optional_id",
        skip_serializing_if = "Option::is_none"
    )]
    pub product_revision_relation_id: Option<Uuid>,
    /// The revision that is built.
    #[serde(
        alias = "parentProductRevisionId",
        deserialize_with = "optional_id",
        skip_serializing_if = "Option::is_none"
    )]
    pub parent_product_revision_id: Option<Uuid>,
    /// The revision that is built in: **the child**, which the API calls the product's revision.
    #[serde(
        alias = "productRevisionId",
        alias = "childProductRevisionId",
        alias = "ChildProductRevisionId",
        deserialize_with = "optional_id",
        skip_serializing_if = "Option::is_none"
    )]
    pub product_revision_id: Option<Uuid>,
    /// How many.
    #[serde(alias = "quantity")]
    pub quantity: Option<i64>,
    /// Number in the drawing.
    #[serde(alias = "itemNumber")]
    pub item_number: Option<String>,
    /// Part number of the child.
    #[serde(alias = "childPartNumber")]
    pub child_part_number: Option<String>,
    /// Revision of the child.
    #[serde(alias = "childRevision")]
    pub child_revision: Option<String>,
    /// Which revisions of the child may be built in: see [`allows`](Self::allows).
    #[serde(alias = "revisionMask")]
    pub revision_mask: Option<String>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}

impl ProductRevisionRelation {
    /// `quantity` of the revision `child` are built into the revision `parent`.
    pub fn new(parent: Uuid, child: Uuid, quantity: i64) -> Self {
        Self {
            parent_product_revision_id: Some(parent),
            product_revision_id: Some(child),
            quantity: Some(quantity),
            ..Self::default()
        }
    }

    /// Whether the mask lets this revision in: it is a list with commas, of revisions and of beginnings that end with `%`. Without
    /// a mask only the child's own revision is let in, where it is known.
    pub fn allows(&self, revision: &str) -> bool {
        let Some(mask) = self.revision_mask.as_deref().filter(|mask| !mask.trim().is_empty()) else {
            return self.child_revision.as_deref().is_none_or(|child| child == revision);
        };
        mask.split(',').map(str::trim).any(|entry| match entry.strip_suffix('%') {
            Some(beginning) => revision.starts_with(beginning),
            None => entry == revision,
        })
    }
}

/// A list of relations, or one, or nothing.
pub(super) fn read_relations(answer: &Answer) -> Result<Vec<ProductRevisionRelation>, String> {
    match parse_optional::<Value>(&answer.body)? {
        None => Ok(Vec::new()),
        Some(Value::Array(_)) => parse_json(&answer.body),
        Some(_) => parse_json(&answer.body).map(|one| vec![one]),
    }
}

/// A row of what a product's revision is built of.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[non_exhaustive]
pub struct ProductHierarchyRow {
    /// How deep: 0 is the revision that was asked for, 1 what is built into it, and so on.
    #[serde(rename = "hlevel")]
    pub level: Option<i64>,
    /// The server's own id of the relation; none at level 0.
    #[serde(deserialize_with = "optional_id")]
    pub product_revision_relation_id: Option<Uuid>,
    /// The revision that this one is built into.
    #[serde(deserialize_with = "optional_id")]
    pub parent_product_revision_id: Option<Uuid>,
    /// This revision.
    #[serde(deserialize_with = "optional_id")]
    pub product_revision_id: Option<Uuid>,
    /// How many.
    pub quantity: Option<i64>,
    /// Which revisions may be built in: see [`ProductRevisionRelation::allows`].
    pub revision_mask: Option<String>,
    /// Part number.
    pub part_number: Option<String>,
    /// Revision.
    pub revision: Option<String>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_lets_in_what_it_names_and_what_begins_so() {
        let mut relation = ProductRevisionRelation::new(Uuid::from_u128(1), Uuid::from_u128(2), 1);
        assert!(relation.allows("B"), "nothing is said");
        relation.child_revision = Some("A".into());
        assert!(relation.allows("A") && !relation.allows("B"));
        relation.revision_mask = Some("1.%, B".into());
        for (revision, is_let_in) in
            [("1.0", true), ("1.", true), ("B", true), ("B2", false), ("1", false), ("A", false)]
        {
            assert_eq!(relation.allows(revision), is_let_in, "{revision}");
        }
        relation.revision_mask = Some("%".into());
        assert!(relation.allows("anything"));
    }
}
