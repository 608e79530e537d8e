//! Production calls that are made for the server's own pages.

use serde::Serialize;
use serde_json::Value;

use super::{UnitKey, UnitPhase, about};
use crate::cache::{Cached, Resource};
use crate::client::Client;
use crate::model::parse_list;
use crate::request::{Outline, Request};
use crate::route::{Method, Route};

const GET_PHASES: Route = Route::new(Method::Get, "/api/internal/Mes/GetUnitPhases");
const IS_CONNECTED: Route = Route::new(Method::Get, "/api/internal/Production/isConnected");
const GET_SITES: Route = Route::new(Method::Get, "/api/internal/Production/GetSites");
const GET_UNIT: Route = Route::new(Method::Get, "/api/internal/Production/GetUnit");
const GET_INFO: Route = Route::new(Method::Get, "/api/internal/Production/GetUnitInfo");
const GET_HIERARCHY: Route = Route::new(Method::Get, "/api/internal/Production/GetUnitHierarchy");
const GET_HISTORY: Route = Route::new(Method::Get, "/api/internal/Production/GetUnitStateHistory");
const GET_PHASE: Route = Route::new(Method::Get, "/api/internal/Production/GetUnitPhase");
const GET_PROCESS: Route = Route::new(Method::Get, "/api/internal/Production/GetUnitProcess");
const GET_CONTENTS: Route = Route::new(Method::Get, "/api/internal/Production/GetUnitContents");
const CREATE_UNIT: Route = Route::new(Method::Post, "/api/internal/Production/CreateUnit");
const ADD_CHILD: Route = Route::new(Method::Post, "/api/internal/Production/AddChildUnit");
const REMOVE_CHILD: Route = Route::new(Method::Post, "/api/internal/Production/RemoveChildUnit");
const REMOVE_ALL: Route = Route::new(Method::Post, "/api/internal/Production/RemoveAllChildUnits");
const CHECK_CHILDREN: Route = Route::new(Method::Get, "/api/internal/Production/CheckChildUnits");
const GET_SERIALS: Route = Route::new(Method::Get, "/api/internal/Production/SerialNumbers");
const COUNT_SERIALS: Route = Route::new(Method::Get, "/api/internal/Production/SerialNumbers/Count");
const FREE: Route = Route::new(Method::Put, "/api/internal/Production/SerialNumbers/Free");
const DELETE_FREE: Route = Route::new(Method::Delete, "/api/internal/Production/SerialNumbers/Free");
const RANGES: Route = Route::new(Method::Get, "/api/internal/Production/SerialNumbers/Ranges");
const STATISTICS: Route = Route::new(Method::Get, "/api/internal/Production/SerialNumbers/Statistics");

/// The language of the server's messages, where a call wants one.
const CULTURE: &str = "en-US";

/// How a part is checked before it is built in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ChildChecks {
    /// Its part number must be in the bill of materials.
    pub part_number: bool,
    /// Its revision must fit the mask there.
    pub revision: bool,
    /// Its phase must allow it. None leaves that to the server.
    pub phase: Option<bool>,
}

/// A stretch of serial numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SerialNumberRange {
    /// The kind.
    pub serial_number_type: String,
    /// The first.
    pub start_address: String,
    /// The last.
    pub end_address: String,
}

/// The internal calls about production. Made by [`Internal::production`](crate::Internal::production). Most answers are the
/// server's own JSON: nobody promises their form.
#[derive(Debug, Clone, Copy)]
pub struct ProductionInternal<'a> {
    client: &'a Client,
}

impl<'a> ProductionInternal<'a> {
    pub(crate) const fn new(client: &'a Client) -> Self {
        Self { client }
    }

    fn outline(self, route: Route) -> Outline {
        Outline::new(self.client, route, &[])
    }

    /// All phases that units may be in. There is no public call for them. Cached.
    pub fn unit_phases(&self) -> Request<Cached<Vec<UnitPhase>>> {
        self.outline(GET_PHASES).cached(Resource::Production, parse_list)
    }

    /// Whether the server's part for production answers. Never cached.
    pub fn is_connected(&self) -> Request<()> {
        self.outline(IS_CONNECTED).nothing()
    }

    /// The sites.
    pub fn sites(&self) -> Request<Vec<Value>> {
        self.outline(GET_SITES).list()
    }

    /// A unit, by its serial number alone if that is enough.
    pub fn unit(&self, serial_number: &str, part_number: Option<&str>) -> Request<Value> {
        self.outline(GET_UNIT).query("serialNumber", serial_number).query_if("partNumber", part_number).value()
    }

    /// What is known of a unit.
    pub fn unit_info(&self, unit: UnitKey<'_>) -> Request<Value> {
        about(self.client, GET_INFO, unit).value()
    }

    /// A unit with its parts, and theirs.
    pub fn unit_hierarchy(&self, unit: UnitKey<'_>) -> Request<Value> {
        about(self.client, GET_HIERARCHY, unit).value()
    }

    /// The phases and processes that a unit has been in.
    pub fn unit_state_history(&self, unit: UnitKey<'_>) -> Request<Value> {
        about(self.client, GET_HISTORY, unit).value()
    }

    /// The phase that a unit is in.
    pub fn unit_phase(&self, unit: UnitKey<'_>) -> Request<Value> {
        about(self.client, GET_PHASE, unit).value()
    }

    /// The process that a unit is at.
    pub fn unit_process(&self, unit: UnitKey<'_>) -> Request<Value> {
        about(self.client, GET_PROCESS, unit).value()
    }

    /// What a unit of this revision is made of.
    pub fn unit_contents(&self, unit: UnitKey<'_>, revision: &str) -> Request<Value> {
        about(self.client, GET_CONTENTS, unit).query("revision", revision).raw()
    }

    /// Creates a unit.
    pub fn create_unit(
        &self,
        unit: UnitKey<'_>,
        revision: &str,
        batch: Option<&str>,
        phase: Option<super::UnitPhaseFlag>,
    ) -> Request<Option<Value>> {
        about(self.client, CREATE_UNIT, unit)
            .query("revision", revision)
            .query_if("batchNumber", batch)
            .query_if("unitPhase", phase)
            .saved()
    }

    /// Builds `child` into `parent`, after these checks.
    pub fn add_child(&self, parent: UnitKey<'_>, child: UnitKey<'_>, checks: ChildChecks) -> Request<Option<Value>> {
        about(self.client, ADD_CHILD, parent)
            .query("childSerialNumber", child.serial_number)
            .query("childPartNumber", child.part_number)
            .query("checkPartNumber", checks.part_number)
            .query("checkRevision", checks.revision)
            .query("cultureCode", CULTURE)
            .query_if("checkPhase", checks.phase)
            .saved()
    }

    /// Takes `child` out of `parent`.
    pub fn remove_child(&self, parent: UnitKey<'_>, child: UnitKey<'_>) -> Request<Option<Value>> {
        about(self.client, REMOVE_CHILD, parent)
            .query("childSerialNumber", child.serial_number)
            .query("childPartNumber", child.part_number)
            .query("cultureCode", CULTURE)
            .saved()
    }

    /// Takes all parts out of a unit.
    pub fn remove_all_children(&self, unit: UnitKey<'_>) -> Request<Option<Value>> {
        about(self.client, REMOVE_ALL, unit).query("cultureCode", CULTURE).saved()
    }

    /// Whether a unit has the parts that it should have.
    pub fn check_children(&self, unit: UnitKey<'_>) -> Request<Value> {
        self.outline(CHECK_CHILDREN)
            .query("ParentSerialNumber", unit.serial_number)
            .query("ParentPartNumber", unit.part_number)
            .query("CultureCode", CULTURE)
            .scalar()
    }

    /// The serial numbers of a kind from one to another, and between two dates if they are given (ISO 8601).
    pub fn serial_numbers(
        &self,
        range: &SerialNumberRange,
        from_date: Option<&str>,
        to_date: Option<&str>,
    ) -> Request<Vec<Value>> {
        self.ranged(GET_SERIALS, range).query_if("startDate", from_date).query_if("endDate", to_date).list()
    }

    /// How many there are.
    pub fn count_serial_numbers(&self, kind: &str, from_date: Option<&str>, to_date: Option<&str>) -> Request<u64> {
        self.outline(COUNT_SERIALS)
            .query("serialNumberType", kind)
            .query_if("fromDate", from_date)
            .query_if("toDate", to_date)
            .scalar()
    }

    /// Makes serial numbers free to be taken. Sent once: one that was taken meanwhile would be free again.
    pub fn free_serial_numbers(&self, ranges: &[SerialNumberRange]) -> Request<Option<Value>> {
        self.of_ranges(FREE, ranges).once().saved()
    }

    /// Removes free serial numbers. Of none: an error here, because the server would take a request without a list for all.
    pub fn delete_free_serial_numbers(&self, ranges: &[SerialNumberRange]) -> Request<Option<Value>> {
        self.of_ranges(DELETE_FREE, ranges).saved()
    }

    /// A call about ranges, each with a beginning and an end.
    fn of_ranges(self, route: Route, ranges: &[SerialNumberRange]) -> Outline {
        let outline = self.outline(route).json(&ranges);
        let is_open = |range: &SerialNumberRange| {
            [&range.serial_number_type, &range.start_address, &range.end_address]
                .iter()
                .any(|text| text.trim().is_empty())
        };
        match ranges.iter().position(is_open) {
            Some(index) => outline.refuse("ranges", format!("number {} has no kind, no first or no last", index + 1)),
            None if ranges.is_empty() => outline.refuse("ranges", "there are none"),
            None => outline,
        }
    }

    /// The stretches that serial numbers of a kind, or of all, are in.
    pub fn serial_number_ranges(&self, kind: Option<&str>) -> Request<Vec<Value>> {
        self.outline(RANGES).query_if("serialNumberType", kind).list()
    }

    /// How many are taken and free.
    pub fn serial_number_statistics(&self, kind: Option<&str>) -> Request<Value> {
        self.outline(STATISTICS).query_if("serialNumberType", kind).raw()
    }

    fn ranged(self, route: Route, range: &SerialNumberRange) -> Outline {
        self.outline(route)
            .query("serialNumberType", &range.serial_number_type)
            .query("startAddress", &range.start_address)
            .query("endAddress", &range.end_address)
    }
}
