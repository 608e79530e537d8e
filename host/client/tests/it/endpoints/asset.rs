//! The calls about assets.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use wats_client::asset::{Asset, AssetAlarmState, AssetCount, AssetKey, AssetLogType, AssetState, AssetType, Assets};
use wats_client::odata::field;
use wats_client::{Client, Error};
use wats_sim::fault::{Action, Rule};

use super::{Row, at_once, plant};
use crate::support::{self, Server, reply};

const JIG: AssetKey<'_> = AssetKey::SerialNumber("JIG/1 #é");

/// A line of the list, the names in the query, and the call.
pub(super) const ROWS: &[Row] = &[
    ("PUT /api/Asset/Types", "", |c| c.asset().save_type(&kind("Jig")).map(drop)),
    ("GET /api/Asset/Types", "$filter $top", |c| {
        c.asset().types(Some(&field("typeName").eq("Jig")), Some(5)).map(drop)
    }),
    ("PUT /api/Asset", "", |c| c.asset().save(&new(c, "Jig", "JIG/1 #é")).map(drop)),
    ("GET /api/Asset", "$filter $orderby $top $skip", |c| {
        let order = field("serialNumber").ascending();
        c.asset().list(Some(field("state").eq(1)), Some(order)).first_page().map(drop)
    }),
    ("GET /api/Asset/{}", "", |c| c.asset().by_key(JIG).map(drop)),
    ("GET /api/Asset/Status", "serialNumber translate", |c| c.asset().status(JIG, None).map(drop)),
    ("GET /api/Asset/Status", "id cultureCode", |c| {
        c.asset().status(AssetKey::Id("JIG/1 #é"), Some("en-US")).map(drop)
    }),
    ("PUT /api/Asset/State", "serialNumber state", |c| c.asset().set_state(JIG, AssetState::InStorage)),
    ("PUT /api/Asset/Count", "serialNumber totalCount", |c| c.asset().count(JIG, AssetCount::Total(7), false)),
    ("PUT /api/Asset/Count", "serialNumber incrementBy incrementChildren", |c| {
        c.asset().count(JIG, AssetCount::More(1), true)
    }),
    ("POST /api/Asset/ResetRunningCount", "serialNumber comment", |c| {
        c.asset().reset_running_count(JIG, Some("new pins"))
    }),
    ("PUT /api/Asset/SetRunningCount", "serialNumber runningCount", |c| c.asset().set_running_count(JIG, 3)),
    ("PUT /api/Asset/SetTotalCount", "serialNumber totalCount", |c| c.asset().set_total_count(JIG, 9)),
    ("POST /api/Asset/Calibration", "serialNumber dateTime comment", |c| {
        c.asset().record_calibration(JIG, Some(Timestamp::UNIX_EPOCH), Some("by hand"))
    }),
    ("POST /api/Asset/Maintenance", "serialNumber dateTime comment", |c| {
        c.asset().record_maintenance(JIG, Some(Timestamp::UNIX_EPOCH), Some("oiled"))
    }),
    ("POST /api/Asset/Calibration/External", "serialNumber fromDate toDate comment", |c| {
        c.asset().record_external_calibration(
            JIG,
            Some(at("2026-01-01")),
            Some(at("2027-01-01")),
            Some("by the institute"),
        )
    }),
    ("POST /api/Asset/Maintenance/External", "serialNumber fromDate toDate comment", |c| {
        c.asset().record_external_maintenance(JIG, Some(at("2026-01-01")), Some(at("2027-01-01")), Some("by the maker"))
    }),
    ("GET /api/Asset/Log", "$filter $orderby $top $skip", |c| {
        let order = field("date").descending();
        c.asset().log(Some(field("serialNumber").eq("JIG/1 #é")), Some(order)).first_page().map(drop)
    }),
    ("POST /api/Asset/Message", "", |c| c.asset().post_message("JIG/1 #é", "bent", Some("kim"))),
    ("GET /api/Asset/SubAssets", "serialNumber level", |c| c.asset().sub_assets(JIG, Some(2)).map(drop)),
    ("POST /api/internal/Blob/Asset", "assetId filename", |c| {
        c.internal().asset().upload_file("JIG/1 #é", "drawing 1.pdf", "%PDF")
    }),
    ("GET /api/internal/Blob/Asset", "assetId filename", |c| {
        c.internal().asset().download_file("JIG/1 #é", "drawing 1.pdf").map(drop)
    }),
    ("GET /api/internal/Blob/Asset/List/{}", "", |c| c.internal().asset().files("JIG/1 #é").map(drop)),
    ("DELETE /api/internal/Blob/Assets", "assetId", |c| {
        c.internal().asset().delete_files("JIG/1 #é", &["drawing 1.pdf"])
    }),
    ("DELETE /api/Asset", "serialNumber", |c| c.asset().delete(JIG)),
];

fn at(date: &str) -> Timestamp {
    format!("{date}T00:00:00Z").parse().unwrap()
}

fn kind(name: &str) -> AssetType {
    let mut kind = AssetType::default();
    kind.type_name = name.into();
    kind.running_count_limit = Some(100);
    kind.calibration_interval = Some(365.0);
    kind
}

/// A new asset of a type that the server has, or is given.
fn new(client: &Client, name: &str, serial_number: &str) -> Asset {
    let mut asset = Asset::default();
    asset.serial_number = serial_number.into();
    asset.type_id = at_once(client, |c| c.asset().save_type(&kind(name))).unwrap().type_id;
    asset
}

async fn counts(assets: Assets<'_>, serial_number: &str) -> (Option<i64>, Option<i64>) {
    let asset = assets.by_key(AssetKey::SerialNumber(serial_number)).await.unwrap();
    (asset.total_count, asset.running_count)
}

#[tokio::test]
async fn assets_are_saved_put_into_each_other_counted_and_deleted() {
    let (_sim, client) = plant();
    let assets = client.asset();
    assets.save(&new(&client, "Jig", "JIG-1")).await.unwrap();
    for serial_number in ["PIN-1", "PIN-2"] {
        let mut pin = new(&client, "Pin", serial_number);
        pin.parent_serial_number = Some("JIG-1".into());
        let saved = assets.save(&pin).await.unwrap().unwrap();
        assert_eq!(saved.asset_type.unwrap().type_name, "Pin");
    }
    let jig = assets.by_key(AssetKey::SerialNumber("JIG-1")).await.unwrap();
    assert_eq!((jig.asset_children.len(), jig.state), (2, Some(AssetState::InOperation)));
    let id = jig.asset_id.clone().unwrap();
    assert_eq!(assets.by_key(AssetKey::Id(&id)).await.unwrap(), jig);
    assets.count(AssetKey::Id(&id), AssetCount::More(5), true).await.unwrap();
    assets.count(AssetKey::SerialNumber("PIN-1"), AssetCount::Total(12), false).await.unwrap();
    assets.reset_running_count(AssetKey::Id(&id), Some("new pins")).await.unwrap();
    assert_eq!(counts(assets, "JIG-1").await, (Some(5), Some(0)));
    assert_eq!(counts(assets, "PIN-1").await, (Some(12), Some(12)));
    assert_eq!(assets.sub_assets(AssetKey::Id(&id), None).await.unwrap().len(), 2);
    // An asset cannot be a part of its own part.
    let mut turned = jig.clone();
    turned.parent_serial_number = Some("PIN-1".into());
    assert_eq!(assets.save(&turned).await.unwrap_err().status(), Some(409));
    let log = assets.log(Some(field("assetId").eq(id.as_str())), None).all().await.unwrap();
    let kinds: Vec<_> = log.iter().map(|line| line.kind.unwrap()).collect();
    assert_eq!(kinds, [AssetLogType::Register, AssetLogType::ResetCount]);
    assert_eq!((log[1].comment.as_deref(), log[1].user.as_deref()), (Some("new pins"), Some("wats")));
    assets.delete(AssetKey::Id(&id)).await.unwrap();
    let error = assets.by_key(AssetKey::Id(&id)).await.unwrap_err();
    assert!(error.is_not_found() && error.server_message().unwrap().contains(&id), "{error}");
    let pin = assets.by_key(AssetKey::SerialNumber("PIN-1")).await.unwrap();
    assert_eq!(pin.parent_serial_number, None);
}

#[tokio::test]
async fn what_an_asset_is_due_for_follows_from_its_type_and_what_was_done_to_it() {
    let (_sim, client) = plant();
    let assets = client.asset();
    assets.save(&new(&client, "Jig", "JIG-1")).await.unwrap();
    let jig = AssetKey::SerialNumber("JIG-1");
    let state = async || assets.status(jig, None).await.unwrap().alarm_state();
    assert_eq!(state().await, Some(AssetAlarmState::Ok));
    assets.count(jig, AssetCount::More(95), false).await.unwrap();
    assert_eq!(state().await, Some(AssetAlarmState::Warning));
    assets.record_maintenance(jig, None, None).await.unwrap();
    assert_eq!(state().await, Some(AssetAlarmState::Ok));
    assets.record_calibration(jig, Some(at("2020-01-01")), None).await.unwrap();
    assert_eq!(state().await, Some(AssetAlarmState::Alarm));
    let calibrated = assets.by_key(jig).await.unwrap();
    // 2020 had a day more.
    assert_eq!(calibrated.next_calibration_date.unwrap().timestamp(), Some(at("2020-12-31")));
    let later = Timestamp::now() + SignedDuration::from_hours(24 * 300);
    assets.record_external_calibration(jig, Some(at("2020-01-01")), Some(later), None).await.unwrap();
    assert_ne!(state().await, Some(AssetAlarmState::Alarm));
    let error = assets
        .record_external_calibration(jig, Some(at("2026-01-02")), Some(at("2026-01-01")), None)
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Argument { argument: "until", .. }), "{error}");
}

#[tokio::test]
async fn assets_are_found_by_filters_in_order_and_page_by_page() {
    let (sim, client) = plant();
    for serial_number in ["A'1", "B", "A'3", "A'2"] {
        client.asset().save(&new(&client, "Jig", serial_number)).await.unwrap();
    }
    let before = sim.handle().stats().requests;
    let filter = field("serialNumber").starts_with("A'").and(field("state").one_of([1, 5]));
    let order = field("state").ascending().then(field("serialNumber").descending());
    let found = client.asset().list(Some(filter), Some(order)).page_size(2).all().await.unwrap();
    let serials: Vec<_> = found.iter().map(|asset| asset.serial_number.as_str()).collect();
    assert_eq!(serials, ["A'3", "A'2", "A'1"]);
    assert_eq!(sim.handle().stats().requests, before + 2, "two pages");
    let error = client.asset().list(Some(field("colour").eq("red")), None).first_page().await.unwrap_err();
    assert!(error.server_message().unwrap().contains("colour"), "{error}");
}

#[tokio::test]
async fn uses_are_counted_once_even_when_the_answer_is_a_fault() {
    let (sim, client) = plant();
    client.asset().save(&new(&client, "Jig", "JIG-1")).await.unwrap();
    let jig = AssetKey::SerialNumber("JIG-1");
    sim.handle().add_rule(Rule::any(Action::status(503)).times(1)).unwrap();
    let before = sim.handle().stats().requests;
    let error = client.asset().count(jig, AssetCount::More(1), false).await.unwrap_err();
    assert_eq!((error.status(), sim.handle().stats().requests), (Some(503), before + 1), "{error}");
    // A state is the same however often it is set.
    sim.handle().add_rule(Rule::any(Action::status(503)).times(1)).unwrap();
    client.asset().set_state(jig, AssetState::Scrapped).await.unwrap();
    assert_eq!(client.asset().by_key(jig).await.unwrap().state, Some(AssetState::Scrapped));
}

#[tokio::test]
async fn types_are_remembered_until_one_is_saved() {
    let (sim, client) = plant();
    let types = async || client.asset().types(None, None).await.unwrap().len();
    client.asset().save(&new(&client, "Jig", "JIG-1")).await.unwrap();
    assert_eq!(types().await, 1);
    client.asset().count(AssetKey::SerialNumber("JIG-1"), AssetCount::More(1), false).await.unwrap();
    let before = sim.handle().stats().requests;
    assert_eq!((types().await, sim.handle().stats().requests), (1, before));
    client.asset().save_type(&kind("Pin")).await.unwrap();
    assert_eq!(types().await, 2);
}

#[tokio::test]
async fn files_come_back_byte_for_byte_and_only_those_that_are_named_are_removed() {
    let (sim, client) = plant();
    let id = client.asset().save(&new(&client, "Jig", "JIG-1")).await.unwrap().unwrap().asset_id.unwrap();
    let files = client.internal().asset();
    let bytes: Vec<u8> = (0..=255).collect();
    files.upload_file(&id, "all bytes.bin", bytes.clone()).await.unwrap();
    files.upload_file(&id, "page.html", "<!DOCTYPE html><title>Manual</title>").await.unwrap();
    assert_eq!(files.download_file(&id, "all bytes.bin").await.unwrap(), bytes);
    assert!(files.download_file(&id, "page.html").await.unwrap().starts_with(b"<!DOCTYPE"));
    assert_eq!(files.files(&id).await.unwrap(), ["all bytes.bin", "page.html"]);
    let before = sim.handle().stats().requests;
    let error = files.delete_files(&id, &[]).await.unwrap_err();
    assert!(matches!(error, Error::Argument { argument: "names", .. }), "{error}");
    assert_eq!(sim.handle().stats().requests, before);
    files.delete_files(&id, &["page.html"]).await.unwrap();
    assert_eq!(files.files(&id).await.unwrap(), ["all bytes.bin"]);
    assert!(files.download_file(&id, "page.html").await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn an_asset_is_sent_under_the_names_of_the_api_and_without_what_is_not_set() {
    let server = Server::wats(|_| async { reply(204, &[], "") }).await;
    let client = support::client(&server.url);
    let mut asset: Asset = serde_json::from_value(json!({
        "serialNumber": "S", "ClientId": 4, "state": 9, "assetChildren": null, "tags": [], "colour": "red",
    }))
    .unwrap();
    asset.first_seen_date = Some("2026-05-04T08:15:30".into());
    assert_eq!(client.asset().save(&asset).await.unwrap(), None, "saved, and nothing said");
    client.asset().post_message("A-1", "bent", None).await.unwrap();
    client.internal().asset().delete_files("A-1", &["a b.pdf"]).await.unwrap();
    let seen = server.seen();
    let sent: Vec<serde_json::Value> =
        seen.iter().filter(|s| !s.body.is_empty()).map(|s| serde_json::from_slice(&s.body).unwrap()).collect();
    assert_eq!(
        sent[0],
        json!({
            "serialNumber": "S", "ClientId": 4, "state": 9, "firstSeenDate": "2026-05-04T08:15:30", "colour": "red",
        })
    );
    assert_eq!(sent[1], json!({ "assetId": "A-1", "comment": "bent" }));
    assert_eq!(sent[2], json!(["a b.pdf"]));
}

#[tokio::test]
async fn a_call_about_no_asset_is_not_sent() {
    let (sim, client) = plant();
    let assets = client.asset();
    for request in [
        assets.delete(AssetKey::SerialNumber(" ")),
        assets.set_state(AssetKey::Id(""), AssetState::Scrapped),
        assets.by_key(AssetKey::Id("")).map(drop),
        assets.save(&Asset::default()).map(drop),
        assets.save_type(&AssetType::default()).map(drop),
        assets.post_message("", "bent", None),
        client.internal().asset().download_file("A-1", "").map(drop),
    ] {
        let route = request.route();
        let error = request.await.unwrap_err();
        assert!(matches!(error, Error::Argument { .. }), "{route}: {error}");
    }
    assert_eq!(sim.handle().stats().requests, 0);
}
