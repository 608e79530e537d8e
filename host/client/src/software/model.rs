//! What the calls about software carry.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::model::{OtherFields, null_as_default, optional_id};
use crate::moment::Moment;
use crate::product::Tag;

/// Where a package is in its life: Draft to Pending, Pending to Draft or Released, Released to Revoked.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(into = "String")]
#[non_exhaustive]
pub enum PackageStatus {
    /// Being made.
    Draft,
    /// To be released or sent back.
    Pending,
    /// In use.
    Released,
    /// No longer to be used.
    Revoked,
    /// One that this version does not know.
    Other(String),
}

/// In the order of the numbers that some calls have for them.
const STATUSES: [PackageStatus; 4] =
    [PackageStatus::Draft, PackageStatus::Pending, PackageStatus::Released, PackageStatus::Revoked];

impl PackageStatus {
    /// The word that the API has for it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Draft => "Draft",
            Self::Pending => "Pending",
            Self::Released => "Released",
            Self::Revoked => "Revoked",
            Self::Other(word) => word,
        }
    }

    /// The number that some calls have for it; none for one that we do not know.
    pub(super) fn number(&self) -> Option<usize> {
        STATUSES.iter().position(|known| known == self)
    }
}

impl From<&str> for PackageStatus {
    fn from(word: &str) -> Self {
        let known = STATUSES.into_iter().find(|known| known.as_str().eq_ignore_ascii_case(word));
        known.unwrap_or_else(|| Self::Other(word.to_owned()))
    }
}

impl From<PackageStatus> for String {
    fn from(status: PackageStatus) -> Self {
        status.as_str().to_owned()
    }
}

impl<'de> Deserialize<'de> for PackageStatus {
    /// A word, or its number.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(word) => Ok(word.as_str().into()),
            Value::Number(number) => {
                let place = number.as_u64().and_then(|number| usize::try_from(number).ok());
                let known = place.and_then(|place| STATUSES.get(place).cloned());
                Ok(known.unwrap_or_else(|| Self::Other(number.to_string())))
            }
            other => Err(serde::de::Error::custom(format!("{other} is no status; a word or a number is"))),
        }
    }
}

impl fmt::Display for PackageStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A package: a version of software that is handed out to stations.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Package {
    /// The server's own id.
    #[serde(alias = "id", deserialize_with = "optional_id", skip_serializing_if = "Option::is_none")]
    pub package_id: Option<Uuid>,
    /// Name, the same for all versions.
    pub name: Option<String>,
    /// What it is.
    pub description: Option<String>,
    /// Version, counted by the server.
    pub version: Option<i64>,
    /// Where it is in its life. [`Software::set_status`](crate::software::Software::set_status) changes it.
    pub status: Option<PackageStatus>,
    /// Installed at the root of the disk, and not in the station's folder.
    pub install_on_root: Option<bool>,
    /// The folder that it is installed in.
    pub root_directory: Option<String>,
    /// Which goes first, of several.
    pub priority: Option<i64>,
    /// Which stations it is for, by key. None are not sent.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
    /// When it was made (UTC).
    #[serde(alias = "created")]
    pub created_utc: Option<Moment>,
    /// When it was changed (UTC).
    #[serde(alias = "modified")]
    pub modified_utc: Option<Moment>,
    /// Who made it.
    pub created_by: Option<String>,
    /// Who changed it.
    pub modified_by: Option<String>,
    /// Its files, where the server gives them here: else see [`Software::files`](crate::software::Software::files). None are
    /// not sent.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<PackageFile>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}

impl Package {
    /// A package with this name, which the server does not know yet.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..Self::default() }
    }
}

/// A file in a package.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct PackageFile {
    /// The server's own id.
    #[serde(alias = "id", deserialize_with = "optional_id", skip_serializing_if = "Option::is_none")]
    pub file_id: Option<Uuid>,
    /// Name.
    #[serde(alias = "fileName", alias = "name")]
    pub filename: Option<String>,
    /// Where it is in the package.
    pub path: Option<String>,
    /// Size in bytes.
    pub size: Option<u64>,
    /// Checksum, in the server's notation.
    pub checksum: Option<String>,
    /// When it was made (UTC).
    #[serde(alias = "created")]
    pub created_utc: Option<Moment>,
    /// When it was changed (UTC).
    #[serde(alias = "modified")]
    pub modified_utc: Option<Moment>,
    /// What is to be done with it.
    pub attributes: Option<String>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// A folder that packages are listed in.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct VirtualFolder {
    /// The server's own id.
    #[serde(alias = "id", deserialize_with = "optional_id", skip_serializing_if = "Option::is_none")]
    pub folder_id: Option<Uuid>,
    /// Name.
    pub name: Option<String>,
    /// Where it is.
    pub path: Option<String>,
    /// What is in it.
    pub description: Option<String>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_status_is_read_from_its_word_or_number_and_written_as_its_word() {
        for (given, status, written) in [
            (json!("Released"), PackageStatus::Released, "Released"),
            (json!("released"), PackageStatus::Released, "Released"),
            (json!(3), PackageStatus::Revoked, "Revoked"),
            (json!("Frozen"), PackageStatus::Other("Frozen".into()), "Frozen"),
            (json!(9), PackageStatus::Other("9".into()), "9"),
        ] {
            let read: PackageStatus = serde_json::from_value(given).unwrap();
            assert_eq!(read, status);
            assert_eq!(serde_json::to_value(read).unwrap(), written);
        }
        assert!(serde_json::from_value::<PackageStatus>(json!([])).is_err());
    }

    #[test]
    fn a_package_is_read_by_its_other_names_and_written_by_the_servers() {
        let read: Package = serde_json::from_value(json!({
            "id": "0af0c1d2-1111-4222-8333-444455556666", "name": "lamp-fw", "tags": null, "colour": "red",
            "created": "2026-05-04T08:15:30Z", "files": [{ "id": "", "fileName": "a.bin", "size": 3 }],
        }))
        .unwrap();
        assert_eq!(
            serde_json::to_value(&read).unwrap()["files"],
            json!([{
                "filename": "a.bin", "path": null, "size": 3, "checksum": null, "createdUtc": null, "modifiedUtc": null,
                "attributes": null,
            }])
        );
        assert_eq!(read.created_utc.unwrap().as_str(), "2026-05-04T08:15:30Z");
        assert_eq!((read.package_id.is_some(), &read.other["colour"]), (true, &json!("red")));
    }
}
