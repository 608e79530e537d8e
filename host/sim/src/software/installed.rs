//! What stations have, and what they should have.

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Package, STATUSES, Software, listed};
use crate::refusal::{Refusal, bad};

impl Software {
    /// The packages that are named in a list with commas.
    fn installed<'a>(&'a self, ids: &str) -> impl Iterator<Item = &'a Package> {
        let ids: Vec<Option<Uuid>> = ids.split(',').map(|id| id.trim().parse().ok()).collect();
        self.packages.iter().filter(move |package| ids.contains(&Some(package.id)))
    }

    /// The newest released version, if it is newer than this one.
    fn successor(&self, of: &Package) -> Option<&Package> {
        let newer = self.packages.iter().filter(|package| package.name == of.name && package.version > of.version);
        newer.filter(|package| package.status == "Released").max_by_key(|package| package.version)
    }

    pub(crate) fn available(&self, installed: &str) -> Value {
        listed(self.installed(installed).filter_map(|package| self.successor(package)))
    }

    /// Their ids; if asked for, only of those that have no successor.
    pub(crate) fn revoked(&self, installed: &str, only: bool) -> Value {
        let revoked = self.installed(installed).filter(|package| package.status == "Revoked");
        revoked.filter(|package| !only || self.successor(package).is_none()).map(|package| json!(package.id)).collect()
    }

    /// The packages that have all of these tags, in their last versions or in all.
    pub(crate) fn history(&self, tags: &str, status: Option<&str>, all_versions: bool) -> Result<Value, Refusal> {
        let unknown = |text: &str| bad(format!("there is no status {text:?}; there are 0 to {}", STATUSES.len() - 1));
        let known = |text: &str| STATUSES.get(text.parse::<usize>().ok()?).copied();
        let status = status.map(|text| known(text).ok_or_else(|| unknown(text))).transpose()?;
        let tags: Vec<_> = tags.split(',').map(str::trim).filter(|tag| !tag.is_empty()).collect();
        let fits = |package: &&Package| {
            status.is_none_or(|status| package.status == status) && tags.iter().all(|tag| package.has_tag(tag, None))
        };
        let found: Vec<_> = self.packages.iter().filter(fits).collect();
        let is_last = |package: &Package| {
            !found.iter().any(|other| other.name == package.name && other.version > package.version)
        };
        Ok(listed(found.iter().copied().filter(|package| all_versions || is_last(package))))
    }

    pub(crate) fn log_download(&mut self, id: &str, size: Option<&str>, now: Timestamp) -> Result<(), Refusal> {
        let package = self.find(id)?;
        let size: u64 = size.and_then(|size| size.parse().ok()).ok_or_else(|| bad("downloadSize is no number"))?;
        let entry = json!({
            "packageId": package.id, "packageName": package.name, "version": package.version, "downloadSize": size,
            "downloadedUtc": now,
        });
        self.downloads.push(entry);
        Ok(())
    }

    /// Of whatever client: all that log here use one account.
    pub(crate) fn downloads(&self) -> &[Value] {
        &self.downloads
    }
}
