//! Leases.
use std::sync::Arc;

use crate::EntryId;
use crate::command::LeaseTicket;
use crate::shared::Shared;

#[derive(Debug)]
pub(crate) struct LeaseGuard {
    ticket: LeaseTicket,
}
impl LeaseGuard {
    pub(crate) fn new(ticket: LeaseTicket, _shared: &Arc<Shared>) -> Self {
        Self { ticket }
    }
    pub(crate) fn entry(&self) -> EntryId {
        self.ticket.entry
    }
}
