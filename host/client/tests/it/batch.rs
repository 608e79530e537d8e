//! The same call for many items.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use wats_client::production::Unit;
use wats_client::{Batch, Outcome, Progress, Request};
use wats_sim::{DEMO_TOKEN, Sim, SimOptions};

use crate::support::{Server, builder, client, json as answer, quick_retry};

fn numbers(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("P-{number}")).collect()
}

#[tokio::test]
async fn each_item_has_its_own_end_in_the_order_of_the_items_and_no_more_run_at_once_than_asked() {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (running, peak) = (Arc::clone(&now), Arc::clone(&most));
    let server = Server::wats(move |seen| {
        let (running, peak) = (Arc::clone(&running), Arc::clone(&peak));
        async move {
            peak.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            // The first ones end last.
            let number: u64 = seen.uri.rsplit('-').next().unwrap().parse().unwrap();
            tokio::time::sleep(Duration::from_millis(40 - number)).await;
            running.fetch_sub(1, Ordering::SeqCst);
            if number == 7 {
                return answer(400, r#"{"message":"not this one"}"#);
            }
            answer(200, &json!({ "partNumber": format!("P-{number}") }).to_string())
        }
    })
    .await;
    let client = client(&server.url);
    client.version().await.unwrap();
    let mut told: Vec<Progress> = Vec::new();
    let outcomes = Batch::new()
        .at_once(5)
        .on_progress(|so_far| told.push(*so_far))
        .run(numbers(20), |number| client.product().by_part_number(number))
        .await;
    assert_eq!(most.load(Ordering::SeqCst), 5);
    let found: Vec<_> = outcomes
        .iter()
        .map(|(item, outcome)| match outcome {
            Outcome::Done(Some(product)) => product.part_number == *item,
            _ => false,
        })
        .collect();
    assert_eq!(found, (0..20).map(|number| number != 7).collect::<Vec<_>>());
    let failed: Vec<_> = outcomes.failed().map(|(item, error)| (item.as_str(), error.server_message())).collect();
    assert_eq!(failed, [("P-7", Some("not this one"))]);
    assert_eq!(told.len(), 20);
    let last = told.last().unwrap();
    assert_eq!((last.total, last.done, last.failed, *last == outcomes.progress()), (20, 19, 1, true));
    assert!(!outcomes.is_complete() && outcomes.left().is_empty(), "what is refused for good is not left to do");
}

#[tokio::test]
async fn a_refused_token_ends_the_batch_and_what_was_not_tried_can_be_given_to_the_next() {
    let count = Arc::new(AtomicUsize::new(0));
    let requests = Arc::clone(&count);
    let server = Server::wats(move |_| {
        let number = requests.fetch_add(1, Ordering::SeqCst);
        async move { if number < 3 { answer(200, r#"{"partNumber":"P"}"#) } else { answer(401, "") } }
    })
    .await;
    let client = builder(&server.url).retry(quick_retry(1)).build().unwrap();
    client.version().await.unwrap();
    let outcomes = Batch::new().at_once(1).run(numbers(50), |number| client.product().by_part_number(number)).await;
    assert_eq!(count.load(Ordering::SeqCst), 4, "no request is made that cannot end well");
    let progress = outcomes.progress();
    assert_eq!((progress.done, progress.failed, progress.not_tried), (3, 1, 46), "{progress}");
    assert_eq!(outcomes.left(), numbers(50)[3..]);
}

#[tokio::test]
async fn an_odd_answer_or_a_missing_permission_for_one_item_stops_no_other() {
    let server = Server::wats(|seen| async move {
        match seen.uri.rsplit('-').next().unwrap() {
            "3" => answer(200, "[1, 2]"),
            "5" => answer(403, r#"{"message":"not yours"}"#),
            _ => answer(200, r#"{"partNumber":"P"}"#),
        }
    })
    .await;
    let client = client(&server.url);
    client.version().await.unwrap();
    let outcomes = Batch::new().at_once(1).run(numbers(20), |number| client.product().by_part_number(number)).await;
    let failed: Vec<_> = outcomes.failed().map(|(item, _)| item.as_str()).collect();
    assert_eq!((failed, outcomes.progress().done), (vec!["P-3", "P-5"], 18), "{}", outcomes.progress());
}

#[tokio::test]
async fn one_bad_item_of_a_list_costs_only_itself() {
    let server = Server::wats(|seen| async move {
        let units: Vec<Value> = serde_json::from_slice(&seen.body).unwrap();
        if units.iter().any(|unit| unit["serialNumber"].as_str().unwrap().ends_with("bad")) {
            return answer(400, r#"{"message":"a serial number is wrong"}"#);
        }
        answer(200, &Value::from(units).to_string())
    })
    .await;
    let client = client(&server.url);
    client.version().await.unwrap();
    let unit = |serial: &str| {
        let mut unit = Unit::default();
        unit.serial_number = Some(serial.to_owned());
        unit
    };
    let units: Vec<_> =
        (0..40).map(|n| unit(&if n == 11 || n == 33 { format!("{n}bad") } else { n.to_string() })).collect();
    let outcomes = Batch::new().run_in_chunks(units, 16, |units| client.production().save_units(units)).await;
    let failed: Vec<_> = outcomes.failed().map(|(unit, _)| unit.serial_number.as_deref().unwrap()).collect();
    assert_eq!(failed, ["11bad", "33bad"]);
    assert_eq!((outcomes.progress().done, outcomes.progress().total), (38, 40));
    // 3 chunks, of which 16 take 1 + 2 * 4 calls and 8 take 1 + 2 * 3.
    assert_eq!(server.count("/Units"), 1 + 9 + 7);
}

#[tokio::test]
async fn only_what_is_different_is_saved() {
    let sim = Sim::start(SimOptions::default()).unwrap();
    let client = builder(&sim.url()).token(DEMO_TOKEN.to_owned().into()).build().unwrap();
    let unit = |serial: &str, location: &str| {
        let mut unit = Unit::default();
        unit.serial_number = Some(serial.to_owned());
        unit.part_number = Some("LAMP-7".to_owned());
        unit.current_location = Some(location.to_owned());
        unit
    };
    let run = async |units: Vec<Unit>| {
        Batch::new()
            .run_changed(
                units,
                |unit| {
                    let text = |field: &Option<String>| field.clone().unwrap_or_default();
                    let (serial, part) = (text(&unit.serial_number), text(&unit.part_number));
                    client.production().unit(wats_client::production::UnitKey::new(&serial, &part)).or_none()
                },
                |unit| -> Request<_> { client.production().save_units(std::slice::from_ref(unit)) },
            )
            .await
            .progress()
    };
    let first = run(vec![unit("1", "Hall 1"), unit("2", "Hall 1")]).await;
    assert_eq!((first.done, first.unchanged), (2, 0));
    let second = run(vec![unit("1", "Hall 1"), unit("2", "Hall 2"), unit("3", "Hall 1")]).await;
    assert_eq!((second.done, second.unchanged), (2, 1), "{second}");
}

#[test]
fn a_batch_can_be_waited_for_and_runs_on_another_thread() {
    let sim = Sim::start(SimOptions::default()).unwrap();
    let client = builder(&sim.url()).token(DEMO_TOKEN.to_owned().into()).build().unwrap();
    let outcomes = wats_client::wait(async move {
        let asked = Batch::new().run([100, 500, 7], |code| client.process().by_code(*code)).await;
        Ok(asked)
    })
    .unwrap();
    let names: Vec<_> = outcomes
        .into_iter()
        .map(|(code, outcome)| match outcome {
            Outcome::Done(Some(process)) => process.name.clone().unwrap(),
            other => format!("{code}: {other:?}"),
        })
        .collect();
    assert_eq!(names, ["Final test", "Repair", "7: Done(None)"]);
}
