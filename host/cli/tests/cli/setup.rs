//! What is set up before a station runs: plugins, configuration, token.

use std::fs;

use wats_sim::{DEMO_TOKEN, Sim, SimOptions};

use crate::harness::{Bench, Ran, plugins, plugins_text};

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
    bench.wats(&["plugin", "check", &csv]).ends_with(0).says(&["csv", "loads", "*.csv", "wants lookup"]);
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
        let mode = |path: &std::path::Path| {
            std::os::unix::fs::PermissionsExt::mode(&fs::metadata(path).unwrap().permissions()) & 0o777
        };
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
