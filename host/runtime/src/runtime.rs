//! The runtime: engines, limits, metrics, and how a file becomes a plugin.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use data_encoding::HEXLOWER;
use opentelemetry::metrics::Meter;
use sha2::Digest as _;
use wasmtime::component::Linker;

use crate::call::{self, Pre};
use crate::compile::{self, Compiler};
use crate::descriptor::Descriptor;
use crate::engine::Engines;
use crate::error::{Error, chain};
use crate::home::Home;
use crate::inspect::{self, Inspected, Track, World};
use crate::limits::Limits;
use crate::log::bounded;
use crate::manifest::{Grants, HeaderFile, Manifest};
use crate::metrics::{Metrics, PluginMetrics};
use crate::plugin::{Facts, Inner, Plugin};
use crate::recognition::Matcher;
use crate::settings::Settings;
use crate::trust::{self, Signed, Trust};
use crate::wasi;
use crate::wit::v0_1::{self, ConverterPre, ScheduledConverterPre};

/// How the runtime is set up.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RuntimeOptions {
    /// Folder for compiled code, made with access for this user only. Without it every load compiles again, and nothing
    /// is compiled in a child process.
    pub cache_dir: Option<PathBuf>,
    /// Limits of plugins whose manifest does not say otherwise.
    pub limits: Limits,
    /// How many conversions run at a time; more of them wait for one another.
    pub workers: usize,
    /// Where plugins are compiled.
    pub compiler: Compiler,
    /// Whether calls count the instructions that they execute ([`Stats::fuel`](crate::Stats::fuel)): for benchmarks, since the
    /// code is a tenth slower for it, and is compiled and cached apart.
    pub count_fuel: bool,
    /// Where measurements go.
    pub meter: Meter,
    /// Which plugins are taken.
    pub trust: Trust,
}

impl RuntimeOptions {
    /// Default limits, two workers, compiling in this process, no cache, no key.
    pub fn new(meter: Meter) -> Self {
        Self {
            cache_dir: None,
            limits: Limits::default(),
            workers: 2,
            compiler: Compiler::InProcess,
            count_fuel: false,
            meter,
            trust: Trust::default(),
        }
    }
}

/// Loads plugins. Clones are one runtime.
#[derive(Debug, Clone)]
pub struct Runtime(Arc<Shared>);

/// What all plugins of a runtime share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) engines: Engines,
    pub(crate) metrics: Arc<Metrics>,
    options: RuntimeOptions,
}

/// A component and what lies beside it, as read.
struct Found<'a> {
    path: &'a Path,
    bytes: &'a [u8],
    manifest: Manifest,
    manifest_text: &'a [u8],
    signed: Option<Signed>,
}

impl Runtime {
    /// Sets up the sandbox.
    ///
    /// # Errors
    /// [`Error::Cache`] when the folder cannot be used, [`Error::Engine`] when the sandbox cannot be set up.
    pub fn new(options: RuntimeOptions) -> Result<Self, Error> {
        let engines = Engines::new(options.cache_dir.as_deref(), options.workers, options.count_fuel)?;
        // Now, rather than when the first plugin is loaded: this is where a machine turns out to be unfit.
        engines.get(&options.limits)?;
        let metrics = Metrics::new(&options.meter);
        Ok(Self(Arc::new(Shared { engines, metrics, options })))
    }

    /// The limits of plugins whose manifest does not say otherwise.
    pub fn limits(&self) -> &Limits {
        &self.0.options.limits
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// Which plugins are taken.
    pub fn trust(&self) -> &Trust {
        &self.0.options.trust
    }

    /// Loads a plugin, the manifest and the signature beside it. Takes from milliseconds (from the cache) to a minute
    /// (compiling a large one).
    ///
    /// # Errors
    /// Everything in [`Error`] that names a path.
    pub fn load(&self, path: &Path) -> Result<Plugin, Error> {
        let began = Instant::now();
        self.finish(began, self.load_file(path, began))
    }

    fn load_file(&self, path: &Path, began: Instant) -> Result<Plugin, Error> {
        let trust = self.trust();
        let home = Home::of(path, trust.allow_shared)?;
        let (manifest, manifest_text) = Manifest::beside(&home, path)?;
        let limits = self.limits().overridden_by(&manifest.limits);
        let bytes = home.read(path, limits.component_bytes)?;
        let signature = home.read_if_there(&trust::signature_path(path), trust::MAX_SIGNATURE_BYTES)?;
        let signed = trust.check_signature(path, &bytes, signature.as_deref())?;
        let found = Found { path, bytes: &bytes, manifest, manifest_text: &manifest_text, signed };
        self.build(found, limits, began)
    }

    /// Loads a plugin from its bytes; `path` is what it is called in errors. No signature is looked for: whoever has the
    /// bytes says that they may be trusted.
    ///
    /// # Errors
    /// Everything in [`Error`] that names a path.
    pub fn load_bytes(&self, path: &Path, bytes: &[u8], manifest: Manifest) -> Result<Plugin, Error> {
        let began = Instant::now();
        let limits = self.limits().overridden_by(&manifest.limits);
        let (size, allowed) = (bytes.len() as u64, limits.component_bytes);
        let built = if size > allowed {
            Err(Error::TooLarge { path: path.to_path_buf(), found: size, allowed })
        } else {
            self.build(Found { path, bytes, manifest, manifest_text: &[], signed: None }, limits, began)
        };
        self.finish(began, built)
    }

    fn finish(&self, began: Instant, built: Result<Plugin, Error>) -> Result<Plugin, Error> {
        self.0.metrics.load_ended(began.elapsed(), built.as_ref().map_or_else(Error::kind, |_| "loaded"));
        built
    }

    fn build(&self, found: Found<'_>, limits: Limits, began: Instant) -> Result<Plugin, Error> {
        let Found { path, bytes, manifest, manifest_text, signed } = found;
        let digest = HEXLOWER.encode(&sha2::Sha256::digest(bytes));
        if let Some(wanted) = manifest.pinned().filter(|wanted| *wanted != digest) {
            let wanted = format!("sha256:{wanted}");
            return Err(Error::Pinned { path: path.to_path_buf(), found: digest, wanted });
        }
        let fingerprint =
            HEXLOWER.encode(&sha2::Sha256::new().chain_update(&digest).chain_update(manifest_text).finalize());
        let Inspected { track: Track::V0_1, world, wasi } = inspect::inspect(path, bytes)?;
        let shared = &self.0;
        let engine = shared.engines.get(&limits)?;
        let hits = shared.engines.cache_hits();
        let named = compile::Named { path, content: bytes, digest: &digest };
        let options = &shared.options;
        let component = compile::compile(&engine, &options.compiler, options.cache_dir.as_deref(), &named, &limits)?;
        let from_cache = shared.engines.cache_hits() > hits;

        let wrong = |error: wasmtime::Error| Error::WrongWorld {
            path: path.to_path_buf(),
            problems: bounded(vec![chain(error.as_ref())]),
        };
        let mut linker = Linker::new(&engine);
        v0_1::link(&mut linker, world).map_err(wrong)?;
        if wasi {
            wasi::link(&mut linker).map_err(wrong)?;
        }
        let pre = linker.instantiate_pre(&component).and_then(|pre| match world {
            World::Converter => ConverterPre::new(pre).map(Pre::Converter),
            World::ScheduledConverter => ScheduledConverterPre::new(pre).map(Pre::Scheduled),
        });
        let pre = pre.map_err(wrong)?;

        let mut facts = Facts {
            name: path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default().into(),
            version: "?".into(),
            digest: digest.into(),
            limits,
            grants: Grants::default(),
            settings: Settings::none(),
            header_files: Vec::new(),
            wasi,
        };
        let asked = Arc::new(facts);
        let descriptor = call::describe(shared, &pre, &asked)
            .map_err(|failure| Error::Describe { path: path.to_path_buf(), failure })?
            .map_err(|problems| Error::Descriptor { path: path.to_path_buf(), problems })?;
        facts = Arc::unwrap_or_clone(asked);
        facts.name = descriptor.name.as_str().into();
        facts.version = descriptor.version.as_str().into();
        facts.grants = Grants::both(&descriptor.wanted_grants, &manifest.grants);
        facts.header_files = HeaderFile::all(&manifest, path, self.trust().allow_shared);
        let read = (!manifest_text.is_empty()).then(|| Manifest::path_for(path));
        let is_set = read.is_some() || !manifest.settings.is_empty();
        facts.settings = settings(read, &descriptor, &manifest.settings).map_err(|mut error| {
            if let Error::Settings { problems, .. } = &mut error
                && !is_set
            {
                // Nobody has named a file yet, so the one that is missing is named.
                problems.push(format!(
                    "none are given; {} would have them under [settings]",
                    Manifest::path_for(path).display()
                ));
            }
            error
        })?;
        let matcher = Matcher::new(&descriptor.recognition)
            .map_err(|problem| Error::Descriptor { path: path.to_path_buf(), problems: bounded(vec![problem]) })?;
        let metrics = PluginMetrics::new(&shared.metrics, &facts.name, &facts.version);
        Ok(Plugin::new(Inner {
            shared: Arc::clone(shared),
            pre,
            facts: Arc::new(facts),
            descriptor,
            manifest,
            matcher,
            metrics,
            path: path.to_path_buf(),
            signed,
            fingerprint,
            loaded_in: began.elapsed(),
            from_cache,
        }))
    }
}

/// The settings of a plugin, checked against its schema. `manifest` is the file that they were read from, if they were.
pub(crate) fn settings(
    manifest: Option<PathBuf>,
    descriptor: &Descriptor,
    given: &toml::Table,
) -> Result<Settings, Error> {
    Settings::new(descriptor.settings_schema.as_ref(), given).map_err(|problems| Error::Settings {
        manifest,
        plugin: format!("{}@{}", descriptor.name, descriptor.version),
        problems: bounded(problems),
    })
}
