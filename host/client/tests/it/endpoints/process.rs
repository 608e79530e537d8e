//! The calls about processes.

use uuid::Uuid;
use wats_client::{CacheMode, Freshness};

use super::{Row, plant};

/// The id that the simulated server gives to the process of a code.
fn id(code: u128) -> Uuid {
    Uuid::from_u128(0x5afe_0000_0000_4000_8000_0000_0000_0000 + code)
}

pub(super) const ROWS: &[Row] = &[
    (
        "GET /api/App/Processes",
        "includeTestOperations includeRepairOperations includeWipOperations includeInactiveProcesses",
        // Others may have asked before.
        |c| c.process().list().cache(CacheMode::Bypass).map(drop),
    ),
    ("GET /api/internal/Process/GetProcesses", "", |c| c.internal().process().list().map(drop)),
    ("GET /api/internal/Process/GetProcess/{}", "", |c| c.internal().process().by_id(id(100)).map(drop)),
    ("GET /api/internal/Process/GetRepairOperations", "", |c| c.internal().process().repair_operations().map(drop)),
    ("GET /api/internal/Process/GetRepairOperation/{}", "processCode", |c| {
        c.internal().process().repair_operation(id(500), Some(500)).map(drop)
    }),
];

#[tokio::test]
async fn processes_have_ids_and_repair_operations_their_fail_codes_and_all_are_asked_for_once() {
    let (sim, client) = plant();
    let internal = client.internal();
    let all = internal.process().list().await.unwrap();
    let final_test = all.iter().find(|process| process.code == Some(100)).unwrap();
    assert_eq!((final_test.process_id, final_test.is_test_operation), (Some(id(100)), true));
    assert!(all.iter().any(|process| process.state == Some(0)), "inactive ones are there too");
    let one = internal.process().by_id(id(100)).await.unwrap().unwrap();
    assert_eq!(*one, *final_test);
    assert!(internal.process().by_id(id(999)).await.unwrap().is_none());

    let operations = internal.process().repair_operations().await.unwrap();
    assert_eq!(operations.keys().copied().collect::<Vec<_>>(), [500, 510]);
    let repair = &operations[&500];
    assert!(repair.allows("Component", "Defect Component"));
    assert!(!repair.allows("Solder", "Defect Component"), "a code of another category");
    assert!(!repair.allows("Component", "Component"), "a category is no code");
    let same = internal.process().repair_operation(id(500), None).await.unwrap().unwrap();
    assert_eq!(*same, *repair);
    assert!(internal.process().repair_operation(id(100), None).await.unwrap().is_none(), "a test, no repair");

    let before = sim.handle().stats().requests;
    let again = internal.process().repair_operations().await.unwrap();
    assert!(matches!(again.freshness(), Freshness::Cached { .. }));
    assert_eq!(sim.handle().stats().requests, before);
}
