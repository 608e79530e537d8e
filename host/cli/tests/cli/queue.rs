//! `wats queue`.

use std::fs;

use serde_json::Value;

use crate::harness::{Bench, stop, wsjf};

#[test]
fn reports_are_carried_from_one_queue_to_another_and_out_of_a_damaged_one() {
    let (old, new) = (Bench::new(), Bench::new());
    for bench in [&old, &new] {
        // Nobody listens there: reports are kept.
        bench.configure("http://127.0.0.1:9");
    }
    let mut station = old.run();
    for serial in ["S-1", "S-2", "S-3"] {
        old.wats_with(&["submit"], &wsjf(serial)).ends_with(0);
    }
    let lines = old.wats(&["queue", "export", "--serial", "S-2"]).ends_with(0).out.clone();
    assert_eq!(lines.lines().count(), 1);
    let line: Value = serde_json::from_str(&lines).unwrap();
    assert_eq!((&line["serial_number"], &line["state"]), (&"S-2".into(), &"pending".into()));
    assert!(line["content"].as_str().unwrap().contains("\"EOL-03\""));
    stop(&mut station);

    // The same of a station that stands still, into a file; into one that runs and one that does not.
    old.wats(&["queue", "export", "--to", "all.jsonl"]).ends_with(0).says(&["3 reports written"]);
    old.wats(&["queue", "export", "--to", "all.jsonl"]).ends_with(1).complains(&["all.jsonl"]);
    let file = old.path("all.jsonl").display().to_string();
    let mut station = new.run();
    new.wats(&["queue", "import", &file]).ends_with(0).says(&["3 reports will be sent, 0 were here already"]);
    new.wats_with(&["queue", "import", "-"], "{\"format\": 1}\n").ends_with(1).complains(&["standard input", "line 1"]);
    new.wats(&["trace", "S-2"]).ends_with(6).says(&["pending"]);
    stop(&mut station);
    new.wats(&["queue", "import", &file]).ends_with(0).says(&["0 reports will be sent, 3 were here already"]);
    new.wats(&["queue", "verify", "--deep"]).ends_with(0).says(&["3 committed = 0 delivered + 3 live"]);

    // A page in the middle of the database is overwritten.
    let database = new.path("data/queue/queue.db");
    let mut bytes = fs::read(&database).unwrap();
    let middle = bytes.len() / 2 / 4096 * 4096;
    bytes[middle..middle + 4096].fill(0xa5);
    fs::write(&database, bytes).unwrap();
    let salvaged = new.wats(&["queue", "salvage", "--json"]);
    assert!([0, 5].contains(&salvaged.code), "{salvaged:?}");
    assert!(salvaged.json()["entries"].as_u64().unwrap() <= 3, "{salvaged:?}");
    fs::rename(new.path("data/queue"), new.path("data/queue.damaged")).unwrap();
    fs::rename(new.path("data/queue.salvaged"), new.path("data/queue")).unwrap();
    new.wats(&["queue", "verify", "--deep"]).ends_with(0).says(&["sound"]);
    new.wats(&["queue", "salvage", "--to", "data/queue"]).ends_with(1);
}
