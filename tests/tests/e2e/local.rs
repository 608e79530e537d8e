//! The local interface: health, metrics, keys, hosts, and reports of test programs.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    time::Duration,
};

use reqwest::{Method, header};
use serde_json::{Value, json};
use wats_tests::embedded::{Line, answer, noise, wsjf};

#[tokio::test(flavor = "multi_thread")]
async fn health_has_three_questions_and_details() {
    let line = Line::with_plugins(&["scripted"]);
    let station = line.running().await;
    line.drop_file("a.script", "report SN-1 5.0\nreport SN-2 5.0");
    line.drop_file("b.script", "error malformed 1 1 bad");
    station.delivered(2).await;
    station.decided(2).await;
    // It is counted when it is filed away, a moment later.
    station.until("the complaint", |details| !details.complaints.is_empty()).await;
    assert_eq!(station.get("/health/live").await, (200, json!({ "status": "alive", "pid": std::process::id() })));
    assert_eq!(station.get("/health/ready").await, (200, json!({ "status": "ready" })));
    // A file in the error folder is somebody's work.
    let (status, health) = station.get("/health").await;
    assert_eq!((status, &health["status"]), (200, &json!("degraded")), "{health}");
    assert_eq!(health["complaints"].as_array().unwrap().len(), 1, "{health}");
    let why = health["complaints"][0]["why"].as_str().unwrap();
    assert!(why.starts_with("1 file in the error folder") && why.contains("wats queue retry --files"), "{why}");
    let (status, details) = station.get("/health/details").await;
    assert_eq!(status, 200);
    for (pointer, wanted) in [
        ("/station", json!("TEST-1")),
        ("/queue/files_seen", json!(2)),
        ("/queue/files_committed", json!(1)),
        ("/queue/files_quarantined", json!(1)),
        ("/queue/reports_delivered", json!(2)),
        ("/queue/not_accepting", Value::Null),
        ("/destination/server", json!(line.sim.url())),
        ("/destination/paused", Value::Null),
        ("/destination/delivered", json!(2)),
        ("/cache/hits", json!(0)),
        ("/plugins/0/name", json!("scripted")),
        ("/plugins/0/version", json!("1.2.3")),
        ("/plugins/0/state", json!("ready")),
        ("/plugins/0/figures/converted", json!(1)),
        ("/plugins/0/figures/failed_file", json!(1)),
        ("/plugins/0/figures/failed_plugin", json!(0)),
        ("/plugins/0/figures/reports", json!(2)),
        ("/plugins/0/figures/traps", json!(0)),
        ("/inboxes/0/name", json!("in")),
        ("/inboxes/0/held", Value::Null),
    ] {
        assert_eq!(details.pointer(pointer), Some(&wanted), "{pointer} in {details:#}");
    }
    for present in [
        "/uptime_seconds",
        "/plugins/0/figures/mean_seconds",
        "/plugins/0/figures/max_seconds",
        "/queue/used_bytes",
        "/destination/last_delivery",
        "/workers/count",
        "/disk_left_bytes",
        "/version",
    ] {
        assert!(details.pointer(present).is_some_and(|value| !value.is_null()), "{present} in {details:#}");
    }
    // Taken out of it, it is nobody's any more.
    std::fs::remove_file(line.path("in.error/b.script")).unwrap();
    station.admin(Method::POST, "/api/files/retry", Some(json!({ "pattern": "none" }))).await;
    station.until("good health", |details| details.complaints.is_empty()).await;
    let (status, index) = station.get("/").await;
    assert_eq!(status, 200);
    assert!(index.as_str().unwrap().contains("TEST-1"));
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_is_used_already_is_a_conflict_however_large_the_post_is() {
    let line = Line::with_plugins(&["scripted"]);
    let station = line.running().await;
    let id = "1b4e28ba-2fa1-4d3b-883f-0016d3cca427";
    let with_id = |serial: &str| {
        let mut report = wsjf(serial);
        report["id"] = json!(id);
        report
    };
    assert_eq!(station.post(with_id("SN-1").to_string()).await.0, 201);
    let (status, told) = station.post(with_id("SN-2").to_string()).await;
    assert_eq!(status, 409, "{told}");
    // Reports of a large post are staged while it is read.
    let mut lot = vec![with_id("SN-2")];
    for number in 0..100 {
        let mut one = wsjf(&format!("LOT-{number:03}"));
        one["root"]["steps"] = (0..40).map(|step| text_step(number * 40 + step)).collect();
        lot.push(one);
    }
    let lot = json!(lot).to_string();
    assert!(lot.len() > 12 << 20, "{}", lot.len());
    let (status, told) = station.post(lot).await;
    assert_eq!(status, 409, "{told}");
    assert!(told["error"]["what"].as_str().unwrap().contains(id), "{told}");
    assert!(told["error"]["next"].as_str().unwrap().contains("an id of its own"), "{told}");
    let details = station.delivered(1).await;
    assert_eq!(details.queue.counts.reports_committed, 1, "nothing of it was taken");
    station.stop().await;
}

fn text_step(number: u64) -> Value {
    json!({
        "stepType": "ET_SVT", "name": format!("step {number}"), "group": "M", "status": "D",
        "reportText": noise(number + 1, 4_000)
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_station_whose_plugins_are_loading_is_alive_and_not_ready() {
    let line = Line::with_plugins(&["csv", "atml", "wats-json"]);
    // Nothing is in the cache.
    std::fs::remove_file(line.path("data/compiled")).unwrap();
    let station = line.start().await;
    let (status, told) = station.get("/health/ready").await;
    assert_eq!((status, &told["status"]), (503, &json!("not ready")), "{told}");
    assert_eq!(station.get("/health/live").await.0, 200);
    assert_eq!(station.get("/health").await.0, 200);
    station.ready().await;
    assert_eq!(station.get("/health/ready").await.0, 200);
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_are_text_for_prometheus_and_json_on_demand() {
    let line = Line { top: "metrics_port = 0\n".into(), ..Line::with_plugins(&["scripted"]) };
    let station = line.running().await;
    line.drop_file("a.script", "report SN-1 5.0");
    station.delivered(1).await;
    let text = station.request(Method::GET, "/metrics").header(header::ACCEPT, "text/plain").send().await.unwrap();
    assert!(text.headers()[header::CONTENT_TYPE].to_str().unwrap().starts_with("text/plain; version=0.0.4"));
    let scraped = station.scrape().await;
    assert_eq!(scraped.sum("wats_plugin_files_total", &[("plugin", "scripted"), ("outcome", "converted")]), 1.0);
    assert_eq!(scraped.sum("wats_queue_reports_total", &[("state", "delivered")]), 1.0);
    assert_eq!(scraped.sum("wats_queue_conservation_gap", &[]), 0.0);
    let (status, json) =
        answer(station.request(Method::GET, "/metrics").header(header::ACCEPT, "application/json")).await;
    assert_eq!((status, json.pointer("/queue/reports_delivered")), (200, Some(&json!(1))));
    // The port of its own has the metrics and nothing else.
    let own = station.station.metrics_address().unwrap();
    let ask = |path: &str| reqwest::get(format!("http://{own}{path}"));
    assert_eq!(ask("/metrics").await.unwrap().status(), 200);
    assert_eq!(ask("/health/details").await.unwrap().status(), 404);
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_calls_it_by_another_name_is_refused() {
    let line = Line::with_plugins(&["scripted"]);
    let station = line.running().await;
    let port = station.address.rsplit(':').next().unwrap().to_owned();
    for path in ["/health", "/metrics", "/api/queue", "/"] {
        for host in
            ["evil.example".to_owned(), format!("evil.example:{port}"), format!("127.0.0.1.evil.example:{port}")]
        {
            let (status, told) = answer(station.request(Method::GET, path).header(header::HOST, &host)).await;
            assert_eq!(status, 421, "{path} as {host}: {told}");
            assert!(told["error"]["next"].as_str().unwrap().contains("http.hosts"), "{told}");
        }
    }
    for host in [format!("localhost:{port}"), format!("127.0.0.1:{port}")] {
        assert_eq!(answer(station.request(Method::GET, "/health/live").header(header::HOST, &host)).await.0, 200);
    }
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_and_the_content_of_reports_need_the_admin_key() {
    let line = Line::with_plugins(&["scripted"]);
    let station = line.running().await;
    let submit_key = std::fs::read_to_string(line.path("data/submit.key")).unwrap();
    let paths = [
        (Method::GET, "/api/queue"),
        (Method::GET, "/api/trace?serial=SN-1"),
        (Method::GET, "/api/events"),
        (Method::POST, "/api/queue/retry"),
        (Method::POST, "/api/queue/discard"),
        (Method::POST, "/api/queue/verify"),
        (Method::POST, "/api/files/retry"),
        (Method::POST, "/api/plugins/scripted/hold"),
    ];
    for (method, path) in paths {
        for key in [None, Some("wrong"), Some(submit_key.trim()), Some("")] {
            let mut request = station.request(method.clone(), path).json(&json!({}));
            if let Some(key) = key {
                request = request.bearer_auth(key);
            }
            let (status, told) = answer(request).await;
            assert_eq!(status, 401, "{method} {path} with {key:?}: {told}");
            assert!(told["error"]["what"].as_str().unwrap().contains("admin.key"), "{told}");
        }
    }
    assert_eq!(station.admin(Method::GET, "/api/queue", None).await, (200, json!([])));
    assert_eq!(
        station.admin(Method::POST, "/api/queue/discard", Some(json!({ "entry": 99, "reason": "x" }))).await.0,
        404
    );
    assert_eq!(station.get("/health/details").await.1["plugins"][0]["state"], "ready", "nobody held it");
    #[cfg(unix)]
    for (name, wanted) in [("admin.key", 0o600), ("submit.key", 0o600)] {
        let mode = std::fs::metadata(line.path("data").join(name)).unwrap().permissions();
        assert_eq!(std::os::unix::fs::PermissionsExt::mode(&mode) & 0o777, wanted, "{name}");
    }
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_program_hands_over_reports() {
    let line = Line::with_plugins(&["scripted"]);
    line.sim.handle().close_listener(None).await;
    let station = line.running().await;
    // Without a key nothing is taken.
    let (status, told) = answer(station.request(Method::POST, "/reports").body(wsjf("SN-1").to_string())).await;
    assert_eq!(status, 401, "{told}");
    // Nor is anything read: the answer does not wait for 60 MiB that never come.
    let address = station.address.clone();
    let answer_without_body = tokio::task::spawn_blocking(move || {
        let mut stream = std::net::TcpStream::connect(&address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let head = format!("POST /reports HTTP/1.1\r\nHost: {address}\r\nContent-Length: {}\r\n\r\n", 60 << 20);
        stream.write_all(head.as_bytes()).unwrap();
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).unwrap();
        line
    });
    assert_eq!(answer_without_body.await.unwrap(), "HTTP/1.1 401 Unauthorized\r\n");
    // Once, and the same once more: one report.
    let (status, first) = station.post(wsjf("SN-1").to_string()).await;
    assert_eq!(status, 201, "{first}");
    let (status, second) = station.post(wsjf("SN-1").to_string()).await;
    assert_eq!((status, &second), (201, &first), "the same text is the same report");
    // Several in an array, one with an id of its own, which it keeps.
    let mut own = wsjf("SN-3");
    own["id"] = json!("0b5f7c1e-3f55-4f0e-9c0e-7a1d52f4a003");
    let (status, told) = station.post(json!([wsjf("SN-2"), own]).to_string()).await;
    assert_eq!((status, told["ids"].as_array().unwrap().len()), (201, 2), "{told}");
    assert_eq!(told["ids"][1], "0b5f7c1e-3f55-4f0e-9c0e-7a1d52f4a003");
    // What is wrong is told, and nothing of it is taken.
    let mut bad = wsjf("SN-4");
    bad["sn"] = json!("");
    bad["root"]["steps"] = json!([{ "stepType": "ET_NLT", "name": "Vcc", "group": "M", "status": "P",
        "numericMeas": [{ "compOp": "GELE", "value": 5.0, "lowLimit": 6.0, "highLimit": 4.0, "unit": "V", "status": "P" }] }]);
    let (status, told) = station.post(json!([wsjf("SN-5"), bad]).to_string()).await;
    assert_eq!(status, 422, "{told}");
    assert!(told["error"]["violations"].as_array().unwrap().len() >= 2, "all at once: {told}");
    assert!(told.to_string().contains("Vcc"), "{told}");
    for (body, wanted) in [("", 400), ("[]", 400), ("{\"type\": ", 400), ("not json", 400)] {
        let (status, told) = station.post(body).await;
        assert_eq!(status, wanted, "{body:?}: {told}");
        assert!(told["error"]["next"].is_string(), "{told}");
    }
    // The same id for another unit is a conflict.
    let mut stolen = wsjf("SN-6");
    stolen["id"] = json!("0b5f7c1e-3f55-4f0e-9c0e-7a1d52f4a003");
    let (status, told) = station.post(stolen.to_string()).await;
    assert_eq!(status, 409, "{told}");
    let details = station.station.details().await.unwrap();
    assert_eq!((details.queue.counts.reports_committed, details.queue.counts.reports_live), (3, 3));
    line.sim.handle().open_listener().await;
    station.delivered(3).await;
    assert_eq!(line.serials(), ["SN-1", "SN-2", "SN-3"]);
    assert_eq!(line.report("SN-1")["machineName"], "EOL-03", "only what is missing is filled in");
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_error_has_the_same_form() {
    let line = Line { top: "metrics_port = 0\n".into(), ..Line::with_plugins(&["scripted"]) };
    let station = line.running().await;
    let own = format!("http://{}/nosuch", station.station.metrics_address().unwrap());
    let key = std::fs::read_to_string(line.path("data/admin.key")).unwrap();
    let ask = |method: Method, path: &str, body: &str| {
        let request = station.request(method, path).bearer_auth(key.trim()).body(body.to_owned());
        request.header(header::CONTENT_TYPE, "application/json")
    };
    for (request, status, words) in [
        // No key is asked for where nothing is.
        (station.request(Method::GET, "/nosuch"), 404, "GET /nosuch: there is no such page"),
        (station.request(Method::GET, "/api/nosuch"), 404, "there is no such page"),
        (reqwest::Client::new().get(own), 404, "there is no such page"),
        (station.request(Method::DELETE, "/health"), 405, "this method"),
        (ask(Method::POST, "/api/queue/retry", "{\"entry\": "), 400, "JSON"),
        (ask(Method::POST, "/api/queue/retry", "{\"entyr\": 7}"), 422, "entyr"),
        (ask(Method::POST, "/api/queue/discard", "{}"), 422, "entry"),
        (ask(Method::GET, "/api/queue?limit=many", ""), 400, "limit"),
        (ask(Method::GET, "/api/queue?state=lost", ""), 400, "state"),
        (ask(Method::POST, "/api/plugins/scripted/eat", ""), 404, "eat"),
        (ask(Method::POST, "/reports", &" ".repeat((64 << 20) + 1)), 413, "64 MiB"),
    ] {
        let (found, told) = answer(request).await;
        let what = told["error"]["what"].as_str().unwrap_or_default();
        assert!(
            found == status && what.contains(words) && told["error"]["next"].is_string(),
            "{words}: {found} {told}"
        );
    }
    let (status, told) = station.post("{\"type\": ").await;
    let what = told["error"]["what"].as_str().unwrap();
    assert!(status == 400 && what.starts_with("take report 1: ") && what.matches("read").count() == 1, "{what}");
    station.stop().await;
}
