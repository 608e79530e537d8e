//! Scheduled converters: what a run is told, whom it reaches, what it remembers, and that it can do no more.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use wats_runtime::{
    Conversion, FailureKind, Fault, Grant, HttpError, HttpRequest, HttpResponse, HttpSender, Job, Limit, Manifest,
    Memory, Operation, Outcome, Plugin, Run, World,
};

use crate::support::{Bench, Keep, convert, guest};

/// Answers every request, and remembers it.
#[derive(Default)]
struct Answers {
    requests: Mutex<Vec<(HttpRequest, Duration)>>,
    says: Option<HttpError>,
}

impl HttpSender for Answers {
    fn send(&self, request: HttpRequest, timeout: Duration, max_bytes: u64) -> Result<HttpResponse, HttpError> {
        self.requests.lock().unwrap().push((request.clone(), timeout));
        match &self.says {
            Some(error) => Err(error.clone()),
            None if request.url.ends_with("/large") => {
                assert_eq!(max_bytes, 16 << 20);
                Err(HttpError::TooLarge)
            }
            None => Ok(HttpResponse {
                status: 203,
                headers: vec![("content-type".to_owned(), "text/plain".to_owned())],
                body: b"K1;SN-1;2026-05-04T08:00:00Z\nK2;SN-2;2026-05-04T08:01:00Z\n".to_vec(),
            }),
        }
    }
}

fn manifest(grants: &[&str], script: &str) -> Manifest {
    let text = toml::Table::from_iter([
        ("grants".to_owned(), toml::Value::from(grants.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>())),
        ("settings".to_owned(), toml::Value::from(toml::Table::from_iter([("script".to_owned(), script.into())]))),
    ]);
    Manifest::parse(Path::new("scheduled.toml"), text.to_string().as_bytes()).unwrap()
}

struct Ran {
    conversion: Conversion,
    sink: Keep,
    answers: Arc<Answers>,
}

impl Ran {
    fn log(&self) -> Vec<&str> {
        self.conversion.log.iter().map(|line| line.message.as_str()).collect()
    }

    fn exchanges(&self) -> Vec<String> {
        self.conversion.exchanges.iter().map(|it| format!("{} -> {}", it.request, it.answer)).collect()
    }

    fn requests(&self) -> Vec<HttpRequest> {
        self.answers.requests.lock().unwrap().iter().map(|(request, _)| request.clone()).collect()
    }

    fn limit(&self) -> Limit {
        match self.conversion.outcome.as_ref().unwrap_err().kind {
            FailureKind::Limit { limit, .. } => limit,
            ref other => panic!("{other:?}"),
        }
    }
}

fn run_of(plugin: &Plugin, memory: BTreeMap<String, Vec<u8>>, deadline: Option<Duration>) -> Ran {
    let answers = Arc::new(Answers::default());
    let mut job = Job::new(Keep::default()).with_http(Arc::clone(&answers) as _).with_memory(Memory::new(memory));
    if let Some(deadline) = deadline {
        job = job.with_deadline(deadline);
    }
    let run = Run {
        due: "2026-05-04T08:20:00+02:00".to_owned(),
        previous: Some("2026-05-04T08:10:00+02:00".to_owned()),
        by_hand: true,
    };
    let (conversion, sink) = plugin.run(&run, job);
    Ran { conversion, sink, answers }
}

fn run(grants: &[&str], script: &str) -> Ran {
    let plugin = Bench::new().load_with("scheduled", manifest(grants, script));
    run_of(&plugin, BTreeMap::new(), None)
}

#[test]
fn a_run_is_told_when_it_is_due_and_gives_reports() {
    let ran = run(&[], "log-run\nreport K1 SN-1\nreport K2 SN-2");
    assert_eq!(ran.conversion.outcome.as_ref().unwrap(), &Outcome::Converted);
    assert_eq!(ran.log(), ["due 2026-05-04T08:20:00+02:00 previous Some(\"2026-05-04T08:10:00+02:00\") by hand true"]);
    let drafts: Vec<_> = ran.sink.drafts.iter().map(|draft| (draft.key.clone().unwrap(), draft.ordinal)).collect();
    assert_eq!(drafts, [("K1".to_owned(), 0), ("K2".to_owned(), 1)]);
    assert_eq!(ran.conversion.reports, 2);
}

#[test]
fn outcomes_and_errors_of_a_run_come_through() {
    let skipped = run(&[], "skip nothing new").conversion.outcome.unwrap();
    assert_eq!(skipped, Outcome::Skipped("nothing new".to_owned()));
    let Outcome::Waiting { reason, retry_after, .. } = run(&[], "wait 7 busy now").conversion.outcome.unwrap() else {
        panic!("not waiting")
    };
    assert_eq!((reason.as_str(), retry_after), ("busy now", Some(Duration::from_secs(7))));
    let failure = run(&[], "fail it is odd").conversion.outcome.unwrap_err();
    assert_eq!((&failure.kind, failure.operation), (&FailureKind::Malformed, Operation::Run));
    assert_eq!(failure.to_string(), "run scheduled@0.1.0: it is odd");
    let failure = run(&[], "trap").conversion.outcome.unwrap_err();
    assert!(failure.is_trap() && failure.to_string().contains("told to"), "{failure}");
}

#[test]
fn requests_go_only_to_hosts_that_are_asked_for_and_granted() {
    let script = "get https://mes.example/units\nget http://MES.example:8080/x\nget https://other.example/\n\
                  get https://mes.example:444/\nget https://user:pw@mes.example/\nget ftp://mes.example/\nget nonsense";
    let ran = run(&["http:mes.example", "http:mes.example:8080"], script);
    let log = ran.log();
    assert!(log[0].starts_with("203 text/plain K1;SN-1"), "{log:?}");
    assert!(log[1].starts_with("203 text/plain K1;SN-1"), "{log:?}");
    assert!(log[2].starts_with("Denied(") && log[2].contains("`http:other.example` would have to be"), "{log:?}");
    assert!(log[3].starts_with("Denied(") && log[3].contains("`http:mes.example:444`"), "{log:?}");
    assert!(log[4].starts_with("Invalid(") && log[4].contains("user or a password"), "{log:?}");
    assert!(log[5].starts_with("Invalid(") && log[5].contains("no address of http"), "{log:?}");
    assert!(log[6].starts_with("Invalid(") && log[6].contains("nonsense"), "{log:?}");
    assert_eq!(ran.requests().len(), 2, "the others were never sent");
    let exchanges = ran.exchanges();
    assert_eq!(exchanges[0], "GET https://mes.example/units -> 203, 58 bytes");
    assert!(exchanges[2].starts_with("GET https://other.example/ -> denied: "), "{exchanges:?}");
    assert!(
        exchanges[4].starts_with("GET https://mes.example/ -> invalid: "),
        "without who and the password: {exchanges:?}"
    );
    let ran = run(&[], "get https://user:pw@exa|mple/units");
    let exchanges = ran.exchanges();
    assert!(exchanges[0].contains("https://...@exa|mple/units") && !exchanges[0].contains("pw"), "{exchanges:?}");

    // A port that is the usual one is the same whether it is named or not; of another scheme it is another.
    let script =
        "get https://mes.example:443/\nget https://mes.example/\nget http://mes.example/\nget nonsense?token=0123";
    let ran = run(&["http:mes.example:443"], script);
    let log = ran.log();
    assert!(log[0].starts_with("203") && log[1].starts_with("203") && log[2].starts_with("Denied("), "{log:?}");
    assert!(log[3].starts_with("Invalid(") && !format!("{log:?}{:?}", ran.exchanges()).contains("0123"), "{log:?}");

    let ran = run(&[], "get https://mes.example/units");
    assert!(ran.log()[0].contains("is granted no host"), "{:?}", ran.log());
    assert!(ran.requests().is_empty());

    // A bench grants every host; a manifest that was made without being read does not.
    let every = [Grant::AnyHttp];
    let mut made = manifest(&[], "get https://mes.example:8080/units");
    made.grants = every.to_vec();
    let plugin = Bench::new().load_with("scheduled", made);
    assert!(run_of(&plugin, BTreeMap::new(), None).log()[0].contains("is granted no host"));
    let plugin = plugin.with(plugin.manifest().settings.clone(), every.to_vec()).unwrap();
    assert_eq!(run_of(&plugin, BTreeMap::new(), None).requests().len(), 1);
}

#[test]
fn a_host_can_be_named_in_a_grant_and_never_all_of_them() {
    let parse = |word: &str| Manifest::parse(Path::new("a.toml"), format!("grants = [{word:?}]").as_bytes());
    for good in ["http:mes.example", "http:10.0.0.1:8080", "http:[::1]:80", "http:MES", "state", "lookup", "own-id"] {
        assert!(parse(good).is_ok(), "{good}");
    }
    assert_eq!(parse("http:[0:0:0:0:0:0:0:1]:080").unwrap().grants, [Grant::parse("http:[::1]:80").unwrap()]);
    assert_eq!(parse("http:MES.Example").unwrap().grants, [Grant::parse("http:mes.example").unwrap()]);
    for bad in ["http", "http:", "http:*", "http:a/b", "http:a:0", "http:a:99999", "http:https://a", "https:a", "clock"]
    {
        let error = parse(bad).unwrap_err().to_string();
        assert!(error.contains("grant"), "{bad}: {error}");
    }
}

#[test]
fn headers_of_the_connection_are_not_the_plugins_and_secrets_are_added_behind_its_back() {
    let script = "header https://mes.example/ Host evil.example\nheader https://mes.example/ X-A a\nheader https://mes.example/ \
                  Proxy-Authorization x\npost https://mes.example/ some body here\nheader https://mes.example/ authorization own";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scheduled.wasm");
    std::fs::copy(guest("scheduled"), &path).unwrap();
    std::fs::write(folder.path().join("mes.token"), "Bearer 0123\nsecond line").unwrap();
    let text = format!(
        "grants = [\"http:mes.example\"]\n[settings]\nscript = {script:?}\n[http.\"mes.example\".header_files]\n\
         Authorization = \"mes.token\"\n"
    );
    std::fs::write(folder.path().join("scheduled.toml"), &text).unwrap();
    let bench = Bench::new();
    let plugin = bench.runtime.load(&path).unwrap();
    let ran = run_of(&plugin, BTreeMap::new(), None);
    let log = ran.log();
    assert!(log[0].starts_with("Invalid(") && log[0].contains("host is the host's own"), "{log:?}");
    assert!(log[2].starts_with("Invalid("), "{log:?}");
    let requests = ran.requests();
    assert_eq!(requests.len(), 3);
    let secret = ("authorization".to_owned(), "Bearer 0123".to_owned());
    assert_eq!(requests[0].headers, [("x-a".to_owned(), "a".to_owned()), secret.clone()]);
    assert_eq!((requests[1].method.as_str(), requests[1].body.as_slice()), ("POST", &b"some body here"[..]));
    assert_eq!(requests[2].headers, [secret], "the operator's replaces the plugin's");
    assert!(!format!("{:?}{:?}", ran.log(), ran.exchanges()).contains("0123"));

    std::fs::remove_file(folder.path().join("mes.token")).unwrap();
    let failure = run_of(&plugin, BTreeMap::new(), None).conversion.outcome.unwrap_err();
    assert_eq!((&failure.kind, failure.fault), (&FailureKind::Misconfigured, Fault::Station), "{failure}");
    assert!(failure.to_string().contains("mes.token"), "{failure}");

    for outside in ["../mes.token", "/etc/passwd"] {
        let text = text.replace("mes.token", outside);
        let error = Manifest::parse(Path::new("scheduled.toml"), text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains("in the folder of the plugin"), "{error}");
    }
}

#[cfg(unix)]
#[test]
fn a_file_of_a_header_is_not_read_outside_of_the_folder_of_the_plugin() {
    let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let path = folder.path().join("scheduled.wasm");
    std::fs::copy(guest("scheduled"), &path).unwrap();
    let text = "grants = [\"http:mes.example\"]\n[settings]\nscript = \"get https://mes.example/\"\n\
                [http.\"mes.example\".header_files]\nAuthorization = \"sub/token\"\n";
    std::fs::write(folder.path().join("scheduled.toml"), text).unwrap();
    let plugin = Bench::new().runtime.load(&path).unwrap();
    let sub = folder.path().join("sub");

    // A folder below is right, and so is a link that stays inside.
    std::fs::create_dir(folder.path().join("secrets")).unwrap();
    std::fs::write(folder.path().join("secrets/token"), "inside").unwrap();
    std::os::unix::fs::symlink("secrets", &sub).unwrap();
    let ran = run_of(&plugin, BTreeMap::new(), None);
    assert_eq!(ran.requests()[0].headers, [("authorization".to_owned(), "inside".to_owned())]);

    std::fs::write(outside.path().join("token"), "outside").unwrap();
    std::fs::remove_file(&sub).unwrap();
    std::os::unix::fs::symlink(outside.path(), &sub).unwrap();
    let ran = run_of(&plugin, BTreeMap::new(), None);
    assert!(ran.requests().is_empty(), "{:?}", ran.requests());
    let failure = ran.conversion.outcome.unwrap_err();
    assert_eq!((&failure.kind, failure.fault), (&FailureKind::Misconfigured, Fault::Station), "{failure}");
    assert!(failure.to_string().contains("outside of the plugin folder"), "{failure}");
}

#[test]
fn requests_are_counted_bounded_in_time_and_answers_in_size() {
    let mut limited = manifest(&["http:mes.example"], "requests https://mes.example/ 6");
    limited.limits.http_requests = Some(5);
    let bench = Bench::new();
    let ran = run_of(&bench.load_with("scheduled", limited), BTreeMap::new(), None);
    assert_eq!(ran.limit(), Limit::HttpRequests);
    assert_eq!(ran.requests().len(), 5);
    let failure = ran.conversion.outcome.as_ref().unwrap_err().to_string();
    assert!(failure.contains("too many requests in one run: 6 (limit 5)"), "{failure}");
    assert_eq!(bench.metric("wats_plugin_limits_total", &["plugin=\"scheduled\"", "limit=\"http_requests\""]), 1);

    let ran = run(&["http:mes.example"], "get https://mes.example/large\nget https://mes.example/");
    assert_eq!(ran.log()[0], "TooLarge(16777216)");
    assert!(ran.log()[1].starts_with("203"), "it goes on");

    let plugin = Bench::new().load_with("scheduled", manifest(&["http:mes.example"], "get https://mes.example/"));
    let ran = run_of(&plugin, BTreeMap::new(), Some(Duration::from_secs(9)));
    let timeout = ran.answers.requests.lock().unwrap()[0].1;
    assert!(
        timeout <= Duration::from_secs(9) && timeout > Duration::from_secs(5),
        "what is left of its time: {timeout:?}"
    );
}

#[test]
fn nobody_there_is_an_answer() {
    let plugin = Bench::new().load_with("scheduled", manifest(&["http:mes.example"], "get https://mes.example/"));
    for (error, words) in [
        (HttpError::Unreachable("no such name".to_owned()), "Unreachable(\"no such name\")"),
        (HttpError::TimedOut, "TimedOut("),
        (HttpError::Invalid("odd".to_owned()), "Invalid(\"odd\")"),
    ] {
        let answers = Answers { says: Some(error), ..Answers::default() };
        let (conversion, _) = plugin.run(&Run::default(), Job::new(Keep::default()).with_http(Arc::new(answers)));
        assert!(conversion.log[0].message.starts_with(words), "{:?}", conversion.log);
    }
    let (conversion, _) = plugin.run(&Run::default(), Job::new(Keep::default()));
    assert_eq!(conversion.log[0].message, "Unreachable(\"nothing is sent here\")");
}

#[test]
fn what_is_set_is_given_back_and_only_with_the_grant() {
    let before = BTreeMap::from([("since".to_owned(), b"K0".to_vec()), ("old".to_owned(), b"x".to_vec())]);
    let script =
        "log-state since\nunits https://mes.example/units\nlog-state since\ndelete old\nset new 1\nset since K2";
    let plugin = Bench::new().load_with("scheduled", manifest(&["state", "http:mes.example"], script));
    let ran = run_of(&plugin, before, None);
    assert_eq!(ran.conversion.outcome.as_ref().unwrap(), &Outcome::Converted);
    assert_eq!(
        ran.log(),
        ["since is Some(\"K0\") of [\"old\", \"since\"]", "since is Some(\"K2\") of [\"old\", \"since\"]"]
    );
    assert_eq!(ran.requests()[0].url, "https://mes.example/units?since=K0");
    assert_eq!(ran.exchanges(), ["GET https://mes.example/units -> 203, 58 bytes"], "without the query");
    assert_eq!(ran.sink.drafts.len(), 2);
    let changes = ran.conversion.memory.into_changes();
    let wanted = [("new", Some("1")), ("old", None), ("since", Some("K2"))];
    let wanted: BTreeMap<String, Option<Vec<u8>>> =
        wanted.map(|(key, value)| (key.to_owned(), value.map(|it: &str| it.as_bytes().to_vec()))).into();
    assert_eq!(changes, wanted);

    let denied = run(&[], "set a b");
    let failure = denied.conversion.outcome.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Misconfigured);
    assert!(failure.message.contains("has not granted `state`"), "{failure}");
}

#[test]
fn what_is_remembered_is_bounded() {
    let ran = run(&["state"], "fill 1000000\nfill 1100000");
    assert_eq!(ran.limit(), Limit::StateBytes);
    let failure = ran.conversion.outcome.unwrap_err().to_string();
    assert!(failure.contains("wants to remember too much: 1.1 MiB (limit 1 MiB)"), "{failure}");
    let failure = run(&["state"], &format!("set {} x", "k".repeat(201))).conversion.outcome.unwrap_err();
    assert!(failure.message.contains("1 to 200 characters"), "{failure}");
}

#[test]
fn a_run_ends_at_its_deadline() {
    let plugin = Bench::new().load_with("scheduled", manifest(&[], "loop"));
    let began = Instant::now();
    let ran = run_of(&plugin, BTreeMap::new(), Some(Duration::from_millis(200)));
    assert_eq!(ran.limit(), Limit::DeadlineMs);
    assert!(began.elapsed() < Duration::from_secs(20));
}

#[test]
fn neither_kind_does_the_work_of_the_other() {
    let bench = Bench::new();
    let scheduled = bench.load_with("scheduled", manifest(&[], ""));
    assert_eq!(scheduled.world(), World::ScheduledConverter);
    assert!(!scheduled.matches_name("a.txt") && !scheduled.matches("a.txt", 1, b"x"), "it is given no files");
    let (conversion, _) = convert(&scheduled, "x");
    let failure = conversion.outcome.unwrap_err();
    assert_eq!((&failure.kind, failure.fault), (&FailureKind::Misconfigured, Fault::Station));
    assert!(failure.message.contains("scheduled converter"), "{failure}");
    let scripted = bench.load_with("scripted", Manifest::default());
    assert_eq!(scripted.world(), World::Converter);
    let (conversion, _) = scripted.run(&Run::default(), Job::new(Keep::default()));
    let failure = conversion.outcome.unwrap_err();
    assert_eq!((&failure.kind, failure.fault), (&FailureKind::Misconfigured, Fault::Station));
    assert!(failure.message.contains("cannot be run by a schedule"), "{failure}");
}
