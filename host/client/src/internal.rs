//! Calls that WATS has for its own pages.

use crate::analytics::AnalyticsInternal;
use crate::asset::AssetsInternal;
use crate::client::Client;
use crate::manual_inspection::ManualInspection;
use crate::process::ProcessInternal;
use crate::product::ProductsInternal;
use crate::production::ProductionInternal;
use crate::software::SoftwareInternal;

/// Calls that are made for the server's own pages: **without a promise**. They come and go with versions of the server, and most
/// answers are its own JSON. One that a server does not have gives [`Error::NotOffered`](crate::Error::NotOffered); where there is
/// a public call for the same thing, use that.
///
/// Made by [`Client::internal`].
#[derive(Debug, Clone, Copy)]
pub struct Internal<'a> {
    client: &'a Client,
}

impl<'a> Internal<'a> {
    pub(crate) const fn new(client: &'a Client) -> Self {
        Self { client }
    }

    /// Internal calls about processes.
    pub fn process(&self) -> ProcessInternal<'a> {
        ProcessInternal::new(self.client)
    }

    /// Internal calls about products.
    pub fn product(&self) -> ProductsInternal<'a> {
        ProductsInternal::new(self.client)
    }

    /// Internal calls about assets: their files.
    pub fn asset(&self) -> AssetsInternal<'a> {
        AssetsInternal::new(self.client)
    }

    /// Calls about manual inspection. All of them are internal.
    pub fn manual_inspection(&self) -> ManualInspection<'a> {
        ManualInspection::new(self.client)
    }

    /// Internal calls about figures: the way of units, lists of measurements and steps, alarms.
    pub fn analytics(&self) -> AnalyticsInternal<'a> {
        AnalyticsInternal::new(self.client)
    }

    /// Internal calls about production.
    pub fn production(&self) -> ProductionInternal<'a> {
        ProductionInternal::new(self.client)
    }

    /// Internal calls about software.
    pub fn software(&self) -> SoftwareInternal<'a> {
        SoftwareInternal::new(self.client)
    }
}
