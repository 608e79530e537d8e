//! What the simulated server knows of software: packages with their files and folders, and who downloaded what. In memory.

mod folders;
mod installed;
mod zip;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::object::{Object, fields_of, id_of, merge, text};
use crate::refusal::{Refusal, bad, conflict, missing};

/// The statuses, in the order of their numbers.
const STATUSES: [&str; 4] = ["Draft", "Pending", "Released", "Revoked"];

/// From one status to another.
const MOVES: [(&str, &str); 4] =
    [("Draft", "Pending"), ("Pending", "Draft"), ("Pending", "Released"), ("Released", "Revoked")];

/// Fields of a package that are not changed by saving it.
const FIXED: [&str; 6] = ["packageId", "name", "version", "status", "files", "createdUtc"];

/// Ids count from here.
const FIRST_ID: u128 = 0x50f7_0000_0000_4000_8000_0000_0000_0000;

/// All software.
#[derive(Debug, Default)]
pub(crate) struct Software {
    packages: Vec<Package>,
    downloads: Vec<Value>,
    /// Ids that were given out.
    ids: u128,
}

#[derive(Debug)]
struct Package {
    id: Uuid,
    name: String,
    version: i64,
    status: &'static str,
    fields: Object,
    files: Vec<File>,
    folders: Vec<folders::Folder>,
}

#[derive(Debug)]
struct File {
    id: Uuid,
    path: String,
    crc: u32,
    attributes: Option<String>,
    at: Timestamp,
    content: Bytes,
}

/// One of the known words for a status, in any letter case.
fn status_of(word: &str) -> Result<&'static str, Refusal> {
    let known = STATUSES.into_iter().find(|known| known.eq_ignore_ascii_case(word));
    known.ok_or_else(|| bad(format!("there is no status {word:?}; there are {}", STATUSES.join(", "))))
}

impl File {
    fn whole(&self) -> Value {
        json!({
            "fileId": self.id, "filename": self.path.rsplit('/').next(), "path": self.path, "size": self.content.len(),
            "checksum": self.checksum(), "createdUtc": self.at, "modifiedUtc": self.at, "attributes": self.attributes,
        })
    }

    fn checksum(&self) -> String {
        format!("{:08x}", self.crc)
    }
}

impl Package {
    fn whole(&self) -> Value {
        let mut whole = self.fields.clone();
        whole.insert("packageId".into(), json!(self.id));
        whole.insert("name".into(), self.name.as_str().into());
        whole.insert("version".into(), self.version.into());
        whole.insert("status".into(), self.status.into());
        Value::Object(whole)
    }

    fn files(&self) -> Value {
        self.files.iter().map(File::whole).collect()
    }

    fn has_tag(&self, key: &str, value: Option<&str>) -> bool {
        let tags = self.fields.get("tags").and_then(Value::as_array).into_iter().flatten();
        tags.into_iter().any(|tag| {
            text(tag.get("key")) == Some(key)
                && value.is_none_or(|value| tag.get("value").and_then(Value::as_str) == Some(value))
        })
    }

    fn changed(&mut self, now: Timestamp) {
        self.fields.insert("modifiedUtc".into(), json!(now));
    }
}

/// Those that fit, as the API gives them.
fn listed<'a>(packages: impl Iterator<Item = &'a Package>) -> Value {
    packages.map(Package::whole).collect()
}

impl Software {
    fn new_id(&mut self) -> Uuid {
        self.ids += 1;
        Uuid::from_u128(FIRST_ID + self.ids)
    }

    fn find(&self, wanted: &str) -> Result<&Package, Refusal> {
        let id = wanted.parse().ok();
        let found = self.packages.iter().find(|package| Some(package.id) == id);
        found.ok_or_else(|| missing(format!("there is no package {wanted:?}")))
    }

    fn find_mut(&mut self, wanted: &str) -> Result<&mut Package, Refusal> {
        let id = wanted.parse().ok();
        let found = self.packages.iter_mut().find(|package| Some(package.id) == id);
        found.ok_or_else(|| missing(format!("there is no package {wanted:?}")))
    }

    pub(crate) fn all(&self) -> Value {
        listed(self.packages.iter())
    }

    pub(crate) fn package(&self, id: &str) -> Result<Value, Refusal> {
        self.find(id).map(Package::whole)
    }

    /// The last version of this name, or the one that is given, in this status if it is given.
    fn named(&self, name: &str, status: Option<&str>, version: Option<&str>) -> Result<&Package, Refusal> {
        let fits = |package: &&Package| {
            package.name == name
                && status.is_none_or(|status| package.status == status)
                && version.is_none_or(|version| version.parse() == Ok(package.version))
        };
        let found = self.packages.iter().filter(fits).max_by_key(|package| package.version);
        found.ok_or_else(|| missing(format!("there is no package {name:?} of that status and version")))
    }

    pub(crate) fn by_name(&self, name: &str, status: Option<&str>, version: Option<&str>) -> Result<Value, Refusal> {
        let status = status_of(status.ok_or_else(|| bad("the parameter status is missing"))?)?;
        self.named(name, Some(status), version).map(Package::whole)
    }

    pub(crate) fn by_tag(&self, key: &str, value: &str, status: Option<&str>) -> Result<Value, Refusal> {
        let status = status.map(status_of).transpose()?;
        let tagged = self.packages.iter().filter(|package| package.has_tag(key, Some(value)));
        Ok(listed(tagged.filter(|package| status.is_none_or(|status| package.status == status))))
    }

    /// Creates a draft: the next version of its name, unless it says which.
    pub(crate) fn create(&mut self, given: &Value, now: Timestamp) -> Result<Value, Refusal> {
        let name = text(given.get("name")).ok_or_else(|| bad("a package needs a name"))?.to_owned();
        let versions = self.packages.iter().filter(|package| package.name == name).map(|package| package.version);
        let version = match given.get("version").and_then(Value::as_i64) {
            None => versions.max().unwrap_or_default() + 1,
            Some(version) if versions.into_iter().any(|known| known == version) => {
                return Err(conflict(format!("there is a version {version} of {name:?}")));
            }
            Some(version) => version,
        };
        let id = id_of(given.get("packageId")).unwrap_or_else(|| self.new_id());
        if self.packages.iter().any(|package| package.id == id) {
            return Err(conflict(format!("there is a package {id}")));
        }
        let mut fields = Object::from_iter([("createdUtc".to_owned(), json!(now))]);
        merge(&mut fields, fields_of(given), &FIXED);
        let (files, folders) = (Vec::new(), Vec::new());
        let mut package = Package { id, name, version, status: "Draft", fields, files, folders };
        package.changed(now);
        let whole = package.whole();
        self.packages.push(package);
        Ok(whole)
    }

    pub(crate) fn save(&mut self, id: &str, given: &Value, now: Timestamp) -> Result<Value, Refusal> {
        let package = self.find_mut(id)?;
        merge(&mut package.fields, fields_of(given), &FIXED);
        package.changed(now);
        Ok(package.whole())
    }

    pub(crate) fn delete(&mut self, id: &str) -> Result<(), Refusal> {
        let id = self.find(id)?.id;
        self.packages.retain(|package| package.id != id);
        Ok(())
    }

    /// Without a version the last one.
    pub(crate) fn delete_by_name(&mut self, name: &str, version: Option<&str>) -> Result<(), Refusal> {
        let id = self.named(name, None, version)?.id;
        self.packages.retain(|package| package.id != id);
        Ok(())
    }

    pub(crate) fn set_status(&mut self, id: &str, status: &str, now: Timestamp) -> Result<(), Refusal> {
        let status = status_of(status)?;
        let package = self.find_mut(id)?;
        if !MOVES.contains(&(package.status, status)) {
            return Err(conflict(format!("a package does not go from {} to {status}", package.status)));
        }
        package.status = status;
        package.changed(now);
        Ok(())
    }

    pub(crate) fn files(&self, id: &str) -> Result<Value, Refusal> {
        self.find(id).map(Package::files)
    }

    /// Adds the files of a ZIP file, in place of those of the same path, or of all.
    pub(crate) fn upload(&mut self, id: &str, zip: &Bytes, is_clean: bool, now: Timestamp) -> Result<(), Refusal> {
        self.find(id)?;
        let entries = zip::read(zip).map_err(bad)?;
        let ids: Vec<_> = entries.iter().map(|_| self.new_id()).collect();
        let package = self.find_mut(id)?;
        if is_clean {
            package.files.clear();
        }
        for (zip::Entry { path, crc, content }, id) in entries.into_iter().zip(ids) {
            package.files.retain(|file| file.path != path);
            package.files.push(File { id, path, crc, attributes: None, at: now, content });
        }
        package.changed(now);
        Ok(())
    }

    fn file(&self, wanted: &str) -> Result<&File, Refusal> {
        let id = wanted.parse().ok();
        let found = self.packages.iter().flat_map(|package| &package.files).find(|file| Some(file.id) == id);
        found.ok_or_else(|| missing(format!("there is no file {wanted:?}")))
    }

    /// What is in a file.
    pub(crate) fn content(&self, id: &str) -> Result<Bytes, Refusal> {
        Ok(self.file(id)?.content.clone())
    }

    pub(crate) fn set_attributes(&mut self, id: &str, attributes: &str) -> Result<(), Refusal> {
        let id = self.file(id)?.id;
        let files = self.packages.iter_mut().flat_map(|package| &mut package.files);
        for file in files.filter(|file| file.id == id) {
            file.attributes = Some(attributes.to_owned());
        }
        Ok(())
    }
}
