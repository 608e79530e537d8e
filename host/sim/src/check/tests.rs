use serde_json::{Value, json};

use super::{Problem, check_wsjf, check_wsxf};

fn smallest() -> Value {
    json!({"type":"T","id":"0b5f7c1e-3f55-4f0e-9c0e-7a1d52f4a001","pn":"LAMP-7","sn":"L7-000042","rev":"C",
        "processCode":100,"result":"P","machineName":"EOL-03","location":"Hall 2","purpose":"Production",
        "start":"2026-05-04T08:15:30.250+02:00","uut":{"user":"kari"},"miscInfos":[],"subUnits":[],
        "root":{"stepType":"SequenceCall","name":"MainSequence Callback","group":"M","status":"P",
                "seqCall":{"path":"lamp.seq","name":"lamp.seq","version":"1.0.0"},"steps":[]}})
}

fn paths(problems: &[Problem]) -> Vec<&str> {
    problems.iter().map(|problem| problem.path.as_str()).collect()
}

#[test]
fn the_smallest_report_is_accepted() {
    assert_eq!(check_wsjf(&smallest()), []);
}

#[test]
fn every_problem_is_named_at_once_with_its_place() {
    let mut report = smallest();
    report["sn"] = json!("A/1");
    report["result"] = json!("Passed");
    report["start"] = json!("2026-05-04T08:15:30");
    report["uut"] = json!({});
    report["root"]["steps"] = json!([
        {"stepType":"ET_NLT","name":"Vcc","status":"P","numericMeas":[{"value":1,"status":"P"},{"value":"big"}]},
        {"stepType":"ET_MNLT","name":"","status":"P","numericMeas":[{"name":"a"},{"name":"a"},{}]},
    ]);
    let problems = check_wsjf(&report);
    assert_eq!(
        paths(&problems),
        [
            "sn",
            "result",
            "start",
            "uut.user",
            "root.steps[0].numericMeas[1].value",
            "root.steps[0].numericMeas",
            "root.steps[1].name",
            "root.steps[1].numericMeas[1].name",
            "root.steps[1].numericMeas[2].name",
        ],
        "{problems:#?}"
    );
}

#[test]
fn the_list_of_problems_has_an_end() {
    let mut report = smallest();
    report["miscInfos"] = Value::Array(vec![json!({}); 1000]);
    let problems = check_wsjf(&report);
    assert_eq!(problems.len(), super::MAX_PROBLEMS + 1);
    assert_eq!(problems.last().unwrap().message, "800 more problems are not listed");
}

const WSXF: &str = r#"<?xml version="1.0"?><Reports xmlns="http://wats.virinco.com/schemas/WATS/Report/wsxf">
<Report type="UUT" ID="0B5F7C1E-3F55-4F0E-9C0E-7A1D52F4A001" SN="S&amp;1" PN="P" Rev="A" Result="Passed" MachineName="M"
 Location="L" Purpose="Q" Start="2026-01-02T03:04:05+01:00"><UUT UserLoginName="kari"/><Process Code="50"/>
<Step Name="Main" StepType="SequenceCall" Status="Passed"><Step Name="a &lt; b" StepType="ET_A" Status="Done"/></Step>
</Report></Reports>"#;

#[test]
fn a_wsxf_document_gives_its_reports() {
    let reports = check_wsxf(WSXF).unwrap();
    assert_eq!(reports.len(), 1);
    assert_eq!((reports[0].serial.as_str(), reports[0].part.as_str()), ("S&1", "P"));
    let own = WSXF.get(reports[0].span.clone()).unwrap();
    assert!(own.starts_with("<Report ") && own.ends_with("</Report>"), "{own}");
}

#[test]
fn a_wsxf_document_is_refused_for_what_is_checked() {
    for (from, to, path) in [
        ("type=\"UUT\"", "type=\"X\"", "Report[0]/@type"),
        ("Result=\"Passed\"", "Result=\"P\"", "Report[0]/@Result"),
        (" Rev=\"A\"", "", "Report[0]/@Rev"),
        ("SN=\"S&amp;1\"", "SN=\"a/b\"", "Report[0]/@SN"),
        ("+01:00", "", "Report[0]/@Start"),
        ("<Process Code=\"50\"/>", "", "Report[0]/Process"),
        ("Code=\"50\"", "Code=\"x\"", "Report[0]/Process/@Code"),
        ("<UUT UserLoginName=\"kari\"/>", "", "Report[0]/UUT"),
        ("Status=\"Done\"", "Status=\"D\"", "Report[0]/Step/@Status"),
        ("wsxf\"", "other\"", ""),
        ("</Step>\n</Report>", "</Report>", ""),
        ("&lt;", "&nbsp;", ""),
        ("</Reports>", "", ""),
        ("</Reports>", "</Reports><a/>", ""),
        ("<Reports", "<!DOCTYPE x><Reports", ""),
        (" Rev=\"A\"", " Rev=\"A\" Rev=\"B\"", ""),
    ] {
        assert!(WSXF.contains(from), "{from}");
        let problems = check_wsxf(&WSXF.replacen(from, to, 1)).unwrap_err();
        assert!(paths(&problems).contains(&path), "{from} -> {to}: {problems:?}");
    }
    assert_eq!(paths(&check_wsxf("").unwrap_err()), ["Reports"]);
    assert_eq!(paths(&check_wsxf("{}").unwrap_err()), [""]);
}
