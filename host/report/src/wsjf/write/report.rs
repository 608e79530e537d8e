//! Headers.

use serde::Serializer;

use super::wire::{Fields, It, Wire};
use crate::{Failure, Header, SubUnit, UurInfo, UurReport, UurUnit, UutInfo, UutReport};

pub(super) fn uut<S: Serializer>(report: &UutReport, with_id: bool, serializer: S) -> Result<S::Ok, S::Error> {
    let mut f = Fields::new::<S>(serializer, &report.header.extra)?;
    f.put("type", "T")?;
    head(&mut f, &report.header, with_id)?;
    f.put("uut", &It(&report.info))?;
    f.all("miscInfos", &report.header.misc_infos)?;
    f.all("subUnits", &report.sub_units)?;
    lists(&mut f, &report.header)?;
    f.put("root", &It(&report.root))?;
    f.end()
}

pub(super) fn uur<S: Serializer>(report: &UurReport, with_id: bool, serializer: S) -> Result<S::Ok, S::Error> {
    let mut f = Fields::new::<S>(serializer, &report.header.extra)?;
    f.put("type", "R")?;
    head(&mut f, &report.header, with_id)?;
    f.put("uur", &It(&report.info))?;
    f.all("miscInfos", &report.header.misc_infos)?;
    f.all("subUnits", &report.units)?;
    lists(&mut f, &report.header)?;
    f.end()
}

fn head<M: serde::ser::SerializeMap>(f: &mut Fields<'_, M>, header: &Header, with_id: bool) -> Result<(), M::Error> {
    f.never(&["startUTC", "origin", "productName", "processName", "processCodeFormat", "assetStats"]);
    f.put_if("id", header.id.filter(|_| with_id))?;
    f.text_if("pn", header.part_number.as_ref())?;
    f.text("sn", &header.serial_number)?;
    f.text_if("rev", header.revision.as_ref())?;
    f.put_if("processCode", header.process_code)?;
    f.put_if("result", header.result.map(crate::Status::letter))?;
    f.text_if("machineName", header.machine_name.as_ref())?;
    f.text_if("location", header.location.as_ref())?;
    f.text_if("purpose", header.purpose.as_ref())?;
    f.time_if("start", header.start.as_ref())
}

fn lists<M: serde::ser::SerializeMap>(f: &mut Fields<'_, M>, header: &Header) -> Result<(), M::Error> {
    f.all_if("assets", &header.assets)?;
    let files = super::parts::ReportFiles(&header.attachments);
    f.put_if("binaryData", (!header.attachments.is_empty()).then_some(files))?;
    f.all_if("additionalData", &header.additional_data)
}

impl Wire for UutInfo {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut f = Fields::new::<S>(serializer, &self.extra)?;
        f.text("user", self.operator.as_deref().unwrap_or_default())?;
        f.text_if("comment", self.comment.as_ref())?;
        f.finite_if("execTime", self.exec_time)?;
        f.text_if("fixtureId", self.fixture_id.as_ref())?;
        f.put_if("testSocketIndex", self.test_socket_index)?;
        f.text_if("testSocketIndexFormat", self.test_socket_index_format.as_ref())?;
        f.put_if("errorCode", self.error_code)?;
        f.text_if("errorCodeFormat", self.error_code_format.as_ref())?;
        f.text_if("errorMessage", self.error_message.as_ref())?;
        f.text_if("batchSN", self.batch_serial_number.as_ref())?;
        f.put_if("batchFailCount", self.batch_fail_count)?;
        f.text_if("batchFailCountFormat", self.batch_fail_count_format.as_ref())?;
        f.put_if("batchLoopIndex", self.batch_loop_index)?;
        f.text_if("batchLoopIndexFormat", self.batch_loop_index_format.as_ref())?;
        f.put_if("stepIdCausedUUTFailure", self.step_id_caused_uut_failure)?;
        f.never(&["referencedByUURs"]);
        f.end()
    }
}

impl Wire for SubUnit {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut f = Fields::new::<S>(serializer, &self.extra)?;
        f.text("pn", &self.part_number)?;
        f.text("sn", &self.serial_number)?;
        f.text_if("rev", self.revision.as_ref())?;
        f.text_if("partType", self.part_type.as_ref())?;
        f.put_if("idx", self.idx)?;
        f.put_if("position", self.position)?;
        // A test of its own, which no server is known to take.
        f.never(&["root"]);
        f.end()
    }
}

impl Wire for UurInfo {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut f = Fields::new::<S>(serializer, &self.extra)?;
        f.text("user", self.operator.as_deref().unwrap_or_default())?;
        f.text_if("comment", self.comment.as_ref())?;
        f.finite_if("execTime", self.exec_time)?;
        f.put_if("processCode", self.test_process_code)?;
        f.text_if("processName", self.test_process_name.as_ref())?;
        f.text_if("processCodeFormat", self.test_process_code_format.as_ref())?;
        f.put_if("refUUT", self.ref_uut)?;
        f.time_if("confirmDate", self.confirm_date.as_ref())?;
        f.time_if("finalizeDate", self.finalize_date.as_ref())?;
        f.put_if("active", self.active)?;
        f.put_if("parent", self.parent)?;
        f.never(&["children", "testOperationCode", "testOperationName", "testOperationGuid"]);
        f.end()
    }
}

impl Wire for UurUnit {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut f = Fields::new::<S>(serializer, &self.extra)?;
        f.put("idx", &self.idx)?;
        f.text("pn", &self.part_number)?;
        f.text("sn", &self.serial_number)?;
        f.text_if("rev", self.revision.as_ref())?;
        f.text_if("partType", self.part_type.as_ref())?;
        f.put_if("parentIdx", self.parent_idx)?;
        f.put_if("position", self.position)?;
        f.put_if("replacedIdx", self.replaced_idx)?;
        f.all_if("failures", &self.failures)?;
        f.end()
    }
}

impl Wire for Failure {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut f = Fields::new::<S>(serializer, &self.extra)?;
        f.text("category", &self.category)?;
        f.text("code", &self.code)?;
        f.text_if("comment", self.comment.as_ref())?;
        f.text_if("comRef", self.com_ref.as_ref())?;
        f.text_if("funcBlock", self.func_block.as_ref())?;
        f.put_if("refStepId", self.ref_step_id)?;
        f.never(&["refStepName"]);
        f.text_if("artNumber", self.art_number.as_ref())?;
        f.text_if("artRev", self.art_rev.as_ref())?;
        f.text_if("artVendor", self.art_vendor.as_ref())?;
        f.text_if("artDescription", self.art_description.as_ref())?;
        f.end()
    }
}
