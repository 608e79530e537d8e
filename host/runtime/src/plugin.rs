//! A loaded plugin.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::call::{self, Pre};
use crate::conversion::{Conversion, Detection};
use crate::descriptor::Descriptor;
use crate::error::Error;
use crate::failure::Failure;
use crate::figures::{LastFailure, PluginFigures};
use crate::inspect::World;
use crate::job::{Job, ReportSink};
use crate::limits::Limits;
use crate::manifest::{Grant, Grants, HeaderFile, Manifest};
use crate::metrics::PluginMetrics;
use crate::recognition::Matcher;
use crate::runtime::{self, Shared};
use crate::schedule::Run;
use crate::settings::Settings;
use crate::source::Source;
use crate::trust::Signed;

/// What every call of a plugin needs to know of it.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    pub(crate) name: Arc<str>,
    pub(crate) version: Arc<str>,
    pub(crate) digest: Arc<str>,
    pub(crate) limits: Limits,
    pub(crate) grants: Grants,
    pub(crate) settings: Settings,
    pub(crate) header_files: Vec<HeaderFile>,
    pub(crate) wasi: bool,
}

/// A loaded plugin, ready to be called from any thread. Clones are one plugin; it lives until the last is gone, so that
/// running calls finish on it when another version takes its place.
///
/// Calls block. They need a thread with a stack of 2 MiB, and must not be made on a worker thread of an async runtime.
#[derive(Clone)]
pub struct Plugin(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) shared: Arc<Shared>,
    pub(crate) pre: Pre,
    pub(crate) facts: Arc<Facts>,
    pub(crate) descriptor: Descriptor,
    pub(crate) manifest: Manifest,
    pub(crate) matcher: Matcher,
    pub(crate) metrics: PluginMetrics,
    pub(crate) path: PathBuf,
    pub(crate) signed: Option<Signed>,
    pub(crate) fingerprint: String,
    pub(crate) loaded_in: Duration,
    pub(crate) from_cache: bool,
}

impl Plugin {
    pub(crate) fn new(inner: Inner) -> Self {
        Self(Arc::new(inner))
    }

    /// Whether both are clones of one: the same file, loaded the same time.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// This plugin with other settings and grants than those of the manifest beside it, without compiling it again.
    ///
    /// [`Grant::AnyHttp`] grants every host here, which no manifest can: for a bench, whose [`HttpSender`](crate::HttpSender)
    /// answers itself.
    ///
    /// # Errors
    /// [`Error::Settings`] when the settings do not fit its schema.
    pub fn with(&self, settings: toml::Table, grants: Vec<Grant>) -> Result<Self, Error> {
        let inner = &self.0;
        let mut facts = Facts::clone(&inner.facts);
        facts.settings = runtime::settings(None, &inner.descriptor, &settings)?;
        facts.grants = Grants::both(&inner.descriptor.wanted_grants, &grants);
        if grants.contains(&Grant::AnyHttp) {
            facts.grants = facts.grants.with_every_host(&inner.descriptor.wanted_grants);
        }
        Ok(Self::new(Inner {
            shared: Arc::clone(&inner.shared),
            pre: inner.pre.clone(),
            facts: Arc::new(facts),
            descriptor: inner.descriptor.clone(),
            manifest: Manifest { settings, grants, ..inner.manifest.clone() },
            matcher: inner.matcher.clone(),
            metrics: inner.metrics.clone(),
            path: inner.path.clone(),
            signed: inner.signed.clone(),
            fingerprint: inner.fingerprint.clone(),
            loaded_in: inner.loaded_in,
            from_cache: inner.from_cache,
        }))
    }

    /// Its name, unique on a station.
    pub fn name(&self) -> &str {
        &self.0.facts.name
    }

    /// Its semantic version.
    pub fn version(&self) -> &str {
        &self.0.facts.version
    }

    /// SHA-256 of the component, in hex.
    pub fn digest(&self) -> &str {
        &self.0.facts.digest
    }

    /// What it is made for.
    pub fn world(&self) -> World {
        self.0.pre.world()
    }

    /// What it says about itself.
    pub fn descriptor(&self) -> &Descriptor {
        &self.0.descriptor
    }

    /// What the operator set, granted and limited.
    pub fn manifest(&self) -> &Manifest {
        &self.0.manifest
    }

    /// Its settings with defaults, as a JSON object.
    pub fn settings_json(&self) -> &str {
        self.0.facts.settings.json()
    }

    /// What it asked for and was granted.
    pub fn grants(&self) -> &Grants {
        &self.0.facts.grants
    }

    /// What it may use.
    pub fn limits(&self) -> &Limits {
        &self.0.facts.limits
    }

    /// Which of two equally sure plugins is taken: the one with the higher priority.
    pub fn priority(&self) -> i32 {
        self.0.manifest.priority
    }

    /// The file that it was loaded from.
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// The signature that was checked when it was loaded; none when there was none, or no key to check it with.
    pub fn signed(&self) -> Option<&Signed> {
        self.0.signed.as_ref()
    }

    /// Whether its manifest names exactly this component.
    pub fn is_pinned(&self) -> bool {
        self.0.manifest.digest.is_some()
    }

    /// What changes when the component or its manifest does.
    pub(crate) fn fingerprint(&self) -> &str {
        &self.0.fingerprint
    }

    /// How long loading took.
    pub fn loaded_in(&self) -> Duration {
        self.0.loaded_in
    }

    /// Whether its code came from the cache.
    pub fn loaded_from_cache(&self) -> bool {
        self.0.from_cache
    }

    /// What it has done since the runtime was started.
    pub fn figures(&self) -> PluginFigures {
        self.0.metrics.figures()
    }

    /// The last of its calls since the runtime was started that came to nothing, probes among them.
    pub fn last_failure(&self) -> Option<LastFailure> {
        self.0.metrics.last_failure()
    }

    /// Whether its cheap rules allow the file. `head` is the beginning of the file: 4 KiB of it, or all. Never, of a plugin that
    /// is given no files.
    pub fn matches(&self, name: &str, size: u64, head: &[u8]) -> bool {
        self.world() == World::Converter && self.0.matcher.matches(name, size, head)
    }

    /// Whether its name patterns allow the file, without looking into it.
    pub fn matches_name(&self, name: &str) -> bool {
        self.world() == World::Converter && self.0.matcher.matches_name(name)
    }

    /// Asks it whether it reads the source.
    ///
    /// # Errors
    /// A trap, a limit, or a source that cannot be read.
    pub fn probe(&self, source: &Source) -> Result<Detection, Box<Failure>> {
        let began = Instant::now();
        let answer = call::probe(&self.0, source);
        self.0.metrics.probe_ended(began.elapsed(), answer.as_ref().err().map(AsRef::as_ref));
        answer
    }

    /// Has it convert the source, and gives the sink back.
    ///
    /// What the sink took counts only when the outcome is [`Outcome::Converted`](crate::Outcome::Converted).
    pub fn convert<S: ReportSink + 'static>(&self, source: &Source, job: Job<S>) -> (Conversion, S) {
        let (conversion, sink) = call::convert(&self.0, source, job);
        self.0.metrics.conversion_ended(&conversion);
        (conversion, sink)
    }

    /// Has it run, as a scheduled converter does, and gives the sink back.
    ///
    /// What the sink took, and what is to be remembered ([`Conversion::memory`]), count only when the outcome is
    /// [`Outcome::Converted`](crate::Outcome::Converted).
    pub fn run<S: ReportSink + 'static>(&self, run: &Run, job: Job<S>) -> (Conversion, S) {
        let (conversion, sink) = call::run(&self.0, run, job);
        self.0.metrics.conversion_ended(&conversion);
        (conversion, sink)
    }
}

impl std::fmt::Debug for Plugin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plugin")
            .field("name", &self.0.facts.name)
            .field("version", &self.0.facts.version)
            .field("path", &self.0.path)
            .finish_non_exhaustive()
    }
}
