//! What a repair operation asks of a repair report.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::model::{OtherFields, null_as_default, optional_id};

/// What a repair operation asks of a repair report.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[non_exhaustive]
pub struct RepairOperation {
    /// What it is for.
    pub description: Option<String>,
    /// Whether a repair has to refer to a test, by the server's number; usually 1.
    #[serde(rename = "UUTRequired")]
    pub uut_required: Option<i64>,
    /// The regular expression that component references have to fit.
    pub comp_ref_mask: Option<String>,
    /// The same for people.
    pub comp_ref_mask_description: Option<String>,
    /// What restricts components to the bill of materials.
    pub bom_constraint: Option<String>,
    /// Whether components have to be in the bill of materials, by the server's number; usually 1.
    #[serde(rename = "BOMRequired")]
    pub bom_required: Option<i64>,
    /// Whether a vendor has to be named, by the server's number; usually 2.
    pub vendor_required: Option<i64>,
    /// Categories of failures, with their codes.
    #[serde(deserialize_with = "null_as_default")]
    pub categories: Vec<FailCode>,
    /// Facts that a repair may carry, in the server's own form.
    #[serde(deserialize_with = "null_as_default")]
    pub misc_infos: Vec<Value>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// A category of failures, or a fail code in one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[non_exhaustive]
pub struct FailCode {
    /// The server's own id.
    #[serde(rename = "GUID", deserialize_with = "optional_id", skip_serializing_if = "Option::is_none")]
    pub id: Option<Uuid>,
    /// The text that reports carry.
    #[serde(deserialize_with = "null_as_default")]
    pub description: String,
    /// Whether a failure may carry it.
    #[serde(deserialize_with = "null_as_true")]
    pub selectable: bool,
    /// Its place among its like.
    pub sort_order: Option<i64>,
    /// What kind of failure it is, by the server's number.
    pub failure_type: Option<i64>,
    /// What pictures have to be.
    pub image_constraint: Option<String>,
    /// 1 = active.
    pub status: Option<i64>,
    /// Codes in it.
    #[serde(rename = "Failcodes", deserialize_with = "null_as_default")]
    pub fail_codes: Vec<FailCode>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}

fn null_as_true<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(true))
}

impl Default for FailCode {
    /// Without a text, and selectable: what a server does not say may be chosen.
    fn default() -> Self {
        Self {
            id: None,
            description: String::new(),
            selectable: true,
            sort_order: None,
            failure_type: None,
            image_constraint: None,
            status: None,
            fail_codes: Vec::new(),
            other: OtherFields::new(),
        }
    }
}

impl RepairOperation {
    /// What a failure may carry: each category with each of its codes that may be chosen, however deep it lies.
    pub fn choices(&self) -> impl Iterator<Item = (&FailCode, &FailCode)> {
        self.categories.iter().flat_map(|category| {
            let mut left = vec![category.fail_codes.iter()];
            std::iter::from_fn(move || {
                loop {
                    let Some(next) = left.last_mut()?.next() else {
                        left.pop();
                        continue;
                    };
                    left.push(next.fail_codes.iter());
                    if next.selectable {
                        return Some((category, next));
                    }
                }
            })
        })
    }

    /// Whether a failure may carry this category and this code.
    pub fn allows(&self, category: &str, code: &str) -> bool {
        self.choices().any(|(of, one)| of.description == category && one.description == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_selectable_codes_are_offered_also_from_deep_below_a_category() {
        let operation: RepairOperation = serde_json::from_value(serde_json::json!({
            "Description": "Repair", "UUTRequired": 1, "Categories": [
                { "GUID": "00000000-0000-0000-0000-000000000000", "Description": "Solder", "Selectable": false, "Failcodes": [
                    { "Description": "Joint", "Selectable": false, "Failcodes": [{ "Description": "Cold joint", "Failcodes": null }] },
                    { "Description": "Short", "Selectable": true },
                    { "Description": "Old code", "Selectable": false },
                ] },
                { "Description": "No fault", "Failcodes": [], "Colour": "red" },
            ],
        }))
        .unwrap();
        let offered: Vec<_> = operation.choices().map(|(of, one)| (&*of.description, &*one.description)).collect();
        assert_eq!(offered, [("Solder", "Cold joint"), ("Solder", "Short")]);
        assert!(operation.allows("Solder", "Short"));
        assert!(!operation.allows("Solder", "Old code") && !operation.allows("No fault", "Short"));
        let written = serde_json::to_value(&operation).unwrap();
        assert_eq!(written["Categories"][1]["Colour"], "red");
        assert_eq!(written["UUTRequired"], 1);
    }
}
