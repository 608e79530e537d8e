//! To come.
use super::sink::Sink;
use crate::{Report, UutReport};
pub(super) fn check(_report: &Report, _sink: &mut Sink) {}
pub(super) fn check_uut(_report: &UutReport, _sink: &mut Sink) {}
