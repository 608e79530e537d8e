//! The record of requests: a ring in memory and, if wanted, a file.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::{Error, Result};

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Outcome {
    /// A report with an id not seen before was stored.
    Stored,
    /// A report that was there already came again with the same content.
    Duplicate,
    /// A report that was there already came again with different content, which was stored.
    Overwritten,
    /// The request was understood and refused, e.g. a report with mistakes.
    Refused,
    /// The token was missing or wrong.
    Unauthorized,
    /// The rate limit was reached.
    RateLimited,
    /// The body was larger than the server reads.
    TooLarge,
    /// Something was read, or changed other than by a report.
    Served,
    /// There is no such path, method or thing.
    NotFound,
    /// A fault took the request; nothing was stored.
    Faulted,
    /// The client went away before there was an answer.
    Aborted,
}

/// One request to the API.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RequestRecord {
    /// 1 for the first request after the start, and so on; goes on after a reset.
    pub seq: u64,
    /// When its headers had been read.
    pub at: Timestamp,
    /// The method.
    pub method: String,
    /// The path with the query.
    pub path: String,
    /// The status that was answered, or would have been if the answer was cut; `None` when nothing was sent.
    pub status: Option<u16>,
    /// Bytes of the body that was read.
    pub bytes_in: u64,
    /// Bytes of the body that was answered.
    pub bytes_out: u64,
    /// From the headers read to the answer ready, in microseconds.
    pub duration_us: u64,
    /// What became of it.
    pub outcome: Outcome,
    /// The report that it carried; the first if it carried several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<Uuid>,
    /// How many reports were stored by it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub reports: u32,
    /// SHA-256 of the report as it was received, in hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// The faults that fired, by the words of their actions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<String>,
    /// The rule that took the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// The latest requests, and the file that gets all of them.
#[derive(Debug)]
pub(crate) struct Records {
    ring: VecDeque<RequestRecord>,
    keep: usize,
    next: u64,
    file: Option<File>,
    /// Set when the file could not be written; shown in the statistics.
    pub(crate) file_error: Option<String>,
}

impl Records {
    pub(crate) fn new(keep: usize, path: Option<&Path>) -> Result<Self> {
        let file = match path {
            None => None,
            Some(path) => Some(
                OpenOptions::new()
                    .create(true)
                    .append(true)
                    .open(path)
                    .map_err(|source| Error::Record { path: path.to_owned(), source })?,
            ),
        };
        Ok(Self { ring: VecDeque::new(), keep, next: 1, file, file_error: None })
    }

    /// Takes a record, numbers it, and writes it to the file before it returns: what a client has an answer for is on
    /// record, also if this process is killed.
    pub(crate) fn push(&mut self, mut record: RequestRecord) {
        record.seq = self.next;
        self.next += 1;
        if let Some(file) = &mut self.file {
            let written = serde_json::to_vec(&record).map_err(std::io::Error::from).and_then(|mut line| {
                line.push(b'\n');
                file.write_all(&line)
            });
            if let Err(error) = written {
                self.file_error = Some(error.to_string());
            }
        }
        while self.ring.len() >= self.keep.max(1) {
            self.ring.pop_front();
        }
        self.ring.push_back(record);
    }

    /// Records numbered above `seq`, oldest first.
    pub(crate) fn since(&self, seq: u64, limit: usize) -> Vec<RequestRecord> {
        let start = self.ring.partition_point(|record| record.seq <= seq);
        self.ring.iter().skip(start).take(limit).cloned().collect()
    }

    pub(crate) fn clear(&mut self) {
        self.ring.clear();
    }
}
