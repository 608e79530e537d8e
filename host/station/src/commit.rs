//! Step 5, the commit point: all reports of a file and its ledger row become durable and visible in one transaction.
//!
//! Before it the file is the truth, after it the queue is.

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use wats_queue::{
    ArchiveWhen, Commit, Committed, Error, OrphanRule, Outcome, PluginRef, PriorityClass, Source, SourceKey,
};
use wats_runtime::Plugin;

use crate::{
    config::{self, After, Class, Identity},
    convert::Converted,
    core::{Core, InboxState},
    intake::take::{self, Arrived, Taken},
    validate,
};

/// A decision about a file, to be made durable.
#[derive(Debug)]
pub(crate) enum Decision {
    /// Its reports are sent.
    Converted(Converted),
    /// Nothing to report.
    NoReport { by: Plugin, why: String, identity: Vec<u8> },
    /// It goes to the error folder; `error` says why in one sentence, `sidecar` in full.
    Quarantine { by: Option<Plugin>, error: String, sidecar: String },
    /// It stays in the inbox until then.
    Wait { by: Option<Plugin>, reason: String, next_try: Timestamp },
}

/// Makes a decision durable. When it returns `Ok` it is on disk.
pub(crate) fn commit(core: &Core, inbox: &InboxState, taken: &Taken, decision: Decision) -> Result<Committed, Error> {
    let digest_only = || taken.digest.to_vec();
    let mut commit = match decision {
        Decision::Converted(Converted { by, valid, lookups, .. }) => {
            let mut inputs = serde_json::json!({
                "asked": valid.asked,
                "name": &*taken.source.main.name,
                "modified": &*taken.source.main.modified,
                "zone": core.config.station.time_zone.iana_name(),
                "lookups": lookups,
            });
            if let (Some(inputs), Some(files)) = (inputs.as_object_mut(), files(taken)) {
                inputs.insert("files".into(), files);
            }
            let source = source(inbox, taken, valid.identity, Some(&by), inputs.to_string());
            let mut commit = Commit::new(source, Outcome::Committed { reports: valid.count });
            commit.reports = valid.reports;
            commit.staged = valid.staged;
            commit
        }
        Decision::NoReport { by, why, identity } => {
            Commit::new(source(inbox, taken, identity, Some(&by), only_files(taken)), Outcome::NoReport { why })
        }
        Decision::Quarantine { by, sidecar, .. } => {
            let source = source(inbox, taken, digest_only(), by.as_ref(), only_files(taken));
            Commit::new(source, Outcome::Quarantined { error: sidecar })
        }
        Decision::Wait { by, reason, next_try } => {
            let identity = identity_while_waiting(inbox, &taken.arrived).unwrap_or_else(digest_only);
            let source = source(inbox, taken, identity, by.as_ref(), only_files(taken));
            Commit::new(source, Outcome::Waiting { reason, next_try })
        }
    };
    commit.class = class(inbox.config.class);
    commit.archive = archive_when(&inbox.config, &commit.outcome);
    commit.orphans = match inbox.config.identity {
        Identity::Append => OrphanRule::KeepSending,
        Identity::Content => OrphanRule::SetAside,
    };
    core.queue.commit_blocking(commit)
}

/// The files of a source that has several, by which `wats trace` finds it.
fn files(taken: &Taken) -> Option<serde_json::Value> {
    let paths = taken.arrived.parts.iter().map(|part| wats_queue::encode_path(&part.path));
    (!taken.arrived.parts.is_empty()).then(|| paths.collect())
}

fn only_files(taken: &Taken) -> String {
    files(taken).map(|files| serde_json::json!({ "files": files }).to_string()).unwrap_or_default()
}

/// Whether the queue will never take these reports, however often they are offered.
pub(crate) fn is_for_good(error: &Error) -> bool {
    matches!(error, Error::IdentityConflict { .. } | Error::PayloadTooLarge { .. })
}

/// Notes that a file waits whose bytes nobody knows, because it cannot be read.
pub(crate) fn wait_unread(
    core: &Core,
    inbox: &InboxState,
    arrived: &Arrived,
    reason: String,
    next_try: Timestamp,
) -> Result<Committed, Error> {
    let source = Source {
        key: SourceKey { inbox: inbox.config.name.clone(), path: wats_queue::encode_path(&arrived.path) },
        stat: arrived.stat,
        digest: [0; 32],
        identity: identity_while_waiting(inbox, arrived).unwrap_or_default(),
        plugin: None,
        inputs: String::new(),
        trace: None,
        first_seen: Some(arrived.first_seen),
    };
    core.queue.commit_blocking(Commit::new(source, Outcome::Waiting { reason, next_try }))
}

/// A log that grows is one source also while it waits.
fn identity_while_waiting(inbox: &InboxState, arrived: &Arrived) -> Option<Vec<u8>> {
    let is_log = inbox.config.identity == Identity::Append;
    is_log.then(|| validate::identity_of_place(&inbox.config.name, &take::slashed(&arrived.path)))
}

fn source(inbox: &InboxState, taken: &Taken, identity: Vec<u8>, by: Option<&Plugin>, inputs: String) -> Source {
    Source {
        key: SourceKey { inbox: inbox.config.name.clone(), path: wats_queue::encode_path(&taken.arrived.path) },
        stat: taken.arrived.stat,
        digest: taken.digest,
        identity,
        plugin: by.map(plugin_ref),
        inputs,
        trace: None,
        first_seen: Some(taken.arrived.first_seen),
    }
}

pub(crate) fn plugin_ref(plugin: &Plugin) -> PluginRef {
    PluginRef {
        name: plugin.name().to_owned(),
        version: plugin.version().to_owned(),
        digest: digest_of_hex(plugin.digest()),
        settings_digest: Sha256::digest(plugin.settings_json()).into(),
    }
}

fn digest_of_hex(hex: &str) -> [u8; 32] {
    HEXLOWER.decode(hex.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok()).unwrap_or_default()
}

pub(crate) fn class(class: Class) -> PriorityClass {
    match class {
        Class::Live => PriorityClass::Live,
        Class::Normal => PriorityClass::Normal,
        Class::Bulk => PriorityClass::Bulk,
    }
}

/// Files that cannot be converted leave the inbox at once, whatever it keeps.
fn archive_when(inbox: &config::Inbox, outcome: &Outcome) -> ArchiveWhen {
    match (outcome, inbox.after, inbox.archive_when) {
        (Outcome::Quarantined { .. }, ..)
        | (_, After::Move | After::Zip | After::Delete, config::ArchiveWhen::Committed) => ArchiveWhen::Committed,
        (_, After::Keep, _) => ArchiveWhen::Keep,
        (_, _, config::ArchiveWhen::Delivered) => ArchiveWhen::Delivered,
    }
}
