//! Assets: fixtures, instruments and other equipment, what they are due for, and what was done to them.

mod internal;
mod model;

use jiff::Timestamp;
use serde::Serialize;

pub use self::internal::AssetsInternal;
pub use self::model::{Asset, AssetAlarmState, AssetLog, AssetLogType, AssetState, AssetStatus, AssetType};
use crate::cache::{Cached, Resource};
use crate::client::Client;
use crate::model::parse_list;
use crate::odata::{Filter, Literal, Order};
use crate::pages::Pages;
use crate::request::{Outline, Request};
use crate::route::{Method, Route};

const LIST: Route = Route::new(Method::Get, "/api/Asset");
const GET: Route = Route::new(Method::Get, "/api/Asset/{asset}");
const PUT: Route = Route::new(Method::Put, "/api/Asset");
const DELETE: Route = Route::new(Method::Delete, "/api/Asset");
const STATUS: Route = Route::new(Method::Get, "/api/Asset/Status");
const STATE: Route = Route::new(Method::Put, "/api/Asset/State");
const COUNT: Route = Route::new(Method::Put, "/api/Asset/Count");
const RESET_RUNNING: Route = Route::new(Method::Post, "/api/Asset/ResetRunningCount");
const SET_RUNNING: Route = Route::new(Method::Put, "/api/Asset/SetRunningCount");
const SET_TOTAL: Route = Route::new(Method::Put, "/api/Asset/SetTotalCount");
const CALIBRATION: Route = Route::new(Method::Post, "/api/Asset/Calibration");
const MAINTENANCE: Route = Route::new(Method::Post, "/api/Asset/Maintenance");
const EXTERNAL_CALIBRATION: Route = Route::new(Method::Post, "/api/Asset/Calibration/External");
const EXTERNAL_MAINTENANCE: Route = Route::new(Method::Post, "/api/Asset/Maintenance/External");
const LOG: Route = Route::new(Method::Get, "/api/Asset/Log");
const MESSAGE: Route = Route::new(Method::Post, "/api/Asset/Message");
const GET_TYPES: Route = Route::new(Method::Get, "/api/Asset/Types");
const PUT_TYPE: Route = Route::new(Method::Put, "/api/Asset/Types");
const SUB_ASSETS: Route = Route::new(Method::Get, "/api/Asset/SubAssets");

/// Which asset: each of the two is a key of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AssetKey<'a> {
    /// The server's own id.
    Id(&'a str),
    /// Serial number.
    SerialNumber(&'a str),
}

/// How often an asset was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AssetCount {
    /// So often in all.
    Total(u32),
    /// So many times more.
    More(u32),
}

/// A call about an asset, which its query names. Without a name it is not sent: what such a call is about is the server's guess.
fn about(client: &Client, route: Route, asset: AssetKey<'_>) -> Outline {
    let (name, value) = match asset {
        AssetKey::Id(id) => ("id", id),
        AssetKey::SerialNumber(number) => ("serialNumber", number),
    };
    let outline = Outline::new(client, route, &[]).query(name, value);
    outline.refuse_for("asset", value.trim().is_empty().then(|| format!("its {name} is empty")))
}

/// To the second, in UTC, as the API reads dates.
fn date(at: Option<Timestamp>) -> Option<String> {
    at.map(Literal::into_literal)
}

/// What stands in the log.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Message<'a> {
    asset_id: &'a str,
    comment: &'a str,
    user: Option<&'a str>,
}

/// Calls about assets. Made by [`Client::asset`].
#[derive(Debug, Clone, Copy)]
pub struct Assets<'a> {
    client: &'a Client,
}

impl<'a> Assets<'a> {
    pub(crate) const fn new(client: &'a Client) -> Self {
        Self { client }
    }

    fn outline(self, route: Route) -> Outline {
        Outline::new(self.client, route, &[])
    }

    /// The assets that fit.
    pub fn list(&self, filter: Option<Filter>, order: Option<Order>) -> Pages<Asset> {
        pages(self.client, LIST, filter, order)
    }

    /// The asset.
    pub fn by_key(&self, asset: AssetKey<'_>) -> Request<Asset> {
        let (AssetKey::Id(key) | AssetKey::SerialNumber(key)) = asset;
        Outline::new(self.client, GET, &[("asset", key)]).value()
    }

    /// Creates or updates an asset. A new one needs a serial number and the id of its type.
    pub fn save(&self, asset: &Asset) -> Request<Option<Asset>> {
        let outline = self.outline(PUT).json(asset);
        outline.refuse_if(asset.serial_number.trim().is_empty(), "asset", "has no serial_number").saved()
    }

    /// Removes an asset, with its log.
    pub fn delete(&self, asset: AssetKey<'_>) -> Request<()> {
        about(self.client, DELETE, asset).nothing()
    }

    /// What the asset is due for. `culture` is the language of the texts in it, like `en-US`; without one they come untranslated.
    pub fn status(&self, asset: AssetKey<'_>, culture: Option<&str>) -> Request<AssetStatus> {
        let outline = about(self.client, STATUS, asset);
        match culture {
            Some(culture) => outline.query("cultureCode", culture).value(),
            None => outline.query("translate", false).value(),
        }
    }

    /// Says where the asset is in its life.
    pub fn set_state(&self, asset: AssetKey<'_>, state: AssetState) -> Request<()> {
        about(self.client, STATE, asset).query("state", i32::from(state)).nothing()
    }

    /// Counts uses of the asset, and of the assets in it if `with_children`. **Each call adds**, so it is never repeated by itself.
    pub fn count(&self, asset: AssetKey<'_>, count: AssetCount, with_children: bool) -> Request<()> {
        let outline = about(self.client, COUNT, asset).query_if("incrementChildren", with_children.then_some(true));
        let outline = match count {
            AssetCount::Total(total) => outline.query("totalCount", total),
            AssetCount::More(more) => outline.query("incrementBy", more),
        };
        outline.once().nothing()
    }

    /// Lets the count since the last maintenance begin anew.
    pub fn reset_running_count(&self, asset: AssetKey<'_>, comment: Option<&str>) -> Request<()> {
        about(self.client, RESET_RUNNING, asset).query_if("comment", comment).nothing()
    }

    /// Sets the count since the last maintenance. Servers from 25.3 on; needs the permission "Edit Total count".
    pub fn set_running_count(&self, asset: AssetKey<'_>, count: u32) -> Request<()> {
        about(self.client, SET_RUNNING, asset).query("runningCount", count).nothing()
    }

    /// Sets the count of all uses. Servers from 25.3 on; needs the permission "Edit Total count".
    pub fn set_total_count(&self, asset: AssetKey<'_>, count: u32) -> Request<()> {
        about(self.client, SET_TOTAL, asset).query("totalCount", count).nothing()
    }

    /// Tells that the asset was calibrated, now unless `at` is given. When it is due again follows from its type.
    pub fn record_calibration(&self, asset: AssetKey<'_>, at: Option<Timestamp>, comment: Option<&str>) -> Request<()> {
        self.service(CALIBRATION, asset, at, comment)
    }

    /// The same of maintenance.
    pub fn record_maintenance(&self, asset: AssetKey<'_>, at: Option<Timestamp>, comment: Option<&str>) -> Request<()> {
        self.service(MAINTENANCE, asset, at, comment)
    }

    /// Tells that the asset was calibrated at `from`, and that it is due again at `until`, as whoever calibrates it says. Servers
    /// from 25.3 on.
    pub fn record_external_calibration(
        &self,
        asset: AssetKey<'_>,
        from: Option<Timestamp>,
        until: Option<Timestamp>,
        comment: Option<&str>,
    ) -> Request<()> {
        self.external_service(EXTERNAL_CALIBRATION, asset, (from, until), comment)
    }

    /// The same of maintenance. Servers from 25.3 on.
    pub fn record_external_maintenance(
        &self,
        asset: AssetKey<'_>,
        from: Option<Timestamp>,
        until: Option<Timestamp>,
        comment: Option<&str>,
    ) -> Request<()> {
        self.external_service(EXTERNAL_MAINTENANCE, asset, (from, until), comment)
    }

    /// What was done to assets: entries that fit.
    pub fn log(&self, filter: Option<Filter>, order: Option<Order>) -> Pages<AssetLog> {
        pages(self.client, LOG, filter, order)
    }

    /// Writes a line into an asset's log, as this account or as `user`.
    pub fn post_message(&self, asset_id: &str, comment: &str, user: Option<&str>) -> Request<()> {
        let outline = self.outline(MESSAGE).json(&Message { asset_id, comment, user });
        outline.refuse_if(asset_id.trim().is_empty(), "asset_id", "is empty").nothing()
    }

    /// The kinds of assets, those that fit and at most `limit` of them if that is given. Cached.
    pub fn types(&self, filter: Option<&Filter>, limit: Option<u32>) -> Request<Cached<Vec<AssetType>>> {
        self.outline(GET_TYPES)
            .query_if("$filter", filter)
            .query_if("$top", limit)
            .cached(Resource::AssetTypes, parse_list)
    }

    /// Creates or updates a kind of assets.
    pub fn save_type(&self, kind: &AssetType) -> Request<Option<AssetType>> {
        let outline = self.outline(PUT_TYPE).json(kind);
        outline.refuse_if(kind.type_name.trim().is_empty(), "kind", "has no type_name").saved()
    }

    /// The assets in an asset, down to so many levels if `levels` is given.
    pub fn sub_assets(&self, asset: AssetKey<'_>, levels: Option<u32>) -> Request<Vec<Asset>> {
        about(self.client, SUB_ASSETS, asset).query_if("level", levels).list()
    }

    fn service(self, route: Route, asset: AssetKey<'_>, at: Option<Timestamp>, comment: Option<&str>) -> Request<()> {
        about(self.client, route, asset).query_if("dateTime", date(at)).query_if("comment", comment).nothing()
    }

    fn external_service(
        self,
        route: Route,
        asset: AssetKey<'_>,
        (from, until): (Option<Timestamp>, Option<Timestamp>),
        comment: Option<&str>,
    ) -> Request<()> {
        let outline = about(self.client, route, asset)
            .query_if("fromDate", date(from))
            .query_if("toDate", date(until))
            .query_if("comment", comment);
        let turned = from.zip(until).filter(|(from, until)| until < from);
        outline.refuse_for("until", turned.map(|(from, until)| format!("is {until}, before {from}"))).nothing()
    }
}

fn pages<T: serde::de::DeserializeOwned + Send + 'static>(
    client: &Client,
    route: Route,
    filter: Option<Filter>,
    order: Option<Order>,
) -> Pages<T> {
    let client = client.clone();
    Pages::new(move |skip, top| {
        Outline::new(&client, route, &[])
            .query_if("$filter", filter.as_ref())
            .query_if("$orderby", order.as_ref())
            .query("$top", top)
            .query("$skip", skip)
            .list()
    })
}
