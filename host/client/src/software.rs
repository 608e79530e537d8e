//! Software: packages that are handed out to stations, their files, and who may use them.

mod internal;
mod model;

use bytes::Bytes;
use serde_json::json;
use uuid::Uuid;

pub use self::internal::{FileCheck, SoftwareInternal};
pub use self::model::{Package, PackageFile, PackageStatus, VirtualFolder};
use crate::client::Client;
use crate::request::{Outline, Request};
use crate::route::{Method, Route};

const GET_ALL: Route = Route::new(Method::Get, "/api/Software/Packages");
const GET_PACKAGE: Route = Route::new(Method::Get, "/api/Software/Package/{id}");
const GET_BY_NAME: Route = Route::new(Method::Get, "/api/Software/PackageByName");
const GET_BY_TAG: Route = Route::new(Method::Get, "/api/Software/PackagesByTag");
const POST_PACKAGE: Route = Route::new(Method::Post, "/api/Software/Package");
const PUT_PACKAGE: Route = Route::new(Method::Put, "/api/Software/Package/{id}");
const DELETE_PACKAGE: Route = Route::new(Method::Delete, "/api/Software/Package/{id}");
const DELETE_BY_NAME: Route = Route::new(Method::Delete, "/api/Software/PackageByName");
const POST_STATUS: Route = Route::new(Method::Post, "/api/Software/PackageStatus/{id}");
const GET_FILES: Route = Route::new(Method::Get, "/api/Software/PackageFiles/{id}");
const UPLOAD_ZIP: Route = Route::new(Method::Post, "/api/Software/Package/UploadZip/{id}");
const POST_ATTRIBUTE: Route = Route::new(Method::Post, "/api/Software/Package/FileAttribute/{fileId}");
const GET_FOLDERS: Route = Route::new(Method::Get, "/api/Software/VirtualFolders");

/// How a ZIP file ends: this, at most 64 KiB of comment, and a little more.
const END_OF_ZIP: &[u8] = b"PK\x05\x06";
const LONGEST_END_OF_ZIP: usize = 64 * 1024 + 22;

/// What an upload does with the files that the package has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum ZipUpload {
    /// Adds to them, and replaces those of the same name.
    #[default]
    Add,
    /// Removes them first, here and at the stations: a clean installation.
    CleanInstall,
}

/// A whole ZIP file has an end; one that was cut off has none.
fn is_whole_zip(bytes: &[u8]) -> bool {
    let end = bytes.get(bytes.len().saturating_sub(LONGEST_END_OF_ZIP)..).unwrap_or_default();
    bytes.starts_with(b"PK") && end.windows(END_OF_ZIP.len()).any(|window| window == END_OF_ZIP)
}

/// Calls about software packages. Made by [`Client::software`].
///
/// Nothing is cached: that a package has been revoked is to be seen at once, and never hidden by an old answer.
#[derive(Debug, Clone, Copy)]
pub struct Software<'a> {
    client: &'a Client,
}

impl<'a> Software<'a> {
    pub(crate) const fn new(client: &'a Client) -> Self {
        Self { client }
    }

    fn outline(self, route: Route) -> Outline {
        Outline::new(self.client, route, &[])
    }

    fn about(self, route: Route, id: Uuid) -> Outline {
        Outline::new(self.client, route, &[("id", &id.to_string())])
    }

    /// All packages, in all versions.
    pub fn list(&self) -> Request<Vec<Package>> {
        self.outline(GET_ALL).list()
    }

    /// The package.
    pub fn by_id(&self, id: Uuid) -> Request<Package> {
        self.about(GET_PACKAGE, id).value()
    }

    /// The package with this name in this status, which the server wants to be told; in its last version unless one is given.
    pub fn by_name(&self, name: &str, status: &PackageStatus, version: Option<i64>) -> Request<Package> {
        self.outline(GET_BY_NAME).query("name", name).query("status", status).query_if("version", version).value()
    }

    /// The packages that have this tag with this value, in this status if it is given.
    pub fn by_tag(&self, tag: &str, value: &str, status: Option<&PackageStatus>) -> Request<Vec<Package>> {
        self.outline(GET_BY_TAG).query("tag", tag).query("value", value).query_if("status", status).list()
    }

    /// Creates a package, or a new version of the one with its name. It begins as a draft. Sent once.
    ///
    /// # Errors
    /// [`Error::Argument`](crate::Error::Argument) without a name.
    pub fn create(&self, package: &Package) -> Request<Option<Package>> {
        let outline = self.outline(POST_PACKAGE).json(package);
        outline.refuse_if(package.name.as_deref().is_none_or(str::is_empty), "package", "has no name").saved()
    }

    /// Changes the package that this one's id names.
    ///
    /// # Errors
    /// [`Error::Argument`](crate::Error::Argument) without an id.
    pub fn save(&self, package: &Package) -> Request<Option<Package>> {
        let outline = self.about(PUT_PACKAGE, package.package_id.unwrap_or_default()).json(package);
        outline.refuse_if(package.package_id.is_none(), "package", "has no id; create makes new ones").saved()
    }

    /// Removes a package with its files.
    pub fn delete(&self, id: Uuid) -> Request<()> {
        self.about(DELETE_PACKAGE, id).nothing()
    }

    /// Removes the package with this name, in this version.
    ///
    /// Which versions go without one is the server's choice, so that it is sent once then: a second one might remove another version.
    pub fn delete_by_name(&self, name: &str, version: Option<i64>) -> Request<()> {
        let outline = self.outline(DELETE_BY_NAME).query("name", name).query_if("version", version);
        let outline = outline.refuse_if(name.trim().is_empty(), "name", "is empty");
        if version.is_none() { outline.once().nothing() } else { outline.nothing() }
    }

    /// Moves a package on in its life; the server refuses moves that [`PackageStatus`] does not name. Sent once.
    pub fn set_status(&self, id: Uuid, status: &PackageStatus) -> Request<()> {
        self.about(POST_STATUS, id).query("status", status).nothing()
    }

    /// The files of a package.
    pub fn files(&self, id: Uuid) -> Request<Vec<PackageFile>> {
        self.about(GET_FILES, id).list()
    }

    /// Uploads the files of a package as a ZIP file, whole in memory. Sent once. A large one may need more than the client's
    /// [deadline](Request::deadline).
    ///
    /// # Errors
    /// [`Error::Argument`](crate::Error::Argument) for bytes that are no ZIP file, or not all of it.
    pub fn upload_zip(&self, id: Uuid, zip: impl Into<Bytes>, upload: ZipUpload) -> Request<()> {
        let zip = zip.into();
        let broken =
            (!is_whole_zip(&zip)).then(|| format!("the {} bytes are no ZIP file, or not all of it", zip.len()));
        let clean_install = (upload == ZipUpload::CleanInstall).then_some(true);
        let outline = self.about(UPLOAD_ZIP, id).query_if("cleanInstall", clean_install).bytes(zip, "application/zip");
        outline.refuse_for("zip", broken).nothing()
    }

    /// Says what is to be done with a file of a package. Sent once.
    pub fn set_file_attributes(&self, file_id: Uuid, attributes: &str) -> Request<()> {
        let outline = Outline::new(self.client, POST_ATTRIBUTE, &[("file_id", &file_id.to_string())]);
        outline.json(&json!({ "attributes": attributes })).nothing()
    }

    /// The folders that packages are listed in.
    pub fn virtual_folders(&self) -> Request<Vec<VirtualFolder>> {
        self.outline(GET_FOLDERS).list()
    }
}
