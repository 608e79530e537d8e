//! What reading takes, what it refuses, and how it says where.

use wats_report::{Report, StepBody, StepType, from_wsxf};

fn uut(rest: &str) -> String {
    format!(r#"{{"type":"T","pn":"P","sn":"S","rev":"A"{rest}}}"#)
}

fn step(rest: &str) -> String {
    uut(&format!(
        r#","root":{{"stepType":"SequenceCall","name":"Main","status":"P","steps":[{{"stepType":"ET_NLT","name":"v"{rest}}}]}}"#
    ))
}

fn refused(json: &str) -> String {
    Report::from_wsjf(json.as_bytes()).unwrap_err().to_string()
}

#[test]
fn an_error_says_where_what_was_found_and_what_is_allowed() {
    let told = [
        refused("[]"),
        refused(r#"{"type":"X"}"#),
        refused(&uut(r#","processCode":"ten""#)),
        refused(&uut(r#","processCode":99999999999"#)),
        refused(&uut(r#","start":"yesterday""#)),
        refused(&uut(r#","id":"42""#)),
        refused(&uut(r#","miscInfos":[{"description":"a"},{"description":5}]"#)),
        refused(&step(r#","status":"maybe""#)),
        refused(&step(r#","group":"X""#)),
        refused(&step(r#","numericMeas":[{"value":"4,9"}]"#)),
        refused(&step(r#","numericMeas":[{"value":1,"compOp":"ABOUT"}]"#)),
        refused(&step(r#","attachment":{"name":"a","data":"no base64!"}"#)),
        refused(&step(r#","steps":5,"chart":{"chartType":"LineChart"}"#)),
        refused("{\"type\":\"T\",\n  oops}"),
        refused("{\"pn\":\"\u{fffd}"),
    ];
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn what_older_clients_and_servers_write_is_understood() {
    let json = step(
        r#","status":" passed ","start":"10 past noon","totTime":"1.5","errorCode":"E7","id":"x1","madeUp":{"a":[null,1]},
        "numericMeas":[{"status":"P","value":"1e3","unit":null,"compOp":"gElE","lowLimit":"0","highLimit":2000}]"#,
    );
    let json = format!(
        "\u{feff}{}",
        json.replace(r#""sn":"S""#, r#""serialNumber":"  S  ","processCode":"100","vendor":{"x":1}"#)
    );
    let Report::Uut(report) = Report::from_wsjf(json.as_bytes()).unwrap() else { panic!("a test") };
    assert_eq!(report.header.serial_number, "S");
    assert_eq!(report.header.process_code, Some(100));
    let written = String::from_utf8(Report::Uut(report).to_wsjf()).unwrap();
    for kept in [
        r#""vendor":{"x":1}"#,
        r#""madeUp":{"a":[null,1]}"#,
        r#""start":"10 past noon""#,
        r#""totTime":1.5"#,
        r#""errorCode":"E7""#,
        r#""id":"x1""#,
        r#"{"compOp":"GELE","status":"P","value":1000.0,"lowLimit":0.0,"highLimit":2000.0}"#,
    ] {
        assert!(written.contains(kept), "{kept} in {written}");
    }
}

#[test]
fn numbers_come_back_to_the_last_bit() {
    for text in ["28.9230769230769", "0.1", "5e-324", "1.7976931348623157e308", "9007199254740993.0", "4.35", "-0.0"] {
        let value: f64 = text.parse().unwrap();
        let json = step(&format!(r#","numericMeas":[{{"value":{text}}}]"#));
        let report = Report::from_wsjf(json.as_bytes()).unwrap();
        let again = Report::from_wsjf(&report.to_wsjf()).unwrap();
        let StepBody::Numeric(all) = &again.as_uut().unwrap().root.steps().first().unwrap().body else {
            panic!("a number")
        };
        assert_eq!(all.first().unwrap().value.unwrap().to_bits(), value.to_bits(), "{text}");
    }
}

#[test]
fn a_failure_level_attachment_keeps_its_failure() {
    let json = r#"{"type":"R","sn":"S","uur":{},"subUnits":[{"pn":"P","idx":0}],
        "binaryData":[{"name":"p.jpg","contentType":"image/jpeg","data":"MTIz","failIdx":1}]}"#;
    let written = String::from_utf8(Report::from_wsjf(json.as_bytes()).unwrap().to_wsjf()).unwrap();
    assert!(written.contains(r#""data":"MTIz","failIdx":1"#), "{written}");
}

#[test]
fn an_error_in_xml_says_where_too() {
    let refused = |xml: &str| from_wsxf(xml.as_bytes()).unwrap_err().to_string();
    let report = |inside: &str| format!("<Reports>\n<Report type=\"UUT\" SN=\"1\">{inside}</Report></Reports>");
    let told = [
        refused(""),
        refused("<Other/>"),
        refused("<Reports><Report>"),
        refused("<Reports><Report></Step></Report></Reports>"),
        refused(&report("<Step Name=\"a\" Status=\"Fine\"/>")),
        refused(&report("<Step><NumericLimit NumericValue=\"4,9\"/></Step>")),
        refused(&report("<Step><NumericLimit/><PassFail/></Step>")),
        refused(&report("<Step/><Step/>")),
        refused(&report("<Comment>&nbsp;</Comment>")),
        refused(&report(&"<Step>".repeat(500))),
    ];
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn a_repair_goes_through_xml_and_back() {
    let json = r#"{"type":"R","id":"e70a99ec-eac7-4ecb-8042-be6cd119e6f9","pn":"P","sn":"S","rev":"A","processCode":500,"result":"P",
        "machineName":"M","location":"L","purpose":"Repair","start":"2026-05-04T10:00:00Z",
        "uur":{"user":"per","comment":"a <b>","execTime":1.5,"processCode":100,"processName":"Final",
               "refUUT":"0b5f7c1e-3f55-4f0e-9c0e-7a1d52f4a001","confirmDate":"2026-05-04T10:00:00Z",
               "finalizeDate":"2026-05-04T10:20:00Z","active":true},"miscInfos":[{"description":"d","text":"t"}],
        "subUnits":[{"idx":0,"pn":"P","sn":"S","rev":"A","partType":"Main","failures":[{"category":"C","code":"D","comRef":"R1","comment":"c"}]},
                    {"idx":3,"pn":"Q","sn":"T","parentIdx":0,"replacedIdx":0,"position":2}],
        "binaryData":[{"name":"p.jpg","contentType":"image/jpeg","data":"MTIz","failIdx":0}]}"#;
    let report = Report::from_wsjf(json.as_bytes()).unwrap();
    let (xml, left_out) = wats_report::to_wsxf(std::slice::from_ref(&report));
    assert_eq!(left_out, []);
    let again = from_wsxf(&xml).unwrap();
    assert_eq!(again.iter().map(Report::to_wsjf).collect::<Vec<_>>(), [report.to_wsjf()]);
}

#[test]
fn a_step_in_xml_is_what_it_holds_when_it_does_not_say() {
    let xml = r#"<Report SN="1"><Step Name="Main"><SequenceCall Filepath="c:\x" Filename="a.seq"/>
        <Step Name="a"><NumericLimit NumericValue="INF"/></Step>
        <Step Name="b"><NumericLimit Name="n" NumericValue="1"/></Step>
        <Step Name="c"><StringValue StringValue="" CompOperator="eq" StringLimit=""/></Step>
        <Step Name="d"><Callexe ExitCode="3"/></Step><Step Name="e" StepType="NI_Wait"/></Step></Report>"#;
    let reports = from_wsxf(xml.as_bytes()).unwrap();
    let Some(Report::Uut(report)) = reports.first() else { panic!("a test") };
    let types: Vec<_> = report.root.steps().iter().map(|step| step.step_type.to_string()).collect();
    assert_eq!(types, ["ET_NLT", "ET_MNLT", "ET_SVT", "CallExecutable", "NI_Wait"]);
    assert_eq!(report.root.step_type, StepType::Sequence);
    let StepBody::Sequence { call, .. } = &report.root.body else { panic!("a sequence") };
    assert_eq!(call.path, "c:\\x/a.seq");
}

/// A test whose only step is this one.
fn with_step(step: &str) -> Report {
    let json = format!(
        r#"{{"type":"T","id":"0b5f7c1e-3f55-4f0e-9c0e-7a1d52f4a001","pn":"P","sn":"S","rev":"A","processCode":100,
        "result":"P","machineName":"M","location":"L","purpose":"Test","start":"2026-05-04T08:15:30Z",
        "root":{{"stepType":"SequenceCall","name":"Main","status":"P","steps":[{step}]}}}}"#
    );
    Report::from_wsjf(json.as_bytes()).unwrap()
}

fn told(report: &Report) -> Vec<String> {
    report.validate().iter().map(ToString::to_string).collect()
}

#[test]
fn the_other_names_of_a_loop_are_sent_as_those_that_servers_know() {
    let report = with_step(r#"{"stepType":"Action","name":"a","status":"D","loop":{"i":2,"n":"5","parent":7}}"#);
    let written = String::from_utf8(report.to_wsjf()).unwrap();
    assert!(written.contains(r#""loop":{"idx":2,"num":5}"#), "{written}");
    let expected = "steps/Main/a/loop/parent: found a loop around this one, which servers do not export; \
                    it is not sent (not-sent)";
    assert_eq!(told(&report), [expected]);
    let broken = r#"{"type":"T","root":{"stepType":"SequenceCall","loop":{"i":1.5}}}"#;
    let error = Report::from_wsjf(broken.as_bytes()).unwrap_err().to_string();
    assert!(error.contains("/root/loop/i: found the number 1.5"), "{error}");
}

#[test]
fn known_keys_in_a_place_or_form_of_their_own_are_not_sent_or_not_read() {
    let beside = r#"{"stepType":"ET_NLT","name":"a","status":"P","numericMeas":[{"status":"P","value":1}],
        "callExe":{"exitCode":"x"},"messagePopup":7}"#;
    let rules: Vec<_> = with_step(beside).validate().iter().map(|it| it.rule).collect();
    assert_eq!(rules, ["mixed-contents", "mixed-contents"]);

    let texts = |caller: &str| {
        let json = format!(r#"{{"type":"T","root":{{"stepType":"SequenceCall","name":"Main","caller":{caller}}}}}"#);
        Report::from_wsjf(json.as_bytes())
    };
    let written = String::from_utf8(texts(r#"" c ""#).unwrap().to_wsjf()).unwrap();
    assert!(written.contains(r#""caller":"c""#), "{written}");
    assert!(texts("7").unwrap_err().to_string().contains("/root/caller: found the number 7"));

    let json = r#"{"type":"T","subUnits":[{"pn":"P","sn":"S","idx":1,"position":-2,"root":{"stepType":""}}]}"#;
    let report = Report::from_wsjf(json.as_bytes()).unwrap();
    let written = String::from_utf8(report.to_wsjf()).unwrap();
    assert!(written.contains(r#""subUnits":[{"pn":"P","sn":"S","idx":1,"position":-2}]"#), "{written}");
    assert!(told(&report).iter().any(|told| told.starts_with("header/sub-unit[1]/root: ")), "{:?}", told(&report));
}

#[test]
fn an_only_limit_in_the_place_of_the_high_one_is_meant_and_sent_as_the_limit() {
    let of = |op: &str, value: f64| {
        let step = format!(
            r#"{{"stepType":"ET_NLT","name":"a","numericMeas":[{{"value":{value},"compOp":"{op}","highLimit":2,"highLimitFormat":"%f"}}]}}"#
        );
        let mut report = with_step(&step);
        report.judge();
        report
    };
    for (op, value, status) in
        [("LE", 2.0, "P"), ("LT", 2.0, "F"), ("ge", 3.0, "P"), ("EQ", 3.0, "F"), ("NE", 3.0, "P")]
    {
        let report = of(op, value);
        let written: serde_json::Value = serde_json::from_slice(&report.to_wsjf()).unwrap();
        let measurement = written.pointer("/root/steps/0/numericMeas/0").unwrap();
        let expected = serde_json::json!({
            "compOp": op.to_uppercase(), "status": status, "value": value, "lowLimit": 2.0, "lowLimitFormat": "%f",
        });
        assert_eq!(*measurement, expected);
        assert!(told(&report).iter().any(|told| told.ends_with("(limit-misplaced)")), "{:?}", told(&report));
        // What was sent is read as the limit that it is.
        let again = Report::from_wsjf(&report.to_wsjf()).unwrap();
        assert!(!told(&again).iter().any(|told| told.contains("limit")), "{:?}", told(&again));
    }
}

#[test]
fn a_start_without_offset_gets_the_one_that_the_time_in_utc_tells() {
    let start = |times: &str| {
        let json = format!(r#"{{"type":"T",{times}}}"#);
        Report::from_wsjf(json.as_bytes()).unwrap().header().start.unwrap().to_string()
    };
    let local = r#""start":"2026-10-25T02:30:00""#;
    assert_eq!(start(&format!(r#"{local},"startUTC":"2026-10-25T01:30:00Z""#)), "2026-10-25T02:30:00+01:00");
    assert_eq!(start(&format!(r#"{local},"startUTC":"2026-10-25T00:30:00""#)), "2026-10-25T02:30:00+02:00");
    assert_eq!(start(&format!(r#"{local},"startUTC":"2026-10-27T00:30:00""#)), "2026-10-25T02:30:00");
    assert_eq!(start(r#""startUTC":"2026-10-25T00:30:00""#), "2026-10-25T00:30:00Z");
    let xml = r#"<Report SN="1" Start="2026-10-25T02:30:00" Start_utc="2026-10-25T01:30:00"/>"#;
    let reports = from_wsxf(xml.as_bytes()).unwrap();
    assert_eq!(reports[0].header().start.unwrap().to_string(), "2026-10-25T02:30:00+01:00");
}
