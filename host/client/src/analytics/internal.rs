//! Analytics calls that are made for the server's own pages.

use super::{
    AlarmLog, MeasurementListItem, StepStatus, TopFailedStep, UnitFlow, UnitFlowFilter, UnitFlowLink, UnitFlowNode,
    UnitFlowUnit, WatsFilter, filtered,
};
use crate::client::Client;
use crate::request::{Outline, Request};
use crate::route::{Method, Route};

const FLOW: Route = Route::new(Method::Post, "/api/internal/UnitFlow");
const FLOW_LINKS: Route = Route::new(Method::Get, "/api/internal/UnitFlow/Links");
const FLOW_NODES: Route = Route::new(Method::Get, "/api/internal/UnitFlow/Nodes");
const FLOW_UNITS: Route = Route::new(Method::Get, "/api/internal/UnitFlow/Units");
const FLOW_SN: Route = Route::new(Method::Post, "/api/internal/UnitFlow/SN");
const FLOW_SPLIT: Route = Route::new(Method::Post, "/api/internal/UnitFlow/SplitBy");
const FLOW_ORDER: Route = Route::new(Method::Post, "/api/internal/UnitFlow/UnitOrder");
const MEASUREMENTS: Route = Route::new(Method::Post, "/api/internal/App/MeasurementList");
const GET_MEASUREMENTS: Route = Route::new(Method::Get, "/api/internal/App/MeasurementList");
const STATUSES: Route = Route::new(Method::Post, "/api/internal/App/StepStatusList");
const GET_STATUSES: Route = Route::new(Method::Get, "/api/internal/App/StepStatusList");
const TOP_FAILED: Route = Route::new(Method::Post, "/api/internal/App/TopFailed");
const GET_TOP_FAILED: Route = Route::new(Method::Get, "/api/internal/App/TopFailed");
const ALARMS: Route = Route::new(Method::Post, "/api/internal/Trigger/GetAlarmAndNotificationLogs");

/// Which steps a list is about: two texts of XML in the server's own notation, as its list of failing steps hands them out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepFilters<'a> {
    /// Steps.
    pub steps: &'a str,
    /// Sequences.
    pub sequences: &'a str,
}

impl StepFilters<'_> {
    fn on(self, outline: Outline) -> Outline {
        outline.query("stepFilters", self.steps).query("sequenceFilters", self.sequences)
    }
}

/// The last days of a product group and a level, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recent {
    /// Number of the product group: see [`ProductGroup`](crate::product::ProductGroup).
    pub product_group_id: i64,
    /// Number of the level: see [`Level`](super::Level).
    pub level_id: i64,
    /// How many days.
    pub days: u32,
}

impl Recent {
    fn on(self, outline: Outline) -> Outline {
        outline.query("productGroupId", self.product_group_id).query("levelId", self.level_id).query("days", self.days)
    }
}

/// What the short internal call for failing steps takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecentFailures<'a> {
    /// Part number.
    pub part_number: &'a str,
    /// Test operation, by code.
    pub process_code: i32,
    /// Product group, level and days.
    pub recent: Recent,
    /// How many steps at most.
    pub count: u32,
}

/// The internal calls about figures. Made by [`Internal::analytics`](crate::Internal::analytics). Names that end in `_in` are those
/// of the short forms, as in [`Analytics`](super::Analytics).
#[derive(Debug, Clone, Copy)]
pub struct AnalyticsInternal<'a> {
    client: &'a Client,
}

impl<'a> AnalyticsInternal<'a> {
    pub(crate) const fn new(client: &'a Client) -> Self {
        Self { client }
    }

    fn outline(self, route: Route) -> Outline {
        Outline::new(self.client, route, &[])
    }

    fn flow(self, route: Route, filter: &UnitFlowFilter) -> Request<UnitFlow> {
        self.outline(route).repeatable().json(filter).value()
    }

    /// How units went through production. The server remembers the query for [`unit_flow_nodes`](Self::unit_flow_nodes) and the
    /// like.
    pub fn unit_flow(&self, filter: &UnitFlowFilter) -> Request<UnitFlow> {
        self.flow(FLOW, filter)
    }

    /// The way of these units alone. Of none: an error here, because the server would take it for all.
    pub fn unit_flow_of<T: Into<String>>(
        &self,
        serial_numbers: impl IntoIterator<Item = T>,
        filter: &UnitFlowFilter,
    ) -> Request<UnitFlow> {
        let serial_numbers: Vec<String> = serial_numbers.into_iter().map(Into::into).collect();
        let is_empty = serial_numbers.is_empty();
        let outline = self.outline(FLOW_SN).repeatable().json(&UnitFlowFilter { serial_numbers, ..filter.clone() });
        if is_empty { outline.refuse("serial_numbers", "there are none").value() } else { outline.value() }
    }

    /// With places split by a dimension, such as `stationName` or `location`.
    pub fn unit_flow_split_by(&self, dimension: &str, filter: &UnitFlowFilter) -> Request<UnitFlow> {
        self.flow(FLOW_SPLIT, &UnitFlowFilter { split_by: Some(dimension.to_owned()), ..filter.clone() })
    }

    /// With units in an order, such as `startTime` or `serialNumber`.
    pub fn unit_flow_ordered_by(&self, order: &str, filter: &UnitFlowFilter) -> Request<UnitFlow> {
        self.flow(FLOW_ORDER, &UnitFlowFilter { unit_order: Some(order.to_owned()), ..filter.clone() })
    }

    /// The links of the **last** query that anybody made for this account. Never cached. Use what the query itself answered,
    /// where that is enough.
    pub fn unit_flow_links(&self) -> Request<Vec<UnitFlowLink>> {
        self.outline(FLOW_LINKS).list()
    }

    /// The places of the last query; as [`unit_flow_links`](Self::unit_flow_links).
    pub fn unit_flow_nodes(&self) -> Request<Vec<UnitFlowNode>> {
        self.outline(FLOW_NODES).list()
    }

    /// The units of the last query; as [`unit_flow_links`](Self::unit_flow_links).
    pub fn unit_flow_units(&self) -> Request<Vec<UnitFlowUnit>> {
        self.outline(FLOW_UNITS).list()
    }

    /// Measured values and texts of steps.
    pub fn measurement_list(&self, filter: &WatsFilter, steps: StepFilters<'_>) -> Request<Vec<MeasurementListItem>> {
        steps.on(filtered(self.client, MEASUREMENTS, filter)).list()
    }

    /// The same for the last days of a product group and a level.
    pub fn measurement_list_in(&self, recent: Recent, steps: StepFilters<'_>) -> Request<Vec<MeasurementListItem>> {
        steps.on(recent.on(self.outline(GET_MEASUREMENTS))).list()
    }

    /// How steps did, report by report.
    pub fn step_status_list(&self, filter: &WatsFilter, steps: StepFilters<'_>) -> Request<Vec<StepStatus>> {
        steps.on(filtered(self.client, STATUSES, filter)).list()
    }

    /// The same for the last days of a product group and a level.
    pub fn step_status_list_in(&self, recent: Recent, steps: StepFilters<'_>) -> Request<Vec<StepStatus>> {
        steps.on(recent.on(self.outline(GET_STATUSES))).list()
    }

    /// Steps that fail most often. [`Analytics::top_failed`](super::Analytics::top_failed) is the public call.
    pub fn top_failed(&self, filter: &WatsFilter) -> Request<Vec<TopFailedStep>> {
        filtered(self.client, TOP_FAILED, filter).list()
    }

    /// The same for the last days of a product at a test operation.
    pub fn top_failed_in(&self, scope: RecentFailures<'_>) -> Request<Vec<TopFailedStep>> {
        let outline = self.outline(GET_TOP_FAILED).query("partNumber", scope.part_number);
        scope.recent.on(outline.query("processCode", scope.process_code)).query("count", scope.count).list()
    }

    /// Alarms and notifications that went off. Of the filter, the dates, the product group, the level and the top count matter;
    /// kinds are told apart by [`AlarmLog::kind`]. There is no public call for them.
    pub fn alarms(&self, filter: &WatsFilter) -> Request<Vec<AlarmLog>> {
        filtered(self.client, ALARMS, filter).list()
    }
}
