//! What the calls about products carry.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::model::{OtherFields, null_as_default, optional_id};
use crate::open::open_numbers;

open_numbers! {
    /// Whether a product or a revision is in use.
    ProductState {
        /// No longer.
        Inactive = 0,
        /// In use.
        Active = 1,
    }
}

open_numbers! {
    /// What a save does with a tag.
    TagChange {
        /// Nothing.
        None = 0,
        /// Adds it.
        Add = 1,
        /// Gives it another value.
        Update = 2,
        /// Takes it away.
        Delete = 3,
    }
}

/// A product.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Product {
    /// Part number: the product's key.
    #[serde(deserialize_with = "null_as_default")]
    pub part_number: String,
    /// The name people know.
    pub name: Option<String>,
    /// What it is.
    pub description: Option<String>,
    /// Its units have no serial numbers.
    #[serde(deserialize_with = "null_as_default")]
    pub non_serial: bool,
    /// Whether it is in use.
    pub state: Option<ProductState>,
    /// The server's own id.
    #[serde(deserialize_with = "optional_id", skip_serializing_if = "Option::is_none")]
    pub product_id: Option<Uuid>,
    /// Free data, as XML text.
    pub xml_data: Option<String>,
    /// Id of its category.
    #[serde(deserialize_with = "optional_id", skip_serializing_if = "Option::is_none")]
    pub product_category_id: Option<Uuid>,
    /// Name of its category.
    #[serde(alias = "category")]
    pub product_category_name: Option<String>,
    /// Its revisions. None are not sent: a save without them leaves those that are there.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub revisions: Vec<ProductRevision>,
    /// Free data, by key. None are not sent.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}

impl Product {
    /// A product with this part number, and nothing else said of it.
    pub fn new(part_number: impl Into<String>) -> Self {
        Self { part_number: part_number.into(), ..Self::default() }
    }
}

/// A product in a list: the short form.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ProductView {
    /// Part number: the product's key.
    #[serde(deserialize_with = "null_as_default")]
    pub part_number: String,
    /// The name people know.
    pub name: Option<String>,
    /// Name of its category.
    pub category: Option<String>,
    /// Its units have no serial numbers.
    #[serde(deserialize_with = "null_as_default")]
    pub non_serial: bool,
    /// Whether it is in use.
    pub state: Option<ProductState>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// A revision of a product.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ProductRevision {
    /// The revision, like `B2`.
    #[serde(deserialize_with = "null_as_default")]
    pub revision: String,
    /// The name people know.
    pub name: Option<String>,
    /// What is different.
    pub description: Option<String>,
    /// Whether it is in use.
    pub state: Option<ProductState>,
    /// The server's own id.
    #[serde(deserialize_with = "optional_id", skip_serializing_if = "Option::is_none")]
    pub product_revision_id: Option<Uuid>,
    /// The server's own id of its product.
    #[serde(deserialize_with = "optional_id", skip_serializing_if = "Option::is_none")]
    pub product_id: Option<Uuid>,
    /// Free data, as XML text.
    pub xml_data: Option<String>,
    /// Part number of its product.
    pub part_number: Option<String>,
    /// Free data, by key. None are not sent.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}

impl ProductRevision {
    /// This revision of the product with this part number.
    pub fn new(part_number: impl Into<String>, revision: impl Into<String>) -> Self {
        Self { part_number: Some(part_number.into()), revision: revision.into(), ..Self::default() }
    }
}

/// A key with a value.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Tag {
    /// The key.
    pub key: Option<String>,
    /// The value.
    pub value: Option<String>,
    /// What a save is to do with it, where the server wants to be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<TagChange>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}

impl Tag {
    /// This key with this value.
    pub fn new(key: impl Into<String>, value: impl Into<String>) -> Self {
        Self { key: Some(key.into()), value: Some(value.into()), ..Self::default() }
    }
}

/// A group of products.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ProductGroup {
    /// The server's number of it.
    pub product_group_id: Option<i64>,
    /// Name.
    pub product_group_name: Option<String>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}

impl ProductGroup {
    /// A group with this name, which the server does not know yet.
    pub fn new(name: impl Into<String>) -> Self {
        Self { product_group_name: Some(name.into()), ..Self::default() }
    }
}

/// A category of products.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ProductCategory {
    /// The server's own id.
    #[serde(alias = "CategoryId", deserialize_with = "optional_id", skip_serializing_if = "Option::is_none")]
    pub category_id: Option<Uuid>,
    /// Name.
    #[serde(alias = "Name")]
    pub name: Option<String>,
    /// What belongs to it.
    #[serde(alias = "Description")]
    pub description: Option<String>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}

impl ProductCategory {
    /// A category with this name, which the server does not know yet.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..Self::default() }
    }
}

/// Who sells a product or its parts.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Vendor {
    /// The server's own id, a text or a number.
    pub vendor_id: Option<Value>,
    /// Name.
    pub name: Option<String>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}

impl Vendor {
    /// A vendor with this name, whom the server does not know yet.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..Self::default() }
    }

    /// Its id as a text, as [`Products::delete_vendor`](crate::Products::delete_vendor) wants it.
    pub fn id(&self) -> Option<String> {
        match self.vendor_id.as_ref()? {
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        }
    }
}
