//! Folders of packages, and single files in them.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{File, Package, Software};
use crate::object::{Object, fields_of, id_of, merge, text};
use crate::refusal::{Refusal, bad, missing};

/// A folder, by the path of its files.
#[derive(Debug)]
pub(super) struct Folder {
    id: Uuid,
    fields: Object,
}

/// The name of a folder's id.
const ID: &str = "packageFolderId";

impl Folder {
    fn whole(&self) -> Value {
        let mut whole = self.fields.clone();
        whole.insert(ID.to_owned(), json!(self.id));
        Value::Object(whole)
    }

    /// The path, without slashes around it: that of its name if it says nothing of one.
    fn path(&self) -> &str {
        let field = |name| self.fields.get(name).and_then(Value::as_str);
        field("path").or_else(|| field("name")).unwrap_or_default().trim_matches('/')
    }

    fn holds(&self, file: &File) -> bool {
        file.path.strip_prefix(self.path()).is_some_and(|rest| rest.starts_with('/'))
    }
}

impl Software {
    pub(crate) fn add_folder(&mut self, package_id: &str, given: &Value) -> Result<Value, Refusal> {
        if text(given.get("name")).or_else(|| text(given.get("path"))).is_none() {
            return Err(bad("a folder needs a name or a path"));
        }
        let folder_id = id_of(given.get(ID)).unwrap_or_else(|| self.new_id());
        let package = self.find_mut(package_id)?;
        let mut folder = Folder { id: folder_id, fields: Object::new() };
        merge(&mut folder.fields, fields_of(given), &[ID]);
        let whole = folder.whole();
        package.folders.push(folder);
        Ok(whole)
    }

    /// The package with this folder, and the folder's place in it.
    fn with_folder(&mut self, wanted: Option<Uuid>) -> Result<(&mut Package, usize), Refusal> {
        let place = |package: &Package| package.folders.iter().position(|folder| Some(folder.id) == wanted);
        let mut found = self.packages.iter_mut().filter_map(|package| place(package).map(|place| (package, place)));
        found.next().ok_or_else(|| missing(format!("there is no folder {wanted:?}")))
    }

    pub(crate) fn update_folder(&mut self, given: &Value) -> Result<Value, Refusal> {
        let (package, place) = self.with_folder(id_of(given.get(ID)))?;
        let folder = package.folders.get_mut(place);
        Ok(folder.map_or(Value::Null, |folder| {
            merge(&mut folder.fields, fields_of(given), &[ID]);
            folder.whole()
        }))
    }

    /// With its files; gives their number.
    pub(crate) fn delete_folder(&mut self, wanted: &str) -> Result<Value, Refusal> {
        let (package, place) = self.with_folder(wanted.parse().ok())?;
        let folder = package.folders.remove(place);
        let before = package.files.len();
        package.files.retain(|file| !folder.holds(file));
        Ok(json!({ "deletedFiles": before - package.files.len() }))
    }

    /// All or none.
    pub(crate) fn delete_files(&mut self, wanted: &str) -> Result<Value, Refusal> {
        let wanted = wanted.split(',').map(|id| Ok(self.file(id.trim())?.id)).collect::<Result<Vec<_>, Refusal>>()?;
        for package in &mut self.packages {
            package.files.retain(|file| !wanted.contains(&file.id));
        }
        Ok(json!({ "deletedFiles": wanted.len() }))
    }

    /// Whether a package has a file just so; the path begins in the folder, if there is such a folder.
    pub(crate) fn check_file(
        &self,
        package_id: &str,
        folder_id: &str,
        path: &str,
        checksum: &str,
    ) -> Result<Value, Refusal> {
        let package = self.find(package_id)?;
        let folder_id = folder_id.parse().ok();
        let folder = package.folders.iter().find(|folder| Some(folder.id) == folder_id);
        let path = folder.map_or_else(|| path.to_owned(), |folder| format!("{}/{path}", folder.path()));
        let file = package.files.iter().find(|file| file.path == path);
        let is_same = file.is_some_and(|file| file.checksum().eq_ignore_ascii_case(checksum));
        Ok(json!({ "exists": file.is_some(), "isSame": is_same, "fileId": file.map(|file| file.id) }))
    }

    /// A package with all that is in it.
    pub(crate) fn details(&self, id: &str) -> Result<Value, Refusal> {
        let package = self.find(id)?;
        let folders: Value = package.folders.iter().map(Folder::whole).collect();
        Ok(json!({ "package": package.whole(), "folders": folders, "files": package.files() }))
    }
}
