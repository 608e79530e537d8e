//! Software calls that are made for the server's own pages.

use std::fmt::Display;

use bytes::Bytes;
use serde_json::Value;
use uuid::Uuid;

use super::{Package, PackageStatus};
use crate::client::Client;
use crate::request::{Outline, Request};
use crate::route::{Method, Route};

const IS_CONNECTED: Route = Route::new(Method::Get, "/api/internal/Software/isConnected");
const GET_FILE: Route = Route::new(Method::Get, "/api/internal/Software/File/{id}");
const CHECK_FILE: Route = Route::new(Method::Get, "/api/internal/Software/CheckFile");
const POST_FOLDER: Route = Route::new(Method::Post, "/api/internal/Software/PostPackageFolder");
const UPDATE_FOLDER: Route = Route::new(Method::Post, "/api/internal/Software/UpdatePackageFolder");
const DELETE_FOLDER: Route = Route::new(Method::Post, "/api/internal/Software/DeletePackageFolder");
const DELETE_FILES: Route = Route::new(Method::Post, "/api/internal/Software/DeletePackageFolderFiles");
const GET_HISTORY: Route = Route::new(Method::Get, "/api/internal/Software/GetPackageHistory");
const GET_DOWNLOADS: Route = Route::new(Method::Get, "/api/internal/Software/GetPackageDownloadHistory");
const GET_REVOKED: Route = Route::new(Method::Get, "/api/internal/Software/GetRevokedPackages");
const GET_AVAILABLE: Route = Route::new(Method::Get, "/api/internal/Software/GetAvailablePackages");
const GET_DETAILS: Route = Route::new(Method::Get, "/api/internal/Software/GetSoftwareEntityDetails");
const LOG: Route = Route::new(Method::Get, "/api/internal/Software/Log");

/// A file on a station, to be compared with the server's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileCheck<'a> {
    /// The package that it belongs to.
    pub package_id: Uuid,
    /// The folder of the package.
    pub parent_folder_id: Uuid,
    /// Where it is in the folder.
    pub file_path: &'a str,
    /// Its checksum, in the server's notation.
    pub checksum: &'a str,
    /// When it was changed, in seconds since 1970.
    pub file_date_epoch: i64,
}

/// A list with commas, as queries have it.
fn listed<T: Display>(values: &[T]) -> String {
    values.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

/// The internal calls about software. Made by [`Internal::software`](crate::Internal::software). Nobody promises their form.
#[derive(Debug, Clone, Copy)]
pub struct SoftwareInternal<'a> {
    client: &'a Client,
}

impl<'a> SoftwareInternal<'a> {
    pub(crate) const fn new(client: &'a Client) -> Self {
        Self { client }
    }

    fn outline(self, route: Route) -> Outline {
        Outline::new(self.client, route, &[])
    }

    /// Whether the server's part for software answers.
    pub fn is_connected(&self) -> Request<()> {
        self.outline(IS_CONNECTED).nothing()
    }

    /// What the server gives of a file, as it comes, whole in memory and at most 64 MiB.
    pub fn file(&self, file_id: Uuid) -> Request<Bytes> {
        Outline::new(self.client, GET_FILE, &[("file_id", &file_id.to_string())]).download_any()
    }

    /// Whether the server has a file just so.
    pub fn check_file(&self, file: FileCheck<'_>) -> Request<Value> {
        self.outline(CHECK_FILE)
            .query("packageId", file.package_id)
            .query("parentFolderId", file.parent_folder_id)
            .query("filePath", file.file_path)
            .query("checksum", file.checksum)
            .query("fileDateEpoch", file.file_date_epoch)
            .raw()
    }

    /// Adds a folder, in the server's own form, to a package. Sent once.
    pub fn add_folder(&self, package_id: Uuid, folder: &Value) -> Request<Option<Value>> {
        self.outline(POST_FOLDER).query("packageId", package_id).raw_json(folder).saved()
    }

    /// Changes a folder, which the server's own form names. Sent once.
    pub fn update_folder(&self, folder: &Value) -> Request<Option<Value>> {
        self.outline(UPDATE_FOLDER).raw_json(folder).saved()
    }

    /// Removes a folder with its files. Sent once.
    pub fn delete_folder(&self, folder_id: Uuid) -> Request<Option<Value>> {
        self.outline(DELETE_FOLDER).query("packageFolderId", folder_id).saved()
    }

    /// Removes files. Sent once.
    ///
    /// # Errors
    /// [`Error::Argument`](crate::Error::Argument) for none: what the server makes of that is not known.
    pub fn delete_files(&self, file_ids: &[Uuid]) -> Request<Option<Value>> {
        let outline = self.outline(DELETE_FILES).query("packageFolderFileIds", listed(file_ids));
        outline.refuse_if(file_ids.is_empty(), "file_ids", "there are none").saved()
    }

    /// The packages with these tags, in this status if it is given, with or without their older versions.
    ///
    /// # Errors
    /// [`Error::Argument`](crate::Error::Argument) for a tag with a comma, and for a status that has no number.
    pub fn package_history(
        &self,
        tags: &[&str],
        status: Option<&PackageStatus>,
        all_versions: Option<bool>,
    ) -> Request<Vec<Package>> {
        let outline = self
            .outline(GET_HISTORY)
            .query("tags", listed(tags))
            .query_if("status", status.and_then(PackageStatus::number))
            .query_if("allVersions", all_versions);
        if let Some(tag) = tags.iter().find(|tag| tag.contains(',')) {
            return outline.refuse("tags", format!("{tag:?} contains a comma, which ends a tag here")).list();
        }
        if let Some(status) = status.filter(|status| status.number().is_none()) {
            return outline.refuse("status", format!("{status} has no number, as this call wants it")).list();
        }
        outline.list()
    }

    /// What a client has downloaded, in the server's own form.
    pub fn download_history(&self, client_id: i64) -> Request<Vec<Value>> {
        self.outline(GET_DOWNLOADS).query("clientId", client_id).list()
    }

    /// Which of the packages that are installed have been revoked; with `Some(true)` only those that have no released version to
    /// take their place.
    pub fn revoked_packages(&self, installed: &[Uuid], revoked_only: Option<bool>) -> Request<Vec<Uuid>> {
        self.outline(GET_REVOKED)
            .query("installedPackages", listed(installed))
            .query_if("includeRevokedOnly", revoked_only)
            .list()
    }

    /// Newer versions of the packages that are installed.
    pub fn available_packages(&self, installed: &[Uuid]) -> Request<Vec<Package>> {
        self.outline(GET_AVAILABLE).query("installedPackages", listed(installed)).list()
    }

    /// A package with its folders and files, in the server's own form.
    pub fn package_details(&self, package_id: Uuid) -> Request<Value> {
        self.outline(GET_DETAILS).query("packageId", package_id).value()
    }

    /// Tells the server that a package was downloaded, and how many bytes. Sent once, although it is a GET: each one is an entry.
    pub fn log_download(&self, package_id: Uuid, size_bytes: u64) -> Request<()> {
        self.outline(LOG).query("packageId", package_id).query("downloadSize", size_bytes).once().nothing()
    }
}
