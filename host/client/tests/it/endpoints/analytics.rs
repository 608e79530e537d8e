//! The calls about figures.

mod figures;

use jiff::Timestamp;
use serde_json::{Value, json};
use wats_client::Error;
use wats_client::analytics::{
    DateGrouping, Dimension, Dimensions, MeasurementPath, Recent, RecentFailures, Run, Scope, Status, StepFilters,
    TopFailedScope, UnitFlowFilter, UutScope, WatsFilter, any_of,
};

use super::{Row, plant};
use crate::support::{Server, json as answer, reply};

/// A line of the list, the names in the query, and the call.
pub(super) const ROWS: &[Row] = &[
    (
        "GET /api/App/Processes",
        "includeTestOperations includeRepairOperations includeWipOperations includeInactiveProcesses",
        |c| c.process().list().map(drop),
    ),
    ("GET /api/App/Levels", "", |c| c.analytics().levels().map(drop)),
    ("GET /api/App/ProductGroups", "includeFilters", |c| c.analytics().product_groups(true).map(drop)),
    ("POST /api/App/DynamicYield", "dimensions", |c| c.analytics().dynamic_yield(&by_part(), &lamps()).map(drop)),
    ("POST /api/App/DynamicRepair", "dimensions", |c| c.analytics().dynamic_repair(&by_part(), &lamps()).map(drop)),
    ("POST /api/App/VolumeYield", "", |c| c.analytics().volume_yield(&lamps()).map(drop)),
    ("GET /api/App/VolumeYield", "productGroup level", |c| c.analytics().volume_yield_in(SCOPE).map(drop)),
    ("POST /api/App/HighVolume", "", |c| c.analytics().high_volume(&lamps()).map(drop)),
    ("GET /api/App/HighVolume", "productGroup level", |c| c.analytics().high_volume_in(SCOPE).map(drop)),
    ("POST /api/App/HighVolumeByProductGroup", "", |c| c.analytics().high_volume_by_product_group(&lamps()).map(drop)),
    ("POST /api/App/WorstYield", "", |c| c.analytics().worst_yield(&lamps()).map(drop)),
    ("GET /api/App/WorstYield", "productGroup level", |c| c.analytics().worst_yield_in(SCOPE).map(drop)),
    ("POST /api/App/WorstYieldByProductGroup", "", |c| c.analytics().worst_yield_by_product_group(&lamps()).map(drop)),
    ("GET /api/App/RelatedRepairHistory", "partNumber revision", |c| {
        c.analytics().repair_history("LAMP-7", "C").map(drop)
    }),
    ("POST /api/App/TopFailed", "", |c| c.analytics().top_failed(&lamps()).map(drop)),
    ("GET /api/App/TopFailed", "productGroup level partNumber revision topCount", |c| {
        let (part_number, revision, top_count) = (Some("LAMP-7"), Some("C"), Some(5));
        c.analytics().top_failed_in(TopFailedScope { scope: SCOPE, part_number, revision, top_count }).map(drop)
    }),
    ("POST /api/App/TestStepAnalysis", "", |c| c.analytics().step_analysis(&lamps().run(Run::First)).map(drop)),
    ("POST /api/App/Measurements", "measurementPaths", |c| {
        c.analytics().measurements(&["Main/Power::5 V".into()], &lamps()).map(drop)
    }),
    ("POST /api/App/AggregatedMeasurements", "measurementPaths", |c| {
        c.analytics().aggregated_measurements(&["Main/Power::5 V".into()], &lamps()).map(drop)
    }),
    ("POST /api/App/OeeAnalysis", "", |c| c.analytics().oee(&lamps()).or_none().map(drop)),
    ("POST /api/App/SerialNumberHistory", "", |c| c.analytics().serial_number_history(&lamps()).map(drop)),
    ("POST /api/App/UutReport", "", |c| c.analytics().uut_reports(&lamps()).map(drop)),
    ("GET /api/App/UutReport", "productGroup level partNumber revision serialNumber status topCount", |c| {
        let scope = UutScope {
            scope: SCOPE,
            part_number: Some("LAMP-7"),
            revision: Some("C"),
            serial_number: Some("L7-1"),
            status: Some(&Status::Failed),
            top_count: Some(5),
        };
        c.analytics().uut_reports_in(scope).map(drop)
    }),
    ("POST /api/App/UurReport", "", |c| c.analytics().uur_reports(&lamps()).map(drop)),
    ("POST /api/internal/UnitFlow", "", |c| c.internal().analytics().unit_flow(&flow()).map(drop)),
    ("POST /api/internal/UnitFlow/SN", "", |c| c.internal().analytics().unit_flow_of(["L7-1"], &flow()).map(drop)),
    ("POST /api/internal/UnitFlow/SplitBy", "", |c| {
        c.internal().analytics().unit_flow_split_by("stationName", &flow()).map(drop)
    }),
    ("POST /api/internal/UnitFlow/UnitOrder", "", |c| {
        c.internal().analytics().unit_flow_ordered_by("startTime", &flow()).map(drop)
    }),
    ("GET /api/internal/UnitFlow/Links", "", |c| c.internal().analytics().unit_flow_links().map(drop)),
    ("GET /api/internal/UnitFlow/Nodes", "", |c| c.internal().analytics().unit_flow_nodes().map(drop)),
    ("GET /api/internal/UnitFlow/Units", "", |c| c.internal().analytics().unit_flow_units().map(drop)),
    ("POST /api/internal/App/MeasurementList", "stepFilters sequenceFilters", |c| {
        c.internal().analytics().measurement_list(&lamps(), STEPS).map(drop)
    }),
    ("GET /api/internal/App/MeasurementList", "productGroupId levelId days stepFilters sequenceFilters", |c| {
        c.internal().analytics().measurement_list_in(WEEK, STEPS).map(drop)
    }),
    ("POST /api/internal/App/StepStatusList", "stepFilters sequenceFilters", |c| {
        c.internal().analytics().step_status_list(&lamps(), STEPS).map(drop)
    }),
    ("GET /api/internal/App/StepStatusList", "productGroupId levelId days stepFilters sequenceFilters", |c| {
        c.internal().analytics().step_status_list_in(WEEK, STEPS).map(drop)
    }),
    ("POST /api/internal/App/TopFailed", "", |c| c.internal().analytics().top_failed(&lamps()).map(drop)),
    ("GET /api/internal/App/TopFailed", "partNumber processCode productGroupId levelId days count", |c| {
        let scope = RecentFailures { part_number: "LAMP-7", process_code: 100, recent: WEEK, count: 5 };
        c.internal().analytics().top_failed_in(scope).map(drop)
    }),
    ("POST /api/internal/Trigger/GetAlarmAndNotificationLogs", "", |c| {
        c.internal().analytics().alarms(&WatsFilter::new().top_count(5)).map(drop)
    }),
];

const SCOPE: Scope<'_> = Scope { product_group: Some("Lamps"), level: Some("Production") };
const STEPS: StepFilters<'_> = StepFilters { steps: "<filters/>", sequences: "<filters/>" };
const WEEK: Recent = Recent { product_group_id: 1, level_id: 1, days: 7 };

fn lamps() -> WatsFilter {
    WatsFilter::new().part_number("LAMP-%")
}

fn by_part() -> Dimensions {
    Dimensions::from([Dimension::PartNumber])
}

fn flow() -> UnitFlowFilter {
    UnitFlowFilter { part_number: Some("LAMP-7".into()), ..UnitFlowFilter::default() }
}

/// A server that has no figures and remembers what it was asked.
async fn silent() -> (Server, wats_client::Client) {
    let server = Server::wats(|_| async { answer(200, "[]") }).await;
    let client = crate::support::client(&server.url);
    client.version().await.unwrap();
    (server, client)
}

/// The last request: its path with the query, and its body.
fn last(server: &Server) -> (String, Value) {
    let seen = server.seen().pop().unwrap();
    (seen.uri, serde_json::from_slice(&seen.body).unwrap())
}

#[tokio::test]
async fn dimensions_stand_in_the_query_and_in_a_body_that_has_more() {
    let (server, client) = silent().await;
    let dimensions = Dimensions::new().descending(Dimension::UnitCount).by(Dimension::PartNumber).by(Dimension::Period);
    client.analytics().dynamic_yield(&dimensions, &WatsFilter::new()).await.unwrap();
    let encoded = "/api/App/DynamicYield?dimensions=unitCount%20desc%3BpartNumber%3Bperiod";
    assert_eq!(last(&server), (encoded.to_owned(), json!({})));
    let filter = lamps().date_grouping(DateGrouping::Week).period_count(4);
    client.analytics().dynamic_yield(&dimensions, &filter).await.unwrap();
    let body = json!({
        "partNumber": "LAMP-%", "dateGrouping": 3, "periodCount": 4, "includeCurrentPeriod": true,
        "dimensions": "unitCount desc;partNumber;period",
    });
    assert_eq!(last(&server), (encoded.to_owned(), body));
    // Other calls say nothing of the current period by themselves.
    client.analytics().volume_yield(&WatsFilter::new().period_count(4)).await.unwrap();
    assert_eq!(last(&server).1, json!({ "periodCount": 4 }));
}

#[tokio::test]
async fn a_time_is_sent_in_utc_wherever_it_was_taken() {
    let (server, client) = silent().await;
    let from: jiff::Zoned = "2026-10-25T02:30:00+01:00[Europe/Oslo]".parse().unwrap();
    let to: Timestamp = "2026-10-26T00:00:00-05:00".parse().unwrap();
    client.analytics().uut_reports(&WatsFilter::new().date_from(&from).date_to(to)).await.unwrap();
    assert_eq!(last(&server).1, json!({ "dateFrom": "2026-10-25T01:30:00Z", "dateTo": "2026-10-26T05:00:00Z" }));
    let flow = UnitFlowFilter { date_from: Some(from.timestamp()), process_codes: vec![100], ..flow() };
    client.internal().analytics().unit_flow(&flow).or_none().await.unwrap();
    let body = json!({ "partNumber": "LAMP-7", "dateFrom": "2026-10-25T01:30:00Z", "processCodes": [100] });
    assert_eq!(last(&server).1, body);
}

#[tokio::test]
async fn measurement_paths_stand_in_the_query_in_the_servers_form() {
    let (server, client) = silent().await;
    let paths = [MeasurementPath::from("A/B::M"), MeasurementPath::new(["A", "R/W"])];
    client.analytics().measurements(&paths, &WatsFilter::new()).await.unwrap();
    let encoded = "/api/App/Measurements?measurementPaths=A%C2%B6B%C2%B6%C2%B6M%3BA%C2%B6R%2FW";
    assert_eq!(last(&server), (encoded.to_owned(), json!({})));
}

#[tokio::test]
async fn what_would_ask_for_something_else_is_not_sent() {
    let (sim, client) = plant();
    let analytics = client.analytics();
    let none: [&str; 0] = [];
    let refused = |error: Error, wanted: &str| {
        assert!(matches!(&error, Error::Argument { argument, .. } if *argument == wanted), "{wanted}: {error}");
    };
    refused(analytics.top_failed(&lamps().serial_number(any_of(none))).await.unwrap_err(), "serialNumber");
    refused(analytics.uut_reports(&lamps().batch_number("")).await.unwrap_err(), "batchNumber");
    refused(analytics.volume_yield(&lamps().revision(any_of(["A;B"]))).await.unwrap_err(), "revision");
    refused(analytics.oee(&lamps().yield_percent(101)).await.unwrap_err(), "yield");
    let dimensions = Dimensions::new().by("part number");
    refused(analytics.dynamic_yield(&dimensions, &lamps()).await.unwrap_err(), "dimensions");
    refused(analytics.measurements(&["A//B".into()], &lamps()).await.unwrap_err(), "measurementPaths");
    refused(client.internal().analytics().unit_flow_of(none, &flow()).await.unwrap_err(), "serial_numbers");
    assert_eq!(sim.handle().stats().requests, 0);
}

#[tokio::test]
async fn a_question_that_is_posted_is_repeated_and_its_failure_is_no_empty_list() {
    let (sim, client) = plant();
    let busy = || wats_sim::fault::Rule::any(wats_sim::fault::Action::status(503));
    sim.handle().add_rule(busy().times(2)).unwrap();
    assert_eq!(client.analytics().top_failed(&lamps()).await.unwrap(), []);
    sim.handle().add_rule(busy()).unwrap();
    let error = client.internal().analytics().alarms(&WatsFilter::new()).await.unwrap_err();
    assert_eq!(error.status(), Some(503), "{error}");
}

#[tokio::test]
async fn levels_and_groups_are_remembered_and_groups_forgotten_with_the_products() {
    let (sim, client) = plant();
    let names = |client: wats_client::Client| async move {
        let levels = client.analytics().levels().await.unwrap();
        let groups = client.analytics().product_groups(false).await.unwrap();
        (levels[0].level_name.clone().unwrap(), groups[0].product_group_name.clone().unwrap())
    };
    for _ in 0..2 {
        assert_eq!(names(client.clone()).await, ("Production".to_owned(), "Lamps".to_owned()));
    }
    let before = sim.handle().stats().requests;
    client.invalidate(wats_client::Resource::Products);
    names(client.clone()).await;
    assert_eq!(sim.handle().stats().requests, before + 1);
}

#[tokio::test]
async fn unknown_fields_words_and_numbers_are_kept() {
    let server = Server::wats(|seen| async move {
        if seen.uri.contains("Alarm") {
            return answer(
                200,
                r#"[{"logId":1,"type":9,"clientGroupIds":null,"assetName":"Crimper","processCode":100}]"#,
            );
        }
        if seen.uri.contains("UnitFlow") {
            return answer(
                200,
                r#"{"nodes":[{"id":7,"yield":"NaN"},{"id":"x"}],"links":[{"source":7,"target":"x"}],"legend":1}"#,
            );
        }
        if seen.uri.contains("Oee") {
            return reply(204, &[], "");
        }
        answer(200, r#"[{"partNumber":"A","fpy":97.5,"operator":"kari","moonPhase":"full"}]"#)
    })
    .await;
    let client = crate::support::client(&server.url);
    client.version().await.unwrap();
    let row = client.analytics().dynamic_yield(&by_part(), &lamps()).await.unwrap().remove(0);
    assert_eq!((row.fpy, row.value_of(&Dimension::Fpy)), (Some(97.5), Some(json!(97.5))));
    assert_eq!(row.value_of(&Dimension::Operator), Some(json!("kari")));
    assert_eq!((row.value_of(&"moonPhase".into()), row.value_of(&Dimension::Level)), (Some(json!("full")), None));
    let alarm = client.internal().analytics().alarms(&WatsFilter::new()).await.unwrap().remove(0);
    assert_eq!(alarm.kind, Some(wats_client::analytics::AlarmKind::Other(9)));
    assert_eq!((alarm.asset_name.as_deref(), alarm.process_code.as_deref()), (Some("Crimper"), Some("100")));
    let flow = client.internal().analytics().unit_flow(&flow()).await.unwrap();
    assert!(flow.nodes[0].yield_percent.unwrap().is_nan());
    assert_eq!((&flow.links[0].source_id, &flow.links[0].target_id), (&flow.nodes[0].id, &flow.nodes[1].id));
    assert_eq!(flow.other["legend"], 1);
    let error = client.analytics().oee(&lamps()).await.unwrap_err();
    assert!(matches!(error, Error::NoData { .. }), "{error}");
}

#[tokio::test]
async fn a_report_in_xml_counts_as_one_in_json() {
    let (_sim, client) = plant();
    let now = Timestamp::now();
    for (id, result) in [(uuid::Uuid::from_u128(1), "Failed"), (uuid::Uuid::from_u128(2), "Passed")] {
        let start = now + jiff::SignedDuration::from_secs(id.as_u128().try_into().unwrap());
        let document = format!(
            r#"<Reports xmlns="http://wats.virinco.com/schemas/WATS/Report/wsxf"><Report type="UUT" ID="{id}" SN="L7-1" PN="LAMP-7"
                Rev="C" Result="{result}" Start="{start}" MachineName="EOL-1" Location="Hall 2" Purpose="Production">
                <Process Code="100"/><UUT UserLoginName="kari"/>
                <Step Name="Main" StepType="SequenceCall" Status="{result}"><Step Name="Volt" StepType="ET_NLT" Status="{result}">
                <NumericLimit NumericValue="5.5" Units="V" CompOperator="LE" LowLimit="5" Status="{result}"/></Step></Step></Report></Reports>"#
        );
        client.report().submit_wsxf(document.into(), id).await.unwrap();
    }
    let row = client.analytics().volume_yield(&lamps()).await.unwrap().remove(0);
    assert_eq!((row.unit_count, row.fp_count, row.lp_count), (Some(1), Some(0), Some(1)));
    let failed = client.analytics().top_failed(&lamps()).await.unwrap();
    assert_eq!((failed[0].step_path.as_deref(), failed[0].fail_count), (Some("Main¶Volt"), Some(1)));
    let sums = client.analytics().aggregated_measurements(&["Main/Volt".into()], &lamps()).await.unwrap();
    assert_eq!((sums[0].count, sums[0].limit_low, sums[0].limit_high), (Some(2), None, Some(5.0)));
}
