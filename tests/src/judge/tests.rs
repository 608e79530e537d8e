use wats_queue::{Digest, EntryId, Hold, PriorityClass, ReportKind, SourceId, SourceKey, Stat};
use wats_sim::Format;

use super::*;

fn unit(serial: &str) -> Unit {
    Unit { serial: serial.into(), part: "LAMP-7".into(), result: 'P' }
}

fn time() -> jiff::Timestamp {
    jiff::Timestamp::UNIX_EPOCH
}

fn row(name: &str, outcome: Outcome) -> SourceRow {
    SourceRow {
        id: SourceId(1),
        key: SourceKey { inbox: "line".into(), path: name.into() },
        stat: Stat { size: 1, mtime_ns: 0, file_id: None },
        digest: Digest::default(),
        identity: Vec::new(),
        plugin: None,
        inputs: String::new(),
        outcome,
        archive: Archive::Archived { to: String::new() },
        generation: 1,
        undelivered: 0,
        trace: None,
        first_seen: time(),
        decided: time(),
    }
}

fn entry(serial: &str, report_id: Uuid) -> EntryRow {
    EntryRow {
        id: EntryId(1),
        source_id: SourceId(1),
        generation: 1,
        report_id,
        key: "0".into(),
        kind: ReportKind::Uut,
        part_number: "LAMP-7".into(),
        serial_number: serial.into(),
        process_code: 100,
        result: "P".into(),
        start: String::new(),
        ref_uut: None,
        notes: String::new(),
        state: EntryState::Delivered,
        hold: Hold::None,
        leased: false,
        orphan: false,
        class: PriorityClass::Normal,
        committed_at: time(),
        attempts: 0,
        next_try: None,
        last_error: None,
        ended_at: None,
        reason: None,
        receipt: None,
        stored_bytes: 1,
        raw_bytes: 1,
    }
}

fn at_server(serial: &str, id: Uuid) -> ReportEntry {
    ReportEntry {
        place: 1,
        id,
        part: "LAMP-7".into(),
        serial: serial.into(),
        result: "P".into(),
        format: Format::Wsjf,
        count: 1,
        changes: 0,
        last_at: time(),
        digest: String::new(),
        content: String::new(),
    }
}

/// A file with two units, and one that cannot be converted.
fn sound() -> Evidence {
    let ids = [Uuid::from_u128(1), Uuid::from_u128(2)];
    let dropped = vec![
        Dropped { name: "a.csv".into(), content: b"a".to_vec(), units: vec![unit("A-1"), unit("A-2")] },
        Dropped { name: "b.csv".into(), content: b"b".to_vec(), units: Vec::new() },
    ];
    let found = |place, path: &str, content: &[u8]| Found { place, path: path.into(), content: content.to_vec() };
    let counts = Counts {
        files_seen: 2,
        files_committed: 1,
        files_quarantined: 1,
        reports_committed: 2,
        reports_delivered: 2,
        ..Counts::default()
    };
    Evidence {
        found: vec![
            found(Place::Archive, "a.csv", b"a"),
            found(Place::Errors, "b.csv", b"b"),
            found(Place::Errors, "b.csv.error.json", b"{}"),
        ],
        ledger: Ledger {
            findings: Vec::new(),
            counts,
            entries: vec![entry("A-1", ids[0]), entry("A-2", ids[1])],
            sources: [
                ("a.csv".to_owned(), vec![row("a.csv", Outcome::Committed { reports: 2 })]),
                ("b.csv".to_owned(), vec![row("b.csv", Outcome::Quarantined { error: "torn".into() })]),
            ]
            .into(),
        },
        server: vec![at_server("A-1", ids[0]), at_server("A-2", ids[1])],
        overwritten: Vec::new(),
        accepted: 2,
        faults: Faults { kills: 3, interrupted: 1, wanted: 3 },
        dropped,
    }
}

fn promises(change: impl FnOnce(&mut Evidence)) -> BTreeSet<Promise> {
    let mut evidence = sound();
    change(&mut evidence);
    judge(&evidence).into_iter().map(|broken| broken.promise).collect()
}

#[test]
fn sound_evidence_is_found_sound() {
    assert_eq!(judge(&sound()), []);
    assert_eq!(promises(|evidence| evidence.found[0].path = "a.1.csv".into()), [].into(), "its name was taken");
}

#[test]
fn a_file_that_is_lost_twice_changed_or_in_the_wrong_place_is_noticed() {
    let filed: BTreeSet<_> = [Promise::Filed].into();
    assert_eq!(promises(|evidence| drop(evidence.found.remove(0))), filed);
    assert_eq!(promises(|evidence| evidence.found.push(evidence.found[0].clone())), filed);
    assert_eq!(promises(|evidence| evidence.found[0].content.clear()), filed);
    assert_eq!(promises(|evidence| evidence.found[0].place = Place::Inbox), filed);
    assert_eq!(promises(|evidence| evidence.found[1].place = Place::Archive), filed);
    assert_eq!(promises(|evidence| evidence.found[2].content.clear()), filed, "a torn reason");
    let mut stray = sound().found[0].clone();
    stray.content = Vec::new();
    assert_eq!(promises(|evidence| evidence.found.push(stray)), filed, "a placeholder that was left behind");
}

#[test]
fn a_report_that_is_lost_is_noticed_at_the_server_and_in_the_queue() {
    assert_eq!(promises(|evidence| drop(evidence.server.pop())), [Promise::Delivered].into());
    assert_eq!(promises(|evidence| evidence.ledger.entries[0].state = EntryState::Dead), [Promise::Delivered].into());
    let lost = promises(|evidence| {
        evidence.server.clear();
        evidence.ledger = Ledger::default();
    });
    assert!(lost.is_superset(&[Promise::Delivered, Promise::Conserved].into()), "{lost:?}");
}

#[test]
fn a_report_that_no_file_gave_or_that_came_under_two_ids_is_noticed() {
    let invented: BTreeSet<_> = [Promise::NothingInvented].into();
    assert_eq!(promises(|evidence| evidence.server.push(at_server("X", Uuid::from_u128(9)))), invented);
    assert_eq!(promises(|evidence| evidence.server.insert(1, at_server("A-1", Uuid::from_u128(9)))), invented);
    assert_eq!(promises(|evidence| evidence.ledger.entries[0].report_id = Uuid::from_u128(9)), invented);
}

#[test]
fn other_contents_are_noticed() {
    let content: BTreeSet<_> = [Promise::Content].into();
    assert_eq!(promises(|evidence| evidence.server[0].changes = 1), content);
    assert_eq!(promises(|evidence| evidence.overwritten.push(Uuid::from_u128(1))), content);
    assert_eq!(promises(|evidence| evidence.server[0].result = "F".into()), content);
}

#[test]
fn sums_that_do_not_agree_are_noticed() {
    let conserved: BTreeSet<_> = [Promise::Conserved].into();
    assert_eq!(promises(|evidence| evidence.ledger.counts.files_seen = 3), conserved);
    assert_eq!(promises(|evidence| evidence.ledger.counts.reports_delivered = 1), conserved);
    assert_eq!(promises(|evidence| drop(evidence.ledger.entries.pop())), conserved);
    assert_eq!(promises(|evidence| drop(evidence.ledger.sources.remove("a.csv"))), conserved);
}

#[test]
fn a_second_conversion_is_noticed() {
    let generation = |evidence: &mut Evidence| {
        evidence.ledger.sources.get_mut("a.csv").unwrap()[0].generation = 2;
    };
    assert_eq!(promises(generation), [Promise::ConvertedOnce].into());
}

#[test]
fn a_campaign_in_which_nothing_happened_is_noticed() {
    let happened: BTreeSet<_> = [Promise::Happened].into();
    assert_eq!(promises(|evidence| evidence.faults.kills = 2), happened);
    assert_eq!(promises(|evidence| evidence.faults.interrupted = 0), happened);
    assert_eq!(promises(|evidence| evidence.accepted = 0), happened);
}
