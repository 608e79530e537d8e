//! How many instructions the hot paths take, counted by callgrind: the same on a busy machine as on a quiet one, so that a
//! regression is seen where times would say nothing.
//!
//! Each path is run a few times and again a few times more; the difference, for one time, is held against `counts.toml`.
//! `BLESS=1 cargo xtask test hot_path` writes what it finds there. The programs of tests are counted, which are compiled
//! differently from a release: the numbers say what has changed, not what it costs.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::{fs, path::PathBuf, process::Command};

use opentelemetry::metrics::{MeterProvider as _, noop::NoopMeterProvider};
use uuid::Uuid;
use wats_converter::testing::Run;
use wats_queue::{Commit, NewReport, Outcome, Payload, Queue, QueueOptions, Receipt, ReportKind, SourceKey, Stat};
use wats_report::{Report, UutReport, Violation};
use wats_runtime::{Draft, Job, ReportSink, Runtime, RuntimeOptions, SinkError, Source, SourceFile};
use wats_tests::{samples::csv, station};

/// The path that a child process runs, and how often.
const PATH: &str = "WATS_COUNT_PATH";
const TIMES: &str = "WATS_COUNT_TIMES";
/// By so much a count may be larger or smaller than it was, with the same compiler and instructions of the same kind.
const TOLERANCE: f64 = 0.05;
/// The same for a guest, which is compiled by whichever compiler for wasm the machine has.
const TOLERANCE_OF_GUESTS: f64 = 0.25;
const SANDBOXED: &str = "csv of 100 steps, converted in the sandbox";
/// The key of what compiled them, and for what.
const BY: &str = "by";

/// The paths, and the two numbers of times.
const PATHS: [(&str, [u32; 2]); 6] = [
    ("report of 100 steps, written", [10, 60]),
    ("report of 100 steps, checked", [10, 60]),
    ("csv of 100 steps, converted natively", [4, 14]),
    (SANDBOXED, [4, 24]),
    ("atml of 100 tests, converted natively", [4, 14]),
    ("report through the queue: committed, leased, delivered", [20, 120]),
];

fn run(path: &str, times: u32) {
    match path {
        "report of 100 steps, written" => {
            let report = report();
            (0..times).for_each(|_| drop(std::hint::black_box(report.to_wsjf())));
        }
        "report of 100 steps, checked" => {
            let report = report();
            (0..times).for_each(|_| assert!(report.validate().is_empty()));
        }
        "csv of 100 steps, converted natively" => {
            let text = csv(1, 100);
            (0..times).for_each(|_| {
                assert_eq!(Run::<csv_plugin::Csv>::file("a.csv", text.as_str()).texts().unwrap().len(), 1);
            });
        }
        SANDBOXED => sandboxed(times),
        "atml of 100 tests, converted natively" => {
            let text = atml_file();
            (0..times)
                .for_each(|_| assert_eq!(Run::<atml::Atml>::file("a.xml", text.as_str()).texts().unwrap().len(), 1));
        }
        "report through the queue: committed, leased, delivered" => queued(times),
        _ => panic!("no path {path:?}"),
    }
}

fn report() -> Report {
    let report = UutReport::builder("LAMP-7", "C", "L7-000042")
        .id(Uuid::from_u128(42))
        .process_code(100)
        .station("EOL-03", "Hall 2", "Production")
        .operator("kari")
        .start("2026-05-04T08:15:30.250+02:00".parse().unwrap())
        .steps(|steps| {
            for index in 0..100 {
                steps.numeric(format!("Voltage {index}"), f64::from(index) * 0.01 + 4.5).unit("V").between(4.0, 6.0);
            }
        })
        .build();
    Report::Uut(report)
}

fn atml_file() -> String {
    let test = |number: u32| {
        format!(
            r#"<tr:Test ID="{number}" name="Voltage {number}" startDateTime="2026-03-04T05:06:07.100" endDateTime="2026-03-04T05:06:07.200"><tr:Outcome value="Passed"/><tr:TestResult ID="r{number}" name="Vcc"><tr:TestData><c:Datum value="5.1" xsi:type="c:double" nonStandardUnit="V"/></tr:TestData></tr:TestResult></tr:Test>"#
        )
    };
    let tests: String = (0..100).map(test).collect();
    format!(
        r#"<?xml version="1.0" encoding="utf-8"?><tr:TestResults xmlns:tr="urn:IEEE-1636.1:2013:TestResults" xmlns:c="urn:IEEE-1671:2010:Common" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" uuid="0d4f5a10-6f0e-4a6e-9f5d-000000000001"><tr:ResultSet ID="rs" name="Acceptance test" startDateTime="2026-03-04T05:06:07.000" endDateTime="2026-03-04T05:06:07.950"><tr:Outcome value="Passed"/>{tests}</tr:ResultSet><tr:UUT><c:Definition><c:Identification><c:IdentificationNumbers><c:IdentificationNumber number="PN-77" type="Part"/></c:IdentificationNumbers></c:Identification></c:Definition><c:SerialNumber>AX-0001</c:SerialNumber></tr:UUT></tr:TestResults>"#
    )
}

struct Sink;

impl ReportSink for Sink {
    fn accept(&mut self, draft: Draft) -> Result<Result<String, Vec<Violation>>, SinkError> {
        drop(std::hint::black_box(draft));
        Ok(Ok(String::new()))
    }
}

fn sandboxed(times: u32) {
    let mut options = RuntimeOptions::new(NoopMeterProvider::new().meter("counts"));
    options.cache_dir = Some(PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("counts-compiled"));
    let runtime = Runtime::new(options).unwrap();
    let plugin = runtime.load(&station::plugin("csv").unwrap()).unwrap();
    let source = Source::new(SourceFile::from_bytes("a.csv", "2026-01-01T12:00:00Z", csv(1, 100).into_bytes()));
    for _ in 0..times {
        let (conversion, _) = plugin.convert(&source, Job::new(Sink));
        assert!(conversion.outcome.is_ok(), "{:?}", conversion.outcome);
    }
}

fn queued(times: u32) {
    let folder = tempfile::tempdir().unwrap();
    let mut options = QueueOptions::new(NoopMeterProvider::new().meter("counts"));
    options.ballast_bytes = 0;
    let payload = Payload::compress(&report().to_wsjf(), 1).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let queue = Queue::open(folder.path(), options).unwrap();
        for number in 0..u64::from(times) {
            let mut digest = [0; 32];
            digest[..8].copy_from_slice(&number.to_be_bytes());
            let source = wats_queue::Source {
                key: SourceKey { inbox: "line".to_owned(), path: format!("file-{number}.csv") },
                stat: Stat { size: number, mtime_ns: 0, file_id: None },
                digest,
                identity: digest.to_vec(),
                plugin: None,
                inputs: "{}".to_owned(),
                trace: None,
                first_seen: None,
            };
            let report = NewReport {
                id: Uuid::from_u64_pair(number.wrapping_mul(0x9e37_79b9_7f4a_7c15), number),
                key: "1".to_owned(),
                kind: ReportKind::Uut,
                part_number: "PN".to_owned(),
                serial_number: format!("SN{number}"),
                process_code: 10,
                result: 'P',
                start: "2026-11-21T10:00:00".to_owned(),
                ref_uut: None,
                content_digest: digest,
                payload: payload.clone(),
                notes: String::new(),
            };
            let commit = Commit { reports: vec![report], ..Commit::new(source, Outcome::Committed { reports: 1 }) };
            queue.commit(commit).await.unwrap();
            let leased = queue.lease(1).await.unwrap().pop().unwrap();
            let receipt = Receipt { status: 200, detail: String::new() };
            queue.delivered(leased.entry_id, receipt).await.unwrap();
        }
        queue.close().await;
    });
}

/// Not a test of its own: what is counted.
#[test]
fn counted() {
    let variable = |name| std::env::var_os(name).and_then(|text| text.into_string().ok());
    if let (Some(path), Some(times)) = (variable(PATH), variable(TIMES)) {
        run(&path, times.parse().unwrap());
    }
}

/// Instructions of a whole process. None where there is no valgrind.
fn collected(path: &str, times: u32) -> Option<u64> {
    let valgrind = std::env::var_os("WATS_VALGRIND").unwrap_or_else(|| "valgrind".into());
    let output = Command::new(valgrind)
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "counted", "--nocapture", "--test-threads=1"])
        .env(PATH, path)
        .env(TIMES, times.to_string())
        .output()
        .ok()?;
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{path}: {said}");
    let count = said.lines().find_map(|line| line.split("Collected : ").nth(1)?.trim().parse().ok());
    Some(count.unwrap_or_else(|| panic!("callgrind says nothing of what it collected: {said}")))
}

#[test]
fn no_hot_path_takes_more_instructions_than_it_did() {
    if collected("report of 100 steps, written", 1).is_none() {
        println!("skipped: valgrind is not there; on Debian it is in the package of that name");
        return;
    }
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("counts.toml");
    let before: toml::Table = fs::read_to_string(&file).unwrap().parse().unwrap();
    let by = by();
    let mut after = toml::Table::from_iter([(BY.to_owned(), by.clone().into())]);
    let mut wrong = Vec::new();
    for (path, [few, many]) in PATHS {
        // Once before, for what is made at the first time and kept.
        let counts = [1, few, many].map(|times| collected(path, times).unwrap());
        let count = u32::try_from(counts[2].saturating_sub(counts[1]) / u64::from(many - few)).unwrap();
        let was = before.get(path).and_then(toml::Value::as_integer).map_or(1, |was| u32::try_from(was).unwrap());
        let change = f64::from(count) / f64::from(was) - 1.0;
        println!("{path}: {count} instructions, {:+.1} %", 100.0 * change);
        let tolerance = if path == SANDBOXED { TOLERANCE_OF_GUESTS } else { TOLERANCE };
        if change.abs() > tolerance {
            wrong.push(format!("{path}: {count} instructions, and {was} before"));
        }
        after.insert(path.to_owned(), i64::from(count).into());
    }
    if std::env::var_os("BLESS").is_some() {
        let head = "# Instructions for one time of each path, by tests/tests/counts.rs; BLESS=1 writes it.";
        fs::write(&file, format!("{head}\n{after}")).unwrap();
        return;
    }
    if before.get(BY).and_then(toml::Value::as_str) != Some(&by) {
        println!("skipped: counted with {by}, and kept are those of {:?}", before.get(BY));
        return;
    }
    assert!(wrong.is_empty(), "if that is meant, BLESS=1: {wrong:#?}");
}

/// The compiler, and what the processor can do that libraries choose their code by.
fn by() -> String {
    let version = Command::new("rustc").arg("--version").output().unwrap().stdout;
    let has_avx2 = cfg!(target_arch = "x86_64")
        && fs::read_to_string("/proc/cpuinfo").is_ok_and(|text| text.split_whitespace().any(|word| word == "avx2"));
    let vectors = if has_avx2 { "avx2" } else { "no avx2" };
    format!("{}, {}, {vectors}", String::from_utf8_lossy(&version).trim(), std::env::consts::ARCH)
}
