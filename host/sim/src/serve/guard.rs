//! The record of a request under way.

use std::time::Instant;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{Response, StatusCode};
use data_encoding::HEXLOWER;
use jiff::Timestamp;

use crate::answer::Answer;
use crate::api::Reply;
use crate::core::Core;
use crate::fault::Decision;
use crate::listen::{Takeover, Wire};
use crate::record::{Outcome, RequestRecord};

/// The record of a request under way. Dropped without a commit, it says that the client went away.
pub(super) struct Guard<'a> {
    core: &'a Core,
    pub(super) record: RequestRecord,
    started: Instant,
    pub(super) stored: bool,
    committed: bool,
}

impl<'a> Guard<'a> {
    pub(super) fn new(core: &'a Core, head: &Parts) -> Self {
        let record = RequestRecord {
            seq: 0,
            at: Timestamp::now(),
            method: head.method.to_string(),
            path: head.uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
            status: None,
            bytes_in: 0,
            bytes_out: 0,
            duration_us: 0,
            outcome: Outcome::Aborted,
            report: None,
            reports: 0,
            digest: None,
            faults: Vec::new(),
            rule: None,
        };
        Self { core, record, started: Instant::now(), stored: false, committed: false }
    }

    pub(super) fn faults(&mut self, decision: &Decision) {
        self.record.faults.extend(decision.words.iter().map(|word| (*word).to_owned()));
    }

    /// Notes what serving the request came to, and gives the answer.
    pub(super) fn take(&mut self, reply: Reply) -> Answer {
        self.record.outcome = reply.outcome;
        self.record.report = reply.reports.first().copied().or(self.record.report);
        self.record.reports = u32::try_from(reply.reports.len()).unwrap_or(u32::MAX);
        self.record.digest = reply.digest.map(|digest| HEXLOWER.encode(&digest));
        self.stored = !reply.reports.is_empty();
        reply.answer
    }

    pub(super) fn finish(mut self, outcome: Outcome, answer: Answer) -> Answer {
        self.record.outcome = outcome;
        self.finish_kept(answer)
    }

    /// Puts the request on record with the outcome noted before.
    pub(super) fn finish_kept(mut self, answer: Answer) -> Answer {
        self.record.bytes_out = u64::try_from(answer.body.len()).unwrap_or(u64::MAX);
        self.commit(Some(answer.status), answer.status.is_success());
        answer
    }

    /// Puts the request on record and gives its connection away. Never returns: the connection drops it.
    pub(super) async fn hand_over(
        mut self,
        wire: &Wire,
        status: Option<StatusCode>,
        takeover: Takeover,
    ) -> Response<Body> {
        let whole = matches!(takeover, Takeover::Twice { .. } | Takeover::Trickle { .. });
        self.commit(status, whole && status.is_some_and(|status| status.is_success()));
        drop(self);
        // Nobody receives when the connection has gone already.
        let _gone = wire.send(takeover).await.is_err();
        std::future::pending().await
    }

    pub(super) fn commit(&mut self, status: Option<StatusCode>, answered: bool) {
        self.record.status = status.map(|status| status.as_u16());
        self.write(answered);
    }

    fn write(&mut self, answered: bool) {
        self.committed = true;
        self.record.duration_us = u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX);
        let record = self.record.clone();
        self.core.record(record, answered && self.stored);
    }
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        if !self.committed {
            self.write(false);
        }
    }
}
