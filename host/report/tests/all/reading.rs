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
