//! The simulated API over real HTTP.

use crate::support::{client, get, id, post, report, start, with_token};
use serde_json::{Value, json};
use wats_sim::{AnswerForm, Control, Keep, Outcome, RateLimit, RefusalForm, Sim, SimControl, SimOptions};

#[tokio::test]
async fn an_accepted_report_can_be_read_back_in_any_letter_case_of_the_path() {
    let (sim, client) = (start(), client());
    let answer = post(&client, &sim.url(), &report(1)).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.json::<Value>().await.unwrap(), json!([{ "ID": id(1) }]));
    for path in ["/api/Report/Wsjf/", "/API/REPORT/WSJF/", "/api/report/wsjf/"] {
        let back = get(&client, &sim.url(), &format!("{path}{}?detailLevel=7", id(1))).await;
        assert_eq!(back.json::<Value>().await.unwrap(), report(1), "{path}");
    }
    assert_eq!(get(&client, &sim.url(), &format!("/api/Report/Wsjf/{}", id(2))).await.status(), 404);
    assert_eq!(get(&client, &sim.url(), "/api/Report/Wsjf/x").await.status(), 400);
    assert_eq!(get(&client, &sim.url(), &format!("/api/Report/Wsxf/{}", id(1))).await.status(), 404);
    sim.shutdown().await;
}

#[tokio::test]
async fn an_answer_comes_in_the_form_that_was_chosen() {
    let (sim, client) = (start(), client());
    let own = id(1).to_string();
    for (form, status, expected) in [
        (AnswerForm::Array, 200, json!([{ "ID": own }]).to_string()),
        (AnswerForm::ArrayId, 200, json!([{ "id": own }]).to_string()),
        (AnswerForm::ArrayUuid, 200, json!([{ "uuid": own }]).to_string()),
        (AnswerForm::Object, 200, json!({ "ID": own }).to_string()),
        (AnswerForm::ObjectId, 200, json!({ "id": own }).to_string()),
        (AnswerForm::ObjectUuid, 200, json!({ "uuid": own }).to_string()),
        (AnswerForm::Text, 200, own.clone()),
        (AnswerForm::JsonText, 200, json!(own).to_string()),
        (AnswerForm::Empty, 200, String::new()),
        (AnswerForm::NoContent, 204, String::new()),
    ] {
        sim.handle().control(Control { answer: Some(form), ..Control::default() }).await.unwrap();
        let answer = post(&client, &sim.url(), &report(1)).await.unwrap();
        assert_eq!(answer.status(), status, "{form:?}");
        assert_eq!(answer.text().await.unwrap(), expected, "{form:?}");
    }
}

#[tokio::test]
async fn a_refused_report_is_told_everything_in_the_form_that_was_chosen() {
    let (sim, client) = (start(), client());
    let mut wrong = report(1);
    wrong["result"] = json!("X");
    wrong["root"]["steps"] = json!([{}]);
    let all = ["result", "root.steps[0].stepType", "root.steps[0].name", "root.steps[0].status"];
    for (form, place) in [
        (RefusalForm::Message, "/message"),
        (RefusalForm::UpperMessage, "/Message"),
        (RefusalForm::Error, "/error"),
        (RefusalForm::Errors, "/errors"),
        (RefusalForm::Problem, "/detail"),
        (RefusalForm::ModelState, "/ModelState"),
        (RefusalForm::Exception, "/ExceptionMessage"),
    ] {
        sim.handle().control(Control { refusal: Some(form), ..Control::default() }).await.unwrap();
        let answer = post(&client, &sim.url(), &wrong).await.unwrap();
        assert_eq!(answer.status(), 400, "{form:?}");
        let body: Value = answer.json().await.unwrap();
        let words = body.pointer(place).unwrap().to_string();
        assert!(all.iter().all(|path| words.contains(path)), "{form:?}: {body}");
    }
    for (form, start) in [(RefusalForm::Text, "the report is not valid"), (RefusalForm::Html, "<!DOCTYPE")] {
        sim.handle().control(Control { refusal: Some(form), ..Control::default() }).await.unwrap();
        let text = post(&client, &sim.url(), &wrong).await.unwrap().text().await.unwrap();
        assert!(text.starts_with(start) && text.contains("root.steps[0].name"), "{form:?}: {text}");
    }
    assert_eq!(sim.handle().stats().reports_distinct, 0);
    assert_eq!(sim.handle().stats().outcome(Outcome::Refused), 9);
}

#[tokio::test]
async fn what_is_no_report_is_refused() {
    let (sim, client) = (start(), client());
    let url = format!("{}/api/Report/WSJF", sim.url());
    let send = |content_type: &'static str, body: &'static str| {
        with_token(client.post(&url)).header("content-type", content_type).body(body).send()
    };
    assert_eq!(send("text/plain", "{}").await.unwrap().status(), 415);
    assert_eq!(send("application/json", "{").await.unwrap().status(), 400);
    assert_eq!(send("application/json; charset=utf-8", "[]").await.unwrap().status(), 400);
    assert_eq!(send("application/json", "\u{feff}{}").await.unwrap().status(), 400);
    let packed =
        with_token(client.post(&url)).header("content-encoding", "gzip").json(&report(1)).send().await.unwrap();
    assert_eq!(packed.status(), 415);
    assert_eq!(with_token(client.put(&url)).json(&report(1)).send().await.unwrap().status(), 405);
    assert_eq!(get(&client, &sim.url(), "/api/Nothing").await.status(), 404);
}

#[tokio::test]
async fn a_request_without_the_right_token_is_challenged() {
    let (sim, client) = (start(), client());
    let url = format!("{}/api/App/Version", sim.url());
    for header in [None, Some("Basic wrong"), Some("Bearer d2F0czpkZW1v"), Some("Basic")] {
        let mut request = client.get(&url);
        if let Some(header) = header {
            request = request.header("authorization", header);
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 401, "{header:?}");
        assert_eq!(answer.headers()["www-authenticate"], "Basic realm=\"WATS\"");
    }
    assert_eq!(client.get(&url).header("authorization", "basic d2F0czpkZW1v").send().await.unwrap().status(), 200);
    sim.handle().control(Control { token: Some("bmV3".into()), ..Control::default() }).await.unwrap();
    assert_eq!(get(&client, &sim.url(), "/api/App/Version").await.status(), 401);
    assert_eq!(sim.handle().stats().outcome(Outcome::Unauthorized), 5);

    let open = Sim::start(SimOptions { token: None, ..SimOptions::default() }).unwrap();
    assert_eq!(client.get(format!("{}/api/App/Version", open.url())).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn the_history_tells_a_resend_from_a_change() {
    let (sim, client) = (start(), client());
    let first = report(1);
    // The same content in other words: other white space, keys in another order.
    let mut keys: Vec<(&String, &Value)> = first.as_object().unwrap().iter().collect();
    keys.reverse();
    let fields: Vec<String> = keys.iter().map(|(key, value)| format!("{}: {value}", json!(key))).collect();
    let rewritten = format!("{{ {} }}", fields.join(" ,\n "));
    let mut changed = report(1);
    changed["result"] = json!("F");

    post(&client, &sim.url(), &first).await.unwrap();
    let again = with_token(client.post(format!("{}/api/Report/WSJF", sim.url())))
        .header("content-type", "application/json")
        .body(rewritten);
    assert_eq!(again.send().await.unwrap().status(), 200);
    let stats = sim.handle().stats();
    assert_eq!((stats.reports_distinct, stats.reports_duplicate, stats.reports_overwritten), (1, 1, 0));
    assert!(stats.overwritten_ids.is_empty());

    post(&client, &sim.url(), &changed).await.unwrap();
    post(&client, &sim.url(), &report(2)).await.unwrap();
    let stats = sim.handle().stats();
    assert_eq!(stats.reports_accepted, 4);
    assert_eq!((stats.reports_distinct, stats.reports_duplicate, stats.reports_overwritten), (2, 1, 1));
    assert_eq!(stats.overwritten_ids, [id(1)]);

    let details = sim.handle().report(&id(1)).unwrap();
    assert_eq!((details.entry.count, details.entry.changes, details.entry.result.as_str()), (3, 1, "F"));
    let contents: Vec<&str> = details.history.iter().map(|one| one.content.as_str()).collect();
    assert_eq!(contents[0], contents[1]);
    assert_ne!(contents[1], contents[2]);
    assert_ne!(details.history[0].digest, details.history[1].digest);
    assert_eq!(details.report, Some(changed));
    assert!(details.history.is_sorted_by_key(|one| one.at));

    let outcomes: Vec<Outcome> = sim.handle().requests(0).iter().map(|record| record.outcome).collect();
    assert_eq!(outcomes, [Outcome::Stored, Outcome::Duplicate, Outcome::Overwritten, Outcome::Stored]);
}

#[tokio::test]
async fn a_wsxf_document_stores_each_of_its_reports() {
    let (sim, client) = (start(), client());
    let element = |number: u128, result: &str| {
        format!(
            "<Report type=\"UUT\" ID=\"{}\" SN=\"S{number}\" PN=\"P\" Rev=\"A\" Result=\"{result}\" MachineName=\"M\" \
             Location=\"L\" Purpose=\"Q\" Start=\"2026-01-02T03:04:05Z\"><UUT UserLoginName=\"kari\"/>\
             <Process Code=\"50\"/><Step Name=\"Main\" StepType=\"SequenceCall\" Status=\"Passed\"/></Report>",
            id(number)
        )
    };
    let send = |body: String| {
        with_token(client.post(format!("{}/api/Report/WSXF", sim.url())))
            .header("content-type", "application/xml")
            .body(body)
            .send()
    };
    let document = |inner: String| {
        format!(
            "<?xml version=\"1.0\"?><Reports xmlns=\"http://wats.virinco.com/schemas/WATS/Report/wsxf\">{inner}</Reports>"
        )
    };
    let both = document(format!("{}\n{}", element(1, "Passed"), element(2, "Failed")));
    let answer = send(both.clone()).await.unwrap();
    assert_eq!(answer.json::<Value>().await.unwrap(), json!([{ "ID": id(1) }, { "ID": id(2) }]));
    // Alone it is the same report: the content is the element's, not the document's.
    assert_eq!(send(document(element(2, "Failed"))).await.unwrap().status(), 200);
    assert_eq!(sim.handle().stats().reports_duplicate, 1);
    assert_eq!(send(document(element(3, "Maybe"))).await.unwrap().status(), 400);
    assert_eq!(send("<Reports>".to_owned()).await.unwrap().status(), 400);
    assert_eq!(sim.handle().stats().reports_distinct, 2);

    let back = get(&client, &sim.url(), &format!("/api/Report/Wsxf/{}", id(1))).await;
    assert_eq!(back.headers()["content-type"], "application/xml; charset=utf-8");
    let text = back.text().await.unwrap();
    assert_eq!(wats_sim::check::check_wsxf(&text).unwrap()[0].id, id(1));
    assert_eq!(sim.handle().report(&id(2)).unwrap().xml, Some(element(2, "Failed")));
}

#[tokio::test]
async fn headers_are_found_by_filter_order_and_page() {
    let (sim, client) = (start(), client());
    for number in 1..=5 {
        let mut one = report(number);
        one["start"] = json!(format!("2026-05-0{number}T08:00:00+02:00"));
        one["processCode"] = json!(if number == 3 { 50 } else { 100 });
        post(&client, &sim.url(), &one).await.unwrap();
    }
    let serials = async |query: &str| {
        let answer = get(&client, &sim.url(), &format!("/api/Report/Query/Header?{query}")).await;
        assert_eq!(answer.status(), 200, "{query}");
        let headers: Vec<Value> = answer.json().await.unwrap();
        headers.iter().map(|header| header["serialNumber"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(serials("reportType=U").await.len(), 5);
    assert!(serials("reportType=R").await.is_empty());
    assert_eq!(serials("$filter=serialNumber+eq+'L7-4'").await, ["L7-4"]);
    assert_eq!(serials("$filter=processCode eq 50 and stationName eq 'EOL-03'").await, ["L7-3"]);
    assert_eq!(serials("$orderby=start desc&$top=2&$skip=1").await, ["L7-4", "L7-3"]);
    assert_eq!(get(&client, &sim.url(), "/api/Report/Query/Header?$filter=a+gt+1").await.status(), 400);
    assert_eq!(get(&client, &sim.url(), "/api/Report/Query/Header?$top=x").await.status(), 400);
}

#[tokio::test]
async fn master_data_is_there() {
    let (sim, client) = (start(), client());
    let version = get(&client, &sim.url(), "/api/App/Version").await;
    assert_eq!(version.text().await.unwrap(), "24.1.0");
    let json = async |path: &str| {
        let answer = get(&client, &sim.url(), path).await;
        assert_eq!(answer.status(), 200, "{path}");
        answer.json::<Value>().await.unwrap()
    };
    let codes = |list: &Value, key: &str| -> Vec<u64> {
        list.as_array().unwrap().iter().map(|process| process[key].as_u64().unwrap()).collect()
    };
    let all = json("/api/internal/Process/GetProcesses").await;
    assert_eq!(codes(&all, "Code"), [10, 50, 90, 100, 110, 200, 300, 500, 510]);
    assert_eq!((&all[0]["Name"], &all[3]["Name"]), (&json!("SW Debug"), &json!("Final test")));
    let repairs = json("/api/App/Processes?includeRepairOperations=true&includeTestOperations=false").await;
    assert_eq!(codes(&repairs, "code"), [500, 510]);
    assert_eq!(codes(&json("/api/App/Processes").await, "code"), [10, 50, 90, 100, 110, 200, 500, 510]);
    let one = json(&format!("/api/internal/Process/GetProcess/{}", all[1]["ProcessID"].as_str().unwrap())).await;
    assert_eq!(one["Code"], 50);
    let repair = &json("/api/internal/Process/GetRepairOperations").await["500"];
    assert_eq!(repair["Categories"][0]["Failcodes"][0]["Description"], "Defect Component");
    assert_eq!(&json("/api/internal/Process/GetRepairOperation/500").await, repair);

    let products = json("/api/Product/Query").await;
    assert_eq!(products[0]["partNumber"], "LAMP-7");
    assert_eq!(json("/api/Product/LAMP%2D7").await["revisions"][2]["revision"], "C");
    assert_eq!(json("/api/Product?partNumber=LAMP-7&revision=B").await["revision"], "B");
    assert_eq!(json("/api/Product/Groups").await[0]["productGroupName"], "Lamps");
    assert_eq!(get(&client, &sim.url(), "/api/Product/NONE").await.status(), 404);
    assert_eq!(get(&client, &sim.url(), "/api/Product?partNumber=LAMP-7&revision=Z").await.status(), 404);

    let bare = with_token(client.get(format!("{}/api/internal/Process/GetProcesses", sim.url()))).send().await.unwrap();
    assert_eq!(bare.status(), 403, "internal endpoints want a Referer");
}

#[tokio::test]
async fn a_rate_limit_answers_429_and_says_when_there_is_room() {
    let limit = RateLimit { requests: 3, per_seconds: 60 };
    let sim = Sim::start(SimOptions { rate_limit: Some(limit), ..SimOptions::default() }).unwrap();
    let client = client();
    for number in 1..=3 {
        assert_eq!(post(&client, &sim.url(), &report(number)).await.unwrap().status(), 200);
    }
    let refused = post(&client, &sim.url(), &report(4)).await.unwrap();
    assert_eq!(refused.status(), 429);
    let wait: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((50..=60).contains(&wait), "{wait}");
    assert_eq!(sim.handle().stats().outcome(Outcome::RateLimited), 1);
    let none = RateLimit { requests: 0, per_seconds: 60 };
    sim.handle().control(Control { rate_limit: Some(none), ..Control::default() }).await.unwrap();
    assert_eq!(post(&client, &sim.url(), &report(4)).await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_body_above_the_limit_is_413_also_when_its_length_is_not_announced() {
    let sim = Sim::start(SimOptions { max_body_bytes: 2000, ..SimOptions::default() }).unwrap();
    let client = client();
    let mut large = report(1);
    large["uut"]["comment"] = json!("x".repeat(3000));
    assert_eq!(post(&client, &sim.url(), &large).await.unwrap().status(), 413);
    let small = post(&client, &sim.url(), &report(1)).await.unwrap();
    assert_eq!(small.status(), 200);
    assert_eq!(sim.handle().stats().outcome(Outcome::TooLarge), 1);
}

#[tokio::test]
async fn digests_are_enough_to_judge_and_bodies_are_not_kept() {
    let sim = Sim::start(SimOptions { keep: Keep::Digests, ..SimOptions::default() }).unwrap();
    let client = client();
    let mut changed = report(1);
    changed["result"] = json!("F");
    for one in [&report(1), &report(1), &changed] {
        post(&client, &sim.url(), one).await.unwrap();
    }
    let details = sim.handle().report(&id(1)).unwrap();
    assert_eq!((details.history.len(), details.entry.changes, details.report), (3, 1, None));
    assert_eq!(get(&client, &sim.url(), &format!("/api/Report/Wsjf/{}", id(1))).await.status(), 410);
    let found = get(&client, &sim.url(), "/api/Report/Query/Header?$filter=serialNumber eq 'L7-1'").await;
    assert_eq!(found.json::<Vec<Value>>().await.unwrap()[0]["result"], "Failed");
}

#[tokio::test]
async fn what_is_on_record_can_be_read_page_by_page_without_a_token() {
    let (sim, client) = (start(), client());
    for number in 1..=5 {
        post(&client, &sim.url(), &report(number)).await.unwrap();
    }
    let get = async |path: &str| -> Value {
        client.get(format!("{}{path}", sim.control_url())).send().await.unwrap().json().await.unwrap()
    };
    let page = get("/_reports?limit=2").await;
    assert_eq!((page["reports"][1]["serial"].as_str(), page["next"].as_u64()), (Some("L7-2"), Some(2)));
    let rest = get("/_reports?after=2&limit=3").await;
    assert_eq!((rest["reports"].as_array().unwrap().len(), &rest["next"]), (3, &Value::Null));
    assert_eq!(get("/_reports?serial=L7-3").await["reports"][0]["id"], json!(id(3)));
    let requests = get("/_requests?since=3").await;
    assert_eq!((requests["requests"].as_array().unwrap().len(), requests["last"].as_u64()), (2, Some(5)));
    let digest = requests["requests"][0]["digest"].as_str().unwrap();
    assert_eq!(get(&format!("/_reports/{}", id(4))).await["history"][0]["digest"], digest);
    assert_eq!(get("/_stats").await["by_outcome"]["stored"], 5);
    // The address for clients answers too, while it listens.
    assert_eq!(client.get(format!("{}/_stats", sim.url())).send().await.unwrap().status(), 200);
    for (path, status) in [("/_reports/x", 400), (&format!("/_reports/{}", id(9)), 404), ("/_reports?color=1", 400)] {
        assert_eq!(client.get(format!("{}{path}", sim.control_url())).send().await.unwrap().status(), status, "{path}");
    }
    client.post(format!("{}/_reset", sim.control_url())).send().await.unwrap();
    assert_eq!(get("/_stats").await["reports_distinct"], 0);
    assert_eq!(get("/_requests").await["requests"], json!([]));
}

#[tokio::test]
async fn only_the_latest_requests_are_kept() {
    let sim = Sim::start(SimOptions { records: 3, ..SimOptions::default() }).unwrap();
    let client = client();
    for _ in 0..5 {
        get(&client, &sim.url(), "/api/App/Version").await;
    }
    let kept: Vec<u64> = sim.handle().requests(0).iter().map(|record| record.seq).collect();
    assert_eq!(kept, [3, 4, 5]);
    assert_eq!(sim.handle().stats().requests, 5);
}

#[tokio::test]
async fn sequences_may_be_nested_as_deep_as_in_a_report() {
    let (sim, client) = (start(), client());
    let nested = |number: u128, depth: usize| {
        let mut report = report(number);
        let empty = report["root"].clone();
        for _ in 1..depth {
            let mut around = empty.clone();
            around["steps"] = json!([report["root"].take()]);
            report["root"] = around;
        }
        report
    };
    let answer = post(&client, &sim.url(), &nested(1, 256)).await.unwrap();
    assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
    let details = SimControl::new(sim.control_url()).report(id(1)).await.unwrap().unwrap();
    assert_eq!(details.report.unwrap()["root"]["steps"][0]["name"], "MainSequence Callback");
    let headers = get(&client, &sim.url(), "/api/Report/Query/Header?reportType=U").await.text().await.unwrap();
    assert!(headers.contains("EOL-03"), "{headers}");

    let answer = post(&client, &sim.url(), &nested(2, 300)).await.unwrap();
    assert_eq!(answer.status(), 400);
    let text = answer.text().await.unwrap();
    assert!(text.contains("nested 601 levels deep, allowed are 576"), "{text}");
}
