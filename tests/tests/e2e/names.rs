//! Names of files that hurt: as long as can be, and those that imitate other things.

use std::fs;

use wats_tests::embedded::Line;

#[cfg(unix)]
fn report(serial: &str) -> String {
    format!("report {serial} 5.0\n")
}

/// Linux takes 255 bytes for a name; some write them all, and then a number, a reason or a suffix must fit too.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn names_as_long_as_can_be_are_archived_packed_numbered_and_explained() {
    let long = |unit: &str| format!("{}.script", unit.repeat((255 - ".script".len()) / unit.len()));
    let names = [long("n"), long("ü"), long("測"), long("🔧")];
    for after in ["move", "zip"] {
        let line = Line { inbox: format!("after = \"{after}\"\n"), ..Line::with_plugins(&["scripted"]) };
        let station = line.running().await;
        let mut delivered = 0;
        for round in 0..3 {
            for (number, name) in names.iter().enumerate() {
                fs::write(line.path("in").join(name), report(&format!("SN-{round}-{number}"))).unwrap();
                delivered += 1;
            }
            station.delivered(delivered).await;
            line.holds("in", &[]).await;
        }
        assert_eq!(line.names("in.archive").len(), 12, "{after}: {:?}", line.names("in.archive"));
        // Long names that differ in their end alone have reasons of their own.
        for round in 0..2 {
            for name in &names {
                for end in ["1.script", "2.script"] {
                    let stem: String = name.strip_suffix("n.script").or(name.strip_suffix(".script")).unwrap().into();
                    let mut name = stem;
                    while name.len() + end.len() > 255 {
                        name.pop();
                    }
                    fs::write(line.path("in").join(name + end), format!("error malformed 1 1 {end}-round-{round}"))
                        .unwrap();
                }
            }
            station
                .until("they are set aside", |details| details.queue.counts.files_quarantined == 8 * (round + 1))
                .await;
            line.holds("in", &[]).await;
        }
        let errors = line.names("in.error");
        let (reasons, files): (Vec<_>, Vec<_>) = errors.iter().partition(|name| name.ends_with(".error.json"));
        assert_eq!((files.len(), reasons.len()), (16, 16), "{after}: {errors:?}");
        // Each says what is wrong with its own.
        let mut told: Vec<_> = reasons
            .iter()
            .map(|name| {
                let text = fs::read(line.path("in.error").join(name)).unwrap();
                let told: serde_json::Value = serde_json::from_slice(&text).unwrap();
                (told["path"].as_str().unwrap().to_owned(), told["error"].as_str().unwrap().to_owned())
            })
            .collect();
        told.sort();
        told.dedup();
        assert_eq!(told.len(), 16, "{after}: {told:#?}");
        // The command finds all of them, and leaves no reason behind.
        let (status, retried) =
            station.admin(reqwest::Method::POST, "/api/files/retry", Some(serde_json::json!({}))).await;
        assert_eq!((status, retried["files"].as_array().unwrap().len()), (200, 16), "{retried}");
        station.until("they are set aside again", |details| details.queue.counts.files_quarantined >= 8).await;
        line.holds("in", &[]).await;
        station.stop().await;
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn names_that_imitate_other_things_are_names() {
    let line = Line::with_plugins(&["scripted"]);
    let station = line.running().await;
    let names = [
        "a..script",
        "x..%2f..%2fetc%2fpasswd.script",
        "$(reboot).script",
        "'; DROP TABLE sources; --.script",
        "\u{202e}tpircs.script",
        "tab\there.script",
        "bell\u{7}\u{1b}[31mred.script",
        "line\n2026-05-04T08:00:00Z ERROR forged.script",
        " .script",
        "con.script",
        "nul.script",
        "in.archive.script",
        "%s%n.script",
        "<script>alert(1)<.script",
    ];
    for (number, name) in names.iter().enumerate() {
        line.drop_file(name, report(&format!("SN-{number}")));
    }
    station.delivered(names.len() as u64).await;
    line.holds("in", &[]).await;
    let mut wanted: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
    wanted.sort();
    assert_eq!(line.names("in.archive"), wanted);
    station.stop().await;
}

/// Somebody's file may be called as the reason beside another is.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_called_like_a_reason_is_not_overwritten_by_one() {
    let line = Line { inbox: "unclaimed_wait_seconds = 0.5\n".into(), ..Line::with_plugins(&["scripted"]) };
    let station = line.running().await;
    line.drop_file("a.script.error.json", "{\"somebody's\": \"data\"}");
    station.until("it is set aside", |details| details.queue.counts.files_quarantined == 1).await;
    line.holds("in", &[]).await;
    line.drop_file("a.script", "error malformed 1 1 broken");
    station.until("both are set aside", |details| details.queue.counts.files_quarantined == 2).await;
    line.holds("in", &[]).await;
    let texts: Vec<_> = line
        .names("in.error")
        .iter()
        .map(|name| fs::read_to_string(line.path("in.error").join(name)).unwrap())
        .collect();
    assert_eq!(texts.len(), 4, "{:?}", line.names("in.error"));
    for wanted in ["somebody's", "no plugin takes it", "broken"] {
        assert!(texts.iter().any(|text| text.contains(wanted)), "{wanted}: {texts:?}");
    }
    let details = station.until("both are counted", |details| details.inboxes[0].quarantined == 2).await;
    assert!(details.complaints.iter().any(|complaint| complaint.why.contains("2 files")), "{:?}", details.complaints);
    station.stop().await;
}
