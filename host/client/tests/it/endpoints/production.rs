//! The calls about production.

use wats_client::production::{
    ChildChecks, ProductionBatch, SerialNumberFormat, SerialNumberRange, Unit, UnitKey, UnitPhaseFlag,
};

use super::{Row, plant};

pub(super) const LAMP: UnitKey<'_> = UnitKey::new("L7/1 #é", "LAMP-7");
const LED: UnitKey<'_> = UnitKey::new("L3-1", "LED-3");

/// A line of the list, the names in the query, and the call.
pub(super) const ROWS: &[Row] = &[
    ("PUT /api/Production/Units", "", |c| c.production().save_units(&[unit(LAMP), unit(LED)]).map(drop)),
    ("GET /api/Production/Unit/{}/{}", "", |c| c.production().unit(LAMP).map(drop)),
    ("GET /api/Production/UnitVerification", "serialNumber partNumber revision", |c| {
        c.production().verify(LAMP, Some("C")).map(drop)
    }),
    ("PUT /api/Production/SetUnitPhase", "serialNumber partNumber phase comment", |c| {
        c.production().set_phase(LAMP, UnitPhaseFlag::Finalized, Some("ready"))
    }),
    ("PUT /api/Production/SetUnitProcess", "serialNumber partNumber processCode comment", |c| {
        c.production().set_process(LAMP, Some(100), Some("again"))
    }),
    (
        "POST /api/Production/AddChildUnit",
        "parentSerialNumber parentPartNumber childSerialNumber childPartNumber",
        |c| c.production().add_child(LAMP, LED),
    ),
    ("GET /api/Production/CheckChildUnits", "serialNumber partNumber revision", |c| {
        c.production().check_children(LAMP, "C").map(drop)
    }),
    (
        "POST /api/Production/RemoveChildUnit",
        "parentSerialNumber parentPartNumber childSerialNumber childPartNumber",
        |c| c.production().remove_child(LAMP, LED),
    ),
    ("GET /api/Production/SerialNumbers/Types", "", |c| c.production().serial_number_types().map(drop)),
    ("POST /api/Production/SerialNumbers/Take", "serialNumberType quantity refSN refPN stationName", |c| {
        c.production().take_serial_numbers("Lamp", 3, Some(LAMP), Some("EOL-03")).map(drop)
    }),
    ("GET /api/Production/SerialNumbers/ByRange", "typeName from to", |c| {
        c.production().serial_numbers_by_range("Lamp", "Lamp-000001", "Lamp-000002").map(drop)
    }),
    ("GET /api/Production/SerialNumbers/ByReference", "typeName referenceSerialNumber referencePartNumber", |c| {
        c.production().serial_numbers_by_reference("Lamp", Some(LAMP.serial_number), Some(LAMP.part_number)).map(drop)
    }),
    ("PUT /api/Production/SerialNumbers", "", |c| {
        c.production().import_serial_numbers("Lamp,X-1\nLamp,X-2\n", SerialNumberFormat::Csv)
    }),
    ("GET /api/Production/SerialNumbers", "typeName state format", |c| {
        c.production().export_serial_numbers("Lamp", Some("free"), SerialNumberFormat::Csv).map(drop)
    }),
    ("PUT /api/Production/Batch", "", |c| c.production().save_batch(&batch("B-1")).map(drop)),
    ("PUT /api/Production/Batches", "", |c| c.production().save_batches(&[batch("B-2")]).map(drop)),
    ("GET /api/Production/Batches", "partNumber batchId", |c| {
        c.production().batches(Some("LAMP-7"), Some("B-1")).map(drop)
    }),
    ("GET /api/internal/Mes/GetUnitPhases", "", |c| c.internal().production().unit_phases().map(drop)),
    ("GET /api/internal/Production/isConnected", "", |c| c.internal().production().is_connected()),
    ("GET /api/internal/Production/GetSites", "", |c| c.internal().production().sites().map(drop)),
    ("GET /api/internal/Production/GetUnit", "serialNumber partNumber", |c| {
        c.internal().production().unit(LAMP.serial_number, Some(LAMP.part_number)).map(drop)
    }),
    ("GET /api/internal/Production/GetUnitInfo", "serialNumber partNumber", |c| {
        c.internal().production().unit_info(LAMP).map(drop)
    }),
    ("GET /api/internal/Production/GetUnitHierarchy", "serialNumber partNumber", |c| {
        c.internal().production().unit_hierarchy(LAMP).map(drop)
    }),
    ("GET /api/internal/Production/GetUnitStateHistory", "serialNumber partNumber", |c| {
        c.internal().production().unit_state_history(LAMP).map(drop)
    }),
    ("GET /api/internal/Production/GetUnitPhase", "serialNumber partNumber", |c| {
        c.internal().production().unit_phase(LAMP).map(drop)
    }),
    ("GET /api/internal/Production/GetUnitProcess", "serialNumber partNumber", |c| {
        c.internal().production().unit_process(LAMP).map(drop)
    }),
    ("GET /api/internal/Production/GetUnitContents", "serialNumber partNumber revision", |c| {
        c.internal().production().unit_contents(LAMP, "C").map(drop)
    }),
    ("POST /api/internal/Production/CreateUnit", "serialNumber partNumber revision batchNumber unitPhase", |c| {
        let unit = UnitKey::new("L7-2", "LAMP-7");
        let phase = Some(UnitPhaseFlag::UnderProduction);
        c.internal().production().create_unit(unit, "C", Some("B-1"), phase).map(drop)
    }),
    (
        "POST /api/internal/Production/AddChildUnit",
        "serialNumber partNumber childSerialNumber childPartNumber checkPartNumber checkRevision cultureCode checkPhase",
        |c| {
            let checks = ChildChecks { part_number: true, revision: true, phase: Some(false) };
            c.internal().production().add_child(LAMP, LED, checks).map(drop)
        },
    ),
    (
        "POST /api/internal/Production/RemoveChildUnit",
        "serialNumber partNumber childSerialNumber childPartNumber cultureCode",
        |c| c.internal().production().remove_child(LAMP, LED).map(drop),
    ),
    ("POST /api/internal/Production/RemoveAllChildUnits", "serialNumber partNumber cultureCode", |c| {
        c.internal().production().remove_all_children(LAMP).map(drop)
    }),
    ("GET /api/internal/Production/CheckChildUnits", "ParentSerialNumber ParentPartNumber CultureCode", |c| {
        c.internal().production().check_children(LAMP).map(drop)
    }),
    ("GET /api/internal/Production/SerialNumbers", "serialNumberType startAddress endAddress startDate endDate", |c| {
        c.internal().production().serial_numbers(&range(), Some("2026-01-01"), Some("2026-12-31")).map(drop)
    }),
    ("GET /api/internal/Production/SerialNumbers/Count", "serialNumberType fromDate toDate", |c| {
        c.internal().production().count_serial_numbers("Lamp", Some("2026-01-01"), Some("2026-12-31")).map(drop)
    }),
    ("PUT /api/internal/Production/SerialNumbers/Free", "", |c| {
        c.internal().production().free_serial_numbers(&[range()]).map(drop)
    }),
    ("DELETE /api/internal/Production/SerialNumbers/Free", "", |c| {
        c.internal().production().delete_free_serial_numbers(&[range()]).map(drop)
    }),
    ("GET /api/internal/Production/SerialNumbers/Ranges", "serialNumberType", |c| {
        c.internal().production().serial_number_ranges(Some("Lamp")).map(drop)
    }),
    ("GET /api/internal/Production/SerialNumbers/Statistics", "serialNumberType", |c| {
        c.internal().production().serial_number_statistics(Some("Lamp")).map(drop)
    }),
    ("GET /api/Production/Units/Changes", "serialNumber partNumber $top $skip", |c| {
        c.production().unit_changes(Some("L7-1"), Some("LAMP-7")).first_page().map(drop)
    }),
    ("DELETE /api/Production/Units/Changes/{}", "", |c| c.production().delete_unit_change(7).or_none().map(drop)),
];

fn unit(key: UnitKey<'_>) -> Unit {
    let mut unit = Unit::default();
    unit.serial_number = Some(key.serial_number.to_owned());
    unit.part_number = Some(key.part_number.to_owned());
    unit.serial_date = Some("2026-05-04T08:15:30".into());
    unit
}

pub(super) fn batch(number: &str) -> ProductionBatch {
    let mut batch = ProductionBatch::default();
    batch.batch_number = Some(number.to_owned());
    batch.batch_size = Some(100);
    batch
}

fn range() -> SerialNumberRange {
    SerialNumberRange { serial_number_type: "Lamp".into(), start_address: "X-1".into(), end_address: "X-9".into() }
}

#[tokio::test]
async fn units_are_saved_built_together_and_read_back() {
    let (_sim, client) = plant();
    let production = client.production();
    let saved = production.save_units(&[unit(LAMP), unit(LED)]).await.unwrap();
    assert_eq!(saved.units.len(), 2);
    production.add_child(LAMP, LED).await.unwrap();
    let lamp = production.unit(LAMP).await.unwrap();
    assert_eq!(lamp.sub_units[0].serial_number.as_deref(), Some(LED.serial_number));
    assert_eq!(lamp.serial_date.unwrap().as_str(), "2026-05-04T08:15:30");
    // A unit cannot be a part of its own part.
    let error = production.add_child(LED, LAMP).await.unwrap_err();
    assert_eq!(error.status(), Some(409), "{error}");
    production.set_phase(LAMP, UnitPhaseFlag::Shipped, None).await.unwrap();
    assert_eq!(production.unit(LAMP).await.unwrap().unit_phase_id, Some(2048));
    let nobody = UnitKey::new("nobody", "LAMP-7");
    let error = production.unit(nobody).await.unwrap_err();
    assert!(error.is_not_found(), "{error}");
    assert_eq!(production.unit(nobody).or_none().await.unwrap(), None);
}

#[tokio::test]
async fn serial_numbers_are_taken_once_for_each_call_and_read_from_xml() {
    let (sim, client) = plant();
    let first = client.production().take_serial_numbers("Lamp", 2, Some(LAMP), None).await.unwrap();
    client.production().import_serial_numbers("Lamp,A&B<1>\n", SerialNumberFormat::Csv).await.unwrap();
    let second = client.production().take_serial_numbers("Lamp", 1, None, None).await.unwrap();
    assert_eq!((first, second), (vec!["Lamp-000001".to_owned(), "Lamp-000002".into()], vec!["A&B<1>".to_owned()]));
    let of_lamp =
        client.production().serial_numbers_by_reference("Lamp", Some(LAMP.serial_number), None).await.unwrap();
    assert_eq!(of_lamp.len(), 2);
    // Nothing that uses something up is sent twice by itself.
    sim.handle().add_rule(wats_sim::fault::Rule::any(wats_sim::fault::Action::status(503)).times(1)).unwrap();
    let before = sim.handle().stats().requests;
    let error = client.production().take_serial_numbers("Lamp", 1, None, None).await.unwrap_err();
    assert_eq!(error.status(), Some(503), "{error}");
    assert_eq!(sim.handle().stats().requests, before + 1);
}

#[tokio::test]
async fn a_removal_without_a_list_is_not_sent() {
    let (sim, client) = plant();
    let error = client.internal().production().delete_free_serial_numbers(&[]).await.unwrap_err();
    assert!(matches!(error, wats_client::Error::Argument { argument: "ranges", .. }), "{error}");
    assert_eq!(sim.handle().stats().requests, 0);
}
