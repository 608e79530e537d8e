//! What only repairs have.

use super::{
    header::{header, process_code},
    object::Object,
};
use crate::{Failure, ReadError, UurInfo, UurReport, UurUnit};

pub(super) fn report(mut object: Object<'_>) -> Result<UurReport, ReadError> {
    let mut header = header(&mut object)?;
    let info = object.object("uur", info)?.unwrap_or_default();
    let units = object.list("subUnits", unit)?;
    header.extra = object.rest();
    Ok(UurReport { header, info, units })
}

fn info(mut object: Object<'_>) -> Result<UurInfo, ReadError> {
    // An older client says the same a second time under these names, which are not sent any more.
    let old_code = process_code(&mut object, "testOperationCode")?;
    let old_name = object.solid_text("testOperationName")?;
    object.guid("testOperationGuid")?;
    Ok(UurInfo {
        operator: object.solid_text("user")?,
        comment: object.solid_text("comment")?,
        exec_time: object.float("execTime")?,
        test_process_code: process_code(&mut object, "processCode")?.or(old_code),
        test_process_name: object.solid_text("processName")?.or(old_name),
        test_process_code_format: object.solid_text("processCodeFormat")?,
        ref_uut: object.guid("refUUT")?,
        confirm_date: object.timestamp("confirmDate")?,
        finalize_date: object.timestamp("finalizeDate")?,
        active: object.boolean("active")?,
        parent: object.guid("parent")?,
        children: object.take("children"),
        extra: object.rest(),
    })
}

fn unit(mut object: Object<'_>) -> Result<UurUnit, ReadError> {
    Ok(UurUnit {
        part_number: object.text("pn")?.unwrap_or_default(),
        serial_number: object.text("sn")?.unwrap_or_default(),
        revision: object.solid_text("rev")?,
        part_type: object.solid_text("partType")?,
        idx: object.int("idx")?.unwrap_or_default(),
        parent_idx: object.int("parentIdx")?,
        position: object.int("position")?,
        replaced_idx: object.int("replacedIdx")?,
        failures: object.list("failures", failure)?,
        extra: object.rest(),
    })
}

fn failure(mut object: Object<'_>) -> Result<Failure, ReadError> {
    Ok(Failure {
        category: object.text("category")?.unwrap_or_default(),
        code: object.text("code")?.unwrap_or_default(),
        comment: object.solid_text("comment")?,
        com_ref: object.solid_text("comRef")?,
        func_block: object.solid_text("funcBlock")?,
        ref_step_id: object.int("refStepId")?,
        ref_step_name: object.solid_text("refStepName")?,
        art_number: object.solid_text("artNumber")?,
        art_rev: object.solid_text("artRev")?,
        art_vendor: object.solid_text("artVendor")?,
        art_description: object.solid_text("artDescription")?,
        extra: object.rest(),
    })
}
