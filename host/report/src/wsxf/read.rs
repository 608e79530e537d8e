//! Reading reports.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use uuid::Uuid;

use super::{
    node::{Elements, Node, Wrong},
    read_step::step,
};
use crate::{
    Asset, Attachment, ExportOnly, Failure, Header, MiscInfo, ReadError, Report, Status, Step, SubUnit, Timestamp,
    UurInfo, UurReport, UurUnit, UutInfo, UutReport,
};

/// Reads all reports of a WSXF document, in UTF-8: the root element `Reports` with any number of `Report` in it, or one
/// `Report`.
///
/// A report without steps gets an empty test program that ended as the report did.
///
/// # Errors
/// [`ReadError`] with the place, when it is no XML, holds no report, or something in it cannot be understood.
pub fn from_wsxf(bytes: &[u8]) -> Result<Vec<Report>, ReadError> {
    let text = std::str::from_utf8(bytes).map_err(|error| ReadError::Xml {
        offset: error.valid_up_to() as u64,
        problem: "the bytes there are no UTF-8".to_owned(),
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let place = |wrong: Wrong| {
        let (line, column) = line_and_column(text, wrong.offset);
        let place = format!("line {line}, column {column}: {}", wrong.what);
        ReadError::Form { place, found: wrong.found, allowed: wrong.allowed }
    };
    let mut elements = Elements::new(text);
    let Some((root, has_content)) = elements.open()? else {
        return Err(ReadError::Xml { offset: 0, problem: "found no element, allowed is Reports".to_owned() });
    };
    if root.is("Report") {
        let node = if has_content { elements.fill(root)? } else { root };
        return Ok(vec![report(&node).map_err(place)?]);
    }
    if !root.is("Reports") {
        return Err(place(root.wrong_element("", "it as the root element", "Reports")));
    }
    let mut reports = Vec::new();
    while has_content && let Some((node, has_content)) = elements.open()? {
        let node = if has_content { elements.fill(node)? } else { node };
        if node.is("Report") {
            reports.push(report(&node).map_err(place)?);
        }
    }
    Ok(reports)
}

/// Both from 1.
fn line_and_column(text: &str, offset: u64) -> (usize, usize) {
    let before = usize::try_from(offset).ok().and_then(|offset| text.get(..offset)).unwrap_or(text);
    let line = before.bytes().filter(|&byte| byte == b'\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |last| last.chars().count()) + 1;
    (line, column)
}

fn report(node: &Node) -> Result<Report, Wrong> {
    let is_repair = match node.attribute("type").map(str::to_ascii_uppercase).as_deref() {
        None => node.first("UUR").is_some(),
        Some("UUT" | "T") => false,
        Some("UUR" | "R") => true,
        Some(other) => return Err(node.wrong("type", other, "UUT or UUR")),
    };
    let header = header(node)?;
    if is_repair { repair(node, header).map(Report::Uur) } else { test(node, header).map(Report::Uut) }
}

fn test(node: &Node, header: Header) -> Result<UutReport, Wrong> {
    let info = node.first("UUT").map(uut_info).transpose()?.unwrap_or_default();
    let sub_units = node.all("ReportUnitHierarchy").map(sub_unit).collect::<Result<_, _>>()?;
    let mut roots = node.all("Step");
    let root = match (roots.next(), roots.next()) {
        (None, _) => Step { status: header.result, ..Step::sequence("MainSequence Callback") },
        (Some(root), None) => step(root)?,
        (Some(_), Some(second)) => {
            return Err(second.wrong_element("", "a second outermost step", "one"));
        }
    };
    Ok(UutReport { header, info, sub_units, root })
}

fn header(node: &Node) -> Result<Header, Wrong> {
    // A repair names the operation twice: itself here, the failed test inside UUR.
    let process = node.first("Process");
    // In UTC whether it says so or not.
    let start_utc = time(node, "Start_utc")?.map(Timestamp::or_utc);
    // The two together tell the offset of a start that has none.
    let start = match (time(node, "Start")?, &start_utc) {
        (Some(start), Some(utc)) => Some(start.with_instant(utc)),
        (start, utc) => start.or(*utc),
    };
    Ok(Header {
        id: node.parsed("ID", "a GUID", guid)?,
        part_number: node.owned("PN"),
        serial_number: node.owned("SN").unwrap_or_default(),
        revision: node.owned("Rev"),
        process_code: process.map(|process| code(process, "Code")).transpose()?.flatten(),
        result: status(node, "Result")?,
        machine_name: node.owned("MachineName"),
        location: node.owned("Location"),
        purpose: node.owned("Purpose"),
        start,
        misc_infos: node.all("MiscInfo").map(misc_info).collect(),
        assets: node.first("Assets").unwrap_or(node).all("Asset").map(asset).collect::<Result<_, _>>()?,
        attachments: node.all("Binary").map(binary).collect::<Result<_, _>>()?,
        export: ExportOnly {
            start_utc,
            origin: node.owned("origin"),
            product_name: node.owned("ProductName"),
            process_name: process.and_then(|process| process.owned("Name")),
            process_code_format: process.and_then(|process| process.owned("CodeFormat")),
            asset_stats: None,
        },
        ..Header::default()
    })
}

pub(super) fn time(node: &Node, name: &str) -> Result<Option<Timestamp>, Wrong> {
    node.parsed(name, "a time such as 2026-05-04T08:15:30.250+02:00", |text| text.parse().ok())
}

pub(super) fn status(node: &Node, name: &str) -> Result<Option<Status>, Wrong> {
    node.parsed(name, "Passed, Failed, Done, Skipped, Error or Terminated", Status::parse)
}

fn guid(text: &str) -> Option<Uuid> {
    Uuid::try_parse(text).ok()
}

fn code(node: &Node, name: &str) -> Result<Option<i32>, Wrong> {
    node.parsed(name, "the number of an operation", |text| text.parse().ok())
}

fn uut_info(node: &Node) -> Result<UutInfo, Wrong> {
    Ok(UutInfo {
        operator: node.owned("UserLoginName"),
        comment: node.first("Comment").and_then(Node::content).map(str::to_owned),
        exec_time: node.float("ExecutionTime")?,
        fixture_id: node.owned("FixtureId"),
        test_socket_index: node.int("TestSocketIndex")?,
        test_socket_index_format: node.owned("TestSocketIndexFormat"),
        error_code: node.int("ErrorCode")?,
        error_code_format: node.owned("ErrorCodeFormat"),
        error_message: node.owned("ErrorMessage"),
        batch_serial_number: node.owned("BatchSN"),
        batch_fail_count: node.int("BatchFailCount")?,
        batch_fail_count_format: node.owned("BatchFailCountFormat"),
        batch_loop_index: node.int("BatchLoopIndex")?,
        batch_loop_index_format: node.owned("BatchLoopIndexFormat"),
        step_id_caused_uut_failure: node.int("StepIdCausedUUTFailure")?,
        ..UutInfo::default()
    })
}

/// A number counts where there is no text.
fn misc_info(node: &Node) -> MiscInfo {
    MiscInfo {
        description: node.owned("Description").unwrap_or_default(),
        text: node.content().or_else(|| node.attribute("Numeric")).map(str::to_owned),
        id: node.owned("Id"),
        ..MiscInfo::default()
    }
}

fn asset(node: &Node) -> Result<Asset, Wrong> {
    Ok(Asset {
        serial_number: node.owned("AssetSN").unwrap_or_default(),
        usage_count: node.int("UsageCount")?,
        ..Asset::default()
    })
}

fn sub_unit(node: &Node) -> Result<SubUnit, Wrong> {
    Ok(SubUnit {
        part_number: node.owned("PN").unwrap_or_default(),
        serial_number: node.owned("SN").unwrap_or_default(),
        revision: node.owned("Rev"),
        part_type: node.owned("PartType"),
        idx: node.int("Idx")?,
        position: node.int("Position")?,
        ..SubUnit::default()
    })
}

/// A file of the report. Clients read them in repairs only.
fn binary(node: &Node) -> Result<Attachment, Wrong> {
    let Some(data) = node.first("Data") else { return Err(node.wrong_element("", "no Data in it", "one Data")) };
    Ok(Attachment {
        name: data.owned("FileName").unwrap_or_default(),
        content_type: data.owned("ContentType"),
        data: bytes(data)?,
        fail_idx: node.int("FailIdx")?,
        ..Attachment::default()
    })
}

/// Bytes of an element that holds base64, line breaks allowed.
pub(super) fn bytes(node: &Node) -> Result<Vec<u8>, Wrong> {
    let solid: Vec<u8> = node.text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    STANDARD.decode(solid).map_err(|error| node.wrong_element("", &error.to_string(), "base64"))
}

fn repair(node: &Node, header: Header) -> Result<UurReport, Wrong> {
    let info = node.first("UUR").map(uur_info).transpose()?.unwrap_or_default();
    let mut units: Vec<UurUnit> = node.all("ReportUnitHierarchy").map(uur_unit).collect::<Result<_, _>>()?;
    for it in node.all("Failures") {
        let part = it.int("PartIdx")?.unwrap_or_default();
        let found = failure(it)?;
        match units.iter_mut().find(|unit| unit.idx == part) {
            Some(unit) => unit.failures.push(found),
            None => return Err(it.wrong("PartIdx", &part.to_string(), "the Idx of a ReportUnitHierarchy")),
        }
    }
    Ok(UurReport { header, info, units })
}

fn uur_info(node: &Node) -> Result<UurInfo, Wrong> {
    let process = node.first("Process");
    Ok(UurInfo {
        operator: node.owned("UserLoginName"),
        comment: node.first("Comment").and_then(Node::content).map(str::to_owned),
        exec_time: node.float("ExecutionTime")?,
        test_process_code: process.map(|process| code(process, "Code")).transpose()?.flatten(),
        test_process_name: process.and_then(|process| process.owned("Name")),
        test_process_code_format: process.and_then(|process| process.owned("CodeFormat")),
        ref_uut: node.parsed("ReferencedUUT", "a GUID", guid)?,
        confirm_date: time(node, "ConfirmDate")?,
        finalize_date: time(node, "FinalizeDate")?,
        active: node.boolean("Active")?,
        parent: node.parsed("Parent", "a GUID", guid)?,
        ..UurInfo::default()
    })
}

fn uur_unit(node: &Node) -> Result<UurUnit, Wrong> {
    Ok(UurUnit {
        part_number: node.owned("PN").unwrap_or_default(),
        serial_number: node.owned("SN").unwrap_or_default(),
        revision: node.owned("Rev"),
        part_type: node.owned("PartType"),
        idx: node.int("Idx")?.unwrap_or_default(),
        parent_idx: node.int("ParentIDX")?,
        position: node.int("Position")?,
        replaced_idx: node.int("ReplacedIDX")?,
        ..UurUnit::default()
    })
}

fn failure(node: &Node) -> Result<Failure, Wrong> {
    // Comments stand in an attribute or in an element of their own.
    let comment = node.first("Comment").and_then(Node::content).or_else(|| node.attribute("Comment"));
    Ok(Failure {
        category: node.owned("Category").unwrap_or_default(),
        code: node.owned("Code").unwrap_or_default(),
        comment: comment.map(str::to_owned),
        com_ref: node.owned("CompRef"),
        func_block: node.owned("FunctionBlock"),
        ref_step_id: node.int("StepID")?,
        art_number: node.owned("ArticleNumber"),
        art_rev: node.owned("ArticleRevision"),
        art_vendor: node.owned("ArticleVendor"),
        art_description: node.owned("ArticleDescription"),
        ..Failure::default()
    })
}
