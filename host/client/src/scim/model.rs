//! What the calls about accounts carry.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::model::{OtherFields, null_as_default};

/// What a user is called in SCIM.
const USER_SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// The same of a change.
const PATCH_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// A user account.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct User {
    /// The server's own id.
    pub id: Option<String>,
    /// The name to log in with: usually an address of mail.
    pub user_name: Option<String>,
    /// The name that others see.
    pub display_name: Option<String>,
    /// Whether the user is let in.
    pub active: Option<bool>,
    /// The id that the directory has for the user.
    pub external_id: Option<String>,
    /// The person's name.
    pub name: Option<UserName>,
    /// Addresses of mail.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub emails: Vec<UserEmail>,
    /// What SCIM calls this kind of thing.
    #[serde(deserialize_with = "null_as_default")]
    pub schemas: Vec<String>,
    /// When it was created and changed, in the server's own form.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "OtherFields::is_empty")]
    pub meta: OtherFields,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}

impl User {
    /// An account that is let in.
    pub fn new(user_name: impl Into<String>) -> Self {
        Self { user_name: Some(user_name.into()), active: Some(true), ..Self::default() }
    }

    /// The same as something to send: SCIM wants to be told that it is a user.
    pub(super) fn with_schema(&self) -> Self {
        let mut user = self.clone();
        if user.schemas.is_empty() {
            user.schemas.push(USER_SCHEMA.to_owned());
        }
        user
    }
}

/// A person's name.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct UserName {
    /// The whole of it.
    pub formatted: Option<String>,
    /// First name.
    pub given_name: Option<String>,
    /// Last name.
    pub family_name: Option<String>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// An address of mail.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct UserEmail {
    /// The address.
    pub value: Option<String>,
    /// What it is for: `work`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// The one to write to.
    pub primary: Option<bool>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// Some of the users.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct UserPage {
    /// How many there are in all.
    pub total_results: Option<u64>,
    /// How many are here.
    pub items_per_page: Option<u64>,
    /// Which one is the first here, from 1.
    pub start_index: Option<u64>,
    /// They.
    #[serde(rename = "Resources", alias = "resources", deserialize_with = "null_as_default")]
    pub users: Vec<User>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// A field of a user with its new value. Replacing is the only change that the server knows.
#[derive(Debug, Clone, PartialEq)]
pub struct Replacement {
    path: String,
    value: Value,
}

impl Replacement {
    /// A field by its path, such as `active` or `name.givenName`, and its new value; null takes the old one away.
    pub fn new(path: impl Into<String>, value: impl Into<Value>) -> Self {
        Self { path: path.into(), value: value.into() }
    }
}

pub(super) fn patch_body(replacements: &[Replacement]) -> Value {
    let operations: Vec<_> =
        replacements.iter().map(|one| json!({ "op": "replace", "path": one.path, "value": one.value })).collect();
    json!({ "schemas": [PATCH_SCHEMA], "Operations": operations })
}
