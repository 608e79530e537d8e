//! A component file over time: what is in service, what is on its way, and what is kept out.

use std::path::Path;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use super::hold::Hold;
use super::memory::Memory;
use super::scan::Stamp;
use super::{EntryState, PluginEntry};
use crate::error::{Error, chain};
use crate::manifest::Grant;
use crate::plugin::Plugin;

/// A component file over time.
pub(super) struct Tracked {
    /// How it looked at the last scan, and since when it looks so.
    pub(super) seen: Option<Stamp>,
    pub(super) seen_since: Instant,
    /// How it looked when it was loaded last, or could not be.
    pub(super) loaded: Option<Stamp>,
    pub(super) is_loading: bool,
    /// Whether that is another try of what could not be read: it is told as failed until it is loaded.
    pub(super) is_retry: bool,
    /// How often it could not be read, as it looks now.
    pub(super) failures: u32,
    /// What is in service, also on trial.
    pub(super) plugin: Option<Plugin>,
    pub(super) error: Option<Arc<Error>>,
    pub(super) hold: Hold,
    pub(super) version: Version,
}

/// What there is to say about the version of the file beside that it was loaded.
#[derive(Default)]
pub(super) enum Version {
    /// It is in service.
    #[default]
    Settled,
    /// It asks for more than was approved, and is not in service.
    Unapproved { next: Plugin, asks: Vec<Grant> },
    /// It is in service for so many files more; this one was before.
    Trial { before: Plugin, of: u32, left: u32 },
    /// It was given up, and is not in service.
    Returned { next: Plugin, why: String },
}

impl Tracked {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            seen: None,
            seen_since: now,
            loaded: None,
            is_loading: false,
            is_retry: false,
            failures: 0,
            plugin: None,
            error: None,
            hold: Hold::default(),
            version: Version::Settled,
        }
    }

    /// The version that is loaded and not in service.
    pub(super) fn next(&self) -> Option<&Plugin> {
        match &self.version {
            Version::Unapproved { next, .. } | Version::Returned { next, .. } => Some(next),
            Version::Settled | Version::Trial { .. } => None,
        }
    }

    /// Puts a version into service, on trial or for good, or keeps it out.
    pub(super) fn admit(&mut self, plugin: Plugin, file: &Path, memory: &mut Memory, canary: u32) {
        self.error = None;
        let asks = if plugin.is_pinned() { Vec::new() } else { memory.not_approved(&plugin, file) };
        if !asks.is_empty() {
            tracing::warn!(
                plugin = plugin.name(),
                version = plugin.version(),
                asks = words(&asks),
                "the new version asks for more and is not in service; `wats plugin approve` lets it in"
            );
            self.end_trial();
            self.version = Version::Unapproved { next: plugin, asks };
            return;
        }
        if let Some(why) = memory.given_up(&plugin, file) {
            let why = why.to_owned();
            self.end_trial();
            self.version = Version::Returned { next: plugin, why };
            return;
        }
        remember(memory.approve(&plugin, file));
        let of = plugin.manifest().canary.unwrap_or(canary);
        // The last version that proved itself; one that was held because it keeps breaking has not.
        let before = match std::mem::take(&mut self.version) {
            // A hold in a trial is that of the version on trial.
            Version::Trial { before, .. } => Some(before),
            Version::Settled | Version::Unapproved { .. } | Version::Returned { .. } => {
                self.plugin.clone().filter(|_| self.hold.held().is_none())
            }
        };
        let is_another = |before: &Plugin| before.fingerprint() != plugin.fingerprint();
        if let Some(before) = before.filter(is_another).filter(|_| of > 0) {
            tracing::info!(plugin = plugin.name(), version = plugin.version(), files = of, "on trial");
            self.version = Version::Trial { before, of, left: of };
        }
        self.plugin = Some(plugin);
        self.hold.begin_anew();
    }

    /// Whether this is another error than the one that is told. Its causes count: of a file that cannot be read they say why.
    pub(super) fn is_news(&self, error: &Error) -> bool {
        self.error.as_ref().is_none_or(|old| chain(old) != chain(error))
    }

    /// A new file that cannot be loaded. Whatever was in service stays so, on trial or not.
    pub(super) fn refuse(&mut self, error: Error) {
        if self.next().is_some() {
            self.version = Version::Settled;
        }
        self.error = Some(Arc::new(error));
    }

    /// What is on trial is replaced by something that is kept out: the one before is in service again.
    fn end_trial(&mut self) {
        if let Version::Trial { before, .. } = std::mem::take(&mut self.version) {
            self.plugin = Some(before);
            self.hold.begin_anew();
        }
    }

    /// Lets in what asks for more. Gives what it asked for, and what it is.
    pub(super) fn take_unapproved(&mut self) -> Option<(Plugin, Vec<Grant>)> {
        match std::mem::take(&mut self.version) {
            Version::Unapproved { next, asks } => Some((next, asks)),
            other => {
                self.version = other;
                None
            }
        }
    }

    /// What was given up, to be tried again.
    pub(super) fn take_returned(&mut self) -> Option<Plugin> {
        match std::mem::take(&mut self.version) {
            Version::Returned { next, .. } => Some(next),
            other => {
                self.version = other;
                None
            }
        }
    }

    /// A file went well with the version that is on trial; true when that was the last that it needed.
    pub(super) fn passed(&mut self) -> bool {
        let Version::Trial { left, .. } = &mut self.version else { return false };
        *left = left.saturating_sub(1);
        let is_over = *left == 0;
        if is_over {
            self.version = Version::Settled;
        }
        is_over
    }

    /// Gives up the version that is on trial.
    pub(super) fn give_up(&mut self, why: &str) -> Option<Plugin> {
        let before = match std::mem::take(&mut self.version) {
            Version::Trial { before, .. } => before,
            other => {
                // It ended in the meantime: what was decided since stands.
                self.version = other;
                return None;
            }
        };
        let next = self.plugin.replace(before)?;
        self.version = Version::Returned { next: next.clone(), why: why.to_owned() };
        self.hold.begin_anew();
        Some(next)
    }

    pub(super) fn entry(&self, path: &Path, now: SystemTime) -> PluginEntry {
        let stem = || path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let state = if let Some(held) = self.hold.held() {
            let until = held.until.map(|until| now + until.saturating_duration_since(Instant::now()));
            EntryState::Held { until, reason: held.reason.clone() }
        } else if (self.is_loading && !self.is_retry)
            || (self.plugin.is_none() && self.error.is_none() && self.next().is_none())
        {
            EntryState::Loading
        } else if let Some(error) = &self.error {
            EntryState::Failed { error: Arc::clone(error) }
        } else {
            match &self.version {
                Version::Settled => EntryState::Ready,
                Version::Unapproved { asks, .. } => EntryState::Unapproved { asks: asks.clone() },
                Version::Trial { of, left, .. } => EntryState::Trial { files: *of, left: *left },
                Version::Returned { why, .. } => EntryState::Returned { reason: why.clone() },
            }
        };
        let named = self.plugin.as_ref().or_else(|| self.next());
        PluginEntry {
            name: named.map_or_else(stem, |plugin| plugin.name().to_owned()),
            file: path.to_path_buf(),
            state,
            since: now,
            plugin: self.plugin.clone(),
            next: self.next().cloned(),
            before: match &self.version {
                Version::Trial { before, .. } => Some(before.clone()),
                _ => None,
            },
        }
    }
}

/// What cannot be kept on disk is told, and holds until the next start.
pub(super) fn remember(kept: Result<(), Error>) {
    if let Err(error) = kept {
        tracing::error!(error = chain(&error), "it is forgotten at the next start");
    }
}

/// Grants in words.
pub(super) fn words(grants: &[Grant]) -> String {
    grants.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
