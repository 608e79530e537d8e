//! Analytics: what reports add up to. Yield, repairs, failing steps, measurements, effectiveness, histories.
//!
//! ```no_run
//! # async fn f(client: wats_client::Client) -> Result<(), wats_client::Error> {
//! use wats_client::analytics::{DateGrouping, Dimension, Dimensions, WatsFilter};
//!
//! let filter = WatsFilter::new().part_number("LAMP-%").date_grouping(DateGrouping::Week).period_count(4);
//! let dimensions = Dimensions::new().ascending(Dimension::Period).by(Dimension::StationName);
//! for row in client.analytics().dynamic_yield(&dimensions, &filter).await? {
//!     println!("{:?} {:?}: {:?} units, {:?} %", row.period, row.station_name, row.unit_count, row.fpy);
//! }
//! # Ok(()) }
//! ```
//!
//! Yield is counted in units: a unit counts when its **first** run fits the filter, and its later runs then count wherever and
//! whenever they were. Test yield is counted in reports. Nothing but the lists of levels and groups is cached: figures change with
//! every report.

mod alarm;
mod dimension;
mod filter;
mod flow;
mod internal;
mod measurement;
mod path;
mod read;
mod repair;
mod steps;
mod yields;

pub use self::alarm::{AlarmKind, AlarmLog};
pub use self::dimension::{Dimension, Dimensions};
pub use self::filter::{DateGrouping, Pattern, Run, Status, WatsFilter, any_of};
pub use self::flow::{NodeId, UnitFlow, UnitFlowFilter, UnitFlowLink, UnitFlowNode, UnitFlowUnit};
pub use self::internal::{AnalyticsInternal, Recent, RecentFailures, StepFilters};
pub use self::measurement::{AggregatedMeasurement, Measurement, MeasurementListItem};
pub use self::path::MeasurementPath;
pub use self::repair::{RepairRecord, RepairStatistics};
pub use self::steps::{StepAnalysisRow, StepStatus, TopFailedStep};
pub use self::yields::{Level, OeeAnalysis, YieldData};
use crate::cache::{Cached, Resource};
use crate::client::Client;
use crate::model::parse_list;
use crate::product::ProductGroup;
use crate::report::ReportHeader;
use crate::request::{Outline, Request};
use crate::route::{Method, Route};

const GET_LEVELS: Route = Route::new(Method::Get, "/api/App/Levels");
const GET_GROUPS: Route = Route::new(Method::Get, "/api/App/ProductGroups");
const DYNAMIC_YIELD: Route = Route::new(Method::Post, "/api/App/DynamicYield");
const VOLUME_YIELD: Route = Route::new(Method::Post, "/api/App/VolumeYield");
const GET_VOLUME_YIELD: Route = Route::new(Method::Get, "/api/App/VolumeYield");
const HIGH_VOLUME: Route = Route::new(Method::Post, "/api/App/HighVolume");
const GET_HIGH_VOLUME: Route = Route::new(Method::Get, "/api/App/HighVolume");
const HIGH_VOLUME_BY_GROUP: Route = Route::new(Method::Post, "/api/App/HighVolumeByProductGroup");
const WORST_YIELD: Route = Route::new(Method::Post, "/api/App/WorstYield");
const GET_WORST_YIELD: Route = Route::new(Method::Get, "/api/App/WorstYield");
const WORST_YIELD_BY_GROUP: Route = Route::new(Method::Post, "/api/App/WorstYieldByProductGroup");
const DYNAMIC_REPAIR: Route = Route::new(Method::Post, "/api/App/DynamicRepair");
const GET_REPAIRS: Route = Route::new(Method::Get, "/api/App/RelatedRepairHistory");
const TOP_FAILED: Route = Route::new(Method::Post, "/api/App/TopFailed");
const GET_TOP_FAILED: Route = Route::new(Method::Get, "/api/App/TopFailed");
const STEP_ANALYSIS: Route = Route::new(Method::Post, "/api/App/TestStepAnalysis");
const MEASUREMENTS: Route = Route::new(Method::Post, "/api/App/Measurements");
const AGGREGATED: Route = Route::new(Method::Post, "/api/App/AggregatedMeasurements");
const OEE: Route = Route::new(Method::Post, "/api/App/OeeAnalysis");
const HISTORY: Route = Route::new(Method::Post, "/api/App/SerialNumberHistory");
const UUT_REPORTS: Route = Route::new(Method::Post, "/api/App/UutReport");
const GET_UUT_REPORTS: Route = Route::new(Method::Get, "/api/App/UutReport");
const UUR_REPORTS: Route = Route::new(Method::Post, "/api/App/UurReport");

/// A product group and a level, by name: what the short calls for yields take. None means all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scope<'a> {
    /// Product group.
    pub product_group: Option<&'a str>,
    /// Level.
    pub level: Option<&'a str>,
}

/// What the short call for failing steps takes. None means all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TopFailedScope<'a> {
    /// Product group and level.
    pub scope: Scope<'a>,
    /// Part number.
    pub part_number: Option<&'a str>,
    /// Revision.
    pub revision: Option<&'a str>,
    /// How many steps at most.
    pub top_count: Option<u32>,
}

/// What the short call for test reports takes. None means all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct UutScope<'a> {
    /// Product group and level.
    pub scope: Scope<'a>,
    /// Part number.
    pub part_number: Option<&'a str>,
    /// Revision.
    pub revision: Option<&'a str>,
    /// Serial number.
    pub serial_number: Option<&'a str>,
    /// Result.
    pub status: Option<&'a Status>,
    /// How many reports at most; the server's own limit is 1,000.
    pub top_count: Option<u32>,
}

/// Calls about what reports add up to. Made by [`Client::analytics`].
///
/// Where the API has two calls for one thing, there is one with a [`WatsFilter`] (POST), and a short one whose name ends in `_in`
/// (GET) that takes a few plain names. All only ask, and are repeated like other reads.
///
/// # Errors
/// All give [`Error::Argument`](crate::Error::Argument) without being sent for a filter, dimensions or paths that the server would
/// read as something else than they say.
#[derive(Debug, Clone, Copy)]
pub struct Analytics<'a> {
    client: &'a Client,
}

/// A call whose body is a filter.
fn filtered(client: &Client, route: Route, filter: &WatsFilter) -> Outline {
    let outline = Outline::new(client, route, &[]).repeatable().json(filter);
    match filter.problem() {
        Some((argument, problem)) => outline.refuse(argument, problem),
        None => outline,
    }
}

impl<'a> Analytics<'a> {
    pub(crate) const fn new(client: &'a Client) -> Self {
        Self { client }
    }

    fn filtered(self, route: Route, filter: &WatsFilter) -> Outline {
        filtered(self.client, route, filter)
    }

    fn by_dimensions(self, route: Route, dimensions: &Dimensions, filter: &WatsFilter) -> Outline {
        let outline = self.filtered(route, &filter.with_dimensions(dimensions));
        let outline = outline.query_if("dimensions", (!dimensions.is_empty()).then_some(dimensions));
        outline.refuse_for("dimensions", dimensions.problem())
    }

    fn of_measurements(self, route: Route, paths: &[MeasurementPath], filter: &WatsFilter) -> Outline {
        let outline = self.filtered(route, filter);
        match path::joined(paths) {
            Ok(paths) => outline.query_if("measurementPaths", (!paths.is_empty()).then_some(paths)),
            Err(problem) => outline.refuse("measurementPaths", problem),
        }
    }

    fn in_scope(self, route: Route, scope: Scope<'_>) -> Outline {
        let outline = Outline::new(self.client, route, &[]);
        outline.query_if("productGroup", scope.product_group).query_if("level", scope.level)
    }

    /// All levels. Cached.
    pub fn levels(&self) -> Request<Cached<Vec<Level>>> {
        Outline::new(self.client, GET_LEVELS, &[]).cached(Resource::Levels, parse_list)
    }

    /// All product groups, with what decides which products are in them if asked. Cached.
    pub fn product_groups(&self, include_filters: bool) -> Request<Cached<Vec<ProductGroup>>> {
        Outline::new(self.client, GET_GROUPS, &[])
            .query("includeFilters", include_filters)
            .cached(Resource::Products, parse_list)
    }

    /// Volume and yields by any dimensions. A preview of the server's makers, who may change it.
    pub fn dynamic_yield(&self, dimensions: &Dimensions, filter: &WatsFilter) -> Request<Vec<YieldData>> {
        self.by_dimensions(DYNAMIC_YIELD, dimensions, filter).list()
    }

    /// Volume and yields of products, by period where the filter has a date grouping.
    pub fn volume_yield(&self, filter: &WatsFilter) -> Request<Vec<YieldData>> {
        self.filtered(VOLUME_YIELD, filter).list()
    }

    /// The same for a product group and a level.
    pub fn volume_yield_in(&self, scope: Scope<'_>) -> Request<Vec<YieldData>> {
        self.in_scope(GET_VOLUME_YIELD, scope).list()
    }

    /// Products with the most units, these first.
    pub fn high_volume(&self, filter: &WatsFilter) -> Request<Vec<YieldData>> {
        self.filtered(HIGH_VOLUME, filter).list()
    }

    /// The same for a product group and a level.
    pub fn high_volume_in(&self, scope: Scope<'_>) -> Request<Vec<YieldData>> {
        self.in_scope(GET_HIGH_VOLUME, scope).list()
    }

    /// Product groups with the most units, these first.
    pub fn high_volume_by_product_group(&self, filter: &WatsFilter) -> Request<Vec<YieldData>> {
        self.filtered(HIGH_VOLUME_BY_GROUP, filter).list()
    }

    /// Products with the lowest yield, these first.
    pub fn worst_yield(&self, filter: &WatsFilter) -> Request<Vec<YieldData>> {
        self.filtered(WORST_YIELD, filter).list()
    }

    /// The same for a product group and a level.
    pub fn worst_yield_in(&self, scope: Scope<'_>) -> Request<Vec<YieldData>> {
        self.in_scope(GET_WORST_YIELD, scope).list()
    }

    /// Product groups with the lowest yield, these first.
    pub fn worst_yield_by_product_group(&self, filter: &WatsFilter) -> Request<Vec<YieldData>> {
        self.filtered(WORST_YIELD_BY_GROUP, filter).list()
    }

    /// Repairs by any dimensions. A preview of the server's makers, who may change it.
    pub fn dynamic_repair(&self, dimensions: &Dimensions, filter: &WatsFilter) -> Request<Vec<RepairStatistics>> {
        self.by_dimensions(DYNAMIC_REPAIR, dimensions, filter).list()
    }

    /// Failures of this product and revision that were repaired.
    pub fn repair_history(&self, part_number: &str, revision: &str) -> Request<Vec<RepairRecord>> {
        let outline = Outline::new(self.client, GET_REPAIRS, &[]);
        outline.query("partNumber", part_number).query("revision", revision).list()
    }

    /// Steps that fail most often.
    pub fn top_failed(&self, filter: &WatsFilter) -> Request<Vec<TopFailedStep>> {
        self.filtered(TOP_FAILED, filter).list()
    }

    /// The same for a product group, a level, a product.
    pub fn top_failed_in(&self, scope: TopFailedScope<'_>) -> Request<Vec<TopFailedStep>> {
        self.in_scope(GET_TOP_FAILED, scope.scope)
            .query_if("partNumber", scope.part_number)
            .query_if("revision", scope.revision)
            .query_if("topCount", scope.top_count)
            .list()
    }

    /// Every step with its counts, times and the statistics of its measurements, for the runs that the filter says. Name a product
    /// and a test operation. A preview of the server's makers, who may change it.
    pub fn step_analysis(&self, filter: &WatsFilter) -> Request<Vec<StepAnalysisRow>> {
        self.filtered(STEP_ANALYSIS, filter).list()
    }

    /// Values of these measurements. Without a path, a product and a test operation the server looks at the steps that failed most
    /// in the last 7 days, which takes long. A preview of the server's makers, who may change it.
    pub fn measurements(&self, paths: &[MeasurementPath], filter: &WatsFilter) -> Request<Vec<Measurement>> {
        self.of_measurements(MEASUREMENTS, paths, filter).read(read::measurements)
    }

    /// Statistics of these measurements; as [`measurements`](Self::measurements).
    pub fn aggregated_measurements(
        &self,
        paths: &[MeasurementPath],
        filter: &WatsFilter,
    ) -> Request<Vec<AggregatedMeasurement>> {
        self.of_measurements(AGGREGATED, paths, filter).read(read::measurements)
    }

    /// Overall equipment effectiveness. [`Error::NoData`](crate::Error::NoData) where there is nothing to tell.
    pub fn oee(&self, filter: &WatsFilter) -> Request<OeeAnalysis> {
        self.filtered(OEE, filter).value()
    }

    /// All reports of the units with a serial number.
    pub fn serial_number_history(&self, filter: &WatsFilter) -> Request<Vec<ReportHeader>> {
        self.filtered(HISTORY, filter).list()
    }

    /// Test reports.
    pub fn uut_reports(&self, filter: &WatsFilter) -> Request<Vec<ReportHeader>> {
        self.filtered(UUT_REPORTS, filter).list()
    }

    /// The same for plain values.
    pub fn uut_reports_in(&self, scope: UutScope<'_>) -> Request<Vec<ReportHeader>> {
        self.in_scope(GET_UUT_REPORTS, scope.scope)
            .query_if("partNumber", scope.part_number)
            .query_if("revision", scope.revision)
            .query_if("serialNumber", scope.serial_number)
            .query_if("status", scope.status)
            .query_if("topCount", scope.top_count)
            .list()
    }

    /// Repair reports.
    pub fn uur_reports(&self, filter: &WatsFilter) -> Request<Vec<ReportHeader>> {
        self.filtered(UUR_REPORTS, filter).list()
    }
}
