//! `wats plugin list` beside a running station: what the folder holds, and how the station has it.

use serde_json::Value;
use wats_tests::station::{Station, until};

use crate::trust::{is, put, sim, station, version};

/// What is listed of a file.
async fn listed(station: &Station, file: &str) -> Value {
    let all = station.json(&["plugin", "list"]).await.unwrap();
    let ends = |value: &&Value| value["path"].as_str().unwrap().ends_with(file);
    all.as_array().unwrap().iter().find(ends).unwrap().clone()
}

/// Output and exit code for people.
async fn shown(station: &Station) -> (Option<i32>, String) {
    let ran = station.wats(&["plugin", "list"]).await.unwrap();
    (ran.status.code(), String::from_utf8(ran.stdout).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn plugin_list_tells_how_the_running_station_has_each_plugin() {
    let sim = sim();
    let mut station = station(&sim, "");
    let plugins = station.plugins();
    for name in ["calm", "stopped", "wishes", "torn"] {
        put(&plugins, &format!("{name}.wasm"), version(name, "1.0.0", "-", "convert"));
    }
    // Of a station that does not run nothing is said.
    let (code, text) = shown(&station).await;
    assert_eq!((code, text.matches("  loads  ").count(), text.contains("station ")), (Some(0), 4, false), "{text}");
    assert_eq!(listed(&station, "calm.wasm").await.get("state"), None);

    station.start_ready().await.unwrap();
    for name in ["calm", "stopped", "wishes", "torn"] {
        is(&station, name, "ready").await;
    }
    let (code, text) = shown(&station).await;
    assert_eq!((code, text.matches("    station      ready\n").count()), (Some(0), 4), "{text}");

    assert!(station.wats(&["plugin", "hold", "stopped"]).await.unwrap().status.success());
    put(&plugins, "wishes.wasm", version("wishes", "2.0.0", "lookup,own-id", "convert"));
    put(&plugins, "torn.wasm", "half a file");
    put(&plugins, "never.wasm", "no plugin at all");
    for (name, state) in [("stopped", "held"), ("wishes", "unapproved"), ("torn", "failed"), ("never", "failed")] {
        is(&station, name, state).await;
    }
    let calm = listed(&station, "calm.wasm").await;
    assert_eq!((&calm["state"], &calm["why"]), (&"ready".into(), &"".into()), "{calm}");
    for (file, state, ok, words) in [
        ("stopped.wasm", "held", true, ["held by an operator", "wats plugin resume stopped"]),
        ("wishes.wasm", "unapproved", true, ["asks for lookup, own-id as well", "version 1.0.0 stays in service"]),
        ("torn.wasm", "failed", false, ["no wasm component", "version 1.0.0 stays in service"]),
        ("never.wasm", "failed", false, ["never.wasm", "no wasm component"]),
    ] {
        let told = listed(&station, file).await;
        assert_eq!((&told["state"], &told["ok"]), (&state.into(), &ok.into()), "{told}");
        let why = told["why"].as_str().unwrap();
        assert!(words.iter().all(|word| why.contains(word)), "{file}: {why}");
    }
    assert_eq!(listed(&station, "wishes.wasm").await["version"], "2.0.0", "what lies in the folder");
    let (code, text) = shown(&station).await;
    assert_eq!(code, Some(5), "{text}");
    for line in [
        "    station      ready\n",
        "    station      held  held by an operator",
        "    station      unapproved  version 2.0.0 asks for lookup, own-id as well",
        "    station      failed  ",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert_eq!(text.matches("    station      failed  ").count(), 2, "{text}");

    // What is approved and what is released is ready again.
    for arguments in [["plugin", "approve", "wishes"], ["plugin", "resume", "stopped"]] {
        assert!(station.wats(&arguments).await.unwrap().status.success());
    }
    for file in ["wishes.wasm", "stopped.wasm"] {
        until(&format!("{file} ready"), || async {
            Ok((listed(&station, file).await["state"] == "ready").then_some(()))
        })
        .await
        .unwrap();
    }
    station.stop().await.unwrap();
}
