//! Products: what is made, by part number, with its revisions.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::cache::{Cached, Resource};
use crate::client::Client;
use crate::model::{OtherFields, null_as_default, optional_id, parse_optional};
use crate::request::{Outline, Request};
use crate::route::GET_PRODUCT;

/// A product.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Product {
    /// Part number: the product's key.
    #[serde(default, deserialize_with = "null_as_default")]
    pub part_number: String,
    /// The name people know.
    #[serde(default)]
    pub name: Option<String>,
    /// What it is.
    #[serde(default)]
    pub description: Option<String>,
    /// Its units have no serial numbers.
    #[serde(default, deserialize_with = "null_as_default")]
    pub non_serial: bool,
    /// 0 = inactive, 1 = active; other numbers are kept as they are.
    #[serde(default)]
    pub state: Option<i32>,
    /// The server's own id.
    #[serde(default, deserialize_with = "optional_id", skip_serializing_if = "Option::is_none")]
    pub product_id: Option<Uuid>,
    /// Free data, as XML text.
    #[serde(default)]
    pub xml_data: Option<String>,
    /// Id of its category.
    #[serde(default, deserialize_with = "optional_id", skip_serializing_if = "Option::is_none")]
    pub product_category_id: Option<Uuid>,
    /// Name of its category.
    #[serde(default, alias = "category")]
    pub product_category_name: Option<String>,
    /// Its revisions.
    #[serde(default, deserialize_with = "null_as_default")]
    pub revisions: Vec<ProductRevision>,
    /// Free data, by key.
    #[serde(default, deserialize_with = "null_as_default")]
    pub tags: Vec<Tag>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// A revision of a product.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ProductRevision {
    /// The revision, like `B2`.
    #[serde(default, deserialize_with = "null_as_default")]
    pub revision: String,
    /// The name people know.
    #[serde(default)]
    pub name: Option<String>,
    /// What is different.
    #[serde(default)]
    pub description: Option<String>,
    /// 0 = inactive, 1 = active; other numbers are kept as they are.
    #[serde(default)]
    pub state: Option<i32>,
    /// The server's own id.
    #[serde(default, deserialize_with = "optional_id", skip_serializing_if = "Option::is_none")]
    pub product_revision_id: Option<Uuid>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// A key with a value.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Tag {
    /// The key.
    #[serde(default)]
    pub key: Option<String>,
    /// The value.
    #[serde(default)]
    pub value: Option<String>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// Calls about products. Made by [`Client::product`].
#[derive(Debug, Clone, Copy)]
pub struct Products<'a> {
    client: &'a Client,
}

impl<'a> Products<'a> {
    pub(crate) const fn new(client: &'a Client) -> Self {
        Self { client }
    }

    /// The product with this part number; `None` when the server says that there is none.
    ///
    /// # Errors
    /// As the table in [`crate::ErrorClass`]; [`crate::Error::Argument`] for a part number that cannot stand in a path
    /// (empty, `.`, `..`). A 404 from something that is not WATS is [`crate::Error::Foreign`], not `None`. When the server
    /// cannot be asked and an answer is remembered, that is given, marked as stale.
    pub fn by_part_number(&self, part_number: &str) -> Request<Option<Cached<Product>>> {
        let outline = Outline::new(self.client, GET_PRODUCT, &[("part_number", part_number)]);
        let parse = |body: &[u8]| Ok(parse_optional::<Product>(body)?.map(Arc::new));
        outline.cached(Resource::Products, parse).or_none().map(|found| found.and_then(Cached::transpose))
    }
}
