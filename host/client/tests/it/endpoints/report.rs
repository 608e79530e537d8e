//! The calls about reports.

use bytes::Bytes;
use uuid::Uuid;
use wats_client::odata::field;
use wats_client::report::{
    Direction, HeaderField, HeaderPart, ReportHeader, ReportKind, Submission, WsjfOptions, WsxfOptions,
};
use wats_client::{Client, Request};
use wats_report::{Attachment, Chart, ChartSeries, Failure, Report, Status, SubUnit, UurReport, UutReport};

use super::{Row, plant};

const TEST: Uuid = Uuid::from_u128(0x7e57_0000_0000_4000_8000_0000_0000_0001);
const DOCUMENT: Uuid = Uuid::from_u128(0x7e57_0000_0000_4000_8000_0000_0000_0002);
const ALL: WsjfOptions = WsjfOptions { detail_level: Some(7), chart_data: Some(true), attachments: Some(true) };

pub(super) const ROWS: &[Row] = &[
    ("POST /api/Report/WSJF", "", |c| c.report().submit_wsjf(test(TEST, "L7-1", 1).to_wsjf().into(), TEST).map(drop)),
    ("POST /api/Report/WSXF", "", |c| {
        let document = wats_report::to_wsxf(&[test(DOCUMENT, "L7-2", 2)]).0;
        c.report().submit_wsxf(document.into(), DOCUMENT).map(drop)
    }),
    ("GET /api/Report/Query/Header", "reportType $filter $orderby $expand $top $skip", |c| {
        let query = c.report().headers(ReportKind::Uut).filter(field("serialNumber").eq("L7-1"));
        query.expand([HeaderPart::Attachments]).pages().first_page().map(drop)
    }),
    ("GET /api/Report/Query/HeaderByMiscInfo", "description stringValue $top", |c| {
        c.report().headers_by_misc_info("Lot of glue", "G-1", Some(10)).map(drop)
    }),
    ("GET /api/Report/Wsjf/{}", "detailLevel includeChartdata includeAttachments", |c| {
        c.report().load(TEST, ALL).map(drop)
    }),
    ("GET /api/Report/Wsxf/{}", "includeAttachments includeChartdata includeIndexes", |c| {
        let options = WsxfOptions { attachments: Some(true), chart_data: Some(false), indexes: Some(true) };
        c.report().load_wsxf(DOCUMENT, options).map(drop)
    }),
    ("GET /api/Report/Attachment", "attachmentId", |c| file(c, |c, id, _| c.report().attachment(id).map(drop))),
    ("GET /api/Report/Attachment", "stepId", |c| file(c, |c, _, step| c.report().attachment_of_step(step).map(drop))),
    ("GET /api/Report/Attachments/{}", "", |c| c.report().attachments(TEST).map(drop)),
    ("GET /api/Report/Certificate/{}", "", |c| c.report().certificate(TEST).map(drop)),
];

/// A row about the file of a step of the first report.
fn file(client: &Client, make: fn(&Client, i64, i64) -> Request<()>) -> Request<()> {
    let header = attachments_of(client).first_page().wait().unwrap().remove(0);
    let file = header.attachments.last().unwrap();
    make(client, file.attachment_id.unwrap(), file.other["stepId"].as_i64().unwrap())
}

fn attachments_of(client: &Client) -> wats_client::Pages<ReportHeader> {
    let query = client.report().headers(ReportKind::Uut).filter(HeaderField::Id.field().eq(TEST));
    query.expand([HeaderPart::Attachments]).pages()
}

/// A test of a lamp, as the n-th of a day: every third one fails.
fn test(id: Uuid, serial_number: &str, n: u32) -> Report {
    UutReport::builder("LAMP-7", "C", serial_number)
        .id(id)
        .process_code(100)
        .station("EOL-03", "Hall 2", "Production")
        .operator("kari")
        .start(format!("2026-05-04T08:{n:02}:00+02:00").parse().unwrap())
        .misc_info("Lot of glue", "G-1")
        .sub_unit(SubUnit::new("LED-3", format!("D-{n}")))
        .attachment(Attachment::new("setup.txt", "text/plain", "bench 3"))
        .sequence("Main", |s| {
            s.pass_fail("Boot", !n.is_multiple_of(3));
            s.action("Photo").attachment(Attachment::new("photo.png", "image/png", *b"\x89PNG\r\n\x1a\n\0\xff"));
            let series = ChartSeries::new("Vcc", [0.0, 1.0], [1.5, 2.5]);
            s.action("Ramp").with_chart(Chart { label: "Ramp".into(), series: vec![series], ..Chart::default() });
        })
        .build()
        .into()
}

async fn submit(client: &Client, report: &Report) {
    let submission = Submission::report(report).unwrap();
    client.report().submit(&submission, std::time::Duration::from_secs(5)).await.unwrap();
}

fn serials(headers: &[ReportHeader]) -> Vec<&str> {
    headers.iter().map(|header| header.serial_number.as_deref().unwrap()).collect()
}

#[tokio::test]
async fn what_was_sent_is_found_by_conditions_in_order_and_in_pages() {
    let (sim, client) = plant();
    for n in 1..=9 {
        submit(&client, &test(Uuid::from_u128(n.into()), &format!("L7'{n}"), n)).await;
    }
    let reports = client.report();
    let tests = || reports.headers(ReportKind::Uut);
    let found = tests().pages().page_size(4).all().await.unwrap();
    assert_eq!(serials(&found)[..2], ["L7'9", "L7'8"], "the latest first unless told");
    assert_eq!(found.len(), 9);
    assert_eq!((found[0].kind(), found[0].status()), (Some(ReportKind::Uut), Some(Status::Failed)));
    assert_eq!(found[0].start_utc.as_ref().unwrap().timestamp(), "2026-05-04T06:09:00Z".parse().ok());
    assert!(found[0].sub_units.is_empty() && found[0].misc_info.is_empty(), "not asked for");

    let since: jiff::Timestamp = "2026-05-04T06:03:00Z".parse().unwrap();
    let failed = tests()
        .filter(HeaderField::Start.field().gt(since))
        .with_result(Status::Failed)
        .filter(HeaderField::SerialNumber.field().starts_with("L7'"))
        .order_by(HeaderField::SerialNumber, Direction::Ascending)
        .expand([HeaderPart::SubUnits, HeaderPart::MiscInfo])
        .pages();
    let failed = failed.all().await.unwrap();
    assert_eq!(serials(&failed), ["L7'6", "L7'9"]);
    assert_eq!(failed[0].sub_units[0].serial_number.as_deref(), Some("D-6"));
    assert_eq!(failed[0].misc_info[0].value.as_deref(), Some("G-1"));
    let of_led = field("subUnits").any(|unit| unit("serialNumber").one_of(["D-2", "D-3"]));
    let of_led = tests().filter(of_led.or(field("serialNumber").eq("L7'1"))).filter(field("processCode").eq(100));
    let of_led =
        of_led.order_by(HeaderField::Result, Direction::Ascending).order_by(HeaderField::Start, Direction::Ascending);
    assert_eq!(serials(&of_led.pages().all().await.unwrap()), ["L7'3", "L7'1", "L7'2"]);
    assert!(reports.headers(ReportKind::Uur).pages().all().await.unwrap().is_empty());
    assert_eq!(reports.headers_by_misc_info("Lot of glue", "G-1", Some(3)).await.unwrap().len(), 3);
    assert!(reports.headers_by_misc_info("Lot of glue", "G-2", None).await.unwrap().is_empty());

    // Headers are not kept: what comes meanwhile is found.
    submit(&client, &test(Uuid::from_u128(10), "L7'10", 10)).await;
    assert_eq!(tests().pages().first_page().await.unwrap().len(), 10);
    let error = tests().filter(field("colour").eq("red")).pages().first_page().await.unwrap_err();
    assert_eq!(error.status(), Some(400), "{error}");
    let path = &sim.handle().requests(0).last().unwrap().path.clone();
    assert!(
        path.contains("reportType=U&%24filter=colour%20eq%20%27red%27&%24orderby=start%20desc&%24top=100"),
        "{path}"
    );
}

#[tokio::test]
async fn a_repair_of_a_failed_test_refers_to_it_and_is_found_among_repairs() {
    let (_sim, client) = plant();
    let failed = test(TEST, "L7-3", 3);
    submit(&client, &failed).await;
    let loaded = client.report().load(TEST, WsjfOptions::default()).await.unwrap();
    let at = "2026-05-04T10:00:00Z".parse().unwrap();
    let repair = UurReport::repair_of(loaded.as_uut().unwrap())
        .id(DOCUMENT)
        .repair_process(500)
        .station("Repair-1", "Hall 3", "Repair")
        .start(at)
        .dates(at, at)
        .exec_time(60.0)
        .failure(Failure::new("Component", "Defect Component"))
        .build();
    submit(&client, &repair.into()).await;
    let query = client.report().headers(ReportKind::Uur).expand([HeaderPart::SubUnits]);
    let found = query.pages().all().await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].kind(), found[0].referenced_uut), (Some(ReportKind::Uur), Some(TEST)));
    assert_eq!((serials(&found), found[0].process_code), (vec!["L7-3"], Some(500)));
    // The unit itself, and its part.
    assert_eq!(found[0].uur_sub_units.len(), 2);
    assert_eq!(client.report().headers(ReportKind::Uut).pages().all().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_report_is_loaded_back_as_it_was_sent_with_or_without_its_files_and_points() {
    let (sim, client) = plant();
    let (report, document) = (test(TEST, "L7-1", 1), test(DOCUMENT, "L7-2", 2));
    submit(&client, &report).await;
    assert_eq!(client.report().load(TEST, ALL).await.unwrap(), report);
    let bytes = client.report().load_wsjf(TEST, WsjfOptions::default()).await.unwrap();
    assert_eq!(bytes, report.to_wsjf());
    let asked = sim.handle().requests(0).last().unwrap().path.clone();
    assert_eq!(asked, format!("/api/Report/Wsjf/{TEST}"), "what is not chosen is left to the server");
    let options = WsjfOptions { attachments: Some(false), chart_data: Some(false), ..WsjfOptions::default() };
    let bare = client.report().load(TEST, options).await.unwrap();
    let text = String::from_utf8(bare.to_wsjf()).unwrap();
    assert!(!text.contains("setup.txt") && !text.contains("photo.png") && !text.contains("1.5;2.5"), "{text}");
    assert!(text.contains("Ramp"), "the chart itself is there");

    client.report().submit_wsxf(wats_report::to_wsxf(&[document]).0.into(), DOCUMENT).await.unwrap();
    let back = client.report().load_wsxf(DOCUMENT, WsxfOptions::default()).await.unwrap();
    let back = wats_report::from_wsxf(&back).unwrap();
    assert_eq!(back[0].header().serial_number, "L7-2");
    let found = client.report().headers(ReportKind::Uut).filter(field("stationName").eq("EOL-03"));
    assert_eq!(serials(&found.pages().all().await.unwrap()), ["L7-2", "L7-1"], "in whichever format they came");

    let error = client.report().load(Uuid::nil(), WsjfOptions::default()).await.unwrap_err();
    assert!(error.is_not_found(), "{error}");
    let options = WsjfOptions { detail_level: Some(8), ..WsjfOptions::default() };
    assert_eq!(client.report().load(TEST, options).await.unwrap_err().kind(), "argument");
}

#[tokio::test]
async fn files_come_one_by_one_or_all_in_one_archive_and_a_certificate_is_made() {
    let (_sim, client) = plant();
    submit(&client, &test(TEST, "L7-1", 1)).await;
    let header = attachments_of(&client).all().await.unwrap().remove(0);
    let names: Vec<_> = header.attachments.iter().map(|file| file.file_name.as_deref().unwrap()).collect();
    assert_eq!(names, ["setup.txt", "photo.png"]);
    let photo = &header.attachments[1];
    assert_eq!((photo.mime_type.as_deref(), photo.size), (Some("image/png"), Some(10)));
    let bytes = client.report().attachment(photo.attachment_id.unwrap()).await.unwrap();
    assert_eq!(bytes, Bytes::from_static(b"\x89PNG\r\n\x1a\n\0\xff"));
    assert_eq!(client.report().attachment_of_step(&photo.other["stepId"]).await.unwrap(), bytes);
    assert!(client.report().attachment(1).await.unwrap_err().is_not_found());
    assert_eq!(client.report().attachment(" ").await.unwrap_err().kind(), "argument");

    let archive = client.report().attachments(TEST).await.unwrap();
    assert!(archive.starts_with(b"PK") && archive.windows(9).any(|part| part == b"photo.png"));
    let certificate = client.report().certificate(TEST).await.unwrap();
    assert!(String::from_utf8_lossy(&certificate).contains("serialNumber: L7-1"));
    assert!(client.report().attachments(DOCUMENT).or_none().await.unwrap().is_none());
}

#[test]
fn a_report_without_an_id_is_not_sent_and_sending_can_be_waited_for() {
    let (sim, client) = plant();
    let Report::Uut(mut report) = test(TEST, "L7-1", 1) else { panic!("a test") };
    report.header.id = None;
    let error = Submission::report(&report.clone().into()).unwrap_err();
    assert!(error.to_string().contains("has no id"), "{error}");
    report.header.id = Some(TEST);
    let submission = Submission::report(&report.into()).unwrap();
    let receipt = client.report().submit(&submission, std::time::Duration::from_secs(5)).wait().unwrap();
    assert_eq!((receipt.id, sim.handle().stats().reports_distinct), (TEST, 1));
}
