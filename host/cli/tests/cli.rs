//! The program as people and scripts meet it: what it prints, and with which code it ends.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;
use wats_sim::{
    DEMO_TOKEN, Sim, SimOptions,
    fault::{Action, Rule},
};

const PATIENCE: Duration = Duration::from_secs(90);

/// One unit that passes and one that fails.
const GOOD: &str = "serial_number,part_number,revision,process,start,test_name,value,unit,low_limit,high_limit\n\
                    L7-1,LAMP-7,C,100,2026-05-04T08:15:30,Vcc,5.01,V,4.9,5.1\n\
                    L7-2,LAMP-7,C,100,2026-05-04T08:16:30,Vcc,5.31,V,4.9,5.1\n";
/// A word where a number must be, in line 2.
const BROKEN: &str = "serial_number,part_number,revision,process,start,test_name,value,low_limit,high_limit\n\
                      L7-3,LAMP-7,C,100,2026-05-04T08:15:30,Vcc,five,4.9,5.1\n";

/// A folder to work in.
struct Bench {
    root: TempDir,
}

impl Bench {
    fn new() -> Self {
        Self { root: tempfile::Builder::new().prefix("wats-cli-").tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) -> &Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    /// The program, in this folder, without what the environment of the test says to it.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wats"));
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("WATS_")) {
            command.env_remove(name);
        }
        let cache = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tmp/wats-cli-cache");
        command.args(arguments).current_dir(self.root.path()).env("XDG_CACHE_HOME", cache).env("NO_COLOR", "1");
        command.stdin(Stdio::null());
        command
    }

    fn wats(&self, arguments: &[&str]) -> Ran {
        Ran::of(self.command(arguments).output().unwrap())
    }

    fn wats_with(&self, arguments: &[&str], input: &str) -> Ran {
        let mut command = self.command(arguments);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        Ran::of(child.wait_with_output().unwrap())
    }

    /// A configuration with one inbox, for this server.
    fn configure(&self, server: &str) -> &Self {
        let plugins = plugins();
        self.write(
            "wats.toml",
            format!(
                "plugin_dirs = ['{}']\n[station]\nname = \"CLI-1\"\ntime_zone = \"UTC\"\n\
                 [server]\nurl = \"{server}\"\nproxy = \"none\"\nrequests_per_minute = 0\n[http]\nport = 0\n\
                 [[inbox]]\nname = \"in\"\npath = \"in\"\nsettle_seconds = 0.1\nscan_seconds = 0.5\n",
                plugins.display()
            ),
        )
    }

    /// Runs the station; returns when it takes files.
    fn run(&self) -> Running {
        let log = fs::File::create(self.path("run.log")).unwrap();
        let child = self.command(&["run"]).stdout(Stdio::null()).stderr(log).spawn().unwrap();
        let running = Running(child);
        eventually("the station", || {
            let ran = self.wats(&["status", "--json"]);
            let ready = ran.json().pointer("/plugins/0").is_some()
                && ran.json()["plugins"].as_array().unwrap().iter().all(|plugin| plugin["state"] == "ready");
            if ready { Ok(()) } else { Err(format!("{ran:?} {}", fs::read_to_string(self.path("run.log")).unwrap())) }
        });
        running
    }
}

/// A station that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended already, or is ended now.
        let _ended = self.0.kill().is_err();
        let _gone = self.0.wait().is_err();
    }
}

/// What the program said.
#[derive(Debug)]
struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl Ran {
    fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    #[track_caller]
    fn ends_with(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        self
    }

    #[track_caller]
    fn says(self, words: &[&str]) -> Self {
        for word in words {
            assert!(self.out.contains(word), "{word:?} is not in the output of {self:#?}");
        }
        self
    }

    #[track_caller]
    fn complains(self, words: &[&str]) -> Self {
        for word in words {
            assert!(self.err.contains(word), "{word:?} is not among the complaints of {self:#?}");
        }
        self
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_default()
    }
}

fn eventually<T>(what: &str, mut look: impl FnMut() -> Result<T, String>) -> T {
    let began = Instant::now();
    loop {
        match look() {
            Ok(found) => return found,
            Err(seen) if began.elapsed() > PATIENCE => panic!("waited in vain for {what}; seen last: {seen}"),
            Err(_) => std::thread::sleep(Duration::from_millis(30)),
        }
    }
}

fn plugins() -> PathBuf {
    let plugins = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/plugins");
    assert!(plugins.join("csv.wasm").is_file(), "no plugins; build them with `cargo xtask guests`");
    plugins.canonicalize().unwrap()
}

fn plugins_text() -> String {
    plugins().display().to_string()
}

#[test]
fn the_demo_adds_up() {
    let bench = Bench::new();
    let ran = bench.wats(&["demo", "--json", "--plugins", &plugins_text()]).ends_with(0);
    let sums = ran.json();
    assert_eq!(sums["ok"], true, "{sums:#}");
    let number =
        |pointer: &str| sums.pointer(pointer).and_then(Value::as_u64).unwrap_or_else(|| panic!("{pointer} {sums:#}"));
    assert!(number("/files/dropped") >= 10 && number("/files/quarantined") >= 1, "{sums:#}");
    assert_eq!(number("/files/dropped"), number("/files/converted") + number("/files/quarantined"));
    assert!(number("/reports/committed") > 200, "a file with many reports is among them: {sums:#}");
    for same in ["/reports/expected", "/reports/delivered", "/reports/at_server"] {
        assert_eq!(number(same), number("/reports/committed"), "{same} {sums:#}");
    }
    assert_eq!((number("/reports/waiting"), number("/reports/refused")), (0, 0));
    assert_eq!(sums["conserved"], true);
}

#[test]
fn the_demo_tells_its_story_and_ends_with_sums() {
    let bench = Bench::new();
    let ran = bench.wats(&["demo", "--dir", "here", "--plugins", &plugins_text()]).ends_with(0).says(&[
        "simulated WATS server",
        "/metrics",
        "converted",
        "quarantined lamp-broken.csv",
        "the server goes away",
        "sending goes on",
        "it adds up: nothing lost, nothing twice",
        "where to look",
    ]);
    assert!(bench.path("here/in.error/lamp-broken.csv.error.json").is_file(), "{ran:?}");
    assert!(bench.path("here/in.archive/lot-2217.csv").is_file());
}

#[test]
fn convert_shows_what_is_in_a_file() {
    let bench = Bench::new();
    bench.write("a.csv", GOOD);
    bench.wats(&["convert", "a.csv", "--plugins", &plugins_text()]).ends_with(0).says(&[
        "a.csv  2 reports, by csv 0.",
        "Passed  L7-1 LAMP-7 rev C  process 100",
        "Failed  L7-2 LAMP-7",
        "1 step, 1 failed, 1 measurement",
        "5.31 V (GELE 4.9 .. 5.1)",
    ]);
}

#[test]
fn convert_gives_one_wsjf_object_a_line_on_demand() {
    let bench = Bench::new();
    bench.write("a.csv", GOOD);
    let ran = bench.wats(&["convert", "a.csv", "--json", "--plugin", "csv", "--plugins", &plugins_text()]).ends_with(0);
    let reports: Vec<Value> = ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: Vec<_> =
        reports.iter().map(|report| (report["sn"].as_str().unwrap(), report["result"].as_str().unwrap())).collect();
    assert_eq!(told, [("L7-1", "P"), ("L7-2", "F")]);
    for report in &reports {
        let text = report.to_string();
        let report = wats_report::read_wsjf_many(text.as_bytes()).next().unwrap().unwrap();
        assert!(!wats_report::is_refused(&report.validate()));
    }
}

#[test]
fn convert_takes_the_settings_of_the_inbox_that_the_file_belongs_to() {
    let bench = Bench::new();
    let bare =
        "serial_number,start,test_name,value,unit,low_limit,high_limit\nL7-1,2026-05-04T08:15:30,Vcc,5.01,V,4.9,5.1\n";
    let inbox = |name: &str| {
        format!(
            "[[inbox]]\nname = \"{name}\"\npath = \"{name}\"\n[inbox.defaults]\npart_number = \"PN-{name}\"\nrevision = \"R-{name}\"\n"
        )
    };
    bench.write("wats.toml", format!("plugin_dirs = ['{}']\n{}{}", plugins().display(), inbox("one"), inbox("two")));
    bench.write("one/a.csv", bare).write("two.error/deep/a.csv", bare).write("a.csv", bare);
    let part = |arguments: &[&str]| {
        let ran = bench.wats(&[&["convert", "--json"], arguments].concat()).ends_with(0);
        (
            ran.json()["pn"].as_str().unwrap_or_default().to_owned(),
            ran.json()["rev"].as_str().unwrap_or_default().to_owned(),
        )
    };
    let pair = |part: &str, revision: &str| (part.to_owned(), revision.to_owned());
    assert_eq!(part(&["one/a.csv"]), pair("PN-one", "R-one"));
    // Where it was quarantined it still belongs to its inbox.
    assert_eq!(part(&["two.error/deep/a.csv"]), pair("PN-two", "R-two"));
    assert_eq!(part(&["a.csv"]), pair("", ""));
    // What is missing is told once, with what to do.
    let missing =
        ["missing: part number, revision, process code (", "[inbox.defaults]", "--revision TEXT --process-code N)"];
    bench.wats(&["convert", "a.csv"]).ends_with(0).says(&missing).says(&["process -"]);
    bench.wats(&["convert", "a.csv", "--json"]).ends_with(0).complains(&missing);
    assert_eq!(part(&["a.csv", "--inbox", "two"]), pair("PN-two", "R-two"));
    assert_eq!(part(&["one/a.csv", "--part-number", "LAMP-7"]), pair("LAMP-7", "R-one"));
    bench.wats(&["convert", "a.csv", "--inbox", "three"]).ends_with(1).complains(&["\"three\"", "has one, two"]);
    // What is given for all of it makes it whole.
    let whole = ["convert", "a.csv", "--part-number", "LAMP-7", "--revision", "C", "--process-code", "100"];
    let ran = bench.wats(&whole).ends_with(0).says(&["L7-1 LAMP-7 rev C  process 100"]);
    assert!(!ran.out.contains("missing"), "{ran:?}");
    let ran = bench.wats(&[&whole[..], &["--json"]].concat()).ends_with(0);
    assert_eq!((&ran.json()["processCode"], ran.err.as_str()), (&100.into(), ""), "{ran:?}");
}

#[test]
fn convert_tells_by_its_code_what_became_of_the_worst_file() {
    let bench = Bench::new();
    bench
        .write("good.csv", GOOD)
        .write("broken.csv", BROKEN)
        .write("poem.csv", "roses are red\n")
        .write("a.unknown", "x");
    let plugins = plugins_text();
    let convert = |files: &[&str]| {
        let mut arguments = vec!["convert", "--plugins", plugins.as_str()];
        arguments.extend(files);
        bench.wats(&arguments)
    };
    convert(&["broken.csv"]).ends_with(1).complains(&[
        "broken.csv",
        "csv@",
        "line 2, column 7",
        "\"five\" is not a number",
    ]);
    convert(&["poem.csv"]).ends_with(5).complains(&["poem.csv: no plugin takes it: csv: confidence"]);
    convert(&["a.unknown"]).ends_with(5).complains(&["none has rules that fit"]);
    convert(&["absent.csv"]).ends_with(1).complains(&["absent.csv"]);
    convert(&["good.csv", "poem.csv"]).ends_with(5).says(&["2 reports"]);
    // Failed is worse than refused, and the good one is shown all the same.
    convert(&["broken.csv", "poem.csv", "good.csv"])
        .ends_with(1)
        .says(&["2 reports"])
        .complains(&["broken.csv", "poem.csv"]);
    bench
        .wats(&["convert", "--plugin", "nobody", "--plugins", &plugins, "good.csv"])
        .ends_with(1)
        .complains(&["nobody"]);
    bench.wats(&["convert"]).ends_with(2);
}

#[test]
fn plugins_are_listed_and_checked_before_they_are_used() {
    let bench = Bench::new();
    bench.write("garbage.wasm", "not wasm").write("empty/readme.txt", "");
    bench.wats(&["plugin", "list", "--plugins", &plugins_text()]).ends_with(0).says(&[
        "csv ",
        "atml ",
        "wats-json ",
        "loads",
    ]);
    let listed = bench.wats(&["plugin", "list", "--json", "--plugins", &plugins_text()]).ends_with(0).json();
    let names: Vec<_> = listed.as_array().unwrap().iter().map(|plugin| plugin["name"].as_str().unwrap()).collect();
    for shipped in ["atml", "csv", "wats-json"] {
        assert!(names.contains(&shipped), "{names:?}");
    }
    bench.wats(&["plugin", "list", "--plugins", "empty"]).ends_with(0).says(&["no plugin in empty"]);
    let csv = plugins().join("csv.wasm").display().to_string();
    bench.wats(&["plugin", "check", &csv]).ends_with(0).says(&["csv", "loads", "files *.csv", "wants lookup"]);
    bench.wats(&["plugin", "check", "garbage.wasm", &csv]).ends_with(5).says(&["does not load", "garbage.wasm", "csv"]);
    let told = bench.wats(&["plugin", "check", "--json", "garbage.wasm"]).ends_with(5).json();
    assert_eq!(told[0]["ok"], false);
    assert!(told[0]["error"].as_str().unwrap().contains("garbage.wasm"), "{told}");
}

#[test]
fn a_configuration_is_written_checked_shown_and_described() {
    let bench = Bench::new();
    bench.wats(&["config", "init"]).ends_with(0).says(&["wrote wats.toml"]);
    bench.wats(&["config", "init"]).ends_with(1).complains(&["exists, and is not overwritten"]);
    bench
        .wats(&["config", "check", "--offline"])
        .ends_with(0)
        .says(&["inbox line-1", "none: reports are converted and held"]);
    let shown = bench.wats(&["config", "show"]).ends_with(0);
    for key in [
        "enable_cache = true",
        "cache_ttl_seconds = 300",
        "cache_max_size = 1000",
        "enable_metrics = true",
        "settle_seconds = 1",
    ] {
        assert!(shown.out.contains(key), "{key} is not in {}", shown.out);
    }
    bench.write("again.toml", &shown.out);
    bench.wats(&["--config", "again.toml", "config", "check", "--offline"]).ends_with(0);
    let schema = bench.wats(&["config", "schema"]).ends_with(0).json();
    assert!(schema.pointer("/properties/metrics_port").is_some(), "{schema}");
}

#[test]
fn a_wrong_configuration_is_told_with_its_line_and_a_code_of_its_own() {
    let bench = Bench::new();
    bench.write("wats.toml", "data_dir = \"data\"\n\n[station]\nnmae = \"EOL-3\"\n");
    bench.wats(&["config", "check", "--offline"]).ends_with(3).complains(&["wats.toml", "line 4", "nmae"]);
    bench.wats(&["run"]).ends_with(3).complains(&["nmae"]);
    bench.write("wats.toml", "[[inbox]]\nname = \"a\"\npath = \"in\"\nalarm_threshold = 7.0\n[workers]\nmin = 0\n");
    // All that is wrong at once.
    bench.wats(&["status"]).ends_with(3).complains(&["inbox[0].alarm_threshold", "line 4", "workers.min", "line 6"]);
    bench.wats(&["--config", "absent.toml", "status"]).ends_with(1).complains(&["absent.toml", "wats config init"]);
}

#[test]
fn the_way_to_the_server_is_checked_as_the_station_would_go_it() {
    let bench = Bench::new();
    let sim = Sim::start(SimOptions::default()).unwrap();
    let server = |keys: &str| {
        let inbox = "[[inbox]]\nname = \"in\"\npath = \"in\"\n";
        bench.write("wats.toml", format!("plugin_dirs = ['{}']\n{inbox}[server]\n{keys}\n", plugins().display()));
        bench.wats(&["config", "check"])
    };
    server("url = \"http://127.0.0.1:9\"\nproxy = \"none\"").ends_with(3).says(&["none is stored"]);
    bench.wats_with(&["token", "set"], &format!("{DEMO_TOKEN}\n")).ends_with(0);
    // Nobody listens: the configuration may be right.
    let away = server("url = \"http://127.0.0.1:9\"\nproxy = \"none\"").ends_with(1);
    away.says(&["failed  server: http://127.0.0.1:9", "port 9"]);
    assert_eq!(bench.wats(&["config", "check", "--json"]).ends_with(1).json()["ok"], false);
    bench.wats(&["config", "check", "--offline"]).ends_with(0).says(&["not asked"]);
    // This name leads nowhere but through the proxy.
    let proxied = format!("url = \"http://wats.invalid\"\nproxy = \"{}\"", sim.url());
    server(&proxied).ends_with(0).says(&["left to the proxy", "the token is accepted"]);
    for keys in ["client_certificate_file = \"absent.pem\"", "ca_file = \"absent.pem\"", "proxy = \"not a proxy\""] {
        server(&format!("url = \"{}\"\n{keys}", sim.url())).ends_with(3).says(&["wrong   server"]);
    }
}

#[test]
fn every_command_answers_in_json_and_says_so_when_it_fails() {
    let bench = Bench::new();
    bench.write("poem.csv", "roses are red\n").write("wrong.toml", "nmae = 1\n").write("good.csv", GOOD);
    let plugins = plugins_text();
    assert_eq!(bench.wats(&["config", "init", "--json"]).ends_with(0).json()["configuration"], "wats.toml");
    let stored = bench.wats_with(&["token", "set", "--json"], "c2VjcmV0OnRva2Vu\n").ends_with(0).json();
    assert!(stored["stored"].as_str().unwrap().ends_with("token"), "{stored}");
    assert_eq!(bench.wats(&["token", "clear", "--json"]).ends_with(0).json()["removed"], true);
    assert_eq!(bench.wats(&["token", "clear", "--json"]).ends_with(0).json()["removed"], false);
    let script = bench.wats(&["completions", "bash", "--json"]).ends_with(0).json();
    assert!(script["script"].as_str().unwrap().contains("convert"), "{script}");
    for (arguments, code) in [
        (&["config", "init", "--json"][..], 1),
        (&["submit", "--json"], 1),
        (&["queue", "list", "--json"], 1),
        (&["frobnicate", "--json"], 2),
        (&["--config", "wrong.toml", "status", "--json"], 3),
        (&["convert", "--json", "--plugins", &plugins, "poem.csv"], 5),
    ] {
        let ran = bench.wats(arguments).ends_with(code);
        let told = ran.json();
        assert_eq!((&told["ok"], &told["error"]["code"]), (&false.into(), &code.into()), "{ran:?}");
        assert!(ran.err.contains(told["error"]["what"].as_str().unwrap()), "people read it, too: {ran:?}");
    }
    let ran = bench.wats(&["convert", "--json", "--plugins", &plugins, "good.csv", "poem.csv"]).ends_with(5);
    let lines: Vec<Value> = ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        lines.iter().map(|line| line["ok"].clone()).collect::<Vec<_>>(),
        [Value::Null, Value::Null, false.into()]
    );
    assert_eq!(lines[2]["file"], "poem.csv");
    // The log of the station as well.
    bench.configure("http://127.0.0.1:9");
    let log = fs::File::create(bench.path("log.json")).unwrap();
    let mut station = Running(bench.command(&["run", "--json"]).stdout(Stdio::null()).stderr(log).spawn().unwrap());
    eventually("the station", || match bench.wats(&["status"]) {
        ran if ran.err.is_empty() && ran.out.contains("CLI-1") => Ok(()),
        ran => Err(format!("{ran:?}")),
    });
    stop(&mut station);
    let log = fs::read_to_string(bench.path("log.json")).unwrap();
    assert!(log.lines().count() > 1);
    for line in log.lines() {
        assert!(serde_json::from_str::<Value>(line).is_ok_and(|line| line["level"].is_string()), "{line}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let bench = Bench::new();
    for arguments in [&["completions", "bash"][..], &["config", "schema"], &["--help"]] {
        let mut command = bench.command(arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let ran = child.wait_with_output().unwrap();
        assert_eq!((ran.status.code(), String::from_utf8_lossy(&ran.stderr).as_ref()), (Some(0), ""), "{arguments:?}");
    }
}

#[test]
fn the_environment_overrides_the_file() {
    let bench = Bench::new();
    bench.write("wats.toml", "[station]\nname = \"FILE\"\n");
    let show = |name: &str, value: &str| Ran::of(bench.command(&["config", "show"]).env(name, value).output().unwrap());
    show("WATS_STATION__NAME", "ENVIRONMENT").ends_with(0).says(&["name = \"ENVIRONMENT\""]);
    show("WATS_CACHE_MAX_SIZE", "7").ends_with(0).says(&["cache_max_size = 7"]);
    show("WATS_STATION__NAME", "42").ends_with(0).says(&["name = \"42\""]);
    show("WATS_STATION__NMAE", "x").ends_with(3).complains(&["WATS_STATION__NMAE", "unknown field `nmae`"]);
    show("WATS_WORKERS__MIN", "0").ends_with(3).complains(&["WATS_WORKERS__MIN: found 0; at least 1"]);
    // The lines of the file are those of the file.
    bench.write("wats.toml", "# one\n# two\n[station]\nnmae = \"FILE\"\n");
    show("WATS_STATION__NAME", "x").ends_with(3).complains(&["wats.toml", "line 4", "nmae"]);
    bench.write("wats.toml", "");
    // What belongs to the tests and to the build is no key.
    show("WATS_TEST_QUICK", "1").ends_with(0);
    show("WATS_WASM_TOOLCHAIN", "rustup").ends_with(0);
}

#[test]
fn a_token_is_kept_private_and_never_printed() {
    let bench = Bench::new();
    bench.configure("http://127.0.0.1:9");
    let secret = "c2VjcmV0OnRva2Vu";
    let mut said = vec![bench.wats_with(&["token", "set"], &format!("{secret}\n")).ends_with(0)];
    let file = bench.path("data/token");
    assert_eq!(fs::read_to_string(&file).unwrap().trim(), secret);
    #[cfg(unix)]
    {
        let mode =
            |path: &Path| std::os::unix::fs::PermissionsExt::mode(&fs::metadata(path).unwrap().permissions()) & 0o777;
        assert_eq!(mode(&file), 0o600);
        assert_eq!(mode(&bench.path("data")), 0o700, "the data folder");
    }
    said.push(bench.wats(&["config", "check"]));
    said.push(bench.wats(&["config", "show"]));
    said.push(bench.wats(&["status"]));
    let user = bench.wats_with(&["token", "set", "--user", "kari"], "pass word\n").ends_with(0);
    // base64 of `kari:pass word`
    assert_eq!(fs::read_to_string(&file).unwrap().trim(), "a2FyaTpwYXNzIHdvcmQ=");
    said.push(user);
    for ran in &said {
        let all = format!("{}{}", ran.out, ran.err);
        assert!(!all.contains(secret) && !all.contains("a2FyaTpwYXNzIHdvcmQ") && !all.contains("pass word"), "{all}");
    }
    bench.wats_with(&["token", "set"], "\n").ends_with(1).complains(&["none was given"]);
    bench.wats(&["token", "clear"]).ends_with(0).says(&["removed"]);
    assert!(!file.exists());
    bench.wats(&["token", "clear"]).ends_with(0).says(&["none was stored"]);
}

#[test]
fn a_station_that_stands_still_can_be_asked_all_the_same() {
    let bench = Bench::new();
    bench.configure("http://127.0.0.1:9");
    bench.wats(&["status"]).ends_with(1).says(&["the station does not run", "wats run"]);
    assert_eq!(bench.wats(&["status", "--json"]).ends_with(1).json()["status"], "stopped");
    // None has ever run here, and who looks makes nothing.
    for looking in [
        &["queue", "list"][..],
        &["queue", "verify"],
        &["queue", "export"],
        &["queue", "retry", "--all"],
        &["queue", "discard", "17", "--reason", "test"],
        &["trace", "L7-1"],
    ] {
        bench.wats(looking).ends_with(1).complains(&["data/queue: there is none", "--config FILE", "wats run"]);
    }
    assert!(!bench.path("data").exists());
    stop(&mut bench.run());
    bench.wats(&["status"]).ends_with(1).says(&["0 reports waiting for delivery"]);
    bench.wats(&["queue", "list"]).ends_with(0).says(&["no reports"]);
    let verified = bench.wats(&["queue", "verify", "--json", "--deep"]).ends_with(0).json();
    assert_eq!(verified["findings"], Value::Array(Vec::new()));
    bench.wats(&["queue", "verify"]).ends_with(0).says(&["sound", "0 committed = 0 delivered"]);
    bench.wats(&["trace", "L7-1"]).ends_with(4).says(&["nothing is known of it here"]);
    bench.wats(&["queue", "retry", "--files"]).ends_with(4).says(&["no quarantined file fits"]);
    bench.wats(&["queue", "discard", "17", "--reason", "test"]).ends_with(4).complains(&["17"]);
    bench.wats(&["queue", "retry", "77"]).ends_with(4).complains(&["find entry e77"]);
    bench.wats(&["submit", "-"]).ends_with(1).complains(&["find a running station", "wats run"]);
    bench.wats(&["plugin", "hold", "csv"]).ends_with(1).complains(&["wats run"]);
}

#[test]
fn a_running_station_tells_where_everything_is() {
    let bench = Bench::new();
    let sim = Sim::start(SimOptions::default()).unwrap();
    // One unit is refused for good.
    let refusal = Action::Status {
        status: 400,
        retry_after: None,
        form: None,
        message: Some("the operation 100 is closed".into()),
        stored: false,
    };
    sim.handle().add_rule(Rule::reports(refusal).serial("L7-2")).unwrap();
    bench.configure(&sim.url());
    bench.wats_with(&["token", "set"], &format!("{DEMO_TOKEN}\n")).ends_with(0);
    bench.wats(&["config", "check"]).ends_with(0).says(&["server"]);
    let mut station = bench.run();
    bench.write("part.csv.tmp", GOOD).write("broken.csv", BROKEN);
    fs::rename(bench.path("part.csv.tmp"), bench.path("in/part.csv")).unwrap();
    fs::rename(bench.path("broken.csv"), bench.path("in/broken.csv")).unwrap();
    eventually("the delivery", || match bench.wats(&["trace", "--serial", "L7-1"]) {
        ran if ran.code == 0 => Ok(()),
        ran => Err(format!("{ran:?}")),
    });
    bench.wats(&["trace", "L7-1"]).ends_with(0).says(&["delivered", "LAMP-7"]);
    eventually("the refusal", || match bench.wats(&["trace", "L7-2"]) {
        ran if ran.code == 5 => Ok(()),
        ran => Err(format!("{ran:?}")),
    });
    eventually("the quarantine", || match bench.wats(&["trace", "--file", "broken.csv"]) {
        ran if ran.code == 5 => Ok(ran),
        ran => Err(format!("{ran:?}")),
    })
    .says(&["quarantined", "\"five\" is not a number", "now "]);
    bench.wats(&["trace", "--serial", "nobody"]).ends_with(4);

    let dead = bench.wats(&["queue", "list", "--state", "dead", "--json"]).ends_with(0).json();
    assert_eq!(dead.as_array().unwrap().len(), 1, "{dead:#}");
    assert_eq!(dead[0]["serial_number"], "L7-2");
    assert!(dead[0].to_string().contains("the operation 100 is closed"), "{dead:#}");
    bench.wats(&["status"]).ends_with(0).says(&["CLI-1", "degraded", "1 delivered, 1 refused for good"]);

    // The server is mended, and so is the file.
    sim.handle().clear_faults();
    bench.wats(&["queue", "retry", &dead[0]["id"].to_string()]).ends_with(0).says(&["1 report will be sent again"]);
    eventually("the second delivery", || match bench.wats(&["trace", "L7-2"]) {
        ran if ran.code == 0 => Ok(()),
        ran => Err(format!("{ran:?}")),
    });
    fs::write(bench.path("in.error/broken.csv"), BROKEN.replace("five", "5.0")).unwrap();
    bench.wats(&["queue", "retry", "--files", "broken*"]).ends_with(0).says(&["back in its inbox"]);
    eventually("the mended file", || match bench.wats(&["trace", "L7-3"]) {
        ran if ran.code == 0 => Ok(()),
        ran => Err(format!("{ran:?}")),
    });
    assert!(!bench.path("in.error/broken.csv.error.json").exists());

    // A test program hands a report over.
    let submitted = bench.wats_with(&["submit", "-", "--json"], &wsjf("S-1")).ends_with(0).json();
    let id = submitted["ids"][0].as_str().unwrap().to_owned();
    eventually("the submitted one", || match bench.wats(&["trace", "--report", &id]) {
        ran if ran.code == 0 => Ok(()),
        ran => Err(format!("{ran:?}")),
    });
    bench.wats_with(&["submit"], "{\"type\": \"T\"}").ends_with(1).complains(&["submit standard input"]);
    bench.wats(&["plugin", "hold", "csv"]).ends_with(0);
    bench.wats(&["status"]).says(&["held"]);
    bench.wats(&["plugin", "resume", "csv"]).ends_with(0);
    bench.wats(&["plugin", "resume", "nobody"]).ends_with(4).complains(&["nobody"]);
    bench.wats(&["queue", "retry", "77"]).ends_with(4).complains(&["find entry e77"]);
    bench.wats(&["queue", "discard", "99", "--reason", "test"]).ends_with(4).complains(&["find entry e99"]);
    let failed = bench.wats(&["plugin", "hold", "nobody", "--json"]).ends_with(4).json();
    assert_eq!((&failed["ok"], &failed["error"]["code"]), (&false.into(), &4.into()), "{failed}");
    assert!(failed["error"]["what"].as_str().unwrap().contains("nobody"), "{failed}");
    // What does not fit is not cut.
    bench
        .wats_with(&["submit"], &" ".repeat((64 << 20) + 1))
        .ends_with(1)
        .complains(&["more than 64 MiB", "nothing was submitted"]);
    bench.wats(&["queue", "verify", "--deep"]).ends_with(0).says(&["sound"]);

    // The file is locked while the station runs; afterwards the same questions have the same answers.
    stop(&mut station);
    bench.wats(&["trace", "L7-2"]).ends_with(0).says(&["delivered"]);
    bench.wats(&["queue", "verify", "--deep"]).ends_with(0).says(&["4 committed = 4 delivered"]);
    assert_eq!(sim.handle().reports().len(), 4);
}

/// Ends it as the system does, and waits until it has.
fn stop(station: &mut Running) {
    if cfg!(unix) {
        let told = Command::new("kill").arg(station.0.id().to_string()).status().unwrap();
        assert!(told.success());
        let status = station.0.wait().unwrap();
        assert_eq!(status.code(), Some(0), "a station that is told to stop ends well");
    } else {
        station.0.kill().unwrap();
        station.0.wait().unwrap();
    }
}

fn wsjf(serial: &str) -> String {
    serde_json::json!({
        "type": "T", "pn": "LAMP-7", "sn": serial, "rev": "C", "processCode": 100, "result": "P",
        "machineName": "EOL-03", "location": "Lab", "purpose": "Development",
        "start": "2026-05-04T09:00:00.250+02:00", "uut": { "user": "per", "execTime": 4.2 },
        "root": { "stepType": "SequenceCall", "name": "Main", "group": "M", "status": "P",
                  "seqCall": { "path": "a", "name": "a", "version": "1" }, "steps": [] }
    })
    .to_string()
}

#[test]
fn a_report_that_waits_for_the_server_is_told_by_a_code_of_its_own() {
    let bench = Bench::new();
    bench.configure("http://127.0.0.1:9");
    bench.write("data/.keep", "").wats_with(&["token", "set"], &format!("{DEMO_TOKEN}\n")).ends_with(0);
    let mut station = bench.run();
    bench.wats_with(&["submit"], &wsjf("S-2")).ends_with(0).says(&["on disk, will be delivered"]);
    bench.wats(&["trace", "S-2"]).ends_with(6).says(&["pending"]);
    stop(&mut station);
    bench.wats(&["trace", "S-2"]).ends_with(6).says(&["pending"]);
    // Given up is not delivered.
    let entry = bench.wats(&["queue", "list", "--json"]).json()[0]["id"].to_string();
    bench.wats(&["queue", "discard", &entry, "--reason", "a test unit"]).ends_with(0);
    bench.wats(&["trace", "S-2"]).ends_with(7).says(&["discarded", "a test unit"]);
}

#[test]
fn a_station_that_runs_and_cannot_be_asked_is_not_to_be_stopped_for_that() {
    let bench = Bench::new();
    bench.configure("http://127.0.0.1:9");
    let text = fs::read_to_string(bench.path("wats.toml")).unwrap();
    bench.write("wats.toml", text.replace("[http]\n", "[http]\nenabled = false\n"));
    let child = bench.command(&["run"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut station = Running(child);
    let process = format!("process {}", station.0.id());
    eventually("the reason", || match bench.wats(&["queue", "list"]) {
        ran if ran.code == 1 && ran.err.contains("http.enabled") => Ok(ran),
        ran => Err(format!("{ran:?}")),
    })
    .complains(&[&process, "has no local interface (http.enabled = false)"]);
    for asked in [&["status"][..], &["trace", "L7-1"], &["queue", "verify"]] {
        bench.wats(asked).ends_with(1).complains(&[&process, "http.enabled = false"]);
    }
    bench.wats(&["plugin", "hold", "csv"]).ends_with(1).complains(&[&process, "http.enabled = false"]);
    stop(&mut station);
}

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

/// User and system time of a process, in ticks of 10 ms.
#[cfg(target_os = "linux")]
fn ticks(process: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let fields: Vec<_> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn a_station_without_work_rests() {
    let bench = Bench::new();
    bench.configure("http://127.0.0.1:9");
    let mut station = bench.run();
    // What a machine does beside it only makes the ticks fewer.
    eventually("three seconds of rest", || {
        let before = ticks(station.0.id());
        std::thread::sleep(Duration::from_secs(3));
        let used = ticks(station.0.id()) - before;
        if used < 15 { Ok(()) } else { Err(format!("{used} ticks of 300")) }
    });
    stop(&mut station);
}

#[test]
fn help_and_completions_say_what_there_is() {
    let bench = Bench::new();
    bench.wats(&["--help"]).ends_with(0).says(&[
        "Exit codes:",
        "5  refused",
        "7  never",
        "convert",
        "WATS_SERVER__URL",
    ]);
    bench.wats(&["convert", "--help"]).ends_with(0).says(&["--plugin <NAME>", "--json"]);
    bench.wats(&["--version"]).ends_with(0).says(&["wats 0."]);
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        bench.wats(&["completions", shell]).ends_with(0).says(&["convert", "completions"]);
    }
    bench.wats(&["frobnicate"]).ends_with(2);
}
