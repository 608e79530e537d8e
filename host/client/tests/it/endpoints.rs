//! Every call of the API, made against the simulated server: method, path and query are those of the list
//! (`tests/endpoints.txt`), the server understands them, and none of a domain that is done is missing.

use std::collections::BTreeSet;

use percent_encoding::percent_decode_str;
use serde_json::json;
use wats_client::production::{
    ChildChecks, ProductionBatch, SerialNumberFormat, SerialNumberRange, Unit, UnitKey, UnitPhaseFlag,
};
use wats_client::{Client, Request};
use wats_sim::{DEMO_TOKEN, Outcome, RequestRecord, Sim, SimOptions};

use crate::support::builder;

/// Domains whose calls are all there.
const DOMAINS: [&str; 1] = ["production"];

const LAMP: UnitKey<'_> = UnitKey::new("L7/1 #é", "LAMP-7");
const LED: UnitKey<'_> = UnitKey::new("L3-1", "LED-3");

type Row = (&'static str, &'static str, fn(&Client) -> Request<()>);

/// A line of the list, the names in the query, and the call.
const PRODUCTION: &[Row] = &[
    ("PUT /api/Production/Units", "", |c| c.production().save_units(&[unit(LAMP), unit(LED)]).map(drop)),
    ("GET /api/Production/Unit/{}/{}", "", |c| c.production().unit(LAMP).map(drop)),
    ("GET /api/Production/UnitVerification", "serialNumber partNumber revision", |c| {
        c.production().verify(LAMP, Some("C")).map(drop)
    }),
    ("PUT /api/Production/SetUnitPhase", "serialNumber partNumber phase comment", |c| {
        c.production().set_phase(LAMP, UnitPhaseFlag::Finalized, Some("ready"))
    }),
    ("PUT /api/Production/SetUnitProcess", "serialNumber partNumber processCode comment", |c| {
        c.production().set_process(LAMP, Some(100), Some("again"))
    }),
    (
        "POST /api/Production/AddChildUnit",
        "parentSerialNumber parentPartNumber childSerialNumber childPartNumber",
        |c| c.production().add_child(LAMP, LED),
    ),
    ("GET /api/Production/CheckChildUnits", "serialNumber partNumber revision", |c| {
        c.production().check_children(LAMP, "C").map(drop)
    }),
    (
        "POST /api/Production/RemoveChildUnit",
        "parentSerialNumber parentPartNumber childSerialNumber childPartNumber",
        |c| c.production().remove_child(LAMP, LED),
    ),
    ("GET /api/Production/SerialNumbers/Types", "", |c| c.production().serial_number_types().map(drop)),
    ("POST /api/Production/SerialNumbers/Take", "serialNumberType quantity refSN refPN stationName", |c| {
        c.production().take_serial_numbers("Lamp", 3, Some(LAMP), Some("EOL-03")).map(drop)
    }),
    ("GET /api/Production/SerialNumbers/ByRange", "typeName from to", |c| {
        c.production().serial_numbers_by_range("Lamp", "Lamp-000001", "Lamp-000002").map(drop)
    }),
    ("GET /api/Production/SerialNumbers/ByReference", "typeName referenceSerialNumber referencePartNumber", |c| {
        c.production().serial_numbers_by_reference("Lamp", Some(LAMP.serial_number), Some(LAMP.part_number)).map(drop)
    }),
    ("PUT /api/Production/SerialNumbers", "", |c| {
        c.production().import_serial_numbers("Lamp,X-1\nLamp,X-2\n", SerialNumberFormat::Csv)
    }),
    ("GET /api/Production/SerialNumbers", "typeName state format", |c| {
        c.production().export_serial_numbers("Lamp", Some("free"), SerialNumberFormat::Csv).map(drop)
    }),
    ("PUT /api/Production/Batch", "", |c| c.production().save_batch(&batch("B-1")).map(drop)),
    ("PUT /api/Production/Batches", "", |c| c.production().save_batches(&[batch("B-2")]).map(drop)),
    ("GET /api/Production/Batches", "partNumber batchId", |c| {
        c.production().batches(Some("LAMP-7"), Some("B-1")).map(drop)
    }),
    ("GET /api/internal/Mes/GetUnitPhases", "", |c| c.internal().production().unit_phases().map(drop)),
    ("GET /api/internal/Production/isConnected", "", |c| c.internal().production().is_connected()),
    ("GET /api/internal/Production/GetSites", "", |c| c.internal().production().sites().map(drop)),
    ("GET /api/internal/Production/GetUnit", "serialNumber partNumber", |c| {
        c.internal().production().unit(LAMP.serial_number, Some(LAMP.part_number)).map(drop)
    }),
    ("GET /api/internal/Production/GetUnitInfo", "serialNumber partNumber", |c| {
        c.internal().production().unit_info(LAMP).map(drop)
    }),
    ("GET /api/internal/Production/GetUnitHierarchy", "serialNumber partNumber", |c| {
        c.internal().production().unit_hierarchy(LAMP).map(drop)
    }),
    ("GET /api/internal/Production/GetUnitStateHistory", "serialNumber partNumber", |c| {
        c.internal().production().unit_state_history(LAMP).map(drop)
    }),
    ("GET /api/internal/Production/GetUnitPhase", "serialNumber partNumber", |c| {
        c.internal().production().unit_phase(LAMP).map(drop)
    }),
    ("GET /api/internal/Production/GetUnitProcess", "serialNumber partNumber", |c| {
        c.internal().production().unit_process(LAMP).map(drop)
    }),
    ("GET /api/internal/Production/GetUnitContents", "serialNumber partNumber revision", |c| {
        c.internal().production().unit_contents(LAMP, "C").map(drop)
    }),
    ("POST /api/internal/Production/CreateUnit", "serialNumber partNumber revision batchNumber unitPhase", |c| {
        let unit = UnitKey::new("L7-2", "LAMP-7");
        let phase = Some(UnitPhaseFlag::UnderProduction);
        c.internal().production().create_unit(unit, "C", Some("B-1"), phase).map(drop)
    }),
    (
        "POST /api/internal/Production/AddChildUnit",
        "serialNumber partNumber childSerialNumber childPartNumber checkPartNumber checkRevision cultureCode checkPhase",
        |c| {
            let checks = ChildChecks { part_number: true, revision: true, phase: Some(false) };
            c.internal().production().add_child(LAMP, LED, checks).map(drop)
        },
    ),
    (
        "POST /api/internal/Production/RemoveChildUnit",
        "serialNumber partNumber childSerialNumber childPartNumber cultureCode",
        |c| c.internal().production().remove_child(LAMP, LED).map(drop),
    ),
    ("POST /api/internal/Production/RemoveAllChildUnits", "serialNumber partNumber cultureCode", |c| {
        c.internal().production().remove_all_children(LAMP).map(drop)
    }),
    ("GET /api/internal/Production/CheckChildUnits", "ParentSerialNumber ParentPartNumber CultureCode", |c| {
        c.internal().production().check_children(LAMP).map(drop)
    }),
    ("GET /api/internal/Production/SerialNumbers", "serialNumberType startAddress endAddress startDate endDate", |c| {
        c.internal().production().serial_numbers(&range(), Some("2026-01-01"), Some("2026-12-31")).map(drop)
    }),
    ("GET /api/internal/Production/SerialNumbers/Count", "serialNumberType fromDate toDate", |c| {
        c.internal().production().count_serial_numbers("Lamp", Some("2026-01-01"), Some("2026-12-31")).map(drop)
    }),
    ("PUT /api/internal/Production/SerialNumbers/Free", "", |c| {
        c.internal().production().free_serial_numbers(&[range()]).map(drop)
    }),
    ("DELETE /api/internal/Production/SerialNumbers/Free", "", |c| {
        c.internal().production().delete_free_serial_numbers(&[range()]).map(drop)
    }),
    ("GET /api/internal/Production/SerialNumbers/Ranges", "serialNumberType", |c| {
        c.internal().production().serial_number_ranges(Some("Lamp")).map(drop)
    }),
    ("GET /api/internal/Production/SerialNumbers/Statistics", "serialNumberType", |c| {
        c.internal().production().serial_number_statistics(Some("Lamp")).map(drop)
    }),
    ("GET /api/Production/Units/Changes", "serialNumber partNumber $top $skip", |c| {
        c.production().unit_changes(Some("L7-1"), Some("LAMP-7")).first_page().map(drop)
    }),
    ("DELETE /api/Production/Units/Changes/{}", "", |c| c.production().delete_unit_change(7).or_none().map(drop)),
];

fn unit(key: UnitKey<'_>) -> Unit {
    let mut unit = Unit::default();
    unit.serial_number = Some(key.serial_number.to_owned());
    unit.part_number = Some(key.part_number.to_owned());
    unit.serial_date = Some("2026-05-04T08:15:30".into());
    unit
}

fn batch(number: &str) -> ProductionBatch {
    let mut batch = ProductionBatch::default();
    batch.batch_number = Some(number.to_owned());
    batch.batch_size = Some(100);
    batch
}

fn range() -> SerialNumberRange {
    SerialNumberRange { serial_number_type: "Lamp".into(), start_address: "X-1".into(), end_address: "X-9".into() }
}

/// The sim in this process, and a client of it.
fn plant() -> (Sim, Client) {
    let sim = Sim::start(SimOptions::default()).unwrap();
    let client = builder(&sim.url()).token(DEMO_TOKEN.to_owned().into()).build().unwrap();
    (sim, client)
}

/// `METHOD path`, with what varies as `{}`, and the names of the query.
fn seen(request: &RequestRecord, line: &str) -> (String, BTreeSet<String>) {
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    let wanted = line.split_once(' ').unwrap().1.split('/');
    let path: Vec<_> = path.split('/').zip(wanted).map(|(is, wanted)| if wanted == "{}" { "{}" } else { is }).collect();
    let names = query.split('&').filter_map(|pair| pair.split('=').next()).filter(|name| !name.is_empty());
    let names = names.map(|name| percent_decode_str(name).decode_utf8_lossy().into_owned());
    (format!("{} {}", request.method, path.join("/")), names.collect())
}

#[tokio::test]
async fn every_call_is_made_as_the_list_says_and_understood() {
    let (sim, client) = plant();
    let mut wrong = Vec::new();
    let mut made = BTreeSet::new();
    for (line, names, call) in PRODUCTION {
        let before = sim.handle().requests(0).last().map_or(0, |request| request.seq);
        let outcome = call(&client).await;
        let requests = sim.handle().requests(before);
        let Some(request) = requests.iter().rfind(|request| !request.path.ends_with("/App/Version")) else {
            wrong.push(format!("{line}: no request, {outcome:?}"));
            continue;
        };
        let (is, has) = seen(request, line);
        let wanted: BTreeSet<_> = names.split_whitespace().map(str::to_owned).collect();
        let is_understood = matches!(request.outcome, Outcome::Served) || line.starts_with("DELETE");
        if is != *line || has != wanted || outcome.is_err() || !is_understood {
            wrong.push(format!("{line} ({names}): {is} {has:?}, {:?}, {outcome:?}", request.outcome));
        }
        made.insert((*line).to_owned());
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let listed: BTreeSet<_> = include_str!("../endpoints.txt")
        .lines()
        .filter_map(|line| line.split_once(' '))
        .filter(|(domain, _)| DOMAINS.contains(domain))
        .map(|(_, line)| line.to_owned())
        .collect();
    assert_eq!(made, listed);
}

#[tokio::test]
async fn units_are_saved_built_together_and_read_back() {
    let (_sim, client) = plant();
    let production = client.production();
    let saved = production.save_units(&[unit(LAMP), unit(LED)]).await.unwrap();
    assert_eq!(saved.units.len(), 2);
    production.add_child(LAMP, LED).await.unwrap();
    let lamp = production.unit(LAMP).await.unwrap();
    assert_eq!(lamp.sub_units[0].serial_number.as_deref(), Some(LED.serial_number));
    assert_eq!(lamp.serial_date.unwrap().as_str(), "2026-05-04T08:15:30");
    // A unit cannot be a part of its own part.
    let error = production.add_child(LED, LAMP).await.unwrap_err();
    assert_eq!(error.status(), Some(409), "{error}");
    production.set_phase(LAMP, UnitPhaseFlag::Shipped, None).await.unwrap();
    assert_eq!(production.unit(LAMP).await.unwrap().unit_phase_id, Some(2048));
    let nobody = UnitKey::new("nobody", "LAMP-7");
    let error = production.unit(nobody).await.unwrap_err();
    assert!(error.is_not_found(), "{error}");
    assert_eq!(production.unit(nobody).or_none().await.unwrap(), None);
}

#[tokio::test]
async fn serial_numbers_are_taken_once_for_each_call_and_read_from_xml() {
    let (sim, client) = plant();
    let first = client.production().take_serial_numbers("Lamp", 2, Some(LAMP), None).await.unwrap();
    client.production().import_serial_numbers("Lamp,A&B<1>\n", SerialNumberFormat::Csv).await.unwrap();
    let second = client.production().take_serial_numbers("Lamp", 1, None, None).await.unwrap();
    assert_eq!((first, second), (vec!["Lamp-000001".to_owned(), "Lamp-000002".into()], vec!["A&B<1>".to_owned()]));
    let of_lamp =
        client.production().serial_numbers_by_reference("Lamp", Some(LAMP.serial_number), None).await.unwrap();
    assert_eq!(of_lamp.len(), 2);
    // Nothing that uses something up is sent twice by itself.
    sim.handle().add_rule(wats_sim::fault::Rule::any(wats_sim::fault::Action::status(503)).times(1)).unwrap();
    let before = sim.handle().stats().requests;
    let error = client.production().take_serial_numbers("Lamp", 1, None, None).await.unwrap_err();
    assert_eq!(error.status(), Some(503), "{error}");
    assert_eq!(sim.handle().stats().requests, before + 1);
}

#[tokio::test]
async fn a_removal_without_a_list_is_not_sent() {
    let (sim, client) = plant();
    let error = client.internal().production().delete_free_serial_numbers(&[]).await.unwrap_err();
    assert!(matches!(error, wats_client::Error::Argument { argument: "ranges", .. }), "{error}");
    assert_eq!(sim.handle().stats().requests, 0);
}

#[test]
fn a_call_can_be_waited_for_with_and_without_a_runtime() {
    let (_sim, client) = plant();
    assert_eq!(client.process().by_code(100).wait().unwrap().unwrap().code, Some(100));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    // Also in the middle of an asynchronous program, and from many threads at once.
    runtime.block_on(async {
        assert_eq!(client.production().serial_number_types().wait().unwrap().len(), 3);
    });
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..20 {
                    let process = client.process().by_name("Final test").cache(wats_client::CacheMode::Bypass);
                    assert_eq!(process.wait().unwrap().unwrap().code, Some(100));
                }
            });
        }
    });
}

#[tokio::test]
async fn a_save_that_answers_nothing_is_no_error_and_a_read_without_data_is_one() {
    let server = crate::support::Server::wats(|_| async { crate::support::reply(204, &[], "") }).await;
    let client = crate::support::client(&server.url);
    assert_eq!(client.production().save_batch(&batch("B-1")).await.unwrap(), None);
    let error = client.production().unit(LAMP).await.unwrap_err();
    assert!(matches!(error, wats_client::Error::NoData { .. }), "{error}");
    assert_eq!(client.production().unit(LAMP).or_none().await.unwrap(), None);
    let sent: serde_json::Value =
        serde_json::from_slice(&server.seen().iter().find(|s| s.method == "PUT").unwrap().body).unwrap();
    assert_eq!(sent, json!({ "batchNumber": "B-1", "batchSize": 100 }), "what is not set is not sent");
}

#[tokio::test]
async fn an_internal_call_names_where_it_comes_from_and_tells_when_the_server_does_not_have_it() {
    let server = crate::support::Server::wats(|_| async { crate::support::reply(404, &[], "") }).await;
    let client = crate::support::client(&server.url);
    client.version().await.unwrap();
    let error = client.internal().production().sites().await.unwrap_err();
    assert!(matches!(error, wats_client::Error::NotOffered { .. }), "{error:?}");
    let seen = server.seen();
    let asked = seen.iter().find(|seen| seen.uri.contains("GetSites")).unwrap();
    assert_eq!(asked.header("referer"), Some(server.url.as_str()));
    assert!(seen.iter().filter(|seen| !seen.uri.contains("internal")).all(|seen| seen.header("referer").is_none()));
}

// With threads of its own for the server: who waits keeps this one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_give_each_item_once_and_an_error_ends_them_with_a_word() {
    let server = crate::support::Server::wats(|seen| async move {
        let number = |name: &str| -> usize {
            let (_, rest) = seen.uri.split_once(name).unwrap();
            rest.split('&').next().unwrap().parse().unwrap()
        };
        let (top, skip) = (number("%24top="), number("%24skip="));
        if seen.uri.contains("broken") && skip > 0 {
            return crate::support::json(400, r#"{"message":"no further"}"#);
        }
        let items: Vec<_> = (skip..(skip + top).min(25)).map(|id| json!({ "id": id })).collect();
        crate::support::json(200, &json!(items).to_string())
    })
    .await;
    let client = crate::support::client(&server.url);
    client.version().await.unwrap();
    let all = client.production().unit_changes(None, None).page_size(10).all().await.unwrap();
    let ids: Vec<_> = all.iter().map(|change| change.id.unwrap()).collect();
    assert_eq!(ids, (0..25).collect::<Vec<_>>());
    assert_eq!(server.count("Changes"), 3);
    let waited: Vec<_> = client.production().unit_changes(None, None).page_size(10).skip(20).wait_each().collect();
    assert_eq!(waited.len(), 5);
    let broken: Vec<_> = client.production().unit_changes(None, Some("broken")).page_size(10).wait_each().collect();
    assert_eq!(broken.len(), 11);
    assert_eq!(broken.last().unwrap().as_ref().unwrap_err().server_message(), Some("no further"));
}
