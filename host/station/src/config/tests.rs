use std::path::Path;

use super::*;

fn read(text: &str) -> Result<Config, ConfigError> {
    Config::from_toml(text, "wats.toml", Path::new("/srv/wats"))
}

const INBOX: &str = "[[inbox]]\nname = \"line-1\"\npath = \"in\"\n";

#[test]
fn an_inbox_with_name_and_path_has_defaults_for_the_rest() {
    let config = read(INBOX).unwrap();
    let inbox = &config.inboxes[0];
    assert_eq!(inbox.path, Path::new("/srv/wats/in"));
    assert_eq!(inbox.archive_dir, Path::new("/srv/wats/in.archive"));
    assert_eq!(inbox.error_dir, Path::new("/srv/wats/in.error"));
    assert_eq!(inbox.settle, Duration::from_secs(1));
    assert!(inbox.patterns.is_match("A.CSV") && inbox.exclude.is_match("a.tmp"));
    assert!(config.enable_metrics && config.cache.enabled);
    assert_eq!((config.cache.ttl, config.cache.max_size), (Duration::from_mins(5), 1_000));
}

#[test]
fn a_key_that_nobody_knows_is_refused_with_its_line() {
    let error = read(&format!("{INBOX}settle = 3\n")).unwrap_err().to_string();
    assert!(error.contains("line 4") && error.contains("settle"), "{error}");
}

#[test]
fn all_wrong_values_are_told_at_once_with_their_lines() {
    let text = format!(
        "cache_ttl_seconds = -1.0\n[station]\ntime_zone = \"Mars/Base\"\n{INBOX}reject_threshold = 0.9\n{}",
        INBOX.replace("\"in\"", "\"in/deeper\"")
    );
    let ConfigError::Values { problems, .. } = read(&text).unwrap_err() else { panic!("values") };
    let found: Vec<_> = problems.iter().map(|problem| (problem.key.as_str(), problem.line)).collect();
    assert_eq!(
        found,
        [
            ("station.time_zone", Some(3)),
            ("inbox[0].alarm_threshold", Some(4)),
            ("inbox[1].name", Some(9)),
            ("inbox[1].path", Some(10)),
            ("cache_ttl_seconds", Some(1)),
        ],
        "{problems:#?}"
    );
}

#[test]
fn the_token_is_named_by_one_source_only() {
    let text = "[server]\nurl = \"https://wats.example.com\"\ntoken_file = \"t\"\ntoken_env = \"T\"\n";
    let error = read(text).unwrap_err().to_string();
    assert!(error.contains("server.token_file") && error.contains("token_env"), "{error}");
}

#[test]
fn the_schema_names_every_key_of_the_seeds() {
    let schema = Config::json_schema();
    for key in ["enable_cache", "cache_ttl_seconds", "cache_max_size", "enable_metrics", "metrics_port"] {
        assert!(schema["properties"][key].is_object(), "{key}");
    }
}

#[test]
fn an_archive_in_a_source_of_its_own_inbox_is_refused() {
    for key in ["archive_dir", "error_dir"] {
        let error = read(&format!("{INBOX}source = \"folders\"\n{key} = \"in/done/here\"\n")).unwrap_err().to_string();
        assert!(error.contains(&format!("inbox[0].{key}")) && error.contains("line 5"), "{error}");
        for fine in ["in/done", "done/here"] {
            read(&format!("{INBOX}source = \"folders\"\n{key} = \"{fine}\"\n")).unwrap();
        }
        // Files are told from those of the archive wherever it is.
        read(&format!("{INBOX}{key} = \"in/done/here\"\n")).unwrap();
    }
}

#[test]
fn an_inbox_that_would_take_what_is_the_stations_own_is_refused() {
    let wrong = |head: &str, inbox: &str, word: &str| {
        let told = read(&format!("{head}[[inbox]]\nname = \"in\"\n{inbox}")).unwrap_err().to_string();
        assert!(told.contains(word) && told.contains("would take") && told.contains("inbox[0].path"), "{told}");
    };
    wrong("", "path = \".\"\nrecursive = true\n", "data_dir");
    wrong("", "path = \".\"\nsource = \"folders\"\n", "plugin_dirs");
    wrong("data_dir = \"in/wats\"\n", "path = \"in\"\nrecursive = true\n", "data_dir");
    wrong("data_dir = \"wats\"\n", "path = \"wats/in\"\n", "data_dir");
    wrong("", "path = \"plugins\"\n", "plugin_dirs");
    let other = "[[inbox]]\nname = \"other\"\npath = \"other\"\n";
    wrong("", &format!("path = \"other.error\"\n{other}"), "the error folder of inbox \"other\"");
    // One that does not look into folders does not meet them.
    read("data_dir = \"in/wats\"\n[[inbox]]\nname = \"in\"\npath = \"in\"\nrecursive = false\n").unwrap();
}

#[test]
fn copies_are_kept_where_files_are_deleted_as_the_inbox_says_or_else_as_is_said_for_all() {
    const DAY: Duration = Duration::from_hours(24);
    let retain = |all: &str, inbox: &str| read(&format!("{all}{INBOX}{inbox}")).unwrap().inboxes.remove(0).retain;
    let some = |days: u32, max_bytes| Some(Retain { keep: DAY * days, max_bytes });
    let delete = "after = \"delete\"\n";
    let all = "retain_sources = { days = 7 }\n";
    assert_eq!(retain("", delete), None, "nobody asked for it");
    assert_eq!(retain(all, ""), None, "the archive has them");
    assert_eq!(retain(all, delete), some(7, 1 << 30));
    assert_eq!(retain("[retain_sources]\n", delete), some(30, 1 << 30));
    assert_eq!(retain(all, &format!("{delete}retain_sources = {{ max_bytes = 5 }}\n")), some(7, 5));
    assert_eq!(retain(all, &format!("{delete}[inbox.retain_sources]\ndays = 0\n")), None);
    assert_eq!(retain("", &format!("{delete}[inbox.retain_sources]\ndays = 2\n")), some(2, 1 << 30));
    let wrong = |text: &str| read(text).unwrap_err().to_string();
    let told = wrong(&format!("{INBOX}[inbox.retain_sources]\ndays = 7\n"));
    assert!(told.contains("inbox[0].retain_sources") && told.contains("after = \"delete\""), "{told}");
    let told = wrong(&format!("retain_sources = {{ days = -1 }}\n{INBOX}"));
    assert!(told.contains("retain_sources.days") && told.contains("line 1"), "{told}");
    let told = wrong(&format!("{INBOX}{delete}retain_sources = {{ days = 1e300 }}\n"));
    assert!(told.contains("inbox[0].retain_sources.days") && told.contains("36500"), "{told}");
}
