//! Step 4: every report is completed, judged, checked, and given its identity.
//!
//! This happens while the plugin runs: a report that it finishes goes through here, and the plugin is told at once what
//! is wrong with it. Reports of a large file are staged as they come, so that memory stays flat.

use std::collections::HashSet;

use sha2::{Digest as _, Sha256};
use uuid::Uuid;
use wats_queue::{NewReport, Payload, Queue, ReportKind, StageId};
use wats_report::{Defaults, Report, Severity, Timestamp, Violation, cases::SCHEDULED_STATES};
use wats_runtime::{Asked, Draft, ReportSink, SinkError};

use crate::{
    config::{Identity, Inbox},
    intake::take::Taken,
};

/// More compressed bytes than this are not held in memory: they are staged.
const STAGE_BYTES: u64 = 4 << 20;
/// What files often do not say, and a station knows from `[inbox.defaults]`.
const STATION_SAYS: [&str; 3] = ["header/part number", "header/revision", "header/process code"];

/// Where a source stands, as far as identities go.
#[derive(Debug, Clone)]
pub(crate) struct SourceIdentity {
    pub(crate) rule: Identity,
    pub(crate) inbox: String,
    pub(crate) digest: [u8; 32],
    pub(crate) name: String,
    pub(crate) path: String,
    pub(crate) modified: String,
}

impl SourceIdentity {
    /// That of a file in an inbox.
    pub(crate) fn of(inbox: &Inbox, taken: &Taken) -> Self {
        let main = &taken.source.main;
        Self {
            rule: inbox.identity,
            inbox: inbox.name.clone(),
            digest: taken.digest,
            name: main.name.to_string(),
            path: main.path.to_string(),
            // Of all files: the plugin may have asked for any of them.
            modified: taken.source.companions.iter().fold(main.modified.to_string(), |mut all, file| {
                all.push('\n');
                all.push_str(&file.modified);
                all
            }),
        }
    }

    /// Whether it is no file at all.
    fn is_schedule(&self) -> bool {
        self.inbox == crate::schedule::ledger_name(&self.path)
    }

    /// The bytes that ids are derived from. A pure function of the file is identified by what it saw: its bytes, and
    /// what else it asked for.
    pub(crate) fn bytes(&self, asked: Asked) -> Vec<u8> {
        if self.rule == Identity::Append {
            return identity_of_place(&self.inbox, &self.path);
        }
        let mut parts: Vec<(u8, &[u8])> = vec![(b'c', &self.digest)];
        let more =
            [(asked.name, b'n', &self.name), (asked.path, b'p', &self.path), (asked.modified, b'm', &self.modified)];
        parts.extend(more.into_iter().filter(|(asked, ..)| *asked).map(|(_, tag, text)| (tag, text.as_bytes())));
        identity_bytes(&parts)
    }
}

/// That of a log that grows, whatever is in it.
pub(crate) fn identity_of_place(inbox: &str, path: &str) -> Vec<u8> {
    identity_bytes(&[(b'a', inbox.as_bytes()), (b'p', path.as_bytes())])
}

fn identity_bytes(parts: &[(u8, &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(64);
    for (tag, part) in parts {
        bytes.push(*tag);
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part);
    }
    bytes
}

/// What a sink needs to know.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    pub(crate) station: Uuid,
    pub(crate) identity: SourceIdentity,
    /// Start, for reports without one: when the file was last changed.
    pub(crate) defaults: Defaults,
    /// What an earlier run over the same file asked for after it had finished a report.
    pub(crate) asked_before: Asked,
}

/// Takes the reports of one file.
#[derive(Debug)]
pub(crate) struct Sink {
    rules: Rules,
    /// None keeps everything in memory, for conversions without a station; what only a station knows may be missing then.
    queue: Option<Queue>,
    stage: Option<StageId>,
    reports: Vec<NewReport>,
    held_bytes: u64,
    ids: HashSet<Uuid>,
    count: u64,
    /// What the ids were derived from, fixed by the first report.
    frozen: Option<(Asked, Vec<u8>)>,
    asked: Asked,
    refused: Vec<Violation>,
    /// Why the queue did not take what was to be staged.
    failed: Option<wats_queue::Error>,
}

/// All reports of one file, ready to be committed.
#[derive(Debug)]
pub(crate) struct ValidReports {
    pub(crate) reports: Vec<NewReport>,
    pub(crate) staged: Option<StageId>,
    pub(crate) count: u64,
    pub(crate) identity: Vec<u8>,
    pub(crate) asked: Asked,
    /// What was refused. The plugin may have gone on all the same; the file may not.
    pub(crate) refused: Vec<Violation>,
}

/// What the sink came to.
#[derive(Debug)]
pub(crate) enum Finished {
    Valid(ValidReports),
    /// The plugin asked for name, path or time of change after ids had been derived without them. Run it again, with
    /// ids that depend on all of these from the start.
    AskedTooLate(Asked),
}

impl Sink {
    pub(crate) fn new(rules: Rules, queue: Option<Queue>) -> Self {
        let asked = rules.asked_before;
        Self {
            rules,
            queue,
            stage: None,
            reports: Vec::new(),
            held_bytes: 0,
            ids: HashSet::new(),
            count: 0,
            frozen: None,
            asked,
            refused: Vec::new(),
            failed: None,
        }
    }

    /// Ends a run. `asked` is all that the plugin asked for.
    pub(crate) fn finish(mut self, asked: Asked) -> Finished {
        let asked = union(self.asked, asked);
        match self.frozen.take() {
            Some((frozen, _)) if frozen != asked && self.rules.identity.rule == Identity::Content => {
                self.abandon();
                Finished::AskedTooLate(asked)
            }
            frozen => {
                // All or nothing: what was staged before the first refusal is of no use.
                if !self.refused.is_empty() {
                    self.abandon();
                }
                let identity = frozen.map_or_else(|| self.rules.identity.bytes(asked), |(_, bytes)| bytes);
                Finished::Valid(ValidReports {
                    reports: std::mem::take(&mut self.reports),
                    staged: self.stage.take(),
                    count: self.count,
                    identity,
                    asked,
                    refused: std::mem::take(&mut self.refused),
                })
            }
        }
    }

    /// Whether no report came at all.
    pub(crate) fn is_untouched(&self) -> bool {
        self.count == 0 && self.refused.is_empty()
    }

    /// Why the queue did not take a report, if that is what ended the call. The plugin host knows only that it did.
    pub(crate) fn take_failure(&mut self) -> Option<wats_queue::Error> {
        self.failed.take()
    }

    /// Throws away what was staged.
    pub(crate) fn abandon(&mut self) {
        if let (Some(stage), Some(queue)) = (self.stage.take(), &self.queue)
            && let Err(error) = queue.abandon_stage_blocking(stage)
        {
            tracing::debug!(%error, "what was staged is deleted at the next start");
        }
    }

    fn complete(&mut self, draft: Draft) -> Result<Result<Uuid, Vec<Violation>>, SinkError> {
        let Draft { mut report, key, own_id, ordinal, asked, .. } = draft;
        self.asked = union(self.asked, asked);
        // A start that comes from the file's time of change makes that time a part of what the report says.
        let starts_with_file = report.header().start.is_none() && report.header().export.start_utc.is_none();
        if starts_with_file && self.rules.defaults.start.is_some() {
            self.asked.modified = true;
        }
        let mut violations = Vec::new();
        if starts_with_file && self.rules.identity.rule == Identity::Append {
            violations.push(Violation {
                path: "header/start".into(),
                rule: "missing-start",
                message: if self.rules.identity.is_schedule() {
                    SCHEDULED_STATES.into()
                } else {
                    "the inbox holds logs that grow (identity = \"append\"), so each report must state its start: that of the \
                     file is another one each time it grows; use a converter that states it"
                        .into()
                },
                severity: Severity::Refuse,
            });
        }
        let key = match (key, self.rules.identity.rule) {
            (Some(key), _) => key,
            (None, Identity::Content) => ordinal.to_string(),
            (None, Identity::Append) => {
                violations.push(Violation {
                    path: "header/key".into(),
                    rule: "missing-key",
                    message: if self.rules.identity.is_schedule() {
                        SCHEDULED_STATES.into()
                    } else {
                        "the inbox holds logs that grow (identity = \"append\"), so each report must state a key that stays \
                         the same when the log grows; use a converter that states keys"
                            .into()
                    },
                    severity: Severity::Refuse,
                });
                ordinal.to_string()
            }
        };
        let identity = self.identity();
        let derived = wats_report::derive_id(self.rules.station, &identity, &key);
        let id = match own_id {
            None => derived,
            Some(own) => Uuid::try_parse(own.trim()).unwrap_or_else(|_| {
                violations.push(Violation {
                    path: "header/id".into(),
                    rule: "not-a-guid",
                    message: format!("found {own:?}; 8-4-4-4-12 hexadecimal digits"),
                    severity: Severity::Refuse,
                });
                derived
            }),
        };
        report.header_mut().id = Some(id);
        let filled = report.fill(&self.rules.defaults);
        report.judge();
        violations.extend(report.validate());
        if !self.ids.insert(id) {
            violations.push(Violation {
                path: "header/id".into(),
                rule: "repeated-id",
                message: format!("another report of this file has the id {id} (key {key:?}); each needs its own"),
                severity: Severity::Refuse,
            });
        }
        if self.queue.is_none() {
            for violation in &mut violations {
                if violation.rule == "missing" && STATION_SAYS.contains(&violation.path.as_str()) {
                    violation.severity = Severity::Warn;
                    violation.message = "the file does not say; a station fills it in from [inbox.defaults]".into();
                }
            }
        }
        if wats_report::is_refused(&violations) {
            violations.retain(|violation| violation.severity == Severity::Refuse);
            self.keep_refused(&violations);
            return Ok(Err(violations));
        }
        let notes = if filled.is_empty() && violations.is_empty() {
            String::new()
        } else {
            serde_json::json!({ "filled": filled, "warnings": violations }).to_string()
        };
        self.keep(new_report(&report, id, key, notes)?)?;
        Ok(Ok(id))
    }

    /// What the operator is told; no more than can be read, however many reports are refused.
    fn keep_refused(&mut self, violations: &[Violation]) {
        let room = wats_report::MAX_VIOLATIONS.saturating_sub(self.refused.len());
        let refused = violations.iter().filter(|violation| violation.severity == Severity::Refuse);
        self.refused.extend(refused.take(room).cloned());
    }

    fn identity(&mut self) -> Vec<u8> {
        let asked = self.asked;
        let rules = &self.rules;
        self.frozen.get_or_insert_with(|| (asked, rules.identity.bytes(asked))).1.clone()
    }

    fn keep(&mut self, report: NewReport) -> Result<(), SinkError> {
        self.held_bytes += report.payload.stored_bytes();
        self.count += 1;
        self.reports.push(report);
        if let Some(queue) = self.queue.as_ref().filter(|_| self.held_bytes > STAGE_BYTES) {
            let stage = *self.stage.get_or_insert_with(|| queue.begin_stage());
            self.held_bytes = 0;
            queue.stage_blocking(stage, std::mem::take(&mut self.reports)).map_err(|error| {
                let told = SinkError::new(wats_runtime::chain(&error));
                self.failed = Some(error);
                told
            })?;
        }
        Ok(())
    }
}

/// Also when the way of a file ends in a panic: nothing stays behind.
impl Drop for Sink {
    fn drop(&mut self) {
        self.abandon();
    }
}

impl ReportSink for Sink {
    fn accept(&mut self, draft: Draft) -> Result<Result<String, Vec<Violation>>, SinkError> {
        Ok(self.complete(draft)?.map(|id| id.to_string()))
    }

    /// The report is refused for how it was written; the author is told the rest as well.
    fn check(&mut self, mut draft: Draft) -> Vec<Violation> {
        draft.report.header_mut().id = Some(Uuid::nil());
        let _filled = draft.report.fill(&self.rules.defaults);
        draft.report.judge();
        let violations = draft.report.validate();
        self.keep_refused(&violations);
        violations
    }
}

/// A report as the queue takes it.
pub(crate) fn new_report(report: &Report, id: Uuid, key: String, notes: String) -> Result<NewReport, SinkError> {
    let header = report.header();
    let wsjf = report.to_wsjf();
    let (kind, ref_uut) = match report {
        Report::Uut(_) => (ReportKind::Uut, None),
        Report::Uur(repair) => (ReportKind::Uur, repair.info.ref_uut),
    };
    Ok(NewReport {
        id,
        key,
        kind,
        part_number: header.part_number.clone().unwrap_or_default(),
        serial_number: header.serial_number.clone(),
        process_code: header.process_code.map_or(0, i64::from),
        result: header.result.and_then(|result| result.letter().chars().next()).unwrap_or('P'),
        start: header.start.as_ref().map(Timestamp::to_string).unwrap_or_default(),
        ref_uut,
        content_digest: Sha256::digest(&wsjf).into(),
        payload: Payload::compress(&wsjf, wats_queue::DEFAULT_COMPRESSION_LEVEL).map_err(SinkError::new)?,
        notes,
    })
}

fn union(a: Asked, b: Asked) -> Asked {
    Asked { name: a.name || b.name, path: a.path || b.path, modified: a.modified || b.modified }
}

#[cfg(test)]
mod tests {
    use wats_report::{MAX_VIOLATIONS, UutReport};

    use super::*;

    #[test]
    fn of_reports_without_end_that_are_refused_only_so_many_violations_are_kept() {
        let identity = SourceIdentity {
            rule: Identity::Content,
            inbox: "in".into(),
            digest: [0; 32],
            name: "a".into(),
            path: "a".into(),
            modified: String::new(),
        };
        let (station, defaults, asked_before) = (Uuid::nil(), Defaults::default(), Asked::default());
        let mut sink = Sink::new(Rules { station, identity, defaults, asked_before }, None);
        for ordinal in 0..2 * MAX_VIOLATIONS {
            let report = Report::Uut(UutReport::default());
            let ordinal = u32::try_from(ordinal).unwrap();
            let draft = Draft { report, key: None, own_id: None, ordinal, asked: Asked::default() };
            let told = if ordinal % 2 == 0 { sink.check(draft) } else { sink.complete(draft).unwrap().unwrap_err() };
            assert!(wats_report::is_refused(&told), "the plugin is told of each: {told:?}");
        }
        assert_eq!(sink.refused.len(), MAX_VIOLATIONS);
    }
}
