//! To come.
use super::sink::Sink;
use crate::UurReport;
pub(super) fn check(_report: &UurReport, _sink: &mut Sink) {}
