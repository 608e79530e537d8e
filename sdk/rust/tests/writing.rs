//! What a converter writes arrives in the report as it was written.
#![cfg(feature = "testing")]
#![expect(clippy::unwrap_used, reason = "tests")]

use std::cell::RefCell;

use serde_json::{Value, json};
use wats_converter::testing::{Converted, Run};
use wats_converter::{
    Asset, Attachment, Chart, ChartScale, Converter, Descriptor, Detection, Error, ErrorKind, Grant, Header, Input,
    NoSettings, NumericLimits, Outcome, Reports, Sequence, Status, StepGroup, SubUnit, Timestamp, Uut, lookup,
};

type Body = Box<dyn Fn(&Input, &mut Reports) -> Result<Outcome, Error>>;

thread_local! {
    static BODY: RefCell<Option<Body>> = const { RefCell::new(None) };
}

/// Converts by the closure that the test gives.
struct Written;

impl Converter for Written {
    type Settings = NoSettings;

    fn descriptor() -> Descriptor {
        Descriptor::new("written", "0.1.0").grant(Grant::OwnId).grant(Grant::Lookup)
    }

    fn probe(_: &Input, _: &NoSettings) -> Detection {
        Detection::certain()
    }

    fn convert(input: &Input, _: &NoSettings, reports: &mut Reports) -> Result<Outcome, Error> {
        BODY.with_borrow(|body| body.as_ref().unwrap()(input, reports))
    }
}

fn run(body: impl Fn(&Input, &mut Reports) -> Result<Outcome, Error> + 'static) -> Run<Written> {
    BODY.set(Some(Box::new(body)));
    Run::file("line-3/a.txt", "one\ntwo\n")
}

fn convert(body: impl Fn(&Input, &mut Reports) -> Result<Outcome, Error> + 'static) -> Converted {
    run(body).convert()
}

/// A report with what the closure writes.
fn report(body: impl Fn(&mut Uut) + 'static) -> Value {
    let converted = convert(move |_, reports| {
        let mut uut = reports.uut(Header::new("SN1"));
        body(&mut uut);
        uut.finish()?;
        Ok(Outcome::Converted)
    });
    converted.report().clone()
}

fn steps(report: &Value) -> Vec<Value> {
    report.pointer("/root/steps").and_then(Value::as_array).cloned().unwrap_or_default()
}

#[test]
fn every_kind_of_step_arrives() {
    let report = report(|uut| {
        uut.action("action")
            .status(Status::Done)
            .group(StepGroup::Setup)
            .duration(0.5)
            .error_code("E7")
            .error_message("hm");
        uut.numeric("numeric", 5.0).unit("V").between(4.0, 6.0);
        uut.multi_numeric("multi numeric").measure("a", 1.0, |m| {
            m.unit("A").at_least(2.0);
        });
        uut.pass_fail("pass fail", true);
        uut.multi_pass_fail("multi pass fail").measure("a", true).measure("b", false);
        uut.text("text", "v1").equal_to("v1");
        uut.multi_text("multi text").measure("a", "x", |m| {
            m.equal_to_in_any_case("X");
        });
        uut.chart(
            "chart",
            Chart::new("c").x_axis("t", "s").y_axis("U", "V").scale(ChartScale::LogX).series("s", [1.0, 2.0]),
        );
        uut.message_popup("popup", "yes", 1);
        uut.call_executable("exe", -3);
        uut.generic("NI_Wait", "wait").report_text("two\nlines");
    });
    let found: Vec<(String, String)> = steps(&report)
        .iter()
        .map(|step| {
            let text = |key: &str| step.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            (text("stepType"), text("status"))
        })
        .collect();
    let expected = [
        ("Action", "D"),
        ("ET_NLT", "P"),
        ("ET_MNLT", "F"),
        ("ET_PFT", "P"),
        ("ET_MPFT", "F"),
        ("ET_SVT", "P"),
        ("ET_MSVT", "P"),
        ("Chart", "D"),
        ("MessagePopup", "D"),
        ("CallExecutable", "D"),
        ("NI_Wait", "D"),
    ];
    assert_eq!(found, expected.map(|(kind, status)| (kind.to_owned(), status.to_owned())));
    assert_eq!(report.get("result"), Some(&json!("F")));
}

#[test]
fn many_steps_keep_their_order_and_what_hangs_on_them() {
    let report = report(|uut| {
        for index in 0..1000_u32 {
            let mut step = uut.numeric(format!("step {index}"), f64::from(index));
            if index % 10 == 0 {
                step.attach(Attachment::new("a.txt", "text/plain", index.to_string()));
            }
            // Later than the attachment, and all the same on the step.
            step.unit("V");
            if index % 64 == 63 {
                step.chart(Chart::new("c").series("s", [f64::from(index)]));
            }
        }
    });
    let steps = steps(&report);
    assert_eq!(steps.len(), 1000);
    for (index, step) in steps.iter().enumerate() {
        assert_eq!(step.get("name"), Some(&json!(format!("step {index}"))));
        assert_eq!(step.pointer("/numericMeas/0/unit"), Some(&json!("V")));
        assert_eq!(step.get("attachment").is_some(), index % 10 == 0, "step {index}");
        assert_eq!(step.get("chart").is_some(), index % 64 == 63, "step {index}");
    }
}

#[test]
fn sequences_nest_by_closure_and_by_open_and_close() {
    let report = report(|uut| {
        uut.sequence(Sequence::new("outer").path("a.seq").version("1.2").duration(3.0), |uut| {
            uut.pass_fail("one", true);
            uut.open("inner");
            assert_eq!(uut.depth(), 2);
            uut.pass_fail("two", false);
            uut.close_with(Status::Failed, 0.25);
        });
        uut.sequence(Sequence::new("loop").property("loop-index", 1_u32), |uut| {
            uut.pass_fail("three", true);
        });
    });
    let outer = report.pointer("/root/steps/0").unwrap();
    assert_eq!(outer.pointer("/seqCall/version"), Some(&json!("1.2")));
    assert_eq!(outer.get("totTime"), Some(&json!(3.0)));
    assert_eq!(outer.pointer("/steps/1/totTime"), Some(&json!(0.25)));
    assert_eq!(outer.get("status"), Some(&json!("F")));
    assert_eq!(report.pointer("/root/steps/1/loop/idx"), Some(&json!(1)));
}

#[test]
fn a_sequence_tells_what_a_step_tells_and_so_does_the_program() {
    fn told(name: &str) -> Sequence {
        Sequence::new(name)
            .start("2026-05-04T08:15:30Z")
            .error_code("E7")
            .error_message("it broke")
            .report_text("two\nlines")
    }
    let converted = convert(|_, reports| {
        let program = told("Main").property("ts-guid", "ID#:main").property("colour", "green");
        let mut uut = reports.uut(Header::new("SN1").program(program));
        uut.sequence(told("Inner"), |uut| {
            uut.numeric("one", 1.0).property("value-format", "%.1f");
            uut.multi_numeric("several").measure("a", 1.0, |_| ()).property("value-format", "%.1f");
        });
        uut.finish()?;
        Ok(Outcome::Converted)
    });
    let root = converted.report().get("root").unwrap();
    for step in [root, root.pointer("/steps/0").unwrap()] {
        assert_eq!(step.get("start"), Some(&json!("2026-05-04T08:15:30Z")));
        assert_eq!(step.get("errorCode"), Some(&json!("E7")));
        assert_eq!(step.get("errorMessage"), Some(&json!("it broke")));
        assert_eq!(step.get("reportText"), Some(&json!("two\nlines")));
    }
    assert_eq!(root.get("tsGuid"), Some(&json!("ID#:main")));
    assert_eq!(root.pointer("/additionalResults/0/props/0/name"), Some(&json!("colour")));
    assert_eq!(root.pointer("/steps/0/steps/0/numericMeas/0/valueFormat"), Some(&json!("%.1f")));
    // There is no single number for it to belong to.
    let several = root.pointer("/steps/0/steps/1").unwrap();
    assert_eq!(several.pointer("/additionalResults/0/props/0/name"), Some(&json!("value-format")));
}

#[test]
fn what_is_wrong_with_the_program_is_told_with_its_place() {
    let converted = convert(|_, reports| {
        let mut uut = reports.uut(Header::new("SN1"));
        uut.open("Inner");
        uut.close();
        uut.set_header(&Header::new("SN1").program(Sequence::new("Main").start("soon").property("loop-index", "x")));
        uut.finish()?;
        Ok(Outcome::Converted)
    });
    let message = converted.error().message();
    assert!(message.contains("steps/Main/start") && message.contains("steps/Main/properties/loop-index"), "{message}");
}

#[test]
fn the_identity_of_a_repair_is_logged_and_becomes_no_misc_info() {
    let repair = json!({
        "type": "R", "id": "0b5f7c1e-3f55-4f0e-9c0e-7a1d52f4a001", "pn": "PN", "sn": "SN", "rev": "A",
        "processCode": 500, "result": "P",
        "uur": {"processCode": 100, "execTime": 0.0,
                "confirmDate": "2026-05-04T10:00:00Z", "finalizeDate": "2026-05-04T10:00:00Z"},
        "subUnits": [{"idx": 0, "pn": "PN", "sn": "SN", "rev": "A", "partType": "Main"}],
    });
    let body = move |_: &Input, reports: &mut Reports| {
        reports.emit_json(&repair, None)?;
        Ok(Outcome::Converted)
    };
    let converted = run(body).grants(&[]).convert();
    assert_eq!(converted.report().get("miscInfos"), Some(&json!([])));
    assert!(converted.log.iter().any(|line| line.message.contains("0b5f7c1e-3f55")), "{:?}", converted.log);
}

#[test]
fn an_unreadable_document_is_told_with_its_place_once() {
    let converted = convert(|_, reports| {
        let root = json!({"stepType": "SequenceCall", "status": "Great"});
        reports.emit_json(&json!({"type": "T", "root": root}), None)?;
        Ok(Outcome::Converted)
    });
    let message = converted.error().message();
    assert_eq!(message.matches("/root/status").count(), 1, "{message}");
}

#[test]
fn the_header_and_what_goes_along_arrive() {
    let converted = convert(|input, reports| {
        let header = Header::new("SN1")
            .part_number("PN")
            .revision(Some("B"))
            .operator("  ")
            .process_code(50)
            .start(Timestamp::new(2026, 5, 4, 8, 15, 30)?.offset_minutes(120)?)
            .duration(12.5)
            .batch_serial_number(None::<String>)
            .socket_index(-1)
            .program(Sequence::new("Prog").path("p.seq").version("3"));
        let mut uut = reports.uut(header);
        uut.misc_info("Ambient", "21");
        uut.sub_unit(SubUnit::new("PSU", "S1").with_revision("A").with_type("PCB"));
        uut.asset(Asset::new("DMM", 2).calibrated("2026-01-01T00:00:00Z"));
        uut.data(r#"{"name":"extra","props":[{"name":"a","type":"Number","value":"1"}]}"#);
        uut.attach(&Attachment::new("b.bin", "application/octet-stream", [0, 255]));
        uut.attach_file(input.main(), "text/plain");
        uut.finish_with(Status::Terminated)?;
        Ok(Outcome::Converted)
    });
    let report = converted.report();
    assert_eq!(report.get("start"), Some(&json!("2026-05-04T08:15:30+02:00")));
    assert_eq!(report.get("result"), Some(&json!("T")));
    assert_eq!(report.pointer("/root/seqCall/path"), Some(&json!("p.seq")));
    assert_eq!(report.pointer("/uut/testSocketIndex"), Some(&json!(-1)));
    assert_eq!(report.pointer("/subUnits/0/partType"), Some(&json!("PCB")));
    assert_eq!(report.pointer("/assets/0/usageCount"), Some(&json!(2)));
    assert_eq!(report.pointer("/additionalData/0/props/0/value"), Some(&json!("1")));
    assert_eq!(report.pointer("/binaryData/0/data"), Some(&json!("AP8=")));
    assert_eq!(report.pointer("/binaryData/1/name"), Some(&json!("a.txt")));
    assert!(converted.depends_on_name_or_time);
}

#[test]
fn all_violations_are_told_at_once() {
    let converted = convert(|_, reports| {
        let mut uut = reports.uut(Header::new("bad/serial").start("yesterday"));
        uut.numeric("Vcc", 5.0).limits(NumericLimits::named("GELE", Some(6.0), Some(4.0))?);
        uut.finish()?;
        Ok(Outcome::Converted)
    });
    let error = converted.error();
    assert_eq!(error.kind(), ErrorKind::Rejected);
    for expected in ["breaks 3 rules", "serial number", "yesterday", "Vcc"] {
        assert!(error.message().contains(expected), "{}", error.message());
    }
    assert_eq!(converted.reports, Vec::<Value>::new());
}

#[test]
fn a_file_gives_all_of_its_reports_or_none() {
    let converted = convert(|_, reports| {
        reports.uut(Header::new("A")).finish()?;
        Err(Error::truncated("half a file").at_line(7))
    });
    assert_eq!(converted.error().to_string(), "line 7: half a file");
    assert_eq!(converted.reports, Vec::<Value>::new());
}

#[test]
fn a_forgotten_finish_is_an_error_and_a_discarded_report_is_none() {
    let forgotten = convert(|_, reports| {
        let _uut = reports.uut(Header::new("A"));
        Ok(Outcome::Converted)
    });
    assert!(forgotten.error().message().contains("neither finished nor discarded"));
    let discarded = convert(|_, reports| {
        reports.uut(Header::new("A")).discard();
        Ok(Outcome::Converted)
    });
    assert_eq!(discarded.outcome, Ok(Outcome::Converted));
}

#[test]
fn an_own_id_is_kept_with_the_grant_and_noted_without() {
    let body = |_: &Input, reports: &mut Reports| {
        reports.uut(Header::new("A").id("0B5F7C1E-3F55-4F0E-9C0E-7A1D52F4A001")).finish()?;
        Ok(Outcome::Converted)
    };
    assert_eq!(convert(body).report().get("id"), Some(&json!("0b5f7c1e-3f55-4f0e-9c0e-7a1d52f4a001")));
    let without = run(body).grants(&[]).convert();
    assert_eq!(without.report().get("id"), None);
    assert_eq!(without.report().pointer("/miscInfos/0/text"), Some(&json!("0B5F7C1E-3F55-4F0E-9C0E-7A1D52F4A001")));
}

#[test]
fn a_key_must_be_unique_in_the_file() {
    let converted = convert(|_, reports| {
        reports.uut(Header::new("A").key("1")).finish()?;
        reports.uut(Header::new("B").key("1")).finish()?;
        Ok(Outcome::Converted)
    });
    assert!(converted.error().message().contains("used before"));
}

#[test]
fn a_lookup_that_is_unavailable_makes_the_file_wait() {
    let body = |_: &Input, reports: &mut Reports| {
        let process = lookup::process("final TEST").known()?.ok_or(Error::malformed("no such process"))?;
        reports.uut(Header::new("A").process_code(process.code)).finish()?;
        Ok(Outcome::Converted)
    };
    let online = run(body).process(77, "Final test").convert();
    assert_eq!(online.report().get("processCode"), Some(&json!(77)));
    assert!(matches!(run(body).offline().convert().outcome, Ok(Outcome::Waiting(_))));
    assert_eq!(run(body).grants(&[]).convert().error().kind(), ErrorKind::Misconfigured);
    assert_eq!(run(body).convert().error().message(), "no such process");
}
