//! Asset calls that are made for the server's own pages: files.

use bytes::Bytes;

use crate::client::Client;
use crate::request::{Outline, Request};
use crate::route::{Method, Route};

const UPLOAD: Route = Route::new(Method::Post, "/api/internal/Blob/Asset");
const DOWNLOAD: Route = Route::new(Method::Get, "/api/internal/Blob/Asset");
const LIST: Route = Route::new(Method::Get, "/api/internal/Blob/Asset/List/{assetId}");
const DELETE: Route = Route::new(Method::Delete, "/api/internal/Blob/Assets");

/// The internal calls about assets. Made by [`Internal::asset`](crate::Internal::asset).
#[derive(Debug, Clone, Copy)]
pub struct AssetsInternal<'a> {
    client: &'a Client,
}

impl<'a> AssetsInternal<'a> {
    pub(crate) const fn new(client: &'a Client) -> Self {
        Self { client }
    }

    /// Puts a file to an asset, whole in memory.
    pub fn upload_file(&self, asset_id: &str, name: &str, content: impl Into<Bytes>) -> Request<()> {
        self.file(UPLOAD, asset_id, name).bytes(content, "application/octet-stream").nothing()
    }

    /// A file of an asset, whole in memory: at most 64 MiB.
    pub fn download_file(&self, asset_id: &str, name: &str) -> Request<Bytes> {
        self.file(DOWNLOAD, asset_id, name).download_any()
    }

    /// The names of an asset's files.
    pub fn files(&self, asset_id: &str) -> Request<Vec<String>> {
        Outline::new(self.client, LIST, &[("asset_id", asset_id)]).list()
    }

    /// Removes files of an asset. Of none: an error here, because a request without a list may mean all.
    pub fn delete_files(&self, asset_id: &str, names: &[&str]) -> Request<()> {
        let outline = named(Outline::new(self.client, DELETE, &[]).query("assetId", asset_id).json(&names), asset_id);
        outline
            .refuse_if(
                names.is_empty() || names.iter().any(|name| name.trim().is_empty()),
                "names",
                "there are none, or one is empty",
            )
            .nothing()
    }

    fn file(self, route: Route, asset_id: &str, name: &str) -> Outline {
        let outline = Outline::new(self.client, route, &[]).query("assetId", asset_id).query("filename", name);
        let outline = named(outline, asset_id);
        outline.refuse_if(name.trim().is_empty(), "name", "is empty")
    }
}

/// Which asset a call without an id is about would be the server's guess.
fn named(outline: Outline, asset_id: &str) -> Outline {
    outline.refuse_if(asset_id.trim().is_empty(), "asset_id", "is empty")
}
