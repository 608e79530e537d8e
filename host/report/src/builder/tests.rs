use super::*;
use crate::{Failure, Report, UurReport};

#[test]
fn names_in_a_step_with_several_become_different_and_stay_short_enough() {
    let long = "n".repeat(120);
    let report = UutReport::builder("P", "A", "S")
        .steps(|s| {
            s.multi_numeric("m", |m| {
                for _ in 0..3 {
                    m.value("a", 1.0).unit("V").between(0.0, 2.0);
                }
            });
            s.multi_pass_fail("m", |m| {
                m.value(long.as_str(), true).value(long.as_str(), false);
            });
            s.multi_text("m", |m| {
                m.value("t", "x").equals("x");
                m.value("t", "y").equals_ignoring_case("Y");
            });
        })
        .build();
    let StepBody::Numeric(all) = &report.root.steps()[0].body else { panic!("numbers") };
    assert_eq!(all.iter().map(|m| m.name.as_deref().unwrap()).collect::<Vec<_>>(), ["a", "a #2", "a #3"]);
    let StepBody::PassFail(all) = &report.root.steps()[1].body else { panic!("yes or no") };
    assert_eq!(all[1].name.as_deref().unwrap().len(), 100);
    assert_eq!(report.root.steps()[1].status, Some(Status::Failed));
    assert_eq!(report.root.steps()[2].status, Some(Status::Passed));
    assert_eq!(report.header.result, Some(Status::Failed));
}

#[test]
fn a_repair_holds_the_unit_itself_and_its_parts_under_different_numbers() {
    let failed = UutReport::builder("LAMP-7", "C", "L7-42")
        .id(Uuid::from_u128(9))
        .process_code(100)
        .sub_unit(SubUnit { part_type: Some("PSU".to_owned()), ..SubUnit::new("PSU-1", "P-1") })
        .sub_unit(SubUnit::new("LED-1", "D-1"))
        .build();
    let at = "2026-05-04T10:00:00Z".parse().unwrap();
    let repair = UurReport::repair_of(&failed)
        .id(Uuid::from_u128(10))
        .repair_process(500)
        .station("Repair-1", "Hall 3", "Repair")
        .start(at)
        .dates(at, at)
        .exec_time(0.0)
        .failure(Failure::new("Component", "Defect Component"))
        .unit("LED-2", "D-2", |unit| {
            unit.replaces(2).part_type("LED").failure(Failure::new("Solder", "Cold joint"));
        })
        .build();
    let units: Vec<_> =
        repair.units.iter().map(|unit| (unit.idx, unit.serial_number.as_str(), unit.failures.len())).collect();
    assert_eq!(units, [(0, "L7-42", 1), (1, "P-1", 0), (2, "D-1", 0), (3, "D-2", 1)]);
    assert_eq!(repair.info.ref_uut, failed.header.id);
    assert_eq!(repair.info.test_process_code, Some(100));
    assert_eq!(Report::Uur(repair).validate(), []);
}
