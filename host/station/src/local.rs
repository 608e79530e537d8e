//! Reports from test programs on this machine: the same checks, the same commit, the same queue; only no file.

use std::io;

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;
use wats_queue::{ArchiveWhen, Commit, OrphanRule, Outcome, PriorityClass, Source, SourceKey, Stat};
use wats_report::{Defaults, Violation};
use wats_runtime::{Asked, Draft, ReportSink as _};

use crate::{
    config::Identity,
    core::Core,
    validate::{Finished, Rules, Sink, SourceIdentity},
};

/// The inbox under which the ledger keeps them.
pub(crate) const INBOX: &str = "(submitted)";

/// Why reports were not taken. None of them was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SubmitError {
    /// The text is no WSJF.
    #[error("take report {number}")]
    Unreadable {
        /// Which one, from 1.
        number: usize,
        /// Where and why.
        source: wats_report::ReadError,
    },
    /// Reports break rules.
    #[error("{} rules are broken: {}", .violations.len(), first(.violations))]
    Rejected {
        /// All of them.
        violations: Vec<Violation>,
    },
    /// There is no report in it.
    #[error("find no report in it: one WSJF object, or an array of them, is wanted")]
    Empty,
    /// Not now.
    #[error("take no reports now: {0}")]
    NotNow(String),
    /// The queue did not take them.
    #[error("commit the reports")]
    Queue(#[from] wats_queue::Error),
}

fn first(violations: &[Violation]) -> String {
    violations.first().map(ToString::to_string).unwrap_or_default()
}

/// Checks and commits the reports of a WSJF text: one object or an array. When it returns `Ok` they are on disk.
pub(crate) fn submit(core: &Core, wsjf: &[u8]) -> Result<Vec<Uuid>, SubmitError> {
    if let Some(why) = core.not_accepting() {
        return Err(SubmitError::NotNow(why));
    }
    let digest: [u8; 32] = Sha256::digest(wsjf).into();
    let name = format!("{}.json", HEXLOWER.encode(digest.get(..8).unwrap_or_default()));
    let station = &core.config.station;
    let rules = Rules {
        station: core.station_id,
        identity: SourceIdentity {
            rule: Identity::Content,
            inbox: INBOX.into(),
            digest,
            name: name.clone(),
            path: name.clone(),
            modified: String::new(),
        },
        defaults: Defaults {
            machine_name: Some(station.name.clone()),
            location: Some(station.location.clone()),
            purpose: Some(station.purpose.clone()),
            zone: Some(station.time_zone.clone()),
            // No start: a program that posts the same text twice means the same test, and the text must say which.
            ..Defaults::default()
        },
        asked_before: Asked::default(),
    };
    let mut sink = Sink::new(rules, Some(core.queue.clone()));
    let taken = take_all(&mut sink, wsjf);
    let (ids, valid) = match (taken, sink) {
        (Ok(ids), sink) => match sink.finish(Asked::default()) {
            Finished::Valid(valid) => (ids, valid),
            Finished::AskedTooLate(_) => return Err(SubmitError::NotNow("the station lost count of ids".into())),
        },
        (Err(error), mut sink) => {
            sink.abandon();
            return Err(error);
        }
    };
    if !valid.refused.is_empty() {
        return Err(SubmitError::Rejected { violations: valid.refused });
    }
    let source = Source {
        key: SourceKey { inbox: INBOX.into(), path: name },
        stat: Stat { size: wsjf.len() as u64, mtime_ns: 0, file_id: None },
        digest,
        identity: valid.identity,
        plugin: None,
        inputs: String::new(),
        trace: None,
        first_seen: Some(core.now()),
    };
    let mut commit = Commit::new(source, Outcome::Committed { reports: valid.count });
    commit.reports = valid.reports;
    commit.staged = valid.staged;
    commit.class = PriorityClass::Live;
    commit.archive = ArchiveWhen::NoFile;
    commit.orphans = OrphanRule::KeepSending;
    core.queue.commit_blocking(commit)?;
    core.events.committed(INBOX, "a report of a test program", ids.len() as u64);
    Ok(ids)
}

fn take_all(sink: &mut Sink, wsjf: &[u8]) -> Result<Vec<Uuid>, SubmitError> {
    let mut ids = Vec::new();
    for (index, report) in wats_report::read_wsjf_many(wsjf).enumerate() {
        let report = report.map_err(|source| SubmitError::Unreadable { number: index + 1, source })?;
        let ordinal = u32::try_from(index).unwrap_or(u32::MAX);
        // A test program that gives an id means it: the report may be mended and handed over again.
        let own_id = report.header().id.map(|id| id.to_string());
        let draft = Draft { report, key: None, own_id, ordinal, asked: Asked::default() };
        // What breaks rules is told all at once by the caller.
        match sink.accept(draft) {
            Ok(Ok(id)) => ids.extend(Uuid::try_parse(&id)),
            Ok(Err(_)) => {}
            Err(error) => {
                return Err(match sink.take_failure() {
                    Some(error) => SubmitError::Queue(error),
                    None => SubmitError::NotNow(error.to_string()),
                });
            }
        }
    }
    if ids.is_empty() && sink.is_untouched() {
        return Err(SubmitError::Empty);
    }
    Ok(ids)
}

/// The keys of the local interface, made once for each data folder.
#[derive(Clone)]
pub(crate) struct Keys {
    pub(crate) admin: String,
    pub(crate) submit: String,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys")
    }
}

impl Keys {
    /// Reads the keys in `dir`, making those that are missing.
    pub(crate) fn in_dir(dir: &std::path::Path) -> io::Result<Self> {
        Ok(Self { admin: key(&dir.join("admin.key"))?, submit: key(&dir.join("submit.key"))? })
    }
}

fn key(path: &std::path::Path) -> io::Result<String> {
    match std::fs::read_to_string(path) {
        Ok(text) if text.trim().len() >= 32 => return Ok(text.trim().to_owned()),
        Ok(_) => std::fs::remove_file(path)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let key = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
    let mut file = crate::os::create_private_file(path)?;
    io::Write::write_all(&mut file, key.as_bytes())?;
    file.sync_all()?;
    Ok(key)
}
