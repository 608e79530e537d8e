//! `wats capsule`, and `wats replay` of what it packs.

use std::{
    fs,
    io::{Read as _, Write as _},
    path::Path,
};

use serde_json::Value;

use crate::harness::{BROKEN, Bench, GOOD, eventually, stop};

type Files = Vec<(String, Vec<u8>)>;

/// The files of a capsule, by name.
fn unpack(path: &Path) -> Files {
    let mut zip = zip::ZipArchive::new(fs::File::open(path).unwrap()).unwrap();
    let mut all = Vec::new();
    for index in 0..zip.len() {
        let mut file = zip.by_index(index).unwrap();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        all.push((file.name().unwrap().into_owned(), bytes));
    }
    all
}

fn pack(path: &Path, files: &[(String, Vec<u8>)]) {
    let mut zip = zip::ZipWriter::new(fs::File::create(path).unwrap());
    for (name, bytes) in files {
        zip.start_file(name.as_str(), zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap();
}

fn station() -> Bench {
    let bench = Bench::new();
    bench.configure("http://127.0.0.1:9");
    bench
}

#[test]
fn a_file_that_a_station_set_aside_is_packed_and_does_the_same_elsewhere() {
    let bench = station();
    let mut running = bench.run();
    bench.write("in/line/b.csv", BROKEN);
    let set_aside = || {
        let found =
            ["in.error/line/b.csv", "in.error/line/b.csv.error.json"].iter().all(|path| bench.path(path).is_file());
        if found { Ok(()) } else { Err("not there".to_owned()) }
    };
    eventually("the error folder", set_aside);
    stop(&mut running);
    let ran = bench.wats(&["capsule", "in.error/line/b.csv.error.json", "--to", "c.zip"]).ends_with(0);
    let ran = ran.says(&["malformed at line 2, column 7", "as it is"]);
    assert!(!ran.out.contains("another error"), "{ran:?}");
    let files = unpack(&bench.path("c.zip"));
    let manifest: Value = serde_json::from_slice(&files[0].1).unwrap();
    assert_eq!(manifest["source"][0]["path"], "line/b.csv");
    assert_eq!(manifest["station"]["machine_name"], "CLI-1");
    assert!(manifest["error"].as_str().unwrap().contains("\"five\""), "{manifest}");
    assert_eq!(
        files.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
        ["capsule.json", "plugin.wasm", "source/0"]
    );
    // Another machine: no configuration, no plugins.
    let elsewhere = Bench::new();
    elsewhere.write("c.zip", fs::read(bench.path("c.zip")).unwrap());
    elsewhere.wats(&["replay", "c.zip"]).ends_with(0).says(&[
        "line/b.csv",
        "\"five\" is not a number",
        "the same as recorded",
    ]);
    assert_eq!(elsewhere.wats(&["--json", "replay", "c.zip"]).ends_with(0).json()["ok"], true);
    // A capsule is never written over another file.
    bench.wats(&["capsule", "in.error/line/b.csv", "--to", "c.zip"]).ends_with(1).complains(&["c.zip"]);
}

#[test]
fn a_redacted_capsule_has_no_value_of_the_file_and_fails_at_the_same_place() {
    let bench = station();
    let secret = "serial_number,part_number,revision,process,start,operator,test_name,value,low_limit,high_limit\n\
                  QX81-7734,ZULU-9,C,100,2026-05-04T08:15:30,Ragnhild,Vccaux,fivefold,4.9,5.1\n";
    bench.write("in.error/QX81-7734.csv", secret);
    let ran = bench.wats(&["capsule", "in.error/QX81-7734.csv", "--to", "c.zip", "--redact"]).ends_with(0);
    ran.says(&["malformed at line 2, column 8"]);
    for (name, bytes) in unpack(&bench.path("c.zip")).iter().filter(|(name, _)| name != "plugin.wasm") {
        let text = String::from_utf8_lossy(bytes);
        for word in ["QX81", "7734", "ZULU", "Ragnhild", "Vccaux", "fivefold", "CLI-1"] {
            assert!(!text.contains(word), "{word} is in {name}: {text}");
        }
    }
    bench.wats(&["replay", "c.zip"]).ends_with(0).says(&["the same as recorded"]);
}

#[test]
fn what_does_not_fail_the_same_way_once_it_is_redacted_is_written_on_demand_only() {
    let bench = Bench::new();
    let guests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/guests").display().to_string();
    // The number of the line is in the file itself.
    bench.write("a.script", "error malformed 7777 7777 broken\n");
    let arguments = ["capsule", "a.script", "--plugin", "scripted", "--plugins", &guests, "--redact", "--to", "c.zip"];
    bench.wats(&arguments).ends_with(1).complains(&["something else", "nothing is written", "--force"]);
    assert!(!bench.path("c.zip").exists());
    bench.wats(&[&arguments[..], &["--force"]].concat()).ends_with(0);
    assert!(bench.path("c.zip").is_file());
}

#[test]
fn what_had_to_stay_in_a_redacted_capsule_is_told_to_people_and_to_programs() {
    let bench = station();
    let guests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/guests").display().to_string();
    // Its place is in the file itself, in numbers so short that they stay if need be.
    bench
        .write("in.error/a.script", "error malformed 377 89 broken\n")
        .write("in.error/b.script", "report QX81 5.01\n");
    let pack = |before: &[&str], file: &str, to: &str| {
        let rest = ["capsule", file, "--plugin", "scripted", "--plugins", &guests, "--redact", "--to", to];
        bench.wats(&[before, &rest[..]].concat()).ends_with(0)
    };
    let told = "numbers with a decimal point, words of up to three letters, and numbers of up to three digits";
    pack(&[], "in.error/a.script", "a.zip").says(&[told, "stay as they are"]);
    assert_eq!(pack(&["--json"], "in.error/a.script", "b.zip").json()["stays"], told);
    let nothing = pack(&["--json"], "in.error/b.script", "c.zip").json();
    assert!(nothing["redacted"] == true && nothing.get("stays") == Some(&Value::Null), "{nothing}");
}

#[test]
fn xml_that_is_redacted_has_none_of_its_comments_and_addresses_and_is_read_as_before() {
    let bench = station();
    let report = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/atml/cases/error_number/input.xml");
    let report = fs::read_to_string(report).unwrap();
    let (before, _) = report.split_once("<tr:Personnel>").unwrap();
    let secret = "<!-- operator Kari Nordmann, badge 471108, dut SNX-99812 --><?mes order=\"ORD-556677\"?>\
                  <x><![CDATA[Returned by Volvo Torslanda, QQ7788]]> http://mes.acme.local/unit/ZULU </x>";
    // What fails stands behind them: a tag that closes nothing.
    bench.write("in.error/a.xml", format!("{before}{secret}</strange>"));
    let plugins = crate::harness::plugins_text();
    let arguments =
        ["--json", "capsule", "in.error/a.xml", "--plugin", "atml", "--plugins", &plugins, "--redact", "--to", "c.zip"];
    bench.wats(&arguments).ends_with(0);
    let files = unpack(&bench.path("c.zip"));
    let source = String::from_utf8_lossy(&files[2].1);
    for word in ["Kari", "Nordmann", "471108", "99812", "556677", "Volvo", "Torslanda", "QQ7788", "ZULU"] {
        assert!(!source.contains(word), "{word} is in {source}");
    }
    assert!(source.contains("xmlns:tr=\"urn:IEEE-1636.1:2011:01:TestResults\""), "{source}");
    bench.wats(&["replay", "c.zip"]).ends_with(0).says(&["malformed at line 4, column ", "the same as recorded"]);
}

#[test]
fn a_file_too_large_for_a_capsule_is_not_packed() {
    let bench = station();
    // All of it is a hole.
    fs::create_dir_all(bench.path("in.error")).unwrap();
    fs::File::create(bench.path("in.error/big.csv")).unwrap().set_len(520 << 20).unwrap();
    let ran = bench.wats(&["capsule", "in.error/big.csv", "--plugin", "csv", "--to", "c.zip"]).ends_with(1);
    ran.complains(&["big.csv", "with 545259520 bytes", "536870912 are allowed", "smaller"]);
    assert!(!bench.path("c.zip").exists());
}

#[test]
fn a_capsule_has_neither_tokens_nor_the_configuration() {
    let bench = station();
    bench.write(
        "wats.toml",
        fs::read_to_string(bench.path("wats.toml")).unwrap() + "[inbox.defaults]\npart_number = \"PN-7\"\n",
    );
    bench.write("data/token", "dXNlcjpwYXNz").write("in.error/b.csv", BROKEN);
    bench.wats(&["capsule", "in.error/b.csv"]).ends_with(0);
    for (name, bytes) in unpack(&bench.path("b.csv.wats-capsule.zip")).iter().filter(|(name, _)| name != "plugin.wasm")
    {
        let text = String::from_utf8_lossy(bytes);
        assert!(!text.contains("dXNlcjpwYXNz") && !text.contains("127.0.0.1"), "{name}: {text}");
        assert!(name != "capsule.json" || text.contains("PN-7"), "{text}");
    }
}

#[test]
fn an_outcome_that_differs_from_the_recorded_one_is_told() {
    let bench = station();
    bench.write("in.error/b.csv", BROKEN);
    bench.wats(&["capsule", "in.error/b.csv", "--to", "c.zip"]).ends_with(0);
    let mut files = unpack(&bench.path("c.zip"));
    let manifest = String::from_utf8(files[0].1.clone()).unwrap();
    files[0].1 = manifest.replace("\"place\": \"line 2, column 7\"", "\"place\": \"line 3\"").into_bytes();
    pack(&bench.path("d.zip"), &files);
    bench.wats(&["replay", "d.zip"]).ends_with(1).says(&["not the same as recorded", "line 3"]);
}

#[test]
fn a_forged_capsule_is_refused_with_what_is_wrong() {
    let bench = station();
    bench.write("a.csv", GOOD);
    bench.wats(&["capsule", "a.csv", "--to", "c.zip"]).ends_with(0);
    let good = unpack(&bench.path("c.zip"));
    let check = |change: &dyn Fn(&mut Files), words: &[&str]| {
        let mut files = good.clone();
        change(&mut files);
        pack(&bench.path("d.zip"), &files);
        bench.wats(&["replay", "d.zip"]).ends_with(5).complains(words);
    };
    let manifest = |from: &'static str, to: &'static str| {
        move |files: &mut Files| {
            let text = String::from_utf8(files[0].1.clone()).unwrap();
            assert!(text.contains(from), "{text}");
            files[0].1 = text.replacen(from, to, 1).into_bytes();
        }
    };
    check(&|files| files[2].1.push(b'x'), &["source/0", "digest"]);
    check(&|files| files[1].1.push(b'x'), &["plugin.wasm", "digest"]);
    check(&|files| files.push(("../../etc/cron.d/x".into(), b"x".to_vec())), &["../../etc/cron.d/x", "no capsule"]);
    check(&|files| drop(files.pop()), &["2 files"]);
    check(&manifest("\"a.csv\"", "\"../a.csv\""), &["../a.csv", "no path"]);
    check(&manifest("\"version\": 1", "\"version\": 2"), &["version 2", "reads 1"]);
    check(&manifest("\"redacted\"", "\"strange\""), &["strange"]);
    // More than allowed, in few bytes.
    check(&|files| files[0].1 = vec![b' '; (64 << 20) + 1], &["larger than allowed"]);
}
