//! Calls that WATS has for its own pages.

use crate::analytics::AnalyticsInternal;
use crate::client::Client;
use crate::production::ProductionInternal;

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

    /// Internal calls about figures: the way of units, lists of measurements and steps, alarms.
    pub fn analytics(&self) -> AnalyticsInternal<'a> {
        AnalyticsInternal::new(self.client)
    }

    /// Internal calls about production.
    pub fn production(&self) -> ProductionInternal<'a> {
        ProductionInternal::new(self.client)
    }
}
