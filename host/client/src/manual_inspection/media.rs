//! Documents that operators see.

use serde::Deserialize;
use serde_json::Value;

use crate::model::OtherFields;

/// A document of a definition, in the server's own form.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(transparent)]
#[non_exhaustive]
pub struct InspectionMedia {
    /// As the server gives it.
    pub fields: OtherFields,
}

impl InspectionMedia {
    /// The server's own id, as a text whatever it is there.
    pub fn id(&self) -> Option<String> {
        match self.first(&["Id", "BlobId"])? {
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        }
    }

    /// Its name.
    pub fn file_name(&self) -> Option<&str> {
        self.first(&["FileName", "Filename", "Name"])?.as_str()
    }

    fn first(&self, names: &[&str]) -> Option<&Value> {
        names.iter().find_map(|name| self.fields.get(*name).filter(|value| !value.is_null()))
    }
}
