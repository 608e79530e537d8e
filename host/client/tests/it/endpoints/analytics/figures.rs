//! What the simulated server makes of reports, read through the client.

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;
use wats_client::Client;
use wats_client::analytics::{
    AlarmKind, DateGrouping, Dimension, Dimensions, MeasurementPath, Run, Scope, Status, UnitFlowFilter, UutScope,
    WatsFilter, YieldData, any_of,
};

use super::{STEPS, WEEK, plant};

/// A test of a lamp in May.
fn test(serial: &str, start: &str, result: &str) -> Value {
    json!({
        "type": "T", "id": Uuid::new_v4(), "pn": "LAMP-7", "sn": serial, "rev": "C", "processCode": 100, "result": result,
        "machineName": "EOL-1", "location": "Hall 2", "purpose": "Production", "start": format!("2026-05-{start}"),
        "uut": { "user": "kari", "execTime": 60.0 }, "miscInfos": [], "subUnits": [],
        "root": {
            "stepType": "SequenceCall", "name": "Main", "group": "M", "status": result, "steps": [],
            "seqCall": { "path": "lamp.seq", "name": "lamp.seq", "version": "1.0.0" },
        },
    })
}

fn with(mut report: Value, pointer: &str, value: impl Into<Value>) -> Value {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    report.pointer_mut(parent).unwrap()[key] = value.into();
    report
}

/// With a step that has one measurement between 4 V and 6 V, and one that has two.
fn measured(report: Value, volt: f64, status: &str) -> Value {
    let measurement = |value: f64, status: &str| json!({ "value": value, "unit": "V", "compOp": "GELE", "lowLimit": 4.0, "highLimit": 6.0, "status": status });
    let named = |name: &str, value: f64| with(json!({ "m": measurement(value, "P") }), "/m/name", name)["m"].clone();
    let step = |id: u32, kind: &str, name: &str, status: &str, list: Value| {
        json!({
            "stepType": kind, "name": name, "group": "M", "status": status, "id": id, "totTime": 0.5, "numericMeas": list,
            "causedUUTFailure": status == "F",
        })
    };
    let steps = json!([
        step(2, "ET_NLT", "R/W volt", status, json!([measurement(volt, status)])),
        step(3, "ET_MNLT", "Rails", "P", json!([named("5 V", 5.0), named("3 V", 3.5)])),
    ]);
    with(report, "/root/steps", steps)
}

async fn post(client: &Client, report: &Value) -> Uuid {
    let id = report["id"].as_str().unwrap().parse().unwrap();
    client.report().submit_wsjf(report.to_string().into(), id).await.unwrap().id
}

fn may() -> WatsFilter {
    let moment = |text: &str| text.parse::<Timestamp>().unwrap();
    WatsFilter::new().date_from(moment("2026-05-01T00:00:00Z")).date_to(moment("2026-06-01T00:00:00Z"))
}

/// Units, and those that passed in the first, after two and three, and in the last run.
fn counts(row: &YieldData) -> [i64; 5] {
    [row.unit_count, row.fp_count, row.sp_count, row.tp_count, row.lp_count].map(Option::unwrap)
}

fn texts(rows: &[YieldData], dimension: &Dimension) -> Vec<String> {
    rows.iter().map(|row| row.value_of(dimension).unwrap_or_default().as_str().unwrap_or("-").to_owned()).collect()
}

/// Four units with one to three runs: P, FP, FFP, and FF at two stations.
async fn four_units(client: &Client) {
    for (serial, station, start, result) in [
        ("L7-1", "EOL-1", "04T08:00:00Z", "P"),
        ("L7-2", "EOL-1", "04T09:00:00Z", "F"),
        ("L7-2", "EOL-1", "04T10:00:00Z", "P"),
        ("L7-3", "EOL-2", "04T11:00:00Z", "E"),
        ("L7-3", "EOL-1", "05T08:00:00Z", "T"),
        ("L7-3", "EOL-1", "12T08:00:00Z", "D"),
        ("L7-4", "EOL-2", "12T09:00:00Z", "F"),
        ("L7-4", "EOL-2", "12T10:00:00Z", "F"),
    ] {
        post(client, &with(test(serial, start, result), "/machineName", station)).await;
    }
    post(client, &with(test("P-1", "13T08:00:00Z", "F"), "/pn", "PN_77")).await;
}

#[tokio::test]
async fn units_are_counted_by_their_first_run_and_yields_are_those_of_the_reports() {
    let (_sim, client) = plant();
    four_units(&client).await;
    let analytics = client.analytics();
    let by_part = Dimensions::new().descending(Dimension::UnitCount).by(Dimension::PartNumber);
    let rows = analytics.dynamic_yield(&by_part, &may()).await.unwrap();
    assert_eq!(texts(&rows, &Dimension::PartNumber), ["LAMP-7", "PN_77"]);
    assert_eq!(counts(&rows[0]), [4, 1, 2, 3, 3]);
    assert_eq!((rows[0].fpy, rows[0].lpy, rows[1].fpy), (Some(25.0), Some(75.0), Some(0.0)));
    let figure = |dimension: Dimension| rows[0].value_of(&dimension).unwrap();
    assert_eq!([figure(Dimension::TestReportCount), figure(Dimension::TestYieldCount)], [json!(8), json!(3)]);
    assert_eq!([figure(Dimension::RetestCount), figure(Dimension::PpmFpy)], [json!(4), json!(750_000.0)]);
    assert_eq!(figure(Dimension::FirstUtc), json!("2026-05-04T08:00:00Z"));
    // L7-3 began at EOL-2: its later runs at EOL-1 are reports there, but no unit.
    let by_station = Dimensions::new().ascending(Dimension::StationName);
    let rows = analytics.dynamic_yield(&by_station, &may().part_number("LAMP-_")).await.unwrap();
    assert_eq!([counts(&rows[0]), counts(&rows[1])], [[2, 1, 2, 2, 2], [2, 0, 0, 1, 1]]);
    assert_eq!(rows[0].value_of(&Dimension::TestReportCount), Some(json!(5)));
    let late = may().date_from("2026-05-12T00:00:00Z".parse::<Timestamp>().unwrap()).part_number("LAMP-7");
    assert_eq!(counts(&analytics.volume_yield(&late).await.unwrap()[0]), [1, 0, 0, 0, 0]);
}

#[tokio::test]
async fn alternatives_any_text_and_any_character_are_what_filters_say() {
    let (_sim, client) = plant();
    four_units(&client).await;
    let count = async |filter: WatsFilter| client.analytics().uut_reports(&filter).await.unwrap().len();
    assert_eq!(count(may()).await, 9);
    assert_eq!(count(may().part_number("%7%")).await, 9);
    assert_eq!(count(may().part_number("LAMP")).await, 0);
    assert_eq!(count(may().part_number("PN_77")).await, 1);
    assert_eq!(count(may().serial_number("L7-_").station_name("EOL-2")).await, 3);
    assert_eq!(count(may().serial_number(any_of(["L7-1", "P-%"]))).await, 2);
    assert_eq!(count(may().status(any_of([Status::Error, Status::Terminated, Status::Done]))).await, 3);
    assert_eq!(count(may().test_operation("Final test").level("Production").product_group("Lamps")).await, 8);
    assert_eq!(count(may().run(Run::Second)).await, 3);
    assert_eq!(count(may().run(Run::Last).status(Status::Failed)).await, 2);
    assert_eq!(count(may().top_count(2)).await, 2);
    // Without dates the last thirty days count, and May is over.
    assert_eq!(count(WatsFilter::new()).await, 0);
    let error = client.analytics().uut_reports(&may().asset_name("Crimper")).await.unwrap_err();
    assert!(error.status() == Some(400) && error.server_message().unwrap().contains("assetName"), "{error}");
}

#[tokio::test]
async fn a_unit_is_in_a_group_for_each_of_its_misc_infos_and_assets_that_the_filter_takes() {
    let (_sim, client) = plant();
    let misc = |shift: &str| json!([{ "description": "Shift", "text": shift }, { "description": "Line", "text": "1" }]);
    for (serial, shift) in [("L7-1", "early"), ("L7-2", "early"), ("L7-3", "late")] {
        let report = with(test(serial, "04T08:00:00Z", "P"), "/miscInfos", misc(shift));
        post(&client, &with(report, "/assets", json!([{ "sn": "FIX-1" }, { "sn": shift }]))).await;
    }
    let by = |dimension: Dimension| Dimensions::new().descending(Dimension::UnitCount).by(dimension);
    let units = async |dimension: Dimension, filter: WatsFilter| {
        let rows = client.analytics().dynamic_yield(&by(dimension.clone()), &filter).await.unwrap();
        let counts = rows.iter().map(|row| row.unit_count.unwrap());
        texts(&rows, &dimension).into_iter().zip(counts).collect::<Vec<_>>()
    };
    let found = units(Dimension::MiscInfoString, may()).await;
    assert_eq!(found, [("1".into(), 3), ("early".into(), 2), ("late".into(), 1)]);
    let shifts = may().misc_info_description("Shift");
    assert_eq!(units(Dimension::MiscInfoString, shifts.clone()).await, [("early".into(), 2), ("late".into(), 1)]);
    let late = shifts.misc_info_string("l%");
    assert_eq!(units(Dimension::AssetSerialNumber, late).await, [("FIX-1".into(), 1), ("late".into(), 1)]);
    let of_asset = may().asset_serial_number("e%");
    assert_eq!(units(Dimension::AssetSerialNumber, of_asset).await, [("early".into(), 2)]);
    let error = client.analytics().dynamic_yield(&by(Dimension::UnitType), &may()).await.unwrap_err();
    assert!(error.status() == Some(400) && error.server_message().unwrap().contains("unitType"), "{error}");
}

#[tokio::test]
async fn periods_are_counted_back_from_now_and_the_current_one_is_told_apart() {
    let (_sim, client) = plant();
    let now = Timestamp::now();
    let at = |hours: i64| Value::from((now - jiff::SignedDuration::from_hours(hours)).to_string());
    for (serial, hours) in [("L7-1", 0), ("L7-2", 24), ("L7-3", 48), ("L7-4", 24 * 20)] {
        post(&client, &with(test(serial, "01T00:00:00Z", "P"), "/start", at(hours))).await;
    }
    let days = |count: u32| WatsFilter::new().date_grouping(DateGrouping::Day).period_count(count);
    let by_day = Dimensions::new().descending(Dimension::Period);
    let day = |hours: i64| (now - jiff::SignedDuration::from_hours(hours)).strftime("%Y-%m-%d").to_string();
    let rows = client.analytics().dynamic_yield(&by_day, &days(2)).await.unwrap();
    assert_eq!(texts(&rows, &Dimension::Period), [day(0), day(24), day(48)]);
    let rows = client.analytics().dynamic_yield(&by_day, &days(2).include_current_period(false)).await.unwrap();
    assert_eq!(texts(&rows, &Dimension::Period), [day(24), day(48)]);
    let in_scope = |group: &'static str| Scope { product_group: Some(group), level: None };
    assert_eq!(client.analytics().high_volume_in(in_scope("Lamps")).await.unwrap()[0].unit_count, Some(4));
    assert_eq!(client.analytics().high_volume_in(in_scope("Boards")).await.unwrap(), []);
}

#[tokio::test]
async fn products_are_ranked_by_volume_and_by_yield() {
    let (_sim, client) = plant();
    four_units(&client).await;
    post(&client, &with(test("L3-1", "04T08:00:00Z", "P"), "/pn", "PN-8")).await;
    let analytics = client.analytics();
    let parts = |rows: Vec<YieldData>| texts(&rows, &Dimension::PartNumber);
    assert_eq!(parts(analytics.high_volume(&may().top_count(1)).await.unwrap()), ["LAMP-7"]);
    assert_eq!(parts(analytics.worst_yield(&may()).await.unwrap()), ["PN_77", "LAMP-7", "PN-8"]);
    assert_eq!(parts(analytics.worst_yield(&may().yield_percent(90).min_count(2)).await.unwrap()), ["LAMP-7"]);
    let groups = analytics.high_volume_by_product_group(&may()).await.unwrap();
    assert_eq!(texts(&groups, &Dimension::ProductGroup), ["Lamps", "-", "Boards"]);
    let groups = analytics.worst_yield_by_product_group(&may()).await.unwrap();
    assert_eq!(texts(&groups, &Dimension::ProductGroup), ["-", "Lamps", "Boards"]);
}

#[tokio::test]
async fn measurements_are_found_by_their_path_and_summed_up() {
    let (_sim, client) = plant();
    let mut ids = Vec::new();
    for (serial, volt, status) in [("L7-1", 4.5, "P"), ("L7-2", 5.5, "P"), ("L7-3", 8.0, "F")] {
        ids.push(post(&client, &measured(test(serial, "04T08:00:00Z", status), volt, status)).await);
    }
    let analytics = client.analytics();
    let slash = MeasurementPath::new(["Main", "R/W volt"]);
    let values = analytics.measurements(std::slice::from_ref(&slash), &may()).await.unwrap();
    assert_eq!(values.iter().map(|one| one.value.unwrap()).collect::<Vec<_>>(), [4.5, 5.5, 8.0]);
    assert_eq!(values[2].report_id, Some(ids[2].to_string()));
    assert_eq!((values[2].limit_low, values[2].limit_high), (Some(4.0), Some(6.0)));
    assert_eq!((values[2].status.as_deref(), values[2].unit.as_deref()), (Some("Failed"), Some("V")));
    assert_eq!(values[0].step_path.as_deref(), Some("Main¶R/W volt"));
    let passed = may().status(Status::Passed);
    let sums = analytics.aggregated_measurements(&[slash, "Main/Rails::3 V".into()], &passed).await.unwrap();
    assert_eq!(
        [(sums[0].count, sums[0].avg), (sums[1].count, sums[1].avg)],
        [(Some(2), Some(5.0)), (Some(2), Some(3.5))]
    );
    let cpk = 1.0 / (3.0 * 0.5_f64.sqrt());
    assert!((sums[0].cpk.unwrap() - cpk).abs() < 1e-12, "{:?}", sums[0].cpk);
    assert_eq!(sums[1].cpk, None, "values without any spread have no capability");
    // A step's path takes all of its measurements.
    let of_step = analytics.measurements(&["Main/Rails".into()], &may().serial_number("L7-1")).await.unwrap();
    assert_eq!(of_step.len(), 2);
    assert_eq!(analytics.measurements(&["Main/R/W volt".into()], &may()).await.unwrap(), []);
}

#[tokio::test]
async fn failing_steps_are_counted_for_the_run_that_is_asked_for() {
    let (_sim, client) = plant();
    for (start, volt, status) in [("04T08:00:00Z", 8.0, "F"), ("04T09:00:00Z", 7.0, "F"), ("04T10:00:00Z", 5.0, "P")] {
        post(&client, &measured(test("L7-1", start, status), volt, status)).await;
    }
    let analytics = client.analytics();
    let top = analytics.top_failed(&may()).await.unwrap();
    assert_eq!(top.len(), 1, "sequences fail with their steps, and are not listed: {top:?}");
    assert_eq!(
        (top[0].step_name.as_deref(), top[0].fail_count, top[0].total_count),
        (Some("R/W volt"), Some(2), Some(3))
    );
    assert_eq!(top[0].last_fail_date.as_ref().unwrap().as_str(), "2026-05-04T09:00:00Z");
    assert_eq!(analytics.top_failed(&may().run(Run::Last)).await.unwrap(), []);
    let rows = analytics.step_analysis(&may().part_number("LAMP-7").test_operation("Final test")).await.unwrap();
    let names: Vec<_> =
        rows.iter().map(|row| row.measure_name.as_deref().or(row.step_name.as_deref()).unwrap()).collect();
    assert_eq!(names, ["Main", "R/W volt", "3 V", "5 V"]);
    let volt = &rows[1];
    assert_eq!((volt.step_count, volt.step_failed_count, volt.step_caused_uut_failed), (Some(3), Some(2), Some(2)));
    assert_eq!((volt.measure_count, volt.measure_count_wof), (Some(3), Some(1)));
    assert_eq!((volt.max, volt.max_wof, volt.limit2), (Some(8.0), Some(5.0), Some(6.0)));
    assert_eq!(volt.step_time_avg, Some(0.5));
    let first = analytics.step_analysis(&may().run(Run::First)).await.unwrap();
    assert_eq!((first[1].step_count, first[1].max), (Some(1), Some(8.0)));
    let culprit = Dimensions::from([Dimension::StepCausedUutFailure]);
    let rows = analytics.dynamic_yield(&culprit, &may()).await.unwrap();
    assert_eq!(texts(&rows, &Dimension::StepCausedUutFailure), ["-", "R/W volt"]);
}

/// The repair of a failed lamp.
fn repair(of: Uuid, serial: &str) -> Value {
    json!({
        "type": "R", "id": Uuid::new_v4(), "pn": "LAMP-7", "sn": serial, "rev": "C", "processCode": 500, "result": "P",
        "machineName": "REP-1", "location": "Hall 2", "purpose": "Repair", "start": "2026-05-06T08:00:00Z", "miscInfos": [],
        "uur": {
            "user": "per", "processCode": 100, "refUUT": of, "execTime": 1200.0, "active": true,
            "confirmDate": "2026-05-06T08:00:00Z", "finalizeDate": "2026-05-06T08:20:00Z",
        },
        "subUnits": [{ "idx": 0, "pn": "LAMP-7", "sn": serial, "rev": "C", "partType": "Main", "failures": [
            { "category": "Component", "code": "Defect Component", "comRef": "D3", "refStepId": 2, "comment": "LED open" },
            { "category": "Solder", "code": "Short" },
        ] }],
    })
}

#[tokio::test]
async fn repairs_are_counted_with_the_test_and_the_step_that_they_are_about() {
    let (_sim, client) = plant();
    let failed = post(&client, &measured(test("L7-1", "04T08:00:00Z", "F"), 8.0, "F")).await;
    let repaired = post(&client, &repair(failed, "L7-1")).await;
    post(&client, &test("L7-1", "07T08:00:00Z", "P")).await;
    let analytics = client.analytics();
    let dimensions = Dimensions::new()
        .ascending(Dimension::RepairCode)
        .by(Dimension::ReferencedStep)
        .by(Dimension::TestStationName)
        .by(Dimension::RepairOperation);
    let rows = analytics.dynamic_repair(&dimensions, &may()).await.unwrap();
    assert_eq!(
        rows.iter().map(|row| row.repair_code.as_deref().unwrap()).collect::<Vec<_>>(),
        ["Defect Component", "Short"]
    );
    assert_eq!((rows[0].repair_count, rows[0].repair_report_count), (Some(1), Some(1)));
    assert_eq!((rows[0].referenced_step.as_deref(), rows[1].referenced_step.as_deref()), (Some("R/W volt"), None));
    assert_eq!(rows[0].test_station_name.as_deref(), Some("EOL-1"));
    assert_eq!(rows[0].value_of(&Dimension::RepairOperation), Some(json!("Repair")));
    let whole = analytics.dynamic_repair(&Dimensions::new(), &may().test_operation("Final test")).await.unwrap();
    assert_eq!((whole[0].repair_count, whole[0].repair_report_count), (Some(2), Some(1)));
    let history = analytics.repair_history("LAMP-7", "C").await.unwrap();
    assert_eq!((history.len(), history[0].report_id.clone()), (2, Some(repaired.to_string())));
    assert_eq!(history[0].fail_step_path.as_deref(), Some("Main¶R/W volt"));
    assert_eq!(analytics.repair_history("LAMP-7", "B").await.unwrap(), []);
    // A repair is no run, and is in the unit's history between the two.
    let unit = analytics.serial_number_history(&may().serial_number("L7-1")).await.unwrap();
    let kinds: Vec<_> = unit.iter().map(|header| (header.report_type.as_deref().unwrap(), header.run)).collect();
    assert_eq!(kinds, [("T", Some(1)), ("R", None), ("T", Some(2))]);
    assert_eq!(analytics.uur_reports(&may()).await.unwrap()[0].referenced_uut, Some(failed));
    let scope = UutScope { status: Some(&Status::Failed), ..UutScope::default() };
    assert_eq!(analytics.uut_reports_in(scope).await.unwrap(), [], "that was not in the last thirty days");
    let repeated = analytics.uut_reports(&may().status(Status::Failed)).await.unwrap();
    assert_eq!(repeated[0].uuid, Some(failed));
}

#[tokio::test]
async fn effectiveness_is_time_run_speed_and_quality() {
    let (_sim, client) = plant();
    for (serial, start, seconds, result) in
        [("L7-1", "04T08:00:00Z", 60.0, "P"), ("L7-2", "04T08:02:00Z", 120.0, "F"), ("L7-3", "04T08:05:00Z", 60.0, "P")]
    {
        post(&client, &with(test(serial, start, result), "/uut/execTime", seconds)).await;
    }
    let oee = client.analytics().oee(&may()).await.unwrap();
    assert_eq!((oee.planned_production_time, oee.run_time, oee.down_time), (Some(360.0), Some(240.0), Some(120.0)));
    assert_eq!((oee.total_count, oee.good_count, oee.reject_count), (Some(3), Some(2), Some(1)));
    assert_eq!((oee.ideal_cycle_time, oee.performance), (Some(60.0), Some(75.0)));
    // Two thirds of the time, at three quarters of the speed, with two thirds good.
    assert!((oee.oee.unwrap() - 100.0 / 3.0).abs() < 1e-9, "{:?}", oee.oee);
    assert_eq!(client.analytics().oee(&may().part_number("none")).or_none().await.unwrap(), None);
}

#[tokio::test]
async fn the_way_of_units_is_that_of_their_tests_and_the_last_query_is_remembered() {
    let (_sim, client) = plant();
    for (serial, code, station, start, result) in [
        ("L7-1", 50, "ICT-1", "04T08:00:00Z", "P"),
        ("L7-1", 100, "EOL-1", "04T09:00:00Z", "P"),
        ("L7-2", 50, "ICT-1", "04T08:10:00Z", "F"),
        ("L7-2", 50, "ICT-2", "04T08:20:00Z", "P"),
        ("L7-2", 100, "EOL-1", "04T10:20:00Z", "F"),
    ] {
        let report = with(test(serial, start, result), "/machineName", station);
        post(&client, &with(report, "/processCode", code)).await;
    }
    let internal = client.internal();
    let analytics = internal.analytics();
    assert_eq!(analytics.unit_flow_nodes().await.unwrap(), [], "nobody has asked yet");
    let since = Some("2026-05-01T00:00:00Z".parse().unwrap());
    let filter = UnitFlowFilter { part_number: Some("LAMP-7".into()), date_from: since, ..UnitFlowFilter::default() };
    let flow = analytics.unit_flow(&filter).await.unwrap();
    let names: Vec<_> = flow.nodes.iter().map(|node| node.name.as_deref().unwrap()).collect();
    assert_eq!((names, flow.total_units), (vec!["Final test", "PCBA test"], Some(2)));
    assert_eq!(
        (flow.nodes[1].unit_count, flow.nodes[1].pass_count, flow.nodes[1].fail_count),
        (Some(2), Some(2), Some(1))
    );
    assert_eq!((flow.links.len(), flow.links[0].unit_count, flow.links[0].avg_time), (1, Some(2), Some(5400.0)));
    let units = analytics.unit_flow_units().await.unwrap();
    assert_eq!(units[1].node_path, ["PCBA test", "Final test"]);
    assert_eq!((units[1].status.as_deref(), units[1].total_time), (Some("Failed"), Some(7800.0)));
    analytics.unit_flow_split_by("stationName", &filter).await.unwrap();
    let names: Vec<_> = analytics.unit_flow_nodes().await.unwrap().into_iter().map(|node| node.name.unwrap()).collect();
    assert_eq!(names, ["Final test @ EOL-1", "PCBA test @ ICT-1", "PCBA test @ ICT-2"]);
    let one = analytics.unit_flow_of(["L7-1"], &filter).await.unwrap();
    assert_eq!((one.total_units, analytics.unit_flow_links().await.unwrap().len()), (Some(1), 1));
    let failed = analytics.unit_flow(&UnitFlowFilter { include_passed: Some(false), ..filter.clone() }).await.unwrap();
    assert_eq!(failed.total_units, Some(1));
    analytics
        .unit_flow_ordered_by("endTime", &UnitFlowFilter { hide_list: vec!["Final test".into()], ..filter })
        .await
        .unwrap();
    let serials: Vec<_> =
        analytics.unit_flow_units().await.unwrap().into_iter().map(|unit| unit.serial_number.unwrap()).collect();
    assert_eq!(serials, ["L7-1", "L7-2"]);
}

#[tokio::test]
async fn internal_lists_have_every_value_and_every_step_and_alarms_are_failed_tests() {
    let (_sim, client) = plant();
    let now = Value::from(Timestamp::now().to_string());
    let failed = measured(with(test("L7-1", "04T08:00:00Z", "F"), "/start", now), 8.0, "F");
    let text = json!({ "value": "1.2", "compOp": "EQ", "limit": "1.2", "status": "P" });
    let step = json!({ "stepType": "ET_SVT", "name": "Firmware", "group": "M", "status": "P", "stringMeas": [text] });
    let mut failed = failed;
    failed["root"]["steps"].as_array_mut().unwrap().push(step);
    let id = post(&client, &failed).await;
    let internal = client.internal();
    let analytics = internal.analytics();
    let values = analytics.measurement_list_in(WEEK, STEPS).await.unwrap();
    let found: Vec<_> = values.iter().map(|one| (one.value, one.string_value.as_deref())).collect();
    assert_eq!(found, [(Some(8.0), None), (Some(5.0), None), (Some(3.5), None), (None, Some("1.2"))]);
    let statuses = analytics.step_status_list(&WatsFilter::new().serial_number("L7-1"), STEPS).await.unwrap();
    let words: Vec<_> = statuses.iter().map(|step| step.status.as_deref().unwrap()).collect();
    assert_eq!(words, ["Failed", "Failed", "Passed", "Passed"]);
    let nowhere = wats_client::analytics::Recent { product_group_id: 77, ..WEEK };
    assert_eq!(analytics.measurement_list_in(nowhere, STEPS).await.unwrap(), []);
    let alarms = analytics.alarms(&WatsFilter::new().top_count(10)).await.unwrap();
    assert_eq!((alarms.len(), alarms[0].kind), (1, Some(AlarmKind::Report)));
    assert_eq!(alarms[0].report_guid, Some(id.to_string()));
}
