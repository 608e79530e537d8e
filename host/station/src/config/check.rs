//! From what is written to what can be.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    time::Duration,
};

use globset::{Glob, GlobBuilder, GlobSet, GlobSetBuilder};
use wats_runtime::{Trust, TrustedKey};

use super::{
    After, Cache, Config, ConfigError, Identity, Inbox, PluginRules, Problem, RawConfig, RawInbox, RawPlugins,
    RawRetain, RawServer, RawStation, Server, SourceKind, Station, TokenSource,
};

mod schedules;
mod sources;

/// Names that programs give to files which they have not finished.
const TEMPORARY: [&str; 6] = ["*.tmp", "*.part", "*.partial", "*.crdownload", "~*", ".*"];

/// Most files of a source that can be allowed: a plugin has a handle for each, and its limit of them is 10,000.
const MOST_FILES: u32 = 9_000;

struct Checker<'a> {
    text: &'a str,
    base: &'a Path,
    problems: Vec<Problem>,
}

pub(super) fn check(raw: RawConfig, text: &str, origin: &str, base: &Path) -> Result<Config, ConfigError> {
    let mut checker = Checker { text, base, problems: Vec::new() };
    let config = checker.config(raw);
    if checker.problems.is_empty() {
        Ok(config)
    } else {
        Err(ConfigError::Values { origin: origin.to_owned(), problems: checker.problems })
    }
}

impl Checker<'_> {
    fn config(&mut self, raw: RawConfig) -> Config {
        let station = self.station(&raw.station);
        let server = raw.server.map(|server| self.server(server));
        let mut names = HashSet::new();
        let mut inboxes = Vec::new();
        if let Some(days) = raw.retain_sources.as_ref().and_then(|retain| retain.days) {
            self.days("retain_sources.days", days);
        }
        for (index, inbox) in raw.inbox.into_iter().enumerate() {
            if !names.insert(inbox.name.to_lowercase()) {
                let message = format!("the name {:?} is used by another inbox; names must differ", inbox.name);
                self.wrong(&format!("inbox[{index}].name"), message);
            }
            inboxes.push(self.inbox(index, inbox, raw.retain_sources.as_ref()));
        }
        self.overlaps(&inboxes);
        let plugin_dirs: Vec<_> = raw.plugin_dirs.iter().map(|dir| self.path(dir)).collect();
        let data_dir = self.path(&raw.data_dir);
        self.takes_its_own(&inboxes, &data_dir, &plugin_dirs);
        let mut names = HashSet::new();
        let mut schedules = Vec::new();
        for (index, schedule) in raw.schedule.into_iter().enumerate() {
            if !names.insert(schedule.name.to_lowercase()) {
                let message = format!("the name {:?} is used by another schedule; names must differ", schedule.name);
                self.wrong(&format!("schedule[{index}].name"), message);
            }
            schedules.push(self.schedule(index, schedule, &station.time_zone));
        }
        if raw.plugin_dirs.is_empty() {
            self.wrong("plugin_dirs", "no folder is named; name at least one".into());
        }
        if raw.workers.min == 0 {
            self.wrong("workers.min", "found 0; at least 1".into());
        }
        if let Some(max) = raw.workers.max
            && (max < raw.workers.min || max > 256)
        {
            self.wrong("workers.max", format!("found {max}; from workers.min ({}) to 256", raw.workers.min));
        }
        if raw.http.enabled && raw.http.bind.parse::<std::net::IpAddr>().is_err() {
            let message = format!("found {:?}; an IP address such as 127.0.0.1", raw.http.bind);
            self.wrong("http.bind", message);
        }
        if raw.metrics_port.is_some_and(|port| port != 0 && port == raw.http.port && raw.http.enabled) {
            self.wrong("metrics_port", "the same as http.port; leave it out, /metrics is served there".into());
        }
        self.seconds("workers.stop_seconds", raw.workers.stop_seconds);
        self.seconds("queue.max_age_seconds", raw.queue.max_age_seconds);
        self.seconds("queue.delivered_days", raw.queue.delivered_days);
        let plugins = self.plugins(&raw.plugins);
        let cache = Cache {
            enabled: raw.enable_cache,
            ttl: self.seconds("cache_ttl_seconds", raw.cache_ttl_seconds),
            max_size: raw.cache_max_size,
        };
        Config {
            data_dir,
            plugin_dirs,
            station,
            server,
            inboxes,
            schedules,
            queue: raw.queue,
            http: raw.http,
            workers: raw.workers,
            plugins,
            limits: raw.limits,
            cache,
            enable_metrics: raw.enable_metrics,
            metrics_port: raw.metrics_port,
        }
    }

    fn station(&mut self, raw: &RawStation) -> Station {
        let name = raw.name.clone().unwrap_or_else(host_name);
        self.text("station.name", &name);
        let location = raw.location.clone().unwrap_or_else(|| "Unknown".into());
        self.text("station.location", &location);
        let purpose = raw.purpose.clone().unwrap_or_else(|| "Production".into());
        self.text("station.purpose", &purpose);
        let time_zone = match &raw.time_zone {
            None => jiff::tz::TimeZone::system(),
            Some(name) => self.time_zone("station.time_zone", name),
        };
        Station { name, location, purpose, time_zone }
    }

    fn time_zone(&mut self, key: &str, name: &str) -> jiff::tz::TimeZone {
        jiff::tz::TimeZone::get(name).unwrap_or_else(|_| {
            self.wrong(key, format!("no zone is called {name:?}; an IANA name such as Europe/Oslo or UTC"));
            jiff::tz::TimeZone::UTC
        })
    }

    fn server(&mut self, raw: RawServer) -> Server {
        if !(raw.url.starts_with("http://") || raw.url.starts_with("https://")) {
            let message = format!("found {:?}; an address such as https://wats.example.com", raw.url);
            self.wrong("server.url", message);
        }
        if raw.token_file.is_some() && raw.token_env.is_some() {
            self.wrong("server.token_file", "token_env is given as well; one of them".into());
        }
        let token = raw
            .token_file
            .as_ref()
            .map(|file| TokenSource::File(self.path(file)))
            .or_else(|| raw.token_env.clone().map(TokenSource::Variable));
        for (key, value) in [
            ("server.connect_timeout_seconds", raw.connect_timeout_seconds),
            ("server.request_timeout_seconds", raw.request_timeout_seconds),
        ] {
            if let Some(value) = value {
                self.seconds(key, value);
            }
        }
        if raw.max_concurrency == Some(0) {
            self.wrong("server.max_concurrency", "found 0; at least 1".into());
        }
        let raw = RawServer {
            ca_file: raw.ca_file.as_ref().map(|file| self.path(file)),
            client_certificate_file: raw.client_certificate_file.as_ref().map(|file| self.path(file)),
            ..raw
        };
        Server { url: raw.url.clone(), token, raw }
    }

    fn plugins(&mut self, raw: &RawPlugins) -> PluginRules {
        let mut trust = Trust::default();
        for (index, given) in raw.trusted_keys.iter().enumerate() {
            let key = TrustedKey::parse(given).ok_or_else(|| {
                let file = self.path(Path::new(given));
                match std::fs::read_to_string(&file) {
                    Ok(text) => TrustedKey::parse(&text).ok_or_else(|| format!("{} holds no key", file.display())),
                    Err(error) => Err(format!("found {given:?}, which is no key, and no file either ({error})")),
                }
            });
            match key.or_else(|found| found) {
                Ok(key) => trust.keys.push(key),
                Err(found) => {
                    let wanted =
                        "a public key of minisign (RW... and 54 more letters and digits), or the file that has it";
                    self.wrong(&format!("plugins.trusted_keys[{index}]"), format!("{found}; {wanted}"));
                }
            }
        }
        if raw.require_signature && raw.trusted_keys.is_empty() {
            let message = "no plugin could be loaded without a key to check it with; name one in plugins.trusted_keys";
            self.wrong("plugins.require_signature", message.into());
        }
        trust.require_signature = raw.require_signature;
        trust.allow_shared = raw.allow_shared_dirs;
        PluginRules { trust, canary_files: raw.canary_files }
    }

    /// `retain` is what holds for all inboxes that do not say it themselves.
    fn inbox(&mut self, index: usize, raw: RawInbox, retain: Option<&RawRetain>) -> Inbox {
        let key = |name: &str| format!("inbox[{index}].{name}");
        if !is_plain_name(&raw.name) {
            self.wrong(&key("name"), format!("found {:?}; 1 to 64 letters, digits, - _ .", raw.name));
        }
        let path = self.path(&raw.path);
        for (name, value) in [("reject_threshold", raw.reject_threshold), ("alarm_threshold", raw.alarm_threshold)] {
            if !(0.0..=1.0).contains(&value) {
                self.wrong(&key(name), format!("found {value}; from 0 to 1"));
            }
        }
        if raw.alarm_threshold < raw.reject_threshold {
            let message =
                format!("found {}; not below reject_threshold ({})", raw.alarm_threshold, raw.reject_threshold);
            self.wrong(&key("alarm_threshold"), message);
        }
        let beside = |suffix: &str| {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            path.parent().map_or_else(|| path.join(suffix), |parent| parent.join(format!("{name}.{suffix}")))
        };
        let archive_dir = raw.archive_dir.as_ref().map_or_else(|| beside("archive"), |dir| self.path(dir));
        let error_dir = raw.error_dir.as_ref().map_or_else(|| beside("error"), |dir| self.path(dir));
        let mut exclude = raw.exclude.clone();
        exclude.extend(TEMPORARY.map(str::to_owned));
        let patterns = if raw.patterns.is_empty() { vec!["*".to_owned()] } else { raw.patterns.clone() };
        let settle = self.seconds(&key("settle_seconds"), raw.settle_seconds);
        let (ready, settle) = self.ready(&key, &raw, settle);
        let related =
            raw.related.iter().enumerate().filter_map(|(number, rule)| self.related(&key, number, rule)).collect();
        if !(1..=MOST_FILES).contains(&raw.max_files) {
            self.wrong(&key("max_files"), format!("found {}; from 1 to {MOST_FILES}", raw.max_files));
        }
        let after = raw.after.unwrap_or(match raw.identity {
            Identity::Append => After::Keep,
            Identity::Content => After::Move,
        });
        Inbox {
            retain: self.retain(&key("retain_sources"), after, raw.retain_sources.as_ref(), retain),
            ready,
            related,
            settle,
            source: raw.source,
            max_files: raw.max_files as usize,
            patterns: self.globs(&key("patterns"), &patterns),
            exclude: self.globs(&key("exclude"), &exclude),
            scan: self.seconds(&key("scan_seconds"), raw.scan_seconds.max(0.1)),
            unclaimed_wait: self.seconds(&key("unclaimed_wait_seconds"), raw.unclaimed_wait_seconds),
            empty_wait: self.seconds(&key("empty_wait_seconds"), raw.empty_wait_seconds),
            name: raw.name,
            path,
            recursive: raw.recursive,
            plugin: raw.plugin,
            identity: raw.identity,
            writer: raw.writer,
            after,
            archive_when: raw.archive_when,
            archive_dir,
            error_dir,
            class: raw.class,
            reject_threshold: raw.reject_threshold,
            alarm_threshold: raw.alarm_threshold,
            max_file_bytes: raw.max_file_bytes,
            defaults: raw.defaults,
        }
    }

    /// Two inboxes must not watch the same file, and none may be an archive.
    fn overlaps(&mut self, inboxes: &[Inbox]) {
        for (index, inbox) in inboxes.iter().enumerate() {
            for (other_index, other) in inboxes.iter().enumerate() {
                let inside = inbox.path.starts_with(&other.path) && (other.recursive || inbox.path == other.path);
                if index != other_index && inside {
                    let message = format!(
                        "{} lies in the folder of inbox {:?}; folders must not overlap",
                        inbox.path.display(),
                        other.name
                    );
                    self.wrong(&format!("inbox[{index}].path"), message);
                }
            }
            for (key, dir) in [("archive_dir", &inbox.archive_dir), ("error_dir", &inbox.error_dir)] {
                if dir == &inbox.path {
                    let message = "is the inbox itself; files would be taken again".to_owned();
                    self.wrong(&format!("inbox[{index}].{key}"), message);
                }
                let is_deeper = dir.parent() != Some(inbox.path.as_path()) && dir.starts_with(&inbox.path);
                if inbox.source == SourceKind::Folders && is_deeper && dir != &inbox.path {
                    let message = format!(
                        "{} lies in a folder of the inbox, which would be taken as a source (source = \"folders\"); \
                         name a folder directly in {}, or outside of it",
                        dir.display(),
                        inbox.path.display()
                    );
                    self.wrong(&format!("inbox[{index}].{key}"), message);
                }
            }
        }
    }

    /// The station's own files are no sources: it would file away its queue, its plugins, or what it has filed before.
    fn takes_its_own(&mut self, inboxes: &[Inbox], data_dir: &Path, plugin_dirs: &[PathBuf]) {
        for (index, inbox) in inboxes.iter().enumerate() {
            let goes_deeper = inbox.recursive || inbox.source == SourceKind::Folders;
            let takes = |dir: &Path| inbox.path.starts_with(dir) || goes_deeper && dir.starts_with(&inbox.path);
            let mut own = vec![("the data of the station (data_dir)".to_owned(), data_dir)];
            own.extend(plugin_dirs.iter().map(|dir| ("plugins (plugin_dirs)".to_owned(), dir.as_path())));
            // Of those inside of this one that is told already.
            for other in inboxes.iter().filter(|other| !other.path.starts_with(&inbox.path)) {
                own.push((format!("the archive of inbox {:?}", other.name), &other.archive_dir));
                own.push((format!("the error folder of inbox {:?}", other.name), &other.error_dir));
            }
            for (what, dir) in own.into_iter().filter(|(_, dir)| takes(dir)) {
                let message = format!(
                    "{} would take {what}, in {}, for files to convert; name a folder in which only files to convert arrive",
                    inbox.path.display(),
                    dir.display()
                );
                self.wrong(&format!("inbox[{index}].path"), message);
            }
        }
    }

    fn glob(&mut self, key: &str, pattern: &str) -> Option<Glob> {
        let glob = GlobBuilder::new(pattern).case_insensitive(true).build();
        glob.map_err(|error| self.wrong(key, format!("{pattern:?} is no pattern: {}", error.kind()))).ok()
    }

    fn globs(&mut self, key: &str, patterns: &[String]) -> GlobSet {
        let mut set = GlobSetBuilder::new();
        for pattern in patterns {
            if let Some(glob) = self.glob(key, pattern) {
                set.add(glob);
            }
        }
        set.build().unwrap_or_else(|error| {
            self.wrong(key, error.to_string());
            GlobSet::empty()
        })
    }

    fn seconds(&mut self, key: &str, value: f64) -> Duration {
        Duration::try_from_secs_f64(value).unwrap_or_else(|_| {
            self.wrong(key, format!("found {value}; a number from 0 on"));
            Duration::ZERO
        })
    }

    fn text(&mut self, key: &str, value: &str) {
        let length = value.trim().chars().count();
        if !(1..=100).contains(&length) {
            self.wrong(key, format!("found {length} characters; 1 to 100"));
        }
    }

    fn path(&self, path: &Path) -> PathBuf {
        let path = self.base.join(path);
        // Without `.` and `..` so that overlaps are seen; symbolic links are left as they are.
        let mut plain = PathBuf::new();
        for part in path.components() {
            match part {
                std::path::Component::CurDir => {}
                std::path::Component::ParentDir if plain.file_name().is_some() => {
                    plain.pop();
                }
                other => plain.push(other),
            }
        }
        plain
    }

    fn wrong(&mut self, key: &str, message: String) {
        let line = line_of(self.text, key);
        self.problems.push(Problem { key: key.to_owned(), line, message });
    }
}

/// Whether inboxes and schedules may be called so.
fn is_plain_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    (1..=64).contains(&name.len()) && name.chars().all(plain)
}

/// The line of a key such as `inbox[1].settle_seconds`, or of what holds it.
fn line_of(text: &str, key: &str) -> Option<usize> {
    use toml::de::{DeTable, DeValue};
    let root = DeTable::parse(text).ok()?;
    let mut start = None;
    let mut table = root.get_ref();
    for part in key.split('.') {
        let (name, index) = match part.split_once('[') {
            Some((name, index)) => (name, index.trim_end_matches(']').parse::<usize>().ok()),
            None => (part, None),
        };
        let Some((_, value)) = table.iter().find(|(key, _)| key.get_ref() == name) else { break };
        let mut value = value;
        if let (Some(index), DeValue::Array(items)) = (index, value.get_ref()) {
            value = items.get(index)?;
        }
        start = Some(value.span().start);
        match value.get_ref() {
            DeValue::Table(inner) => table = inner,
            _ => break,
        }
    }
    let before = text.get(..start?)?;
    Some(before.bytes().filter(|byte| *byte == b'\n').count() + 1)
}

fn host_name() -> String {
    sysinfo::System::host_name().ok().filter(|name| !name.is_empty()).unwrap_or_else(|| "STATION".into()).to_uppercase()
}
