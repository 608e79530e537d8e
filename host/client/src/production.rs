//! Production: units, their parts and phases, batches and serial numbers.

mod internal;
mod model;
mod serial;

use bytes::Bytes;

pub use self::internal::{ChildChecks, ProductionInternal, SerialNumberRange};
pub use self::model::{
    ProductionBatch, Saved, SerialNumberIdentifier, SerialNumberType, Unit, UnitChange, UnitPhase, UnitPhaseFlag,
    UnitVerification, UnitVerificationGrade,
};
use crate::cache::{Cached, Resource};
use crate::client::Client;
use crate::model::parse_list;
use crate::pages::Pages;
use crate::request::{Outline, Request};
use crate::route::{Method, Route};

const GET_UNIT: Route = Route::new(Method::Get, "/api/Production/Unit/{serialNumber}/{partNumber}");
const PUT_UNITS: Route = Route::new(Method::Put, "/api/Production/Units");
const GET_VERIFICATION: Route = Route::new(Method::Get, "/api/Production/UnitVerification");
const GET_CHANGES: Route = Route::new(Method::Get, "/api/Production/Units/Changes");
const DELETE_CHANGE: Route = Route::new(Method::Delete, "/api/Production/Units/Changes/{id}");
const SET_PHASE: Route = Route::new(Method::Put, "/api/Production/SetUnitPhase");
const SET_PROCESS: Route = Route::new(Method::Put, "/api/Production/SetUnitProcess");
const ADD_CHILD: Route = Route::new(Method::Post, "/api/Production/AddChildUnit");
const REMOVE_CHILD: Route = Route::new(Method::Post, "/api/Production/RemoveChildUnit");
const CHECK_CHILDREN: Route = Route::new(Method::Get, "/api/Production/CheckChildUnits");
const GET_TYPES: Route = Route::new(Method::Get, "/api/Production/SerialNumbers/Types");
const TAKE: Route = Route::new(Method::Post, "/api/Production/SerialNumbers/Take");
const BY_RANGE: Route = Route::new(Method::Get, "/api/Production/SerialNumbers/ByRange");
const BY_REFERENCE: Route = Route::new(Method::Get, "/api/Production/SerialNumbers/ByReference");
const PUT_SERIALS: Route = Route::new(Method::Put, "/api/Production/SerialNumbers");
const GET_SERIALS: Route = Route::new(Method::Get, "/api/Production/SerialNumbers");
const GET_BATCHES: Route = Route::new(Method::Get, "/api/Production/Batches");
const PUT_BATCH: Route = Route::new(Method::Put, "/api/Production/Batch");
const PUT_BATCHES: Route = Route::new(Method::Put, "/api/Production/Batches");

/// A unit by its serial and part number: together they are its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnitKey<'a> {
    /// Serial number.
    pub serial_number: &'a str,
    /// Part number.
    pub part_number: &'a str,
}

impl<'a> UnitKey<'a> {
    /// The unit with these.
    pub const fn new(serial_number: &'a str, part_number: &'a str) -> Self {
        Self { serial_number, part_number }
    }
}

/// How serial numbers are exported and imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SerialNumberFormat {
    /// Comma-separated values.
    Csv,
    /// XML.
    Xml,
}

/// A call about a unit, which its query names.
fn about(client: &Client, route: Route, unit: UnitKey<'_>) -> Outline {
    let outline = Outline::new(client, route, &[]);
    named(outline.query("serialNumber", unit.serial_number).query("partNumber", unit.part_number), "unit", unit)
}

/// Which unit a call without one of its two numbers is about would be the server's guess.
fn named(outline: Outline, argument: &'static str, unit: UnitKey<'_>) -> Outline {
    let is_nameless = unit.serial_number.trim().is_empty() || unit.part_number.trim().is_empty();
    outline.refuse_if(is_nameless, argument, "has no serial number or no part number")
}

/// Calls about production. Made by [`Client::production`].
#[derive(Debug, Clone, Copy)]
pub struct Production<'a> {
    client: &'a Client,
}

impl<'a> Production<'a> {
    pub(crate) const fn new(client: &'a Client) -> Self {
        Self { client }
    }

    fn outline(self, route: Route) -> Outline {
        Outline::new(self.client, route, &[])
    }

    /// The unit.
    pub fn unit(&self, unit: UnitKey<'_>) -> Request<Unit> {
        let segments = [("serial_number", unit.serial_number), ("part_number", unit.part_number)];
        Outline::new(self.client, GET_UNIT, &segments).value()
    }

    /// Creates or updates units. Which of them the server did not save is in the answer, where it says so.
    pub fn save_units(&self, units: &[Unit]) -> Request<Saved> {
        self.outline(PUT_UNITS).json(&units).read(model::read_saved)
    }

    /// Which tests the unit has passed, in which order, and the grade that follows.
    pub fn verify(&self, unit: UnitKey<'_>, revision: Option<&str>) -> Request<UnitVerificationGrade> {
        about(self.client, GET_VERIFICATION, unit).query_if("revision", revision).value()
    }

    /// Changes that a unit is to be given at its next test.
    pub fn unit_changes(&self, serial_number: Option<&str>, part_number: Option<&str>) -> Pages<UnitChange> {
        let client = self.client.clone();
        let (serial_number, part_number) = (serial_number.map(str::to_owned), part_number.map(str::to_owned));
        Pages::new(move |skip, top| {
            Outline::new(&client, GET_CHANGES, &[])
                .query_if("serialNumber", serial_number.as_deref())
                .query_if("partNumber", part_number.as_deref())
                .query("$top", top)
                .query("$skip", skip)
                .list()
        })
    }

    /// Takes a change off the list.
    pub fn delete_unit_change(&self, id: i64) -> Request<()> {
        Outline::new(self.client, DELETE_CHANGE, &[("id", &id.to_string())]).nothing()
    }

    /// Puts the unit into a phase.
    pub fn set_phase(&self, unit: UnitKey<'_>, phase: UnitPhaseFlag, comment: Option<&str>) -> Request<()> {
        about(self.client, SET_PHASE, unit).query("phase", phase).query_if("comment", comment).nothing()
    }

    /// Sends the unit to a process; none takes it off the one that it is at.
    pub fn set_process(&self, unit: UnitKey<'_>, process_code: Option<i32>, comment: Option<&str>) -> Request<()> {
        about(self.client, SET_PROCESS, unit)
            .query_if("processCode", process_code)
            .query_if("comment", comment)
            .nothing()
    }

    /// Builds `child` into `parent`.
    pub fn add_child(&self, parent: UnitKey<'_>, child: UnitKey<'_>) -> Request<()> {
        self.family(ADD_CHILD, parent, child).nothing()
    }

    /// Takes `child` out of `parent`.
    pub fn remove_child(&self, parent: UnitKey<'_>, child: UnitKey<'_>) -> Request<()> {
        self.family(REMOVE_CHILD, parent, child).nothing()
    }

    /// Whether the unit has the parts that its product asks for, in the server's own form.
    pub fn check_children(&self, unit: UnitKey<'_>, revision: &str) -> Request<serde_json::Value> {
        about(self.client, CHECK_CHILDREN, unit).query("revision", revision).raw()
    }

    /// The kinds of serial numbers. Cached.
    pub fn serial_number_types(&self) -> Request<Cached<Vec<SerialNumberType>>> {
        self.outline(GET_TYPES).cached(Resource::Production, parse_list)
    }

    /// Takes new serial numbers, for a unit if one is named. **Each call uses some up**, so it is never repeated by itself.
    pub fn take_serial_numbers(
        &self,
        kind: &str,
        quantity: u32,
        reference: Option<UnitKey<'_>>,
        station: Option<&str>,
    ) -> Request<Vec<String>> {
        self.outline(TAKE)
            .query("serialNumberType", kind)
            .query("quantity", quantity)
            .query_if("refSN", reference.map(|unit| unit.serial_number))
            .query_if("refPN", reference.map(|unit| unit.part_number))
            .query_if("stationName", station)
            .read(serial::read)
    }

    /// Serial numbers from one to another, in the server's own form.
    pub fn serial_numbers_by_range(&self, kind: &str, from: &str, to: &str) -> Request<Vec<serde_json::Value>> {
        self.outline(BY_RANGE).query("typeName", kind).query("from", from).query("to", to).list()
    }

    /// Serial numbers that were taken for a unit, in the server's own form.
    pub fn serial_numbers_by_reference(
        &self,
        kind: &str,
        serial_number: Option<&str>,
        part_number: Option<&str>,
    ) -> Request<Vec<serde_json::Value>> {
        self.outline(BY_REFERENCE)
            .query("typeName", kind)
            .query_if("referenceSerialNumber", serial_number)
            .query_if("referencePartNumber", part_number)
            .list()
    }

    /// Hands serial numbers to the server, as CSV or XML.
    pub fn import_serial_numbers(&self, document: impl Into<Bytes>, format: SerialNumberFormat) -> Request<()> {
        let content_type = match format {
            SerialNumberFormat::Csv => "text/csv",
            SerialNumberFormat::Xml => "application/xml",
        };
        self.outline(PUT_SERIALS).bytes(document, content_type).once().nothing()
    }

    /// The serial numbers of a kind, as a document.
    pub fn export_serial_numbers(&self, kind: &str, state: Option<&str>, format: SerialNumberFormat) -> Request<Bytes> {
        let format = match format {
            SerialNumberFormat::Csv => "csv",
            SerialNumberFormat::Xml => "xml",
        };
        self.outline(GET_SERIALS).query("typeName", kind).query_if("state", state).query("format", format).download()
    }

    /// Batches, of a product or with a number.
    pub fn batches(&self, part_number: Option<&str>, batch: Option<&str>) -> Request<Vec<ProductionBatch>> {
        self.outline(GET_BATCHES).query_if("partNumber", part_number).query_if("batchId", batch).list()
    }

    /// Creates or updates a batch.
    pub fn save_batch(&self, batch: &ProductionBatch) -> Request<Option<ProductionBatch>> {
        self.outline(PUT_BATCH).json(batch).saved()
    }

    /// Creates or updates batches.
    pub fn save_batches(&self, batches: &[ProductionBatch]) -> Request<Vec<ProductionBatch>> {
        self.outline(PUT_BATCHES).json(&batches).list()
    }

    fn family(self, route: Route, parent: UnitKey<'_>, child: UnitKey<'_>) -> Outline {
        let outline = self
            .outline(route)
            .query("parentSerialNumber", parent.serial_number)
            .query("parentPartNumber", parent.part_number)
            .query("childSerialNumber", child.serial_number)
            .query("childPartNumber", child.part_number);
        named(named(outline, "parent", parent), "child", child)
    }
}
